//! Expressions: literals, names, collections, attributes, sends, operators.

use num_bigint::BigInt;
use rps_runtime::code::{Code, Comparison, Instruction as I, Register};
use rps_runtime::send::similar_names;
use rps_runtime::value::number::{self, Operation};
use rps_runtime::{Mutator, ObjectRef, Oid, Value, known, names};

use super::codes;
use super::control::Loop;
use super::emit::Emitter;
use super::scope::{Resolved, Scopes};
use crate::syntax::ast::{
    BinaryOperator, Expression, ExpressionKind as E, FormatPart, Literal, Member, MemberKind, Program,
    UnaryOperator,
};
use crate::syntax::{Diagnostic, Span};

/// The compiler of one text.
pub(super) struct Compiler<'c, 'r> {
    pub(super) m: &'c Mutator<'r>,
    pub(super) emitter: Emitter,
    pub(super) scopes: Scopes,
    pub(super) loops: Vec<Loop>,
    diagnostics: Vec<Diagnostic>,
}

impl<'c, 'r> Compiler<'c, 'r> {
    pub(super) fn new(m: &'c Mutator<'r>, variables: Vec<Box<str>>) -> Compiler<'c, 'r> {
        Compiler {
            m,
            emitter: Emitter::new(m),
            scopes: Scopes::new(variables),
            loops: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    /// Compiles a program; `None` when there are diagnostics.
    pub(super) fn program(&mut self, program: &Program) -> Option<Code> {
        let to = self.emitter.register();
        self.statements(program.span, &program.statements, to);
        self.emitter.emit(program.span, I::Return { from: to });
        if !self.diagnostics.is_empty() {
            return None;
        }
        let code = std::mem::replace(&mut self.emitter, Emitter::new(self.m)).finish();
        if code.is_none() {
            self.error(codes::TOO_LARGE, program.span, "the text is too large to be compiled at once");
        }
        code
    }

    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    pub(super) fn into_variables(self) -> Vec<Box<str>> {
        self.scopes.into_variables()
    }

    /// Adds a diagnostic, and returns it to be completed.
    pub(super) fn error(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        self.diagnostics.push(Diagnostic::error(code, span, message));
        let last = self.diagnostics.len() - 1;
        &mut self.diagnostics[last]
    }

    /// Compiles expressions one after the other; the value of the last one goes to `to`.
    pub(super) fn statements(&mut self, span: Span, statements: &[Expression], to: Register) {
        if statements.is_empty() {
            self.constant(span, Value::NIL, to);
        }
        for statement in statements {
            self.expression(statement, to);
        }
    }

    /// Compiles an expression into a fresh register.
    pub(super) fn operand(&mut self, expression: &Expression) -> Register {
        let register = self.emitter.register();
        self.expression(expression, register);
        register
    }

    pub(super) fn constant(&mut self, span: Span, value: Value, to: Register) {
        let constant = self.emitter.constant(value);
        self.emitter.emit(span, I::Constant { to, constant });
    }

    /// Compiles an expression; its value goes to `to`.
    pub(super) fn expression(&mut self, expression: &Expression, to: Register) {
        let mark = self.emitter.mark();
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
            E::LastValue => self.emitter.emit(span, I::LoadLast { to }),
            E::Parenthesized(inner) => self.expression(inner, to),
            E::FormatString(parts) => self.format_string(span, parts, to),
            E::Set(items) => {
                let (first, count) = self.sequence(items.iter());
                self.emitter.emit(span, I::MakeSet { to, first, count });
            }
            E::Tuple(items) => {
                let (first, count) = self.sequence(items.iter());
                self.emitter.emit(span, I::MakeTuple { to, first, count });
            }
            E::Attribute { receiver, attribute } => {
                let object = self.operand(receiver);
                if let Some(key) = self.attribute(attribute, false) {
                    let constant = self.emitter.constant(key.into());
                    self.emitter.emit(span, I::GetAttribute { to, object, constant });
                }
            }
            E::ComputedAttribute { receiver, attribute } => {
                let (object, key) = (self.operand(receiver), self.operand(attribute));
                self.emitter.emit(span, I::GetComputed { to, object, key });
            }
            E::Component { receiver, index } => {
                let (collection, index) = (self.operand(receiver), self.operand(index));
                self.emitter.emit(span, I::GetElement { to, collection, index });
            }
            E::Send { receiver, selector, arguments, .. } => {
                let (first, count) = self.sequence(std::iter::once(&**receiver).chain(arguments));
                if let Some(selector) = self.attribute(selector, true) {
                    let constant = self.emitter.constant(selector.into());
                    self.emitter.emit(span, I::Send { first, constant, count: count - 1 });
                    self.emitter.emit(span, I::Move { to, from: first });
                }
            }
            E::Call { callee, arguments } => {
                let (first, count) = self.sequence(std::iter::once(&**callee).chain(arguments));
                self.emitter.emit(span, I::Call { first, count: count - 1 });
                self.emitter.emit(span, I::Move { to, from: first });
            }
            E::Unary { operator, operand } => {
                let from = self.operand(operand);
                self.emitter.emit(
                    span,
                    match operator {
                        UnaryOperator::Negate => I::Negate { to, from },
                        UnaryOperator::Not => I::Not { to, from },
                    },
                );
            }
            E::Binary { operator, left, right, .. } => {
                let (left, right) = (self.operand(left), self.operand(right));
                self.emitter.emit(span, binary(*operator, to, left, right));
            }
            _ => self.statement(expression, to),
        }
        self.emitter.release_to(mark);
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

    /// Compiles expressions into registers one behind the other.
    pub(super) fn sequence<'e>(&mut self, items: impl Iterator<Item = &'e Expression>) -> (Register, u16) {
        let items: Vec<&Expression> = items.collect();
        let (first, count) = self.emitter.registers(items.len());
        for (index, item) in items.into_iter().enumerate() {
            self.expression(item, first.wrapping_add(index as Register));
        }
        (first, count)
    }

    fn format_string(&mut self, span: Span, parts: &[FormatPart], to: Register) {
        let (first, count) = self.emitter.registers(parts.len());
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
        self.emitter.emit(span, I::MakeString { to, first, count });
    }

    /// Compiles the reading of a name.
    fn name(&mut self, span: Span, name: &str, to: Register) {
        match self.resolve(span, name) {
            Some(Resolved::Local(from)) => self.emitter.emit(span, I::Move { to, from }),
            Some(Resolved::Variable(variable)) => self.emitter.emit(span, I::LoadVariable { to, variable }),
            Some(Resolved::Global(symbol)) => {
                let constant = self.emitter.constant(symbol.into());
                self.emitter.emit(span, I::LoadGlobal { to, constant });
            }
            None => {}
        }
    }

    /// Returns what a name stands for; an unknown one is a diagnostic.
    pub(super) fn resolve(&mut self, span: Span, name: &str) -> Option<Resolved> {
        let found = self.scopes.find(name).or_else(|| self.m.symbol(name).map(Resolved::Global));
        if found.is_none() {
            let similar = similar_names(name, self.scopes.names().chain(self.m.all_names()));
            let hint = match similar.first() {
                Some(best) => format!("did you mean `{best}`?"),
                None => format!("`let {name} = …` makes a variable"),
            };
            self.error(codes::UNKNOWN_NAME, span, format!("nothing is named `{name}`")).hint = Some(hint);
        }
        found
    }

    /// Returns the object with an oid; an unknown one is a diagnostic.
    pub(super) fn object_of_oid(&mut self, span: Span, oid: &str) -> Option<ObjectRef> {
        let object = Oid::parse(oid).ok().and_then(|oid| self.m.object(oid));
        if object.is_none() {
            self.error(codes::UNKNOWN_OID, span, format!("there is no object {oid}"));
        }
        object
    }

    /// Returns the object that a member names; `define` makes a symbol where there is none.
    pub(super) fn attribute(&mut self, member: &Member, define: bool) -> Option<ObjectRef> {
        match &member.kind {
            MemberKind::Oid(oid) => self.object_of_oid(member.span, oid),
            MemberKind::Name(name) if define || self.m.symbol(name).is_some() => match self.m.intern(name) {
                Ok(object) => Some(object),
                Err(error) => {
                    self.error(codes::BAD_NAME, member.span, error.to_string());
                    None
                }
            },
            MemberKind::Name(name) => {
                let similar = similar_names(name, self.m.all_names());
                let hint = similar.first().map(|best| format!("did you mean `{best}`?"));
                self.error(codes::UNKNOWN_NAME, member.span, format!("no attribute is named `{name}`"))
                    .hint = hint;
                None
            }
            MemberKind::Error => None,
        }
    }

    /// Returns the class that the language's own words `vector` and `dict` stand for, where nothing else has the name.
    pub(super) fn class_word(&self, name: &str) -> Option<ObjectRef> {
        let class = match name {
            "vector" => known::VALUE_VECTOR,
            "dict" => known::DICTIONARY,
            _ => return None,
        };
        (self.scopes.find(name).is_none() && self.m.symbol(name).is_none()).then(|| self.m.class(class))
    }

    /// Makes sure that a word can be a name.
    pub(super) fn check_name(&mut self, span: Span, name: &str) {
        if !names::is_name(name) {
            self.error(codes::BAD_NAME, span, format!("`{name}` can not be a name that is kept"));
        }
    }
}

fn binary(operator: BinaryOperator, to: Register, left: Register, right: Register) -> I {
    let operate = |operation| I::Operate { operation, to, left, right };
    let compare = |comparison| I::Compare { comparison, to, left, right };
    match operator {
        BinaryOperator::Equal => compare(Comparison::Equal),
        BinaryOperator::NotEqual => compare(Comparison::NotEqual),
        BinaryOperator::Less => compare(Comparison::Less),
        BinaryOperator::LessEqual => compare(Comparison::LessEqual),
        BinaryOperator::Greater => compare(Comparison::Greater),
        BinaryOperator::GreaterEqual => compare(Comparison::GreaterEqual),
        BinaryOperator::Union => operate(Operation::BitOr),
        BinaryOperator::Intersection => operate(Operation::BitAnd),
        BinaryOperator::Add => operate(Operation::Add),
        BinaryOperator::Subtract => operate(Operation::Subtract),
        BinaryOperator::Multiply => operate(Operation::Multiply),
        BinaryOperator::Divide => operate(Operation::Divide),
        BinaryOperator::Remainder => operate(Operation::Remainder),
    }
}
