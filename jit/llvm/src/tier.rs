//! The execution tier: what the host calls.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use rps_jit_ir::Module;
use rps_plugin::{Error, ExecutionTier, Output, Registrar, TierForm, TierSymbol};

use crate::backend::{self, Level};
use crate::link::Linker;

/// Registers the tier.
pub(crate) fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
    registrar.tier("llvm", Tier::default())
}

/// LLVM as an execution tier.
#[derive(Debug, Default)]
pub(crate) struct Tier {
    compiled: AtomicU64,
    nanoseconds: AtomicU64,
}

impl ExecutionTier for Tier {
    fn build(&self) -> String {
        backend::host().build.clone()
    }

    fn form(&self) -> u32 {
        // The version is the byte behind the four that every module begins with.
        Module::default().to_bytes().get(4).copied().map_or(0, u32::from)
    }

    fn compile(&self, module: &[u8], level: u32, output: &mut Output<'_>) -> Result<(), Error> {
        let start = Instant::now();
        let object = backend::compile(module, Level::of(level)?)?;
        self.compiled.fetch_add(1, Ordering::Relaxed);
        self.nanoseconds.fetch_add(start.elapsed().as_nanos() as u64, Ordering::Relaxed);
        output.write(object)
    }

    fn link(&self, code: &[u8], symbols: &[TierSymbol<'_>]) -> Result<u64, Error> {
        Linker::get().link(code, &backend::host().build, symbols)
    }

    fn find(&self, handle: u64, name: &str) -> Result<usize, Error> {
        Linker::get().find(handle, name)
    }

    fn unlink(&self, handle: u64) -> Result<(), Error> {
        Linker::get().unlink(handle)
    }

    fn show(&self, module: &[u8], level: u32, form: TierForm, output: &mut Output<'_>) -> Result<(), Error> {
        output.write(backend::show(module, Level::of(level)?, form)?)
    }

    fn stats(&self, output: &mut Output<'_>) -> Result<(), Error> {
        let counts = Linker::get().counts();
        output.write(format!(
            "{{\"compiled\":{},\"compile_ns\":{},\"linked\":{},\"objects\":{},\"code_bytes\":{},\"data_bytes\":{}}}",
            self.compiled.load(Ordering::Relaxed),
            self.nanoseconds.load(Ordering::Relaxed),
            counts.linked,
            counts.objects,
            counts.code_bytes,
            counts.data_bytes,
        ))
    }
}
