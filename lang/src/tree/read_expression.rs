//! What each node of an expression must hold.

use num_bigint::Sign;
use rps_runtime::Value;
use rps_runtime::value::number;

use super::mistake::{Place, bad_tree};
use super::nodes::Node;
use super::read::{At, NOWHERE, Part, Reader, Result, is_name, unwritten};
use crate::syntax::ast::{
    BinaryOperator, ChunkPart, CodeChunk, Expression, ExpressionKind as E, FormatPart, Integer, Literal,
    LogicalOperator, UnaryOperator,
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
            Node::NativeFunction => self.native_function(part),
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
}
