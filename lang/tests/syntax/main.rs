//! Tests of `rps_lang::syntax`: what texts are read as, what is said about wrong ones, and what holds for all.
//!
//! Expected output stands in the source; `UPDATE_EXPECT=1 cargo test -p rps-lang` writes it anew.

mod damage;
mod diagnostics;
mod documentation;
mod expressions;
mod lexer;
mod mistakes;
mod precedence;
mod prompt;
mod properties;
mod recovery;
mod statements;
mod strings;
#[path = "../support/mod.rs"]
mod support;

use expect_test::Expect;
use rps_lang::syntax::ast::sexpr::to_sexpr;
use rps_lang::syntax::{Diagnostic, SourceText, parse};

/// Checks the tree of a text that is read without any diagnostic.
fn check(text: &str, expected: Expect) {
    expected.assert_eq(&tree(text));
}

/// Checks one line of tree for one line of text.
#[track_caller]
fn check_line(text: &str, expected: &str) {
    assert_eq!(tree(text).trim_end(), expected, "for {text}");
}

/// Checks the tree of a text that is wrong, and what is said about it.
fn check_errors(text: &str, expected: Expect) {
    let parsed = parse(text);
    let mut out = to_sexpr(&parsed.program, false);
    for diagnostic in &parsed.diagnostics {
        out.push_str(&short(diagnostic));
    }
    expected.assert_eq(&out);
}

#[track_caller]
fn tree(text: &str) -> String {
    let parsed = parse(text);
    let source = SourceText::new("test.rps", text);
    let rendered: String = parsed.diagnostics.iter().map(|diagnostic| diagnostic.render(&source)).collect();
    assert!(parsed.diagnostics.is_empty(), "{text}\n{rendered}");
    to_sexpr(&parsed.program, false)
}

/// A diagnostic on one line.
fn short(diagnostic: &Diagnostic) -> String {
    let Diagnostic { code, message, primary, hint, .. } = diagnostic;
    let hint = hint.as_ref().map(|hint| format!(" [{hint}]")).unwrap_or_default();
    format!("{:?} {}: {message}{hint}\n", primary.span, code.trim_start_matches("syntax::"))
}
