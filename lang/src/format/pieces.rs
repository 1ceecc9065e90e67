//! The tokens of a program that its layout is made of, and what stands before each: comments and line endings.

use std::borrow::Cow;

use crate::syntax::{Span, Token, TokenKind};

/// A token, or an f-string as a whole. Commas and semicolons are none: the layout sets them anew.
pub(super) struct Piece<'text> {
    pub(super) kind: TokenKind,
    pub(super) text: Cow<'text, str>,
    pub(super) gap: Gap<'text>,
}

/// What stands between a piece and the one before it.
#[derive(Default)]
pub(super) struct Gap<'text> {
    /// The comment behind the piece before, on its line.
    pub(super) trailing: Option<&'text str>,
    /// The comments that have lines of their own.
    pub(super) own: Vec<Comment<'text>>,
    /// Whether a line ends somewhere in it.
    pub(super) line_ends: bool,
    /// Whether an empty line stands before the piece, after the last comment.
    pub(super) blank: bool,
}

/// A comment that has a line of its own.
#[derive(Clone, Copy)]
pub(super) struct Comment<'text> {
    pub(super) text: &'text str,
    /// Whether an empty line stands before it.
    pub(super) blank: bool,
}

impl Gap<'_> {
    /// Returns whether an empty line stands at its beginning, be it before a comment or before the piece.
    pub(super) fn begins_blank(&self) -> bool {
        self.own.first().map_or(self.blank, |comment| comment.blank)
    }

    pub(super) fn has_comments(&self) -> bool {
        self.trailing.is_some() || !self.own.is_empty()
    }
}

/// Returns the pieces of `text`, which has these tokens and no errors; the last one is an end without text.
pub(super) fn pieces<'text>(text: &'text str, tokens: &[Token]) -> Vec<Piece<'text>> {
    let mut collector = Collector { text, pieces: Vec::new(), gap: Gap::default(), line_endings: 2 };
    // How many f-strings are open, and where the outermost one begins.
    let (mut open, mut start) = (0_u32, 0);
    for token in tokens {
        match token.kind {
            TokenKind::FormatStart => {
                if open == 0 {
                    start = token.span.start;
                }
                open += 1;
            }
            TokenKind::FormatEnd => {
                open = open.saturating_sub(1);
                if open == 0 {
                    collector.push(TokenKind::FormatStart, Span::new(start, token.span.end));
                }
            }
            _ if open == 0 => collector.token(*token),
            _ => {}
        }
    }
    collector.push(TokenKind::End, Span::at(0));
    collector.pieces
}

struct Collector<'text> {
    text: &'text str,
    pieces: Vec<Piece<'text>>,
    gap: Gap<'text>,
    /// How many line endings stand before this place.
    line_endings: u32,
}

impl Collector<'_> {
    fn token(&mut self, token: Token) {
        match token.kind {
            TokenKind::Whitespace | TokenKind::ByteOrderMark => {}
            TokenKind::Newline => {
                self.line_endings += 1;
                self.gap.line_ends = true;
            }
            TokenKind::Comma | TokenKind::Semicolon => self.line_endings = 0,
            TokenKind::Comment => self.comment(token.span),
            kind => self.push(kind, token.span),
        }
    }

    fn comment(&mut self, span: Span) {
        let text = span.text(self.text).trim_end();
        let line_endings = std::mem::take(&mut self.line_endings);
        if line_endings == 0 && !self.pieces.is_empty() && !self.gap.has_comments() {
            self.gap.trailing = Some(text);
        } else {
            self.gap.own.push(Comment { text, blank: line_endings > 1 });
        }
    }

    fn push(&mut self, kind: TokenKind, span: Span) {
        let blank = std::mem::take(&mut self.line_endings) > 1;
        let gap = Gap { blank, ..std::mem::take(&mut self.gap) };
        self.pieces.push(Piece { kind, text: unix(span.text(self.text)), gap });
    }
}

/// With LF for line endings, where that does not change what the text says.
fn unix(text: &str) -> Cow<'_, str> {
    if !text.contains('\r') {
        return Cow::Borrowed(text);
    }
    let unix = text.replace("\r\n", "\n");
    if unix.contains('\r') { Cow::Borrowed(text) } else { Cow::Owned(unix) }
}
