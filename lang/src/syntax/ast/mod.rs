//! The syntax tree: owned, typed, with a [`Span`] on every node.
//!
//! Read [`expression`] first — everything that is written is an expression —, then [`item`] (functions, classes,
//! blocks and parameters), [`pattern`], [`literal`], [`walk`] for visiting a tree, and [`sexpr`] for printing it.
//!
//! What the parser could not understand is [`ExpressionKind::Error`] or [`PatternKind::Error`]; a tree without
//! diagnostics of severity error contains neither. The depth of a tree is bounded by the parser
//! (see [`MAX_DEPTH`](super::MAX_DEPTH)), so that code which walks it may recurse, and dropping it is safe.

pub mod expression;
pub mod item;
pub mod literal;
pub mod pattern;
pub mod sexpr;
pub mod walk;

pub use expression::{
    BinaryOperator, Catch, Elements, Expression, ExpressionKind, Initializer, LogicalOperator, MatchArm, New,
    Target, TargetKind, UnaryOperator,
};
pub use item::{Block, Class, Closure, Function, Member, MemberKind, Name, NativeTypes, TypeName};
pub use literal::{ChunkPart, CodeChunk, FormatPart, Integer, Literal};
pub use pattern::{Pattern, PatternKind};

use super::Span;

/// A whole source text: a file, or what was entered at the prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// The whole text.
    pub span: Span,
    /// The expressions, in order; the value of a program is that of the last one.
    pub statements: Vec<Expression>,
}
