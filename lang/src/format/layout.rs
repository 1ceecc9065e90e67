//! What the layouts of all nodes are made with: the next token, and what stands before it.

use super::document::{Document, indent, sequence};
use super::pieces::{Gap, Piece};
use crate::syntax::token::{Keyword, TokenKind};

/// Walks over the tree, and over the pieces of the text along with it.
pub(super) struct Formatter<'text> {
    pieces: Vec<Piece<'text>>,
    position: usize,
}

impl<'text> Formatter<'text> {
    /// Makes a formatter of pieces, of which the last one is the end.
    pub(super) fn new(pieces: Vec<Piece<'text>>) -> Self {
        Self { pieces, position: 0 }
    }

    pub(super) fn at(&self, kind: TokenKind) -> bool {
        self.pieces[self.position].kind == kind
    }

    pub(super) fn at_keyword(&self, keyword: Keyword) -> bool {
        self.at(TokenKind::Keyword(keyword))
    }

    /// What stands before the next piece.
    pub(super) fn gap(&self) -> &Gap<'text> {
        &self.pieces[self.position].gap
    }

    /// The next piece, with its comments before it, and the one behind it.
    pub(super) fn token(&mut self) -> Document<'text> {
        let last = self.pieces.len() - 1;
        let piece = &mut self.pieces[self.position];
        debug_assert_ne!(piece.kind, TokenKind::End, "the tree has more tokens than the text");
        let text = Document::Text(std::mem::take(&mut piece.text));
        let own = std::mem::take(&mut piece.gap.own);
        let blank = piece.gap.blank;
        self.position = (self.position + 1).min(last);
        let trailing = self.gap().trailing;
        match (own.is_empty(), trailing) {
            (true, None) => text,
            (true, Some(comment)) => sequence([text, Document::Trailing(comment)]),
            (false, None) => sequence([Document::OwnLines(own, blank), text]),
            (false, Some(comment)) => {
                sequence([Document::OwnLines(own, blank), text, Document::Trailing(comment)])
            }
        }
    }

    /// The next piece, which is of this kind.
    pub(super) fn sign(&mut self, kind: TokenKind) -> Document<'text> {
        debug_assert!(self.at(kind), "{kind:?} is not {:?}", self.pieces[self.position].kind);
        self.token()
    }

    /// The next piece, which is this keyword.
    pub(super) fn keyword(&mut self, keyword: Keyword) -> Document<'text> {
        self.sign(TokenKind::Keyword(keyword))
    }

    /// The comments before the bracket that closes what they stand in, on lines of their own.
    pub(super) fn comments_before_closing(&mut self) -> Option<Document<'text>> {
        let blank = self.gap().begins_blank();
        let own = std::mem::take(&mut self.pieces[self.position].gap.own);
        (!own.is_empty()).then(|| sequence([Document::Hard { blank }, Document::OwnLines(own, false)]))
    }

    /// A line ending or `flat` before the next piece; an empty line is kept.
    pub(super) fn line(&self, flat: &'static str) -> Document<'text> {
        Document::Line { flat, blank: self.gap().begins_blank() }
    }

    /// A space before a word that goes on with what stands before it: on a new line if a comment stands between.
    pub(super) fn space_or_line(&self) -> Document<'text> {
        if self.gap().has_comments() { Document::Hard { blank: false } } else { Document::Space }
    }

    /// Both brackets of what has nothing between them but comments.
    pub(super) fn empty_brackets(&mut self, opening: Document<'text>) -> Document<'text> {
        if !self.gap().has_comments() {
            return sequence([opening, self.token()]);
        }
        let comments = indent(self.comments_before_closing().into_iter().collect());
        let ends = Document::Hard { blank: false };
        sequence([opening, comments, ends, self.token()])
    }
}
