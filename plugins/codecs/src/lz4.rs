use std::io::{self, Read, Write};

use lz4_flex::frame::{BlockMode, BlockSize, FrameDecoder, FrameEncoder, FrameInfo};
use rps_plugin::Error;

use crate::algorithm::{Algorithm, damaged, drain, feed};

/// LZ4: one frame of the LZ4 frame format 1.6, in linked blocks of 64 KiB, without checksums of its own.
///
/// A frame and no bare block, so that other programs read it, and so that it is encoded and decoded piece by piece.
#[derive(Clone, Copy, Debug)]
pub struct Lz4;

/// How every frame begins.
const MAGIC: [u8; 4] = 0x184D_2204_u32.to_le_bytes();

impl Algorithm for Lz4 {
    const NAME: &'static str = "lz4";
    const NUMBER: u8 = 2;
    const THROUGHPUT: f64 = 700.0;
    const RATIO: f64 = 0.383;
    const DESCRIPTION: &'static str = "LZ4 frames: the fastest, and the least small.";

    fn encode(
        &self,
        plain: &[u8],
        output: &mut impl Write,
        go_on: &impl Fn() -> Result<(), Error>,
    ) -> Result<(), Error> {
        let frame = FrameInfo::new()
            .block_size(BlockSize::Max64KB)
            .block_mode(BlockMode::Linked)
            .content_size(Some(plain.len() as u64));
        let mut encoder = FrameEncoder::with_frame_info(frame, output);
        feed(plain, &mut encoder, go_on)?;
        encoder.finish().map_err(io::Error::from)?;
        Ok(())
    }

    fn decode(
        &self,
        coded: &[u8],
        plain_size: u64,
        output: &mut impl Write,
        go_on: &impl Fn() -> Result<(), Error>,
    ) -> Result<(), Error> {
        // The decoder knows an older format, too.
        if !coded.starts_with(&MAGIC) {
            return Err(damaged(Self::NAME, "it does not begin like one"));
        }
        let mut decoder = FrameDecoder::new(Whole { rest: coded });
        drain(Self::NAME, &mut decoder, plain_size, output, go_on)?;
        if !decoder.into_inner().rest.is_empty() {
            return Err(damaged(Self::NAME, "something follows it"));
        }
        Ok(())
    }
}

/// Bytes whose end is an error: the decoder takes the end of the bytes for the end of the frame.
struct Whole<'a> {
    rest: &'a [u8],
}

impl Read for Whole<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.rest.read(buffer)? {
            0 if !buffer.is_empty() => Err(io::Error::new(io::ErrorKind::InvalidData, "it is cut off")),
            read => Ok(read),
        }
    }
}
