//! From a file to what is in it.

use std::path::Path;
use std::sync::Arc;

use rps_runtime::extension::{Codec, Extensions};

use super::frame::{Frame, checksum};
use crate::vfs::Bytes;
use crate::{Code, Problem};

/// Returns what is in a file: its content, decoded if it is in a frame.
///
/// # Errors
///
/// The first thing that is wrong with the frame or what is in it; more than `limit` bytes, which is found out before
/// anything is decoded.
pub(crate) fn decoded(
    file: &Path,
    content: Bytes,
    limit: u64,
    extensions: &dyn Extensions,
) -> Result<Bytes, Problem> {
    match Frame::read(file, &content) {
        None => Ok(content),
        Some(read) => {
            let (frame, coded) = read?;
            unframed(file, &frame, coded, limit, extensions).map(Bytes::from)
        }
    }
}

/// Returns how many bytes a file in a frame has when it is decoded, without decoding it.
pub(crate) fn plain_size(content: &[u8]) -> Option<u64> {
    Frame::read(Path::new(""), content)?.ok().map(|(frame, _)| frame.plain_size)
}

/// Returns the name of the codec that a file says to be encoded by, if it is in a frame that can be read.
pub(crate) fn name_of_frame(file: &Path, content: &[u8]) -> Option<String> {
    Frame::read(file, content)?.ok().map(|(frame, _)| frame.codec)
}

fn unframed(
    file: &Path,
    frame: &Frame,
    coded: &[u8],
    limit: u64,
    extensions: &dyn Extensions,
) -> Result<Vec<u8>, Problem> {
    let error = |code, message: String| Problem::error(code, file, message);
    if frame.plain_size > limit {
        let message = format!("the frame announces {} decoded bytes, {limit} are allowed", frame.plain_size);
        return Err(error(Code::TooLarge, message));
    }
    let Some(codec) = codec_of(frame, extensions) else {
        let name = &frame.codec;
        let message = format!(
            "the file is encoded by `{name}` (magic number {}), which is not here",
            frame.magic_text()
        );
        let hint = format!("install or enable the plugin that has the codec `{name}`");
        return Err(error(Code::CodecMissing, message).with_hint(hint));
    };
    let plain = codec.decode(coded.to_vec(), frame.plain_size).map_err(|failure| {
        let message = format!("the codec `{}` failed: {}", frame.codec, failure.message);
        let problem = error(Code::Foreign(failure.code), message);
        problem
            .with_hint(failure.hint.unwrap_or_else(|| Code::BadFrame.hint().unwrap_or_default().to_owned()))
    })?;
    let (found, announced) = (plain.len() as u64, frame.plain_size);
    if found != announced {
        let message =
            format!("the frame announces {announced} decoded bytes, and `{}` gave {found}", frame.codec);
        return Err(error(Code::BadFrame, message));
    }
    let sum = checksum(&plain);
    if sum != frame.checksum {
        let message = format!(
            "the checksum of what was decoded is {sum:016x}, and {:016x} in the frame",
            frame.checksum
        );
        return Err(error(Code::BadFrame, message));
    }
    Ok(plain)
}

/// Returns the codec that wrote a frame. Two plugins may have taken the same number: then the name decides.
pub(super) fn codec_of(frame: &Frame, extensions: &dyn Extensions) -> Option<Arc<dyn Codec>> {
    let is_it =
        |codec: &Arc<dyn Codec>| codec.info().name == frame.codec && codec.info().magic == frame.magic;
    let by_magic = extensions.codec_by_magic(frame.magic).filter(is_it);
    by_magic.or_else(|| extensions.codec_by_name(&frame.codec).filter(is_it))
}
