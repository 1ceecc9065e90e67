//! Going back to a previous generation, and back again.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use rps_persist::generation::{RestoreError, RestoreOptions, previous_generations, restore};
use rps_persist::native::{CommitOptions, LoadOptions};
use rps_persist::salvage::{SalvageOptions, salvage};
use rps_persist::vfs::Vfs;
use rps_persist::vfs::fault::{FaultVfs, OperationKind};
use rps_persist::vfs::memory::MemoryVfs;
use rps_persist::{Access, Store, check};
use rps_runtime::Value;

use crate::support::{Files, ROOT, arc, generation, path, pet, records, sample_with_previous, with_files};

fn go_back(memory: &MemoryVfs, number: Option<u64>) -> rps_persist::generation::Restored {
    restore(&arc(memory), Path::new(ROOT), number, &RestoreOptions::default()).unwrap()
}

fn is_first(files: &Files) -> bool {
    records(files)[&pet(5).to_string()].contains("\n,false\n")
}

#[test]
fn a_restore_goes_back_and_can_be_taken_back_rps_47() {
    let memory = sample_with_previous();
    let (vfs, root) = (arc(&memory), Path::new(ROOT));
    memory.create(&path(".gitattributes")).unwrap().write_all(b"mine").unwrap();
    let second = memory.files();
    let there = previous_generations(&vfs, root, &LoadOptions::default()).unwrap();
    assert_eq!(there.iter().map(|generation| generation.number).collect::<Vec<_>>(), [1]);
    assert_eq!((there[0].objects, there[0].spaces, there[0].report.is_empty()), (Some(29), Some(2), true));
    assert!(there[0].size > 10_000);
    let restored = go_back(&memory, None);
    assert_eq!((restored.generation.number, restored.replaced), (1, Some(2)));
    assert!(restored.report.is_empty() && restored.commits.is_none());
    let first = memory.files();
    assert!(is_first(&first) && !is_first(&second) && check(&vfs, root).is_empty());
    assert_eq!(first[&path(".gitattributes")], b"mine", "what is the user's own stays");
    assert_eq!(go_back(&memory, Some(2)).generation.number, 2);
    assert_eq!(generation(&memory.files()), generation(&second));
    // Nothing is removed by that.
    let there = previous_generations(&vfs, root, &LoadOptions::default()).unwrap();
    assert_eq!(there.iter().map(|generation| generation.number).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn a_generation_that_is_not_there_or_not_sound_is_refused_rps_47() {
    let memory = sample_with_previous();
    let mut files = memory.files();
    let error = restore(&arc(&memory), Path::new(ROOT), Some(7), &RestoreOptions::default()).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().contains("no previous generation 7")),
        ("store::no-generation", true)
    );
    assert!(error.hint().unwrap().contains("there are 1:"), "{:?}", error.hint());
    files.get_mut(Path::new("/store/.rps/previous/000001/core.json")).unwrap().truncate(100);
    let memory = with_files(&files);
    let before = memory.files();
    let error = restore(&arc(&memory), Path::new(ROOT), None, &RestoreOptions::default()).unwrap_err();
    assert!(matches!(&error, RestoreError::Unsound(found) if found.number == 1), "{error}");
    assert!(error.hint().unwrap().contains("--force"));
    assert_eq!(generation(&memory.files()), generation(&before));
    let mut forced = RestoreOptions::default();
    forced.is_forced = true;
    let restored = restore(&arc(&memory), Path::new(ROOT), None, &forced).unwrap();
    assert!(restored.generation.report.has_errors());
}

#[test]
fn a_store_whose_spaces_are_gone_is_brought_back_rps_47() {
    let mut files = sample_with_previous().files();
    files.retain(|path, _| !path.starts_with("/store/spaces"));
    let memory = with_files(&files);
    let restored = go_back(&memory, None);
    assert_eq!(restored.replaced, None);
    assert!(is_first(&memory.files()) && check(&arc(&memory), Path::new(ROOT)).is_empty());
}

/// Commits a change to the current generation.
fn commit(memory: &MemoryVfs) {
    let store = Store::open(&arc(memory), Path::new(ROOT), Access::Write).unwrap();
    let (runtime, _) = store.load().unwrap();
    runtime.enter(|m| m.object(pet(2)).unwrap().push_component(m, Value::TRUE));
    store.commit(&runtime, &CommitOptions::default()).unwrap();
}

/// Returns how many commits the store replays when it is opened.
fn replayed(memory: &MemoryVfs) -> usize {
    Store::open(&arc(memory), Path::new(ROOT), Access::Read).unwrap().load().unwrap().1.commits
}

#[test]
fn commits_go_with_their_generation_and_come_back_with_it_rps_47() {
    let memory = sample_with_previous();
    commit(&memory);
    assert_eq!(replayed(&memory), 1);
    let restored = go_back(&memory, None);
    let commits = restored.commits.unwrap();
    let place = Path::new(".rps/quarantine/000001/journal");
    assert_eq!((commits.count, commits.place.as_deref()), (Some(1), Some(place)));
    assert!(memory.files().keys().any(|path| path.starts_with(Path::new(ROOT).join(place))));
    assert_eq!(replayed(&memory), 0);
    let back = go_back(&memory, restored.replaced);
    assert_eq!((back.returned, back.commits, replayed(&memory)), (Some(1), None, 1));
}

#[test]
fn commits_to_a_generation_with_a_damaged_file_are_taken_rps_47() {
    let memory = sample_with_previous();
    let count = |memory: &MemoryVfs, n: usize| {
        let store = Store::open(&arc(memory), Path::new(ROOT), Access::Read).unwrap();
        let (runtime, report) = store.load().unwrap();
        let components = runtime.enter(|m| m.object(pet(n)).map(|pet| pet.component_count()));
        (components, report.objects, report.commits)
    };
    // One object changes, one goes, and one comes.
    let store = Store::open(&arc(&memory), Path::new(ROOT), Access::Write).unwrap();
    let (runtime, _) = store.load().unwrap();
    runtime.enter(|m| {
        let two = m.object(pet(2)).unwrap();
        two.push_component(m, Value::TRUE);
        let fresh = m.new_object(two.class().unwrap());
        fresh.set_space(m, two.space());
        two.push_component(m, fresh.into());
        m.object(pet(7)).unwrap().set_space(m, None);
    });
    store.commit(&runtime, &CommitOptions::default()).unwrap();
    runtime.enter(|m| m.object(pet(4)).unwrap().push_component(m, Value::TRUE));
    store.commit(&runtime, &CommitOptions::default()).unwrap();
    drop(store);
    let (two, four, expected) = (count(&memory, 2).0, count(&memory, 4).0, count(&memory, 2).1);
    // A byte is damaged: in the record of an object that was committed since, or of another one.
    for (damaged, is_lost) in [(2, false), (3, true)] {
        let mut files = memory.files();
        let file = path(&crate::support::file_of(&files, pet(damaged)));
        let text = String::from_utf8(files[&file].clone()).unwrap();
        let (before, after) = text.split_once(&format!("\n{{\"oid\":\"{}\"", pet(damaged))).unwrap();
        let after = after.replacen("\"mtime\":", "\"mtime\";", 1);
        let text = format!("{before}\n{{\"oid\":\"{}\"{after}", pet(damaged));
        // No previous generation may have the original.
        files.retain(|path, _| !path.to_string_lossy().contains("/previous/"));
        files.insert(file, text.into_bytes());
        let memory = with_files(&files);
        let (vfs, root) = (arc(&memory), Path::new(ROOT));
        let mut dry = SalvageOptions::default();
        dry.is_dry_run = true;
        let told = salvage(&vfs, root, &dry).unwrap().commits.unwrap();
        assert_eq!((told.count, told.is_taken, told.place), (Some(2), true, None));
        let salvaged = salvage(&vfs, root, &SalvageOptions::default()).unwrap();
        let commits = salvaged.commits.unwrap();
        assert_eq!((commits.count, commits.is_taken), (Some(2), true));
        assert!(commits.place.is_some(), "the journal is kept all the same");
        let report = check(&vfs, root);
        assert!(report.is_empty(), "{report}");
        let lost = salvaged.items.iter().any(|item| item.fate == rps_persist::salvage::Fate::StandIn);
        let objects = expected - usize::from(is_lost && !lost);
        assert_eq!(count(&memory, 2), (two, objects, 0), "{damaged}: {:?}", salvaged.items);
        assert_eq!(count(&memory, 4).0, four);
        let store = Store::open(&vfs, root, Access::Write).unwrap();
        let (runtime, _) = store.load().unwrap();
        runtime.enter(|m| assert!(m.object(pet(7)).is_none_or(|seven| seven.space().is_none())));
        store.commit(&runtime, &CommitOptions::default()).unwrap();
    }
}

#[test]
fn commits_to_a_damaged_generation_are_put_aside_with_it_rps_47() {
    let memory = sample_with_previous();
    commit(&memory);
    let mut files = memory.files();
    files.remove(&path("manifest.json"));
    let memory = with_files(&files);
    let (vfs, root) = (arc(&memory), Path::new(ROOT));
    let salvaged = salvage(&vfs, root, &SalvageOptions::default()).unwrap();
    // The manifest comes out as it was, so the commits are still its own; or it does not, and they are aside.
    match salvaged.commits {
        None => assert_eq!(replayed(&memory), 1),
        Some(commits) => assert_eq!((commits.count, replayed(&memory)), (Some(1), 0)),
    }
    let mut files = memory.files();
    let text = String::from_utf8(files[&path("core.json")].clone()).unwrap();
    files.insert(path("core.json"), text.replacen("\"mtime\":", "\"mtime\";", 1).into_bytes());
    let memory = with_files(&files);
    let salvaged = salvage(&arc(&memory), root, &SalvageOptions::default()).unwrap();
    assert!(check(&arc(&memory), root).is_empty(), "{:?}", salvaged.items);
}

/// Tells whether a store still has both generations, one of them as the current one.
fn has_both(memory: &MemoryVfs) -> bool {
    let files = memory.files();
    let start = format!("\n{{\"oid\":\"{}\"", pet(5));
    let first = |dir: &str| {
        let dir = Path::new(ROOT).join(dir);
        let of_it = files.iter().filter(|(path, _)| path.starts_with(&dir));
        let mut texts = of_it.filter_map(|(_, content)| std::str::from_utf8(content).ok());
        let record = texts.find_map(|text| text.split_once(&start))?.1.split("\n{\"oid\":").next()?;
        Some(record.contains("\n,false\n"))
    };
    let current = first("spaces");
    let previous = (1..10).map(|number| first(&format!(".rps/previous/{number:06}")));
    current.is_some() && previous.flatten().chain(current).collect::<BTreeSet<_>>().len() == 2
}

#[test]
fn a_restore_that_is_cut_off_leaves_one_generation_or_the_other_rps_47() {
    let sample = sample_with_previous();
    for without_exchange in [false, true] {
        let faulty = |n: Option<usize>| {
            let faulty = FaultVfs::new(with_files(&sample.files()));
            if without_exchange {
                faulty.without_exchange(38);
            }
            n.into_iter().for_each(|n| faulty.crash_at(n));
            let vfs: Arc<dyn Vfs> = Arc::new(faulty.clone());
            let done = restore(&vfs, Path::new(ROOT), Some(1), &RestoreOptions::default());
            (faulty, done.is_ok())
        };
        let (whole, is_done) = faulty(None);
        assert!(is_done);
        let begun = whole
            .trace()
            .iter()
            .position(|operation| operation.kind == OperationKind::CreateTempDir)
            .unwrap();
        for n in begun..whole.count() {
            let (faulty, _) = faulty(Some(n));
            let memory = faulty.inner().process_death();
            drop(Store::open(&arc(&memory), Path::new(ROOT), Access::Write).unwrap());
            assert!(check(&arc(&memory), Path::new(ROOT)).is_empty(), "{n}");
            let there =
                previous_generations(&arc(&memory), Path::new(ROOT), &LoadOptions::default()).unwrap();
            let is_kept = there.iter().any(|generation| generation.number == 1);
            assert!(is_kept && there.iter().all(|generation| generation.report.is_empty()), "{n}");
            assert!(has_both(&memory), "{n}");
            for pending in 0..=faulty.inner().pending() {
                let memory = faulty.inner().power_loss(pending);
                drop(Store::open(&arc(&memory), Path::new(ROOT), Access::Write).unwrap());
                assert!(has_both(&memory), "{n}, power loss after {pending}");
            }
        }
    }
}
