//! A session: what is evaluated one text after another, with the variables that they share.

use std::sync::Arc;

use rps_runtime::code::{CodeRef, Source};
use rps_runtime::{Mutator, ObjectRef, Root, Value};

use super::compiler::{Compiler, Variables};
use super::error::{EvalError, RunError};
use super::front_end::Language;
use crate::syntax::parse;

/// The variables of a prompt or a script, its last value, and the space in which it keeps objects.
pub struct Session {
    variables: Variables,
    last: Root,
    space: Root,
}

/// Makes functions of the runtime be compiled as the language says.
pub(super) fn install(m: &Mutator<'_>) {
    m.runtime().set_front_end(Box::new(Language));
    crate::tree::install(m);
    crate::native::install(m);
}

impl Session {
    /// Makes a session without variables, which keeps objects nowhere until it is given a space. From now on functions of
    /// the runtime are compiled as the language says.
    #[must_use]
    pub fn new(m: &Mutator<'_>) -> Session {
        install(m);
        let heap = m.heap();
        Session { variables: Variables::default(), last: heap.root(Value::NIL), space: heap.root(Value::NIL) }
    }

    /// Evaluates a text, and returns the value of its last expression; it becomes the last value.
    ///
    /// # Errors
    ///
    /// [`EvalError`]: nothing is run when the text has a syntax error or an unknown name; what was done before an
    /// error at run time stays done.
    pub fn eval(&mut self, m: &Mutator<'_>, text: &str) -> Result<Value, EvalError> {
        self.eval_source(m, "prompt", text)
    }

    /// As [`Session::eval`]; `name` is what stack traces call the text, a file for instance.
    ///
    /// # Errors
    ///
    /// As [`Session::eval`].
    pub fn eval_source(&mut self, m: &Mutator<'_>, name: &str, text: &str) -> Result<Value, EvalError> {
        let code = self.compile(m, name, text)?;
        let (result, space) = m.run(code, self.last.get(), self.space());
        self.set_space(space);
        match result {
            Ok(value) => {
                self.last.set(value);
                Ok(value)
            }
            Err(error) => Err(EvalError::Run(Box::new(RunError::new(m, error, code.source())))),
        }
    }

    /// Compiles a text without running it: the names that it binds are variables of the session from then on.
    ///
    /// # Errors
    ///
    /// [`EvalError::Syntax`].
    pub fn compile(&mut self, m: &Mutator<'_>, name: &str, text: &str) -> Result<CodeRef, EvalError> {
        let parsed = parse(text);
        if parsed.has_errors() {
            return Err(EvalError::Syntax(parsed.diagnostics));
        }
        crate::tree::prepare(m, text);
        let before = self.variables.names.len();
        let source = Arc::new(Source { name: name.to_string(), text: text.to_string(), is_library: false });
        let mut compiler = Compiler::new(m, &mut self.variables, source);
        match compiler.program(&parsed.program) {
            Some(code) => Ok(code),
            None => {
                let diagnostics = compiler.into_diagnostics();
                self.variables.truncate(before);
                Err(EvalError::Syntax(diagnostics))
            }
        }
    }

    /// Returns the names of the variables, in the order of their making.
    pub fn variable_names(&self) -> impl Iterator<Item = &str> {
        self.variables.names.iter().map(AsRef::as_ref)
    }

    /// Returns the value of a variable.
    #[must_use]
    pub fn variable(&self, m: &Mutator<'_>, name: &str) -> Option<Value> {
        Some(m.variable_value(self.variables.find(name)?))
    }

    /// Sets a variable, making it.
    pub fn set_variable(&mut self, m: &Mutator<'_>, name: &str, value: Value) {
        let variable = self.variables.find_or_add(m, name);
        m.set_variable(variable, value);
    }

    /// Returns the functions in spaces that refer to variables of this session, each with the names: after a restart they
    /// can not be compiled, since no store holds the variables.
    #[must_use]
    pub fn functions_that_lose_variables(&self, m: &Mutator<'_>) -> Vec<(String, Vec<String>)> {
        let mut found = Vec::new();
        // Code is made by who calls a function, and that is for the variables of this session only in this process.
        let loaded = m.loaded_objects();
        let stored = loaded.iter().filter_map(|value| value.as_object());
        for object in stored.filter(|object| object.space().is_some()) {
            let used = m.session_variables_of(object);
            let name = |variable: ObjectRef| {
                self.variable_names()
                    .find(|name| self.variables.find(name) == Some(variable))
                    .map(str::to_string)
            };
            let names: Vec<String> = used.into_iter().filter_map(name).collect();
            if !names.is_empty() {
                let label = m
                    .code_of(object)
                    .map_or_else(|_| object.oid().to_string(), |code| code.name().to_string());
                found.push((label, names));
            }
        }
        found
    }

    /// Returns the last value, nil at first.
    #[must_use]
    pub fn last(&self) -> Value {
        self.last.get()
    }

    /// Sets the last value.
    pub fn set_last(&mut self, value: Value) {
        self.last.set(value);
    }

    /// Returns the space in which `keep` keeps objects.
    #[must_use]
    pub fn space(&self) -> Option<ObjectRef> {
        self.space.get().as_object()
    }

    /// Sets the space in which `keep` keeps objects.
    pub fn set_space(&mut self, space: Option<ObjectRef>) {
        self.space.set(space.map_or(Value::NIL, Value::from));
    }
}
