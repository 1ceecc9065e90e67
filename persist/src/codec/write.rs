//! From what is to be in a file to a frame around it.

use std::path::Path;

use rps_runtime::extension::{Codec, ExtensionError, Extensions};

use super::frame::{Frame, checksum, is_sound_magic, is_sound_name};
use super::read::{codec_of, decoded};
use crate::Code;
use crate::error::CodecError;
use crate::vfs::Bytes;

/// Returns the bytes of a file with this content.
///
/// What was encoded is always decoded again and compared: a codec that is wrong must cost an error and never the data.
/// `old` is the file that the store has now: where it is in a frame of the same codec around the same content, those are
/// the bytes, whatever another version of the codec would make of it.
///
/// # Errors
///
/// What the codec says, or that it is not sound.
pub(crate) fn framed(
    codec: &dyn Codec,
    path: &str,
    plain: &[u8],
    old: Option<&Bytes>,
    extensions: &dyn Extensions,
) -> Result<Vec<u8>, CodecError> {
    let info = codec.info();
    let error = |code, message: &str| CodecError {
        codec: info.name.clone(),
        path: path.to_owned(),
        code,
        message: message.to_owned(),
        hint: None,
    };
    let failed = |failure: ExtensionError| CodecError {
        hint: failure.hint,
        ..error(Code::Foreign(failure.code), &failure.message)
    };
    if !is_sound_name(&info.name) || !is_sound_magic(info.magic) {
        return Err(error(Code::CodecUnsound, "its name or its magic number can be none"));
    }
    let mut frame = Frame {
        magic: info.magic,
        codec: info.name.clone(),
        plain_size: plain.len() as u64,
        coded_size: 0,
        checksum: checksum(plain),
    };
    if codec_of(&frame, extensions).is_none() {
        return Err(error(
            Code::CodecUnsound,
            "it is not found by the magic number and the name of its frames",
        ));
    }
    if let Some(old) = old.filter(|old| holds(old, &frame, plain, extensions)) {
        return Ok(old.to_vec());
    }
    let coded = codec.encode(plain.to_vec()).map_err(failed)?;
    let back = codec.decode(coded.clone(), frame.plain_size).map_err(failed)?;
    if back != plain {
        return Err(error(Code::CodecUnsound, "what it encoded is another content when it is decoded"));
    }
    frame.coded_size = coded.len() as u64;
    Ok(frame.around(&coded))
}

/// Returns whether a file is in such a frame around this content.
fn holds(old: &Bytes, frame: &Frame, plain: &[u8], extensions: &dyn Extensions) -> bool {
    let file = Path::new("");
    let is_like = |found: &Frame| {
        let key = |frame: &Frame| (frame.magic, frame.codec.clone(), frame.plain_size, frame.checksum);
        key(found) == key(frame)
    };
    match Frame::read(file, old) {
        Some(Ok((found, _))) if is_like(&found) => {
            decoded(file, old.clone(), frame.plain_size, extensions).is_ok_and(|content| *content == *plain)
        }
        _ => false,
    }
}
