//! The definition of a native function: all mistakes in it are found there, before anything is made of it.

use std::rc::Rc;

use rps_jit_ir::CodeGenerator;
use rps_runtime::Mutator;

use super::lower::{Callee, Environment, Named, Notes, begin, lower, verify};
use super::program::{declare_outside, signature_of_name, source_of_name, unknown};
use super::types::Signature;
use crate::syntax::Diagnostic;
use crate::syntax::ast::{Block, Expression, ExpressionKind as E, Function, MemberKind};

/// The functions that a text defines, as far as native ones call them.
#[derive(Default)]
pub(crate) struct Defined(Vec<Definition>);

struct Definition {
    name: Box<str>,
    /// Where it begins.
    start: u32,
    /// The function as far as its signature is concerned, if it is native.
    native: Option<Box<Function>>,
}

impl Defined {
    /// Returns the functions that a text defines.
    pub(crate) fn of(statements: &[Expression]) -> Defined {
        let native = |function: &Function| function.native.is_some();
        // Without a native function nobody asks.
        if !statements.iter().any(|one| matches!(&one.kind, E::Function(function) if native(function))) {
            return Defined::default();
        }
        let functions = statements.iter().filter_map(|statement| match &statement.kind {
            E::Function(function) => match &function.name.as_ref()?.kind {
                MemberKind::Name(name) => Some(Definition {
                    name: name.clone(),
                    start: function.span.start,
                    native: native(function).then(|| Box::new(without_body(function))),
                }),
                _ => None,
            },
            _ => None,
        });
        Defined(functions.collect())
    }

    /// Returns what the text defines under a name, for a function that begins at a place: the last definition before it, or the
    /// first one behind it. `Some(None)` is a function that is not native.
    fn find(&self, name: &str, place: u32) -> Option<Option<&Function>> {
        let own = || self.0.iter().filter(|own| *own.name == *name);
        let before = own().rfind(|own| own.start < place);
        before.or_else(|| own().next()).map(|own| own.native.as_deref())
    }
}

/// Returns a function as far as its signature is concerned.
fn without_body(function: &Function) -> Function {
    let body = Block { span: function.body.span, statements: Vec::new() };
    let (name, native) = (function.name.clone(), function.native.clone());
    Function { span: function.span, native, name, parameters: function.parameters.clone(), body }
}

/// What names stand for while a text is compiled.
struct Surroundings<'s, 'r> {
    m: &'s Mutator<'r>,
    defined: &'s Defined,
    is_variable: &'s dyn Fn(&str) -> bool,
    generator: &'s mut CodeGenerator,
    /// Where the function begins.
    place: u32,
    own: Callee,
    found: Vec<(Box<str>, Callee)>,
}

impl Environment for Surroundings<'_, '_> {
    fn find(&mut self, name: &str) -> Named {
        if *self.own.signature.name == *name {
            return Named::Native(self.own.clone());
        }
        if let Some((_, callee)) = self.found.iter().find(|(own, _)| **own == *name) {
            return Named::Native(callee.clone());
        }
        let m = self.m;
        let signature = match self.defined.find(name, self.place) {
            Some(Some(function)) => match Signature::of(function, &mut Vec::new()) {
                Some(signature) => signature,
                None => return Named::Wrong,
            },
            Some(None) => return Named::Other,
            None if source_of_name(m, name).is_none() => {
                if (self.is_variable)(name) {
                    return Named::Other;
                }
                return unknown(m, name, self.defined.0.iter().map(|own| own.name.to_string()));
            }
            None => match signature_of_name(m, name) {
                Some(signature) => signature,
                None => return Named::Other,
            },
        };
        // The name in the module is that of the callers, which is not taken.
        let target = self.generator.declare(&begin(name, &signature));
        let callee = Callee { target, signature: Rc::new(signature) };
        self.found.push((name.into(), callee.clone()));
        Named::Native(callee)
    }
}

/// Checks a native function, and returns what is wrong with it.
pub(crate) fn check(
    m: &Mutator<'_>,
    function: &Function,
    defined: &Defined,
    is_variable: &dyn Fn(&str) -> bool,
) -> Vec<Diagnostic> {
    let mut notes = Notes::default();
    let Some(signature) = Signature::of(function, &mut notes.diagnostics) else { return notes.diagnostics };
    let mut generator = CodeGenerator::new();
    let outside = declare_outside(&mut generator);
    let builder = begin(&signature.name, &signature);
    let own = Callee { target: generator.declare(&builder), signature: Rc::new(signature) };
    let signature = Rc::clone(&own.signature);
    let mut surroundings = Surroundings {
        m,
        defined,
        is_variable,
        generator: &mut generator,
        place: function.span.start,
        own,
        found: Vec::new(),
    };
    let lowered = lower(function, 0, builder, &signature, &outside, &mut surroundings, &mut notes);
    if let Some(Err(diagnostic)) = lowered.map(|lowered| verify(lowered, function.span)) {
        notes.diagnostics.push(diagnostic);
    }
    notes.diagnostics
}
