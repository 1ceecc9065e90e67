//! What stops a computation: deadlines, interrupts, the depth of calls.

use std::time::Duration;

use rps_lang::Session;
use rps_runtime::Runtime;

#[test]
fn a_deadline_stops_an_endless_loop_and_only_that() {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let mut session = Session::new(m);
        let mut code = |text: &str, limit: Duration| {
            let result = m.with_deadline(limit, || session.eval(m, text));
            result.map_err(|error| error.code().to_string()).map(|value| format!("{value:?}"))
        };
        let soon = Duration::from_millis(20);
        let endless = [
            "while true { nil }",
            "for i in 0..4611686018427387903 { nil }",
            "fn f() { f2() }; fn f2() { try { f() } catch e { f() } }; while true { f() }",
        ];
        for text in endless {
            assert_eq!(code(text, soon), Err("run::deadline".into()), "{text}");
        }
        assert_eq!(code("try { while true { nil } } catch e { 1 }", soon), Err("run::deadline".into()));
        assert_eq!(code("1 + 1", Duration::from_secs(60)), Ok("2".into()));
        assert_eq!(
            session.eval(m, "for i in 0..1000 { i }; 3").map(|value| value.as_small_int()).unwrap(),
            Some(3)
        );
    });
}

#[test]
fn calls_are_as_deep_as_is_said() {
    let runtime = Runtime::new();
    runtime.set_max_depth(1000);
    runtime.enter(|m| {
        let mut session = Session::new(m);
        session.eval(m, "fn down(n) { if n == 0 { 0 } else { 1 + down(n - 1) } }").unwrap();
        assert_eq!(session.eval(m, "down(900)").unwrap().as_small_int(), Some(900));
        assert_eq!(session.eval(m, "down(5000000)").unwrap_err().code(), "run::stack-overflow");
        assert_eq!(session.eval(m, "try { down(5000000) } catch e { 7 }").unwrap().as_small_int(), Some(7));
        assert_eq!(
            session.eval(m, "down(900)").unwrap().as_small_int(),
            Some(900),
            "all of it is there again"
        );
    });
}
