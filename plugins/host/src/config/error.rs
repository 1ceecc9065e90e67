//! Why a configuration was not read, not taken or not saved.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::key::KeyPath;

/// Where a value came from, or a problem with it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// Nothing was said: the default.
    Default,
    /// The file, with the place in it: line and column count from 1.
    File {
        /// The file.
        path: PathBuf,
        /// The line, when it is known.
        line: Option<usize>,
        /// The column in characters, when it is known.
        column: Option<usize>,
    },
    /// The environment variable of this name.
    Environment(String),
    /// The command line, or another call that gives a value.
    Given,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line: Some(line), column: Some(column) } => {
                write!(f, "{}:{line}:{column}", path.display())
            }
            Self::File { path, .. } => write!(f, "{}", path.display()),
            Self::Environment(name) => write!(f, "${name}"),
            Self::Given => f.write_str("command line"),
        }
    }
}

/// One thing that is wrong, or odd, with one key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The stable code.
    pub code: &'static str,
    /// The key.
    pub key: KeyPath,
    /// Where the value stands.
    pub origin: Origin,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Problem {
    pub(super) fn new(key: KeyPath, origin: Origin, message: impl Into<String>) -> Self {
        Self { code: "plugin::config-invalid", key, origin, message: message.into(), hint: None }
    }

    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn with_code(mut self, code: &'static str) -> Self {
        self.code = code;
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: `{}`: {}", self.origin, self.key, self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, " ({hint})")?;
        }
        Ok(())
    }
}

/// Why a configuration was not read, not taken or not saved.
///
/// The text begins with "Configuration error: "; [`code`](Self::code) is stable, and [`hint`](Self::hint) says what to
/// do. No text holds the value of a plugin's setting: it may be a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file can not be read.
    #[error("Configuration error: can not read `{}`: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Everybody may write the file, so nobody knows who did: it is not read.
    #[error("Configuration error: `{}` is ignored: every user may write it (mode {mode:03o})", path.display())]
    WorldWritable {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The name of the file does not say what it is written in.
    #[error("Configuration error: `{}` is neither YAML, TOML nor JSON by its name", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// The text is not what the name of the file says.
    #[error("Configuration error: {origin}: {message}")]
    Syntax {
        /// Where.
        origin: Origin,
        /// What the parser says.
        message: String,
    },
    /// Values that are not allowed: all of them.
    #[error("Configuration error: {}", list(problems))]
    Invalid {
        /// Everything that is wrong, in the order of the file.
        problems: Vec<Problem>,
    },
    /// A setting names an environment variable that is not set.
    #[error("Configuration error: `{key}` needs the environment variable `{name}`, which is not set")]
    UnsetVariable {
        /// The setting.
        key: KeyPath,
        /// The variable.
        name: String,
    },
    /// A setting has a `${` that is not a variable.
    #[error("Configuration error: `{key}` has a `${{` that is not followed by a name and `}}`")]
    BadVariable {
        /// The setting.
        key: KeyPath,
    },
    /// A default file was asked for where a file is.
    #[error("Configuration error: `{}` exists already", path.display())]
    AlreadyExists {
        /// The file.
        path: PathBuf,
    },
    /// The file was not saved; it is as it was.
    #[error("Configuration error: can not save `{}`: {source}", path.display())]
    NotSaved {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The directory of the file can not be watched.
    #[error("Configuration error: can not watch `{}`: {source}", path.display())]
    NotWatched {
        /// The directory.
        path: PathBuf,
        /// What the watcher said.
        source: notify::Error,
    },
}

impl ConfigError {
    /// Returns the stable code of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "plugin::config-unreadable",
            Self::WorldWritable { .. } => "plugin::config-world-writable",
            Self::UnknownFormat { .. } => "plugin::config-unknown-format",
            Self::Syntax { .. } => "plugin::config-syntax",
            Self::Invalid { .. } => "plugin::config-invalid",
            Self::UnsetVariable { .. } => "plugin::config-unset-variable",
            Self::BadVariable { .. } => "plugin::config-bad-variable",
            Self::AlreadyExists { .. } => "plugin::config-exists",
            Self::NotSaved { .. } => "plugin::config-not-saved",
            Self::NotWatched { .. } => "plugin::config-not-watched",
        }
    }

    /// Returns what to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Unreadable { .. } => "check that the file is there and that you may read it".to_owned(),
            Self::WorldWritable { path, .. } => {
                format!("take the right away, as with `chmod o-w {}`", path.display())
            }
            Self::UnknownFormat { .. } => "name it *.yaml, *.yml, *.toml or *.json".to_owned(),
            Self::Syntax { .. } => "correct the file; until then the defaults are used".to_owned(),
            Self::Invalid { problems } => match problems.iter().find_map(|problem| problem.hint.clone()) {
                Some(hint) => hint,
                None => "correct the values".to_owned(),
            },
            Self::UnsetVariable { name, .. } => {
                format!("set `{name}`, or write `$${{{name}}}` for the text itself")
            }
            Self::BadVariable { .. } => "write `$${` for the text `${` itself".to_owned(),
            Self::AlreadyExists { .. } => "move it away first".to_owned(),
            Self::NotSaved { .. } => {
                "check the rights on the directory and the space on the device".to_owned()
            }
            Self::NotWatched { .. } => "make the directory, or reload by hand".to_owned(),
        }
    }

    /// Returns all that is wrong with values; empty for the other errors.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Invalid { problems } => problems,
            _ => &[],
        }
    }
}

fn list(problems: &[Problem]) -> String {
    match problems {
        [one] => one.to_string(),
        many => {
            let lines: String = many.iter().map(|problem| format!("\n  {problem}")).collect();
            format!("{} problems{lines}", many.len())
        }
    }
}
