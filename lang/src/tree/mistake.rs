//! What can be wrong with a tree, in words.

use std::fmt;

use rps_runtime::code::operate::kind;
use rps_runtime::{Mutator, RuntimeError, Value};

use super::nodes::NODES;
use crate::syntax::{Diagnostic, SourceText};

/// The code of a tree that is no program.
pub(super) const BAD_TREE: &str = "code::bad-tree";
/// The code of a chunk with a variable that nothing is given for.
pub(super) const UNFILLED: &str = "code::unfilled";
/// The code of a function that has no source.
pub(super) const NO_SOURCE: &str = "code::no-source";

/// Where in a tree a value stands: an attribute of a node, and which of its elements.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) node: &'static str,
    pub(super) attribute: &'static str,
    pub(super) index: Option<usize>,
}

impl Place {
    /// The place of what was given as a tree.
    pub(super) const TOP: Place = Place { node: "", attribute: "the tree", index: None };

    /// Returns the place of an element.
    pub(super) fn element(self, index: usize) -> Place {
        Place { index: Some(index), ..self }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.node, self.index) {
            ("", _) => f.write_str(self.attribute),
            (node, None) => write!(f, "`{node}.{}`", self.attribute),
            (node, Some(index)) => write!(f, "`{node}.{}[{index}]`", self.attribute),
        }
    }
}

/// Returns the error of a tree that is no program.
pub(super) fn bad_tree(message: String, hint: Option<String>) -> RuntimeError {
    RuntimeError::Failed { code: BAD_TREE, message, hint }
}

/// Returns the error of a value that does not belong where it stands.
pub(super) fn unexpected(m: &Mutator<'_>, place: Place, value: Value, expected: &str) -> RuntimeError {
    let found = match value.as_string() {
        Some(string) if string.as_str().len() <= 40 => format!("{:?}", string.as_str()),
        _ => kind(m, value),
    };
    let hint = match NODES.iter().find(|class| class.name == place.node) {
        Some(class) if value.is_nil() => {
            Some(format!("a `{}` has the attributes `{}`", class.name, class.attributes.join("`, `")))
        }
        Some(_) if expected.ends_with("expression") || expected.ends_with("expressions") => {
            Some("a value becomes a node by `new code_literal { value: … }`, a name by `new code_name { name: … }`".into())
        }
        None if place.node.is_empty() => {
            Some("`code.tree(function)` and `code.parse(text)` give trees".into())
        }
        _ => None,
    };
    bad_tree(format!("{place} must be {expected}, not {found}"), hint)
}

/// Returns the error of a tree that has too many nodes, or is nested too deep: perhaps it has no end.
pub(super) fn too_large(what: &str) -> RuntimeError {
    bad_tree(format!("the tree {what}"), Some("make functions of parts of it; a tree has no cycles".into()))
}

/// Returns the first error of a text as one of the program that has given it.
pub(super) fn bad_text(what: &str, text: &str, diagnostics: &[Diagnostic]) -> RuntimeError {
    let Some(first) = diagnostics.iter().find(|one| one.is_error()) else {
        return bad_tree(format!("{what} is no program"), None);
    };
    let code = match &first.code {
        std::borrow::Cow::Borrowed(code) => code,
        std::borrow::Cow::Owned(_) => "syntax::error",
    };
    let source = SourceText::new("", text);
    let place = source.position(first.primary.span.start);
    let line = text.lines().nth(place.line as usize - 1).unwrap_or_default().trim();
    let shown: String = line.chars().take(60).collect();
    let message = format!("{what}, line {}: {}: `{shown}`", place.line, first.message);
    RuntimeError::Failed { code, message, hint: first.hint.clone() }
}
