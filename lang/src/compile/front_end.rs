//! Compiling a function from its own text: what is called when a function from a store is called first.

use std::sync::Arc;

use rps_runtime::code::{CodeRef, FrontEnd, Source};
use rps_runtime::object::Payload;
use rps_runtime::object::payload::Capture;
use rps_runtime::{Mutator, ObjectRef, RuntimeError};

use super::codes;
use super::compiler::{Compiler, Variables};
use super::scope::{Form, SELF};
use crate::syntax::ast::{Expression, ExpressionKind as E, Name};
use crate::syntax::{Diagnostic, Span, parse};

/// The language as what compiles functions.
pub(super) struct Language;

/// What a function's payload says of how its text is to be read.
struct Given {
    source: String,
    captured: Vec<Capture>,
    class: Option<ObjectRef>,
    is_method: bool,
}

impl FrontEnd for Language {
    fn compile(&self, m: &Mutator<'_>, function: ObjectRef) -> Result<CodeRef, RuntimeError> {
        let given = function.with_payload(m, |payload| match payload {
            Some(Payload::Function(own)) => Some(Given {
                source: own.source.to_string(),
                captured: own.captured.clone(),
                class: own.class,
                is_method: own.is_method,
            }),
            _ => None,
        });
        let given = given.ok_or(RuntimeError::NoCode { oid: function.oid() })?;
        crate::tree::prepare(m, &given.source);
        let parsed = parse(&given.source);
        let name = name_of(m, function, &given, &parsed.program.statements);
        let fail = |diagnostics: &[Diagnostic]| failure(&name, &given.source, diagnostics);
        if parsed.has_errors() {
            return Err(fail(&parsed.diagnostics));
        }
        let source = Arc::new(Source { name: name.clone(), text: given.source.clone(), is_library: false });
        let mut variables = Variables::default();
        let mut compiler = Compiler::new(m, &mut variables, source);
        compiler.home_class = given.class;
        compiler.define_names(&parsed.program.statements);
        let code = match &parsed.program.statements[..] {
            [one] => compiler.function_of_payload(one, function, name.clone(), &given),
            _ => None,
        };
        match code {
            Some(code) => Ok(code),
            None => {
                let mut diagnostics = compiler.into_diagnostics();
                if diagnostics.is_empty() {
                    let message = "the text is not one function";
                    diagnostics.push(Diagnostic::error(codes::NOT_A_FUNCTION, Span::new(0, 0), message));
                }
                Err(fail(&diagnostics))
            }
        }
    }
}

impl Compiler<'_, '_> {
    /// Compiles a text that is one function or closure.
    fn function_of_payload(
        &mut self,
        expression: &Expression,
        object: ObjectRef,
        name: String,
        given: &Given,
    ) -> Option<CodeRef> {
        let (parameters, body): (&[Name], Vec<&Expression>) = match &expression.kind {
            E::Function(function) => (&function.parameters, function.body.statements.iter().collect()),
            E::Closure(closure) => (&closure.parameters, vec![&*closure.body]),
            _ => return None,
        };
        let form = match &expression.kind {
            E::Closure(_) => Form::Closure,
            _ if given.captured.is_empty() => Form::Global,
            _ => Form::Inner,
        };
        self.begin(form, name, parameters, &body);
        self.current.captured.clone_from(&given.captured);
        if given.is_method {
            self.current.is_method = true;
            self.current.bind(SELF, 0, false);
        }
        match &expression.kind {
            E::Function(function) if function.native.is_some() => {
                if given.is_method || !given.captured.is_empty() {
                    self.misplaced_native(function);
                } else {
                    let name = self.current.name.clone();
                    self.native_body(function, &name, given.source.clone());
                }
            }
            E::Function(function) => self.tail_block(&function.body),
            _ => body.iter().for_each(|body| self.tail(body)),
        }
        if given.is_method && !given.captured.is_empty() {
            self.error(codes::NOT_A_FUNCTION, expression.span, "a method captures nothing");
        }
        if self.current.captured.len() > given.captured.len() {
            // A name that the payload does not list was resolved as one of the session: there is none.
            let message = "the text captures more names than the function says";
            self.error(codes::NOT_A_FUNCTION, expression.span, message);
        }
        self.end(expression.span, object, parameters.len()).1
    }
}

/// Returns what messages call a function: its name, or where it is from.
fn name_of(m: &Mutator<'_>, function: ObjectRef, given: &Given, statements: &[Expression]) -> String {
    let written = match statements {
        [Expression { kind: E::Function(own), .. }] => own.name.as_ref().map(|name| match &name.kind {
            crate::syntax::ast::MemberKind::Name(name) => name.to_string(),
            _ => String::new(),
        }),
        _ => None,
    };
    let class = given.class.and_then(|class| m.name_of(class));
    match (class, written.or_else(|| m.name_of(function))) {
        (Some(class), Some(name)) => format!("{class}.{name}"),
        (None, Some(name)) => name,
        (Some(class), None) => format!("closure in {class}"),
        (None, None) => function.oid().to_string(),
    }
}

/// Returns the error of a text that can not be compiled.
pub(crate) fn failure(name: &str, source: &str, diagnostics: &[Diagnostic]) -> RuntimeError {
    let first = diagnostics.iter().find(|one| one.is_error());
    let before = first.map_or("", |one| source.get(..one.primary.span.start as usize).unwrap_or_default());
    let code = match first.map(|one| &one.code) {
        Some(std::borrow::Cow::Borrowed(code)) => code,
        _ => "syntax::error",
    };
    RuntimeError::Uncompilable {
        code,
        function: name.to_string(),
        message: first.map_or_else(String::new, |one| one.message.clone()),
        line: before.matches('\n').count() + 1,
        hint: first.and_then(|one| one.hint.clone()),
    }
}
