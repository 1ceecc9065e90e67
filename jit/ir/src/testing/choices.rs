//! Bytes that decide.

/// Returns bytes that look random, always the same ones for the same seed.
pub fn bytes(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed;
    let next = || {
        // SplitMix64, by Steele, Lea and Flood.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) as u8
    };
    std::iter::repeat_with(next).take(count).collect()
}

/// Decides by the bytes of a row; behind its end always for the first choice.
pub(super) struct Choices<'a> {
    bytes: &'a [u8],
}

impl<'a> Choices<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Choices<'a> {
        Choices { bytes }
    }

    /// Returns whether there is nothing more to decide by.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(super) fn byte(&mut self) -> u8 {
        match self.bytes.split_first() {
            Some((byte, rest)) => {
                self.bytes = rest;
                *byte
            }
            None => 0,
        }
    }

    /// Returns a number below `count`, or 0 if there is none.
    pub(super) fn below(&mut self, count: usize) -> usize {
        usize::from(self.byte()).checked_rem(count).unwrap_or(0)
    }

    pub(super) fn one_of<T: Copy>(&mut self, all: &[T], or: T) -> T {
        let index = self.below(all.len());
        all.get(index).copied().unwrap_or(or)
    }

    /// Returns a word of which every bit is decided, or one from the edge of a type.
    pub(super) fn word(&mut self) -> u64 {
        match self.below(8) {
            0 => u64::from(self.byte()),
            1 => (i64::from(self.byte()) - 128) as u64,
            2 => i64::MIN as u64,
            3 => i64::MAX as u64,
            4 => 1 << self.below(64),
            5 => u64::MAX << self.below(64),
            _ => (0..8).fold(0, |word, _| word << 8 | u64::from(self.byte())),
        }
    }

    /// Returns a floating-point number that is not NaN, often one from the edge.
    pub(super) fn float(&mut self) -> f64 {
        const EDGES: [f64; 16] = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            0.5,
            -1.5,
            2.5,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MAX,
            f64::MIN_POSITIVE,
            f64::EPSILON,
            9_223_372_036_854_775_808.0,
            -9_223_372_036_854_775_809.0,
            2_147_483_647.5,
            1e-310,
        ];
        match self.below(3) {
            0 => self.one_of(&EDGES, 0.0),
            1 => f64::from(self.byte()) / 4.0 - 32.0,
            _ => {
                let float = f64::from_bits(self.word());
                if float.is_nan() { 0.0 } else { float }
            }
        }
    }
}
