//! Intrinsics as the interpreter calls them, in `intrinsics.c`; as machine code does is a test of the workspace.

use std::sync::Arc;

use rps_plugin_host::Manager;
use rps_runtime::{Mutator, Runtime, RuntimeError, Value};

use crate::support::Plugins;

struct Stage {
    _plugins: Plugins,
    manager: Manager,
    runtime: Arc<Runtime>,
}

impl Stage {
    fn new(plugins: Plugins) -> Stage {
        plugins.put("intrinsics", "intrinsics.c", &[]);
        let manager = plugins.started();
        let runtime = Arc::new(Runtime::new());
        manager.attach(&runtime);
        Stage { _plugins: plugins, manager, runtime }
    }
}

/// Calls a function by its name, as a program does.
fn call(m: &Mutator<'_>, name: &str, arguments: &[Value]) -> Result<Value, RuntimeError> {
    let function = m.value_of_name(m.intern(name)?);
    m.apply(function, Value::NIL, arguments)
}

/// Returns what an error says.
fn said(result: Result<Value, RuntimeError>) -> (&'static str, String) {
    let error = result.expect_err("it is none");
    (error.code(), error.to_string())
}

#[track_caller]
fn assert_values(m: &Mutator<'_>) {
    let call = |name: &str, arguments: &[Value]| call(m, &format!("fixture_{name}"), arguments);
    let (int, double) = (|int: i64| Value::int(m, int), |number: f64| Value::double(m, number));
    assert_eq!(call("add", &[int(40), int(2)]), Ok(int(42)));
    // 2⁶² is the first integer that has a cell.
    assert_eq!(call("add", &[int((1 << 62) - 1), int(1)]), Ok(int(1 << 62)));
    assert_eq!(call("add", &[int(i64::MAX), int(i64::MIN)]), Ok(int(-1)));
    assert_eq!(call("add_doubles", &[double(1e-300), int(2)]), Ok(double(2.0)));
    assert_eq!(call("half", &[double(0.1)]), Ok(double(f64::from(0.1f32) / 2.0)));
    assert_eq!(call("low", &[int(0x0180)]), Ok(int(-128)));
    assert_eq!(call("middle", &[int(0x0080_0000)]), Ok(int(-32768)));
    assert_eq!(call("negated", &[int(-128)]), Ok(int(128)));
    assert_eq!(call("mixed", &[int(1), double(2.0), int(3), int(-4)]), Ok(double(-3679.0)));
    let text = m.string("a text");
    assert_eq!(call("same", &[text]), Ok(text));
    assert_eq!(call("other", &[int(1), Value::TRUE, Value::NIL]), Ok(Value::NIL));
    assert_eq!(call("count", &[]), Ok(Value::NIL));
    assert_eq!(call("counted", &[]), Ok(int(1)));
}

#[track_caller]
fn assert_errors(m: &Mutator<'_>) {
    let call = |name: &str, arguments: &[Value]| said(call(m, &format!("fixture_{name}"), arguments));
    let (int, double) = (|int: i64| Value::int(m, int), |number: f64| Value::double(m, number));
    let wrong = |text: &str| ("run::wrong-kind", text.to_owned());
    let cases = [
        (
            call("add", &[int(1), double(2.0)]),
            "argument 2 of `fixture_add` must be an integer from -9223372036854775808 to 9223372036854775807, not of class double",
        ),
        (
            call("low", &[int(32768)]),
            "argument 1 of `fixture_low` must be an integer from -32768 to 32767, not 32768",
        ),
        (
            call("negated", &[int(-129)]),
            "argument 1 of `fixture_negated` must be an integer from -128 to 127, not -129",
        ),
        (
            call("add_doubles", &[int(1), Value::NIL]),
            "argument 2 of `fixture_add_doubles` must be a double, or an integer, not nil",
        ),
        (
            call("add_doubles", &[int((1 << 53) + 1), int(1)]),
            "argument 1 of `fixture_add_doubles` must be an integer that f64 has exactly, not 9007199254740993",
        ),
        (
            call("half", &[int((1 << 24) + 1)]),
            "argument 1 of `fixture_half` must be an integer that f32 has exactly, not 16777217",
        ),
    ];
    for (found, expected) in cases {
        assert_eq!(found, wrong(expected));
    }
    assert_eq!(call("add", &[int(1)]).0, "run::arity");
    assert_eq!(call("count", &[Value::NIL]).0, "run::arity");
}

/// RPS-45: numbers of all types go in and out as they are, values too; what is none of its type is told before the call.
#[test]
fn rps_45_intrinsics_take_and_give_numbers() {
    let stage = Stage::new(Plugins::new());
    stage.runtime.enter(|m| {
        assert_values(m);
        assert_errors(m);
        assert_eq!(
            call(m, "fixture_both", &[]),
            Ok(Value::int(m, 1)),
            "a function comes before an intrinsic"
        );
    });
    let intrinsics = stage.manager.intrinsics();
    let mixed = intrinsics.iter().find(|known| known.name == "fixture_mixed").expect("it is listed");
    assert_eq!((mixed.signature.as_str(), mixed.plugin.as_str()), ("f64(i64,f64,f32,i8)", "fixture"));
}

/// `guard: all` has intrinsics called on threads of their own, with the same values and errors.
#[test]
fn intrinsics_are_guarded_when_all_is() {
    let stage = Stage::new(Plugins::new().with("plugins.fixture.guard", "all"));
    stage.runtime.enter(|m| {
        assert_values(m);
        assert_errors(m);
    });
    let stats = stage.manager.stats();
    let own = stats.iter().find(|own| own.id == "fixture").expect("it was called");
    let add = own.extensions.iter().find(|own| own.name == "fixture_add").expect("it is there");
    assert_eq!(add.calls.calls, 3, "guarded calls are counted");
}

/// What somebody holds is an error once the plugin is gone, and works again when it is back.
#[test]
fn intrinsics_go_and_come_back() {
    let stage = Stage::new(Plugins::new());
    let held = stage.runtime.enter(|m| {
        let function = m.value_of_name(m.intern("fixture_add")?);
        Ok::<_, RuntimeError>(m.heap().root(function))
    });
    let held = held.expect("it is there");
    let add = |m: &Mutator<'_>| m.apply(held.get(), Value::NIL, &[Value::int(m, 1), Value::int(m, 2)]);
    for way in ["disable", "unload"] {
        match way {
            "disable" => stage.manager.disable("fixture").expect("it can be"),
            _ => stage.manager.unload("fixture", false).expect("it can be"),
        }
        stage.runtime.enter(|m| {
            assert_eq!(said(add(m)).0, "plugin::gone", "{way}");
            assert!(m.library_global("fixture_add").is_none(), "{way}");
        });
        match way {
            "disable" => stage.manager.enable("fixture").expect("it can be"),
            _ => stage.manager.load("fixture").map(drop).expect("it can be"),
        }
        stage.runtime.enter(|m| assert_eq!(add(m), Ok(Value::int(m, 3)), "{way}"));
    }
}
