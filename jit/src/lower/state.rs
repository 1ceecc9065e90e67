//! What is known of the interpreter's registers at a place in the code.

use rps_runtime::code::machine::Seen;

/// How many values a closure, a variable or an object has at most that is not made before somebody else could see it.
pub(super) const MAX_FIELDS: usize = 8;
/// The number of the first register that stands for such a value.
const FIELDS: usize = 1 << 20;

/// Returns the number of the register that stands for a value of what is not made yet.
pub(super) fn field(unmade: u32, index: usize) -> usize {
    FIELDS + unmade as usize * MAX_FIELDS + index
}

/// The kind of a value, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Any value.
    Any,
    /// A small integer.
    Int,
    /// A double.
    Double,
    /// True or false.
    Bool,
    /// Nil.
    Nil,
    /// An object.
    Object,
    /// A tuple.
    Tuple,
    /// A closure.
    Closure,
}

/// A form that is not the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    /// The number of a double.
    Real,
    /// Twice the number of an integer: its word without the tag.
    Twice,
}

/// What is known of a register.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fact {
    pub(super) kind: Kind,
    /// What was seen there, where the kind is not known.
    pub(super) expected: Seen,
    /// The word, if it is known.
    pub(super) constant: Option<u64>,
    /// The shape of the object, until something may have changed it.
    pub(super) shape: Option<u64>,
    /// The class of the object, likewise.
    pub(super) class: Option<u64>,
    /// Whether the object is a vector of values, likewise.
    pub(super) is_vector: bool,
    /// The number of the closure, variable or object that is not made yet.
    pub(super) unmade: Option<u32>,
    /// Whether the word is in the register's word.
    pub(super) has_word: bool,
    /// The other form in which the register has its value.
    pub(super) number: Option<Number>,
    /// Whether it is an integer that is known to be none below zero.
    pub(super) is_natural: bool,
}

impl Fact {
    /// Returns what is known of a word of a kind.
    pub(super) const fn word(kind: Kind) -> Fact {
        Fact {
            kind,
            expected: Seen(0),
            constant: None,
            shape: None,
            class: None,
            is_vector: false,
            unmade: None,
            has_word: true,
            number: None,
            is_natural: false,
        }
    }

    /// Returns what is known of a word that may be anything, but was seen to be of some kinds.
    pub(super) const fn expecting(expected: Seen) -> Fact {
        Fact { expected, ..Fact::word(Kind::Any) }
    }

    /// Returns what is known of a number.
    pub(super) const fn real() -> Fact {
        Fact { has_word: false, number: Some(Number::Real), ..Fact::word(Kind::Double) }
    }

    /// Returns what is known of twice the number of an integer.
    pub(super) const fn twice() -> Fact {
        Fact { has_word: false, number: Some(Number::Twice), ..Fact::word(Kind::Int) }
    }

    /// Returns what is known of a number of elements.
    pub(super) const fn count() -> Fact {
        Fact { is_natural: true, ..Fact::word(Kind::Int) }
    }

    /// Returns what is known of what is not made yet.
    pub(super) const fn unmade(number: u32, kind: Kind) -> Fact {
        Fact { has_word: false, unmade: Some(number), ..Fact::word(kind) }
    }

    /// Returns what is known of a constant.
    pub(super) fn constant(word: u64, kind: Seen) -> Fact {
        let kind = match kind {
            Seen::INT => Kind::Int,
            Seen::DOUBLE => Kind::Double,
            Seen::BOOL => Kind::Bool,
            Seen::NIL => Kind::Nil,
            Seen::OBJECT => Kind::Object,
            Seen::TUPLE => Kind::Tuple,
            Seen::CLOSURE => Kind::Closure,
            _ => Kind::Any,
        };
        let is_natural = kind == Kind::Int && word as i64 > 0;
        Fact { constant: Some(word), is_natural, ..Fact::word(kind) }
    }

    /// Returns what is known when either may be the case.
    pub(super) fn join(self, other: Fact) -> Fact {
        let mut joined = Fact {
            kind: if self.kind == other.kind { self.kind } else { Kind::Any },
            expected: self.seen().with(other.seen()),
            constant: self.constant.filter(|_| self.constant == other.constant),
            shape: self.shape.filter(|_| self.shape == other.shape),
            class: self.class.filter(|_| self.class == other.class),
            is_vector: self.is_vector && other.is_vector,
            unmade: self.unmade.filter(|_| self.unmade == other.unmade),
            has_word: self.has_word && other.has_word,
            number: None,
            is_natural: self.is_natural && other.is_natural,
        };
        if joined.unmade.is_some() {
            joined.has_word = false;
        } else if let Some(number) = number_of(joined.kind)
            && (!joined.has_word || self.number == Some(number) || other.number == Some(number))
        {
            // Somebody converts: to what is computed with.
            joined.number = Some(number);
        } else {
            joined.has_word = true;
            joined.expected = if joined.kind == Kind::Any { joined.expected } else { Seen(0) };
        }
        joined
    }

    fn seen(self) -> Seen {
        match self.kind {
            Kind::Any => self.expected,
            Kind::Int => Seen::INT,
            Kind::Double => Seen::DOUBLE,
            Kind::Bool => Seen::BOOL,
            Kind::Nil => Seen::NIL,
            Kind::Object => Seen::OBJECT,
            Kind::Tuple => Seen::TUPLE,
            Kind::Closure => Seen::CLOSURE,
        }
    }
}

/// Returns the form in which values of a kind are computed with, if that is not the word.
const fn number_of(kind: Kind) -> Option<Number> {
    match kind {
        Kind::Double => Some(Number::Real),
        Kind::Int => Some(Number::Twice),
        _ => None,
    }
}

/// What changes at a place by what is known on another way to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joined {
    /// Nothing.
    Same,
    /// Less is known.
    Less,
    /// Less is known, and values are expected in other forms.
    Elsewhere,
}

/// What is known at a place.
#[derive(Clone, Debug, PartialEq, Default)]
pub(super) struct State {
    /// Of each register of all frames that are put into each other; nothing of one whose value nobody looks at.
    pub(super) registers: Vec<Option<Fact>>,
    /// Of the values of what is not made yet.
    fields: Vec<Option<Fact>>,
    /// Whether the definitions are known to be those that the code is made for.
    pub(super) is_valid: bool,
    /// Whether no other thread is in the heap.
    pub(super) is_alone: bool,
}

impl State {
    /// Returns what is known of a register.
    pub(super) fn fact(&self, register: usize) -> Fact {
        self.known(register).unwrap_or(Fact::word(Kind::Any))
    }

    fn known(&self, register: usize) -> Option<Fact> {
        let fact = match register.checked_sub(FIELDS) {
            Some(field) => self.fields.get(field),
            None => self.registers.get(register),
        };
        fact.copied().flatten()
    }

    /// Sets what is known of a register.
    pub(super) fn set(&mut self, register: usize, fact: Fact) {
        let (all, at) = match register.checked_sub(FIELDS) {
            Some(field) => (&mut self.fields, field),
            None => (&mut self.registers, register),
        };
        if all.len() <= at {
            all.resize(at + 1, None);
        }
        all[at] = Some(fact);
    }

    /// Returns the registers of which something is known, those of what is not made yet included.
    pub(super) fn known_registers(&self) -> Vec<(usize, Fact)> {
        let registers = self.registers.iter().enumerate();
        let fields = self.fields.iter().enumerate().map(|(at, fact)| (FIELDS + at, fact));
        registers.chain(fields).filter_map(|(number, fact)| Some((number, (*fact)?))).collect()
    }

    /// Forgets all registers but some, and what is not made yet and nobody knows any more.
    pub(super) fn keep(&mut self, is_kept: impl Fn(usize) -> bool) {
        for (number, fact) in self.registers.iter_mut().enumerate() {
            if !is_kept(number) {
                *fact = None;
            }
        }
        let count = self.registers.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        self.registers.truncate(count);
        let mut wanted: Vec<u32> = self.registers.iter().flatten().filter_map(|fact| fact.unmade).collect();
        let mut next = 0;
        while next < wanted.len() {
            for index in 0..MAX_FIELDS {
                let inner = self.known(field(wanted[next], index)).and_then(|fact| fact.unmade);
                wanted.extend(inner.filter(|inner| !wanted.contains(inner)));
            }
            next += 1;
        }
        for (at, fact) in self.fields.iter_mut().enumerate() {
            if !wanted.contains(&((at / MAX_FIELDS) as u32)) {
                *fact = None;
            }
        }
        let count = self.fields.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        self.fields.truncate(count);
    }

    /// Forgets the values of something that is made now.
    pub(super) fn forget_fields(&mut self, unmade: u32) {
        for fact in self.fields.iter_mut().skip(unmade as usize * MAX_FIELDS).take(MAX_FIELDS) {
            *fact = None;
        }
    }

    /// Returns whether something that is not made yet is, or has within itself, something else that is not.
    pub(super) fn reaches(&self, from: u32, to: u32) -> bool {
        let mut reached = vec![from];
        let mut next = 0;
        while next < reached.len() && !reached.contains(&to) {
            for index in 0..MAX_FIELDS {
                let inner = self.known(field(reached[next], index)).and_then(|fact| fact.unmade);
                reached.extend(inner.filter(|inner| !reached.contains(inner)));
            }
            next += 1;
        }
        reached.contains(&to)
    }

    /// Forgets what any other code may have changed.
    pub(super) fn forget(&mut self) {
        for fact in self.registers.iter_mut().chain(&mut self.fields).flatten() {
            (fact.shape, fact.class, fact.is_vector) = (None, None, false);
        }
        (self.is_valid, self.is_alone) = (false, false);
    }

    /// Returns whether each register has its value in the same form, and what is not made yet is the same.
    pub(super) fn has_same_values(&self, other: &State) -> bool {
        let is_same = |own: &[Option<Fact>], other: &[Option<Fact>]| {
            own.len() == other.len() && own.iter().zip(other).all(|(&own, &other)| form(own) == form(other))
        };
        is_same(&self.registers, &other.registers) && is_same(&self.fields, &other.fields)
    }

    /// Returns whether a register has its value in the same form.
    pub(super) fn has_same_value(&self, other: &State, register: usize) -> bool {
        let own = |state: &State| form(state.registers.get(register).copied().flatten());
        own(self) == own(other)
    }

    /// Adds what is known on another way to the same place; returns what changes by that. What is not made on one way only,
    /// or is another one, is added to `made`.
    pub(super) fn join(&mut self, other: &State, made: &mut Vec<u32>) -> Joined {
        let before = self.clone();
        join_all(&mut self.registers, &other.registers, made);
        join_all(&mut self.fields, &other.fields, made);
        self.is_valid &= other.is_valid;
        self.is_alone &= other.is_alone;
        if *self == before {
            Joined::Same
        } else if self.has_same_values(&before) {
            Joined::Less
        } else {
            Joined::Elsewhere
        }
    }
}

/// Returns where a value is, and no more of what is known of it.
fn form(fact: Option<Fact>) -> Option<Fact> {
    let Fact { constant, unmade, has_word, number, .. } = fact?;
    Some(Fact { constant, unmade, has_word, number, ..Fact::word(Kind::Any) })
}

fn join_all(all: &mut Vec<Option<Fact>>, other: &[Option<Fact>], made: &mut Vec<u32>) {
    all.truncate(other.len());
    for (own, other) in all.iter_mut().zip(other) {
        *own = match (*own, *other) {
            (Some(own), Some(other)) => {
                if own.unmade != other.unmade {
                    made.extend(own.unmade.into_iter().chain(other.unmade));
                }
                Some(own.join(other))
            }
            _ => None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stays_one_where_two_ways_meet() {
        let boxed = Fact::word(Kind::Double);
        let joined = boxed.join(Fact::real());
        assert_eq!((joined.number, joined.has_word), (Some(Number::Real), false));
        assert_eq!(joined.kind, Kind::Double);
    }

    #[test]
    fn what_is_computed_with_stays_without_a_tag_where_two_ways_meet() {
        let joined = Fact::constant(1, Seen::INT).join(Fact::twice());
        assert_eq!((joined.number, joined.has_word, joined.is_natural), (Some(Number::Twice), false, false));
        assert_eq!((joined.kind, joined.constant), (Kind::Int, None));
        let joined = Fact::constant(1, Seen::INT).join(Fact::count());
        assert_eq!((joined.number, joined.has_word, joined.is_natural), (None, true, true));
    }

    #[test]
    fn different_kinds_are_any_word_that_was_seen_to_be_either() {
        let joined = Fact::word(Kind::Int).join(Fact::real());
        assert_eq!(joined.kind, Kind::Any);
        assert_eq!((joined.number, joined.has_word), (None, true));
        assert_eq!(joined.expected, Seen::INT.with(Seen::DOUBLE));
    }

    #[test]
    fn joining_again_changes_nothing() {
        let mut state = State::default();
        state.set(0, Fact::constant(3, Seen::INT));
        state.set(1, Fact::real());
        let mut other = state.clone();
        other.set(0, Fact::word(Kind::Int));
        assert_eq!(state.join(&other, &mut Vec::new()), Joined::Elsewhere);
        assert_eq!(state.join(&other, &mut Vec::new()), Joined::Same);
        assert_eq!(state.join(&state.clone(), &mut Vec::new()), Joined::Same);
        state.is_valid = true;
        let valid = state.clone();
        state.is_valid = false;
        assert_eq!(valid.clone().join(&state, &mut Vec::new()), Joined::Less);
    }
}
