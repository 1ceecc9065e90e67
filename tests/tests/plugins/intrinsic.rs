//! Intrinsics of a plugin in machine code: it gives what the interpreter gives, errors included, and ends when the plugin does.

use std::sync::{Arc, Barrier};
use std::thread;

use rps_jit::Mode;
use rps_jit::lower::Faults;
use rps_lang::Session;
use rps_runtime::code::machine::ExitKind;

use crate::compiled::{World, evaluate};

const FIXTURE: &str = "intrinsics.c";

/// The intrinsics with how many arguments each has.
const INTRINSICS: &[(&str, usize)] = &[
    ("add", 2),
    ("add_doubles", 2),
    ("half", 1),
    ("low", 1),
    ("middle", 1),
    ("negated", 1),
    ("same", 1),
    ("both", 0),
];

/// Values of all kinds, and integers at the edges of all types.
const VALUES: &[&str] = &[
    "0",
    "1",
    "-1",
    "127",
    "128",
    "-128",
    "-129",
    "32767",
    "32768",
    "-32768",
    "-32769",
    "2147483647",
    "2147483648",
    "-2147483648",
    "16777216",
    "16777217",
    "9007199254740992",
    "9007199254740993",
    "4611686018427387903",
    "4611686018427387904",
    "-4611686018427387904",
    "9223372036854775807",
    "-9223372036854775807 - 1",
    "9223372036854775808",
    "0.0",
    "-0.0",
    "1.5",
    "0.1",
    "1e300",
    "5e-324",
    "infinity",
    "nan",
    "nil",
    "true",
    "\"text\"",
    "[1, 2]",
];

/// Texts that call each intrinsic with everything: from a place that has seen everything, and from one for each kind.
fn texts() -> Vec<String> {
    let mut texts = vec![format!("let values = [{}]", VALUES.join(", "))];
    for (name, count) in INTRINSICS {
        let parameters = ["a", "b"][..*count].join(", ");
        let again = |name: &str| {
            format!(
                "fn {name}({parameters}) {{ try {{ fixture_{{}}({parameters}) }} catch e {{ [e.code, e.message] }} }}"
            )
        };
        texts.push(again("all").replace("{}", name));
        texts.push(match count {
            0 => "for i in 0..60 { all() }; all()".into(),
            1 => "values.map(|a| all(a))".into(),
            _ => "values.map(|a| values.map(|b| all(a, b)))".into(),
        });
        for (number, value) in VALUES.iter().enumerate().filter(|_| *count > 0) {
            // The other argument is of the same kind, and then of another.
            texts.push(again(&format!("one_{number}")).replace("{}", name));
            let (same, other) = match count {
                1 => (String::new(), String::new()),
                _ => (format!(", {value}"), ", 2".into()),
            };
            let body =
                format!("let last = nil; for i in 0..60 {{ last = one_{number}({value}{same}) }}; last");
            texts.push(body);
            texts.push(format!(
                "[one_{number}({value}{other}), one_{number}(2.5{other}), one_{number}(nil{same})]"
            ));
        }
    }
    texts.extend(
        [
            "fn mixed(n) { let s = 0.0; for i in 0..n { s = s + fixture_mixed(i, s / 7, 0.5, i % 100) }; s }",
            "mixed(500)",
            "fn chosen(n) { let v = [1]; for i in 0..n { v = fixture_other(i % 2, v, [i, v]) }; v }",
            "chosen(60)",
            // Each call is made once, also where the guard behind it fails.
            "fn watched(n) { for i in 0..n { fixture_count(); if i == 70 { try { fixture_add(i, nil) } catch e { nil } } }; fixture_counted() }",
            "watched(200)",
            "fn sum(n) { let s = 0; for i in 0..n { s = fixture_add(s, 9223372036854775807) }; s }",
            "[sum(1), sum(2), sum(3), sum(200)]",
            "fn nothing(n) { let last = 1; for i in 0..n { last = fixture_count() }; last }",
            "nothing(100)",
        ]
        .map(String::from),
    );
    texts
}

/// RPS-28, RPS-35, RPS-45: machine code gives what the interpreter gives, for values and errors of all kinds.
#[test]
fn rps_35_intrinsics_in_machine_code_give_what_they_give_in_the_interpreter() {
    let texts = texts();
    let expected = World::interpreted(FIXTURE).run(&texts);
    assert!(expected.iter().any(|text| text.contains("run::wrong-kind")), "there are errors");
    // One guard in eight fails, for nothing or so that other code is made.
    let faulty = |kind| Mode::Faulty(Arc::new(Faults::new(3, 1, kind)));
    for mode in [Mode::Eager, faulty(ExitKind::Quiet), faulty(ExitKind::Failed)] {
        let Some(world) = World::compiled(FIXTURE, mode) else { return };
        for (found, expected) in world.run(&texts).iter().zip(&expected) {
            assert_eq!(found, expected);
        }
        let stats = world.tier.as_ref().expect("there is one").stats();
        assert!(stats.stages.iter().any(|stage| stage.made > 0), "{stats:?}");
    }
}

/// RPS-45: where the arguments are numbers, nothing is between machine code and the function.
#[test]
fn rps_45_machine_code_calls_intrinsics_directly() {
    let Some(world) = World::compiled(FIXTURE, Mode::Eager) else { return };
    let texts = [
        "fn ints(n) { let s = 0; for i in 0..n { s = fixture_add(s, i) }; s }",
        "fn doubles(n) { let s = 0.0; for i in 0..n { s = fixture_add_doubles(s, i) }; s }",
        "fn through(n) { let s = 0; for i in 0..n { s = s + fixture_both() }; s }",
        "for i in 0..100 { ints(i); doubles(i); through(i) }",
        "[ints(1000), doubles(1000), through(1000)]",
    ];
    let texts = texts.map(String::from);
    world.runtime.enter(|m| {
        let mut session = Session::new(m);
        let results: Vec<String> = texts.iter().map(|text| evaluate(m, &mut session, text)).collect();
        assert_eq!(results[4], "[499500, 499500.0, 1000]");
        assert!(world.calls_directly(m, "ints"), "of integers");
        assert!(world.calls_directly(m, "doubles"), "of doubles");
        assert!(
            !world.calls_directly(m, "through"),
            "that is an ordinary function, whose gate is opened first"
        );
    });
}

/// Machine code that calls an intrinsic ends, also while it runs, when the plugin is disabled or unloaded, and no call comes
/// later. It works again when the plugin is back.
#[test]
fn machine_code_ends_with_the_plugin_whose_intrinsics_it_calls() {
    let Some(world) = World::compiled(FIXTURE, Mode::Eager) else { return };
    let named =
        "fn named(f, c, n) { let s = 0; for i in 0..n { s = fixture_add(s, 1); fixture_count() }; s }";
    let held = "fn held(f, c, n) { let s = 0; for i in 0..n { s = f(s, 1); c() }; s }";
    // An ordinary function of a plugin is called through its gate.
    let gated = "fn gated(f, c, n) { let s = 0; for i in 0..n { s = s + 1; fixture_tick() }; s }";
    let (gone, unknown) = ("plugin::gone", "run::not-applicable");
    // Whether the name is there still when the call of an ordinary function fails, is a matter of time.
    let cases: [(_, _, &[&str]); 3] =
        [(named, "named", &[unknown]), (held, "held", &[gone]), (gated, "gated", &[gone, unknown])];
    for (define, name, codes) in cases {
        for is_unloaded in [false, true] {
            let is_ready = Barrier::new(2);
            let said = thread::scope(|scope| {
                let runner = scope.spawn(|| {
                    world.runtime.enter(|m| {
                        let mut session = Session::new(m);
                        for text in [define, "let f = fixture_add", "let c = fixture_count"] {
                            evaluate(m, &mut session, text);
                        }
                        let short = format!("{name}(f, c, 1000)");
                        assert_eq!(evaluate(m, &mut session, &short), "1000");
                        m.runtime().blocking(|| is_ready.wait());
                        evaluate(m, &mut session, &format!("{name}(f, c, 4000000000000000000)"))
                    })
                });
                let counted = || {
                    let said = world.run(&["fixture_counted()".into()]);
                    said[0].rsplit(' ').next().and_then(|count| count.parse::<u64>().ok()).expect("it counts")
                };
                let before = counted();
                is_ready.wait();
                // By then the loop is machine code for sure.
                while counted() < before + 100_000 {
                    thread::yield_now();
                }
                match is_unloaded {
                    false => world.manager.disable("fixture").expect("it can be disabled"),
                    true => world.manager.unload("fixture", false).expect("it can be unloaded"),
                }
                runner.join().expect("it does not panic")
            });
            assert!(codes.iter().any(|code| said.starts_with(code)), "{said}");
            match is_unloaded {
                false => world.manager.enable("fixture").expect("it can be enabled"),
                true => world.manager.load("fixture").map(drop).expect("it can be loaded"),
            }
            let call = format!("{name}(fixture_add, fixture_count, 1000)");
            let again = world.run(&[define.to_owned(), call, "fixture_late()".into()]);
            assert!(again[1].ends_with(": 1000"), "{again:?}");
            assert!(again[2].ends_with(": 0"), "no call comes after the end: {again:?}");
        }
    }
}
