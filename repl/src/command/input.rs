//! What stands behind a command, taken apart.
//!
//! Every part remembers where it stands in the line, so that an error points to it.

use std::borrow::Cow;

use rps_lang::EvalError;
use rps_lang::syntax::{Diagnostic, Span, TokenKind, lex};

use crate::failure::Failure;

/// A part of a line, without white space around it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input<'l> {
    source: &'l str,
    line: &'l str,
    start: usize,
    end: usize,
}

impl<'l> Input<'l> {
    /// Returns the part of a line from `start` on; `source` is what messages call the text.
    pub(crate) fn new(source: &'l str, line: &'l str, start: usize) -> Input<'l> {
        Input { source, line, start: 0, end: line.len() }.part(start, line.len())
    }

    /// Returns the text.
    pub(crate) fn text(self) -> &'l str {
        &self.line[self.start..self.end]
    }

    /// Returns whether there is nothing.
    pub(crate) fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Returns the place in the line.
    pub(crate) fn span(self) -> Span {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span::new(offset(self.start), offset(self.end))
    }

    /// Splits at the first token of a kind that is in no brackets; the token is in neither part.
    pub(crate) fn split(self, kind: TokenKind) -> Option<(Input<'l>, Input<'l>)> {
        let token = self.top_level().find(|(own, _)| *own == kind)?.1;
        Some((self.part(self.start, token.start), self.part(token.end, self.end)))
    }

    /// Splits at the first white space that is in no brackets; without one the second part is empty.
    pub(crate) fn first_word(self) -> (Input<'l>, Input<'l>) {
        let space = self.top_level().find(|(kind, _)| *kind == TokenKind::Whitespace);
        let end = space.map_or(self.end, |(_, range)| range.start);
        (self.part(self.start, end), self.part(end, self.end))
    }

    /// Takes a token off the front, if it is there.
    pub(crate) fn without_leading(self, kind: TokenKind) -> Input<'l> {
        match self.top_level().next() {
            Some((own, range)) if own == kind => self.part(range.end, self.end),
            _ => self,
        }
    }

    /// Returns the text with nothing but white space before it, so that every place in it is the same as in the line.
    pub(crate) fn in_place(self) -> Cow<'l, str> {
        if self.start == 0 {
            return Cow::Borrowed(&self.line[..self.end]);
        }
        let before = self.line[..self.start].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' });
        Cow::Owned(before.chain(self.text().chars()).collect())
    }

    /// Returns what messages call the text that this is a part of.
    pub(crate) fn source(self) -> &'l str {
        self.source
    }

    /// Returns the failure of what [`Input::in_place`] gives.
    pub(crate) fn failure(self, error: &EvalError) -> Failure {
        Failure::program(self.source, self.line, error)
    }

    /// Returns the failure that something is wrong with this part.
    pub(crate) fn wrong(
        self,
        code: &'static str,
        message: impl Into<String>,
        hint: Option<String>,
    ) -> Failure {
        let mut diagnostic = Diagnostic::error(code, self.span(), message);
        diagnostic.hint = hint;
        Failure::source(self.source, self.line, vec![diagnostic])
    }

    fn part(self, start: usize, end: usize) -> Input<'l> {
        let text = &self.line[start..end];
        let start = start + (text.len() - text.trim_start().len());
        Input { start: start.min(end), end: start.min(end) + text.trim().len(), ..self }
    }

    /// The tokens that are in no brackets, with their ranges in the line.
    fn top_level(self) -> impl Iterator<Item = (TokenKind, std::ops::Range<usize>)> {
        let mut depth = 0usize;
        lex(self.text()).tokens.into_iter().filter_map(move |token| {
            use TokenKind::{
                FormatEnd, FormatStart, LeftBrace, LeftBracket, LeftParen, RightBrace, RightBracket,
                RightParen,
            };
            let outside = depth == 0;
            match token.kind {
                LeftParen | LeftBracket | LeftBrace | FormatStart => depth += 1,
                RightParen | RightBracket | RightBrace | FormatEnd => depth = depth.saturating_sub(1),
                _ => {}
            }
            let range = self.start + token.span.start as usize..self.start + token.span.end as usize;
            outside.then_some((token.kind, range))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_know_their_place() {
        let line = ":put  new p { x: 1 } : y  = [1 = 2]  ";
        let whole = Input::new("-e", line, 4);
        let (object, rest) = whole.split(TokenKind::Colon).unwrap();
        let (attribute, value) = rest.split(TokenKind::Assign).unwrap();
        assert_eq!([object.text(), attribute.text(), value.text()], ["new p { x: 1 }", "y", "[1 = 2]"]);
        assert_eq!(value.span(), Span::new(28, 35));
        assert_eq!(value.in_place(), format!("{:28}[1 = 2]", ""));
        let (word, rest) = value.first_word();
        assert_eq!((word.text(), rest.is_empty()), ("[1 = 2]", true));
    }

    #[test]
    fn an_empty_part_is_no_panic() {
        let whole = Input::new("-e", ":put", 4);
        assert!(whole.is_empty() && whole.split(TokenKind::Colon).is_none());
        assert!(whole.first_word().0.is_empty());
        let (left, right) = Input::new("-e", ": :", 1).split(TokenKind::Colon).unwrap();
        assert!(left.is_empty() && right.is_empty());
    }
}
