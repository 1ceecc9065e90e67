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
use self::arguments::Verb;

use crate::answer::Report;
use crate::arguments::Arguments;
use crate::author;
use crate::console::Console;
use crate::failure::Failure;
use crate::plugins::Plugins;
use crate::store;

use self::switch::{Keep, Switch};

/// Does what `rps plugin …` asks for.
pub(crate) fn run(task: &PluginTask, arguments: &Arguments, console: &mut Console) -> Result<(), Failure> {
    match task {
        PluginTask::Use(verb) => use_plugins(verb, arguments, console),
        // What is built and tried out has nothing to do with the plugins of a session.
        PluginTask::Author(task) => author::run(task, arguments, console),
    }
}

fn use_plugins(verb: &Verb, arguments: &Arguments, console: &mut Console) -> Result<(), Failure> {
    let directory = store::directory(arguments.store.as_deref());
    let plugins = Plugins::find(arguments, directory.as_deref(), console)?;
    // What a session would load is loaded, but where a plugin is only spoken of.
    if !matches!(verb, Verb::Enable { .. } | Verb::Disable { .. } | Verb::Load { .. } | Verb::Execute { .. })
    {
        plugins.manager.start();
    }
    let look = console.look();
    let report = match verb {
        Verb::List => verb::list(&plugins, look),
        Verb::Info { plugin } => verb::info(&plugins, plugin, look)?,
        Verb::Load { plugins: names } => verb::load(&plugins, names)?,
        Verb::Enable { plugins: names, all } => {
            switch::run(&plugins, &Switch::new(true, names, *all), Keep::File)?
        }
        Verb::Disable { plugins: names, all } => {
            switch::run(&plugins, &Switch::new(false, names, *all), Keep::File)?
        }
        Verb::Execute { service, input } => {
            return executed(&plugins, service, input.as_deref(), console);
        }
        Verb::Stats => stats::run(&plugins, look),
        Verb::Points => verb::points(&plugins, look),
        Verb::Notes => verb::notes(&plugins, look),
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
