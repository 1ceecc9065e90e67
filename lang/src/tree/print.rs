//! From syntax tree to text, whatever has made the tree: brackets stand where precedence needs them, names that are
//! keywords stand between backticks, and the formatter does the rest.

use super::precedence::{Level, level};
use crate::syntax::Keyword;
use crate::syntax::ast::{
    Elements, Expression, ExpressionKind as E, LogicalOperator, Member, MemberKind, Name, New, Program,
    Target, TargetKind, UnaryOperator,
};

/// Returns the text of a program, not laid out.
pub(super) fn print(program: &Program) -> String {
    let mut printer = Printer::default();
    printer.statements(&program.statements);
    printer.out
}

/// Writes the text of trees.
#[derive(Default)]
pub(super) struct Printer {
    pub(super) out: String,
    /// How many f-strings are around, in which nothing goes over several lines.
    pub(super) formats: u32,
}

impl Printer {
    pub(super) fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    pub(super) fn statements(&mut self, statements: &[Expression]) {
        for (index, statement) in statements.iter().enumerate() {
            if index > 0 {
                self.end_line();
            }
            self.expression(statement, Level::Loosest);
        }
    }

    pub(super) fn end_line(&mut self) {
        self.push(if self.formats > 0 { "; " } else { "\n" });
    }

    /// Writes an expression, in brackets if it binds looser than its place asks for.
    pub(super) fn expression(&mut self, expression: &Expression, least: Level) {
        if level(expression) < least {
            self.push("(");
            self.kind(&expression.kind);
            self.push(")");
        } else {
            self.kind(&expression.kind);
        }
    }

    /// Only chooses, so that it takes little of the stack.
    fn kind(&mut self, kind: &E) {
        match kind {
            E::Literal(literal) => self.literal(literal),
            E::Name(name) => self.name_expression(name),
            E::Oid(oid) => self.push(oid),
            E::LastValue => self.push("_"),
            E::SelfValue => self.push("self"),
            E::Super => self.push("super"),
            E::Continue => self.push("continue"),
            E::FormatString(parts) => self.format_string(parts),
            E::CodeChunk(chunk) => self.chunk(chunk),
            E::Set(elements) => self.list("{", elements, "}"),
            E::Tuple(elements) => self.list("[", elements, "]"),
            // The brackets of a tree that has them are written where they are needed.
            E::Parenthesized(inner) => self.kind(&inner.kind),
            E::Attribute { receiver, attribute } => self.attribute(receiver, attribute),
            E::ComputedAttribute { receiver, attribute } => self.access(receiver, ".(", attribute, ")"),
            E::Component { receiver, index } => self.access(receiver, "[", index, "]"),
            E::Send { receiver, selector, arguments, .. } => self.send(receiver, selector, arguments),
            E::Call { callee, arguments } => self.call(callee, arguments),
            E::Unary { operator, operand } => self.unary(*operator, operand),
            E::Binary { operator, left, right, .. } => self.binary(kind, operator.as_str(), left, right),
            E::Logical { operator: LogicalOperator::And, left, right } => {
                self.binary(kind, "and", left, right);
            }
            E::Logical { operator: LogicalOperator::Or, left, right } => self.binary(kind, "or", left, right),
            E::Range { start, end } => self.range(start, end),
            E::Assign { target, value } => self.assign(target, value),
            E::Let { pattern, value } => self.bind(pattern, value),
            E::New(new) => self.new_object(new),
            E::Keep { value, name } => self.keep(value, name),
            E::Root(value) => self.word("root", Some(value)),
            E::Raise(value) => self.word("raise", Some(value)),
            E::Return(value) => self.word("return", value.as_deref()),
            E::Break(value) => self.word("break", value.as_deref()),
            E::InSpace(space) => self.in_space(space),
            E::Block(block) => self.do_block(block),
            E::Closure(closure) => self.closure(&closure.parameters, &closure.body),
            E::Function(function) => self.function(function),
            E::Class(class) => self.class(class),
            E::If { condition, consequence, alternative } => {
                self.condition("if", condition, consequence);
                self.alternative(alternative.as_deref());
            }
            E::While { condition, body } => self.condition("while", condition, body),
            E::For { pattern, sequence, body } => self.loop_for(pattern, sequence, body),
            E::Match { subject, arms } => self.arms(subject, arms),
            E::Try { body, catch } => self.try_catch(body, catch.as_deref()),
            E::Error => {}
        }
    }

    /// Writes a name where a keyword would be read as one.
    pub(super) fn name(&mut self, name: &str) {
        if Keyword::from_text(name).is_some() {
            self.push("`");
            self.push(name);
            self.push("`");
        } else {
            self.push(name);
        }
    }

    fn name_expression(&mut self, name: &str) {
        if name == "class" { self.push(name) } else { self.name(name) }
    }

    /// Writes what names an attribute, a selector or a class, where a keyword is a name.
    pub(super) fn member(&mut self, member: &Member) {
        if let MemberKind::Name(text) | MemberKind::Oid(text) = &member.kind {
            self.push(text);
        }
    }

    fn list(&mut self, open: &str, elements: &[Expression], close: &str) {
        self.push(open);
        for (index, element) in elements.iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            self.expression(element, Level::Loosest);
        }
        self.push(close);
    }

    fn attribute(&mut self, receiver: &Expression, attribute: &Member) {
        self.expression(receiver, Level::Postfix);
        self.push(".");
        self.member(attribute);
    }

    fn access(&mut self, receiver: &Expression, open: &str, index: &Expression, close: &str) {
        self.expression(receiver, Level::Postfix);
        self.push(open);
        self.expression(index, Level::Loosest);
        self.push(close);
    }

    fn send(&mut self, receiver: &Expression, selector: &Member, arguments: &[Expression]) {
        self.attribute(receiver, selector);
        self.list("(", arguments, ")");
    }

    fn call(&mut self, callee: &Expression, arguments: &[Expression]) {
        // `e.name(…)` would be a send.
        if matches!(callee.kind, E::Attribute { .. }) {
            self.push("(");
            self.expression(callee, Level::Loosest);
            self.push(")");
        } else {
            self.expression(callee, Level::Postfix);
        }
        self.list("(", arguments, ")");
    }

    fn unary(&mut self, operator: UnaryOperator, operand: &Expression) {
        match operator {
            UnaryOperator::Not => {
                self.push("not ");
                self.expression(operand, Level::Comparison);
            }
            UnaryOperator::Negate => {
                self.push("-");
                self.expression(operand, Level::Unary);
            }
        }
    }

    fn binary(&mut self, kind: &E, operator: &str, left: &Expression, right: &Expression) {
        let own = super::precedence::level_of(kind);
        self.expression(left, if own == Level::Comparison { own.tighter() } else { own });
        self.push(" ");
        self.push(operator);
        self.push(" ");
        self.expression(right, own.tighter());
    }

    fn range(&mut self, start: &Expression, end: &Expression) {
        self.expression(start, Level::Union);
        self.push("..");
        self.expression(end, Level::Union);
    }

    fn assign(&mut self, target: &Target, value: &Expression) {
        match &target.kind {
            TargetKind::Name(name) => self.name(name),
            TargetKind::Attribute { receiver, attribute } => self.attribute(receiver, attribute),
            TargetKind::ComputedAttribute { receiver, attribute } => {
                self.access(receiver, ".(", attribute, ")");
            }
            TargetKind::Component { receiver, index } => self.access(receiver, "[", index, "]"),
            TargetKind::Error(_) => {}
        }
        self.push(" = ");
        self.expression(value, Level::Loosest);
    }

    fn new_object(&mut self, new: &New) {
        self.push("new ");
        if matches!(new.class.kind, E::Name(_) | E::Oid(_) | E::SelfValue) {
            self.expression(&new.class, Level::Loosest);
        } else {
            self.push("(");
            self.expression(&new.class, Level::Loosest);
            self.push(")");
        }
        match &new.elements {
            // With braces, or what follows might be taken for a part of it.
            Elements::None => self.push(" {}"),
            Elements::Attributes(initializers) => {
                self.push(" { ");
                for (index, one) in initializers.iter().enumerate() {
                    self.push(if index > 0 { ", " } else { "" });
                    self.member(&one.attribute);
                    self.push(": ");
                    self.expression(&one.value, Level::Loosest);
                }
                self.push(" }");
            }
            Elements::Components(components) => self.list(" [", components, "]"),
            Elements::Entries(entries) => {
                self.push(" [");
                for (index, (key, value)) in entries.iter().enumerate() {
                    self.push(if index > 0 { ", " } else { "" });
                    self.expression(key, Level::Loosest);
                    self.push(": ");
                    self.expression(value, Level::Loosest);
                }
                self.push("]");
            }
        }
    }

    fn keep(&mut self, value: &Expression, name: &Name) {
        self.push("keep ");
        self.expression(value, Level::Loosest);
        self.push(" as ");
        self.name(&name.text);
    }

    fn word(&mut self, word: &str, value: Option<&Expression>) {
        self.push(word);
        if let Some(value) = value {
            self.push(" ");
            self.expression(value, Level::Loosest);
        }
    }

    fn in_space(&mut self, space: &Member) {
        self.push("in ");
        self.member(space);
    }
}
