//! Native functions as machine code: it gives what the evaluator gives, errors included.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rps_jit::{Engine, Event, Mode, Native};
use rps_lang::Session;
use rps_plugin_host::{Manager, Options};
use rps_runtime::code::machine::Thresholds;
use rps_runtime::{Mutator, Runtime};
use rps_tests::skip;
use rps_tests::tier::library;

/// What was made, and refused.
#[derive(Default)]
struct Counts {
    made: AtomicUsize,
    refused: AtomicUsize,
}

/// The output of programs that write nothing.
struct Silence;

impl rps_library::Host for Silence {
    fn write(&self, text: &str) -> std::io::Result<()> {
        panic!("{text} is written");
    }
}

/// Returns a runtime without a compiled tier.
pub(crate) fn interpreted() -> Runtime {
    let runtime = Runtime::new();
    rps_library::install(&runtime, Silence);
    runtime
}

/// Returns a runtime in which native functions are machine code from their first call on; `None` where there is no LLVM.
fn compiled(counts: &Arc<Counts>, cold: u32) -> Option<(Manager, Runtime)> {
    let (library, has_llvm) = library();
    if !has_llvm {
        skip("there is no LLVM 19 here");
        return None;
    }
    let manager = Manager::new(Options::default());
    manager.native_tier(Some(&library)).expect("LLVM is in it");
    let backend = Native::open(&manager).expect("it is there already");
    let runtime = interpreted();
    let counts = Arc::clone(counts);
    let log = move |event: &Event<'_>| match event {
        Event::Made { .. } => _ = counts.made.fetch_add(1, Ordering::Relaxed),
        Event::Refused { name, reason, .. } => {
            counts.refused.fetch_add(1, Ordering::Relaxed);
            println!("{name}: {reason}");
        }
        _ => {}
    };
    // Ordinary functions stay interpreted: their thresholds are never reached.
    let thresholds = Thresholds { cold, profiled: u32::MAX, hot: u32::MAX };
    let mut options = rps_jit::Options::new(Mode::Auto, thresholds);
    options.log = Some(Box::new(log));
    let _handle = Engine::attach(&runtime, options, move || Ok(Arc::new(backend)));
    Some((manager, runtime))
}

/// Evaluates texts in one session, and returns what each gives.
fn run(m: &Mutator<'_>, texts: &[String]) -> Vec<String> {
    let mut session = Session::new(m);
    texts
        .iter()
        .map(|text| match session.eval(m, text) {
            // A definition gives the function, whose oid is another one in each runtime.
            Ok(value) if value.as_object().is_some() => text.clone(),
            Ok(value) => format!("{text}: {value:?}"),
            Err(error) => {
                let first = &error.diagnostics()[0];
                format!("{text}: {} {}", first.code, first.message)
            }
        })
        .collect()
}

/// The types of numbers, each with values at its edges.
fn types() -> Vec<(&'static str, Vec<String>)> {
    let integers = |ty: &'static str, least: i128, greatest: i128| {
        let mut all = vec![least, least + 1, greatest, greatest - 1, greatest / 2, 0, 1, 2, 7, 100];
        if least < 0 {
            all.extend([-1, -2, -7, least / 2]);
        }
        (ty, all.iter().map(ToString::to_string).collect())
    };
    let doubles = [
        "0.0",
        "-0.0",
        "1.0",
        "-1.5",
        "3.7",
        "1e300",
        "-1e300",
        "5e-324",
        "127.5",
        "-128.5",
        "4294967296.0",
        "9223372036854775808.0",
        "18446744073709551616.0",
        "infinity",
        "-infinity",
        "nan",
    ];
    let doubles: Vec<String> = doubles.iter().map(ToString::to_string).collect();
    vec![
        integers("i8", i8::MIN.into(), i8::MAX.into()),
        integers("i16", i16::MIN.into(), i16::MAX.into()),
        integers("i32", i32::MIN.into(), i32::MAX.into()),
        integers("i64", i64::MIN.into(), i64::MAX.into()),
        integers("u8", 0, u8::MAX.into()),
        integers("u16", 0, u16::MAX.into()),
        integers("u32", 0, u32::MAX.into()),
        integers("u64", 0, u64::MAX.into()),
        ("f32", doubles.clone()),
        ("f64", doubles),
    ]
}

/// Texts that compute everything there is of everything at the edges, and the loops and calls that there are.
fn texts() -> Vec<String> {
    let types = types();
    let mut texts = Vec::new();
    for (ty, values) in &types {
        let is_float = ty.starts_with('f');
        let operators: &[&str] =
            if is_float { &["+", "-", "*", "/"] } else { &["+", "-", "*", "/", "%", "&", "|"] };
        let methods: &[&str] = if is_float {
            &["min", "max"]
        } else {
            &[
                "min",
                "max",
                "xor",
                "shift_left",
                "shift_right",
                "rotate_left",
                "wrapping_add",
                "wrapping_sub",
                "wrapping_mul",
            ]
        };
        let singles: &[&str] = if is_float {
            &["-a", "a.abs()", "a.sqrt()", "a.floor()", "a.ceil()", "a.truncate()"]
        } else if ty.starts_with('u') {
            &["a.abs()", "a.not()", "a.bit_count()", "a.leading_zeros()", "a.trailing_zeros()"]
        } else {
            &["-a", "a.abs()", "a.not()", "a.leading_zeros()", "a.trailing_zeros()"]
        };
        let binary = operators.iter().map(|operator| format!("a {operator} b"));
        let sends = methods.iter().map(|method| format!("a.{method}(b)"));
        let list = format!("let values = [{}]", values.join(", "));
        texts.push(list);
        let two = "values.map(|a| values.map(|b| try { f(a, b) } catch e { [e.code, e.message] }))";
        for body in binary.chain(sends) {
            texts.push(format!("native fn f(a: {ty}, b: {ty}) -> {ty} {{ {body} }}"));
            texts.push(two.into());
        }
        let compare = "i64(a < b) + 2 * i64(a <= b) + 4 * i64(a > b) + 8 * i64(a >= b) + 16 * i64(a == b) + 32 * i64(a != b)";
        texts.push(format!("native fn f(a: {ty}, b: {ty}) -> i64 {{ {compare} }}"));
        texts.push(two.into());
        let conversions = types.iter().map(|(to, _)| (*to, format!("{to}(a)")));
        let wraps = types.iter().filter(|(to, _)| !is_float && !to.starts_with('f'));
        let wraps = wraps.map(|(to, _)| (*to, format!("{to}.wrap(a)")));
        let own = singles.iter().map(|single| (*ty, (*single).to_owned()));
        for (to, body) in own.chain(conversions).chain(wraps) {
            texts.push(format!("native fn f(a: {ty}) -> {to} {{ {body} }}"));
            texts.push("values.map(|a| try { f(a) } catch e { [e.code, e.message] })".into());
        }
        texts.push(format!("native fn f(v: [{ty}], i: i64, x: {ty}) -> {ty} {{ let y = v[i]; v[i] = x; v[v.len() - 1 - i] = y; v[0] }}"));
        texts.push("values.map(|a| { let v = values.to_vector(); [try { f(v, 3, a) } catch e { e.code }, v.to_tuple()] })".into());
        texts.push(
            "[-1, 3, 1000].map(|i| try { f(values.to_vector(), i, values[0]) } catch e { e.message })".into(),
        );
    }
    let more = [
        "native fn fib(n: i32) -> i32 { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }; fib(20)",
        "native fn even(n: i64) -> bool { if n == 0 { true } else { odd(n - 1) } }; native fn odd(n: i64) -> bool { if n == 0 { false } else { even(n - 1) } }; [even(1000), odd(7)]",
        "native fn forever(n: i64) -> i64 { 1 + forever(n + 1) }; forever(0)",
        "native fn truth(a: bool, b: bool) -> bool { a and not b or b == a }; [truth(true, false), truth(false, true), truth(true, true)]",
        "native fn many(a: i8, b: f32, c: [i16], d: u64, e: bool, f: f64, g: [f64], h: i32, i: u8, j: u16, k: f64, l: f64, m: f32, n: f64, o: f64, p: f64, q: f64) -> f64 {
            if e { f64(a) + f64(b) + f64(c[1]) + f64(d) + f + g[0] + f64(h) + f64(i) + f64(j) + k + l + f64(m) + n + o + p + q } else { f64(c.len()) }
         }
         let given = [[1, 2], true, false]
         [many(-1, 0.5, given[0], 3, true, 4, [5], -6, 7, 65535, 8, 9, 10, 11, 12, 13, 14), many(0, 0, given[0], 0, false, 0, [], 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)]",
        "native fn nothing() {}; nothing()",
        "native fn same(a: [i64], b: [i64]) -> i64 { a[0] = 5; b[0] }; let v = new vector [1]; [same(v, v), same(new vector [2], v), v[0]]",
    ];
    texts.extend(more.iter().map(ToString::to_string));
    texts
}

/// RPS-28, RPS-34, RPS-35: the evaluator and machine code give the same, values as well as errors.
#[test]
fn rps_35_machine_code_of_native_functions_gives_what_the_evaluator_gives() {
    let counts = Arc::new(Counts::default());
    let Some((_manager, runtime)) = compiled(&counts, 0) else { return };
    let texts = texts();
    let expected = interpreted().enter(|m| run(m, &texts));
    let found = runtime.enter(|m| run(m, &texts));
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected);
    }
    assert_eq!(counts.refused.load(Ordering::Relaxed), 0);
    let functions = texts.iter().filter(|text| text.starts_with("native fn f(")).count();
    assert!(counts.made.load(Ordering::Relaxed) >= functions, "{functions} functions");
}

/// RPS-30, RPS-31: a function that has not done much is not compiled; one that has is compiled once, and anew when it changes.
#[test]
fn rps_30_cold_native_functions_are_not_compiled() {
    let counts = Arc::new(Counts::default());
    let Some((_manager, runtime)) = compiled(&counts, 10) else { return };
    let made =
        |expected: usize, when: &str| assert_eq!(counts.made.load(Ordering::Relaxed), expected, "{when}");
    runtime.enter(|m| {
        let texts = |texts: &[&str]| run(m, &texts.iter().map(ToString::to_string).collect::<Vec<_>>());
        let sum = "native fn sum(n: i64) -> i64 { let s = 0; for i in 0..n { s = s + i }; s }";
        assert!(texts(&[sum, "sum(3)"])[1].ends_with(": 3"));
        made(0, "after one call");
        // What the evaluator had begun is done again.
        assert!(texts(&["sum(100000)"])[0].ends_with(": 4999950000"));
        made(1, "after a long call");
        texts(&["for i in 0..1000 { sum(i) }"]);
        made(1, "after many calls");
        texts(&["native fn sum(n: i64) -> i64 { n }", "for i in 0..1000 { sum(i) }"]);
        made(2, "after another definition");
        texts(&["native fn other() {}", "for i in 0..10 { sum(i) }"]);
        made(2, "after the definition of something else");
    });
}

/// Loops in machine code stop for interrupts, and for the collections of other threads.
#[test]
fn machine_code_of_native_functions_attends_to_the_runtime() {
    let counts = Arc::new(Counts::default());
    let Some((_manager, runtime)) = compiled(&counts, 0) else { return };
    let forever = "native fn forever() -> i64 { let n = 0; while true { n = 1 - n } }";
    let down = "native fn down(n: i64) { if n > 0 { down(n - 1); down(n - 1) } }";
    runtime.enter(|m| run(m, &[forever.into(), down.into()]));
    for text in ["forever()", "down(60)"] {
        let is_running = std::sync::Barrier::new(2);
        let answer = std::thread::scope(|scope| {
            let runner = scope.spawn(|| {
                runtime.enter(|m| {
                    is_running.wait();
                    run(m, &[text.to_owned()])
                })
            });
            is_running.wait();
            runtime.enter(|m| (0..3).for_each(|_| m.collect()));
            runtime.interrupt();
            runner.join().expect("it does not panic")
        });
        assert!(answer[0].contains("run::interrupted"), "{answer:?}");
    }
}
