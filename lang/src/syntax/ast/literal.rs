//! Literals: what a value is written as.

use super::Expression;
use crate::syntax::Span;

/// A value that is written out.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `nil`
    Nil,
    /// `true` or `false`
    Boolean(bool),
    /// `42`, `0xff`
    Integer(Integer),
    /// `1.5e-3`; rounded to the nearest double, never infinite.
    Double(f64),
    /// `"text"` or `r"text"`, its escapes resolved.
    String(Box<str>),
}

/// An integer of any size, not negative, as its digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integer {
    /// The base of the digits: 2, 8, 10 or 16.
    pub radix: u32,
    /// The digits alone, at least one, each of them below the radix; without prefix and `_`.
    pub digits: Box<str>,
}

/// A part of an f-string.
#[derive(Clone, Debug, PartialEq)]
pub enum FormatPart {
    /// Text between interpolations, its escapes resolved; never empty.
    Text {
        /// Where it is written.
        span: Span,
        /// The text.
        text: Box<str>,
    },
    /// `{expression}`
    Value(Expression),
}

/// A RefPerSys code chunk: `#{ … }#` or `#tag{ … }tag#`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeChunk {
    /// The word after `#`; empty in `#{ … }#`.
    pub tag: Box<str>,
    /// The content, in order. Two texts never follow each other.
    pub parts: Vec<ChunkPart>,
}

/// A part of a code chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChunkPart {
    /// Text, taken as it is; `$$` is one dollar, `$.` is nothing (it ends a name).
    Text(Box<str>),
    /// `$name`
    Variable {
        /// Where it is written, dollar included.
        span: Span,
        /// The name after the dollar.
        name: Box<str>,
    },
}
