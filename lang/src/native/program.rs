//! A native function with all native functions that it comes to call: one module of typed native code.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use rps_jit_ir::function::{Memory, Order};
use rps_jit_ir::{CodeGenerator, FunctionBuilder, FunctionId, Module, Symbol, Type};
use rps_runtime::code::Source;
use rps_runtime::code::typed::{POLL, SIGNALS};
use rps_runtime::object::Payload;
use rps_runtime::send::similar_names;
use rps_runtime::{Mutator, RuntimeError};

use super::codes;
use super::lower::{Callee, Environment, Lowered, Named, Notes, Outside, Site, Sites, begin, lower};
use super::types::Signature;
use crate::syntax::ast::{Expression, ExpressionKind as E, Function};
use crate::syntax::{Diagnostic, Span, parse};

/// The name of the function of the module that tells whether there is something to attend to.
const IS_SIGNALLED: &str = "rps.is_signalled";

/// A native function with all that it calls.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) module: Module,
    /// The same as bytes.
    pub(super) bytes: Vec<u8>,
    /// The name of the function in the module.
    pub(super) entrance: String,
    pub(super) signature: Signature,
    /// Which parameters are vectors whose elements are changed.
    pub(super) writes: Vec<bool>,
    sites: Sites,
    /// The texts of the functions, by number.
    sources: Vec<Arc<Source>>,
    /// What the names of others stood for.
    names: Vec<(Box<str>, Option<Box<str>>)>,
}

/// The functions that a program is made of, as far as they are known.
struct Linker<'p, 'r> {
    m: &'p Mutator<'r>,
    generator: CodeGenerator,
    functions: Vec<Linked>,
    names: Vec<(Box<str>, Option<Box<str>>)>,
    found: HashMap<Box<str>, usize>,
}

struct Linked {
    function: Rc<Function>,
    callee: Callee,
    name: String,
    source: Arc<Source>,
}

impl Program {
    /// Makes the program of a function with a text, which is one native function.
    pub(super) fn link(m: &Mutator<'_>, source: &Arc<Source>) -> Result<Program, RuntimeError> {
        let mut linker = Linker {
            m,
            generator: CodeGenerator::new(),
            functions: Vec::new(),
            names: Vec::new(),
            found: HashMap::new(),
        };
        let outside = declare_outside(&mut linker.generator);
        let mut notes = Notes::default();
        let function = one_function(&source.text, &mut notes.diagnostics);
        let signature =
            function.as_ref().and_then(|function| Signature::of(function, &mut notes.diagnostics));
        let (Some(function), Some(signature)) = (function, signature) else {
            return Err(failure(&source.name, &source.text, &notes.diagnostics));
        };
        linker.add(function, signature, source.name.clone(), source);
        let mut lowered = Vec::new();
        while let Some(next) = linker.functions.get(lowered.len()) {
            let (function, callee) = (Rc::clone(&next.function), next.callee.clone());
            let (name, source) = (next.name.clone(), Arc::clone(&next.source));
            let builder = begin(callee.target.name(), &callee.signature);
            let number = lowered.len();
            let own = lower(&function, number, builder, &callee.signature, &outside, &mut linker, &mut notes);
            match own {
                Some(own) => lowered.push(own),
                None => return Err(failure(&name, &source.text, &notes.diagnostics)),
            }
        }
        let ids: Vec<FunctionId> = linker.functions.iter().map(|linked| linked.callee.target.id()).collect();
        let writes = writes(&lowered, &ids);
        let Linker { mut generator, functions, names, .. } = linker;
        for (Lowered { builder, .. }, linked) in lowered.into_iter().zip(&functions) {
            generator.define(&linked.callee.target, builder);
        }
        let module = generator.finish().map_err(|report| RuntimeError::Uncompilable {
            code: codes::INTERNAL,
            function: source.name.clone(),
            message: format!("the compiler made native code that is not sound: {report}"),
            line: 1,
            hint: Some("this is a mistake of Repersys: please report it with the text".into()),
        })?;
        let bytes = module.to_bytes();
        let entrance =
            functions.first().map_or_else(String::new, |first| first.callee.target.name().to_owned());
        let signature = functions.first().map(|first| (*first.callee.signature).clone());
        let signature = signature.unwrap_or_else(|| Signature {
            name: Box::default(),
            parameters: Vec::new(),
            result: None,
        });
        let sources = functions.into_iter().map(|linked| linked.source).collect();
        Ok(Program { module, bytes, entrance, signature, writes, sites: notes.sites, sources, names })
    }

    /// Returns whether the names of other functions stand for what they stood for.
    pub(super) fn holds(&self, m: &Mutator<'_>) -> bool {
        self.names.iter().all(|(name, text)| match source_of_name(m, name) {
            Some(now) => text.as_deref() == Some(&*now),
            None => text.is_none(),
        })
    }

    /// Returns the place of a trap, and the text in which it is.
    pub(super) fn site(&self, trap: i32) -> Option<(&Site, &Arc<Source>)> {
        let site = self.sites.find(trap)?;
        Some((site, self.sources.get(site.function)?))
    }
}

impl Linker<'_, '_> {
    fn add(
        &mut self,
        function: Function,
        signature: Signature,
        name: String,
        source: &Arc<Source>,
    ) -> Callee {
        // Two functions may have one name: one that was defined again, and one that still has the old text.
        let is_taken = |name: &str| self.functions.iter().any(|linked| linked.callee.target.name() == name);
        let mut unique = name.clone();
        while is_taken(&unique) || unique.is_empty() {
            unique.push('\'');
        }
        let callee = Callee {
            target: self.generator.declare(&begin(&unique, &signature)),
            signature: Rc::new(signature),
        };
        let function = Rc::new(function);
        self.functions.push(Linked { function, callee: callee.clone(), name, source: Arc::clone(source) });
        callee
    }
}

impl Environment for Linker<'_, '_> {
    fn find(&mut self, name: &str) -> Named {
        // A function calls itself whatever its name stands for now.
        if let Some(root) = self.functions.first()
            && *root.callee.signature.name == *name
            && self.functions.len() == 1
        {
            return Named::Native(root.callee.clone());
        }
        if let Some(&at) = self.found.get(name) {
            return Named::Native(self.functions[at].callee.clone());
        }
        let text = source_of_name(self.m, name);
        if !self.names.iter().any(|(own, _)| **own == *name) {
            self.names.push((name.into(), text.clone()));
        }
        let Some(text) = text else { return unknown(self.m, name, std::iter::empty()) };
        if let Some(at) =
            self.functions.iter().position(|linked| linked.name == name && linked.source.text == *text)
        {
            self.found.insert(name.into(), at);
            return Named::Native(self.functions[at].callee.clone());
        }
        let mut wrong = Vec::new();
        let Some(function) = one_function(&text, &mut wrong).filter(|function| function.native.is_some())
        else {
            return Named::Other;
        };
        let Some(signature) = Signature::of(&function, &mut wrong) else { return Named::Wrong };
        let source = Arc::new(Source { name: name.into(), text: text.into(), is_library: false });
        self.found.insert(name.into(), self.functions.len());
        Named::Native(self.add(function, signature, name.into(), &source))
    }
}

/// Returns what a name is that no function has: something else, or nothing, with the name that it may be a slip of.
pub(super) fn unknown(m: &Mutator<'_>, name: &str, own: impl Iterator<Item = String>) -> Named {
    let stands_for_something = |name: &str| {
        m.symbol(name).is_some_and(|symbol| !m.value_of_symbol(symbol).is_identical(symbol.into()))
            || m.library_global(name).is_some()
    };
    if stands_for_something(name) {
        return Named::Other;
    }
    let known = m.all_names().into_iter().filter(|name| source_of_name(m, name).is_some()).chain(own);
    Named::Unknown(similar_names(name, known).into_iter().next())
}

/// Returns the text of the function that has a global name.
pub(super) fn source_of_name(m: &Mutator<'_>, name: &str) -> Option<Box<str>> {
    let object = m.value_of_symbol(m.symbol(name)?).as_object()?;
    object.with_payload(m, |payload| match payload {
        Some(Payload::Function(own)) => Some(own.source.clone()),
        _ => None,
    })
}

/// Returns the signature of the native function that has a global name.
pub(super) fn signature_of_name(m: &Mutator<'_>, name: &str) -> Option<Signature> {
    let text = source_of_name(m, name)?;
    let mut wrong = Vec::new();
    Signature::of(&one_function(&text, &mut wrong)?, &mut wrong)
}

/// Returns the one function that a text is.
fn one_function(text: &str, wrong: &mut Vec<Diagnostic>) -> Option<Function> {
    let mut parsed = parse(text);
    if parsed.has_errors() {
        wrong.append(&mut parsed.diagnostics);
        return None;
    }
    match <[Expression; 1]>::try_from(parsed.program.statements) {
        Ok([Expression { kind: E::Function(function), .. }]) => Some(*function),
        _ => {
            let message = "the text is not one function";
            wrong.push(Diagnostic::error(crate::compile::codes::NOT_A_FUNCTION, Span::new(0, 0), message));
            None
        }
    }
}

/// Declares what every module refers to.
pub(super) fn declare_outside(generator: &mut CodeGenerator) -> Outside {
    let poll = generator.symbol(Symbol::function(POLL, rps_jit_ir::Signature::default()).trapping().cold());
    let signals = generator.symbol(Symbol::address(SIGNALS));
    let signature = rps_jit_ir::Signature::new(&[], Some(Type::Bool));
    let mut f = FunctionBuilder::trusted(IS_SIGNALLED, signature);
    let address = f.address(&signals);
    let word = f.load(Type::I32, address, 0, Memory { class: 0, order: Order::Volatile });
    let zero = f.i32(0);
    let is_signalled = f.not_equal(word, zero);
    f.return_value(is_signalled);
    Outside { is_signalled: generator.add(f), poll }
}

/// Returns which parameters of the first function are vectors that it changes, or what it calls.
fn writes(functions: &[Lowered], ids: &[FunctionId]) -> Vec<bool> {
    let mut writes: Vec<Vec<bool>> = functions.iter().map(|function| function.writes.clone()).collect();
    loop {
        let mut has_changed = false;
        for (at, function) in functions.iter().enumerate() {
            for &(own, callee, parameter) in &function.passes {
                let callee = ids.iter().position(|id| *id == callee);
                let is_written = callee.is_some_and(|callee| writes[callee].get(parameter) == Some(&true));
                if is_written && writes[at].get(own) == Some(&false) {
                    writes[at][own] = true;
                    has_changed = true;
                }
            }
        }
        if !has_changed {
            return writes.into_iter().next().unwrap_or_default();
        }
    }
}

/// Returns the error of a text that can not be compiled.
fn failure(name: &str, text: &str, diagnostics: &[Diagnostic]) -> RuntimeError {
    crate::compile::failure(name, text, diagnostics)
}
