//! What differs between operating systems and processors: pages, stack bounds, registers, the clock.
//!
//! Everything else in the heap is portable. Each file has a fallback for platforms that it does not know;
//! `RPS_SYS_FALLBACK=1` chooses the fallback of [`stack`] and [`registers`] on the platforms that it does know,
//! so that a test can run it.

pub(crate) mod clock;
pub(crate) mod pages;
pub(crate) mod registers;
pub(crate) mod stack;

use std::sync::OnceLock;

/// Returns whether the fallbacks were asked for.
pub(crate) fn fallback_wanted() -> bool {
    static WANTED: OnceLock<bool> = OnceLock::new();
    *WANTED.get_or_init(|| std::env::var_os("RPS_SYS_FALLBACK").is_some_and(|v| v != "0"))
}
