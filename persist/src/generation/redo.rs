//! The record of a replacement in two renames, for file systems that can not exchange directories.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::error::{FileError, OpenError};
use crate::layout::Layout;
use crate::vfs::{Bytes, Vfs};

const FORMAT: &str = "repersys-redo-1";

/// "`spaces` goes to `.rps/<old>`, then `<new>` becomes `spaces`". Written only when `<new>` is complete and durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Redo {
    new: String,
    old: String,
}

impl Redo {
    /// Returns the record for these directories: one in the store, one in `.rps/previous`.
    pub(super) fn new(new: &Path, old: &Path) -> Self {
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self { new: name(new), old: name(old) }
    }

    /// Returns the new generation before it becomes `spaces`.
    pub(super) fn new_path(&self, layout: &Layout) -> PathBuf {
        layout.root().join(&self.new)
    }

    /// Returns where the old generation goes.
    pub(super) fn old_path(&self, layout: &Layout) -> PathBuf {
        layout.previous().join(&self.old)
    }

    /// Writes the record, durably and in one step.
    pub(super) fn write(&self, vfs: &dyn Vfs, layout: &Layout) -> Result<(), FileError> {
        let (draft, path, private) = (Self::draft(layout), layout.redo(), layout.private());
        let text = format!("{}\n", json!({ "format": FORMAT, "new": self.new, "old": self.old }));
        let mut file = vfs.create(&draft).map_err(FileError::of("create", &draft))?;
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync());
        let written = written.map_err(FileError::of("write", &draft));
        let renamed =
            written.and_then(|()| vfs.rename(&draft, &path).map_err(FileError::of("rename", &draft)));
        let synced = renamed
            .and_then(|()| vfs.sync_dir(&private).map_err(FileError::of("sync the directory", &private)));
        if synced.is_err() {
            // Neither a draft nor a record that may not be durable: the dump is given up.
            let _ = vfs.remove_file(&draft);
            let _ = vfs.remove_file(&path);
        }
        synced
    }

    /// Returns the record, if there is one.
    pub(super) fn read(vfs: &dyn Vfs, layout: &Layout) -> Result<Option<Self>, OpenError> {
        let path = layout.redo();
        let bytes = match vfs.read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(FileError::of("read", &path)(error).into()),
        };
        match Self::parse(&bytes) {
            Ok(redo) => Ok(Some(redo)),
            Err(detail) => Err(OpenError::BadRedo { path, detail }),
        }
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let value: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let name = |key: &str| match value[key].as_str() {
            Some(name) if !name.is_empty() && !name.contains(['/', '\\']) && name != ".." => {
                Ok(name.to_owned())
            }
            _ => Err(format!("`{key}` is not the name of a directory")),
        };
        match value["format"].as_str() {
            Some(FORMAT) => Ok(Self { new: name("new")?, old: name("old")? }),
            Some(other) => Err(format!("it has the format `{other}`, and this version reads `{FORMAT}`")),
            None => Err("it does not say its format".to_owned()),
        }
    }

    /// Removes the record and a draft of it, durably.
    pub(super) fn remove(vfs: &dyn Vfs, layout: &Layout) -> Result<(), FileError> {
        let mut is_removed = false;
        for path in [Self::draft(layout), layout.redo()] {
            match vfs.remove_file(&path) {
                Ok(()) => is_removed = true,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(FileError::of("remove", &path)(error)),
            }
        }
        let private = layout.private();
        match is_removed {
            true => vfs.sync_dir(&private).map_err(FileError::of("sync the directory", &private)),
            false => Ok(()),
        }
    }

    fn draft(layout: &Layout) -> PathBuf {
        layout.private().join("redo.new")
    }
}

/// Returns what is wrong with the record and its bytes, if there is one that can not be understood.
pub(crate) fn bad_redo(vfs: &dyn Vfs, layout: &Layout) -> Result<Option<(String, Bytes)>, FileError> {
    match Redo::read(vfs, layout) {
        Err(OpenError::BadRedo { path, detail }) => {
            let bytes = vfs.read(&path).map_err(FileError::of("read", &path))?;
            Ok(Some((detail, bytes)))
        }
        Err(OpenError::File(error)) => Err(error),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_leads_out_of_the_store_is_refused() {
        let parse = |text: &str| Redo::parse(text.as_bytes());
        let redo = Redo { new: ".rps-tmp-1".to_owned(), old: "000001".to_owned() };
        assert_eq!(parse(r#"{"format":"repersys-redo-1","new":".rps-tmp-1","old":"000001"}"#), Ok(redo));
        assert!(parse(r#"{"format":"repersys-redo-1","new":"../x","old":"000001"}"#).is_err());
        assert!(parse(r#"{"format":"repersys-redo-1","new":"..","old":"000001"}"#).is_err());
        assert!(
            parse(r#"{"format":"repersys-redo-2","new":"a","old":"b"}"#)
                .unwrap_err()
                .contains("repersys-redo-2")
        );
        assert!(parse("{").is_err() && parse("[]").is_err());
    }
}
