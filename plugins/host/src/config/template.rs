//! The default file: every key with what it is for, commented out, so that a later default is not held back by it.

use std::fmt::Write;

use super::file::Format;
use super::schema::{Key, Kind, ROOT};

const ID: &str = "example";

/// Returns the text of a default file.
pub(super) fn text(format: Format) -> String {
    let mut text = String::new();
    match format {
        // JSON has no comments.
        Format::Json => text.push_str("{}\n"),
        Format::Yaml => {
            text.push_str(HEAD);
            yaml(&mut text, ROOT, 0);
        }
        Format::Toml => {
            text.push_str(HEAD);
            toml(&mut text, ROOT, "");
        }
    }
    text
}

const HEAD: &str = "# The configuration of Repersys. Every line shows a default: take the `#` away to change it.\n\
                    # The command line comes before the environment (RPS_…), and that before this file.\n";

fn yaml(text: &mut String, keys: &[Key], depth: usize) {
    let indent = "  ".repeat(depth);
    for Key { name, kind, about, default } in keys {
        if depth == 0 {
            text.push('\n');
        }
        _ = writeln!(text, "# {indent}## {about}");
        match kind {
            Kind::Group(inner) => {
                _ = writeln!(text, "# {indent}{name}:");
                yaml(text, inner, depth + 1);
            }
            Kind::ByPlugin(inner) => {
                _ = writeln!(text, "# {indent}{name}:\n# {indent}  {ID}:");
                yaml(text, inner, depth + 2);
            }
            _ => _ = writeln!(text, "# {indent}{name}: {default}"),
        }
    }
}

fn toml(text: &mut String, keys: &[Key], table: &str) {
    let (groups, values): (Vec<_>, Vec<_>) =
        keys.iter().partition(|key| matches!(key.kind, Kind::Group(_) | Kind::ByPlugin(_)));
    for Key { name, about, default, .. } in values {
        // TOML has no null: the line says what is not set.
        let value = if *default == "null" { "" } else { default };
        _ = writeln!(text, "\n# ## {about}\n# {name} = {value}");
    }
    for Key { name, kind, about, .. } in groups {
        let inner = match kind {
            Kind::Group(inner) | Kind::ByPlugin(inner) => inner,
            _ => continue,
        };
        let id = if matches!(kind, Kind::ByPlugin(_)) { format!(".{ID}") } else { String::new() };
        let path = format!("{table}{name}{id}");
        _ = writeln!(text, "\n# ## {about}\n# [{path}]");
        toml(text, inner, &format!("{path}."));
    }
}

#[cfg(test)]
mod tests {
    use super::super::{schema, toml, yaml};
    use super::{Format, text};

    fn uncommented(text: &str) -> String {
        let lines = text.lines().skip(2).map(|line| line.strip_prefix("# ").unwrap_or(line));
        lines.filter(|line| !line.ends_with(" = ")).map(|line| format!("{line}\n")).collect()
    }

    /// DYN-30: the default file changes nothing, and without the comment signs it says exactly the defaults.
    #[test]
    fn dyn_30_the_default_file_shows_the_defaults() {
        for format in [Format::Yaml, Format::Toml] {
            let text = text(format);
            let parse = |text: &str| match format {
                Format::Toml => toml::parse(text),
                _ => yaml::parse(text),
            };
            let node = parse(&text).unwrap_or_else(|error| panic!("{}", error.message));
            assert!(node.same(&super::super::tree::Node::empty_map()), "{text}");
            let shown = uncommented(&text);
            let mut node = parse(&shown).unwrap_or_else(|error| panic!("{}\n{shown}", error.message));
            let plugin = node.find(&["plugins", "example"].map(str::to_owned)).cloned().expect("it is shown");
            node.set(&["plugins".to_owned()], super::super::tree::Tree::Map(Vec::new()));
            let defaults = schema::defaults(schema::ROOT);
            assert_eq!(without_null(node.to_json()), without_null(defaults.to_json()));
            assert_eq!(plugin.to_json()["enabled"], true);
        }
    }

    fn without_null(mut json: serde_json::Value) -> serde_json::Value {
        if let Some(map) = json.as_object_mut() {
            map.retain(|_, value| !value.is_null());
        }
        json
    }
}
