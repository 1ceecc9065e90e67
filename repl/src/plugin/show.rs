//! Plugins as people see them.

use std::collections::BTreeMap;

use rps_plugin_host::manager::{ExtensionInfo, RequirementInfo};
use rps_plugin_host::{PluginInfo, Stage};

use crate::print::table::{Table, wrap};
use crate::print::{Look, Paint};

/// Returns the table of all plugins; below one that failed stands why.
pub(super) fn list(all: &[PluginInfo], look: Look) -> String {
    let mut table = Table::new(&["plugin", "version", "state", "what it is"]);
    for info in all {
        let paint = if info.is_enabled { Paint::Plain } else { Paint::Faint };
        let cells = [info.id.clone(), info.version.clone(), state(info), info.description.clone()];
        table.painted(paint, cells);
        if let Some(error) = &info.error {
            table.note(format!("{}: {error}", error.code()));
            if let Some(hint) = error.hint() {
                table.note(format!("help: {hint}"));
            }
        }
    }
    match table.is_empty() {
        true => {
            "there are no plugins; `--plugin-path` and RPS_PLUGIN_PATH name directories to look in".into()
        }
        false => table.render(look),
    }
}

/// Returns all that is known of a plugin.
pub(super) fn info(info: &PluginInfo, look: Look) -> String {
    let heading = format!("{} {}", info.id, info.version);
    let mut lines = vec![look.paint(Paint::Heading, heading.trim_end())];
    for text in [&info.name, &info.description] {
        if !text.is_empty() && *text != info.id {
            lines.push(format!("  {}", wrap(text, look.width, 2)));
        }
    }
    let mut facts = Table::new(&[]);
    let mut fact = |name: &str, text: String| facts.row([format!("  {name}"), text]);
    fact("state", state(info));
    fact("file", info.path.as_ref().map_or("part of the program".into(), |path| path.display().to_string()));
    if info.generation > 0 {
        fact("generation", format!("{}: it was loaded anew with another library", info.generation));
    }
    let requires: Vec<String> = info.requires.iter().map(requirement).collect();
    for (name, list) in [("requires", &requires), ("provides", &info.provides)] {
        if !list.is_empty() {
            fact(name, list.join(", "));
        }
    }
    fact("faults", info.faults.to_string());
    if info.calls_under_way + info.leaked_calls > 0 {
        let text = format!("{} under way, {} lost", info.calls_under_way, info.leaked_calls);
        fact("calls", text);
    }
    if let Some(error) = &info.error {
        fact("error", format!("{}: {error}", error.code()));
        if let Some(hint) = error.hint() {
            fact("", format!("help: {hint}"));
        }
    }
    lines.push(facts.render(look));
    lines.extend(extensions(&info.extensions, look));
    lines.join("\n")
}

/// Returns how far a plugin is, and whether it may be used.
fn state(info: &PluginInfo) -> String {
    match (info.is_enabled, info.stage) {
        (true, stage) | (false, stage @ Stage::Faulted) => stage.name().to_owned(),
        (false, Stage::Loaded) => "disabled, loaded".to_owned(),
        (false, _) => "disabled".to_owned(),
    }
}

fn requirement(info: &RequirementInfo) -> String {
    let optional = if info.is_optional { " if it is there" } else { "" };
    format!("{} {}{optional}", info.id, info.version)
}

/// Returns what a plugin registers, point by point.
fn extensions(all: &[ExtensionInfo], look: Look) -> Vec<String> {
    let mut by_point: BTreeMap<&str, Vec<&ExtensionInfo>> = BTreeMap::new();
    for extension in all {
        by_point.entry(&extension.declared.point).or_default().push(extension);
    }
    let mut lines = Vec::new();
    for (point, extensions) in by_point {
        lines.push(look.paint(Paint::Heading, point));
        let mut table = Table::new(&[]);
        for ExtensionInfo { declared, is_loaded } in extensions {
            let mut about: Vec<String> = declared.doc.clone().into_iter().collect();
            about.extend(declared.receiver.as_ref().map(|class| format!("a method of {class}")));
            about.extend(declared.arity.map(arity));
            about.extend(declared.schema.as_ref().map(|hash| format!("schema {hash}")));
            about.extend(declared.magic.as_ref().map(|magic| format!("magic {magic}")));
            about.extend((declared.priority != 0).then(|| format!("priority {}", declared.priority)));
            about.extend((!is_loaded).then(|| "as its sidecar says".to_owned()));
            table.row([format!("  {}", declared.name), about.join("; ")]);
        }
        lines.push(table.render(look));
    }
    lines
}

fn arity(arity: u8) -> String {
    match arity {
        1 => "1 argument".to_owned(),
        255 => "any number of arguments".to_owned(),
        count => format!("{count} arguments"),
    }
}
