//! Codecs: space files that take less room, each in a frame that says how it is read.
//!
//! ```text
//! magic      4 bytes   'C' 'R', the version 1, and the number of the codec: 00 deflate, 01 zstd, 02 lz4, 80… plugins
//! length     1 byte    of the name
//! name                 of the codec, such as zstd
//! plain size 8 bytes   of what was encoded, little endian as all numbers here
//! coded size 8 bytes   of what follows the frame
//! checksum   8 bytes   XXH64 with seed 0 of what was encoded
//! content              as the codec gave it
//! ```
//!
//! Plain JSON has no frame, and never begins like one. The codecs themselves are asked of
//! [`Extensions`](rps_runtime::extension::Extensions). In the order to read:
//!
//! - `frame`: the frame; `read` and `write`: from a file to what is in it, and back;
//! - [`CodecChoice`] and `plan`: which codec a dump takes for which file;
//! - [`inspect_files`]: what the frames of a store say, without decoding anything.

mod frame;
mod inspect;
mod plan;
mod read;
mod write;

pub use inspect::{FileInfo, inspect_files};
pub use plan::CodecChoice;

pub(crate) use plan::{Plan, split};
pub(crate) use read::{decoded, name_of_frame, plain_size};
pub(crate) use write::framed;
