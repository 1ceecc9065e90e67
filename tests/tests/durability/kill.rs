//! The kill loop: a working `rps` is killed at a random moment, again and again, with the same store.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};
use std::{fs, thread};

use rps_persist::native::Lazy;
use rps_persist::vfs::{RealVfs, Vfs};
use rps_persist::{Access, Store};
use rps_runtime::object::Payload;
use rps_runtime::{Mutator, ObjectRef, Runtime, Value, known};
use rps_tests::durability::{Amount, Table, seed};
use rps_tests::random::Random;

use crate::session;

/// How often a process is killed.
const ROUNDS: Amount = Amount::new("RPS_FAULTS_ROUNDS", 200);

/// How many rounds there are with one store: each commit writes the whole log, which grows.
const OF_ONE_STORE: u64 = 250;

/// How many objects the larger store has, whose dumps take a while.
const MANY: usize = 20_000;

/// So much money there is.
const MONEY: i64 = 2000;

/// Makes what the process works on.
const FURNISH: &str = r"
class account { balance }
keep new account { balance: 1000 } as left
keep new account { balance: 1000 } as right
keep new object { count: 0, log: new vector [] } as ledger
";

/// Works: each transaction moves money, counts, and writes a log; a line is printed when it is committed.
const WORK: &str = r#"
let turns = parse_int(arguments[0])
let shelf = new space {}
let turn = 0
while turn < turns {
    let number = ledger.count + 1
    let amount = number * 7 % 50
    shelf.transaction(|| {
        left.balance = 0
        ledger.log.push(0)
        rollback()
    })
    shelf.transaction(|| {
        left.balance = left.balance - amount
        ledger.count = number
        ledger.log.push(number)
        ledger.push([number, f"note {number}"])
        right.balance = right.balance + amount
    })
    commit()
    print(number)
    turn = turn + 1
}
"#;

/// A store in a directory of its own, and what is known of it.
struct Victim {
    home: tempfile::TempDir,
    store: PathBuf,
    script: PathBuf,
    /// The last number that was committed as far as anybody was told.
    acknowledged: i64,
}

/// How the rounds went.
#[derive(Default)]
struct Counts {
    rounds: usize,
    in_dump: usize,
    lazy: usize,
    acknowledged: usize,
    more: usize,
    checks: usize,
    ended: usize,
}

impl Victim {
    fn new(objects: usize) -> Victim {
        let home = rps_tests::stores::temporary();
        let (store, script) = (home.path().join("store"), home.path().join("work.rps"));
        let furnish = home.path().join("furnish.rps");
        fs::write(&furnish, FURNISH).unwrap();
        fs::write(&script, WORK).unwrap();
        let mut command = rps_tests::rps(home.path());
        command.arg("--store").arg(&store).arg("--dump").arg(&furnish);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let victim = Victim { home, store, script, acknowledged: 0 };
        if objects > 0 {
            let (store, runtime) = victim.open(Lazy::Never);
            runtime.enter(|m| fill(m, objects));
            store.dump(&runtime).unwrap();
        }
        victim
    }

    fn open(&self, lazy: Lazy) -> (Store, Runtime) {
        let vfs: Arc<dyn Vfs> = Arc::new(RealVfs);
        let store = Store::open(&vfs, &self.store, Access::Write).unwrap();
        let (runtime, _) =
            store.load_with(&session::load_options(lazy)).unwrap_or_else(|error| panic!("{error:?}"));
        (store, runtime)
    }

    /// Starts the work, and lets it go on for some commits, and then for some time.
    fn round(&mut self, random: &mut Random, dump_time: Duration, counts: &mut Counts) {
        let (dumps, lazy) = (random.once_in(3), random.once_in(2));
        let turns = 1 + random.below(30);
        let mut command = rps_tests::rps(self.home.path());
        command.arg("--store").arg(&self.store).arg(if dumps { "--dump" } else { "--commit" });
        command.arg(&self.script).arg(turns.to_string());
        command.env("RPS_LAZY", if lazy { "always" } else { "never" });
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = lines_of(&mut child);
        // Most die in the midst of their work; those that dump, mostly in that.
        let work = if dumps && !random.once_in(4) { turns } else { random.below(turns + 1) };
        let most = if work == turns { dump_time } else { Duration::from_micros(1500) };
        let delay = most.mul_f64(random.below(1000) as f64 / 1000.0);
        let before = self.acknowledged;
        for _ in 0..work {
            match lines.recv() {
                Ok(number) => self.acknowledged = number,
                Err(_) => break,
            }
        }
        let end = Instant::now() + delay;
        // If the process ends on its own meanwhile, that is a round, too.
        while let Ok(number) = lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            self.acknowledged = number;
        }
        let ended = child.try_wait().unwrap();
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        if let Some(status) = ended {
            assert!(status.success(), "it failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        // What it had told before it died counts, too.
        self.acknowledged = lines.iter().last().unwrap_or(self.acknowledged);
        counts.rounds += 1;
        counts.in_dump += usize::from(work == turns && dumps && ended.is_none());
        counts.lazy += usize::from(lazy);
        counts.ended += usize::from(ended.is_some());
        counts.acknowledged += usize::try_from(self.acknowledged - before).unwrap();
        self.check(if lazy { Lazy::Never } else { Lazy::Always }, counts);
        if random.once_in(10) {
            self.check_by_command();
            counts.checks += 1;
        }
    }

    /// Makes sure that everything that was acknowledged is there, and nothing of half a transaction.
    fn check(&mut self, lazy: Lazy, counts: &mut Counts) {
        let (_store, runtime) = self.open(lazy);
        let found = runtime.enter(|m| {
            let [left, right, ledger] = ["left", "right", "ledger"].map(|name| named(m, name));
            let key = |name: &str| m.symbol(name).unwrap();
            let int = |object: ObjectRef, name: &str| {
                object.get_attribute(key(name)).unwrap().as_small_int().unwrap()
            };
            let count = int(ledger, "count");
            let log = ledger.get_attribute(key("log")).unwrap().as_object().unwrap();
            let log: Vec<i64> = log.with_payload(m, |payload| match payload {
                Some(Payload::ValueVector(values)) => {
                    values.iter().map(|value| value.as_small_int().unwrap()).collect()
                }
                other => panic!("the log is {other:?}"),
            });
            assert_eq!(log, Vec::from_iter(1..=count), "half a transaction");
            assert_eq!(ledger.component_count(), log.len(), "half a transaction");
            let moved: i64 = log.iter().map(|number| number * 7 % 50).sum();
            assert_eq!((int(left, "balance"), int(right, "balance")), (1000 - moved, 1000 + moved));
            assert_eq!(int(left, "balance") + int(right, "balance"), MONEY);
            count
        });
        assert!(found >= self.acknowledged, "{} was committed, and {found} is found", self.acknowledged);
        counts.more += usize::try_from(found - self.acknowledged).unwrap();
        self.acknowledged = found;
    }

    fn check_by_command(&self) {
        let output = rps_tests::rps(self.home.path()).arg("check").arg(&self.store).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && text.starts_with("0 errors, 0 warnings"), "{text}");
    }
}

/// Returns the numbers that a process prints, as they come.
fn lines_of(child: &mut Child) -> Receiver<i64> {
    let (sender, receiver) = mpsc::channel();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    thread::spawn(move || {
        let mut line = String::new();
        // A line that was not printed to its end is none.
        while output.read_line(&mut line).is_ok() && line.ends_with('\n') {
            let Ok(number) = line.trim_end().parse() else { break };
            if sender.send(number).is_err() {
                break;
            }
            line.clear();
        }
    });
    receiver
}

fn named(m: &Mutator<'_>, name: &str) -> ObjectRef {
    m.global(name).and_then(Value::as_object).unwrap_or_else(|| panic!("nothing is named {name}"))
}

/// Adds objects to the space of what is there.
fn fill(m: &Mutator<'_>, objects: usize) {
    let (ledger, name) = (named(m, "ledger"), m.object(known::NAME).unwrap());
    for number in 0..objects {
        let object = m.new_object(m.class(known::OBJECT));
        object.put_attribute(m, name, m.string(&format!("object {number}"))).unwrap();
        object.set_space(m, ledger.space());
    }
}

#[test]
fn a_killed_process_loses_nothing_that_it_had_committed_rps_11() {
    let (seed, rounds) = (seed(), ROUNDS.get());
    println!("RPS_FAULTS_SEED={seed} RPS_FAULTS_ROUNDS={rounds}");
    let mut random = Random::new(seed);
    let mut table = Table::new(
        "kill loop",
        &[
            "store",
            "rounds",
            "in a dump",
            "lazy",
            "ended before",
            "acknowledged",
            "committed, not told",
            "rps check",
            "losses",
        ],
    );
    let stores = [("small", 0, rounds - rounds / 10), ("20 000 objects", MANY, rounds / 10)];
    for (name, objects, rounds) in stores {
        let mut victim = Victim::new(objects);
        // How long a process needs to dump is what it takes without being killed.
        let start = Instant::now();
        let mut command = rps_tests::rps(victim.home.path());
        let status =
            command.arg("--store").arg(&victim.store).args(["--dump", "-e", "ledger.count"]).output();
        assert!(status.unwrap().status.success());
        let dump_time = start.elapsed();
        let mut counts = Counts::default();
        for round in 0..rounds {
            if round > 0 && round % OF_ONE_STORE == 0 {
                victim.check_by_command();
                victim = Victim::new(objects);
            }
            victim.round(&mut random, dump_time, &mut counts);
        }
        victim.check_by_command();
        let Counts { rounds, in_dump, lazy, acknowledged, more, checks, ended } = counts;
        table.row(name, &[rounds, in_dump, lazy, ended, acknowledged, more, checks + 1, 0]);
        assert!(acknowledged > 0 || rounds < 10, "no process came to a commit");
    }
    table.publish();
}

/// A path to the store is of no use to a process that is dead: the lock is free.
#[test]
fn the_lock_of_a_killed_process_is_free() {
    let victim = Victim::new(0);
    let mut command = rps_tests::rps(victim.home.path());
    command.arg("--store").arg(&victim.store).arg("--commit").arg(&victim.script).arg("1000000");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = lines_of(&mut child);
    assert_eq!(lines.recv(), Ok(1));
    let vfs: Arc<dyn Vfs> = Arc::new(RealVfs);
    let refused = Store::open(&vfs, Path::new(&victim.store), Access::Write).unwrap_err();
    assert_eq!(refused.code(), "store::locked");
    child.kill().unwrap();
    child.wait().unwrap();
    victim.open(Lazy::Never);
}
