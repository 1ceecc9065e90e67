//! Names of places inside a JSON document, and their way back to the text.

use std::fmt;

use super::string_end;

/// The way from the root of a document to a value, innermost step first: a list on the stack.
#[derive(Debug, Clone, Copy)]
pub(crate) enum JsonPath<'p> {
    /// The document itself.
    Root,
    /// A member of an object.
    Key(&'p JsonPath<'p>, &'p str),
    /// An element of an array.
    Index(&'p JsonPath<'p>, usize),
}

impl<'p> JsonPath<'p> {
    pub(crate) fn key(&'p self, key: &'p str) -> Self {
        Self::Key(self, key)
    }

    pub(crate) fn index(&'p self, index: usize) -> Self {
        Self::Index(self, index)
    }

    /// Returns the offset at which the value with this path begins in `text`, as far down as the path leads.
    pub(crate) fn find(&self, text: &[u8]) -> usize {
        let (parent, step): (&Self, Step<'_>) = match self {
            Self::Root => return skip_blank(text, 0),
            Self::Key(parent, key) => (parent, Step::Key(key)),
            Self::Index(parent, index) => (parent, Step::Index(*index)),
        };
        let start = parent.find(text);
        child(text, start, &step).unwrap_or(start)
    }
}

impl fmt::Display for JsonPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Key(Self::Root, key) => f.write_str(key),
            Self::Key(parent, key) => write!(f, "{parent}.{key}"),
            Self::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

enum Step<'p> {
    Key(&'p str),
    Index(usize),
}

/// Returns where the child of the container at `start` begins. The text is known to be JSON.
fn child(text: &[u8], start: usize, step: &Step<'_>) -> Option<usize> {
    let is_object = *text.get(start)? == b'{';
    let mut at = skip_blank(text, start + 1);
    for index in 0.. {
        if matches!(text.get(at)?, b']' | b'}') {
            return None;
        }
        let mut found = matches!(step, Step::Index(wanted) if *wanted == index && !is_object);
        if is_object {
            let end = string_end(text, at);
            found = matches!(step, Step::Key(key) if serde_json::from_slice::<String>(&text[at..end]).is_ok_and(|k| k == *key));
            let colon = skip_blank(text, end);
            at = skip_blank(text, colon + 1);
        }
        if found {
            return Some(at);
        }
        at = skip_blank(text, value_end(text, at));
        if *text.get(at)? == b',' {
            at = skip_blank(text, at + 1);
        }
    }
    None
}

/// Returns the offset behind the value at `start`; brackets are matched, nothing else is looked at.
pub(crate) fn value_end(text: &[u8], start: usize) -> usize {
    let mut depth = 0usize;
    let mut at = start;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => {
                at = string_end(text, at);
                if depth == 0 {
                    return at;
                }
                continue;
            }
            b'[' | b'{' => depth += 1,
            b']' | b'}' | b',' if depth == 0 => return at,
            b']' | b'}' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    at
}

fn skip_blank(text: &[u8], start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    start + rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_and_found() {
        let text = br#" {"a": [1, {"b]": "x,}"}, [2]], "c" : {"a": true } }"#;
        let (root, array, last);
        root = JsonPath::Root;
        array = root.key("a");
        last = array.index(2);
        let path = last.index(0);
        assert_eq!(path.to_string(), "a[2][0]");
        let at = |path: &JsonPath<'_>| std::str::from_utf8(&text[path.find(text)..]).unwrap();
        assert!(at(&path).starts_with("2]"));
        assert!(at(&root.key("c").key("a")).starts_with("true"));
        assert!(at(&array.index(1).key("b]")).starts_with("\"x,}"));
        assert!(at(&root.key("c").key("missing")).starts_with("{\"a\": true"), "the parent stands in");
        assert!(at(&JsonPath::Root).starts_with("{\"a\": [1"));
    }
}
