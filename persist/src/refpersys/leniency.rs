//! Counting what is understood although RefPerSys does not write it: one problem for each kind, not one for each line.

use std::collections::BTreeMap;
use std::path::Path;

use crate::{Code, Problem, Report};

/// A kind of leniency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Leniency {
    OldFormat,
    NoPrologueMark,
    IndentedStart,
    ClassLine,
    NoEndLine,
    EndOfOther,
    HashLine,
    Comment,
    TextAfter,
    NoTrailer,
    CarriageReturn,
    Unsorted,
}

impl Leniency {
    fn message(self) -> &'static str {
        match self {
            Self::OldFormat => "the file has an older format",
            Self::NoPrologueMark => "no line announces the prologue",
            Self::IndentedStart => "a start line is indented",
            Self::ClassLine => "the class is on a line below the start line",
            Self::NoEndLine => "a record has no end line",
            Self::EndOfOther => "an end line names another object than its start line",
            Self::HashLine => "a line begins with `#`",
            Self::Comment => "a comment was written by hand",
            Self::TextAfter => "text follows the JSON of a record, and is ignored",
            Self::NoTrailer => "the last line of a space file is missing",
            Self::CarriageReturn => "a line ends in a carriage return",
            Self::Unsorted => "a record is not in the order of oids",
        }
    }

    fn code(self) -> Code {
        match self {
            Self::CarriageReturn => Code::Crlf,
            Self::Unsorted => Code::Unsorted,
            _ => Code::OldForm,
        }
    }
}

/// The leniencies of one file: for each kind its first line, and how often it occurs.
#[derive(Debug, Default)]
pub(super) struct Leniencies(BTreeMap<Leniency, (u32, usize)>);

impl Leniencies {
    pub(super) fn note(&mut self, kind: Leniency, line: u32) {
        let entry = self.0.entry(kind).or_insert((line, 0));
        entry.0 = entry.0.min(line);
        entry.1 += 1;
    }

    pub(super) fn report(self, file: &Path, report: &mut Report) {
        report.extend(self.0.into_iter().map(|(kind, (line, times))| {
            let message = match times {
                1 => kind.message().to_owned(),
                _ => format!("{} ({times} times in this file, first here)", kind.message()),
            };
            let problem = Problem::lenient(kind.code(), file, message).at_line(line);
            match kind {
                Leniency::CarriageReturn | Leniency::TextAfter | Leniency::Comment | Leniency::HashLine => {
                    problem.with_hint("it is not written back")
                }
                _ => problem,
            }
        }));
    }
}
