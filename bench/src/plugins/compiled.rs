//! Functions of a plugin called from machine code, beside the same calls through a pointer in C.
//!
//! Both are whole loops: what a turn of the loop costs is part of the figures.

use std::sync::Arc;
use std::time::Instant;

use rps_jit::{Absence, Engine, Mode};
use rps_lang::Session;
use rps_plugin_host::{NativeTier, Options};
use rps_runtime::code::machine::Thresholds;
use rps_runtime::send::Native;
use rps_runtime::{Mutator, Oid, Runtime};

use super::{Outcome, Probe};
use crate::table;

const CALLS: usize = 5_000_000;

/// What is called, the body of a function of `n`, and the number of the case that it is compared with.
const CASES: &[(&str, &str, Option<usize>)] = &[
    ("through a pointer in C, two integers", "probe_loop(n)", None),
    ("intrinsic, two integers", "let s = 0; for i in 0..n { s = probe_add(s, i) }; s", Some(0)),
    ("through a pointer in C, two doubles", "probe_loop_doubles(n)", None),
    ("intrinsic, two doubles", "let s = 0.0; for i in 0..n { s = probe_add_doubles(s, 0.5) }; s", Some(2)),
    ("function of a plugin through a pointer in C, no arguments", "probe_loop_nothing(n)", None),
    ("function of a plugin, no arguments", "let s = 0; for i in 0..n { s = probe_nothing() }; s", Some(4)),
    ("built-in, no arguments", "let s = 0; for i in 0..n { s = native_nothing() }; s", Some(4)),
    ("function of a plugin through a pointer in C, two integers", "probe_loop_sum(n)", None),
    ("function of a plugin, two integers", "let s = 0; for i in 0..n { s = probe_sum(s, i) }; s", Some(7)),
    ("built-in, two integers", "let s = 0; for i in 0..n { s = native_sum(s, i) }; s", Some(7)),
];

pub(super) fn run(probe: &Probe, rounds: usize) -> Outcome {
    let Some(library) = NativeTier::library() else {
        println!(
            "\nThere is no compiled tier beside this program: calls from machine code are not measured."
        );
        return Ok(());
    };
    let runtime = Arc::new(Runtime::new());
    let manager = probe.load(Options::default())?;
    manager.native_tier(Some(&library))?;
    manager.attach(&runtime);
    let backend = Arc::new(rps_jit::Native::open(&manager).map_err(|absence| absence.reason)?);
    let thresholds = Thresholds { cold: 1, profiled: 2, hot: 20 };
    let options = rps_jit::Options::new(Mode::Eager, thresholds);
    let handle = Engine::attach(&runtime, options, move || Ok::<_, Absence>(backend));
    let mut figures = vec![Vec::new(); CASES.len()];
    runtime.enter(|m| measure(m, rounds, &mut figures))?;
    drop(handle);
    println!(
        "\nA call from machine code, ns (the least of {rounds}; {CALLS} calls in a loop, the loop included):\n"
    );
    table::header(&["", "ns", "above", "of"]);
    // What else the machine does can only add to it, and the differences are small.
    let least: Vec<f64> =
        figures.into_iter().map(|all| all.into_iter().fold(f64::INFINITY, f64::min)).collect();
    for (index, (name, _, peer)) in CASES.iter().enumerate() {
        let (above, of) = match peer {
            Some(peer) => (format!("{:.1}", least[index] - least[*peer]), CASES[*peer].0),
            None => ("–".into(), "–"),
        };
        table::row(&[(*name).into(), format!("{:.1}", least[index]), above, of.into()]);
    }
    Ok(())
}

fn measure(m: &Mutator<'_>, rounds: usize, figures: &mut [Vec<f64>]) -> Result<(), String> {
    let nothing = Native::new("native_nothing", 0, super::calls::nothing, "");
    m.register_global_function(Oid::of_name("bench nothing"), nothing);
    m.register_global_function(
        Oid::of_name("bench sum"),
        Native::new("native_sum", 2, super::calls::sum, ""),
    );
    let mut session = Session::new(m);
    let mut text = String::new();
    for (index, (_, body, _)) in CASES.iter().enumerate() {
        text += &format!("fn run_{index}(n) {{ {body} }}\n");
    }
    session.eval_source(m, "compiled.rps", &text).map_err(|error| format!("{error:?}"))?;
    let mut time = |index: usize, calls: usize| -> Result<f64, String> {
        let start = Instant::now();
        let text = format!("run_{index}({calls})");
        session.eval_source(m, "run.rps", &text).map_err(|error| format!("{error:?}"))?;
        Ok(start.elapsed().as_secs_f64() * 1e9 / calls as f64)
    };
    for index in 0..CASES.len() {
        // Both stages have their turn.
        for _ in 0..50 {
            time(index, 100)?;
        }
    }
    for _ in 0..rounds {
        for (index, figures) in figures.iter_mut().enumerate() {
            figures.push(time(index, CALLS)?);
        }
    }
    Ok(())
}
