//! Transactions: changes that are made as one, or not at all.
//!
//! One thread at a time is in a transaction, so transactions happen one after the other. Changes are made in place, and
//! each object is copied before its first one; going back gives the objects their copies' content. Other threads see
//! changes as they are made. They wait before they change what the transaction has changed, so that going back takes
//! nothing away but what the transaction did. Views begin between transactions.
//!
//! A transaction within one of the same thread can go back on its own, and becomes part of the outer one otherwise.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::{Condvar, Mutex, MutexGuard};

use crate::heap::RootVec;
use crate::known;
use crate::object::ObjectRef;
use crate::runtime::{Mutator, Runtime};
use crate::value::Value;
use crate::whole::WholeChange;

/// So many objects that a transaction makes are kept alive until its end, to be known as its own.
const MAX_KEPT: usize = 100_000;

/// The transactions of a runtime.
#[derive(Default)]
pub(crate) struct Transactions {
    /// Held by who is in a transaction, and by who begins a view.
    gate: Mutex<()>,
    /// The thread that is in a transaction, by its own number; 0 for none.
    owner: AtomicU64,
    /// The thread that begins a view and calls others before, by its own number; 0 for none.
    beginner: AtomicU64,
    state: Mutex<State>,
    /// Told when the outermost has ended.
    ended: Condvar,
}

/// The open transactions of one thread.
#[derive(Default)]
struct State {
    /// What each has changed, the outermost first.
    levels: Vec<Level>,
    /// The addresses of the objects that others must not change before the outermost ends.
    owned: HashSet<usize>,
}

/// What one transaction has changed.
struct Level {
    /// By the address of the object: where it and its copy are.
    numbers: HashMap<usize, usize>,
    /// Objects and their copies in turn; nil for an object that was made within the transaction.
    values: RootVec,
    /// The addresses of objects that were made within the transaction: they stay as they are, but in no space.
    born: HashSet<usize>,
    /// The first of them, kept alive: what else was made is forgotten at the next collection.
    kept: RootVec,
    /// How many collections there had been: an address of before may be that of another object now.
    collections: u64,
    /// Changes of roots, constants and annotations, as they are taken back.
    whole: Vec<WholeChange>,
    /// Names that were given, with what they stood for before.
    names: Vec<(String, Option<usize>)>,
    /// The symbols that names stood for before, each with whether it is weak.
    symbols: RootVec,
}

impl Transactions {
    /// Takes the gate of transactions, waiting for the one of another thread.
    pub(super) fn enter_gate<'t>(&'t self, m: &Mutator<'_>) -> MutexGuard<'t, ()> {
        self.gate.try_lock().unwrap_or_else(|| m.blocking(|| self.gate.lock()))
    }

    /// Calls what is to be done before a view begins, for which the gate is held.
    pub(super) fn before_view<T>(&self, before: impl FnOnce() -> T) -> T {
        struct Done<'t>(&'t AtomicU64);
        impl Drop for Done<'_> {
            fn drop(&mut self) {
                self.0.store(0, Ordering::Release);
            }
        }
        self.beginner.store(own_number(), Ordering::Release);
        let _done = Done(&self.beginner);
        before()
    }

    /// Returns whether the transaction of another thread has changed an object.
    pub(super) fn is_of_another(&self, object: ObjectRef) -> bool {
        let owner = self.owner.load(Ordering::Acquire);
        owner != 0 && owner != own_number() && self.state.lock().owned.contains(&address(object))
    }

    /// Waits until the transaction of another thread has ended.
    pub(super) fn wait(&self, m: &Mutator<'_>) {
        m.blocking(|| {
            let mut state = self.state.lock();
            if !state.owned.is_empty() {
                self.ended.wait(&mut state);
            }
        });
    }

    /// Copies an object that is about to change for the first time in a transaction of this thread; its lock is held.
    pub(super) fn keep_for_undo(&self, m: &Mutator<'_>, object: ObjectRef, moves: bool) {
        if self.owner.load(Ordering::Acquire) != own_number() || is_variable(object) {
            return;
        }
        let is_born = {
            let mut state = self.state.lock();
            let Some(level) = state.levels.last_mut() else { return };
            if level.numbers.contains_key(&address(object)) {
                return;
            }
            level.forget_old_births(m);
            level.born.contains(&address(object))
        };
        if is_born && !moves {
            return;
        }
        let copy = if is_born { Value::NIL } else { object.copy(m).into() };
        let state = &mut *self.state.lock();
        if let Some(level) = state.levels.last_mut() {
            state.owned.insert(address(object));
            level.numbers.insert(address(object), level.values.len());
            level.values.push(object.into());
            level.values.push(copy);
        }
    }
}

impl Level {
    /// Forgets which objects were made within the transaction if some of them may have died since.
    fn forget_old_births(&mut self, m: &Mutator<'_>) {
        let collections = m.heap().collections();
        if self.collections != collections {
            self.collections = collections;
            self.born = self.kept.iter().filter_map(|value| value.as_object()).map(address).collect();
        }
    }
}

impl Mutator<'_> {
    /// Notes that an object was made, if this thread is in a transaction: going back, it stays what it is.
    #[inline]
    pub(crate) fn note_birth(&self, object: ObjectRef) {
        if self.runtime().changes().is_watched() {
            self.note_birth_watched(object);
        }
    }

    #[cold]
    fn note_birth_watched(&self, object: ObjectRef) {
        let transactions = &self.runtime().changes().transactions;
        if transactions.owner.load(Ordering::Acquire) == own_number()
            && let Some(level) = transactions.state.lock().levels.last_mut()
        {
            level.forget_old_births(self);
            level.born.insert(address(object));
            if level.kept.len() < MAX_KEPT {
                level.kept.push(object.into());
            }
        }
    }

    /// Returns whether this thread is in a transaction.
    pub fn is_in_transaction(&self) -> bool {
        self.runtime().changes().transactions.owner.load(Ordering::Acquire) == own_number()
    }

    /// Returns whether this thread is being called before a view begins, by [`Mutator::freeze_after`]: no transaction can be
    /// begun then.
    pub fn is_beginning_view(&self) -> bool {
        self.runtime().changes().transactions.beginner.load(Ordering::Acquire) == own_number()
    }

    /// Returns whether a view can be begun by this thread: it is in no transaction, and not being called before another view
    /// begins.
    pub fn can_freeze(&self) -> bool {
        !self.is_in_transaction() && !self.is_beginning_view()
    }

    /// Runs `f` as a transaction: if it fails, or panics, everything that it changed is as it was before: attributes,
    /// components, payloads, classes, spaces, roots, constants, annotations, names.
    ///
    /// Variables of the running program stay as they are, and so does what plugins keep in payloads of their own types.
    /// Waits until no other thread is in a transaction. Other threads that want to change what `f` has changed wait for
    /// its end, so `f` must not wait for them.
    ///
    /// # Errors
    ///
    /// The error of `f`.
    ///
    /// # Panics
    ///
    /// When a view is [beginning](Mutator::is_beginning_view): it waits for the end of all transactions.
    pub fn transaction<R, E>(&self, f: impl FnOnce() -> Result<R, E>) -> Result<R, E> {
        let transactions = &self.runtime().changes().transactions;
        if self.is_in_transaction() {
            return self.run_level(f);
        }
        assert!(!self.is_beginning_view(), "a transaction begins before a view does");
        let _gate = transactions.enter_gate(self);
        self.without_solitude(|| {
            transactions.owner.store(own_number(), Ordering::Release);
            self.runtime().changes().watchers.fetch_add(1, Ordering::AcqRel);
            let _open = Open(self);
            self.run_level(f)
        })
    }

    fn run_level<R, E>(&self, f: impl FnOnce() -> Result<R, E>) -> Result<R, E> {
        let transactions = &self.runtime().changes().transactions;
        let level = Level {
            numbers: HashMap::new(),
            values: self.root_vec(),
            born: HashSet::new(),
            kept: self.root_vec(),
            collections: self.heap().collections(),
            whole: Vec::new(),
            names: Vec::new(),
            symbols: self.root_vec(),
        };
        transactions.state.lock().levels.push(level);
        let result = catch_unwind(AssertUnwindSafe(f));
        let level = transactions.state.lock().levels.pop();
        let Some(level) = level else { unreachable!("a transaction ends once") };
        match result {
            Ok(Ok(value)) => {
                self.merge_level(level);
                Ok(value)
            }
            Ok(Err(error)) => {
                self.undo(&level);
                Err(error)
            }
            Err(panic) => {
                self.undo(&level);
                resume_unwind(panic)
            }
        }
    }

    /// Makes what an inner transaction has changed part of the outer one.
    fn merge_level(&self, inner: Level) {
        let mut state = self.runtime().changes().transactions.state.lock();
        let Some(outer) = state.levels.last_mut() else { return };
        outer.whole.extend(inner.whole);
        for pair in inner.values.chunks_exact(2) {
            let Some(object) = pair[0].as_object() else { continue };
            // What was made within the outer one only has to leave its space when that goes back.
            let copy = if outer.born.contains(&address(object)) { Value::NIL } else { pair[1] };
            let number = outer.values.len();
            if *outer.numbers.entry(address(object)).or_insert(number) == number {
                outer.values.push(pair[0]);
                outer.values.push(copy);
            }
        }
        outer.forget_old_births(self);
        if inner.collections == outer.collections {
            outer.born.extend(inner.born);
        }
        outer.kept.extend(inner.kept.iter().copied());
        for (name, before) in inner.names {
            let before = before.map(|number| {
                outer.symbols.push(inner.symbols[number]);
                outer.symbols.push(inner.symbols[number + 1]);
                outer.symbols.len() - 2
            });
            outer.names.push((name, before));
        }
    }

    /// Makes everything as it was when a transaction began.
    fn undo(&self, level: &Level) {
        for pair in level.values.chunks_exact(2) {
            let Some(object) = pair[0].as_object() else { continue };
            let _guard = object.lock(self);
            match pair[1].as_object() {
                Some(copy) => object.become_copy(self, copy),
                None => object.set_space_unchecked(self, None),
            }
        }
        for (name, before) in level.names.iter().rev() {
            let before = before.and_then(|number| {
                Some((level.symbols[number].as_object()?, level.symbols[number + 1] == Value::TRUE))
            });
            self.reset_name(name, before);
        }
        for change in level.whole.iter().rev() {
            self.runtime().undo_whole_change(change);
        }
        self.runtime().invalidate_methods();
    }

    /// Notes that a name is given within a transaction.
    pub(crate) fn note_name(&self, name: &str, before: Option<(ObjectRef, bool)>) {
        if let Some(level) = self.runtime().changes().transactions.state.lock().levels.last_mut() {
            let before = before.map(|(symbol, weak)| {
                level.symbols.push(symbol.into());
                level.symbols.push(Value::bool(weak));
                level.symbols.len() - 2
            });
            level.names.push((name.to_owned(), before));
        }
    }
}

/// Ends the outermost transaction when it is dropped.
struct Open<'m, 'r>(&'m Mutator<'r>);

impl Drop for Open<'_, '_> {
    fn drop(&mut self) {
        let tracker = self.0.runtime().changes();
        tracker.transactions.owner.store(0, Ordering::Release);
        tracker.watchers.fetch_sub(1, Ordering::AcqRel);
        tracker.transactions.state.lock().owned.clear();
        tracker.transactions.ended.notify_all();
    }
}

impl Runtime {
    /// Notes that roots, constants or annotations have changed, and what takes that back.
    pub(crate) fn note_whole_change(&self, undo: impl FnOnce() -> WholeChange) {
        let tracker = self.changes();
        // After the change: who takes the account in between finds it in the next one.
        tracker.note_graph();
        let transactions = &tracker.transactions;
        if transactions.owner.load(Ordering::Acquire) == own_number()
            && let Some(level) = transactions.state.lock().levels.last_mut()
        {
            level.whole.push(undo());
        }
    }
}

/// Returns whether an object is a variable of a program, which no space keeps: what a program remembers it goes on
/// remembering.
fn is_variable(object: ObjectRef) -> bool {
    object.space().is_none() && object.class().is_some_and(|class| class.oid() == known::VARIABLE)
}

fn address(object: ObjectRef) -> usize {
    object.cell().as_ptr() as usize
}

/// Returns a number of this thread that no other has.
fn own_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local! {
        static NUMBER: u64 = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    NUMBER.with(|number| *number)
}
