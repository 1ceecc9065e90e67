//! Functions of a plugin, of the program itself and of the language, called in a loop of a program; the empty loop is
//! subtracted.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use rps_lang::Session;
use rps_plugin_host::Options;
use rps_runtime::send::Native;
use rps_runtime::{Mutator, Oid, Runtime, RuntimeError, Value};

use super::{Outcome, Probe};
use crate::table;

const CALLS: usize = 2_000_000;

/// What is called, and the body of the loop.
const CASES: &[(&str, &str)] = &[
    ("built-in, no arguments", "native_nothing()"),
    ("plugin in C, no arguments", "probe_nothing()"),
    ("built-in, two integers", "native_sum(i, 2)"),
    ("plugin in C, two integers", "probe_sum(i, 2)"),
    ("function of the language, two integers", "own_sum(i, 2)"),
];

pub(super) fn run(probe: &Probe, rounds: usize) -> Outcome {
    let runtime = Arc::new(Runtime::new());
    let manager = probe.load(Options::default())?;
    manager.attach(&runtime);
    println!(
        "\nA call from a program, ns (medians of {rounds}; {CALLS} calls in a loop, the loop subtracted):\n"
    );
    table::header(&["", "ns", "above the built-in"]);
    let direct = table::median((0..rounds).map(|_| direct()).collect());
    table::row(&["direct call in Rust".into(), format!("{direct:.1}"), "–".into()]);
    let mut figures = vec![Vec::new(); CASES.len()];
    let mut guarded = Vec::new();
    runtime.enter(|m| {
        m.register_global_function(
            Oid::of_name("bench nothing"),
            Native::new("native_nothing", 0, nothing, ""),
        );
        m.register_global_function(Oid::of_name("bench sum"), Native::new("native_sum", 2, sum, ""));
        let mut session = Session::new(m);
        let mut text = String::from("fn own_sum(a, b) { a + b }\nfn run_empty(n) { for i in 0..n { i } }\n");
        let bodies = CASES.iter().map(|(_, body)| *body).chain(["probe_guarded(i, 2)"]);
        for (index, body) in bodies.enumerate() {
            text += &format!("fn run_{index}(n) {{ for i in 0..n {{ {body} }} }}\n");
        }
        session.eval_source(m, "calls.rps", &text).map_err(|error| format!("{error:?}"))?;
        let mut time = |what: &str, calls: usize| -> Result<f64, String> {
            let start = Instant::now();
            session
                .eval_source(m, "run.rps", &format!("run_{what}({calls})"))
                .map_err(|error| format!("{error:?}"))?;
            Ok(start.elapsed().as_secs_f64() * 1e9 / calls as f64)
        };
        for round in 0..=rounds {
            let empty = time("empty", CALLS)?;
            for (index, figures) in figures.iter_mut().enumerate() {
                let figure = time(&index.to_string(), CALLS)? - empty;
                // The first round warms up.
                if round > 0 {
                    figures.push(figure);
                }
            }
            guarded.push(time(&CASES.len().to_string(), 20_000)? - empty);
        }
        Ok::<(), String>(())
    })?;
    let medians: Vec<f64> = figures.into_iter().map(table::median).collect();
    for (index, (name, _)) in CASES.iter().enumerate() {
        let above = match index {
            1 | 3 => format!("{:.1}", medians[index] - medians[index - 1]),
            _ => "–".into(),
        };
        table::row(&[(*name).into(), format!("{:.1}", medians[index]), above]);
    }
    let guarded = table::median(guarded);
    table::row(&["guarded plugin in C, two integers".into(), format!("{guarded:.0}"), "–".into()]);
    Ok(())
}

fn direct() -> f64 {
    #[inline(never)]
    fn sum(left: i64, right: i64) -> i64 {
        black_box(left + right)
    }
    let start = Instant::now();
    for i in 0..CALLS {
        black_box(sum(i as i64, 2));
    }
    start.elapsed().as_secs_f64() * 1e9 / CALLS as f64
}

pub(super) fn nothing(m: &Mutator<'_>, _: Value, _: &[Value]) -> Result<Value, RuntimeError> {
    Ok(Value::int(m, 1))
}

pub(super) fn sum(m: &Mutator<'_>, _: Value, arguments: &[Value]) -> Result<Value, RuntimeError> {
    let of = |index: usize| arguments[index].as_small_int().unwrap_or(0);
    Ok(Value::int(m, of(0) + of(1)))
}
