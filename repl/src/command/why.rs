//! `:why`

use rps_runtime::{Mutator, ObjectRef, known};
use serde::Serialize;

use super::{Command, Input, Takes, graph};
use crate::answer::Report;
use crate::print::Paint;
use crate::print::json::JsonObject;
use crate::print::value::print;
use crate::shell::{Outcome, Shell};

pub(crate) const COMMAND: Command = Command {
    name: "why",
    arguments: "object",
    summary: "tells why an object is alive: a shortest path from a root",
    details: "A path begins at a root, a constant, a variable, a global name or a built-in class. An object in a space \
              is kept by it, even where no path leads.",
    takes: Takes::Something,
    run,
};

/// The reason why an object is alive, as JSON.
#[derive(Serialize)]
struct JsonReason {
    /// What keeps the first object of the path; nothing when no path was found.
    begins_at: Option<String>,
    path: Vec<JsonStep>,
    kept_by_space: Option<JsonObject>,
}

/// A step of the path as JSON.
#[derive(Serialize)]
struct JsonStep {
    /// How the object before refers to this one.
    by: Option<String>,
    object: JsonObject,
}

fn run(shell: &mut Shell, m: &Mutator<'_>, input: Input<'_>) -> Outcome {
    let target = shell.object(m, input)?;
    let sources = sources(shell, m);
    shell.session.set_last(target.into());
    let objects: Vec<ObjectRef> = sources.iter().map(|(_, object)| *object).collect();
    let space = target.space();
    let look = shell.look;
    let mut reason = JsonReason {
        begins_at: None,
        path: Vec::new(),
        kept_by_space: space.map(|space| JsonObject::of(m, space)),
    };
    let mut lines = Vec::new();
    if let Some((index, path)) = graph::shortest_path(m, &objects, target) {
        let (source, first) = &sources[index];
        let step = |by: Option<String>, object| JsonStep { by, object: JsonObject::of(m, object) };
        reason.begins_at = Some(source.clone());
        reason.path.push(step(None, *first));
        lines.push(format!("{}  {}", print(m, (*first).into(), look), look.paint(Paint::Faint, source)));
        for (edge, object) in path {
            let by = edge.describe(m);
            lines.push(format!("  {} → {}", look.paint(Paint::Faint, &by), print(m, object.into(), look)));
            reason.path.push(step(Some(by), object));
        }
    } else if space.is_none() {
        lines.push("nothing keeps it: it goes with the next collection after the last use".to_owned());
    }
    if let Some(space) = space {
        lines.push(format!("kept by its space {}", print(m, space.into(), look)));
    }
    Ok(Report::new(lines.join("\n"), "why", reason).into())
}

/// Returns what keeps objects alive, the most telling first.
fn sources(shell: &Shell, m: &Mutator<'_>) -> Vec<(String, ObjectRef)> {
    let mut sources = Vec::new();
    sources.extend(m.roots().into_iter().map(|root| ("root".to_owned(), root)));
    sources.extend(m.constants().into_iter().map(|constant| ("constant".to_owned(), constant)));
    for name in shell.session.variable_names() {
        if let Some(value) = shell.session.variable(m, name) {
            graph::inside(value, &mut |object| sources.push((format!("variable `{name}`"), object)));
        }
    }
    let symbols = m.all_names().into_iter().filter_map(|name| m.symbol(&name).map(|symbol| (name, symbol)));
    let strong = symbols.filter(|(_, symbol)| !is_weak(m, *symbol));
    sources.extend(strong.map(|(name, symbol)| (format!("global name `{name}`"), symbol)));
    let known = known::CLASSES.iter().map(|known| m.class(known.class));
    sources.extend(known.map(|class| ("built-in class".to_owned(), class)));
    sources
}

fn is_weak(m: &Mutator<'_>, symbol: ObjectRef) -> bool {
    use rps_runtime::object::Payload;
    symbol.with_payload(m, |payload| matches!(payload, Some(Payload::Symbol(own)) if own.weak))
}
