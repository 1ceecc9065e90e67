//! The types of expressions, before anything is made of them: numbers that are written out take the type of what they meet.

use super::expression::unparenthesized;
use super::{Lowering, Named, Place};
use crate::native::types::{I64, Single};
use crate::syntax::ast::{Expression, ExpressionKind as E, Literal, MemberKind, UnaryOperator};

impl Lowering<'_> {
    /// Returns the type of an expression; `None` of one that takes any, such as `1`, or that something is wrong with.
    pub(super) fn type_of(&mut self, expression: &Expression) -> Option<Single> {
        match &unparenthesized(expression).kind {
            E::Literal(Literal::Boolean(_)) | E::Logical { .. } => Some(Single::Bool),
            E::Name(name) => match self.find(name)? {
                Place::Local(_, ty) => Some(ty),
                Place::Vector(..) | Place::Wrong => None,
            },
            E::Component { receiver, .. } => match &unparenthesized(receiver).kind {
                E::Name(name) => match self.find(name)? {
                    Place::Vector(_, ty, _) => Some(ty),
                    Place::Local(..) | Place::Wrong => None,
                },
                _ => None,
            },
            E::Unary { operator: UnaryOperator::Negate, operand } => self.type_of(operand),
            E::Unary { operator: UnaryOperator::Not, .. } => Some(Single::Bool),
            E::Binary { operator, left, right, .. } => {
                if operator.is_comparison() {
                    Some(Single::Bool)
                } else {
                    self.type_of_either(left, right)
                }
            }
            E::Call { callee, .. } => match &callee.kind {
                E::Name(name) => match Single::from_name(name) {
                    Some(ty) => Some(ty),
                    None => match self.environment.find(name) {
                        Named::Native(callee) => callee.signature.result,
                        _ => None,
                    },
                },
                _ => None,
            },
            E::Send { receiver, selector, arguments, .. } => {
                if let E::Name(name) = &receiver.kind
                    && let Some(ty) = Single::from_name(name)
                {
                    return Some(ty);
                }
                match &selector.kind {
                    MemberKind::Name(name) => match &**name {
                        "len" => Some(I64),
                        "is_nan" | "is_finite" => Some(Single::Bool),
                        "shift_left" | "shift_right" | "rotate_left" => self.type_of(receiver),
                        _ => match arguments.first() {
                            Some(other) => self.type_of_either(receiver, other),
                            None => self.type_of(receiver),
                        },
                    },
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Returns the one type of two expressions, as far as one of them has one.
    pub(super) fn type_of_either(&mut self, left: &Expression, right: &Expression) -> Option<Single> {
        self.type_of(left).or_else(|| self.type_of(right))
    }

    /// Returns the type that two operands have: their own, else the one that is wanted, else that of written numbers.
    pub(super) fn operand_type(
        &mut self,
        left: &Expression,
        right: Option<&Expression>,
        wanted: Option<Single>,
    ) -> Single {
        let own = self.type_of(left).or_else(|| self.type_of(right?));
        let has_point = || has_point(left) || right.is_some_and(has_point);
        own.or(wanted.filter(|ty| *ty != Single::Bool))
            .unwrap_or_else(|| if has_point() { Single::F64 } else { I64 })
    }
}

/// Returns whether a number with a point is written in an expression.
fn has_point(expression: &Expression) -> bool {
    match &unparenthesized(expression).kind {
        E::Literal(Literal::Double(_)) => true,
        E::Unary { operand, .. } => has_point(operand),
        E::Binary { left, right, .. } => has_point(left) || has_point(right),
        _ => false,
    }
}
