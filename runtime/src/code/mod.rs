//! Code: register bytecode and the interpreter that runs it.
//!
//! Read in this order: [`instruction`] (what there is), [`mod@unit`] (a unit of it, in the heap), [`verify`] (what makes a
//! unit sound: the interpreter trusts nothing else), [`site`] (inline caches), [`stack`] (frames), [`interpret`] (the
//! loop), [`call`] (calls that the caches do not answer), [`unwind`] and [`trace`] (errors), [`number_path`] and
//! [`operate`] (operators), [`iterate`] (loops), [`define`] (definitions), [`liveness`] and [`machine`] (machine code), [`typed`] (typed native code), [`access`] (elements of collections, new
//! objects), [`text`] (values as text), [`sample`] (profiles), [`disassemble`].

pub mod access;
pub mod call;
mod define;
mod disassemble;
mod execute;
pub mod instruction;
mod interpret;
pub(crate) mod iterate;
mod liveness;
pub mod machine;
mod number_path;
pub mod operate;
pub mod sample;
mod site;
mod stack;
pub mod text;
pub mod trace;
pub mod typed;
pub mod unit;
mod unwind;
pub mod verify;

pub use self::call::FrontEnd;
pub use self::instruction::{Comparison, Instruction, Operand, Register};
pub use self::liveness::Liveness;
pub use self::sample::Sampler;
pub use self::stack::DEFAULT_MAX_DEPTH;
pub use self::trace::TraceEntry;
pub use self::unit::{CodeParts, CodeRef, Handler, Source, SourceRange};
pub use self::verify::VerifyError;

pub(crate) use self::execute::execute;
pub(crate) use self::machine::{TierSlot, drop_machine, trace_machine};
pub(crate) use self::site::{ABSENT, AttributeSite, NUMBER, trace_entry};
pub(crate) use self::stack::CallStack;
pub(crate) use self::unit::{drop_cell as drop_code, trace as trace_code};

use crate::error::RuntimeError;
use crate::object::ObjectRef;
use crate::runtime::Mutator;
use crate::value::Value;

impl Mutator<'_> {
    /// Runs the code of a text, which has no parameters, in a session: with its last value and its space, which may be
    /// another one afterwards.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::Arity`] and [`RuntimeError::Captured`] for code that is no text's, and what the code raises;
    /// [`Mutator::trace`] tells where.
    pub fn run(
        &self,
        code: CodeRef,
        last: Value,
        space: Option<ObjectRef>,
    ) -> (Result<Value, RuntimeError>, Option<ObjectRef>) {
        let pinned = &self.call_stack().pinned;
        let _outer = Outer {
            pinned,
            last: pinned.last.replace(last),
            space: pinned.space.replace(space.map_or(Value::NIL, Value::from)),
        };
        self.forget_trace();
        let fits = self.check_arity(code, 0).and_then(|()| self.check_captured(code, 0));
        let result = fits.and_then(|()| execute(self, code, Value::NIL, &[]));
        (result, pinned.space.get().as_object())
    }
}

/// The last value and the space of the session that runs another one, restored also after a panic that somebody catches.
struct Outer<'s> {
    pinned: &'s stack::Pinned,
    last: Value,
    space: Value,
}

impl Drop for Outer<'_> {
    fn drop(&mut self) {
        self.pinned.last.set(self.last);
        self.pinned.space.set(self.space);
    }
}
