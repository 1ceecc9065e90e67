//! Durability: who makes changes outlast the process, for programs that ask for it.

use std::sync::Arc;

use super::ExtensionError;
use crate::runtime::Mutator;

/// What holds the store of a runtime.
pub trait Durability: Send + Sync {
    /// Makes what has changed since the last commit durable: all of it, or nothing. Any thread may ask.
    ///
    /// # Errors
    ///
    /// Why nothing is durable: there is no store, it is open for reading, a transaction is under way, or it can not be
    /// written.
    fn commit(&self, m: &Mutator<'_>) -> Result<(), ExtensionError>;
}

/// The service by which a runtime knows who makes its changes durable: see [`Runtime::provide`](crate::Runtime::provide).
#[derive(Clone)]
pub struct DurabilityService(pub Arc<dyn Durability>);
