//! How much a proof tries.

use std::env;
use std::time::{SystemTime, UNIX_EPOCH};

/// A number of things to try that the environment can change.
#[derive(Debug, Clone, Copy)]
pub struct Amount {
    variable: &'static str,
    usual: u64,
}

impl Amount {
    /// Returns an amount that is `usual` when the environment variable does not say otherwise.
    pub const fn new(variable: &'static str, usual: u64) -> Amount {
        Amount { variable, usual }
    }

    /// Returns the number.
    ///
    /// # Panics
    ///
    /// Panics when the variable is no number.
    pub fn get(self) -> u64 {
        number(self.variable).unwrap_or(self.usual)
    }
}

/// Returns whether everything is to be tried, however long that takes: `RPS_FAULTS_THOROUGH` is set.
pub fn is_thorough() -> bool {
    env::var_os("RPS_FAULTS_THOROUGH").is_some()
}

/// Returns the seed of a proof that tries random things: `RPS_FAULTS_SEED`, else one of the clock. The proof prints it.
///
/// # Panics
///
/// Panics when the variable is no number.
pub fn seed() -> u64 {
    let of_clock = || {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        since.as_secs() ^ u64::from(since.subsec_nanos()) << 20
    };
    number("RPS_FAULTS_SEED").unwrap_or_else(of_clock)
}

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_amount_is_what_counts_unless_something_else_is_asked_for() {
        assert_eq!(Amount::new("RPS_FAULTS_NOBODY_SETS_THIS", 7).get(), 7);
    }
}
