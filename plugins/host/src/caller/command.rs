//! The point `repl.command`: commands of the prompt.

use std::sync::Arc;

use rps_plugin_abi as abi;

use super::guarded::Guarded;
use crate::error::PluginError;
use crate::manager::{Inner, Manager};
use crate::point::{Entry, Interface};

/// A command, as help shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandInfo {
    /// Its name, without the colon.
    pub name: String,
    /// Its arguments.
    pub arguments: String,
    /// What it does, in a line.
    pub summary: String,
    /// What else is to be known.
    pub details: String,
    /// The plugin that it belongs to.
    pub plugin: String,
}

impl Manager {
    /// Returns the commands, sorted by name; of several with one name the first in the order of dispatch.
    pub fn commands(&self) -> Vec<CommandInfo> {
        let list = self.inner().registry.list(abi::point::COMMAND);
        let mut all: Vec<CommandInfo> = Vec::new();
        for entry in list.iter() {
            if all.iter().all(|known| known.name != entry.name) {
                all.push(info(entry));
            }
        }
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// Runs a command on the text behind its name, and returns what it says.
    ///
    /// # Errors
    ///
    /// [`PluginError::NotFound`] when there is no such command, and what the plugin says.
    pub fn run_command(&self, name: &str, arguments: &str) -> Result<String, PluginError> {
        let inner = self.inner();
        let entry = inner.resolve(abi::point::COMMAND, name)?;
        let Some((instance, Interface::Command(command), data)) = entry.loaded() else {
            return Err(inner.not_found(name, abi::point::COMMAND));
        };
        let run = command.run;
        call(inner, &entry, instance, run, data, arguments)
    }

    /// Returns the completions of the text behind a command's name; none when it offers none.
    pub fn complete_command(&self, name: &str, arguments: &str) -> Vec<String> {
        let inner = self.inner();
        let Ok(entry) = inner.resolve(abi::point::COMMAND, name) else { return Vec::new() };
        let Some((instance, Interface::Command(command), data)) = entry.loaded() else { return Vec::new() };
        let Some(complete) = command.complete else { return Vec::new() };
        let lines = call(inner, &entry, instance, complete, data, arguments).unwrap_or_default();
        lines.lines().map(str::to_owned).collect()
    }
}

fn call(
    inner: &Arc<Inner>,
    entry: &Arc<Entry>,
    instance: &'static crate::instance::Instance,
    function: abi::point::ByteFunction,
    data: crate::point::Data,
    arguments: &str,
) -> Result<String, PluginError> {
    let input = arguments.as_bytes().to_vec();
    let guarded = Guarded::of(inner, entry, instance);
    let output = guarded.write(inner.policy().output_limit, move |call, sink| {
        let data = data;
        // SAFETY: the plugin has registered the function as what the point says.
        unsafe { function(data.0, call, input.as_ptr(), input.len(), sink) }
    })?;
    Ok(String::from_utf8_lossy(&output).into_owned())
}

fn info(entry: &Entry) -> CommandInfo {
    let (arguments, summary, details) = match (entry.loaded(), entry.declared()) {
        (Some((_, Interface::Command(command), _)), _) => {
            (command.arguments.clone(), command.summary.clone(), command.details.clone())
        }
        (_, Some(declared)) => (String::new(), declared.doc.clone().unwrap_or_default(), String::new()),
        _ => Default::default(),
    };
    CommandInfo { name: entry.name.clone(), arguments, summary, details, plugin: entry.plugin.clone() }
}
