//! What a name stands for: a local, a variable of the session, a global.

use rps_runtime::ObjectRef;
use rps_runtime::code::Register;

/// What a name resolves to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Resolved {
    /// A register of this frame.
    Local(Register),
    /// A variable of the session, by number.
    Variable(u16),
    /// A symbol.
    Global(ObjectRef),
}

/// The names that are in scope, innermost last.
pub(super) struct Scopes {
    /// The session's variables.
    variables: Vec<Box<str>>,
    locals: Vec<(Box<str>, Register)>,
    /// How many locals there were when each open block began.
    blocks: Vec<usize>,
}

impl Scopes {
    pub(super) fn new(variables: Vec<Box<str>>) -> Scopes {
        Scopes { variables, locals: Vec::new(), blocks: Vec::new() }
    }

    pub(super) fn into_variables(self) -> Vec<Box<str>> {
        self.variables
    }

    /// Returns whether names are bound in a block, rather than in the session.
    pub(super) fn in_block(&self) -> bool {
        !self.blocks.is_empty()
    }

    pub(super) fn open(&mut self) {
        self.blocks.push(self.locals.len());
    }

    pub(super) fn close(&mut self) {
        if let Some(len) = self.blocks.pop() {
            self.locals.truncate(len);
        }
    }

    pub(super) fn bind_local(&mut self, name: &str, register: Register) {
        self.locals.push((name.into(), register));
    }

    /// Returns the number of a session's variable, making it.
    pub(super) fn bind_variable(&mut self, name: &str) -> usize {
        self.variables.iter().position(|own| &**own == name).unwrap_or_else(|| {
            self.variables.push(name.into());
            self.variables.len() - 1
        })
    }

    /// Returns the local or variable with a name; the latest binding of the innermost block counts.
    pub(super) fn find(&self, name: &str) -> Option<Resolved> {
        if let Some((_, register)) = self.locals.iter().rev().find(|(own, _)| &**own == name) {
            return Some(Resolved::Local(*register));
        }
        let at = self.variables.iter().position(|own| &**own == name)?;
        u16::try_from(at).ok().map(Resolved::Variable)
    }

    /// Returns all names in scope but the global ones.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        let locals = self.locals.iter().map(|(name, _)| name.to_string());
        locals.chain(self.variables.iter().map(ToString::to_string))
    }
}
