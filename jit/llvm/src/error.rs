//! What can go wrong, with a stable code each, and what to do.

use rps_plugin::Error;
use rps_plugin::abi::status;

/// Bytes of a module are none, or the module does not make sense.
pub(crate) fn invalid(message: impl std::fmt::Display) -> Error {
    Error::invalid(message.to_string())
}

/// The module is larger than what is compiled in one piece.
pub(crate) fn too_large(what: &str, count: usize, most: usize) -> Error {
    Error::limit(format!(
        "llvm::too-large: the module has {count} {what}, and at most {most} are compiled: make several modules of it"
    ))
}

/// LLVM refuses what was made of a module that was sound.
pub(crate) fn refused(message: &str) -> Error {
    failed("llvm::refused", message, "this is a fault in the backend: report it with the module")
}

/// LLVM can not be set up.
pub(crate) fn no_backend(message: &str) -> Error {
    failed("llvm::no-backend", message, "code is interpreted")
}

/// The level of optimisation is none.
pub(crate) fn no_level(level: u32) -> Error {
    Error::invalid(format!("llvm::no-level: there is no level {level} of optimisation: it is 1 or 2"))
}

/// Object code is damaged.
pub(crate) fn damaged(problem: &str) -> Error {
    Error::corrupt(format!(
        "llvm::damaged-object: the bytes are no object code: {problem}: compile the module anew"
    ))
}

/// Object code was made for something else.
pub(crate) fn other_build() -> Error {
    Error::unsupported(
        "llvm::other-build: the object code was made by another build of the backend or for another processor: \
         compile the module anew",
    )
}

/// An object can not be linked.
pub(crate) fn link(message: &str) -> Error {
    failed("llvm::not-linked", message, "give the address of every symbol of the module")
}

/// A symbol was given two addresses.
pub(crate) fn twice(name: &str) -> Error {
    Error::invalid(format!("llvm::duplicate-symbol: the symbol `{name}` is given twice: give it one address"))
}

/// There is no room for an object.
pub(crate) fn no_room(message: &str) -> Error {
    Error::limit(format!("llvm::no-room: {message}: unlink objects that are not used any more"))
}

/// There is no object with a handle.
pub(crate) fn no_object(handle: u64) -> Error {
    Error::not_found(format!("llvm::no-object: no object with the handle {handle} is linked: link it first"))
}

/// An object does not export a function.
pub(crate) fn no_function(name: &str) -> Error {
    Error::not_found(format!("llvm::no-function: the object exports no function `{name}`: export it"))
}

fn failed(code: &str, message: &str, hint: &str) -> Error {
    Error::with_status(status::ERROR, format!("{code}: {message}: {hint}"))
}
