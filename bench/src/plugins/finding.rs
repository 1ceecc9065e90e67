//! Finding plugins by their sidecars, and loading many.

use std::time::Instant;

use rps_plugin_host::{Manager, Options};

use super::{Outcome, Probe};
use crate::table;

const SIDECARS: usize = 1000;
const PLUGINS: usize = 50;

pub(super) fn run(probe: &Probe, rounds: usize) -> Outcome {
    let sidecars = tempfile::tempdir()?;
    for number in 0..SIDECARS {
        let id = format!("found{number}");
        let text = format!(
            "{{\"format\":\"rps-plugin-1\",\"id\":\"{id}\",\"version\":\"1.0.0\",\"library\":\"{id}.so\",\
             \"extensions\":[{{\"point\":\"service\",\"name\":\"{id}\"}},\
             {{\"point\":\"function\",\"name\":\"{id}_sum\",\"arity\":2}}]}}"
        );
        std::fs::write(sidecars.path().join(format!("{id}.plugin.json")), text)?;
        std::fs::write(sidecars.path().join(format!("{id}.so")), [])?;
    }
    let plugins = tempfile::tempdir()?;
    for number in 0..PLUGINS {
        probe.compile(&format!("many{number}"), plugins.path())?;
    }
    let ids: Vec<String> = (0..PLUGINS).map(|number| format!("many{number}")).collect();
    let (mut finding, mut serial, mut parallel) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let manager = manager(sidecars.path());
        finding.push(time(|| manager.discover()));
        assert_eq!(manager.list().len(), SIDECARS, "all are found");
        for is_parallel in [false, true] {
            let manager = self::manager(plugins.path());
            manager.discover();
            if is_parallel {
                parallel.push(time(|| manager.load_all()));
            } else {
                let mut result = Ok(());
                serial.push(time(|| result = ids.iter().try_for_each(|id| manager.load(id).map(drop))));
                result?;
            }
            assert_eq!(manager.list().iter().filter(|info| info.error.is_none()).count(), PLUGINS);
        }
    }
    println!("\nFinding and loading, ms (medians of {rounds}):\n");
    table::header(&["", "ms"]);
    let row = |name: String, times| table::row(&[name, format!("{:.1}", table::median(times))]);
    row(format!("{SIDECARS} sidecars found"), finding);
    row(format!("{PLUGINS} plugins loaded, one after the other"), serial);
    row(format!("{PLUGINS} plugins loaded, several at once"), parallel);
    Ok(())
}

fn manager(path: &std::path::Path) -> Manager {
    let mut options = Options::default();
    options.search_path = vec![path.to_path_buf()];
    Manager::new(options)
}

fn time(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e3
}
