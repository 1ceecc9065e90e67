//! `if`, `while`, `for`, `match`, `try`: the blocks of one of them are broken together.

use super::document::{Document, group, line, sequence};
use super::layout::Formatter;
use crate::syntax::ast::{Block, Catch, Expression, ExpressionKind, MatchArm, Pattern};
use crate::syntax::token::{Keyword, TokenKind};

impl<'text> Formatter<'text> {
    /// `if a { … } else if b { … } else { … }`
    pub(super) fn if_else(&mut self, expression: &Expression) -> Document<'text> {
        let mut parts = Vec::new();
        let mut next = Some(expression);
        while let Some(expression) = next.take() {
            match &expression.kind {
                ExpressionKind::If { condition, consequence, alternative } => {
                    parts.push(self.headed(Keyword::If, condition, consequence));
                    if let Some(alternative) = alternative {
                        parts.extend([self.space_or_line(), self.keyword(Keyword::Else), Document::Space]);
                        next = Some(alternative);
                    }
                }
                ExpressionKind::Block(block) => parts.push(self.block(block)),
                _ => parts.push(self.expression(expression)),
            }
        }
        group(Document::Sequence(parts))
    }

    pub(super) fn while_loop(&mut self, condition: &Expression, body: &Block) -> Document<'text> {
        group(self.headed(Keyword::While, condition, body))
    }

    pub(super) fn for_loop(
        &mut self,
        pattern: &Pattern,
        elements: &Expression,
        body: &Block,
    ) -> Document<'text> {
        let pattern =
            sequence([self.keyword(Keyword::For), Document::Space, self.pattern(pattern), Document::Space]);
        group(sequence([pattern, self.headed(Keyword::In, elements, body)]))
    }

    /// A word, an expression and a block.
    fn headed(&mut self, keyword: Keyword, expression: &Expression, body: &Block) -> Document<'text> {
        sequence([
            self.keyword(keyword),
            Document::Space,
            self.expression(expression),
            Document::Space,
            self.block(body),
        ])
    }

    pub(super) fn try_catch(&mut self, body: &Block, catch: Option<&Catch>) -> Document<'text> {
        let mut parts = vec![self.keyword(Keyword::Try), Document::Space, self.block(body)];
        if let Some(catch) = catch {
            parts.extend([self.space_or_line(), self.keyword(Keyword::Catch), Document::Space]);
            if catch.name.is_some() {
                parts.extend([self.token(), Document::Space]);
            }
            parts.push(self.block(&catch.body));
        }
        group(Document::Sequence(parts))
    }

    /// `match subject { … }`: with commas on one line, without on several.
    pub(super) fn match_arms(&mut self, subject: &Expression, arms: &[MatchArm]) -> Document<'text> {
        let head = sequence([
            self.keyword(Keyword::Match),
            Document::Space,
            self.expression(subject),
            Document::Space,
        ]);
        let opening = sequence([head, self.sign(TokenKind::LeftBrace)]);
        if arms.is_empty() {
            return group(self.empty_brackets(opening));
        }
        let mut inside = Vec::with_capacity(2 * arms.len());
        for (index, arm) in arms.iter().enumerate() {
            inside.extend(self.break_where_written());
            inside.push(if index == 0 { line(" ") } else { self.line(", ") });
            inside.push(self.arm(arm));
        }
        group(self.closed(opening, inside, " "))
    }

    /// `pattern if guard => body`
    fn arm(&mut self, arm: &MatchArm) -> Document<'text> {
        let mut parts = vec![self.pattern(&arm.pattern)];
        if let Some(guard) = &arm.guard {
            parts.extend([Document::Space, self.keyword(Keyword::If), Document::Space]);
            parts.push(self.expression(guard));
        }
        parts.extend([Document::Space, self.sign(TokenKind::Arrow), Document::Space]);
        parts.push(self.expression(&arm.body));
        Document::Sequence(parts)
    }

    /// `do { … }`, or the braces alone of a closure or an arm.
    pub(super) fn bare_or_do_block(&mut self, block: &Block) -> Document<'text> {
        if self.at_keyword(Keyword::Do) {
            sequence([self.token(), Document::Space, self.block_group(block)])
        } else {
            self.block_group(block)
        }
    }
}
