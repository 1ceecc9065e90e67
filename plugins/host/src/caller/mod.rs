//! Where plugins are called: one file for every point, and below them the two ways of calling.
//!
//! A *guarded* call ([`guarded`]) runs on a thread of its own with a deadline; a *direct* one ([`direct`]) on the thread
//! of the program, inside the graph: functions and payloads, which are called too often for anything else.

mod agenda;
mod codec;
mod command;
mod custom;
mod direct;
mod dump;
mod event;
mod function;
mod gate;
mod guarded;
mod intrinsic;
mod isolated;
pub(crate) mod payload;
mod service;
mod state;
mod tier;
mod validator;
mod view;

pub(crate) use self::agenda::Agenda;
pub(crate) use self::codec::{best_codecs, codec_of};
pub use self::command::CommandInfo;
pub(crate) use self::dump::{after_dump, before_dump};
pub(crate) use self::function::Functions;
pub(crate) use self::guarded::{Guarded, error_of};
pub use self::isolated::serve_isolated;
pub(crate) use self::state::{
    Parked, forget_restored, park, reset, restore, restore_parked, snapshot, unpark,
};
pub use self::tier::{LinkedCode, NativeTier, TierForm};
pub(crate) use self::validator::validate;
pub use self::view::ViewOf;
