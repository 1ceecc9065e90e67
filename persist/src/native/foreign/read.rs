//! From what a store says of a payload to a live one, or to the reason why there is none.

use std::sync::Arc;

use rps_runtime::Mutator;
use rps_runtime::extension::{ExtensionError, ForeignPayload, TypeLookup};

use super::text::Members;
use crate::Code;

/// Why a payload stays text.
#[derive(Debug)]
pub(super) enum Obstacle {
    /// Nobody has the type.
    Absent,
    /// The plugin has other schemas of it, with these hashes.
    OtherSchema(Vec<u64>),
    /// The plugin failed, or failed to be loaded.
    Plugin(ExtensionError),
    /// It has a member that is not known here.
    UnknownMember(String),
}

/// What is said of a payload that stays text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reason {
    pub(super) code: Code,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

/// Makes a live payload of members.
///
/// What has a member that is not known here is not understood as a whole: the member would be lost with the next dump.
pub(super) fn read(
    m: &Mutator<'_>,
    members: &Members,
    lookup: TypeLookup,
) -> Result<Arc<dyn ForeignPayload>, Obstacle> {
    let found = match lookup {
        TypeLookup::Found(found) => found,
        TypeLookup::Absent => return Err(Obstacle::Absent),
        TypeLookup::OtherSchema(known) => return Err(Obstacle::OtherSchema(known)),
        TypeLookup::Failed(error) => return Err(Obstacle::Plugin(error)),
    };
    match (&members.unknown, &members.form) {
        (None, Some(form)) => found.read(m, form).map_err(Obstacle::Plugin),
        (unknown, _) => Err(Obstacle::UnknownMember(unknown.clone().unwrap_or_default())),
    }
}

impl Obstacle {
    /// Returns what is said of payloads of a type and schema.
    pub(super) fn reason(self, kind: &str, schema: u64) -> Reason {
        match self {
            Obstacle::Absent => Reason {
                code: Code::PayloadAbsent,
                message: format!("no plugin here has the payload type `{kind}`"),
                hint: None,
            },
            Obstacle::OtherSchema(mut known) => {
                known.sort_unstable();
                let known: Vec<String> = known.iter().map(|hash| format!("{hash:016x}")).collect();
                let known = known.join(", ");
                let message = format!(
                    "the payload type `{kind}` was written with schema {schema:016x}, and the plugin here has {known}"
                );
                Reason { code: Code::SchemaMismatch, message, hint: None }
            }
            Obstacle::Plugin(error) => {
                let message =
                    format!("a payload of type `{kind}` was not read: {} [{}]", error.message, error.code);
                Reason { code: Code::PayloadUnread, message, hint: error.hint }
            }
            Obstacle::UnknownMember(name) => {
                let message =
                    format!("a payload of type `{kind}` has the member `{name}`, which is not known here");
                Reason { code: Code::PayloadUnread, message, hint: None }
            }
        }
    }
}
