//! Functions that are defined, get hot, are replaced and dropped in one process: what stays in memory of their machine code.
//!
//! What gets hot is compiled at once, so that every function is; the whole of the language, the runtime and the compiled tier is at
//! work.

use std::sync::Arc;
use std::time::Instant;

use rps_jit::{Backend, Engine, Handle, Mode, Native};
use rps_lang::Session;
use rps_plugin_host::Manager;
use rps_runtime::Runtime;
use rps_runtime::code::machine::Thresholds;

use crate::process_figures::ProcessFigures;
use crate::table;

/// Little makes a function hot.
const THRESHOLDS: Thresholds = Thresholds { cold: 1, profiled: 2, hot: 20 };
/// After so many functions there is a collection.
const BETWEEN_COLLECTIONS: usize = 100;

/// How many functions are made.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// After so many functions a row is printed; the last one ends it.
    #[arg(default_values_t = [1_000, 10_000, 100_000])]
    functions: Vec<usize>,
}

/// Prints the table, row by row.
pub(crate) fn run(options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    let mut rows = options.functions.clone();
    rows.sort_unstable();
    let runtime = Runtime::new();
    let manager = Manager::new(rps_plugin_host::Options::default());
    let handle = Engine::attach(&runtime, rps_jit::Options::new(Mode::Eager, THRESHOLDS), move || {
        Ok(Arc::new(Native::open(&manager)?) as Arc<dyn Backend>)
    });
    handle.open().map_err(|absence| format!("there is no compiled tier: {}", absence.reason))?;
    println!("\nFunctions defined, compiled, replaced and dropped in one process:\n");
    table::header(&[
        "functions",
        "s",
        "ms each",
        "compiled",
        "in use",
        "KB in use",
        "MB of memory",
        "mappings",
    ]);
    let start = Instant::now();
    runtime.enter(|m| {
        let mut session = Session::new(m);
        let mut turn = 0;
        for until in rows {
            while turn < until {
                let text = format!("fn f(x) {{ x * {turn} + 1 }}; f(1); f(2); f(3); f(4); f(5)");
                let value = session.eval(m, &text).map_err(|error| format!("{text}: {error:?}"))?;
                if value.as_small_int() != Some(5 * turn as i64 + 1) {
                    return Err(format!("{text}: a wrong result").into());
                }
                turn += 1;
                if turn % BETWEEN_COLLECTIONS == 0 {
                    m.collect();
                }
            }
            m.collect();
            row(turn, start, &handle)?;
        }
        Ok(())
    })
}

fn row(count: usize, start: Instant, handle: &Handle) -> Result<(), Box<dyn std::error::Error>> {
    let (stats, seconds, figures) = (handle.stats(), start.elapsed().as_secs_f64(), ProcessFigures::now());
    let made: u64 = stats.stages.iter().map(|stage| stage.made).sum();
    if made < count as u64 {
        return Err(format!("of {count} functions only {made} were compiled").into());
    }
    table::row(&[
        count.to_string(),
        format!("{seconds:.1}"),
        format!("{:.2}", seconds * 1e3 / count.max(1) as f64),
        made.to_string(),
        stats.live.to_string(),
        format!("{:.0}", stats.code_bytes as f64 / 1e3),
        format!("{:.1}", figures.megabytes),
        figures.mappings.to_string(),
    ]);
    Ok(())
}
