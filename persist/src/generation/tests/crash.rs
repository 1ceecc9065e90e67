//! Every operation of a dump fails once, tears once, and is once the last one before a power loss (RPS-11, RPS-12).

use std::collections::BTreeSet;

use rustix::io::Errno;

use super::*;
use crate::vfs::fault::Operation;

/// How a file system differs from the best one, and what is on it.
#[derive(Debug, Clone, Copy)]
struct Case {
    has_old: bool,
    has_exchange: bool,
    has_links: bool,
}

const CASES: [Case; 4] = [
    Case { has_old: false, has_exchange: true, has_links: true },
    Case { has_old: true, has_exchange: true, has_links: true },
    Case { has_old: true, has_exchange: false, has_links: true },
    Case { has_old: true, has_exchange: false, has_links: false },
];

impl Case {
    /// Returns a disk on which everything is durable, with version 1 of the store if there is to be an old one.
    fn disk(self) -> MemoryVfs {
        let disk = MemoryVfs::new();
        if self.has_old {
            let vfs: Arc<dyn Vfs> = Arc::new(disk.clone());
            // Three dumps, so that the one under test also removes a generation.
            for n in [7, 8, 1] {
                dump(&vfs, Path::new(STORE), &version(n)).unwrap();
            }
        }
        for dir in ["/", STORE, "/store/.rps", "/store/.rps/previous"] {
            let _ = disk.sync_dir(Path::new(dir));
        }
        disk.power_loss(0)
    }

    fn old(self) -> Option<Content> {
        self.has_old.then(|| version(1))
    }

    fn wrap(self, disk: &MemoryVfs) -> FaultVfs<MemoryVfs> {
        let fault = FaultVfs::new(disk.process_death());
        if !self.has_exchange {
            fault.without_exchange(Errno::INVAL.raw_os_error());
        }
        if !self.has_links {
            fault.without_links(Errno::OPNOTSUPP.raw_os_error());
        }
        fault
    }
}

fn dump_new(fault: &FaultVfs<MemoryVfs>) -> Result<Dumped, DumpError> {
    let vfs: Arc<dyn Vfs> = Arc::new(fault.clone());
    dump(&vfs, Path::new(STORE), &version(2))
}

/// Opens a disk as the next process does, and returns what the store holds then.
fn reopen(disk: &MemoryVfs, context: &str) -> Option<Content> {
    let vfs: Arc<dyn Vfs> = Arc::new(disk.clone());
    let before = load(&vfs, Path::new(STORE));
    let lock = WriterLock::acquire(&vfs, Path::new(STORE)).unwrap();
    recover(&lock).unwrap();
    assert!(strays(disk, Path::new(STORE)).is_empty(), "{context}: {:?}", strays(disk, Path::new(STORE)));
    drop(lock);
    let after = load(&vfs, Path::new(STORE));
    // A reader that comes before the next writer may still see the old generation in its place; never anything else.
    assert!(before == after || after == Some(version(2)), "{context}");
    dump(&vfs, Path::new(STORE), &version(3)).unwrap();
    assert_eq!(load(&vfs, Path::new(STORE)), Some(version(3)), "{context}: the store goes on");
    after
}

/// Returns every disk that a power loss can leave behind now.
fn power_losses(disk: &MemoryVfs, context: &str) -> Vec<(String, MemoryVfs)> {
    let ordered =
        (0..=disk.pending()).map(|n| (format!("{context}, power loss after {n}"), disk.power_loss(n)));
    let scattered = (0..1 << disk.unsynced())
        .map(|mask| (format!("{context}, power loss sparing {mask:b}"), disk.scattered_power_loss(mask)));
    ordered.chain(scattered).collect()
}

/// Checks every disk that a power loss, or the death of the process, can leave behind.
fn check_aftermath(case: Case, disk: &MemoryVfs, succeeded: bool, context: &str) -> usize {
    let allowed =
        |found: &Option<Content>| *found == Some(version(2)) || (!succeeded && *found == case.old());
    let mut disks = power_losses(disk, context);
    disks.push((format!("{context}, process death"), disk.process_death()));
    // The process dies, the next one tidies, and then the power fails.
    let tidied = disk.process_death();
    let vfs: Arc<dyn Vfs> = Arc::new(tidied.clone());
    recover(&WriterLock::acquire(&vfs, Path::new(STORE)).unwrap()).unwrap();
    disks.extend(power_losses(&tidied, &format!("{context}, tidied")));
    for (context, disk) in &disks {
        let found = reopen(disk, context);
        assert!(
            allowed(&found),
            "{case:?} {context}: found {:?}",
            found.map(|content| content.into_keys().collect::<Vec<_>>())
        );
    }
    disks.len()
}

#[test]
fn every_crash_leaves_the_old_generation_or_the_new_one_rps_11() {
    let mut checked = 0;
    for case in CASES {
        let disk = case.disk();
        let clean = case.wrap(&disk);
        dump_new(&clean).unwrap();
        for n in 0..=clean.count() {
            for torn in [false, true] {
                let fault = case.wrap(&disk);
                if torn {
                    fault.tear_at(n);
                } else {
                    fault.crash_at(n);
                }
                let succeeded = dump_new(&fault).is_ok();
                let context = format!("crash at {n} ({torn:?}): {:?}", fault.trace().get(n));
                checked += check_aftermath(case, fault.inner(), succeeded, &context);
            }
        }
    }
    assert!(checked > 1000, "only {checked} states were looked at");
}

#[test]
fn every_failure_is_undone_at_once_and_told_rps_11() {
    let mut codes = BTreeSet::new();
    for case in CASES {
        let disk = case.disk();
        let clean = case.wrap(&disk);
        dump_new(&clean).unwrap();
        for n in 0..clean.count() {
            for errno in [Errno::NOSPC, Errno::ACCESS, Errno::IO] {
                let fault = case.wrap(&disk);
                fault.fail_at(n, errno.raw_os_error());
                let result = dump_new(&fault);
                let operation = fault.trace().get(n).cloned();
                let context = format!("{case:?} {errno:?} at {n}: {operation:?}: {result:?}");
                let vfs: Arc<dyn Vfs> = Arc::new(fault.inner().clone());
                let found = load(&vfs, Path::new(STORE));
                match &result {
                    Ok(_) => assert_eq!(found, Some(version(2)), "{context}"),
                    Err(error) => {
                        assert_eq!(found, case.old(), "{context}");
                        codes.insert(error.code());
                    }
                }
                let is_removal = operation.is_some_and(|o| o.kind == OperationKind::RemoveDirAll);
                if !is_removal && vfs.metadata(Path::new(STORE)).is_ok() {
                    assert!(strays(&*vfs, Path::new(STORE)).is_empty(), "{context}");
                }
                check_aftermath(case, fault.inner(), result.is_ok(), &context);
            }
        }
    }
    assert_eq!(codes, BTreeSet::from(["store::disk-full", "store::permission", "store::io"]));
}

#[test]
fn a_reader_finds_the_old_generation_between_the_two_renames() {
    let case = CASES[2];
    let disk = case.disk();
    let clean = case.wrap(&disk);
    dump_new(&clean).unwrap();
    let is_second = |o: &Operation| {
        o.kind == OperationKind::Rename && o.other.as_ref().is_some_and(|to| to.ends_with("spaces"))
    };
    let second = clean.trace().iter().rposition(is_second).unwrap();
    let fault = case.wrap(&disk);
    fault.crash_at(second);
    dump_new(&fault).unwrap_err();
    let vfs: Arc<dyn Vfs> = Arc::new(fault.inner().process_death());
    assert!(crate::vfs::is_absent(&*vfs, &Path::new(STORE).join("spaces")).unwrap());
    assert_eq!(load(&vfs, Path::new(STORE)), Some(version(1)));
    let lock = WriterLock::acquire(&vfs, Path::new(STORE)).unwrap();
    assert!(recover(&lock).unwrap().finished);
    assert_eq!(load(&vfs, Path::new(STORE)), Some(version(2)));
}

#[test]
fn a_damaged_redo_record_is_an_error_and_nothing_is_removed() {
    let disk = CASES[1].disk();
    let vfs: Arc<dyn Vfs> = Arc::new(disk.clone());
    disk.create(Path::new("/store/.rps/redo")).unwrap().write_all(b"{").unwrap();
    disk.create_dir(Path::new("/store/.rps-tmp-1")).unwrap();
    let lock = WriterLock::acquire(&vfs, Path::new(STORE)).unwrap();
    let error = recover(&lock).unwrap_err();
    assert!(matches!(error, OpenError::BadRedo { .. }) && error.hint().is_some());
    assert_eq!(strays(&disk, Path::new(STORE)), [".rps-tmp-1"]);
}
