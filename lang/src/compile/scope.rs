//! Functions under construction, one in the other, and what names stand for in them.

use std::collections::HashSet;

use rps_runtime::ObjectRef;
use rps_runtime::code::Register;
use rps_runtime::object::payload::Capture;

use super::control::Loop;
use super::emit::Emitter;

/// What a name resolves to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Resolved {
    /// A register of this frame.
    Local(Register),
    /// A register that holds a variable which closures share.
    Variable(Register),
    /// A captured value.
    Captured(u16),
    /// A captured variable that closures share.
    CapturedVariable(u16),
    /// A variable of the session.
    Session(ObjectRef),
    /// A symbol.
    Global(ObjectRef),
}

/// What a function is, as far as names and `return` are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A text at the prompt or in a script.
    Text,
    /// A function with a global name, or a method: it captures nothing.
    Global,
    /// A function in another one, which captures; `return` returns from it.
    Inner,
    /// A closure: `return` returns from where it is written.
    Closure,
}

/// A local.
pub(super) struct Local {
    pub(super) name: Box<str>,
    pub(super) register: Register,
    /// Whether the register holds a variable which closures share.
    pub(super) shared: bool,
}

/// A function under construction.
pub(super) struct Function {
    pub(super) form: Form,
    pub(super) emitter: Emitter,
    pub(super) locals: Vec<Local>,
    /// How many locals there were when each open block began.
    blocks: Vec<usize>,
    pub(super) loops: Vec<Loop>,
    pub(super) captured: Vec<Capture>,
    /// The names of locals that closures share.
    pub(super) shared: HashSet<Box<str>>,
    /// Whether register 0 is `self`.
    pub(super) is_method: bool,
    /// What a stack trace calls it.
    pub(super) name: String,
}

/// The name under which a closure captures `self`.
pub(super) const SELF: &str = "self";
/// The name under which a closure captures the call that it returns from.
pub(super) const HOME: &str = "return";

impl Function {
    pub(super) fn new(form: Form, emitter: Emitter, name: String) -> Function {
        Function {
            form,
            emitter,
            locals: Vec::new(),
            blocks: Vec::new(),
            loops: Vec::new(),
            captured: Vec::new(),
            shared: HashSet::new(),
            is_method: false,
            name,
        }
    }

    /// Returns whether names are bound in a block or function, rather than in the session.
    pub(super) fn binds_locals(&self) -> bool {
        self.form != Form::Text || !self.blocks.is_empty()
    }

    pub(super) fn open(&mut self) {
        self.blocks.push(self.locals.len());
    }

    pub(super) fn close(&mut self) {
        if let Some(len) = self.blocks.pop() {
            self.locals.truncate(len);
        }
    }

    pub(super) fn is_shared(&self, name: &str) -> bool {
        self.shared.contains(name)
    }

    pub(super) fn bind(&mut self, name: &str, register: Register, shared: bool) {
        self.locals.push(Local { name: name.into(), register, shared });
    }

    /// Returns whether a register is that of a local.
    pub(super) fn is_local(&self, register: Register) -> bool {
        self.locals.iter().any(|local| local.register == register)
    }

    /// Returns the local with a name; the latest binding of the innermost block counts.
    pub(super) fn local(&self, name: &str) -> Option<Resolved> {
        let local = self.locals.iter().rev().find(|local| &*local.name == name)?;
        Some(if local.shared { Resolved::Variable(local.register) } else { Resolved::Local(local.register) })
    }

    /// Returns what was captured under a name.
    pub(super) fn captured(&self, name: &str) -> Option<Resolved> {
        let at = self.captured.iter().position(|own| &*own.name == name)?;
        Some(self.resolved(at))
    }

    /// Captures a name.
    pub(super) fn capture(&mut self, name: &str, shared: bool) -> Resolved {
        self.captured.push(Capture { name: name.into(), shared });
        self.resolved(self.captured.len() - 1)
    }

    fn resolved(&self, at: usize) -> Resolved {
        let number = at as u16;
        if self.captured[at].shared { Resolved::CapturedVariable(number) } else { Resolved::Captured(number) }
    }
}
