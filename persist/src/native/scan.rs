//! One pass over the bytes of a space file, in pieces that fit the cache, on as many threads as there are.

use std::ops::Range;

use memchr::memmem::Finder;
use rayon::prelude::*;

/// How every record begins, with the newline before it.
pub(super) const RECORD_START: &[u8] = b"\n{\"oid\":\"_";

/// All that is looked for in a piece is looked for while it is in the cache.
const PIECE: usize = 512 * 1024;

/// What was found in a file. Offsets are absolute, lines count from 0.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Where records begin, and on which line.
    pub(super) starts: Vec<(usize, u32)>,
    /// The first byte that is not UTF-8.
    pub(super) not_utf8: Option<usize>,
    /// The first carriage return.
    pub(super) carriage_return: Option<usize>,
    /// The first conflict marker.
    pub(super) conflict: Option<usize>,
    lines: u32,
}

/// Scans a whole file.
pub(super) fn scan(bytes: &[u8]) -> Scan {
    let finders = Finders::new();
    let pieces = pieces(bytes, PIECE);
    let scans: Vec<Scan> = if pieces.len() == 1 {
        pieces.into_iter().map(|piece| scan_piece(bytes, piece, &finders)).collect()
    } else {
        pieces.into_par_iter().map(|piece| scan_piece(bytes, piece, &finders)).collect()
    };
    join(scans)
}

struct Finders {
    start: Finder<'static>,
    conflicts: [Finder<'static>; 2],
}

impl Finders {
    fn new() -> Self {
        let conflicts = [b"\n<<<<<<< ", b"\n>>>>>>> "].map(Finder::new);
        Self { start: Finder::new(RECORD_START), conflicts }
    }
}

/// Cuts the bytes after newlines, so that no character, line or marker is cut.
fn pieces(bytes: &[u8], size: usize) -> Vec<Range<usize>> {
    let mut pieces = Vec::with_capacity(bytes.len() / size + 1);
    let mut start = 0;
    while start < bytes.len() {
        let wanted = (start + size).min(bytes.len());
        let end = memchr::memchr(b'\n', &bytes[wanted..]).map_or(bytes.len(), |len| wanted + len + 1);
        pieces.push(start..end);
        start = end;
    }
    pieces
}

fn scan_piece(bytes: &[u8], piece: Range<usize>, finders: &Finders) -> Scan {
    // The newline that ends the piece before belongs to the patterns that are looked for here.
    let with_newline = piece.start.saturating_sub(1)..piece.end;
    let text = &bytes[with_newline.clone()];
    let find = |finder: &Finder<'_>| finder.find(text).map(|at| with_newline.start + at + 1);
    let mut scan = Scan {
        not_utf8: std::str::from_utf8(&bytes[piece.clone()])
            .err()
            .map(|error| piece.start + error.valid_up_to()),
        carriage_return: memchr::memchr(b'\r', &bytes[piece.clone()]).map(|at| piece.start + at),
        conflict: finders.conflicts.iter().filter_map(find).min(),
        ..Scan::default()
    };
    let mut counted = piece.start;
    for at in finders.start.find_iter(text) {
        let start = with_newline.start + at + 1;
        scan.lines += newlines(&bytes[counted..start]);
        counted = start;
        scan.starts.push((start, scan.lines));
    }
    scan.lines += newlines(&bytes[counted..piece.end]);
    scan
}

fn newlines(bytes: &[u8]) -> u32 {
    crate::report::saturated(memchr::memchr_iter(b'\n', bytes).count())
}

/// Puts the pieces together again; each counted its lines from 0.
fn join(scans: Vec<Scan>) -> Scan {
    let mut whole = Scan {
        starts: Vec::with_capacity(scans.iter().map(|scan| scan.starts.len()).sum()),
        ..Scan::default()
    };
    for scan in scans {
        let before = whole.lines;
        whole.starts.extend(scan.starts.into_iter().map(|(start, line)| (start, before + line)));
        whole.not_utf8 = whole.not_utf8.or(scan.not_utf8);
        whole.carriage_return = whole.carriage_return.or(scan.carriage_return);
        whole.conflict = whole.conflict.or(scan.conflict);
        whole.lines += scan.lines;
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_pieces(bytes: &[u8], size: usize) -> Scan {
        let finders = Finders::new();
        join(pieces(bytes, size).into_iter().map(|piece| scan_piece(bytes, piece, &finders)).collect())
    }

    #[test]
    fn the_size_of_the_pieces_makes_no_difference() {
        let text = "{\n{\"oid\":\"_a\"\n,\"é\":1\n},\n{\"oid\":\"_b\"\n ,{\"oid\":\"_c\"}\n}\n<<<<<<< x\n]}\r\n>>>>>>> y";
        let whole = in_pieces(text.as_bytes(), usize::MAX / 2);
        let at = |part: &str| text.find(part).unwrap();
        assert_eq!(whole.starts, [(at("{\"oid\":\"_a"), 1), (at("{\"oid\":\"_b"), 4)]);
        assert_eq!((whole.conflict, whole.carriage_return), (Some(at("<<<")), Some(at("\r"))));
        assert_eq!(whole.not_utf8, None);
        for size in 1..text.len() {
            let parts = in_pieces(text.as_bytes(), size);
            assert_eq!(parts.starts, whole.starts, "{size}");
            assert_eq!(
                (parts.conflict, parts.carriage_return),
                (whole.conflict, whole.carriage_return),
                "{size}"
            );
            assert_eq!((parts.not_utf8, parts.lines), (None, whole.lines), "{size}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_found_in_any_piece() {
        let text = b"one\ntwo\nth\xFFree\n";
        for size in 1..text.len() {
            assert_eq!(in_pieces(text, size).not_utf8, Some(10), "{size}");
        }
    }
}
