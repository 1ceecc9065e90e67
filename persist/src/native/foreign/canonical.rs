//! One form for one JSON value: keys sorted, no blanks, strings with the fewest escapes. Numbers stay as they are
//! written, since nobody here knows how exact they are meant.

use super::super::reader::{Fault, Reader, Result};
use crate::Code;
use crate::json::MAX_DEPTH;

/// Writes the JSON value that `text` is; the members of an object come one on a line.
///
/// # Errors
///
/// What makes the text another thing than one JSON value, keys that are there twice among it.
pub(super) fn write(out: &mut Vec<u8>, text: &str) -> Result<()> {
    let mut reader = Reader::new(text, 0);
    if reader.peek() == Some(b'{') {
        let members = members(&mut reader, 1)?;
        for (number, (key, value)) in members.iter().enumerate() {
            out.extend_from_slice(if number == 0 { b"{\n " } else { b"\n," });
            member(out, key, value);
        }
        out.extend_from_slice(if members.is_empty() { b"{}" } else { b"\n}" });
    } else {
        value(&mut reader, out, 0)?;
    }
    reader.end()
}

fn value(reader: &mut Reader<'_>, out: &mut Vec<u8>, depth: usize) -> Result<()> {
    if depth > MAX_DEPTH {
        return Err(reader.fault(Code::TooDeep, format!("values are nested more than {MAX_DEPTH} deep")));
    }
    match reader.peek() {
        Some(b'"') => string(out, &reader.string()?),
        Some(b'-' | b'0'..=b'9') => out.extend_from_slice(reader.number()?.0.as_bytes()),
        Some(b'[') => {
            let mut first = true;
            reader.expect(b'[')?;
            let mut before = b'[';
            while reader.next_element(&mut first)? {
                out.push(std::mem::replace(&mut before, b','));
                value(reader, out, depth + 1)?;
            }
            out.extend_from_slice(if before == b'[' { b"[]" } else { b"]" });
        }
        Some(b'{') => {
            let members = members(reader, depth + 1)?;
            out.push(b'{');
            for (number, (key, value)) in members.iter().enumerate() {
                if number > 0 {
                    out.push(b',');
                }
                member(out, key, value);
            }
            out.push(b'}');
        }
        next => {
            let word = match next {
                Some(b't') => "true",
                Some(b'f') => "false",
                _ => "null",
            };
            reader.word(word)?;
            out.extend_from_slice(word.as_bytes());
        }
    }
    Ok(())
}

/// Returns the members of an object, sorted by key, with what is to be written of their values.
fn members(reader: &mut Reader<'_>, depth: usize) -> Result<Vec<(String, Vec<u8>)>> {
    let mut members = Vec::new();
    let mut first = true;
    reader.expect(b'{')?;
    while let Some(key) = reader.next_key(&mut first)? {
        let mut text = Vec::new();
        value(reader, &mut text, depth)?;
        members.push((key.into_owned(), text));
    }
    members.sort_by(|a, b| a.0.cmp(&b.0));
    match members.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        None => Ok(members),
        Some(pair) => Err(Fault {
            at: 0,
            ..reader.fault(Code::BadJson, format!("the key `{}` is there twice", pair[0].0))
        }),
    }
}

fn member(out: &mut Vec<u8>, key: &str, value: &[u8]) {
    string(out, key);
    out.push(b':');
    out.extend_from_slice(value);
}

fn string(out: &mut Vec<u8>, text: &str) {
    // Writing to a vector does not fail, nor does a string have a form that JSON lacks.
    let _ = serde_json::to_writer(out, text);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 30, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::hash_map(any::<String>(), inner, 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_form_does_not_depend_on_the_text_and_means_the_same(value in json()) {
            let form = canonical(&value.to_string());
            prop_assert_eq!(&canonical(&serde_json::to_string_pretty(&value).unwrap()), &form);
            prop_assert_eq!(&canonical(&form), &form);
            prop_assert_eq!(serde_json::from_str::<Value>(&form).unwrap(), value);
        }
    }

    fn canonical(text: &str) -> String {
        let mut out = Vec::new();
        match write(&mut out, text) {
            Ok(()) => String::from_utf8(out).unwrap(),
            Err(fault) => fault.code.to_string(),
        }
    }

    #[test]
    fn one_value_has_one_form() {
        let text = " { \"b\" : [ 1.50, -0, 1E5 , {\"z\":null,\"a\":{ } } ] ,\n\"a\\u0062\":\"\\u00e9\\n\" } ";
        let form = "{\n \"ab\":\"é\\n\"\n,\"b\":[1.50,-0,1E5,{\"a\":{},\"z\":null}]\n}";
        assert_eq!(canonical(text), form);
        assert_eq!(canonical(form), form);
        assert_eq!(canonical("{}"), "{}");
        assert_eq!(canonical("[ ]"), "[]");
        assert_eq!(
            canonical("{\"$serde_json::private::Number\":\"1\"}"),
            "{\n \"$serde_json::private::Number\":\"1\"\n}"
        );
    }

    #[test]
    fn what_is_no_value_is_refused() {
        for text in ["", "{", "{}x", "nul", "[1,]", "{\"a\":1,}", "1.", "\"\\x\"", "NaN"] {
            assert!(canonical(text).starts_with("store::"), "{text}");
        }
        assert_eq!(canonical("{\"a\":1,\"a\":1}"), "store::bad-json");
        assert_eq!(canonical(&("[".repeat(2000) + &"]".repeat(2000))), "store::too-deep");
        let fits = "[".repeat(1000) + &"]".repeat(1000);
        assert_eq!(canonical(&fits), fits);
    }
}
