//! Patterns: what a value is matched with.

use super::{Literal, Member, Name};
use crate::syntax::Span;

/// A pattern and where it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// Where it is written.
    pub span: Span,
    /// What it is.
    pub kind: PatternKind,
}

/// What a [`Pattern`] can be.
#[derive(Clone, Debug, PartialEq)]
pub enum PatternKind {
    /// `_`, which matches everything.
    Wildcard,
    /// `name`, which matches everything and binds it.
    Bind(Name),
    /// `0`, `-1.5`, `"x"`, `nil`
    Literal {
        /// Whether a minus stands before a number.
        negative: bool,
        /// The value.
        literal: Literal,
    },
    /// An object by its oid.
    Oid(Box<str>),
    /// `s: string`: what the inner pattern matches, when it is an instance of the class.
    Instance {
        /// The pattern before the colon.
        pattern: Box<Pattern>,
        /// The class after it.
        class: Member,
    },
    /// `[a, b]`, `[first, ..rest]`: a sequence with as many elements.
    Tuple(Vec<Pattern>),
    /// `..` or `..rest` within a tuple, at most once: the elements that no other pattern takes.
    Rest(Option<Name>),
    /// `0 | 1`: what one of them matches.
    Alternatives(Vec<Pattern>),
    /// A syntax error.
    Error,
}
