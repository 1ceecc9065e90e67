//! `rps plugin bundle` and `rps plugin unpack`: libraries with their sidecars in one file, with checksums.
//!
//! A bundle is a tar file: first `CHECKSUMS`, a line `<BLAKE3> <two spaces> <file>` for each other file, then the files,
//! none of them in a folder. The same plugin gives the same bundle, byte by byte. Whoever unpacks one trusts it as much as
//! where it comes from: the sums tell damage, not who made it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use rps_plugin_host::library::{SIDECAR_SUFFIX, Sidecar, hash_of};

use super::told;
use crate::console::Console;
use crate::failure::Failure;
use crate::files;

/// The first file of a bundle.
const CHECKSUMS: &str = "CHECKSUMS";
/// A bundle has at most so many bytes when it is unpacked.
const LIMIT: u64 = 1 << 30;

/// Puts what was built in a folder into a bundle.
pub(super) fn pack(directory: &Path, out: Option<&Path>, console: &mut Console) -> Result<(), Failure> {
    let built = match sidecars(directory)? {
        found if found.is_empty() => sidecars(&directory.join("dist"))?,
        found => found,
    };
    let Some(first) = built.first() else {
        let message = format!("`{}` has no library with a sidecar", directory.display());
        return Err(Failure::new("plugin::nothing-built", message).hint("`rps plugin build` makes them"));
    };
    let (_, sidecar) = first;
    let description = &sidecar.description;
    let (system, machine) = (std::env::consts::OS, std::env::consts::ARCH);
    let name = format!("{}-{}-{system}-{machine}.tar", description.id, description.version);
    let mut contents = BTreeMap::new();
    for (path, sidecar) in &built {
        verify(sidecar)?;
        for path in [path, &sidecar.library] {
            let content = fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
            contents.insert(path.file_name().unwrap_or_default().to_string_lossy().into_owned(), content);
        }
    }
    let bundle = out.unwrap_or(directory).join(name);
    let bytes = archive(&contents).map_err(|error| Failure::file("write", &bundle, &error))?;
    if let Some(out) = out {
        fs::create_dir_all(out).map_err(|error| Failure::file("make", out, &error))?;
    }
    files::replace(&bundle, &bytes).map_err(|error| Failure::file("write", &bundle, &error))?;
    tell("bundle", &bundle, contents.keys(), console);
    Ok(())
}

/// Checks a bundle, and writes the files in it into a folder.
pub(super) fn unpack(bundle: &Path, out: &Path, console: &mut Console) -> Result<(), Failure> {
    let contents = read(bundle)?;
    fs::create_dir_all(out).map_err(|error| Failure::file("make", out, &error))?;
    // A sidecar comes last: it says that its library is there.
    let (last, first): (Vec<_>, Vec<_>) =
        contents.iter().partition(|(name, _)| name.ends_with(SIDECAR_SUFFIX));
    for (name, content) in first.into_iter().chain(last) {
        let path = out.join(name);
        files::replace(&path, content).map_err(|error| Failure::file("write", &path, &error))?;
    }
    for (_, sidecar) in sidecars(out)? {
        if contents.contains_key(&*sidecar.library.file_name().unwrap_or_default().to_string_lossy()) {
            verify(&sidecar)?;
        }
    }
    tell("unpack", out, contents.keys(), console);
    Ok(())
}

fn tell<'n>(what: &str, path: &Path, names: impl Iterator<Item = &'n String>, console: &mut Console) {
    let names: Vec<&String> = names.collect();
    if console.is_json() {
        let mirror = serde_json::json!({ "path": path.display().to_string(), "files": names });
        console.line(&serde_json::json!({ what: mirror }).to_string());
    } else {
        console.line(&told(path));
        names.iter().for_each(|name| console.line(&format!("    {name}")));
    }
}

/// Returns the sidecars in a folder, with their paths, by name; none where there is no such folder.
fn sidecars(directory: &Path) -> Result<Vec<(PathBuf, Sidecar)>, Failure> {
    let failed = |error: std::io::Error| Failure::file("read", directory, &error);
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(SIDECAR_SUFFIX) && !name.starts_with('.') {
            let sidecar =
                Sidecar::read(&path).map_err(|error| Failure::new(error.code(), error.to_string()))?;
            found.push((path, sidecar));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

/// Makes sure that a library is the one that its sidecar describes.
fn verify(sidecar: &Sidecar) -> Result<(), Failure> {
    let hash = hash_of(&sidecar.library).map_err(|error| Failure::new(error.code(), error.to_string()))?;
    match &sidecar.blake3 {
        Some(expected) if *expected == hash => Ok(()),
        _ => {
            let message =
                format!("`{}` is not the library that its sidecar describes", sidecar.library.display());
            Err(Failure::new("plugin::checksum", message).hint("`rps plugin build` writes both anew"))
        }
    }
}

fn archive(contents: &BTreeMap<String, Vec<u8>>) -> std::io::Result<Vec<u8>> {
    let sums: String = contents
        .iter()
        .map(|(name, content)| format!("{}  {name}\n", blake3::hash(content).to_hex()))
        .collect();
    let mut builder = tar::Builder::new(Vec::new());
    let all = std::iter::once((CHECKSUMS, sums.as_bytes()))
        .chain(contents.iter().map(|(name, content)| (&**name, &**content)));
    for (name, content) in all {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        builder.append_data(&mut header, name, content)?;
    }
    builder.into_inner()
}

/// Returns the files of a bundle, all of which are as its checksums say.
fn read(bundle: &Path) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let wrong = |problem: String| {
        let message = format!("`{}` is no bundle, or a damaged one: {problem}", bundle.display());
        Failure::new("plugin::bundle", message).hint("`rps plugin bundle` makes them")
    };
    let unreadable = |error: std::io::Error| wrong(error.to_string());
    let file = fs::File::open(bundle).map_err(|error| Failure::file("read", bundle, &error))?;
    let mut contents = BTreeMap::new();
    let mut left = LIMIT;
    // What is compressed has no place here, so that the file's own size bounds what comes out of it.
    for entry in tar::Archive::new(file).entries().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        let path = entry.path().map_err(unreadable)?.into_owned();
        let name = path.to_string_lossy().into_owned();
        let is_plain = path.file_name() == Some(path.as_os_str()) && !name.starts_with('.');
        if !is_plain || entry.header().entry_type() != tar::EntryType::Regular {
            return Err(wrong(format!(
                "it has `{}`, which is no file of its own folder",
                name.escape_debug()
            )));
        }
        let mut content = Vec::new();
        let size = entry.by_ref().take(left + 1).read_to_end(&mut content).map_err(unreadable)? as u64;
        left = left.checked_sub(size).ok_or_else(|| wrong(format!("it has more than {LIMIT} bytes")))?;
        if contents.insert(name.clone(), content).is_some() {
            return Err(wrong(format!("it has {name} twice")));
        }
    }
    let sums = contents.remove(CHECKSUMS).ok_or_else(|| wrong(format!("it has no {CHECKSUMS}")))?;
    let sums = String::from_utf8(sums).map_err(|_| wrong(format!("{CHECKSUMS} is no text")))?;
    let said: BTreeMap<&str, &str> =
        sums.lines().filter_map(|line| line.split_once("  ")).map(|(sum, name)| (name, sum)).collect();
    for (name, content) in &contents {
        match said.get(&**name) {
            Some(sum) if *sum == blake3::hash(content).to_hex().as_str() => {}
            Some(_) => return Err(wrong(format!("{name} is not as its checksum says"))),
            None => return Err(wrong(format!("{name} has no checksum"))),
        }
    }
    match said.keys().find(|name| !contents.contains_key(**name)) {
        Some(missing) => Err(wrong(format!("{missing} is missing"))),
        None if contents.is_empty() => Err(wrong("it is empty".into())),
        None => Ok(contents),
    }
}
