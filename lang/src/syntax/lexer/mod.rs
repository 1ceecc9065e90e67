//! The lexer: text to tokens, without loss — the spans of the tokens, in order, cover the whole text.
//!
//! It never fails: what is wrong becomes a token and a diagnostic. This file holds the main loop, white space,
//! comments and operators; beside it are `word` (names, keywords, oids), `number`, `quoted` (strings and code
//! chunks), `format` (f-strings, which hold tokens again), `escape` (what a string says) and `unknown`
//! (characters that begin nothing).
//!
//! A string may go over several lines. One that is not closed at all would swallow the rest of the text, so
//! that nothing else could be said about it; therefore, once the end of the text is reached within a string,
//! the lexer goes back to where that string begins, and from there on takes each line for itself.

mod escape;
mod format;
mod number;
mod quoted;
mod unknown;
mod word;

use super::token::{Token, TokenKind};
use super::{Diagnostic, Span, codes};
use format::Mode;

pub(crate) use escape::{unescape, unescape_raw};
pub(crate) use unknown::changes_direction;
pub(crate) use word::normalized;

/// How large a text may be, in bytes; a larger one becomes a single token and a diagnostic.
pub const MAX_TEXT_LEN: usize = 1 << 30;

/// What the lexer makes of a text.
#[derive(Clone, Debug)]
pub struct Lexed {
    /// The tokens, trivia included: their spans follow each other and cover the text.
    pub tokens: Vec<Token>,
    /// What is wrong, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// Where the string or code chunk begins within which the text ends, if it does.
    pub unclosed: Option<u32>,
}

/// Cuts `text` into tokens.
#[must_use]
pub fn lex(text: &str) -> Lexed {
    lex_within(text, MAX_TEXT_LEN)
}

/// Cuts `text` into tokens unless it is longer than `limit`.
fn lex_within(text: &str, limit: usize) -> Lexed {
    let mut lexer = Lexer::new(text);
    if text.len() > limit {
        let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        lexer.tokens.push(Token { kind: TokenKind::Unknown, span: Span::new(0, end) });
        lexer.report(
            Diagnostic::error(
                codes::TOO_LARGE,
                Span::at(0),
                format!("the text is larger than {limit} bytes"),
            )
            .hint("programs are text; keep large data in a store"),
        );
    } else {
        lexer.run();
    }
    lexer.diagnostics.sort_by_key(|diagnostic| diagnostic.primary.span.start);
    Lexed { tokens: lexer.tokens, diagnostics: lexer.diagnostics, unclosed: lexer.unclosed }
}

struct Lexer<'text> {
    text: &'text str,
    position: usize,
    tokens: Vec<Token>,
    diagnostics: Vec<Diagnostic>,
    /// The f-strings and interpolations around the position, outermost first.
    modes: Vec<Mode>,
    /// The state at the beginning of the outermost f-string, to go back to.
    checkpoint: Option<Checkpoint>,
    /// Whether strings end with their line: after one that never ended.
    single_line: bool,
    unclosed: Option<u32>,
    carriage_return_reported: bool,
}

struct Checkpoint {
    position: usize,
    tokens: usize,
    diagnostics: usize,
}

impl<'text> Lexer<'text> {
    fn new(text: &'text str) -> Self {
        Self {
            text,
            position: 0,
            tokens: Vec::new(),
            diagnostics: Vec::new(),
            modes: Vec::new(),
            checkpoint: None,
            single_line: false,
            unclosed: None,
            carriage_return_reported: false,
        }
    }

    fn run(&mut self) {
        if self.text.starts_with('\u{feff}') {
            self.push(TokenKind::ByteOrderMark, 3);
            self.report(
                Diagnostic::warning(
                    codes::BYTE_ORDER_MARK,
                    Span::new(0, 3),
                    "the text begins with a byte order mark",
                )
                .hint("save it as UTF-8 without a byte order mark"),
            );
        }
        loop {
            while self.position < self.text.len() {
                if matches!(self.modes.last(), Some(Mode::Text { .. })) {
                    self.format_text();
                } else {
                    self.token();
                }
            }
            if self.modes.is_empty() {
                break;
            }
            self.end_within_format();
        }
    }

    /// Takes the next token outside the text of an f-string. Moves on by at least one byte, or goes back to the
    /// checkpoint, which happens once.
    fn token(&mut self) {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return };
        match first {
            ' ' | '\t' | '\x0c' => {
                let length = rest.find(|c| !matches!(c, ' ' | '\t' | '\x0c')).unwrap_or(rest.len());
                self.push(TokenKind::Whitespace, length);
            }
            '\n' => self.newline(1),
            '\r' if rest.starts_with("\r\n") => self.newline(2),
            '#' => self.hash(),
            '"' => self.string(),
            'r' if rest.starts_with("r\"") || rest.starts_with("r#") && self.raw_string_begins() => {
                self.raw_string();
            }
            'f' if rest.starts_with("f\"") => self.format_start(),
            '\'' => self.single_quoted(),
            '`' => self.quoted_name(),
            '0'..='9' => self.number(),
            '{' | '}' => self.brace(first),
            '_' => self.underscore(),
            _ if unicode_ident::is_xid_start(first) => self.word(),
            _ => match operator(rest) {
                Some((kind, length)) => self.push(kind, length),
                None => self.unknown(),
            },
        }
    }

    fn newline(&mut self, length: usize) {
        if self.single_line && !self.modes.is_empty() {
            self.unclosed_format();
        }
        if length == 2 && !self.carriage_return_reported {
            self.carriage_return_reported = true;
            let span = Span::new(self.offset(), self.offset() + 2);
            self.report(
                Diagnostic::warning(codes::CARRIAGE_RETURN, span, "lines end in CR LF")
                    .hint("they are read as LF; save the text with LF, so that it stays the same everywhere"),
            );
        }
        self.push(TokenKind::Newline, length);
    }

    /// A comment or a code chunk.
    fn hash(&mut self) {
        if let Some(tag) = quoted::chunk_tag(self.rest()) {
            self.code_chunk(tag);
        } else {
            let length = self.line_length();
            self.push(TokenKind::Comment, length);
        }
    }

    fn rest(&self) -> &'text str {
        &self.text[self.position..]
    }

    /// The number of bytes up to the line ending.
    fn line_length(&self) -> usize {
        let rest = self.rest();
        let length = rest.find('\n').unwrap_or(rest.len());
        if rest[..length].ends_with('\r') && length < rest.len() { length - 1 } else { length }
    }

    /// The position as the spans count it. Texts longer than [`MAX_TEXT_LEN`] do not come here.
    fn offset(&self) -> u32 {
        offset(self.position)
    }

    /// Adds a token of `length` bytes and moves behind it.
    fn push(&mut self, kind: TokenKind, length: usize) {
        let start = self.position;
        self.position += length;
        let span = Span::new(offset(start), offset(self.position));
        self.tokens.push(Token { kind, span });
        if matches!(
            kind,
            TokenKind::Comment
                | TokenKind::String
                | TokenKind::RawString
                | TokenKind::FormatText
                | TokenKind::CodeChunk
        ) {
            self.hidden_characters(span);
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}

/// A length within a text that is not longer than [`MAX_TEXT_LEN`].
fn offset(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// The longest operator that `text` begins with, without braces.
fn operator(text: &str) -> Option<(TokenKind, usize)> {
    use TokenKind as Kind;
    let bytes = text.as_bytes();
    let two = match bytes {
        [b'=', b'>', ..] => Some(Kind::Arrow),
        [b'=', b'=', ..] => Some(Kind::EqualEqual),
        [b'!', b'=', ..] => Some(Kind::NotEqual),
        [b'<', b'=', ..] => Some(Kind::LessEqual),
        [b'>', b'=', ..] => Some(Kind::GreaterEqual),
        [b'&', b'&', ..] => Some(Kind::AndAnd),
        [b'|', b'|', ..] => Some(Kind::OrOr),
        [b'.', b'.', ..] => Some(Kind::DotDot),
        _ => None,
    };
    if let Some(kind) = two {
        return Some((kind, 2));
    }
    let one = match bytes.first()? {
        b'(' => Kind::LeftParen,
        b')' => Kind::RightParen,
        b'[' => Kind::LeftBracket,
        b']' => Kind::RightBracket,
        b',' => Kind::Comma,
        b';' => Kind::Semicolon,
        b':' => Kind::Colon,
        b'.' => Kind::Dot,
        b'=' => Kind::Assign,
        b'<' => Kind::Less,
        b'>' => Kind::Greater,
        b'+' => Kind::Plus,
        b'-' => Kind::Minus,
        b'*' => Kind::Star,
        b'/' => Kind::Slash,
        b'%' => Kind::Percent,
        b'&' => Kind::And,
        b'|' => Kind::Or,
        b'!' => Kind::Not,
        _ => return None,
    };
    Some((one, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_beyond_the_limit_is_one_token_and_a_diagnostic() {
        let lexed = lex_within("1 + 2", 4);
        assert_eq!(lexed.tokens, [Token { kind: TokenKind::Unknown, span: Span::new(0, 5) }]);
        let source = crate::syntax::SourceText::new("big.rps", "1 + 2");
        expect_test::expect![[r"
            error[syntax::too-large]: the text is larger than 4 bytes
             --> big.rps:1:1
              |
            1 | 1 + 2
              | ^
              = help: programs are text; keep large data in a store
        "]]
        .assert_eq(&lexed.diagnostics[0].render(&source));
    }
}
