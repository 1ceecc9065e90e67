//! Payloads in place: no allocation, no byte too many, and readable by another process.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::Write;
use std::process::Command;

use proptest::prelude::*;
use rps_plugin::RpsPayload;
use rps_plugin::rkyv::{Archive, Serialize};
use rps_plugin::zero_copy::SerializeError;

/// Counts the allocations of each thread.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: all of it is handed on to the allocator of the system.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: as the caller says.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: as the caller says.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[derive(Clone, Debug, Archive, Serialize, RpsPayload)]
#[rkyv(crate = rps_plugin::rkyv)]
#[rps(name = "test/All", generate(rkyv))]
struct All {
    byte: u8,
    short: i16,
    word: u32,
    long: i64,
    wide: u128,
    single: f32,
    double: f64,
    flag: bool,
    letter: char,
    text: String,
    numbers: Vec<f64>,
    texts: Vec<String>,
    nested: Nested,
    kind: Kind,
    kinds: Vec<Kind>,
    maybe: Option<Nested>,
    fixed: [u16; 3],
    pair: (u8, i32),
}

#[derive(Clone, Debug, Archive, Serialize, RpsPayload)]
#[rkyv(crate = rps_plugin::rkyv)]
struct Nested {
    x: f64,
    name: String,
}

#[derive(Clone, Debug, Archive, Serialize, RpsPayload)]
#[rkyv(crate = rps_plugin::rkyv)]
enum Kind {
    Nothing,
    Number(i64),
    Named { name: String },
}

fn nested() -> impl Strategy<Value = Nested> {
    (any::<f64>(), ".{0,20}").prop_map(|(x, name)| Nested { x, name })
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Nothing),
        any::<i64>().prop_map(Kind::Number),
        ".{0,20}".prop_map(|name| Kind::Named { name }),
    ]
}

fn all() -> impl Strategy<Value = All> {
    let plain = (any::<u8>(), any::<i64>(), any::<u128>(), any::<f64>(), any::<char>());
    let lists = (
        prop::collection::vec(any::<f64>(), 0..8),
        prop::collection::vec(".{0,12}", 0..5),
        prop::collection::vec(kind(), 0..5),
    );
    (plain, lists, ".{0,40}", nested(), kind(), prop::option::of(nested())).prop_map(
        |((byte, long, wide, double, letter), (numbers, texts, kinds), text, nested, kind, maybe)| All {
            byte,
            short: long as i16,
            word: long as u32,
            long,
            wide,
            single: double as f32,
            double,
            flag: byte & 1 == 1,
            letter,
            text,
            numbers,
            texts,
            nested,
            kind,
            kinds,
            maybe,
            fixed: [byte.into(), 2, 3],
            pair: (byte, long as i32),
        },
    )
}

fn same(bytes: &[u8], all: &All) {
    let found = All::access(bytes).unwrap();
    assert_eq!(
        (found.byte, found.short.to_native(), found.word.to_native()),
        (all.byte, all.short, all.word)
    );
    assert_eq!((found.long.to_native(), found.wide.to_native()), (all.long, all.wide));
    assert_eq!(found.single.to_native().to_bits(), all.single.to_bits());
    assert_eq!(found.double.to_native().to_bits(), all.double.to_bits());
    assert_eq!((found.flag, found.letter.to_native()), (all.flag, all.letter));
    assert_eq!(found.text.as_str(), all.text);
    assert!(found.numbers.iter().zip(&all.numbers).all(|(a, b)| a.to_native().to_bits() == b.to_bits()));
    assert_eq!(found.numbers.len(), all.numbers.len());
    assert!(found.texts.iter().map(|text| text.as_str()).eq(all.texts.iter().map(String::as_str)));
    assert_eq!(found.nested.name.as_str(), all.nested.name);
    assert_eq!(
        found.maybe.as_ref().map(|nested| nested.name.as_str().to_owned()),
        all.maybe.as_ref().map(|n| n.name.clone())
    );
    match (&found.kind, &all.kind) {
        (ArchivedKind::Nothing, Kind::Nothing) => {}
        (ArchivedKind::Number(a), Kind::Number(b)) => assert_eq!(a.to_native(), *b),
        (ArchivedKind::Named { name: a }, Kind::Named { name: b }) => assert_eq!(a.as_str(), b),
        _ => panic!("another variant"),
    }
    assert_eq!(found.kinds.len(), all.kinds.len());
    assert_eq!(
        (found.pair.0, found.pair.1.to_native(), found.fixed[0].to_native()),
        (all.pair.0, all.pair.1, all.fixed[0])
    );
}

const CANARY: u8 = 0xA5;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn comm_9_and_29_it_is_written_whole_or_not_at_all(all in all(), offset in 0usize..9) {
        let mut buffer = vec![CANARY; 4096];
        let size = all.write_to_buffer(&mut buffer[offset..]).unwrap();
        same(&buffer[offset..offset + size], &all);
        prop_assert!(buffer[..offset].iter().all(|byte| *byte == CANARY), "before");
        prop_assert!(buffer[offset + size..].iter().all(|byte| *byte == CANARY), "behind");
        let mut short = vec![CANARY; size];
        for available in 0..size {
            let refused = all.write_to_buffer(&mut short[..available]);
            prop_assert_eq!(refused, Err(SerializeError::BufferTooSmall { needed: size, available }));
            prop_assert!(short.iter().all(|byte| *byte == CANARY), "touched");
        }
        prop_assert_eq!(all.write_to_buffer(&mut short), Ok(size));
    }

    #[test]
    fn comm_30_damaged_bytes_are_an_error_or_a_value(all in all(), place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut buffer = [0; 4096];
        let size = all.write_to_buffer(&mut buffer).unwrap();
        buffer[place.index(size)] ^= byte;
        if let Ok(found) = All::access(&buffer[..size]) {
            // Whatever was found is inside of the bytes: it can be looked at.
            let _ = (found.text.len(), found.texts.iter().map(|text| text.chars().count()).sum::<usize>());
        }
        let _ = All::access(&buffer[..size / 2]);
    }
}

fn example() -> All {
    All {
        byte: 1,
        short: -2,
        word: 3,
        long: -4,
        wide: 5,
        single: 6.5,
        double: 7.25,
        flag: true,
        letter: '\u{e9}',
        text: "a text that is longer than what is kept inline".to_owned(),
        numbers: vec![1.0, 2.0],
        texts: vec!["one".to_owned(), "another one, which is longer".to_owned()],
        nested: Nested { x: 1.0, name: "nested".to_owned() },
        kind: Kind::Named { name: "named".to_owned() },
        kinds: vec![Kind::Nothing, Kind::Number(1), Kind::Named { name: "a name of some length".to_owned() }],
        maybe: None,
        fixed: [1, 2, 3],
        pair: (1, 2),
    }
}

#[test]
fn comm_2_nothing_is_allocated() {
    let all = example();
    let mut buffer = [0; 4096];
    let before = ALLOCATIONS.get();
    drop(std::hint::black_box(Box::new(1)));
    assert_eq!(ALLOCATIONS.get() - before, 1, "the allocations of this thread are counted");
    let before = ALLOCATIONS.get();
    let size = all.write_to_buffer(&mut buffer).unwrap();
    let length = All::access(&buffer[..size]).unwrap().texts[1].len();
    assert_eq!(ALLOCATIONS.get() - before, 0);
    assert_eq!(length, all.texts[1].len());
}

#[test]
fn what_needs_too_much_scratch_memory_is_refused() {
    let mut all = example();
    all.texts = vec!["a string that is longer than what is kept inline".to_owned(); 10_000];
    assert_eq!(all.write_to_buffer(&mut vec![0; 1 << 20]), Err(SerializeError::ScratchExhausted));
}

#[test]
fn damage_that_must_be_found() {
    let mut buffer = [0; 4096];
    let size = example().write_to_buffer(&mut buffer).unwrap();
    assert!(All::access(&[]).is_err());
    buffer[..size].fill(0xFF);
    assert!(All::access(&buffer[..size]).is_err());
}

const FILE: &str = "RPS_TEST_ZERO_COPY_FILE";

/// Writes into a mapped file, and reads it in a second process: in this very test, started again.
#[test]
fn comm_30_a_second_process_reads_the_mapped_file() {
    if let Some(file) = std::env::var_os(FILE) {
        let file = std::fs::File::open(file).unwrap();
        // SAFETY: nobody changes the file while this test runs.
        let map = unsafe { memmap2::Mmap::map(&file).unwrap() };
        let size = u64::from_le_bytes(map[..8].try_into().unwrap()) as usize;
        let all = All::access(&map[8..8 + size]).unwrap();
        same(&map[8..8 + size], &example());
        let field = all.texts[1].as_bytes().as_ptr_range();
        let range = map.as_ptr_range();
        assert!(range.contains(&field.start) && field.end <= range.end, "the field lies in the mapping");
        let _ = writeln!(std::io::stdout(), "read in place");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("payload");
    let file = std::fs::File::options().read(true).write(true).create_new(true).open(&path).unwrap();
    file.set_len(8192).unwrap();
    // SAFETY: nobody else changes the file while this test runs.
    let mut map = unsafe { memmap2::MmapMut::map_mut(&file).unwrap() };
    let size = example().write_to_buffer(&mut map[8..]).unwrap();
    map[..8].copy_from_slice(&(size as u64).to_le_bytes());
    map.flush().unwrap();
    drop(map);
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["comm_30_a_second_process_reads_the_mapped_file", "--exact", "--nocapture"])
        .env(FILE, &path)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("read in place"), "{text}");
}
