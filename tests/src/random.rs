//! A small source of numbers that look random, the same for the same seed on every machine.

/// `SplitMix64`, by Guy Steele, Doug Lea and Christine Flood: "Fast splittable pseudorandom number generators".
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Returns the numbers of a seed.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// Returns the next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number below `limit`, which is not 0.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.number() % limit as u64).unwrap_or(0)
    }

    /// Returns true once in so many times.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// Returns one of several things.
    pub fn choose<'c, T>(&mut self, choices: &'c [T]) -> Option<&'c T> {
        (!choices.is_empty()).then(|| &choices[self.below(choices.len())])
    }
}
