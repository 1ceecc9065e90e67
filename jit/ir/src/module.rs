//! Modules: functions that are compiled together, and the symbols that they refer to.

use crate::function::Function;
use crate::types::Signature;

/// The number of a symbol in its module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SymbolId(pub u32);

/// A name for an address that is known only when the machine code is put into memory.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Symbol {
    /// The name.
    pub name: String,
    /// What is called there; `None` of what is only an address.
    pub signature: Option<Signature>,
    /// Whether what is called traps, see [`Function::traps`].
    pub traps: bool,
    /// Whether calling it is rare.
    pub is_cold: bool,
    /// Whether what is called reads and writes no memory that the module's functions do.
    pub is_isolated: bool,
}

impl Symbol {
    /// Returns a symbol that is called.
    pub fn function(name: &str, signature: Signature) -> Symbol {
        Symbol { signature: Some(signature), ..Symbol::address(name) }
    }

    /// Returns a symbol that is only an address.
    pub fn address(name: &str) -> Symbol {
        Symbol { name: name.to_owned(), signature: None, traps: false, is_cold: false, is_isolated: false }
    }

    /// Says that what is called traps.
    pub fn trapping(mut self) -> Symbol {
        self.traps = true;
        self
    }

    /// Says that calling it is rare.
    pub fn cold(mut self) -> Symbol {
        self.is_cold = true;
        self
    }

    /// Says that what is called reads and writes no memory that the module's functions do.
    pub fn isolated(mut self) -> Symbol {
        self.is_isolated = true;
        self
    }
}

/// Functions that are compiled together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Module {
    /// The functions.
    pub functions: Vec<Function>,
    /// What they refer to outside of the module.
    pub symbols: Vec<Symbol>,
}
