//! LLVM for one thread: a context, and a machine for each level of optimisation.

use std::cell::RefCell;
use std::ffi::{CStr, c_void};
use std::sync::LazyLock;

use inkwell::OptimizationLevel;
use inkwell::context::Context;
use inkwell::llvm_sys::LLVMDiagnosticSeverity;
use inkwell::llvm_sys::core::{
    LLVMContextSetDiagnosticHandler, LLVMDisposeMessage, LLVMGetDiagInfoDescription, LLVMGetDiagInfoSeverity,
    LLVMGetVersion,
};
use inkwell::llvm_sys::prelude::LLVMDiagnosticInfoRef;
use inkwell::module::Module;
use inkwell::passes::PassBuilderOptions;
use inkwell::targets::{
    CodeModel, FileType, InitializationConfig, RelocMode, Target, TargetMachine, TargetMachineOptions,
};
use rps_jit_ir as ir;
use rps_plugin::{Error, TierForm};

use crate::link::perf;
use crate::object::Object;
use crate::{emit, error};

/// How many instructions a module may have: LLVM needs some microseconds for each, and some memory.
const MOST_INSTRUCTIONS: usize = 500_000;
/// The best code of modules with more instructions is made without the passes whose time grows faster than the module.
const MOST_FOR_ALL: usize = 3000;
/// A context keeps every constant and type that it has seen: after so many modules a fresh one takes its place.
const MODULES_PER_CONTEXT: u32 = 500;

/// How much is done for the speed of the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// What pays for itself soon.
    Soon,
    /// All that LLVM has.
    Best,
}

impl Level {
    /// Returns the level with a number, 1 or 2.
    pub(crate) fn of(level: u32) -> Result<Level, Error> {
        match level {
            1 => Ok(Level::Soon),
            2 => Ok(Level::Best),
            _ => Err(error::no_level(level)),
        }
    }

    /// Returns the passes for a module with so many instructions.
    fn passes(self, count: usize) -> &'static str {
        match self {
            // Plain `instcombine` ends the process when it has not come to an end after some rounds. `gvn` and `dse` take four
            // times what `early-cse` takes, and leave nearly the same code: guards dominate what they are good for.
            Level::Soon => {
                "always-inline,function(sroa,early-cse<memssa>,simplifycfg,instcombine<no-verify-fixpoint>,\
                 early-cse<memssa>,simplifycfg)"
            }
            Level::Best if count <= MOST_FOR_ALL => "default<O2>",
            // Without `gvn` and the vectorizers, which take three quarters of the time of large functions: what is left of
            // their loads stands behind guards and calls.
            Level::Best => {
                "always-inline,function(sroa<modify-cfg>,early-cse<memssa>,simplifycfg,\
                 instcombine<no-verify-fixpoint>,jump-threading,correlated-propagation,simplifycfg,\
                 instcombine<no-verify-fixpoint>,reassociate,\
                 loop-mssa(loop-instsimplify,loop-simplifycfg,licm,loop-rotate,licm,simple-loop-unswitch),\
                 simplifycfg,instcombine<no-verify-fixpoint>,\
                 loop(indvars,loop-deletion,loop-unroll-full),sroa<modify-cfg>,early-cse<memssa>,bdce,\
                 instcombine<no-verify-fixpoint>,dse,adce,simplifycfg)"
            }
        }
    }

    fn of_code(self) -> OptimizationLevel {
        match self {
            Level::Soon => OptimizationLevel::None,
            Level::Best => OptimizationLevel::Default,
        }
    }
}

/// The machine that code is made for: this one.
pub(crate) struct Host {
    cpu: String,
    features: String,
    /// All that object code depends on, beside the module.
    pub(crate) build: String,
}

/// Returns the machine that code is made for.
pub(crate) fn host() -> &'static Host {
    static HOST: LazyLock<Host> = LazyLock::new(|| {
        #[cfg(target_arch = "x86_64")]
        Target::initialize_x86(&InitializationConfig::default());
        #[cfg(target_arch = "aarch64")]
        Target::initialize_aarch64(&InitializationConfig::default());
        let text = |text: &CStr| text.to_string_lossy().into_owned();
        let cpu = text(&TargetMachine::get_host_cpu_name());
        let features = text(&TargetMachine::get_host_cpu_features());
        let (mut major, mut minor, mut patch) = (0, 0, 0);
        // SAFETY: it writes three numbers.
        unsafe { LLVMGetVersion(&raw mut major, &raw mut minor, &raw mut patch) };
        let build = format!(
            "rps-jit-llvm {}; LLVM {major}.{minor}.{patch}; {}; {cpu}; {features}{}",
            env!("CARGO_PKG_VERSION"),
            text(TargetMachine::get_default_triple().as_str()),
            if perf::is_wanted() { "; frame pointers" } else { "" },
        );
        Host { cpu, features, build }
    });
    &HOST
}

/// Compiles the bytes of a module to object code.
///
/// # Errors
///
/// What is wrong with the bytes or the module, and what LLVM refuses.
pub(crate) fn compile(bytes: &[u8], level: Level) -> Result<Vec<u8>, Error> {
    let source = read(bytes)?;
    let exports = source
        .functions
        .iter()
        .filter(|function| function.is_exported)
        .map(|function| &*function.name)
        .collect();
    with(|backend| {
        let module = backend.optimised(&source, level)?;
        let machine = backend.machine(level);
        let code = machine.write_to_memory_buffer(&module, FileType::Object).map_err(refused)?;
        said()?;
        Ok(Object { exports, code: code.as_slice() }.write(&host().build))
    })
}

/// Shows what becomes of a module.
///
/// # Errors
///
/// As [`compile`].
pub(crate) fn show(bytes: &[u8], level: Level, form: TierForm) -> Result<String, Error> {
    let source = read(bytes)?;
    with(|backend| {
        let module = backend.optimised(&source, level)?;
        if form == TierForm::Intermediate {
            return Ok(module.print_to_string().to_string_lossy().into_owned());
        }
        let machine = backend.machine(level);
        let code = machine.write_to_memory_buffer(&module, FileType::Assembly).map_err(refused)?;
        said()?;
        Ok(String::from_utf8_lossy(code.as_slice()).trim_end_matches('\0').to_owned())
    })
}

fn read(bytes: &[u8]) -> Result<ir::Module, Error> {
    let mut module = ir::Module::from_bytes(bytes).map_err(error::invalid)?;
    let blocks = module.functions.iter().flat_map(|function| &function.blocks);
    let count = blocks.map(|block| block.instructions.len()).sum();
    if count > MOST_INSTRUCTIONS {
        return Err(error::too_large("instructions", count, MOST_INSTRUCTIONS));
    }
    module.verify().map_err(error::invalid)?;
    module.separate_hot_loops();
    debug_assert_eq!(module.verify(), Ok(()));
    Ok(module)
}

/// LLVM for a thread.
struct Backend {
    context: Context,
    soon: TargetMachine,
    best: TargetMachine,
    modules: u32,
}

thread_local! {
    static BACKEND: RefCell<Option<Backend>> = const { RefCell::new(None) };
    /// What LLVM has found wrong on this thread.
    static SAID: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Runs something with the backend of this thread. Where it fails, the next one gets a fresh backend.
fn with<R>(f: impl FnOnce(&Backend) -> Result<R, Error>) -> Result<R, Error> {
    let kept = BACKEND.take();
    let mut backend = match kept {
        Some(backend) if backend.modules < MODULES_PER_CONTEXT => backend,
        Some(backend) => Backend { context: fresh_context(), modules: 0, ..backend },
        None => Backend::new()?,
    };
    backend.modules += 1;
    SAID.with_borrow_mut(Vec::clear);
    let result = f(&backend);
    if result.is_ok() {
        BACKEND.set(Some(backend));
    }
    result
}

impl Backend {
    fn new() -> Result<Backend, Error> {
        let machine = |level: Level| {
            let host = host();
            let triple = TargetMachine::get_default_triple();
            let target =
                Target::from_triple(&triple).map_err(|message| error::no_backend(&message.to_string()))?;
            // Code may lie anywhere, and what it refers to anywhere else.
            let options = TargetMachineOptions::new()
                .set_cpu(&host.cpu)
                .set_features(&host.features)
                .set_level(level.of_code())
                .set_reloc_mode(RelocMode::PIC)
                .set_code_model(CodeModel::Small);
            let machine = target.create_target_machine_from_options(&triple, options);
            machine.ok_or_else(|| error::no_backend("LLVM does not know this machine"))
        };
        Ok(Backend {
            context: fresh_context(),
            soon: machine(Level::Soon)?,
            best: machine(Level::Best)?,
            modules: 0,
        })
    }

    fn machine(&self, level: Level) -> &TargetMachine {
        match level {
            Level::Soon => &self.soon,
            Level::Best => &self.best,
        }
    }

    fn optimised(&self, source: &ir::Module, level: Level) -> Result<Module<'_>, Error> {
        let machine = self.machine(level);
        let count = source.functions.iter().flat_map(|function| &function.blocks);
        let count = count.map(|block| block.instructions.len()).sum();
        let module =
            emit::module(&self.context, source).map_err(|message| error::refused(&message.to_string()))?;
        module.set_triple(&machine.get_triple());
        module.set_data_layout(&machine.get_target_data().get_data_layout());
        module.verify().map_err(refused)?;
        let options = PassBuilderOptions::create();
        module.run_passes(level.passes(count), machine, options).map_err(refused)?;
        said()?;
        Ok(module)
    }
}

fn refused(message: inkwell::support::LLVMString) -> Error {
    error::refused(message.to_string().trim_end())
}

/// Returns what LLVM has found wrong since it was last asked.
fn said() -> Result<(), Error> {
    let said = SAID.with_borrow_mut(std::mem::take);
    if said.is_empty() { Ok(()) } else { Err(error::refused(&said.join("; "))) }
}

fn fresh_context() -> Context {
    let context = Context::create();
    // SAFETY: the handler is a function that needs no context. Without one LLVM prints, and ends the process.
    unsafe { LLVMContextSetDiagnosticHandler(context.raw(), Some(diagnose), std::ptr::null_mut()) };
    context
}

extern "C" fn diagnose(info: LLVMDiagnosticInfoRef, _context: *mut c_void) {
    // SAFETY: LLVM calls it with something to tell; the text is freed here.
    unsafe {
        if LLVMGetDiagInfoSeverity(info) == LLVMDiagnosticSeverity::LLVMDSError {
            let text = LLVMGetDiagInfoDescription(info);
            let said = CStr::from_ptr(text).to_string_lossy().into_owned();
            LLVMDisposeMessage(text);
            SAID.with_borrow_mut(|all| all.push(said));
        }
    }
}
