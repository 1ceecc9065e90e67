//! Variables, closures and objects that are not made before somebody else could see them: their values are registers of the
//! function, and most of them are never made (scalar replacement).
//!
//! Each place that makes one has a number. A register that holds it says so in its fact; whoever needs its word
//! makes it there and then, at an exit as well. Where one way to a block has made it and another has not, the
//! place makes it at once, and all is lowered again.

use std::collections::{HashMap, HashSet};

use rps_jit_ir::{Conversion, Type, Val};
use rps_runtime::code::machine::{Assumption, CallSeen, NewSeen, Seen, SlotSeen, Target};

use super::state::{Fact, Kind, MAX_FIELDS, field};
use super::{COMPONENTS, FIELDS, Lowerer};

/// What is not made before somebody else could see it.
#[derive(Default)]
pub(super) struct Unmade {
    numbers: HashMap<(usize, usize), u32>,
    all: Vec<Whole>,
    made: HashSet<u32>,
    is_changed: bool,
    /// At how many exits each is made.
    exits: HashMap<u32, usize>,
}

/// An object that would be made at more exits is made at once: the code of the exits would be longer than all other.
const MOST_EXITS: usize = 32;

/// What a place makes.
#[derive(Clone)]
pub(super) enum Whole {
    /// A variable that closures share.
    Variable,
    /// A closure, with so many captured values.
    Closure { function: CallSeen, count: usize },
    /// An object with attributes only: those of a cache of a unit.
    Object { seen: NewSeen, unit: u64, site: u16 },
}

impl Unmade {
    /// Returns the number of what a place makes, unless it is to be made at once.
    fn number(&mut self, place: (usize, usize), whole: Whole) -> Option<u32> {
        let next = self.all.len() as u32;
        let number = *self.numbers.entry(place).or_insert(next);
        if number == next {
            self.all.push(whole);
        }
        (!self.made.contains(&number)).then_some(number)
    }

    fn get(&self, number: u32) -> Whole {
        self.all[number as usize].clone()
    }

    /// Notes what is to be made at once.
    pub(super) fn must_be_made(&mut self, numbers: &[u32]) {
        for &number in numbers {
            self.is_changed |= self.made.insert(number);
        }
    }

    /// Begins to count at how many exits each is made.
    pub(super) fn count_anew(&mut self) {
        self.exits.clear();
    }

    /// Returns the objects that are made at too many exits.
    pub(super) fn made_often(&self) -> Vec<u32> {
        let often = self.exits.iter().filter(|&(&number, &count)| {
            count > MOST_EXITS && matches!(self.all[number as usize], Whole::Object { .. })
        });
        often.map(|(&number, _)| number).collect()
    }

    /// Returns whether something is to be made at once that was not when the code was lowered.
    pub(super) fn begin_again(&mut self) -> bool {
        std::mem::take(&mut self.is_changed)
    }
}

impl Lowerer<'_> {
    /// Returns the number of what this instruction makes, unless it is to be made at once.
    fn begin_unmade(&mut self, whole: Whole) -> Option<u32> {
        let number = self.unmade.number((self.context, self.at), whole)?;
        // The one of the turn before, if somebody still has it.
        if self.state.known_registers().iter().any(|(_, fact)| fact.unmade == Some(number)) {
            self.make(number);
        }
        Some(number)
    }

    pub(super) fn make_variable(&mut self, to: u16, from: u16) {
        let Some(number) = self.begin_unmade(Whole::Variable) else {
            let word = self.word(from);
            let made = self.new_variable(word);
            return self.set(to, made, Fact::word(Kind::Object));
        };
        self.copy_at(field(number, 0), self.register(from));
        self.state.set(self.register(to), Fact::unmade(number, Kind::Object));
    }

    /// Returns the variable that is not made yet, if a register holds one.
    fn unmade_in(&self, register: u16) -> Option<u32> {
        self.fact(register).unmade
    }

    /// Returns what is not made yet in a register, if a value can be stored in it: what would then have itself within itself,
    /// such as a function that calls itself, is made before.
    fn unmade_to_store(&mut self, register: u16, value: u16) -> Option<u32> {
        let number = self.unmade_in(register)?;
        if self.unmade_in(value).is_some_and(|value| self.state.reaches(value, number)) {
            self.make(number);
            return None;
        }
        Some(number)
    }

    /// Returns the address of the one component of a variable.
    fn variable(&mut self, register: u16) -> Val {
        let object = self.object(register);
        self.only_component(object)
    }

    fn only_component(&mut self, object: Val) -> Val {
        let components = self.f.load(Type::Ptr, object, self.layout.object.components, FIELDS);
        // Nil where there are none, and the absent mark where they are not loaded.
        let bits = self.f.convert(Conversion::Bits, components, Type::I64);
        let none = self.f.i64(0);
        let is_loaded = self.is_cell(bits);
        self.test(is_loaded, "variable");
        let len = self.f.load(Type::I32, components, self.layout.object.component_len, FIELDS);
        let zero = self.f.i32(0);
        let is_some = self.f.not_equal(len, zero);
        self.test(is_some, "variable");
        self.f.offset(components, none, 1, self.layout.object.component_values)
    }

    pub(super) fn load_variable(&mut self, to: u16, variable: u16) {
        if let Some(number) = self.unmade_in(variable) {
            return self.copy_at(self.register(to), field(number, 0));
        }
        if self.is_generic() {
            return self.step(self.unit().instructions[self.at]);
        }
        let place = self.variable(variable);
        let word = self.f.load(Type::I64, place, 0, COMPONENTS);
        self.set_seen(to, word);
    }

    /// Loads a variable that the code has as a constant.
    pub(super) fn load_session(&mut self, to: u16, constant: u16) {
        if self.is_generic() {
            return self.step(self.unit().instructions[self.at]);
        }
        let variable = self.constant(self.unit().constants[usize::from(constant)].word);
        let object = self.f.convert(Conversion::Bits, variable, Type::Ptr);
        let place = self.only_component(object);
        let word = self.f.load(Type::I64, place, 0, COMPONENTS);
        self.set_seen(to, word);
    }

    pub(super) fn store_variable(&mut self, variable: u16, from: u16) {
        if let Some(number) = self.unmade_to_store(variable, from) {
            return self.copy_at(field(number, 0), self.register(from));
        }
        if self.is_generic() {
            return self.step(self.unit().instructions[self.at]);
        }
        let word = self.word(from);
        let object = self.object(variable);
        self.check_alone();
        self.check_transient(object);
        let place = self.variable(variable);
        self.f.store(place, 0, word, COMPONENTS);
    }

    pub(super) fn make_closure(&mut self, count: u8, to: u16, constant: u16, first: u16) {
        let seen =
            self.unit().closures.iter().find(|(own, _)| *own == constant).map(|(_, seen)| seen.clone());
        let registers = first..first + u16::from(count);
        let is_flat = |fact: Fact| !matches!(fact.kind, Kind::Any | Kind::Tuple | Kind::Closure);
        let is_small = usize::from(count) <= MAX_FIELDS;
        let Some(function) = seen.filter(|_| is_small && !self.is_generic()) else {
            return self.step(self.unit().instructions[self.at]);
        };
        for register in registers.clone() {
            // The limit of nesting is for the interpreter to tell.
            let fact = self.fact(register);
            if fact.unmade.is_none() && !is_flat(fact) {
                self.check_shallow(register);
            }
        }
        let address = function.function;
        let whole = Whole::Closure { function, count: usize::from(count) };
        let Some(number) = self.begin_unmade(whole) else {
            let registers: Vec<usize> = registers.map(|register| self.register(register)).collect();
            let made = self.new_closure(address, &registers);
            return self.set(to, made, Fact::word(Kind::Closure));
        };
        for (index, register) in registers.enumerate() {
            self.copy_at(field(number, index), self.register(register));
        }
        self.state.set(self.register(to), Fact::unmade(number, Kind::Closure));
    }

    /// Copies a captured value of the closure in register 0, if that is not made yet; returns whether it is not.
    pub(super) fn load_unmade_captured(&mut self, to: u16, captured: u16) -> bool {
        let Some(number) = self.unmade_in(0) else { return false };
        self.copy_at(self.register(to), field(number, usize::from(captured)));
        true
    }

    /// Calls a closure that is not made yet, or only behind this; returns whether it is one.
    pub(super) fn call_unmade(&mut self, count: u8, first: u16) -> bool {
        let Some(number) = self.unmade_in(first) else { return false };
        let Whole::Closure { function: seen, .. } = self.unmade.get(number) else { return false };
        let Target::Code { address, parameters, .. } = seen.target else { return false };
        if parameters != count {
            return false;
        }
        self.check_valid();
        self.assume(Assumption::Function { function: seen.function, unit: address });
        self.run_callee(count, first, &seen.target);
        true
    }

    /// Notes a new object, if it need not be made at once; returns whether it need not.
    pub(super) fn begin_object(&mut self, first: u16, count: u8, site: u16, seen: &NewSeen) -> bool {
        if usize::from(count) > MAX_FIELDS {
            return false;
        }
        let whole = Whole::Object { seen: seen.clone(), unit: self.unit().address, site };
        let Some(number) = self.begin_unmade(whole) else { return false };
        for (slot, &value) in seen.order.iter().enumerate() {
            self.copy_at(field(number, slot), self.register(first + 1 + u16::from(value)));
        }
        self.state.set(self.register(first), Fact::unmade(number, Kind::Object));
        true
    }

    /// Returns the register that stands for an attribute of an object that is not made yet, if the object has it.
    pub(super) fn unmade_attribute(&self, object: u16, shapes: &[(u64, SlotSeen)]) -> Option<usize> {
        let number = self.unmade_in(object)?;
        let Whole::Object { seen, .. } = self.unmade.get(number) else { return None };
        let (_, slot) = shapes.iter().find(|(shape, _)| *shape == seen.shape)?;
        Some(field(number, usize::from(slot.number()?)))
    }

    /// Returns the register that stands for an attribute, as above, where a value can be stored.
    pub(super) fn unmade_attribute_to_store(
        &mut self,
        object: u16,
        shapes: &[(u64, SlotSeen)],
        value: u16,
    ) -> Option<usize> {
        let field = self.unmade_attribute(object, shapes)?;
        self.unmade_to_store(object, value).map(|_| field)
    }

    /// Returns the class of an object that is not made yet.
    pub(super) fn unmade_class(&self, register: u16) -> Option<u64> {
        match self.unmade.get(self.unmade_in(register)?) {
            Whole::Object { seen, .. } => Some(seen.class),
            _ => None,
        }
    }

    /// Makes what was not made yet, for all registers that hold it.
    pub(super) fn make(&mut self, number: u32) {
        let whole = self.unmade.get(number);
        *self.unmade.exits.entry(number).or_default() += 1;
        let count = match &whole {
            Whole::Variable => 1,
            Whole::Closure { count, .. } => *count,
            Whole::Object { seen, .. } => seen.order.len(),
        };
        let fields: Vec<usize> = (0..count).map(|index| field(number, index)).collect();
        let (made, fact) = match whole {
            Whole::Variable => {
                let word = self.word_at(fields[0]);
                (self.new_variable(word), Fact::word(Kind::Object))
            }
            Whole::Closure { function, .. } => {
                (self.new_closure(function.function, &fields), Fact::word(Kind::Closure))
            }
            Whole::Object { seen, unit, site } => self.new_of_class(&seen, (unit, site), &fields),
        };
        self.state.forget_fields(number);
        for (register, own) in self.state.known_registers() {
            if own.unmade == Some(number) {
                self.set_word(register, made, fact);
            }
        }
    }
}

/// Returns what was seen at the beginning of a loop of the collection that it goes through: its index is an integer.
pub(super) fn without_ints(seen: Seen) -> Seen {
    Seen(seen.0 & !Seen::INT.0)
}
