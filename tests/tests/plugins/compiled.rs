//! A runtime in which functions of plugins are called by machine code.

use std::sync::Arc;

use rps_jit::{Engine, Handle, Mode, Native};
use rps_lang::Session;
use rps_plugin_host::{Manager, Options};
use rps_runtime::code::machine::Thresholds;
use rps_runtime::{Mutator, Runtime};
use rps_tests::c::{self, Standard};
use rps_tests::tier::library;
use rps_tests::{skip, stores, workspace};
use tempfile::TempDir;

use crate::native;

/// A runtime with the plugin of a fixture, whose library is its own: what the plugin counts nobody else counts.
pub(crate) struct World {
    _folder: TempDir,
    pub(crate) manager: Manager,
    pub(crate) runtime: Arc<Runtime>,
    /// Nothing where all is interpreted.
    pub(crate) tier: Option<Handle>,
}

impl World {
    /// Returns one in which all is interpreted.
    pub(crate) fn interpreted(fixture: &str) -> World {
        let folder = stores::temporary();
        let source = workspace::root().join("tests/fixtures/plugins").join(fixture);
        let path = folder.path().join(format!("fixture.{}", std::env::consts::DLL_EXTENSION));
        std::fs::copy(c::library(&source, Standard::C11, &[]), &path).expect("a library can be copied");
        let manager = Manager::new(Options::default());
        manager.load(&path.to_string_lossy()).expect("it can be loaded");
        let runtime = Arc::new(native::interpreted());
        manager.attach(&runtime);
        World { _folder: folder, manager, runtime, tier: None }
    }

    /// Returns one in which what runs twice is compiled at once; `None` where there is no LLVM.
    pub(crate) fn compiled(fixture: &str, mode: Mode) -> Option<World> {
        let (library, has_llvm) = library();
        if !has_llvm {
            skip("there is no LLVM 19 here");
            return None;
        }
        let mut world = World::interpreted(fixture);
        world.manager.native_tier(Some(&library)).expect("LLVM is in it");
        let backend = Arc::new(Native::open(&world.manager).expect("it is there already"));
        let thresholds = Thresholds { cold: 1, profiled: 2, hot: 20 };
        let options = rps_jit::Options::new(mode, thresholds);
        world.tier = Some(Engine::attach(&world.runtime, options, move || Ok(backend)));
        Some(world)
    }

    /// Evaluates texts in one session, and returns what each gives.
    pub(crate) fn run(&self, texts: &[String]) -> Vec<String> {
        self.runtime.enter(|m| {
            let mut session = Session::new(m);
            texts.iter().map(|text| format!("{text}: {}", evaluate(m, &mut session, text))).collect()
        })
    }

    /// Returns how often a function of the plugin was called.
    pub(crate) fn calls_of(&self, name: &str) -> u64 {
        let stats = self.manager.stats();
        let extensions = stats.iter().flat_map(|plugin| &plugin.extensions);
        extensions.filter(|extension| extension.name == name).map(|extension| extension.calls.calls).sum()
    }

    /// Returns whether the native code of a function of the last texts calls no native through the runtime.
    pub(crate) fn calls_directly(&self, m: &Mutator<'_>, name: &str) -> bool {
        let native = self.native_code(m, name);
        !native.contains("call symbol rps_native") && !native.contains("call symbol rps_gated")
    }

    /// Returns the native code of a function of the last texts.
    pub(crate) fn native_code(&self, m: &Mutator<'_>, name: &str) -> String {
        let function = m.value_of_name(m.intern(name).expect("it is a name"));
        let function = function.as_object().expect("it is a function");
        let code = m.code_of(function).expect("it is none in Rust");
        let tier = self.tier.as_ref().expect("there is one");
        tier.show(m, code).native.expect("native code is made of it")
    }
}

/// Evaluates a text, and returns what it gives, or the code and the message of the error.
pub(crate) fn evaluate(m: &Mutator<'_>, session: &mut Session, text: &str) -> String {
    match session.eval(m, text) {
        // A definition gives the function, whose oid is another one in each runtime.
        Ok(value) if value.as_object().is_some() => "defined".into(),
        Ok(value) => m.quoted_text_of(value),
        Err(error) => {
            let first = &error.diagnostics()[0];
            format!("{} {}", first.code, first.message)
        }
    }
}
