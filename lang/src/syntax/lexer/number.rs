//! Numbers. The parser takes their digits from the text; here it is decided where they end, and whether they
//! are well formed.

use unicode_ident::is_xid_continue;

use super::{Lexer, offset};
use crate::syntax::token::TokenKind;
use crate::syntax::{Diagnostic, Span, codes};

impl Lexer<'_> {
    /// A number, which begins with a digit.
    pub(super) fn number(&mut self) {
        let rest = self.rest();
        let (kind, length) = match radix(rest) {
            Some(_) => (TokenKind::Integer, 2),
            None => decimal(rest),
        };
        // Whatever is glued to the number belongs to it: `12abc` is one mistake, not a number and a name.
        let glued = rest[length..].find(|c| !is_xid_continue(c)).unwrap_or(rest.len() - length);
        let length = length + glued;
        let word = &rest[..length];
        let span = Span::new(self.offset(), offset(self.position + length));
        match problem(word, kind, if radix(rest).is_none() { glued } else { 0 }) {
            None => {
                if kind == TokenKind::Double && word.replace('_', "").parse().is_ok_and(f64::is_infinite) {
                    self.report(
                        Diagnostic::error(
                            codes::DOUBLE_OVERFLOW,
                            span,
                            "this number is too large for a double",
                        )
                        .hint("the largest double is about 1.8e308; integers have no limit"),
                    );
                }
                self.push(kind, length);
            }
            Some((label, hint)) => {
                self.report(
                    Diagnostic::error(codes::BAD_NUMBER, span, "this is not a number")
                        .label(label)
                        .hint(hint),
                );
                self.push(TokenKind::BadNumber, length);
            }
        }
    }
}

/// The base that the prefix of `text` names.
fn radix(text: &str) -> Option<u32> {
    match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => Some(16),
        [b'0', b'o' | b'O', ..] => Some(8),
        [b'0', b'b' | b'B', ..] => Some(2),
        _ => None,
    }
}

/// The kind and length of the decimal number that `text` begins with.
fn decimal(text: &str) -> (TokenKind, usize) {
    let digits = |from: usize| {
        let rest = &text[from..];
        from + rest.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(rest.len())
    };
    let digit_at = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let mut kind = TokenKind::Integer;
    let mut end = digits(0);
    // `3.` is no double, so that `3.sqrt()` and `1..10` mean what they seem to mean.
    if text[end..].starts_with('.') && digit_at(end + 1) {
        kind = TokenKind::Double;
        end = digits(end + 1);
    }
    if text[end..].starts_with(['e', 'E']) {
        let sign = usize::from(text[end + 1..].starts_with(['+', '-']));
        if digit_at(end + 1 + sign) {
            kind = TokenKind::Double;
            end = digits(end + 1 + sign);
        }
    }
    (kind, end)
}

/// Says what is wrong with a number, and what to do about it; the last `glued` bytes are no part of a decimal one.
fn problem(word: &str, kind: TokenKind, glued: usize) -> Option<(String, String)> {
    if let Some(radix) = radix(word) {
        let digits = &word[2..];
        let example = match radix {
            16 => "0xff",
            8 => "0o17",
            _ => "0b101",
        };
        let advice = format!("a number in base {radix} is written like {example}");
        if digits.is_empty() {
            return Some(("has no digits".to_owned(), advice));
        }
        if let Some(bad) = digits.chars().find(|&c| c != '_' && !c.is_digit(radix)) {
            return Some((format!("`{bad}` is not a digit in base {radix}"), advice));
        }
        return misplaced_underscore(digits, radix == 16);
    }
    if glued > 0 {
        let tail = &word[word.len() - glued..];
        let number = &word[..word.len() - glued];
        return Some((format!("`{tail}` is glued to a number"), format!("put a space after `{number}`")));
    }
    if kind == TokenKind::Integer && word.len() > 1 && word.starts_with('0') {
        let digits = word.trim_start_matches(['0', '_']);
        let decimal = if digits.is_empty() { "0" } else { digits };
        let octal = digits.chars().all(|c| c == '_' || c.is_digit(8)) && !digits.is_empty();
        let advice = if octal {
            format!("write `{decimal}`, or `0o{decimal}` for a number in base 8")
        } else {
            format!("write `{decimal}`")
        };
        return Some(("begins with 0".to_owned(), advice));
    }
    misplaced_underscore(word, false)
}

/// Finds a `_` that does not stand between digits.
fn misplaced_underscore(word: &str, hexadecimal: bool) -> Option<(String, String)> {
    // Runs of `_` count as one. Where the number is decimal, the `e` of an exponent is no digit; digits with a
    // prefix come here without it, and their letters have been checked.
    let is_digit = |c: char| c.is_ascii_digit() || (hexadecimal && c.is_ascii_hexdigit());
    let mut rest = word;
    while let Some(at) = rest.find('_') {
        let after = rest[at..].trim_start_matches('_');
        if !rest[..at].ends_with(is_digit) || !after.starts_with(is_digit) {
            return Some((
                "`_` does not stand between digits".to_owned(),
                "`_` may stand between two digits, as in 1_000".to_owned(),
            ));
        }
        rest = after;
    }
    None
}
