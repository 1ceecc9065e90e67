//! Secrets: what is shown of them, and how `${NAME}` in a setting becomes the value of an environment variable.

use serde_json::{Map, Value as Json};

use super::error::ConfigError;
use super::key::KeyPath;
use super::layers::Environment;
use super::model::Config;

/// What stands where a secret would be shown.
const MASK: &str = "***";

/// Returns the value with every secret replaced by `***`: what stands under a key that is, or ends in `_` and, `secret`,
/// `token` or `password`, in any case of letters.
///
/// ```
/// use rps_plugin_host::config::mask;
/// use serde_json::json;
///
/// let shown = mask(&json!({"user": "eve", "api_token": "abc", "db": [{"PASSWORD": {"old": 1}}]}));
/// assert_eq!(shown, json!({"user": "eve", "api_token": "***", "db": [{"PASSWORD": "***"}]}));
/// ```
#[must_use]
pub fn mask(value: &Json) -> Json {
    match value {
        Json::Object(entries) => {
            let masked = entries.iter().map(|(key, value)| {
                let shown = if is_secret(key) && !value.is_null() { Json::from(MASK) } else { mask(value) };
                (key.clone(), shown)
            });
            Json::Object(masked.collect())
        }
        Json::Array(items) => Json::Array(items.iter().map(mask).collect()),
        other => other.clone(),
    }
}

/// Tells whether what stands under this key is a secret.
pub(super) fn is_secret(key: &str) -> bool {
    let key = key.to_lowercase();
    ["secret", "token", "password"].iter().any(|word| {
        key.strip_suffix(word).is_some_and(|before| before.is_empty() || before.ends_with(['_', '-']))
    })
}

impl Config {
    /// Returns the settings of the plugin `id` for its own eyes: `${NAME}` in a string is the environment variable
    /// `NAME`, and `$${` is the text `${`. The result is never written anywhere.
    ///
    /// # Errors
    ///
    /// [`ConfigError::UnsetVariable`] and [`ConfigError::BadVariable`]; they name the key, not the value.
    ///
    /// ```
    /// use rps_plugin_host::config::{ConfigFile, Environment, Overrides};
    ///
    /// let directory = tempfile::tempdir()?;
    /// let path = directory.path().join("config.yaml");
    /// std::fs::write(&path, "plugins: {db: {settings: {url: 'db://${DB_USER}@host'}}}")?;
    /// let environment = Environment::fixed([("DB_USER", "eve")]);
    /// let config = ConfigFile::new(&path, environment.clone(), Overrides::default()).load().strict()?;
    /// assert_eq!(config.resolved_settings("db", &environment)?["url"], "db://eve@host");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resolved_settings(
        &self,
        id: &str,
        environment: &Environment,
    ) -> Result<Map<String, Json>, ConfigError> {
        let path = KeyPath::new(["plugins", id, "settings"]);
        let Some(plugin) = self.plugins.get(id) else { return Ok(Map::new()) };
        map(&plugin.settings.0, &path, environment)
    }
}

fn map(
    entries: &Map<String, Json>,
    path: &KeyPath,
    environment: &Environment,
) -> Result<Map<String, Json>, ConfigError> {
    let resolved =
        entries.iter().map(|(key, value)| Ok((key.clone(), resolve(value, &path.child(key), environment)?)));
    resolved.collect()
}

fn resolve(value: &Json, path: &KeyPath, environment: &Environment) -> Result<Json, ConfigError> {
    match value {
        Json::String(text) => interpolate(text, path, environment).map(Json::String),
        Json::Array(items) => {
            let items = items.iter().map(|item| resolve(item, path, environment));
            items.collect::<Result<_, _>>().map(Json::Array)
        }
        Json::Object(entries) => map(entries, path, environment).map(Json::Object),
        other => Ok(other.clone()),
    }
}

fn interpolate(text: &str, path: &KeyPath, environment: &Environment) -> Result<String, ConfigError> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, after) = (&rest[..at], &rest[at + 2..]);
        if let Some(escaped) = before.strip_suffix('$') {
            result.push_str(escaped);
            result.push_str("${");
            rest = after;
            continue;
        }
        let named = after.split_once('}').filter(|(name, _)| is_variable(name));
        let Some((name, after)) = named else {
            return Err(ConfigError::BadVariable { key: path.clone() });
        };
        let unset = || ConfigError::UnsetVariable { key: path.clone(), name: name.to_owned() };
        result.push_str(before);
        result.push_str(&environment.get(name).ok_or_else(unset)?);
        rest = after;
    }
    result.push_str(rest);
    Ok(result)
}

fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Environment, KeyPath, interpolate, is_secret};

    fn resolved(text: &str) -> Result<String, String> {
        let environment = Environment::fixed([("A", "1"), ("B_2", "${A}")]);
        interpolate(text, &KeyPath::new(["k"]), &environment).map_err(|error| error.code().to_owned())
    }

    /// DYN-23: a variable is replaced once, `$${` is the text, and what is neither is an error.
    #[test]
    fn dyn_23_variables_are_replaced_at_use() {
        assert_eq!(resolved("x${A}y${B_2}").as_deref(), Ok("x1y${A}"));
        assert_eq!(resolved("$${A} $ {A} $A").as_deref(), Ok("${A} $ {A} $A"));
        for (text, code) in [
            ("${NO}", "plugin::config-unset-variable"),
            ("${}", "plugin::config-bad-variable"),
            ("${A", "plugin::config-bad-variable"),
            ("${1A}", "plugin::config-bad-variable"),
            ("${a b}", "plugin::config-bad-variable"),
        ] {
            assert_eq!(resolved(text), Err(code.to_owned()), "{text}");
        }
    }

    proptest! {
        /// DYN-23: a text without `${` is left as it is.
        #[test]
        fn dyn_23_other_texts_are_left_alone(text in ".*") {
            prop_assume!(!text.contains("${"));
            prop_assert_eq!(resolved(&text).unwrap(), text);
        }
    }

    #[test]
    fn secrets_are_known_by_their_keys() {
        for key in ["token", "api_token", "API-TOKEN", "client_secret", "Password"] {
            assert!(is_secret(key), "{key}");
        }
        for key in ["tokens", "secretary", "notoken", "password_file", ""] {
            assert!(!is_secret(key), "{key}");
        }
    }
}
