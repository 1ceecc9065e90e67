//! Whether payloads come back as they were saved, and whether damaged ones are refused.

use std::sync::Arc;

use rps_plugin_host::Manager;
use rps_plugin_host::library::Declared;
use rps_runtime::extension::{
    ExtensionError, Extensions, ForeignPayload, PayloadForm, PayloadType, TypeLookup,
};
use rps_runtime::{Mutator, Runtime};

use super::super::probe::Report;
use super::codec::is_fault;

/// What no payload is made of.
const NONSENSE: [&[u8]; 8] =
    [b"", b"null", b"[]", b"{", b"{\"\":1}", b"-1e999", b"\"\\ud800\"", &[0xFF, 0, 0x80, 0xC0, 1, 2, 3]];

/// Tries a payload type out.
pub(super) fn examine(manager: &Manager, runtime: &Arc<Runtime>, declared: &Declared, report: &Report) {
    let what = format!("payload type {}", declared.name);
    report.step(&what);
    let hash = declared.schema.as_deref().and_then(|schema| u64::from_str_radix(schema, 16).ok());
    let TypeLookup::Found(kind) = Extensions::payload_type(manager, &declared.name, hash.unwrap_or_default())
    else {
        return report.error("plugin::not-found", &what, "nobody finds it by its name and its schema's hash");
    };
    runtime.enter(|m| {
        let examined = match manager.create_payload(m, &declared.name) {
            Ok(Some(payload)) => round_trip(m, &*kind, &payload),
            Ok(None) => {
                report.passed(&what, "only its plugin's functions make one: it is not written here");
                nonsense(m, &*kind, &PayloadForm::Json(String::new()))
            }
            Err(error) => return report.error(error.code(), &what, error.to_string()),
        };
        match examined {
            Ok(told) => report.passed(&what, told),
            Err((code, message)) => report.error(code, &what, message),
        }
    });
}

type Problem = (&'static str, String);

fn round_trip(
    m: &Mutator<'_>,
    kind: &dyn PayloadType,
    payload: &Arc<dyn ForeignPayload>,
) -> Result<String, Problem> {
    let said = |error: ExtensionError| (error.code, error.message);
    let first = payload.write(m).map_err(said)?;
    if let PayloadForm::Json(text) = &first {
        let parsed = serde_json::from_str::<serde::de::IgnoredAny>(text);
        parsed
            .map_err(|error| ("plugin::bad-json", format!("what it writes is no JSON: {error}: {text}")))?;
    }
    let changed = |how: &str, second: &PayloadForm| {
        ("plugin::not-stable", format!("{how} it is written as {}, and was {}", shown(second), shown(&first)))
    };
    let back = kind.read(m, &first).map_err(said)?;
    let second = back.write(m).map_err(said)?;
    if second != first {
        return Err(changed("read and written again", &second));
    }
    // Not every type can be copied.
    if let Ok(copy) = payload.copy(m) {
        let third = copy.write(m).map_err(said)?;
        if third != first {
            return Err(changed("copied", &third));
        }
    }
    let mut values = 0;
    payload.for_each_value(&mut |_| values += 1);
    let _size = payload.outside_bytes();
    nonsense(m, kind, &first)?;
    Ok(format!("comes back as it was saved, {}", shown(&first)))
}

/// Makes sure that nothing happens but an error, or a payload that can be written.
fn nonsense(m: &Mutator<'_>, kind: &dyn PayloadType, good: &PayloadForm) -> Result<String, Problem> {
    let is_json = matches!(good, PayloadForm::Json(_));
    let bytes: &[u8] = match good {
        PayloadForm::Json(text) => text.as_bytes(),
        PayloadForm::Bytes(bytes) => bytes,
    };
    let halves = [&bytes[..bytes.len() / 2], &bytes[..bytes.len().saturating_sub(1)]];
    for input in NONSENSE.into_iter().chain(halves) {
        let form = match std::str::from_utf8(input) {
            Ok(text) if is_json => PayloadForm::Json(text.to_owned()),
            _ if is_json => continue,
            _ => PayloadForm::Bytes(input.to_vec()),
        };
        let result = kind.read(m, &form).and_then(|payload| payload.write(m));
        if let Err(error) = result
            && is_fault(error.code)
        {
            return Err((error.code, format!("reading {}: {}", shown(&form), error.message)));
        }
    }
    Ok("damaged ones are refused, or make no harm".into())
}

fn shown(form: &PayloadForm) -> String {
    match form {
        PayloadForm::Json(text) if text.chars().count() > 80 => {
            format!("`{}…`", text.chars().take(80).collect::<String>())
        }
        PayloadForm::Json(text) => format!("`{text}`"),
        PayloadForm::Bytes(bytes) => format!("{} bytes", bytes.len()),
    }
}
