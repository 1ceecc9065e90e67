//! Reflection: what there is in a running program.

use rps_runtime::code::operate::{object, wrong_kind};
use rps_runtime::object::Payload;
use rps_runtime::send::Method;
use rps_runtime::value::View;
use rps_runtime::{Mutator, ObjectRef, Oid, RootVec, RuntimeError, Value, known};

use crate::argument::{arity, optional, text};
use crate::elements::{new_texts, new_tuple};
use crate::references::references;
use crate::topic::{Entry, Topic};

pub(crate) const TOPIC: Topic = Topic {
    title: "Reflection",
    about: "A function is named by its object, by a closure of it, or by a class and a selector. `v.class` is the class of a value, \
        `c.superclass()` that of a class.",
    functions: &[
        (Oid::known("_17dqXqrs3ZF00OqYz3"), ATTRIBUTES),
        (Oid::known("_2zfhEv8xbRG02FISJo"), METHODS),
        (Oid::known("_1rpFaXRr5oF00dHL2v"), SOURCE),
        (Oid::known("_2yeEfWvWd24005XVGX"), PARAMETERS),
        (Oid::known("_8T9hh2DzGVw00LpDGd"), DOC),
        (Oid::known("_3MTEjYe1XLK03k9tuy"), SENDERS),
        (Oid::known("_1LlL12G7JGW02zNSth"), IMPLEMENTORS),
        (Oid::known("_3Zz16uhMnfQ01nBd5t"), INSTANCES),
        (Oid::known("_2sgDG3atpNS01pJhmH"), REFERENCES),
    ],
    ..Topic::EMPTY
};

const ATTRIBUTES: Entry = (
    "attributes(value)",
    |m, _, arguments| {
        let mut keys = m.root_vec();
        match arguments[0].view() {
            View::Object(object) => keys.extend(object.attributes().map(|(key, _)| key.into())),
            View::Instance(instance) => keys.extend(instance.attributes().map(|(key, _)| key.into())),
            _ => return Err(wrong_kind(m, "what has attributes", "an object or an instance", arguments[0])),
        }
        new_tuple(m, &keys)
    },
    r#"The attributes that an object has, as a tuple of objects.
let o = new object { size: 3 }
attributes(o).map(|a| o.(a)) # → [3]"#,
);

const METHODS: Entry = (
    "methods(class)",
    |m, _, arguments| {
        let class = object(m, "the class", arguments[0])?;
        new_texts(m, m.selectors_of(class))
    },
    r#"The selectors that instances of a class understand, its own and inherited ones, as a tuple of strings.
methods(int).contains("gcd") # → true"#,
);

const SOURCE: Entry = (
    "source(function, [selector])",
    |m, _, arguments| {
        arity("source", arguments, 1..=2)?;
        let source = match function(m, arguments)? {
            Found::Function(function) => function.with_payload(m, |payload| match payload {
                Some(Payload::Function(own)) => Some(own.source.to_string()),
                _ => None,
            }),
            Found::Native(_) | Found::Nothing => None,
        };
        Ok(source.map_or(Value::NIL, |source| m.string(&source)))
    },
    r#"The text of a function, or of a class's method for a selector; nil of a native one.
source(|x| x + 1) # → "|x| x + 1"
source(print) # → nil"#,
);

const PARAMETERS: Entry = (
    "parameters(function, [selector])",
    |m, _, arguments| {
        arity("parameters", arguments, 1..=2)?;
        let parameters: Option<Vec<String>> = match function(m, arguments)? {
            Found::Function(function) => function.with_payload(m, |payload| match payload {
                Some(Payload::Function(own)) => {
                    Some(own.parameters.iter().map(ToString::to_string).collect())
                }
                _ => None,
            }),
            Found::Native(_) | Found::Nothing => None,
        };
        parameters.map_or(Ok(Value::NIL), |parameters| new_texts(m, parameters))
    },
    r#"The names of the parameters of a function, as a tuple of strings; nil of a native one.
parameters(object, "map") # → ["f"]"#,
);

const DOC: Entry = (
    "doc(value, [selector])",
    |m, _, arguments| {
        arity("doc", arguments, 1..=2)?;
        let value = arguments[0];
        if optional(arguments, 1).is_none()
            && let Some(comment) = m.object(known::COMMENT).and_then(|key| m.attribute(value, key))
            && comment.as_string().is_some()
        {
            return Ok(comment);
        }
        let doc = match function(m, arguments)? {
            Found::Native(doc) => Some(doc),
            Found::Function(function) => function.with_payload(m, |payload| match payload {
                Some(Payload::Function(own)) => comments(&own.source),
                _ => None,
            }),
            Found::Nothing => None,
        };
        Ok(doc.map_or(Value::NIL, |doc| m.string(&doc)))
    },
    r#"What is said about a value, a function, or a class's method for a selector: its attribute `comment`, the comments that
its text begins with, or the documentation of a native one; otherwise nil.
doc(now) # → "The time, as a double.\nnow() > 1.7e9 # → true""#,
);

const SENDERS: Entry = (
    "senders(selector)",
    |m, _, arguments| {
        let selector = selector(m, arguments[0])?;
        let objects = m.all_objects();
        let mut senders = m.root_vec();
        for function in objects.iter().filter_map(|value| value.as_object()) {
            m.check_interrupt()?;
            if !function.is_function(m) {
                continue;
            }
            // A text that cannot be compiled sends nothing.
            let Ok(code) = m.code_of(function) else { continue };
            let mut selectors = (0..).map_while(|site| code.selector(site)).filter_map(|own| m.name_of(own));
            if selectors.any(|own| own == selector) {
                senders.push(function.into());
            }
        }
        new_tuple(m, &senders)
    },
    r#"The functions in memory that send a selector, as a tuple.
fn twice_as_long(text) { text.pad_end(2 * text.len()) }
senders("pad_end").contains(twice_as_long) # → true"#,
);

const IMPLEMENTORS: Entry = (
    "implementors(selector)",
    |m, _, arguments| {
        let selector = selector(m, arguments[0])?;
        let objects = m.all_objects();
        let mut implementors = m.root_vec();
        for class in objects.iter().filter_map(|value| value.as_object()) {
            m.check_interrupt()?;
            if class.is_class(m)
                && (has_own(m, class, &selector) || m.library_method(class.oid(), &selector).is_some())
            {
                implementors.push(class.into());
            }
        }
        new_tuple(m, &implementors)
    },
    r#"The classes in memory that have a method of their own for a selector, as a tuple.
implementors("gcd").map(|c| c.to_string()) # → ["int"]"#,
);

const INSTANCES: Entry = (
    "instances(class)",
    |m, _, arguments| {
        let class = object(m, "the class", arguments[0])?;
        let objects = m.all_objects();
        let mut instances: RootVec = m.root_vec();
        for &value in objects.iter() {
            if m.is_instance_of(value, class) {
                instances.push(value);
            }
        }
        new_tuple(m, &instances)
    },
    r#"The objects in memory that are instances of a class or of one below it, as a tuple in the order of their oids. One that nothing
refers to any more is among them until it is collected.
class planet { }
let earth = new planet { name: "Earth" }
instances(planet).contains(earth) # → true"#,
);

const REFERENCES: Entry = (
    "references(object)",
    |m, _, arguments| references(m, arguments[0]),
    r#"The objects in memory that refer to an object, as a tuple: by class or space, attribute, component or element, also within a
value. One that nothing refers to any more is among them until it is collected.
let moon = new object
let holder = new object { parts: [1, {moon}] }
references(moon).contains(holder) # → true"#,
);

enum Found {
    Function(ObjectRef),
    Native(String),
    Nothing,
}

/// Returns the function that arguments name: a function or closure, or a class and a selector.
fn function(m: &Mutator<'_>, arguments: &[Value]) -> Result<Found, RuntimeError> {
    let named = match optional(arguments, 1) {
        None => arguments[0],
        Some(name) => {
            let (class, name) = (object(m, "the class", arguments[0])?, selector(m, name)?);
            match m.find_method(class, m.intern(&name)?) {
                Some(Method::Kept(value)) => value,
                Some(Method::Native(native)) => return Ok(Found::Native(native.doc.into())),
                None => return Ok(Found::Nothing),
            }
        }
    };
    let function = named.as_closure().map(|closure| closure.function()).or_else(|| named.as_object());
    Ok(match function {
        Some(function) if function.is_function(m) => Found::Function(function),
        Some(function) => m
            .native_function(function.oid())
            .map_or(Found::Nothing, |native| Found::Native(native.doc.into())),
        None => Found::Nothing,
    })
}

/// Returns the name of a selector, which is a string or a symbol.
fn selector(m: &Mutator<'_>, value: Value) -> Result<String, RuntimeError> {
    match value.as_object().and_then(|object| m.name_of(object)) {
        Some(name) => Ok(name),
        None => Ok(text(m, "the selector", value)?.to_owned()),
    }
}

fn has_own(m: &Mutator<'_>, class: ObjectRef, selector: &str) -> bool {
    let methods = class.own_methods(m);
    let mut selectors = methods.chunks_exact(2).filter_map(|pair| pair[0].as_object());
    selectors.any(|own| m.name_of(own).as_deref() == Some(selector))
}

/// Returns the comments that a text begins with.
fn comments(source: &str) -> Option<String> {
    let lines = source.lines().map(str::trim_start).take_while(|line| line.starts_with('#'));
    let lines: Vec<&str> = lines.map(|line| line[1..].strip_prefix(' ').unwrap_or(&line[1..])).collect();
    if lines.is_empty() { None } else { Some(lines.join("\n")) }
}
