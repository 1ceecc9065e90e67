//! Strings and code chunks: what goes from one mark to another, whatever stands between.

use super::{Lexer, offset, unescape};
use crate::syntax::token::TokenKind;
use crate::syntax::{Diagnostic, Span, codes};

impl<'text> Lexer<'text> {
    /// `"text"`
    pub(super) fn string(&mut self) {
        let body = self.searchable(1);
        match string_length(body) {
            Some(length) => {
                let base = self.offset() + 1;
                unescape(&body[..length], base, false, &mut |diagnostic| self.diagnostics.push(diagnostic));
                self.push(TokenKind::String, length + 2);
            }
            None if self.quote_ends_format() => {}
            None => self.unclosed(TokenKind::String, 1),
        }
    }

    /// Whether `r#` begins a raw string, and not a name before a comment.
    pub(super) fn raw_string_begins(&self) -> bool {
        self.rest()[1..].trim_start_matches('#').starts_with('"')
    }

    /// `r"text"`, `r#"text"#`
    pub(super) fn raw_string(&mut self) {
        let after = &self.rest()[1..];
        let hashes = after.len() - after.trim_start_matches('#').len();
        let closing = format!("\"{}", &after[..hashes]);
        match self.searchable(2 + hashes).find(&closing) {
            Some(length) => self.push(TokenKind::RawString, 1 + hashes + 1 + length + closing.len()),
            None => self.unclosed(TokenKind::RawString, 2 + hashes),
        }
    }

    /// `#tag{ … }tag#`
    pub(super) fn code_chunk(&mut self, tag: &str) {
        let opening = tag.len() + 2;
        let closing = format!("}}{tag}#");
        match self.searchable(opening).find(&closing) {
            Some(length) => self.push(TokenKind::CodeChunk, opening + length + closing.len()),
            None => self.unclosed(TokenKind::CodeChunk, opening),
        }
    }

    /// `'text'`, which is not how strings are written.
    pub(super) fn single_quoted(&mut self) {
        let line = &self.rest()[1..self.line_length()];
        match line.find('\'') {
            Some(length) => {
                let span = Span::new(self.offset(), offset(self.position + length + 2));
                self.report(
                    Diagnostic::error(codes::SINGLE_QUOTES, span, "strings stand in double quotes")
                        .hint(format!("write `\"{}\"`", &line[..length])),
                );
                self.push(TokenKind::SingleQuoted, length + 2);
            }
            None => self.unknown(),
        }
    }

    /// Where the end of something may lie that has an opening of so many bytes: in the rest of the text, or of
    /// the line where that counts — in single-line mode, and within the interpolations of an f-string.
    fn searchable(&self, opening: usize) -> &'text str {
        let one_line = self.single_line || !self.modes.is_empty();
        let end = if one_line { self.line_length() } else { self.rest().len() };
        self.rest().get(opening..end).unwrap_or_default()
    }

    /// A string or code chunk that is not closed: it goes to the end of its line, if it does not make the lexer
    /// go back.
    fn unclosed(&mut self, kind: TokenKind, opening: usize) {
        if !self.go_back() {
            self.push_unclosed(kind, opening);
        }
    }

    fn push_unclosed(&mut self, kind: TokenKind, opening: usize) {
        let span = Span::new(self.offset(), offset(self.position + opening));
        if kind == TokenKind::CodeChunk {
            let closing = format!("}}{}#", &self.rest()[1..opening - 1]);
            self.unclosed.get_or_insert(span.start);
            self.report(
                Diagnostic::error(codes::UNCLOSED_CHUNK, span, "this code chunk is not closed")
                    .label(format!("ends with `{closing}`"))
                    .hint("if it is meant as a comment, put a space after `#`"),
            );
        } else {
            self.report_unclosed(span);
        }
        let length = self.line_length();
        self.push(kind, length);
    }

    /// Says that the string that `opening` opens is not closed.
    pub(super) fn report_unclosed(&mut self, opening: Span) {
        self.unclosed.get_or_insert(opening.start);
        let hashes = opening.text(self.text).matches('#').count();
        let closing = format!("\"{}", "#".repeat(hashes));
        self.report(
            Diagnostic::error(codes::UNCLOSED_STRING, opening, "this string is not closed")
                .label("begins here")
                .hint(format!("close it with `{closing}`")),
        );
    }
}

/// The length of the string that begins `body`, up to its closing quote.
fn string_length(body: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        at += body[at..].find(['"', '\\'])?;
        if body[at..].starts_with('"') {
            return Some(at);
        }
        at += 1 + body[at + 1..].chars().next()?.len_utf8();
    }
}

/// The tag of the code chunk that `text` begins with: `#{` or `#tag{`.
pub(super) fn chunk_tag(text: &str) -> Option<&str> {
    let after = text.strip_prefix('#')?;
    let length = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
    let tag = &after[..length];
    (after[length..].starts_with('{') && !tag.starts_with(|c: char| !c.is_ascii_alphabetic())).then_some(tag)
}
