//! `:inspect`

use rps_plugin_host::ViewOf;
use rps_runtime::{Mutator, Value};
use serde::Serialize;

use super::{Command, Input, Takes, graph, view};
use crate::answer::Report;
use crate::print::json::JsonObject;
use crate::print::value::{kind, print, short};
use crate::shell::{Outcome, Shell};

pub(crate) const COMMAND: Command = Command {
    name: "inspect",
    arguments: "expression",
    summary: "tells a value's kind, classes, methods, hash and references",
    details: "Plugins may add views of it. `:show` tells what an object holds.",
    takes: Takes::Something,
    run,
};

/// What the runtime knows of a value, as JSON.
#[derive(Serialize)]
struct JsonInspection {
    kind: String,
    classes: Vec<JsonObject>,
    selectors: Vec<String>,
    hash: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    references_from: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    references_to: Option<usize>,
    /// What plugins make of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    views: Vec<JsonView>,
}

/// A view as JSON.
#[derive(Serialize)]
struct JsonView {
    plugin: String,
    name: String,
    view: serde_json::Value,
}

fn run(shell: &mut Shell, m: &Mutator<'_>, input: Input<'_>) -> Outcome {
    let value = shell.evaluate(m, input)?;
    shell.session.set_last(value);
    let class = m.class_of(value);
    let chain: Vec<_> = class.class_chain(m).collect();
    let selectors = m.selectors_of(class);
    let kind = kind(m, value);
    let classes: Vec<_> = chain.iter().map(|&class| short(m, class, shell.look)).collect();
    let mut lines = vec![
        print(m, value, shell.look),
        format!("  kind: {kind}"),
        format!("  classes: {}", classes.join(" < ")),
        format!("  understands: {}", selectors.join(", ")),
        format!("  hash: {}", value.hash32()),
    ];
    let (mut from, mut to) = (None, None);
    if let Some(object) = value.as_object() {
        let mut leads = 0;
        graph::references(m, object, &mut |_, _| leads += 1);
        let all = m.all_objects();
        let pointing = all.iter().filter_map(|value: &Value| value.as_object());
        let pointers = pointing.filter(|&other| graph::refers(m, other, object)).count();
        lines.push(format!("  refers to {leads}, referred to by {pointers} objects"));
        (from, to) = (Some(leads), Some(pointers));
    }
    let (views, errors) = shell.store.plugins().manager.views(m, value);
    for found in &views {
        lines.push(view::render(found, shell.look));
    }
    let warnings: Vec<String> = errors.iter().map(|error| format!("{}: {error}", error.code())).collect();
    let mirror = JsonInspection {
        kind,
        classes: chain.into_iter().map(|class| JsonObject::of(m, class)).collect(),
        selectors,
        hash: value.hash32(),
        references_from: from,
        references_to: to,
        views: views
            .into_iter()
            .map(|ViewOf { plugin, name, view }| JsonView { plugin, name, view })
            .collect(),
    };
    Ok(Report::new(lines.join("\n"), "inspection", mirror).warn(&warnings).into())
}
