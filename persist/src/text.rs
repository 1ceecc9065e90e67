//! What every text file of a store must be, whichever its format: not empty, not huge, UTF-8, LF, and merged.

use std::path::Path;

use memchr::memmem;

use crate::{Code, Place, Problem};

/// Limits on the size of files, in bytes: a file above is refused before anything of it is parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of a manifest.
    pub manifest: u64,
    /// Of a space file.
    pub space_file: u64,
}

impl Default for Limits {
    /// Returns 256 MiB for manifests, and for space files what four-byte offsets can address.
    fn default() -> Self {
        Self { manifest: 256 << 20, space_file: u64::from(u32::MAX) }
    }
}

/// Returns the text of a file whose encoding is sound.
///
/// # Errors
///
/// The first problem of: too large, empty, a byte order mark, not UTF-8.
pub fn decode<'t>(file: &Path, bytes: &'t [u8], limit: u64) -> Result<&'t str, Problem> {
    check_extent(file, bytes, limit)?;
    std::str::from_utf8(bytes).map_err(|error| not_utf8(file, bytes, error.valid_up_to()))
}

/// Checks what can be told from the two ends of a file: that it is neither too large nor empty, and has no byte order mark.
pub(crate) fn check_extent(file: &Path, bytes: &[u8], limit: u64) -> Result<(), Problem> {
    if bytes.len() as u64 > limit {
        let message = format!("the file has {} bytes, {limit} are allowed", bytes.len());
        return Err(Problem::error(Code::TooLarge, file, message));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Problem::error(Code::EmptyFile, file, "the file is empty"));
    }
    if let Some(name) = byte_order_mark(bytes) {
        return Err(Problem::error(
            Code::Bom,
            file,
            format!("the file begins with a byte order mark of {name}"),
        ));
    }
    Ok(())
}

/// Returns the problem of the byte at `offset`, at which the text stops being UTF-8.
pub(crate) fn not_utf8(file: &Path, bytes: &[u8], offset: usize) -> Problem {
    let message = match bytes.get(offset) {
        Some(byte) if offset + 4 > bytes.len() => {
            format!("byte 0x{byte:02x} near the end is not UTF-8; the file may be cut off")
        }
        Some(byte) => format!("byte 0x{byte:02x} is not UTF-8"),
        None => "the text is not UTF-8".to_owned(),
    };
    Problem::error(Code::NotUtf8, file, message).at(Place::of_offset(bytes, offset))
}

/// Returns the name of the encoding whose byte order mark comes first.
pub(crate) fn byte_order_mark(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xEF, 0xBB, 0xBF, ..] => Some("UTF-8"),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => Some("UTF-16"),
        _ => None,
    }
}

/// Returns the problem of the first line that ends in a carriage return, if there is one.
#[must_use]
pub fn carriage_return(file: &Path, bytes: &[u8]) -> Option<Problem> {
    let offset = memchr::memchr(b'\r', bytes)?;
    let message = "the line ends in a carriage return";
    Some(Problem::error(Code::Crlf, file, message).at_line(Place::of_offset(bytes, offset).line))
}

/// Returns the problem of the first conflict marker of git, if there is one.
#[must_use]
pub fn conflict_marker(file: &Path, bytes: &[u8]) -> Option<Problem> {
    let offset = find_conflict_marker(bytes)?;
    let message = "git left a conflict marker here";
    Some(Problem::error(Code::ConflictMarkers, file, message).at_line(Place::of_offset(bytes, offset).line))
}

/// Returns the offset of the first line that is a conflict marker.
///
/// Only the outer two markers are looked for: the inner ones (`=======`, `|||||||`) come in their company.
pub(crate) fn find_conflict_marker(bytes: &[u8]) -> Option<usize> {
    let find = |marker: &[u8]| memmem::find_iter(bytes, marker).find(|at| *at == 0 || bytes[at - 1] == b'\n');
    match (find(b"<<<<<<< "), find(b">>>>>>> ")) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_of(bytes: &[u8]) -> (Code, Option<Place>) {
        let problem = decode(Path::new("f"), bytes, 100).unwrap_err();
        (problem.code, problem.place)
    }

    #[test]
    fn unsound_encodings_are_told_apart() {
        assert_eq!(decode(Path::new("f"), "hé".as_bytes(), 100), Ok("hé"));
        assert_eq!(code_of(b" \n"), (Code::EmptyFile, None));
        assert_eq!(code_of(&[b'x'; 101]), (Code::TooLarge, None));
        assert_eq!(code_of(b"\xEF\xBB\xBF{}"), (Code::Bom, None));
        assert_eq!(code_of(b"\xFF\xFE{\0"), (Code::Bom, None));
        assert_eq!(code_of(b"ab\nc\xFFdefgh"), (Code::NotUtf8, Some(Place { line: 2, column: 2 })));
    }

    #[test]
    fn line_ends_and_conflict_markers_are_found_with_their_line() {
        let file = Path::new("f");
        assert_eq!(carriage_return(file, b"a\nb"), None);
        assert_eq!(carriage_return(file, b"a\nb\r\n").unwrap().place.unwrap().line, 2);
        assert_eq!(conflict_marker(file, b"a <<<<<<< b\n=======\n"), None);
        let problem = conflict_marker(file, b"{\n<<<<<<< ours\n1\n=======\n2\n>>>>>>> theirs\n").unwrap();
        assert_eq!((problem.code, problem.place.unwrap().line), (Code::ConflictMarkers, 2));
        assert_eq!(conflict_marker(file, b"1\n>>>>>>> theirs\n").unwrap().place.unwrap().line, 2);
    }
}
