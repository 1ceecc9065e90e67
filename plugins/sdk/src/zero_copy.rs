//! Payloads in place: written into any bytes without allocating, read without copying.
//!
//! The layout is that of rkyv, with little-endian numbers, offsets of 32 bits and no alignment: so the bytes are the same on every
//! machine, and may begin anywhere, as in the middle of a mapped file. What is read is checked first: damaged bytes are an
//! error.
//!
//! ```
//! use rps_plugin::RpsPayload;
//! use rps_plugin::rkyv::{Archive, Serialize};
//!
//! #[derive(Archive, Serialize, RpsPayload)]
//! #[rkyv(crate = rps_plugin::rkyv)]
//! #[rps(name = "geo/Point", generate(rkyv))]
//! struct Point {
//!     x: f64,
//!     label: String,
//! }
//!
//! let mut buffer = [0; 64];
//! let written = Point { x: 1.5, label: "somewhere".to_owned() }.write_to_buffer(&mut buffer)?;
//! let point = Point::access(&buffer[..written])?;
//! assert_eq!((point.x.to_native(), point.label.as_str()), (1.5, "somewhere"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A type with an [`ObjectRef`](crate::ObjectRef) has no such form: the object that it refers to is not in the bytes.

use core::fmt;
use core::mem::MaybeUninit;

use rkyv::api::low::{self, LowSerializer, LowValidator};
use rkyv::bytecheck::CheckBytes;
use rkyv::rancor::Failure;
use rkyv::ser::allocator::SubAllocator;
use rkyv::ser::{Positional, Writer};
use rkyv::{Archive, Archived, Serialize};

/// How many bytes there are, on the stack, for what is collected while a value is written.
pub const SCRATCH: usize = 16 * 1024;

/// Writes a value into a buffer, without allocating; returns how many bytes it has.
///
/// It is written twice: at first nowhere, to see whether there is room enough. A buffer that is too small stays as it is, and
/// so does what lies behind the value.
///
/// # Errors
///
/// When there is not room enough, or the value needs more than [`SCRATCH`]: a long list of what has lists or strings inside.
pub fn write_to_buffer<T>(value: &T, buffer: &mut [u8]) -> Result<usize, SerializeError>
where
    T: for<'a> Serialize<LowSerializer<Target<'a>, SubAllocator<'a>, Failure>>,
{
    let needed = size_in_buffer(value)?;
    let available = buffer.len();
    if needed > available {
        return Err(SerializeError::BufferTooSmall { needed, available });
    }
    write(value, Target { buffer: Some(&mut buffer[..needed]), at: 0 })
}

/// Returns how many bytes a value has in a buffer.
///
/// # Errors
///
/// When the value needs more than [`SCRATCH`].
pub fn size_in_buffer<T>(value: &T) -> Result<usize, SerializeError>
where
    T: for<'a> Serialize<LowSerializer<Target<'a>, SubAllocator<'a>, Failure>>,
{
    write(value, Target { buffer: None, at: 0 })
}

/// Returns the value in these bytes, which are exactly those that [`write_to_buffer`] wrote.
///
/// # Errors
///
/// When they are damaged.
pub fn access<T>(bytes: &[u8]) -> Result<&Archived<T>, AccessError>
where
    T: Archive,
    T::Archived: for<'a> CheckBytes<LowValidator<'a, Failure>>,
{
    low::access::<T::Archived, Failure>(bytes).map_err(|_| AccessError)
}

fn write<T>(value: &T, target: Target<'_>) -> Result<usize, SerializeError>
where
    T: for<'a> Serialize<LowSerializer<Target<'a>, SubAllocator<'a>, Failure>>,
{
    let mut scratch = [MaybeUninit::uninit(); SCRATCH];
    match low::to_bytes_in_with_alloc::<_, _, Failure>(value, target, SubAllocator::new(&mut scratch)) {
        Ok(target) => Ok(target.at),
        // The target refuses nothing that was measured, so it can only have been the scratch memory.
        Err(Failure) => Err(SerializeError::ScratchExhausted),
    }
}

/// Where a value is written: into bytes, or nowhere, to count them.
pub struct Target<'a> {
    buffer: Option<&'a mut [u8]>,
    at: usize,
}

impl Positional for Target<'_> {
    fn pos(&self) -> usize {
        self.at
    }
}

impl Writer<Failure> for Target<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let end = self.at + bytes.len();
        if let Some(buffer) = &mut self.buffer {
            buffer.get_mut(self.at..end).ok_or(Failure)?.copy_from_slice(bytes);
        }
        self.at = end;
        Ok(())
    }
}

/// Why a value was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SerializeError {
    /// The buffer has not room enough; nothing was written.
    BufferTooSmall {
        /// How many bytes the value has.
        needed: usize,
        /// How many the buffer has.
        available: usize,
    },
    /// The value needs more than [`SCRATCH`].
    ScratchExhausted,
}

impl fmt::Display for SerializeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SerializeError::BufferTooSmall { needed, available } => {
                write!(formatter, "the value has {needed} bytes, the buffer {available}")
            }
            SerializeError::ScratchExhausted => {
                write!(
                    formatter,
                    "the value needs more than {SCRATCH} bytes of scratch memory to be written in place"
                )
            }
        }
    }
}

impl std::error::Error for SerializeError {}

/// The bytes are not those of a value of this type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessError;

impl fmt::Display for AccessError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the bytes are damaged, or those of another type")
    }
}

impl std::error::Error for AccessError {}
