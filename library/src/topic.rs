//! Topics: what the library has, in the order of its documentation.
//!
//! A method or function is written as it is called, `slice(start, end)`; parameters in brackets may be left out, and `…`
//! stands for any number of them. From that come its name and its arity. Its documentation is a line, perhaps more, and
//! examples: lines with `# →`.

use rps_runtime::send::{Native, NativeFn};
use rps_runtime::{Mutator, Oid, Runtime};

/// How it is called, what it does, and its documentation.
pub type Entry = (&'static str, NativeFn, &'static str);

/// A part of the library, documented as one section.
#[derive(Debug)]
pub struct Topic {
    /// The heading.
    pub title: &'static str,
    /// What is to be said before the list, as Markdown.
    pub about: &'static str,
    /// Native methods: the classes that have them, and what they are.
    pub methods: &'static [(&'static [Oid], &'static [Entry])],
    /// Native functions with global names: the oid of the function object, and what it is.
    pub functions: &'static [(Oid, Entry)],
    /// The name and the text of the part that is written in the language; both empty where there is none.
    pub source: (&'static str, &'static str),
}

impl Topic {
    /// A topic with nothing in it.
    pub(crate) const EMPTY: Topic =
        Topic { title: "", about: "", methods: &[], functions: &[], source: ("", "") };

    pub(crate) fn register(&self, runtime: &Runtime) {
        for (classes, entries) in self.methods {
            for &class in *classes {
                for entry in *entries {
                    runtime.register_method(class, native(entry));
                }
            }
        }
    }

    pub(crate) fn register_functions(&self, m: &Mutator<'_>) {
        for (oid, entry) in self.functions {
            if m.object(*oid).is_some_and(|object| object.is_class(m)) {
                // A class that can be called, too: it has its name already.
                m.runtime().register_function(*oid, native(entry));
            } else {
                m.register_global_function(*oid, native(entry));
            }
        }
    }
}

/// Returns the native of an entry.
#[must_use]
pub fn native(&(signature, body, doc): &Entry) -> Native {
    Native::new(name(signature), arity(signature), body, doc)
}

/// Returns the name at the beginning of a signature.
#[must_use]
pub fn name(signature: &'static str) -> &'static str {
    signature.split_once('(').map_or(signature, |(name, _)| name)
}

fn arity(signature: &str) -> u8 {
    let parameters = signature.split_once('(').map_or("", |(_, rest)| rest).trim_end_matches(')');
    if parameters.is_empty() {
        0
    } else if parameters.contains(['[', '…']) {
        Native::ANY
    } else {
        u8::try_from(1 + parameters.matches(',').count()).unwrap_or(Native::ANY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_arities_come_from_signatures() {
        let read = |signature| (name(signature), arity(signature));
        assert_eq!(read("upper()"), ("upper", 0));
        assert_eq!(read("get(key)"), ("get", 1));
        assert_eq!(read("replace(old, new)"), ("replace", 2));
        assert_eq!(read("slice(start, [end])"), ("slice", Native::ANY));
        assert_eq!(read("print(…)"), ("print", Native::ANY));
    }
}
