//! `rps import`, `rps export`, `rps check`, `rps version`.

use crate::arguments::Task;
use crate::console::Console;
use crate::failure::Failure;

/// Does what a subcommand asks for.
pub(crate) fn run(task: &Task, console: &mut Console) -> Result<(), Failure> {
    match task {
        Task::Version => {
            version(console);
            Ok(())
        }
        Task::Import { .. } | Task::Export { .. } | Task::Check { .. } => {
            Err(Failure::new("command::not-yet", "stores can not be read yet"))
        }
    }
}

fn version(console: &mut Console) {
    let version = env!("CARGO_PKG_VERSION");
    let format = rps_persist::format::FORMAT;
    if console.is_json() {
        console
            .line(&serde_json::json!({ "version": { "rps": version, "store_format": format } }).to_string());
    } else {
        console.line(&format!("rps {version}, store format {format}"));
    }
}
