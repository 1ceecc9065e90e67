//! One thing done to several plugins: what came of each.

use serde::Serialize;

use crate::answer::Report;
use crate::failure::Failure;

/// What came of one plugin.
pub(super) struct Item {
    pub(super) plugin: String,
    /// What was done, in a line.
    pub(super) result: Result<String, Failure>,
}

#[derive(Serialize)]
struct JsonItem {
    plugin: String,
    success: bool,
    error: Option<serde_json::Value>,
}

/// Returns what is to be said of all. If one failed, it all failed, and says what was done all the same (DYN-6).
pub(super) fn report(items: Vec<Item>, done: &str) -> Result<Report, Failure> {
    let error = |failure: &Failure| failure.mirrors(rps_lang::syntax::Severity::Error).into_iter().next();
    let mirrors: Vec<JsonItem> = items
        .iter()
        .map(|item| JsonItem {
            plugin: item.plugin.clone(),
            success: item.result.is_ok(),
            error: item.result.as_ref().err().and_then(error),
        })
        .collect();
    let failed = items.iter().filter(|item| item.result.is_err()).count();
    let count = items.len();
    if failed == 0 {
        let lines: Vec<String> = items.into_iter().filter_map(|item| item.result.ok()).collect();
        let text = if lines.is_empty() { "there are no plugins".to_owned() } else { lines.join("\n") };
        return Ok(Report::response(text, mirrors));
    }
    if count == 1
        && let Some(Item { result: Err(failure), .. }) = items.into_iter().next()
    {
        return Err(failure.answered(mirrors));
    }
    let what = if failed == 1 { "was" } else { "were" };
    let failure =
        Failure::new("plugin::incomplete", format!("{failed} of {count} plugins {what} not {done}"));
    let lines = mirrors.iter().map(|mirror| match &mirror.error {
        None => format!("{}: {done}", mirror.plugin),
        Some(error) => {
            let text = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
            let hint = Some(text("hint")).filter(|hint| !hint.is_empty());
            let hint = hint.map_or_else(String::new, |hint| format!(" ({hint})"));
            format!("{}: {}: {}{hint}", mirror.plugin, text("code"), text("message"))
        }
    });
    Err(lines.fold(failure, Failure::detail).answered(&mirrors))
}
