//! From tree to bytecode: names are resolved, code is emitted, and what the tree can not mean is a diagnostic.
//!
//! Start with [`Session`], which is what a prompt, a script and a test use, and [`front_end`], which compiles a function
//! from a store. [`names`] looks at a tree beforehand, [`compiler`] and [`scope`] resolve names, [`emit`] collects
//! instructions; [`expression`], [`condition`], [`assign`], [`control`], [`pattern`], [`define`] and [`native`] translate the tree.

mod assign;
mod compiler;
mod condition;
mod control;
mod define;
mod emit;
mod error;
mod expression;
mod front_end;
mod library;
mod names;
mod native;
mod pattern;
mod scope;
mod session;
mod text;

pub use error::{EvalError, RunError};
pub use library::eval_library;
pub use session::Session;

pub(crate) use front_end::failure;

/// The stable codes of the compiler's diagnostics.
pub mod codes {
    /// A name that nothing stands for.
    pub const UNKNOWN_NAME: &str = "name::unknown";
    /// An oid that no object has.
    pub const UNKNOWN_OID: &str = "name::unknown-oid";
    /// A word that can not be a name.
    pub const BAD_NAME: &str = "name::bad-name";
    /// A name that stands for something else.
    pub const DUPLICATE_NAME: &str = "name::duplicate";
    /// A name that can not be assigned to.
    pub const NOT_ASSIGNABLE: &str = "compile::not-assignable";
    /// Something that has no meaning where it stands.
    pub const MISPLACED: &str = "compile::misplaced";
    /// The text of a function that is not one function.
    pub const NOT_A_FUNCTION: &str = "compile::not-a-function";
    /// A text that needs more registers, constants or instructions than a unit of code has.
    pub const TOO_LARGE: &str = "compile::too-large";
    /// Code that the verifier refuses: a mistake of the compiler.
    pub const INTERNAL: &str = "compile::internal";
}
