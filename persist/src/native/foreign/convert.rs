//! Payloads that come alive, or are kept as text, while the program runs: when a plugin is loaded or unloaded.

use std::sync::Arc;

use rps_runtime::extension::{ExtensionError, Extensions, ForeignPayload};
use rps_runtime::object::Payload;
use rps_runtime::{Mutator, ObjectRef, Runtime, Value};

use super::super::encode::{Encoder, Homes, Moment};
use super::kept::{self, forget, keep, kind_of};
use super::read::{Obstacle, read};
use super::{encode, is_plugin_kind, text};
use crate::error::PayloadError;
use crate::{Code, Problem, Report};

/// What became of the kept payload of an object.
#[derive(Debug)]
#[non_exhaustive]
pub enum Revival {
    /// It is alive.
    Revived,
    /// The object has no kept payload of a plugin's type.
    NotKept,
    /// No plugin has the type.
    Absent,
    /// It was written with another schema than the plugin has.
    OtherSchema {
        /// The hash with which it was written.
        stored: u64,
        /// Those that the plugin has.
        known: Vec<u64>,
    },
    /// The plugin could not read it.
    Failed(ExtensionError),
    /// It has a member that is not known here, or lacks one.
    NotUnderstood(String),
}

/// What became of many kept payloads.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Revivals {
    /// How many are alive now.
    pub revived: usize,
    /// How many stay as they are.
    pub kept: usize,
    /// Why, as warnings: one for each object.
    pub report: Report,
}

/// Makes the kept payload of an object alive, if its plugin is there now. The object does not count as changed.
///
/// No other thread changes the payload meanwhile.
pub fn revive(m: &Mutator<'_>, object: ObjectRef, extensions: &dyn Extensions) -> Revival {
    match attempt(m, object, extensions) {
        Attempt::Done => Revival::Revived,
        Attempt::NotKept => Revival::NotKept,
        Attempt::Malformed(message) => Revival::NotUnderstood(message),
        Attempt::Stays(_, schema, obstacle) => match obstacle {
            Obstacle::Absent => Revival::Absent,
            Obstacle::OtherSchema(known) => Revival::OtherSchema { stored: schema, known },
            Obstacle::Plugin(error) => Revival::Failed(error),
            Obstacle::UnknownMember(name) => {
                Revival::NotUnderstood(format!("the member `{name}` is not known"))
            }
        },
    }
}

/// Makes all kept payloads alive whose kinds are wanted and whose plugins are there now, as [`revive`] does.
pub fn revive_all(runtime: &Runtime, extensions: &dyn Extensions, wanted: impl Fn(&str) -> bool) -> Revivals {
    runtime.enter(|m| {
        let mut revivals = Revivals::default();
        // The payloads of plugins are read when a store is opened.
        let objects = m.loaded_objects();
        for object in objects.iter().filter_map(|value| value.as_object()) {
            if !kept_kind(m, object).is_some_and(|kind| wanted(&kind)) {
                continue;
            }
            let (code, message, hint) = match attempt(m, object, extensions) {
                Attempt::Done => {
                    revivals.revived += 1;
                    continue;
                }
                Attempt::NotKept => continue,
                Attempt::Malformed(message) => (Code::PayloadUnread, message, None),
                Attempt::Stays(kind, schema, obstacle) => {
                    let reason = obstacle.reason(&kind, schema);
                    (reason.code, reason.message, reason.hint)
                }
            };
            revivals.kept += 1;
            let problem = Problem::warning(code, "spaces", message).about(object.oid());
            revivals.report.push(match hint {
                Some(hint) => problem.with_hint(hint),
                None => problem,
            });
        }
        revivals
    })
}

/// Turns the payload of a plugin's type into text that is kept, and returns whether the object has such a payload.
/// The object does not count as changed. A dump then writes what it would have written for the live payload.
///
/// No other thread changes the payload meanwhile.
///
/// # Errors
///
/// What the plugin says that can not write it, which stays alive then.
pub fn freeze(m: &Mutator<'_>, object: ObjectRef) -> Result<bool, PayloadError> {
    let _suspended = m.suspend_collections();
    let Some(payload) = live(m, object) else { return Ok(false) };
    let text = text_of_live(m, object, &*payload)?;
    settle(m, object, &*payload, &text);
    Ok(true)
}

/// Turns all payloads whose kinds are wanted into text that is kept, as [`freeze`] does: all of them or none. Returns
/// how many there were.
///
/// # Errors
///
/// What the plugins say that can not write some of them; all stay alive then.
pub fn freeze_all(runtime: &Runtime, wanted: impl Fn(&str) -> bool) -> Result<usize, Vec<PayloadError>> {
    runtime.enter(|m| {
        let _suspended = m.suspend_collections();
        let objects = m.loaded_objects();
        let (mut texts, mut errors) = (Vec::new(), Vec::new());
        for object in objects.iter().filter_map(|value| value.as_object()) {
            let Some(payload) = live(m, object).filter(|payload| wanted(payload.type_name())) else {
                continue;
            };
            match text_of_live(m, object, &*payload) {
                Ok(text) => texts.push((object, payload, text)),
                Err(error) => errors.push(error),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        texts.iter().for_each(|(object, payload, text)| settle(m, *object, &**payload, text));
        Ok(texts.len())
    })
}

/// Returns the payload of an object if it is one of a plugin's type.
fn live(m: &Mutator<'_>, object: ObjectRef) -> Option<Arc<dyn ForeignPayload>> {
    if !object.has_payload() {
        return None;
    }
    object.with_payload(m, |payload| match payload {
        Some(Payload::Foreign(payload)) => Some(Arc::clone(payload)),
        _ => None,
    })
}

/// Returns the text of a live payload, from `{` to `}`.
fn text_of_live(
    m: &Mutator<'_>,
    object: ObjectRef,
    payload: &dyn ForeignPayload,
) -> Result<String, PayloadError> {
    let homes = Homes::new();
    let mut encoder = Encoder::new(m, Moment::Now, &homes);
    encode(&mut encoder, object, payload)?;
    let section = String::from_utf8_lossy(&encoder.out);
    Ok(section.strip_prefix(SECTION).unwrap_or(&section).to_owned())
}

/// Keeps the text of a payload in its place.
fn settle(m: &Mutator<'_>, object: ObjectRef, payload: &dyn ForeignPayload, text: &str) {
    let mut values: Vec<Value> = Vec::new();
    payload.for_each_value(&mut |value| values.push(value));
    keep(m, object, text, &values);
    object.install_payload(m, Some(Payload::Unknown(payload.type_name().into())));
}

/// How a payload begins as a section of a record.
const SECTION: &str = "\n,\"payload\":";

enum Attempt {
    Done,
    NotKept,
    Malformed(String),
    Stays(Box<str>, u64, Obstacle),
}

fn attempt(m: &Mutator<'_>, object: ObjectRef, extensions: &dyn Extensions) -> Attempt {
    let Some(kind) = kept_kind(m, object) else { return Attempt::NotKept };
    let text = kept::text_of(object).filter(|text| kind_of(text).as_deref() == Some(&kind));
    let Some(text) = text else { return Attempt::NotKept };
    let members = match text::members(text, 0) {
        Ok(members) => members,
        Err(fault) => return Attempt::Malformed(fault.message),
    };
    let lookup = extensions.payload_type(&kind, members.schema);
    // What the payload refers to is traced only when it is in its place.
    let _suspended = m.suspend_collections();
    match read(m, &members, lookup) {
        Ok(payload) => {
            object.install_payload(m, Some(Payload::Foreign(payload)));
            forget(m, object);
            Attempt::Done
        }
        Err(obstacle) => Attempt::Stays(kind, members.schema, obstacle),
    }
}

/// Returns the kind of a payload that is kept and may be that of a plugin.
fn kept_kind(m: &Mutator<'_>, object: ObjectRef) -> Option<Box<str>> {
    if !object.has_payload() {
        return None;
    }
    object.with_payload(m, |payload| match payload {
        Some(Payload::Unknown(kind)) if is_plugin_kind(kind) => Some(kind.clone()),
        _ => None,
    })
}
