//! Space files in frames: which codec is taken, what is read, what is refused.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rps_persist::native::{DumpOptions, DumpReport, LoadOptions};
use rps_persist::vfs::memory::MemoryVfs;
use rps_persist::{
    Access, Code, CodecChoice, DumpError, LoadError, Problem, Report, Severity, Store, check, check_with,
    inspect_files,
};
use rps_runtime::extension::Codec;
use rps_runtime::object::Payload;
use rps_runtime::{Oid, Runtime, Value, known};

use crate::fake::{Fake, Manner, Toy};
use crate::support::{ROOT, THING, arc, dumped, files, make_space, only, small, stored, with_coded};

const PATH: &str = "core.json.toy";

fn toy() -> Arc<Toy> {
    Toy::new("toy", 0x80, Manner::RunLengths)
}

fn fake(codecs: Vec<Arc<Toy>>) -> Arc<Fake> {
    let codecs = codecs.into_iter().map(|codec| codec as Arc<dyn Codec>).collect();
    Arc::new(Fake { codecs, ..Fake::default() })
}

fn dump_options(choice: CodecChoice, extensions: &Arc<Fake>) -> DumpOptions {
    let mut options = DumpOptions::default();
    options.codec = choice;
    options.extensions = Arc::clone(extensions) as _;
    options
}

fn load_options(extensions: &Arc<Fake>) -> LoadOptions {
    let mut options = LoadOptions::default();
    options.extensions = Arc::clone(extensions) as _;
    options
}

/// Dumps into a store, which need not exist.
fn dump(
    memory: &MemoryVfs,
    runtime: &Runtime,
    choice: impl Into<CodecChoice>,
    extensions: &Arc<Fake>,
) -> Result<DumpReport, DumpError> {
    let (vfs, root) = (arc(memory), Path::new(ROOT));
    let store = Store::open(&vfs, root, Access::Write).or_else(|_| Store::create(&vfs, root)).unwrap();
    store.dump_with(runtime, &dump_options(choice.into(), extensions))
}

fn load(memory: &MemoryVfs, extensions: &Arc<Fake>) -> Result<Runtime, Report> {
    let store = Store::open(&arc(memory), Path::new(ROOT), Access::Read).unwrap();
    match store.load_with(&load_options(extensions)) {
        Ok((runtime, _)) => Ok(runtime),
        Err(LoadError::Unsound(report)) => Err(report),
        Err(error) => panic!("{error}"),
    }
}

fn refusal(memory: &MemoryVfs, extensions: &Arc<Fake>) -> Problem {
    let before = memory.files();
    let report = load(memory, extensions).map(drop).unwrap_err();
    assert_eq!(memory.files(), before);
    assert_eq!(check_with(&arc(memory), Path::new(ROOT), &load_options(extensions)), report);
    let problem = only(&report).clone();
    assert_eq!(
        (problem.severity, problem.file.as_path()),
        (Severity::Error, &*Path::new("spaces").join(PATH))
    );
    assert!(problem.hint.is_some(), "{problem}");
    problem
}

fn sample() -> Runtime {
    small(|m, thing| thing.push_component(m, m.string(&"a".repeat(10_000))))
}

/// Returns a store in frames of the toy.
fn coded() -> MemoryVfs {
    let memory = MemoryVfs::new();
    dump(&memory, &sample(), "toy", &fake(vec![toy()])).unwrap();
    memory
}

fn names(memory: &MemoryVfs) -> Vec<String> {
    let name = |path: std::path::PathBuf| path.strip_prefix("/store/spaces").unwrap().display().to_string();
    files(memory).into_keys().map(name).filter(|name| name != "manifest.json").collect()
}

#[test]
fn a_coded_store_is_the_same_store_crush_19() {
    let extensions = fake(vec![toy()]);
    let (plain, memory) = (dumped(&sample()), coded());
    assert_eq!(names(&memory), [PATH]);
    let bytes = &files(&memory)[&Path::new("/store/spaces").join(PATH)];
    assert!(bytes.starts_with(b"CR\x01\x80\x03toy") && bytes.len() < 2000);
    let runtime = load(&memory, &extensions).unwrap();
    assert_eq!(files(&dumped(&runtime)), files(&plain));
    assert!(check_with(&arc(&memory), Path::new(ROOT), &load_options(&extensions)).is_empty());
}

#[test]
fn what_nobody_chose_stays_as_it_is() {
    let extensions = fake(vec![toy(), Toy::new("other", 0x81, Manner::RunLengths)]);
    let memory = coded();
    let before = files(&memory);
    let runtime = load(&memory, &extensions).unwrap();
    let again = dump(&memory, &runtime, CodecChoice::default(), &extensions).unwrap();
    assert!(!again.generation.is_new, "two dumps give the same bytes");
    assert_eq!(files(&memory), before);
    runtime.enter(|m| {
        m.object(THING).unwrap().push_component(m, Value::TRUE);
        let space = stored(m, numbered(1), known::SPACE, None);
        space.install_payload(m, Some(Payload::Space));
    });
    dump(&memory, &runtime, CodecChoice::Keep, &extensions).unwrap();
    assert!(names(&memory).iter().all(|name| name.ends_with(".json.toy")), "{:?}", names(&memory));
    assert_eq!(names(&memory).len(), 2, "a new space is like the rest");
    dump(&memory, &runtime, "other", &extensions).unwrap();
    assert!(names(&memory).iter().all(|name| name.ends_with(".json.other")));
    dump(&memory, &runtime, "plain", &extensions).unwrap();
    assert!(names(&memory).iter().all(|name| name.ends_with(".json")));
    assert_eq!(check(&arc(&memory), Path::new(ROOT)).problems(), []);
    assert_eq!(files(&memory), files(&dumped(&runtime)));
}

fn numbered(n: u64) -> Oid {
    Oid::from_words(n * 30_000_000_000_000_000 + 1_000_000, 1_000_000 + n).unwrap()
}

#[test]
fn the_parts_of_a_space_are_coded_one_by_one() {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let space = make_space(m);
        for n in 0..100 {
            stored(m, numbered(n), known::OBJECT, Some(space)).push_component(m, m.string(&"x".repeat(99)));
        }
    });
    let (memory, extensions) = (MemoryVfs::new(), fake(vec![toy()]));
    let mut options = dump_options("toy".into(), &extensions);
    options.file_limit = 2000;
    let store = Store::create(&arc(&memory), Path::new(ROOT)).unwrap();
    let first = store.dump_with(&runtime, &options).unwrap().generation;
    assert!(first.written > 10, "{first:?}");
    options.codec = CodecChoice::Keep;
    runtime.enter(|m| m.object(numbered(7)).unwrap().push_component(m, Value::TRUE));
    let second = store.dump_with(&runtime, &options).unwrap().generation;
    assert_eq!((second.written, second.kept), (1, first.written - 1));
    drop(store);
    assert_eq!(load(&memory, &extensions).unwrap().object_count(), runtime.object_count());
}

#[test]
fn what_is_in_a_frame_already_is_not_encoded_again() {
    let moody = Toy::new("toy", 0x80, Manner::Moody);
    let (memory, extensions) = (MemoryVfs::new(), fake(vec![Arc::clone(&moody)]));
    dump(&memory, &sample(), "toy", &extensions).unwrap();
    let before = files(&memory);
    assert!(!dump(&memory, &sample(), "toy", &extensions).unwrap().generation.is_new);
    assert_eq!((files(&memory), moody.encoded.load(Ordering::Relaxed)), (before, 1));
}

#[test]
fn a_codec_that_is_not_here_is_named_crush_21() {
    let problem = refusal(&coded(), &fake(vec![]));
    assert_eq!(problem.code, Code::CodecMissing);
    assert!(problem.message.contains("`toy`") && problem.message.contains("43520180"), "{problem}");
    assert!(problem.hint.unwrap().contains("`toy`"));
    let impostor = fake(vec![Toy::new("impostor", 0x80, Manner::RunLengths)]);
    assert_eq!(refusal(&coded(), &impostor).code, Code::CodecMissing, "the number alone does not do");
    let both = fake(vec![Toy::new("impostor", 0x80, Manner::RunLengths), toy()]);
    assert!(load(&coded(), &both).is_ok(), "of two with one number the name decides");
}

#[test]
fn damaged_frames_have_their_codes_crush_19() {
    let extensions = fake(vec![toy()]);
    let code = |change: &dyn Fn(&mut Vec<u8>)| refusal(&with_coded(&coded(), PATH, change), &extensions).code;
    assert_eq!(code(&|bytes| bytes[2] = 2), Code::FrameVersion);
    assert_eq!(code(&|bytes| bytes[3] = 0x99), Code::CodecMissing);
    assert_eq!(code(&|bytes| bytes.truncate(20)), Code::Truncated);
    assert_eq!(code(&|bytes| bytes.truncate(bytes.len() - 1)), Code::Truncated);
    assert_eq!(code(&|bytes| bytes.push(0)), Code::BadFrame);
    assert_eq!(code(&|bytes| bytes[24] ^= 1), Code::BadFrame, "the checksum");
    assert_eq!(code(&|bytes| *bytes.last_mut().unwrap() = b'!'), Code::BadFrame, "the content");
    assert_eq!(code(&|bytes| bytes[8] += 1), Code::BadFrame, "fewer bytes than announced");
    assert_eq!(code(&|bytes| bytes[8] -= 1), Code::Foreign("plugin::failed"), "more bytes than announced");
    assert_eq!(code(&|bytes| bytes[15] = 1), Code::TooLarge);
}

#[test]
fn a_bomb_does_not_go_off() {
    let memory = coded();
    let bomb = fake(vec![Toy::new("toy", 0x80, Manner::Bomb)]);
    assert_eq!(refusal(&memory, &bomb).code, Code::BadFrame);
    let stuck = fake(vec![Toy::new("toy", 0x80, Manner::Stuck)]);
    let problem = refusal(&memory, &stuck);
    assert_eq!(problem.code, Code::Foreign("plugin::failed"));
    assert!(problem.message.contains("stuck") && problem.message.contains("`toy`"), "{problem}");
    let mut options = load_options(&fake(vec![toy()]));
    options.limits.space_file = 5000;
    let report = check_with(&arc(&memory), Path::new(ROOT), &options);
    assert_eq!(only(&report).code, Code::TooLarge, "the file is small, and what is in it is not");
}

#[test]
fn a_wrong_codec_refuses_the_dump_and_costs_nothing() {
    let memory = coded();
    let before = files(&memory);
    let cases = [
        (Manner::Failing, "plugin::failed"),
        (Manner::Lossy, "store::codec-unsound"),
        (Manner::Stuck, "plugin::failed"),
        (Manner::Bomb, "store::codec-unsound"),
    ];
    for (manner, code) in cases {
        let extensions = fake(vec![toy(), Toy::new("wrong", 0x82, manner)]);
        let error = dump(&memory, &sample(), "wrong", &extensions).unwrap_err();
        assert_eq!((error.code(), error.hint().is_some()), (code, true), "{manner:?}: {error}");
        assert!(error.to_string().contains("`wrong`") && error.to_string().contains("core.json"), "{error}");
        assert_eq!(files(&memory), before);
    }
    let hidden =
        fake(vec![Toy::new("first", 0x82, Manner::RunLengths), Toy::new("../x", 0x83, Manner::RunLengths)]);
    assert_eq!(dump(&memory, &sample(), "../x", &hidden).unwrap_err().code(), "store::codec-unsound");
    let error = dump(&memory, &sample(), "absent", &hidden).unwrap_err();
    assert_eq!(error.code(), "store::codec-missing");
    assert!(error.hint().unwrap().contains("first, ../x, plain"), "{error:?}");
    let error = dump(&memory, &sample(), CodecChoice::Keep, &fake(vec![])).unwrap_err();
    assert_eq!(error.code(), "store::codec-missing", "what was coded does not become plain in silence");
    assert_eq!(files(&memory), before);
}

#[test]
fn of_the_best_codecs_one_will_do() {
    let memory = MemoryVfs::new();
    let good = fake(vec![toy(), Toy::new("second", 0x81, Manner::RunLengths)]);
    let report = dump(&memory, &sample(), "auto", &good).unwrap();
    assert_eq!((names(&memory), report.report.codes()), (vec![PATH.to_owned()], vec![]));
    let memory = MemoryVfs::new();
    let failing = Toy::new("first", 0x81, Manner::Failing);
    let lossy = Toy::new("second", 0x82, Manner::Lossy);
    let bad = fake(vec![Arc::clone(&failing), Arc::clone(&lossy), toy()]);
    let report = dump(&memory, &sample(), "auto", &bad).unwrap();
    assert_eq!(names(&memory), [PATH]);
    assert_eq!(report.report.codes(), [Code::Foreign("plugin::failed"), Code::CodecUnsound]);
    assert!(!report.report.has_errors());
    let memory = MemoryVfs::new();
    assert_eq!(
        dump(&memory, &sample(), "auto", &fake(vec![failing, lossy])).unwrap().report.problems().len(),
        2
    );
    assert_eq!(names(&memory), ["core.json"], "at last none");
    let report = dump(&memory, &sample(), "auto", &fake(vec![])).unwrap().report;
    assert_eq!(only(&report).code, Code::CodecMissing);
}

#[test]
fn a_codec_that_failed_once_is_left_out() {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let space = make_space(m);
        for n in 0..100 {
            stored(m, numbered(n), known::OBJECT, Some(space)).push_component(m, m.string(&"x".repeat(99)));
        }
    });
    let failing = Toy::new("first", 0x81, Manner::Failing);
    let mut options = dump_options("auto".into(), &fake(vec![failing, toy()]));
    options.file_limit = 2000;
    let memory = MemoryVfs::new();
    let report =
        Store::create(&arc(&memory), Path::new(ROOT)).unwrap().dump_with(&runtime, &options).unwrap();
    assert_eq!(report.report.codes(), [Code::Foreign("plugin::failed")], "said once");
    assert!(names(&memory).iter().all(|name| name.ends_with(".json.toy")));
}

#[test]
fn files_are_told_of_without_decoding() {
    let memory = coded();
    let infos = inspect_files(&arc(&memory), Path::new(ROOT)).unwrap();
    let plain = dumped(&sample());
    let plain = &files(&plain)[Path::new("/store/spaces/core.json")];
    let [info] = &infos[..] else { panic!("{infos:?}") };
    assert_eq!(
        (&*info.path, info.space.as_deref(), info.codec.as_deref()),
        (PATH, Some("core"), Some("toy"))
    );
    assert_eq!((info.plain_size, info.magic), (plain.len() as u64, Some([b'C', b'R', 1, 0x80])));
    assert_eq!(info.coded_size, files(&memory)[&Path::new("/store/spaces").join(PATH)].len() as u64);
    assert!(info.ratio() < 0.2 && info.checksum.is_some() && info.problem.is_none(), "{info:?}");
    let damaged = with_coded(&memory, PATH, &|bytes| bytes.truncate(20));
    let infos = inspect_files(&arc(&damaged), Path::new(ROOT)).unwrap();
    assert_eq!(infos[0].problem.as_ref().unwrap().code, Code::Truncated);
    let infos = inspect_files(&arc(&dumped(&sample())), Path::new(ROOT)).unwrap();
    assert_eq!((infos[0].codec.as_deref(), infos[0].ratio()), (None, 1.0));
}
