//! What an export needs of the files that a graph came from, kept as an annotation of the graph.

use std::collections::BTreeMap;

use rps_runtime::{Oid, Runtime};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{FileRole, Header, Manifest, SpaceText, space_path};

/// The annotation's key.
const KEY: &str = "refpersys";

/// The licence lines, dates, versions and git ids of the files that were imported.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Origin {
    manifest: Lines,
    #[serde(default)]
    plugins: Vec<String>,
    spaces: BTreeMap<String, Lines>,
}

/// The lines above the JSON of a file, and the members that only inform.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Lines {
    header: Vec<String>,
    members: Map<String, Value>,
}

impl Lines {
    fn new(header: &Header, members: &Map<String, Value>) -> Lines {
        Lines { header: header.text().split('\n').map(str::to_owned).collect(), members: members.clone() }
    }

    fn header(&self) -> Header {
        Header::from_text(self.header.join("\n"))
    }
}

impl Origin {
    /// Returns what is to be kept of the files of a store.
    pub(super) fn of(manifest: &Manifest, spaces: &[SpaceText<'_>]) -> Origin {
        Origin {
            manifest: Lines::new(&manifest.header, &manifest.rest),
            plugins: manifest.plugins.iter().map(Oid::to_string).collect(),
            spaces: spaces
                .iter()
                .map(|text| (text.prologue.space.to_string(), Lines::new(&text.header, &text.prologue.rest)))
                .collect(),
        }
    }

    /// Returns what a runtime's graph came from; nothing where it came from elsewhere.
    pub(super) fn of_runtime(runtime: &Runtime) -> Origin {
        let annotation = runtime.annotations().remove(KEY);
        annotation.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    /// Keeps this with a runtime's graph.
    pub(super) fn annotate(&self, runtime: &Runtime) {
        runtime.set_annotation(KEY, serde_json::to_string(self).ok());
    }

    /// Returns a manifest with the origin's header and informative members, and nothing else.
    pub(super) fn manifest(&self) -> Manifest {
        let mut manifest = Manifest::new();
        if !self.manifest.header.is_empty() {
            manifest.header = self.manifest.header();
            manifest.rest = self.manifest.members.clone();
        }
        manifest.plugins = self.plugins.iter().filter_map(|oid| Oid::parse(oid).ok()).collect();
        manifest
    }

    /// Returns the header and the informative members of a space's file.
    pub(super) fn space(&self, space: Oid) -> (Header, Map<String, Value>) {
        match self.spaces.get(&space.to_string()) {
            Some(lines) => (lines.header(), lines.members.clone()),
            None => (Header::plain(FileRole::Space, &space_path(space)), Map::new()),
        }
    }
}
