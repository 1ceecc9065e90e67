//! The fault matrix: every operation of a store, with a fault at each of its operations on files.

use std::sync::Arc;

use rps_persist::SyncLevel;
use rps_persist::native::Lazy;
use rps_persist::vfs::Vfs;
use rps_persist::vfs::fault::{FaultVfs, OperationKind};
use rps_persist::vfs::memory::MemoryVfs;
use rps_tests::durability::{Table, is_thorough};
use rustix::io::Errno;

use crate::aftermath::{Findings, go_on};
use crate::graph::Graph;
use crate::operations::{LOST, OPERATIONS, Operation};
use crate::session::{Ledger, Session};

/// What a file system can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disk {
    /// Everything.
    Able,
    /// Two directories can not be exchanged.
    WithoutExchange,
    /// Nor can a file have two names.
    WithoutLinks,
}

impl Disk {
    fn remark(self) -> &'static str {
        match self {
            Disk::Able => "",
            Disk::WithoutExchange => ", no exchange",
            Disk::WithoutLinks => ", no exchange, no links",
        }
    }
}

fn remark(sync: SyncLevel) -> &'static str {
    match sync {
        SyncLevel::Full => "",
        SyncLevel::Data => ", sync data",
        SyncLevel::None => ", sync none",
    }
}

/// What happens at the n-th operation on files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// It fails, once.
    Once(Errno),
    /// From now on nothing can be written: the disk is full.
    Full,
    /// The process dies before it.
    Crash,
    /// The process dies in the midst of it, if it is a write.
    Tear,
}

const FAULTS: [Fault; 6] = [
    Fault::Once(Errno::IO),
    Fault::Once(Errno::NOSPC),
    Fault::Once(Errno::ACCESS),
    Fault::Full,
    Fault::Crash,
    Fault::Tear,
];

/// A process at work on a disk that can fail.
pub(crate) struct Process {
    pub(crate) disk: FaultVfs<MemoryVfs>,
    pub(crate) vfs: Arc<dyn Vfs>,
    pub(crate) session: Option<Session>,
    /// What was promised before the process began, for those who have no session.
    pub(crate) before: Ledger,
    pub(crate) sync: SyncLevel,
}

impl Process {
    fn begin(operation: &Operation, base: &MemoryVfs, disk: Disk, sync: SyncLevel) -> Process {
        let fault = FaultVfs::new(base.process_death());
        if disk != Disk::Able {
            fault.without_exchange(Errno::INVAL.raw_os_error());
        }
        if disk == Disk::WithoutLinks {
            fault.without_links(Errno::OPNOTSUPP.raw_os_error());
        }
        let vfs: Arc<dyn Vfs> = Arc::new(fault.clone());
        let mut process = Process { disk: fault, vfs, session: None, before: Ledger::default(), sync };
        (operation.begin)(&mut process);
        process
    }

    fn ledger(&self) -> &Ledger {
        self.session.as_ref().map_or(&self.before, |session| &session.ledger)
    }

    /// Opens the store, which holds a state that is known.
    pub(crate) fn open(&mut self, lazy: Lazy) {
        let mut session = Session::open(&self.vfs, lazy).unwrap();
        session.runtime.set_clock(Some(crate::scene::LATER));
        session.ledger = Ledger::holding(Graph::of(&session.runtime));
        session.sync = self.sync;
        self.session = Some(session);
    }

    pub(crate) fn session(&mut self) -> &mut Session {
        self.session.as_mut().expect("the operation has a session")
    }
}

/// What came of an operation on one kind of disk, with one level of durability.
struct Outcome {
    faults: usize,
    findings: Findings,
}

/// Returns whether a fault is tried on a kind of disk. On every kind, processes die everywhere.
fn is_tried(fault: Fault, disk: Disk) -> bool {
    disk == Disk::Able || is_thorough() || matches!(fault, Fault::Crash | Fault::Tear)
}

fn strike(operation: &Operation, disk: Disk, sync: SyncLevel) -> Outcome {
    let base = (operation.base)();
    let mut clean = Process::begin(operation, &base, disk, sync);
    let first = clean.disk.count();
    (operation.act)(&mut clean).unwrap_or_else(|error| panic!("{}, {disk:?}: {error}", operation.name));
    let trace = clean.disk.trace();
    drop(clean);
    let mut outcome = Outcome { faults: 0, findings: Findings::default() };
    for at in first..=trace.len() {
        for fault in FAULTS {
            let hit = trace.get(at);
            if !is_tried(fault, disk) {
                continue;
            }
            if fault == Fault::Tear && hit.is_none_or(|hit| hit.kind != OperationKind::Write) {
                continue;
            }
            if fault != Fault::Crash && hit.is_none() {
                continue;
            }
            let context =
                format!("{}, {disk:?}, {sync:?}: {fault:?} at {} ({hit:?})", operation.name, at - first);
            outcome.faults += 1;
            strike_once(operation, &base, disk, sync, at, fault, &mut outcome.findings, &context);
        }
    }
    outcome
}

#[expect(clippy::too_many_arguments, reason = "each says one thing about the experiment")]
fn strike_once(
    operation: &Operation,
    base: &MemoryVfs,
    disk: Disk,
    sync: SyncLevel,
    at: usize,
    fault: Fault,
    findings: &mut Findings,
    context: &str,
) {
    let mut process = Process::begin(operation, base, disk, sync);
    match fault {
        Fault::Once(errno) => process.disk.fail_at(at, errno.raw_os_error()),
        Fault::Full => process.disk.fill_at(at),
        Fault::Crash => process.disk.crash_at(at),
        Fault::Tear => process.disk.tear_at(at),
    }
    let result = (operation.act)(&mut process);
    let context = format!("{context}: {}", result.as_ref().err().map_or("it succeeds", String::as_str));
    if result.as_ref().is_err_and(|error| error.starts_with(LOST)) {
        findings.losses.push(context.clone());
    }
    findings.check(process.disk.inner(), process.ledger(), &context);
    // Who was told of an error goes on.
    if !process.disk.has_crashed() {
        process.disk.heal();
        let inner = process.disk.inner().clone();
        if let Some(session) = &mut process.session {
            if let Err(loss) = go_on(session, &inner) {
                findings.losses.push(format!("{context}, and then: {loss}"));
            }
            let ledger = session.ledger.clone();
            findings.check_death(&inner, &ledger, &format!("{context}, and then it went on"));
        }
    }
}

/// Strikes one operation with everything, and publishes what came of it.
fn prove(operation: &Operation) {
    let mut table = Table::new("fault matrix", &["operation", "faults", "disks left", "reopened", "losses"]);
    let mut losses = Vec::new();
    for &disk in operation.disks {
        for &sync in operation.syncs {
            if disk != Disk::Able && sync != operation.syncs[0] && !is_thorough() {
                continue;
            }
            let Outcome { faults, findings } = strike(operation, disk, sync);
            let numbers = [faults, findings.disks, findings.reopened, findings.losses.len()];
            table.row(format!("{}{}{}", operation.name, disk.remark(), remark(sync)), &numbers);
            assert!(faults > 0 && findings.reopened > 1, "nothing was tried");
            losses.extend(findings.losses);
        }
        if !is_thorough() && !losses.is_empty() {
            break;
        }
    }
    table.publish();
    let heads: Vec<&str> = losses.iter().take(12).filter_map(|loss| loss.lines().next()).collect();
    let first = losses.first().map_or("", String::as_str);
    assert!(losses.is_empty(), "{} losses:\n{}\n\nThe first:\n{first}", losses.len(), heads.join("\n"));
}

macro_rules! proofs {
    ($($test:ident: $name:literal,)*) => {
        $(#[test]
        fn $test() {
            prove(OPERATIONS.iter().find(|operation| operation.name == $name).expect($name));
        })*

        #[test]
        fn every_operation_is_proved() {
            let proved = [$($name),*];
            assert_eq!(proved.as_slice(), OPERATIONS.iter().map(|operation| operation.name).collect::<Vec<_>>());
        }
    };
}
proofs! {
    first_dump_rps_11: "first dump",
    full_dump_rps_11: "full dump",
    dump_after_one_change_rps_11: "dump after one change",
    dump_of_what_is_opened_lazily_rps_11: "dump of what is opened lazily",
    dump_without_what_was_removed_rps_11: "dump without what was removed",
    first_commit_rps_11: "first commit",
    later_commits_rps_11: "later commits",
    commits_of_several_levels_rps_11: "commits of several levels",
    commit_of_a_group_rps_11: "commit of a group",
    opening_with_commits_to_replay_rps_11: "opening, with commits to replay",
    opening_after_an_interrupted_dump_rps_11: "opening after an interrupted dump",
    dump_with_commits_before_it_rps_11: "dump with commits before it",
    dump_with_commits_meanwhile_rps_11: "dump with commits meanwhile",
    dump_after_a_failed_dump_rps_11: "dump after a failed dump",
    dump_after_one_that_failed_at_its_end_rps_11: "dump after one that failed at its end",
    restore_rps_12: "restore",
    salvage_rps_12: "salvage",
}
