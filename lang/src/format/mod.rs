//! The formatter: a program in the one style of the language. `docs/formatting.md` shows what that is.
//!
//! The tree says what belongs together, and the tokens say how it is written: every token of the text is taken over
//! as it stands, in its order, but for commas and semicolons, which belong to the layout. A comment stays between the
//! tokens it stands between. So nothing can be lost, and what has been formatted once does not change again.
//!
//! Read `pieces` (tokens, and the comments and line endings before each), `document` (layouts that fit the line or
//! break) and `print` (documents to text); then `layout` (what all nodes are made with) and the families of nodes:
//! `sequence` (programs, blocks, lists), `expression`, `operator`, `chain`, `control`, `definition`, `pattern`.

mod chain;
mod control;
mod definition;
mod document;
mod expression;
mod layout;
mod operator;
mod pattern;
mod pieces;
mod print;
mod sequence;

use crate::syntax::{Diagnostic, lex, parse_tokens};
use layout::Formatter;

/// How many columns a line may have: longer ones are broken where that is possible.
pub const LINE_WIDTH: u32 = 100;

/// How many columns a level is indented by.
pub const INDENTATION: u32 = 4;

/// Returns the program `text` in the style of the language.
///
/// The result means the same as `text`, holds the same comments, and stays as it is when it is formatted again.
///
/// ```
/// let formatted = rps_lang::format::format("let  x=1+2 # three\n\n\nprint( x )");
/// assert_eq!(formatted.unwrap(), "let x = 1 + 2 # three\n\nprint(x)\n");
/// ```
///
/// # Errors
///
/// Returns the diagnostics of a text that is no program.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    let lexed = lex(text);
    let tokens = lexed.tokens.clone();
    let parsed = parse_tokens(text, lexed);
    if parsed.has_errors() {
        return Err(parsed.diagnostics);
    }
    let mut formatter = Formatter::new(pieces::pieces(text, &tokens));
    let mut document = formatter.program(&parsed.program);
    document::settle(&mut document);
    Ok(print::print(&document))
}
