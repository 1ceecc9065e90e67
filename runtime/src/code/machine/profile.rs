//! What the interpreter sees in functions that are warm: which kinds of values instructions give.

use std::sync::atomic::{AtomicU8, Ordering};

use crate::heap::cell::Kind;
use crate::value::Value;

/// The kinds of values that were seen at a place, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen(pub u8);

impl Seen {
    /// Small integers.
    pub const INT: Seen = Seen(1);
    /// Doubles, in whatever form.
    pub const DOUBLE: Seen = Seen(2);
    /// Truth values.
    pub const BOOL: Seen = Seen(4);
    /// Nil.
    pub const NIL: Seen = Seen(8);
    /// Objects.
    pub const OBJECT: Seen = Seen(16);
    /// Tuples.
    pub const TUPLE: Seen = Seen(32);
    /// Closures.
    pub const CLOSURE: Seen = Seen(64);
    /// Everything else.
    pub const OTHER: Seen = Seen(128);

    /// Returns the kind of a value.
    #[inline]
    pub(crate) fn of(value: Value) -> Seen {
        if value.as_small_int().is_some() {
            return Seen::INT;
        }
        if value.immediate_double().is_some() {
            return Seen::DOUBLE;
        }
        match value.cell_kind() {
            Some(Kind::Object) => Seen::OBJECT,
            Some(Kind::Double) => Seen::DOUBLE,
            Some(Kind::Tuple) => Seen::TUPLE,
            Some(Kind::Closure) => Seen::CLOSURE,
            Some(_) => Seen::OTHER,
            None if value.is_nil() => Seen::NIL,
            None => Seen::BOOL,
        }
    }

    /// Returns whether nothing was seen.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the kinds of both.
    pub fn with(self, other: Seen) -> Seen {
        Seen(self.0 | other.0)
    }
}

/// What was seen in a unit, and where its machine code met what it was not made for.
#[derive(Debug)]
pub(crate) struct Profile {
    /// Of the result of each instruction.
    results: Box<[AtomicU8]>,
    /// Of the function or receiver and of each argument.
    arguments: Box<[AtomicU8]>,
    /// How often machine code went back to the interpreter at each instruction.
    exits: Box<[AtomicU8]>,
}

impl Profile {
    pub(crate) fn new(instructions: usize, parameters: usize) -> Profile {
        let bytes = |count| std::iter::repeat_with(|| AtomicU8::new(0)).take(count).collect();
        Profile { results: bytes(instructions), arguments: bytes(parameters + 1), exits: bytes(instructions) }
    }

    /// Notes the result of an instruction.
    #[inline]
    pub(crate) fn note_result(&self, at: usize, value: Value) {
        if let Some(byte) = self.results.get(at) {
            note(byte, value);
        }
    }

    /// Notes an argument; 0 is the function or receiver.
    #[inline]
    pub(crate) fn note_argument(&self, number: usize, value: Value) {
        if let Some(byte) = self.arguments.get(number) {
            note(byte, value);
        }
    }

    /// Counts an exit at an instruction; returns how many there were.
    pub(crate) fn count_exit(&self, at: usize) -> u8 {
        let Some(count) = self.exits.get(at) else { return 0 };
        let new = count.load(Ordering::Relaxed).saturating_add(1);
        count.store(new, Ordering::Relaxed);
        new
    }

    pub(crate) fn results(&self) -> Vec<Seen> {
        self.results.iter().map(|byte| Seen(byte.load(Ordering::Relaxed))).collect()
    }

    pub(crate) fn arguments(&self) -> Vec<Seen> {
        self.arguments.iter().map(|byte| Seen(byte.load(Ordering::Relaxed))).collect()
    }

    pub(crate) fn exits(&self) -> Vec<u8> {
        self.exits.iter().map(|byte| byte.load(Ordering::Relaxed)).collect()
    }
}

#[inline]
fn note(byte: &AtomicU8, value: Value) {
    let (old, seen) = (byte.load(Ordering::Relaxed), Seen::of(value).0);
    if old | seen != old {
        byte.store(old | seen, Ordering::Relaxed);
    }
}
