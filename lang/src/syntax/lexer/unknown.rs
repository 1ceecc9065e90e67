//! Characters that begin no token, and what people mean by them.

use unicode_ident::is_xid_start;

use super::{Lexer, offset, operator};
use crate::syntax::token::TokenKind;
use crate::syntax::{Diagnostic, Span, codes};

impl Lexer<'_> {
    /// One or more characters that begin no token: one token, one diagnostic.
    pub(super) fn unknown(&mut self) {
        let rest = self.rest();
        let mut characters = rest.char_indices();
        let Some((_, first)) = characters.next() else { return };
        let length = characters
            .find(|&(at, character)| begins_token(character) || rest[at..].starts_with("\r\n"))
            .map_or(rest.len(), |(at, _)| at);
        let span = Span::new(self.offset(), offset(self.position + length));
        let diagnostic =
            Diagnostic::error(codes::BAD_CHARACTER, span, format!("unexpected {}", described(first)));
        self.report(match advice(first) {
            Some(advice) => diagnostic.hint(advice),
            None => diagnostic,
        });
        self.push(TokenKind::Unknown, length);
    }

    /// Warns of characters that make a line look different from what it says.
    pub(super) fn hidden_characters(&mut self, span: Span) {
        let text = span.text(self.text);
        if text.is_ascii() {
            return;
        }
        for (at, character) in text.char_indices().filter(|&(_, character)| changes_direction(character)) {
            let start = span.start + offset(at);
            self.report(
                Diagnostic::warning(
                    codes::HIDDEN_CHARACTER,
                    Span::new(start, start + offset(character.len_utf8())),
                    format!("the {} changes the direction in which the line is shown", described(character)),
                )
                .hint("what you see may not be what is there; in a string, write it as an escape \\u{…}"),
            );
        }
    }
}

/// The embedding, override and isolate characters of the Unicode bidirectional algorithm.
pub(crate) fn changes_direction(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn begins_token(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\x0c' | '\n' | '"' | '#' | '_' | '\'' | '`' | '{' | '}' | '0'..='9')
        || is_xid_start(character)
        || operator(character.encode_utf8(&mut [0; 4])).is_some()
}

/// A character as a message shows it: itself if it can be seen, and its number otherwise.
fn described(character: char) -> String {
    let number = format!("U+{:04X}", character as u32);
    match character {
        '\0' => "NUL character".to_owned(),
        '\u{feff}' => "byte order mark".to_owned(),
        '\r' => "carriage return".to_owned(),
        '`' => "backtick".to_owned(),
        _ if character.is_ascii_graphic() => format!("character `{character}`"),
        _ if character.is_control() || character.is_whitespace() || is_invisible(character) => {
            format!("invisible character {number}")
        }
        _ => format!("character `{character}` ({number})"),
    }
}

fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}')
        || changes_direction(character)
}

fn advice(character: char) -> Option<&'static str> {
    Some(match character {
        '\0' => "is this a text file?",
        '\r' => "lines end in LF, or CR LF; a carriage return alone ends none",
        '@' => "commands begin with `:` at the prompt",
        '$' => "a name may hold `$` only after a letter or digit",
        '?' => "a choice is written `if condition { a } else { b }`",
        '^' | '~' => "bits are combined with `&` and `|`",
        '\\' => "a function is written `|x| x + 1`; lines need no continuation mark inside brackets",
        '`' => "a name between backticks stands on one line: `name`",
        '\'' | '“' | '”' | '„' | '‘' | '’' | '«' | '»' => {
            "strings stand in double quotes: \"text\""
        }
        '–' | '—' | '−' => "write `-`",
        '×' => "write `*`",
        '÷' => "write `/`",
        '≤' => "write `<=`",
        '≥' => "write `>=`",
        '≠' => "write `!=`",
        '…' => "write `..`",
        '→' | '⇒' => "write `=>`",
        _ if character.is_whitespace() => "write an ordinary space",
        _ if character.is_control() || is_invisible(character) => "delete it",
        _ => return None,
    })
}
