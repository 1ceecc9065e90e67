//! Functions of a plugin that machine code calls through their gate: it gives what the interpreter gives, whatever the plugin
//! does in the call.

use std::sync::Arc;
use std::thread;

use rps_jit::Mode;
use rps_jit::lower::Faults;
use rps_lang::Session;
use rps_runtime::code::machine::ExitKind;

use crate::compiled::{World, evaluate};

const FIXTURE: &str = "functions.c";

/// What is called again and again, and what is made of it: each line is a function of `i`.
const BODIES: &[&str] = &[
    "fixture_add(i, 1)",
    "fixture_add(i, 4611686018427387903)",
    "fixture_add(i, nil)",
    "fixture_half(i * 0.5)",
    "fixture_half(1e300)",
    "[fixture_greet(\"you\"), \"me\".fixture_greeted()]",
    "fixture_greet(\"a name that is very much longer than the place for it is, whoever may have it\")",
    "[fixture_pair(), fixture_pair(i), fixture_pair(i, [i], \"three\", 4.0)]",
    "fixture_fails()",
    "fixture_raises()",
    "fixture_is_direct()",
    // The program is called back, …
    "fixture_applies(|a, b| [a, b], i, \"text\")",
    "fixture_applies(fixture_add, i, 2)",
    // … makes so much that it is collected, while the arguments are nowhere but in the call, …
    "fixture_applies(|a, b| do { for k in 0..50 { [k, [k, \"garbage\"]] }; [a, b] }, [i, [i]], f\"kept{i}\")",
    // … comes back into the same plugin, …
    "fixture_descends(i % 12, |n, f| fixture_descends(n, f))",
    "fixture_applies(|a| fixture_add(a, fixture_applies(|b| b, a)), i)",
    // … by the call that is around the one that it is in, with much on the stack in between, …
    "fixture_nests(|a| do { let kept = [a, [a, f\"inner{a}\"]]; let r = fixture_by_outer(|b| do { let m = [b, f\"deep{b}\"]; \
     for k in 0..20 { [k, f\"garbage{k}\"] }; m }, a); [kept, r, kept[1][1]] }, i)",
    "fixture_nests(|a| fixture_by_outer(|b| raise [b, \"from deep\"], a), i)",
    // … raises, and is caught outside, inside, or not at all, …
    "fixture_applies(|a| raise [a, \"raised\"], i)",
    "fixture_applies(|a| try { fixture_raises() } catch e { [a, e.code] }, i)",
    "fixture_applies(|a| fixture_fails(), i)",
    "fixture_applies(|a| a.no_such_method(), i)",
    // … or leaves by the function that called the plugin.
    "[fixture_applies(|a| do { if a % 3 == 0 { return [\"left\", a] }; a }, i)]",
    "fixture_descends(-1, |n, f| if n < -40 { raise n } else { fixture_descends(n, f) })",
];

/// Calls what is the body of `one` often, and keeps some of what it gives, or raises.
const AGAIN: &str = r#"fn all(n) {
    let log = new vector []
    for i in 0..n { let r = try { one(i) } catch e { try { [e.code, e.message] } catch no { f"raised {e}" } }; if i % 37 == 5 { log.push(r) } }
    log.to_tuple()
}"#;

fn texts() -> Vec<String> {
    let of_body = |body: &&str| {
        let one = format!("fn one(i) {{ {body} }}");
        [one, AGAIN.into(), "all(60)".into(), "all(300)".into(), "one(7)".into(), "one(nil)".into()]
    };
    BODIES.iter().flat_map(of_body).collect()
}

/// RPS-27, RPS-35, RPS-45: values, errors and callbacks are the same by machine code.
#[test]
fn rps_35_functions_called_through_a_gate_give_what_they_give_in_the_interpreter() {
    let texts = texts();
    let expected = World::interpreted(FIXTURE).run(&texts);
    assert!(
        expected.iter().any(|text| text.contains("functions::no-fish")),
        "there are errors of the plugin"
    );
    let faulty = |kind| Mode::Faulty(Arc::new(Faults::new(3, 1, kind)));
    for mode in [Mode::Eager, faulty(ExitKind::Quiet), faulty(ExitKind::Failed)] {
        let Some(world) = World::compiled(FIXTURE, mode) else { return };
        for (found, expected) in world.run(&texts).iter().zip(&expected) {
            assert_eq!(found, expected);
        }
    }
}

/// The functions are called by machine code itself, alone and beside other threads, and every call is counted.
#[test]
fn calls_through_gates_are_counted_on_one_thread_and_on_several() {
    let Some(world) = World::compiled(FIXTURE, Mode::Eager) else { return };
    let define = "fn sum(n) { let s = 0; for i in 0..n { s = fixture_add(s, i) }; s }";
    let run = |times: usize| {
        world.runtime.enter(|m| {
            let mut session = Session::new(m);
            evaluate(m, &mut session, define);
            for _ in 0..times {
                assert_eq!(evaluate(m, &mut session, "sum(1000)"), "499500");
            }
            let native = world.native_code(m, "sum");
            assert!(native.contains("rps_gated") && native.contains("rps_ungated"), "{native}");
        });
    };
    run(100);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| run(50));
        }
    });
    assert_eq!(world.calls_of("fixture_add"), 300_000);
}

/// A plugin that ends and comes back has its places in the gates again, however often, and its calls are counted on.
#[test]
fn a_plugin_that_comes_back_is_called_through_its_gate_again() {
    let Some(world) = World::compiled(FIXTURE, Mode::Eager) else { return };
    let define = "fn sum(n) { let s = 0; for i in 0..n { s = fixture_add(s, i) }; s }";
    for life in 1..=40 {
        world.runtime.enter(|m| {
            let mut session = Session::new(m);
            evaluate(m, &mut session, define);
            for _ in 0..30 {
                assert_eq!(evaluate(m, &mut session, "sum(100)"), "4950");
            }
            let native = world.native_code(m, "sum");
            assert!(native.contains("rps_ungated"), "{native}");
        });
        assert_eq!(world.calls_of("fixture_add"), 3000 * life);
        world.manager.disable("functions").expect("it can be disabled");
        world.manager.enable("functions").expect("it can be enabled");
    }
}
