//! `:classes`

use std::collections::HashMap;

use rps_runtime::{Mutator, ObjectRef, Value};
use serde::Serialize;

use super::{Command, Input, Takes};
use crate::answer::Report;
use crate::print::json::JsonObject;
use crate::print::value::print;
use crate::shell::{Outcome, Shell};

pub(crate) const COMMAND: Command = Command {
    name: "classes",
    arguments: "[class]",
    summary: "shows the tree of classes, or a part of it, with instances",
    details: "Instances of subclasses are counted with the subclass only.",
    takes: Takes::Anything,
    run,
};

/// A class as JSON.
#[derive(Serialize)]
struct JsonClass {
    class: JsonObject,
    depth: usize,
    instances: usize,
}

fn run(shell: &mut Shell, m: &Mutator<'_>, input: Input<'_>) -> Outcome {
    let start = if input.is_empty() { None } else { Some(shell.object(m, input)?) };
    if start.is_some_and(|start| !start.is_class(m)) {
        return Err(input.wrong("object::not-a-class", "this is no class", None));
    }
    let all = m.all_objects();
    let objects = || all.iter().filter_map(|value| value.as_object());
    let mut instances: HashMap<ObjectRef, usize> = HashMap::new();
    let mut below: HashMap<Option<ObjectRef>, Vec<ObjectRef>> = HashMap::new();
    for object in objects() {
        if let Some(class) = object.class() {
            *instances.entry(class).or_default() += 1;
        }
        if object.is_class(m) {
            below.entry(object.superclass(m)).or_default().push(object);
        }
    }
    for classes in below.values_mut() {
        classes.sort_by_key(|class| (m.name_of(*class), class.oid()));
    }
    let first = start.map_or_else(|| below.get(&None).cloned().unwrap_or_default(), |start| vec![start]);
    let mut waiting: Vec<_> = first.into_iter().rev().map(|class| (class, 0)).collect();
    let (mut lines, mut mirrors) = (Vec::new(), Vec::new());
    while let Some((class, depth)) = waiting.pop() {
        let count = instances.get(&class).copied().unwrap_or(0);
        let counted = if count == 0 { String::new() } else { format!(" ({count})") };
        let shown = print(m, Value::from(class), shell.look);
        lines.push(format!("{:indent$}{shown}{counted}", "", indent = 2 * depth));
        mirrors.push(JsonClass { class: JsonObject::of(m, class), depth, instances: count });
        let subclasses = below.get(&Some(class)).into_iter().flatten().rev();
        waiting.extend(subclasses.map(|subclass| (*subclass, depth + 1)));
    }
    Ok(Report::new(lines.join("\n"), "classes", mirrors).into())
}
