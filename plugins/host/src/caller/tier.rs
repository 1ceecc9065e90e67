//! The point `exec.tier`: who makes machine code.
//!
//! Calls are made on the caller's thread, without a deadline: compilers keep things by thread, and whoever compiles is a
//! thread for it.

use std::ffi::c_void;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use rps_plugin_abi as abi;
use rps_plugin_abi::point::{Tier, TierSymbol};

use super::guarded::{error_of, outcome_of};
use crate::api;
use crate::error::{CallError, PluginError};
use crate::instance::Instance;
use crate::manager::{Inner, Manager};
use crate::metrics::Outcome;
use crate::point::{Entry, Interface, TierInterface};
use crate::sink::with_sink;

/// What a tier may write at once.
const LIMIT: u64 = 1 << 30;

impl Manager {
    /// Returns the execution tier of the plugins: the first that is enabled. Where none offers one, the library is loaded
    /// first, such as [`NativeTier::library`].
    ///
    /// # Errors
    ///
    /// [`PluginError::NotFound`] where there is none, and why the library can not be loaded.
    pub fn native_tier(&self, library: Option<&Path>) -> Result<NativeTier, PluginError> {
        let inner = self.inner();
        inner.load_declared(abi::point::TIER);
        if let Some(tier) = first(inner) {
            return Ok(tier);
        }
        if let Some(library) = library {
            self.load(&library.to_string_lossy())?;
        }
        first(inner).ok_or_else(|| inner.not_found("an execution tier", abi::point::TIER))
    }
}

fn first(inner: &Arc<Inner>) -> Option<NativeTier> {
    let list = inner.registry.list(abi::point::TIER);
    let entry = list.iter().find(|entry| matches!(entry.loaded(), Some((_, Interface::Tier(_), _))))?;
    Some(NativeTier { manager: Arc::clone(inner), entry: Arc::clone(entry) })
}

/// An execution tier of a plugin: from typed native code to machine code in memory. Any thread may use it.
#[derive(Clone)]
pub struct NativeTier {
    manager: Arc<Inner>,
    entry: Arc<Entry>,
}

/// What a module is shown as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TierForm {
    /// As the compiler sees it, optimised.
    Intermediate,
    /// As the machine's assembly.
    Assembly,
}

/// Machine code in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinkedCode(u64);

impl NativeTier {
    /// Returns what the library with the execution tier of this program is called.
    pub fn library_name() -> String {
        format!("{}rps_jit_llvm{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX)
    }

    /// Returns where that library is, if it is there: beside the program.
    pub fn library() -> Option<PathBuf> {
        let program = std::env::current_exe().ok()?;
        let folder = program.parent()?;
        // Cargo puts the programs of tests and examples one folder deeper than what it builds. Nobody else's library is taken:
        // what lies above a program may be anybody's.
        let is_cargos = ["deps", "examples"].iter().any(|name| folder.ends_with(name));
        let outer = folder.parent().filter(|_| is_cargos);
        let library =
            |folder: &Path| Some(folder.join(NativeTier::library_name())).filter(|path| path.is_file());
        library(folder).or_else(|| outer.and_then(library))
    }

    /// Returns all that machine code depends on beside the module: what is kept is kept under it.
    pub fn build(&self) -> &str {
        self.parts().map_or("", |(_, tier, _)| &tier.build)
    }

    /// Returns the version of the bytes of modules that it reads.
    pub fn form(&self) -> u32 {
        self.parts().map_or(0, |(_, tier, _)| tier.table.form)
    }

    /// Compiles the bytes of a module to machine code: at level 1 soon, at level 2 well.
    ///
    /// # Errors
    ///
    /// When the bytes are no module, the module does not make sense, or the compiler refuses it.
    pub fn compile(&self, module: &[u8], level: u32) -> Result<Vec<u8>, PluginError> {
        self.write("compile", |tier, data, sink| {
            let compile = tier.compile?;
            // SAFETY: the plugin has registered the function as what the point says; bytes and sink outlive the call.
            Some(unsafe { compile(data, module.as_ptr(), module.len(), level, sink) })
        })
    }

    /// Puts machine code into memory, where it stays until [`NativeTier::unlink`].
    ///
    /// # Errors
    ///
    /// [`CallError::Corrupt`] when the bytes are damaged, [`CallError::Unsupported`] when they are of another build; when a
    /// symbol is missing, and when there is no room.
    pub fn link(&self, code: &[u8], symbols: &[(&str, usize)]) -> Result<LinkedCode, PluginError> {
        let symbols: Vec<TierSymbol> = symbols
            .iter()
            .map(|&(name, address)| TierSymbol {
                name: name.as_ptr(),
                len: name.len(),
                address: address as *const c_void,
            })
            .collect();
        let mut handle = 0;
        self.call("link", |tier, data| {
            let link = tier.link?;
            let place = &raw mut handle;
            // SAFETY: as above; there are so many symbols, and their names outlive the call.
            Some(unsafe { link(data, code.as_ptr(), code.len(), symbols.as_ptr(), symbols.len(), place) })
        })?;
        Ok(LinkedCode(handle))
    }

    /// Returns the address of a function that machine code exports.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn find(&self, code: LinkedCode, name: &str) -> Result<usize, PluginError> {
        let mut address: *const c_void = std::ptr::null();
        self.call("find", |tier, data| {
            let find = tier.find?;
            // SAFETY: as above.
            Some(unsafe { find(data, code.0, name.as_ptr(), name.len(), &raw mut address) })
        })?;
        Ok(address as usize)
    }

    /// Frees machine code. Whoever calls this makes sure that no thread runs it or ever calls it again: as with all
    /// addresses, those who call them answer for that.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn unlink(&self, code: LinkedCode) -> Result<(), PluginError> {
        self.call("unlink", |tier, data| {
            let unlink = tier.unlink?;
            // SAFETY: as above.
            Some(unsafe { unlink(data, code.0) })
        })
    }

    /// Returns what becomes of a module, as text.
    ///
    /// # Errors
    ///
    /// As [`NativeTier::compile`], and when the tier shows nothing.
    pub fn show(&self, module: &[u8], level: u32, form: TierForm) -> Result<String, PluginError> {
        let form = match form {
            TierForm::Intermediate => abi::point::TIER_SHOW_INTERMEDIATE,
            TierForm::Assembly => abi::point::TIER_SHOW_ASSEMBLY,
        };
        let text = self.write("show", |tier, data, sink| {
            let show = tier.show?;
            // SAFETY: as above.
            Some(unsafe { show(data, module.as_ptr(), module.len(), level, form, sink) })
        })?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// Returns what the tier has done, as a JSON object.
    ///
    /// # Errors
    ///
    /// When it does not tell.
    pub fn stats(&self) -> Result<String, PluginError> {
        let text = self.write("stats", |tier, data, sink| {
            let stats = tier.stats?;
            // SAFETY: as above.
            Some(unsafe { stats(data, sink) })
        })?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    fn parts(&self) -> Option<(&'static Instance, &TierInterface, *mut c_void)> {
        match self.entry.loaded()? {
            (instance, Interface::Tier(tier), data) => Some((instance, tier, data.0)),
            _ => None,
        }
    }

    fn write(
        &self,
        what: &str,
        f: impl FnOnce(&Tier, *mut c_void, *const abi::Sink) -> Option<abi::Status>,
    ) -> Result<Vec<u8>, PluginError> {
        let mut written = Vec::new();
        self.call(what, |tier, data| {
            let (status, output) = with_sink(LIMIT, |sink| f(tier, data, sink));
            written = output.bytes;
            if output.is_exceeded { Some(abi::status::LIMIT) } else { status }
        })?;
        Ok(written)
    }

    /// Calls a function of the tier, which stays until it returns. `None` says that the tier has no such function.
    fn call(
        &self,
        what: &str,
        f: impl FnOnce(&Tier, *mut c_void) -> Option<abi::Status>,
    ) -> Result<(), PluginError> {
        let failed = |source| PluginError::Execution {
            plugin: self.entry.plugin.clone(),
            what: format!("exec.tier {}: {what}", self.entry.name),
            source,
        };
        let Some((instance, tier, data)) = self.parts() else { return Err(failed(CallError::Gone)) };
        let _in_flight = instance.enter_guarded();
        if !instance.is_live() {
            return Err(failed(CallError::Gone));
        }
        api::take_failure();
        let start = Instant::now();
        let error = match f(&tier.table, data) {
            Some(status) => error_of(status),
            None => Some(CallError::Unsupported { message: format!("it has no `{what}`") }),
        };
        let outcome = error.as_ref().map_or(Outcome::Success, outcome_of);
        for metrics in [&instance.metrics, &*self.entry.metrics] {
            metrics.record(outcome, start.elapsed());
        }
        let Some(error) = error else { return Ok(()) };
        if error.is_fault() {
            let faults = instance.faults.fetch_add(1, Ordering::AcqRel) + 1;
            self.manager.count_fault(instance, faults, &error);
        }
        Err(failed(error))
    }
}

impl std::fmt::Debug for NativeTier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.entry.fmt(f)
    }
}
