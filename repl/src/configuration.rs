//! `rps config`, and what `:config` does: the configuration as it holds, and its file.

use clap::Subcommand;
use rps_plugin_host::config::{Config, ConfigError, ConfigFile};
use serde::Serialize;

use crate::answer::Report;
use crate::arguments::Arguments;
use crate::console::Console;
use crate::failure::Failure;
use crate::plugins::{self, config_failure};
use crate::print::Look;
use crate::print::table::Table;

/// What can be done with the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigTask {
    /// Show what holds, and where it comes from; secrets are masked
    Show,
    /// Make a file that explains every key
    Init,
    /// Tell which file it is
    Path,
}

#[derive(Serialize)]
struct JsonEntry {
    key: String,
    value: serde_json::Value,
    origin: String,
}

/// Does what `rps config …` asks for.
pub(crate) fn run(task: &ConfigTask, arguments: &Arguments, console: &mut Console) -> Result<(), Failure> {
    let (file, loaded) = plugins::configuration(arguments);
    let report = match task {
        ConfigTask::Show => {
            let report = show(&loaded.config, console.look());
            // What holds is shown although the file is wrong; that it is wrong is no success.
            if let Some(error) = loaded.errors().next() {
                if !console.is_json() {
                    report.tell(console);
                }
                return Err(config_failure(error).answered(entries(&loaded.config)));
            }
            report
        }
        ConfigTask::Init => init(&file)?,
        ConfigTask::Path => path(&file),
    };
    report.tell(console);
    Ok(())
}

/// Shows what holds.
pub(crate) fn show(config: &Config, look: Look) -> Report {
    let mut table = Table::new(&["key", "from", "value"]);
    for entry in config.entries() {
        table.row([entry.key.to_string(), entry.origin.to_string(), entry.value.to_string()]);
    }
    Report::response(table.render(look), entries(config))
}

/// Makes the file.
pub(crate) fn init(file: &ConfigFile) -> Result<Report, Failure> {
    file.create_default().map_err(|error| failure(&error))?;
    let path = file.path().display().to_string();
    Ok(Report::response(format!("made {path}"), serde_json::json!({ "path": path })))
}

/// Tells which file it is.
pub(crate) fn path(file: &ConfigFile) -> Report {
    let (path, exists) = (file.path().display().to_string(), file.path().exists());
    let remark = if exists { "" } else { " (it does not exist: `rps config init` makes it)" };
    Report::response(format!("{path}{remark}"), serde_json::json!({ "path": path, "exists": exists }))
}

/// Returns a failure in the form of an answer.
pub(crate) fn failure(error: &ConfigError) -> Failure {
    config_failure(error).answered(serde_json::Value::Null)
}

fn entries(config: &Config) -> Vec<JsonEntry> {
    let entries = config.entries().iter();
    let mirror = |entry: &rps_plugin_host::config::Entry| JsonEntry {
        key: entry.key.to_string(),
        value: entry.value.clone(),
        origin: entry.origin.to_string(),
    };
    entries.map(mirror).collect()
}
