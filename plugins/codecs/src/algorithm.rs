use std::io::{Read, Write};

use rps_plugin::{Call, Codec, CodecMetadata, Error, Output};

/// So many bytes are done between two looks at whether the call was cancelled: well under a millisecond, for each of the
/// three.
pub const BLOCK: usize = 64 << 10;

/// A codec apart from how it is called: from bytes to a stream, and back.
///
/// `go_on` is asked before every block; its error is the result.
pub trait Algorithm: Send + Sync + 'static {
    /// The name that it is chosen by.
    const NAME: &'static str;
    /// The last byte of the magic number of its frames.
    const NUMBER: u8;
    /// How many megabytes of space files it encodes in a second: measured by `cargo xtask bench plugins`, as
    /// `bench/RESULTS.md` has it. Only how the three compare is of account.
    const THROUGHPUT: f64;
    /// The size of what it gives to the size of what it is given, from the same measurement.
    const RATIO: f64;
    /// What it is, in a line.
    const DESCRIPTION: &'static str;

    /// Encodes.
    ///
    /// # Errors
    ///
    /// Those of `go_on` and of the output.
    fn encode(
        &self,
        plain: &[u8],
        output: &mut impl Write,
        go_on: &impl Fn() -> Result<(), Error>,
    ) -> Result<(), Error>;

    /// Decodes what has `plain_size` bytes; never writes more.
    ///
    /// # Errors
    ///
    /// [`Error::corrupt`] when it is not one whole stream, or decodes to more or fewer bytes; those of `go_on` and of the
    /// output.
    fn decode(
        &self,
        coded: &[u8],
        plain_size: u64,
        output: &mut impl Write,
        go_on: &impl Fn() -> Result<(), Error>,
    ) -> Result<(), Error>;
}

/// Writes bytes to an encoder, block by block.
pub(crate) fn feed(
    plain: &[u8],
    encoder: &mut impl Write,
    go_on: &impl Fn() -> Result<(), Error>,
) -> Result<(), Error> {
    for block in plain.chunks(BLOCK) {
        go_on()?;
        encoder.write_all(block)?;
    }
    Ok(())
}

/// Writes all that a decoder gives, which is to be `plain_size` bytes, block by block.
pub(crate) fn drain(
    name: &str,
    decoder: &mut impl Read,
    plain_size: u64,
    output: &mut impl Write,
    go_on: &impl Fn() -> Result<(), Error>,
) -> Result<(), Error> {
    let mut block = vec![0; BLOCK];
    let mut left = plain_size;
    loop {
        go_on()?;
        let read = decoder.read(&mut block).map_err(|error| damaged(name, &error.to_string()))?;
        if read == 0 {
            break;
        }
        left = left.checked_sub(read as u64).ok_or_else(|| {
            Error::corrupt(format!("the {name} stream has more than the {plain_size} bytes it should have"))
        })?;
        output.write_all(&block[..read])?;
    }
    if left > 0 {
        let found = plain_size - left;
        return Err(Error::corrupt(format!("the {name} stream has {found} bytes instead of {plain_size}")));
    }
    Ok(())
}

/// Returns the error of a damaged stream.
pub(crate) fn damaged(name: &str, how: &str) -> Error {
    Error::corrupt(format!("the {name} stream: {how}"))
}

/// An algorithm as the codec of a plugin.
pub(crate) struct Registered<A>(pub(crate) A);

impl<A: Algorithm> Codec for Registered<A> {
    fn name(&self) -> &str {
        A::NAME
    }

    fn magic_number(&self) -> [u8; 4] {
        [b'C', b'R', 1, A::NUMBER]
    }

    fn metadata(&self) -> CodecMetadata {
        CodecMetadata {
            version: "1".to_owned(),
            throughput: A::THROUGHPUT,
            compression_ratio: A::RATIO,
            description: A::DESCRIPTION.to_owned(),
        }
    }

    fn compress(&self, call: &Call, input: &[u8], output: &mut Output<'_>) -> Result<(), Error> {
        self.0.encode(input, output, &|| call.check_cancelled())
    }

    fn decompress(
        &self,
        call: &Call,
        input: &[u8],
        plain_size: u64,
        output: &mut Output<'_>,
    ) -> Result<(), Error> {
        self.0.decode(input, plain_size, output, &|| call.check_cancelled())
    }
}
