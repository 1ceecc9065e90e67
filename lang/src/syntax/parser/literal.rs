//! Literals: from the text of tokens to what they say.

use unicode_ident::{is_xid_continue, is_xid_start};

use super::{Context, Parser};
use crate::syntax::ast::{ChunkPart, CodeChunk, ExpressionKind, FormatPart, Integer, Literal};
use crate::syntax::lexer::{unescape, unescape_raw};
use crate::syntax::token::TokenKind;
use crate::syntax::{Diagnostic, Span, codes};

impl Parser<'_> {
    pub(super) fn number(&mut self) -> ExpressionKind {
        let text = self.current_text();
        if self.bump().kind == TokenKind::Double {
            return match text.replace('_', "").parse() {
                // The lexer has said that it is too large.
                Ok(value) if !f64::is_infinite(value) => ExpressionKind::Literal(Literal::Double(value)),
                _ => ExpressionKind::Error,
            };
        }
        let (radix, digits) = match text.get(..2) {
            Some("0x" | "0X") => (16, &text[2..]),
            Some("0o" | "0O") => (8, &text[2..]),
            Some("0b" | "0B") => (2, &text[2..]),
            _ => (10, text),
        };
        ExpressionKind::Literal(Literal::Integer(Integer { radix, digits: digits.replace('_', "").into() }))
    }

    /// What a string of any kind but an f-string says. The lexer has reported what is wrong with it.
    pub(super) fn string(&mut self) -> Box<str> {
        let text = self.current_text();
        let token = self.bump();
        match token.kind {
            TokenKind::RawString => {
                let body = text.strip_prefix('r').unwrap_or(text);
                let hashes = body.len() - body.trim_start_matches('#').len();
                let closing = format!("\"{}", &body[..hashes]);
                let body = body.get(hashes + 1..).unwrap_or_default();
                unescape_raw(body.strip_suffix(&closing).unwrap_or(body)).into()
            }
            _ => {
                let quote = if token.kind == TokenKind::SingleQuoted { '\'' } else { '"' };
                let body = text.strip_prefix(quote).unwrap_or(text);
                let body = body.strip_suffix(quote).unwrap_or(body);
                unescape(body, token.span.start + 1, false, &mut |_| {}).into()
            }
        }
    }

    /// `f"text {expression}"`
    pub(super) fn format_string(&mut self) -> ExpressionKind {
        self.bump();
        let mut parts = Vec::new();
        loop {
            let token = self.current();
            match token.kind {
                TokenKind::FormatText => {
                    let text = unescape(self.current_text(), token.span.start, true, &mut |_| {});
                    self.bump();
                    if !text.is_empty() {
                        parts.push(FormatPart::Text { span: token.span, text: text.into() });
                    }
                }
                TokenKind::InterpolationStart => {
                    self.bump();
                    parts.push(FormatPart::Value(self.interpolation(token.pair)));
                }
                TokenKind::FormatEnd => {
                    self.bump();
                    break;
                }
                // The end is always there, but for a text that has been given up.
                _ => break,
            }
        }
        ExpressionKind::FormatString(parts)
    }

    fn interpolation(&mut self, end: Option<u32>) -> crate::syntax::ast::Expression {
        let value = self.within(Context::BRACKETS, Self::expression);
        if !self.at(TokenKind::InterpolationEnd) && !self.abandoned {
            let message = format!("expected `}}`, found {}", self.found());
            self.report_found(
                Diagnostic::error(codes::EXPECTED_TOKEN, self.here(), message)
                    .hint("an interpolation holds one expression"),
            );
            self.skip_to(end);
        }
        self.eat(TokenKind::InterpolationEnd);
        value
    }

    /// `#{ … }#`, `#tag{ … }tag#`
    pub(super) fn code_chunk(&mut self) -> ExpressionKind {
        let text = self.current_text();
        let token = self.bump();
        let opening = text.find('{').map_or(text.len(), |at| at + 1);
        let tag = text.get(1..opening.saturating_sub(1)).unwrap_or_default();
        let body = &text[opening..];
        let body = body.strip_suffix(&format!("}}{tag}#")).unwrap_or(body);
        let base = token.span.start + offset(opening);
        ExpressionKind::CodeChunk(CodeChunk { tag: tag.into(), parts: chunk_parts(body, base) })
    }
}

fn chunk_parts(body: &str, base: u32) -> Vec<ChunkPart> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = body;
    while let Some(at) = rest.find('$') {
        text.push_str(&unescape_raw(&rest[..at]));
        let after = &rest[at + 1..];
        let length = if after.starts_with(is_xid_start) {
            after.find(|c| !is_xid_continue(c)).unwrap_or(after.len())
        } else {
            0
        };
        if length > 0 {
            if !text.is_empty() {
                parts.push(ChunkPart::Text(std::mem::take(&mut text).into()));
            }
            let start = base + offset(body.len() - rest.len() + at);
            let span = Span::new(start, start + 1 + offset(length));
            parts.push(ChunkPart::Variable { span, name: after[..length].into() });
            rest = &after[length..];
        } else if let Some(after) = after.strip_prefix('.') {
            rest = after;
        } else {
            // `$$`, or a dollar that means itself.
            text.push('$');
            rest = after.strip_prefix('$').unwrap_or(after);
        }
    }
    text.push_str(&unescape_raw(rest));
    if !text.is_empty() {
        parts.push(ChunkPart::Text(text.into()));
    }
    parts
}

fn offset(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
