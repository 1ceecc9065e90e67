//! From the text of a record to an object: the sections, in any order.

use rps_runtime::value::{TupleRef, Value};
use rps_runtime::{ObjectRef, Oid};

use super::decode::Decoder;
use super::payload;
use super::reader::{Fault, Reader, Result};
use crate::Code;

/// Fills an object with what its record says. What is wrong in a part of it is noted in the decoder.
///
/// `text` ends where the record ends, which begins at `start`.
pub(super) fn decode(
    decoder: &mut Decoder<'_, '_>,
    object: ObjectRef,
    text: &str,
    start: usize,
) -> Result<()> {
    let m = decoder.m;
    let reader = &mut Reader::new(text, start);
    let mut extras = Vec::new();
    let mut has_payload = false;
    let mut first = true;
    reader.expect(b'{')?;
    while let Some(key) = reader.next_key(&mut first)? {
        match &*key {
            "oid" => own_oid(object, reader)?,
            "class" => {
                let class = decoder.object(reader)?;
                object.set_class_unchecked(class);
            }
            "mtime" => object.set_mtime(mtime(reader)?),
            "attributes" => attributes(decoder, object, reader)?,
            "components" => decoder.elements(reader, |m, values| object.set_components(m, values))?,
            "payload" if has_payload => {
                return Err(reader.fault(Code::BadRecord, "a second `payload`"));
            }
            "payload" => {
                payload::decode(decoder, object, reader)?;
                has_payload = true;
            }
            _ => extras.extend([Value::string(m, &key), Value::string(m, reader.skip()?)]),
        }
    }
    reader.end()?;
    if !has_payload && object.has_payload() {
        // One of the runtime's own, to which the store gives less.
        object.install_payload(m, None);
    }
    if !extras.is_empty() {
        let fault = |_| Fault { code: Code::TooDeep, at: start, message: "too many members".to_owned() };
        object.set_extras(Some(TupleRef::new(m, &extras).map_err(fault)?));
    }
    Ok(())
}

/// Goes past the oid, by which the record was found.
fn own_oid(object: ObjectRef, reader: &mut Reader<'_>) -> Result<()> {
    let at = reader.offset();
    let text = reader.string()?;
    if Oid::parse(&text) == Ok(object.oid()) {
        return Ok(());
    }
    let message = format!("a second `oid`, `{text}`, in the record of {}", object.oid());
    Err(Fault { code: Code::BadRecord, at, message })
}

fn attributes(decoder: &mut Decoder<'_, '_>, object: ObjectRef, reader: &mut Reader<'_>) -> Result<()> {
    let at = reader.offset();
    let mut attributes = decoder.bindings(reader)?;
    if !attributes.is_sorted_by(|a, b| a.0.oid() < b.0.oid()) {
        attributes.sort_by_key(|(key, _)| key.oid());
        if let Some(twice) = attributes.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            let message = format!("the attribute {} is there twice", twice[0].0.oid());
            decoder.faults.push(Fault { code: Code::BadRecord, at, message });
            attributes.dedup_by_key(|(key, _)| key.oid());
        }
    }
    object.set_attributes(decoder.m, &attributes);
    Ok(())
}

/// Reads seconds with up to two decimals as hundredths of a second.
fn mtime(reader: &mut Reader<'_>) -> Result<i64> {
    let at = reader.offset();
    let (text, _) = reader.number()?;
    hundredths(text).ok_or_else(|| {
        let message = format!("{text} is no time in seconds with up to two decimals");
        Fault { code: Code::WrongType, at, message }
    })
}

/// Returns a decimal number as hundredths.
pub(super) fn hundredths(text: &str) -> Option<i64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let decimals = match decimals.len() {
        0 => 0,
        1 => decimals.parse::<i64>().ok()? * 10,
        2 => decimals.parse::<i64>().ok()?,
        _ => return None,
    };
    let decimals = if whole.starts_with('-') { -decimals } else { decimals };
    whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(decimals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_exact() {
        assert_eq!(hundredths("1588063841.50"), Some(158_806_384_150));
        assert_eq!(hundredths("1.5"), Some(150));
        assert_eq!(hundredths("-0.25"), Some(-25));
        assert_eq!(hundredths("7"), Some(700));
        assert_eq!(hundredths("-92233720368547758.08"), Some(i64::MIN));
        assert_eq!(hundredths("92233720368547758.08"), None);
        assert_eq!(hundredths("1.505"), None);
        assert_eq!(hundredths("1e5"), None);
    }
}
