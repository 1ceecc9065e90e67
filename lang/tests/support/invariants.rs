//! What must hold of every text, however broken, and of every program that is formatted.

use rps_lang::format::format;
use rps_lang::syntax::ast::sexpr::to_sexpr;
use rps_lang::syntax::{
    Completeness, Parsed, SourceText, Token, TokenKind, completeness, highlight, lex, parse,
};

/// Reads a text in every way; returns whether it is a program.
///
/// # Panics
///
/// If something does not hold that must.
pub(crate) fn examine(text: &str) -> bool {
    let parsed = parse(text);
    let _ = to_sexpr(&parsed.program, true);
    let pieces: String = highlight(text).into_iter().map(|(span, _)| span.text(text)).collect();
    assert_eq!(pieces, text, "the highlighted pieces are not the text");
    assert_eq!(completeness(text) == Completeness::Complete, !parsed.has_errors());
    let source = SourceText::new("text.rps", text);
    for diagnostic in &parsed.diagnostics {
        assert!(text.get(diagnostic.primary.span.range()).is_some(), "{diagnostic:?} lies outside");
        assert!(!diagnostic.render(&source).is_empty());
    }
    if parsed.has_errors() {
        assert_eq!(format(text), Err(parsed.diagnostics));
        return false;
    }
    check_formatting(text, &parsed);
    true
}

/// Formats a program, and checks that it means the same, is whole, and stays as it is.
fn check_formatting(text: &str, parsed: &Parsed) {
    let formatted = format(text).expect("a program is formatted");
    let again = parse(&formatted);
    let source = SourceText::new("formatted.rps", formatted.as_str());
    let mistakes: String = again.diagnostics.iter().map(|diagnostic| diagnostic.render(&source)).collect();
    assert!(!again.has_errors(), "no program any more:\n{formatted}\n{mistakes}");
    let (before, after) = (to_sexpr(&parsed.program, false), to_sexpr(&again.program, false));
    assert_eq!(after, before, "another tree:\n{formatted}");
    assert_eq!(kept(&formatted), kept(text), "other tokens:\n{formatted}");
    assert_eq!(format(&formatted).as_deref(), Ok(&*formatted), "it changes again");
    assert!(formatted.is_empty() || formatted.ends_with('\n'));
    assert!(!formatted.starts_with('\n') && !formatted.ends_with("\n\n"), "{formatted:?}");
    check_white_space(&formatted);
}

/// The tokens and comments that a formatter must keep, as they are written.
fn kept(text: &str) -> Vec<String> {
    let layout = |token: &Token| {
        let comment = token.kind == TokenKind::Comment;
        let trivia = token.kind.is_trivia() && !comment;
        trivia || matches!(token.kind, TokenKind::Comma | TokenKind::Semicolon) || token.span.is_empty()
    };
    let mut inside = 0;
    let mut words = Vec::new();
    let mut comments = Vec::new();
    for token in lex(text).tokens {
        inside += i32::from(token.kind == TokenKind::FormatStart);
        let word = token.span.text(text).trim_end().replace("\r\n", "\n");
        if inside > 0 || token.kind != TokenKind::Comment {
            if !layout(&token) {
                // Two bars without parameters between them may become one token.
                words.extend(if word == "||" { vec!["|".to_owned(); 2] } else { vec![word] });
            }
        } else {
            comments.push(word);
        }
        inside -= i32::from(token.kind == TokenKind::FormatEnd);
    }
    words.extend(comments);
    words
}

/// No white space at the end of a line, and no two empty lines, but within strings and the like.
fn check_white_space(formatted: &str) {
    let mut blank = 0;
    let mut space = false;
    let mut inside = 0;
    for token in lex(formatted).tokens {
        inside += i32::from(token.kind == TokenKind::FormatStart);
        if inside == 0 {
            match token.kind {
                TokenKind::Newline => {
                    assert!(!space, "white space at the end of a line:\n{formatted}");
                    blank += 1;
                    assert!(blank <= 2, "two empty lines:\n{formatted}");
                }
                TokenKind::Whitespace => {}
                _ => blank = 0,
            }
        } else {
            blank = 0;
        }
        space = inside == 0 && token.kind == TokenKind::Whitespace;
        inside -= i32::from(token.kind == TokenKind::FormatEnd);
    }
}
