//! Functions and methods that programs call, direct and guarded, in `functions.c` (CRUSH-1, DYN-18, RPS-27).

use std::fs;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use rps_plugin_abi::status;
use rps_plugin_host::Manager;
use rps_runtime::send::Native;
use rps_runtime::{Mutator, Oid, Runtime, RuntimeError, Value, known};
use rps_tests::c::{self, Standard};
use rps_tests::workspace;

use crate::support::{Plugins, wait_for};

/// The two ways in which `functions.c` has what is called either way.
const WAYS: [&str; 2] = ["fixture", "guarded"];

struct Stage {
    plugins: Plugins,
    manager: Manager,
    runtime: Arc<Runtime>,
}

impl Stage {
    fn new() -> Stage {
        Stage::with(Plugins::new())
    }

    fn with(plugins: Plugins) -> Stage {
        plugins.put("functions", "functions.c", &[]);
        let manager = plugins.started();
        let runtime = attached(&manager);
        Stage { plugins, manager, runtime }
    }
}

fn attached(manager: &Manager) -> Arc<Runtime> {
    let runtime = Arc::new(Runtime::new());
    manager.attach(&runtime);
    runtime
}

/// Calls a function by its name, as a program does.
fn call(m: &Mutator<'_>, name: &str, arguments: &[Value]) -> Result<Value, RuntimeError> {
    let function = m.value_of_name(m.intern(name)?);
    assert_eq!(m.library_global(name), Some(function));
    m.apply(function, Value::NIL, arguments)
}

fn int(m: &Mutator<'_>, int: i64) -> Value {
    Value::int(m, int)
}

#[track_caller]
fn assert_values(m: &Mutator<'_>) {
    // 2⁶² is the first integer that has a cell.
    let (large, tiny) = (1 << 62, 1e-300);
    for way in WAYS {
        let call = |name: &str, arguments: &[Value]| call(m, &format!("{way}_{name}"), arguments);
        assert_eq!(call("add", &[int(m, 40), int(m, 2)]), Ok(int(m, 42)), "{way}");
        assert_eq!(call("add", &[int(m, large), int(m, -1)]), Ok(int(m, large - 1)), "{way}");
        assert_eq!(call("add", &[int(m, large - 1), int(m, 1)]), Ok(int(m, large)), "{way}");
        assert_eq!(call("half", &[int(m, 5)]), Ok(Value::double(m, 2.5)), "{way}");
        assert_eq!(call("half", &[Value::double(m, tiny)]), Ok(Value::double(m, tiny / 2.0)), "{way}");
        assert_eq!(call("greet", &[m.string("wörld")]), Ok(m.string("hello wörld")), "{way}");
        let pair = call("pair", &[m.string("one"), Value::TRUE]).unwrap();
        assert_eq!(pair.as_tuple().unwrap().items(), [m.string("one"), Value::TRUE], "{way}");
        assert_eq!(call("pair", &[]).unwrap().as_tuple().unwrap().items(), [], "{way}");
        let error = call("add", &[int(m, 1), m.string("2")]).unwrap_err();
        assert_eq!(error.code(), "plugin::failed", "{error}");
        assert!(error.to_string().contains("the value must be an integer"), "{error}");
    }
    let selector = m.intern("fixture_greeted").unwrap();
    assert_eq!(m.send(m.string("you"), selector, &[]), Ok(m.string("hello you")));
    assert_eq!(m.send(int(m, 1), selector, &[]).unwrap_err().code(), "run::not-understood");
}

/// DYN-18: values of every kind go in and out, direct and guarded the same, from C and from C++.
#[test]
fn dyn_18_functions_take_and_give_values() {
    let source = workspace::root().join("tests/fixtures/plugins/functions.c");
    for standard in [Standard::C11, Standard::Cxx17] {
        let plugins = Plugins::new();
        fs::copy(c::library(&source, standard, &[]), plugins.path("functions.so")).unwrap();
        let manager = plugins.started();
        attached(&manager).enter(assert_values);
    }
}

#[test]
fn a_wrong_number_of_arguments_is_told_before_the_plugin_is_called() {
    Stage::new().runtime.enter(|m| {
        for way in WAYS {
            for given in [0, 1, 3] {
                let error = call(m, &format!("{way}_add"), &vec![int(m, 1); given]).unwrap_err();
                let expected =
                    RuntimeError::Arity { name: format!("{way}_add"), expected: "2".into(), given };
                assert_eq!(error, expected);
            }
        }
        let error = m.send(m.string("you"), m.intern("fixture_greeted").unwrap(), &[Value::NIL]).unwrap_err();
        assert_eq!(error.code(), "run::arity", "{error}");
    });
}

/// What a plugin says when it fails comes with its name and that of the function.
#[test]
fn an_error_names_plugin_and_function() {
    Stage::new().runtime.enter(|m| {
        for way in WAYS {
            let error = call(m, &format!("{way}_fails"), &[]).unwrap_err();
            assert_eq!(error.code(), "plugin::failed");
            assert!(error.can_be_caught());
            let message = error.to_string();
            for part in ["functions", &format!("{way}_fails"), "there is no such fish"] {
                assert!(message.contains(part), "`{part}` is not in: {message}");
            }
        }
    });
}

#[test]
fn what_a_plugin_raises_is_an_error_with_code_and_message() {
    Stage::new().runtime.enter(|m| {
        for way in WAYS {
            let error = call(m, &format!("{way}_raises"), &[]).unwrap_err();
            assert_eq!(error, RuntimeError::Raised);
            assert!(error.can_be_caught());
            let raised = m.raised();
            assert_eq!(m.class_of(raised).oid(), known::ERROR);
            for (name, text) in [("code", "functions::no-fish"), ("message", "the sea is empty")] {
                let (_, key) = known::ERROR_ATTRIBUTES.iter().find(|(known, _)| *known == name).unwrap();
                let value = m.attribute(raised, m.object(*key).unwrap());
                assert_eq!(value, Some(m.string(text)), "{way} {name}");
            }
        }
    });
}

/// Registers a function in Rust, and returns it.
fn native(m: &Mutator<'_>, native: Native) -> Value {
    m.register_global_function(Oid::of_name(native.name), native).into()
}

/// RPS-27: a function calls what it is given, which calls the function again.
#[test]
fn rps_27_functions_are_called_from_functions_that_they_call() {
    Stage::new().runtime.enter(|m| {
        let direct = Native::new("direct", 2, |m, _, arguments| call(m, "fixture_descends", arguments), "");
        let guarded = Native::new("guarded", 2, |m, _, arguments| call(m, "guarded_descends", arguments), "");
        // Each lets the other one go on, by turns.
        let mixed = Native::new(
            "mixed",
            2,
            |m, _, arguments| {
                m.collect();
                let is_even = arguments[0].as_small_int().is_some_and(|number| number % 2 == 0);
                call(m, if is_even { "guarded_descends" } else { "fixture_descends" }, arguments)
            },
            "",
        );
        for (way, function) in
            [("fixture", direct), ("guarded", guarded), ("fixture", mixed), ("guarded", mixed)]
        {
            let result = call(m, &format!("{way}_descends"), &[int(m, 3), native(m, function)]);
            assert_eq!(result, Ok(int(m, 3)), "{way} {}", function.name);
        }
    });
}

#[test]
fn an_error_that_is_met_inside_passes_through_unchanged() {
    Stage::new().runtime.enter(|m| {
        let lacks = |_: &Mutator<'_>, _, _: &[Value]| Err(RuntimeError::NoSuchElement { index: 7, count: 3 });
        let lacks = native(m, Native::new("lacks", 0, lacks, ""));
        let raises = native(m, Native::new("raises", 1, |m, _, arguments| Err(m.raise(arguments[0])), ""));
        for way in WAYS {
            let applies = format!("{way}_applies");
            let error = call(m, &applies, &[lacks]).unwrap_err();
            assert_eq!(error, RuntimeError::NoSuchElement { index: 7, count: 3 }, "{way}");
            let thing = Value::from(m.new_object(m.class(known::OBJECT)));
            // Through two calls of the plugin, whose threads are not the same where they are guarded.
            let inner = m.library_global(&applies).unwrap();
            let error = call(m, &applies, &[inner, raises, thing]).unwrap_err();
            assert_eq!(error, RuntimeError::Raised, "{way}");
            assert!(m.raised().is_identical(thing), "{way}");
            assert_eq!(call(m, &applies, &[lacks, thing]).unwrap_err().code(), "run::arity", "{way}");
            assert_eq!(call(m, &applies, &[thing]).unwrap_err().code(), "run::no-code", "{way}");
        }
    });
}

#[test]
fn what_is_kept_stays_until_it_is_released() {
    let stage = Stage::new();
    let collected = || stage.runtime.enter(|m| m.collect());
    collected();
    let before = stage.runtime.object_count();
    stage.runtime.enter(|m| {
        call(m, "fixture_keeps", &[m.string("the first")]).unwrap();
        for _ in 0..32 {
            call(m, "fixture_keeps", &[m.new_object(m.class(known::OBJECT)).into()]).unwrap();
        }
    });
    collected();
    assert!(stage.runtime.object_count() >= before + 32);
    stage.runtime.enter(|m| {
        let kept = call(m, "fixture_kept", &[]).unwrap().as_tuple().unwrap();
        assert_eq!(kept.items(), [int(m, status::OK.into()), m.string("the first")]);
        assert_eq!(call(m, "fixture_releases", &[]), Ok(Value::NIL));
    });
    collected();
    // A word that is left on the stack may keep a few.
    let left = stage.runtime.object_count() - before;
    assert!(left < 24, "{left} are left");
}

/// What was kept in one runtime does not exist in the next one.
#[test]
fn what_was_kept_is_not_found_in_another_runtime() {
    let mut stage = Stage::new();
    let kept = |runtime: &Runtime, status: i32, text: Option<&str>| {
        runtime.enter(|m| {
            let kept = call(m, "fixture_kept", &[]).unwrap().as_tuple().unwrap();
            let value = text.map_or(Value::NIL, |text| m.string(text));
            assert_eq!(kept.items(), [int(m, status.into()), value]);
        });
    };
    stage.runtime.enter(|m| call(m, "fixture_keeps", &[m.string("old")]).map(drop)).unwrap();
    kept(&stage.runtime, status::OK, Some("old"));
    stage.runtime = attached(&stage.manager);
    kept(&stage.runtime, status::NOT_FOUND, None);
    stage.runtime.enter(|m| {
        call(m, "fixture_releases", &[]).unwrap();
        call(m, "fixture_keeps", &[m.string("new")]).map(drop).unwrap();
    });
    kept(&stage.runtime, status::OK, Some("new"));
}

/// CRUSH-1: a guarded function has a deadline; the program that called it goes on, and so does the plugin.
#[test]
fn crush_1_a_guarded_function_that_takes_too_long_is_given_up() {
    let stage = Stage::with(Plugins::new().with("plugins.functions.timeout_ms", "300"));
    stage.runtime.enter(|m| {
        let error = call(m, "guarded_sleeps", &[int(m, 2000)]).unwrap_err();
        assert_eq!(error.code(), "plugin::timeout");
        assert!(error.to_string().contains("guarded_sleeps"), "{error}");
        assert_eq!(stage.manager.leaked_calls(), 1);
        for way in WAYS {
            assert_eq!(call(m, &format!("{way}_add"), &[int(m, 1), int(m, 1)]), Ok(int(m, 2)), "{way}");
        }
        assert_eq!(call(m, "guarded_sleeps", &[int(m, 0)]), Ok(Value::NIL));
    });
    let info = stage.manager.info("functions").unwrap();
    assert!(info.is_loaded && info.is_enabled);
    assert_eq!(info.faults, 1);
}

/// `guard: all` in the configuration makes every function of a plugin a guarded one.
#[test]
fn the_configuration_says_what_is_guarded() {
    for (guard, expected) in [("services", [true, false]), ("all", [false, false])] {
        let stage = Stage::with(Plugins::new().with("plugins.functions.guard", guard));
        stage.runtime.enter(|m| {
            let found = WAYS.map(|way| call(m, &format!("{way}_is_direct"), &[]).unwrap());
            assert_eq!(found, expected.map(Value::bool), "{guard}");
        });
    }
}

/// RPS-27: Ctrl-C reaches a function that looks at its flag, and the program stops as it does anywhere else.
#[test]
fn rps_27_an_interrupt_reaches_functions() {
    let stage = Stage::new();
    for (turn, way) in WAYS.into_iter().enumerate() {
        thread::scope(|scope| {
            let runtime = &stage.runtime;
            let waiting =
                scope.spawn(move || runtime.enter(|m| call(m, &format!("{way}_waits"), &[]).map(drop)));
            wait_for("the call to begin", || stage.plugins.log().len() > turn);
            // A collection is no reason to give up; one would wait for a direct call.
            if way == "guarded" {
                stage.runtime.enter(|m| m.collect());
            }
            stage.runtime.interrupt();
            assert_eq!(waiting.join().unwrap(), Err(RuntimeError::Interrupted), "{way}");
        });
        assert_eq!(stage.runtime.stop_flag().load(Ordering::Acquire), 0, "{way}");
        stage.runtime.enter(|m| {
            assert_eq!(call(m, &format!("{way}_add"), &[int(m, 1), int(m, 1)]), Ok(int(m, 2)), "{way}");
        });
    }
    let log = stage.plugins.log();
    assert!(log.iter().all(|line| line.ends_with("functions: waiting")), "{log:?}");
    assert_eq!(stage.manager.info("functions").unwrap().faults, 0);
}

/// What a program holds on to is refused while the plugin is disabled, and works when it is back.
#[test]
fn a_function_of_a_disabled_plugin_is_refused_until_it_is_enabled() {
    let stage = Stage::new();
    let names = WAYS.map(|way| format!("{way}_add"));
    let held = stage
        .runtime
        .enter(|m| names.each_ref().map(|name| stage.runtime.heap().root(m.library_global(name).unwrap())));
    for _ in 0..2 {
        stage.manager.disable("functions").unwrap();
        stage.runtime.enter(|m| {
            for (function, name) in held.iter().zip(&names) {
                let error = m.apply(function.get(), Value::NIL, &[int(m, 1), int(m, 1)]).unwrap_err();
                assert!(["plugin::disabled", "plugin::gone"].contains(&error.code()), "{error}");
                assert!(error.to_string().contains(name), "{error}");
                assert_eq!(m.library_global(name), None);
            }
            let selector = m.intern("fixture_greeted").unwrap();
            assert_eq!(m.send(m.string("you"), selector, &[]).unwrap_err().code(), "run::not-understood");
        });
        stage.manager.enable("functions").unwrap();
        stage.runtime.enter(|m| {
            for (function, name) in held.iter().zip(&names) {
                let sum = m.apply(function.get(), Value::NIL, &[int(m, 1), int(m, 1)]);
                assert_eq!((sum, call(m, name, &[int(m, 2), int(m, 2)])), (Ok(int(m, 2)), Ok(int(m, 4))));
            }
        });
        stage.runtime.enter(assert_values);
    }
}

/// No plugin replaces what every program relies on.
#[test]
fn a_name_of_the_library_stays_what_it_is() {
    let plugins = Plugins::new();
    plugins.put("functions", "functions.c", &[]);
    let manager = plugins.started();
    let runtime = Arc::new(Runtime::new());
    let print = runtime.enter(|m| {
        let print = native(m, Native::new("print", 1, |m, _, _| Ok(m.string("of the library")), ""));
        runtime.heap().root(print)
    });
    for _ in 0..2 {
        manager.attach(&runtime);
        runtime.enter(|m| {
            assert_eq!(m.library_global("print"), Some(print.get()));
            assert_eq!(call(m, "print", &[Value::NIL]), Ok(m.string("of the library")));
            assert_eq!(call(m, "fixture_add", &[int(m, 1), int(m, 1)]), Ok(int(m, 2)));
        });
        manager.disable("functions").unwrap();
        runtime.enter(|m| assert_eq!(m.library_global("print"), Some(print.get())));
        manager.enable("functions").unwrap();
    }
    let log = plugins.log();
    let told = log.iter().filter(|line| line.contains("functions: `print` is a name of the library")).count();
    assert_eq!(told, 1, "{log:?}");
}

/// RPS-27: a call belongs to one thread.
#[test]
fn rps_27_a_call_is_of_no_use_on_another_thread() {
    Stage::new().runtime.enter(|m| {
        for way in WAYS {
            assert_eq!(call(m, &format!("{way}_strays"), &[]), Ok(int(m, status::MISUSE.into())), "{way}");
        }
    });
}
