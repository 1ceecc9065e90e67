//! How tight the kinds of expressions bind.

use crate::syntax::ast::{BinaryOperator, Expression, ExpressionKind as E, LogicalOperator, UnaryOperator};

/// How tight an expression binds, loosest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// What takes all that follows: an assignment, a closure, `raise`.
    Loosest,
    Or,
    And,
    Not,
    Comparison,
    Range,
    Union,
    Intersection,
    Sum,
    Product,
    Unary,
    Postfix,
}

impl Level {
    /// Returns the next tighter level.
    pub(super) fn tighter(self) -> Level {
        match self {
            Level::Loosest => Level::Or,
            Level::Or => Level::And,
            Level::And => Level::Not,
            Level::Not => Level::Comparison,
            Level::Comparison => Level::Range,
            Level::Range => Level::Union,
            Level::Union => Level::Intersection,
            Level::Intersection => Level::Sum,
            Level::Sum => Level::Product,
            Level::Product => Level::Unary,
            Level::Unary | Level::Postfix => Level::Postfix,
        }
    }
}

/// Returns how tight an expression binds.
pub(super) fn level(expression: &Expression) -> Level {
    level_of(&expression.kind)
}

/// Returns how tight a kind of expression binds.
pub(super) fn level_of(kind: &E) -> Level {
    match kind {
        E::Assign { .. }
        | E::Let { .. }
        | E::InSpace(_)
        | E::Closure(_)
        | E::Raise(_)
        | E::Return(_)
        | E::Break(_)
        | E::Keep { .. }
        | E::Root(_) => Level::Loosest,
        E::Logical { operator: LogicalOperator::Or, .. } => Level::Or,
        E::Logical { operator: LogicalOperator::And, .. } => Level::And,
        E::Unary { operator: UnaryOperator::Not, .. } => Level::Not,
        E::Unary { operator: UnaryOperator::Negate, .. } => Level::Unary,
        E::Range { .. } => Level::Range,
        E::Binary { operator, .. } => match operator {
            BinaryOperator::Union => Level::Union,
            BinaryOperator::Intersection => Level::Intersection,
            BinaryOperator::Add | BinaryOperator::Subtract => Level::Sum,
            BinaryOperator::Multiply | BinaryOperator::Divide | BinaryOperator::Remainder => Level::Product,
            _ => Level::Comparison,
        },
        E::Parenthesized(inner) => level(inner),
        _ => Level::Postfix,
    }
}

/// Returns whether an expression, outside of brackets, holds what means something else before a block: `new c` would take the
/// block, `return` too, and `=` does not stand in a condition.
pub(super) fn is_open(expression: &Expression) -> bool {
    match &expression.kind {
        E::New(_) | E::Assign { .. } | E::Return(None) | E::Break(None) => true,
        E::Attribute { receiver, .. }
        | E::Send { receiver, .. }
        | E::ComputedAttribute { receiver, .. }
        | E::Component { receiver, .. } => is_open(receiver),
        E::Call { callee, .. } => is_open(callee),
        E::Unary { operand, .. } => is_open(operand),
        E::Binary { left, right, .. } | E::Logical { left, right, .. } => is_open(left) || is_open(right),
        E::Range { start, end } => is_open(start) || is_open(end),
        E::Return(Some(value))
        | E::Break(Some(value))
        | E::Raise(value)
        | E::Root(value)
        | E::Keep { value, .. } => is_open(value),
        E::Closure(closure) => is_open(&closure.body),
        E::Parenthesized(inner) => is_open(inner),
        _ => false,
    }
}
