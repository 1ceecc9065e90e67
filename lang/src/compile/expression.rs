//! Expressions: literals, names, collections, attributes, sends, operators.
//!
//! An expression is compiled into a register that the caller names, or for what it does alone. An operand is compiled to
//! wherever its value is: that of a local stays where it is.

use num_bigint::BigInt;
use rps_runtime::Value;
use rps_runtime::code::{Comparison, Instruction as I, Register};
use rps_runtime::value::number;

use super::codes;
use super::compiler::Compiler;
use super::names::assigns;
use super::scope::{Form, Resolved, SELF};
use crate::syntax::Span;
use crate::syntax::ast::{
    BinaryOperator, ChunkPart, Expression, ExpressionKind as E, FormatPart, Literal, Member, UnaryOperator,
};

impl Compiler<'_, '_> {
    pub(super) fn emit(&mut self, span: Span, instruction: I) {
        self.current.emitter.emit(span, instruction);
    }

    pub(super) fn register(&mut self) -> Register {
        self.current.emitter.register()
    }

    /// Compiles expressions one after the other; the value of the last one goes to `to`.
    pub(super) fn statements(&mut self, span: Span, statements: &[Expression], to: Option<Register>) {
        let Some((last, before)) = statements.split_last() else {
            if let Some(to) = to {
                self.constant(span, Value::NIL, to);
            }
            return;
        };
        for statement in before {
            self.effect(statement);
        }
        match to {
            Some(to) => self.expression(last, to),
            None => self.effect(last),
        }
    }

    /// Compiles an expression whose value nobody wants.
    pub(super) fn effect(&mut self, expression: &Expression) {
        if let E::Let { pattern, value } = &expression.kind {
            // Its registers stay taken until the block ends.
            self.bind_value(pattern, value, None);
            return;
        }
        let mark = self.current.emitter.mark();
        match &expression.kind {
            E::Literal(_) => {}
            E::Assign { target, value } => self.assign(target, value, None),
            E::If { .. }
            | E::While { .. }
            | E::For { .. }
            | E::Block(_)
            | E::Match { .. }
            | E::Try { .. } => {
                self.control(expression, None);
            }
            E::Parenthesized(inner) => self.effect(inner),
            E::Function(function) if self.define_local_function(expression.span, function) => return,
            _ => {
                let to = self.register();
                self.expression(expression, to);
            }
        }
        self.current.emitter.release_to(mark);
    }

    /// Compiles an expression to wherever its value is; `later` is what is evaluated before the value is used.
    pub(super) fn operand(&mut self, expression: &Expression, later: &[&Expression]) -> Register {
        let inner = unparenthesized(expression);
        match &inner.kind {
            E::Name(name) if !later.iter().any(|other| assigns(other, name)) => {
                if let Some(Resolved::Local(register)) = self.resolve_local(name) {
                    return register;
                }
            }
            E::SelfValue if self.current.is_method => return 0,
            _ => {}
        }
        let register = self.register();
        self.expression(expression, register);
        register
    }

    pub(super) fn constant(&mut self, span: Span, value: Value, to: Register) {
        if let Some(small) = value.as_small_int().and_then(|int| i16::try_from(int).ok()) {
            self.emit(span, I::Small { to, small });
            return;
        }
        let constant = self.current.emitter.constant(value);
        self.emit(span, I::Constant { to, constant });
    }

    /// Compiles an expression; its value goes to `to`.
    pub(super) fn expression(&mut self, expression: &Expression, to: Register) {
        if let E::Let { pattern, value } = &expression.kind {
            self.bind_value(pattern, value, Some(to));
            return;
        }
        let mark = self.current.emitter.mark();
        let span = expression.span;
        match &expression.kind {
            E::Literal(literal) => {
                let value = self.literal(literal);
                self.constant(span, value, to);
            }
            E::Name(name) => self.name(span, name, to),
            E::Oid(oid) => {
                if let Some(object) = self.object_of_oid(span, oid) {
                    self.constant(span, object.into(), to);
                }
            }
            E::LastValue => self.emit(span, I::LoadLast { to }),
            E::SelfValue => self.self_value(span, to),
            E::Super => {
                self.error(codes::MISPLACED, span, "`super` is the receiver of a send only");
            }
            E::Parenthesized(inner) => self.expression(inner, to),
            E::FormatString(parts) => self.format_string(span, parts, to),
            E::CodeChunk(chunk) => {
                let value = self.code_chunk(span, &chunk.parts);
                self.constant(span, value, to);
            }
            E::Set(items) => {
                let (first, count) = self.row(items);
                self.emit(span, I::MakeSet { to, first, count });
            }
            E::Tuple(items) => {
                let (first, count) = self.row(items);
                self.emit(span, I::MakeTuple { to, first, count });
            }
            E::Attribute { receiver, attribute } => {
                let object = self.operand(receiver, &[]);
                // In a function the objects that it will be given are not known: they may have attributes that nobody has yet.
                let in_function = self.current.form != Form::Text;
                if let Some(key) = self.attribute(attribute, in_function) {
                    let site = self.current.emitter.attribute_site(key);
                    self.emit(span, I::GetAttribute { to, object, site });
                }
            }
            E::ComputedAttribute { receiver, attribute } => {
                let object = self.operand(receiver, &[&**attribute]);
                let key = self.operand(attribute, &[]);
                self.emit(span, I::GetComputed { to, object, key });
            }
            E::Component { receiver, index } => {
                let collection = self.operand(receiver, &[&**index]);
                let index = self.operand(index, &[]);
                self.emit(span, I::GetElement { to, collection, index });
            }
            E::Send { receiver, selector, arguments, .. } => {
                self.send(span, receiver, selector, arguments, to);
            }
            E::Call { callee, arguments } => {
                let first = self.window(to, arguments.len());
                self.expression(callee, first);
                let count = self.arguments(span, first, arguments);
                let site = self.current.emitter.call_site();
                self.emit(span, I::Call { count, first, site });
                self.move_to(span, first, to);
            }
            E::Unary { operator: UnaryOperator::Negate, operand } => {
                let from = self.operand(operand, &[]);
                self.emit(span, I::Negate { to, from });
            }
            E::Unary { operator: UnaryOperator::Not, operand } => {
                let from = self.operand(operand, &[]);
                self.emit(span, I::Not { to, from });
            }
            E::Binary { operator, left, right, .. } => self.binary(span, *operator, left, right, to),
            E::Range { start, end } => {
                let start = self.operand(start, &[&**end]);
                let end = self.operand(end, &[]);
                self.emit(span, I::MakeRange { to, start, end });
            }
            _ => self.control(expression, Some(to)),
        }
        self.current.emitter.release_to(mark);
    }

    pub(super) fn move_to(&mut self, span: Span, from: Register, to: Register) {
        if from != to {
            self.emit(span, I::Move { to, from });
        }
    }

    fn binary(
        &mut self,
        span: Span,
        operator: BinaryOperator,
        left: &Expression,
        right: &Expression,
        to: Register,
    ) {
        let l = self.operand(left, &[right]);
        if let Some(small) = small_addend(operator, right) {
            self.emit(span, I::AddSmall { to, left: l, small });
            return;
        }
        let r = self.operand(right, &[]);
        self.emit(span, binary(operator, to, l, r));
    }

    fn self_value(&mut self, span: Span, to: Register) {
        if self.current.is_method {
            self.emit(span, I::Move { to, from: 0 });
            return;
        }
        match self.resolve_local(SELF) {
            Some(found) => self.load(span, found, to),
            None => {
                self.error(codes::MISPLACED, span, "`self` stands in no method");
            }
        }
    }

    fn send(
        &mut self,
        span: Span,
        receiver: &Expression,
        selector: &Member,
        arguments: &[Expression],
        to: Register,
    ) {
        let first = self.window(to, arguments.len());
        let is_super = matches!(receiver.kind, E::Super);
        if is_super && !self.current.is_method && self.resolve_local(SELF).is_none() {
            self.error(codes::MISPLACED, receiver.span, "`super` stands in no method");
        } else if is_super {
            self.self_value(receiver.span, first);
        } else {
            self.expression(receiver, first);
        }
        let count = self.arguments(span, first, arguments);
        if let Some(selector) = self.attribute(selector, true) {
            let site = self.current.emitter.send_site(selector);
            let instruction =
                if is_super { I::SendSuper { count, first, site } } else { I::Send { count, first, site } };
            self.emit(span, instruction);
        }
        self.move_to(span, first, to);
    }

    /// Returns the first register of a window for a call; it is `to` where nothing lies behind and no local is there.
    pub(super) fn window(&mut self, to: Register, arguments: usize) -> Register {
        if self.current.emitter.is_last(to) && !self.current.is_local(to) && to > 0 {
            self.current.emitter.registers(arguments);
            to
        } else {
            self.current.emitter.registers(1 + arguments)
        }
    }

    fn arguments(&mut self, span: Span, first: Register, arguments: &[Expression]) -> u8 {
        for (at, argument) in arguments.iter().enumerate() {
            self.expression(argument, first.wrapping_add(at as Register + 1));
        }
        if arguments.len() >= usize::from(u8::MAX) {
            self.error(codes::TOO_LARGE, span, "there are at most 254 arguments");
        }
        arguments.len() as u8
    }

    fn literal(&mut self, literal: &Literal) -> Value {
        match literal {
            Literal::Nil => Value::NIL,
            Literal::Boolean(truth) => Value::bool(*truth),
            Literal::Integer(integer) => {
                let digits = BigInt::parse_bytes(integer.digits.as_bytes(), integer.radix);
                number::from_bigint(self.m, &digits.unwrap_or_default())
            }
            Literal::Double(double) => Value::double(self.m, *double),
            Literal::String(text) => self.m.string(text),
        }
    }

    /// Returns the value of a literal, negated where a minus stands before it.
    pub(super) fn signed_literal(&mut self, negative: bool, literal: &Literal) -> Value {
        let value = self.literal(literal);
        if negative { number::negate(self.m, value).unwrap_or(value) } else { value }
    }

    /// Compiles expressions into registers one behind the other.
    pub(super) fn row(&mut self, items: &[Expression]) -> (Register, u16) {
        let first = self.current.emitter.registers(items.len());
        for (index, item) in items.iter().enumerate() {
            self.expression(item, first.wrapping_add(index as Register));
        }
        (first, items.len() as u16)
    }

    fn format_string(&mut self, span: Span, parts: &[FormatPart], to: Register) {
        let first = self.current.emitter.registers(parts.len());
        for (index, part) in parts.iter().enumerate() {
            let register = first.wrapping_add(index as Register);
            match part {
                FormatPart::Text { span, text } => {
                    let text = self.m.string(text);
                    self.constant(*span, text, register);
                }
                FormatPart::Value(value) => self.expression(value, register),
            }
        }
        self.emit(span, I::MakeString { to, first, count: parts.len() as u16 });
    }

    /// Returns the value of a code chunk: a tuple of its texts and of the symbols of its variables.
    fn code_chunk(&mut self, span: Span, parts: &[ChunkPart]) -> Value {
        let mut items = self.m.root_vec();
        for part in parts {
            match part {
                ChunkPart::Text(text) => items.push(self.m.string(text)),
                ChunkPart::Variable { name, .. } => match self.m.intern(name) {
                    Ok(symbol) => items.push(symbol.into()),
                    Err(error) => {
                        self.error(codes::BAD_NAME, span, error.to_string());
                    }
                },
            }
        }
        match rps_runtime::value::TupleRef::new(self.m, &items) {
            Ok(tuple) => tuple.into(),
            Err(error) => {
                self.error(codes::TOO_LARGE, span, error.to_string());
                Value::NIL
            }
        }
    }

    /// Compiles the reading of a name.
    fn name(&mut self, span: Span, name: &str, to: Register) {
        if let Some(found) = self.resolve(span, name) {
            self.load(span, found, to);
        }
    }

    /// Compiles the reading of what a name stands for.
    pub(super) fn load(&mut self, span: Span, found: Resolved, to: Register) {
        match found {
            Resolved::Local(from) => self.move_to(span, from, to),
            Resolved::Variable(variable) => self.emit(span, I::LoadVariable { to, variable }),
            Resolved::Captured(captured) => self.emit(span, I::LoadCaptured { to, captured }),
            Resolved::CapturedVariable(captured) => {
                self.emit(span, I::LoadCaptured { to, captured });
                self.emit(span, I::LoadVariable { to, variable: to });
            }
            Resolved::Session(variable) => {
                let constant = self.current.emitter.constant(variable.into());
                self.emit(span, I::LoadSession { to, constant });
            }
            Resolved::Global(symbol) => {
                let site = self.current.emitter.global_site(symbol);
                self.emit(span, I::LoadGlobal { to, site });
            }
        }
    }
}

/// Returns what is in brackets.
pub(super) fn unparenthesized(expression: &Expression) -> &Expression {
    match &expression.kind {
        E::Parenthesized(inner) => unparenthesized(inner),
        _ => expression,
    }
}

/// Returns the small integer that an expression is.
pub(super) fn small_literal(expression: &Expression) -> Option<i16> {
    match &unparenthesized(expression).kind {
        E::Literal(Literal::Integer(integer)) => i16::from_str_radix(&integer.digits, integer.radix).ok(),
        E::Unary { operator: UnaryOperator::Negate, operand } => {
            small_literal(operand).and_then(i16::checked_neg)
        }
        _ => None,
    }
}

/// Returns what is added by `+ 1` or `- 1`.
fn small_addend(operator: BinaryOperator, right: &Expression) -> Option<i16> {
    match operator {
        BinaryOperator::Add => small_literal(right).filter(|&small| small >= 0),
        BinaryOperator::Subtract => small_literal(right).filter(|&small| small > 0).map(|small| -small),
        _ => None,
    }
}

fn binary(operator: BinaryOperator, to: Register, left: Register, right: Register) -> I {
    let compare = |comparison| I::Compare { comparison, to, left, right };
    match operator {
        BinaryOperator::Equal => compare(Comparison::Equal),
        BinaryOperator::NotEqual => compare(Comparison::NotEqual),
        BinaryOperator::Less => compare(Comparison::Less),
        BinaryOperator::LessEqual => compare(Comparison::LessEqual),
        BinaryOperator::Greater => compare(Comparison::Greater),
        BinaryOperator::GreaterEqual => compare(Comparison::GreaterEqual),
        BinaryOperator::Union => I::Unite { to, left, right },
        BinaryOperator::Intersection => I::Intersect { to, left, right },
        BinaryOperator::Add => I::Add { to, left, right },
        BinaryOperator::Subtract => I::Subtract { to, left, right },
        BinaryOperator::Multiply => I::Multiply { to, left, right },
        BinaryOperator::Divide => I::Divide { to, left, right },
        BinaryOperator::Remainder => I::Remainder { to, left, right },
    }
}
