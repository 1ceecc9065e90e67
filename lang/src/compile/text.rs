//! The text of a function as it is kept.

use crate::syntax::{Span, Token, TokenKind, lex};

/// Returns a part of a text with the indentation of its lines taken away that the line has on which it begins.
pub(super) fn dedented(text: &str, span: Span) -> String {
    let part = text.get(span.start as usize..span.end as usize).unwrap_or_default();
    let line = text[..(span.start as usize).min(text.len())].rfind('\n').map_or(0, |at| at + 1);
    let indent = text[line..].chars().take_while(|char| matches!(char, ' ' | '\t')).count();
    let is_plain = |token: &Token| {
        matches!(token.kind, TokenKind::Newline | TokenKind::Whitespace) || !token.span.text(part).contains('\n')
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
    fn the_indentation_of_the_first_line_is_taken_from_all() {
        let text = "class c {\n    fn f() {\n        1\n    }\n}";
        let start = text.find("fn").unwrap_or_default();
        let end = text.rfind("}\n").map_or(0, |at| at + 1);
        assert_eq!(dedented(text, Span::new(start as u32, end as u32)), "fn f() {\n    1\n}");
        assert_eq!(dedented("let f = |x| {\n  x\n}", Span::new(8, 19)), "|x| {\n  x\n}");
    }
}
