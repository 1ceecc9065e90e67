//! Values as JSON: the mirror types of `--json`. Their form is part of the command's interface.

use rps_runtime::object::ObjectRef;
use rps_runtime::value::{JsonForm, View};
use rps_runtime::{Mutator, Value};
use serde::Serialize;

use super::value::{class_name, key_name};

/// A value. Integers are numbers of any size; tuples are arrays; what JSON has no form for is tagged.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum JsonValue {
    Nil,
    Bool(bool),
    Number(serde_json::Number),
    Text(String),
    Tuple(Vec<JsonValue>),
    Tagged(Tagged),
}

/// A value that JSON has no form for.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Tagged {
    /// A double that is no number of JSON: `"NaN"`, `"inf"`, `"-inf"`.
    Double {
        value: String,
    },
    Object(JsonObject),
    Set {
        items: Vec<JsonValue>,
    },
    Closure {
        function: JsonObject,
        environment: Vec<JsonValue>,
    },
    Instance {
        class: JsonObject,
        attributes: Vec<JsonAttribute>,
        components: Vec<JsonValue>,
    },
    Json {
        value: Box<serde_json::Value>,
    },
}

/// An object in short.
#[derive(Debug, Serialize)]
pub(crate) struct JsonObject {
    pub(crate) oid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) class: Option<String>,
}

/// An attribute of an object or instance.
#[derive(Debug, Serialize)]
pub(crate) struct JsonAttribute {
    pub(crate) attribute: String,
    pub(crate) oid: String,
    pub(crate) value: JsonValue,
}

impl JsonValue {
    /// Returns the mirror of a value.
    pub(crate) fn of(m: &Mutator<'_>, value: Value) -> JsonValue {
        let all = |items: &[Value]| items.iter().map(|&item| JsonValue::of(m, item)).collect();
        match value.view() {
            View::Nil => JsonValue::Nil,
            View::Bool(truth) => JsonValue::Bool(truth),
            View::Int(int) => JsonValue::Number(int.into()),
            View::BigInt(int) => number(&int.to_bigint().to_string()),
            View::Double(double) if double.is_finite() => number(&format!("{double:?}")),
            View::Double(double) => JsonValue::Tagged(Tagged::Double { value: format!("{double:?}") }),
            View::String(string) => JsonValue::Text(string.as_str().to_owned()),
            View::Tuple(tuple) => JsonValue::Tuple(all(tuple.items())),
            View::Object(object) => JsonValue::Tagged(Tagged::Object(JsonObject::of(m, object))),
            View::Set(set) => JsonValue::Tagged(Tagged::Set { items: all(set.items()) }),
            View::Closure(closure) => JsonValue::Tagged(Tagged::Closure {
                function: JsonObject::of(m, closure.function()),
                environment: all(closure.env()),
            }),
            View::Instance(instance) => JsonValue::Tagged(Tagged::Instance {
                class: JsonObject::of(m, instance.class()),
                attributes: attributes(m, instance.attributes()),
                components: all(instance.components()),
            }),
            View::Json(_) => JsonValue::Tagged(Tagged::Json { value: Box::new(plain(m, value)) }),
        }
    }
}

impl JsonObject {
    /// Returns the short form of an object.
    pub(crate) fn of(m: &Mutator<'_>, object: ObjectRef) -> JsonObject {
        JsonObject { oid: object.oid().to_string(), name: m.name_of(object), class: class_name(m, object) }
    }
}

/// Returns the mirror of attributes.
pub(crate) fn attributes(
    m: &Mutator<'_>,
    attributes: impl Iterator<Item = (ObjectRef, Value)>,
) -> Vec<JsonAttribute> {
    attributes
        .map(|(key, value)| JsonAttribute {
            attribute: key_name(m, key),
            oid: key.oid().to_string(),
            value: JsonValue::of(m, value),
        })
        .collect()
}

/// Returns the number of these digits, exactly.
fn number(digits: &str) -> JsonValue {
    match digits.parse() {
        Ok(number) => JsonValue::Number(number),
        Err(_) => JsonValue::Text(digits.to_owned()),
    }
}

/// Returns what a JSON value says, as JSON.
fn plain(m: &Mutator<'_>, value: Value) -> serde_json::Value {
    let Some(json) = value.as_json() else {
        return serde_json::to_value(JsonValue::of(m, value)).unwrap_or_default();
    };
    match json.form() {
        JsonForm::Scalar => plain(m, json.items()[0]),
        JsonForm::Array => json.items().iter().map(|&item| plain(m, item)).collect(),
        JsonForm::Object => json
            .items()
            .chunks_exact(2)
            .filter_map(|pair| Some((pair[0].as_string()?.as_str().to_owned(), plain(m, pair[1]))))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use rps_runtime::value::{SetRef, TupleRef};
    use rps_runtime::{Runtime, known};

    use super::*;

    fn check(make: impl FnOnce(&Mutator<'_>) -> Value, expected: &str) {
        Runtime::new().enter(|m| {
            assert_eq!(serde_json::to_string(&JsonValue::of(m, make(m))).unwrap(), expected);
        });
    }

    #[test]
    fn values_have_one_form_each() {
        check(|_| Value::NIL, "null");
        check(|m| Value::int(m, i64::MAX), "9223372036854775807");
        check(|m| Value::double(m, 3.0), "3.0");
        check(|m| Value::double(m, f64::NAN), r#"{"kind":"double","value":"NaN"}"#);
        check(|m| m.string("_41OFI3r0S1t03qdB2E"), r#""_41OFI3r0S1t03qdB2E""#);
        check(
            |m| m.class(known::CLASS).into(),
            r#"{"kind":"object","oid":"_41OFI3r0S1t03qdB2E","name":"class","class":"class"}"#,
        );
        check(|m| TupleRef::new(m, &[Value::TRUE]).unwrap().into(), "[true]");
        check(|m| SetRef::new(m, &mut [Value::NIL]).unwrap().into(), r#"{"kind":"set","items":[null]}"#);
    }
}
