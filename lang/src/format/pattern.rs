//! Patterns.

use super::document::{Document, group, indent, line, sequence};
use super::layout::Formatter;
use super::sequence::ListStyle;
use crate::syntax::ast::{Pattern, PatternKind};
use crate::syntax::token::TokenKind;

impl<'text> Formatter<'text> {
    pub(super) fn pattern(&mut self, pattern: &Pattern) -> Document<'text> {
        match &pattern.kind {
            PatternKind::Literal { negative: true, .. } => {
                sequence([self.sign(TokenKind::Minus), self.token()])
            }
            PatternKind::Wildcard
            | PatternKind::Bind(_)
            | PatternKind::Literal { .. }
            | PatternKind::Oid(_)
            | PatternKind::Error => self.token(),
            PatternKind::Instance { pattern, .. } => {
                sequence([self.pattern(pattern), self.sign(TokenKind::Colon), Document::Space, self.token()])
            }
            PatternKind::Tuple(patterns) => self.list(patterns, ListStyle::default(), Self::pattern),
            PatternKind::Rest(name) => {
                let dots = self.sign(TokenKind::DotDot);
                if name.is_some() { sequence([dots, self.token()]) } else { dots }
            }
            PatternKind::Alternatives(patterns) => self.alternatives(patterns),
        }
    }

    /// `a | b | c`
    fn alternatives(&mut self, patterns: &[Pattern]) -> Document<'text> {
        let mut rest = Vec::with_capacity(4 * patterns.len());
        let mut patterns = patterns.iter();
        let first = patterns.next().map(|first| self.pattern(first));
        for pattern in patterns {
            rest.extend([Document::Space, self.sign(TokenKind::Or), line(" "), self.pattern(pattern)]);
        }
        group(sequence([Document::Sequence(first.into_iter().collect()), indent(rest)]))
    }
}
