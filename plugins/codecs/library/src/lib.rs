//! The plugin of `rps-codecs` as a library that a host loads: its three exports, and nothing else.
//!
//! The command has the same plugin built in. Tests and benchmarks compare the two; read `rps-codecs` for what it does.

#![forbid(unsafe_code)]

rps_plugin::register_plugin!(rps_codecs::Codecs);
