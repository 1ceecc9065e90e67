//! The payload of a function: its source text, which is authoritative, and what was compiled from it.

use crate::code::CodeRef;
use crate::object::ObjectRef;

/// What makes an object a function in the language.
///
/// The text is what is dumped, diffed and merged; the code is a cache of it that no store ever holds.
#[derive(Clone, Debug, Default)]
pub struct Function {
    /// The source: `fn name(a) { … }`, or `|a| …` of a closure.
    pub source: Box<str>,
    /// The names of the parameters, a method's receiver not among them.
    pub parameters: Vec<Box<str>>,
    /// What its closures capture, in the order of their environments.
    pub captured: Vec<Capture>,
    /// The class of the method that the text stands in: `super` begins above it.
    pub class: Option<ObjectRef>,
    /// Whether the function is that method, so that its receiver is `self`.
    pub is_method: bool,
    /// What was compiled from the source.
    pub(crate) code: Option<CodeRef>,
}

/// A name of a surrounding function that a closure refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// The name.
    pub name: Box<str>,
    /// Whether it is assigned to: then the closure holds an object of class `variable`, which all closures over the name
    /// share, with the value as its component; otherwise the closure holds the value.
    pub shared: bool,
}

impl Function {
    /// Returns a function that is not compiled yet.
    pub fn new(source: &str, parameters: Vec<Box<str>>, captured: Vec<Capture>) -> Function {
        Function { source: source.into(), parameters, captured, ..Function::default() }
    }

    /// Returns whether a store would write both alike.
    pub(crate) fn says_the_same(&self, other: &Function) -> bool {
        (&self.source, &self.parameters, &self.captured, self.class, self.is_method)
            == (&other.source, &other.parameters, &other.captured, other.class, other.is_method)
    }

    /// Returns about how many bytes it has outside the heap.
    pub(super) fn outside_bytes(&self) -> usize {
        size_of::<Function>() + self.source.len() + 32 * (self.parameters.len() + self.captured.len())
    }
}
