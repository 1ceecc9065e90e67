//! Random words for oids.
//!
//! Each thread has a generator, ChaCha with twelve rounds (Bernstein, 2008), whose seed is from the operating system: asking
//! that for every oid takes longer than making the object.

use std::cell::RefCell;

use chacha20::ChaCha12Rng;
use chacha20::rand_core::{Rng, SeedableRng};

/// How many bytes are made at once.
const BYTES: usize = 1024;

/// Bytes of which some were used, and what makes more.
struct Source {
    used: usize,
    bytes: [u8; BYTES],
    generator: Option<ChaCha12Rng>,
}

thread_local! {
    static SOURCE: RefCell<Source> =
        const { RefCell::new(Source { used: BYTES, bytes: [0; BYTES], generator: None }) };
}

/// Returns two random words.
///
/// # Panics
///
/// When the operating system has no randomness to give, which it documents as impossible after boot.
pub(crate) fn words() -> (u64, u64) {
    SOURCE.with_borrow_mut(|source| {
        if source.used == BYTES {
            source.refill();
        }
        let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|byte| source.bytes[at + byte]));
        let words = (word(source.used), word(source.used + 8));
        source.used += 16;
        words
    })
}

impl Source {
    #[cold]
    fn refill(&mut self) {
        let generator = self.generator.get_or_insert_with(|| {
            let mut seed = [0; 32];
            getrandom::fill(&mut seed).expect("the operating system provides random bytes");
            ChaCha12Rng::from_seed(seed)
        });
        generator.fill_bytes(&mut self.bytes);
        self.used = 0;
    }
}
