//! Values for people: as they are typed in, and with names beside oids.

use rps_runtime::Oid;
use serde_json::{Map, Value};

use super::names::Names;
use crate::json::{MAX_DEPTH, too_deep};

/// Returns a value, given as it is written in a store, as people read it: objects with their names, tuples and sets in
/// their brackets. What is no JSON comes back as it is.
///
/// ```
/// # use rps_persist::diff::{Names, readable};
/// let text = r#"{"tuple":[1,{"set":["a",null]},"_1BPNX0zyint2kmoW3U"]}"#;
/// assert_eq!(readable(text, &Names::default()), r#"[1, {"a", nil}, _1BPNX0zyint2kmoW3U]"#);
/// ```
#[must_use]
pub fn readable(text: &str, names: &Names) -> String {
    if too_deep(text.as_bytes(), MAX_DEPTH).is_some() {
        return text.to_owned();
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    // Sound because the depth was checked above.
    deserializer.disable_recursion_limit();
    let parsed: Result<Value, _> = serde::Deserialize::deserialize(&mut deserializer);
    let mut out = String::new();
    match parsed {
        Ok(parsed) => value(&mut out, &parsed, names),
        Err(_) => out.push_str(text),
    }
    out
}

fn value(out: &mut String, parsed: &Value, names: &Names) {
    match parsed {
        Value::Null => out.push_str("nil"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::String(text) => match Oid::parse(text) {
            Ok(oid) => out.push_str(&names.label(oid)),
            Err(_) => out.push_str(&parsed.to_string()),
        },
        Value::Array(items) => sequence(out, ["[", "]"], items, names),
        Value::Object(members) => record(out, parsed, members, names),
    }
}

fn record(out: &mut String, whole: &Value, members: &Map<String, Value>, names: &Names) {
    let member = |key: &str| members.get(key);
    if let Some(Value::Array(items)) = member("tuple") {
        sequence(out, ["[", "]"], items, names);
    } else if let Some(Value::Array(items)) = member("set") {
        sequence(out, ["{", "}"], items, names);
    } else if let Some(text @ Value::String(_)) = member("string") {
        out.push_str(&text.to_string());
    } else if let Some(Value::String(double)) = member("double") {
        out.push_str(double);
    } else if let Some(oid) = member("transient") {
        out.push_str("transient ");
        value(out, oid, names);
    } else if let Some(function) = member("closure") {
        out.push_str("closure of ");
        value(out, function, names);
        if let Some(Value::Array(captured)) = member("env").filter(|env| **env != Value::Array(Vec::new())) {
            out.push_str(" with ");
            sequence(out, ["[", "]"], captured, names);
        }
    } else if let Some(class) = member("instance") {
        out.push_str("instance of ");
        value(out, class, names);
        if let Some(Value::Object(attributes)) = member("attributes") {
            table(out, attributes, names);
        }
        if let Some(Value::Array(components)) = member("components") {
            sequence(out, [" [", "]"], components, names);
        }
    } else if let Some(json) = member("json") {
        out.push_str("json ");
        out.push_str(&json.to_string());
    } else if let Some(name) = member("shared") {
        out.push_str("shared ");
        value(out, name, names);
    } else {
        out.push_str(&whole.to_string());
    }
}

fn sequence(out: &mut String, [open, close]: [&str; 2], items: &[Value], names: &Names) {
    out.push_str(open);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        value(out, item, names);
    }
    out.push_str(close);
}

fn table(out: &mut String, members: &Map<String, Value>, names: &Names) {
    out.push_str(" {");
    for (index, (key, item)) in members.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        value(out, &Value::String(key.clone()), names);
        out.push_str(": ");
        value(out, item, names);
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_they_are_typed_in() {
        let names = Names::default();
        for (text, expected) in [
            ("null", "nil"),
            ("3.50", "3.50"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            ("\"a\\n\"", "\"a\\n\""),
            (r#"{"string":"_1BPNX0zyint2kmoW3U"}"#, "\"_1BPNX0zyint2kmoW3U\""),
            (r#"{"double":"-inf"}"#, "-inf"),
            (r#"{"transient":"_1BPNX0zyint2kmoW3U"}"#, "transient _1BPNX0zyint2kmoW3U"),
            (r#"{"closure":"_1BPNX0zyint2kmoW3U","env":[1]}"#, "closure of _1BPNX0zyint2kmoW3U with [1]"),
            (r#"{"json":{"a":[1,2.50]}}"#, r#"json {"a":[1,2.50]}"#),
            ("{broken", "{broken"),
        ] {
            assert_eq!(readable(text, &names), expected);
        }
    }
}
