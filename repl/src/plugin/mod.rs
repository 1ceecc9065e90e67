//! What people do with plugins: `rps plugin …` and `:plugin …` are two faces of the verbs here.
//!
//! Read [`arguments`] (the verbs of the command line), [`verb`] (what each does), [`bulk`] (what is done to several),
//! [`switch`] (enabling and disabling), [`execute`] (services), [`show`] and [`stats`] (what people see), [`mirror`] (what
//! programs see).

pub(crate) mod arguments;
mod bulk;
pub(crate) mod execute;
mod mirror;
pub(crate) mod show;
pub(crate) mod stats;
pub(crate) mod switch;
pub(crate) mod verb;

pub(crate) use self::arguments::PluginTask;

use crate::answer::Report;
use crate::arguments::Arguments;
use crate::console::Console;
use crate::failure::Failure;
use crate::plugins::Plugins;
use crate::store;

use self::switch::{Keep, Switch};

/// Does what `rps plugin …` asks for.
pub(crate) fn run(task: &PluginTask, arguments: &Arguments, console: &mut Console) -> Result<(), Failure> {
    let directory = store::directory(arguments.store.as_deref());
    let plugins = Plugins::find(arguments, directory.as_deref(), console)?;
    // What a session would load is loaded, but where a plugin is only spoken of.
    if !matches!(
        task,
        PluginTask::Enable { .. }
            | PluginTask::Disable { .. }
            | PluginTask::Load { .. }
            | PluginTask::Execute { .. }
    ) {
        plugins.manager.start();
    }
    let look = console.look();
    let report = match task {
        PluginTask::List => verb::list(&plugins, look),
        PluginTask::Info { plugin } => verb::info(&plugins, plugin, look)?,
        PluginTask::Load { plugins: names } => verb::load(&plugins, names)?,
        PluginTask::Enable { plugins: names, all } => {
            switch::run(&plugins, &Switch::new(true, names, *all), Keep::File)?
        }
        PluginTask::Disable { plugins: names, all } => {
            switch::run(&plugins, &Switch::new(false, names, *all), Keep::File)?
        }
        PluginTask::Execute { service, input } => {
            return executed(&plugins, service, input.as_deref(), console);
        }
        PluginTask::Stats => stats::run(&plugins, look),
        PluginTask::Points => verb::points(&plugins, look),
        PluginTask::Notes => verb::notes(&plugins, look),
    };
    report.tell(console);
    Ok(())
}

/// Executes a request, and writes the answer byte by byte as it is.
fn executed(
    plugins: &Plugins,
    service: &str,
    input: Option<&std::ffi::OsStr>,
    console: &mut Console,
) -> Result<(), Failure> {
    let input = execute::input(input)?;
    if plugins.manager.service(service).is_err() {
        // It may be one of those that say nothing of themselves in a sidecar.
        plugins.manager.start();
    }
    let executed = execute::run(plugins, service, &input)?;
    match console.is_json() {
        true => Report::response("", executed.mirror()).tell(console),
        false => console.bytes(&executed.output),
    }
    Ok(())
}
