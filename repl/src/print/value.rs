//! Values as people read them, and can type them in again.

use rps_runtime::object::{ObjectRef, Payload};
use rps_runtime::value::{JsonForm, View};
use rps_runtime::{Mutator, Value, known};

use super::tree::Tree;
use super::{Look, Paint};

/// A string inside another value is cut after so many characters.
const LONG_STRING: usize = 200;

/// Returns a value as the prompt shows it: an object with its name, class and oid.
pub(crate) fn print(m: &Mutator<'_>, value: Value, look: Look) -> String {
    match value.view() {
        View::Object(object) => Tree::Leaf(heading(m, object)).layout(look, 0, 0),
        View::String(string) => look.paint(Paint::Text, &quoted(string.as_str())),
        _ => inline(m, value, look, 0, 0),
    }
}

/// Returns a value as it stands inside something else, from a column on; its further lines are indented as told.
pub(crate) fn inline(m: &Mutator<'_>, value: Value, look: Look, indent: usize, column: usize) -> String {
    tree(m, value, look, 0).layout(look, indent, column)
}

/// Returns an object in short: what it can be typed in as, and its class.
pub(crate) fn short(m: &Mutator<'_>, object: ObjectRef, look: Look) -> String {
    Tree::Leaf(reference(m, object)).layout(look, 0, 0)
}

/// Returns the global name of an object: the one that stands for it.
pub(crate) fn global_name(m: &Mutator<'_>, object: ObjectRef) -> Option<String> {
    let name = m.name_of(object)?;
    let stands_for = m.global(&name).or_else(|| m.loaded_global(&name)).and_then(Value::as_object);
    (stands_for == Some(object)).then_some(name)
}

/// Returns what a class is called.
pub(crate) fn class_name(m: &Mutator<'_>, object: ObjectRef) -> Option<String> {
    let class = object.class()?;
    Some(m.name_of(class).unwrap_or_else(|| class.oid().to_string()))
}

/// Returns an object with its name, class and oid, as pieces.
pub(super) fn heading(m: &Mutator<'_>, object: ObjectRef) -> Vec<(Paint, String)> {
    let mut texts = reference(m, object);
    if texts[0].1 != object.oid().to_string() {
        texts.push((Paint::Faint, format!(" {}", object.oid())));
    }
    texts
}

/// Returns an object in short, as pieces.
fn reference(m: &Mutator<'_>, object: ObjectRef) -> Vec<(Paint, String)> {
    let name = global_name(m, object).unwrap_or_else(|| object.oid().to_string());
    let class = class_name(m, object).map_or_else(|| "∈?".to_owned(), |class| format!("∈{class}"));
    vec![(Paint::Object, name), (Paint::Faint, class)]
}

/// Returns a value as a tree, which stands so deep in another one.
pub(super) fn tree(m: &Mutator<'_>, value: Value, look: Look, depth: usize) -> Tree {
    let group = |open: Vec<(Paint, String)>, items: &[Value], close: &'static str| {
        group(m, look, depth, open, items.iter().map(|&item| (String::new(), item)), close)
    };
    let plain_look = Look { colours: false, ..look };
    let plain = |text: &str| vec![(Paint::Plain, text.to_owned())];
    match value.view() {
        View::Nil => Tree::leaf(Paint::Constant, "nil"),
        View::Bool(truth) => Tree::leaf(Paint::Constant, truth.to_string()),
        View::Int(int) => Tree::leaf(Paint::Number, int.to_string()),
        View::BigInt(int) => Tree::leaf(Paint::Number, int.to_bigint().to_string()),
        View::Double(double) => Tree::leaf(Paint::Number, format!("{double:?}")),
        View::String(string) => Tree::leaf(Paint::Text, cut(string.as_str())),
        View::Object(object) => Tree::Leaf(reference(m, object)),
        View::Tuple(tuple) => group(plain("["), tuple.items(), "]"),
        View::Set(set) => group(plain("{"), set.items(), "}"),
        View::Closure(closure) => {
            let mut open = plain("closure ");
            open.extend(reference(m, closure.function()));
            if closure.env().is_empty() {
                return Tree::Leaf(open);
            }
            open.push((Paint::Plain, " [".into()));
            group(open, closure.env(), "]")
        }
        View::Instance(instance) if instance.class().oid() == known::RANGE => {
            let bounds: Vec<_> =
                instance.components().iter().map(|&bound| inline(m, bound, plain_look, 0, 0)).collect();
            Tree::leaf(Paint::Number, bounds.join(".."))
        }
        View::Instance(instance) => {
            let mut open = plain("instance ");
            let class = instance.class();
            let name = global_name(m, class).unwrap_or_else(|| class.oid().to_string());
            open.extend([(Paint::Object, name), (Paint::Plain, " {".into())]);
            let attributes =
                instance.attributes().map(|(key, value)| (format!("{}: ", key_name(m, key)), value));
            let components = instance.components().iter().map(|&item| (String::new(), item));
            self::group(m, look, depth, open, attributes.chain(components), "}")
        }
        View::Json(json) => match json.form() {
            JsonForm::Scalar => {
                let mut texts = plain("json ");
                texts.push((Paint::Plain, inline(m, json.items()[0], plain_look, 0, 0)));
                Tree::Leaf(texts)
            }
            JsonForm::Array => group(plain("json ["), json.items(), "]"),
            JsonForm::Object => {
                let members = json.items().chunks_exact(2).map(|pair| {
                    let key = pair[0].as_string().map_or_else(String::new, |key| quoted(key.as_str()));
                    (format!("{key}: "), pair[1])
                });
                self::group(m, look, depth, plain("json {"), members, "}")
            }
        },
    }
}

fn group(
    m: &Mutator<'_>,
    look: Look,
    depth: usize,
    open: Vec<(Paint, String)>,
    items: impl Iterator<Item = (String, Value)>,
    close: &'static str,
) -> Tree {
    let (mut shown, mut hidden) = (Vec::new(), 0);
    for (label, item) in items {
        if depth < look.depth && shown.len() < look.items {
            shown.push((label, tree(m, item, look, depth + 1)));
        } else {
            hidden += 1;
        }
    }
    Tree::Group { open, items: shown, hidden, close }
}

/// Returns what an attribute is called: the name by which programs read it, whatever else that stands for, or its oid.
pub(crate) fn key_name(m: &Mutator<'_>, key: ObjectRef) -> String {
    let is_read_by = |name: &String| m.symbol(name).is_some_and(|symbol| m.key_of_symbol(symbol) == key);
    m.symbol_name(key)
        .filter(is_read_by)
        .or_else(|| global_name(m, key))
        .unwrap_or_else(|| key.oid().to_string())
}

/// Returns what kind of value this is, in a word.
pub(crate) fn kind(m: &Mutator<'_>, value: Value) -> String {
    let kind = match value.view() {
        View::Nil => "nil",
        View::Bool(_) => "a boolean",
        View::Int(_) => "an integer",
        View::BigInt(_) => "a big integer",
        View::Double(_) => "a double",
        View::String(_) => "a string",
        View::Tuple(_) => "a tuple",
        View::Set(_) => "a set",
        View::Closure(_) => "a closure",
        View::Instance(_) => "an instance",
        View::Json(_) => "a JSON value",
        View::Object(object) => {
            let payload = object.with_payload(m, |payload| payload.map(Payload::kind).map(str::to_owned));
            return payload
                .map_or_else(|| "an object".to_owned(), |payload| format!("an object, payload {payload}"));
        }
    };
    kind.to_owned()
}

fn quoted(text: &str) -> String {
    format!("{text:?}")
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONG_STRING) {
        None => quoted(text),
        Some((end, _)) => {
            format!("{}… {} more", quoted(&text[..end]), text[end..].chars().count())
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use rps_runtime::Runtime;
    use rps_runtime::value::{InstanceRef, JsonRef, SetRef, TupleRef};

    use super::*;

    fn check(make: impl FnOnce(&Mutator<'_>) -> Value, look: Look, expected: &Expect) {
        Runtime::new().enter(|m| expected.assert_eq(&print(m, make(m), look)));
    }

    #[test]
    fn scalars_are_written_as_they_are_read() {
        let look = Look::default();
        check(|m| Value::int(m, -3), look, &expect!["-3"]);
        check(|m| Value::double(m, 3.0), look, &expect!["3.0"]);
        check(|m| Value::double(m, 1e300), look, &expect!["1e300"]);
        check(|m| m.string("a\"b\n\u{1}é"), look, &expect![[r#""a\"b\n\u{1}é""#]]);
        check(|_| Value::NIL, look, &expect!["nil"]);
    }

    #[test]
    fn a_range_is_written_as_it_is_read() {
        let range = |m: &Mutator<'_>| -> Value {
            let bounds = [Value::int(m, -1), Value::int(m, 4)];
            InstanceRef::new(m, m.class(known::RANGE), &[], &bounds, None).unwrap().into()
        };
        check(range, Look::default(), &expect!["-1..4"]);
    }

    #[test]
    fn objects_are_addressable() {
        let look = Look::default();
        check(|m| m.class(known::CLASS).into(), look, &expect!["class∈class _41OFI3r0S1t03qdB2E"]);
        Runtime::new().enter(|m| {
            let object = m.new_object(m.class(known::OBJECT));
            assert_eq!(print(m, object.into(), look), format!("{}∈object", object.oid()));
            let name = m.object(known::NAME).unwrap();
            // A name that is no global one does not lead here.
            object.put_attribute(m, name, m.string("class")).unwrap();
            assert_eq!(print(m, object.into(), look), format!("{}∈object", object.oid()));
        });
    }

    #[test]
    fn collections_are_cut_with_a_count() {
        let look = Look { items: 3, depth: 2, ..Look::default() };
        let numbers = |m: &Mutator<'_>| (0..5).map(|n| Value::int(m, n)).collect::<Vec<_>>();
        check(|m| TupleRef::new(m, &numbers(m)).unwrap().into(), look, &expect!["[0, 1, 2, … 2 more]"]);
        check(|m| SetRef::new(m, &mut numbers(m)).unwrap().into(), look, &expect!["{0, 1, 2, … 2 more}"]);
        let deep =
            |m: &Mutator<'_>| (0..4).fold(Value::NIL, |inner, _| TupleRef::new(m, &[inner]).unwrap().into());
        check(deep, look, &expect!["[[[… 1 more]]]"]);
    }

    #[test]
    fn attributes_have_the_names_by_which_they_are_read() {
        Runtime::new().enter(|m| {
            let key = m.intern("shape").unwrap();
            assert_eq!(key_name(m, key), "shape");
            // The name stands for something else now, and the attribute is read by it all the same.
            let other = m.new_object(m.class(known::OBJECT));
            m.keep(other, "shape", None).unwrap();
            assert_eq!(key_name(m, key), "shape");
        });
    }

    #[test]
    fn records_show_their_keys() {
        let look = Look::default();
        let instance = |m: &Mutator<'_>| -> Value {
            let name = m.object(known::NAME).unwrap();
            let class = m.class(known::INSTANCE);
            InstanceRef::new(m, class, &[(name, m.string("a"))], &[Value::TRUE], None).unwrap().into()
        };
        check(instance, look, &expect![[r#"instance immutable_instance {name: "a", true}"#]]);
        let json = |m: &Mutator<'_>| -> Value {
            let key = m.string("k").as_string().unwrap();
            JsonRef::object(m, &[(key, Value::NIL)]).unwrap().into()
        };
        check(json, look, &expect![[r#"json {"k": nil}"#]]);
    }
}
