//! The version handshake: `format` is the first key of every native file, and is looked at before anything else.

use std::path::Path;

use crate::json::string_end;
use crate::{Code, Place, Problem};

/// The format that this version reads and writes.
pub const FORMAT: &str = "repersys-1";

/// Checks that a native file says [`FORMAT`] in its first key.
///
/// # Errors
///
/// [`Code::UnknownFormat`], naming both formats, or [`Code::Truncated`] when the file ends before.
pub fn check(file: &Path, text: &[u8]) -> Result<(), Problem> {
    let problem =
        |code, message: String| Err(Problem::error(code, file, message).at(Place { line: 1, column: 1 }));
    match leading_format(text) {
        Leading::Format(FORMAT) => Ok(()),
        Leading::Format(other) => problem(
            Code::UnknownFormat,
            format!("the file has the format `{other}`, and this version reads `{FORMAT}`"),
        ),
        Leading::Cut => problem(Code::Truncated, "the file ends within its first key".to_owned()),
        Leading::Other => {
            problem(Code::UnknownFormat, format!("the file does not begin with `{{\"format\":\"{FORMAT}\"`"))
        }
    }
}

enum Leading<'t> {
    Format(&'t str),
    Cut,
    Other,
}

/// Returns the value of the first key, if that is `format`.
fn leading_format(text: &[u8]) -> Leading<'_> {
    let mut at = 0;
    for token in ["{", "\"format\"", ":"] {
        at += blanks(&text[at..]);
        let (found, wanted) = (&text[at..], token.as_bytes());
        if !found.starts_with(wanted) {
            return if wanted.starts_with(found) { Leading::Cut } else { Leading::Other };
        }
        at += wanted.len();
    }
    at += blanks(&text[at..]);
    match text.get(at) {
        None => Leading::Cut,
        Some(b'"') => match std::str::from_utf8(&text[at..string_end(text, at)]) {
            Ok(quoted) if quoted.len() >= 2 && quoted.ends_with('"') => {
                Leading::Format(&quoted[1..quoted.len() - 1])
            }
            _ => Leading::Cut,
        },
        Some(_) => Leading::Other,
    }
}

fn blanks(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_key_decides_rps_8() {
        let check = |text: &str| {
            check(Path::new("f"), text.as_bytes()).map_err(|problem| (problem.code, problem.message))
        };
        assert_eq!(check("{\"format\":\"repersys-1\"\n,\"x\":"), Ok(()));
        assert_eq!(check(" {\n \"format\" : \"repersys-1\"}"), Ok(()));
        let (code, message) = check(r#"{"format":"repersys-9","x":1}"#).unwrap_err();
        assert_eq!(code, Code::UnknownFormat);
        assert!(message.contains("`repersys-9`") && message.contains("`repersys-1`"), "{message}");
        for other in ["[]", r#"{"spaces":[],"format":"repersys-1"}"#, r#"{"format":1}"#, "///. header"] {
            assert_eq!(check(other).unwrap_err().0, Code::UnknownFormat, "{other}");
        }
        for cut in ["{", r#"{"form"#, r#"{"format""#, r#"{"format":"#, r#"{"format":"repersys-1"#] {
            assert_eq!(check(cut).unwrap_err().0, Code::Truncated, "{cut}");
        }
    }
}
