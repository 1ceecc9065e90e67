//! Every key of the file, once: its kind, its default and what it is for. Validation, the environment, the default file
//! and the defaults themselves are all made of this table.

use serde_json::Value as Json;

use super::key::KeyPath;
use super::tree::{Node, Tree};

/// A key and what it holds.
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// In JSON. `null` is "nothing said".
    pub(super) default: &'static str,
    pub(super) about: &'static str,
}

/// What a key holds.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Bool,
    /// A whole number in these bounds, both included.
    Integer(u64, u64),
    /// A whole number in these bounds, both included, or `off`.
    IntegerOrOff(u64, u64),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// `none`, `auto` or the name of a codec.
    Codec,
    /// The name or address of a network interface.
    Host,
    /// A pattern of file names: `*`, `?` and `[…]`.
    Pattern,
    /// A path or a list of paths.
    Paths,
    /// Any mapping: the settings of a plugin.
    Settings,
    /// Whole numbers by the name of an extension point and what is registered there: `point/name`.
    Priorities,
    /// These keys.
    Group(&'static [Key]),
    /// These keys for each plugin, by its id.
    ByPlugin(&'static [Key]),
}

const fn key(name: &'static str, kind: Kind, default: &'static str, about: &'static str) -> Key {
    Key { name, kind, default, about }
}

const MILLISECONDS_OF_A_DAY: u64 = 86_400_000;

pub(super) const ROOT: &[Key] = &[
    key("plugins_dir", Kind::Paths, "[]", "where plugins are looked for: a directory, or a list of them"),
    key("plugins_pattern", Kind::Pattern, "null", "which files are plugins, as *.so; else the platform says"),
    key("log_level", Kind::Choice(LOG_LEVELS), "\"info\"", "off, error, warn, info, debug or trace"),
    key(
        "timeout_ms",
        Kind::Integer(1, MILLISECONDS_OF_A_DAY),
        "30000",
        "how long one call into a plugin may take",
    ),
    key(
        "max_leaked_calls",
        Kind::Integer(1, 1000),
        "3",
        "calls that never came back, before a plugin is disabled",
    ),
    key("max_faults", Kind::Integer(1, 1_000_000), "3", "panics and timeouts, before a plugin is disabled"),
    key("retry", Kind::Group(RETRY), "{}", "how often a service that failed is called again"),
    key("server", Kind::Group(SERVER), "{}", "the management server"),
    key("jit", Kind::Group(JIT), "{}", "hot functions as machine code"),
    key("codec", Kind::Codec, "\"none\"", "how dumps are encoded: none, auto or the name of a codec"),
    key("plugins", Kind::ByPlugin(PLUGIN), "{}", "what is said of one plugin, by its id"),
];

pub(super) const LOG_LEVELS: &[&str] = &["off", "error", "warn", "info", "debug", "trace"];

const RETRY: &[Key] = &[
    key("attempts", Kind::Integer(1, 100), "1", "tries in all; a timeout is never tried again"),
    key("backoff_ms", Kind::Integer(0, MILLISECONDS_OF_A_DAY), "100", "the wait before the next try"),
];

const SERVER: &[Key] = &[
    key("enabled", Kind::Bool, "false", "whether it runs"),
    key("host", Kind::Host, "\"127.0.0.1\"", "the address that it listens at"),
    key("port", Kind::Integer(0, 65535), "8080", "the port that it listens at; 0 takes a free one"),
];

const JIT: &[Key] = &[
    key(
        MODE,
        Kind::Choice(&["off", "auto", "eager"]),
        "\"auto\"",
        "off, auto or eager: by a thread of its own, or at once and of all that runs twice",
    ),
    key(
        "threshold",
        Kind::IntegerOrOff(0, 1_000_000_000),
        "800",
        "calls and turns of loops until a function is compiled; 0 is as soon as it is called again, off is never",
    ),
    key(
        "hot_threshold",
        Kind::Integer(1, 100_000_000),
        "20000",
        "calls and turns of loops of compiled code until better code is made",
    ),
    key(
        "cache_mb",
        Kind::Integer(0, 65536),
        "64",
        "MiB on disk for compiled code, beside the store; 0 is none",
    ),
];

/// The one key of a group that has the variable of the group: `RPS_JIT`.
const MODE: &str = "mode";

const PLUGIN: &[Key] = &[
    key("enabled", Kind::Bool, "true", "whether it is used"),
    key("required", Kind::Bool, "false", "whether a start without it fails"),
    key("timeout_ms", Kind::Integer(1, MILLISECONDS_OF_A_DAY), "null", "instead of the global timeout_ms"),
    key("isolation", Kind::Choice(&["in-process", "process"]), "\"in-process\"", "in-process or process"),
    key("limits", Kind::Group(LIMITS), "{}", "what its process may use, with isolation: process"),
    key(
        "guard",
        Kind::Choice(&["services", "all"]),
        "\"services\"",
        "which calls have a deadline: services or all",
    ),
    key("priority", Kind::Priorities, "{}", "its place in a dispatch, by point/name; higher comes first"),
    key("settings", Kind::Settings, "{}", "what the plugin itself is told, any values"),
];

const LIMITS: &[Key] = &[
    key("memory_mb", Kind::Integer(1, 1 << 32), "null", "memory in MiB"),
    key("cpu_seconds", Kind::Integer(1, 1 << 32), "null", "processor time in seconds"),
    key("open_files", Kind::Integer(1, 1 << 24), "null", "files open at once"),
];

impl Key {
    pub(super) fn default_tree(&self) -> Tree {
        match self.kind {
            Kind::Group(keys) => defaults(keys).tree,
            _ => serde_json::from_str::<Json>(self.default).map_or(Tree::Null, |json| Tree::from(&json)),
        }
    }
}

/// Returns the mapping of all defaults; a key without one is not in it.
pub(super) fn defaults(keys: &[Key]) -> Node {
    let mut node = Node::empty_map();
    for key in keys {
        match key.default_tree() {
            Tree::Null => {}
            tree => node.set(&[key.name.to_owned()], tree),
        }
    }
    node
}

/// Returns the environment variable of every key that has one, with its path and kind: `server.port` is
/// `RPS_SERVER_PORT`, and `jit.mode` is `RPS_JIT`. What is said of one plugin has none.
pub(super) fn variables() -> Vec<(String, KeyPath, Kind)> {
    let mut found = Vec::new();
    for key in ROOT {
        let path = KeyPath::new([key.name]);
        match key.kind {
            Kind::Group(keys) => {
                found.extend(keys.iter().map(|inner| {
                    let group = format!("RPS_{}", key.name);
                    let name = if inner.name == MODE { group } else { format!("{group}_{}", inner.name) };
                    let name = name.to_uppercase();
                    (name, path.child(inner.name), inner.kind)
                }));
            }
            Kind::ByPlugin(_) => {}
            kind => found.push((format!("RPS_{}", key.name).to_uppercase(), path, kind)),
        }
    }
    found
}

/// Returns the kind of the key at `path`; `None` for a key that is not known. Below `settings` everything is.
pub(super) fn kind_at(path: &[String]) -> Option<Kind> {
    let mut keys = ROOT;
    let mut names = path.iter();
    let mut found = None;
    while let Some(name) = names.next() {
        let kind = keys.iter().find(|key| key.name == name)?.kind;
        found = Some(kind);
        keys = match kind {
            Kind::Group(inner) => inner,
            Kind::ByPlugin(inner) => {
                if names.next().is_some() {
                    found = Some(Kind::Group(inner));
                }
                inner
            }
            Kind::Settings => return Some(Kind::Settings),
            Kind::Priorities if names.next().is_some() => return Some(Kind::Integer(0, u64::MAX)),
            _ => &[],
        };
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Key, Kind, ROOT, kind_at, variables};

    fn every(keys: &[Key], visit: &mut dyn FnMut(&Key)) {
        for key in keys {
            visit(key);
            if let Kind::Group(inner) | Kind::ByPlugin(inner) = key.kind {
                every(inner, visit);
            }
        }
    }

    /// DYN-29: every key has a default that is JSON, and is explained.
    #[test]
    fn dyn_29_every_key_has_a_default() {
        every(ROOT, &mut |key| {
            assert!(serde_json::from_str::<serde_json::Value>(key.default).is_ok(), "{}", key.name);
            assert!(!key.about.is_empty() && !key.about.ends_with('.'), "{}", key.name);
        });
    }

    #[test]
    fn variables_are_named_after_the_keys() {
        let names: Vec<_> = variables().into_iter().map(|(name, _, _)| name).collect();
        for name in [
            "RPS_TIMEOUT_MS",
            "RPS_LOG_LEVEL",
            "RPS_SERVER_PORT",
            "RPS_RETRY_ATTEMPTS",
            "RPS_PLUGINS_DIR",
            "RPS_JIT",
            "RPS_JIT_THRESHOLD",
        ] {
            assert!(names.iter().any(|known| known == name), "{name} in {names:?}");
        }
        let kind = |path: &[&str]| kind_at(&path.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
        assert!(matches!(kind(&["plugins", "zip", "limits", "memory_mb"]), Some(Kind::Integer(..))));
        assert!(matches!(kind(&["plugins", "zip"]), Some(Kind::Group(_))));
        assert!(matches!(kind(&["plugins", "zip", "settings", "a", "b"]), Some(Kind::Settings)));
        assert!(kind(&["plugins", "zip", "x"]).is_none() && kind(&["log_level", "x"]).is_none());
    }
}
