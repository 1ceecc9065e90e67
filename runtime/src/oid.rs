//! Object identifiers: 128 random bits with a 19-character text form.
//!
//! An oid is written `_` followed by 18 base-62 digits: eleven for the high word, seven for the low one, both
//! big-endian and zero-padded. Digits run `0-9`, `a-z`, `A-Z`. The form, the ranges, the order and the hash are
//! RefPerSys's, so that its stores load without mapping; the vectors in the tests are from its own files.
//!
//! Oids are ordered **numerically**, which is not the ASCII order of the text: lower case sorts before upper case.

use std::fmt;
use std::str::FromStr;

use crate::random;

/// Number of bytes in the text form of an oid.
pub const TEXT_LEN: usize = 19;

const HIGH_DIGITS: usize = 11;
const HIGH_MIN: u64 = 62 * 62 * 62;
const HIGH_MAX: u64 = 10 * 62u64.pow(10);
const LOW_MIN: u64 = 62 * 62;
const LOW_MAX: u64 = 62u64.pow(7);

/// The identity of an object: stable for its whole life, across processes and machines.
///
/// ```
/// use rps_runtime::Oid;
/// let oid: Oid = "_006mAbXTG4G00QR5HS".parse().unwrap();
/// assert_eq!(oid.hash32(), 2127571271);
/// assert_eq!(oid.to_string(), "_006mAbXTG4G00QR5HS");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(C)]
pub struct Oid {
    high: u64,
    low: u64,
}

/// Why a text is not an oid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OidError {
    /// The text has another length than 19 bytes.
    #[error("an oid has 19 characters, this has {0}")]
    Length(usize),
    /// The text does not begin with `_`.
    #[error("an oid begins with `_`")]
    Prefix,
    /// A character is not a base-62 digit.
    #[error("character {0} is not one of 0-9, a-z, A-Z")]
    Digit(usize),
    /// All digits are sound, but the number is outside the range of oids.
    #[error("the number is outside the range of oids")]
    Range,
}

impl Oid {
    /// Returns the oid with these two words, or `None` when they are out of range.
    pub const fn from_words(high: u64, low: u64) -> Option<Oid> {
        let oid = Oid { high, low };
        if high >= HIGH_MIN && high < HIGH_MAX && low >= LOW_MIN && low < LOW_MAX && oid.hash32() != 0 {
            Some(oid)
        } else {
            None
        }
    }

    /// Returns the oid that a literal names; for oids that the program itself knows.
    ///
    /// # Panics
    ///
    /// When the text is not an oid. Used in constants, the panic is an error of compilation.
    pub const fn known(text: &str) -> Oid {
        match Oid::parse_bytes(text.as_bytes()) {
            Ok(oid) => oid,
            Err(_) => panic!("not an oid"),
        }
    }

    /// Returns the oid that `text` writes.
    ///
    /// # Errors
    ///
    /// [`OidError`] says what is wrong with the text.
    pub const fn parse(text: &str) -> Result<Oid, OidError> {
        Oid::parse_bytes(text.as_bytes())
    }

    /// Returns the oid that these bytes write; see [`Oid::parse`].
    ///
    /// # Errors
    ///
    /// [`OidError`] says what is wrong with the bytes.
    #[inline]
    pub const fn parse_bytes(text: &[u8]) -> Result<Oid, OidError> {
        if text.len() != TEXT_LEN {
            return Err(OidError::Length(text.len()));
        }
        if text[0] != b'_' {
            return Err(OidError::Prefix);
        }
        // Three independent chains, so that the multiplications overlap.
        let (mut a, mut b, mut c, mut bad) = (0u64, 0u64, 0u64, 0u8);
        let mut i = 0;
        while i < 6 {
            let (x, y, z) = (digit(text[1 + i]), digit(text[6 + i]), digit(text[12 + i]));
            bad |= x | y | z;
            if i < 5 {
                a = a * 62 + x as u64;
            }
            b = b * 62 + y as u64;
            c = c * 62 + z as u64;
            i += 1;
        }
        let last = digit(text[18]);
        bad |= last;
        if bad & NOT_A_DIGIT != 0 {
            let mut i = 1;
            while digit(text[i]) & NOT_A_DIGIT == 0 {
                i += 1;
            }
            return Err(OidError::Digit(i));
        }
        let Some(high) = a.checked_mul(62u64.pow(6)) else { return Err(OidError::Range) };
        let Some(high) = high.checked_add(b) else { return Err(OidError::Range) };
        match Oid::from_words(high, c * 62 + last as u64) {
            Some(oid) => Ok(oid),
            None => Err(OidError::Range),
        }
    }

    /// Returns whether `text` has the shape of an oid: `_` and 18 base-62 digits, in range or not.
    ///
    /// RefPerSys takes every such string for a reference; strings of this shape are therefore written tagged.
    pub fn has_shape(text: &str) -> bool {
        let bytes = text.as_bytes();
        bytes.len() == TEXT_LEN && bytes[0] == b'_' && bytes[1..].iter().all(|&b| digit(b) & NOT_A_DIGIT == 0)
    }

    /// Returns a fresh random oid, uniform over the whole range, from a generator that the operating system's seeds.
    ///
    /// # Panics
    ///
    /// When the operating system has no randomness to give, which it documents as impossible after boot.
    pub fn random() -> Oid {
        random::with_source(Oid::draw)
    }

    /// Returns as many fresh random oids at once.
    pub(crate) fn random_many<const N: usize>() -> [Oid; N] {
        random::with_source(|source| std::array::from_fn(|_| Oid::draw(source)))
    }

    #[inline]
    fn draw(source: &mut random::Source) -> Oid {
        // The ranges are just under 2^63 and 2^42: masking first makes most tries succeed. Each word is drawn until it fits.
        loop {
            let high = loop {
                let high = source.word() & ((1 << 63) - 1);
                if (HIGH_MIN..HIGH_MAX).contains(&high) {
                    break high;
                }
            };
            let low = loop {
                let low = source.word() & ((1 << 42) - 1);
                if (LOW_MIN..LOW_MAX).contains(&low) {
                    break low;
                }
            };
            if let Some(oid) = Oid::from_words(high, low) {
                return oid;
            }
        }
    }

    /// Returns the oid that belongs to a name: the same in every process and version.
    ///
    /// The words are FNV-1a hashes (Fowler, Noll and Vo, 1991) of the name, mixed as in Steele's SplitMix64.
    pub fn of_name(name: &str) -> Oid {
        let mut hash = 0xcbf2_9ce4_8422_2325u64;
        for &byte in name.as_bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        let mut state = hash;
        let mut next = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ mixed >> 31
        };
        loop {
            let (high, low) = (next() & ((1 << 63) - 1), next() & ((1 << 42) - 1));
            if let Some(oid) = Oid::from_words(high, low) {
                return oid;
            }
        }
    }

    /// Returns the high word.
    pub const fn high(self) -> u64 {
        self.high
    }

    /// Returns the low word.
    pub const fn low(self) -> u64 {
        self.low
    }

    /// Returns RefPerSys's 32-bit hash, the `h:` number of its start lines.
    pub const fn hash32(self) -> u32 {
        let mixed = (self.high >> 32) ^ self.low.wrapping_mul(17).wrapping_add(201_151);
        (self.high % 2_147_473_837).wrapping_add(mixed) as u32
    }

    /// Returns the text form as bytes, without allocating.
    #[inline]
    pub fn to_text(self) -> [u8; TEXT_LEN] {
        let mut text = [b'_'; TEXT_LEN];
        let (mut high, mut low) = (self.high, self.low);
        let mut at = 1 + HIGH_DIGITS;
        while at > 2 {
            at -= 2;
            text[at..at + 2].copy_from_slice(&PAIRS[(high % 3844) as usize]);
            high /= 3844;
        }
        text[1] = DIGITS[high as usize];
        let mut at = TEXT_LEN;
        while at > 13 {
            at -= 2;
            text[at..at + 2].copy_from_slice(&PAIRS[(low % 3844) as usize]);
            low /= 3844;
        }
        text[12] = DIGITS[low as usize];
        text
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(std::str::from_utf8(&self.to_text()).unwrap_or_default())
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Oid {
    type Err = OidError;

    fn from_str(text: &str) -> Result<Oid, OidError> {
        Oid::parse(text)
    }
}

const DIGITS: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const NOT_A_DIGIT: u8 = 0x80;

static PAIRS: [[u8; 2]; 3844] = {
    let mut table = [[0; 2]; 3844];
    let mut i = 0;
    while i < 3844 {
        table[i] = [DIGITS[i / 62], DIGITS[i % 62]];
        i += 1;
    }
    table
};

static VALUES: [u8; 256] = {
    let mut table = [NOT_A_DIGIT; 256];
    let mut i = 0;
    while i < 62 {
        table[DIGITS[i] as usize] = i as u8;
        i += 1;
    }
    table
};

#[inline]
const fn digit(byte: u8) -> u8 {
    VALUES[byte as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Vectors of the RefPerSys format document, §2.
    #[test]
    fn vectors_of_the_format_document() {
        let oid = Oid::known("_006mAbXTG4G00QR5HS");
        assert_eq!(oid.hash32(), 2_127_571_271);
        assert_eq!(Oid::known("_9ZFeUnou7r800fIXlm").hash32(), 3_938_610_508);
        assert_eq!(Oid::known("_2jxQnlddPzN01jSvaT").hash32(), 1_135_553_255);
        let order = ["_0fx0GtCX90Z03VI9mo", "_0yxQCphDiO102S0BnY", "_0GTVGelTnCP01I0od2"];
        assert!(order.is_sorted_by_key(|text| Oid::known(text)));
        assert!(!order.is_sorted(), "numeric order is not the order of the text");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let parse = Oid::parse;
        assert_eq!(parse("_006mAbXTG4G00QR5H"), Err(OidError::Length(18)));
        assert_eq!(parse("x006mAbXTG4G00QR5HS"), Err(OidError::Prefix));
        assert_eq!(parse("_006mAbXTG4G00QR5H-"), Err(OidError::Digit(18)));
        assert_eq!(parse("_006mAb TG4G00QR5HS"), Err(OidError::Digit(7)));
        assert_eq!(parse("_ZZZZZZZZZZZZZZZZZZ"), Err(OidError::Range));
        assert_eq!(parse("_000000000000000000"), Err(OidError::Range));
        assert!(Oid::has_shape("_ZZZZZZZZZZZZZZZZZZ"));
        assert!(!Oid::has_shape("_ZZZZZZZZZZZZZZZZZ-"));
    }

    #[test]
    fn random_oids_are_different_and_readable() {
        let oids: std::collections::BTreeSet<Oid> = (0..1000).map(|_| Oid::random()).collect();
        assert_eq!(oids.len(), 1000);
        for oid in oids {
            assert_eq!(Oid::parse(&oid.to_string()), Ok(oid));
        }
    }

    /// References to what has such an oid are in stores.
    #[test]
    fn the_oid_of_a_name_stays() {
        assert_eq!(Oid::of_name("object.map").to_string(), "_9dQ0uIYGMdunR7Jzp7");
        assert_eq!(Oid::of_name("").to_string(), "_5NkzmHnDf0sPMdRpZ4");
        assert_ne!(Oid::of_name("object.map"), Oid::of_name("object.mop"));
    }

    proptest! {
        #[test]
        fn text_round_trips(high in HIGH_MIN..HIGH_MAX, low in LOW_MIN..LOW_MAX) {
            if let Some(oid) = Oid::from_words(high, low) {
                prop_assert_eq!(Oid::parse_bytes(&oid.to_text()), Ok(oid));
            }
        }

        #[test]
        fn order_is_numeric(a in (HIGH_MIN..HIGH_MAX, LOW_MIN..LOW_MAX), b in (HIGH_MIN..HIGH_MAX, LOW_MIN..LOW_MAX)) {
            if let (Some(x), Some(y)) = (Oid::from_words(a.0, a.1), Oid::from_words(b.0, b.1)) {
                prop_assert_eq!(x.cmp(&y), a.cmp(&b));
            }
        }
    }
}
