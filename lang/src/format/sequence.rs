//! What stands in a row: the statements of a program or block, the elements between brackets.

use super::document::{Document, group, hugging_group, indent, last, line, sequence};
use super::layout::Formatter;
use crate::syntax::ast::{Block, Expression, Program};
use crate::syntax::token::TokenKind;

/// How a list between brackets is laid out.
#[derive(Clone, Copy, Default)]
pub(super) struct ListStyle {
    /// Whether spaces stand within the brackets.
    pub(super) padded: bool,
    /// Whether the last element may go over several lines without the others: `f(a, |x| {`.
    pub(super) hugs: bool,
}

impl<'text> Formatter<'text> {
    pub(super) fn program(&mut self, program: &Program) -> Document<'text> {
        let mut parts = Vec::with_capacity(2 * program.statements.len() + 1);
        for statement in &program.statements {
            parts.push(Document::Hard { blank: self.gap().begins_blank() });
            parts.push(self.expression(statement));
        }
        parts.extend(self.comments_before_closing());
        debug_assert!(self.at(TokenKind::End), "the text has more tokens than the tree");
        Document::Sequence(parts)
    }

    /// `{ … }` on one line if it is written so and fits; belongs to a group.
    pub(super) fn block(&mut self, block: &Block) -> Document<'text> {
        let opening = self.sign(TokenKind::LeftBrace);
        if block.statements.is_empty() {
            return self.empty_brackets(opening);
        }
        let mut inside = Vec::with_capacity(2 * block.statements.len());
        for (index, statement) in block.statements.iter().enumerate() {
            inside.extend(self.break_where_written());
            inside.push(if index == 0 { line(" ") } else { self.line("; ") });
            inside.push(self.expression(statement));
        }
        self.closed(opening, inside, " ")
    }

    /// A block that stands for itself.
    pub(super) fn block_group(&mut self, block: &Block) -> Document<'text> {
        group(self.block(block))
    }

    /// Breaks the group if the author has ended the line before the next piece.
    pub(super) fn break_where_written(&self) -> Option<Document<'text>> {
        self.gap().line_ends.then_some(Document::Break)
    }

    /// What is inside, and the bracket that closes it; on a line of its own if the author has put it on one.
    pub(super) fn closed(
        &mut self,
        opening: Document<'text>,
        mut inside: Vec<Document<'text>>,
        flat: &'static str,
    ) -> Document<'text> {
        inside.extend(self.break_where_written());
        inside.extend(self.comments_before_closing());
        sequence([opening, indent(inside), line(flat), self.token()])
    }

    /// Elements between brackets: on one line, or each on its own if the first one is written on its own or they do
    /// not fit.
    pub(super) fn list<T>(
        &mut self,
        elements: &[T],
        style: ListStyle,
        mut element: impl FnMut(&mut Self, &T) -> Document<'text>,
    ) -> Document<'text> {
        let opening = self.token();
        if elements.is_empty() {
            return self.empty_brackets(opening);
        }
        let edge = if style.padded { " " } else { "" };
        let mut inside = Vec::with_capacity(3 * elements.len() + 3);
        inside.extend(self.break_where_written());
        inside.push(line(edge));
        for (index, one) in elements.iter().enumerate() {
            if index > 0 {
                inside.extend([Document::Comma, self.line(" ")]);
            }
            let document = element(self, one);
            let hugged = style.hugs && index + 1 == elements.len();
            inside.push(if hugged { last(document) } else { document });
        }
        inside.push(Document::CommaIfBroken);
        inside.extend(self.comments_before_closing());
        let list = sequence([opening, indent(inside), line(edge), self.token()]);
        if style.hugs { hugging_group(list) } else { group(list) }
    }

    /// The elements of a tuple, set or call; `hugs` as in [`ListStyle`].
    pub(super) fn expressions(&mut self, elements: &[Expression], hugs: bool) -> Document<'text> {
        let style = ListStyle { hugs, ..ListStyle::default() };
        self.list(elements, style, |formatter, element| formatter.expression(element))
    }
}
