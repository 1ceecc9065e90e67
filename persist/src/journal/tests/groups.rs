//! Group commit: threads that commit at once share syncs.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::vfs::fault::{FaultVfs, OperationKind};

#[test]
fn eight_threads_share_two_syncs() {
    let fault = FaultVfs::new(disk());
    let vfs: Arc<dyn Vfs> = Arc::new(fault.clone());
    let mut session = Session::open(&vfs, SyncLevel::Full).unwrap();
    // The first commit begins the segment, which has syncs of its own.
    session.commit().unwrap();
    let before = fault.count();
    let (journal, made) = (&session.journal, AtomicUsize::new(0));
    let records: Vec<u64> = std::thread::scope(|scope| {
        let commit = || {
            let content = || {
                // The first one takes its moment when all others have asked: they share the second one.
                while made.load(Ordering::Acquire) == 0 && journal.waiting() < 7 {
                    std::thread::yield_now();
                }
                made.fetch_add(1, Ordering::Release);
                Ok((b"9,".to_vec(), CommitReport::default()))
            };
            journal.commit(SyncLevel::Full, &|f| f(), content, || ()).unwrap().record
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(commit)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let of = |kind| fault.trace()[before..].iter().filter(|operation| operation.kind == kind).count();
    assert_eq!((of(OperationKind::Write), of(OperationKind::SyncFile)), (2, 2), "8 commits, 2 records");
    assert_eq!(records.iter().filter(|record| **record == 2).count(), 1);
    assert_eq!(records.iter().filter(|record| **record == 3).count(), 7);
}

#[test]
fn all_of_a_group_get_the_error_and_the_next_commit_succeeds() {
    let fault = FaultVfs::new(disk());
    let vfs: Arc<dyn Vfs> = Arc::new(fault.clone());
    let mut session = Session::open(&vfs, SyncLevel::Data).unwrap();
    session.commit().unwrap();
    fault.fail_at(fault.count() + 1, rustix::io::Errno::IO.raw_os_error());
    let error = session.commit().unwrap_err();
    assert_eq!(error.code(), "store::io");
    assert!(error.to_string().contains("sync"), "{error}");
    session.commit().unwrap();
    assert_eq!(open(&*vfs).unwrap().0, [1, 2, 3], "what failed is in the next one");
}

#[test]
fn what_a_failed_commit_took_is_given_back_before_the_next_one_begins() {
    let fault = FaultVfs::new(disk());
    let vfs: Arc<dyn Vfs> = Arc::new(fault.clone());
    let mut session = Session::open(&vfs, SyncLevel::Full).unwrap();
    session.commit().unwrap();
    // The second of the next operations is the sync.
    fault.fail_at(fault.count() + 1, rustix::io::Errno::IO.raw_os_error());
    let (journal, changes, made) = (&session.journal, AtomicUsize::new(1), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let commit = || {
            let taken = std::cell::Cell::new(0);
            let content = || {
                if made.fetch_add(1, Ordering::AcqRel) == 0 {
                    while journal.waiting() < 7 {
                        std::thread::yield_now();
                    }
                }
                taken.set(changes.swap(0, Ordering::AcqRel));
                let bytes = if taken.get() > 0 { b"9,".to_vec() } else { Vec::new() };
                Ok((bytes, CommitReport::default()))
            };
            let give_back = || {
                // Time enough for others to begin, if they could.
                (0..1000).for_each(|_| std::thread::yield_now());
                changes.fetch_add(taken.get(), Ordering::AcqRel);
            };
            let _ = journal.commit(SyncLevel::Full, &|f| f(), content, give_back);
        };
        for _ in 0..8 {
            scope.spawn(commit);
        }
    });
    assert_eq!(changes.into_inner(), 0, "who came after the failed commit found what it had taken");
    assert_eq!(open(&*vfs).unwrap().0, [1, 9]);
}

#[test]
fn a_store_that_was_neither_loaded_nor_dumped_to_takes_no_commit() {
    let vfs: Arc<dyn Vfs> = Arc::new(disk());
    let journal = Journal::new(&vfs, &layout());
    let result = journal.commit(SyncLevel::Full, &|f| f(), || panic!("nothing is asked for"), || ());
    assert_eq!(result.unwrap_err().code(), "commit::no-generation");
}
