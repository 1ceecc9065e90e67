//! Enabling and disabling: in the configuration's file, for the session, or both.

use rps_plugin_host::config::{Edit, Saved};
use rps_plugin_host::{PluginError, PluginInfo};

use super::bulk::{self, Item};
use crate::answer::Report;
use crate::failure::Failure;
use crate::plugins::{self, Plugins};

/// What is to be switched.
pub(crate) struct Switch {
    enable: bool,
    /// The plugins; nothing means all, but for disabling those that are part of the command.
    plugins: Option<Vec<String>>,
}

/// For how long it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// From the next session on: the configuration's file says so.
    File,
    /// As long as the session.
    Session,
    /// At once, and from now on.
    Both,
}

impl Switch {
    /// Returns the wish to enable plugins, or to disable them; `all` means all that there are.
    pub(crate) fn new(enable: bool, plugins: &[String], all: bool) -> Switch {
        Switch { enable, plugins: (!all).then(|| plugins.to_vec()) }
    }

    fn done(&self) -> &'static str {
        if self.enable { "enabled" } else { "disabled" }
    }
}

/// Enables plugins, or disables them.
pub(crate) fn run(plugins: &Plugins, switch: &Switch, keep: Keep) -> Result<Report, Failure> {
    // What is part of the command goes only when it is named: without the codecs a store may not be readable.
    let is_meant = |info: &PluginInfo| switch.enable || info.path.is_some();
    let all = || plugins.manager.list().into_iter().filter(is_meant).map(|info| info.id).collect();
    let names: Vec<String> = switch.plugins.clone().unwrap_or_else(all);
    let items = names.into_iter().map(|plugin| {
        let result = match keep {
            Keep::File => known(plugins, &plugin, switch.enable),
            Keep::Session | Keep::Both => now(plugins, &plugin, switch.enable),
        };
        Item { result: result.map(|()| format!("{} {plugin}", switch.done())), plugin }
    });
    let mut items: Vec<Item> = items.collect();
    if keep != Keep::Session {
        write(plugins, &mut items, switch);
    }
    bulk::report(items, switch.done())
}

/// Makes sure that there is such a plugin. One that only the configuration knows may be disabled.
fn known(plugins: &Plugins, plugin: &str, enable: bool) -> Result<(), Failure> {
    let is_configured = !enable && plugins.manager.config().plugins.contains_key(plugin);
    match plugins.manager.info(plugin) {
        Err(error) if !is_configured => Err(plugins::failure(&error)),
        _ => Ok(()),
    }
}

fn now(plugins: &Plugins, plugin: &str, enable: bool) -> Result<(), Failure> {
    let manager = &plugins.manager;
    if !enable {
        return manager.disable(plugin).map_err(|error| plugins::failure(&error));
    }
    let failed = |error: PluginError| plugins::failure(&error);
    manager.enable(plugin).map_err(failed)?;
    let info = manager.info(plugin).map_err(failed)?;
    // Nothing would ask for one of which nothing is known yet.
    if info.extensions.is_empty() && !info.is_loaded {
        manager.load(plugin).map_err(failed)?;
    }
    Ok(())
}

/// Writes what was done into the configuration's file, all at once.
fn write(plugins: &Plugins, items: &mut [Item], switch: &Switch) {
    let done = items.iter().filter(|item| item.result.is_ok());
    let edits: Vec<Edit> = done.map(|item| Edit::enable(&item.plugin, switch.enable)).collect();
    if edits.is_empty() {
        return;
    }
    let path = plugins.file().path().display();
    let saved = plugins.file().save(&edits);
    for item in items.iter_mut().filter(|item| item.result.is_ok()) {
        item.result = match &saved {
            Ok(saved) => Ok(format!("{} {} in {path}{}", switch.done(), item.plugin, remark(saved))),
            Err(error) => Err(plugins::config_failure(error)),
        };
    }
}

/// Returns what else is to be said of a save.
fn remark(saved: &Saved) -> String {
    let aside = saved.kept_aside.as_ref();
    let aside = aside.map(|path| format!("; the file was invalid, and is kept as {}", path.display()));
    let comments = (!saved.comments_kept).then_some("; comments were lost");
    format!("{}{}", aside.unwrap_or_default(), comments.unwrap_or_default())
}
