//! Words: names, keywords, quoted names, oids.

use std::borrow::Cow;

use unicode_ident::{is_xid_continue, is_xid_start};
use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::{Lexer, offset};
use crate::syntax::token::{Keyword, TokenKind};
use crate::syntax::{Diagnostic, Span, codes};

/// How many base-62 digits follow the `_` of an oid.
const OID_DIGITS: usize = 18;

/// Returns a name in Unicode normal form C: how it is written must not decide which name it is.
pub(crate) fn normalized(name: &str) -> Cow<'_, str> {
    if is_nfc(name) { Cow::Borrowed(name) } else { Cow::Owned(name.nfc().collect()) }
}

impl Lexer<'_> {
    /// A name or keyword, which begins with a letter.
    pub(super) fn word(&mut self) {
        let length = name_length(self.rest());
        let word = &self.rest()[..length];
        let kind = Keyword::from_text(word).map_or(TokenKind::Name, TokenKind::Keyword);
        self.check_normal_form(word);
        self.push(kind, length);
    }

    /// `` `name` ``, or a lone backtick.
    pub(super) fn quoted_name(&mut self) {
        let rest = &self.rest()[1..];
        let length = name_length(rest);
        if length > 0 && rest.starts_with(is_xid_start) && rest[length..].starts_with('`') {
            self.check_normal_form(&rest[..length]);
            self.push(TokenKind::QuotedName, length + 2);
        } else {
            self.unknown();
        }
    }

    /// What begins with `_`: the last value, an oid, or what is neither.
    pub(super) fn underscore(&mut self) {
        let rest = &self.rest()[1..];
        let length = rest.find(|c| !is_xid_continue(c)).unwrap_or(rest.len());
        let digits = &rest[..length];
        let span = Span::new(self.offset(), offset(self.position + 1 + length));
        let kind = if digits.is_empty() {
            TokenKind::Underscore
        } else if let Some(problem) = oid_problem(digits) {
            // Short words that begin with a letter are meant as names, everything else as an oid.
            if digits.starts_with(|c: char| c.is_ascii_digit()) || digits.chars().count() + 4 >= OID_DIGITS {
                self.report(
                    Diagnostic::error(codes::BAD_OID, span, "this is not an oid")
                        .label(problem)
                        .hint("an oid is `_` and 18 digits out of 0-9 A-Z a-z, the first of them 0-9"),
                );
                TokenKind::BadOid
            } else {
                self.report(
                    Diagnostic::error(codes::BAD_NAME, span, "a name begins with a letter")
                        .label("begins with `_`")
                        .hint("`_` alone is the last value, or matches anything in a pattern"),
                );
                TokenKind::Name
            }
        } else {
            TokenKind::Oid
        };
        self.push(kind, 1 + length);
    }

    fn check_normal_form(&mut self, name: &str) {
        if !is_nfc(name) {
            let start = self.offset() + u32::from(self.rest().starts_with('`'));
            let span = Span::new(start, start + offset(name.len()));
            self.report(
                Diagnostic::warning(
                    codes::NAME_NOT_NORMALIZED,
                    span,
                    "this name is written with combining characters that have a composed form",
                )
                .hint(format!("it is read as `{}`", normalized(name))),
            );
        }
    }
}

/// The length of the name that `text` begins with: letters, digits, `_`, and `$` after a letter or digit.
fn name_length(text: &str) -> usize {
    let mut previous = '_';
    for (at, character) in text.char_indices() {
        let inside = is_xid_continue(character) || character == '$' && previous.is_alphanumeric();
        if !inside {
            return at;
        }
        previous = character;
    }
    text.len()
}

/// Says what keeps `digits`, which follow a `_`, from being an oid.
fn oid_problem(digits: &str) -> Option<String> {
    if let Some(bad) = digits.chars().find(|c| !c.is_ascii_alphanumeric()) {
        return Some(format!("`{bad}` is not a base-62 digit"));
    }
    if digits.len() != OID_DIGITS {
        let plural = if digits.len() == 1 { "digit" } else { "digits" };
        return Some(format!("has {} {plural}, not {OID_DIGITS}", digits.len()));
    }
    let first = digits.chars().next().filter(|c| !c.is_ascii_digit())?;
    Some(format!("its first digit is `{first}`, not one of 0-9"))
}
