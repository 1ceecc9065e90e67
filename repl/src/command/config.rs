//! `:config`

use rps_runtime::Mutator;

use super::{Command, Input, Takes};
use crate::answer::Report;
use crate::configuration;
use crate::shell::{Outcome, Shell, did_you_mean};

pub(crate) const COMMAND: Command = Command {
    name: "config",
    arguments: "[verb]",
    summary: "shows the configuration, or reads its file anew",
    details: "The verbs are `show`, `path`, `init` and `reload`. Secrets are masked. The file is followed while the session lasts; `:config reload` does not wait for that.",
    takes: Takes::Anything,
    run,
};

/// What can be done.
pub(crate) const VERBS: &[&str] = &["show", "path", "init", "reload"];

fn run(shell: &mut Shell, _: &Mutator<'_>, input: Input<'_>) -> Outcome {
    let plugins = shell.store.plugins();
    let report = match input.text() {
        "" | "show" => configuration::show(&plugins.manager.config(), shell.look),
        "path" => configuration::path(plugins.file()),
        "init" => configuration::init(plugins.file())?,
        "reload" => {
            plugins.reload_configuration().map_err(|error| configuration::failure(&error))?;
            let path = plugins.file().path().display().to_string();
            Report::response(format!("read {path}"), serde_json::json!({ "path": path }))
        }
        other => {
            let message = format!("`:config` has no verb `{other}`");
            let hint = did_you_mean(other, VERBS.iter().map(ToString::to_string));
            let hint = hint.unwrap_or_else(|| format!("the verbs are {}", VERBS.join(", ")));
            return Err(input.wrong("command::unknown", message, Some(hint)));
        }
    };
    Ok(report.into())
}
