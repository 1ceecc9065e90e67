//! The path of a key: `plugins.zip.enabled`, and `plugins."org.zip".enabled` where a name has a dot.

use std::fmt;
use std::str::FromStr;

use super::error::{ConfigError, Origin, Problem};

/// The path of a key from the root of the file.
///
/// ```
/// use rps_plugin_host::config::KeyPath;
///
/// let path: KeyPath = r#"plugins."org.zip".enabled"#.parse()?;
/// assert_eq!(path.segments(), ["plugins", "org.zip", "enabled"]);
/// assert_eq!(path.to_string(), r#"plugins."org.zip".enabled"#);
/// # Ok::<(), rps_plugin_host::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyPath(Vec<String>);

impl KeyPath {
    /// Returns the path of these names, taken as they are: a dot in one is part of it.
    pub fn new<S: Into<String>>(segments: impl IntoIterator<Item = S>) -> Self {
        Self(segments.into_iter().map(Into::into).collect())
    }

    /// Returns the names, outermost first.
    #[must_use]
    pub fn segments(&self) -> &[String] {
        &self.0
    }

    /// Returns the path of the key `name` below this one.
    #[must_use]
    pub fn child(&self, name: &str) -> Self {
        let mut segments = self.0.clone();
        segments.push(name.to_owned());
        Self(segments)
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            if segment.is_empty() || segment.contains(['.', '"', '\\']) {
                write!(f, "\"{}\"", segment.replace('\\', "\\\\").replace('"', "\\\""))?;
            } else {
                f.write_str(segment)?;
            }
        }
        Ok(())
    }
}

impl FromStr for KeyPath {
    type Err = ConfigError;

    /// Reads a path as it is written: names between dots, a name with a dot in double quotes.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Invalid`] for an empty name or a quote that is not closed.
    fn from_str(text: &str) -> Result<Self, ConfigError> {
        parse(text).map(Self).ok_or_else(|| ConfigError::Invalid {
            problems: vec![
                Problem::new(KeyPath::new([text]), Origin::Given, "this is not the path of a key")
                    .with_hint("write names between dots; a name with a dot in double quotes"),
            ],
        })
    }
}

fn parse(text: &str) -> Option<Vec<String>> {
    let mut segments = Vec::new();
    let mut rest = text.chars().peekable();
    loop {
        let mut name = String::new();
        if rest.next_if_eq(&'"').is_some() {
            loop {
                match rest.next()? {
                    '"' => break,
                    '\\' => name.push(rest.next()?),
                    other => name.push(other),
                }
            }
        } else {
            while let Some(character) = rest.next_if(|&c| c != '.') {
                if character == '"' {
                    return None;
                }
                name.push(character);
            }
            if name.is_empty() {
                return None;
            }
        }
        segments.push(name);
        match rest.next() {
            None => return Some(segments),
            Some('.') => {}
            Some(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::KeyPath;

    proptest! {
        /// Whatever the names are, the written path reads back as the same names.
        #[test]
        fn what_is_written_reads_back(names in prop::collection::vec(".{0,8}", 1..5)) {
            let path = KeyPath::new(names);
            prop_assert_eq!(path.to_string().parse::<KeyPath>().unwrap(), path);
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in ["", ".", "a.", ".a", "a..b", "\"a", "a\"b", "\"a\"b"] {
            assert!(text.parse::<KeyPath>().is_err(), "{text}");
        }
    }
}
