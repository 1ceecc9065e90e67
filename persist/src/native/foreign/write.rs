//! From a live payload to its text.

use std::collections::BTreeMap;

use rps_runtime::extension::{ExtensionError, ForeignPayload, PayloadForm};
use rps_runtime::value::View;
use rps_runtime::{ObjectRef, Oid, Value};

use super::super::encode::Encoder;
use super::{canonical, is_plugin_kind};
use crate::error::PayloadError;
use crate::{Code, base64_lines};

/// Writes a payload as a section of the record of an object. Its plugin is asked, so the object is not locked.
///
/// # Errors
///
/// What the plugin says, or what is wrong with what it gives; a part of the section was written, then.
pub(in super::super) fn encode(
    encoder: &mut Encoder<'_, '_>,
    object: ObjectRef,
    payload: &dyn ForeignPayload,
) -> Result<(), PayloadError> {
    let failed = |code, message| PayloadError {
        oid: object.oid(),
        type_name: payload.type_name().to_owned(),
        code,
        message,
        hint: None,
    };
    if !is_plugin_kind(payload.type_name()) {
        return Err(failed(
            Code::BadPayload,
            "the name of its type is not of the form `plugin/Type`".to_owned(),
        ));
    }
    let form = payload.write(encoder.m).map_err(|error| of_plugin(object, payload, error))?;
    let mut refs = BTreeMap::new();
    payload.for_each_value(&mut |value| objects_in(value, &mut refs));
    encoder.raw("\n,\"payload\":{\"kind\":");
    encoder.text(payload.type_name());
    encoder.raw(&format!("\n,\"schema\":\"{:016x}\"", payload.schema_hash()));
    encoder.block("\n,\"refs\":", ["[", "]"], refs.into_values(), Encoder::reference);
    match &form {
        PayloadForm::Json(text) => {
            encoder.raw("\n,\"data\":");
            canonical::write(&mut encoder.out, text).map_err(|fault| {
                failed(Code::BadPayload, format!("it is no JSON: {} at byte {}", fault.message, fault.at))
            })?;
        }
        PayloadForm::Bytes(bytes) if bytes.is_empty() => encoder.raw("\n,\"base64\":[]"),
        PayloadForm::Bytes(bytes) => {
            encoder.block("\n,\"base64\":", ["[", "]"], base64_lines::encode(bytes), |encoder, line| {
                encoder.text(&line);
            });
        }
    }
    encoder.raw("\n}");
    Ok(())
}

fn of_plugin(object: ObjectRef, payload: &dyn ForeignPayload, error: ExtensionError) -> PayloadError {
    PayloadError {
        oid: object.oid(),
        type_name: payload.type_name().to_owned(),
        code: Code::Foreign(error.code),
        message: error.message,
        hint: error.hint,
    }
}

/// Adds all objects that a value is or has parts of.
fn objects_in(value: Value, found: &mut BTreeMap<Oid, ObjectRef>) {
    let mut add = |object: ObjectRef| {
        found.insert(object.oid(), object);
    };
    match value.view() {
        View::Object(object) => add(object),
        View::Tuple(tuple) => tuple.items().iter().for_each(|&item| objects_in(item, found)),
        View::Set(set) => set.items().iter().for_each(|&item| objects_in(item, found)),
        View::Closure(closure) => {
            add(closure.function());
            closure.meta().into_iter().for_each(|(object, _)| add(object));
            closure.env().iter().for_each(|&item| objects_in(item, found));
        }
        View::Instance(instance) => {
            add(instance.class());
            instance.meta().into_iter().for_each(|(object, _)| add(object));
            for (key, value) in instance.attributes() {
                objects_in(key.into(), found);
                objects_in(value, found);
            }
            instance.components().iter().for_each(|&item| objects_in(item, found));
        }
        _ => {}
    }
}
