//! What the text of a payload says, as far as it can be told without its plugin.

use rps_runtime::Oid;
use rps_runtime::extension::PayloadForm;

use super::super::reader::{Fault, Reader, Result};
use crate::{Code, base64_lines};

/// The members of the payload of a plugin's type.
#[derive(Debug, Default)]
pub(super) struct Members {
    /// The hash of the schema.
    pub(super) schema: u64,
    /// The objects that it refers to, and where they are named.
    pub(super) refs: Vec<(usize, Oid)>,
    /// What the plugin is to read; nothing where there is no data.
    pub(super) form: Option<PayloadForm>,
    /// A member that is not known here.
    pub(super) unknown: Option<String>,
}

/// Reads the members, in any order but for the kind, which comes first. The text begins at an offset and may go on
/// behind the payload.
///
/// # Errors
///
/// A member that is known and not in its form, or is missing.
pub(super) fn members(text: &str, start: usize) -> Result<Members> {
    let reader = &mut Reader::new(text, start);
    let mut members = Members::default();
    let (mut schema, mut first) = (None, true);
    reader.expect(b'{')?;
    while let Some(key) = reader.next_key(&mut first)? {
        match &*key {
            "kind" => drop(reader.string()?),
            "schema" => schema = Some(hash(reader)?),
            "refs" => members.refs = refs(reader)?,
            "data" | "base64" if members.form.is_some() => {
                return Err(reader.fault(Code::BadRecord, "a payload has `data` or `base64`, once"));
            }
            "data" => members.form = Some(PayloadForm::Json(reader.skip()?.to_owned())),
            "base64" => members.form = Some(PayloadForm::Bytes(bytes(reader)?)),
            _ => {
                members.unknown.get_or_insert(key.into_owned());
                reader.skip()?;
            }
        }
    }
    let missing = |what: &str| Fault {
        code: Code::MissingKey,
        at: start,
        message: format!("the payload of a plugin's type needs {what}"),
    };
    members.schema = schema.ok_or_else(|| missing("a `schema`"))?;
    if members.form.is_none() && members.unknown.is_none() {
        return Err(missing("`data` or `base64`"));
    }
    Ok(members)
}

/// Returns the part of a payload's text that is the value of its member `refs`: where it begins and ends, and the oids in it.
pub(super) fn refs_in(text: &str) -> Option<(usize, usize, Vec<Oid>)> {
    let reader = &mut Reader::new(text, 0);
    let mut first = true;
    reader.expect(b'{').ok()?;
    while let Some(key) = reader.next_key(&mut first).ok()? {
        let start = reader.offset();
        if key == "refs" {
            let found = refs(reader).ok()?;
            return Some((start, reader.position(), found.into_iter().map(|(_, oid)| oid).collect()));
        }
        reader.skip().ok()?;
    }
    None
}

fn hash(reader: &mut Reader<'_>) -> Result<u64> {
    let at = reader.offset();
    let text = reader.string()?;
    let is_hash = text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let hash = u64::from_str_radix(&text, 16).ok().filter(|_| is_hash);
    let message = format!("`{text}` is no hash of a schema: 16 hexadecimal digits in small letters");
    hash.ok_or(Fault { code: Code::WrongType, at, message })
}

fn refs(reader: &mut Reader<'_>) -> Result<Vec<(usize, Oid)>> {
    let mut refs = Vec::new();
    let mut first = true;
    reader.expect(b'[')?;
    while reader.next_element(&mut first)? {
        let at = reader.offset();
        let is_transient = reader.peek() == Some(b'{');
        let mut within = true;
        if is_transient {
            reader.expect(b'{')?;
            if reader.next_key(&mut within)?.as_deref() != Some("transient") {
                let message =
                    "`refs` has oids, and `{\"transient\":…}` for objects that are in no space".to_owned();
                return Err(Fault { code: Code::BadRecord, at, message });
            }
        }
        let text = reader.string()?;
        let oid = Oid::parse(&text).map_err(|error| Fault {
            code: Code::BadOid,
            at,
            message: format!("`{text}` is no oid: {error}"),
        })?;
        if is_transient && reader.next_key(&mut within)?.is_some() {
            return Err(reader.fault(Code::BadRecord, "nothing else belongs to a transient"));
        }
        refs.push((at, oid));
    }
    Ok(refs)
}

fn bytes(reader: &mut Reader<'_>) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut first = true;
    reader.expect(b'[')?;
    while reader.next_element(&mut first)? {
        let at = reader.offset();
        let line = reader.string()?;
        base64_lines::decode(&line, &mut bytes).map_err(|message| Fault {
            code: Code::WrongType,
            at,
            message,
        })?;
    }
    Ok(bytes)
}
