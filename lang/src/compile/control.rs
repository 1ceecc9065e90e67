//! Blocks, conditions and loops, `new`, `keep` and `root`; and what can not be compiled yet.

use rps_runtime::Value;
use rps_runtime::code::{Instruction as I, Register};

use super::codes;
use super::emit::Patch;
use super::expression::Compiler;
use crate::syntax::Span;
use crate::syntax::ast::{Block, Elements, Expression, ExpressionKind as E, LogicalOperator, New};

/// A loop under construction.
pub(super) struct Loop {
    /// Where `continue` goes on.
    start: u16,
    /// The register of the loop's value.
    to: Register,
    /// The jumps of `break`.
    exits: Vec<Patch>,
}

impl Compiler<'_, '_> {
    /// Compiles what is not a plain operation on values.
    pub(super) fn statement(&mut self, expression: &Expression, to: Register) {
        let span = expression.span;
        match &expression.kind {
            E::Logical { operator, left, right } => {
                self.expression(left, to);
                let jump = match operator {
                    LogicalOperator::And => I::JumpIfFalse { condition: to, target: 0 },
                    LogicalOperator::Or => I::JumpIfTrue { condition: to, target: 0 },
                };
                let end = self.emitter.jump(span, jump);
                self.expression(right, to);
                self.emitter.land(end);
            }
            E::Assign { target, value } => self.assign(target, value, to),
            E::Let { pattern, value } => self.bind(pattern, value, to),
            E::New(new) => self.new_object(span, new, to),
            E::Keep { value, name } => {
                self.check_name(name.span, &name.text);
                self.expression(value, to);
                let name = self.m.string(&name.text);
                let constant = self.emitter.constant(name);
                self.emitter.emit(span, I::Keep { object: to, constant });
            }
            E::Root(value) => {
                self.expression(value, to);
                self.emitter.emit(span, I::AddRoot { object: to });
            }
            E::InSpace(member) => {
                if let Some(space) = self.attribute(member, false) {
                    self.constant(span, space.into(), to);
                    self.emitter.emit(span, I::InSpace { space: to });
                }
            }
            E::Block(block) => self.block(block, to),
            E::If { condition, consequence, alternative } => {
                self.expression(condition, to);
                let otherwise =
                    self.emitter.jump(condition.span, I::JumpIfFalse { condition: to, target: 0 });
                self.block(consequence, to);
                let end = self.emitter.jump(span, I::Jump { target: 0 });
                self.emitter.land(otherwise);
                match alternative {
                    Some(alternative) => self.expression(alternative, to),
                    None => self.constant(span, Value::NIL, to),
                }
                self.emitter.land(end);
            }
            E::While { condition, body } => self.while_loop(span, condition, body, to),
            E::Break(value) => self.break_loop(span, value.as_deref()),
            E::Continue => match self.loops.last() {
                Some(innermost) => {
                    let target = innermost.start;
                    self.emitter.emit(span, I::Jump { target });
                }
                None => {
                    self.error(codes::MISPLACED, span, "`continue` stands in no loop");
                }
            },
            E::SelfValue => {
                self.error(codes::MISPLACED, span, "`self` stands in no method");
            }
            E::Super => {
                self.error(codes::MISPLACED, span, "`super` stands in no method");
            }
            E::Return(_) => {
                self.error(codes::MISPLACED, span, "`return` stands in no function");
            }
            _ => {
                let what = match &expression.kind {
                    E::Closure(_) => "closures",
                    E::Function(_) => "functions",
                    E::Class(_) => "class definitions",
                    E::For { .. } => "`for` loops",
                    E::Range { .. } => "ranges",
                    E::Match { .. } => "`match`",
                    E::Try { .. } | E::Raise(_) => "`try` and `raise`",
                    _ => "code chunks",
                };
                self.error(codes::NOT_YET, span, format!("{what} can be read but not run by this version"));
            }
        }
    }

    pub(super) fn block(&mut self, block: &Block, to: Register) {
        let locals = self.emitter.begin_locals();
        self.scopes.open();
        self.statements(block.span, &block.statements, to);
        self.scopes.close();
        self.emitter.end_locals(locals);
    }

    fn while_loop(&mut self, span: Span, condition: &Expression, body: &Block, to: Register) {
        let start = self.emitter.here();
        let register = self.emitter.register();
        self.expression(condition, register);
        let end = self.emitter.jump(condition.span, I::JumpIfFalse { condition: register, target: 0 });
        self.loops.push(Loop { start, to, exits: Vec::new() });
        self.block(body, register);
        self.emitter.emit(span, I::Jump { target: start });
        self.emitter.land(end);
        self.constant(span, Value::NIL, to);
        for exit in self.loops.pop().map_or_else(Vec::new, |own| own.exits) {
            self.emitter.land(exit);
        }
    }

    fn break_loop(&mut self, span: Span, value: Option<&Expression>) {
        let Some(to) = self.loops.last().map(|innermost| innermost.to) else {
            self.error(codes::MISPLACED, span, "`break` stands in no loop");
            return;
        };
        match value {
            Some(value) => self.expression(value, to),
            None => self.constant(span, Value::NIL, to),
        }
        let exit = self.emitter.jump(span, I::Jump { target: 0 });
        if let Some(innermost) = self.loops.last_mut() {
            innermost.exits.push(exit);
        }
    }

    fn new_object(&mut self, span: Span, new: &New, to: Register) {
        let object = self.emitter.register();
        match &new.class.kind {
            E::Name(name) if self.class_word(name).is_some() => {
                let class = self.class_word(name).map_or(Value::NIL, Value::from);
                self.constant(new.class.span, class, object);
            }
            _ => self.expression(&new.class, object),
        }
        self.emitter.emit(span, I::New { to: object, class: object });
        match &new.elements {
            Elements::None => {}
            Elements::Attributes(initializers) => {
                for initializer in initializers {
                    let mark = self.emitter.mark();
                    let value = self.operand(&initializer.value);
                    if let Some(key) = self.attribute(&initializer.attribute, true) {
                        let constant = self.emitter.constant(key.into());
                        self.emitter
                            .emit(initializer.value.span, I::PutAttribute { object, constant, value });
                    }
                    self.emitter.release_to(mark);
                }
            }
            Elements::Components(items) => {
                for item in items {
                    let mark = self.emitter.mark();
                    let value = self.operand(item);
                    self.emitter.emit(item.span, I::PushElement { collection: object, value });
                    self.emitter.release_to(mark);
                }
            }
            Elements::Entries(entries) => {
                for (key, value) in entries {
                    let mark = self.emitter.mark();
                    let (index, element) = (self.operand(key), self.operand(value));
                    let put = I::PutElement { collection: object, index, value: element };
                    self.emitter.emit(key.span.to(value.span), put);
                    self.emitter.release_to(mark);
                }
            }
        }
        self.emitter.emit(span, I::Move { to, from: object });
    }
}
