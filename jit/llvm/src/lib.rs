//! The backend of the compiled tier: typed native code (`rps-jit-ir`) to machine code, by LLVM 19.
//!
//! It is a plugin, `rps.llvm`, that provides the extension point `exec.tier`: bytes of a module in, object code out, and
//! object code to functions that can be called. It is a library of its own, opened when the first function gets hot, so
//! that a session that stays cold never pays for LLVM. Without the feature `llvm` it is a plugin that refuses to be
//! loaded, and says why.
//!
//! Read in this order: `emit` (from native code to LLVM's form), `backend` (LLVM for a thread: optimised, and made
//! object code), `object` (object code as bytes that can be kept), `link` (object code in memory), `tier` (the plugin).

#[cfg(feature = "llvm")]
mod backend;
#[cfg(feature = "llvm")]
mod emit;
#[cfg(feature = "llvm")]
mod error;
#[cfg(feature = "llvm")]
mod link;
#[cfg(feature = "llvm")]
mod names;
#[cfg(feature = "llvm")]
mod object;
#[cfg(test)]
mod tests;
#[cfg(feature = "llvm")]
mod tier;

use rps_plugin::{Error, Name, Plugin, Registrar};

/// The plugin.
#[derive(Debug)]
pub struct Llvm;

impl Plugin for Llvm {
    const ID: &'static str = "rps.llvm";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const NAME: &'static str = "LLVM";
    const DESCRIPTION: &'static str = "Hot functions as machine code, by LLVM 19.";
    // It sees bytes and addresses only.
    const EXTENSIONS: &'static [Name] = &[];

    fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
        #[cfg(feature = "llvm")]
        return tier::register(registrar);
        #[cfg(not(feature = "llvm"))]
        {
            let _ = registrar;
            Err(Error::unsupported(WITHOUT))
        }
    }
}

/// What the plugin says where LLVM was not there when it was built.
#[cfg(not(feature = "llvm"))]
pub const WITHOUT: &str = "built without LLVM: functions are interpreted; `cargo xtask setup` finds LLVM 19, and the next \
                           build has it";

rps_plugin::register_plugin!(Llvm);
