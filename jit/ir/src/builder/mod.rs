//! Making native code by hand: [`FunctionBuilder`] makes functions, [`CodeGenerator`] modules of them.
//!
//! A builder never panics and never stops: what is wrong is remembered with its place, and all of it is told at the end, by
//! [`FunctionBuilder::finish`] or [`CodeGenerator::finish`]. So code that generates code needs no `?` at each instruction.
//!
//! ```
//! use rps_jit_ir::{CodeGenerator, Expect, FunctionBuilder, Signature, Type};
//!
//! let mut generator = CodeGenerator::new();
//! let signature = Signature::new(&[Type::I64], Some(Type::I64));
//! let mut f = FunctionBuilder::new("fib", signature).exported().trapping();
//! let fib = generator.declare(&f);
//!
//! let (small, great) = (f.label(), f.label());
//! let n = f.parameter(0);
//! let (one, two) = (f.i64(1), f.i64(2));
//! let is_small = f.less(n, two);
//! f.branch(is_small, small, great, Expect::Unknown);
//! f.place(small);
//! f.return_value(n);
//! f.place(great);
//! let before = f.subtract(n, one);
//! let before_that = f.subtract(n, two);
//! let (left, right) = (f.call(&fib, &[before]), f.call(&fib, &[before_that]));
//! let sum = f.add(left, right);
//! f.return_value(sum);
//!
//! generator.define(&fib, f);
//! let module = generator.finish().unwrap();
//! assert_eq!(module.functions[0].blocks.len(), 3);
//! ```
//!
//! Read in this order: `function` (blocks, labels and locals), `instructions` (a method for each operation), `reference`
//! (what is called), `generator`.

mod function;
mod generator;
mod instructions;
mod reference;

pub use self::function::FunctionBuilder;
pub use self::generator::CodeGenerator;
pub use self::reference::{FunctionRef, SymbolRef, Target};
