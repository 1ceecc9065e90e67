//! What is said where a store is not opened, loaded or dumped.

use std::path::Path;

use rps_persist::{Code, DumpError, LoadError, OpenError, Report as Problems};

use crate::failure::Failure;
use crate::problem::{error_count, leading_code};

/// Returns the failure that a store was not opened.
pub(crate) fn unopened(error: &OpenError) -> Failure {
    with_causes(Failure::new(error.code(), error.to_string()), error).maybe_hint(error.hint())
}

/// Returns the failure that a store was not loaded, with everything that is wrong.
pub(crate) fn unloaded(directory: &Path, error: &LoadError) -> Failure {
    match error {
        LoadError::Open(error) => unopened(error),
        LoadError::Unsound(problems) => unsound(directory, problems).hint(remedy(problems)),
        error => with_causes(Failure::new(error.code(), error.to_string()), error).maybe_hint(error.hint()),
    }
}

/// What can be done about a store that is damaged.
pub(crate) const REPAIR: &str = "`rps check STORE --salvage` takes what is sound and keeps the rest aside, `rps restore STORE` \
                                 goes back to a previous generation; or mend the files, or take them from git or a backup";

/// Returns what to do about a store that is not sound.
pub(crate) fn remedy(problems: &Problems) -> &'static str {
    match leading_code(problems) {
        Code::CodecMissing => {
            "the files are whole: install or enable the plugin that has the codec; `rps plugin list` tells which \
             plugins there are"
        }
        _ => REPAIR,
    }
}

/// Returns the failure that a store has errors.
pub(crate) fn unsound(directory: &Path, problems: &Problems) -> Failure {
    let message = format!("the store `{}` has {}", directory.display(), error_count(problems));
    let failure = Failure::new(leading_code(problems).as_str(), message);
    problems.problems().iter().fold(failure, Failure::problem)
}

/// Returns the failure that a dump was given up.
pub(crate) fn undumped(directory: &Path, error: &DumpError) -> Failure {
    let failure = with_causes(Failure::new(error.code(), error.to_string()), error);
    failure.detail(format!("the store `{}` is as it was", directory.display())).maybe_hint(error.hint())
}

/// Returns a failure that says what a problem says.
pub(super) fn problem_failure(problem: &rps_persist::Problem) -> Failure {
    let place = problem.place.map_or_else(String::new, |place| format!(":{}:{}", place.line, place.column));
    let object = problem.oid.map_or_else(String::new, |oid| format!(" (object {oid})"));
    Failure::new(problem.code.as_str(), problem.message.to_string())
        .detail(format!("{}{place}{object}", problem.file.display()))
        .maybe_hint(problem.hint.as_ref().map(ToString::to_string))
}

/// Adds what the error says of its causes.
pub(crate) fn with_causes(mut failure: Failure, error: &dyn std::error::Error) -> Failure {
    let mut cause = error.source();
    while let Some(error) = cause {
        failure = failure.detail(error.to_string());
        cause = error.source();
    }
    failure
}
