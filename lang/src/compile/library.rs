//! Texts of the library: what they define is found beside dictionaries and symbols, and no store holds it.

use std::sync::Arc;

use rps_runtime::Mutator;
use rps_runtime::code::Source;
use rps_runtime::value::ClosureRef;

use super::codes;
use super::compiler::{Compiler, Variables};
use super::error::EvalError;
use super::session::install;
use crate::syntax::ast::{Class, ExpressionKind as E, Member, MemberKind};
use crate::syntax::{Diagnostic, parse};

/// Evaluates a text of the library: its functions become global names, and the methods of its classes, which exist,
/// those of these classes, all of them outside of what stores hold; the value of `let name = …` becomes a global name.
///
/// # Errors
///
/// [`EvalError`], also for a text that does anything else.
pub fn eval_library(m: &Mutator<'_>, name: &str, text: &str) -> Result<(), EvalError> {
    install(m);
    let parsed = parse(text);
    if parsed.has_errors() {
        return Err(EvalError::Syntax(parsed.diagnostics));
    }
    let source = Arc::new(Source { name: name.to_string(), text: text.to_string(), is_library: true });
    let mut variables = Variables::default();
    let mut compiler = Compiler::new(m, &mut variables, source);
    compiler.is_library = true;
    compiler.define_names(&parsed.program.statements);
    for statement in &parsed.program.statements {
        match &statement.kind {
            E::Function(function) => {
                if let Some(Member { kind: MemberKind::Name(name), .. }) = &function.name {
                    let object = compiler.library_function(name, function);
                    m.register_global(name, object.into());
                }
            }
            E::Class(class) => compiler.library_class(class),
            _ => {
                let message = "a text of the library defines functions and methods only";
                compiler.error(codes::MISPLACED, statement.span, message);
            }
        }
    }
    let failed = compiler.has_errors();
    let diagnostics: Vec<Diagnostic> = compiler.into_diagnostics();
    if failed { Err(EvalError::Syntax(diagnostics)) } else { Ok(()) }
}

impl Compiler<'_, '_> {
    fn library_class(&mut self, class: &Class) {
        let name = &class.name.text;
        let found = self.m.global(name).or_else(|| self.m.library_global(name));
        let Some(object) = found.and_then(|value| value.as_object()).filter(|object| object.is_class(self.m))
        else {
            self.error(codes::UNKNOWN_NAME, class.name.span, format!("there is no class `{name}`"));
            return;
        };
        for function in &class.methods {
            let Some(Member { kind: MemberKind::Name(selector), .. }) = &function.name else { continue };
            let method = self.library_method(format!("{name}.{selector}"), function);
            method.set_class_of_method(self.m, object);
            match ClosureRef::new(self.m, method, &[]) {
                Ok(closure) => self.m.register_library_method(object.oid(), selector, closure.into()),
                Err(error) => {
                    self.error(codes::TOO_LARGE, function.span, error.to_string());
                }
            }
        }
    }
}
