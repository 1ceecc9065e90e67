//! Text files.

use std::io::{self, Write as _};
use std::path::Path;

use rps_runtime::{Mutator, Oid, RuntimeError, Value};

use crate::argument::{failed_with_hint, text};
use crate::elements::new_texts;
use crate::host::services;
use crate::topic::{Entry, Topic};

pub(crate) const TOPIC: Topic = Topic {
    title: "Files",
    about: "Texts are UTF-8. A path that does not begin with `/` begins in the current folder. Errors have the code \
        `library::file`, and name the path.",
    functions: &[
        (Oid::known("_2ZsPMsd6bRG00ngAqd"), READ_TEXT),
        (Oid::known("_9IXaRRXO7YR00opelh"), LINES_OF),
        (Oid::known("_5s8igxeAjG303FkwVj"), WRITE_TEXT),
        (Oid::known("_20EDjurT3z803Q7V8b"), APPEND_TEXT),
        (Oid::known("_38wummhd8RW03U4dEu"), FILE_EXISTS),
        (Oid::known("_6H3xGY7nDHT010hek5"), REMOVE_FILE),
        (Oid::known("_7f2rDSqKvE400UVJtE"), LIST_DIRECTORY),
    ],
    ..Topic::EMPTY
};

const READ_TEXT: Entry = (
    "read_text(path)",
    |m, _, arguments| Ok(m.string(&on_file(m, "read", arguments[0], |path| std::fs::read_to_string(path))?)),
    r#"The text of a file.
write_text("note.txt", "one\ntwo")
read_text("note.txt") # → "one\ntwo""#,
);

const LINES_OF: Entry = (
    "lines_of(path)",
    |m, _, arguments| {
        let text = on_file(m, "read", arguments[0], |path| std::fs::read_to_string(path))?;
        new_texts(m, text.lines())
    },
    r#"The lines of a file, without their ends, as a tuple.
lines_of("note.txt") # → ["one", "two"]"#,
);

const WRITE_TEXT: Entry = (
    "write_text(path, text)",
    |m, _, arguments| {
        let (services, content) = (services(m), text(m, "the text", arguments[1])?.to_owned());
        on_file(m, "written", arguments[0], |path| services.host.write_file(path, content.as_bytes()))?;
        Ok(Value::NIL)
    },
    r#"Makes a text the content of a file, which is made if need be; gives nil.
write_text("note.txt", "one\ntwo") # → nil"#,
);

const APPEND_TEXT: Entry = (
    "append_text(path, text)",
    |m, _, arguments| {
        let content = text(m, "the text", arguments[1])?.to_owned();
        on_file(m, "written", arguments[0], |path| {
            let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path)?;
            file.write_all(content.as_bytes())
        })?;
        Ok(Value::NIL)
    },
    r#"Adds a text at the end of a file, which is made if need be; gives nil.
append_text("note.txt", "\nthree")
lines_of("note.txt").last() # → "three""#,
);

const FILE_EXISTS: Entry = (
    "file_exists(path)",
    |m, _, arguments| Ok(on_file(m, "looked for", arguments[0], |path| path.try_exists())?.into()),
    r#"Whether there is a file or folder.
file_exists("nowhere/note.txt") # → false"#,
);

const REMOVE_FILE: Entry = (
    "remove_file(path)",
    |m, _, arguments| {
        on_file(m, "removed", arguments[0], |path| std::fs::remove_file(path))?;
        Ok(Value::NIL)
    },
    r#"Removes a file; gives nil.
remove_file("note.txt") # → nil"#,
);

const LIST_DIRECTORY: Entry = (
    "list_directory(path)",
    |m, _, arguments| {
        let names = on_file(m, "listed", arguments[0], |path| {
            let names =
                std::fs::read_dir(path)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
            names.collect::<io::Result<Vec<String>>>()
        });
        let mut names = names?;
        names.sort_unstable();
        new_texts(m, names)
    },
    r#"The names of what is in a folder, sorted, as a tuple.
list_directory(".").contains("nowhere") # → false"#,
);

/// Does something with the file at a path, which may take its time.
fn on_file<R>(
    m: &Mutator<'_>,
    done: &str,
    path: Value,
    f: impl FnOnce(&Path) -> io::Result<R>,
) -> Result<R, RuntimeError> {
    let path = text(m, "the path", path)?.to_owned();
    m.blocking(|| f(Path::new(&path))).map_err(|error| {
        let hint = match error.kind() {
            io::ErrorKind::NotFound => "is the path right? It begins in the current folder",
            io::ErrorKind::InvalidData => "only texts in UTF-8 are read",
            io::ErrorKind::PermissionDenied => "the permissions of the file or its folder forbid it",
            _ => {
                return crate::argument::failed("library::file", format!("{path} cannot be {done}: {error}"));
            }
        };
        failed_with_hint("library::file", format!("{path} cannot be {done}: {error}"), hint)
    })
}
