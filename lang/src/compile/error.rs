//! Why a text has no value.

use std::sync::Arc;

use rps_runtime::code::{Source, TraceEntry};
use rps_runtime::value::View;
use rps_runtime::{Mutator, RuntimeError, Value, known};

use crate::syntax::{Diagnostic, Span};

/// Why a text has no value.
#[derive(Debug)]
#[non_exhaustive]
pub enum EvalError {
    /// The text is no program, or means nothing.
    Syntax(Vec<Diagnostic>),
    /// The program failed.
    Run(Box<RunError>),
}

/// How a program failed.
#[derive(Debug)]
pub struct RunError {
    /// What went wrong; what a program raised is [`RuntimeError::Raised`].
    pub error: RuntimeError,
    /// The stable code: also that of an error which a program raised again.
    pub code: String,
    /// What went wrong, in a sentence.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The calls that were under way, the innermost first.
    pub trace: Vec<TraceEntry>,
    /// The text that was evaluated.
    pub source: Arc<Source>,
}

impl EvalError {
    /// Returns the stable code of the first error.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            EvalError::Syntax(diagnostics) => {
                diagnostics.iter().find(|one| one.is_error()).map_or("syntax::error", |one| &one.code)
            }
            EvalError::Run(error) => &error.code,
        }
    }

    /// Returns the error as diagnostics of [`EvalError::source`], or of the text that was evaluated where that is `None`.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        match self {
            EvalError::Syntax(diagnostics) => diagnostics.clone(),
            EvalError::Run(error) => {
                let (start, end) = error.place().map_or((0, 0), |entry| entry.range);
                let mut diagnostic =
                    Diagnostic::error(error.code.clone(), Span::new(start, end), error.message.clone());
                diagnostic.hint.clone_from(&error.hint);
                vec![diagnostic]
            }
        }
    }

    /// Returns the text that the error began in, where it is another one than the text that was evaluated.
    #[must_use]
    pub fn source(&self) -> Option<&Source> {
        match self {
            EvalError::Syntax(_) => None,
            EvalError::Run(error) => {
                let first = error.place()?;
                (!Arc::ptr_eq(&first.source, &error.source)).then_some(&*first.source)
            }
        }
    }

    /// Returns the calls that were under way but for the one in which the error began, as a stack trace writes them.
    #[must_use]
    pub fn callers(&self) -> Vec<String> {
        match self {
            EvalError::Syntax(_) => Vec::new(),
            EvalError::Run(error) => {
                let place = error.place().map(std::ptr::from_ref);
                let others = error.trace.iter().filter(|&entry| Some(std::ptr::from_ref(entry)) != place);
                others.map(ToString::to_string).collect()
            }
        }
    }
}

impl RunError {
    /// Returns the call to be shown: the innermost one that is not of the library.
    #[must_use]
    pub fn place(&self) -> Option<&TraceEntry> {
        self.trace.iter().find(|entry| !entry.source.is_library).or_else(|| self.trace.first())
    }

    /// Returns the failure of the text that was just run.
    pub(super) fn new(m: &Mutator<'_>, error: RuntimeError, source: Arc<Source>) -> RunError {
        let trace = m.trace();
        let (code, message, hint) = match &error {
            RuntimeError::Raised => describe(m, m.raised()),
            other => (other.code().to_string(), other.to_string(), other.hint()),
        };
        RunError { error, code, message, hint, trace, source }
    }
}

/// Returns the code, the message and the hint of what a program raised: those that it has as attributes, or its text.
fn describe(m: &Mutator<'_>, raised: Value) -> (String, String, Option<String>) {
    let text = |name: &str| -> Option<String> {
        if !matches!(raised.view(), View::Object(_) | View::Instance(_)) {
            return None;
        }
        let key = m.key_of_symbol(m.symbol(name)?);
        Some(m.attribute(raised, key)?.as_string()?.as_str().to_string())
    };
    let code = text("code").unwrap_or_else(|| "run::raised".to_string());
    let message = text("message").unwrap_or_else(|| match raised.as_string() {
        Some(string) => string.as_str().to_string(),
        None if m.is_instance_of(raised, m.class(known::ERROR)) => "an error without a message".to_string(),
        None => match raised.view() {
            View::Object(_) | View::Instance(_) => m.text_of(raised),
            _ => format!("{raised:?}"),
        },
    });
    (code, message, text("hint"))
}
