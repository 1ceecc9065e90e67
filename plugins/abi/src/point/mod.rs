//! Extension points: what a plugin may implement, one interface struct a file.
//!
//! An interface begins with its size in bytes and with flags. Its functions get the `data` of the registration first.
//! A function that is not marked as optional must not be null.
//!
//! | point | interface | dispatch |
//! |---|---|---|
//! | `function` | [`Function`] | by name |
//! | `service` | [`Service`] | by name, the first that is enabled |
//! | `repl.command` | [`Command`] | by name, the first that is enabled |
//! | `payload.type` | [`PayloadType`] | by type name and schema hash |
//! | `plugin.state` | [`State`] | all, dependencies first |
//! | `space.codec` | [`Codec`] | read: by magic; written: by name, or by score |
//! | `load.validator` | [`Validator`] | all, by priority |
//! | `dump.hook` | [`DumpHook`] | all, by priority |
//! | `agenda.task` | [`Task`] | by name |
//! | `event.hook` | [`EventHook`] | all, by priority |
//! | `value.view` | [`View`] | all, by priority |
//! | `jit.intrinsic` | [`Intrinsic`] | by name |
//! | `exec.tier` | [`Tier`] | the first that is enabled |
//!
//! All of them have revision 1.

mod codec;
mod function;
mod hook;
mod native;
mod payload;
mod service;
mod state;
mod view;

pub use self::codec::Codec;
pub use self::function::{ANY_ARITY, FUNCTION_GUARDED, Function};
pub use self::hook::{
    DumpHook, EventHook, PRIORITY_HIGH, PRIORITY_LOW, PRIORITY_NORMAL, Report, Severity, Task,
};
pub use self::hook::{SEVERITY_ERROR, SEVERITY_WARNING, Validator};
pub use self::native::{Intrinsic, TIER_SHOW_ASSEMBLY, TIER_SHOW_INTERMEDIATE, Tier, TierSymbol};
pub use self::payload::{FORMAT_BYTES, FORMAT_JSON, Format, PayloadType, Visitor};
pub use self::service::{ByteFunction, Command, Functions, SERVICE_IDEMPOTENT, Service};
pub use self::state::State;
pub use self::view::View;

/// Functions that programs call.
pub const FUNCTION: &str = "function";
/// Services.
pub const SERVICE: &str = "service";
/// Commands of the prompt.
pub const COMMAND: &str = "repl.command";
/// Types of payloads.
pub const PAYLOAD_TYPE: &str = "payload.type";
/// States that are saved with the store.
pub const STATE: &str = "plugin.state";
/// Codecs of space files.
pub const CODEC: &str = "space.codec";
/// Checks of a store that was loaded.
pub const VALIDATOR: &str = "load.validator";
/// What is told of dumps.
pub const DUMP_HOOK: &str = "dump.hook";
/// Tasks of the agenda.
pub const TASK: &str = "agenda.task";
/// What is told of events.
pub const EVENT_HOOK: &str = "event.hook";
/// Views of values.
pub const VIEW: &str = "value.view";
/// Native code that compiled code calls.
pub const INTRINSIC: &str = "jit.intrinsic";
/// Execution tiers.
pub const TIER: &str = "exec.tier";
