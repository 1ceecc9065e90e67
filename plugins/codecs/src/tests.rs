//! What holds for all three.

use std::cell::Cell;
use std::io;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use rps_plugin::abi::status;

use super::*;

fn encoded(algorithm: &impl Algorithm, plain: &[u8]) -> Vec<u8> {
    let mut coded = Vec::new();
    algorithm.encode(plain, &mut coded, &|| Ok(())).expect("encoding does not fail");
    coded
}

/// Decodes, and makes sure that no more was written than was announced.
fn decoded(algorithm: &impl Algorithm, coded: &[u8], size: usize) -> Result<Vec<u8>, Error> {
    let mut plain = Vec::new();
    let result = algorithm.decode(coded, size as u64, &mut plain, &|| Ok(()));
    assert!(plain.len() <= size, "{} bytes written, {size} announced", plain.len());
    result.map(|()| plain)
}

/// Calls a function for each algorithm.
macro_rules! each {
    ($check:ident $(, $argument:expr)*) => {{
        $check(&Deflate $(, $argument)*);
        $check(&Zstd $(, $argument)*);
        $check(&Lz4 $(, $argument)*);
    }};
}

fn noise(len: usize) -> Vec<u8> {
    // A linear congruence (Knuth, MMIX) is noise enough for codecs.
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..len).map(|_| next()).collect()
}

fn text(len: usize) -> Vec<u8> {
    let lines = (0..).map(|i| format!("{{\"oid\":\"_{}\",\"mtime\":{}.25}}\n", i * 7919 % 1000, i));
    lines.flat_map(String::into_bytes).take(len).collect()
}

fn samples() -> Vec<Vec<u8>> {
    let blocks = [BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK].map(text);
    let small = [vec![], vec![0], vec![b'x'; 17]];
    let large = [vec![0; 1 << 20], noise(1 << 20), text(1 << 20)];
    small.into_iter().chain(blocks).chain(large).collect()
}

#[test]
fn what_is_encoded_is_decoded_crush_22() {
    fn check(algorithm: &impl Algorithm) {
        for plain in samples() {
            let coded = encoded(algorithm, &plain);
            assert!(decoded(algorithm, &coded, plain.len()).expect("it is sound") == plain);
            assert_eq!(encoded(algorithm, &plain), coded, "the same content gives the same bytes");
            // Noise does not grow by more than the host allows for, by far.
            assert!(coded.len() <= plain.len() + plain.len() / 100 + 64, "{}", coded.len());
        }
    }
    each!(check);
}

/// The bytes that each gives, by their hash: a dump is the same for every build of this version.
#[test]
fn the_bytes_are_those_of_the_format() {
    fn check(algorithm: &impl Algorithm, first: &[u8]) {
        let coded = encoded(algorithm, &text(1000));
        assert!(coded.starts_with(first), "{:x?}", &coded[..8]);
    }
    // RFC 8878: magic number; single segment with a size of two bytes. LZ4: magic number; version 1, linked blocks, content
    // size.
    check(&Zstd, &[0x28, 0xB5, 0x2F, 0xFD, 0x60]);
    check(&Lz4, &[0x04, 0x22, 0x4D, 0x18, 0x48, 0x40]);
    // RFC 1951: a final block with fixed codes, `x`, end.
    assert_eq!(encoded(&Deflate, b"x"), [0xAB, 0x00, 0x00]);
}

#[test]
fn a_stream_is_whole_or_an_error() {
    fn check(algorithm: &impl Algorithm) {
        for plain in [vec![], vec![7], text(3000), noise(500), vec![0; BLOCK + 1]] {
            let coded = encoded(algorithm, &plain);
            let status = |coded: &[u8], size: usize| decoded(algorithm, coded, size).unwrap_err().status();
            for len in 0..coded.len() {
                assert_eq!(status(&coded[..len], plain.len()), status::CORRUPT, "{len} of {}", coded.len());
            }
            assert_eq!(status(&[&coded[..], b"!"].concat(), plain.len()), status::CORRUPT);
            assert_eq!(status(&coded, plain.len() + 1), status::CORRUPT);
            if !plain.is_empty() {
                assert_eq!(status(&coded, plain.len() - 1), status::CORRUPT);
                assert_eq!(status(&coded, 0), status::CORRUPT);
            }
        }
    }
    each!(check);
}

/// What would decode to a gigabyte stops where the announced size ends.
#[test]
fn a_bomb_costs_no_more_than_was_announced() {
    fn check(algorithm: &impl Algorithm) {
        let bomb = encoded(algorithm, &vec![0; 64 << 20]);
        let blocks = Cell::new(0);
        let mut plain = Vec::new();
        let result = algorithm.decode(&bomb, 100_000, &mut plain, &|| {
            blocks.set(blocks.get() + 1);
            Ok(())
        });
        assert_eq!(result.unwrap_err().status(), status::CORRUPT);
        assert!(plain.len() <= 100_000 && blocks.get() <= 3, "{} in {}", plain.len(), blocks.get());
    }
    each!(check);
}

#[test]
fn a_frame_may_not_ask_for_endless_memory() {
    // RFC 8878: magic number, no single segment, a window of 2^31 bytes, an empty last block.
    let frame = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xA8, 0x01, 0x00, 0x00];
    let error = decoded(&Zstd, &frame, 0).unwrap_err();
    assert_eq!(error.status(), status::CORRUPT);
    assert!(error.message().contains("memory"), "{error}");
}

/// CRUSH-22: it is given up between two blocks.
#[test]
fn a_cancelled_call_ends_with_the_block() {
    fn check(algorithm: &impl Algorithm) {
        let plain = text(20 * BLOCK);
        let coded = encoded(algorithm, &plain);
        let left = Cell::new(3);
        let go_on = || match left.get() {
            0 => Err(Error::cancelled()),
            n => {
                left.set(n - 1);
                Ok(())
            }
        };
        assert!(algorithm.encode(&plain, &mut Vec::new(), &go_on).unwrap_err().is_cancelled());
        left.set(3);
        let mut output = Vec::new();
        let result = algorithm.decode(&coded, plain.len() as u64, &mut output, &go_on);
        assert!(result.unwrap_err().is_cancelled());
        assert!(output.len() <= 3 * BLOCK, "{}", output.len());
    }
    each!(check);
}

/// An output that takes no more is an error of both, not a panic and no endless loop.
#[test]
fn a_full_output_is_an_error() {
    struct Full(usize);
    impl io::Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or_else(|| io::Error::other("full"))?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    fn check(algorithm: &impl Algorithm) {
        let plain = noise(5 * BLOCK);
        let coded = encoded(algorithm, &plain);
        for room in [0, BLOCK] {
            let error = algorithm.encode(&plain, &mut Full(room), &|| Ok(())).unwrap_err();
            assert_eq!(error.message(), "full");
            let error =
                algorithm.decode(&coded, plain.len() as u64, &mut Full(room), &|| Ok(())).unwrap_err();
            assert_eq!(error.message(), "full");
        }
    }
    each!(check);
}

/// CRUSH-22: an independent inflate reads it.
#[test]
fn python_reads_the_deflate_stream() {
    const PROGRAM: &str = "import sys, zlib\n\
                           inflate = zlib.decompressobj(-15)\n\
                           plain = inflate.decompress(sys.stdin.buffer.read())\n\
                           assert inflate.eof and not inflate.unused_data\n\
                           sys.stdout.buffer.write(plain)\n";
    for plain in samples() {
        let mut command = Command::new("python3");
        command.args(["-c", PROGRAM]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let Ok(mut python) = command.spawn() else {
            return rps_tests::skip("there is no python3 to decode what the codec encodes");
        };
        let mut input = python.stdin.take().expect("it is piped");
        let coded = encoded(&Deflate, &plain);
        let writer = std::thread::spawn(move || io::Write::write_all(&mut input, &coded));
        let output = python.wait_with_output().expect("python3 ends");
        writer.join().expect("the thread ends").expect("python3 reads all");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stdout == plain);
    }
}

fn contents() -> impl Strategy<Value = Vec<u8>> {
    let runs = prop::collection::vec((any::<u8>(), 1_usize..300), 0..20)
        .prop_map(|runs| runs.into_iter().flat_map(|(byte, len)| vec![byte; len]).collect());
    prop_oneof![prop::collection::vec(any::<u8>(), 0..2000), runs, (0_usize..5000).prop_map(text)]
}

proptest! {
    #[test]
    fn any_content_comes_back(plain in contents()) {
        fn check(algorithm: &impl Algorithm, plain: &[u8]) {
            let coded = encoded(algorithm, plain);
            assert_eq!(decoded(algorithm, &coded, plain.len()).expect("it is sound"), plain);
        }
        each!(check, &plain);
    }

    /// Damaged bytes are an error or another content (the host's checksum finds that), and never a panic.
    #[test]
    fn damage_is_survived(plain in contents(), flips in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..8), 1..4)) {
        fn check(algorithm: &impl Algorithm, plain: &[u8], flips: &[(prop::sample::Index, u8)]) {
            let mut coded = encoded(algorithm, plain);
            for (index, bit) in flips {
                let at = index.index(coded.len());
                coded[at] ^= 1 << bit;
            }
            if let Err(error) = decoded(algorithm, &coded, plain.len()) {
                assert_eq!(error.status(), status::CORRUPT, "{error}");
            }
        }
        each!(check, &plain, &flips);
    }

    #[test]
    fn noise_is_survived(coded in prop::collection::vec(any::<u8>(), 0..500), size in 0_usize..100_000) {
        fn check(algorithm: &impl Algorithm, coded: &[u8], size: usize) {
            if let Err(error) = decoded(algorithm, coded, size) {
                assert_eq!(error.status(), status::CORRUPT, "{error}");
            }
        }
        each!(check, &coded, size);
        each!(check, &[&[0x28, 0xB5, 0x2F, 0xFD][..], &coded].concat(), size);
        each!(check, &[&[0x04, 0x22, 0x4D, 0x18][..], &coded].concat(), size);
    }
}
