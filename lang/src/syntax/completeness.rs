//! Whether a text is whole: what the prompt asks when a line has been entered.

use super::parse;

/// Whether a text is a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Completeness {
    /// It is one.
    Complete,
    /// It could become one if it went on: a bracket or string is open, or an operand is missing at its end.
    Incomplete,
    /// It is none, whatever follows.
    Invalid,
}

/// Says whether `text` is a program.
///
/// ```
/// use rps_lang::syntax::{Completeness, completeness};
///
/// assert_eq!(completeness("f(1, 2)"), Completeness::Complete);
/// assert_eq!(completeness("f(1,"), Completeness::Incomplete);
/// assert_eq!(completeness("f(1]"), Completeness::Invalid);
/// ```
#[must_use]
pub fn completeness(text: &str) -> Completeness {
    parse(text).completeness
}
