//! The log: what plugins write beside their results, and what goes wrong while nobody asks.
//!
//! It goes to standard error, a line each. While somebody types a line it is handed to the editor, which writes it above
//! that line.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// The log of this process.
pub(crate) struct Log {
    json: bool,
    is_typing: AtomicBool,
    /// Leads to the editor, once there is one.
    editor: Mutex<Option<Sender<String>>>,
}

impl Log {
    /// Returns a log; with `json`, each line is a JSON document.
    pub(crate) fn new(json: bool) -> Log {
        Log { json, is_typing: AtomicBool::new(false), editor: Mutex::new(None) }
    }

    /// Writes a text; the levels are those of the plugin interface.
    pub(crate) fn tell(&self, level: u32, plugin: &str, text: &str) {
        let name = ["off", "error", "warning", "info", "debug"].get(level as usize).unwrap_or(&"trace");
        let line = if self.json {
            serde_json::json!({ "log": { "level": name, "plugin": plugin, "text": text } }).to_string()
        } else {
            format!("{name}: {plugin}: {text}")
        };
        if self.is_typing.load(Ordering::Acquire)
            && let Some(editor) = &*self.editor.lock().unwrap_or_else(PoisonError::into_inner)
            && editor.send(format!("{line}\n")).is_ok()
        {
            return;
        }
        // There is nowhere left to say that standard error is closed.
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    }

    /// Hands what is logged while somebody types to `print`. That may wait for the editor, which may wait for a plugin
    /// that logs: so it has a thread of its own.
    pub(crate) fn print_with(&self, mut print: impl FnMut(String) + Send + 'static) {
        let (sender, lines) = mpsc::channel();
        let forward = move || lines.into_iter().for_each(&mut print);
        if thread::Builder::new().name("log".into()).spawn(forward).is_ok() {
            *self.editor.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        }
    }

    /// Says whether somebody types.
    pub(crate) fn set_typing(&self, is_typing: bool) {
        self.is_typing.store(is_typing, Ordering::Release);
    }
}
