//! What a file calls a space: names that every file system takes.

use std::collections::HashSet;

use rps_runtime::Oid;

/// Longer names are not made: with directories and endings a path stays below what file systems allow.
const MAX_LEN: usize = 100;

/// Names that mean something else: to the store, or to Windows.
const RESERVED: &[&str] = &["manifest", "state", "con", "prn", "aux", "nul"];

/// Gives every space a file name that no other has, on file systems that ignore case, too.
#[derive(Debug, Default)]
pub(crate) struct FileNames {
    taken: HashSet<String>,
}

impl FileNames {
    /// Returns the file name of a space, without ending: its name, escaped, or its oid where that can not be.
    pub(crate) fn of_space(&mut self, name: &str, oid: Oid) -> String {
        let escaped = escape(name);
        let folded = escaped.to_ascii_lowercase();
        if is_usable(&folded) && self.taken.insert(folded) {
            escaped
        } else {
            escape_capitals(&oid.to_string())
        }
    }
}

/// Returns the name with everything but letters and digits of ASCII, `-`, `_` and inner blanks as `%xx`.
fn escape(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for (at, byte) in name.bytes().enumerate() {
        let inner = at > 0 && at + 1 < name.len();
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') || byte == b' ' && inner {
            escaped.push(byte as char);
        } else {
            escaped.push_str(&format!("%{byte:02x}"));
        }
    }
    escaped
}

fn is_usable(folded: &str) -> bool {
    let is_device = |prefix: &str| {
        folded.strip_prefix(prefix).is_some_and(|rest| rest.len() == 1 && rest.as_bytes()[0].is_ascii_digit())
    };
    // A name that begins with an underscore could be that of another space's oid.
    !folded.is_empty()
        && folded.len() <= MAX_LEN
        && !folded.starts_with('_')
        && !RESERVED.contains(&folded)
        && !is_device("com")
        && !is_device("lpt")
}

/// Returns the path of a file of a space, given how many digits it is called by and its first object.
pub(crate) fn path_of(base: &str, digits: usize, first: Oid) -> String {
    match digits {
        0 => format!("{base}.json"),
        _ => format!("{base}/{}.json", escape_capitals(&first.to_string()[1..=digits])),
    }
}

/// Returns digits of an oid so that they differ on file systems that ignore case: `A` becomes `+a`.
pub(crate) fn escape_capitals(digits: &str) -> String {
    let mut escaped = String::with_capacity(digits.len());
    for char in digits.chars() {
        if char.is_ascii_uppercase() {
            escaped.push('+');
        }
        escaped.push(char.to_ascii_lowercase());
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::is_sound_path;

    #[test]
    fn any_name_becomes_a_file_name_rps_8() {
        let oid = Oid::known("_8J6vNYtP5E800eCr5q");
        let of_oid = "_8+j6v+n+yt+p5+e800e+cr5q";
        let name = |name: &str| FileNames::default().of_space(name, oid);
        assert_eq!(name("my space"), "my space");
        assert_eq!(name("../x"), "%2e%2e%2fx");
        assert_eq!(name("é.b "), "%c3%a9%2eb%20");
        for unusable in ["", "CON", "com1", "manifest", "State", "_x", &"x".repeat(300), &"é".repeat(40)] {
            assert_eq!(name(unusable), of_oid, "{unusable}");
        }
        for any in ["..", "a/b", "\0", "a:b", "\u{202e}", "100%", " a ", "-"] {
            assert!(is_sound_path(&format!("{}/0.json", name(any))), "{any}");
        }
        let mut names = FileNames::default();
        assert_eq!(names.of_space("Core", oid), "Core");
        assert_eq!(names.of_space("core", oid), of_oid);
    }
}
