//! Small integers: by their words, and without the tag.
//!
//! The word of an integer is twice its number plus one. What is computed is kept as twice the number: so a chain of products,
//! sums and remainders puts no tag on in between, and takes none off, and overflows where the word would. Whoever wants
//! the word puts the tag on.

use rps_jit_ir::{Expect, Local, Type, Val};
use rps_runtime::code::Comparison;
use rps_runtime::code::machine::Seen;

use super::Lowerer;
use super::arithmetic::Right;
use super::state::{Fact, Kind, Number};

/// A small integer.
#[derive(Clone, Copy)]
pub(super) enum Int {
    /// By its word.
    Word(Val),
    /// By twice its number.
    Twice(Val),
    /// A known one, by its word.
    Known(i64),
}

impl Lowerer<'_> {
    pub(super) fn twice_local(&mut self, number: usize) -> Local {
        *self.twices.entry(number).or_insert_with(|| self.f.local(Type::I64))
    }

    /// Makes sure that a register is a small integer, and returns its word.
    pub(super) fn int(&mut self, register: u16) -> Val {
        let fact = self.fact(register);
        let word = self.word(register);
        if fact.kind != Kind::Int {
            let one = self.f.i64(1);
            let low = self.f.and(word, one);
            let is_int = self.f.equal(low, one);
            self.test(is_int, "integer");
            self.learn(register, |fact| (fact.kind, fact.expected) = (Kind::Int, Seen(0)));
        }
        word
    }

    /// Makes sure that a register is a small integer, and returns it as it is there.
    pub(super) fn whole(&mut self, register: u16) -> Int {
        let fact = self.fact(register);
        match fact.constant {
            Some(word) if fact.kind == Kind::Int => Int::Known(word as i64),
            _ if fact.kind == Kind::Int && fact.number == Some(Number::Twice) => {
                let local = self.twice_local(self.register(register));
                Int::Twice(self.f.get(local))
            }
            _ => Int::Word(self.int(register)),
        }
    }

    /// Returns twice the number of a register that is known to be an integer, counted from the outermost unit's.
    pub(super) fn known_twice(&mut self, number: usize) -> Val {
        let fact = self.state.fact(number);
        if fact.number == Some(Number::Twice) {
            let local = self.twice_local(number);
            return self.f.get(local);
        }
        let int = match fact.constant {
            Some(word) => Int::Known(word as i64),
            None => Int::Word(self.word_at(number)),
        };
        self.twice_of(int)
    }

    /// Returns an integer's word.
    fn word_of(&mut self, int: Int) -> Val {
        match int {
            Int::Word(word) => word,
            Int::Twice(twice) => {
                let one = self.f.i64(1);
                self.f.or(twice, one)
            }
            Int::Known(word) => self.f.i64(word),
        }
    }

    /// Returns twice an integer's number.
    fn twice_of(&mut self, int: Int) -> Val {
        match int {
            Int::Word(word) => {
                let one = self.f.i64(1);
                self.f.subtract(word, one)
            }
            Int::Twice(twice) => twice,
            Int::Known(word) => self.f.i64(word - 1),
        }
    }

    /// Returns an integer's number.
    pub(super) fn number_of(&mut self, int: Int) -> Val {
        match int {
            Int::Word(word) | Int::Twice(word) => {
                let one = self.f.i64(1);
                self.f.shift_right(word, one)
            }
            Int::Known(word) => self.f.i64(word >> 1),
        }
    }

    /// Sets a register to an integer.
    fn set_int(&mut self, register: u16, int: Int, is_natural: bool) {
        match int {
            Int::Word(word) => self.set(register, word, Fact { is_natural, ..Fact::word(Kind::Int) }),
            Int::Twice(twice) => {
                let number = self.register(register);
                let local = self.twice_local(number);
                self.f.set(local, twice);
                self.state.set(number, Fact { is_natural, ..Fact::twice() });
            }
            Int::Known(word) => self.set_constant(register, word as u64, Seen::INT),
        }
    }

    /// Computes with integers, with the operation of a number, see the helper `rps_operate`.
    pub(super) fn integers(&mut self, operation: u8, to: u16, (left, right): (u16, Right)) {
        let is_natural = self.fact(left).is_natural && self.operand_fact(right).is_natural;
        let (a, b) = (self.whole(left), self.whole_operand(right));
        match operation {
            0..=2 if self.is_generic() => {
                let (a, b) = (self.word_of(a), self.word_of(b));
                self.with_overflow(operation, to, a, b);
            }
            0..=2 => {
                let (result, overflow) = self.checked(operation, a, b);
                let fits = self.f.not(overflow);
                self.test(fits, "overflow");
                self.set_int(to, result, is_natural && operation != 1);
            }
            3 | 4 if self.is_generic() => {
                let (a, b) = (self.word_of(a), self.word_of(b));
                self.operate(operation, to, a, b);
            }
            3 | 4 => {
                // Twice the numbers have the same quotient, and twice the remainder.
                let (x, y) = (self.twice_of(a), self.twice_of(b));
                let none = self.f.i64(0);
                let is_positive = self.f.greater(y, none);
                self.test(is_positive, "division");
                let twice = if operation == 3 {
                    let one = self.f.i64(1);
                    let number = self.f.divide(x, y);
                    self.f.shift_left(number, one)
                } else {
                    self.f.remainder(x, y)
                };
                self.set_int(to, Int::Twice(twice), is_natural);
            }
            _ => {
                let (a, b) = (self.word_of(a), self.word_of(b));
                let word = if operation == 5 { self.f.and(a, b) } else { self.f.or(a, b) };
                self.set_int(to, Int::Word(word), is_natural);
            }
        }
    }

    /// Returns a sum, difference or product, and whether it does not fit.
    fn checked(&mut self, operation: u8, a: Int, b: Int) -> (Int, Val) {
        let word = |(word, overflow)| (Int::Word(word), overflow);
        let twice = |(twice, overflow)| (Int::Twice(twice), overflow);
        match (operation, a, b) {
            // One tag is kept.
            (0, Int::Word(tagged), plain @ (Int::Word(_) | Int::Known(_)))
            | (0, plain @ Int::Known(_), Int::Word(tagged)) => {
                let plain = self.twice_of(plain);
                word(self.f.checked_add(tagged, plain))
            }
            (0, ..) => {
                let (a, b) = (self.twice_of(a), self.twice_of(b));
                twice(self.f.checked_add(a, b))
            }
            (1, Int::Word(tagged), plain @ (Int::Twice(_) | Int::Known(_))) => {
                let plain = self.twice_of(plain);
                word(self.f.checked_subtract(tagged, plain))
            }
            // Two of them cancel each other out.
            (1, Int::Word(a), Int::Word(b)) => twice(self.f.checked_subtract(a, b)),
            (1, Int::Known(a), Int::Word(b)) => {
                let a = self.f.i64(a);
                twice(self.f.checked_subtract(a, b))
            }
            (1, ..) => {
                let (a, b) = (self.twice_of(a), self.twice_of(b));
                twice(self.f.checked_subtract(a, b))
            }
            // The tag is shifted out of what has one, or is known.
            (_, factor @ Int::Known(_), other)
            | (_, other, factor @ Int::Known(_))
            | (_, factor @ Int::Word(_), other)
            | (_, other, factor) => {
                let (number, other) = (self.number_of(factor), self.twice_of(other));
                twice(self.f.checked_multiply(other, number))
            }
        }
    }

    /// Gives the sum, difference or product of integers, a big one where it does not fit.
    fn with_overflow(&mut self, operation: u8, to: u16, a: Val, b: Val) {
        let (result, overflow) = self.checked(operation, Int::Word(a), Int::Word(b));
        let word = self.word_of(result);
        let local = self.f.local(Type::I64);
        let (slow, end) = (self.f.label(), self.f.label());
        self.f.set(local, word);
        self.f.branch(overflow, slow, end, Expect::No);
        self.f.place(slow);
        let big = self.operated(operation, a, b);
        self.f.set(local, big);
        self.f.jump(end);
        self.f.place(end);
        let word = self.f.get(local);
        self.state.forget();
        self.set_seen(to, word);
    }

    /// Negates an integer, where it fits.
    pub(super) fn negate_int(&mut self, to: u16, from: u16) {
        let int = self.whole(from);
        // Two minus the word is that of the other one.
        let (whole, taken) = match int {
            Int::Word(word) => (2, word),
            other => (0, self.twice_of(other)),
        };
        let whole = self.f.i64(whole);
        let (result, overflow) = self.f.checked_subtract(whole, taken);
        let fits = self.f.not(overflow);
        self.test(fits, "overflow");
        let result = if matches!(int, Int::Word(_)) { Int::Word(result) } else { Int::Twice(result) };
        self.set_int(to, result, false);
    }

    /// Returns whether a comparison of integers holds.
    pub(super) fn holds_of_integers(&mut self, comparison: Comparison, left: u16, right: Right) -> Val {
        let (a, b) = (self.whole(left), self.whole_operand(right));
        let (a, b) = match (a, b) {
            (Int::Word(_) | Int::Known(_), Int::Word(_) | Int::Known(_)) => {
                (self.word_of(a), self.word_of(b))
            }
            _ => (self.twice_of(a), self.twice_of(b)),
        };
        self.compared(comparison, a, b)
    }

    fn operand_fact(&self, right: Right) -> Fact {
        match right {
            Right::Register(register) => self.fact(register),
            Right::Small(small) => Fact::constant((i64::from(small) << 1 | 1) as u64, Seen::INT),
        }
    }

    fn whole_operand(&mut self, right: Right) -> Int {
        match right {
            Right::Register(register) => self.whole(register),
            Right::Small(small) => Int::Known(i64::from(small) << 1 | 1),
        }
    }
}
