//! `let` and assignment.

use rps_runtime::code::{Instruction as I, Register};

use super::codes;
use super::compiler::Compiler;
use super::names::is_function;
use super::scope::{Form, Resolved};
use crate::syntax::Span;
use crate::syntax::ast::{Expression, ExpressionKind as E, Pattern, PatternKind, Target, TargetKind};

impl Compiler<'_, '_> {
    /// Compiles `let`: in a block a local, elsewhere a variable of the session. Registers of locals stay taken until the
    /// block ends.
    pub(super) fn bind_value(&mut self, pattern: &Pattern, value: &Expression, to: Option<Register>) {
        let span = pattern.span;
        let from = match &pattern.kind {
            PatternKind::Bind(name) if !self.current.binds_locals() => {
                if is_function(value) {
                    // It may refer to itself.
                    self.session_variable(&name.text);
                }
                let mark = self.current.emitter.mark();
                let from = self.register();
                self.expression(value, from);
                self.bind_name(span, &name.text, from);
                if let Some(to) = to {
                    self.move_to(span, from, to);
                }
                self.current.emitter.release_to(mark);
                return;
            }
            PatternKind::Bind(name) => {
                let register = self.register();
                if self.current.is_shared(&name.text) && is_function(value) {
                    self.constant(span, rps_runtime::Value::NIL, register);
                    self.emit(span, I::MakeVariable { to: register, from: register });
                    self.current.bind(&name.text, register, true);
                    let mark = self.current.emitter.mark();
                    let from = self.register();
                    self.expression(value, from);
                    self.emit(span, I::StoreVariable { variable: register, from });
                    if let Some(to) = to {
                        self.move_to(span, from, to);
                    }
                    self.current.emitter.release_to(mark);
                    return;
                }
                self.expression(value, register);
                if let Some(to) = to {
                    self.move_to(span, register, to);
                }
                let shared = self.current.is_shared(&name.text);
                if shared {
                    self.emit(span, I::MakeVariable { to: register, from: register });
                }
                self.current.bind(&name.text, register, shared);
                return;
            }
            _ => {
                let register = self.register();
                self.expression(value, register);
                register
            }
        };
        self.destructure(pattern, from);
        if let Some(to) = to {
            self.move_to(span, from, to);
        }
    }

    /// Binds a name to the value of a register: as a new local, or as a variable of the session.
    pub(super) fn bind_name(&mut self, span: Span, name: &str, from: Register) {
        if !self.current.binds_locals() {
            let variable = self.session_variable(name);
            let constant = self.current.emitter.constant(variable.into());
            self.emit(span, I::StoreSession { constant, from });
            return;
        }
        let register = self.register();
        let shared = self.current.is_shared(name);
        if shared {
            self.emit(span, I::MakeVariable { to: register, from });
        } else {
            self.move_to(span, from, register);
        }
        self.current.bind(name, register, shared);
    }

    /// Compiles an assignment; its value is what was assigned.
    pub(super) fn assign(&mut self, target: &Target, value: &Expression, to: Option<Register>) {
        let span = target.span;
        match &target.kind {
            TargetKind::Name(name) => self.assign_name(span, name, value, to),
            TargetKind::Attribute { receiver, attribute } => {
                let object = self.operand(receiver, &[value]);
                let value = self.operand(value, &[]);
                if let Some(key) = self.attribute(attribute, true) {
                    let site = self.current.emitter.attribute_site(key);
                    self.emit(span, I::PutAttribute { object, site, value });
                }
                self.give(span, value, to);
            }
            TargetKind::ComputedAttribute { receiver, attribute } => {
                let object = self.operand(receiver, &[&**attribute, value]);
                let key = self.operand(attribute, &[value]);
                let value = self.operand(value, &[]);
                self.emit(span, I::PutComputed { object, key, value });
                self.give(span, value, to);
            }
            TargetKind::Component { receiver, index } => {
                let collection = self.operand(receiver, &[&**index, value]);
                let index = self.operand(index, &[value]);
                let value = self.operand(value, &[]);
                self.emit(span, I::PutElement { collection, index, value });
                self.give(span, value, to);
            }
            TargetKind::Error(_) => {}
        }
    }

    fn give(&mut self, span: Span, from: Register, to: Option<Register>) {
        if let Some(to) = to {
            self.move_to(span, from, to);
        }
    }

    fn assign_name(&mut self, span: Span, name: &str, value: &Expression, to: Option<Register>) {
        match self.resolve(span, name) {
            Some(Resolved::Local(register)) if writes_last(value) => {
                self.expression(value, register);
                self.give(span, register, to);
            }
            Some(Resolved::Local(register)) => {
                let from = self.operand(value, &[]);
                self.move_to(span, from, register);
                self.give(span, from, to);
            }
            Some(Resolved::Variable(variable)) => {
                let from = self.operand(value, &[]);
                self.emit(span, I::StoreVariable { variable, from });
                self.give(span, from, to);
            }
            Some(Resolved::CapturedVariable(captured)) => {
                let from = self.operand(value, &[]);
                let variable = self.register();
                self.emit(span, I::LoadCaptured { to: variable, captured });
                self.emit(span, I::StoreVariable { variable, from });
                self.give(span, from, to);
            }
            Some(Resolved::Session(variable)) => {
                let from = self.operand(value, &[]);
                let constant = self.current.emitter.constant(variable.into());
                self.emit(span, I::StoreSession { constant, from });
                self.give(span, from, to);
            }
            Some(Resolved::Captured(_)) => {
                // Only what a store says to be captured by value is so: a text that assigns captures the variable.
                let message = format!("`{name}` is captured as a value, which is not assigned to");
                self.error(codes::NOT_ASSIGNABLE, span, message);
            }
            Some(Resolved::Global(_)) => {
                let message = format!("`{name}` is a global name, which is not assigned to");
                let hint = if self.current.form == Form::Text {
                    format!("`let {name} = …` makes a variable, `keep … as {name}` a global name")
                } else {
                    format!("`let {name} = …` makes a local variable")
                };
                self.error(codes::NOT_ASSIGNABLE, span, message).hint = Some(hint);
            }
            None => {}
        }
    }
}

/// Returns whether an expression writes its register with its last instruction only, so that it may be that of a variable
/// which the expression reads.
fn writes_last(expression: &Expression) -> bool {
    match &expression.kind {
        E::Literal(_)
        | E::Name(_)
        | E::SelfValue
        | E::Binary { .. }
        | E::Unary { .. }
        | E::Attribute { .. }
        | E::Component { .. }
        | E::Send { .. }
        | E::Call { .. }
        | E::Tuple(_)
        | E::Set(_) => true,
        E::Parenthesized(inner) => writes_last(inner),
        _ => false,
    }
}
