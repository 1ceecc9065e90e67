//! What is called: functions and symbols that a [`CodeGenerator`](super::CodeGenerator) knows.

use std::sync::Arc;

use crate::function::{Callee, FunctionId, Val};
use crate::module::SymbolId;
use crate::types::Signature;

/// A function that was declared.
#[derive(Clone, Debug)]
pub struct FunctionRef {
    pub(super) owner: u64,
    pub(super) id: FunctionId,
    pub(super) name: Arc<str>,
    pub(super) signature: Arc<Signature>,
    pub(super) traps: bool,
}

impl FunctionRef {
    /// Returns its number in the module.
    pub fn id(&self) -> FunctionId {
        self.id
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns what it takes and gives.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Returns whether it may trap.
    pub fn traps(&self) -> bool {
        self.traps
    }
}

/// A symbol that was declared.
#[derive(Clone, Debug)]
pub struct SymbolRef {
    pub(super) owner: u64,
    pub(super) id: SymbolId,
    pub(super) name: Arc<str>,
    pub(super) signature: Option<Arc<Signature>>,
    pub(super) traps: bool,
}

impl SymbolRef {
    /// Returns its number in the module.
    pub fn id(&self) -> SymbolId {
        self.id
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns how it is called, if it is.
    pub fn signature(&self) -> Option<&Signature> {
        self.signature.as_deref()
    }

    /// Returns whether what is called traps.
    pub fn traps(&self) -> bool {
        self.traps
    }
}

/// What a call calls. References to functions and symbols become one by themselves.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// A function of the module.
    Function(&'a FunctionRef),
    /// What is at a symbol.
    Symbol(&'a SymbolRef),
    /// What is at an address. In trusted functions only.
    Pointer(Val, &'a Signature),
}

impl<'a> From<&'a FunctionRef> for Target<'a> {
    fn from(function: &'a FunctionRef) -> Target<'a> {
        Target::Function(function)
    }
}

impl<'a> From<&'a SymbolRef> for Target<'a> {
    fn from(symbol: &'a SymbolRef) -> Target<'a> {
        Target::Symbol(symbol)
    }
}

impl Target<'_> {
    pub(super) fn callee(&self) -> Callee {
        match *self {
            Target::Function(function) => Callee::Function(function.id),
            Target::Symbol(symbol) => Callee::Symbol(symbol.id),
            Target::Pointer(address, signature) => Callee::Pointer(address, signature.clone()),
        }
    }

    pub(super) fn signature(&self) -> Option<&Signature> {
        match self {
            Target::Function(function) => Some(&function.signature),
            Target::Symbol(symbol) => symbol.signature.as_deref(),
            Target::Pointer(_, signature) => Some(signature),
        }
    }
}
