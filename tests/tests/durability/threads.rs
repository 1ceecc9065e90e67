//! Eight threads at work while dumps, commits and collections run: whenever the process dies or the power fails, what is
//! found is what some serial order of the transactions has left, with everything in it that was committed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use rps_persist::native::Lazy;
use rps_persist::vfs::Vfs;
use rps_persist::vfs::memory::MemoryVfs;
use rps_persist::{Access, Store, SyncLevel};
use rps_runtime::object::Payload;
use rps_runtime::value::TupleRef;
use rps_runtime::value::View;
use rps_runtime::{Mutator, ObjectRef, Oid, Runtime, Value, known};
use rps_tests::durability::{Amount, Table, seed};
use rps_tests::random::Random;

use crate::session::{self, Event, ROOT};

/// How many transactions each thread makes.
const TRANSACTIONS: Amount = Amount::new("RPS_FAULTS_TRANSACTIONS", 400);

const THREADS: usize = 8;
const ACCOUNTS: usize = 16;
const BEGINNING: i64 = 1000;

fn oid(name: &str) -> Oid {
    Oid::of_name(&format!("durability/threads/{name}"))
}

fn object(m: &Mutator<'_>, name: &str) -> ObjectRef {
    m.object(oid(name)).unwrap_or_else(|| panic!("{name} is not there"))
}

fn int(object: ObjectRef, key: ObjectRef) -> i64 {
    object
        .get_attribute(key)
        .and_then(Value::as_small_int)
        .unwrap_or_else(|| panic!("{} has no number", object.oid()))
}

/// Makes the accounts, a counter for each thread, the log and the list.
fn furnish(m: &Mutator<'_>) {
    let space = m.object_or_skeleton(oid("space"));
    space.set_class(m, m.class(known::SPACE)).unwrap();
    space.set_payload(m, Some(Payload::Space));
    space.set_space(m, Some(space));
    let value = m.intern("value").unwrap();
    value.set_space(m, Some(space));
    let make = |name: &str, number: i64| {
        let made = m.object_or_skeleton(oid(name));
        made.set_class(m, m.class(known::OBJECT)).unwrap();
        made.set_space(m, Some(space));
        made.put_attribute(m, value, Value::int(m, number)).unwrap();
    };
    (0..ACCOUNTS).for_each(|account| make(&format!("account {account}"), BEGINNING));
    (0..THREADS).for_each(|thread| make(&format!("counter {thread}"), 0));
    make("log", 0);
    make("list", 0);
}

/// One entry of the log: what a transaction did.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    thread: i64,
    number: i64,
    from: i64,
    to: i64,
    amount: i64,
    node: Option<Oid>,
}

/// Moves money from an account to another, adds a node to the list now and then, and writes the log.
fn transfer(m: &Mutator<'_>, random: &mut Random, thread: usize, number: i64) -> Result<(), &'static str> {
    let value = m.symbol("value").unwrap();
    let put = |object: ObjectRef, number: i64| object.put_attribute(m, value, Value::int(m, number)).unwrap();
    let (from, to) = (random.below(ACCOUNTS), random.below(ACCOUNTS));
    let amount = i64::try_from(random.below(50)).unwrap();
    let (fails, links) = (random.once_in(5), random.once_in(4));
    m.transaction(|| {
        let account = |number: usize| object(m, &format!("account {number}"));
        put(account(from), int(account(from), value) - amount);
        if links {
            // A part that goes back alone.
            let inner: Result<(), ()> = m.transaction(|| {
                put(account(to), -1_000_000);
                object(m, "list").push_component(m, Value::FALSE);
                Err(())
            });
            assert!(inner.is_err());
        }
        put(account(to), int(account(to), value) + amount);
        let node = links.then(|| {
            let list = object(m, "list");
            let node = m.new_object(m.class(known::OBJECT));
            node.put_attribute(m, value, list.component(0).unwrap_or(Value::NIL)).unwrap();
            node.set_space(m, list.space());
            match list.component_count() {
                0 => list.push_component(m, node.into()),
                _ => list.put_component(m, 0, node.into()).unwrap(),
            }
            put(list, int(list, value) + 1);
            node
        });
        let numbers =
            [thread as i64, number, from as i64, to as i64, amount].map(|number| Value::int(m, number));
        let entry: Vec<Value> = numbers.into_iter().chain([node.map_or(Value::NIL, Value::from)]).collect();
        let log = object(m, "log");
        log.push_component(m, TupleRef::new(m, &entry).unwrap().into());
        put(log, int(log, value) + 1);
        if fails { Err("on purpose") } else { Ok(()) }
    })
}

/// What was said to be durable: for each thread the number of its last committed transaction, and its counter.
type Promises = [(i64, i64); THREADS];

/// A disk as it was left behind at some moment, and what was promised before that moment.
struct Shot {
    event: Event,
    disk: MemoryVfs,
    promises: Promises,
}

/// What is found in a store.
struct Found {
    log: Vec<Entry>,
    balances: Vec<i64>,
    counters: Vec<i64>,
    list: Vec<Oid>,
}

impl Found {
    fn within(m: &Mutator<'_>) -> Found {
        let value = m.symbol("value").unwrap();
        let number_of = |name: String| int(object(m, &name), value);
        let log = object(m, "log");
        assert_eq!(int(log, value), i64::try_from(log.component_count()).unwrap(), "half a transaction");
        let mut list = Vec::new();
        let head = object(m, "list");
        let mut next = head.component(0).unwrap_or(Value::NIL);
        while let Some(node) = next.as_object() {
            assert!(node.space().is_some() && node.class().is_some(), "a node of the list is not there");
            list.push(node.oid());
            next = node.get_attribute(value).unwrap_or(Value::NIL);
        }
        list.reverse();
        assert_eq!(int(head, value), i64::try_from(list.len()).unwrap(), "half a transaction");
        assert!(head.component_count() <= 1, "what an inner transaction had taken back");
        Found {
            log: log.components().map(entry).collect(),
            balances: (0..ACCOUNTS).map(|account| number_of(format!("account {account}"))).collect(),
            counters: (0..THREADS).map(|thread| number_of(format!("counter {thread}"))).collect(),
            list,
        }
    }

    /// Makes sure that the log, as a serial order, gives what is found, and that nothing is missing from it that was promised.
    fn check(&self, promises: &Promises) {
        let mut balances = vec![BEGINNING; ACCOUNTS];
        let mut last = BTreeMap::new();
        for entry in &self.log {
            balances[usize::try_from(entry.from).unwrap()] -= entry.amount;
            balances[usize::try_from(entry.to).unwrap()] += entry.amount;
            let before = last.insert(entry.thread, entry.number).unwrap_or(-1);
            assert!(before < entry.number, "the transactions of a thread are in their order");
        }
        assert_eq!(self.balances, balances, "the balances are what the log gives");
        assert_eq!(self.balances.iter().sum::<i64>(), BEGINNING * ACCOUNTS as i64);
        assert_eq!(self.list, Vec::from_iter(self.log.iter().filter_map(|entry| entry.node)));
        for (thread, (number, counter)) in promises.iter().enumerate() {
            let found = last.get(&(thread as i64)).copied().unwrap_or(-1);
            assert!(found >= *number, "thread {thread}: {number} was committed, and {found} is found");
            assert!(self.counters[thread] >= *counter, "thread {thread}: its counter was committed");
        }
    }
}

fn entry(value: Value) -> Entry {
    let View::Tuple(tuple) = value.view() else { panic!("an entry of the log is {value:?}") };
    let number = |at: usize| tuple.items()[at].as_small_int().unwrap();
    let node = tuple.items()[5].as_object().map(ObjectRef::oid);
    Entry { thread: number(0), number: number(1), from: number(2), to: number(3), amount: number(4), node }
}

#[test]
fn eight_threads_leave_what_a_serial_order_leaves_rps_15() {
    let (seed, transactions) = (seed(), i64::try_from(TRANSACTIONS.get()).unwrap());
    println!("RPS_FAULTS_SEED={seed} RPS_FAULTS_TRANSACTIONS={transactions}");
    let disk = MemoryVfs::new();
    let vfs: Arc<dyn Vfs> = Arc::new(disk.clone());
    let store = Store::create(&vfs, Path::new(ROOT)).unwrap();
    let runtime = Runtime::new();
    runtime.enter(furnish);
    store.dump_with(&runtime, &session::dump_options()).unwrap();

    let committed: [[AtomicI64; 2]; THREADS] =
        std::array::from_fn(|_| [AtomicI64::new(-1), AtomicI64::new(0)]);
    let working = AtomicI64::new(THREADS as i64);
    let failed = AtomicBool::new(false);
    let (store, runtime, committed, working, failed) = (&store, &runtime, &committed, &working, &failed);
    let is_over = || working.load(Ordering::Acquire) == 0 || failed.load(Ordering::Acquire);
    let promises = || -> Promises {
        std::array::from_fn(|thread| {
            let [number, counter] = &committed[thread];
            (number.load(Ordering::Acquire), counter.load(Ordering::Acquire))
        })
    };
    let (mut shots, mut dumps, mut collections) = (Vec::new(), 0, 0);
    std::thread::scope(|scope| {
        for (thread, committed) in committed.iter().enumerate() {
            let random = Random::new(seed.wrapping_add(thread as u64));
            let work = move || work(store, runtime, random, thread, transactions, committed);
            scope.spawn(move || {
                let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
                working.fetch_sub(1, Ordering::AcqRel);
                if let Err(panic) = outcome {
                    failed.store(true, Ordering::Release);
                    std::panic::resume_unwind(panic);
                }
            });
        }
        let dumping = scope.spawn(move || {
            let mut dumps = 0;
            while !is_over() {
                store
                    .dump_with(runtime, &session::dump_options())
                    .expect("nothing keeps it from being dumped");
                dumps += 1;
            }
            dumps
        });
        let collecting = scope.spawn(move || {
            let mut collections = 0;
            while !is_over() {
                runtime.enter(|m| m.collect());
                collections += 1;
                std::thread::yield_now();
            }
            collections
        });
        let mut random = Random::new(seed ^ 0xdead);
        let mut done = 0;
        while !is_over() {
            // A picture now and then: by the progress of the log, not by the clock.
            let progress = promises().iter().map(|promise| promise.0).sum::<i64>();
            if progress < done + transactions / 20 {
                std::thread::yield_now();
                continue;
            }
            done = progress;
            let before = promises();
            let (event, left) = match random.below(3) {
                0 => (Event::Death, disk.process_death()),
                1 => (Event::PowerLoss, disk.power_loss(random.below(disk.pending() + 1))),
                _ => (
                    Event::PowerLoss,
                    disk.scattered_power_loss(u32::try_from(random.below(1 << 20)).unwrap()),
                ),
            };
            shots.push(Shot { event, disk: left, promises: before });
        }
        dumps = dumping.join().unwrap();
        collections = collecting.join().unwrap();
    });
    shots.push(Shot { event: Event::Death, disk: disk.process_death(), promises: promises() });
    let live = runtime.enter(Found::within);
    live.check(&promises());
    let (mut deaths, mut losses) = (0, 0);
    for shot in &shots {
        let vfs: Arc<dyn Vfs> = Arc::new(shot.disk.clone());
        let lazy = if deaths % 2 == 0 { Lazy::Always } else { Lazy::Never };
        let store = Store::open(&vfs, Path::new(ROOT), Access::Write).unwrap();
        let (reopened, _) = store
            .load_with(&session::load_options(lazy))
            .unwrap_or_else(|error| panic!("{:?}: {error:?}", shot.event));
        let found = reopened.enter(Found::within);
        found.check(&shot.promises);
        // There is one serial order for all.
        assert_eq!(found.log, live.log[..found.log.len()]);
        match shot.event {
            Event::Death => deaths += 1,
            Event::PowerLoss => losses += 1,
        }
    }
    let mut table = Table::new(
        "concurrency",
        &[
            "threads",
            "transactions",
            "in the log",
            "dumps meanwhile",
            "collections",
            "deaths",
            "power losses",
            "contradictions",
        ],
    );
    let all = usize::try_from(transactions).unwrap() * THREADS;
    table.row(THREADS.to_string(), &[all, live.log.len(), dumps, collections, deaths, losses, 0]);
    table.publish();
}

/// What one thread does: transfers, its own counter outside of any transaction, and commits now and then.
fn work(
    store: &Store,
    runtime: &Runtime,
    mut random: Random,
    thread: usize,
    transactions: i64,
    committed: &[AtomicI64; 2],
) {
    let (mut last, mut count) = (-1, 0);
    for number in 0..transactions {
        runtime.enter(|m| {
            if transfer(m, &mut random, thread, number).is_ok() {
                last = number;
            }
            let (counter, value) = (object(m, &format!("counter {thread}")), m.symbol("value").unwrap());
            count += 1;
            counter.put_attribute(m, value, Value::int(m, count)).unwrap();
        });
        if random.once_in(5) {
            store.commit(runtime, &session::commit_options(SyncLevel::Full)).unwrap();
            committed[0].store(last, Ordering::Release);
            committed[1].store(count, Ordering::Release);
        }
    }
}
