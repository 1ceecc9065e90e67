//! Extensions of the host: what a plugin may ask for beyond the core, by name and revision.
//!
//! | name | table |
//! |---|---|
//! | `rps.graph/1` | [`graph::Graph`]: values and objects |
//! | `rps.points/1` | [`Points`]: calling what others have registered |
//! | `rps.settings/1` | [`Settings`]: what the configuration says for the plugin |
//! | `rps.agenda/1` | [`Agenda`]: having tasks done later |
//! | `rps.events/1` | [`Events`]: telling others that something happened |
//!
//! An extension that a plugin lists in its descriptor and that the host does not have is an error of loading, never a
//! null call.

pub mod graph;
mod host;

pub use self::graph::Graph;
pub use self::host::{Agenda, Events, Points, Settings};

/// The name of [`graph::Graph`].
pub const GRAPH: &str = "rps.graph/1";
/// The name of [`Points`].
pub const POINTS: &str = "rps.points/1";
/// The name of [`Settings`].
pub const SETTINGS: &str = "rps.settings/1";
/// The name of [`Agenda`].
pub const AGENDA: &str = "rps.agenda/1";
/// The name of [`Events`].
pub const EVENTS: &str = "rps.events/1";
