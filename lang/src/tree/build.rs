//! From syntax tree to values: immutable instances, so that equal programs are equal values.
//!
//! Parentheses and positions are not kept, nor is how a number or a send is written. Each kind of node has a small
//! function of its own, and what chooses between them has no variables: trees are deep, and stacks are not.

use num_bigint::BigInt;
use rps_runtime::value::{InstanceRef, TupleRef, number};
use rps_runtime::{Mutator, RuntimeError, Value};

use super::nodes::{MAX_ATTRIBUTES, Node};
use super::words::Keys;
use crate::syntax::ast::{
    ChunkPart, CodeChunk, Expression, ExpressionKind as E, FormatPart, Literal, LogicalOperator, Member,
    MemberKind, Name, Program, UnaryOperator,
};

pub(super) type Result = std::result::Result<Value, RuntimeError>;

/// Makes values of a syntax tree without errors.
pub(super) struct Builder<'b, 'r> {
    pub(super) m: &'b Mutator<'r>,
    pub(super) keys: &'b Keys,
}

impl Builder<'_, '_> {
    /// Returns the tree of a text: of its one expression, or of all of it.
    pub(super) fn program(&self, program: &Program) -> Result {
        match &program.statements[..] {
            [one] => self.expression(one),
            statements => {
                let statements = self.expressions(statements)?;
                self.node(Node::Program, &[("statements", statements)])
            }
        }
    }

    pub(super) fn expression(&self, expression: &Expression) -> Result {
        match &expression.kind {
            E::Literal(_)
            | E::Name(_)
            | E::Oid(_)
            | E::LastValue
            | E::SelfValue
            | E::Super
            | E::Continue
            | E::Error
            | E::FormatString(_)
            | E::CodeChunk(_)
            | E::Set(_)
            | E::Tuple(_) => self.value(&expression.kind),
            E::Parenthesized(inner) => self.expression(inner),
            E::Attribute { .. }
            | E::ComputedAttribute { .. }
            | E::Component { .. }
            | E::Send { .. }
            | E::Call { .. }
            | E::Unary { .. }
            | E::Binary { .. }
            | E::Logical { .. }
            | E::Range { .. } => self.operation(&expression.kind),
            E::If { .. }
            | E::While { .. }
            | E::For { .. }
            | E::Match { .. }
            | E::Try { .. }
            | E::Raise(_)
            | E::Return(_)
            | E::Break(_) => self.control(&expression.kind),
            _ => self.definition(&expression.kind),
        }
    }

    fn value(&self, kind: &E) -> Result {
        match kind {
            E::Literal(literal) => self.node(Node::Literal, &[("value", self.literal(literal))]),
            E::Name(name) => self.node(Node::Name, &[("name", self.m.string(name))]),
            E::Oid(oid) => self.node(Node::Oid, &[("oid", self.m.string(oid))]),
            E::LastValue => self.node(Node::LastValue, &[]),
            E::SelfValue => self.node(Node::SelfValue, &[]),
            E::Super => self.node(Node::Super, &[]),
            E::Continue => self.node(Node::Continue, &[]),
            E::FormatString(parts) => self.format_string(parts),
            E::CodeChunk(chunk) => self.chunk(chunk),
            E::Set(elements) => self.listed(Node::Set, elements),
            E::Tuple(elements) => self.listed(Node::Tuple, elements),
            // There is none in a text without errors.
            _ => Ok(Value::NIL),
        }
    }

    fn operation(&self, kind: &E) -> Result {
        match kind {
            E::Attribute { receiver, attribute } => self.attribute(receiver, attribute),
            E::ComputedAttribute { receiver, attribute } => {
                self.pair(Node::ComputedAttribute, ["receiver", "attribute"], receiver, attribute)
            }
            E::Component { receiver, index } => {
                self.pair(Node::Component, ["receiver", "index"], receiver, index)
            }
            E::Send { receiver, selector, arguments, .. } => self.send(receiver, selector, arguments),
            E::Call { callee, arguments } => self.call(callee, arguments),
            E::Unary { operator: UnaryOperator::Negate, operand } => self.unary("-", operand),
            E::Unary { operator: UnaryOperator::Not, operand } => self.unary("not", operand),
            E::Binary { operator, left, right, .. } => {
                self.operands(Node::Binary, operator.as_str(), left, right)
            }
            E::Logical { operator: LogicalOperator::And, left, right } => {
                self.operands(Node::Logical, "and", left, right)
            }
            E::Logical { operator: LogicalOperator::Or, left, right } => {
                self.operands(Node::Logical, "or", left, right)
            }
            E::Range { start, end } => self.pair(Node::Range, ["start", "end"], start, end),
            _ => Ok(Value::NIL),
        }
    }

    pub(super) fn pair(
        &self,
        node: Node,
        names: [&str; 2],
        first: &Expression,
        second: &Expression,
    ) -> Result {
        let first = self.expression(first)?;
        let second = self.expression(second)?;
        self.node(node, &[(names[0], first), (names[1], second)])
    }

    fn listed(&self, node: Node, elements: &[Expression]) -> Result {
        let elements = self.expressions(elements)?;
        self.node(node, &[("elements", elements)])
    }

    pub(super) fn single(&self, node: Node, value: Option<&Expression>) -> Result {
        let value = self.optional(value)?;
        self.node(node, &[("value", value)])
    }

    fn format_string(&self, parts: &[FormatPart]) -> Result {
        let parts = self.tuple(parts, |part| match part {
            FormatPart::Text { text, .. } => Ok(self.m.string(text)),
            FormatPart::Value(value) => self.expression(value),
        })?;
        self.node(Node::FormatString, &[("parts", parts)])
    }

    fn chunk(&self, chunk: &CodeChunk) -> Result {
        let parts = self.tuple(&chunk.parts, |part| match part {
            ChunkPart::Text(text) => Ok(self.m.string(text)),
            ChunkPart::Variable { name, .. } => self.node(Node::Name, &[("name", self.m.string(name))]),
        })?;
        self.node(Node::CodeChunk, &[("tag", self.m.string(&chunk.tag)), ("parts", parts)])
    }

    pub(super) fn attribute(&self, receiver: &Expression, attribute: &Member) -> Result {
        let receiver = self.expression(receiver)?;
        self.node(Node::Attribute, &[("receiver", receiver), ("attribute", self.member(attribute))])
    }

    fn send(&self, receiver: &Expression, selector: &Member, arguments: &[Expression]) -> Result {
        let receiver = self.expression(receiver)?;
        let arguments = self.expressions(arguments)?;
        let selector = self.member(selector);
        let attributes = [("receiver", receiver), ("selector", selector), ("arguments", arguments)];
        self.node(Node::Send, &attributes)
    }

    fn call(&self, callee: &Expression, arguments: &[Expression]) -> Result {
        let callee = self.expression(callee)?;
        let arguments = self.expressions(arguments)?;
        self.node(Node::Call, &[("callee", callee), ("arguments", arguments)])
    }

    fn unary(&self, operator: &str, operand: &Expression) -> Result {
        let operand = self.expression(operand)?;
        self.node(Node::Unary, &[("operator", self.m.string(operator)), ("operand", operand)])
    }

    fn operands(&self, node: Node, operator: &str, left: &Expression, right: &Expression) -> Result {
        let left = self.expression(left)?;
        let right = self.expression(right)?;
        self.node(node, &[("operator", self.m.string(operator)), ("left", left), ("right", right)])
    }

    pub(super) fn optional(&self, expression: Option<&Expression>) -> Result {
        expression.map_or(Ok(Value::NIL), |expression| self.expression(expression))
    }

    pub(super) fn expressions(&self, expressions: &[Expression]) -> Result {
        self.tuple(expressions, |expression| self.expression(expression))
    }

    pub(super) fn names(&self, names: &[Name]) -> Result {
        self.tuple(names, |name| Ok(self.m.string(&name.text)))
    }

    pub(super) fn member(&self, member: &Member) -> Value {
        match &member.kind {
            MemberKind::Name(text) | MemberKind::Oid(text) => self.m.string(text),
            MemberKind::Error => Value::NIL,
        }
    }

    pub(super) fn literal(&self, literal: &Literal) -> Value {
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

    pub(super) fn tuple<T>(&self, items: &[T], mut each: impl FnMut(&T) -> Result) -> Result {
        let mut values = self.m.root_vec();
        for item in items {
            values.push(each(item)?);
        }
        Ok(TupleRef::new(self.m, &values)?.into())
    }

    /// Returns an instance of the class of a node.
    pub(super) fn node(&self, node: Node, attributes: &[(&str, Value)]) -> Result {
        let class = self.m.object_or_skeleton(node.oid());
        // On the stack, where the collector finds them.
        let mut pairs = [(class, Value::NIL); MAX_ATTRIBUTES];
        for (pair, &(name, value)) in pairs.iter_mut().zip(attributes) {
            *pair = (self.keys.get(name)?, value);
        }
        let pairs = &pairs[..attributes.len().min(MAX_ATTRIBUTES)];
        Ok(InstanceRef::new(self.m, class, pairs, &[], None)?.into())
    }
}
