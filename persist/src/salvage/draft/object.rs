//! An object of the draft, and the records that it may be made of.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use rps_runtime::{Oid, known};
use serde_json::Value;

use crate::vfs::Bytes;

/// An object, and what it may be made of.
#[derive(Default)]
pub(super) struct Object {
    /// The best one first.
    pub(super) alternatives: Vec<Alternative>,
    /// Which alternative is taken; behind the last one there is none.
    pub(super) active: usize,
    /// The record of the active one, changed.
    pub(super) patched: Option<Vec<u8>>,
    /// What stands for the object when no alternative is left.
    pub(super) stand_in: Option<StandIn>,
    /// A stand-in was no good either.
    pub(super) is_banned: bool,
}

/// A record that an object may be made of.
pub(super) struct Alternative {
    pub(super) space: Oid,
    pub(super) text: Text,
    pub(super) rank: Rank,
    /// Where it is, relative to the store.
    pub(super) place: Arc<Path>,
    pub(super) lines: (u32, u32),
}

/// Where a record is from; what is above is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// From a commit since the last dump, which says what the object is now.
    Committed,
    /// From a file that is as the manifest describes it.
    Described,
    /// From another file.
    Readable,
    /// The same, and it does not begin as a dump writes it: its lines may be those of several records.
    Odd,
    /// From the other side of a merge.
    Theirs,
    /// From the file that the manifest describes, as a previous generation has it.
    Original,
}

/// The bytes of a record.
pub(super) enum Text {
    Part(Bytes, Range<usize>),
    Own(Vec<u8>),
}

/// What stands for an object that is lost and that others can not do without.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct StandIn {
    pub(super) kind: StandInKind,
    pub(super) space: Oid,
}

/// What a stand-in has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum StandInKind {
    Plain,
    Class,
    Space,
}

impl Rank {
    pub(super) fn readable(record: &[u8]) -> Self {
        let second = memchr::memchr(b'\n', record).map_or(record, |end| &record[end + 1..]);
        if second.starts_with(b",\"mtime\":") { Self::Readable } else { Self::Odd }
    }
}

impl Text {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Part(bytes, range) => &bytes[range.clone()],
            Self::Own(bytes) => bytes,
        }
    }
}

impl StandIn {
    pub(super) fn record(&self, oid: Oid, name: Option<String>) -> Vec<u8> {
        let class = match self.kind {
            StandInKind::Plain => known::OBJECT,
            StandInKind::Class => known::CLASS,
            StandInKind::Space => known::SPACE,
        };
        let more = match self.kind {
            StandInKind::Plain => String::new(),
            StandInKind::Class => {
                format!("\n,\"payload\":{{\"kind\":\"classinfo\"\n,\"superclass\":\"{}\"\n}}", known::OBJECT)
            }
            StandInKind::Space => {
                let name = Value::from(name.unwrap_or_else(|| oid.to_string()));
                let name = match name.as_str().is_some_and(Oid::has_shape) {
                    true => format!("{{\"string\":{name}}}"),
                    false => name.to_string(),
                };
                format!(
                    "\n,\"attributes\":{{\n \"{}\":{name}\n}}\n,\"payload\":{{\"kind\":\"space\"\n}}",
                    known::NAME
                )
            }
        };
        format!("{{\"oid\":\"{oid}\",\"class\":\"{class}\"\n,\"mtime\":0.00{more}\n}}").into_bytes()
    }
}
