//! RPS-35: machine code has the meaning that the interpreter has.
//!
//! Each program is run by the interpreter; by machine code that is made as soon as anything is run twice; and by machine
//! code whose guards fail at random, so that it goes back to the interpreter at places where it never would otherwise. All
//! must give the same value, output, errors, places and traces ([`way`], [`difference`]). The programs are the cases of the
//! language's test suite ([`cases`]), those of `tests/compiled/`, whose loops are long enough to be hot ([`loops`]), and
//! programs at random ([`programs`], [`hot`]); all but the last once more with a collection at every allocation ([`stress`]).
//!
//! [`threads`] has eight threads at work on functions that are redefined meanwhile, [`churn`] functions that come and go;
//! in [`ending`] a runtime ends meanwhile. [`making`] looks at what machine code makes by itself.

#![forbid(unsafe_code)]

mod cases;
mod churn;
mod difference;
mod ending;
#[path = "../random_programs/expression.rs"]
mod expression;
#[path = "../random_programs/generate.rs"]
mod generate;
mod hot;
#[expect(dead_code, reason = "the language's own tests use the rest")]
#[path = "../language/in_process.rs"]
mod in_process;
mod loops;
mod making;
mod programs;
#[path = "../language/split.rs"]
mod split;
mod stress;
mod threads;
mod way;
