//! Everything that can be wrong with native code, found before any compiler sees it.
//!
//! [`Module::verify`] gives all errors at once, each with a stable code, the place and what to do. What passes can be
//! compiled and evaluated without another question: of functions that are not trusted, whatever they do, it is known
//! that they touch no memory but the elements of their slices. It takes time nearly linear in the size of the module.
//!
//! Read in this order: `error` (what is reported), `rules` (what each instruction wants by itself, which builders ask
//! too), `function` (where values are defined and used), `locals` (whether they are set), `recursion`.

mod error;
mod function;
mod locals;
mod recursion;
mod rules;

use std::collections::HashSet;

pub use self::error::{Place, Problem, Report, VerifyError};
pub(crate) use self::function::check as check_function;
pub(crate) use self::rules::{Called, Surroundings};
use crate::function::{Function, FunctionId};
use crate::module::{Module, SymbolId};
use crate::types::Type;

impl Module {
    /// Checks the module.
    ///
    /// # Errors
    ///
    /// If anything is wrong: with all that is, up to [`Report::LIMIT`] errors.
    ///
    /// ```
    /// use rps_jit_ir::{Block, Function, Instruction, Module, Signature, Type, Val};
    ///
    /// let instructions = vec![Instruction::Return { from: Some(Val(7)) }];
    /// let function = Function {
    ///     name: "f".to_owned(),
    ///     signature: Signature::new(&[Type::I64], Some(Type::I64)),
    ///     is_exported: true,
    ///     is_trusted: false,
    ///     traps: false,
    ///     is_cold: false,
    ///     locals: Vec::new(),
    ///     blocks: vec![Block { instructions }],
    /// };
    /// let module = Module { functions: vec![function], symbols: Vec::new() };
    /// let report = module.verify().unwrap_err();
    /// assert_eq!(report.errors[0].code(), "native::undefined-value");
    /// ```
    pub fn verify(&self) -> Result<(), Report> {
        let mut report = Report::default();
        let mut names = HashSet::new();
        for symbol in &self.symbols {
            let mut wrong = |problem| report.add(problem, Place::module);
            check_name(&symbol.name, &mut wrong);
            if !names.insert(symbol.name.as_str()) {
                wrong(Problem::DuplicateSymbol { name: symbol.name.clone() });
            }
            if let Some(ty) = symbol.signature.as_ref().and_then(|signature| signature.result)
                && ty.is_slice()
            {
                wrong(Problem::SliceMisplaced { what: "the result of a symbol" });
            }
        }
        let mut functions = HashSet::new();
        for (function, is_recursive) in self.functions.iter().zip(self.recursive_functions()) {
            let mut wrong = |problem| report.add(problem, || Place::function(&function.name));
            check_name(&function.name, &mut wrong);
            if !functions.insert(function.name.as_str()) {
                wrong(Problem::DuplicateFunction { name: function.name.clone() });
            }
            if names.contains(function.name.as_str()) {
                wrong(Problem::DuplicateSymbol { name: function.name.clone() });
            }
            if is_recursive && !function.traps && !function.is_trusted {
                wrong(Problem::Recursion {});
            }
            check_function(function, self, &mut report);
        }
        report.into_result()
    }
}

impl Module {
    /// Returns of each function of this module whether it may come to call itself, directly or through other functions of it.
    pub fn recursive_functions(&self) -> Vec<bool> {
        recursion::recursive(self)
    }

    /// Returns the types of the values of a function of this module, by number. After [`Module::verify`] all are known.
    pub fn value_types(&self, function: &Function) -> Vec<Option<Type>> {
        check_function(function, self, &mut Report::default())
    }
}

/// Checks the name of a function or symbol.
pub(crate) fn check_name(name: &str, wrong: &mut dyn FnMut(Problem)) {
    if name.is_empty() || name.contains('\0') {
        wrong(Problem::BadName { name: name.to_owned() });
    }
}

impl Surroundings for Module {
    fn function(&self, id: FunctionId) -> Option<Called<'_>> {
        let function = self.functions.get(id.0 as usize)?;
        Some(Called { signature: &function.signature, traps: function.traps })
    }

    fn symbol(&self, id: SymbolId) -> Option<Option<Called<'_>>> {
        let symbol = self.symbols.get(id.0 as usize)?;
        Some(symbol.signature.as_ref().map(|signature| Called { signature, traps: symbol.traps }))
    }

    fn names(&self) -> Option<&Module> {
        Some(self)
    }
}
