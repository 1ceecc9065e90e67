//! Differences for people: by object, functions line by line.

use std::collections::BTreeMap;

use anstyle::{AnsiColor, Style};
use rps_persist::diff::{Change, Edit, Names, ObjectDiff, ObjectFate, Part, StoreDiff, readable};
use similar::{ChangeTag, TextDiff};

use super::diff::fate;
use crate::print::code::paint;
use crate::print::table::Table;
use crate::print::{Look, Paint};

/// So many lines around a change of a text are shown.
const CONTEXT: usize = 3;

/// Returns what differs, by object; nothing if nothing does.
pub(super) fn diff(diff: &StoreDiff, look: Look) -> String {
    let page = Page { names: &diff.names, look };
    let mut out = String::new();
    for change in &diff.graph {
        let named = change.oid.map(|oid| diff.names.label(oid));
        let value = |text: &Option<String>| match (&named, text) {
            (Some(label), Some(_)) if change.what != "space" => Some(label.clone()),
            (Some(_), Some(name)) => {
                Some(format!("{name} ({})", change.oid.map_or_else(String::new, |oid| oid.to_string())))
            }
            (_, text) => text.clone(),
        };
        out += &page.line(&change.what.replace('_', " "), value(&change.before), value(&change.after), "");
    }
    let mut space = None;
    for object in &diff.objects {
        if space != Some(&object.space) {
            space = Some(&object.space);
            out += &format!("{}\n", look.paint(Paint::Heading, &format!("space {}", object.space)));
        }
        out += &page.object(object);
    }
    out
}

/// Returns how many objects of each space were added, removed and changed.
pub(super) fn stat(diff: &StoreDiff, look: Look) -> String {
    let mut counts: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for object in &diff.objects {
        counts.entry(&object.space).or_default()[object.fate as usize] += 1;
    }
    let mut table = Table::new(&["space", "added", "removed", "changed"]).numbers(&[1, 2, 3]);
    for (space, counts) in counts {
        let [added, removed, changed] = counts.map(|count| count.to_string());
        table.row([space.to_owned(), added, removed, changed]);
    }
    let mut out = if table.is_empty() { String::new() } else { format!("{}\n", table.render(look)) };
    if !diff.graph.is_empty() {
        out += &format!("{} changes of the graph\n", diff.graph.len());
    }
    out
}

struct Page<'d> {
    names: &'d Names,
    look: Look,
}

impl Page<'_> {
    fn object(&self, object: &ObjectDiff) -> String {
        let mut out = format!(
            "{} {}",
            self.coloured(object.fate, fate(object.fate)),
            self.look.paint(Paint::Object, &self.names.label(object.oid))
        );
        if let Some(space) = &object.moved_from {
            out += &format!(", moved here from space {space}");
        }
        out.push('\n');
        // What an object was, when it is removed, is for `git show`: its parts are counted.
        if object.fate == ObjectFate::Removed {
            return out;
        }
        for change in object.changes.iter().filter(|change| change.part != Part::Mtime) {
            out += &self.change(change);
        }
        out
    }

    fn change(&self, change: &Change) -> String {
        let label = change.part.label(self.names);
        match &change.edit {
            Edit::Value { before, after } => {
                let value = |text: &Option<String>| match (text, &change.part) {
                    (Some(text), Part::Kind) => Some(text.clone()),
                    (text, _) => text.as_ref().map(|text| readable(text, self.names)),
                };
                self.line(&label, value(before), value(after), "  ")
            }
            Edit::Text { before, after } => {
                format!("  {label}:\n{}", self.text(before.as_deref(), after.as_deref()))
            }
        }
    }

    /// Returns a change of something on one line.
    fn line(&self, label: &str, before: Option<String>, after: Option<String>, indent: &str) -> String {
        let removed = |text: &str| self.painted(AnsiColor::Red, text);
        let added = |text: &str| self.painted(AnsiColor::Green, text);
        match (before, after) {
            (Some(before), Some(after)) => {
                format!("{indent}{label}: {} -> {}\n", removed(&before), added(&after))
            }
            (Some(before), None) => format!("{indent}{} {label}: {}\n", removed("-"), removed(&before)),
            (None, Some(after)) => format!("{indent}{} {label}: {}\n", added("+"), added(&after)),
            (None, None) => String::new(),
        }
    }

    /// Returns a change of a text, line by line.
    fn text(&self, before: Option<&str>, after: Option<&str>) -> String {
        let (old, new) = (lines(before), lines(after));
        let diff = TextDiff::from_slices(&old, &new);
        let mut out = String::new();
        for (number, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
            if number > 0 {
                out += "    ...\n";
            }
            for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
                let line = change.value();
                out += &match change.tag() {
                    ChangeTag::Equal => format!("      {line}\n"),
                    ChangeTag::Delete => {
                        format!("    {}\n", self.painted(AnsiColor::Red, &format!("- {line}")))
                    }
                    ChangeTag::Insert => {
                        format!("    {}\n", self.painted(AnsiColor::Green, &format!("+ {line}")))
                    }
                };
            }
        }
        out
    }

    fn painted(&self, colour: AnsiColor, text: &str) -> String {
        if self.look.colours { paint(colour.on_default(), text) } else { text.to_owned() }
    }

    fn coloured(&self, fate: ObjectFate, text: &str) -> String {
        let style = match fate {
            ObjectFate::Added => AnsiColor::Green.on_default(),
            ObjectFate::Removed => AnsiColor::Red.on_default(),
            ObjectFate::Changed => Style::new().bold(),
        };
        if self.look.colours { paint(style, text) } else { text.to_owned() }
    }
}

fn lines(text: Option<&str>) -> Vec<&str> {
    text.map(|text| text.split('\n').collect()).unwrap_or_default()
}
