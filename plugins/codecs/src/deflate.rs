use std::io::{self, Read, Write};

use flate2::write::DeflateEncoder;
use flate2::{Compression, Decompress, FlushDecompress, Status};
use rps_plugin::Error;

use crate::algorithm::{Algorithm, damaged, drain, feed};

/// DEFLATE: a raw stream as of RFC 1951, with no header, which every inflate reads.
#[derive(Clone, Copy, Debug)]
pub struct Deflate;

/// As zlib's default.
const LEVEL: u32 = 6;

impl Algorithm for Deflate {
    const NAME: &'static str = "deflate";
    const NUMBER: u8 = 0;
    const THROUGHPUT: f64 = 31.0;
    const RATIO: f64 = 0.264;
    const DESCRIPTION: &'static str = "DEFLATE (RFC 1951), level 6: read by every inflate.";

    fn encode(
        &self,
        plain: &[u8],
        output: &mut impl Write,
        go_on: &impl Fn() -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut encoder = DeflateEncoder::new(output, Compression::new(LEVEL));
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
        let mut inflate = Inflate { rest: coded, state: Decompress::new(false), is_done: false };
        drain(Self::NAME, &mut inflate, plain_size, output, go_on)?;
        if !inflate.rest.is_empty() {
            return Err(damaged(Self::NAME, "something follows it"));
        }
        Ok(())
    }
}

/// A stream that is read to its end: the decoder of `flate2` takes the end of the bytes for the end of the stream.
struct Inflate<'a> {
    rest: &'a [u8],
    state: Decompress,
    is_done: bool,
}

impl Read for Inflate<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.is_done {
            let (read_before, written_before) = (self.state.total_in(), self.state.total_out());
            let status = self.state.decompress(self.rest, buffer, FlushDecompress::None)?;
            let read = (self.state.total_in() - read_before) as usize;
            let written = (self.state.total_out() - written_before) as usize;
            self.rest = self.rest.get(read..).unwrap_or_default();
            self.is_done = status == Status::StreamEnd;
            if written > 0 {
                return Ok(written);
            }
            if read == 0 && !self.is_done {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it is cut off"));
            }
        }
        Ok(0)
    }
}
