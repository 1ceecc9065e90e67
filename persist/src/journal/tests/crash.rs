//! Every operation of commits and dumps fails once, tears once, and is once the last one before a power loss (RPS-12).

use rustix::io::Errno;

use super::*;
use crate::vfs::fault::FaultVfs;
use crate::vfs::memory::Tail;

/// What a run reported as committed, and what it tried to commit at most.
#[derive(Debug, Clone, Copy, Default)]
struct Reported {
    committed: usize,
    tried: usize,
}

/// Commits, dumps while committing, and goes on in a second session; goes on after errors, as a program does.
fn run(vfs: &Arc<dyn Vfs>, sync: SyncLevel) -> Reported {
    let mut reported = Reported::default();
    let mut commit = |session: &mut Session| {
        if session.commit().is_ok() {
            reported.committed = session.state.len();
        }
        reported.tried = reported.tried.max(session.state.len());
    };
    if let Ok(mut session) = Session::open(vfs, sync) {
        commit(&mut session);
        commit(&mut session);
        let frozen = session.freeze();
        commit(&mut session);
        if let Ok((state, rotation)) = frozen {
            let _ = session.publish(&state, rotation);
        }
        commit(&mut session);
    }
    if let Ok(mut session) = Session::open(vfs, sync) {
        commit(&mut session);
        commit(&mut session);
    }
    reported
}

/// Returns every disk that a power loss can leave behind now.
fn power_losses(disk: &MemoryVfs) -> Vec<(String, MemoryVfs)> {
    let names = 0..=disk.pending();
    let mut disks: Vec<_> =
        names.clone().map(|n| (format!("power loss after {n}"), disk.power_loss(n))).collect();
    for n in names {
        for bytes in [1, 40, 63, 64, 65, 66, 100] {
            for tail in [Tail::Kept(bytes), Tail::Zeros(bytes), Tail::Hole(bytes)] {
                disks.push((format!("power loss after {n}, {tail:?}"), disk.ragged_power_loss(n, tail)));
            }
        }
    }
    let scattered = 0..1 << disk.unsynced();
    disks.extend(scattered.map(|mask| (format!("sparing {mask:b}"), disk.scattered_power_loss(mask))));
    disks
}

/// Makes sure that what the next process finds is what was committed, and that it can go on.
fn check(disk: &MemoryVfs, least: usize, most: usize, context: &str) {
    let vfs: Arc<dyn Vfs> = Arc::new(disk.clone());
    let mut session = Session::open(&vfs, SyncLevel::Full)
        .unwrap_or_else(|error| panic!("{context}: {error} {:?}", disk.files().keys()));
    let found = session.state.len();
    let expected: Vec<u32> = (1..=found as u32).collect();
    assert_eq!(session.state, expected, "{context}: something is missing in between");
    assert!((least..=most).contains(&found), "{context}: found {found}, not {least} to {most}");
    session.commit().unwrap();
    let (state, ..) = open(&disk.power_loss(0)).unwrap_or_else(|error| panic!("{context}, then: {error}"));
    assert_eq!(state.len(), found + 1, "{context}: the journal goes on");
}

/// Checks what the death of the process, and a power loss then or later, can leave behind.
fn check_aftermath(disk: &MemoryVfs, sync: SyncLevel, reported: Reported, context: &str) -> usize {
    let Reported { committed, tried } = reported;
    check(&disk.process_death(), committed, tried, &format!("{context}, process death"));
    let least = if sync == SyncLevel::None { 0 } else { committed };
    let losses = power_losses(disk);
    for (loss, disk) in &losses {
        check(disk, least, tried, &format!("{context}, {loss}"));
    }
    losses.len() + 1
}

#[test]
fn every_crash_leaves_what_was_committed_rps_12() {
    let mut checked = 0;
    for sync in [SyncLevel::Full, SyncLevel::Data, SyncLevel::None] {
        let clean = FaultVfs::new(disk());
        let all = run(&(Arc::new(clean.clone()) as Arc<dyn Vfs>), sync);
        assert_eq!((all.committed, all.tried), (6, 6), "{sync:?}");
        for n in 0..=clean.count() {
            for torn in [false, true] {
                let fault = FaultVfs::new(disk());
                if torn {
                    fault.tear_at(n);
                } else {
                    fault.crash_at(n);
                }
                let vfs: Arc<dyn Vfs> = Arc::new(fault.clone());
                let reported = run(&vfs, sync);
                let context = format!("{sync:?}, crash at {n} (torn {torn}): {:?}", fault.trace().get(n));
                checked += check_aftermath(fault.inner(), sync, reported, &context);
            }
        }
    }
    assert!(checked > 5000, "only {checked} states were looked at");
}

#[test]
fn every_failure_is_told_and_loses_nothing_rps_12() {
    let mut failures = 0;
    for sync in [SyncLevel::Full, SyncLevel::Data, SyncLevel::None] {
        let clean = FaultVfs::new(disk());
        run(&(Arc::new(clean.clone()) as Arc<dyn Vfs>), sync);
        for n in 0..clean.count() {
            for errno in [Errno::NOSPC, Errno::ACCESS, Errno::IO] {
                let fault = FaultVfs::new(disk());
                fault.fail_at(n, errno.raw_os_error());
                let vfs: Arc<dyn Vfs> = Arc::new(fault.clone());
                let reported = run(&vfs, sync);
                let context = format!("{sync:?}, {errno:?} at {n}: {:?}", fault.trace().get(n));
                failures += usize::from(reported.committed < 6);
                check_aftermath(fault.inner(), sync, reported, &context);
            }
        }
    }
    assert!(failures > 0, "no failure was ever told");
}
