//! What went wrong, as the command tells it: with code, place, source line and hint, or as JSON.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::Path;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use rps_lang::EvalError;
use rps_lang::syntax::{Diagnostic, Severity, SourceText, Span};
use rps_persist::Problem;
use rps_runtime::RuntimeError;
use serde::Serialize;

use crate::calls::{self, Call};
use crate::print::Look;
use crate::problem::JsonProblem;

/// Something that was asked for and was not done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A text is no program, or running it failed.
    Source { text: Box<SourceText>, diagnostics: Vec<Diagnostic>, calls: Vec<Call> },
    /// Something else.
    Plain(Box<Plain>),
    /// As JSON it is the answer to what was asked (DYN-15): the failure, and what was found or done all the same.
    Answered { failure: Box<Failure>, data: serde_json::Value },
}

/// A failure without a source text.
#[derive(Debug)]
pub(crate) struct Plain {
    /// The stable code.
    pub(crate) code: Cow<'static, str>,
    /// What is wrong.
    pub(crate) message: String,
    /// Why, from near to far, or all that was found.
    pub(crate) details: Vec<String>,
    /// What is wrong with the store, for programs; the details say the same.
    pub(crate) problems: Vec<JsonProblem>,
    /// What to do about it.
    pub(crate) hint: Option<String>,
}

/// A failure as JSON; one a line.
#[derive(Debug, Serialize)]
pub(crate) struct JsonFailure<'f> {
    severity: &'static str,
    code: &'f str,
    message: &'f str,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<JsonPlace<'f>>,
    /// The calls that were under way, the innermost first.
    #[serde(skip_serializing_if = "<[Call]>::is_empty")]
    trace: &'f [Call],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    details: &'f [String],
    #[serde(skip_serializing_if = "<[JsonProblem]>::is_empty")]
    problems: &'f [JsonProblem],
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'f str>,
}

/// A place in a source text; lines and columns are counted from 1.
#[derive(Debug, Serialize)]
struct JsonPlace<'f> {
    file: &'f str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    source: &'f str,
}

impl Failure {
    /// Returns a failure without a source text.
    pub(crate) fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Failure {
        let (code, message) = (code.into(), message.into());
        let plain = Plain { code, message, details: Vec::new(), problems: Vec::new(), hint: None };
        Failure::Plain(Box::new(plain))
    }

    /// Returns the failure of a text.
    pub(crate) fn source(name: &str, text: &str, diagnostics: Vec<Diagnostic>) -> Failure {
        Failure::Source { text: Box::new(SourceText::new(name, text)), diagnostics, calls: Vec::new() }
    }

    /// Returns the failure of a program; `name` and `text` are the text that was evaluated, or of which a part was.
    pub(crate) fn program(name: &str, text: &str, error: &EvalError) -> Failure {
        let mut diagnostics = error.diagnostics();
        let calls = match error {
            EvalError::Run(error) => Call::of(error, text),
            _ => Vec::new(),
        };
        if let (Some(function), Some(first)) =
            (calls::place(&calls).and_then(Call::function), diagnostics.first_mut())
            && first.primary.text.is_empty()
        {
            first.primary.text = format!("in {function}");
        }
        let text = match error.source() {
            Some(source) => SourceText::new(&source.name, &source.text),
            None => SourceText::new(name, text),
        };
        Failure::Source { text: Box::new(text), diagnostics, calls }
    }

    /// Returns the stable code, that of the first error where there are several.
    pub(crate) fn code(&self) -> &str {
        match self {
            Failure::Plain(plain) => &plain.code,
            Failure::Answered { failure, .. } => failure.code(),
            Failure::Source { diagnostics, .. } => {
                let first = diagnostics.iter().find(|diagnostic| diagnostic.is_error());
                first.map_or("syntax::error", |diagnostic| &diagnostic.code)
            }
        }
    }

    /// Returns an error of an operation on files.
    pub(crate) fn file(action: &str, path: &Path, error: &std::io::Error) -> Failure {
        let code = rps_persist::code_of(error);
        Failure::new(code.as_str(), format!("can not {action} `{}`", path.display()))
            .detail(error.to_string())
            .maybe_hint(code.hint().map(str::to_owned))
    }

    /// Returns the same failure, as JSON in the form of an answer: with `success`, `data` and `error`.
    pub(crate) fn answered(self, data: impl Serialize) -> Failure {
        // The mirror types have strings for keys and no own errors, so this does not fail.
        let data = serde_json::to_value(data).unwrap_or_default();
        Failure::Answered { failure: Box::new(self), data }
    }

    /// Adds a detail; a failure with a source text has none.
    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Failure {
        if let Failure::Plain(plain) = &mut self {
            plain.details.push(detail.into());
        }
        self
    }

    /// Adds a problem of a store; a failure with a source text has none.
    pub(crate) fn problem(mut self, problem: &Problem) -> Failure {
        if let Failure::Plain(plain) = &mut self {
            plain.problems.push(problem.into());
        }
        self.detail(problem.to_string())
    }

    /// Adds what to do about it.
    pub(crate) fn hint(self, hint: impl Into<String>) -> Failure {
        self.maybe_hint(Some(hint.into()))
    }

    /// Adds what to do about it, if anything.
    pub(crate) fn maybe_hint(mut self, hint: Option<String>) -> Failure {
        if let Failure::Plain(plain) = &mut self
            && hint.is_some()
        {
            plain.hint = hint;
        }
        self
    }

    /// Says what to do about it instead of what was said before.
    pub(crate) fn advise(mut self, hint: impl Into<String>) -> Failure {
        match &mut self {
            Failure::Plain(plain) => plain.hint = Some(hint.into()),
            Failure::Answered { .. } => {}
            Failure::Source { diagnostics, .. } => {
                if let Some(first) = diagnostics.first_mut() {
                    first.hint = Some(hint.into());
                }
            }
        }
        self
    }

    /// Returns the failure in a line: its code, and what is wrong.
    pub(crate) fn line(&self) -> String {
        match self {
            Failure::Answered { failure, .. } => failure.line(),
            Failure::Plain(plain) => format!("{}: {}", plain.code, plain.message),
            Failure::Source { diagnostics, .. } => {
                let message = diagnostics.first().map_or("", |diagnostic| &diagnostic.message);
                format!("{}: {message}", self.code())
            }
        }
    }

    /// Returns the failure for people; where it stops nothing it is a warning.
    pub(crate) fn render(&self, severity: Severity, look: Look) -> String {
        let renderer = if look.colours { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.term_width(look.width).decor_style(DecorStyle::Ascii);
        let mut out = String::new();
        match self {
            Failure::Answered { failure, .. } => return failure.render(severity, look),
            Failure::Plain(plain) => {
                let mut group =
                    Group::with_title(level(severity).primary_title(&plain.message).id(plain.code.as_ref()));
                group = group.elements(plain.details.iter().map(|detail| Level::NOTE.message(detail)));
                group = group.elements(plain.hint.iter().map(|hint| Level::HELP.message(hint)));
                let _ = writeln!(out, "{}", renderer.render(&[group]));
            }
            Failure::Source { text, diagnostics, calls } => {
                for diagnostic in diagnostics {
                    let group = group(text, diagnostic, &calls::notes(calls));
                    let _ = writeln!(out, "{}", renderer.render(&[group]));
                }
            }
        }
        out
    }

    /// Returns the failure for programs: a JSON document a line.
    pub(crate) fn to_json(&self, severity: Severity) -> String {
        if let Failure::Answered { failure, data } = self {
            let error = failure.mirrors(severity).into_iter().next();
            return format!("{}\n", serde_json::json!({ "success": false, "data": data, "error": error }));
        }
        let mut out = String::new();
        for mirror in self.mirrors(severity) {
            let word = mirror["severity"].as_str().unwrap_or_default().to_owned();
            let _ = writeln!(out, "{}", serde_json::json!({ word: mirror }));
        }
        out
    }

    /// Returns the errors and warnings as JSON.
    pub(crate) fn mirrors(&self, severity: Severity) -> Vec<serde_json::Value> {
        let mirror = |failure: JsonFailure<'_>| serde_json::to_value(failure).unwrap_or_default();
        match self {
            Failure::Answered { failure, .. } => failure.mirrors(severity),
            Failure::Plain(plain) => vec![mirror(JsonFailure {
                severity: word(severity),
                code: &plain.code,
                message: &plain.message,
                place: None,
                trace: &[],
                details: if plain.problems.is_empty() { &plain.details } else { &[] },
                problems: &plain.problems,
                hint: plain.hint.as_deref(),
            })],
            Failure::Source { text, diagnostics, calls } => {
                let mirrors = diagnostics.iter().map(|diagnostic| {
                    mirror(JsonFailure {
                        severity: word(diagnostic.severity),
                        code: &diagnostic.code,
                        message: &diagnostic.message,
                        place: Some(place(text, diagnostic.primary.span)),
                        trace: calls,
                        details: &[],
                        problems: &[],
                        hint: diagnostic.hint.as_deref(),
                    })
                });
                mirrors.collect()
            }
        }
    }
}

impl From<RuntimeError> for Failure {
    fn from(error: RuntimeError) -> Failure {
        Failure::new(error.code(), error.to_string()).maybe_hint(error.hint())
    }
}

fn group<'f>(text: &'f SourceText, diagnostic: &'f Diagnostic, notes: &[String]) -> Group<'f> {
    let labels = std::iter::once((AnnotationKind::Primary, &diagnostic.primary))
        .chain(diagnostic.secondary.iter().map(|label| (AnnotationKind::Context, label)));
    let annotations = labels.map(|(kind, label)| {
        let said = (!label.text.is_empty()).then_some(label.text.as_str());
        kind.span(range(text.text(), label.span)).label(said)
    });
    let snippet = Snippet::source(text.text()).path(text.name()).annotations(annotations);
    Group::with_title(level(diagnostic.severity).primary_title(&diagnostic.message).id(&*diagnostic.code))
        .element(snippet)
        .elements(notes.iter().map(|note| Level::NOTE.message(note.clone())))
        .elements(diagnostic.hint.iter().map(|hint| Level::HELP.message(hint)))
}

fn level<'l>(severity: Severity) -> Level<'l> {
    if severity == Severity::Error { Level::ERROR } else { Level::WARNING }
}

fn word(severity: Severity) -> &'static str {
    if severity == Severity::Error { "error" } else { "warning" }
}

/// Returns the bytes of a span, moved into the text and to boundaries of characters.
fn range(text: &str, span: Span) -> std::ops::Range<usize> {
    let boundary = |at: u32| {
        let at = (at as usize).min(text.len());
        (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
    };
    boundary(span.start)..boundary(span.end.max(span.start))
}

fn place(text: &SourceText, span: Span) -> JsonPlace<'_> {
    let (start, end) = (text.position(span.start), text.position(span.end));
    JsonPlace {
        file: text.name(),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        source: text.line_text(start.line),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn syntax_error() -> Failure {
        let text = "let é = 1\nf(1, 2";
        Failure::source("a.rps", text, rps_lang::syntax::parse(text).diagnostics)
    }

    #[test]
    fn a_syntax_error_shows_line_caret_code_and_hint_rps_14() {
        expect![[r#"
            error[syntax::unclosed-paren]: this parenthesis is not closed
             --> a.rps:2:2
              |
            2 | f(1, 2
              |  ^   - missing here
              |  |
              |  opened here
              |
              = help: close it with `)`
        "#]]
        .assert_eq(&syntax_error().render(Severity::Error, Look::default()));
        expect![[r#"
            {"error":{"code":"syntax::unclosed-paren","hint":"close it with `)`","message":"this parenthesis is not closed","place":{"column":2,"end_column":3,"end_line":2,"file":"a.rps","line":2,"source":"f(1, 2"},"severity":"error"}}
        "#]].assert_eq(&syntax_error().to_json(Severity::Error));
    }

    #[test]
    fn a_plain_failure_has_code_details_and_hint() {
        let failure = Failure::new("store::x", "it is so").detail("because").hint("do this");
        expect![[r#"
            error[store::x]: it is so
             |
             = note: because
             = help: do this
        "#]]
        .assert_eq(&failure.render(Severity::Error, Look::default()));
        expect![[r#"
            {"error":{"code":"store::x","details":["because"],"hint":"do this","message":"it is so","severity":"error"}}
        "#]].assert_eq(&failure.to_json(Severity::Error));
    }

    #[test]
    fn spans_outside_the_text_are_moved_into_it() {
        let diagnostic = Diagnostic::error("x::y", Span::new(3, 99), "no").label("here");
        let failure = Failure::source("-e", "aé", vec![diagnostic]);
        assert!(failure.render(Severity::Error, Look::default()).contains("x::y"));
    }
}
