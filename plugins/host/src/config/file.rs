//! One configuration file: where it is, what it says, and how it is changed.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value as Json;

use super::error::{ConfigError, Origin};
use super::key::KeyPath;
use super::layers::{self, Environment, Overrides};
use super::model::Config;
use super::tree::{Node, Place, Tree};
use super::validate::{self, Findings};
use super::yaml_edit::Edited;
use super::{save, template, toml, yaml, yaml_edit};

/// A configuration file with the layers above it. It holds no state: every call looks at the file anew.
#[derive(Clone, Debug)]
pub struct ConfigFile {
    path: PathBuf,
    environment: Environment,
    overrides: Overrides,
    must_exist: bool,
}

/// A configuration, whatever the file is like, and what is wrong.
#[non_exhaustive]
pub struct Loaded {
    /// What holds. When the file is wrong, it is as if there were none.
    pub config: Arc<Config>,
    /// What is wrong with the file.
    pub file_error: Option<ConfigError>,
    /// What is wrong with variables of the environment: those are ignored.
    pub environment_error: Option<ConfigError>,
    /// What the file held, for a watcher that begins here.
    pub(super) bytes: Option<Vec<u8>>,
}

/// One change of the file. `Debug` shows the key only: the value may be a secret.
#[derive(Clone)]
pub struct Edit {
    path: KeyPath,
    value: Option<Json>,
}

/// What a save did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Saved {
    /// Where a copy of the old file is, when that was invalid and had to be begun anew.
    pub kept_aside: Option<PathBuf>,
    /// Whether all comments are still there. They are, unless YAML was too involved for an edit in place.
    pub comments_kept: bool,
}

/// What a file is written in. JSON is read as YAML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Yaml,
    Toml,
    Json,
}

/// The names of a configuration file, in the order in which they are looked for. The first is that of a new file.
const NAMES: &[&str] = &["config.yaml", "config.yml", "config.toml", "config.json"];

impl ConfigFile {
    /// Returns the file at `path`; a file that is not there says nothing.
    pub fn new(path: impl Into<PathBuf>, environment: Environment, overrides: Overrides) -> Self {
        Self { path: path.into(), environment, overrides, must_exist: false }
    }

    /// Returns the file that `RPS_CONFIG` names, which must be there; else the `config.yaml`, `.yml`, `.toml` or `.json`
    /// in `directory`, which need not.
    #[must_use]
    pub fn locate(directory: &Path, environment: Environment, overrides: Overrides) -> Self {
        if let Some(path) = environment.get_os("RPS_CONFIG") {
            return Self::new(path, environment, overrides).required();
        }
        let mut candidates = NAMES.iter().map(|name| directory.join(name));
        let first = candidates.next().unwrap_or_default();
        let path = if exists(&first) { first } else { candidates.find(|path| exists(path)).unwrap_or(first) };
        Self::new(path, environment, overrides)
    }

    /// Returns the same file, whose absence is an error: somebody named it.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.must_exist = true;
        self
    }

    /// Returns the path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the configuration that holds. What is wrong is told beside it, and never stops the start.
    #[must_use]
    pub fn load(&self) -> Loaded {
        self.load_from(self.read())
    }

    /// The configuration of what was read before.
    pub(super) fn load_from(&self, read: Result<Option<Vec<u8>>, ConfigError>) -> Loaded {
        let bytes = read.as_ref().ok().cloned().flatten();
        let (node, warnings, file_error) = match read.and_then(|bytes| self.checked(bytes)) {
            Ok(Some((node, findings))) => (Some(node), findings.warnings, None),
            Ok(None) => (None, Vec::new(), None),
            Err(error) => (None, Vec::new(), Some(error)),
        };
        let origin = |place| self.origin(place);
        let (mut config, problems) =
            layers::merge(node.as_ref(), &origin, &self.environment, &self.overrides);
        config.warnings = warnings;
        let environment_error = (!problems.is_empty()).then_some(ConfigError::Invalid { problems });
        Loaded { config: Arc::new(config), file_error, environment_error, bytes }
    }

    /// Returns the configuration when the file is sound; for a reload, which keeps the old one else.
    ///
    /// # Errors
    ///
    /// What is wrong with the file.
    pub fn reload(&self) -> Result<Arc<Config>, ConfigError> {
        let loaded = self.load();
        loaded.file_error.map_or(Ok(loaded.config), Err)
    }

    /// Changes the file: all edits or none. What they do not touch stays, be it known or not, and so do comments. The
    /// file that is on the disk *now* is changed, not the one that was loaded. A file that is invalid, and is so after
    /// the edits too, is copied to `<name>.invalid-<seconds since 1970>` and begun anew.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Invalid`] when an edit gives a key what it can not have, [`ConfigError::NotSaved`] when the system
    /// refuses, [`ConfigError::WorldWritable`] and the others of a load. The file is then as it was.
    pub fn save(&self, edits: &[Edit]) -> Result<Saved, ConfigError> {
        let format = Format::of(&self.path)?;
        let not_saved = |source| ConfigError::NotSaved { path: self.path.clone(), source };
        let _lock = save::lock(&self.path);
        let old = match self.read() {
            Ok(bytes) => bytes.unwrap_or_default(),
            Err(ConfigError::Unreadable { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Vec::new()
            }
            Err(error) => return Err(error),
        };
        let sound = |edited: &Edited| self.checked(Some(edited.text.clone().into_bytes())).map(|_| ());
        let was_sound = self.checked(Some(old.clone())).is_ok();
        let in_place = match std::str::from_utf8(&old) {
            Ok(text) => self.edited(format, text, edits),
            Err(_) => Err(self.syntax(None, "this is not UTF-8".to_owned())),
        };
        let in_place = in_place.and_then(|edited| sound(&edited).map(|()| edited));
        let (edited, kept_aside) = match in_place {
            Ok(edited) => (edited, None),
            Err(error) if was_sound => return Err(error),
            Err(_) => {
                let edited = self.edited(format, "", edits)?;
                sound(&edited)?;
                (edited, Some(save::keep_aside(&self.path).map_err(not_saved)?))
            }
        };
        if edited.text.as_bytes() == old && kept_aside.is_none() && exists(&self.path) {
            return Ok(Saved { kept_aside, comments_kept: true });
        }
        fs::create_dir_all(save::directory(&save::target(&self.path))).map_err(not_saved)?;
        save::replace(&self.path, &edited.text).map_err(not_saved)?;
        Ok(Saved { kept_aside, comments_kept: edited.kept && kept_comments(format, &old) })
    }

    /// Makes a file that explains every key and changes nothing.
    ///
    /// # Errors
    ///
    /// [`ConfigError::AlreadyExists`] when there is a file, whatever it is; [`ConfigError::NotSaved`].
    pub fn create_default(&self) -> Result<(), ConfigError> {
        let text = template::text(Format::of(&self.path)?);
        let path = self.path.clone();
        if exists(&path) {
            return Err(ConfigError::AlreadyExists { path });
        }
        save::create(&path, &text).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => ConfigError::AlreadyExists { path },
            _ => ConfigError::NotSaved { path, source },
        })
    }

    /// The bytes of the file; `None` when there is none and need not be one.
    pub(super) fn read(&self) -> Result<Option<Vec<u8>>, ConfigError> {
        let unreadable = |source| ConfigError::Unreadable { path: self.path.clone(), source };
        match fs::metadata(&self.path) {
            Ok(metadata) if !metadata.is_file() => {
                return Err(unreadable(io::Error::other("it is not a regular file")));
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound && !self.must_exist => return Ok(None),
            Err(error) => return Err(unreadable(error)),
        }
        let mut file = File::open(&self.path).map_err(unreadable)?;
        // Asked of the open file: what is checked is what is read.
        self.check_rights(&file.metadata().map_err(unreadable)?)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(unreadable)?;
        Ok(Some(bytes))
    }

    #[cfg(unix)]
    fn check_rights(&self, metadata: &fs::Metadata) -> Result<(), ConfigError> {
        use std::os::unix::fs::PermissionsExt;
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o002 != 0 {
            return Err(ConfigError::WorldWritable { path: self.path.clone(), mode });
        }
        Ok(())
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "elsewhere there are no such bits")]
    fn check_rights(&self, _metadata: &fs::Metadata) -> Result<(), ConfigError> {
        Ok(())
    }

    fn checked(&self, bytes: Option<Vec<u8>>) -> Result<Option<(Node, Findings)>, ConfigError> {
        let Some(bytes) = bytes else { return Ok(None) };
        let format = Format::of(&self.path)?;
        let text = String::from_utf8(bytes).map_err(|_| self.syntax(None, "this is not UTF-8".to_owned()))?;
        let parsed = match format {
            Format::Toml => toml::parse(&text),
            Format::Yaml | Format::Json => yaml::parse(&text),
        };
        let mut node = parsed.map_err(|error| self.syntax(error.position, error.message))?;
        let findings =
            validate::check(&mut node, &|place| self.origin(place), Some(save::directory(&self.path)));
        if findings.problems.is_empty() {
            Ok(Some((node, findings)))
        } else {
            Err(ConfigError::Invalid { problems: findings.problems })
        }
    }

    fn edited(&self, format: Format, text: &str, edits: &[Edit]) -> Result<Edited, ConfigError> {
        let mut edited = Edited { text: text.to_owned(), kept: true };
        for Edit { path, value } in edits {
            let value = value.as_ref().map(Tree::from);
            let next = match format {
                Format::Yaml => yaml_edit::edit(&edited.text, path.segments(), value.as_ref()),
                Format::Toml => toml::edit(&edited.text, path.segments(), value.as_ref())
                    .map(|text| Edited { text, kept: true }),
                Format::Json => edit_json(&edited.text, path.segments(), value),
            };
            let next = next.map_err(|message| self.syntax(None, message))?;
            edited = Edited { kept: edited.kept && next.kept, text: next.text };
        }
        Ok(edited)
    }

    fn origin(&self, place: Option<Place>) -> Origin {
        Origin::File {
            path: self.path.clone(),
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
        }
    }

    fn syntax(&self, position: Option<(usize, usize)>, message: String) -> ConfigError {
        let (line, column) = position.unzip();
        ConfigError::Syntax { origin: Origin::File { path: self.path.clone(), line, column }, message }
    }
}

impl Loaded {
    /// Returns the configuration when nothing at all is wrong.
    ///
    /// # Errors
    ///
    /// What is wrong: with the file, else with the environment.
    pub fn strict(self) -> Result<Arc<Config>, ConfigError> {
        self.file_error.or(self.environment_error).map_or(Ok(self.config), Err)
    }

    /// Returns all that is wrong.
    pub fn errors(&self) -> impl Iterator<Item = &ConfigError> {
        self.file_error.iter().chain(&self.environment_error)
    }
}

impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { config, file_error, environment_error, bytes: _ } = self;
        let mut shown = f.debug_struct("Loaded");
        shown.field("config", config).field("file_error", file_error);
        shown.field("environment_error", environment_error).finish_non_exhaustive()
    }
}

impl fmt::Debug for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.value.is_some() { "set" } else { "remove" };
        write!(f, "Edit({what} {})", self.path)
    }
}

impl Edit {
    /// Returns the edit that gives the key `path` a value.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Invalid`] when this is not the path of a key.
    pub fn set(path: &str, value: impl Into<Json>) -> Result<Self, ConfigError> {
        Ok(Self { path: path.parse()?, value: Some(value.into()) })
    }

    /// Returns the edit that gives the key `path` a value.
    #[must_use]
    pub fn set_at(path: KeyPath, value: Json) -> Self {
        Self { path, value: Some(value) }
    }

    /// Returns the edit that takes the key `path` out of the file.
    #[must_use]
    pub fn remove(path: KeyPath) -> Self {
        Self { path, value: None }
    }

    /// Returns the edit that enables the plugin `id`, or disables it.
    #[must_use]
    pub fn enable(id: &str, enabled: bool) -> Self {
        Self::set_at(KeyPath::new(["plugins", id, "enabled"]), enabled.into())
    }
}

impl Format {
    pub(super) fn of(path: &Path) -> Result<Self, ConfigError> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("yaml" | "yml") => Ok(Self::Yaml),
            Some("toml") => Ok(Self::Toml),
            Some("json") => Ok(Self::Json),
            _ => Err(ConfigError::UnknownFormat { path: path.to_owned() }),
        }
    }
}

/// JSON has no comments to keep: it is written anew.
fn edit_json(text: &str, path: &[String], value: Option<Tree>) -> Result<Edited, String> {
    let mut node = yaml::parse(text).map_err(|error| error.message)?;
    match value {
        Some(tree) => node.set(path, tree),
        None => node.remove(path),
    }
    let text = serde_json::to_string_pretty(&node.tree).map_err(|error| error.to_string())?;
    Ok(Edited { text: text + "\n", kept: true })
}

/// Comments that YAML allows in a file that is named JSON are lost with it.
fn kept_comments(format: Format, old: &[u8]) -> bool {
    format != Format::Json || serde_json::from_slice::<serde::de::IgnoredAny>(old).is_ok() || old.is_empty()
}

/// A link that leads nowhere is there, too: it is not to be replaced.
fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}
