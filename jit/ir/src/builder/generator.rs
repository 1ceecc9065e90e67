//! Modules made by hand: a table of the names in them, and templates of functions for several types.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::function::{Finished, FunctionBuilder};
use super::reference::{FunctionRef, SymbolRef};
use crate::function::{Function, FunctionId};
use crate::module::{Module, Symbol, SymbolId};
use crate::types::{Signature, Type};
use crate::verify::{Place, Problem, Report, VerifyError};

/// Makes a module of functions, symbols and templates.
///
/// ```
/// use rps_jit_ir::{CodeGenerator, FunctionBuilder, Signature, Type};
///
/// let mut generator = CodeGenerator::new();
/// generator.template(
///     "square",
///     1,
///     |name, types| FunctionBuilder::new(name, Signature::new(&[types[0]], Some(types[0]))).exported(),
///     |_, f, _, _| {
///         let x = f.parameter(0);
///         let square = f.multiply(x, x);
///         f.return_value(square);
///     },
/// );
/// generator.instantiate("square", &[Type::F64])?;
/// generator.instantiate("square", &[Type::I32])?;
/// generator.instantiate("square", &[Type::F64])?;
/// let names: Vec<_> = generator.finish()?.functions.into_iter().map(|function| function.name).collect();
/// assert_eq!(names, ["square<f64>", "square<i32>"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct CodeGenerator {
    /// A number that no other generator has.
    number: u64,
    names: HashMap<String, Named>,
    functions: Vec<Entry>,
    symbols: Vec<Symbol>,
    templates: HashMap<String, Template>,
    instances: HashMap<(String, Vec<Type>), FunctionRef>,
    report: Report,
}

enum Named {
    Function(FunctionRef),
    Symbol(SymbolRef),
}

struct Entry {
    reference: FunctionRef,
    function: Option<Function>,
    /// Whether it was defined by what belongs elsewhere: more is not said of it.
    is_foreign: bool,
}

type Header = dyn Fn(&str, &[Type]) -> FunctionBuilder + Send + Sync;
type Body = dyn Fn(&mut CodeGenerator, &mut FunctionBuilder, &FunctionRef, &[Type]) + Send + Sync;

#[derive(Clone)]
struct Template {
    types: usize,
    header: Arc<Header>,
    body: Arc<Body>,
}

impl CodeGenerator {
    /// Returns a generator of a module in which nothing is.
    pub fn new() -> CodeGenerator {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        CodeGenerator {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            names: HashMap::new(),
            functions: Vec::new(),
            symbols: Vec::new(),
            templates: HashMap::new(),
            instances: HashMap::new(),
            report: Report::default(),
        }
    }

    /// Declares a symbol. Each is declared once; [`CodeGenerator::find_symbol`] finds it again.
    pub fn symbol(&mut self, symbol: Symbol) -> SymbolRef {
        let reference = SymbolRef {
            owner: self.number,
            id: SymbolId(self.symbols.len() as u32),
            name: symbol.name.as_str().into(),
            signature: symbol.signature.clone().map(Arc::new),
            traps: symbol.traps,
        };
        self.symbols.push(symbol);
        self.names.entry(reference.name().to_owned()).or_insert_with(|| Named::Symbol(reference.clone()));
        reference
    }

    /// Declares the function that a builder makes, so that it can be called before it is defined, also by itself.
    pub fn declare(&mut self, builder: &FunctionBuilder) -> FunctionRef {
        let reference = FunctionRef {
            owner: self.number,
            id: FunctionId(self.functions.len() as u32),
            name: builder.name().into(),
            signature: Arc::new(builder.signature().clone()),
            traps: builder.traps(),
        };
        self.functions.push(Entry { reference: reference.clone(), function: None, is_foreign: false });
        self.names.entry(reference.name().to_owned()).or_insert_with(|| Named::Function(reference.clone()));
        reference
    }

    /// Defines a function that was declared.
    pub fn define(&mut self, reference: &FunctionRef, builder: FunctionBuilder) {
        let Finished { function, functions, symbols, report } = builder.finish_unverified();
        let place = || Place::function(&function.name);
        self.report.append(report);
        let functions = functions.values().map(|function| (function.owner, &function.name));
        let symbols = symbols.values().map(|symbol| (symbol.owner, &symbol.name));
        let mut foreign: Vec<_> = functions
            .chain(symbols)
            .chain([(reference.owner, &reference.name)])
            .filter(|(owner, _)| *owner != self.number)
            .map(|(_, name)| name.to_string())
            .collect();
        foreign.sort_unstable();
        foreign.dedup();
        let is_foreign = !foreign.is_empty();
        for name in foreign {
            self.report.add(Problem::Foreign { name }, place);
        }
        if reference.owner != self.number {
            return;
        }
        let Some(entry) = self.functions.get_mut(reference.id.0 as usize) else { return };
        entry.is_foreign |= is_foreign;
        let (wanted, found) = (header(&entry.reference), described(&function));
        if wanted != found {
            let name = reference.name.to_string();
            self.report.add(Problem::OtherSignature { name, wanted, found }, place);
        }
        if entry.function.is_some() {
            let name = function.name.clone();
            self.report.add(Problem::DuplicateFunction { name }, place);
        }
        entry.function = Some(function).filter(|_| !is_foreign);
    }

    /// Declares and defines a function that does not call itself.
    pub fn add(&mut self, builder: FunctionBuilder) -> FunctionRef {
        let reference = self.declare(&builder);
        self.define(&reference, builder);
        reference
    }

    /// Defines a template: `header` begins the function with a name for some types, `body` makes the rest of it. Both are called
    /// once for each row of types; the body gets what was declared, so that the function can call itself, and the generator,
    /// from which it gets what else it calls.
    pub fn template(
        &mut self,
        name: &str,
        types: usize,
        header: impl Fn(&str, &[Type]) -> FunctionBuilder + Send + Sync + 'static,
        body: impl Fn(&mut CodeGenerator, &mut FunctionBuilder, &FunctionRef, &[Type]) + Send + Sync + 'static,
    ) {
        let template = Template { types, header: Arc::new(header), body: Arc::new(body) };
        if self.templates.insert(name.to_owned(), template).is_some() {
            self.report.add(Problem::DuplicateTemplate { name: name.to_owned() }, Place::module);
        }
    }

    /// Returns the function that a template makes for some types, always the same one for the same types.
    ///
    /// # Errors
    ///
    /// If there is no such template, or it takes another number of types. What is wrong with the function itself, the end tells.
    pub fn instantiate(&mut self, name: &str, types: &[Type]) -> Result<FunctionRef, VerifyError> {
        let key = (name.to_owned(), types.to_vec());
        if let Some(reference) = self.instances.get(&key) {
            return Ok(reference.clone());
        }
        let name = key.0.clone();
        let Some(template) = self.templates.get(&name).cloned() else {
            return Err(nowhere(Problem::UndefinedTemplate { name }));
        };
        if types.len() != template.types {
            let (found, wanted) = (types.len(), template.types);
            return Err(nowhere(Problem::TemplateTypes { name, found, wanted }));
        }
        let words: Vec<String> = types.iter().map(Type::to_string).collect();
        let mut builder = (template.header)(&format!("{name}<{}>", words.join(", ")), types);
        let reference = self.declare(&builder);
        self.instances.insert(key, reference.clone());
        (template.body)(self, &mut builder, &reference, types);
        self.define(&reference, builder);
        Ok(reference)
    }

    /// Returns the symbol of a name.
    ///
    /// # Errors
    ///
    /// If no symbol of this name was declared.
    pub fn find_symbol(&self, name: &str) -> Result<SymbolRef, VerifyError> {
        match self.names.get(name) {
            Some(Named::Symbol(symbol)) => Ok(symbol.clone()),
            _ => Err(nowhere(Problem::UndefinedName { name: name.to_owned() })),
        }
    }

    /// Returns the function of a name.
    ///
    /// # Errors
    ///
    /// If no function of this name was declared.
    pub fn find_function(&self, name: &str) -> Result<FunctionRef, VerifyError> {
        match self.names.get(name) {
            Some(Named::Function(function)) => Ok(function.clone()),
            _ => Err(nowhere(Problem::UndefinedName { name: name.to_owned() })),
        }
    }

    /// Returns the module, verified.
    ///
    /// # Errors
    ///
    /// If anything is wrong with it: all that is.
    pub fn finish(self) -> Result<Module, Report> {
        let CodeGenerator { functions, symbols, mut report, .. } = self;
        let mut missing = Vec::new();
        for Entry { reference, function, is_foreign } in &functions {
            if function.is_some() {
                continue;
            }
            missing.push(reference.name().to_owned());
            if !is_foreign {
                let problem = Problem::NotDefined { name: reference.name().to_owned() };
                report.add(problem, || Place::function(reference.name()));
            }
        }
        let functions =
            functions.into_iter().map(|entry| entry.function.unwrap_or_else(|| empty(&entry.reference)));
        let module = Module { functions: functions.collect(), symbols };
        if let Err(mut found) = module.verify() {
            found.errors.retain(|error| {
                error.problem != Problem::NoBody {} || !missing.contains(&error.place.function)
            });
            report.append_unknown(found);
        }
        report.into_result()?;
        Ok(module)
    }
}

impl Default for CodeGenerator {
    fn default() -> CodeGenerator {
        CodeGenerator::new()
    }
}

impl fmt::Debug for CodeGenerator {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.functions.iter().map(|entry| entry.reference.name());
        out.debug_struct("CodeGenerator")
            .field("functions", &names.collect::<Vec<_>>())
            .field("symbols", &self.symbols)
            .field("templates", &self.templates.keys())
            .finish_non_exhaustive()
    }
}

fn nowhere(problem: Problem) -> VerifyError {
    VerifyError { problem, place: Place::module() }
}

fn header(reference: &FunctionRef) -> String {
    describe(&reference.name, &reference.signature, reference.traps)
}

fn described(function: &Function) -> String {
    describe(&function.name, &function.signature, function.traps)
}

fn describe(name: &str, signature: &Signature, traps: bool) -> String {
    format!("{}{name}{signature}", if traps { "traps " } else { "" })
}

/// Returns a function that stands for one that was not defined.
fn empty(reference: &FunctionRef) -> Function {
    Function {
        name: reference.name().to_owned(),
        signature: reference.signature().clone(),
        is_exported: false,
        is_trusted: false,
        traps: reference.traps,
        is_cold: false,
        locals: Vec::new(),
        blocks: Vec::new(),
    }
}
