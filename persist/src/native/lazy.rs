//! Loading by the snapshot: the runtime gets a source, and objects come from it when they are needed.
//!
//! What a user can see is what an ordinary load shows: the payloads of plugins are read at once, plugins look at the
//! result, and the states are there. What is left out is what the dump had to be sure of when it wrote the snapshot: that
//! references lead somewhere, classes are classes, and names are unique. `docs/durability.md` says why that is enough.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rps_runtime::source::{Located, Source};
use rps_runtime::{Mutator, ObjectRef, Oid, Runtime, known};

use super::commit::{Graph, Overlay};
use super::decode::Decoder;
use super::foreign::{self, Installed, Pending};
use super::frame::SpaceHeader;
use super::head::payload_of;
use super::index::SpaceIndex;
use super::load::{LoadReport, LoadedFile, Part, in_store, settle};
use super::options::{Lazy, LoadOptions};
use super::{payload, record, validate};
use crate::error::PayloadError;
use crate::generation::GenerationReader;
use crate::layout::MANIFEST;
use crate::manifest::{Manifest, UnknownKeys};
use crate::snapshot::{self, Found, Opened, Text};
use crate::{Code, Report, state};

/// Loads a generation by its snapshot, and what was committed since, if the options want that and there is a snapshot that
/// can be used. Nothing comes back where something is out of the ordinary: an ordinary load says what it is.
///
/// Who may write to the store brings a snapshot up to date whose files only look otherwise.
pub(super) fn load(
    generation: &Arc<GenerationReader>,
    overlay: &Overlay,
    options: &LoadOptions,
    may_write: bool,
) -> Option<(Runtime, LoadReport)> {
    if options.lazy == Lazy::Never || options.accept_changed_files {
        return None;
    }
    let manifest_bytes = generation.read(MANIFEST).ok()?;
    let opened = snapshot::open(generation, &manifest_bytes, &options.extensions).ok()?;
    if !options.lazy.applies_to(opened.objects()) {
        return None;
    }
    let mut manifest = opened.manifest()?;
    // The snapshot holds what is in the files; that they can not be read here is still to be said.
    let codecs: BTreeSet<&str> = opened.paths().filter_map(codec_of).collect();
    if codecs.iter().any(|name| options.extensions.codec_by_name(name).is_none()) {
        return None;
    }
    if opened.looks_otherwise() {
        if has_unlisted_files(generation, &opened, &manifest) {
            return None;
        }
        if may_write {
            opened.refresh();
        }
    }
    let mut report = Report::new();
    let states = state::load(generation, &manifest, options, &mut report);
    let (files, bytes) = opened.files();
    let mut found = LoadReport {
        commits: overlay.chain().len(),
        files,
        bytes,
        states,
        is_lazy: true,
        manifest_hash: Some(blake3::hash(&manifest_bytes)),
        ..LoadReport::default()
    };
    let opened = Arc::new(opened);
    let runtime = Runtime::new();
    runtime.set_source(Box::new(SnapshotSource(Arc::clone(&opened))));
    if let Some(Graph { roots, constants, annotations }) = overlay.graph() {
        manifest.roots.clone_from(roots);
        manifest.constants.clone_from(constants);
        manifest.annotations.clone_from(annotations);
    }
    begin(&runtime, &opened, &manifest, overlay, options, &mut found, &mut report)?;
    if report.has_errors() {
        return None;
    }
    let place = |oid| opened.place(oid).map(|(path, line)| (in_store(&path), line));
    let runtime = validate::by_extensions(runtime, place, &*options.extensions, &mut report)?;
    if report.has_errors() {
        return None;
    }
    runtime.enter(|m| settle(m, overlay));
    report.sort();
    found.report = report;
    Some((runtime, found))
}

/// Returns the name of the codec that wrote a file, which its path ends with.
fn codec_of(path: &str) -> Option<&str> {
    path.rsplit_once('.').map(|(_, ending)| ending).filter(|ending| *ending != "json")
}

/// Tells whether a generation has files that its manifest does not list.
fn has_unlisted_files(generation: &GenerationReader, opened: &Opened, manifest: &Manifest) -> bool {
    let states = manifest.state.iter().map(|entry| &*entry.path);
    let listed: BTreeSet<&str> = opened.paths().chain(states).chain([MANIFEST]).collect();
    generation.list().map_or(true, |paths| !paths.iter().all(|path| listed.contains(path.as_str())))
}

/// Puts into a runtime what can not wait until it is asked for. Returns nothing if a root is no object of the store.
fn begin(
    runtime: &Runtime,
    opened: &Opened,
    manifest: &Manifest,
    overlay: &Overlay,
    options: &LoadOptions,
    found: &mut LoadReport,
    report: &mut Report,
) -> Option<()> {
    runtime.enter(|m| {
        let _suspended = m.suspend_collections();
        let spaces = manifest.spaces.iter().map(|space| space.oid).chain(lay_over(m, overlay)?);
        (found.spaces, found.objects) = (spaces.collect::<BTreeSet<_>>().len(), m.stored_count());
        let transients: BTreeSet<Oid> = opened.transients().collect();
        for oid in transients {
            if !overlay.replaces(oid) && opened.find(oid).is_some() {
                // A dump would write the records otherwise that name it so.
                return None;
            }
            if m.object(oid).is_none() {
                m.object_or_skeleton(oid);
                found.placeholders += 1;
            }
        }
        let texts = texts_of_foreign(opened, overlay)?;
        let files: Vec<LoadedFile<'_>> =
            texts.iter().map(|(text, oids)| foreign_of_file(m, opened, text, oids)).collect();
        let Installed { alive, kept } = foreign::install(runtime, &files, &*options.extensions, report);
        (found.foreign_payloads, found.kept_payloads) = (alive, kept);
        for &root in &manifest.roots {
            m.add_root(m.object(root)?);
        }
        for &constant in &manifest.constants {
            m.add_constant(m.object(constant)?);
        }
        for (key, json) in &manifest.annotations {
            runtime.set_annotation(key, Some(json.to_string()));
        }
        Some(())
    })
}

/// Makes the objects that commits wrote or removed what the last commit says of each, and returns the spaces of those that
/// it wrote. Nothing comes back where that needs an ordinary load: for payloads of plugins, and for names that were taken away.
fn lay_over(m: &Mutator<'_>, overlay: &Overlay) -> Option<BTreeSet<Oid>> {
    let mut files = Vec::new();
    overlay.apply(&mut files);
    let (mut spaces, mut written) = (BTreeSet::new(), Vec::new());
    let anywhere = m.object_or_skeleton(known::INITIAL_SPACE);
    for oid in overlay.gone() {
        let object = m.object_or_skeleton(oid);
        if m.symbol_name(object).is_some() {
            return None;
        }
        object
            .refill(m, anywhere, |into| {
                into.set_class_unchecked(None);
                Ok::<(), ()>(())
            })
            .ok()?;
        object.set_space_unchecked(m, None);
    }
    for file in &files {
        let space = (file.part != Part::Left).then_some(file.index.header.oid);
        spaces.extend(space);
        let place = space.map_or(anywhere, |space| m.object_or_skeleton(space));
        for span in &file.index.records {
            let record = file.text.get(span.range())?;
            // A plugin reads its payloads in an ordinary load.
            if payload_of(record).is_some_and(|(kind, _)| !payload::KINDS.contains(&&*kind)) {
                return None;
            }
            let object = m.object_or_skeleton(span.oid);
            let before = m.symbol_name(object);
            object.refill(m, place, |into| fill(m, into, record)).ok()?;
            if before.is_some_and(|before| m.symbol_name(object) != Some(before)) {
                return None;
            }
            if space.is_none() {
                object.set_space_unchecked(m, None);
            }
            written.push(object);
        }
    }
    // Where commits gave names to one another's symbols, the order counts.
    let is_named = |&object: &ObjectRef| match m.symbol_name(object) {
        Some(name) => object.space().is_none() || m.symbol(&name) == Some(object),
        None => true,
    };
    written.iter().all(is_named).then_some(spaces)
}

/// Returns the files that have payloads of plugins' kinds, and the objects that have them.
fn texts_of_foreign(opened: &Opened, overlay: &Overlay) -> Option<Vec<(Text, Vec<Oid>)>> {
    let mut oids: BTreeMap<usize, Vec<Oid>> = BTreeMap::new();
    for (oid, number) in opened.foreign().filter(|(oid, _)| !overlay.replaces(*oid)) {
        oids.entry(number).or_default().push(oid);
    }
    oids.into_iter().map(|(number, oids)| Some((opened.text(number).ok()?, oids))).collect()
}

/// Returns a file as an ordinary load would have it, as far as the payloads of plugins need it.
fn foreign_of_file<'t>(m: &Mutator<'_>, opened: &Opened, text: &'t Text, oids: &[Oid]) -> LoadedFile<'t> {
    let pending = oids.iter().filter_map(|&oid| {
        let span = opened.span(oid)?;
        let (kind, range) = payload_of(text.text.get(span.clone())?)?;
        let object = m.object(oid)?;
        // Its content comes now, with the payload as text.
        object.has_payload();
        Some(Pending { object, kind: kind.into(), range: span.start + range.start..span.start + range.end })
    });
    LoadedFile {
        path: in_store(&text.path),
        text: &text.text,
        index: SpaceIndex {
            header: SpaceHeader { name: String::new(), oid: text.space, unknown: UnknownKeys::new() },
            records: Vec::new(),
        },
        objects: Vec::new(),
        pending: pending.collect(),
        part: Part::Some,
    }
}

/// Makes sure that nothing which is to be written could not be read.
///
/// # Errors
///
/// [`Code::Unreadable`] for the first such object.
pub(super) fn all_readable(
    m: &Mutator<'_>,
    is_written: &mut dyn FnMut(Oid) -> bool,
) -> Result<(), PayloadError> {
    match m.unreadable().into_iter().find(|(oid, _)| is_written(*oid)) {
        Some((oid, message)) => Err(PayloadError {
            oid,
            type_name: "object".to_owned(),
            code: Code::Unreadable,
            message,
            hint: Code::Unreadable.hint().map(str::to_owned),
        }),
        None => Ok(()),
    }
}

/// The objects of a generation, as a runtime asks for them.
struct SnapshotSource(Arc<Opened>);

impl Source for SnapshotSource {
    fn locate(&self, oid: Oid) -> Option<Located> {
        let Found { class, space, mtime } = self.0.find(oid)?;
        Some(Located { class, space, mtime })
    }

    fn fill(&self, m: &Mutator<'_>, into: ObjectRef) -> Result<(), String> {
        let record = self.0.record(into.oid()).map_err(|error| error.to_string())?;
        let record = record.ok_or_else(|| "the store does not have the object".to_owned())?;
        fill(m, into, &record).map_err(|message| format!("its record is damaged: {message}"))
    }

    fn symbol(&self, name: &str) -> Option<Oid> {
        self.0.symbol(name)
    }

    fn names(&self) -> Vec<String> {
        self.0.names().map(str::to_owned).collect()
    }

    fn for_each(&self, f: &mut dyn FnMut(Oid, Located)) -> Result<(), String> {
        let mut give = |oid, Found { class, space, mtime }| f(oid, Located { class, space, mtime });
        self.0.for_each(&mut give).map_err(|error| error.to_string())
    }

    fn len(&self) -> usize {
        usize::try_from(self.0.objects()).unwrap_or(usize::MAX)
    }
}

/// Fills a cell that nobody else sees with what a record says. A payload of a plugin's kind is kept as text.
///
/// # Errors
///
/// The first fault of the record.
fn fill(m: &Mutator<'_>, into: ObjectRef, record: &str) -> Result<(), String> {
    let mut decoder = Decoder::of_fresh(m);
    record::decode(&mut decoder, into, record, 0).map_err(|fault| fault.message)?;
    if let Some(fault) = decoder.faults.pop() {
        return Err(fault.message);
    }
    for Pending { range, .. } in decoder.pending {
        foreign::keep(m, into, &record[range], &[]);
    }
    Ok(())
}
