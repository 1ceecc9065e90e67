//! Quasi-quotation: a code chunk with trees and values for its variables.

use rps_runtime::code::operate::wrong_kind;
use rps_runtime::object::Payload;
use rps_runtime::value::{SetRef, TupleRef};
use rps_runtime::{Mutator, ObjectRef, RuntimeError, Value};

use super::mistake::{Place, UNFILLED, too_large};
use super::precedence::{Level, level};
use super::print::print;
use super::read::{NOWHERE, Reader, Result, unwritten};
use super::tree_of_text;
use super::words::{Keys, node_of};
use crate::syntax::MAX_DEPTH;
use crate::syntax::ast::{Expression, ExpressionKind as E, Program, UnaryOperator};

/// Returns the tree of a chunk, its variables replaced by what the dictionary `with` has for their names.
pub(super) fn fill(m: &Mutator<'_>, chunk: Value, with: Value) -> Result<Value> {
    let Some(parts) = chunk.as_tuple().map(TupleRef::items) else {
        return Err(wrong_kind(m, "what is filled", "a code chunk `#{ … }#`", chunk));
    };
    let Some(dictionary) = with.as_object().filter(|object| entry(m, *object, chunk).is_some()) else {
        return Err(wrong_kind(
            m,
            "what a chunk is filled with",
            "a dictionary `new dict [\"name\": …]`",
            with,
        ));
    };
    let keys = Keys::new(m)?;
    let mut text = String::new();
    for (index, &part) in parts.iter().enumerate() {
        match (part.as_string(), part.as_object()) {
            (Some(string), _) => text.push_str(string.as_str()),
            (None, Some(symbol)) => {
                let name = m.name_of(symbol).unwrap_or_else(|| symbol.oid().to_string());
                let value = entry(m, dictionary, m.string(&name)).flatten();
                let value = value.ok_or_else(|| unfilled(&name))?;
                let next = parts.get(index + 1).and_then(|next| next.as_string());
                let called = next.is_some_and(|next| next.as_str().starts_with('('));
                let filling = Reader::new(m, &keys).filling(value)?;
                insert(&mut text, &filling, called);
            }
            _ => return Err(wrong_kind(m, "a part of a code chunk", "a string or a symbol", part)),
        }
    }
    tree_of_text(m, "the filled chunk", &text)
}

/// Returns what a dictionary has for a key; nothing at all when the object is no dictionary.
#[expect(clippy::option_option, reason = "no dictionary and no entry are different things")]
fn entry(m: &Mutator<'_>, dictionary: ObjectRef, key: Value) -> Option<Option<Value>> {
    dictionary.with_payload(m, |payload| match payload {
        Some(Payload::Dictionary(entries)) => Some(entries.get(key)),
        Some(Payload::StringDictionary(entries)) => {
            Some(key.as_string().and_then(|key| entries.get(key.as_str()).copied()))
        }
        _ => None,
    })
}

fn unfilled(name: &str) -> RuntimeError {
    RuntimeError::Failed {
        code: UNFILLED,
        message: format!("nothing is given for `${name}`"),
        hint: Some(format!("add {name:?} to the dictionary, or write `$${name}` for the text")),
    }
}

/// Adds the text of what stands for a variable, in brackets where it would not be one expression without.
fn insert(text: &mut String, filling: &Program, called: bool) {
    let in_brackets = match &filling.statements[..] {
        [one] => match &one.kind {
            E::Let { .. } | E::InSpace(_) => false,
            // A brace may open a block, and `a.b(…)` would be a send.
            E::Set(_) | E::New(_) => true,
            E::Attribute { .. } => called,
            _ => level(one) < Level::Postfix,
        },
        _ => false,
    };
    let written = print(filling);
    if in_brackets {
        text.extend(["(", &written, ")"]);
    } else {
        text.push_str(&written);
    }
}

impl Reader<'_, '_> {
    /// Reads what stands for a variable: a tree, or a value that can be written.
    fn filling(&mut self, value: Value) -> Result<Program> {
        if node_of(self.m, value).is_some() {
            return self.program(value);
        }
        let statement = self.quoted(value, FILLING)?;
        Ok(Program { span: NOWHERE, statements: vec![statement] })
    }

    fn quoted(&mut self, value: Value, place: Place) -> Result<Expression> {
        let items = value.as_tuple().map(TupleRef::items).or_else(|| value.as_set().map(SetRef::items));
        if let Some(items) = items {
            return self.quoted_elements(value, items, place);
        }
        if node_of(self.m, value).is_some() {
            return self.expression(value, place, super::read::At::Operand);
        }
        if let Some(object) = value.as_object() {
            return Ok(unwritten(E::Oid(object.oid().to_string().into())));
        }
        let (negative, literal) = self.literal_of(value, place)?;
        let literal = unwritten(E::Literal(literal));
        Ok(if negative {
            unwritten(E::Unary { operator: UnaryOperator::Negate, operand: Box::new(literal) })
        } else {
            literal
        })
    }

    fn quoted_elements(&mut self, value: Value, items: &[Value], place: Place) -> Result<Expression> {
        if self.depth >= MAX_DEPTH {
            return Err(too_large("is nested too deep"));
        }
        self.count(items.len())?;
        self.depth += 1;
        let elements: Result<Vec<Expression>> = items.iter().map(|&item| self.quoted(item, place)).collect();
        self.depth -= 1;
        Ok(unwritten(if value.as_set().is_some() { E::Set(elements?) } else { E::Tuple(elements?) }))
    }
}

/// The place of what stands for a variable.
const FILLING: Place = Place { node: "", attribute: "what stands for a variable", index: None };
