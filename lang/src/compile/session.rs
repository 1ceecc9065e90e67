//! A session: what is evaluated one text after another, with the variables that they share.

use rps_runtime::code::{Context, interpret};
use rps_runtime::{Mutator, ObjectRef, RuntimeError, Value};

use super::expression::Compiler;
use crate::syntax::{Diagnostic, Span, parse};

/// The variables of a prompt or a script, and the space in which it keeps objects.
pub struct Session {
    names: Vec<Box<str>>,
    context: Context,
}

/// Why a text has no value.
#[derive(Debug)]
#[non_exhaustive]
pub enum EvalError {
    /// The text is no program, or means nothing.
    Syntax(Vec<Diagnostic>),
    /// The program failed.
    Run {
        /// What went wrong.
        error: RuntimeError,
        /// The part of the text that failed.
        span: Span,
    },
}

impl EvalError {
    /// Returns the stable code of the first error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            EvalError::Syntax(diagnostics) => {
                diagnostics.iter().find(|one| one.is_error()).map_or("syntax::error", |one| one.code)
            }
            EvalError::Run { error, .. } => error.code(),
        }
    }

    /// Returns the error as diagnostics, to be shown with the source.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        match self {
            EvalError::Syntax(diagnostics) => diagnostics.clone(),
            EvalError::Run { error, span } => {
                let mut diagnostic = Diagnostic::error(error.code(), *span, error.to_string());
                diagnostic.hint = error.hint();
                vec![diagnostic]
            }
        }
    }
}

impl Session {
    /// Makes a session without variables, which keeps objects nowhere until it is given a space.
    #[must_use]
    pub fn new(m: &Mutator<'_>) -> Session {
        Session { names: Vec::new(), context: Context::new(m) }
    }

    /// Evaluates a text, and returns the value of its last expression; it becomes the last value.
    ///
    /// # Errors
    ///
    /// [`EvalError`]: nothing is run when the text has a syntax error or an unknown name; what was done before an
    /// error at run time stays done.
    pub fn eval(&mut self, m: &Mutator<'_>, text: &str) -> Result<Value, EvalError> {
        let parsed = parse(text);
        if parsed.has_errors() {
            return Err(EvalError::Syntax(parsed.diagnostics));
        }
        let mut compiler = Compiler::new(m, self.names.clone());
        let code = match compiler.program(&parsed.program) {
            Some(code) => code,
            None => return Err(EvalError::Syntax(compiler.into_diagnostics())),
        };
        self.names = compiler.into_variables();
        match interpret::run(m, &code, &mut self.context) {
            Ok(value) => {
                self.context.last.set(value);
                Ok(value)
            }
            Err(error) => {
                let span = Span::new(error.range.0, error.range.1);
                Err(EvalError::Run { error: error.error, span })
            }
        }
    }

    /// Returns the names of the variables, in the order of their making.
    pub fn variable_names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(AsRef::as_ref)
    }

    /// Returns the value of a variable.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<Value> {
        let at = self.names.iter().position(|own| &**own == name)?;
        self.context.variables.get(at).copied()
    }

    /// Returns the last value, nil at first.
    #[must_use]
    pub fn last(&self) -> Value {
        self.context.last.get()
    }

    /// Sets the last value.
    pub fn set_last(&mut self, value: Value) {
        self.context.last.set(value);
    }

    /// Returns the space in which `keep` keeps objects.
    #[must_use]
    pub fn space(&self) -> Option<ObjectRef> {
        self.context.space.get().as_object()
    }

    /// Sets the space in which `keep` keeps objects.
    pub fn set_space(&mut self, space: Option<ObjectRef>) {
        self.context.space.set(space.map_or(Value::NIL, Value::from));
    }
}
