//! One plugin, from when it was found.

use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;
use rps_plugin_abi as abi;

use crate::error::{LoadError, PluginError};
use crate::instance::Instance;
use crate::library::{Description, FileIdentity, Module, Sidecar};
use crate::point::{Definition, Entry};

/// A plugin that is known.
pub(crate) struct Record {
    pub(crate) id: String,
    pub(crate) origin: Origin,
    /// Held while it is loaded, unloaded, enabled or disabled.
    pub(crate) changing: Mutex<()>,
    pub(crate) state: Mutex<State>,
}

/// Where a plugin comes from.
pub(crate) enum Origin {
    /// It is part of the program.
    BuiltIn(abi::BuiltIn),
    /// It is a file.
    File(PathBuf),
}

/// What is known of a plugin, and how far it is.
pub(crate) struct State {
    pub(crate) stage: Stage,
    /// Nothing where the file could not be looked into.
    pub(crate) description: Option<Description>,
    pub(crate) sidecar: Option<Sidecar>,
    /// The library, opened to be looked into, until it is initialised.
    pub(crate) module: Option<Module>,
    pub(crate) identity: Option<FileIdentity>,
    pub(crate) instance: Option<&'static Instance>,
    pub(crate) entries: Vec<Arc<Entry>>,
    pub(crate) definitions: Vec<Definition>,
    /// How often it was loaded with another library.
    pub(crate) generation: u32,
    /// Why it is not loaded, or was disabled.
    pub(crate) error: Option<PluginError>,
    /// How many payloads were made of what a store kept when it was last loaded.
    pub(crate) is_enabled: bool,
}

/// How far a plugin is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It was found; nothing of it was called.
    Found,
    /// It is loaded.
    Loaded,
    /// It could not be loaded.
    Failed,
    /// It failed too often, and was disabled.
    Faulted,
    /// It was unloaded.
    Unloaded,
}

impl Stage {
    /// Returns what people call it.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Found => "found",
            Stage::Loaded => "loaded",
            Stage::Failed => "failed",
            Stage::Faulted => "faulted",
            Stage::Unloaded => "unloaded",
        }
    }
}

impl State {
    fn new(stage: Stage) -> State {
        State {
            stage,
            description: None,
            sidecar: None,
            module: None,
            identity: None,
            instance: None,
            entries: Vec::new(),
            definitions: Vec::new(),
            generation: 0,
            error: None,
            is_enabled: true,
        }
    }
}

impl Record {
    /// Returns a plugin that is part of the program.
    pub(super) fn built_in(built_in: abi::BuiltIn) -> Record {
        match Module::built_in(&built_in) {
            Ok(module) => {
                let mut state = State::new(Stage::Found);
                state.description = Some(module.description.clone());
                Record::new(module.description.id.clone(), Origin::BuiltIn(built_in), state)
            }
            Err(source) => {
                let id = format!("built-in-{:x}", std::ptr::from_ref(built_in.descriptor) as usize);
                let mut state = State::new(Stage::Failed);
                state.error = Some(PluginError::Load { plugin: id.clone(), source });
                Record::new(id, Origin::BuiltIn(built_in), state)
            }
        }
    }

    /// Returns a plugin that a sidecar describes.
    pub(super) fn declared(sidecar: Sidecar) -> Record {
        let mut state = State::new(Stage::Found);
        state.description = Some(sidecar.description.clone());
        let (id, path) = (sidecar.description.id.clone(), sidecar.library.clone());
        state.sidecar = Some(sidecar);
        Record::new(id, Origin::File(path), state)
    }

    /// Returns a plugin whose library was opened.
    pub(super) fn opened(path: PathBuf, module: Module, identity: FileIdentity) -> Record {
        let mut state = State::new(Stage::Found);
        state.description = Some(module.description.clone());
        state.identity = Some(identity);
        let id = module.description.id.clone();
        state.module = Some(module);
        Record::new(id, Origin::File(path), state)
    }

    /// Returns a file that should be a plugin and is none.
    pub(super) fn failed(path: PathBuf, source: LoadError) -> Record {
        let id = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        let mut state = State::new(Stage::Failed);
        state.error = Some(PluginError::Load { plugin: path.display().to_string(), source });
        Record::new(id, Origin::File(path), state)
    }

    fn new(id: String, origin: Origin, state: State) -> Record {
        Record { id, origin, changing: Mutex::new(()), state: Mutex::new(state) }
    }

    /// Returns whether it was a plugin when it was looked at, and no file that should be one.
    pub(super) fn is_plugin(&self) -> bool {
        self.state.lock().description.is_some()
    }

    pub(crate) fn path(&self) -> Option<&PathBuf> {
        match &self.origin {
            Origin::File(path) => Some(path),
            Origin::BuiltIn(_) => None,
        }
    }
}
