//! The frames that go between the host and the process of a service.
//!
//! ```text
//! offset  size  what
//!      0     4  "RPSF"
//!      4     2  version, little endian, like all numbers
//!      6     1  kind
//!      7     1  0
//!      8     8  number of the request; an answer has the number of what it answers
//!     16     4  length of the payload
//!     20     …  payload
//! ```

use std::io::{self, Read, Write};

use thiserror::Error;

/// The version of the frames and of what is in them.
pub const PROTOCOL_VERSION: u16 = 1;

const MAGIC: [u8; 4] = *b"RPSF";
const HEADER: usize = 20;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Child: I am here.
    Hello = 1,
    /// Host: load this library (a `LoadRequest` in JSON).
    Load = 2,
    /// Child: it is loaded (a `Description` in JSON).
    Loaded = 3,
    /// Host: execute this service (its name and its input).
    Execute = 4,
    /// Host: the request of this number should end.
    Cancel = 5,
    /// Child: the output of a service.
    Done = 6,
    /// Child: the message of a failure.
    Failed = 7,
    /// Child: the message of a panic.
    Panicked = 8,
    /// Host: are you there?
    Ping = 9,
    /// Child: yes.
    Pong = 10,
    /// Host: end.
    Shutdown = 11,
}

/// A frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What it is.
    pub kind: Kind,
    /// The number of the request that it belongs to; 0 for none.
    pub id: u64,
    /// What it carries.
    pub payload: Vec<u8>,
}

/// Why the bytes that came are no frame.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// It does not begin like a frame: somebody else writes to the same pipe.
    #[error("no frame but {}", printable(.0))]
    Magic([u8; 4]),
    /// The other side is of another version.
    #[error("version {found} of the protocol instead of {PROTOCOL_VERSION}")]
    Version {
        /// Its version.
        found: u16,
    },
    /// A kind of frame that this version does not have.
    #[error("a frame of the unknown kind {0}")]
    Kind(u8),
    /// The frame is larger than agreed.
    #[error("a frame of {size} bytes, more than the {max} allowed")]
    TooLarge {
        /// The length of its payload.
        size: u64,
        /// The most that was agreed.
        max: u64,
    },
    /// It ends in the middle.
    #[error("a frame that ends in the middle")]
    Truncated,
    /// It could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Frame {
    /// Returns a frame.
    pub fn new(kind: Kind, id: u64, payload: impl Into<Vec<u8>>) -> Frame {
        Frame { kind, id, payload: payload.into() }
    }

    /// Reads one frame with at most `max` bytes of payload; `None` at the end of the stream.
    ///
    /// # Errors
    ///
    /// When what comes is no such frame. What follows in the stream cannot be understood then.
    pub fn read(reader: &mut impl Read, max: u32) -> Result<Option<Frame>, FrameError> {
        let mut header = Vec::with_capacity(HEADER);
        reader.by_ref().take(HEADER as u64).read_to_end(&mut header)?;
        if header.is_empty() {
            return Ok(None);
        }
        if let Some(magic) = header.first_chunk::<4>()
            && *magic != MAGIC
        {
            return Err(FrameError::Magic(*magic));
        }
        let header: [u8; HEADER] = header.try_into().map_err(|_| FrameError::Truncated)?;
        let [_, _, _, _, v0, v1, kind, _, rest @ ..] = header;
        let found = u16::from_le_bytes([v0, v1]);
        if found != PROTOCOL_VERSION {
            return Err(FrameError::Version { found });
        }
        let kind = Kind::from_byte(kind).ok_or(FrameError::Kind(kind))?;
        let [i0, i1, i2, i3, i4, i5, i6, i7, l0, l1, l2, l3] = rest;
        let id = u64::from_le_bytes([i0, i1, i2, i3, i4, i5, i6, i7]);
        let length = u32::from_le_bytes([l0, l1, l2, l3]);
        if length > max {
            return Err(FrameError::TooLarge { size: length.into(), max: max.into() });
        }
        // Memory is taken as the bytes come, not as the length promises.
        let mut payload = Vec::with_capacity(length.min(1 << 16) as usize);
        reader.take(length.into()).read_to_end(&mut payload)?;
        if payload.len() < length as usize {
            return Err(FrameError::Truncated);
        }
        Ok(Some(Frame { kind, id, payload }))
    }

    /// Writes the frame and flushes.
    ///
    /// # Errors
    ///
    /// When the pipe does not take it, or when the payload has 4 GiB or more.
    pub fn write(&self, writer: &mut impl Write) -> io::Result<()> {
        let length = u32::try_from(self.payload.len())
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "a frame of more than 4 GiB"))?;
        let mut header = [0; HEADER];
        header[..4].copy_from_slice(&MAGIC);
        header[4..6].copy_from_slice(&PROTOCOL_VERSION.to_le_bytes());
        header[6] = self.kind as u8;
        header[8..16].copy_from_slice(&self.id.to_le_bytes());
        header[16..].copy_from_slice(&length.to_le_bytes());
        writer.write_all(&header)?;
        writer.write_all(&self.payload)?;
        writer.flush()
    }
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Kind> {
        use Kind::*;
        let kinds = [Hello, Load, Loaded, Execute, Cancel, Done, Failed, Panicked, Ping, Pong, Shutdown];
        kinds.into_iter().find(|kind| *kind as u8 == byte)
    }
}

fn printable(bytes: &[u8]) -> String {
    format!("\"{}\"", bytes.escape_ascii())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encode(frame: &Frame) -> Vec<u8> {
        let mut bytes = Vec::new();
        frame.write(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn frames_follow_each_other() {
        let frames = [Frame::new(Kind::Hello, 0, []), Frame::new(Kind::Execute, u64::MAX, *b"abc")];
        let stream: Vec<u8> = frames.iter().flat_map(encode).collect();
        let mut reader = stream.as_slice();
        for frame in &frames {
            assert_eq!(Frame::read(&mut reader, 3).unwrap().as_ref(), Some(frame));
        }
        assert!(Frame::read(&mut reader, 3).unwrap().is_none());
    }

    #[test]
    fn what_is_no_frame_is_named() {
        let good = encode(&Frame::new(Kind::Done, 1, *b"abcd"));
        let read = |bytes: &[u8]| Frame::read(&mut &*bytes, 4).unwrap_err();
        let with = |at: usize, byte: u8| {
            let mut bytes = good.clone();
            bytes[at] = byte;
            read(&bytes)
        };
        assert_eq!(read(b"Hello, world\n").to_string(), "no frame but \"Hell\"");
        assert!(matches!(with(4, 2), FrameError::Version { found: 2 }));
        assert!(matches!(with(6, 99), FrameError::Kind(99)));
        assert!(matches!(with(19, 0xff), FrameError::TooLarge { max: 4, .. }));
        for length in 1..good.len() {
            assert!(matches!(read(&good[..length]), FrameError::Truncated), "cut at {length}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(mut bytes in proptest::collection::vec(any::<u8>(), 0..64), good in 0..8_usize) {
            let start = encode(&Frame::new(Kind::Done, 1, []));
            for (byte, good) in bytes.iter_mut().zip(&start[..good]) {
                *byte = *good;
            }
            let _ = Frame::read(&mut bytes.as_slice(), 32);
        }
    }
}
