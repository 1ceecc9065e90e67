//! Zero copy.
