//! Migrations: changes of the objects of a store, written down once, applied to each store once.
//!
//! A migration is an object of the store: a name, the names of those that it comes after, and a function. That it was
//! applied is a record, another object. Both are found in one object, the registry, each under a key of its own, so that
//! what two people add on two branches merges line by line.
//!
//! Read in this order: [`registry`] (what is kept, and where), [`order`] (which comes after which), [`mod@apply`] (one
//! transaction for each), [`difference`] (what one changed), `lost` (what a
//! store would lose by it), `topic` (what programs see of it), and what migrations are
//! written with: `attributes`, `classes`, `payloads`, `rename`.

pub mod apply;
mod attributes;
mod classes;
pub mod difference;
mod each;
mod lost;
pub mod order;
mod payloads;
pub mod registry;
mod rename;
mod topic;

pub use self::apply::{Failure, Outcome, Run, apply};
pub use self::difference::Difference;
pub use self::registry::{Migration, Migrations, recorded};

pub(crate) use self::each::UnderWay;
pub(crate) use self::registry::make_classes;
pub(crate) use self::topic::TOPIC;
