//! The C ABI between Repersys and its plugins.
