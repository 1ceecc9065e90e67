//! Mapping a library, and what it exports.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use libloading::Library;
use rps_plugin_abi as abi;

use super::descriptor::Description;
use super::file;
use crate::error::LoadError;

/// A plugin that can be initialised: a library that is mapped, or a part of the program.
#[derive(Debug)]
pub struct Module {
    /// What it says of itself.
    pub description: Description,
    /// Where it is; nothing for a part of the program.
    pub path: Option<PathBuf>,
    pub(crate) init: abi::InitFn,
    pub(crate) deinit: Option<abi::DeinitFn>,
    /// Unmaps the library when it is dropped: see [`Module::stay`].
    library: Option<Library>,
}

/// What other plugin interfaces export: for a better message.
const OTHERS: [&str; 4] =
    ["com_my_plugin_register", "register_plugin", "rps_do_plugin", "bmux_plugin_entry_v1"];

impl Module {
    /// Maps a library and reads its descriptor. None of its functions is called, but for what the system's loader calls
    /// itself.
    ///
    /// # Errors
    ///
    /// What is wrong with the file or the descriptor.
    pub fn open(path: &Path) -> Result<Module, LoadError> {
        Module::open_mapped(path, path)
    }

    /// Maps a copy of a library: the system's loader gives the old one for a path that it knows.
    ///
    /// # Errors
    ///
    /// As [`Module::open`].
    pub fn open_copy(path: &Path) -> Result<Module, LoadError> {
        let failed = |error: std::io::Error| LoadError::File {
            path: path.to_path_buf(),
            message: format!("copying it: {error}"),
        };
        let suffix = path.extension().and_then(OsStr::to_str).unwrap_or("so");
        let copy = tempfile::Builder::new()
            .prefix("rps-plugin-")
            .suffix(&format!(".{suffix}"))
            .tempfile()
            .map_err(failed)?;
        std::fs::copy(path, copy.path()).map_err(failed)?;
        // What is mapped needs no name any more.
        Module::open_mapped(path, copy.path())
    }

    fn open_mapped(path: &Path, mapped: &Path) -> Result<Module, LoadError> {
        file::check(mapped)?;
        // Without a slash the loader would search its own path.
        let full = std::path::absolute(mapped).unwrap_or_else(|_| mapped.to_path_buf());
        let library =
            open_library(&full).map_err(|error| LoadError::Refused { message: with_cause(&error) })?;
        // SAFETY: what a plugin exports under these names has these types; nothing else can be known of foreign code.
        let descriptor = unsafe { library.get::<*const abi::PluginDescriptor>(abi::DESCRIPTOR_SYMBOL) };
        let Ok(descriptor) = descriptor else {
            let exports = |name: &&&str| {
                // SAFETY: the symbol is not used.
                unsafe { library.get::<*const ()>(name.as_bytes()) }.is_ok()
            };
            let other = OTHERS.iter().find(exports).copied();
            return Err(LoadError::MissingSymbol { symbol: abi::DESCRIPTOR_SYMBOL, other });
        };
        // SAFETY: as above; the symbol is the address of the descriptor.
        let description = unsafe { Description::read(*descriptor) }?;
        // SAFETY: as above.
        let init = unsafe { library.get::<abi::InitFn>(abi::INIT_SYMBOL) };
        let init = match init {
            Ok(init) => *init,
            Err(_) => return Err(LoadError::MissingSymbol { symbol: abi::INIT_SYMBOL, other: None }),
        };
        // SAFETY: as above.
        let deinit = unsafe { library.get::<abi::DeinitFn>(abi::DEINIT_SYMBOL) }.ok().map(|symbol| *symbol);
        Ok(Module { description, path: Some(path.to_path_buf()), init, deinit, library: Some(library) })
    }

    /// Returns a plugin that is part of the program.
    ///
    /// # Errors
    ///
    /// What is wrong with its descriptor.
    pub fn built_in(plugin: &abi::BuiltIn) -> Result<Module, LoadError> {
        // SAFETY: the reference is one to a whole descriptor.
        let description = unsafe { Description::read(plugin.descriptor) }?;
        Ok(Module { description, path: None, init: plugin.init, deinit: plugin.deinit, library: None })
    }

    /// Lets the library stay mapped for good: something of it has been called.
    pub(crate) fn stay(&mut self) {
        if let Some(library) = self.library.take() {
            std::mem::forget(library);
        }
    }
}

#[cfg(unix)]
fn open_library(path: &Path) -> Result<Library, libloading::Error> {
    use libloading::os::unix;
    // All symbols now, so that a missing one is an error here and not later; none for others.
    // SAFETY: what the library does when it is mapped is its own; a plugin is trusted with that.
    unsafe { unix::Library::open(Some(path), unix::RTLD_NOW | unix::RTLD_LOCAL) }.map(Library::from)
}

#[cfg(not(unix))]
fn open_library(path: &Path) -> Result<Library, libloading::Error> {
    // SAFETY: what the library does when it is mapped is its own; a plugin is trusted with that.
    unsafe { Library::new(path) }
}

fn with_cause(error: &libloading::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
