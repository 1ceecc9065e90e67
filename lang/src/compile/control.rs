//! Blocks, conditions, loops, errors, and leaving them.

use rps_runtime::Value;
use rps_runtime::code::{Handler, Instruction as I, Register};

use super::codes;
use super::compiler::Compiler;
use super::emit::Patch;
use super::expression::unparenthesized;
use super::scope::{Form, HOME};
use crate::syntax::Span;
use crate::syntax::ast::{
    Block, Catch, Expression, ExpressionKind as E, LogicalOperator, Pattern, PatternKind,
};

/// A loop under construction.
pub(super) struct Loop {
    /// The register of the loop's value, if anybody wants it.
    to: Option<Register>,
    /// The jumps of `break`.
    exits: Vec<Patch>,
    /// The jumps of `continue`.
    again: Vec<Patch>,
}

impl Compiler<'_, '_> {
    /// Compiles what is not a plain operation on values; nobody wants the value where `to` is `None`.
    pub(super) fn control(&mut self, expression: &Expression, to: Option<Register>) {
        let span = expression.span;
        match &expression.kind {
            E::Block(block) => self.block(block, to),
            E::If { condition, consequence, alternative } => {
                let otherwise = self.jump_unless(condition);
                self.block(consequence, to);
                if alternative.is_none() && to.is_none() {
                    self.current.emitter.land(otherwise);
                    return;
                }
                let end = self.current.emitter.jump(span, I::Jump { target: 0 });
                self.current.emitter.land(otherwise);
                match (alternative, to) {
                    (Some(alternative), Some(to)) => self.expression(alternative, to),
                    (Some(alternative), None) => self.effect(alternative),
                    (None, _) => self.nothing(span, to),
                }
                self.current.emitter.land([end]);
            }
            E::While { condition, body } => self.while_loop(span, condition, body, to),
            E::For { pattern, sequence, body } => self.for_loop(span, pattern, sequence, body, to),
            E::Match { subject, arms } => self.match_value(span, subject, arms, to),
            E::Try { body, catch } => self.try_block(span, body, catch.as_deref(), to),
            E::Break(value) => self.break_loop(span, value.as_deref()),
            E::Continue => match self.current.loops.last() {
                Some(_) => {
                    let again = self.current.emitter.jump(span, I::Jump { target: 0 });
                    if let Some(innermost) = self.current.loops.last_mut() {
                        innermost.again.push(again);
                    }
                }
                None => {
                    self.error(codes::MISPLACED, span, "`continue` stands in no loop");
                }
            },
            E::Return(value) => self.return_value(span, value.as_deref()),
            E::Raise(value) => {
                let from = self.operand(value, &[]);
                self.emit(span, I::Raise { from });
            }
            _ => self.definition(expression, to),
        }
    }

    /// Compiles what defines or changes something, and `and` and `or`.
    fn definition(&mut self, expression: &Expression, to: Option<Register>) {
        let span = expression.span;
        // Only what is always compiled for its value comes here without a register.
        let to = match to {
            Some(to) => to,
            None => self.register(),
        };
        match &expression.kind {
            E::Logical { operator, left, right } => {
                self.expression(left, to);
                let jump = match operator {
                    LogicalOperator::And => I::JumpIfFalse { condition: to, target: 0 },
                    LogicalOperator::Or => I::JumpIfTrue { condition: to, target: 0 },
                };
                let end = self.current.emitter.jump(span, jump);
                self.expression(right, to);
                self.current.emitter.land([end]);
            }
            E::Assign { target, value } => self.assign(target, value, Some(to)),
            E::New(new) => self.new_object(span, new, to),
            E::Keep { value, name } => {
                self.check_name(name.span, &name.text);
                self.expression(value, to);
                let name = self.m.string(&name.text);
                let constant = self.current.emitter.constant(name);
                self.emit(span, I::Keep { object: to, constant });
            }
            E::Root(value) => {
                self.expression(value, to);
                self.emit(span, I::AddRoot { object: to });
            }
            E::InSpace(member) => {
                if let Some(symbol) = self.attribute(member, false) {
                    // A space is named by a symbol like any object; its attribute `name` is the symbol itself.
                    let value = self.m.value_of_symbol(symbol);
                    let space = self.current.emitter.constant(value);
                    self.emit(span, I::Constant { to, constant: space });
                    self.emit(span, I::InSpace { space: to });
                }
            }
            E::Closure(closure) => self.closure(span, closure, to),
            E::Function(function) => self.function(span, function, to),
            E::Class(class) => self.class(span, class, to),
            // The parser's error nodes, after its diagnostics.
            _ => {}
        }
    }

    fn nothing(&mut self, span: Span, to: Option<Register>) {
        if let Some(to) = to {
            self.constant(span, Value::NIL, to);
        }
    }

    pub(super) fn block(&mut self, block: &Block, to: Option<Register>) {
        let mark = self.current.emitter.mark();
        self.current.open();
        self.statements(block.span, &block.statements, to);
        self.current.close();
        self.current.emitter.release_to(mark);
    }

    fn begin_loop(&mut self, to: Option<Register>) {
        self.current.loops.push(Loop { to, exits: Vec::new(), again: Vec::new() });
    }

    fn land_again(&mut self) {
        let again = self.current.loops.last_mut().map(|own| std::mem::take(&mut own.again));
        self.current.emitter.land(again.into_iter().flatten());
    }

    /// Ends a loop: the value of one that ends by itself is nil.
    fn end_loop(&mut self, span: Span, ends: impl IntoIterator<Item = Patch>) {
        self.current.emitter.land(ends);
        let Some(own) = self.current.loops.pop() else { return };
        self.nothing(span, own.to);
        self.current.emitter.land(own.exits);
    }

    fn while_loop(&mut self, span: Span, condition: &Expression, body: &Block, to: Option<Register>) {
        let start = self.current.emitter.here();
        let ends = self.jump_unless(condition);
        self.begin_loop(to);
        self.block(body, None);
        self.land_again();
        self.emit(span, I::Loop { target: start });
        self.end_loop(span, ends);
    }

    fn for_loop(
        &mut self,
        span: Span,
        pattern: &Pattern,
        sequence: &Expression,
        body: &Block,
        to: Option<Register>,
    ) {
        let mark = self.current.emitter.mark();
        self.current.open();
        let first = self.current.emitter.registers(2);
        let item = self.register();
        let range = match &unparenthesized(sequence).kind {
            E::Range { start, end } => Some((start, end)),
            _ => None,
        };
        let begin = match range {
            Some((start, end)) => {
                self.expression(start, first);
                self.expression(end, first + 1);
                self.current.emitter.jump(sequence.span, I::RangeStart { first, to: item, target: 0 })
            }
            None => {
                self.expression(sequence, first);
                self.emit(sequence.span, I::EachStart { first });
                self.current.emitter.jump(sequence.span, I::Jump { target: 0 })
            }
        };
        let start = self.current.emitter.here();
        self.begin_loop(to);
        match &pattern.kind {
            PatternKind::Bind(name) if !self.current.is_shared(&name.text) => {
                self.current.bind(&name.text, item, false);
            }
            _ => self.destructure(pattern, item),
        }
        self.block(body, None);
        self.land_again();
        match range {
            Some(_) => {
                self.emit(span, I::RangeNext { first, to: item, target: start });
                self.end_loop(span, [begin]);
            }
            None => {
                self.current.emitter.land([begin]);
                self.emit(sequence.span, I::EachNext { first, to: item, target: start });
                self.end_loop(span, []);
            }
        }
        self.current.close();
        self.current.emitter.release_to(mark);
    }

    fn break_loop(&mut self, span: Span, value: Option<&Expression>) {
        let Some(to) = self.current.loops.last().map(|innermost| innermost.to) else {
            self.error(codes::MISPLACED, span, "`break` stands in no loop");
            return;
        };
        match (value, to) {
            (Some(value), Some(to)) => self.expression(value, to),
            (Some(value), None) => self.effect(value),
            (None, to) => self.nothing(span, to),
        }
        let exit = self.current.emitter.jump(span, I::Jump { target: 0 });
        if let Some(innermost) = self.current.loops.last_mut() {
            innermost.exits.push(exit);
        }
    }

    fn try_block(&mut self, span: Span, body: &Block, catch: Option<&Catch>, to: Option<Register>) {
        // What is raised half way must not be seen in a variable: the value goes to a register of its own.
        let mark = self.current.emitter.mark();
        let value = to.map(|_| self.register());
        let start = self.current.emitter.here();
        self.block(body, value);
        let end = self.current.emitter.here();
        if let (Some(to), Some(value)) = (to, value) {
            self.move_to(span, value, to);
        }
        let done = self.current.emitter.jump(span, I::Jump { target: 0 });
        let target = self.current.emitter.here();
        self.current.open();
        let register = self.register();
        if start < end {
            self.current.emitter.handlers.push(Handler { start, end, target, register });
        } else {
            // Nothing can be raised; the code of the handler must not read what nobody wrote.
            self.constant(span, Value::NIL, register);
        }
        if let Some(catch) = catch {
            if let Some(name) = &catch.name {
                self.bind_name(name.span, &name.text, register);
            }
            self.block(&catch.body, to);
        }
        self.current.close();
        self.current.emitter.land([done]);
        self.current.emitter.release_to(mark);
    }

    fn return_value(&mut self, span: Span, value: Option<&Expression>) {
        let from = match value {
            Some(value) => self.operand(value, &[]),
            None => {
                let register = self.register();
                self.constant(span, Value::NIL, register);
                register
            }
        };
        match self.current.form {
            Form::Global | Form::Inner => self.emit(span, I::Return { from }),
            Form::Text => {
                self.error(codes::MISPLACED, span, "`return` stands in no function");
            }
            Form::Closure => match self.resolve_local(HOME) {
                Some(found) => {
                    let home = self.register();
                    self.load(span, found, home);
                    self.emit(span, I::ReturnHome { home, from });
                }
                None => {
                    let message = "the closure stands in no function that `return` could return from";
                    self.error(codes::MISPLACED, span, message).hint =
                        Some("the value of a closure is that of its last expression; `return` in `fn (x) { … }` returns from there".into());
                }
            },
        }
    }

    /// Compiles an expression whose value the function returns.
    pub(super) fn tail(&mut self, expression: &Expression) {
        let span = expression.span;
        let mark = self.current.emitter.mark();
        match &expression.kind {
            E::If { condition, consequence, alternative } => {
                let otherwise = self.jump_unless(condition);
                self.tail_block(consequence);
                self.current.emitter.land(otherwise);
                match alternative {
                    Some(alternative) => self.tail(alternative),
                    None => self.return_value_of_tail(span, None),
                }
            }
            E::Block(block) => self.tail_block(block),
            E::Parenthesized(inner) => self.tail(inner),
            E::While { .. } | E::For { .. } => {
                let to = self.register();
                self.expression(expression, to);
                self.emit(span, I::Return { from: to });
            }
            _ => self.return_value_of_tail(span, Some(expression)),
        }
        self.current.emitter.release_to(mark);
    }

    /// Compiles a block whose value the function returns.
    pub(super) fn tail_block(&mut self, block: &Block) {
        let mark = self.current.emitter.mark();
        self.current.open();
        match block.statements.split_last() {
            Some((last, before)) => {
                before.iter().for_each(|statement| self.effect(statement));
                self.tail(last);
            }
            None => self.return_value_of_tail(block.span, None),
        }
        self.current.close();
        self.current.emitter.release_to(mark);
    }

    fn return_value_of_tail(&mut self, span: Span, value: Option<&Expression>) {
        let from = match value {
            Some(value) => self.operand(value, &[]),
            None => {
                let register = self.register();
                self.constant(span, Value::NIL, register);
                register
            }
        };
        self.emit(span, I::Return { from });
    }
}
