//! From syntax tree to values: control, definitions and patterns.

use rps_runtime::Value;
use rps_runtime::value::number;

use super::build::{Builder, Result};
use super::nodes::Node;
use crate::syntax::ast::{
    Block, Catch, Class, Closure, Elements, Expression, ExpressionKind as E, Function, MatchArm, Name, New,
    Pattern, PatternKind, Target, TargetKind,
};

impl Builder<'_, '_> {
    pub(super) fn control(&self, kind: &E) -> Result {
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

    pub(super) fn definition(&self, kind: &E) -> Result {
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
        let Some(types) = &function.native else {
            return self.node(Node::Function, &[("name", name), ("parameters", parameters), ("body", body)]);
        };
        let result = types.result.as_ref().map_or(Value::NIL, |ty| self.m.string(&ty.to_string()));
        let types = self.tuple(&types.parameters, |ty| Ok(self.m.string(&ty.to_string())))?;
        let attributes = [
            ("name", name),
            ("parameters", parameters),
            ("types", types),
            ("result", result),
            ("body", body),
        ];
        self.node(Node::NativeFunction, &attributes)
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
}
