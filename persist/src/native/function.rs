//! The payload of a function in the language: its source, and what its compiler must know besides.
//!
//! ```text
//! ,"payload":{"kind":"function"
//! ,"source":[
//!  "|step| {"
//! ,"    count = count + step * n"
//! ,"}"
//! ]
//! ,"parameters":[
//!  "step"
//! ]
//! ,"captured":[
//!  {"shared":"count"}
//! ,"n"
//! ]
//! ,"class":"_5yhJGgxLwLp00X0xEQ"
//! }
//! ```
//!
//! What is captured is in the order of the closures' environments, so it is never sorted. Code is made anew from the
//! source, and not written.

use std::collections::HashSet;

use rps_runtime::object::Payload;
use rps_runtime::object::payload::{Capture, Function};
use rps_runtime::value::Value;

use super::decode::{Decoder, boolean};
use super::encode::Encoder;
use super::payload::{Fields, field, lines, string, text};
use super::reader::{Fault, Reader, Result};
use crate::Code;

/// The name under which a closure captures the call that its `return` ends. It can be no other name, for it is a keyword.
const HOME: &str = "return";

/// How the payload of a function begins.
const KIND: &[u8] = b"\n,\"payload\":{\"kind\":\"function\"";

/// Calls have their number of arguments in one byte.
const MAX_PARAMETERS: usize = u8::MAX as usize;
/// Code has the number of a captured value in two bytes.
const MAX_CAPTURED: usize = u16::MAX as usize;

/// Returns which of the values that a function's closures capture is the call that their `return` ends.
///
/// Such a call is over before the closure can be read from a store: nil stands for it there.
pub(super) fn home_of(function: &Function) -> Option<usize> {
    function.captured.iter().position(|capture| &*capture.name == HOME)
}

/// Returns the same of the function that a record is of; nothing for another object's.
pub(super) fn home_in(record: &[u8]) -> Option<usize> {
    memchr::memmem::find(record, KIND)?;
    let record: serde_json::Value = serde_json::from_slice(record).ok()?;
    let captured = record.get("payload")?.get("captured")?.as_array()?;
    captured.iter().position(|name| name.get("shared").unwrap_or(name).as_str() == Some(HOME))
}

/// Writes the fields.
pub(super) fn encode(encoder: &mut Encoder<'_, '_>, function: &Function) {
    lines(encoder, "source", &function.source);
    encoder.block("\n,\"parameters\":", ["[", "]"], function.parameters.iter(), |encoder, name| {
        encoder.text(name);
    });
    encoder.block("\n,\"captured\":", ["[", "]"], function.captured.iter(), |encoder, capture| {
        if capture.shared {
            encoder.raw("{\"shared\":");
            encoder.text(&capture.name);
            encoder.raw("}");
        } else {
            encoder.text(&capture.name);
        }
    });
    field(encoder, "class", function.class.map(Value::from));
    if function.is_method {
        encoder.raw("\n,\"method\":true");
    }
}

/// Reads the fields of a payload that began at `at`.
///
/// RefPerSys has payloads of this kind without a source: what it says of them is among the extras of the object.
pub(super) fn decode(
    decoder: &mut Decoder<'_, '_>,
    reader: &mut Reader<'_>,
    fields: &mut Fields,
    at: usize,
) -> Result<Payload> {
    let mut function = Function::default();
    let mut source = None;
    let mut is_bare = true;
    let known = ["source", "parameters", "captured", "class", "method"];
    while let Some(key) = fields.next(reader, "function", &known)? {
        is_bare = false;
        match key {
            "source" => source = Some(text(reader)?),
            "parameters" => {
                let named = names(reader, key, MAX_PARAMETERS, parameter)?;
                function.parameters = named.into_iter().map(|capture| capture.name).collect();
            }
            "captured" => function.captured = names(reader, key, MAX_CAPTURED, captured)?,
            "class" => function.class = decoder.object(reader)?,
            _ => function.is_method = boolean(reader)?,
        }
    }
    match source {
        Some(source) => function.source = source.into(),
        None if is_bare => return Ok(Payload::Unknown("function".into())),
        None => return Err(Fault { at, ..reader.fault(Code::MissingKey, "a function needs a `source`") }),
    }
    Ok(Payload::Function(Box::new(function)))
}

/// Reads a list of names, each of which must be there once.
fn names(
    reader: &mut Reader<'_>,
    key: &str,
    most: usize,
    one: fn(&mut Reader<'_>) -> Result<Capture>,
) -> Result<Vec<Capture>> {
    if reader.peek().is_some_and(|byte| byte != b'[') {
        return Err(reader.fault(Code::WrongType, format!("`{key}` is a list of names")));
    }
    let mut names = Vec::new();
    let mut seen = HashSet::new();
    let mut first = true;
    reader.expect(b'[')?;
    while reader.next_element(&mut first)? {
        let at = reader.offset();
        let fault = |code, message| Err(Fault { code, at, message });
        if names.len() == most {
            return fault(Code::BadRecord, format!("there are more than {most} names in `{key}`"));
        }
        let name = one(reader)?;
        if !seen.insert(name.name.clone()) {
            return fault(Code::DuplicateName, format!("`{}` is there twice in `{key}`", name.name));
        }
        names.push(name);
    }
    Ok(names)
}

fn parameter(reader: &mut Reader<'_>) -> Result<Capture> {
    let name = string(reader, "the name of a parameter is needed here")?;
    Ok(Capture { name: (&*name).into(), shared: false })
}

fn captured(reader: &mut Reader<'_>) -> Result<Capture> {
    let message = "a captured name is written `\"name\"` or `{\"shared\":\"name\"}`";
    if reader.peek() != Some(b'{') {
        return Ok(Capture { name: (&*string(reader, message)?).into(), shared: false });
    }
    let at = reader.offset();
    let malformed = Fault { code: Code::BadRecord, at, message: message.to_owned() };
    let mut first = true;
    reader.expect(b'{')?;
    if reader.next_key(&mut first)?.as_deref() != Some("shared") {
        return Err(malformed);
    }
    let name = (&*string(reader, message)?).into();
    if reader.next_key(&mut first)?.is_some() {
        return Err(malformed);
    }
    Ok(Capture { name, shared: true })
}
