//! Payloads of plugins' types, as a store keeps them.

use rps_runtime::extension::{ForeignPayload, PayloadForm};
use rps_runtime::value::TupleRef;
use rps_runtime::{Mutator, Oid, Value};

/// Returns the members of a payload, each with its value: numbers, texts and truth as themselves, references
/// as the objects that they lead to, the rest as JSON text.
///
/// Nothing is collected meanwhile: the caller sees to that. A payload that its plugin cannot write has one member, which says why.
pub(super) fn members(m: &Mutator<'_>, payload: &dyn ForeignPayload) -> Vec<(String, Value)> {
    let json = match payload.write(m) {
        Ok(PayloadForm::Json(text)) => serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text)),
        Ok(PayloadForm::Bytes(bytes)) => {
            return vec![("bytes".to_owned(), Value::int(m, bytes.len() as i64))];
        }
        Err(error) => return vec![("unwritten".to_owned(), m.string(&error.message))],
    };
    match json {
        serde_json::Value::Object(members) => {
            members.iter().map(|(name, json)| (name.clone(), value(m, json))).collect()
        }
        json => vec![("data".to_owned(), value(m, &json))],
    }
}

fn value(m: &Mutator<'_>, json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::NIL,
        serde_json::Value::Bool(truth) => Value::bool(*truth),
        serde_json::Value::String(text) => match Oid::parse(text).ok().and_then(|oid| m.object(oid)) {
            Some(object) => object.into(),
            None => m.string(text),
        },
        serde_json::Value::Array(items) => {
            let items: Vec<Value> = items.iter().map(|item| value(m, item)).collect();
            TupleRef::new(m, &items).map_or_else(|_| m.string(&json.to_string()), Value::from)
        }
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(int), _) => Value::int(m, int),
            (None, Some(double)) => Value::double(m, double),
            (None, None) => m.string(&number.to_string()),
        },
        json => m.string(&json.to_string()),
    }
}
