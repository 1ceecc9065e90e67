//! The library with the compiled tier, as a host loads and uses it; that its code does what it should is tested in its crate.

use rps_jit_ir::{CodeGenerator, FunctionBuilder, Signature, Symbol, Type};
use rps_plugin_host::{CallError, Manager, NativeTier, Options, PluginError, TierForm};
use rps_tests::tier::library;

use crate::stage::Stage;

fn source(error: PluginError) -> CallError {
    match error {
        PluginError::Execution { source, .. } => source,
        other => panic!("{other}"),
    }
}

/// RPS-28, RPS-31: without LLVM the host says why there is no tier; with it, code is compiled, linked, found and freed.
#[test]
fn rps_28_the_host_has_an_execution_tier_or_says_why_not() {
    let manager = Manager::new(Options::default());
    assert!(matches!(manager.native_tier(None), Err(PluginError::NotFound { .. })));
    let (library, has_llvm) = library();
    let found = manager.native_tier(Some(&library));
    if !has_llvm {
        let error = found.expect_err("there is no LLVM in it").to_string();
        return assert!(error.contains("built without LLVM"), "{error}");
    }
    let tier = found.expect("there is one");
    assert!(tier.build().contains("LLVM 19.1."), "{}", tier.build());
    assert_eq!(tier.form(), 1);

    let mut generator = CodeGenerator::new();
    let word = generator.symbol(Symbol::address("word"));
    let mut f = FunctionBuilder::trusted("f", Signature::new(&[], Some(Type::Ptr))).exported();
    let address = f.address(&word);
    f.return_value(address);
    generator.add(f);
    let module = generator.finish().expect("the module is sound").to_bytes();
    let code = tier.compile(&module, 2).expect("it is compiled");
    assert_eq!(tier.compile(&module, 2).expect("it is compiled"), code, "always to the same bytes");
    let linked = tier.link(&code, &[("word", 0x1000)]).expect("it is linked");
    assert_ne!(tier.find(linked, "f").expect("it is exported"), 0);
    tier.unlink(linked).expect("it is there");
    let error = tier.unlink(linked).expect_err("it is gone");
    assert!(error.to_string().contains("llvm::no-object"), "{error}");

    let error = tier.link(&code, &[]).expect_err("a symbol is missing").to_string();
    assert!(error.contains("llvm::not-linked") && error.contains("word"), "{error}");
    let mut damaged = code.clone();
    damaged[50] ^= 1;
    let error = source(tier.link(&damaged, &[]).expect_err("it is damaged"));
    assert!(matches!(error, CallError::Corrupt { .. }), "{error:?}");
    let error = tier.compile(&module[1..], 2).expect_err("it is no module").to_string();
    assert!(error.contains("native::not-a-module"), "{error}");
    let text = tier.show(&module, 2, TierForm::Assembly).expect("it is shown");
    assert!(text.contains("rps_f:"), "{text}");
    // Other tests of this process link as well.
    let stats: serde_json::Value = serde_json::from_str(&tier.stats().expect("it tells")).expect("JSON");
    assert!(stats["linked"].as_u64().is_some_and(|linked| linked >= 1), "{stats}");

    // The same tier in other threads, while the first ones are under way.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let (tier, module) = (tier.clone(), &module);
            scope.spawn(move || {
                let code = tier.compile(module, 1).expect("it is compiled");
                let linked = tier.link(&code, &[("word", 16)]).expect("it is linked");
                tier.unlink(linked).expect("it is there");
            });
        }
    });
    manager.disable("rps.llvm").expect("it is loaded");
    assert!(matches!(manager.native_tier(None), Err(PluginError::NotFound { .. })));
    assert!(
        NativeTier::library().is_none_or(|beside| beside.ends_with(library.file_name().expect("it has one")))
    );
}

/// A program that has done all that it was to do ends, whatever is being compiled, if nobody will run it.
#[test]
fn the_end_of_a_program_does_not_wait_for_the_compiler() {
    let stage = Stage::new();
    stage.rps("s", &["--dump"], &["1"]).out();
    stage.put_c("tests/fixtures/plugins/tier.c", "tier");
    // The loop gets hot, and is compiled; it ends as soon as the compiler is at work.
    let no_cache = |programs: [&str; 2]| {
        stage.start_with("RPS_JIT_CACHE_MB", "0", ["--store", "s", "-e", programs[0], "-e", programs[1]])
    };
    let run = no_cache(["while fixture_begun() == 0 {}", "print(\"done\")"]);
    assert_eq!((run.out(), &*run.err), ("done\n", ""));
    let run = no_cache(["while fixture_begun() == 0 {}", "nobody"]);
    assert_eq!(run.status, Some(1));
    assert!(run.err.contains("name::unknown") && !run.err.contains("compiled"), "{}", run.err);
    // What the next process finds in the cache is waited for.
    let programs = ["--store", "s", "-e", "while fixture_begun() == 0 {}"];
    assert_eq!(stage.start_with("FIXTURE_TIER_SECONDS", "1", programs).err, "compiled\nover\n");
    // Where nothing is compiled the plugin is told that it is over.
    assert_eq!(stage.rps("s", &[], &["fixture_begun()"]).err, "over\n");
}
