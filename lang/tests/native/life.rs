//! How native functions live: as definitions like any other.

use super::{check, eval, with_session};

#[test]
fn a_definition_may_be_given_again() {
    with_session(|m, session| {
        let mut steps = |text: &str, expected: &str| {
            let given = eval(m, session, text);
            assert!(given == expected || given.starts_with(&format!("{expected}: ")), "{text}: {given}");
        };
        let definition =
            "native fn twice(n: i64) -> i64 { 2 * n }; native fn four(n: i64) -> i64 { twice(twice(n)) }";
        steps(&format!("{definition}; let old = twice; [twice(3), four(3)]"), "[6, 12]");
        steps(
            "native fn twice(n: i64) -> i64 { 20 * n }; [twice(3), four(3), old(3), old == twice]",
            "[60, 1200, 60, true]",
        );
        // Another type does not fit the callers, which say so when they are called.
        steps("native fn twice(n: f64) -> f64 { 2.0 * n }; twice(1.5)", "3.0");
        steps("four(3)", "native::type-mismatch");
        steps("fn twice(n) { 2 * n }; four(3)", "native::not-native");
        steps("twice(\"a\".len())", "2");
        steps("native fn twice(n: i64) -> i64 { 2 * n }; four(3)", "12");
    });
}

#[test]
fn what_it_is_can_be_asked() {
    check(
        "# The square.\nnative fn square(n: f64) -> f64 { n * n }",
        &[
            ("let f = square; [f(1.5), square(2)]", "[2.25, 4.0]"),
            ("code.text(code.tree(square))", "\"native fn square(n: f64) -> f64 { n * n }\""),
            ("code.tree(square).types", "[\"f64\"]"),
            ("code.tree(square).result", "\"f64\""),
            ("code.make(code.tree(square))(3)", "9.0"),
            (
                "let t = code.tree(square); code.make(new code_native_function { name: \"s\", parameters: [\"n\"], types: [\"[i8]\"], result: nil, body: new code_block { statements: [] } })([1])",
                "nil",
            ),
            (
                "code.make(new code_native_function { name: \"s\", parameters: [\"n\"], types: [], result: nil, body: t.body })",
                "code::bad-tree",
            ),
            (
                "code.make(new code_native_function { name: \"s\", parameters: [\"n\"], types: [\"[\"], result: nil, body: t.body })",
                "code::bad-tree",
            ),
        ],
    );
}

#[test]
fn an_interrupt_stops_a_loop() {
    with_session(|m, session| {
        session
            .eval(m, "native fn forever() -> i64 { let n = 0; while true { n = 1 - n } }")
            .expect("it is defined");
        for text in
            ["forever()", "native fn down(n: i64) { if n > 0 { down(n - 1); down(n - 1) } }; down(60)"]
        {
            m.runtime().interrupt();
            let error = session.eval(m, text).expect_err("it is stopped");
            assert_eq!(error.diagnostics()[0].code, "run::interrupted", "{text}");
        }
        m.runtime().expire();
        let error = session.eval(m, "try { forever() } catch e { 1 }").expect_err("it is stopped");
        assert_eq!(error.diagnostics()[0].code, "run::deadline");
    });
}

/// A loop lets other threads collect.
#[test]
fn a_collection_does_not_wait_for_a_loop() {
    let runtime = rps_runtime::Runtime::new();
    runtime.enter(|m| {
        rps_lang::Session::new(m)
            .eval(m, "native fn forever() -> i64 { let n = 0; while true { n = 1 - n } }")
            .expect("it is defined");
    });
    let is_running = std::sync::Barrier::new(2);
    std::thread::scope(|scope| {
        let runner = scope.spawn(|| {
            runtime.enter(|m| {
                let mut session = rps_lang::Session::new(m);
                is_running.wait();
                session.eval(m, "forever()").expect_err("it is stopped").diagnostics()[0].code.to_string()
            })
        });
        is_running.wait();
        runtime.enter(|m| (0..3).for_each(|_| m.collect()));
        runtime.interrupt();
        assert_eq!(runner.join().expect("it does not panic"), "run::interrupted");
    });
}
