//! Source text and what it says: tokens, tree, diagnostics. Text only: no heap, no values.
//!
//! Read in this order: [`span`] (byte ranges) and [`source`] (lines and columns); [`diagnostic`], [`codes`]
//! and `render` (what is wrong, and how it is shown); [`token`] and [`lexer`] (text to tokens, lossless);
//! [`ast`] (the tree); [`parser`] (tokens to tree, never failing); [`mod@completeness`] and [`mod@highlight`] (what
//! the prompt asks while a line is being typed).

pub mod ast;
pub mod codes;
pub mod completeness;
pub mod diagnostic;
pub mod highlight;
pub mod lexer;
pub mod parser;
mod render;
pub mod source;
pub mod span;
pub mod token;

pub use completeness::{Completeness, completeness};
pub use diagnostic::{Diagnostic, Label, Severity};
pub use highlight::{TokenClass, highlight};
pub use lexer::{Lexed, lex};
pub use parser::{Parsed, parse, parse_tokens};
pub use source::{Position, SourceText};
pub use span::Span;
pub use token::{Keyword, Token, TokenKind};

/// How deep a tree may be, in nodes from its root to a leaf.
///
/// The parser reports `syntax::too-deep` beyond it, and gives up. It takes at most four kilobytes of stack a level,
/// so that the deepest text needs half of the two megabytes that a thread has by default; recursive code that
/// walks a tree may take as much. People stay below fifty.
pub const MAX_DEPTH: u32 = 256;
