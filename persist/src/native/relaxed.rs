//! Reading a space file in any layout: what a formatter or a hand made of it, as long as it is JSON.

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;

use rps_runtime::Oid;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::json::{MAX_DEPTH, syntax_problem, too_deep};
use crate::{Code, Place, Problem};

/// A record somewhere in a file.
pub(super) struct Found {
    pub(super) oid: Result<Oid, Problem>,
    pub(super) range: Range<usize>,
}

#[derive(Deserialize)]
struct File<'t> {
    #[serde(borrow)]
    objects: Vec<&'t RawValue>,
}

#[derive(Deserialize)]
struct Head<'t> {
    #[serde(borrow)]
    oid: Cow<'t, str>,
}

/// Returns the records of a file, which must be one JSON document.
///
/// # Errors
///
/// Why it is none, with the place.
pub(super) fn records(file: &Path, text: &[u8]) -> Result<Vec<Found>, Problem> {
    // The parser recurs, for values that are skipped too.
    if let Some(offset) = too_deep(text, MAX_DEPTH) {
        let message = format!("values are nested more than {MAX_DEPTH} deep");
        return Err(Problem::error(Code::TooDeep, file, message).at(Place::of_offset(text, offset)));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    deserializer.disable_recursion_limit();
    let parsed = File::deserialize(&mut deserializer).and_then(|parsed| {
        deserializer.end()?;
        Ok(parsed)
    });
    let parsed = parsed.map_err(|error| syntax_problem(file, text, &error))?;
    Ok(parsed.objects.into_iter().map(|raw| found(file, text, raw.get())).collect())
}

fn found(file: &Path, text: &[u8], record: &str) -> Found {
    // The record is a part of the text, so the difference of the addresses is its offset.
    let start = record.as_ptr().addr() - text.as_ptr().addr();
    let problem =
        |code, message: String| Problem::error(code, file, message).at(Place::of_offset(text, start));
    let oid = match serde_json::from_str::<Head<'_>>(record) {
        Ok(head) => {
            Oid::parse(&head.oid).map_err(|error| problem(Code::BadOid, format!("`{}`: {error}", head.oid)))
        }
        Err(_) => {
            Err(problem(Code::BadRecord, "an element of `objects` is no object with an `oid`".to_owned()))
        }
    };
    Found { oid, range: start..start + record.len() }
}
