use core::ffi::c_void;

use rps_plugin_abi as abi;
use rps_plugin_abi::Sink;
use rps_plugin_abi::point;
use rps_plugin_abi::status::{self, Status};

use super::{Registrar, text};
use crate::call::{Call, bound, bytes, enter};
use crate::error::Error;
use crate::guard;
use crate::output::Output;

/// A codec of space files: it sees bytes, never paths.
pub trait Codec: Send + Sync + 'static {
    /// Whether [`Codec::detect`] is to be asked.
    const DETECTS: bool = false;

    /// Returns the name that it is chosen by.
    fn name(&self) -> &str;

    /// Returns what its frames begin with: `C`, `R`, 1, and a byte of its own from 0x80 on.
    fn magic_number(&self) -> [u8; 4];

    /// Returns what is known of it: by that it is chosen.
    fn metadata(&self) -> CodecMetadata;

    /// Writes the input so that it takes less room. What takes long looks at [`Call::check_cancelled`] for every block.
    ///
    /// # Errors
    ///
    /// When it can not.
    fn compress(&self, call: &Call, input: &[u8], output: &mut Output<'_>) -> Result<(), Error>;

    /// Writes what was compressed; it has `plain_size` bytes, and the output takes no more.
    ///
    /// # Errors
    ///
    /// [`Error::corrupt`] when the input is not what [`Codec::compress`] wrote.
    fn decompress(
        &self,
        call: &Call,
        input: &[u8],
        plain_size: u64,
        output: &mut Output<'_>,
    ) -> Result<(), Error>;

    /// Returns whether bytes that begin so are its own.
    fn detect(&self, header: &[u8]) -> bool {
        header.starts_with(&self.magic_number())
    }
}

/// What is known of a codec.
#[derive(Clone, Debug, PartialEq)]
pub struct CodecMetadata {
    /// The version of its format; not empty.
    pub version: String,
    /// How many megabytes it compresses in a second, about; more than 0.
    pub throughput: f64,
    /// The size of what it compresses to by the size of what it is given, about; more than 0, at most 1.
    pub compression_ratio: f64,
    /// What it is, in a line.
    pub description: String,
}

impl Registrar<'_> {
    /// Registers a codec of space files.
    ///
    /// # Errors
    ///
    /// When its metadata is not what it must be, or the host refuses it.
    pub fn codec<C: Codec>(&mut self, codec: C) -> Result<(), Error> {
        let (name, metadata) = (codec.name().to_owned(), codec.metadata());
        if name.is_empty() || metadata.version.is_empty() {
            return Err(Error::invalid("a codec has a name and a version"));
        }
        if !(metadata.throughput > 0.0 && metadata.throughput.is_finite()) {
            return Err(Error::invalid(format!("{name}: the throughput of a codec is more than 0")));
        }
        if !(metadata.compression_ratio > 0.0 && metadata.compression_ratio <= 1.0) {
            return Err(Error::invalid(format!("{name}: the ratio of a codec is more than 0 and at most 1")));
        }
        let interface = point::Codec {
            struct_size: size_of::<point::Codec>() as u32,
            flags: 0,
            magic: codec.magic_number(),
            reserved: 0,
            throughput: metadata.throughput,
            ratio: metadata.compression_ratio,
            version: text(&metadata.version)?,
            description: text(&metadata.description)?,
            detect: if C::DETECTS { Some(detect::<C>) } else { None },
            encode: Some(encode::<C>),
            decode: Some(decode::<C>),
        };
        self.add(point::CODEC, &name, 1, interface, codec)
    }
}

unsafe extern "C" fn detect<C: Codec>(data: *mut c_void, header: *const u8, len: usize) -> Status {
    // SAFETY: the host hands back the data of the registration; the header is valid until this returns.
    unsafe {
        let Some(bound) = bound::<C>(data) else { return status::INVALID };
        let own = guard::value(bound.shared, false, || bound.body.detect(bytes(header, len)));
        if own { status::OK } else { status::UNSUPPORTED }
    }
}

unsafe extern "C" fn encode<C: Codec>(
    data: *mut c_void,
    call: *mut abi::Call,
    input: *const u8,
    len: usize,
    output: *const Sink,
) -> Status {
    // SAFETY: the host hands back the data of the registration; call, input and sink are valid until this returns.
    unsafe {
        enter::<C>(data, call, |codec, call| codec.compress(call, bytes(input, len), &mut Output::of(output)))
    }
}

unsafe extern "C" fn decode<C: Codec>(
    data: *mut c_void,
    call: *mut abi::Call,
    input: *const u8,
    len: usize,
    plain_size: u64,
    output: *const Sink,
) -> Status {
    // SAFETY: the host hands back the data of the registration; call, input and sink are valid until this returns.
    unsafe {
        enter::<C>(data, call, |codec, call| {
            codec.decompress(call, bytes(input, len), plain_size, &mut Output::of(output))
        })
    }
}
