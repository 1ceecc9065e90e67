//! What follows a value: attributes, components, sends and calls, in a row.

use super::document::{Document, group, hugging_group, indent, last, line, sequence};
use super::layout::Formatter;
use crate::syntax::ast::{Elements, Expression, ExpressionKind};
use crate::syntax::token::TokenKind;

/// How many sends make a row that may go over several lines.
const LONG_CHAIN: usize = 2;

impl<'text> Formatter<'text> {
    /// `e.a.b(c).d[e](f)`; where it is broken, each send but what comes before the first one has its own line.
    pub(super) fn chain(&mut self, expression: &Expression) -> Document<'text> {
        let mut links = vec![expression];
        while let Some(receiver) = links.last().and_then(|link| receiver_of(link)) {
            links.push(receiver);
        }
        let breaks = links.iter().filter(|link| is_send(link)).count() >= LONG_CHAIN;
        let hugged =
            breaks && arguments_of(expression).and_then(<[_]>::last).is_some_and(|end| hugs(end, false));

        let mut head = Vec::new();
        if let Some(value) = links.pop() {
            head.push(self.expression(value));
        }
        while let Some(link) = links.pop_if(|link| !breaks || !is_send(link)) {
            if self.at(TokenKind::Arrow) {
                head.push(Document::Space);
            }
            head.push(self.link(link, false));
        }
        if links.is_empty() {
            return Document::Sequence(head);
        }
        let mut rest = Vec::with_capacity(3 * links.len());
        while let Some(link) = links.pop() {
            if is_send(link) {
                rest.extend(self.break_where_written());
                rest.push(line(if self.at(TokenKind::Arrow) { " " } else { "" }));
            }
            rest.push(self.link(link, hugged && links.is_empty()));
        }
        let whole = sequence([Document::Sequence(head), indent(rest)]);
        if hugged { hugging_group(whole) } else { group(whole) }
    }

    /// What a link adds to its receiver; `hugged` if its arguments may be broken alone.
    fn link(&mut self, link: &Expression, hugged: bool) -> Document<'text> {
        match &link.kind {
            ExpressionKind::Attribute { .. } => sequence([self.sign(TokenKind::Dot), self.token()]),
            ExpressionKind::ComputedAttribute { attribute, .. } => {
                sequence([self.sign(TokenKind::Dot), self.parenthesized(attribute)])
            }
            ExpressionKind::Component { index, .. } => self.index(index),
            ExpressionKind::Send { arguments, arrow, .. } => {
                let sign = self.token();
                let space = if *arrow { Document::Space } else { Document::Sequence(Vec::new()) };
                sequence([sign, space, self.token(), self.arguments(arguments, hugged)])
            }
            ExpressionKind::Call { arguments, .. } => self.arguments(arguments, hugged),
            _ => self.expression(link),
        }
    }

    fn arguments(&mut self, arguments: &[Expression], hugged: bool) -> Document<'text> {
        let hugs = arguments.last().is_some_and(|last| hugs(last, arguments.len() == 1));
        let arguments = self.expressions(arguments, hugs);
        if hugged { last(arguments) } else { arguments }
    }

    /// `[e]`
    pub(super) fn index(&mut self, index: &Expression) -> Document<'text> {
        sequence([
            self.sign(TokenKind::LeftBracket),
            self.expression(index),
            self.sign(TokenKind::RightBracket),
        ])
    }
}

/// Whether an expression that goes over several lines looks well behind what stands before it on its first one; `alone`
/// if nothing stands beside it in its brackets.
pub(super) fn hugs(expression: &Expression, alone: bool) -> bool {
    use ExpressionKind as Kind;
    match &expression.kind {
        Kind::Set(elements) | Kind::Tuple(elements) => !elements.is_empty(),
        Kind::Closure(closure) => hugs(&closure.body, true),
        Kind::Block(_)
        | Kind::Function(_)
        | Kind::Class(_)
        | Kind::If { .. }
        | Kind::While { .. }
        | Kind::For { .. }
        | Kind::Match { .. }
        | Kind::Try { .. } => true,
        Kind::New(new) => !matches!(new.elements, Elements::None),
        Kind::Send { .. } | Kind::Call { .. } => alone,
        _ => false,
    }
}

fn receiver_of(link: &Expression) -> Option<&Expression> {
    match &link.kind {
        ExpressionKind::Attribute { receiver, .. }
        | ExpressionKind::ComputedAttribute { receiver, .. }
        | ExpressionKind::Component { receiver, .. }
        | ExpressionKind::Send { receiver, .. } => Some(receiver),
        ExpressionKind::Call { callee, .. } => Some(callee),
        _ => None,
    }
}

fn is_send(link: &Expression) -> bool {
    matches!(link.kind, ExpressionKind::Send { .. })
}

fn arguments_of(link: &Expression) -> Option<&[Expression]> {
    match &link.kind {
        ExpressionKind::Send { arguments, .. } | ExpressionKind::Call { arguments, .. } => Some(arguments),
        _ => None,
    }
}
