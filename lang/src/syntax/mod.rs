//! Source text and what it says: tokens, tree, diagnostics. Text only: no heap, no values.
//!
//! Read in this order: [`span`] (byte ranges) and [`source`] (lines and columns); [`diagnostic`], [`codes`]
//! and [`render`] (what is wrong, and how it is shown); [`token`] and [`lexer`] (text to tokens, lossless);
//! [`ast`] (the tree); [`parser`] (tokens to tree, never failing); [`completeness`] and [`highlight`] (what
//! the prompt asks while a line is being typed).

pub mod ast;
pub mod span;

pub use span::Span;

/// How deep a tree may be.
pub const MAX_DEPTH: u32 = 500;
