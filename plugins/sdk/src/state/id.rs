use std::borrow::Cow;
use std::fmt;

use rps_plugin_abi::MAX_NAME;

/// The name of a state, `namespace/name`: lower-case letters, digits, `_`, `-` and `.`, each part begins with a letter.
///
/// ```
/// use rps_plugin::StateId;
///
/// const ID: StateId = StateId::from_static("counter/total");
/// assert_eq!(ID.as_str(), "counter/total");
/// assert!(StateId::new("no namespace").is_err());
/// ```
///
/// A wrong constant is an error of compilation:
///
/// ```compile_fail
/// # use rps_plugin::StateId;
/// const ID: StateId = StateId::from_static("Counter");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StateId(Cow<'static, str>);

impl StateId {
    /// Returns the id.
    ///
    /// # Panics
    ///
    /// If it is not one; in a constant, while the plugin is compiled.
    pub const fn from_static(id: &'static str) -> StateId {
        assert!(
            is_valid(id),
            "a state's id is `namespace/name` of lower-case letters, digits, `_`, `-` and `.`"
        );
        StateId(Cow::Borrowed(id))
    }

    /// Returns the id.
    ///
    /// # Errors
    ///
    /// If it is not one.
    pub fn new(id: impl Into<String>) -> Result<StateId, InvalidStateId> {
        let id = id.into();
        if is_valid(&id) { Ok(StateId(Cow::Owned(id))) } else { Err(InvalidStateId(id)) }
    }

    /// Returns it as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StateId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A text that is no [`StateId`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidStateId(pub String);

impl fmt::Display for InvalidStateId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} is not the id of a state: write namespace/name", self.0)
    }
}

impl std::error::Error for InvalidStateId {}

const fn is_valid(id: &str) -> bool {
    let id = id.as_bytes();
    let (mut index, mut slashes, mut first) = (0, 0, true);
    while index < id.len() {
        match id[index] {
            b'/' if !first => {
                slashes += 1;
                first = true;
            }
            b'a'..=b'z' => first = false,
            b'0'..=b'9' | b'_' | b'-' | b'.' if !first => {}
            _ => return false,
        }
        index += 1;
    }
    slashes == 1 && !first && id.len() <= MAX_NAME
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bmux_13_ids_are_checked() {
        for good in ["a/b", "acme.geo/last-point_2"] {
            assert!(StateId::new(good).is_ok(), "{good}");
        }
        for bad in ["", "a", "/", "a/", "/b", "a/b/c", "A/b", "a/2", "a b/c", "a/\u{e9}"] {
            assert_eq!(StateId::new(bad), Err(InvalidStateId(bad.to_owned())));
        }
        assert!(StateId::new(format!("a/{}", "b".repeat(126))).is_ok());
        assert!(StateId::new(format!("a/{}", "b".repeat(127))).is_err());
    }
}
