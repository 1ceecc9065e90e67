//! What each node of an expression must hold.

use num_bigint::Sign;
use rps_runtime::Value;
use rps_runtime::value::number;

use super::mistake::{Place, bad_tree};
use super::nodes::Node;
use super::read::{At, NOWHERE, Part, Reader, Result, is_name, unwritten};
use crate::syntax::ast::{
    BinaryOperator, Catch, ChunkPart, Class, Closure, CodeChunk, Elements, Expression, ExpressionKind as E,
    FormatPart, Function, Initializer, Integer, Literal, LogicalOperator, MatchArm, New, Target, TargetKind,
    UnaryOperator,
};

const EXPRESSION: &str = "an expression";

impl Reader<'_, '_> {
    pub(super) fn expression(&mut self, value: Value, place: Place, at: At) -> Result<Expression> {
        self.nested(value, place, EXPRESSION, |reader, part| {
            reader.check_place(part, place, at)?;
            reader.kind(part, place).map(unwritten)
        })
    }

    /// What stands in some places only: statements, and the receiver `super`.
    fn check_place(&mut self, part: Part, place: Place, at: At) -> Result<()> {
        let message = match part.node {
            Node::Let | Node::InSpace if at != At::Statement => "stands among the statements of a block only",
            Node::Super if at != At::Receiver => "is the receiver of a send only",
            _ => return Ok(()),
        };
        Err(bad_tree(format!("{place}: a `{}` {message}", part.node.name()), None))
    }

    /// Only chooses, so that it takes little of the stack.
    fn kind(&mut self, part: Part, place: Place) -> Result<E> {
        match part.node {
            Node::Literal => self.literal(part),
            Node::Name => self.name_expression(part),
            Node::Oid => self.oid_expression(part),
            Node::LastValue => Ok(E::LastValue),
            Node::SelfValue => Ok(E::SelfValue),
            Node::Super => Ok(E::Super),
            Node::Continue => Ok(E::Continue),
            Node::FormatString => self.format_string(part),
            Node::CodeChunk => self.chunk(part),
            Node::Set | Node::Tuple => self.collection(part),
            Node::Attribute | Node::ComputedAttribute | Node::Component => self.access(part),
            Node::Send => self.send(part),
            Node::Call => self.call(part),
            Node::Unary => self.unary(part),
            Node::Binary => self.binary(part),
            Node::Logical => self.logical(part),
            Node::Range => self.range(part),
            Node::Assign => self.assign(part),
            Node::Let => self.bind(part),
            Node::New => self.new_object(part),
            Node::Keep => self.keep(part),
            Node::Root | Node::Raise | Node::Return | Node::Break => self.single(part),
            Node::InSpace => self.in_space(part),
            Node::Block => self.block_expression(part),
            Node::Closure => self.closure(part),
            Node::Function => self.function_expression(part),
            Node::Class => self.class(part),
            Node::If => self.condition(part),
            Node::While | Node::For => self.iteration(part),
            Node::Match => self.choice(part),
            Node::Try => self.try_catch(part),
            _ => self.no_expression(part, place),
        }
    }

    fn no_expression(&mut self, part: Part, place: Place) -> Result<E> {
        Err(bad_tree(format!("{place} must be {EXPRESSION}, not a `{}`", part.node.name()), None))
    }

    fn literal(&mut self, part: Part) -> Result<E> {
        let (value, place) = self.attribute(part, "value")?;
        let (negative, literal) = self.literal_of(value, place)?;
        let positive = E::Literal(literal);
        Ok(if negative {
            E::Unary { operator: UnaryOperator::Negate, operand: Box::new(unwritten(positive)) }
        } else {
            positive
        })
    }

    /// Returns the literal of a value, and whether a minus stands before it.
    pub(super) fn literal_of(&mut self, value: Value, place: Place) -> Result<(bool, Literal)> {
        if let Some(integer) = number::to_bigint(value) {
            let negative = integer.sign() == Sign::Minus;
            let digits = integer.magnitude().to_string().into();
            return Ok((negative, Literal::Integer(Integer { radix: 10, digits })));
        }
        if let Some(double) = value.as_double().filter(|double| double.is_finite()) {
            return Ok((double.is_sign_negative(), Literal::Double(double.abs())));
        }
        if value.as_string().is_some() {
            return Ok((false, Literal::String(self.text_of(value, place)?)));
        }
        match value.as_bool() {
            Some(truth) => Ok((false, Literal::Boolean(truth))),
            None if value.is_nil() => Ok((false, Literal::Nil)),
            None => Err(self.unexpected(place, value, "nil, a boolean, a finite number or a string")),
        }
    }

    fn name_expression(&mut self, part: Part) -> Result<E> {
        Ok(E::Name(self.name(part, "name")?.text))
    }

    fn oid_expression(&mut self, part: Part) -> Result<E> {
        self.oid(part).map(E::Oid)
    }

    fn format_string(&mut self, part: Part) -> Result<E> {
        let expected = "a tuple of strings and expressions";
        let parts = self.each(part, "parts", expected, |reader, value, place| {
            if value.as_string().is_some() {
                let text = reader.text_of(value, place)?;
                return Ok(FormatPart::Text { span: NOWHERE, text });
            }
            reader.expression(value, place, At::Operand).map(FormatPart::Value)
        })?;
        Ok(E::FormatString(parts))
    }

    fn chunk(&mut self, part: Part) -> Result<E> {
        let (value, place) = self.attribute(part, "tag")?;
        let tag = self.text_of(value, place)?;
        if !tag.is_empty() && !is_name(&tag) {
            return Err(self.unexpected(place, value, "a word or an empty string"));
        }
        let parts = self.each(part, "parts", "a tuple of strings and names", |reader, value, place| {
            if value.as_string().is_some() {
                return reader.text_of(value, place).map(ChunkPart::Text);
            }
            let expected = "a string or a `code_name`";
            let name = reader.nested(value, place, expected, |reader, part| match part.node {
                Node::Name => reader.name(part, "name"),
                _ => Err(reader.unexpected(place, value, expected)),
            })?;
            Ok(ChunkPart::Variable { span: NOWHERE, name: name.text })
        })?;
        let place = Place { node: part.node.name(), attribute: "parts", index: None };
        let closing = format!("}}{tag}#");
        let mut merged: Vec<ChunkPart> = Vec::with_capacity(parts.len());
        for one in parts {
            match (merged.last_mut(), one) {
                (Some(ChunkPart::Text(before)), ChunkPart::Text(text)) => {
                    *before = format!("{before}{text}").into();
                }
                (_, one) => merged.push(one),
            }
        }
        let fits = |part: &ChunkPart| match part {
            ChunkPart::Text(text) => !text.contains(&closing) && !text.contains("\r\n"),
            ChunkPart::Variable { name, .. } => !name.contains('$'),
        };
        if !merged.iter().all(fits) {
            let message = format!("{place} can not be written between `#{tag}{{` and `{closing}`");
            return Err(bad_tree(message, None));
        }
        let parts = merged;
        Ok(E::CodeChunk(CodeChunk { tag, parts }))
    }

    fn collection(&mut self, part: Part) -> Result<E> {
        let elements = self.operands(part, "elements")?;
        Ok(if part.node == Node::Set { E::Set(elements) } else { E::Tuple(elements) })
    }

    fn access(&mut self, part: Part) -> Result<E> {
        let receiver = self.receiver(part)?;
        Ok(match part.node {
            Node::Attribute => E::Attribute { receiver, attribute: self.member(part, "attribute")? },
            Node::Component => E::Component { receiver, index: self.boxed(part, "index")? },
            _ => E::ComputedAttribute { receiver, attribute: self.boxed(part, "attribute")? },
        })
    }

    fn send(&mut self, part: Part) -> Result<E> {
        let receiver = self.receiver(part)?;
        let selector = self.member(part, "selector")?;
        let arguments = self.operands(part, "arguments")?;
        Ok(E::Send { receiver, selector, arguments, arrow: false })
    }

    fn call(&mut self, part: Part) -> Result<E> {
        let callee = self.boxed(part, "callee")?;
        Ok(E::Call { callee, arguments: self.operands(part, "arguments")? })
    }

    fn unary(&mut self, part: Part) -> Result<E> {
        let (value, place) = self.attribute(part, "operator")?;
        let operator = match value.as_string().map(|text| text.as_str()) {
            Some("-") => UnaryOperator::Negate,
            Some("not" | "!") => UnaryOperator::Not,
            _ => return Err(self.unexpected(place, value, "\"-\" or \"not\"")),
        };
        Ok(E::Unary { operator, operand: self.boxed(part, "operand")? })
    }

    fn binary(&mut self, part: Part) -> Result<E> {
        use BinaryOperator as B;
        let (value, place) = self.attribute(part, "operator")?;
        let operators = [
            B::Equal,
            B::NotEqual,
            B::Less,
            B::LessEqual,
            B::Greater,
            B::GreaterEqual,
            B::Union,
            B::Intersection,
            B::Add,
            B::Subtract,
            B::Multiply,
            B::Divide,
            B::Remainder,
        ];
        let written = value.as_string().map(|text| text.as_str());
        let Some(operator) = operators.into_iter().find(|one| Some(one.as_str()) == written) else {
            let all: Vec<&str> = operators.iter().map(|one| one.as_str()).collect();
            return Err(self.unexpected(place, value, &format!("one of {}, as a string", all.join(" "))));
        };
        let left = self.boxed(part, "left")?;
        let right = self.boxed(part, "right")?;
        Ok(E::Binary { operator, operator_span: NOWHERE, left, right })
    }

    fn logical(&mut self, part: Part) -> Result<E> {
        let (value, place) = self.attribute(part, "operator")?;
        let operator = match value.as_string().map(|text| text.as_str()) {
            Some("and" | "&&") => LogicalOperator::And,
            Some("or" | "||") => LogicalOperator::Or,
            _ => return Err(self.unexpected(place, value, "\"and\" or \"or\"")),
        };
        let left = self.boxed(part, "left")?;
        Ok(E::Logical { operator, left, right: self.boxed(part, "right")? })
    }

    fn range(&mut self, part: Part) -> Result<E> {
        let start = self.boxed(part, "start")?;
        Ok(E::Range { start, end: self.boxed(part, "end")? })
    }

    fn assign(&mut self, part: Part) -> Result<E> {
        let (value, place) = self.attribute(part, "target")?;
        let kind = match self.operand(part, "target")?.kind {
            E::Name(name) => TargetKind::Name(name),
            E::Attribute { receiver, attribute } => TargetKind::Attribute { receiver, attribute },
            E::ComputedAttribute { receiver, attribute } => {
                TargetKind::ComputedAttribute { receiver, attribute }
            }
            E::Component { receiver, index } => TargetKind::Component { receiver, index },
            _ => {
                let expected = "a `code_name`, an attribute or a component";
                return Err(self.unexpected(place, value, expected));
            }
        };
        let value = self.boxed(part, "value")?;
        Ok(E::Assign { target: Target { span: NOWHERE, kind }, value })
    }

    fn bind(&mut self, part: Part) -> Result<E> {
        let pattern = self.pattern(part)?;
        Ok(E::Let { pattern, value: self.boxed(part, "value")? })
    }

    fn new_object(&mut self, part: Part) -> Result<E> {
        let class = self.operand(part, "of_class")?;
        enum One {
            Attribute(Initializer),
            Component(Expression),
            Entry(Expression, Expression),
        }
        let expected = "a tuple of `code_initializer`s, of `code_entry`s or of expressions";
        let place = self.attribute(part, "elements")?.1;
        let all =
            self.each(part, "elements", expected, |reader, value, place| {
                match super::words::node_of(reader.m, value) {
                    Some(Node::Initializer) => reader.nested(value, place, EXPRESSION, |reader, part| {
                        let attribute = reader.member(part, "attribute")?;
                        Ok(One::Attribute(Initializer { attribute, value: reader.operand(part, "value")? }))
                    }),
                    Some(Node::Entry) => reader.nested(value, place, EXPRESSION, |reader, part| {
                        let key = reader.operand(part, "key")?;
                        Ok(One::Entry(key, reader.operand(part, "value")?))
                    }),
                    _ => reader.expression(value, place, At::Operand).map(One::Component),
                }
            })?;
        let (mut attributes, mut components, mut entries) = (Vec::new(), Vec::new(), Vec::new());
        let count = all.len();
        for one in all {
            match one {
                One::Attribute(attribute) => attributes.push(attribute),
                One::Component(component) => components.push(component),
                One::Entry(key, value) => entries.push((key, value)),
            }
        }
        let elements = if attributes.len() == count {
            Elements::Attributes(attributes)
        } else if components.len() == count {
            Elements::Components(components)
        } else if entries.len() == count {
            Elements::Entries(entries)
        } else {
            let message =
                format!("{place} must be of one kind: `code_initializer`s, `code_entry`s or expressions");
            return Err(bad_tree(message, None));
        };
        Ok(E::New(Box::new(New { class, elements })))
    }

    fn keep(&mut self, part: Part) -> Result<E> {
        let value = self.boxed(part, "value")?;
        Ok(E::Keep { value, name: self.name(part, "name")? })
    }

    fn single(&mut self, part: Part) -> Result<E> {
        Ok(match part.node {
            Node::Root => E::Root(self.boxed(part, "value")?),
            Node::Raise => E::Raise(self.boxed(part, "value")?),
            Node::Return => E::Return(self.optional(part, "value")?),
            _ => E::Break(self.optional(part, "value")?),
        })
    }

    fn in_space(&mut self, part: Part) -> Result<E> {
        self.member(part, "name").map(E::InSpace)
    }

    fn block_expression(&mut self, part: Part) -> Result<E> {
        self.block_of(part).map(E::Block)
    }

    fn closure(&mut self, part: Part) -> Result<E> {
        let parameters = self.names(part, "parameters")?;
        let body = self.boxed(part, "body")?;
        Ok(E::Closure(Closure { parameters, body }))
    }

    fn function_expression(&mut self, part: Part) -> Result<E> {
        self.function(part).map(|function| E::Function(Box::new(function)))
    }

    fn function(&mut self, part: Part) -> Result<Function> {
        let name = self.optional_member(part, "name")?;
        let parameters = self.names(part, "parameters")?;
        let body = self.block(part, "body")?;
        Ok(Function { span: NOWHERE, name, parameters, body })
    }

    fn method(&mut self, part: Part, place: Place) -> Result<Function> {
        let method = self.function(part)?;
        if method.name.is_none() {
            return Err(bad_tree(format!("{place} is a method, and has no name"), None));
        }
        Ok(method)
    }

    fn class(&mut self, part: Part) -> Result<E> {
        let name = self.name(part, "name")?;
        let superclass = self.optional_member(part, "superclass")?;
        let attributes = self.each(part, "attributes", "a tuple of names", |reader, value, place| {
            reader.member_of(value, place)
        })?;
        let methods = self.each(part, "methods", "a tuple of `code_function`s", |reader, value, place| {
            reader.nested(value, place, "a `code_function`", |reader, part| match part.node {
                Node::Function => reader.method(part, place),
                _ => Err(reader.unexpected(place, value, "a `code_function`")),
            })
        })?;
        Ok(E::Class(Box::new(Class { name, superclass, attributes, methods })))
    }

    fn condition(&mut self, part: Part) -> Result<E> {
        let condition = self.boxed(part, "condition")?;
        let consequence = self.block(part, "consequence")?;
        let alternative = self.optional(part, "alternative")?;
        if alternative.as_ref().is_some_and(|other| !matches!(other.kind, E::Block(_) | E::If { .. })) {
            let (value, place) = self.attribute(part, "alternative")?;
            return Err(self.unexpected(place, value, "a `code_block`, a `code_if` or nil"));
        }
        Ok(E::If { condition, consequence, alternative })
    }

    fn iteration(&mut self, part: Part) -> Result<E> {
        if part.node == Node::While {
            let condition = self.boxed(part, "condition")?;
            return Ok(E::While { condition, body: self.block(part, "body")? });
        }
        let pattern = self.pattern(part)?;
        let sequence = self.boxed(part, "sequence")?;
        Ok(E::For { pattern, sequence, body: self.block(part, "body")? })
    }

    fn choice(&mut self, part: Part) -> Result<E> {
        let subject = self.boxed(part, "subject")?;
        let arms = self.each(part, "arms", "a tuple of `code_arm`s", |reader, value, place| {
            reader.nested(value, place, "a `code_arm`", |reader, part| match part.node {
                Node::Arm => reader.arm(part),
                _ => Err(reader.unexpected(place, value, "a `code_arm`")),
            })
        })?;
        Ok(E::Match { subject, arms })
    }

    fn arm(&mut self, part: Part) -> Result<MatchArm> {
        let pattern = self.pattern(part)?;
        let guard = self.optional(part, "guard")?.map(|guard| *guard);
        Ok(MatchArm { span: NOWHERE, pattern, guard, body: self.operand(part, "body")? })
    }

    fn try_catch(&mut self, part: Part) -> Result<E> {
        let body = self.block(part, "body")?;
        let (value, place) = self.attribute(part, "catch")?;
        let catch = self.nested(value, place, "a `code_catch`", |reader, part| {
            if part.node != Node::Catch {
                return Err(reader.unexpected(place, value, "a `code_catch`"));
            }
            let name = reader.optional_name(part, "name")?;
            Ok(Box::new(Catch { name, body: reader.block(part, "body")? }))
        })?;
        Ok(E::Try { body, catch: Some(catch) })
    }
}
