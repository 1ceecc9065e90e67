//! Doubles: as numbers, and the way from their words and back.
//!
//! A double whose exponent is near that of 1 is its own bits turned left by three, with the tag 2 in the place of two bits that
//! follow from the next one; zero has the word that the least of these would have; all others lie in cells. See
//! `runtime/src/value/double.rs`.

use rps_jit_ir::{Conversion, Expect, Label, Local, Type, Val};
use rps_runtime::code::machine::Seen;

use super::state::{Fact, Kind, Number};
use super::{FIXED, Lowerer};

/// The word of the double zero, see `runtime/src/value/double.rs`.
const ZERO: u64 = 0x8000_0000_0000_0002;
/// The double that would have its word.
const CLASHES_WITH_ZERO: u64 = 0x3000_0000_0000_0000;

impl Lowerer<'_> {
    pub(super) fn number_local(&mut self, number: usize) -> Local {
        *self.numbers.entry(number).or_insert_with(|| self.f.local(Type::F64))
    }

    /// Sets the number of a register.
    pub(super) fn set_number(&mut self, register: u16, real: Val) {
        let number = self.register(register);
        let local = self.number_local(number);
        self.f.set(local, real);
        self.state.set(number, Fact::real());
    }

    /// Returns the word of a double.
    pub(super) fn boxed(&mut self, real: Val) -> Val {
        let f = &mut self.f;
        let to = f.local(Type::I64);
        let (rare, slow, end) = (f.label(), f.label(), f.label());
        let bits = f.convert(Conversion::Bits, real, Type::I64);
        let is_common = self.is_common(bits);
        let f = &mut self.f;
        let (three, mask, tag) = (f.i64(3), f.i64(!3), f.i64(2));
        let turned = f.rotate_left(bits, three);
        let cut = f.and(turned, mask);
        let word = f.or(cut, tag);
        f.set(to, word);
        f.branch(is_common, end, rare, Expect::Yes);
        f.place(rare);
        let (zero, none) = (f.i64(ZERO as i64), f.i64(0));
        let is_zero = f.equal(bits, none);
        f.set(to, zero);
        f.branch(is_zero, end, slow, Expect::Unknown);
        f.place(slow);
        let word = self.helper("rps_box", &[real]);
        self.f.set(to, word);
        self.f.jump(end);
        self.f.place(end);
        self.f.get(to)
    }

    /// Returns whether bits are those of a double that has no cell and is not zero.
    fn is_common(&mut self, bits: Val) -> Val {
        // Exponents that begin with 011 or 100, those next to that of 1, without the sign; the least one stands for zero.
        let twice = self.f.add(bits, bits);
        let least = self.f.i64((2 * CLASHES_WITH_ZERO + 2) as i64);
        let away = self.f.subtract(twice, least);
        let count = self.f.i64((1 << 62) - 2);
        self.f.less_unsigned(away, count)
    }

    /// Goes on with the bits of the double that a word is if it has no cell and is not zero, and elsewhere with all other
    /// words: turned back, those of zero, of cells, and of what is no double have exponents that no such double has.
    fn common_or(&mut self, word: Val, elsewhere: Label) -> Val {
        let (sixty_three, sixty_one) = (self.f.i64(63), self.f.i64(61));
        let sign = self.f.shift_right_unsigned(word, sixty_three);
        let mended = self.f.subtract(word, sign);
        let bits = self.f.rotate_left(mended, sixty_one);
        let is_common = self.is_common(bits);
        let next = self.f.label();
        self.f.branch(is_common, next, elsewhere, Expect::Yes);
        self.f.place(next);
        self.f.convert(Conversion::Bits, bits, Type::F64)
    }

    /// Returns the number of a word that is a double without a cell, and goes on elsewhere with any other one.
    pub(super) fn immediate_or(&mut self, word: Val, elsewhere: Label) -> Val {
        let to = self.f.local(Type::F64);
        let (rare, zero, end) = (self.f.label(), self.f.label(), self.f.label());
        let real = self.common_or(word, rare);
        self.f.set(to, real);
        self.f.jump(end);
        self.f.place(rare);
        let zero_word = self.f.i64(ZERO as i64);
        let is_zero = self.f.equal(word, zero_word);
        self.f.branch(is_zero, zero, elsewhere, Expect::Unknown);
        self.f.place(zero);
        let none = self.f.f64(0.0);
        self.f.set(to, none);
        self.f.jump(end);
        self.f.place(end);
        self.f.get(to)
    }

    /// Returns the number of a word; where it may be no double, that is tested. Those few that have a cell are left to the
    /// interpreter until some were met.
    fn unboxed(&mut self, word: Val, is_tested: bool) -> Val {
        if is_tested {
            self.fail_at_random();
        }
        let to = self.f.local(Type::F64);
        let (cell, end) = (self.f.label(), self.f.label());
        let real = self.immediate_or(word, cell);
        self.f.set(to, real);
        self.f.jump(end);
        self.f.place(cell);
        if is_tested && !self.is_generic() {
            self.leave_failed("double");
        } else {
            if is_tested {
                self.test_kind(word, self.layout.kind_double, "double");
            }
            let address = self.f.convert(Conversion::Bits, word, Type::Ptr);
            let real = self.f.load(Type::F64, address, self.layout.value.double, FIXED);
            self.f.set(to, real);
            self.f.jump(end);
        }
        self.f.place(end);
        self.f.get(to)
    }

    /// Returns the number of a register that is known to be a double, counted from the outermost unit's.
    pub(super) fn known_number(&mut self, number: usize) -> Val {
        let fact = self.state.fact(number);
        if fact.number == Some(Number::Real) {
            let local = self.number_local(number);
            return self.f.get(local);
        }
        let word = self.word_at(number);
        self.unboxed(word, false)
    }

    /// Makes sure that a register is a number that a double has exactly, and returns it.
    pub(super) fn real(&mut self, register: u16) -> Val {
        let fact = self.fact(register);
        match fact.kind {
            Kind::Double => {
                let number = self.register(register);
                let real = self.known_number(number);
                let local = self.number_local(number);
                self.f.set(local, real);
                self.learn(register, |fact| fact.number = Some(Number::Real));
                real
            }
            Kind::Int => self.int_as_real(register),
            _ if fact.expected == Seen::INT => self.int_as_real(register),
            _ => {
                let word = self.word(register);
                let real = self.unboxed(word, true);
                let number = self.register(register);
                let local = self.number_local(number);
                self.f.set(local, real);
                self.learn(register, |fact| {
                    (fact.kind, fact.expected, fact.number) = (Kind::Double, Seen(0), Some(Number::Real));
                });
                real
            }
        }
    }

    fn int_as_real(&mut self, register: u16) -> Val {
        let int = self.whole(register);
        let int = self.number_of(int);
        if self.fact(register).constant.is_none_or(|word| (word as i64 >> 1).unsigned_abs() > 1 << 53) {
            let (half, whole) = (self.f.i64(1 << 53), self.f.i64(1 << 54));
            let moved = self.f.add(int, half);
            let is_exact = self.f.less_equal_unsigned(moved, whole);
            self.test(is_exact, "large integer");
        }
        self.f.to_float(int, Type::F64)
    }
}
