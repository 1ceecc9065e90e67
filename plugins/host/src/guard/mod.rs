//! Guarded calls.
