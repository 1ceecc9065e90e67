use std::io::Write;

use rps_plugin::Error;
use zstd::stream::{read, write};

use crate::algorithm::{Algorithm, damaged, drain, feed};

/// Zstandard: one frame as of RFC 8878, without a checksum of its own.
#[derive(Clone, Copy, Debug)]
pub struct Zstd;

/// As the program `zstd`'s default.
const LEVEL: i32 = 3;

/// What a frame may ask for to be decoded, as a power of two: the 8 MiB that RFC 8878 recommends, of which level 3 takes a
/// quarter.
const WINDOW_LOG: u32 = 23;

impl Algorithm for Zstd {
    const NAME: &'static str = "zstd";
    const NUMBER: u8 = 1;
    const THROUGHPUT: f64 = 430.0;
    const RATIO: f64 = 0.224;
    const DESCRIPTION: &'static str = "Zstandard (RFC 8878), level 3: small and fast.";

    fn encode(
        &self,
        plain: &[u8],
        output: &mut impl Write,
        go_on: &impl Fn() -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut encoder = write::Encoder::new(output, LEVEL)?;
        encoder.include_checksum(false)?;
        encoder.set_pledged_src_size(Some(plain.len() as u64))?;
        feed(plain, &mut encoder, go_on)?;
        encoder.finish()?;
        Ok(())
    }

    fn decode(
        &self,
        coded: &[u8],
        plain_size: u64,
        output: &mut impl Write,
        go_on: &impl Fn() -> Result<(), Error>,
    ) -> Result<(), Error> {
        if coded.is_empty() {
            return Err(damaged(Self::NAME, "it is empty"));
        }
        let mut decoder = read::Decoder::with_buffer(coded)?.single_frame();
        decoder.window_log_max(WINDOW_LOG)?;
        drain(Self::NAME, &mut decoder, plain_size, output, go_on)?;
        if !decoder.finish().is_empty() {
            return Err(damaged(Self::NAME, "something follows it"));
        }
        Ok(())
    }
}
