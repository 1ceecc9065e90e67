//! The flag that asks a running operation to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// A flag that is set once, when an operation should end: its deadline has passed, its user gave up, or nobody waits
/// for it any more.
///
/// An operation looks at it at its natural boundaries, once per block of work. C code gets the flag's address, as
/// `const volatile uint8_t *`: 0 means go on, anything else means end.
#[derive(Clone, Debug, Default)]
pub struct Cancel {
    flag: Arc<AtomicU8>,
}

impl Cancel {
    /// Returns a flag that is not set.
    pub fn new() -> Cancel {
        Cancel::default()
    }

    /// Tells whether the operation should end.
    ///
    /// What the canceller wrote before it set the flag is visible to the caller that sees it set.
    pub fn is_cancelled(&self) -> bool {
        self.flag.load(Ordering::Acquire) != 0
    }

    /// Sets the flag, for good.
    pub fn cancel(&self) {
        self.flag.store(1, Ordering::Release);
    }

    /// Returns the address of the flag, which stays the same while any clone of this `Cancel` lives.
    pub fn as_atomic(&self) -> *const AtomicU8 {
        Arc::as_ptr(&self.flag)
    }

    /// Returns the address of the flag as C code sees it.
    pub fn as_ptr(&self) -> *const u8 {
        self.flag.as_ptr()
    }
}
