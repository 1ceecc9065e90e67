//! Text with comments, made into JSON in place: what is no JSON becomes blanks, so that offsets and lines stay.

use std::ops::Range;

use crate::json::string_end;

/// A part of a text that was blanked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remark {
    pub(super) range: Range<usize>,
    /// A line that begins with `#`: RefPerSys's loader skips those before JSON is parsed.
    pub(super) is_hash: bool,
}

/// Replaces the comments in `text[range]` by blanks, and returns where they were.
///
/// Comments are `// …`, `/* … */`, and lines whose first character is `#`. A string ends at its line: an unclosed one
/// must not hide everything below it.
pub(super) fn blank(text: &mut [u8], range: Range<usize>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let rest = &text[at..range.end];
        let is_line_start = at == 0 || text[at - 1] == b'\n';
        let len = match rest {
            [b'#', ..] if is_line_start => line_len(rest),
            [b'/', b'/', ..] => line_len(rest),
            [b'/', b'*', ..] => memchr::memmem::find(&rest[2..], b"*/").map_or(rest.len(), |end| end + 4),
            [b'"', ..] => {
                at += string_end(&rest[..line_len(rest)], 0);
                continue;
            }
            _ => {
                at += 1;
                continue;
            }
        };
        remarks.push(Remark { range: at..at + len, is_hash: rest[0] == b'#' });
        for byte in text[at..at + len].iter_mut().filter(|byte| **byte != b'\n') {
            *byte = b' ';
        }
        at += len;
    }
    remarks
}

/// Returns the extent of the first JSON value in `text[range]`, which has no comments any more.
///
/// Only brackets are matched: whether it is JSON is for the parser to say. A value without end reaches to the end.
pub(super) fn first_value(text: &[u8], range: Range<usize>) -> Option<Range<usize>> {
    let is_blank = |byte: &u8| byte.is_ascii_whitespace();
    let start = range.start + text[range.clone()].iter().position(|byte| !is_blank(byte))?;
    if !matches!(text[start], b'{' | b'[') {
        let end = text[start..range.end].iter().position(is_blank).map_or(range.end, |len| start + len);
        return Some(start..end);
    }
    let mut depth = 0usize;
    let mut at = start;
    while at < range.end {
        match text[at] {
            b'"' => {
                let rest = &text[at..range.end];
                at += string_end(&rest[..line_len(rest)], 0);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(start..at);
        }
    }
    Some(start..range.end)
}

fn line_len(text: &[u8]) -> usize {
    memchr::memchr(b'\n', text).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blanked(text: &str) -> (String, usize) {
        let mut bytes = text.as_bytes().to_vec();
        let remarks = blank(&mut bytes, 0..text.len());
        (String::from_utf8(bytes).unwrap(), remarks.len())
    }

    #[test]
    fn comments_become_blanks_and_nothing_moves() {
        assert_eq!(blanked("[1, // é\n2]"), ("[1,      \n2]".to_owned(), 1));
        assert_eq!(blanked("[/* a\n*/1]"), ("[    \n  1]".to_owned(), 1));
        assert_eq!(
            blanked("{\n# wrong\n\"a\": \"# // /* \\\" //\" #\n}"),
            ("{\n       \n\"a\": \"# // /* \\\" //\" #\n}".to_owned(), 1)
        );
        assert_eq!(blanked("[1 /* open"), ("[1        ".to_owned(), 1));
        assert_eq!(blanked("\"open // no\n// yes"), ("\"open // no\n      ".to_owned(), 1));
    }

    #[test]
    fn the_first_value_is_found_by_its_brackets() {
        let value =
            |text: &str| first_value(text.as_bytes(), 0..text.len()).map(|range| text[range].to_owned());
        assert_eq!(
            value(" \n{\"a\": \"}\", \"b\": [{}]} junk").as_deref(),
            Some("{\"a\": \"}\", \"b\": [{}]}")
        );
        assert_eq!(value("  ").as_deref(), None);
        assert_eq!(value("[1, 2").as_deref(), Some("[1, 2"));
        assert_eq!(value("junk {}").as_deref(), Some("junk"));
        assert_eq!(value("{\"open }\n} x").as_deref(), Some("{\"open }\n}"));
    }
}
