//! The calls that were under way when a program failed: a stack trace for people and for programs.

use std::sync::Arc;

use rps_lang::RunError;
use rps_runtime::code::{Source, TraceEntry};
use serde::Serialize;

/// So many lines of a trace are shown from its beginning, and from its end.
const SHOWN: (usize, usize) = (12, 4);

/// A call that was under way, as JSON has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Call {
    function: String,
    file: String,
    line: usize,
    column: usize,
    /// How many calls between this one and the next are not in the list.
    #[serde(skip_serializing_if = "is_zero")]
    left_out: usize,
    /// Whether it is in a function, and not at the top of a text.
    #[serde(skip)]
    is_function: bool,
    /// Whether it is in the library: what a program does wrong may be noticed there, but is not done there.
    #[serde(skip)]
    is_library: bool,
}

impl Call {
    /// Returns the calls of an error, the innermost first; `whole` is the text of which a part was evaluated.
    pub(crate) fn of(error: &RunError, whole: &str) -> Vec<Call> {
        let Source { name, is_library, .. } = &*error.source;
        let source = Arc::new(Source { name: name.clone(), text: whole.to_owned(), is_library: *is_library });
        let call = |entry: &TraceEntry| {
            let mut entry = entry.clone();
            if Arc::ptr_eq(&entry.source, &error.source) {
                entry.source = Arc::clone(&source);
            }
            let (line, column) = entry.place();
            Call {
                file: entry.source.name.clone(),
                line,
                column,
                left_out: entry.left_out,
                is_function: entry.function.is_some(),
                is_library: entry.source.is_library,
                function: entry.name,
            }
        };
        error.trace.iter().map(call).collect()
    }

    /// Returns what the call is in, unless that goes without saying.
    pub(crate) fn function(&self) -> Option<&str> {
        // What stands at the top of a text is called after the text.
        let at_top = |name: &str| self.function.strip_suffix(&self.file).is_some_and(|rest| rest == name);
        match self.is_function {
            true if at_top("closure in ") => Some("a closure"),
            true if at_top("function in ") => Some("a function"),
            true => Some(&self.function),
            false => None,
        }
    }

    fn is_like(&self, other: &Call) -> bool {
        (&self.function, &self.file, self.line) == (&other.function, &other.file, other.line)
    }

    fn describe(&self, times: usize) -> String {
        let place = format!("{}:{}", self.file, self.line);
        let from = match self.function() {
            Some(function) => format!("called from {function} ({place})"),
            None => format!("called from {place}"),
        };
        if times == 1 { from } else { format!("{from}, {times} times") }
    }
}

/// Returns the call that an error is told of: the innermost one that is not in the library, if any.
pub(crate) fn place(calls: &[Call]) -> Option<&Call> {
    calls.get(place_index(calls))
}

fn place_index(calls: &[Call]) -> usize {
    calls.iter().position(|call| !call.is_library).unwrap_or(0)
}

/// Returns the lines that tell where the place of an error was called from, and so on outwards; before them, where in the
/// library it was noticed.
pub(crate) fn notes(calls: &[Call]) -> Vec<String> {
    let mut lines: Vec<(String, usize)> = Vec::new();
    let at = place_index(calls);
    if let Some(innermost) = calls.first().filter(|_| at > 0) {
        lines.push((format!("in {} ({}:{})", innermost.function, innermost.file, innermost.line), at));
    }
    let mut rest = calls.get(at + 1..).unwrap_or_default();
    if let Some(place) = calls.get(at).filter(|place| place.left_out > 0) {
        lines.push((more(place.left_out), place.left_out));
    }
    while let Some(call) = rest.first() {
        let alike = rest.iter().take_while(|other| call.is_like(other)).count();
        let (run, behind) = rest.split_at(alike);
        // Calls that were left out between two that are alike are most likely so, too.
        let (last, inner) = run.split_last().unwrap_or((call, &[]));
        let count = alike + inner.iter().map(|call| call.left_out).sum::<usize>();
        lines.push((call.describe(count), count));
        if last.left_out > 0 {
            lines.push((more(last.left_out), last.left_out));
        }
        rest = behind;
    }
    let (first, last) = SHOWN;
    if lines.len() > first + last {
        let end = lines.len() - last;
        let hidden = lines[first..end].iter().map(|(_, count)| count).sum();
        lines.splice(first..end, [(more(hidden), hidden)]);
    }
    lines.into_iter().map(|(line, _)| line).collect()
}

fn more(count: usize) -> String {
    if count == 1 { "… 1 more call".to_owned() } else { format!("… {count} more calls") }
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(function: &str, line: usize, left_out: usize) -> Call {
        let (function, file) = (function.to_owned(), "a.rps".to_owned());
        Call { is_function: function != "top", function, file, line, column: 1, left_out, is_library: false }
    }

    #[test]
    fn callers_are_told_from_the_inside_outwards() {
        assert!(notes(&[]).is_empty());
        assert!(notes(&[call("top", 1, 0)]).is_empty());
        let calls = [call("f", 1, 0), call("g", 2, 0), call("top", 3, 0)];
        assert_eq!(notes(&calls), ["called from g (a.rps:2)", "called from a.rps:3"]);
    }

    #[test]
    fn a_closure_at_the_top_of_a_text_is_in_nothing() {
        assert_eq!(call("closure in a.rps", 1, 0).function(), Some("a closure"));
        assert_eq!(call("closure in f", 1, 0).function(), Some("closure in f"));
        assert_eq!(call("top", 1, 0).function(), None);
    }

    #[test]
    fn what_the_library_notices_is_told_of_the_program() {
        let inside = |line| Call { is_library: true, ..call("object.sum", line, 0) };
        let calls = [inside(5), inside(6), call("f", 1, 0), inside(7), call("top", 3, 0)];
        assert_eq!(place(&calls), Some(&calls[2]));
        let told = ["in object.sum (a.rps:5)", "called from object.sum (a.rps:7)", "called from a.rps:3"];
        assert_eq!(notes(&calls), told);
    }

    #[test]
    fn recursion_is_one_line() {
        let mut calls = vec![call("f", 1, 0); 40];
        calls[39].left_out = 900;
        calls.extend([call("f", 1, 0), call("top", 9, 0)]);
        assert_eq!(notes(&calls), ["called from f (a.rps:1), 940 times", "called from a.rps:9"]);
        let mutual: Vec<_> = (0..40).map(|n| call(if n % 2 == 0 { "f" } else { "g" }, 1, 0)).collect();
        let shown = notes(&mutual);
        assert_eq!((shown.len(), shown[12].as_str()), (17, "… 23 more calls"));
    }
}
