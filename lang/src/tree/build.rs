//! From syntax tree to values: immutable instances, so that equal programs are equal values.
//!
//! Parentheses and positions are not kept, nor is how a number or a send is written. Each kind of node has a small
//! function of its own, and what chooses between them has no variables: trees are deep, and stacks are not.

use num_bigint::BigInt;
use rps_runtime::value::{InstanceRef, TupleRef, number};
use rps_runtime::{Mutator, ObjectRef, RuntimeError, Value};

use super::nodes::Node;
use super::words::Keys;
use crate::syntax::ast::{
    Block, Catch, ChunkPart, Class, Closure, CodeChunk, Elements, Expression, ExpressionKind as E,
    FormatPart, Function, Literal, LogicalOperator, MatchArm, Member, MemberKind, Name, New, Pattern,
    PatternKind, Program, Target, TargetKind, UnaryOperator,
};

type Result = std::result::Result<Value, RuntimeError>;

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

    fn control(&self, kind: &E) -> Result {
        match kind {
            E::If { condition, consequence, alternative } => {
                self.condition(condition, consequence, alternative.as_deref())
            }
            E::While { condition, body } => self.loop_while(condition, body),
            E::For { pattern, sequence, body } => self.loop_for(pattern, sequence, body),
            E::Match { subject, arms } => self.arms(subject, arms),
            E::Try { body, catch } => self.try_catch(body, catch.as_deref()),
            E::Raise(value) => self.single(Node::Raise, Some(value)),
            E::Return(value) => self.single(Node::Return, value.as_deref()),
            E::Break(value) => self.single(Node::Break, value.as_deref()),
            _ => Ok(Value::NIL),
        }
    }

    fn definition(&self, kind: &E) -> Result {
        match kind {
            E::Assign { target, value } => self.assign(target, value),
            E::Let { pattern, value } => self.bind(pattern, value),
            E::New(new) => self.new_object(new),
            E::Keep { value, name } => self.keep(value, name),
            E::Root(value) => self.single(Node::Root, Some(value)),
            E::InSpace(space) => self.node(Node::InSpace, &[("name", self.member(space))]),
            E::Block(block) => self.block(block),
            E::Closure(closure) => self.closure(closure),
            E::Function(function) => self.function(function),
            E::Class(class) => self.class(class),
            _ => Ok(Value::NIL),
        }
    }

    fn pair(&self, node: Node, names: [&str; 2], first: &Expression, second: &Expression) -> Result {
        let first = self.expression(first)?;
        let second = self.expression(second)?;
        self.node(node, &[(names[0], first), (names[1], second)])
    }

    fn listed(&self, node: Node, elements: &[Expression]) -> Result {
        let elements = self.expressions(elements)?;
        self.node(node, &[("elements", elements)])
    }

    fn single(&self, node: Node, value: Option<&Expression>) -> Result {
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

    fn attribute(&self, receiver: &Expression, attribute: &Member) -> Result {
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

    fn condition(
        &self,
        condition: &Expression,
        consequence: &Block,
        alternative: Option<&Expression>,
    ) -> Result {
        let condition = self.expression(condition)?;
        let consequence = self.block(consequence)?;
        let alternative = self.optional(alternative)?;
        let attributes =
            [("condition", condition), ("consequence", consequence), ("alternative", alternative)];
        self.node(Node::If, &attributes)
    }

    fn loop_while(&self, condition: &Expression, body: &Block) -> Result {
        let condition = self.expression(condition)?;
        let body = self.block(body)?;
        self.node(Node::While, &[("condition", condition), ("body", body)])
    }

    fn loop_for(&self, pattern: &Pattern, sequence: &Expression, body: &Block) -> Result {
        let pattern = self.pattern(pattern)?;
        let sequence = self.expression(sequence)?;
        let body = self.block(body)?;
        self.node(Node::For, &[("pattern", pattern), ("sequence", sequence), ("body", body)])
    }

    fn arms(&self, subject: &Expression, arms: &[MatchArm]) -> Result {
        let subject = self.expression(subject)?;
        let arms = self.tuple(arms, |arm| self.arm(arm))?;
        self.node(Node::Match, &[("subject", subject), ("arms", arms)])
    }

    fn arm(&self, arm: &MatchArm) -> Result {
        let pattern = self.pattern(&arm.pattern)?;
        let guard = self.optional(arm.guard.as_ref())?;
        let body = self.expression(&arm.body)?;
        self.node(Node::Arm, &[("pattern", pattern), ("guard", guard), ("body", body)])
    }

    fn try_catch(&self, body: &Block, catch: Option<&Catch>) -> Result {
        let body = self.block(body)?;
        let catch = match catch {
            Some(catch) => self.catch(catch)?,
            None => Value::NIL,
        };
        self.node(Node::Try, &[("body", body), ("catch", catch)])
    }

    fn catch(&self, catch: &Catch) -> Result {
        let body = self.block(&catch.body)?;
        let name = catch.name.as_ref().map_or(Value::NIL, |name| self.m.string(&name.text));
        self.node(Node::Catch, &[("name", name), ("body", body)])
    }

    fn assign(&self, target: &Target, value: &Expression) -> Result {
        let target = match &target.kind {
            TargetKind::Name(name) => self.node(Node::Name, &[("name", self.m.string(name))])?,
            TargetKind::Attribute { receiver, attribute } => self.attribute(receiver, attribute)?,
            TargetKind::ComputedAttribute { receiver, attribute } => {
                self.pair(Node::ComputedAttribute, ["receiver", "attribute"], receiver, attribute)?
            }
            TargetKind::Component { receiver, index } => {
                self.pair(Node::Component, ["receiver", "index"], receiver, index)?
            }
            TargetKind::Error(_) => Value::NIL,
        };
        let value = self.expression(value)?;
        self.node(Node::Assign, &[("target", target), ("value", value)])
    }

    fn bind(&self, pattern: &Pattern, value: &Expression) -> Result {
        let pattern = self.pattern(pattern)?;
        let value = self.expression(value)?;
        self.node(Node::Let, &[("pattern", pattern), ("value", value)])
    }

    fn new_object(&self, new: &New) -> Result {
        let class = self.expression(&new.class)?;
        let elements = match &new.elements {
            Elements::None => self.expressions(&[])?,
            Elements::Components(components) => self.expressions(components)?,
            Elements::Attributes(initializers) => self.tuple(initializers, |one| {
                let value = self.expression(&one.value)?;
                let attributes = [("attribute", self.member(&one.attribute)), ("value", value)];
                self.node(Node::Initializer, &attributes)
            })?,
            Elements::Entries(entries) => {
                self.tuple(entries, |(key, value)| self.pair(Node::Entry, ["key", "value"], key, value))?
            }
        };
        self.node(Node::New, &[("of_class", class), ("elements", elements)])
    }

    fn keep(&self, value: &Expression, name: &Name) -> Result {
        let value = self.expression(value)?;
        self.node(Node::Keep, &[("value", value), ("name", self.m.string(&name.text))])
    }

    fn block(&self, block: &Block) -> Result {
        let statements = self.expressions(&block.statements)?;
        self.node(Node::Block, &[("statements", statements)])
    }

    fn closure(&self, closure: &Closure) -> Result {
        let parameters = self.names(&closure.parameters)?;
        let body = self.expression(&closure.body)?;
        self.node(Node::Closure, &[("parameters", parameters), ("body", body)])
    }

    fn function(&self, function: &Function) -> Result {
        let name = function.name.as_ref().map_or(Value::NIL, |name| self.member(name));
        let parameters = self.names(&function.parameters)?;
        let body = self.block(&function.body)?;
        self.node(Node::Function, &[("name", name), ("parameters", parameters), ("body", body)])
    }

    fn class(&self, class: &Class) -> Result {
        let name = self.m.string(&class.name.text);
        let superclass = class.superclass.as_ref().map_or(Value::NIL, |superclass| self.member(superclass));
        let attributes = self.tuple(&class.attributes, |attribute| Ok(self.member(attribute)))?;
        let methods = self.tuple(&class.methods, |method| self.function(method))?;
        let all =
            [("name", name), ("superclass", superclass), ("attributes", attributes), ("methods", methods)];
        self.node(Node::Class, &all)
    }

    fn pattern(&self, pattern: &Pattern) -> Result {
        match &pattern.kind {
            PatternKind::Wildcard => self.node(Node::WildcardPattern, &[]),
            PatternKind::Bind(name) => self.node(Node::BindPattern, &[("name", self.m.string(&name.text))]),
            PatternKind::Literal { negative, literal } => {
                let value = self.literal(literal);
                let value = if *negative { number::negate(self.m, value).unwrap_or(value) } else { value };
                self.node(Node::LiteralPattern, &[("value", value)])
            }
            PatternKind::Oid(oid) => self.node(Node::OidPattern, &[("oid", self.m.string(oid))]),
            PatternKind::Instance { pattern, class } => {
                let pattern = self.pattern(pattern)?;
                let attributes = [("pattern", pattern), ("of_class", self.member(class))];
                self.node(Node::InstancePattern, &attributes)
            }
            PatternKind::Tuple(patterns) => self.patterns(Node::TuplePattern, patterns),
            PatternKind::Rest(name) => {
                let name = name.as_ref().map_or(Value::NIL, |name| self.m.string(&name.text));
                self.node(Node::RestPattern, &[("name", name)])
            }
            PatternKind::Alternatives(patterns) => self.patterns(Node::AlternativesPattern, patterns),
            PatternKind::Error => Ok(Value::NIL),
        }
    }

    fn patterns(&self, node: Node, patterns: &[Pattern]) -> Result {
        let patterns = self.tuple(patterns, |pattern| self.pattern(pattern))?;
        self.node(node, &[("patterns", patterns)])
    }

    fn optional(&self, expression: Option<&Expression>) -> Result {
        expression.map_or(Ok(Value::NIL), |expression| self.expression(expression))
    }

    fn expressions(&self, expressions: &[Expression]) -> Result {
        self.tuple(expressions, |expression| self.expression(expression))
    }

    fn names(&self, names: &[Name]) -> Result {
        self.tuple(names, |name| Ok(self.m.string(&name.text)))
    }

    fn member(&self, member: &Member) -> Value {
        match &member.kind {
            MemberKind::Name(text) | MemberKind::Oid(text) => self.m.string(text),
            MemberKind::Error => Value::NIL,
        }
    }

    fn literal(&self, literal: &Literal) -> Value {
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

    fn tuple<T>(&self, items: &[T], mut each: impl FnMut(&T) -> Result) -> Result {
        let mut values = self.m.root_vec();
        for item in items {
            values.push(each(item)?);
        }
        Ok(TupleRef::new(self.m, &values)?.into())
    }

    /// Returns an instance of the class of a node.
    pub(super) fn node(&self, node: Node, attributes: &[(&str, Value)]) -> Result {
        let mut pairs: Vec<(ObjectRef, Value)> = Vec::with_capacity(attributes.len());
        for &(name, value) in attributes {
            pairs.push((self.keys.get(name)?, value));
        }
        let class = self.m.object_or_skeleton(node.oid());
        Ok(InstanceRef::new(self.m, class, &pairs, &[], None)?.into())
    }
}
