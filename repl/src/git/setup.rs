//! `rps git-setup`: what makes git compare and merge stores by object.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::repository::Repository;
use crate::console::Console;
use crate::failure::Failure;
use crate::files;

/// The lines that are ours in a file of somebody else's.
const BEGIN: &str = "# >>> rps git-setup";
const END: &str = "# <<< rps git-setup";

/// The hooks before a commit is made: git calls the second one for merges.
const HOOKS: &[&str] = &["pre-commit", "pre-merge-commit"];

const ATTRIBUTES: &str = "spaces/**/*.json -text merge=rps diff=rps\n\
    # What is encoded can neither be compared nor merged.\n\
    spaces/**/*.json.* -text -diff -merge\n";

const IGNORED: &str = "/.rps/\n/.rps-tmp-*/\n";

/// Sets a repository up, or takes it all back, and tells what was done.
pub(super) fn run(directory: &Path, undo: bool, console: &mut Console) -> Result<(), Failure> {
    let repository = Repository::around(directory)?;
    let stores = stores(&repository, directory)?;
    let mut done = Vec::new();
    for store in &stores {
        for (name, lines) in [(".gitattributes", ATTRIBUTES), (".gitignore", IGNORED)] {
            let path = repository.root().join(store).join(name);
            note(&mut done, block(&path, (!undo).then_some(lines), "")?, &shown(&repository, &path));
        }
    }
    configuration(&repository, &stores, undo, &mut done)?;
    let hooks = repository.git(["rev-parse", "--git-path", "hooks"])?;
    let hooks = repository.root().join(hooks.trim_end());
    for hook in HOOKS {
        let path = hooks.join(hook);
        let lines = format!("{} git-hook {hook} || exit 1\n", program()?);
        let what = self::hook(&path, (!undo).then_some(&*lines))?;
        note(&mut done, what, &shown(&repository, &path));
    }
    if console.is_json() {
        console.line(&serde_json::json!({ "git_setup": { "stores": stores, "done": done } }).to_string());
        return Ok(());
    }
    for line in &done {
        console.line(line);
    }
    match (done.is_empty(), undo) {
        (true, _) => console.line("nothing to do"),
        (false, false) => console.line("add and commit .gitattributes and .gitignore, so that others have them, too; each clone needs its own `rps git-setup`"),
        (false, true) => {}
    }
    Ok(())
}

/// Returns the stores that are meant, as paths below the root of the repository.
fn stores(repository: &Repository, directory: &Path) -> Result<Vec<String>, Failure> {
    if directory.join("spaces").join("manifest.json").is_file() {
        return Ok(repository.relative(directory).into_iter().collect());
    }
    let prefix = repository.relative(directory).unwrap_or_default();
    let below = |store: &String| prefix.is_empty() || store.starts_with(&format!("{prefix}/"));
    let stores: Vec<String> = repository.stores().into_iter().filter(below).collect();
    if stores.is_empty() {
        let message = format!("there is no store in `{}`", directory.display());
        return Err(Failure::new("git::no-store", message).hint("dump a store there first"));
    }
    Ok(stores)
}

/// Sets or removes the configuration of the drivers, in this repository only.
fn configuration(
    repository: &Repository,
    stores: &[String],
    undo: bool,
    done: &mut Vec<String>,
) -> Result<(), Failure> {
    let program = program()?;
    let names = match stores {
        [store] if store.is_empty() => " --names .".to_owned(),
        [store] => format!(" --names {}", quoted(store)),
        _ => String::new(),
    };
    let entries = [
        ("merge.rps.name", "objects of a Repersys store".to_owned()),
        ("merge.rps.driver", format!("{program} merge-driver --ours-label %X --theirs-label %Y %O %A %B %P")),
        // The ancestor of a merge of merges must be a store without markers.
        ("merge.rps.recursive", "binary".to_owned()),
        ("diff.rps.textconv", format!("{program} textconv{names}")),
    ];
    for (key, value) in entries {
        let old = repository.ask(["config", "--local", "--get", key]);
        if undo {
            if old.is_some() {
                repository.git(["config", "--local", "--unset-all", key])?;
                done.push(format!("removed {key} from the configuration of the repository"));
            }
        } else if old.as_ref() != Some(&value) {
            repository.git(["config", "--local", key, &value])?;
            done.push(format!("set {key} in the configuration of the repository"));
        }
    }
    Ok(())
}

/// What became of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Done {
    Nothing,
    Written,
    Removed,
}

/// Puts our lines into a file, or takes them out; the other lines stay as they are. A file that has no others is removed.
fn block(path: &Path, lines: Option<&str>, beginning: &str) -> Result<Done, Failure> {
    let old = match fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(Failure::file("read", path, &error)),
    };
    let text = old.clone().unwrap_or_default();
    let mut others = text.clone();
    if let (Some(start), Some(end)) = (text.find(BEGIN), text.find(END)) {
        let end = text[end..].find('\n').map_or(text.len(), |newline| end + newline + 1);
        if start < end {
            others.replace_range(start..end, "");
        }
    }
    let failed = |error: io::Error| Failure::file("write", path, &error);
    let Some(lines) = lines else {
        if old.is_none() || others == text {
            return Ok(Done::Nothing);
        }
        match others.trim() {
            rest if rest.is_empty() || rest == beginning.trim() => fs::remove_file(path).map_err(failed)?,
            _ => files::replace(path, others.as_bytes()).map_err(failed)?,
        }
        return Ok(Done::Removed);
    };
    if others.is_empty() {
        beginning.clone_into(&mut others);
    } else if !others.ends_with('\n') {
        others.push('\n');
    }
    // Where our lines are, they stay; others may depend on them being there.
    let ours = format!("{BEGIN}\n{lines}{END}\n");
    let new = match text.find(BEGIN) {
        Some(start) if others.len() >= start => format!("{}{ours}{}", &others[..start], &others[start..]),
        _ => format!("{others}{ours}"),
    };
    if old.as_ref() == Some(&new) {
        return Ok(Done::Nothing);
    }
    fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).map_err(failed)?;
    files::replace(path, new.as_bytes()).map_err(failed)?;
    Ok(Done::Written)
}

/// Puts our lines into a hook, which is a program for the shell.
fn hook(path: &Path, lines: Option<&str>) -> Result<Done, Failure> {
    let is_shell = match fs::read(path) {
        Ok(content) => {
            let first = content.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let first = String::from_utf8_lossy(first).into_owned();
            first.starts_with("#!") && first.trim_end().ends_with("sh")
        }
        Err(_) => true,
    };
    if !is_shell {
        let message = format!("the hook `{}` is no program for the shell", path.display());
        let hint = format!("let it run: {}", lines.unwrap_or("what it ran before").trim_end());
        return Err(Failure::new("git::foreign-hook", message).hint(hint));
    }
    let done = block(path, lines, "#!/bin/sh\n")?;
    #[cfg(unix)]
    if done == Done::Written {
        use std::os::unix::fs::PermissionsExt;
        let executable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(path, executable)
            .map_err(|error| Failure::file("make executable", path, &error))?;
    }
    Ok(done)
}

fn note(done: &mut Vec<String>, what: Done, path: &str) {
    match what {
        Done::Nothing => {}
        Done::Written => done.push(format!("wrote {path}")),
        Done::Removed => done.push(format!("took our lines out of {path}")),
    }
}

fn shown(repository: &Repository, path: &Path) -> String {
    path.strip_prefix(repository.root()).unwrap_or(path).display().to_string()
}

/// Returns this program, as the shell is told of it.
fn program() -> Result<String, Failure> {
    let path: PathBuf =
        std::env::current_exe().map_err(|error| Failure::file("find", Path::new("rps"), &error))?;
    Ok(quoted(&path.to_string_lossy()))
}

/// Returns a word for the shell.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}
