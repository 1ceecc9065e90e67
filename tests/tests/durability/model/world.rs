//! The store and the map, side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Barrier};

use rps_persist::native::Lazy;
use rps_persist::vfs::Vfs;
use rps_persist::vfs::fault::FaultVfs;
use rps_persist::vfs::memory::{MemoryVfs, Tail};
use rps_persist::{Store, SyncLevel};
use rps_runtime::object::Payload;
use rps_runtime::object::payload::StringBuffer;
use rps_runtime::value::TupleRef;
use rps_runtime::{Mutator, ObjectRef, Runtime, Value, known};

use super::plain::{self, DICTIONARY, Plain, SET, TIME, VECTOR};
use super::step::{Given, KEYS, SPACES, Step};
use crate::graph::Graph;
use crate::session::{self, Event, Ledger};

/// So often is the whole graph compared while nothing is reopened.
const COMPARE_EVERY: usize = 20;

/// What was done.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    pub(super) steps: usize,
    pub(super) changes: usize,
    pub(super) commits: usize,
    pub(super) dumps: usize,
    pub(super) deaths: usize,
    pub(super) power_losses: usize,
    pub(super) clean_exits: usize,
    pub(super) failures: usize,
}

impl Counts {
    pub(super) fn add(&mut self, other: &Counts) {
        self.steps += other.steps;
        self.changes += other.changes;
        self.commits += other.commits;
        self.dumps += other.dumps;
        self.deaths += other.deaths;
        self.power_losses += other.power_losses;
        self.clean_exits += other.clean_exits;
        self.failures += other.failures;
    }
}

/// A store in use, the map that it is compared with, and what the store has promised.
pub(super) struct World {
    disk: FaultVfs<MemoryVfs>,
    vfs: Arc<dyn Vfs>,
    open: Option<(Store, Runtime)>,
    plain: Plain,
    ledger: Ledger<Plain>,
    counts: Counts,
}

impl World {
    /// Returns a store with spaces and names and nothing else, which was dumped.
    pub(super) fn new() -> World {
        let disk = FaultVfs::new(MemoryVfs::new());
        let vfs: Arc<dyn Vfs> = Arc::new(disk.clone());
        let store = Store::create(&vfs, Path::new(session::ROOT)).unwrap();
        let runtime = Runtime::new();
        runtime.set_clock(Some(TIME));
        runtime.enter(furnish);
        store.dump_with(&runtime, &session::dump_options()).unwrap();
        let plain = Plain::default();
        let ledger = Ledger::holding(plain.clone());
        World { disk, vfs, open: Some((store, runtime)), plain, ledger, counts: Counts::default() }
    }

    /// Commits, dumps, opens the store once more, and returns what was done.
    pub(super) fn finish(mut self) -> Result<Counts, String> {
        for step in [
            Step::Commit(SyncLevel::Full),
            Step::LosePower { how: 0, lazy: Lazy::Never },
            Step::Dump,
            Step::Exit(Lazy::Always),
        ] {
            self.step(&step)?;
        }
        Ok(self.counts)
    }

    /// Does a step, and compares.
    pub(super) fn step(&mut self, step: &Step) -> Result<(), String> {
        self.counts.steps += 1;
        match step {
            Step::Commit(level) => self.commit(*level)?,
            Step::Dump => self.dump()?,
            Step::DumpElsewhere => self.dump_elsewhere()?,
            Step::DumpMeanwhile(steps) => self.dump_meanwhile(steps)?,
            Step::FailCommit { at } | Step::FailDump { at } => {
                let errno = [5, 28, 13][at % 3];
                self.disk.fail_at(self.disk.count() + at, errno);
                // Whether it fails, and what is found after that, is in the ledger.
                let _ = if matches!(step, Step::FailDump { .. }) {
                    self.dump()
                } else {
                    self.commit(SyncLevel::Full)
                };
                self.disk.heal();
                self.counts.failures += 1;
            }
            Step::Exit(lazy) => {
                self.open = None;
                self.counts.clean_exits += 1;
                self.reopen(Event::Death, *lazy)?;
            }
            Step::Die(lazy) => self.fall(Event::Death, 0, *lazy)?,
            Step::LosePower { how, lazy } => self.fall(Event::PowerLoss, *how, *lazy)?,
            Step::DieInCommit { at, lazy } => {
                self.crash_in(*at, false);
                self.fall(Event::Death, 0, *lazy)?;
            }
            Step::DieInDump { at, lazy } => {
                self.crash_in(*at, true);
                self.fall(Event::Death, 0, *lazy)?;
            }
            Step::LosePowerInCommit { at, how, lazy } => {
                self.crash_in(*at, false);
                self.fall(Event::PowerLoss, *how, *lazy)?;
            }
            Step::LosePowerInDump { at, how, lazy } => {
                self.crash_in(*at, true);
                self.fall(Event::PowerLoss, *how, *lazy)?;
            }
            Step::Collect => self.runtime().enter(|m| m.collect()),
            change => self.change(change),
        }
        if self.counts.steps.is_multiple_of(COMPARE_EVERY) { self.compare("now") } else { Ok(()) }
    }

    fn runtime(&self) -> &Runtime {
        &self.open.as_ref().expect("a store is open").1
    }

    fn store(&self) -> &Store {
        &self.open.as_ref().expect("a store is open").0
    }

    fn change(&mut self, step: &Step) {
        let World { open: Some((_, runtime)), plain, counts, .. } = self else { return };
        runtime.enter(|m| change(m, plain, step, counts));
    }

    fn commit(&mut self, level: SyncLevel) -> Result<(), String> {
        let number = self.ledger.ask(self.plain.clone());
        self.counts.commits += 1;
        let result = self.store().commit(self.runtime(), &session::commit_options(level));
        result.map_err(|error| format!("the commit fails: {error:?}"))?;
        self.ledger.promise(number, level);
        Ok(())
    }

    fn dump(&mut self) -> Result<(), String> {
        let number = self.ledger.ask(self.plain.clone());
        self.counts.dumps += 1;
        let result = self.store().dump_with(self.runtime(), &session::dump_options());
        result.map_err(|error| format!("the dump fails: {error:?}"))?;
        self.ledger.promise(number, SyncLevel::Full);
        Ok(())
    }

    fn dump_elsewhere(&mut self) -> Result<(), String> {
        let elsewhere: Arc<dyn Vfs> = Arc::new(MemoryVfs::new());
        let store = Store::create(&elsewhere, Path::new(session::ROOT)).map_err(|error| error.to_string())?;
        let dumped = store.dump_with(self.runtime(), &session::dump_options());
        dumped.map_err(|error| format!("the dump into another store fails: {error:?}"))?;
        let found = session::read(&elsewhere, Lazy::Never).map_err(|error| error.to_string())?;
        same(&self.plain.graph(), &found, "in the other store")
    }

    /// Dumps on another thread while the steps are done on this one, each of them as a whole.
    fn dump_meanwhile(&mut self, steps: &[Step]) -> Result<(), String> {
        self.counts.dumps += 1;
        let World { open: Some((store, runtime)), plain, ledger, counts, .. } = self else { return Ok(()) };
        let (store, runtime) = (&*store, &*runtime);
        let before = ledger.ask(plain.clone());
        let begin = Barrier::new(2);
        let (dumped, committed) = std::thread::scope(|scope| {
            let dump = scope.spawn(|| {
                begin.wait();
                store.dump_with(runtime, &session::dump_options()).map_err(|error| format!("{error:?}"))
            });
            begin.wait();
            let mut committed = Ok(());
            for step in steps {
                counts.steps += 1;
                if let Step::Commit(level) = step {
                    let number = ledger.ask(plain.clone());
                    match store.commit(runtime, &session::commit_options(*level)) {
                        Ok(_) => ledger.promise(number, *level),
                        Err(error) => committed = Err(format!("a commit during a dump: {error:?}")),
                    }
                    continue;
                }
                let whole = Step::Transaction { steps: vec![step.clone()], fails: false };
                runtime.enter(|m| change(m, plain, &whole, counts));
                ledger.ask(plain.clone());
            }
            (dump.join(), committed)
        });
        dumped.map_err(|_| "the dump panics".to_owned())?.map_err(|error| format!("the dump: {error}"))?;
        ledger.promise(before, SyncLevel::Full);
        committed
    }

    /// Commits or dumps, and lets the process die at an operation on files, or at the end.
    fn crash_in(&mut self, at: usize, dumps: bool) {
        self.disk.crash_at(self.disk.count() + at);
        let _ = if dumps { self.dump() } else { self.commit(SyncLevel::Full) };
    }

    /// Goes on with what is left of the disk.
    fn fall(&mut self, event: Event, how: usize, lazy: Lazy) -> Result<(), String> {
        let inner = self.disk.inner();
        let left = match event {
            Event::Death => {
                self.counts.deaths += 1;
                inner.process_death()
            }
            Event::PowerLoss => {
                self.counts.power_losses += 1;
                power_loss(inner, how)
            }
        };
        self.open = None;
        self.disk = FaultVfs::new(left);
        self.vfs = Arc::new(self.disk.clone());
        self.reopen(event, lazy)
    }

    fn reopen(&mut self, event: Event, lazy: Lazy) -> Result<(), String> {
        let opened = session::Session::open(&self.vfs, lazy);
        let opened = opened.map_err(|error| format!("it can not be opened: {error:?}"))?;
        opened.runtime.set_clock(Some(TIME));
        let found = Graph::of(&opened.runtime);
        let allowed = self.ledger.allowed(event);
        let Some(plain) = allowed.iter().rev().find(|plain| plain.graph() == found) else {
            let newest = allowed.last().map_or_else(String::new, |plain| plain.graph().difference(&found));
            return Err(format!(
                "none of {} states is found; the newest and what is found:\n{newest}",
                allowed.len()
            ));
        };
        self.plain = plain.clone();
        self.ledger.found(&self.plain, event);
        self.open = Some((opened.store, opened.runtime));
        Ok(())
    }

    fn compare(&self, when: &str) -> Result<(), String> {
        same(&self.plain.graph(), &Graph::of(self.runtime()), when)
    }
}

fn same(plain: &Graph, found: &Graph, when: &str) -> Result<(), String> {
    match plain == found {
        true => Ok(()),
        false => Err(format!("they differ {when}; the map and the store:\n{}", plain.difference(found))),
    }
}

/// Returns one of the disks that a power loss can leave behind.
fn power_loss(disk: &MemoryVfs, how: usize) -> MemoryVfs {
    let (pending, unsynced) = (disk.pending(), disk.unsynced().min(20));
    let (kind, which) = (how % 5, how / 5);
    let survivors = which % (pending + 1);
    match kind {
        0 => disk.power_loss(survivors),
        1 => disk.ragged_power_loss(survivors, Tail::Kept(which)),
        2 => disk.ragged_power_loss(survivors, Tail::Zeros(which)),
        3 => disk.ragged_power_loss(survivors, Tail::Hole(which)),
        _ => disk.scattered_power_loss(u32::try_from(which * 7919 % (1 << unsynced)).unwrap_or(0)),
    }
}

/// Makes the spaces and the names.
fn furnish(m: &Mutator<'_>) {
    let made = |oid, class| {
        let object = m.object_or_skeleton(oid);
        object.set_class(m, m.class(class)).unwrap();
        object
    };
    for number in 0..SPACES {
        let object = made(plain::space(number), known::SPACE);
        object.set_space(m, Some(object));
        object.set_payload(m, Some(Payload::Space));
        let name = m.object(known::NAME).unwrap();
        object.put_attribute(m, name, m.string(&plain::space_name(number))).unwrap();
    }
    for number in 0..KEYS {
        let symbol = made(plain::key(number), known::SYMBOL);
        m.install_symbol(symbol, &plain::key_name(number), Value::NIL, false).unwrap();
        symbol.set_space(m, m.object(plain::space(0)));
    }
}

/// Does a step that changes something to both.
fn change(m: &Mutator<'_>, plain: &mut Plain, step: &Step, counts: &mut Counts) {
    if let Step::Transaction { steps, fails } = step {
        let before = plain.clone();
        let result = m.transaction(|| {
            for step in steps {
                counts.steps += 1;
                change(m, plain, step, counts);
            }
            if *fails { Err(()) } else { Ok(()) }
        });
        if result.is_err() {
            *plain = before;
        }
        return;
    }
    counts.changes += 1;
    apply(m, plain, step);
    plain.change(step);
}

/// Does a step to the runtime.
fn apply(m: &Mutator<'_>, plain: &Plain, step: &Step) {
    let space = |number: usize| m.object(plain::space(number)).unwrap();
    match step {
        Step::Make { object, space: number } if !plain.has(*object) => make(m, *object, space(*number)),
        Step::Annotate { number } => m.runtime().set_annotation("number", Some(number.to_string())),
        _ => {}
    }
    let Some(number) = step.changed().filter(|&number| plain.has(number)) else { return };
    let object = m.object(plain::object(number)).expect("it is there");
    let key = |number: usize| m.symbol(&plain::key_name(number)).unwrap();
    match step {
        Step::Remove { .. } => {
            m.remove_root(object);
            object.set_space(m, None);
        }
        Step::Root { .. } => {
            m.add_root(object);
        }
        Step::NoRoot { .. } => {
            m.remove_root(object);
        }
        Step::Move { space: number, .. } => object.set_space(m, Some(space(*number))),
        Step::Put { key: number, value, .. } => {
            object.put_attribute(m, key(*number), given(m, value)).unwrap();
        }
        Step::Unset { key: number, .. } => {
            object.remove_attribute(m, key(*number));
        }
        Step::Push { value, .. } => object.push_component(m, given(m, value)),
        Step::PutComponent { value, .. } => {
            if let Some(last) = plain.components(number).checked_sub(1) {
                object.put_component(m, last, given(m, value)).unwrap();
            }
        }
        Step::RemoveComponent { .. } if plain.components(number) > 0 => {
            object.remove_component(m, 0).unwrap();
        }
        Step::Payload { kind, values, .. } => object.set_payload(m, payload(m, *kind, values)),
        Step::Extend { value, .. } => {
            if let Some(kind) = plain.payload(number) {
                extend(m, object, kind, value);
            }
        }
        _ => {}
    }
}

/// Makes an object, or one anew that has left its space.
fn make(m: &Mutator<'_>, number: usize, space: ObjectRef) {
    let object = m.object_or_skeleton(plain::object(number));
    object.set_class(m, m.class(known::OBJECT)).unwrap();
    for (key, _) in Vec::from_iter(object.attributes()) {
        object.remove_attribute(m, key);
    }
    for _ in 0..object.component_count() {
        object.remove_component(m, 0).unwrap();
    }
    object.set_payload(m, None);
    object.set_space(m, Some(space));
}

fn given(m: &Mutator<'_>, value: &Given) -> Value {
    match value {
        Given::Nil => Value::NIL,
        Given::Int(int) => Value::int(m, *int),
        Given::Double(halves) => Value::double(m, f64::from(*halves) / 2.0),
        Given::Text(length) => m.string(&"é".repeat(*length)),
        Given::Object(number) => m.object_or_skeleton(plain::object(*number)).into(),
        Given::Tuple(items) => {
            let items: Vec<Value> = items.iter().map(|item| given(m, item)).collect();
            TupleRef::new(m, &items).unwrap().into()
        }
    }
}

fn payload(m: &Mutator<'_>, kind: usize, values: &[Given]) -> Option<Payload> {
    let all = || values.iter().map(|value| given(m, value));
    Some(match kind {
        0 => return None,
        VECTOR => Payload::ValueVector(all().collect()),
        SET => {
            Payload::Set(BTreeSet::from_iter(values.iter().map(|value| given(m, &value.clone().simple()))))
        }
        DICTIONARY => Payload::StringDictionary(BTreeMap::from_iter(
            all().enumerate().map(|(at, value)| (entry(at), value)),
        )),
        _ => {
            let text = values.iter().map(Given::text).collect::<Vec<_>>().join(", ");
            Payload::StringBuffer(StringBuffer { text, indent: None })
        }
    })
}

fn entry(at: usize) -> Box<str> {
    format!("{at:03}").into()
}

fn extend(m: &Mutator<'_>, object: ObjectRef, kind: usize, value: &Given) {
    let value = if kind == SET { value.clone().simple() } else { value.clone() };
    let made = given(m, &value);
    object.update_payload(m, |payload| match payload {
        Some(Payload::ValueVector(values)) => values.push(made),
        Some(Payload::Set(values)) => drop(values.insert(made)),
        Some(Payload::StringDictionary(entries)) => drop(entries.insert(entry(entries.len()), made)),
        Some(Payload::StringBuffer(buffer)) => {
            if !buffer.text.is_empty() {
                buffer.text.push_str(", ");
            }
            buffer.text.push_str(&value.text());
        }
        _ => unreachable!("it has the payload that the map says"),
    });
}
