//! What a plugin begins with: the files of `plugins/template`, with the plugin's own name.

/// A language that plugins are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Rust,
    C,
}

/// Where the template finds the crate for plugins.
const SDK: &str = r#"rps-plugin = { path = "../../sdk" }"#;

macro_rules! template {
    ($path:literal) => {
        include_str!(concat!("../../../plugins/template/", $path))
    };
}

const RUST: &[(&str, &str)] = &[
    ("Cargo.toml", template!("rust/Cargo.toml")),
    ("src/lib.rs", template!("rust/src/lib.rs")),
    ("README.md", template!("rust/README.md")),
    (".gitignore", template!("rust/gitignore")),
];

const C: &[(&str, &str)] = &[
    ("sample_plugin.c", template!("c/sample_plugin.c")),
    ("test.sh", template!("c/test.sh")),
    ("README.md", template!("c/README.md")),
    (".gitignore", template!("c/gitignore")),
];

/// The interface for C, by file.
pub(super) const HEADERS: [(&str, &str); 2] = [
    ("rps_plugin.h", include_str!("../../../plugins/abi/include/rps_plugin.h")),
    ("rps_helpers.h", include_str!("../../../plugins/abi/include/rps_helpers.h")),
];

/// Words that no crate can be named, or that cargo has for itself.
const RESERVED: &str = "abstract alloc as async await become box break build const continue core crate deps do dyn else enum \
    examples extern false final fn for gen if impl in incremental let loop macro match mod move mut override priv \
    proc_macro pub ref return self std static struct super test trait true try type typeof unsafe unsized use virtual \
    where while yield";

/// Returns the files of a new plugin, with their paths; `dependency` is how a crate depends on `rps-plugin`.
pub(super) fn files(language: Language, id: &str, dependency: &str) -> Vec<(String, String)> {
    let own = |text: &str| text.replace(SDK, dependency).lines().map(|line| named(line, id)).collect();
    let files = match language {
        Language::Rust => RUST,
        Language::C => C,
    };
    let mut all: Vec<(String, String)> =
        files.iter().map(|(path, text)| (named(path, id).trim_end().to_owned(), own(text))).collect();
    if language == Language::C {
        all.extend(HEADERS.map(|(path, text)| (path.to_owned(), text.to_owned())));
    }
    all
}

/// Returns a line with the plugin's names instead of those of the template.
fn named(line: &str, id: &str) -> String {
    let line = match line {
        // The name of a crate has no dots.
        r#"name = "sample-plugin""# => format!(r#"name = "{}""#, crate_name(id)),
        line => line.to_owned(),
    };
    let line = line.replace("SamplePlugin", &type_name(id)).replace("sample_plugin", &identifier(id));
    line.replace("sample-plugin", id) + "\n"
}

/// Returns what is wrong with a name for a new plugin, beyond what an id may be.
pub(super) fn check_name(language: Language, id: &str) -> Result<(), String> {
    rps_plugin_host::library::check_id(id).map_err(|problem| format!("the name {problem}"))?;
    if !id.ends_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err(format!("the name is `{id}`: a new plugin's ends in a letter or digit"));
    }
    if language == Language::Rust && RESERVED.split(' ').any(|word| word == identifier(id)) {
        return Err(format!("the name is `{id}`, which no crate can have"));
    }
    Ok(())
}

/// Returns the name of a plugin's crate.
pub(super) fn crate_name(id: &str) -> String {
    id.replace('.', "-")
}

/// Returns what names in programs begin with, and files are called.
pub(super) fn identifier(id: &str) -> String {
    id.replace(['-', '.'], "_")
}

/// Returns the name of the plugin's type in Rust.
fn type_name(id: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    id.split(['-', '.', '_']).map(capital).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(language: Language, id: &str, path: &str) -> String {
        let dependency = r#"rps-plugin = "9.9""#;
        let files = files(language, id, dependency);
        let found = files.into_iter().find(|(found, _)| found == path);
        found.unwrap_or_else(|| panic!("there is no {path}")).1
    }

    /// DYN-12: nothing of the template's name is left, and each name is of the form that its place asks for.
    #[test]
    fn a_new_plugin_has_its_own_names_everywhere() {
        let cargo = file(Language::Rust, "acme.geo-2d", "Cargo.toml");
        assert!(
            cargo.contains("name = \"acme-geo-2d\"\n") && cargo.contains("rps-plugin = \"9.9\"\n"),
            "{cargo}"
        );
        let code = file(Language::Rust, "acme.geo-2d", "src/lib.rs");
        assert!(code.contains("const ID: &'static str = \"acme.geo-2d\";"), "{code}");
        assert!(code.contains("pub struct AcmeGeo2d;") && code.contains("\"acme_geo_2d_greet\""), "{code}");
        file(Language::C, "acme.geo-2d", "acme_geo_2d.c");
        for language in [Language::Rust, Language::C] {
            for (path, text) in files(language, "acme.geo-2d", "rps-plugin = \"9.9\"") {
                let text = text.to_lowercase();
                assert!(!text.contains("sample") && !text.contains("../../sdk"), "{path}: {text}");
            }
        }
    }

    #[test]
    fn names_that_cannot_be_are_told() {
        for name in ["Geo", "", "9a", "a..b", "../a", "geo-", "fn", "test"] {
            assert!(check_name(Language::Rust, name).is_err(), "{name}");
        }
        assert_eq!(check_name(Language::C, "fn"), Ok(()));
        assert_eq!(check_name(Language::Rust, "acme.geo_2"), Ok(()));
    }
}
