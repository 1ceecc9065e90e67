//! Hashes: structural, equal for equal values, the same in every process.

use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::atomic::Ordering;

use super::{Value, View};
use crate::heap::cell::Header;

impl Value {
    /// Returns the structural hash: equal values have equal hashes.
    pub fn hash32(self) -> u32 {
        match self.view() {
            View::Nil => 0x9e37,
            View::Bool(truth) => 0x79b9 + u32::from(truth),
            View::Int(int) => mix(1, int as u64),
            View::BigInt(int) => of_bytes(&int.to_bigint().to_signed_bytes_le()),
            View::Double(double) => mix(2, double.to_bits()),
            View::String(string) => string.hash32(),
            View::Object(object) => object.oid().hash32(),
            View::Tuple(tuple) => tuple.hash32(),
            View::Set(set) => set.hash32(),
            View::Closure(closure) => closure.hash32(),
            View::Instance(instance) => instance.hash32(),
            View::Json(json) => json.hash32(),
        }
    }
}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u32(self.hash32());
    }
}

/// Returns the hash in a header, computing it the first time.
pub(super) fn cached(header: &Header, compute: impl FnOnce() -> u32) -> u32 {
    match header.cached.load(Ordering::Relaxed) {
        0 => {
            let hash = compute().max(1);
            header.cached.store(hash, Ordering::Relaxed);
            hash
        }
        hash => hash,
    }
}

/// Returns the hash of a text.
pub(super) fn of_bytes(bytes: &[u8]) -> u32 {
    let mut hasher = foldhash::fast::FixedState::with_seed(0).build_hasher();
    hasher.write(bytes);
    fold(hasher.finish())
}

/// Returns the hash of a sequence.
pub(super) fn of_values(seed: u32, values: &[Value]) -> u32 {
    let mut hash = mix(seed, values.len() as u64);
    for value in values {
        hash = mix(hash, u64::from(value.hash32()));
    }
    hash
}

fn mix(seed: u32, word: u64) -> u32 {
    // The finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
    let mut word = word ^ (u64::from(seed).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    fold(word ^ (word >> 31))
}

fn fold(word: u64) -> u32 {
    (word ^ (word >> 32)) as u32
}
