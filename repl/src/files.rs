//! Files of programs: finding them, and replacing them whole.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Returns the files that paths name: a folder stands for all files below it that end in `.rps`, in order; names that
/// begin with a dot are passed over.
///
/// # Errors
///
/// Those of the system; a folder without such a file is one, too.
pub(crate) fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        if !path.is_dir() {
            found.push(path.clone());
            continue;
        }
        let before = found.len();
        search(path, &mut found)?;
        if found.len() == before {
            let message = format!("`{}` has no file that ends in .rps", path.display());
            return Err(Failure::new("command::no-files", message));
        }
    }
    Ok(found)
}

fn search(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::file("read", folder, &error);
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        // A link to a folder may lead back to where it stands.
        entries.push((entry.path(), entry.file_type().map_err(failed)?.is_dir()));
    }
    entries.sort();
    for (path, is_folder) in entries {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if is_folder && !hidden {
            search(&path, found)?;
        } else if !is_folder && !hidden && path.extension().is_some_and(|extension| extension == "rps") {
            found.push(path);
        }
    }
    Ok(())
}

/// Replaces the content of a file, or makes it: whoever reads it finds the old content or the new one.
///
/// # Errors
///
/// Those of the system; the file is as it was then.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    // What a link leads to is replaced, not the link.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let existing = fs::metadata(&path);
    if existing.as_ref().is_ok_and(|existing| !existing.is_file()) {
        // A device or a pipe is written to.
        return fs::write(&path, content);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(".tmp");
    if existing.is_err() {
        use std::os::unix::fs::PermissionsExt;
        // What the process's mask leaves of it is what any new file has.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(content)?;
    if let Ok(existing) = existing {
        file.as_file().set_permissions(existing.permissions())?;
    }
    file.persist(&path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_searched_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("b/c")).unwrap();
        fs::create_dir(at(".git")).unwrap();
        for name in ["z.rps", "b/c/a.rps", "b/b.rps", "a.txt", ".git/x.rps", ".hidden.rps"] {
            fs::write(at(name), "").unwrap();
        }
        let found = find(&[folder.path().to_owned()]).unwrap();
        assert_eq!(found, [at("b/b.rps"), at("b/c/a.rps"), at("z.rps")]);
        assert_eq!(find(&[at("a.txt")]).unwrap(), [at("a.txt")]);
        assert_eq!(find(&[at(".git/..")]).unwrap().len(), 3);
        fs::create_dir(at("empty")).unwrap();
        assert_eq!(find(&[at("empty")]).unwrap_err().code(), "command::no-files");
    }

    #[test]
    fn a_file_is_replaced_whole_and_keeps_its_mode() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.rps");
        replace(&path, b"old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let link = folder.path().join("link.rps");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        replace(&link, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o755);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside it");
    }
}
