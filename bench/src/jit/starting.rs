//! From nothing to the first call of compiled code, in processes of their own.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use super::{Outcome, modules};
use crate::store::cpu_seconds;
use crate::table;

/// The steps of the function that is called: a small one.
const STEPS: usize = 2;

pub(super) fn run(rounds: usize) -> Outcome {
    let dir = tempfile::tempdir()?;
    let kept = dir.path().join("kept");
    // The first one also writes what the others keep.
    start(Some(&kept))?;
    println!("\nFrom nothing to the first call, ms of processor time (medians of {rounds} processes):\n");
    table::header(&["", "open the library", "compile", "link", "call", "together", "wall clock"]);
    for (name, kept) in [("compiled", None), ("kept from an earlier process", Some(&*kept))] {
        let mut figures = vec![Vec::new(); 6];
        for _ in 0..rounds {
            for (all, figure) in figures.iter_mut().zip(start(kept)?) {
                all.push(figure);
            }
        }
        let cells = figures.into_iter().map(|all| format!("{:.2}", table::median(all)));
        table::row(&std::iter::once(name.to_owned()).chain(cells).collect::<Vec<_>>());
    }
    Ok(())
}

fn start(kept: Option<&Path>) -> Result<[f64; 6], Box<dyn std::error::Error>> {
    let mut command = Command::new(std::env::current_exe()?);
    let output = command.arg(super::CHILD).args(kept).output()?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let text = String::from_utf8(output.stdout)?;
    let figures = text.split_whitespace().map(str::parse).collect::<Result<Vec<f64>, _>>()?;
    figures.try_into().map_err(|_| format!("{command:?} printed {text:?}").into())
}

/// Measures in this process, and prints milliseconds. What is not kept at a path yet is compiled and kept there.
pub(super) fn child(library: &Path, kept: Option<&Path>) -> Outcome {
    let object = kept.and_then(|kept| std::fs::read(kept).ok());
    let (start, mut last) = (Instant::now(), cpu_seconds());
    let mut lap = || {
        let before = std::mem::replace(&mut last, cpu_seconds());
        (last - before) * 1e3
    };
    let tier = super::open(library)?;
    let opened = lap();
    let object = match object {
        Some(object) => object,
        None => tier.compile(&modules::module(STEPS, 0).to_bytes(), 1)?,
    };
    let compiled = lap();
    let code = tier.link(&object, &modules::symbols())?;
    let address = tier.find(code, modules::NAME)?;
    let linked = lap();
    assert_eq!(modules::call(address), STEPS as i64, "the code computes");
    let called = lap();
    let wall = start.elapsed().as_secs_f64() * 1e3;
    println!("{opened} {compiled} {linked} {called} {} {wall}", opened + compiled + linked + called);
    if let Some(kept) = kept {
        std::fs::write(kept, object)?;
    }
    Ok(())
}
