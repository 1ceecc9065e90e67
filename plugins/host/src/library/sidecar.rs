//! Sidecars: what a file beside a library says of it, so that the library is opened at its first use only.

use std::path::{Path, PathBuf};

use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};

use super::descriptor::{Description, Requirement};
use crate::error::LoadError;

/// How the names of sidecars end.
pub const SIDECAR_SUFFIX: &str = ".plugin.json";
const FORMAT: &str = "rps-plugin-1";

/// What a sidecar says.
#[derive(Clone, Debug, PartialEq)]
pub struct Sidecar {
    /// What the plugin says of itself.
    pub description: Description,
    /// The library's file, beside the sidecar.
    pub library: PathBuf,
    /// The BLAKE3 hash of the library, as 64 hexadecimal digits; it is checked before the library is opened.
    pub blake3: Option<String>,
    /// What it registers.
    pub declared: Vec<Declared>,
}

/// An extension that a plugin registers once it is loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    /// The point.
    pub point: String,
    /// The name at the point.
    pub name: String,
    /// Higher ones come first.
    #[serde(default)]
    pub priority: i32,
    /// Of a function: how many arguments it takes, 255 for any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arity: Option<u8>,
    /// Of a function: the class whose method it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receiver: Option<String>,
    /// What it does; of a payload type the class; of a command its summary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// Of a payload type: the hash of its schema, as 16 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Of a codec: what its frames begin with, as 8 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub magic: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Mirror {
    format: String,
    id: String,
    version: Version,
    #[serde(default)]
    name: String,
    #[serde(default)]
    description: String,
    library: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    blake3: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    requires: Vec<MirrorRequirement>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    provides: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    host_extensions: Vec<String>,
    #[serde(default)]
    extensions: Vec<Declared>,
}

#[derive(Serialize, Deserialize)]
struct MirrorRequirement {
    id: String,
    #[serde(default)]
    version: VersionReq,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    optional: bool,
}

impl Sidecar {
    /// Reads the sidecar in a file.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is none.
    pub fn read(path: &Path) -> Result<Sidecar, LoadError> {
        let bytes = std::fs::read(path)
            .map_err(|error| LoadError::File { path: path.to_path_buf(), message: error.to_string() })?;
        let wrong = |problem: String| LoadError::NotALibrary {
            path: path.to_path_buf(),
            problem: format!("is no sidecar of a plugin: {problem}"),
        };
        let mirror: Mirror = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
        if mirror.format != FORMAT {
            return Err(wrong(format!("its format is `{}`, and `{FORMAT}` is known", mirror.format)));
        }
        super::check_id(&mirror.id).map_err(|problem| wrong(format!("its id {problem}")))?;
        let library = Path::new(&mirror.library);
        // It names a file beside itself, no other one.
        if library.file_name() != Some(library.as_os_str()) {
            return Err(wrong(format!("`{}` is no name of a file", mirror.library)));
        }
        let library = path.parent().unwrap_or(Path::new("")).join(library);
        let requires = mirror.requires.into_iter();
        let requires = requires
            .map(|requirement| Requirement {
                id: requirement.id,
                version: requirement.version,
                is_optional: requirement.optional,
            })
            .collect();
        let name = if mirror.name.is_empty() { mirror.id.clone() } else { mirror.name };
        let description = Description {
            id: mirror.id,
            version: mirror.version,
            name,
            description: mirror.description,
            requires,
            provides: mirror.provides,
            extensions: mirror.host_extensions,
        };
        Ok(Sidecar { description, library, blake3: mirror.blake3, declared: mirror.extensions })
    }

    /// Returns the sidecar's text: what is written beside the library.
    pub fn to_text(&self) -> String {
        let description = &self.description;
        let requires = description.requires.iter();
        let mirror = Mirror {
            format: FORMAT.into(),
            id: description.id.clone(),
            version: description.version.clone(),
            name: description.name.clone(),
            description: description.description.clone(),
            library: self.library.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            blake3: self.blake3.clone(),
            requires: requires
                .map(|requirement| MirrorRequirement {
                    id: requirement.id.clone(),
                    version: requirement.version.clone(),
                    optional: requirement.is_optional,
                })
                .collect(),
            provides: description.provides.clone(),
            host_extensions: description.extensions.clone(),
            extensions: self.declared.clone(),
        };
        let mut text = serde_json::to_string_pretty(&mirror).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Returns the path of the sidecar of a library.
    pub fn path_of(library: &Path) -> PathBuf {
        let stem = library.file_stem().unwrap_or_default().to_string_lossy();
        library.with_file_name(format!("{stem}{SIDECAR_SUFFIX}"))
    }
}
