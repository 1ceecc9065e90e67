//! Printing a tree as S-expressions, one line a statement: for tests and for looking at what was understood.

use std::fmt::{self, Write};

use super::{
    Block, ChunkPart, Elements, Expression, ExpressionKind, FormatPart, Function, Literal, LogicalOperator,
    Member, MemberKind, Name, Pattern, PatternKind, Program, Target, TargetKind, TypeName, UnaryOperator,
};
use crate::syntax::Span;

/// Returns `program` as S-expressions, a line for each statement; `spans` adds `@start..end` to every
/// expression.
#[must_use]
pub fn to_sexpr(program: &Program, spans: bool) -> String {
    let mut printer = Printer { out: String::new(), spans };
    for statement in &program.statements {
        // Writing into a String cannot fail.
        let _ = printer.expression(statement);
        printer.out.push('\n');
    }
    printer.out
}

struct Printer {
    out: String,
    spans: bool,
}

impl Printer {
    fn expression(&mut self, expression: &Expression) -> fmt::Result {
        self.kind(&expression.kind)?;
        self.span(expression.span)
    }

    fn kind(&mut self, kind: &ExpressionKind) -> fmt::Result {
        use ExpressionKind as Kind;
        match kind {
            Kind::Literal(literal) => self.literal(literal),
            Kind::Name(name) | Kind::Oid(name) => self.out.write_str(name),
            Kind::LastValue => self.out.write_str("_"),
            Kind::SelfValue => self.out.write_str("self"),
            Kind::Super => self.out.write_str("super"),
            Kind::Continue => self.out.write_str("(continue)"),
            Kind::Error => self.out.write_str("<error>"),
            Kind::FormatString(parts) => self.format_string(parts),
            Kind::CodeChunk(chunk) => self.chunk(&chunk.tag, &chunk.parts),
            Kind::Set(elements) => self.list("set", elements),
            Kind::Tuple(elements) => self.list("tuple", elements),
            Kind::Parenthesized(inner) => self.list("paren", [&**inner]),
            Kind::Attribute { receiver, attribute } => {
                self.open("attribute", [&**receiver])?;
                self.close_with(attribute)
            }
            Kind::ComputedAttribute { receiver, attribute } => {
                self.list("computed-attribute", [&**receiver, attribute])
            }
            Kind::Component { receiver, index } => self.list("component", [&**receiver, index]),
            Kind::Send { receiver, selector, arguments, arrow } => {
                self.open(if *arrow { "=>" } else { "send" }, [&**receiver])?;
                self.out.push(' ');
                self.member(selector)?;
                self.rest(arguments)
            }
            Kind::Call { callee, arguments } => {
                self.open("call", [&**callee])?;
                self.rest(arguments)
            }
            Kind::Unary { operator: UnaryOperator::Negate, operand } => self.list("neg", [&**operand]),
            Kind::Unary { operator: UnaryOperator::Not, operand } => self.list("not", [&**operand]),
            Kind::Binary { operator, left, right, .. } => self.list(operator.as_str(), [&**left, right]),
            Kind::Logical { operator: LogicalOperator::And, left, right } => {
                self.list("and", [&**left, right])
            }
            Kind::Logical { operator: LogicalOperator::Or, left, right } => self.list("or", [&**left, right]),
            Kind::Range { start, end } => self.list("range", [&**start, end]),
            _ => self.statement(kind),
        }
    }

    fn statement(&mut self, kind: &ExpressionKind) -> fmt::Result {
        use ExpressionKind as Kind;
        match kind {
            Kind::Assign { target, value } => {
                self.out.write_str("(= ")?;
                self.target(target)?;
                self.rest([&**value])
            }
            Kind::Let { pattern, value } => {
                self.out.write_str("(let ")?;
                self.pattern(pattern)?;
                self.rest([&**value])
            }
            Kind::New(new) => {
                self.open("new", [&new.class])?;
                self.elements(&new.elements)
            }
            Kind::Keep { value, name } => {
                self.open("keep", [&**value])?;
                write!(self.out, " {})", shown(name))
            }
            Kind::Root(value) => self.list("root", [&**value]),
            Kind::InSpace(space) => {
                self.out.write_str("(in")?;
                self.close_with(space)
            }
            Kind::Block(block) => self.block(block),
            Kind::Closure(closure) => {
                self.out.write_str("(closure ")?;
                self.parameters(&closure.parameters)?;
                self.rest([&*closure.body])
            }
            Kind::Function(function) => self.function(function),
            Kind::Class(class) => {
                write!(self.out, "(class {}", shown(&class.name))?;
                if let Some(superclass) = &class.superclass {
                    self.out.write_str(" : ")?;
                    self.member(superclass)?;
                }
                for attribute in &class.attributes {
                    self.out.push(' ');
                    self.member(attribute)?;
                }
                for method in &class.methods {
                    self.out.push(' ');
                    self.function(method)?;
                }
                self.out.write_char(')')
            }
            _ => self.control(kind),
        }
    }

    fn control(&mut self, kind: &ExpressionKind) -> fmt::Result {
        use ExpressionKind as Kind;
        match kind {
            Kind::If { condition, consequence, alternative } => {
                self.open("if", [&**condition])?;
                self.out.push(' ');
                self.block(consequence)?;
                self.rest(alternative.as_deref())
            }
            Kind::While { condition, body } => {
                self.open("while", [&**condition])?;
                self.out.push(' ');
                self.block(body)?;
                self.out.write_char(')')
            }
            Kind::For { pattern, sequence, body } => {
                self.out.write_str("(for ")?;
                self.pattern(pattern)?;
                self.out.push(' ');
                self.expression(sequence)?;
                self.out.push(' ');
                self.block(body)?;
                self.out.write_char(')')
            }
            Kind::Match { subject, arms } => {
                self.open("match", [&**subject])?;
                for arm in arms {
                    self.out.write_str(" (")?;
                    self.pattern(&arm.pattern)?;
                    if let Some(guard) = &arm.guard {
                        self.out.write_str(" if ")?;
                        self.expression(guard)?;
                    }
                    self.rest([&arm.body])?;
                }
                self.out.write_char(')')
            }
            Kind::Try { body, catch } => {
                self.out.write_str("(try ")?;
                self.block(body)?;
                if let Some(catch) = catch {
                    self.out.write_str(" (catch ")?;
                    if let Some(name) = &catch.name {
                        write!(self.out, "{} ", shown(name))?;
                    }
                    self.block(&catch.body)?;
                    self.out.push(')');
                }
                self.out.write_char(')')
            }
            Kind::Raise(value) => self.list("raise", [&**value]),
            Kind::Return(value) => self.list("return", value.as_deref()),
            Kind::Break(value) => self.list("break", value.as_deref()),
            _ => self.out.write_str("?"),
        }
    }

    fn literal(&mut self, literal: &Literal) -> fmt::Result {
        match literal {
            Literal::Nil => self.out.write_str("nil"),
            Literal::Boolean(value) => write!(self.out, "{value}"),
            Literal::Integer(integer) => {
                let prefix = match integer.radix {
                    2 => "0b",
                    8 => "0o",
                    16 => "0x",
                    _ => "",
                };
                write!(self.out, "{prefix}{}", integer.digits)
            }
            Literal::Double(value) => write!(self.out, "{value:?}"),
            Literal::String(text) => write!(self.out, "{text:?}"),
        }
    }

    fn format_string(&mut self, parts: &[FormatPart]) -> fmt::Result {
        self.out.write_str("(format")?;
        for part in parts {
            self.out.push(' ');
            match part {
                FormatPart::Text { text, .. } => write!(self.out, "{text:?}")?,
                FormatPart::Value(value) => self.expression(value)?,
            }
        }
        self.out.write_char(')')
    }

    fn chunk(&mut self, tag: &str, parts: &[ChunkPart]) -> fmt::Result {
        write!(self.out, "(chunk{}{tag}", if tag.is_empty() { "" } else { " #" })?;
        for part in parts {
            match part {
                ChunkPart::Text(text) => write!(self.out, " {text:?}")?,
                ChunkPart::Variable { name, .. } => write!(self.out, " ${name}")?,
            }
        }
        self.out.write_char(')')
    }

    fn elements(&mut self, elements: &Elements) -> fmt::Result {
        match elements {
            Elements::None => {}
            Elements::Attributes(initializers) => {
                self.out.write_str(" {")?;
                for (index, initializer) in initializers.iter().enumerate() {
                    self.out.write_str(if index == 0 { "" } else { " " })?;
                    self.member(&initializer.attribute)?;
                    self.out.write_str(": ")?;
                    self.expression(&initializer.value)?;
                }
                self.out.push('}');
            }
            Elements::Components(components) => {
                self.out.write_str(" [")?;
                for (index, component) in components.iter().enumerate() {
                    self.out.write_str(if index == 0 { "" } else { " " })?;
                    self.expression(component)?;
                }
                self.out.push(']');
            }
            Elements::Entries(entries) => {
                self.out.write_str(" [")?;
                for (index, (key, value)) in entries.iter().enumerate() {
                    self.out.write_str(if index == 0 { "" } else { " " })?;
                    self.expression(key)?;
                    self.out.write_str(": ")?;
                    self.expression(value)?;
                }
                self.out.push(']');
            }
        }
        self.out.write_char(')')
    }

    fn target(&mut self, target: &Target) -> fmt::Result {
        match &target.kind {
            TargetKind::Name(name) => self.out.write_str(name)?,
            TargetKind::Attribute { receiver, attribute } => {
                self.open("attribute", [&**receiver])?;
                self.close_with(attribute)?;
            }
            TargetKind::ComputedAttribute { receiver, attribute } => {
                self.list("computed-attribute", [&**receiver, attribute])?;
            }
            TargetKind::Component { receiver, index } => self.list("component", [&**receiver, index])?,
            TargetKind::Error(expression) => self.list("<error>", [&**expression])?,
        }
        self.span(target.span)
    }

    fn pattern(&mut self, pattern: &Pattern) -> fmt::Result {
        match &pattern.kind {
            PatternKind::Wildcard => self.out.write_str("_")?,
            PatternKind::Bind(name) => self.out.write_str(shown(name))?,
            PatternKind::Literal { negative, literal } => {
                self.out.write_str(if *negative { "-" } else { "" })?;
                self.literal(literal)?;
            }
            PatternKind::Oid(oid) => self.out.write_str(oid)?,
            PatternKind::Instance { pattern, class } => {
                self.out.write_str("(: ")?;
                self.pattern(pattern)?;
                self.close_with(class)?;
            }
            PatternKind::Tuple(patterns) => self.patterns("tuple", patterns)?,
            PatternKind::Alternatives(patterns) => self.patterns("|", patterns)?,
            PatternKind::Rest(name) => write!(self.out, "..{}", name.as_ref().map_or("", shown))?,
            PatternKind::Error => self.out.write_str("<error>")?,
        }
        self.span(pattern.span)
    }

    fn patterns(&mut self, head: &str, patterns: &[Pattern]) -> fmt::Result {
        write!(self.out, "({head}")?;
        for pattern in patterns {
            self.out.push(' ');
            self.pattern(pattern)?;
        }
        self.out.write_char(')')
    }

    fn function(&mut self, function: &Function) -> fmt::Result {
        self.out.write_str(if function.native.is_some() { "(native-fn " } else { "(fn " })?;
        if let Some(name) = &function.name {
            self.member(name)?;
            self.out.push(' ');
        }
        match &function.native {
            None => self.parameters(&function.parameters)?,
            Some(types) => {
                let pairs = function.parameters.iter().zip(&types.parameters);
                let pairs: Vec<String> =
                    pairs.map(|(name, ty)| format!("(: {} {})", shown(name), written(ty))).collect();
                let result = types.result.as_ref().map_or_else(|| "nil".to_owned(), written);
                write!(self.out, "({}) {result}", pairs.join(" "))?;
            }
        }
        self.out.push(' ');
        self.block(&function.body)?;
        self.out.write_char(')')
    }

    fn block(&mut self, block: &Block) -> fmt::Result {
        self.list("do", &block.statements)
    }

    fn parameters(&mut self, parameters: &[Name]) -> fmt::Result {
        let names: Vec<&str> = parameters.iter().map(shown).collect();
        write!(self.out, "({})", names.join(" "))
    }

    fn member(&mut self, member: &Member) -> fmt::Result {
        match &member.kind {
            MemberKind::Name(text) | MemberKind::Oid(text) => self.out.write_str(text),
            MemberKind::Error => self.out.write_str("<error>"),
        }
    }

    fn close_with(&mut self, member: &Member) -> fmt::Result {
        self.out.push(' ');
        self.member(member)?;
        self.out.write_char(')')
    }

    fn list<'tree>(
        &mut self,
        head: &str,
        expressions: impl IntoIterator<Item = &'tree Expression>,
    ) -> fmt::Result {
        self.open(head, expressions)?;
        self.out.write_char(')')
    }

    fn open<'tree>(
        &mut self,
        head: &str,
        expressions: impl IntoIterator<Item = &'tree Expression>,
    ) -> fmt::Result {
        write!(self.out, "({head}")?;
        for expression in expressions {
            self.out.push(' ');
            self.expression(expression)?;
        }
        Ok(())
    }

    fn rest<'tree>(&mut self, expressions: impl IntoIterator<Item = &'tree Expression>) -> fmt::Result {
        self.list_tail(expressions)?;
        self.out.write_char(')')
    }

    fn list_tail<'tree>(&mut self, expressions: impl IntoIterator<Item = &'tree Expression>) -> fmt::Result {
        for expression in expressions {
            self.out.push(' ');
            self.expression(expression)?;
        }
        Ok(())
    }

    fn span(&mut self, span: Span) -> fmt::Result {
        if self.spans { write!(self.out, "@{span:?}") } else { Ok(()) }
    }
}

fn written(ty: &TypeName) -> String {
    if ty.text.is_empty() { "<error>".to_owned() } else { ty.to_string() }
}

fn shown(name: &Name) -> &str {
    if name.text.is_empty() { "<error>" } else { &name.text }
}
