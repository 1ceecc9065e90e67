//! The frame around a coded file.

use std::path::Path;

use crate::{Code, Problem};

/// How every frame begins.
const MARK: &[u8] = b"CR";

/// The version of frames that this crate reads and writes.
const VERSION: u8 = 1;

/// Longer names of codecs are not made: the name is a part of the file's name.
const MAX_NAME: usize = 32;

/// What a frame says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) magic: [u8; 4],
    /// The name of the codec.
    pub(super) codec: String,
    pub(super) plain_size: u64,
    pub(super) coded_size: u64,
    /// XXH64 of what was encoded.
    pub(super) checksum: u64,
}

/// Returns the checksum of what is encoded.
pub(super) fn checksum(plain: &[u8]) -> u64 {
    xxhash_rust::xxh64::xxh64(plain, 0)
}

/// Returns whether a codec may have this name: a few small letters, digits, `-` and `_`.
pub(super) fn is_sound_name(name: &str) -> bool {
    let sound = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(sound)
}

/// Returns whether frames of this version may begin so.
pub(super) fn is_sound_magic(magic: [u8; 4]) -> bool {
    magic.starts_with(MARK) && magic[2] == VERSION
}

impl Frame {
    /// Returns the frame of a file and what is in it; nothing if the file has none.
    pub(super) fn read<'b>(file: &Path, bytes: &'b [u8]) -> Option<Result<(Frame, &'b [u8]), Problem>> {
        bytes.starts_with(MARK).then(|| {
            let mut rest = bytes;
            let frame = Frame::head(file, &mut rest)?;
            let (found, coded) = (rest.len() as u64, frame.coded_size);
            let message = format!("the frame announces {coded} coded bytes, and the file has {found}");
            match found.cmp(&coded) {
                std::cmp::Ordering::Equal => Ok((frame, rest)),
                std::cmp::Ordering::Less => Err(Problem::error(Code::Truncated, file, message)),
                std::cmp::Ordering::Greater => Err(Problem::error(Code::BadFrame, file, message)),
            }
        })
    }

    /// Returns what a frame says, and goes past it.
    fn head(file: &Path, rest: &mut &[u8]) -> Result<Frame, Problem> {
        let whole = rest.len();
        let mut take = |len: usize, what: &str| match rest.split_at_checked(len) {
            Some((taken, behind)) => {
                *rest = behind;
                Ok(taken)
            }
            None => {
                let message = format!("the frame is cut off within {what}, at byte {whole}");
                Err(Problem::error(Code::Truncated, file, message))
            }
        };
        let magic = array::<4>(take(4, "its magic number")?);
        if magic[2] != VERSION {
            let message =
                format!("the frame has version {}, and this program reads version {VERSION}", magic[2]);
            return Err(Problem::error(Code::FrameVersion, file, message));
        }
        let [length] = array::<1>(take(1, "the length of a name")?);
        let name = take(usize::from(length), "the name of its codec")?;
        let name = std::str::from_utf8(name).ok().filter(|name| is_sound_name(name));
        let Some(codec) = name.map(str::to_owned) else {
            let message = "the name of the frame's codec, at byte 5, can be none";
            return Err(Problem::error(Code::BadFrame, file, message));
        };
        let mut number = |what| Ok(u64::from_le_bytes(array(take(8, what)?)));
        let plain_size = number("its sizes")?;
        let coded_size = number("its sizes")?;
        let checksum = number("its checksum")?;
        Ok(Frame { magic, codec, plain_size, coded_size, checksum })
    }

    /// Returns the bytes of a file: the frame, then what is in it.
    pub(super) fn around(&self, coded: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.codec.len() + coded.len() + 29);
        bytes.extend_from_slice(&self.magic);
        // The name is sound, so it is short.
        bytes.push(self.codec.len() as u8);
        bytes.extend_from_slice(self.codec.as_bytes());
        for number in [self.plain_size, self.coded_size, self.checksum] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(coded);
        bytes
    }

    /// Returns the magic number as people read it.
    pub(super) fn magic_text(&self) -> String {
        self.magic.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Returns bytes as an array of the length that they have.
fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().unwrap_or([0; N])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame() -> Frame {
        let magic = [b'C', b'R', 1, 0x80];
        Frame { magic, codec: "toy".into(), plain_size: 7, coded_size: 3, checksum: checksum(b"abcdefg") }
    }

    #[test]
    fn a_frame_is_what_its_bytes_say_crush_19() {
        let bytes = frame().around(b"xyz");
        assert_eq!(bytes[..8], *b"CR\x01\x80\x03toy");
        assert_eq!(bytes[8..24], *b"\x07\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0");
        assert_eq!(bytes[24..32], checksum(b"abcdefg").to_le_bytes());
        assert_eq!(Frame::read(Path::new("f"), &bytes), Some(Ok((frame(), &b"xyz"[..]))));
        assert_eq!(Frame::read(Path::new("f"), b"{\"format\""), None);
        assert_eq!(Frame::read(Path::new("f"), b""), None);
    }

    #[test]
    fn the_checksum_is_xxh64_with_seed_0() {
        // From the specification of xxHash.
        assert_eq!(checksum(b""), 0xef46_db37_51d8_e999);
    }

    #[test]
    fn a_damaged_frame_has_its_code() {
        let bytes = frame().around(b"xyz");
        let code = |bytes: &[u8]| Frame::read(Path::new("f"), bytes).unwrap().unwrap_err().code;
        for len in 2..bytes.len() {
            assert_eq!(code(&bytes[..len]), Code::Truncated, "{len}");
        }
        assert_eq!(code(&[&bytes[..], b"!"].concat()), Code::BadFrame);
        let changed = |at: usize, byte: u8| {
            let mut bytes = bytes.clone();
            bytes[at] = byte;
            code(&bytes)
        };
        assert_eq!(changed(2, 2), Code::FrameVersion);
        assert_eq!(changed(4, 0), Code::BadFrame);
        assert_eq!(changed(5, b'/'), Code::BadFrame);
        assert_eq!(changed(5, 0xFF), Code::BadFrame);
        assert_eq!(changed(23, 0xFF), Code::Truncated, "a size beyond all measure");
    }
}
