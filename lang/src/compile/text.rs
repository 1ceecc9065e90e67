//! The text of a function as it is kept.

use crate::syntax::{Span, Token, TokenKind, lex};

/// Returns where the comments begin that stand directly above a definition, each on a line of its own; where there are
/// none, where the definition begins.
pub(super) fn with_comments(text: &str, comments: &[Span], span: Span) -> Span {
    let mut start = span.start;
    loop {
        let before = &text[..start as usize];
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        // Nothing but white space may stand between the line's beginning and what is above which a comment is sought.
        if line == 0 || !before[line..].trim().is_empty() {
            break;
        }
        let end = (line - 1) as u32;
        let Ok(at) = comments.binary_search_by_key(&end, |comment| comment.end) else { break };
        let comment = comments[at];
        let own_line = text[..comment.start as usize].rfind('\n').map_or(0, |at| at + 1);
        if !text[own_line..comment.start as usize].trim().is_empty()
            || text[comment.start as usize..].starts_with("#!")
        {
            break;
        }
        start = comment.start;
    }
    Span::new(start, span.end)
}

/// Returns a part of a text with the indentation of its lines taken away that the line has on which it begins.
pub(super) fn dedented(text: &str, span: Span) -> String {
    let part = text.get(span.start as usize..span.end as usize).unwrap_or_default();
    let line = text[..(span.start as usize).min(text.len())].rfind('\n').map_or(0, |at| at + 1);
    let indent = text[line..].chars().take_while(|char| matches!(char, ' ' | '\t')).count();
    let is_plain = |token: &Token| {
        matches!(token.kind, TokenKind::Newline | TokenKind::Whitespace)
            || !token.span.text(part).contains('\n')
    };
    // The lines of a string are its own.
    if indent == 0 || !part.contains('\n') || !lex(part).tokens.iter().all(is_plain) {
        return part.to_string();
    }
    let mut lines = part.split('\n');
    let mut result = lines.next().unwrap_or_default().to_string();
    for line in lines {
        let blank = line.chars().take_while(|char| matches!(char, ' ' | '\t')).count().min(indent);
        result.push('\n');
        result.push_str(&line[blank..]);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_directly_above_belong_to_a_definition() {
        let check = |text: &str, expected: &str| {
            let comments: Vec<Span> = lex(text)
                .tokens
                .iter()
                .filter(|token| token.kind == TokenKind::Comment)
                .map(|token| token.span)
                .collect();
            let start = text.find("fn").unwrap_or_default() as u32;
            let span = Span::new(start, text.len() as u32);
            assert_eq!(with_comments(text, &comments, span).text(text), expected);
        };
        check("# a\n# b\nfn f() { 1 }", "# a\n# b\nfn f() { 1 }");
        check("# a\n\n  # b\n  fn f() { 1 }", "# b\n  fn f() { 1 }");
        check("1 # a\nfn f() { 1 }", "fn f() { 1 }");
        check("#!/usr/bin/rps\nfn f() { 1 }", "fn f() { 1 }");
        check("\"\n# a\"\nfn f() { 1 }", "fn f() { 1 }");
        check("let f = fn () { 1 }", "fn () { 1 }");
    }

    #[test]
    fn the_indentation_of_the_first_line_is_taken_from_all() {
        let text = "class c {\n    fn f() {\n        1\n    }\n}";
        let start = text.find("fn").unwrap_or_default();
        let end = text.rfind("}\n").map_or(0, |at| at + 1);
        assert_eq!(dedented(text, Span::new(start as u32, end as u32)), "fn f() {\n    1\n}");
        assert_eq!(dedented("let f = |x| {\n  x\n}", Span::new(8, 19)), "|x| {\n  x\n}");
    }
}
