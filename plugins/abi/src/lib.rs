//! The C ABI between Repersys and its plugins: `repr(C)` types and nothing else.
//!
//! A plugin is a shared library that exports one data symbol, [`PluginDescriptor`], and two functions, [`InitFn`] and
//! [`DeinitFn`]. Read in this order: [`descriptor`] (what the host checks before it calls anything), [`host`] (what a
//! plugin is handed), [`status`], [`bytes`] and [`value`] (what crosses), [`call`] (what every callback is given), then
//! [`point`] (what a plugin may implement) and [`extension`] (what a plugin may ask the host for).
//!
//! Only C types cross: integers, pointers with lengths, opaque handles. Output goes through a [`Sink`], so that nothing
//! is computed twice because a buffer was short. Nothing that one side allocated is freed by the other.
//!
//! Every table begins with its own size in bytes, and grows at its end only: a reader looks at a member only where the
//! size says that it is there. [`ABI_MAJOR`] changes when that is not enough, [`ABI_MINOR`] with every addition. The
//! version of this crate is that of the ABI: a release of Repersys that leaves the ABI alone leaves plugins alone.
//!
//! The header `include/rps_plugin.h` is generated from this crate by `cargo xtask header`, and a test fails when it is
//! stale.
//!
//! # Safety
//!
//! Pointers that a callback is given are valid until it returns. Pointers in a [`PluginDescriptor`] and in what is
//! registered are valid for as long as the library is mapped; the host copies every text. A value is a word whose cell
//! is alive while the word is in a local variable of a direct call: see [`extension::graph::Graph`].

pub mod bytes;
pub mod call;
pub mod descriptor;
pub mod extension;
pub mod host;
pub mod point;
pub mod status;
pub mod value;

pub use self::bytes::{Bytes, Sink};
pub use self::call::Call;
pub use self::descriptor::{BuiltIn, PluginDescriptor, Requirement};
pub use self::host::{DeinitFn, Host, InitFn, PointDefinition, Registrar, Registration};
pub use self::status::Status;
pub use self::value::RawValue;

/// Changes when old plugins can no longer be loaded.
pub const ABI_MAJOR: u16 = 1;
/// Changes with every addition; a plugin that asks for a newer one is refused.
pub const ABI_MINOR: u16 = 0;
/// The first bytes of every descriptor.
pub const MAGIC: [u8; 8] = *b"RPSPLUG\x01";

/// The exported descriptor, a [`PluginDescriptor`].
pub const DESCRIPTOR_SYMBOL: &str = "rps_plugin_descriptor";
/// The exported function that registers what the plugin has, an [`InitFn`].
pub const INIT_SYMBOL: &str = "rps_plugin_init";
/// The exported function that ends the plugin, a [`DeinitFn`].
pub const DEINIT_SYMBOL: &str = "rps_plugin_deinit";

/// The host looks at no more bytes than this of a text that ends in a zero byte.
pub const MAX_TEXT: usize = 64 * 1024;
/// An id or a name has no more bytes than this.
pub const MAX_NAME: usize = 128;
