//! From values to syntax tree: every node is looked at, and what is no program is said where it stands.
//!
//! Trees are made by programs, of immutable instances or of objects, which may refer to themselves or to the same part
//! a million times: depth and size have limits. This file is what all nodes are read with; `read_expression`
//! and `read_pattern` say what each of them must hold.

use rps_runtime::value::{StringRef, TupleRef};
use rps_runtime::{Mutator, ObjectRef, Oid, RootVec, RuntimeError, Value};
use unicode_ident::{is_xid_continue, is_xid_start};

use super::mistake::{Place, bad_tree, too_large, unexpected};
use super::nodes::Node;
use super::words::{Keys, node_of};
use crate::syntax::ast::{Block, Expression, ExpressionKind, Member, MemberKind, Name, Program};
use crate::syntax::lexer::normalized;
use crate::syntax::{MAX_DEPTH, Span};

/// How many nodes and bytes of strings a tree may have.
const MAX_SIZE: usize = 1 << 22;

/// The place of everything that was never written.
pub(super) const NOWHERE: Span = Span { start: 0, end: 0 };

pub(super) type Result<T> = std::result::Result<T, RuntimeError>;

/// Where an expression stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    /// In a sequence of statements.
    Statement,
    /// Where it is sent a message.
    Receiver,
    /// Anywhere else.
    Operand,
}

/// Reads trees.
pub(super) struct Reader<'t, 'r> {
    pub(super) m: &'t Mutator<'r>,
    keys: &'t Keys,
    /// What was read of objects, which may change meanwhile.
    kept: RootVec,
    /// The objects around what is being read.
    open: Vec<ObjectRef>,
    /// How many nodes are around what is being read.
    pub(super) depth: u32,
    size: usize,
}

/// A node that is being read.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) value: Value,
    pub(super) node: Node,
}

impl<'t, 'r> Reader<'t, 'r> {
    pub(super) fn new(m: &'t Mutator<'r>, keys: &'t Keys) -> Reader<'t, 'r> {
        Reader { m, keys, kept: m.root_vec(), open: Vec::new(), depth: 0, size: 0 }
    }

    /// Reads the tree of a program or of an expression.
    pub(super) fn program(&mut self, value: Value) -> Result<Program> {
        let statements = if node_of(self.m, value) == Some(Node::Program) {
            self.nested(value, Place::TOP, "a program", |reader, part| reader.statements(part))?
        } else {
            vec![self.expression(value, Place::TOP, At::Statement)?]
        };
        Ok(Program { span: NOWHERE, statements })
    }

    /// Reads what is a node, as far as it is not too deep.
    pub(super) fn nested<T>(
        &mut self,
        value: Value,
        place: Place,
        expected: &str,
        read: impl FnOnce(&mut Self, Part) -> Result<T>,
    ) -> Result<T> {
        let Some(node) = node_of(self.m, value) else {
            return Err(self.unexpected(place, value, expected));
        };
        self.count(1)?;
        if self.depth >= MAX_DEPTH {
            return Err(too_large("is nested too deep"));
        }
        let object = value.as_object();
        if let Some(object) = object {
            if self.open.contains(&object) {
                let message = format!("{place} is a node that this node is a part of");
                return Err(bad_tree(message, Some("a tree has no cycles".into())));
            }
            self.open.push(object);
            self.kept.push(value);
        }
        self.depth += 1;
        let result = read(self, Part { value, node });
        self.depth -= 1;
        if object.is_some() {
            self.open.pop();
        }
        result
    }

    /// Counts nodes and bytes of strings: parts of a tree that stand in many places count as often.
    pub(super) fn count(&mut self, size: usize) -> Result<()> {
        self.size = self.size.saturating_add(size);
        if self.size > MAX_SIZE {
            return Err(too_large("has too many nodes"));
        }
        Ok(())
    }

    pub(super) fn unexpected(&self, place: Place, value: Value, expected: &str) -> RuntimeError {
        unexpected(self.m, place, value, expected)
    }

    /// Returns the value of a node's attribute, nil where it has none.
    pub(super) fn attribute(&mut self, part: Part, name: &'static str) -> Result<(Value, Place)> {
        let value = self.m.attribute(part.value, self.keys.get(name)?).unwrap_or(Value::NIL);
        if part.value.as_object().is_some() {
            self.kept.push(value);
        }
        Ok((value, Place { node: part.node.name(), attribute: name, index: None }))
    }

    pub(super) fn operand(&mut self, part: Part, name: &'static str) -> Result<Expression> {
        let (value, place) = self.attribute(part, name)?;
        self.expression(value, place, At::Operand)
    }

    pub(super) fn boxed(&mut self, part: Part, name: &'static str) -> Result<Box<Expression>> {
        self.operand(part, name).map(Box::new)
    }

    pub(super) fn optional(&mut self, part: Part, name: &'static str) -> Result<Option<Box<Expression>>> {
        if self.attribute(part, name)?.0.is_nil() { Ok(None) } else { self.boxed(part, name).map(Some) }
    }

    pub(super) fn receiver(&mut self, part: Part) -> Result<Box<Expression>> {
        let (value, place) = self.attribute(part, "receiver")?;
        let at = if part.node == Node::Send { At::Receiver } else { At::Operand };
        self.expression(value, place, at).map(Box::new)
    }

    pub(super) fn operands(&mut self, part: Part, name: &'static str) -> Result<Vec<Expression>> {
        self.each(part, name, "a tuple of expressions", |reader, value, place| {
            reader.expression(value, place, At::Operand)
        })
    }

    fn statements(&mut self, part: Part) -> Result<Vec<Expression>> {
        self.each(part, "statements", "a tuple of expressions", |reader, value, place| {
            reader.expression(value, place, At::Statement)
        })
    }

    /// Reads the elements of an attribute that is a tuple.
    pub(super) fn each<T>(
        &mut self,
        part: Part,
        name: &'static str,
        expected: &str,
        mut read: impl FnMut(&mut Self, Value, Place) -> Result<T>,
    ) -> Result<Vec<T>> {
        let (value, place) = self.attribute(part, name)?;
        let Some(items) = value.as_tuple().map(TupleRef::items) else {
            return Err(self.unexpected(place, value, expected));
        };
        self.count(items.len())?;
        items.iter().enumerate().map(|(index, &item)| read(self, item, place.element(index))).collect()
    }

    pub(super) fn block(&mut self, part: Part, name: &'static str) -> Result<Block> {
        let (value, place) = self.attribute(part, name)?;
        self.nested(value, place, "a `code_block`", |reader, part| match part.node {
            Node::Block => reader.block_of(part),
            _ => Err(reader.unexpected(place, part.value, "a `code_block`")),
        })
    }

    pub(super) fn block_of(&mut self, part: Part) -> Result<Block> {
        Ok(Block { span: NOWHERE, statements: self.statements(part)? })
    }

    pub(super) fn text_of(&mut self, value: Value, place: Place) -> Result<Box<str>> {
        match value.as_string().map(StringRef::as_str) {
            Some(text) => {
                self.count(text.len())?;
                Ok(text.into())
            }
            None => Err(self.unexpected(place, value, "a string")),
        }
    }

    pub(super) fn name(&mut self, part: Part, name: &'static str) -> Result<Name> {
        let (value, place) = self.attribute(part, name)?;
        self.name_of(value, place)
    }

    pub(super) fn optional_name(&mut self, part: Part, name: &'static str) -> Result<Option<Name>> {
        let (value, place) = self.attribute(part, name)?;
        if value.is_nil() { Ok(None) } else { self.name_of(value, place).map(Some) }
    }

    pub(super) fn name_of(&mut self, value: Value, place: Place) -> Result<Name> {
        match value.as_string().map(StringRef::as_str) {
            Some(text) if is_name(text) => Ok(Name { span: NOWHERE, text: normalized(text).into() }),
            _ => Err(self.unexpected(place, value, "a name, as a string")),
        }
    }

    pub(super) fn names(&mut self, part: Part, name: &'static str) -> Result<Vec<Name>> {
        self.each(part, name, "a tuple of names", |reader, value, place| reader.name_of(value, place))
    }

    pub(super) fn oid(&mut self, part: Part) -> Result<Box<str>> {
        let (value, place) = self.attribute(part, "oid")?;
        match value.as_string().map(StringRef::as_str) {
            Some(text) if Oid::parse(text).is_ok() => Ok(text.into()),
            _ => Err(self.unexpected(place, value, "an oid, as a string")),
        }
    }

    pub(super) fn member(&mut self, part: Part, name: &'static str) -> Result<Member> {
        let (value, place) = self.attribute(part, name)?;
        self.member_of(value, place)
    }

    pub(super) fn optional_member(&mut self, part: Part, name: &'static str) -> Result<Option<Member>> {
        let (value, place) = self.attribute(part, name)?;
        if value.is_nil() { Ok(None) } else { self.member_of(value, place).map(Some) }
    }

    pub(super) fn member_of(&mut self, value: Value, place: Place) -> Result<Member> {
        let kind = match value.as_string().map(StringRef::as_str) {
            Some(text) if Oid::parse(text).is_ok() => MemberKind::Oid(text.into()),
            Some(text) if is_name(text) => MemberKind::Name(normalized(text).into()),
            _ => return Err(self.unexpected(place, value, "a name or an oid, as a string")),
        };
        Ok(Member { span: NOWHERE, kind })
    }
}

/// Returns an expression that was never written.
pub(super) fn unwritten(kind: ExpressionKind) -> Expression {
    Expression { span: NOWHERE, kind }
}

/// Returns whether a text can be a name; a keyword can, between backticks.
pub(super) fn is_name(text: &str) -> bool {
    let mut previous = '_';
    let goes_on = |character: char| {
        let inside = is_xid_continue(character) || character == '$' && previous.is_alphanumeric();
        previous = character;
        inside
    };
    text.starts_with(is_xid_start) && text.chars().all(goes_on)
}
