//! Views of values that plugins give as data, for a terminal.

use rps_plugin_host::ViewOf;
use serde_json::Value as Json;

use crate::print::table::{Table, wrap};
use crate::print::{Look, Paint};

/// A tree is shown so deep.
const DEPTH: usize = 32;

/// Returns the lines of a view. What is not as its kind says is shown as JSON: nothing is lost.
pub(super) fn render(found: &ViewOf, look: Look) -> String {
    let view = &found.view;
    let title = view["title"].as_str().unwrap_or(&found.name);
    let heading = look.paint(Paint::Heading, &clean(title));
    let heading = format!("{heading} {}", look.paint(Paint::Faint, &format!("({})", found.plugin)));
    let body = match view["kind"].as_str() {
        Some("list") => view["items"].as_array().map(|items| list(items, look)),
        Some("table") => table(view, look),
        Some("tree") => view.get("root").map(|root| tree(root, look)),
        Some("text") => view["text"].as_str().map(text),
        Some("graph") => graph(view, look),
        Some("json") => view.get("value").map(pretty),
        _ => None,
    };
    let body = body.unwrap_or_else(|| pretty(view));
    let lines = body.lines().map(|line| format!("  {line}"));
    std::iter::once(heading)
        .chain(lines)
        .map(|line| line.trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

fn list(items: &[Json], look: Look) -> String {
    let shown = items.iter().take(look.items);
    let mut lines: Vec<String> =
        shown.map(|item| format!("- {}", wrap(&cell(item), look.width.saturating_sub(2), 2))).collect();
    lines.extend(left_out(items.len(), look));
    lines.join("\n")
}

fn table(view: &Json, look: Look) -> Option<String> {
    let columns: Vec<String> = view["columns"].as_array()?.iter().map(cell).collect();
    let rows = view["rows"].as_array()?;
    let heads: Vec<&str> = columns.iter().map(String::as_str).collect();
    let is_number = |column: &usize| {
        let mut cells =
            rows.iter().filter_map(|row| row.get(column)).filter(|cell| !cell.is_null()).peekable();
        cells.peek().is_some() && cells.all(Json::is_number)
    };
    let numbers: Vec<usize> = (0..heads.len()).filter(is_number).collect();
    let mut table = Table::new(&heads).numbers(&numbers);
    for row in rows.iter().take(look.items) {
        table.row(row.as_array()?.iter().take(heads.len()).map(cell));
    }
    let rest = left_out(rows.len(), look);
    let look = Look { width: look.width.saturating_sub(2), ..look };
    Some(std::iter::once(table.render(look)).chain(rest).collect::<Vec<_>>().join("\n"))
}

fn tree(root: &Json, look: Look) -> String {
    let mut lines = vec![label(root)];
    branches(root, "", 0, look, &mut lines);
    lines.join("\n")
}

fn branches(node: &Json, indent: &str, depth: usize, look: Look, lines: &mut Vec<String>) {
    let Some(children) = node["children"].as_array().filter(|children| !children.is_empty()) else { return };
    if depth == DEPTH {
        return lines.push(format!("{indent}└─ …"));
    }
    for (index, child) in children.iter().take(look.items).enumerate() {
        let is_last = index + 1 == children.len();
        let (mark, next) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        lines.push(format!("{indent}{mark}{}", label(child)));
        branches(child, &format!("{indent}{next}"), depth + 1, look, lines);
    }
    lines.extend(left_out(children.len(), look).map(|rest| format!("{indent}└─ {rest}")));
}

/// An edge a line; nodes without edges come last.
fn graph(view: &Json, look: Look) -> Option<String> {
    let (nodes, edges) = (view["nodes"].as_array()?, view["edges"].as_array()?);
    let name = |end: &Json| {
        // An edge names its ends, or counts them.
        let node = end.as_u64().and_then(|at| nodes.get(usize::try_from(at).ok()?));
        let named = || nodes.iter().find(|node| node.get("id") == Some(end));
        node.or_else(named).map_or_else(|| label(end), label)
    };
    let mut lines = Vec::new();
    let mut seen = Vec::new();
    for edge in edges.iter().take(look.items) {
        let (from, to) = (name(edge.get(0)?), name(edge.get(1)?));
        let about = edge.get(2).map_or_else(String::new, |about| format!("  {}", cell(about)));
        lines.push(format!("{from} → {to}{about}"));
        seen.extend([from, to]);
    }
    lines.extend(left_out(edges.len(), look));
    lines.extend(nodes.iter().map(label).filter(|node| !seen.contains(node)).take(look.items));
    Some(lines.join("\n"))
}

/// Returns the text without what would move the cursor.
fn text(text: &str) -> String {
    text.lines().map(clean).collect::<Vec<_>>().join("\n")
}

fn pretty(value: &Json) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn label(node: &Json) -> String {
    let named = node.get("label").or_else(|| node.get("id"));
    cell(named.unwrap_or(node))
}

/// Returns a value in a line.
fn cell(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => clean(text),
        other => other.to_string(),
    }
}

fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn left_out(count: usize, look: Look) -> Option<String> {
    let more = count.checked_sub(look.items).filter(|more| *more > 0)?;
    Some(look.paint(Paint::Faint, &format!("… {more} more")))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::json;

    use super::*;

    fn check(view: Json, expected: &Expect) {
        let found = ViewOf { plugin: "p".into(), name: "v".into(), view };
        expected.assert_eq(&render(&found, Look { width: 30, items: 3, ..Look::default() }));
    }

    #[test]
    fn every_kind_of_view_has_its_form() {
        check(
            json!({"title": "List", "kind": "list", "items": ["one", 2, null, "four", "five"]}),
            &expect![[r#"
                List (p)
                  - one
                  - 2
                  -
                  … 2 more"#]],
        );
        check(
            json!({"kind": "table", "columns": ["a", "n"], "rows": [["x", 1], ["long", 200]]}),
            &expect![[r#"
                v (p)
                  a       n
                  x       1
                  long  200"#]],
        );
        check(
            json!({"kind": "tree", "root": {"label": "r", "children": [
                {"label": "a", "children": [{"label": "aa"}]}, {"label": "b"}]}}),
            &expect![[r#"
                v (p)
                  r
                  ├─ a
                  │  └─ aa
                  └─ b"#]],
        );
        check(
            json!({"kind": "text", "text": "a\n\u{1b}[1mb"}),
            &expect![[r#"
            v (p)
              a
               [1mb"#]],
        );
        check(
            json!({"kind": "graph", "nodes": ["a", "b", {"id": 7, "label": "c"}], "edges": [[0, 1], ["b", 7]]}),
            &expect![[r#"
                v (p)
                  a → b
                  b → c"#]],
        );
        check(
            json!({"kind": "json", "value": [1]}),
            &expect![[r#"
            v (p)
              [
                1
              ]"#]],
        );
    }

    #[test]
    fn what_is_not_as_its_kind_says_is_shown_as_json() {
        check(
            json!({"kind": "table", "rows": 3}),
            &expect![[r#"
            v (p)
              {
                "kind": "table",
                "rows": 3
              }"#]],
        );
        check(
            json!(7),
            &expect![[r#"
            v (p)
              7"#]],
        );
    }
}
