//! Object code as bytes that can be kept: with the names of what it exports, and so that damage, and what another build
//! of the backend has made, are noticed before LLVM reads a byte of it.

use rps_plugin::{Error, xxh64};

use crate::error;

const MAGIC: &[u8; 8] = b"RPSobj\0\x01";

/// Object code, and what it exports.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Object<'b> {
    pub(crate) exports: Vec<&'b str>,
    pub(crate) code: &'b [u8],
}

impl<'b> Object<'b> {
    /// Returns it as bytes, for this build.
    pub(crate) fn write(&self, build: &str) -> Vec<u8> {
        let mut rest = xxh64(build.as_bytes()).to_le_bytes().to_vec();
        number(&mut rest, self.exports.len());
        for name in &self.exports {
            number(&mut rest, name.len());
            rest.extend_from_slice(name.as_bytes());
        }
        rest.extend_from_slice(self.code);
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&xxh64(&rest).to_le_bytes());
        bytes.extend_from_slice(&rest);
        bytes
    }

    /// Returns the object that bytes are.
    ///
    /// # Errors
    ///
    /// If they are damaged, or of another build.
    pub(crate) fn read(bytes: &'b [u8], build: &str) -> Result<Object<'b>, Error> {
        let mut rest = bytes;
        if take(&mut rest, 8)? != MAGIC {
            return Err(error::damaged("they do not begin as object code does"));
        }
        if take(&mut rest, 8)? != xxh64(rest).to_le_bytes() {
            return Err(error::damaged("the checksum differs"));
        }
        if take(&mut rest, 8)? != xxh64(build.as_bytes()).to_le_bytes() {
            return Err(error::other_build());
        }
        let count = take_number(&mut rest)?;
        let mut exports = Vec::new();
        for _ in 0..count {
            let len = take_number(&mut rest)?;
            let name = std::str::from_utf8(take(&mut rest, len)?);
            exports.push(name.map_err(|_| error::damaged("a name is no text"))?);
        }
        Ok(Object { exports, code: rest })
    }
}

fn number(bytes: &mut Vec<u8>, number: usize) {
    bytes.extend_from_slice(&(number as u32).to_le_bytes());
}

fn take_number(rest: &mut &[u8]) -> Result<usize, Error> {
    let bytes = take(rest, 4)?;
    Ok(bytes.iter().rev().fold(0, |number, &byte| number << 8 | usize::from(byte)))
}

fn take<'b>(rest: &mut &'b [u8], len: usize) -> Result<&'b [u8], Error> {
    let (taken, left) = rest.split_at_checked(len).ok_or_else(|| error::damaged("they end too soon"))?;
    *rest = left;
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rps_plugin::abi::status;

    #[test]
    fn an_object_comes_back_and_damage_is_noticed() {
        let object = Object { exports: vec!["f", "größer"], code: b"code" };
        let bytes = object.write("build");
        assert_eq!(Object::read(&bytes, "build").unwrap(), object);
        assert_eq!(Object::read(&bytes, "other").unwrap_err().status(), status::UNSUPPORTED);
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 0x10;
            assert_eq!(
                Object::read(&damaged, "build").unwrap_err().status(),
                status::CORRUPT,
                "byte {place}"
            );
            assert_eq!(Object::read(&bytes[..place], "build").unwrap_err().status(), status::CORRUPT);
        }
    }
}
