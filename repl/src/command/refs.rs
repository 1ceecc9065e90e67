//! `:refs`

use rps_runtime::Mutator;
use serde::Serialize;

use super::{Command, Input, Takes, graph};
use crate::answer::Report;
use crate::print::Paint;
use crate::print::json::JsonObject;
use crate::print::value::short;
use crate::shell::{Outcome, Shell};

pub(crate) const COMMAND: Command = Command {
    name: "refs",
    arguments: "object",
    summary: "lists the objects that refer to one, and by what",
    details: "References from inside tuples, sets, closures, instances and payloads are found too.",
    takes: Takes::Something,
    run,
};

/// A reference as JSON.
#[derive(Serialize)]
struct JsonReference {
    from: JsonObject,
    by: Vec<String>,
}

fn run(shell: &mut Shell, m: &Mutator<'_>, input: Input<'_>) -> Outcome {
    let target = shell.object(m, input)?;
    shell.session.set_last(target.into());
    let look = shell.look;
    let all = m.all_objects();
    let (mut lines, mut mirrors, mut hidden) = (Vec::new(), Vec::new(), 0);
    for from in all.iter().filter_map(|value| value.as_object()) {
        let mut edges = Vec::new();
        graph::references(m, from, &mut |edge, object| {
            if object == target && edges.last() != Some(&edge) {
                edges.push(edge);
            }
        });
        if edges.is_empty() {
            continue;
        }
        let by: Vec<_> = edges.into_iter().map(|edge| edge.describe(m)).collect();
        if lines.len() < look.items {
            lines.push(format!("{}  {}", short(m, from, look), look.paint(Paint::Faint, &by.join(", "))));
        } else {
            hidden += 1;
        }
        mirrors.push(JsonReference { from: JsonObject::of(m, from), by });
    }
    if hidden > 0 {
        lines.push(look.paint(Paint::Faint, &format!("… {hidden} more")));
    }
    if lines.is_empty() {
        lines.push("nothing refers to it".to_owned());
    }
    Ok(Report::new(lines.join("\n"), "references", mirrors).into())
}
