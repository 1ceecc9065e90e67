//! `let` and assignment.

use rps_runtime::code::{Instruction as I, Register};

use super::codes;
use super::expression::Compiler;
use super::scope::Resolved;
use crate::syntax::Span;
use crate::syntax::ast::{Expression, Pattern, PatternKind, Target, TargetKind};

impl Compiler<'_, '_> {
    /// Compiles `let`: in a block a local, elsewhere a variable of the session.
    pub(super) fn bind(&mut self, pattern: &Pattern, value: &Expression, to: Register) {
        self.expression(value, to);
        match &pattern.kind {
            PatternKind::Wildcard => {}
            PatternKind::Bind(name) if self.scopes.in_block() => {
                // The register stays taken until the block ends: expressions release only what they took.
                let register = self.emitter.keep_register();
                self.emitter.emit(pattern.span, I::Move { to: register, from: to });
                self.scopes.bind_local(&name.text, register);
            }
            PatternKind::Bind(name) => {
                let variable = self.scopes.bind_variable(&name.text);
                self.store_variable(pattern.span, variable, to);
            }
            PatternKind::Error => {}
            _ => {
                self.error(codes::NOT_YET, pattern.span, "patterns can be read but not run by this version");
            }
        }
    }

    /// Compiles an assignment; its value is what was assigned.
    pub(super) fn assign(&mut self, target: &Target, value: &Expression, to: Register) {
        match &target.kind {
            TargetKind::Name(name) => {
                self.expression(value, to);
                match self.resolve(target.span, name) {
                    Some(Resolved::Local(register)) => {
                        self.emitter.emit(target.span, I::Move { to: register, from: to });
                    }
                    Some(Resolved::Variable(variable)) => {
                        self.store_variable(target.span, usize::from(variable), to);
                    }
                    Some(Resolved::Global(_)) => {
                        let message = format!("`{name}` is a global name, which is not assigned to");
                        self.error(codes::NOT_ASSIGNABLE, target.span, message).hint = Some(format!(
                            "`let {name} = …` makes a variable, `keep … as {name}` a global name"
                        ));
                    }
                    None => {}
                }
            }
            TargetKind::Attribute { receiver, attribute } => {
                let object = self.operand(receiver);
                self.expression(value, to);
                if let Some(key) = self.attribute(attribute, true) {
                    let constant = self.emitter.constant(key.into());
                    self.emitter.emit(target.span, I::PutAttribute { object, constant, value: to });
                }
            }
            TargetKind::ComputedAttribute { receiver, attribute } => {
                let (object, key) = (self.operand(receiver), self.operand(attribute));
                self.expression(value, to);
                self.emitter.emit(target.span, I::PutComputed { object, key, value: to });
            }
            TargetKind::Component { receiver, index } => {
                let (collection, index) = (self.operand(receiver), self.operand(index));
                self.expression(value, to);
                self.emitter.emit(target.span, I::PutElement { collection, index, value: to });
            }
            TargetKind::Error(_) => {}
        }
    }

    fn store_variable(&mut self, span: Span, variable: usize, from: Register) {
        match u16::try_from(variable) {
            Ok(variable) => self.emitter.emit(span, I::StoreVariable { variable, from }),
            Err(_) => {
                self.error(codes::TOO_LARGE, span, "a session has at most 65,536 variables");
            }
        }
    }
}
