//! From syntax tree to text, whatever has made the tree: brackets stand where precedence needs them, names that are
//! keywords stand between backticks, and the formatter does the rest.

use super::precedence::{Level, is_open, level};
use crate::syntax::Keyword;
use crate::syntax::ast::{
    Block, Class, Elements, Expression, ExpressionKind as E, Function, LogicalOperator, MatchArm, Member,
    MemberKind, Name, New, Pattern, PatternKind, Program, Target, TargetKind, UnaryOperator,
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

    fn statements(&mut self, statements: &[Expression]) {
        for (index, statement) in statements.iter().enumerate() {
            if index > 0 {
                self.end_line();
            }
            self.expression(statement, Level::Loosest);
        }
    }

    fn end_line(&mut self) {
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
            E::Try { body, catch } => {
                self.push("try ");
                self.block(body);
                self.push(" catch ");
                if let Some(catch) = catch {
                    if let Some(name) = &catch.name {
                        self.name(&name.text);
                        self.push(" ");
                    }
                    self.block(&catch.body);
                }
            }
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
    fn member(&mut self, member: &Member) {
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

    fn bind(&mut self, pattern: &Pattern, value: &Expression) {
        self.push("let ");
        self.pattern(pattern);
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

    fn do_block(&mut self, block: &Block) {
        self.push("do ");
        self.block(block);
    }

    fn block(&mut self, block: &Block) {
        match (&block.statements[..], self.formats > 0) {
            ([], _) => self.push("{}"),
            ([_], _) | (_, true) => {
                self.push("{ ");
                self.statements(&block.statements);
                self.push(" }");
            }
            (statements, false) => {
                self.push("{\n");
                self.statements(statements);
                self.push("\n}");
            }
        }
    }

    fn closure(&mut self, parameters: &[Name], body: &Expression) {
        self.push("|");
        self.names(parameters);
        self.push("| ");
        self.body(body);
    }

    /// Writes what a closure or an arm gives: a brace at its beginning opens a block there.
    fn body(&mut self, body: &Expression) {
        if let E::Block(block) = &body.kind {
            return self.block(block);
        }
        let start = self.out.len();
        self.expression(body, Level::Loosest);
        if self.out[start..].starts_with('{') {
            self.out.insert(start, '(');
            self.push(")");
        }
    }

    fn names(&mut self, names: &[Name]) {
        for (index, name) in names.iter().enumerate() {
            self.push(if index > 0 { ", " } else { "" });
            self.name(&name.text);
        }
    }

    fn function(&mut self, function: &Function) {
        self.push("fn ");
        if let Some(name) = &function.name {
            self.member(name);
        }
        self.push("(");
        self.names(&function.parameters);
        self.push(") ");
        self.block(&function.body);
    }

    fn class(&mut self, class: &Class) {
        self.push("class ");
        self.name(&class.name.text);
        if let Some(superclass) = &class.superclass {
            self.push(" : ");
            self.member(superclass);
        }
        self.push(" {");
        for (index, attribute) in class.attributes.iter().enumerate() {
            self.push(if index > 0 { ", " } else { " " });
            match &attribute.kind {
                // The keyword `fn` would begin a method.
                MemberKind::Name(name) => self.name(name),
                _ => self.member(attribute),
            }
        }
        for method in &class.methods {
            self.end_line();
            self.function(method);
        }
        self.push(if class.methods.is_empty() || self.formats > 0 { " }" } else { "\n}" });
    }

    /// Writes what stands before a block, and the block.
    fn condition(&mut self, word: &str, condition: &Expression, body: &Block) {
        self.push(word);
        self.push(" ");
        self.before_block(condition);
        self.push(" ");
        self.block(body);
    }

    fn before_block(&mut self, condition: &Expression) {
        if is_open(condition) {
            self.push("(");
            self.expression(condition, Level::Loosest);
            self.push(")");
        } else {
            self.expression(condition, Level::Loosest);
        }
    }

    fn alternative(&mut self, alternative: Option<&Expression>) {
        let Some(alternative) = alternative else { return };
        self.push(" else ");
        match &alternative.kind {
            E::Block(block) => self.block(block),
            _ => self.expression(alternative, Level::Loosest),
        }
    }

    fn loop_for(&mut self, pattern: &Pattern, sequence: &Expression, body: &Block) {
        self.push("for ");
        self.pattern(pattern);
        self.push(" in ");
        self.before_block(sequence);
        self.push(" ");
        self.block(body);
    }

    fn arms(&mut self, subject: &Expression, arms: &[MatchArm]) {
        self.push("match ");
        self.before_block(subject);
        self.push(" {");
        for arm in arms {
            self.push(if self.formats > 0 { " " } else { "\n" });
            self.pattern(&arm.pattern);
            if let Some(guard) = &arm.guard {
                self.push(" if ");
                self.before_block(guard);
            }
            self.push(" => ");
            self.body(&arm.body);
            self.push(",");
        }
        self.push(if self.formats > 0 || arms.is_empty() { " }" } else { "\n}" });
    }

    fn pattern(&mut self, pattern: &Pattern) {
        match &pattern.kind {
            PatternKind::Wildcard => self.push("_"),
            PatternKind::Bind(name) => self.name(&name.text),
            PatternKind::Literal { negative, literal } => {
                self.push(if *negative { "-" } else { "" });
                self.literal(literal);
            }
            PatternKind::Oid(oid) => self.push(oid),
            PatternKind::Instance { pattern, class } => {
                self.pattern(pattern);
                self.push(": ");
                self.member(class);
            }
            PatternKind::Tuple(patterns) => {
                self.push("[");
                self.patterns(patterns, ", ");
                self.push("]");
            }
            PatternKind::Rest(name) => {
                self.push("..");
                if let Some(name) = name {
                    self.name(&name.text);
                }
            }
            PatternKind::Alternatives(patterns) => self.patterns(patterns, " | "),
            PatternKind::Error => {}
        }
    }

    fn patterns(&mut self, patterns: &[Pattern], between: &str) {
        for (index, pattern) in patterns.iter().enumerate() {
            self.push(if index > 0 { between } else { "" });
            self.pattern(pattern);
        }
    }
}
