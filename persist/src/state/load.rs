//! The sections of a store that is loaded.

use std::collections::BTreeSet;
use std::path::Path;

use rps_runtime::extension::StateSection;

use super::section;
use crate::generation::GenerationReader;
use crate::manifest::{FileEntry, Manifest};
use crate::native::{self, LoadOptions};
use crate::{Code, Problem, Report, Severity};

/// Returns the sections that can be read. What is wrong with the others is a warning: the objects do not depend on them,
/// and a dump carries them along.
pub(crate) fn load(
    generation: &GenerationReader,
    manifest: &Manifest,
    options: &LoadOptions,
    report: &mut Report,
) -> Vec<StateSection> {
    let mut sections: Vec<StateSection> = Vec::new();
    let mut ids = BTreeSet::new();
    for entry in &manifest.state {
        match one(generation, entry, options, report) {
            Ok(section) if ids.insert(section.id.clone()) => sections.push(section),
            Ok(section) => {
                let message = format!("a second state with the id `{}`", section.id);
                report.push(warning(entry, Problem::error(Code::BadState, "", message)));
            }
            Err(Some(problem)) => report.push(warning(entry, problem)),
            Err(None) => {}
        }
    }
    sections
}

/// Returns a section, or the problem with it, unless that was reported.
fn one(
    generation: &GenerationReader,
    entry: &FileEntry,
    options: &LoadOptions,
    report: &mut Report,
) -> Result<StateSection, Option<Problem>> {
    let mut of_file = Report::new();
    let content = native::read_listed(generation, entry, &mut of_file);
    let is_other = !of_file.is_empty();
    report.extend(of_file.into_iter().map(|problem| warning(entry, problem)));
    let content = content.filter(|_| !is_other || options.accept_changed_files).ok_or(None)?;
    let path = Path::new("spaces").join(&entry.path);
    let section = section::read(&path, &content, options.limits.space_file).map_err(|problem| {
        let message = format!("the state can not be read: {}", problem.message);
        let place = problem.place;
        let problem = Problem::error(Code::BadState, &path, message);
        Some(place.into_iter().fold(problem, Problem::at))
    })?;
    if section::path_of(&section.id) != entry.path {
        let message = format!("the file holds the state `{}`, whose file is called otherwise", section.id);
        return Err(Some(Problem::error(Code::BadState, path, message)));
    }
    Ok(section)
}

/// Returns a problem of a section as a warning.
fn warning(entry: &FileEntry, problem: Problem) -> Problem {
    let file = Path::new("spaces").join(&entry.path);
    let problem = Problem { severity: Severity::Warning, file, ..problem };
    match problem.code {
        Code::BadHash => problem
            .with_hint("the state is not restored and kept as it is; `rps check --accept` takes it as it is"),
        _ => problem,
    }
}
