//! What stays in memory of functions that come and go, and of many that are there at once.

use rps_plugin_host::NativeTier;

use super::{Options, Outcome, link_and_call, modules};
use crate::process_figures::ProcessFigures;
use crate::store::cpu_seconds;
use crate::table;

/// The steps of a function: a small one.
const STEPS: usize = 2;
/// How many functions come and go before anything is measured.
const WARM_UP: usize = 2000;

pub(super) fn run(tier: &NativeTier, options: &Options) -> Outcome {
    let object = tier.compile(&modules::module(STEPS, 0).to_bytes(), 1)?;
    let pass = |code: &[u8]| -> Outcome {
        tier.unlink(link_and_call(tier, code)?.0)?;
        Ok(())
    };
    (0..WARM_UP).try_for_each(|_| pass(&object))?;
    let most = std::fs::read_to_string("/proc/sys/vm/max_map_count").unwrap_or_default();
    println!(
        "\nFunctions that come and go, small ones, processor time; the system allows a process {} mappings:\n",
        most.trim()
    );
    table::header(&["", "µs each", "MB before", "MB after", "mappings before", "mappings after"]);
    let row = |name: String, count: usize, work: &mut dyn FnMut() -> Outcome| -> Outcome {
        let (before, start) = (ProcessFigures::now(), cpu_seconds());
        work()?;
        let each = (cpu_seconds() - start) * 1e6 / count.max(1) as f64;
        let after = ProcessFigures::now();
        table::row(&[
            name,
            format!("{each:.0}"),
            format!("{:.1}", before.megabytes),
            format!("{:.1}", after.megabytes),
            before.mappings.to_string(),
            after.mappings.to_string(),
        ]);
        Ok(())
    };
    row(
        format!("{} linked, called and freed, one after the other", options.linked),
        options.linked,
        &mut || (0..options.linked).try_for_each(|_| pass(&object)),
    )?;
    row(format!("{} compiled, linked, called and freed", options.compiled), options.compiled, &mut || {
        (0..options.compiled as i64)
            .try_for_each(|number| pass(&tier.compile(&modules::module(STEPS, number).to_bytes(), 1)?))
    })?;
    let mut alive = Vec::with_capacity(options.alive);
    row(format!("{} linked and called, all there at once", options.alive), options.alive, &mut || {
        for _ in 0..options.alive {
            alive.push(link_and_call(tier, &object)?.0);
        }
        Ok(())
    })?;
    row("these freed, every other one first".into(), options.alive, &mut || {
        let (even, odd): (Vec<_>, Vec<_>) =
            alive.drain(..).enumerate().partition(|(index, _)| index % 2 == 0);
        even.into_iter().chain(odd).try_for_each(|(_, code)| Ok(tier.unlink(code)?))
    })
}
