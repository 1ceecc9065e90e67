//! Export: a graph becomes a RefPerSys store.
//!
//! What was imported comes back byte for byte. What the C++ loader could not read is refused, with a list of the objects,
//! or left out when the caller accepts the loss.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use rps_runtime::{Mutator, ObjectRef, Oid, Runtime, known};

use super::encode::Encoder;
use super::origin::Origin;
use super::write::{self, Caption};
use super::{Format, GlobalName, MANIFEST, Prologue, space_path};
use crate::error::FileError;
use crate::vfs::{self, Vfs};

/// Something that RefPerSys could not load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The object that has it.
    pub oid: Oid,
    /// Its name, where it has one.
    pub name: Option<String>,
    /// What it is.
    pub what: String,
}

/// What an export wrote.
#[derive(Debug, Default)]
pub struct ExportReport {
    /// The number of objects.
    pub objects: usize,
    /// The number of spaces.
    pub spaces: usize,
    /// What was left out.
    pub lost: Vec<Refusal>,
}

/// Why an export was not made. The directory is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// An operation on files failed.
    #[error(transparent)]
    File(#[from] FileError),
    /// RefPerSys could not load what these objects hold.
    #[error("RefPerSys could not load {} thing{} in this graph", .0.len(), if .0.len() == 1 { "" } else { "s" })]
    Refused(Vec<Refusal>),
}

impl ExportError {
    /// Returns the stable code of the error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            ExportError::File(error) => error.code().as_str(),
            ExportError::Refused(_) => "export::refused",
        }
    }

    /// Returns what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            ExportError::File(error) => error.code().hint().map(str::to_owned),
            ExportError::Refused(_) => Some(
                "change these objects, or leave the values out with `--lossy`; nothing was written".into(),
            ),
        }
    }
}

/// Writes the stored objects of a runtime as a RefPerSys store into `top`, which is made where it is missing.
///
/// Every file is written beside its place and moved there, the manifest last; files of other names are left alone.
///
/// # Errors
///
/// [`ExportError::Refused`] when something could not be loaded again and `lossy` is not set; [`ExportError::File`].
pub fn export(
    vfs: &dyn Vfs,
    runtime: &Runtime,
    top: &Path,
    lossy: bool,
) -> Result<ExportReport, ExportError> {
    let (files, report) = runtime.enter(|m| {
        let _suspended = m.suspend_collections();
        texts(m)
    });
    if !lossy && !report.lost.is_empty() {
        return Err(ExportError::Refused(report.lost));
    }
    let directory = top.join("persistore");
    vfs::create_dirs(vfs, &directory).map_err(FileError::of("create", &directory))?;
    for (path, text) in files {
        replace(vfs, &top.join(path), &text)?;
    }
    Ok(report)
}

/// Returns the files of the store, the manifest last.
fn texts(m: &Mutator<'_>) -> (Vec<(String, String)>, ExportReport) {
    let origin = Origin::of_runtime(m.runtime());
    let mut spaces: BTreeMap<Oid, Vec<ObjectRef>> = BTreeMap::new();
    for object in m.stored_objects() {
        if let Some(space) = object.space() {
            spaces.entry(space.oid()).or_default().push(object);
        }
    }
    let mut report = ExportReport { spaces: spaces.len(), ..ExportReport::default() };
    let mut files = Vec::new();
    for (&space, objects) in &spaces {
        let (header, rest) = origin.space(space);
        let prologue = Prologue { format: Format::V2024A, space, objects: objects.len() as u64, rest };
        let mut text = String::new();
        write::begin_file(&mut text, &header, &prologue);
        for &object in objects {
            let mut encoder = Encoder { m, refused: Vec::new() };
            let members = encoder.members(object);
            record(m, &mut text, object, space, &members);
            let name = m.name_of(object);
            let lost = encoder.refused.into_iter().map(|what| Refusal {
                oid: object.oid(),
                name: name.clone(),
                what,
            });
            report.lost.extend(lost);
        }
        write::end_file(&mut text, space);
        report.objects += objects.len();
        files.push((space_path(space), text));
    }
    let mut manifest = origin.manifest();
    let stored = |object: &ObjectRef| object.space().is_some();
    let roots: Vec<ObjectRef> = m.roots().into_iter().filter(stored).collect();
    manifest.roots = roots.iter().map(|root| root.oid()).collect();
    manifest.constants = constants(m);
    manifest.spaces = spaces.into_keys().collect();
    for root in roots {
        let strong = root.with_payload(m, |payload| match payload {
            Some(rps_runtime::object::Payload::Symbol(symbol)) if !symbol.weak => {
                Some(symbol.name.to_string())
            }
            _ => None,
        });
        manifest.names.extend(strong.map(|name| GlobalName { object: root.oid(), name }));
    }
    files.push((MANIFEST.to_owned(), manifest.to_text()));
    (files, report)
}

fn record(
    m: &Mutator<'_>,
    text: &mut String,
    object: ObjectRef,
    space: Oid,
    members: &serde_json::Map<String, serde_json::Value>,
) {
    let name =
        m.object(known::NAME).and_then(|key| object.get_attribute(key)).and_then(|name| name.as_string());
    let class_symbol = object.class().and_then(|class| {
        class.with_payload(m, |payload| match payload {
            Some(rps_runtime::object::Payload::ClassInfo(info)) => info.symbol,
            _ => None,
        })
    });
    let class_symbol = class_symbol.and_then(|symbol| m.symbol_name(symbol));
    let caption = Caption {
        oid: object.oid(),
        name: name.map(|name| name.as_str()).filter(|name| !name.is_empty()),
        class: object.class().map_or(known::OBJECT, |class| class.oid()),
        class_symbol: class_symbol.as_deref(),
        space,
    };
    let members = members.iter().map(|(key, json)| (key.as_str(), json));
    write::object(text, &caption, object.mtime() as f64 / 100.0, members);
}

/// Returns the constants: those of the graph, and those that the system object lists.
fn constants(m: &Mutator<'_>) -> Vec<Oid> {
    let mut oids: Vec<Oid> =
        m.constants().iter().filter(|object| object.space().is_some()).map(|object| object.oid()).collect();
    let listed = m.object(known::SYSTEM).zip(m.object(known::CONSTANT));
    let listed = listed.and_then(|(system, key)| system.get_attribute(key)).and_then(|set| set.as_set());
    oids.extend(
        listed.iter().flat_map(|set| set.items()).filter_map(|item| item.as_object()).map(ObjectRef::oid),
    );
    oids.sort_unstable();
    oids.dedup();
    oids
}

/// Writes a file beside its place, and moves it there.
fn replace(vfs: &dyn Vfs, path: &Path, text: &str) -> Result<(), FileError> {
    if vfs.read(path).is_ok_and(|bytes| &*bytes == text.as_bytes()) {
        return Ok(());
    }
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    let temporary = Path::new(&temporary);
    let written = (|| {
        let mut file = vfs.create(temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync()?;
        vfs.rename(temporary, path)?;
        vfs.sync_dir(vfs::parent_dir(path))
    })();
    written.map_err(|error| {
        // The error that matters is the first one.
        let _ = vfs.remove_file(temporary);
        FileError::of("write", path)(error)
    })
}
