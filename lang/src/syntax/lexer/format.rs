//! F-strings: text and interpolations, nested to any depth without recursion.

use super::{Checkpoint, Lexer, offset, unescape};
use crate::syntax::token::{Token, TokenKind};
use crate::syntax::{Diagnostic, Span, codes};

/// Where the lexer is within an f-string.
#[derive(Clone, Copy)]
pub(super) enum Mode {
    /// In the text of the f-string that begins at `start`.
    Text {
        /// The offset of its `f`.
        start: u32,
    },
    /// In an interpolation of the mode below.
    Interpolation {
        /// The offset of its `{`.
        start: u32,
        /// How many braces have been opened within.
        braces: u32,
    },
}

impl Lexer<'_> {
    /// `f"`
    pub(super) fn format_start(&mut self) {
        if self.modes.is_empty() {
            self.checkpoint = Some(Checkpoint {
                position: self.position,
                tokens: self.tokens.len(),
                diagnostics: self.diagnostics.len(),
            });
        }
        self.modes.push(Mode::Text { start: self.offset() });
        self.push(TokenKind::FormatStart, 2);
    }

    /// The next piece of an f-string: text, and the brace or quote that ends it.
    pub(super) fn format_text(&mut self) {
        let rest = self.rest();
        let length = self.format_text_length(rest);
        let next = rest[length..].chars().next();
        let unfinished = next.is_none() || matches!(next, Some('\n' | '\r'));
        if length > 0 {
            let body = &rest[..length];
            if !unfinished {
                unescape(body, self.offset(), true, &mut |diagnostic| self.diagnostics.push(diagnostic));
            }
            self.push(TokenKind::FormatText, length);
        }
        match next {
            Some('"') => {
                self.modes.pop();
                self.push(TokenKind::FormatEnd, 1);
            }
            Some('{') => {
                self.modes.push(Mode::Interpolation { start: self.offset(), braces: 0 });
                self.push(TokenKind::InterpolationStart, 1);
            }
            // In single-line mode the line ending closes everything; the end of the text is dealt with outside.
            Some(_) => self.unclosed_format(),
            None => {}
        }
    }

    /// The length of the text up to the quote, brace or line ending that ends it.
    fn format_text_length(&mut self, rest: &str) -> usize {
        let mut at = 0;
        while let Some(found) = rest[at..].find(['"', '{', '}', '\\', '\n']) {
            at += found;
            match rest.as_bytes()[at] {
                b'\\' => {
                    let line_ending = rest[at + 1..].starts_with(['\n', '\r']);
                    let escaped = rest[at + 1..].chars().next().map_or(0, char::len_utf8);
                    let length = code_point_length(&rest[at..]).unwrap_or(1 + escaped);
                    at += if self.single_line && line_ending { 1 } else { length };
                }
                b'}' => {
                    let place = self.offset() + offset(at);
                    self.report(
                        Diagnostic::error(
                            codes::STRAY_BRACE,
                            Span::new(place, place + 1),
                            "this `}` closes nothing",
                        )
                        .hint("in an f-string, write `\\}` for a brace"),
                    );
                    at += 1;
                }
                b'\n' if !self.single_line => at += 1,
                b'\n' if rest[..at].ends_with('\r') => return at - 1,
                _ => return at,
            }
        }
        rest.len()
    }

    /// `{` or `}` in code, where it may end an interpolation.
    pub(super) fn brace(&mut self, brace: char) {
        let kind = match (self.modes.last_mut(), brace) {
            (Some(Mode::Interpolation { braces: 0, .. }), '}') => {
                self.modes.pop();
                TokenKind::InterpolationEnd
            }
            (Some(Mode::Interpolation { braces, .. }), '}') => {
                *braces -= 1;
                TokenKind::RightBrace
            }
            (Some(Mode::Interpolation { braces, .. }), _) => {
                *braces += 1;
                TokenKind::LeftBrace
            }
            (_, '}') => TokenKind::RightBrace,
            _ => TokenKind::LeftBrace,
        };
        self.push(kind, 1);
    }

    /// A quote in an interpolation that does not begin a string, for it is the only one on its line: most likely
    /// the end of the f-string, and the brace before it has been forgotten. Returns whether it is so.
    pub(super) fn quote_ends_format(&mut self) -> bool {
        let Some(Mode::Interpolation { start, .. }) = self.modes.last().copied() else { return false };
        self.modes.truncate(self.modes.len() - 2);
        self.report(
            Diagnostic::error(codes::UNCLOSED_BRACE, Span::new(start, start + 1), "this `{` is not closed")
                .also(Span::new(self.offset(), self.offset() + 1), "the f-string ends here")
                .hint("close the interpolation with `}`, or write `\\{` for a brace"),
        );
        self.push(TokenKind::InterpolationEnd, 0);
        self.push(TokenKind::FormatEnd, 1);
        true
    }

    /// The end of the text within an f-string: goes back to its beginning, or closes it where that has been done.
    pub(super) fn end_within_format(&mut self) {
        if !self.go_back() {
            self.unclosed_format();
        }
    }

    /// Turns to single lines, and returns to the beginning of the f-string around the position, if there is one
    /// and this has not been done before.
    pub(super) fn go_back(&mut self) -> bool {
        let first_time = !std::mem::replace(&mut self.single_line, true);
        match self.checkpoint.take().filter(|_| first_time && !self.modes.is_empty()) {
            Some(checkpoint) => {
                self.position = checkpoint.position;
                self.tokens.truncate(checkpoint.tokens);
                self.diagnostics.truncate(checkpoint.diagnostics);
                self.modes.clear();
                self.carriage_return_reported =
                    self.diagnostics.iter().any(|diagnostic| diagnostic.code == codes::CARRIAGE_RETURN);
                true
            }
            None => false,
        }
    }

    /// Closes all f-strings here, because their line ends, and says so of the outermost one.
    pub(super) fn unclosed_format(&mut self) {
        if let Some(Mode::Text { start }) = self.modes.first().copied() {
            self.report_unclosed(Span::new(start, start + 2));
        }
        let here = Span::at(self.offset());
        while let Some(mode) = self.modes.pop() {
            let kind = match mode {
                Mode::Text { .. } => TokenKind::FormatEnd,
                Mode::Interpolation { .. } => TokenKind::InterpolationEnd,
            };
            self.tokens.push(Token { kind, span: here });
        }
    }
}

/// The length of the `\u{…}` that `text` begins with, if it does: its braces are none of the f-string's.
pub(super) fn code_point_length(text: &str) -> Option<usize> {
    let digits = text.strip_prefix("\\u{")?;
    let length = digits.find(|c: char| !c.is_ascii_hexdigit())?;
    (length > 0 && digits[length..].starts_with('}')).then_some(length + 4)
}
