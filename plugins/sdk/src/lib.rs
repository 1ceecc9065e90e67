//! What authors of plugins in Rust use.
