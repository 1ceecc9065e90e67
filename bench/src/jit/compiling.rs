//! Functions of three sizes: compiled at both levels, linked, found and freed.

use rps_plugin_host::NativeTier;

use super::{Outcome, link_and_call, modules};
use crate::store::cpu_seconds;
use crate::table;

/// The sizes: how many steps a function does.
const SIZES: [(&str, usize); 3] = [("small", 2), ("medium", 28), ("large", 290)];
/// How often a function is linked in a round.
const LINKED: usize = 200;

pub(super) fn run(tier: &NativeTier, rounds: usize) -> Outcome {
    println!("\nFunctions, one in a module, processor time (medians of {rounds}):\n");
    table::header(&[
        "",
        "instructions",
        "compile at level 1, ms",
        "at level 2, ms",
        "level 2 / 1",
        "KB kept",
        "link, µs",
        "free, µs",
        "compile / link",
    ]);
    for (name, steps) in SIZES {
        let count = modules::instructions(&modules::module(steps, 0));
        // What is compiled first is slower, as the compiler's tables and code come from files.
        let mut object = compile(tier, steps, 0, 1)?.0;
        let (mut soon, mut best) = (Vec::new(), Vec::new());
        for round in 1..=rounds as i64 {
            let (code, time) = compile(tier, steps, round, 1)?;
            object = code;
            soon.push(time);
            best.push(compile(tier, steps, round, 2)?.1);
        }
        let (mut links, mut frees) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            let (link, free) = link(tier, &object)?;
            links.push(link);
            frees.push(free);
        }
        let [soon, best, link, free] = [soon, best, links, frees].map(table::median);
        table::row(&[
            name.into(),
            count.to_string(),
            format!("{soon:.2}"),
            format!("{best:.2}"),
            format!("{:.1}", best / soon),
            format!("{:.1}", object.len() as f64 / 1e3),
            format!("{link:.0}"),
            format!("{free:.0}"),
            format!("{:.0}", soon * 1e3 / link),
        ]);
    }
    Ok(())
}

/// Returns the code of a function and the milliseconds of processor time that it took.
fn compile(
    tier: &NativeTier,
    steps: usize,
    number: i64,
    level: u32,
) -> Result<(Vec<u8>, f64), Box<dyn std::error::Error>> {
    let module = modules::module(steps, number).to_bytes();
    let start = cpu_seconds();
    let code = tier.compile(&module, level)?;
    Ok((code, (cpu_seconds() - start) * 1e3))
}

/// Returns the microseconds of processor time that linking and freeing took.
fn link(tier: &NativeTier, code: &[u8]) -> Result<(f64, f64), Box<dyn std::error::Error>> {
    let mut all = Vec::with_capacity(LINKED);
    let start = cpu_seconds();
    for _ in 0..LINKED {
        all.push(link_and_call(tier, code)?.0);
    }
    let linked = cpu_seconds();
    for code in all {
        tier.unlink(code)?;
    }
    let each = |seconds: f64| seconds * 1e6 / LINKED as f64;
    Ok((each(linked - start), each(cpu_seconds() - linked)))
}
