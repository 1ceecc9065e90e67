//! What is replayed, and what is refused: stale segments, gaps, damage, other generations.

use super::*;
use crate::vfs::{Bytes, RealVfs};

/// Returns a disk with commits in three segments of three sessions.
fn three_sessions() -> MemoryVfs {
    let disk = disk();
    let vfs: Arc<dyn Vfs> = Arc::new(disk.clone());
    for _ in 0..3 {
        let mut session = Session::open(&vfs, SyncLevel::Full).unwrap();
        session.commit().unwrap();
        session.commit().unwrap();
    }
    assert_eq!(open(&disk).unwrap().0, [1, 2, 3, 4, 5, 6]);
    disk
}

fn segment(number: u64) -> std::path::PathBuf {
    layout().journal().join(format!("{number:016}.log"))
}

fn change(disk: &MemoryVfs, path: &Path, f: impl FnOnce(&mut Vec<u8>)) {
    let bytes: Bytes = disk.read(path).unwrap();
    let mut bytes = bytes.to_vec();
    f(&mut bytes);
    disk.remove_file(path).unwrap();
    disk.create(path).unwrap().write_all(&bytes).unwrap();
}

fn code(disk: &MemoryVfs) -> &'static str {
    let error = open(disk).unwrap_err();
    assert!(error.hint().is_some(), "{error}");
    error.code()
}

#[test]
fn a_missing_segment_is_a_gap() {
    for missing in [1, 2] {
        let disk = three_sessions();
        disk.remove_file(&segment(missing)).unwrap();
        assert_eq!(code(&disk), "journal::gap", "segment {missing}");
    }
}

#[test]
fn damage_is_told_where_something_follows_and_a_torn_end_is_not() {
    let disk = three_sessions();
    change(&disk, &segment(2), |bytes| *bytes.last_mut().unwrap() ^= 1);
    assert_eq!(code(&disk), "journal::gap");
    let disk = three_sessions();
    change(&disk, &segment(3), |bytes| bytes[129] ^= 1);
    assert_eq!(code(&disk), "journal::damaged");
    let disk = three_sessions();
    change(&disk, &segment(3), |bytes| bytes[20] ^= 1);
    assert_eq!(code(&disk), "journal::damaged", "a header with records behind it");
    let disk = three_sessions();
    change(&disk, &segment(3), |bytes| bytes.truncate(bytes.len() - 1));
    let (state, _, chain) = open(&disk).unwrap();
    assert_eq!((state, chain.is_torn()), (vec![1, 2, 3, 4, 5], true));
}

#[test]
fn a_segment_of_another_version_or_place_is_refused() {
    let disk = three_sessions();
    change(&disk, &segment(2), |bytes| bytes[8] = 2);
    assert_eq!(code(&disk), "journal::unknown-format");
    assert!(open(&disk).unwrap_err().to_string().contains("version 2"));
    let disk = three_sessions();
    let copy = disk.read(&segment(1)).unwrap();
    disk.create(&segment(4)).unwrap().write_all(&copy).unwrap();
    assert_eq!(code(&disk), "journal::damaged");
}

#[test]
fn another_generation_is_refused_and_nothing_is_lost() {
    let disk = three_sessions();
    let before = disk.files();
    change(&disk, &layout().spaces().join(MANIFEST), |bytes| bytes.extend(b"7,"));
    assert_eq!(code(&disk), "journal::other-base");
    let error = open(&disk).unwrap_err();
    assert!(error.to_string().contains("6 commits"), "{error}");
    let (found, is_current) = super::super::inspect(&disk, &layout()).unwrap();
    assert_eq!((found.len(), is_current), (6, false));
    change(&disk, &layout().spaces().join(MANIFEST), Vec::clear);
    assert_eq!(disk.files(), before);
    assert_eq!(open(&disk).unwrap().0.len(), 6, "the generation is back");
}

#[test]
fn a_generation_that_is_replaced_under_a_session_takes_no_first_commit() {
    let disk = disk();
    let vfs: Arc<dyn Vfs> = Arc::new(disk.clone());
    let mut session = Session::open(&vfs, SyncLevel::Full).unwrap();
    change(&disk, &layout().spaces().join(MANIFEST), |bytes| bytes.extend(b"7,"));
    assert_eq!(session.commit().unwrap_err().code(), "journal::other-base");
}

#[test]
fn a_dump_leaves_only_what_was_committed_since_it_began() {
    let disk = three_sessions();
    let vfs: Arc<dyn Vfs> = Arc::new(disk.clone());
    let mut session = Session::open(&vfs, SyncLevel::Full).unwrap();
    session.commit().unwrap();
    let (state, rotation) = session.freeze().unwrap();
    session.commit().unwrap();
    session.publish(&state, rotation).unwrap();
    session.commit().unwrap();
    let (state, _, chain) = open(&disk).unwrap();
    assert_eq!((state.len(), chain.len()), (9, 2));
    let journal = disk.files().into_keys().filter(|path| path.starts_with(layout().journal()));
    assert_eq!(journal.count(), 2, "a segment and a marker");
}

#[test]
fn a_dump_of_the_same_state_empties_the_journal_too() {
    let disk = disk();
    let vfs: Arc<dyn Vfs> = Arc::new(disk.clone());
    let session = Session::open(&vfs, SyncLevel::Full).unwrap();
    let (_, rotation) = session.freeze().unwrap();
    let manifest = blake3::hash(b"");
    session.journal.mark_base(rotation, &manifest).unwrap();
    session.journal.forget_before(rotation, &manifest).unwrap();
    assert_eq!(open(&disk).unwrap().2.len(), 0);
}

#[test]
fn what_is_given_up_is_gone_and_the_store_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let vfs: Arc<dyn Vfs> = Arc::new(RealVfs);
    let lock = crate::lock::WriterLock::acquire(&vfs, dir.path()).unwrap();
    super::super::discard(&lock).unwrap();
    std::fs::create_dir(lock.layout().spaces()).unwrap();
    write_manifest(&RealVfs, &lock.layout().spaces(), &[]).unwrap();
    let manifest = blake3::hash(b"");
    for _ in 0..2 {
        let chain = read(&*vfs, lock.layout(), Select::Of(&manifest)).unwrap();
        assert_eq!(chain.len(), 0);
        let journal = Journal::new(&vfs, lock.layout());
        journal.continue_after(manifest, &chain);
        let content = || Ok((b"1,".to_vec(), CommitReport::default()));
        journal.commit(SyncLevel::Data, &|f| f(), content, || ()).unwrap();
        assert_eq!(read(&*vfs, lock.layout(), Select::All).unwrap().len(), 1);
        super::super::discard(&lock).unwrap();
    }
}
