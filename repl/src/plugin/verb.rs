//! The verbs that look at plugins, and those that load and unload them.

use rps_plugin_host::PluginError;

use super::bulk::{self, Item};
use super::mirror::{JsonNote, JsonPlugin, JsonPoint};
use super::show;
use crate::answer::Report;
use crate::failure::Failure;
use crate::plugins::{self, Plugins};
use crate::print::Look;
use crate::print::table::Table;

/// Lists the plugins.
pub(crate) fn list(plugins: &Plugins, look: Look) -> Report {
    let all = plugins.manager.list();
    let text = show::list(&all, look);
    Report::response(text, all.into_iter().map(JsonPlugin::from).collect::<Vec<_>>())
}

/// Tells all that is known of a plugin, which is loaded for that if it can be.
pub(crate) fn info(plugins: &Plugins, plugin: &str, look: Look) -> Result<Report, Failure> {
    let info = plugins.manager.info(plugin).map_err(|error| failure(&error))?;
    if !info.is_loaded && info.is_enabled && info.error.is_none() {
        // Why that failed is told with the rest.
        let _told = plugins.manager.load(plugin);
    }
    let info = plugins.manager.info(plugin).map_err(|error| failure(&error))?;
    Ok(Report::response(show::info(&info, look), JsonPlugin::from(info)))
}

/// Loads plugins, by their ids or the paths of their files.
pub(crate) fn load(plugins: &Plugins, names: &[String]) -> Result<Report, Failure> {
    let load = |name: &String| match plugins.manager.load(name) {
        Ok(id) => Item { result: Ok(format!("loaded {}", described(plugins, &id))), plugin: id },
        Err(error) => Item { plugin: name.clone(), result: Err(plugins::failure(&error)) },
    };
    bulk::report(names.iter().map(load).collect(), "loaded")
}

/// Unloads a plugin.
pub(crate) fn unload(plugins: &Plugins, plugin: &str, force: bool) -> Result<Report, Failure> {
    plugins.manager.unload(plugin, force).map_err(|error| failure(&error))?;
    one(plugins, plugin, format!("unloaded {plugin}"))
}

/// Loads a plugin anew.
pub(crate) fn reload(plugins: &Plugins, plugin: &str) -> Result<Report, Failure> {
    plugins.manager.reload(plugin).map_err(|error| failure(&error))?;
    let text = format!("reloaded {}", described(plugins, plugin));
    one(plugins, plugin, text)
}

/// Lists the extension points.
pub(crate) fn points(plugins: &Plugins, look: Look) -> Report {
    let all = plugins.manager.list();
    let count = |point: &str| {
        let used = all.iter().filter(|info| info.is_enabled).flat_map(|info| &info.extensions);
        used.filter(|extension| extension.declared.point == point).count()
    };
    let mut table = Table::new(&["point", "revision", "has", "of", "what it is"]).numbers(&[1, 2]);
    let mut mirrors = Vec::new();
    for point in plugins.manager.points() {
        let count = count(&point.name);
        let of = point.plugin.clone().unwrap_or_default();
        table.row([
            point.name.clone(),
            point.revision.to_string(),
            count.to_string(),
            of,
            point.description.clone(),
        ]);
        mirrors.push(JsonPoint::new(point, count));
    }
    Report::response(table.render(look), mirrors)
}

/// Tells what was noticed when plugins were looked for.
pub(crate) fn notes(plugins: &Plugins, look: Look) -> Report {
    let notes = plugins.manager.notes();
    let mut table = Table::new(&[]);
    for note in &notes {
        table.row([note.path.display().to_string()]);
        table.note(note.message.clone());
    }
    let text = if table.is_empty() { "nothing was noticed".to_owned() } else { table.render(look) };
    Report::response(text, notes.into_iter().map(JsonNote::from).collect::<Vec<_>>())
}

/// Returns a failure in the form of an answer.
pub(super) fn failure(error: &PluginError) -> Failure {
    plugins::failure(error).answered(serde_json::Value::Null)
}

/// Returns the report that something was done to a plugin.
fn one(plugins: &Plugins, plugin: &str, text: String) -> Result<Report, Failure> {
    let info = plugins.manager.info(plugin).map_err(|error| failure(&error))?;
    Ok(Report::response(text, JsonPlugin::from(info)))
}

/// Returns a plugin with its version.
fn described(plugins: &Plugins, plugin: &str) -> String {
    match plugins.manager.info(plugin) {
        Ok(info) => format!("{} {}", info.id, info.version).trim_end().to_owned(),
        Err(_) => plugin.to_owned(),
    }
}
