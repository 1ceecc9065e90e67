//! What the backend makes does what typed native code says.
//!
//! Read in this order: this file (code that is compiled, linked, and freed again), `operations` (every operation against
//! the evaluator), `random` (random modules against it), `calls` (what crosses the border of a module), `loops` (what
//! is read again in them), `life` (linking and freeing, in numbers), `errors` (what is refused), `plugin` (through the C
//! ABI).

#[cfg(feature = "llvm")]
mod calls;
#[cfg(feature = "llvm")]
mod errors;
#[cfg(feature = "llvm")]
mod life;
#[cfg(feature = "llvm")]
mod loops;
#[cfg(feature = "llvm")]
mod operations;
#[cfg(feature = "llvm")]
mod plugin;
#[cfg(feature = "llvm")]
mod random;
#[cfg(not(feature = "llvm"))]
mod without;

#[cfg(feature = "llvm")]
pub(crate) use self::code::{Code, levels, link, one};

#[cfg(feature = "llvm")]
mod code {
    use rps_jit_ir::{CodeGenerator, FunctionBuilder, Module};
    use rps_plugin::{Error, TierSymbol};

    use crate::backend::{self, Level};
    use crate::link::Linker;

    /// Code that is linked as long as this is there.
    pub(crate) struct Code(u64);

    impl Code {
        /// Compiles and links a module.
        pub(crate) fn new(module: &Module, level: Level, symbols: &[(&str, usize)]) -> Code {
            let object = backend::compile(&module.to_bytes(), level).expect("it is compiled");
            link(&object, symbols).expect("it is linked")
        }

        /// Returns the address of a function.
        pub(crate) fn find(&self, name: &str) -> usize {
            Linker::get().find(self.0, name).expect("it is exported")
        }
    }

    impl Drop for Code {
        fn drop(&mut self) {
            Linker::get().unlink(self.0).expect("it is linked");
        }
    }

    pub(crate) fn link(object: &[u8], symbols: &[(&str, usize)]) -> Result<Code, Error> {
        let symbols: Vec<_> = symbols.iter().map(|&(name, address)| TierSymbol { name, address }).collect();
        Linker::get().link(object, &backend::host().build, &symbols).map(Code)
    }

    pub(crate) fn levels() -> [Level; 2] {
        [Level::Soon, Level::Best]
    }

    /// Returns a module of one function.
    pub(crate) fn one(function: FunctionBuilder) -> Module {
        let mut generator = CodeGenerator::new();
        generator.add(function);
        generator.finish().expect("the function is sound")
    }
}
