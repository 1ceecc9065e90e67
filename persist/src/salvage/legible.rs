//! What can still be read in a damaged manifest: its layout has one item on a line, and each says what it is.

use rps_runtime::Oid;
use serde::Deserialize;
use serde_json::Value;

use super::sources::Listed;
use crate::manifest::{FileEntry, UnknownKeys};

/// The lines of a manifest that can be read.
#[derive(Debug, Default)]
pub(super) struct Legible {
    pub(super) files: Vec<Listed>,
    pub(super) states: Vec<FileEntry>,
    pub(super) roots: Oids,
    pub(super) constants: Oids,
    pub(super) names: Oids,
    pub(super) annotations: UnknownKeys,
}

/// A list of oids, and whether every line of it could be read, up to its end.
#[derive(Debug, Default)]
pub(super) struct Oids {
    pub(super) oids: Vec<Oid>,
    is_ended: bool,
    is_spoilt: bool,
}

#[derive(Deserialize)]
struct SpaceLine {
    name: String,
    oid: String,
}

#[derive(Deserialize)]
struct FileLine {
    path: String,
    size: u64,
    blake3: String,
}

/// Where in the manifest a line is.
#[derive(Clone, Copy, PartialEq)]
enum Section {
    Head,
    Spaces,
    Roots,
    Constants,
    Names,
    State,
    Annotations,
}

/// Returns what the lines of a manifest say that can be read. Of a conflict of git both sides count.
pub(super) fn read(text: &[u8]) -> Legible {
    let mut legible = Legible::default();
    let mut section = Section::Head;
    let mut space: Option<(String, Oid)> = None;
    for line in text.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Ok(line) = std::str::from_utf8(line) else {
            legible.spoil(section);
            continue;
        };
        if let Some((begun, is_empty)) = begins(line) {
            section = begun;
            if let Some(oids) = legible.oids(section) {
                oids.is_ended = is_empty;
            }
            continue;
        }
        if matches!(line, "]" | "}") {
            if let Some(oids) = legible.oids(section) {
                oids.is_ended = true;
            }
            section = Section::Head;
            continue;
        }
        let item = line.trim_start().trim_start_matches(',');
        let is_read = match section {
            Section::Spaces => match space_line(item) {
                Some(begun) => {
                    space = Some(begun);
                    true
                }
                None => file_line(item)
                    .zip(space.clone())
                    .map(|(entry, (name, oid))| {
                        legible.files.push(Listed {
                            entry: Some(entry),
                            path: String::new(),
                            space: Some((name, oid)),
                        });
                    })
                    .is_some(),
            },
            Section::State => file_line(item).map(|entry| legible.states.push(entry)).is_some(),
            Section::Annotations => {
                annotation(item).map(|(key, value)| legible.annotations.insert(key, value)).is_some()
            }
            Section::Head => true,
            Section::Roots | Section::Constants | Section::Names => {
                let oid = item.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
                let oid = oid.and_then(|oid| Oid::parse(oid).ok());
                match (oid, legible.oids(section)) {
                    (Some(oid), Some(oids)) => {
                        oids.oids.push(oid);
                        true
                    }
                    _ => false,
                }
            }
        };
        if !is_read {
            legible.spoil(section);
        }
    }
    for listed in &mut legible.files {
        listed.path = listed.entry.as_ref().map_or_else(String::new, |entry| entry.path.clone());
    }
    legible
}

impl Legible {
    fn oids(&mut self, section: Section) -> Option<&mut Oids> {
        match section {
            Section::Roots => Some(&mut self.roots),
            Section::Constants => Some(&mut self.constants),
            Section::Names => Some(&mut self.names),
            _ => None,
        }
    }

    /// Notes that a line of a section could not be read.
    fn spoil(&mut self, section: Section) {
        if let Some(oids) = self.oids(section) {
            oids.is_spoilt = true;
        }
    }
}

impl Oids {
    /// Tells whether these are all.
    pub(super) fn is_whole(&self) -> bool {
        self.is_ended && !self.is_spoilt
    }
}

/// Returns which section begins with a line, and whether it ends there, too.
fn begins(line: &str) -> Option<(Section, bool)> {
    let (key, rest) = line.strip_prefix(",\"")?.split_once("\":")?;
    let section = match key {
        "spaces" => Section::Spaces,
        "roots" => Section::Roots,
        "constants" => Section::Constants,
        "names" => Section::Names,
        "state" => Section::State,
        "annotations" => Section::Annotations,
        _ => return None,
    };
    match rest {
        "[" | "{" => Some((section, false)),
        "[]" | "{}" => Some((section, true)),
        _ => None,
    }
}

fn space_line(item: &str) -> Option<(String, Oid)> {
    let (head, _) = item.split_once(",\"files\":")?;
    let line: SpaceLine = serde_json::from_str(&format!("{head}}}")).ok()?;
    Some((line.name, Oid::parse(&line.oid).ok()?))
}

fn file_line(item: &str) -> Option<FileEntry> {
    let line: FileLine = serde_json::from_str(item).ok()?;
    let hash = blake3::Hash::from_hex(&line.blake3).ok()?;
    let is_sound = crate::manifest::is_sound_path(&line.path);
    is_sound.then(|| FileEntry { path: line.path, size: line.size, hash, unknown: UnknownKeys::new() })
}

fn annotation(item: &str) -> Option<(String, Value)> {
    let object: serde_json::Map<String, Value> = serde_json::from_str(&format!("{{{item}}}")).ok()?;
    object.into_iter().next()
}
