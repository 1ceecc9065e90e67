//! What can go wrong in the runtime, with stable codes.

use crate::oid::Oid;
use crate::value::ValueError;
use crate::value::number::NumberError;

/// An operation on objects or values that can not be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RuntimeError {
    /// A value can not be made.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// An operation on numbers failed.
    #[error(transparent)]
    Number(#[from] NumberError),
    /// An attribute is computed and can not be stored.
    #[error("the attribute {key} is computed and can not be stored")]
    MagicAttribute {
        /// The attribute.
        key: Oid,
    },
    /// An object is no class, but one is needed.
    #[error("{oid} is no class")]
    NotAClass {
        /// The object.
        oid: Oid,
    },
    /// A class would become its own ancestor.
    #[error("{class} can not have the superclass {superclass}: it would be its own ancestor")]
    SuperclassCycle {
        /// The class.
        class: Oid,
        /// What should become its superclass.
        superclass: Oid,
    },
    /// There are not so many components.
    #[error("{oid} has {count} components, so none at {index}")]
    NoSuchComponent {
        /// The object.
        oid: Oid,
        /// The position asked for.
        index: usize,
        /// How many there are.
        count: usize,
    },
    /// A name is not one that symbols have.
    #[error("`{name}` is no name: a letter, then letters and digits, `_` and `$` only after one of these")]
    BadName {
        /// The name.
        name: String,
    },
    /// Another symbol has the name.
    #[error("the name `{name}` is taken by the symbol {taken}")]
    DuplicateName {
        /// The name.
        name: String,
        /// The symbol that has it.
        taken: Oid,
    },
    /// Another object has the oid.
    #[error("there is an object {oid} already")]
    DuplicateOid {
        /// The oid.
        oid: Oid,
    },
    /// A value has no method for a selector.
    #[error("{class} does not understand `{selector}`")]
    NotUnderstood {
        /// The name of the receiver's class.
        class: String,
        /// The selector.
        selector: String,
        /// Selectors that are understood and look similar, best first.
        similar: Vec<String>,
    },
    /// A method or function was given another number of arguments than it takes.
    #[error("`{name}` takes {expected} argument{}, not {given}", if expected == "1" { "" } else { "s" })]
    Arity {
        /// The method's or function's name.
        name: String,
        /// How many it takes.
        expected: String,
        /// How many it was given.
        given: usize,
    },
    /// A value is of another kind than an operation needs.
    #[error("{what} must be {expected}, not {found}")]
    WrongKind {
        /// Which value.
        what: String,
        /// What it must be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// An index is outside what there is.
    #[error("there is no element {index}: there are {count}")]
    NoSuchElement {
        /// The index asked for.
        index: i64,
        /// How many elements there are.
        count: usize,
    },
    /// A key is not in a dictionary.
    #[error("there is no key {key}")]
    NoSuchKey {
        /// The key, printed.
        key: String,
    },
    /// A function has no code that can be run here.
    #[error("{oid} has no code that can be run here")]
    NoCode {
        /// The function object.
        oid: Oid,
    },
    /// A value can not be applied.
    #[error("{found} can not be applied")]
    NotApplicable {
        /// What it is.
        found: String,
    },
    /// A computation went too deep.
    #[error("the computation nests deeper than {limit} calls")]
    StackOverflow {
        /// The limit.
        limit: usize,
    },
    /// Somebody asked the computation to stop.
    #[error("interrupted")]
    Interrupted,
    /// The computation took longer than it may.
    #[error("the time is over")]
    Deadline,
    /// A value was raised; [`crate::Mutator::raised`] has it.
    #[error("an error was raised")]
    Raised,
    /// No arm of a match fits.
    #[error("no arm of the match fits {value}")]
    NoMatch {
        /// The value, printed.
        value: String,
    },
    /// The pattern of a `let` or `for` does not fit.
    #[error("the pattern does not fit {value}")]
    Mismatch {
        /// The value, printed.
        value: String,
    },
    /// A text or another value would be too large.
    #[error("{what} would be larger than {limit} bytes")]
    TooLarge {
        /// What it is.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A closure returns from a function that has returned already.
    #[error("the function that the closure returns from has returned already")]
    HomeIsGone,
    /// A closure returns from its home: not an error, and on its way only.
    #[error("a closure returns from its home")]
    Returning {
        /// The number of the call.
        home: i64,
    },
    /// A transaction goes back: not an error, and on its way only.
    #[error("a transaction goes back")]
    RollingBack,
    /// A closure has more or fewer captured values than its function.
    #[error("the closure of `{name}` has {given} captured values instead of {expected}")]
    Captured {
        /// The function's name.
        name: String,
        /// How many its function captures.
        expected: usize,
        /// How many there are.
        given: usize,
    },
    /// The text of a function can not be compiled.
    #[error("`{function}` can not be compiled: {message} (line {line})")]
    Uncompilable {
        /// What is said about the text, as a stable code.
        code: &'static str,
        /// The function's name.
        function: String,
        /// What is said about the text.
        message: String,
        /// The line of the text, from 1.
        line: usize,
        /// What to do about it.
        hint: Option<String>,
    },
    /// A method or function of a library failed, in its own words.
    #[error("{message}")]
    Failed {
        /// The stable code.
        code: &'static str,
        /// What went wrong.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
}

impl RuntimeError {
    /// Returns the stable code of the error.
    pub fn code(&self) -> &'static str {
        match self {
            RuntimeError::Value(error) => error.code(),
            RuntimeError::Number(NumberError::NotNumbers) => "run::not-a-number",
            RuntimeError::Number(NumberError::DivisionByZero) => "run::division-by-zero",
            RuntimeError::MagicAttribute { .. } => "object::magic-attribute",
            RuntimeError::NotAClass { .. } => "object::not-a-class",
            RuntimeError::SuperclassCycle { .. } => "object::superclass-cycle",
            RuntimeError::NoSuchComponent { .. } => "object::no-such-component",
            RuntimeError::BadName { .. } => "name::bad-name",
            RuntimeError::DuplicateName { .. } => "name::duplicate",
            RuntimeError::DuplicateOid { .. } => "object::duplicate-oid",
            RuntimeError::NotUnderstood { .. } => "run::not-understood",
            RuntimeError::Arity { .. } => "run::arity",
            RuntimeError::WrongKind { .. } => "run::wrong-kind",
            RuntimeError::NoSuchElement { .. } => "run::no-such-element",
            RuntimeError::NoSuchKey { .. } => "run::no-such-key",
            RuntimeError::NoCode { .. } => "run::no-code",
            RuntimeError::NotApplicable { .. } => "run::not-applicable",
            RuntimeError::StackOverflow { .. } => "run::stack-overflow",
            RuntimeError::Interrupted => "run::interrupted",
            RuntimeError::Deadline => "run::deadline",
            RuntimeError::Raised => "run::raised",
            RuntimeError::NoMatch { .. } | RuntimeError::Mismatch { .. } => "run::no-match",
            RuntimeError::TooLarge { .. } => "run::too-large",
            RuntimeError::HomeIsGone | RuntimeError::Returning { .. } => "run::home-is-gone",
            RuntimeError::RollingBack => "transaction::rolling-back",
            RuntimeError::Captured { .. } => "run::captured",
            RuntimeError::Uncompilable { code, .. } => code,
            RuntimeError::Failed { code, .. } => code,
        }
    }

    /// Returns whether a program may handle the error: not that somebody wants it to stop.
    pub fn can_be_caught(&self) -> bool {
        !matches!(
            self,
            RuntimeError::Interrupted
                | RuntimeError::Deadline
                | RuntimeError::Returning { .. }
                | RuntimeError::RollingBack
        )
    }

    /// Returns what to do about it, where something can be said.
    pub fn hint(&self) -> Option<String> {
        match self {
            RuntimeError::NotUnderstood { similar, class, .. } => Some(match similar.first() {
                Some(best) => format!("did you mean `{best}`?"),
                None => format!("`:methods {class}` lists what it understands"),
            }),
            RuntimeError::Arity { name, .. } if name.contains(' ') => {
                Some("its parameters stand between `|` and `|`".into())
            }
            RuntimeError::Arity { name, .. } => Some(format!("`:doc {name}` shows its parameters")),
            RuntimeError::WrongKind { found, .. } if found == "nil" => {
                Some("an attribute that was never set is nil, and so is what gives nothing".into())
            }
            RuntimeError::WrongKind { expected, found, .. }
                if expected.starts_with("a number") && found == "of class string" =>
            {
                Some("`parse_int` and `parse_double` read numbers from texts".into())
            }
            RuntimeError::Number(NumberError::DivisionByZero) => {
                Some("test the divisor first; doubles divide by zero: `1.0 / 0` is infinite".into())
            }
            RuntimeError::NoSuchElement { count: 0, .. } => Some("it is empty".into()),
            RuntimeError::NoSuchElement { .. } => {
                Some("elements are counted from 0, and from the end with -1".into())
            }
            RuntimeError::NoSuchKey { .. } => {
                Some("`get_or(key, value)` gives a value where there is no such key".into())
            }
            RuntimeError::StackOverflow { .. } => {
                Some("does the recursion end? `rps --max-depth` allows more calls".into())
            }
            RuntimeError::HomeIsGone => Some("let the closure give a value instead of returning".into()),
            RuntimeError::Failed { hint, .. } | RuntimeError::Uncompilable { hint, .. } => hint.clone(),
            RuntimeError::NoCode { .. } => {
                Some("it is called before it is defined, or is no function".into())
            }
            RuntimeError::NoMatch { .. } => Some("add an arm `_ => …` for everything else".into()),
            RuntimeError::MagicAttribute { .. } => {
                Some("use `:put` on another attribute, or change the class".into())
            }
            RuntimeError::DuplicateName { .. } => {
                Some("choose another name, or change that symbol's value".into())
            }
            RuntimeError::Value(ValueError::TooDeep) => {
                Some("use objects, which do not nest, for deep structures".into())
            }
            _ => None,
        }
    }
}
