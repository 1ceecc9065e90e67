//! The layers: command line over environment over file over defaults, and where each value came from.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use figment::value::{Dict, Map, Value as FigmentValue};
use figment::{Figment, Metadata, Profile, Provider};
use serde_json::Value as Json;

use super::error::{ConfigError, Origin, Problem};
use super::key::KeyPath;
use super::model::Config;
use super::schema::{self, Kind, ROOT};
use super::secret;
use super::tree::{Node, Place, Tree};
use super::validate;

/// The environment variables: those of the process, or a fixed set.
///
/// `Debug` shows the names only: values may be secrets.
#[derive(Clone, Default)]
pub struct Environment(Option<Arc<BTreeMap<String, OsString>>>);

impl Environment {
    /// Returns the variables of the process, read when they are asked for.
    #[must_use]
    pub fn of_process() -> Self {
        Self(None)
    }

    /// Returns exactly these variables.
    pub fn fixed<N: Into<String>, V: Into<OsString>>(variables: impl IntoIterator<Item = (N, V)>) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self(Some(Arc::new(variables.collect())))
    }

    /// Returns the variable `name` when it is set to a text.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        self.get_os(name).and_then(|value| value.into_string().ok())
    }

    /// Returns the variable `name` as the system keeps it. One that is empty counts as not set.
    #[must_use]
    pub fn get_os(&self, name: &str) -> Option<OsString> {
        let value = match &self.0 {
            None => env::var_os(name),
            Some(variables) => variables.get(name).cloned(),
        };
        value.filter(|value| !value.is_empty())
    }
}

/// The values of the command line. They come before all others.
///
/// `Debug` shows the keys only: values may be secrets.
#[derive(Clone, Default)]
pub struct Overrides(Vec<(KeyPath, Tree)>);

impl Overrides {
    /// Sets the key `path` to what `text` says, as an environment variable would: `8080`, `true`, `a:b`.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Invalid`] when there is no such key, or it can not have this value.
    ///
    /// ```
    /// use rps_plugin_host::config::Overrides;
    ///
    /// let mut overrides = Overrides::default();
    /// overrides.set("server.port", "9000")?;
    /// assert!(overrides.set("server.port", "many").is_err());
    /// # Ok::<(), rps_plugin_host::config::ConfigError>(())
    /// ```
    pub fn set(&mut self, path: &str, text: &str) -> Result<(), ConfigError> {
        let path: KeyPath = path.parse()?;
        let tree = match schema::kind_at(path.segments()) {
            Some(kind) => read(kind, OsStr::new(text)),
            None => Tree::Text(text.to_owned()),
        };
        self.add(path, tree)
    }

    /// Sets the key `path` to a value.
    ///
    /// # Errors
    ///
    /// As of [`set`](Self::set).
    pub fn set_value(&mut self, path: KeyPath, value: &Json) -> Result<(), ConfigError> {
        self.add(path, value.into())
    }

    fn add(&mut self, path: KeyPath, tree: Tree) -> Result<(), ConfigError> {
        let mut node = Node::empty_map();
        node.set(path.segments(), tree.clone());
        let findings = validate::check(&mut node, &|_| Origin::Given, None);
        // An unknown key of the file may belong to a later version. One that is typed now is a slip.
        let problems = [findings.problems, findings.warnings].concat();
        if !problems.is_empty() {
            return Err(ConfigError::Invalid { problems });
        }
        self.0.push((path, tree));
        Ok(())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str("Environment(of the process)"),
            Some(variables) => f.debug_tuple("Environment").field(&variables.keys()).finish(),
        }
    }
}

impl fmt::Debug for Overrides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(path, _)| path.to_string())).finish()
    }
}

/// One value that holds.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Entry {
    /// Its key.
    pub key: KeyPath,
    /// The value; a secret is `***`.
    pub value: Json,
    /// Where it came from.
    pub origin: Origin,
}

/// One layer, for figment. The name is how a value is led back to it.
struct Layer<'a> {
    name: String,
    node: &'a Node,
}

impl Provider for Layer<'_> {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.node.to_layer()))
    }
}

const DEFAULTS: &str = "defaults";
const FILE: &str = "file";
const GIVEN: &str = "given";

/// Returns the configuration that these layers make, and what is wrong with variables: those are left out. `file` is
/// sound; `place` says where a place of it is.
pub(super) fn merge(
    file: Option<&Node>,
    place: &dyn Fn(Option<Place>) -> Origin,
    environment: &Environment,
    overrides: &Overrides,
) -> (Config, Vec<Problem>) {
    let defaults = schema::defaults(ROOT);
    let mut problems = Vec::new();
    let mut figment = Figment::from(Layer { name: DEFAULTS.to_owned(), node: &defaults });
    if let Some(node) = file {
        figment = figment.merge(Layer { name: FILE.to_owned(), node });
    }
    for (name, path, kind) in schema::variables() {
        let Some(text) = environment.get_os(&name) else { continue };
        let mut node = Node::empty_map();
        node.set(path.segments(), read(kind, &text));
        let found = validate::check(&mut node, &|_| Origin::Environment(name.clone()), None).problems;
        if found.is_empty() {
            figment = figment.merge(Layer { name, node: &node });
        }
        problems.extend(found);
    }
    let mut given = Node::empty_map();
    for (path, tree) in &overrides.0 {
        given.set(path.segments(), tree.clone());
    }
    // They were checked one by one: this brings them into their one form.
    validate::check(&mut given, &|_| Origin::Given, None);
    figment = figment.merge(Layer { name: GIVEN.to_owned(), node: &given });

    let mut config = extract(&figment).unwrap_or_else(|error| {
        // What passed validation can be extracted. Should it not be so, it is told and the defaults hold.
        problems.push(Problem::new(KeyPath::new(error.path), Origin::Default, error.kind.to_string()));
        extract(&Figment::from(Layer { name: DEFAULTS.to_owned(), node: &defaults }))
            .unwrap_or_else(|_| unreachable!("a test reads the defaults"))
    });
    let places = |tag_name: Option<&str>, path: &KeyPath| match tag_name {
        Some(FILE) => place(file.and_then(|node| node.find(path.segments())).and_then(|node| node.place)),
        Some(GIVEN) => Origin::Given,
        Some(DEFAULTS) | None => Origin::Default,
        Some(name) => Origin::Environment(name.to_owned()),
    };
    let mut entries = Vec::new();
    if let Ok(all) = figment.data() {
        for (key, value) in all.get(&Profile::Default).into_iter().flatten() {
            collect(&figment, &KeyPath::new([key]), value, &places, &mut entries);
        }
    }
    config.entries = entries;
    if let Some(path) = environment.get_os("RPS_PLUGIN_PATH") {
        config.plugin_path = env::split_paths(&path).filter(|path| !path.as_os_str().is_empty()).collect();
        config.entries.push(Entry {
            key: KeyPath::new(["plugin_path"]),
            value: config.plugin_path.iter().map(|path| Json::from(path.to_string_lossy())).collect(),
            origin: Origin::Environment("RPS_PLUGIN_PATH".to_owned()),
        });
        config.entries.sort_by(|left, right| left.key.cmp(&right.key));
    }
    (config, problems)
}

fn extract(figment: &Figment) -> Result<Config, Box<figment::Error>> {
    figment.extract().map_err(Box::new)
}

fn collect(
    figment: &Figment,
    path: &KeyPath,
    value: &FigmentValue,
    origin: &dyn Fn(Option<&str>, &KeyPath) -> Origin,
    entries: &mut Vec<Entry>,
) {
    let secret = path.segments().last().is_some_and(|key| secret::is_secret(key));
    match value {
        FigmentValue::Dict(_, inner) if !secret && !inner.is_empty() => {
            for (key, value) in inner {
                collect(figment, &path.child(key), value, origin, entries);
            }
        }
        _ => {
            let name = figment.get_metadata(value.tag()).map(|metadata| metadata.name.as_ref());
            let json = if secret { Json::from("***") } else { secret::mask(&to_json(value)) };
            entries.push(Entry { key: path.clone(), value: json, origin: origin(name, path) });
        }
    }
}

fn to_json(value: &FigmentValue) -> Json {
    match value {
        FigmentValue::String(_, text) => text.clone().into(),
        FigmentValue::Char(_, character) => character.to_string().into(),
        FigmentValue::Bool(_, value) => (*value).into(),
        FigmentValue::Empty(..) => Json::Null,
        FigmentValue::Dict(_, entries) => {
            Json::Object(entries.iter().map(|(key, value)| (key.clone(), to_json(value))).collect())
        }
        FigmentValue::Array(_, items) => items.iter().map(to_json).collect(),
        FigmentValue::Num(_, number) => {
            use figment::value::Num;
            match *number {
                Num::F32(value) => f64::from(value).into(),
                Num::F64(value) => value.into(),
                other => {
                    let signed = other.to_i128().and_then(|value| i64::try_from(value).ok()).map(Json::from);
                    let unsigned =
                        || other.to_u128().and_then(|value| u64::try_from(value).ok()).map(Json::from);
                    signed.or_else(unsigned).unwrap_or(Json::Null)
                }
            }
        }
    }
}

/// Reads a text as the kind wants it. What does not fit stays text, which validation then refuses.
fn read(kind: Kind, value: &OsStr) -> Tree {
    let text = || value.to_string_lossy().into_owned();
    match kind {
        Kind::Bool => match text().as_str() {
            "1" => Tree::Bool(true),
            "0" => Tree::Bool(false),
            word => validate::truth(word).map_or_else(|| Tree::Text(text()), Tree::Bool),
        },
        Kind::Integer(..) | Kind::IntegerOrOff(..) => {
            text().trim().parse().map_or_else(|_| Tree::Text(text()), Tree::Integer)
        }
        Kind::Paths => {
            let paths = env::split_paths(value).filter(|path: &PathBuf| !path.as_os_str().is_empty());
            let texts = paths.map(|path| Node::bare(Tree::Text(path.to_string_lossy().into_owned())));
            Tree::List(texts.collect())
        }
        Kind::Settings | Kind::Priorities | Kind::Group(_) | Kind::ByPlugin(_) => {
            serde_json::from_str::<Json>(&text())
                .map_or_else(|_| Tree::Text(text()), |json| Tree::from(&json))
        }
        Kind::Choice(_) | Kind::Codec | Kind::Host | Kind::Pattern => Tree::Text(text()),
    }
}
