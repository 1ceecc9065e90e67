//! XXH64, as a constant: the hash of a schema is known while the plugin is compiled.
//!
//! After the specification by Yann Collet, <https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md>.

const PRIME_1: u64 = 0x9E37_79B1_85EB_CA87;
const PRIME_2: u64 = 0xC2B2_AE3D_27D4_EB4F;
const PRIME_3: u64 = 0x1656_67B1_9E37_79F9;
const PRIME_4: u64 = 0x85EB_CA77_C2B2_AE63;
const PRIME_5: u64 = 0x27D4_EB2F_1656_67C5;

/// Returns the XXH64 hash of the bytes with seed 0.
///
/// ```
/// const HASH: u64 = rps_plugin::xxh64(b"abc");
/// assert_eq!(HASH, 0x44BC_2CF5_AD77_0999);
/// ```
pub const fn xxh64(bytes: &[u8]) -> u64 {
    let mut at = 0;
    let mut hash = if bytes.len() >= 32 {
        let mut lanes = [PRIME_1.wrapping_add(PRIME_2), PRIME_2, 0, 0u64.wrapping_sub(PRIME_1)];
        while at + 32 <= bytes.len() {
            let mut lane = 0;
            while lane < 4 {
                lanes[lane] = round(lanes[lane], word(bytes, at));
                at += 8;
                lane += 1;
            }
        }
        let mut hash = lanes[0]
            .rotate_left(1)
            .wrapping_add(lanes[1].rotate_left(7))
            .wrapping_add(lanes[2].rotate_left(12))
            .wrapping_add(lanes[3].rotate_left(18));
        let mut lane = 0;
        while lane < 4 {
            hash = (hash ^ round(0, lanes[lane])).wrapping_mul(PRIME_1).wrapping_add(PRIME_4);
            lane += 1;
        }
        hash
    } else {
        PRIME_5
    };
    hash = hash.wrapping_add(bytes.len() as u64);
    while at + 8 <= bytes.len() {
        hash = (hash ^ round(0, word(bytes, at))).rotate_left(27).wrapping_mul(PRIME_1).wrapping_add(PRIME_4);
        at += 8;
    }
    if at + 4 <= bytes.len() {
        let half = u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        hash = (hash ^ (half as u64).wrapping_mul(PRIME_1))
            .rotate_left(23)
            .wrapping_mul(PRIME_2)
            .wrapping_add(PRIME_3);
        at += 4;
    }
    while at < bytes.len() {
        hash = (hash ^ (bytes[at] as u64).wrapping_mul(PRIME_5)).rotate_left(11).wrapping_mul(PRIME_1);
        at += 1;
    }
    hash = (hash ^ (hash >> 33)).wrapping_mul(PRIME_2);
    hash = (hash ^ (hash >> 29)).wrapping_mul(PRIME_3);
    hash ^ (hash >> 32)
}

const fn round(accumulator: u64, lane: u64) -> u64 {
    accumulator.wrapping_add(lane.wrapping_mul(PRIME_2)).rotate_left(31).wrapping_mul(PRIME_1)
}

const fn word(bytes: &[u8], at: usize) -> u64 {
    let mut word = 0;
    let mut index = 8;
    while index > 0 {
        index -= 1;
        word = word << 8 | bytes[at + index] as u64;
    }
    word
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn comm_17_the_published_vectors() {
        // Of the sanity check of the reference implementation, and of its specification's test suites.
        assert_eq!(xxh64(b""), 0xEF46_DB37_51D8_E999);
        assert_eq!(xxh64(b"a"), 0xD24E_C4F1_A98C_6E5B);
        assert_eq!(xxh64(b"abc"), 0x44BC_2CF5_AD77_0999);
        assert_eq!(xxh64(b"Nobody inspects the spammish repetition"), 0xFBCE_A83C_8A37_8BF1);
    }

    proptest! {
        #[test]
        fn it_is_what_the_other_implementation_says(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(xxh64(&bytes), xxhash_rust::xxh64::xxh64(&bytes, 0));
        }
    }
}
