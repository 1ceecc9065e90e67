//! Where everything goes that is in no record of the draft: `.rps/quarantine/<number>/`.
//!
//! ```text
//! .rps/quarantine/000001/
//!   quarantine.json     what is here, and why: one item on a line
//!   spaces/core.json    the damaged files, as they were
//!   parts/0003.json     the records and other parts that were not taken, each on its own
//! ```

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use super::{Fate, Item};
use crate::error::FileError;
use crate::generation::Edits;
use crate::layout::Layout;
use crate::report::Slashed;
use crate::vfs::{self, FileKind, Vfs};

/// The format of the list.
const FORMAT: &str = "repersys-quarantine-1";

/// The name of the list.
const LIST: &str = "quarantine.json";

/// An item of the list.
#[derive(Serialize)]
struct JsonItem<'i> {
    fate: &'static str,
    file: String,
    lines: Option<(u32, u32)>,
    oid: Option<String>,
    code: &'static str,
    message: &'i str,
    part: Option<String>,
}

/// Writes the quarantine, durably, and returns its directory. The damaged files stay where they are, too.
pub(super) fn write(
    vfs: &dyn Vfs,
    layout: &Layout,
    items: &mut [Item],
    damaged: &[(PathBuf, String)],
) -> Result<PathBuf, FileError> {
    let place = begin(vfs, layout)?;
    let written = fill(vfs, &place, items, damaged);
    if written.is_err() {
        // Half a quarantine helps nobody: everything is still where it was.
        let _ = vfs.remove_dir_all(&place);
    }
    written.map(|()| place)
}

/// Makes the next directory of a quarantine.
pub(crate) fn begin(vfs: &dyn Vfs, layout: &Layout) -> Result<PathBuf, FileError> {
    let dir = layout.quarantine();
    vfs::create_dirs(vfs, &dir).map_err(FileError::of("make the directory", &dir))?;
    let entries = vfs.read_dir(&dir).map_err(FileError::of("list", &dir))?;
    let numbers = entries.iter().filter_map(|entry| entry.name.to_str()?.parse::<u64>().ok());
    let place = dir.join(format!("{:06}", numbers.max().unwrap_or(0) + 1));
    vfs::create_dirs(vfs, &place).map_err(FileError::of("make the directory", &place))?;
    Ok(place)
}

/// Files that somebody wrote to while a store was open, in a quarantine of their own. Unless they are to be kept, the
/// quarantine is removed: everything is still where it was then.
pub(crate) struct Aside<'a> {
    vfs: &'a dyn Vfs,
    layout: &'a Layout,
    place: Option<PathBuf>,
}

impl<'a> Aside<'a> {
    /// Puts what somebody wrote into a quarantine, durably, before it is replaced; nothing is made where nobody wrote.
    ///
    /// # Errors
    ///
    /// Those of linking, copying and syncing.
    pub(crate) fn put(vfs: &'a dyn Vfs, layout: &'a Layout, edits: &Edits) -> Result<Self, FileError> {
        let mut aside = Self { vfs, layout, place: None };
        if edits.written.is_empty() {
            return Ok(aside);
        }
        let files: Vec<_> =
            edits.written.iter().map(|path| (layout.spaces().join(path), path.clone())).collect();
        for (file, _) in &files {
            vfs.sync_file(file).map_err(FileError::of("sync", file))?;
        }
        let items = edits.problems(None).map(|problem| Item::of_problem(Fate::Quarantined, &problem));
        let mut items: Vec<Item> = items.collect();
        let place = aside.place.insert(begin(vfs, layout)?);
        fill(vfs, place, &mut items, &files)?;
        Ok(aside)
    }

    /// Keeps the quarantine, if there is one, and returns its path, relative to the store.
    pub(crate) fn keep(mut self) -> Option<PathBuf> {
        let place = self.place.take()?;
        Some(place.strip_prefix(self.layout.root()).unwrap_or(&place).to_path_buf())
    }
}

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        if let Some(place) = &self.place {
            let _ = self.vfs.remove_dir_all(place);
        }
    }
}

fn fill(
    vfs: &dyn Vfs,
    place: &Path,
    items: &mut [Item],
    damaged: &[(PathBuf, String)],
) -> Result<(), FileError> {
    for (from, path) in damaged {
        let to = place.join("spaces").join(path);
        let dir = vfs::parent_dir(&to);
        vfs::create_dirs(vfs, dir).map_err(FileError::of("make the directory", dir))?;
        take(vfs, from, &to)?;
        vfs.sync_dir(dir).map_err(FileError::of("sync the directory", dir))?;
    }
    let mut list = format!("{{\"format\":\"{FORMAT}\"\n,\"items\":[");
    let parts = place.join("parts");
    for (index, item) in items.iter_mut().enumerate() {
        if !item.content.is_empty() && matches!(item.fate, Fate::Quarantined | Fate::Replaced) {
            vfs::create_dirs(vfs, &parts).map_err(FileError::of("make the directory", &parts))?;
            let ending = if item.content.starts_with(b"{") { "json" } else { "txt" };
            let name = Path::new("parts").join(format!("{:04}.{ending}", index + 1));
            vfs::write_durably(vfs, &place.join(&name), &item.content)?;
            item.part = Some(name);
        }
        let line = JsonItem {
            fate: item.fate.as_str(),
            file: Slashed(&item.file).to_string(),
            lines: item.lines,
            oid: item.oid.map(|oid| oid.to_string()),
            code: item.code.as_str(),
            message: &item.message,
            part: item.part.as_ref().map(|part| Slashed(part).to_string()),
        };
        let line = serde_json::to_value(&line).unwrap_or(Value::Null);
        list.push_str(if index == 0 { "\n " } else { "\n," });
        list.push_str(&line.to_string());
    }
    list.push_str("\n]\n}\n");
    vfs::write_durably(vfs, &place.join(LIST), list.as_bytes())?;
    if vfs.metadata(&parts).is_ok() {
        vfs.sync_dir(&parts).map_err(FileError::of("sync the directory", &parts))?;
    }
    vfs.sync_dir(place).map_err(FileError::of("sync the directory", place))
}

/// Gives a file a second name; where that can not be, a copy is made. What is no file stays where it is.
fn take(vfs: &dyn Vfs, from: &Path, to: &Path) -> Result<(), FileError> {
    match vfs.metadata(from).is_ok_and(|metadata| metadata.kind == FileKind::File) {
        true => vfs::link_or_copy(vfs, from, to),
        false => Ok(()),
    }
}
