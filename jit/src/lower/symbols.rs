//! The symbols of a module: helpers of the runtime, and cells by their address.

use std::collections::HashMap;

use rps_jit_ir::{CodeGenerator, Conversion, FunctionBuilder, Signature, Symbol, SymbolRef, Type, Val};
use rps_runtime::code::machine::HELPERS;

/// The symbols of a module.
pub(super) struct Symbols {
    helpers: HashMap<&'static str, SymbolRef>,
    cells: HashMap<u64, SymbolRef>,
    addresses: Vec<(String, u64)>,
}

impl Symbols {
    pub(super) fn new(generator: &mut CodeGenerator) -> Symbols {
        let mut helpers = HashMap::new();
        for helper in HELPERS.iter() {
            let parameters = helper.parameters.chars().map(|parameter| match parameter {
                'p' => Type::Ptr,
                'd' => Type::F64,
                _ => Type::I64,
            });
            let signature = Signature { parameters: parameters.collect(), result: Some(Type::I64) };
            let symbol = Symbol {
                name: helper.name.into(),
                signature: Some(signature),
                traps: false,
                is_cold: matches!(
                    helper.name,
                    "rps_exit"
                        | "rps_unwind"
                        | "rps_home"
                        | "rps_after"
                        | "rps_poll"
                        | "rps_box"
                        | "rps_integer"
                        | "rps_code"
                        | "rps_object"
                        | "rps_closure"
                        | "rps_variable"
                ),
                // It makes a cell, of which nobody knows, of a size of which machine code makes none by itself: it
                // moves no cursor that is read there (`Lowerer::take_cells`).
                is_isolated: helper.name == "rps_box",
            };
            helpers.insert(helper.name, generator.symbol(symbol));
        }
        Symbols { helpers, cells: HashMap::new(), addresses: Vec::new() }
    }

    /// Returns a helper.
    pub(super) fn helper(&self, name: &str) -> SymbolRef {
        self.helpers[name].clone()
    }

    /// Returns the address of a cell.
    pub(super) fn cell(&mut self, generator: &mut CodeGenerator, f: &mut FunctionBuilder, word: u64) -> Val {
        let number = self.cells.len();
        let symbol = self.cells.entry(word).or_insert_with(|| {
            let name = format!("cell{number}");
            self.addresses.push((name.clone(), word));
            generator.symbol(Symbol::address(&name))
        });
        f.address(symbol)
    }

    /// Returns the word of a value that is a cell.
    pub(super) fn word(&mut self, generator: &mut CodeGenerator, f: &mut FunctionBuilder, word: u64) -> Val {
        let address = self.cell(generator, f, word);
        f.convert(Conversion::Bits, address, Type::I64)
    }

    /// Returns the addresses of the cells, by name.
    pub(super) fn addresses(self) -> Vec<(String, u64)> {
        self.addresses
    }
}
