//! Random words for oids.
//!
//! Each thread has a generator, ChaCha with twelve rounds (Bernstein, 2008), whose seed is from the operating system: asking
//! that for every oid takes longer than making the object.

use std::cell::RefCell;

use chacha20::ChaCha12Rng;
use chacha20::rand_core::{Rng, SeedableRng};

/// How many words are made at once.
const WORDS: usize = 128;

/// Words of which some were used, and what makes more.
pub(crate) struct Source {
    used: usize,
    words: [u64; WORDS],
    generator: Option<ChaCha12Rng>,
}

thread_local! {
    static SOURCE: RefCell<Source> =
        const { RefCell::new(Source { used: WORDS, words: [0; WORDS], generator: None }) };
}

/// Gives the thread's source of random words to `f`.
///
/// # Panics
///
/// When the operating system has no randomness to give, which it documents as impossible after boot; and when `f` asks again.
pub(crate) fn with_source<R>(f: impl FnOnce(&mut Source) -> R) -> R {
    SOURCE.with_borrow_mut(f)
}

impl Source {
    /// Returns the next word.
    #[inline]
    pub(crate) fn word(&mut self) -> u64 {
        loop {
            if let Some(&word) = self.words.get(self.used) {
                self.used += 1;
                return word;
            }
            self.refill();
        }
    }

    #[cold]
    fn refill(&mut self) {
        let generator = self.generator.get_or_insert_with(|| {
            let mut seed = [0; 32];
            getrandom::fill(&mut seed).expect("the operating system provides random bytes");
            ChaCha12Rng::from_seed(seed)
        });
        self.words.fill_with(|| generator.next_u64());
        self.used = 0;
    }
}
