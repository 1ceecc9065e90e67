//! JSON: texts to values and back.

use std::io;

use rps_runtime::object::Payload;
use rps_runtime::object::payload::Dictionary;
use rps_runtime::value::{JsonForm, JsonRef, View, number};
use rps_runtime::{Mutator, Oid, RootVec, RuntimeError, Value, known};
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};
use serde_json::{Map, Number, Value as Json};

use crate::argument::{arity, count, failed, failed_with_hint, optional, text};
use crate::dictionary::entries;
use crate::elements::{elements, new_vector};
use crate::topic::{Entry, Topic};

pub(crate) const TOPIC: Topic = Topic {
    title: "JSON",
    about: "An object is a dictionary, an array a vector, null is nil. Integers are exact; other numbers are doubles. A text may nest 127 \
        deep.",
    functions: &[
        (Oid::known("_2TcSwnckUDE03CG1YY"), PARSE_JSON),
        (Oid::known("_94NvXceFaIJ01HRdvY"), TO_JSON),
    ],
    ..Topic::EMPTY
};

/// Values may nest so deep in a text: the reader's limit, too.
const MAX_DEPTH: usize = 127;
/// Lines are indented by no more.
const MAX_INDENT: usize = 32;

const PARSE_JSON: Entry = (
    "parse_json(text)",
    |m, _, arguments| parse(m, text(m, "the text", arguments[0])?),
    r#"The value that a text in JSON writes.
parse_json("[1, 2.5, null]").to_tuple() # → [1, 2.5, nil]
parse_json("{\"a\": [true]}")["a"][0] # → true"#,
);

const TO_JSON: Entry = (
    "to_json(value, [indent])",
    |m, _, arguments| {
        arity("to_json", arguments, 1..=2)?;
        let json = write(m, arguments[0], 1)?;
        let text = match optional(arguments, 1) {
            None => printed(&json, CompactFormatter),
            Some(indent) => {
                let indent = count(m, "the indent", indent)?;
                if indent > MAX_INDENT {
                    let message = format!("lines are indented by at most {MAX_INDENT} spaces, not {indent}");
                    return Err(failed("library::too-large", message));
                }
                printed(&json, PrettyFormatter::with_indent(" ".repeat(indent).as_bytes()))
            }
        };
        Ok(m.string(&text.map_err(|error| failed("library::not-json", error.to_string()))?))
    },
    r#"A value as text in JSON, in one line or indented by so many spaces: nil, booleans, finite numbers, strings, tuples, sets,
vectors, and dictionaries with strings for keys.
to_json([1, nil, new dict ["k": 2.0]]) # → "[1,null,{\"k\":2.0}]""#,
);

/// Returns the value that a text in JSON writes.
pub(crate) fn parse(m: &Mutator<'_>, text: &str) -> Result<Value, RuntimeError> {
    let json: Json = serde_json::from_str(text)
        .map_err(|error| failed("library::bad-json", format!("the text is no JSON: {error}")))?;
    read(m, &json)
}

fn read(m: &Mutator<'_>, json: &Json) -> Result<Value, RuntimeError> {
    Ok(match json {
        Json::Null => Value::NIL,
        Json::Bool(truth) => Value::bool(*truth),
        Json::Number(number) => read_number(m, number)?,
        Json::String(text) => m.string(text),
        Json::Array(items) => {
            let mut values = m.root_vec();
            for item in items {
                values.push(read(m, item)?);
            }
            new_vector(m, &values)
        }
        Json::Object(members) => {
            let mut values: RootVec = m.root_vec();
            for (key, value) in members {
                values.push(m.string(key));
                values.push(read(m, value)?);
            }
            let dictionary: Dictionary = values.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
            let object = m.new_object(m.class(known::DICTIONARY));
            object.install_payload(m, Some(Payload::Dictionary(dictionary)));
            object.into()
        }
    })
}

fn read_number(m: &Mutator<'_>, number: &Number) -> Result<Value, RuntimeError> {
    if let Some(int) = number.as_i64() {
        return Ok(Value::int(m, int));
    }
    let digits = number.to_string();
    if let Ok(int) = digits.parse::<num_bigint::BigInt>() {
        return Ok(number::from_bigint(m, &int));
    }
    match digits.parse() {
        Ok(double) if f64::is_finite(double) => Ok(Value::double(m, double)),
        _ => Err(failed("library::bad-json", format!("the number {digits} is too large for a double"))),
    }
}

fn write(m: &Mutator<'_>, value: Value, depth: usize) -> Result<Json, RuntimeError> {
    if depth > MAX_DEPTH {
        let hint = "does a vector or dictionary hold itself?";
        return Err(failed_with_hint(
            "library::not-json",
            format!("the value nests deeper than {MAX_DEPTH}"),
            hint,
        ));
    }
    Ok(match value.view() {
        View::Nil => Json::Null,
        View::Bool(truth) => Json::Bool(truth),
        View::Int(_) | View::BigInt(_) => Json::Number(written_integer(value)),
        View::Double(double) => match Number::from_f64(double) {
            Some(number) => Json::Number(number),
            None => return Err(failed("library::not-json", format!("JSON has no number {double:?}"))),
        },
        View::String(string) => Json::String(string.as_str().to_owned()),
        View::Tuple(tuple) => write_array(m, tuple.items(), depth)?,
        View::Set(set) => write_array(m, set.items(), depth)?,
        View::Json(json) => write_json(m, json, depth)?,
        View::Object(object) => {
            let kind = object.with_payload(m, |payload| match payload {
                Some(Payload::ValueVector(_) | Payload::ObjectVector(_) | Payload::Set(_)) => Some(false),
                Some(payload) if payload.has_keys() => Some(true),
                _ => None,
            });
            match kind {
                Some(true) => write_object(m, &entries(m, value)?, depth)?,
                Some(false) => write_array(m, &elements(m, value)?, depth)?,
                None => return Err(not_json(m, value)),
            }
        }
        View::Closure(_) | View::Instance(_) => return Err(not_json(m, value)),
    })
}

fn written_integer(value: Value) -> Number {
    match value.as_small_int() {
        Some(int) => int.into(),
        None => {
            let digits = number::to_bigint(value).unwrap_or_default().to_string();
            Number::from_string_unchecked(digits)
        }
    }
}

fn write_array(m: &Mutator<'_>, items: &[Value], depth: usize) -> Result<Json, RuntimeError> {
    items.iter().map(|&item| write(m, item, depth + 1)).collect::<Result<Vec<Json>, _>>().map(Json::Array)
}

fn write_object(m: &Mutator<'_>, entries: &[Value], depth: usize) -> Result<Json, RuntimeError> {
    let mut members = Map::new();
    for pair in entries.chunks_exact(2) {
        let Some(key) = pair[0].as_string() else {
            let message = format!("the keys of a JSON object are strings, not {}", m.text_of(pair[0]));
            return Err(failed("library::not-json", message));
        };
        members.insert(key.as_str().to_owned(), write(m, pair[1], depth + 1)?);
    }
    Ok(Json::Object(members))
}

fn write_json(m: &Mutator<'_>, json: JsonRef, depth: usize) -> Result<Json, RuntimeError> {
    match json.form() {
        JsonForm::Object => write_object(m, json.items(), depth),
        JsonForm::Array => write_array(m, json.items(), depth),
        JsonForm::Scalar => json.items().first().map_or(Ok(Json::Null), |&value| write(m, value, depth + 1)),
    }
}

fn not_json(m: &Mutator<'_>, value: Value) -> RuntimeError {
    failed_with_hint(
        "library::not-json",
        format!("JSON has no form for {}", m.text_of(value)),
        "make a dictionary of its attributes",
    )
}

fn printed(json: &Json, formatter: impl Formatter) -> io::Result<String> {
    let mut text = Vec::new();
    serde::Serialize::serialize(json, &mut Serializer::with_formatter(&mut text, formatter))?;
    String::from_utf8(text).map_err(io::Error::other)
}
