//! Bytes as text: lines of base64, so that a file of them stays one that editors and `git` can show.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// So many characters are on a line, which stand for 57 bytes.
const LINE: usize = 76;

/// Returns the bytes as lines of base64, all of them full but the last.
pub(crate) fn encode(bytes: &[u8]) -> impl Iterator<Item = String> {
    bytes.chunks(LINE / 4 * 3).map(|chunk| STANDARD.encode(chunk))
}

/// Adds the bytes of one line. Every line stands for itself: its length is a multiple of four.
///
/// # Errors
///
/// What is wrong with the line.
pub(crate) fn decode(line: &str, bytes: &mut Vec<u8>) -> Result<(), String> {
    STANDARD.decode_vec(line, bytes).map_err(|error| format!("a line is no base64: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back() {
        for len in [0, 1, 2, 3, 56, 57, 58, 1000] {
            let bytes: Vec<u8> = (0..len).map(|n| (n * 7 % 256) as u8).collect();
            let lines: Vec<String> = encode(&bytes).collect();
            assert!(lines.iter().rev().skip(1).all(|line| line.len() == LINE), "{len}");
            let mut back = Vec::new();
            lines.iter().for_each(|line| decode(line, &mut back).unwrap());
            assert_eq!(back, bytes);
        }
        assert!(decode("abc", &mut Vec::new()).is_err());
        assert!(decode("ab!d", &mut Vec::new()).is_err());
    }
}
