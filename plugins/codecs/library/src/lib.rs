//! The plugin of `rps-codecs` as a library that a host loads. The command has the same plugin built in.

#![forbid(unsafe_code)]

rps_plugin::register_plugin!(rps_codecs::Codecs);
