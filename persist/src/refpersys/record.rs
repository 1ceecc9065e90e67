//! One object of a space file, as text.

use std::ops::Range;

use rps_runtime::Oid;

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The line, from 1.
    pub number: u32,
    /// Where its text is, without the line end.
    pub range: Range<usize>,
}

/// One object of a space file: where its parts are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The object, as its start line says.
    pub oid: Oid,
    /// The start line, `//+ob…`.
    pub start: Line,
    /// The line that older formats put below, `//∈…`.
    pub class: Option<Line>,
    /// Where the JSON is; empty when there is none.
    pub json: Range<usize>,
    /// The line on which the JSON begins.
    pub json_line: u32,
    /// The end line, `//-ob…`.
    pub end: Option<Line>,
    /// Comments that someone wrote, and lines that begin with `#`: within the record, or between it and the next one.
    pub remarks: Vec<Line>,
}

/// What a line of a space file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineKind<'t> {
    /// `//+ob` and an oid; `is_indented` when blanks come before.
    Start { oid: &'t str, is_indented: bool },
    /// `//+ob` and no oid.
    BadStart,
    /// `//-ob` and what follows.
    End(&'t str),
    /// `//∈` and what follows.
    Class,
    /// The last line of a dumped file.
    Trailer,
    /// Anything else.
    Other,
}

impl<'t> LineKind<'t> {
    pub(super) fn of(line: &'t str) -> Self {
        let trimmed = line.trim_start_matches([' ', '\t']);
        if let Some(rest) = trimmed.strip_prefix("//+ob") {
            return match rest.get(..19).filter(|oid| Oid::has_shape(oid)) {
                // What follows the oid is derived from the object; a longer oid is none.
                Some(oid) if !rest[19..].starts_with(|c: char| c.is_ascii_alphanumeric()) => {
                    Self::Start { oid, is_indented: trimmed.len() < line.len() }
                }
                _ => Self::BadStart,
            };
        }
        match trimmed {
            _ if trimmed.starts_with("//-ob") => Self::End(&trimmed[5..]),
            _ if trimmed.starts_with("//∈") => Self::Class,
            _ if trimmed.starts_with("//// end of RefPerSys") => Self::Trailer,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_apart() {
        const OID: &str = "_006mAbXTG4G00QR5HS";
        let start = LineKind::Start { oid: OID, is_indented: false };
        assert_eq!(LineKind::of("//+ob_006mAbXTG4G00QR5HS:display!//$display∈symbol h:2127571271"), start);
        assert_eq!(LineKind::of("//+ob_006mAbXTG4G00QR5HS"), start);
        assert_eq!(
            LineKind::of("  //+ob_006mAbXTG4G00QR5HS"),
            LineKind::Start { oid: OID, is_indented: true }
        );
        assert_eq!(LineKind::of("//+ob_006mAbXTG4G00QR5H"), LineKind::BadStart);
        assert_eq!(LineKind::of("//+ob_006mAbXTG4G00QR5HSx"), LineKind::BadStart);
        assert_eq!(LineKind::of("//+ob_006mAbXTG4G00QR5é"), LineKind::BadStart);
        assert_eq!(LineKind::of("//-ob_006m:x"), LineKind::End("_006m:x"));
        assert_eq!(LineKind::of("//∈symbol"), LineKind::Class);
        assert_eq!(LineKind::of("//// end of RefPerSys generated space file x"), LineKind::Trailer);
        assert_eq!(LineKind::of("\"//+ob\""), LineKind::Other);
    }
}
