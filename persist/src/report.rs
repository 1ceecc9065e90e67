//! Problems of a store's content, and the report that collects them all.

use std::fmt;
use std::path::{Path, PathBuf};

use rps_runtime::Oid;

use crate::Code;

/// One thing that is wrong, or that was understood although it is not in the current form.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// What it is.
    pub code: Code,
    /// Whether it keeps the store from being loaded.
    pub severity: Severity,
    /// The file, relative to the store.
    pub file: PathBuf,
    /// Where in the file, as far as that is known.
    pub place: Option<Place>,
    /// The object that is concerned.
    pub oid: Option<Oid>,
    /// What is wrong here, in one line.
    pub message: Box<str>,
    /// What one can do about it.
    pub hint: Option<Box<str>>,
}

/// How bad a problem is, the mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// An older or hand-written form that was understood; nothing is lost.
    Lenient,
    /// Worth a look, but the content is sound.
    Warning,
    /// The content can not be used as it is.
    Error,
}

/// A place in a text file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

/// Problems, as many as there are, in the order of files and lines once [`Report::sort`] was called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    problems: Vec<Problem>,
}

impl Problem {
    /// Returns an error in `file`, with the general hint of its code.
    pub fn error(code: Code, file: impl Into<PathBuf>, message: impl Into<Box<str>>) -> Self {
        Self::new(Severity::Error, code, file, message)
    }

    /// Returns a warning about `file`.
    pub fn warning(code: Code, file: impl Into<PathBuf>, message: impl Into<Box<str>>) -> Self {
        Self::new(Severity::Warning, code, file, message)
    }

    /// Returns the note that something in `file` was read leniently.
    pub fn lenient(code: Code, file: impl Into<PathBuf>, message: impl Into<Box<str>>) -> Self {
        Self::new(Severity::Lenient, code, file, message)
    }

    fn new(severity: Severity, code: Code, file: impl Into<PathBuf>, message: impl Into<Box<str>>) -> Self {
        let hint = code.hint().map(Box::from);
        Self { code, severity, file: file.into(), place: None, oid: None, message: message.into(), hint }
    }

    /// Adds the line.
    #[must_use]
    pub fn at_line(self, line: u32) -> Self {
        self.at(Place { line, column: 1 })
    }

    /// Adds the place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Adds the object.
    #[must_use]
    pub fn about(mut self, oid: Oid) -> Self {
        self.oid = Some(oid);
        self
    }

    /// Replaces the hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<Box<str>>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl Place {
    /// Returns the place of the byte at `offset` in `text`; beyond the end, that of the end.
    #[must_use]
    pub fn of_offset(text: &[u8], offset: usize) -> Self {
        let before = &text[..offset.min(text.len())];
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        let start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        // Continuation bytes of UTF-8 do not begin a character.
        let column = before[start..].iter().filter(|byte| (**byte & 0xC0) != 0x80).count() + 1;
        Self { line: saturated(line), column: saturated(column) }
    }
}

pub(crate) fn saturated(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl Report {
    /// Returns a report without problems.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a problem.
    pub fn push(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Adds the problems of another report.
    pub fn merge(&mut self, other: Self) {
        self.problems.extend(other.problems);
    }

    /// Keeps the problems of which `keep` holds.
    pub(crate) fn retain(&mut self, keep: impl FnMut(&Problem) -> bool) {
        self.problems.retain(keep);
    }

    /// Sorts the problems by file, place, oid and code, so that a report does not depend on which thread came first.
    pub fn sort(&mut self) {
        let key = |p: &Problem| (p.file.clone(), p.place, p.oid, p.code, p.message.clone());
        self.problems.sort_by_cached_key(key);
    }

    /// Returns the problems.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Tells whether nothing at all is to be reported.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// Tells whether a problem keeps the store from being loaded.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// Returns how many problems have this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.problems.iter().filter(|problem| problem.severity == severity).count()
    }

    /// Returns the codes of the problems, in their order: what most tests compare.
    #[must_use]
    pub fn codes(&self) -> Vec<Code> {
        self.problems.iter().map(|problem| problem.code).collect()
    }
}

impl Extend<Problem> for Report {
    fn extend<T: IntoIterator<Item = Problem>>(&mut self, problems: T) {
        self.problems.extend(problems);
    }
}

impl FromIterator<Problem> for Report {
    fn from_iter<T: IntoIterator<Item = Problem>>(problems: T) -> Self {
        Self { problems: problems.into_iter().collect() }
    }
}

impl IntoIterator for Report {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.problems.into_iter()
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lenient => "lenient",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Slashed(&self.file))?;
        if let Some(place) = self.place {
            write!(f, ":{}:{}", place.line, place.column)?;
        }
        write!(f, ": {}[{}]: {}", self.severity, self.code, self.message)?;
        if let Some(oid) = self.oid {
            write!(f, " (object {oid})")?;
        }
        match &self.hint {
            Some(hint) => write!(f, "\n    hint: {hint}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Report {
    /// Writes one problem per line, hints below, and a last line that counts them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.problems {
            writeln!(f, "{problem}")?;
        }
        let count = |severity| self.count(severity);
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        write!(f, "{errors} errors, {warnings} warnings, {} read leniently", count(Severity::Lenient))
    }
}

/// A path with `/` on every platform.
pub(crate) struct Slashed<'p>(pub(crate) &'p Path);

impl fmt::Display for Slashed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.display().to_string();
        f.write_str(&if std::path::MAIN_SEPARATOR == '/' { text } else { text.replace('\\', "/") })
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_place_counts_lines_and_characters() {
        let text = "ab\nhé𝄞x\n".as_bytes();
        let place = |offset| {
            let place = Place::of_offset(text, offset);
            (place.line, place.column)
        };
        assert_eq!(place(0), (1, 1));
        assert_eq!(place(3), (2, 1));
        assert_eq!(place(text.len() - 2), (2, 4));
        assert_eq!(place(999), (3, 1));
    }

    #[test]
    fn a_report_lists_everything_in_order_rps_47() {
        let oid = Oid::parse("_006mAbXTG4G00QR5HS").unwrap();
        let mut report = Report::new();
        report.push(
            Problem::error(Code::DanglingOid, "spaces/b.json", "nothing has this oid").at_line(7).about(oid),
        );
        report.push(Problem::lenient(Code::OldForm, "spaces/b.json", "a line of an old form").at_line(2));
        report.push(
            Problem::error(Code::BadJson, "spaces/a.json", "expected `,`").at(Place { line: 3, column: 9 }),
        );
        report.sort();
        assert!(report.has_errors());
        expect![[r#"
            spaces/a.json:3:9: error[store::bad-json]: expected `,`
                hint: correct it by hand, or take the file from git or from a backup
            spaces/b.json:2:1: lenient[store::old-form]: a line of an old form
                hint: the next dump writes the current form
            spaces/b.json:7:1: error[store::dangling-oid]: nothing has this oid (object _006mAbXTG4G00QR5HS)
                hint: restore the object, or remove the reference
            2 errors, 0 warnings, 1 read leniently"#]]
        .assert_eq(&report.to_string());
    }
}
