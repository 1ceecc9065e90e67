//! `rps fmt`: programs in the one style of the language.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::console::Console;
use crate::failure::Failure;
use crate::files;
use crate::script::read_text;

/// What became of a file, as JSON.
#[derive(Serialize)]
struct JsonFile {
    file: String,
    /// Whether its layout is another one now, or would be.
    changed: bool,
    /// The program, where it does not go back into a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// Formats files in place, or with `check` tells which would change. A file that is no program does not keep the
/// others from being formatted.
///
/// # Errors
///
/// What could not be read, written or understood; with `check`, that something would change.
pub(crate) fn run(paths: &[PathBuf], check: bool, console: &mut Console) -> Result<(), Failure> {
    let (mut changed, mut failures) = (0, Vec::new());
    for path in files::find(paths)? {
        match file(&path, check, console) {
            Ok(true) => changed += 1,
            Ok(false) => {}
            Err(failure) => failures.push(failure),
        }
    }
    if let Some(last) = failures.pop() {
        for failure in &failures {
            console.failure(failure);
        }
        return Err(last);
    }
    if check && changed > 0 {
        let files = if changed == 1 { "1 file is".to_owned() } else { format!("{changed} files are") };
        let message = format!("{files} not laid out as the language is");
        return Err(Failure::new("format::unformatted", message).hint("`rps fmt` without --check does it"));
    }
    Ok(())
}

/// Formats a file; returns whether its layout changed.
fn file(path: &Path, check: bool, console: &mut Console) -> Result<bool, Failure> {
    let is_input = path == Path::new("-");
    let name = if is_input { "<stdin>".to_owned() } else { path.display().to_string() };
    let text = read_text(path)?;
    let formatted =
        rps_lang::format::format(&text).map_err(|diagnostics| Failure::source(&name, &text, diagnostics))?;
    let changed = formatted != text;
    if changed && !check && !is_input {
        files::replace(path, formatted.as_bytes()).map_err(|error| Failure::file("write", path, &error))?;
    }
    let shown = (is_input && !check).then_some(formatted);
    if console.is_json() {
        let line = serde_json::json!({ "format": JsonFile { file: name, changed, text: shown } });
        console.line(&line.to_string());
    } else if let Some(text) = shown {
        console.write(&text);
    } else if changed {
        console.line(&name);
    }
    Ok(changed)
}
