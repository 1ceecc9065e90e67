//! The codecs that come with Repersys: [`Deflate`], [`Zstd`] and [`Lz4`], for space files.
//!
//! A plugin like any other, written with the SDK. The command has it built in by [`PLUGIN`]; the crate `rps-codecs-library`
//! makes a library of it that any host of plugins loads, and both give the same bytes.
//!
//! What a codec gives is one stream of a format that other programs read, too: a raw DEFLATE stream, a Zstandard frame, an LZ4
//! frame. The host puts its own frame around it, with the sizes and a checksum. Levels are fixed, nothing of the
//! time or the machine goes in, and one thread does it: the same content gives the same bytes.
//!
//! In the order to read: `algorithm` (what the three have in common: in blocks, cancelled between two, bounded by the size
//! that was announced), then `deflate`, `zstd` and `lz4`.

#![forbid(unsafe_code)]

mod algorithm;
mod deflate;
mod lz4;
#[cfg(test)]
mod tests;
mod zstd;

use rps_plugin::{Error, Name, Plugin, Registrar};

pub use self::algorithm::{Algorithm, BLOCK};
pub use self::deflate::Deflate;
pub use self::lz4::Lz4;
pub use self::zstd::Zstd;

use self::algorithm::Registered;

/// The plugin.
pub struct Codecs;

impl Plugin for Codecs {
    const ID: &'static str = "codecs";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const NAME: &'static str = "Codecs";
    const DESCRIPTION: &'static str = "Space files in less room: deflate, zstd and lz4.";
    // It sees bytes only.
    const EXTENSIONS: &'static [Name] = &[];

    fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
        registrar.codec(Registered(Deflate))?;
        registrar.codec(Registered(Zstd))?;
        registrar.codec(Registered(Lz4))
    }
}

rps_plugin::register_plugin!(Codecs, built_in);
