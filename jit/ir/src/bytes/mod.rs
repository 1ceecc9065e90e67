//! Modules as bytes: how they go to the backend, and the key by which machine code is found again.
//!
//! One module has one sequence of bytes, and what [`Module::from_bytes`] takes is what [`Module::to_bytes`] made: a longer
//! way to write a number, a flag that is neither 0 nor 1, bytes behind the end are all refused. Whether the functions make
//! sense is another question, which [`Module::verify`] answers.
//!
//! Numbers are LEB128, those with sign in zigzag. Values are written as the distance from the value that is expected
//! next, which is one byte nearly always. Read in this order: `write`, which shows the form, `read`.

mod read;
mod write;

use crate::module::Module;

/// What the bytes begin with.
const MAGIC: &[u8; 4] = b"RPSn";
/// The version of the form, in the byte behind it.
const VERSION: u8 = 1;

/// Why bytes are not a module.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BytesError {
    /// The bytes do not begin as a module does.
    #[error("native::not-a-module: the bytes are no module of native code")]
    NotAModule,
    /// The module has another version of the form.
    #[error(
        "native::other-version: the module has version {0} of the form, and this program reads {VERSION}: make it anew"
    )]
    OtherVersion(u8),
    /// The bytes end too soon, go on behind the end, or hold what nothing writes.
    #[error("native::damaged: byte {offset}: {problem}: make the module anew")]
    Damaged {
        /// Where, from the beginning.
        offset: usize,
        /// What is wrong there.
        problem: &'static str,
    },
}

impl BytesError {
    /// Returns the stable code of the error.
    pub const fn code(&self) -> &'static str {
        match self {
            BytesError::NotAModule => "native::not-a-module",
            BytesError::OtherVersion(_) => "native::other-version",
            BytesError::Damaged { .. } => "native::damaged",
        }
    }
}

impl Module {
    /// Returns the module as bytes: of equal modules the same ones.
    pub fn to_bytes(&self) -> Vec<u8> {
        write::module(self)
    }

    /// Returns the module that bytes are. Whatever they announce, no more is allocated than goes with their length.
    ///
    /// # Errors
    ///
    /// If the bytes are not what [`Module::to_bytes`] gives for a module, in this version.
    ///
    /// ```
    /// use rps_jit_ir::Module;
    ///
    /// let module = Module::default();
    /// assert_eq!(Module::from_bytes(&module.to_bytes()), Ok(module));
    /// assert_eq!(Module::from_bytes(b"gone").unwrap_err().code(), "native::not-a-module");
    /// ```
    pub fn from_bytes(bytes: &[u8]) -> Result<Module, BytesError> {
        read::module(bytes)
    }
}

/// Bits of the flags of a function or symbol.
mod flag {
    pub(super) const EXPORTED: u8 = 1;
    pub(super) const TRUSTED: u8 = 2;
    pub(super) const TRAPS: u8 = 4;
    pub(super) const COLD: u8 = 8;
    pub(super) const ISOLATED: u8 = 16;
}

/// The first byte of each instruction.
mod code {
    pub(super) const CONSTANT: u8 = 0;
    pub(super) const ADDRESS: u8 = 1;
    pub(super) const UNARY: u8 = 2;
    pub(super) const CONVERT: u8 = 3;
    pub(super) const COMPARE: u8 = 4;
    pub(super) const CHECKED: u8 = 5;
    pub(super) const SELECT: u8 = 6;
    pub(super) const LOAD: u8 = 7;
    pub(super) const STORE: u8 = 8;
    pub(super) const OFFSET: u8 = 9;
    pub(super) const LENGTH: u8 = 10;
    pub(super) const ELEMENT: u8 = 11;
    pub(super) const SET_ELEMENT: u8 = 12;
    pub(super) const GET: u8 = 13;
    pub(super) const SET: u8 = 14;
    pub(super) const CALL_FUNCTION: u8 = 15;
    pub(super) const CALL_SYMBOL: u8 = 16;
    pub(super) const CALL_POINTER: u8 = 17;
    pub(super) const JUMP: u8 = 18;
    pub(super) const BRANCH: u8 = 19;
    pub(super) const SWITCH: u8 = 20;
    pub(super) const RETURN: u8 = 21;
    pub(super) const RETURN_VALUE: u8 = 22;
    pub(super) const TRAP: u8 = 23;
    pub(super) const UNREACHABLE: u8 = 24;
    pub(super) const STACK_ADDRESS: u8 = 25;
    /// The first of the binary operations, which have a byte each.
    pub(super) const BINARY: u8 = 32;
}
