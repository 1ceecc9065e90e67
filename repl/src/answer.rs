//! What a text or a command gives.

use std::path::PathBuf;

use rps_runtime::{Mutator, Value};
use serde::Serialize;

use crate::console::Console;
use crate::print::Look;
use crate::print::json::JsonValue;
use crate::print::preview::preview;

/// What a text or a command gives. It holds a value: it is shown before the thread leaves the runtime.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Nothing to be shown.
    Nothing,
    /// A value.
    Value(Value),
    /// Something of a command's own.
    Report(Report),
    /// A wish: to go on with another store, or with the same as it is on disk.
    Load(Option<PathBuf>),
    /// A wish: to end the session.
    Quit,
}

/// What a command found, for people and for programs.
#[derive(Debug)]
pub(crate) struct Report {
    text: String,
    json: serde_json::Value,
    /// What is to be known besides, as in the text.
    warnings: Vec<String>,
    /// What was asked for and not done, though the rest was.
    missing: Option<String>,
}

impl Report {
    /// Returns a report; as JSON it is an object with the one member `key`.
    pub(crate) fn new(text: impl Into<String>, key: &str, content: impl Serialize) -> Report {
        // The mirror types have strings for keys and no own errors, so this does not fail.
        let content = serde_json::to_value(content).unwrap_or_default();
        let json = serde_json::json!({ key: content });
        Report { text: text.into(), json, warnings: Vec::new(), missing: None }
    }

    /// Returns a report; as JSON it has the form of an answer: `success`, `data` and `error` (DYN-15).
    pub(crate) fn response(text: impl Into<String>, data: impl Serialize) -> Report {
        let data = serde_json::to_value(data).unwrap_or_default();
        let json = serde_json::json!({ "success": true, "data": data, "error": null });
        Report { text: text.into(), json, warnings: Vec::new(), missing: None }
    }

    /// Writes the report.
    pub(crate) fn tell(&self, console: &mut Console) {
        match console.is_json() {
            true => console.line(&self.json.to_string()),
            false => console.line(&self.text),
        }
    }
}

impl Report {
    /// Adds what is to be known besides, a line each.
    pub(crate) fn warn(mut self, warnings: &[String]) -> Report {
        for warning in warnings {
            self.text.push_str(&format!("\nwarning: {warning}"));
        }
        self.warnings.extend_from_slice(warnings);
        if let (serde_json::Value::Object(members), false) = (&mut self.json, self.warnings.is_empty()) {
            members.insert("warnings".into(), self.warnings.clone().into());
        }
        self
    }

    /// Notes that something that was asked for was not done.
    pub(crate) fn missing(mut self, what: Option<String>) -> Report {
        self.missing = what;
        self
    }

    /// Returns what is to be known besides, a line each.
    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Returns what was asked for and not done.
    pub(crate) fn what_is_missing(&self) -> Option<&str> {
        self.missing.as_deref()
    }
}

impl From<Report> for Answer {
    fn from(report: Report) -> Answer {
        Answer::Report(report)
    }
}

impl Answer {
    /// Returns the answer for people.
    pub(crate) fn to_text(&self, m: &Mutator<'_>, look: Look) -> Option<String> {
        match self {
            Answer::Value(found) => Some(preview(m, *found, look)),
            Answer::Report(report) => Some(report.text.clone()),
            Answer::Nothing | Answer::Load(_) | Answer::Quit => None,
        }
    }

    /// Returns the answer for programs: one line.
    pub(crate) fn to_json(&self, m: &Mutator<'_>) -> Option<String> {
        /// A value as the command gives it.
        #[derive(Serialize)]
        struct Line {
            value: JsonValue,
        }
        match self {
            Answer::Value(found) => serde_json::to_string(&Line { value: JsonValue::of(m, *found) }).ok(),
            Answer::Report(report) => Some(report.json.to_string()),
            Answer::Nothing | Answer::Load(_) | Answer::Quit => None,
        }
    }
}
