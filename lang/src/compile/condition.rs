//! Conditions: jumps that depend on a value, without the value where only its truth is wanted.

use rps_runtime::code::Instruction as I;

use super::compiler::Compiler;
use super::emit::Patch;
use super::expression::{small_literal, unparenthesized};
use crate::syntax::Span;
use crate::syntax::ast::{
    BinaryOperator, Expression, ExpressionKind as E, Literal, LogicalOperator, UnaryOperator,
};

impl Compiler<'_, '_> {
    /// Compiles a condition, and returns the jumps that are taken unless it holds.
    pub(super) fn jump_unless(&mut self, condition: &Expression) -> Vec<Patch> {
        self.jump_when(condition, false)
    }

    /// Compiles a condition, and returns the jumps that are taken when its truth is `sense`.
    fn jump_when(&mut self, condition: &Expression, sense: bool) -> Vec<Patch> {
        let mark = self.current.emitter.mark();
        let condition = unparenthesized(condition);
        let span = condition.span;
        let patches = match &condition.kind {
            E::Unary { operator: UnaryOperator::Not, operand } => self.jump_when(operand, !sense),
            E::Logical { operator, left, right } => {
                // `and` is false when one is, `or` is true when one is: then both jump alike.
                let decides = *operator == LogicalOperator::Or;
                if decides == sense {
                    let mut patches = self.jump_when(left, sense);
                    patches.extend(self.jump_when(right, sense));
                    patches
                } else {
                    let decided = self.jump_when(left, !sense);
                    let patches = self.jump_when(right, sense);
                    self.current.emitter.land(decided);
                    patches
                }
            }
            E::Binary { operator, left, right, .. } if operator.is_comparison() => {
                self.jump_compare(span, *operator, left, right, sense)
            }
            _ => {
                let condition = self.operand(condition, &[]);
                let jump = if sense {
                    I::JumpIfTrue { condition, target: 0 }
                } else {
                    I::JumpIfFalse { condition, target: 0 }
                };
                vec![self.current.emitter.jump(span, jump)]
            }
        };
        self.current.emitter.release_to(mark);
        patches
    }

    fn jump_compare(
        &mut self,
        span: Span,
        operator: BinaryOperator,
        left: &Expression,
        right: &Expression,
        sense: bool,
    ) -> Vec<Patch> {
        use BinaryOperator as O;
        let l = self.operand(left, &[right]);
        let target = 0;
        let (left, small) = (l, small_literal(right));
        // There are jumps for equality in both senses, and for order when it does not hold: with NaN no order holds.
        let equal = matches!((operator, sense), (O::Equal, true) | (O::NotEqual, false));
        if is_nil(right) && matches!(operator, O::Equal | O::NotEqual) {
            let jump = if equal {
                I::JumpIfNil { condition: left, target }
            } else {
                I::JumpUnlessNil { condition: left, target }
            };
            return vec![self.current.emitter.jump(span, jump)];
        }
        let instruction = match (operator, small) {
            (O::Equal | O::NotEqual, Some(small)) if equal => I::JumpIfEqualSmall { left, small, target },
            (O::Equal | O::NotEqual, Some(small)) => I::JumpUnlessEqualSmall { left, small, target },
            (O::Less, Some(small)) => I::JumpUnlessLessSmall { left, small, target },
            (O::LessEqual, Some(small)) => I::JumpUnlessLessEqualSmall { left, small, target },
            (O::Greater, Some(small)) => I::JumpUnlessGreaterSmall { left, small, target },
            (_, Some(small)) => I::JumpUnlessGreaterEqualSmall { left, small, target },
            (_, None) => {
                let right = self.operand(right, &[]);
                match operator {
                    O::Equal | O::NotEqual if equal => I::JumpIfEqual { left, right, target },
                    O::Equal | O::NotEqual => I::JumpUnlessEqual { left, right, target },
                    O::Less => I::JumpUnlessLess { left, right, target },
                    O::LessEqual => I::JumpUnlessLessEqual { left, right, target },
                    O::Greater => I::JumpUnlessGreater { left, right, target },
                    _ => I::JumpUnlessGreaterEqual { left, right, target },
                }
            }
        };
        let patch = self.current.emitter.jump(span, instruction);
        if !sense || matches!(operator, O::Equal | O::NotEqual) {
            return vec![patch];
        }
        let taken = self.current.emitter.jump(span, I::Jump { target });
        self.current.emitter.land([patch]);
        vec![taken]
    }
}

fn is_nil(expression: &Expression) -> bool {
    matches!(unparenthesized(expression).kind, E::Literal(Literal::Nil))
}
