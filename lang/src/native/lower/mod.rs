//! From the tree of a native function to typed native code: types are found, and what has none is a diagnostic.
//!
//! Each operation is made safe here: what has no result, such as a quotient by zero, traps with the number of its place in
//! [`Sites`]. What comes out is verified again, so that no mistake in here reaches a compiler.
//!
//! Read in this order: this file (a function, and what it knows of others), `statement`, `expression`, `infer` (the types of
//! expressions, before anything is made of them), `arithmetic`, `convert`, `send`.

mod arithmetic;
mod convert;
mod expression;
mod infer;
mod send;
mod statement;

use std::rc::Rc;

use rps_jit_ir::function::trap;
use rps_jit_ir::{
    Function as NativeFunction, FunctionBuilder, FunctionId, FunctionRef, Label, Local, SymbolRef, Val,
};

use super::codes;
use super::types::{Signature, Single, Ty};
use crate::syntax::ast::walk::{Node, children};
use crate::syntax::ast::{Expression, ExpressionKind as E, Function};
use crate::syntax::{Diagnostic, Span};

/// What a name of a function stands for.
pub(super) enum Named {
    /// A native function.
    Native(Callee),
    /// A native function with whose signature something is wrong, as is told elsewhere.
    Wrong,
    /// Something else.
    Other,
    /// Nothing; the name that it may be a slip of.
    Unknown(Option<String>),
}

/// A native function that is called.
#[derive(Clone)]
pub(super) struct Callee {
    pub(super) target: FunctionRef,
    pub(super) signature: Rc<Signature>,
}

/// What tells what names stand for.
pub(super) trait Environment {
    fn find(&mut self, name: &str) -> Named;
}

/// Where a function may trap, by the numbers of the traps from [`trap::USER`] on.
#[derive(Debug, Default)]
pub(super) struct Sites(Vec<Site>);

/// A place that may trap.
#[derive(Clone, Debug)]
pub(super) struct Site {
    /// The number of the function.
    pub(super) function: usize,
    pub(super) span: Span,
    pub(super) reason: Reason,
}

/// Why code traps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    Overflow(Single),
    Division,
    Index,
    NegativeShift,
    Conversion(Single),
}

impl Sites {
    fn add(&mut self, site: Site) -> i32 {
        self.0.push(site);
        trap::USER.saturating_add(i32::try_from(self.0.len() - 1).unwrap_or(i32::MAX))
    }

    /// Returns the place of a trap.
    pub(super) fn find(&self, code: i32) -> Option<&Site> {
        self.0.get(usize::try_from(code.checked_sub(trap::USER)?).ok()?)
    }
}

/// What is found out about functions.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) sites: Sites,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// What every function calls.
#[derive(Clone)]
pub(super) struct Outside {
    /// Gives whether the thread has something to attend to.
    pub(super) is_signalled: FunctionRef,
    /// Attends to it, and traps if the computation is to stop.
    pub(super) poll: SymbolRef,
}

/// A function that was lowered.
pub(super) struct Lowered {
    pub(super) builder: FunctionBuilder,
    /// Which parameters are vectors that it writes to itself.
    pub(super) writes: Vec<bool>,
    /// The vectors that it passes on: its parameter, the function, that one's parameter.
    pub(super) passes: Vec<(usize, FunctionId, usize)>,
}

/// It was reported what is wrong.
pub(super) struct Reported;

pub(super) type Result<T> = std::result::Result<T, Reported>;

/// Returns the builder of a native function, in which nothing is.
pub(super) fn begin(name: &str, signature: &Signature) -> FunctionBuilder {
    FunctionBuilder::new(name, signature.native()).exported().trapping()
}

/// Lowers a function, the one with a number, into its builder.
pub(super) fn lower(
    function: &Function,
    number: usize,
    builder: FunctionBuilder,
    signature: &Signature,
    outside: &Outside,
    environment: &mut dyn Environment,
    notes: &mut Notes,
) -> Option<Lowered> {
    let before = notes.diagnostics.len();
    let mut lowering = Lowering {
        f: builder,
        number,
        result: signature.result,
        outside,
        environment,
        sites: &mut notes.sites,
        diagnostics: &mut notes.diagnostics,
        variables: Vec::new(),
        loops: Vec::new(),
        writes: vec![false; signature.parameters.len()],
        passes: Vec::new(),
        body: &function.body.statements,
    };
    lowering.function(function, signature);
    let Lowering { f, writes, passes, .. } = lowering;
    (notes.diagnostics.len() == before).then_some(Lowered { builder: f, writes, passes })
}

/// Returns whether a function that was lowered is sound; what is not is a mistake of this module.
pub(super) fn verify(lowered: Lowered, span: Span) -> std::result::Result<NativeFunction, Diagnostic> {
    lowered.builder.finish().map_err(|report| {
        let message = format!("the compiler made native code that is not sound: {report}");
        Diagnostic::error(codes::INTERNAL, span, message)
            .hint("this is a mistake of Repersys: please report it with the text")
    })
}

/// A variable.
#[derive(Clone, Copy)]
enum Place {
    Local(Local, Single),
    /// A parameter that is a vector, with its number.
    Vector(Val, Single, usize),
    /// One of which it was told what is wrong with it.
    Wrong,
}

/// A loop around what is being lowered.
struct Loop {
    next: Label,
    end: Label,
    has_break: bool,
}

/// What an expression has come to.
#[derive(Clone, Copy)]
enum Out {
    Value(Val, Single),
    /// A parameter that is a vector.
    Vector(Val, Single, usize),
    Nothing,
    /// The code goes on elsewhere.
    Never,
}

/// What is wanted of an expression.
#[derive(Clone, Copy)]
enum Want {
    Nothing,
    /// A value, if possible of this type.
    Value(Option<Single>),
}

struct Lowering<'l> {
    f: FunctionBuilder,
    /// The number of the function.
    number: usize,
    result: Option<Single>,
    outside: &'l Outside,
    environment: &'l mut dyn Environment,
    sites: &'l mut Sites,
    diagnostics: &'l mut Vec<Diagnostic>,
    /// The names that are bound here, the innermost last.
    variables: Vec<(Box<str>, Place)>,
    loops: Vec<Loop>,
    writes: Vec<bool>,
    passes: Vec<(usize, FunctionId, usize)>,
    /// All of the function.
    body: &'l [Expression],
}

impl Lowering<'_> {
    fn function(&mut self, function: &Function, signature: &Signature) {
        for (index, (name, ty)) in signature.parameters.iter().enumerate() {
            let value = self.f.parameter(index);
            let place = match *ty {
                Ty::Single(ty) => Place::Local(self.f.variable(value), ty),
                Ty::Vector(ty) => Place::Vector(value, ty, index),
            };
            self.variables.push((name.clone(), place));
        }
        // A loop attends at every turn; what only calls, here.
        if self.body.iter().any(calls) {
            self.attend();
        }
        let want = self.result.map_or(Want::Nothing, |ty| Want::Value(Some(ty)));
        let Ok(out) = self.block(&function.body, want) else { return };
        let end = Span::new(function.body.span.end.saturating_sub(1), function.body.span.end);
        match (out, self.result) {
            (Out::Never, _) => {}
            (Out::Value(value, ty), Some(wanted)) => {
                let last = function.body.statements.last().map_or(end, |last| last.span);
                if self.same(last, ty, wanted).is_ok() {
                    self.f.return_value(value);
                }
            }
            (Out::Vector(..), Some(_)) => {
                let last = function.body.statements.last().map_or(end, |last| last.span);
                self.error(
                    codes::VECTOR_MISPLACED,
                    last,
                    "a vector is no result",
                    "return an element, or the length",
                );
            }
            (Out::Nothing, Some(ty)) => {
                let message = format!("the end is reached, and no {} is returned", ty.name());
                let hint = "the value of the function is that of its last expression, or what `return` says";
                self.error(codes::MISSING_RETURN, end, message, hint);
            }
            (_, None) => self.f.return_void(),
        }
    }

    /// Lets the thread attend to collections and interrupts, if there is something to attend to.
    fn attend(&mut self) {
        let (poll, next) = (self.f.label(), self.f.label());
        let is_signalled = self.f.call(&self.outside.is_signalled, &[]);
        self.f.branch(is_signalled, poll, next, rps_jit_ir::Expect::No);
        self.f.place(poll);
        self.f.call_void(&self.outside.poll, &[]);
        self.f.place(next);
    }

    /// Traps if a condition holds.
    fn trap_if(&mut self, condition: Val, reason: Reason, span: Span) {
        let code = self.sites.add(Site { function: self.number, span, reason });
        self.f.trap_if(condition, code);
    }

    fn error(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Reported {
        self.diagnostics.push(Diagnostic::error(code, span, message).hint(hint));
        Reported
    }

    /// Makes sure that a value is of the type that is wanted.
    fn same(&mut self, span: Span, found: Single, wanted: Single) -> Result<()> {
        if found == wanted {
            return Ok(());
        }
        let message = format!("this is of type {}, and {} is wanted", found.name(), wanted.name());
        let hint = match (found, wanted) {
            (Single::Bool, _) => "a truth value is no number; `if` makes one of it".to_owned(),
            (_, Single::Bool) => "compare it: `x != 0`".to_owned(),
            _ => format!("convert it: `{}(…)`", wanted.name()),
        };
        Err(self.error(codes::TYPE_MISMATCH, span, message, hint))
    }

    fn find(&self, name: &str) -> Option<Place> {
        self.variables.iter().rev().find(|(own, _)| **own == *name).map(|(_, place)| *place)
    }
}

/// Returns whether an expression calls a function.
fn calls(expression: &Expression) -> bool {
    if let E::Call { callee, .. } = &expression.kind
        && !matches!(&callee.kind, E::Name(name) if Single::from_name(name).is_some())
    {
        return true;
    }
    let mut found = false;
    children(expression, &mut |node| {
        if let Node::Expression(child) = node {
            found = found || calls(child);
        }
    });
    found
}
