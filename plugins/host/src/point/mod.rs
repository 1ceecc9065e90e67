//! Extension points: what is registered, checked when it is, and found in the order of dispatch.
//!
//! Read `interface` (what each point asks for, and how a registration is checked), then `entry` (one implementation),
//! then `registry` (all of them). A new point of the host is added in `interface`, in `rps-plugin-abi`, and where it is
//! called, in [`crate::caller`].

mod definition;
mod entry;
mod interface;
mod registry;

/// The points that others than the host ask for by name.
pub use rps_plugin_abi::point::{CODEC, FUNCTION, PAYLOAD_TYPE, SERVICE, STATE};

pub use self::definition::PointInfo;
pub(crate) use self::definition::{BUILT_IN_POINTS, Definition};
pub(crate) use self::entry::{Data, Entry, Implementation};
pub(crate) use self::interface::{
    CallFunction, CodecInterface, FunctionInterface, Interface, PayloadInterface, StateInterface,
    TierInterface,
};
pub(crate) use self::registry::Registry;
