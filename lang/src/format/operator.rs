//! Operators: a row of the same level stands on one line, or each operand on its own.

use super::chain::hugs;
use super::document::{Document, group, hugging_group, indent, last, line, sequence};
use super::layout::Formatter;
use crate::syntax::ast::{BinaryOperator, Expression, ExpressionKind, LogicalOperator};
use crate::syntax::token::TokenKind;

impl<'text> Formatter<'text> {
    /// `a + b - c`: the operator stays behind, for a line that begins with one would be another statement.
    pub(super) fn operators(&mut self, expression: &Expression) -> Document<'text> {
        let mut operands = Vec::new();
        let mut first = expression;
        while let Some((left, right)) = operands_of(first).filter(|_| level(first) == level(expression)) {
            operands.push(right);
            first = left;
        }
        let hugged = operands.first().is_some_and(|operand| hugs(operand, false));
        let first = self.expression(first);
        let mut rest = Vec::with_capacity(4 * operands.len());
        while let Some(operand) = operands.pop() {
            rest.extend([Document::Space, self.token(), line(" ")]);
            let document = self.expression(operand);
            rest.push(if hugged && operands.is_empty() { last(document) } else { document });
        }
        let whole = sequence([first, indent(rest)]);
        if hugged { hugging_group(whole) } else { group(whole) }
    }

    /// `-e`, `!e`, `not e`
    pub(super) fn unary(&mut self, operand: &Expression) -> Document<'text> {
        let sign = self.at(TokenKind::Minus) || self.at(TokenKind::Not);
        let operator = self.token();
        if sign {
            sequence([operator, self.expression(operand)])
        } else {
            sequence([operator, Document::Space, self.expression(operand)])
        }
    }
}

fn operands_of(expression: &Expression) -> Option<(&Expression, &Expression)> {
    match &expression.kind {
        ExpressionKind::Binary { left, right, .. } | ExpressionKind::Logical { left, right, .. } => {
            Some((left, right))
        }
        _ => None,
    }
}

/// Which operators make a row with each other.
fn level(expression: &Expression) -> Option<u32> {
    use BinaryOperator as Operator;
    Some(match &expression.kind {
        ExpressionKind::Logical { operator: LogicalOperator::Or, .. } => 0,
        ExpressionKind::Logical { operator: LogicalOperator::And, .. } => 1,
        ExpressionKind::Binary { operator, .. } => match operator {
            Operator::Union => 3,
            Operator::Intersection => 4,
            Operator::Add | Operator::Subtract => 5,
            Operator::Multiply | Operator::Divide | Operator::Remainder => 6,
            _ => 2,
        },
        _ => return None,
    })
}
