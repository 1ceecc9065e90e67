//! From tree to bytecode: names are resolved, code is emitted, and what the tree can not mean is a diagnostic.
//!
//! Start with [`Session`], which is what a prompt, a script and a test use. [`scope`] resolves names, [`emit`] collects
//! instructions, [`expression`] and its siblings translate the tree.

mod assign;
mod control;
mod emit;
mod expression;
mod scope;
mod session;

pub use session::{EvalError, Session};

/// The stable codes of the compiler's diagnostics.
pub mod codes {
    /// A name that nothing stands for.
    pub const UNKNOWN_NAME: &str = "name::unknown";
    /// An oid that no object has.
    pub const UNKNOWN_OID: &str = "name::unknown-oid";
    /// A word that can not be a name.
    pub const BAD_NAME: &str = "name::bad-name";
    /// A name that can not be assigned to.
    pub const NOT_ASSIGNABLE: &str = "compile::not-assignable";
    /// Something that has no meaning where it stands.
    pub const MISPLACED: &str = "compile::misplaced";
    /// Something that is understood but can not be run yet.
    pub const NOT_YET: &str = "compile::not-yet";
    /// A text that needs more registers, constants or instructions than a unit of code has.
    pub const TOO_LARGE: &str = "compile::too-large";
}
