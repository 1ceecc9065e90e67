//! Import: a RefPerSys store becomes a runtime.
//!
//! Two phases, as for stores of our own: every record of every space gets its skeleton before any is filled, so that
//! references may lead forward and across spaces. All problems are reported together. What only an export needs, such as
//! the licence lines, is kept as an annotation of the graph ([`Origin`]).

use std::path::{Path, PathBuf};

use rps_runtime::{Mutator, ObjectRef, Oid, Runtime};
use serde_json::{Map, Value as Json};

use super::origin::Origin;
use super::payload;
use super::value::Reader;
use super::{MANIFEST, Manifest, Record, SpaceText, space_path, unlisted_files};
use crate::error::{FileError, LoadError};
use crate::text::Limits;
use crate::vfs::Vfs;
use crate::{Code, Problem, Report};

/// Returns the graph of the RefPerSys store in `top`, and what was understood leniently.
///
/// # Errors
///
/// [`LoadError::File`] when a file can not be read, [`LoadError::Unsound`] with all problems of the content.
pub fn import(vfs: &dyn Vfs, top: &Path) -> Result<(Runtime, Report), LoadError> {
    let limits = Limits::default();
    let read = |relative: &Path| {
        let path = top.join(relative);
        vfs.read(&path).map_err(FileError::of("read", &path))
    };
    let manifest_bytes = read(Path::new(MANIFEST))?;
    let (manifest, mut report) =
        Manifest::read(Path::new(MANIFEST), &manifest_bytes, &limits).map_err(LoadError::Unsound)?;
    report.merge(unlisted_files(vfs, top, &manifest)?);

    let paths: Vec<PathBuf> = manifest.spaces.iter().map(|&space| space_path(space).into()).collect();
    let mut files = Vec::new();
    for path in &paths {
        files.push((path, read(path)?));
    }
    let mut spaces = Vec::new();
    for ((path, bytes), &space) in files.iter().zip(&manifest.spaces) {
        let (text, problems) = SpaceText::read(path, bytes, &limits);
        report.merge(problems);
        if let Some(text) = text {
            if text.prologue.space != space {
                let message = format!("the prologue names the space {}", text.prologue.space);
                report.push(Problem::error(Code::WrongSpace, path.as_path(), message).at_line(1));
            }
            spaces.push(text);
        }
    }

    let runtime = Runtime::new();
    runtime.enter(|m| {
        let _suspended = m.suspend_collections();
        Import { m, report: &mut report }.build(&manifest, &spaces);
    });
    report.sort();
    if report.has_errors() { Err(LoadError::Unsound(report)) } else { Ok((runtime, report)) }
}

struct Import<'i, 'r> {
    m: &'i Mutator<'r>,
    report: &'i mut Report,
}

impl Import<'_, '_> {
    fn build(&mut self, manifest: &Manifest, spaces: &[SpaceText<'_>]) {
        let mut filled = Vec::new();
        for text in spaces {
            let space = self.m.object_or_skeleton(text.prologue.space);
            for record in &text.records {
                let object = self.m.object_or_skeleton(record.oid);
                if object.space().is_some() {
                    let problem =
                        Problem::error(Code::DuplicateOid, text.file, "another space has this object too");
                    self.report.push(problem.at_line(record.start.number).about(record.oid));
                }
                object.set_space_unchecked(self.m, Some(space));
                filled.push((text, record, object));
            }
        }
        for &(text, record, object) in &filled {
            match text.parse(record) {
                Ok(members) => self.fill(text, record, object, members),
                Err(problem) => self.report.push(problem),
            }
        }
        for &(text, record, object) in &filled {
            self.check(text, record, object);
        }
        for text in spaces {
            let space = text.prologue.space;
            if self.m.object(space).is_none_or(|object| object.space().is_none()) {
                let problem =
                    Problem::error(Code::DanglingOid, text.file, "no object stands for the space itself");
                self.report.push(problem.at_line(1).about(space));
            }
        }
        for &oid in &manifest.roots {
            if let Some(object) = self.listed(oid, "root") {
                self.m.add_root(object);
            }
        }
        for &oid in &manifest.constants {
            if let Some(object) = self.listed(oid, "constant") {
                self.m.add_constant(object);
            }
        }
        Origin::of(manifest, spaces).annotate(self.m.runtime());
    }

    fn listed(&mut self, oid: Oid, what: &str) -> Option<ObjectRef> {
        let object = self.m.object(oid).filter(|object| object.space().is_some());
        if object.is_none() {
            let message = format!("a {what} that no space file has");
            self.report.push(Problem::error(Code::DanglingOid, MANIFEST, message).about(oid));
        }
        object
    }

    fn fill(
        &mut self,
        text: &SpaceText<'_>,
        record: &Record,
        object: ObjectRef,
        mut members: Map<String, Json>,
    ) {
        let mut reader = Reader::new(self.m, text.file, record, self.report);
        members.remove("oid");
        if let Some(mtime) = reader.required(&mut members, "mtime").and_then(|json| reader.mtime(&json)) {
            object.set_mtime(mtime);
        }
        if let Some(class) = reader.required(&mut members, "class") {
            object.set_class_unchecked(reader.object(&class));
        }
        if let Some(attributes) = members.remove("attrs") {
            let attributes = reader.attributes(attributes);
            object.set_attributes(self.m, &attributes);
        }
        if let Some(components) = members.remove("comps") {
            let components = reader.values(components);
            object.set_components(self.m, &components);
        }
        if let Some(kind) = members.remove("payload") {
            payload::read(&mut reader, object, &kind, &mut members);
        }
        reader.extras(object, members);
    }

    /// Checks what can be said of an object only when all are filled.
    fn check(&mut self, text: &SpaceText<'_>, record: &Record, object: ObjectRef) {
        let m = self.m;
        let mut error = |code, message: String| {
            self.report.push(
                Problem::error(code, text.file, message).at_line(record.start.number).about(record.oid),
            );
        };
        if let Some(class) = object.class()
            && !class.is_class(m)
        {
            error(Code::NotAClass, format!("its class {} is no class", class.oid()));
        }
        if object.is_class(m) {
            match object.superclass(m) {
                Some(superclass) if !superclass.is_class(m) => {
                    error(Code::NotAClass, format!("its superclass {} is no class", superclass.oid()));
                }
                Some(superclass) if superclass.class_chain(m).any(|class| class == object) => {
                    error(Code::SuperclassCycle, "the class is its own ancestor".into());
                }
                _ => {}
            }
        }
    }
}
