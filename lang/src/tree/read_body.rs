//! What each node of control and of a definition must hold.

use rps_runtime::Value;
use rps_runtime::value::StringRef;

use super::mistake::{Place, bad_tree};
use super::nodes::Node;
use super::read::{At, NOWHERE, Part, Reader, Result, is_name};
use super::words::node_of;
use crate::syntax::ast::{
    Catch, Class, Closure, Elements, Expression, ExpressionKind as E, Function, Initializer, MatchArm,
    NativeTypes, New, Target, TargetKind, TypeName,
};

impl Reader<'_, '_> {
    pub(super) fn assign(&mut self, part: Part) -> Result<E> {
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

    pub(super) fn bind(&mut self, part: Part) -> Result<E> {
        let pattern = self.pattern(part)?;
        Ok(E::Let { pattern, value: self.boxed(part, "value")? })
    }

    pub(super) fn new_object(&mut self, part: Part) -> Result<E> {
        let class = self.operand(part, "of_class")?;
        enum One {
            Attribute(Initializer),
            Component(Expression),
            Entry(Expression, Expression),
        }
        let expected = "a tuple of `code_initializer`s, of `code_entry`s or of expressions";
        let place = self.attribute(part, "elements")?.1;
        let all =
            self.each(part, "elements", expected, |reader, value, place| match node_of(reader.m, value) {
                Some(Node::Initializer) => reader.nested(value, place, "an expression", |reader, part| {
                    let attribute = reader.member(part, "attribute")?;
                    Ok(One::Attribute(Initializer { attribute, value: reader.operand(part, "value")? }))
                }),
                Some(Node::Entry) => reader.nested(value, place, "an expression", |reader, part| {
                    let key = reader.operand(part, "key")?;
                    Ok(One::Entry(key, reader.operand(part, "value")?))
                }),
                _ => reader.expression(value, place, At::Operand).map(One::Component),
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

    pub(super) fn keep(&mut self, part: Part) -> Result<E> {
        let value = self.boxed(part, "value")?;
        Ok(E::Keep { value, name: self.name(part, "name")? })
    }

    pub(super) fn single(&mut self, part: Part) -> Result<E> {
        Ok(match part.node {
            Node::Root => E::Root(self.boxed(part, "value")?),
            Node::Raise => E::Raise(self.boxed(part, "value")?),
            Node::Return => E::Return(self.optional(part, "value")?),
            _ => E::Break(self.optional(part, "value")?),
        })
    }

    pub(super) fn in_space(&mut self, part: Part) -> Result<E> {
        self.member(part, "name").map(E::InSpace)
    }

    pub(super) fn block_expression(&mut self, part: Part) -> Result<E> {
        self.block_of(part).map(E::Block)
    }

    pub(super) fn closure(&mut self, part: Part) -> Result<E> {
        let parameters = self.names(part, "parameters")?;
        let body = self.boxed(part, "body")?;
        Ok(E::Closure(Closure { parameters, body }))
    }

    pub(super) fn function_expression(&mut self, part: Part) -> Result<E> {
        self.function(part).map(|function| E::Function(Box::new(function)))
    }

    pub(super) fn function(&mut self, part: Part) -> Result<Function> {
        let name = self.optional_member(part, "name")?;
        let parameters = self.names(part, "parameters")?;
        let body = self.block(part, "body")?;
        Ok(Function { span: NOWHERE, native: None, name, parameters, body })
    }

    pub(super) fn native_function(&mut self, part: Part) -> Result<E> {
        let name = Some(self.member(part, "name")?);
        let parameters = self.names(part, "parameters")?;
        let types = self.each(part, "types", "a tuple of types, as strings", |reader, value, place| {
            reader.type_of(value, place)
        })?;
        if types.len() != parameters.len() {
            let message =
                format!("a native function has {} parameters and {} types", parameters.len(), types.len());
            return Err(bad_tree(message, Some("there is a type for each parameter".into())));
        }
        let (result, place) = self.attribute(part, "result")?;
        let result = if result.is_nil() { None } else { Some(self.type_of(result, place)?) };
        let body = self.block(part, "body")?;
        let native = Some(Box::new(NativeTypes { parameters: types, result }));
        Ok(E::Function(Box::new(Function { span: NOWHERE, native, name, parameters, body })))
    }

    fn type_of(&mut self, value: Value, place: Place) -> Result<TypeName> {
        let text = value.as_string().map_or("", StringRef::as_str);
        let element = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        let (text, is_vector) = (element.unwrap_or(text), element.is_some());
        if !is_name(text) {
            return Err(self.unexpected(place, value, "a type, as a string"));
        }
        Ok(TypeName { span: NOWHERE, text: text.into(), is_vector })
    }

    pub(super) fn method(&mut self, part: Part, place: Place) -> Result<Function> {
        let method = self.function(part)?;
        if method.name.is_none() {
            return Err(bad_tree(format!("{place} is a method, and has no name"), None));
        }
        Ok(method)
    }

    pub(super) fn class(&mut self, part: Part) -> Result<E> {
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

    pub(super) fn condition(&mut self, part: Part) -> Result<E> {
        let condition = self.boxed(part, "condition")?;
        let consequence = self.block(part, "consequence")?;
        let alternative = self.optional(part, "alternative")?;
        if alternative.as_ref().is_some_and(|other| !matches!(other.kind, E::Block(_) | E::If { .. })) {
            let (value, place) = self.attribute(part, "alternative")?;
            return Err(self.unexpected(place, value, "a `code_block`, a `code_if` or nil"));
        }
        Ok(E::If { condition, consequence, alternative })
    }

    pub(super) fn iteration(&mut self, part: Part) -> Result<E> {
        if part.node == Node::While {
            let condition = self.boxed(part, "condition")?;
            return Ok(E::While { condition, body: self.block(part, "body")? });
        }
        let pattern = self.pattern(part)?;
        let sequence = self.boxed(part, "sequence")?;
        Ok(E::For { pattern, sequence, body: self.block(part, "body")? })
    }

    pub(super) fn choice(&mut self, part: Part) -> Result<E> {
        let subject = self.boxed(part, "subject")?;
        let arms = self.each(part, "arms", "a tuple of `code_arm`s", |reader, value, place| {
            reader.nested(value, place, "a `code_arm`", |reader, part| match part.node {
                Node::Arm => reader.arm(part),
                _ => Err(reader.unexpected(place, value, "a `code_arm`")),
            })
        })?;
        Ok(E::Match { subject, arms })
    }

    pub(super) fn arm(&mut self, part: Part) -> Result<MatchArm> {
        let pattern = self.pattern(part)?;
        let guard = self.optional(part, "guard")?.map(|guard| *guard);
        Ok(MatchArm { span: NOWHERE, pattern, guard, body: self.operand(part, "body")? })
    }

    pub(super) fn try_catch(&mut self, part: Part) -> Result<E> {
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
