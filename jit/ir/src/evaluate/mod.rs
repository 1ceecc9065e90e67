//! What native code means: an evaluator of modules, by which machine code is judged.
//!
//! It is made to be read and believed, not to be fast. Every operation has here the one result that it has on every
//! machine, but for one thing: of a result that is NaN it is not said which one, see [`Value::is_same`].
//!
//! ```
//! use rps_jit_ir::evaluate::{Evaluator, Stop, Value};
//! use rps_jit_ir::function::trap;
//! use rps_jit_ir::{CodeGenerator, FunctionBuilder, Signature, Type};
//!
//! let mut f = FunctionBuilder::new("half", Signature::new(&[Type::I64, Type::I64], Some(Type::I64))).trapping();
//! let quotient = f.divide(f.parameter(0), f.parameter(1));
//! f.return_value(quotient);
//! let mut generator = CodeGenerator::new();
//! generator.add(f);
//! let module = generator.finish()?;
//!
//! let mut evaluator = Evaluator::new(&module)?;
//! assert_eq!(evaluator.call("half", &[Value::from(-7i64), Value::from(2i64)]), Ok(Some(Value::from(-3i64))));
//! let minimum = Value::from(i64::MIN);
//! assert_eq!(evaluator.call("half", &[minimum, Value::from(-1i64)]), Err(Stop::Trap(trap::DIVISION)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Read in this order: `operation` (what each operation gives), `value`, `state` (slices and memory), `frame` (calls and
//! where they go on).

mod frame;
mod operation;
mod state;
mod value;

use std::collections::HashMap;
use std::sync::Arc;

use self::frame::Frame;
pub use self::operation::{binary, checked, compare, convert, unary};
pub use self::state::{AddressSpace, Bytes, State};
pub use self::value::Value;
use crate::function::FunctionId;
use crate::module::{Module, SymbolId};
use crate::types::{Element, Type};
use crate::verify::Report;

/// Why an evaluation ended without a result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Stop {
    /// The code trapped.
    #[error("native::trap: the code trapped with {0}")]
    Trap(i32),
    /// It took more steps than it may: what it would have given is not known.
    #[error("native::step-limit: it took more steps than it may")]
    Steps,
    /// The calls were nested more deeply than this evaluator follows them. Machine code may go deeper, or trap with
    /// [`trap::DEPTH`](crate::function::trap::DEPTH).
    #[error("native::depth-limit: the calls are nested too deeply")]
    Depth,
    /// A trusted function did what has no meaning.
    #[error("native::undefined-behaviour: {0}")]
    Undefined(&'static str),
    /// A symbol was called that nobody has defined.
    #[error("native::undefined-symbol: `{0}` is not defined here")]
    Symbol(String),
    /// The host gave a result or a trap that the signature of the symbol has not.
    #[error("native::host-result: `{0}` gave what its signature does not have")]
    HostResult(String),
    /// The call from outside was wrong.
    #[error("native::bad-call: {0}")]
    Call(String),
}

/// What a symbol does: gives the result, or the number of a trap.
type Host<'m> = Box<dyn FnMut(&mut State, &[Value]) -> Result<Option<Value>, i32> + 'm>;

/// Evaluates the functions of a module.
pub struct Evaluator<'m> {
    module: &'m Module,
    /// Of each function the types of its values.
    types: Vec<Arc<[Type]>>,
    hosts: HashMap<SymbolId, Host<'m>>,
    addresses: HashMap<SymbolId, u64>,
    /// Slices and memory.
    pub state: State,
    /// How many instructions may be evaluated yet.
    pub steps: u64,
    /// How many calls may be nested.
    pub depth: usize,
}

/// How many words the values of all nested calls may take.
const WORDS: usize = 1 << 22;

impl<'m> Evaluator<'m> {
    /// Returns an evaluator of a module, without memory, for 10,000,000 steps and calls nested 10,000 times.
    ///
    /// # Errors
    ///
    /// If the module is not verified.
    pub fn new(module: &'m Module) -> Result<Evaluator<'m>, Report> {
        module.verify()?;
        // What is verified has a type for every value.
        let types_of = |function| module.value_types(function).into_iter().map(|ty| ty.unwrap_or(Type::I64));
        let types = module.functions.iter().map(|function| types_of(function).collect()).collect();
        let addresses =
            (0..module.symbols.len() as u32).map(|id| (SymbolId(id), ADDRESSES + 16 * u64::from(id)));
        Ok(Evaluator {
            module,
            types,
            hosts: HashMap::new(),
            addresses: addresses.collect(),
            state: State::default(),
            steps: 10_000_000,
            depth: 10_000,
        })
    }

    /// Says what a symbol does when it is called. Returns whether the module has such a symbol.
    pub fn define(
        &mut self,
        name: &str,
        host: impl FnMut(&mut State, &[Value]) -> Result<Option<Value>, i32> + 'm,
    ) -> bool {
        let Some(id) = self.symbol(name) else { return false };
        self.hosts.insert(id, Box::new(host));
        true
    }

    /// Says where a symbol is. Returns whether the module has such a symbol.
    pub fn set_address(&mut self, name: &str, address: u64) -> bool {
        let Some(id) = self.symbol(name) else { return false };
        self.addresses.insert(id, address);
        true
    }

    /// Returns a new slice with elements of these bits.
    pub fn slice(&mut self, element: Element, elements: &[u64]) -> Value {
        self.state.slice(element, elements)
    }

    /// Calls a function of the module, exported or not.
    ///
    /// # Errors
    ///
    /// If it gives no result, for one of the reasons that [`Stop`] has, or if the name or arguments are wrong.
    pub fn call(&mut self, name: &str, arguments: &[Value]) -> Result<Option<Value>, Stop> {
        let Some(index) = self.module.functions.iter().position(|function| function.name == name) else {
            return Err(Stop::Call(format!("there is no function `{name}`")));
        };
        let signature = &self.module.functions[index].signature;
        let is_right = |(argument, ty): (&Value, &Type)| argument.ty() == *ty && self.state.has(argument);
        if arguments.len() != signature.parameters.len()
            || !arguments.iter().zip(&signature.parameters).all(is_right)
        {
            return Err(Stop::Call(format!("the arguments are not of {signature}")));
        }
        let bits: Vec<u64> = arguments.iter().map(Value::bits).collect();
        self.run(FunctionId(index as u32), &bits)
    }

    fn symbol(&self, name: &str) -> Option<SymbolId> {
        let index = self.module.symbols.iter().position(|symbol| symbol.name == name)?;
        Some(SymbolId(index as u32))
    }

    /// Calls a function, and what it calls, until it returns.
    fn run(&mut self, function: FunctionId, arguments: &[u64]) -> Result<Option<Value>, Stop> {
        let mut frames = vec![Frame::new(self.module, &self.types, function, arguments)];
        let mut words = frames[0].words();
        frames[0].set_depth(words);
        loop {
            let Some(frame) = frames.last_mut() else { return Ok(None) };
            match self.advance(frame)? {
                frame::Next::Call(function, arguments) => {
                    let mut next = Frame::new(self.module, &self.types, function, &arguments);
                    words += next.words();
                    next.set_depth(words);
                    if frames.len() >= self.depth || words > WORDS {
                        return Err(Stop::Depth);
                    }
                    frames.push(next);
                }
                frame::Next::Return(bits) => {
                    let function = frame.function;
                    words -= frame.words();
                    frames.pop();
                    match frames.last_mut() {
                        Some(caller) => caller.take_result(bits),
                        None => {
                            let result = function.signature.result.zip(bits);
                            return Ok(result.map(|(ty, bits)| Value::new(ty, bits)));
                        }
                    }
                }
            }
        }
    }
}

/// Where symbols are if nobody says so.
const ADDRESSES: u64 = 0x7000_0000_0000;
