//! What is wrong with a store, as the command tells it.

use rps_persist::{Code, Problem, Report as Problems, Severity};
use serde::Serialize;

/// A problem of a store, as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct JsonProblem {
    severity: String,
    code: &'static str,
    file: String,
    line: Option<u32>,
    column: Option<u32>,
    oid: Option<String>,
    message: String,
    hint: Option<String>,
}

impl From<&Problem> for JsonProblem {
    fn from(problem: &Problem) -> JsonProblem {
        JsonProblem {
            severity: problem.severity.to_string(),
            code: problem.code.as_str(),
            file: problem.file.display().to_string(),
            line: problem.place.map(|place| place.line),
            column: problem.place.map(|place| place.column),
            oid: problem.oid.map(|oid| oid.to_string()),
            message: problem.message.to_string(),
            hint: problem.hint.as_ref().map(ToString::to_string),
        }
    }
}

/// Returns the code that stands for all errors of a store: that of the first one which is no mere consequence, as
/// references to the objects of a file are that can not be read, and the hash of any file that was damaged.
pub(crate) fn leading_code(problems: &Problems) -> Code {
    let errors = problems.problems().iter().filter(|problem| problem.severity == Severity::Error);
    let consequences = [Code::DanglingOid, Code::WrongCount, Code::BadHash];
    let distance =
        |code| consequences.iter().position(|consequence| *consequence == code).map_or(0, |at| at + 1);
    errors.map(|problem| problem.code).min_by_key(|code| distance(*code)).unwrap_or(Code::Io)
}

/// Returns how many errors there are, in words.
pub(crate) fn error_count(problems: &Problems) -> String {
    match problems.count(Severity::Error) {
        1 => "1 error".to_owned(),
        count => format!("{count} errors"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leading(codes: &[Code]) -> Code {
        let mut problems = Problems::new();
        problems.push(Problem::warning(Code::UnlistedFile, "a", ""));
        for code in codes {
            problems.push(Problem::error(*code, "a", ""));
        }
        leading_code(&problems)
    }

    #[test]
    fn a_cause_comes_before_its_consequences() {
        assert_eq!(leading(&[Code::DanglingOid, Code::EmptyFile, Code::BadHash]), Code::EmptyFile);
        assert_eq!(leading(&[Code::BadHash, Code::DanglingOid]), Code::DanglingOid);
        assert_eq!(leading(&[]), Code::Io);
    }
}
