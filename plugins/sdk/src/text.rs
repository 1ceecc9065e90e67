//! Texts for C, made and checked while the plugin is compiled.

use core::ffi::CStr;

use rps_plugin_abi::MAX_NAME;

/// Returns the text with a zero byte at its end.
///
/// # Panics
///
/// While the plugin is compiled: if `N` is not one more than the text has, or the text has a zero byte.
pub const fn terminated<const N: usize>(text: &str) -> [u8; N] {
    let text = text.as_bytes();
    assert!(text.len() + 1 == N, "a text for C has a zero byte at its end");
    let mut bytes = [0; N];
    let mut index = 0;
    while index < text.len() {
        assert!(text[index] != 0, "a text of a plugin has no zero byte inside");
        bytes[index] = text[index];
        index += 1;
    }
    bytes
}

/// Checks the id of a plugin.
///
/// # Panics
///
/// While the plugin is compiled, unless it has 1 to 128 lower-case letters, digits, `_`, `-` and `.`, the first a letter.
pub(crate) const fn check_id(id: &str) {
    let id = id.as_bytes();
    assert!(!id.is_empty(), "the ID of a plugin is empty");
    assert!(id.len() <= MAX_NAME, "the ID of a plugin is longer than 128 bytes");
    assert!(id[0].is_ascii_lowercase(), "the ID of a plugin begins with a lower-case letter");
    let mut index = 0;
    while index < id.len() {
        assert!(
            matches!(id[index], b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.'),
            "the ID of a plugin has lower-case letters, digits, `_`, `-` and `.` only"
        );
        index += 1;
    }
}

/// Checks the version of a plugin, as far as that goes without its crate: three numbers, then perhaps `-` or `+` and more.
///
/// # Panics
///
/// While the plugin is compiled, unless it is so.
pub(crate) const fn check_version(version: &str) {
    let version = version.as_bytes();
    let mut index = 0;
    let mut numbers = 0;
    while numbers < 3 {
        let begin = index;
        while index < version.len() && version[index].is_ascii_digit() {
            index += 1;
        }
        assert!(index > begin, "the VERSION of a plugin is three numbers, such as 1.0.0");
        assert!(
            index == begin + 1 || version[begin] != b'0',
            "a number in the VERSION of a plugin has no zero before it"
        );
        numbers += 1;
        if numbers < 3 {
            assert!(
                index < version.len() && version[index] == b'.',
                "the VERSION of a plugin is three numbers with dots between, such as 1.0.0"
            );
            index += 1;
        }
    }
    assert!(
        index == version.len() || version[index] == b'-' || version[index] == b'+',
        "behind the three numbers, the VERSION of a plugin has nothing, `-` or `+`"
    );
}

/// Checks the name of an implementation, a payload type or the like.
///
/// # Panics
///
/// If it is empty, longer than 128 bytes, or has a control character; in a constant, while the plugin is compiled.
pub(crate) const fn check_name(name: &CStr) {
    let name = name.to_bytes();
    assert!(!name.is_empty(), "a name is empty");
    assert!(name.len() <= MAX_NAME, "a name is longer than 128 bytes");
    let mut index = 0;
    while index < name.len() {
        assert!(name[index] > b' ' && name[index] != 0x7F, "a name has a space or control character");
        index += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panics(check: impl FnOnce() + std::panic::UnwindSafe) -> bool {
        std::panic::catch_unwind(check).is_err()
    }

    #[test]
    fn ids() {
        check_id("geo");
        check_id("acme.geo-2_x");
        for bad in ["", "Geo", "2d", "geo/x", "g\u{e9}o", &"x".repeat(129)] {
            assert!(panics(|| check_id(bad)), "{bad}");
        }
    }

    #[test]
    fn versions() {
        for good in ["0.1.0", "10.20.30", "1.0.0-beta.1", "1.0.0+7"] {
            check_version(good);
        }
        for bad in ["", "1", "1.0", "1.0.", "1.0.0.0", "01.0.0", "v1.0.0", "1.0.x"] {
            assert!(panics(|| check_version(bad)), "{bad}");
        }
    }

    #[test]
    fn a_text_ends_in_zero() {
        assert_eq!(terminated::<4>("geo"), *b"geo\0");
        assert!(panics(|| {
            terminated::<4>("g\0o");
        }));
    }
}
