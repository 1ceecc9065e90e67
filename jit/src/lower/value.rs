//! Words and numbers: how registers are read and written, and how one form becomes the other.

use rps_jit_ir::{Conversion, Expect, Label, Local, Type, Val};
use rps_runtime::code::machine::Seen;

use super::state::{Fact, Kind};
use super::{CONSTANT, FIXED, Lowerer};

/// The word of the double zero, see `runtime/src/value/double.rs`.
const ZERO: u64 = 0x8000_0000_0000_0002;
/// The double that would have its word.
const CLASHES_WITH_ZERO: u64 = 0x3000_0000_0000_0000;

impl Lowerer<'_> {
    pub(super) fn word_local(&mut self, number: usize) -> Local {
        *self.words.entry(number).or_insert_with(|| self.f.local(Type::I64))
    }

    pub(super) fn number_local(&mut self, number: usize) -> Local {
        *self.numbers.entry(number).or_insert_with(|| self.f.local(Type::F64))
    }

    /// Sets the word of a register, counted from the outermost unit's.
    pub(super) fn set_word(&mut self, number: usize, word: Val, fact: Fact) {
        let local = self.word_local(number);
        self.f.set(local, word);
        self.state.set(number, fact);
    }

    /// Sets the number of a register.
    pub(super) fn set_number(&mut self, register: u16, real: Val) {
        let number = self.register(register);
        let local = self.number_local(number);
        self.f.set(local, real);
        self.state.set(number, Fact::number());
    }

    /// Sets a register to a word.
    pub(super) fn set(&mut self, register: u16, word: Val, fact: Fact) {
        self.set_word(self.register(register), word, fact);
    }

    /// Sets a register to a word of which is known what was seen of the instruction's result.
    pub(super) fn set_seen(&mut self, register: u16, word: Val) {
        let seen = self.unit().results[self.at];
        self.set(register, word, Fact::expecting(seen));
    }

    pub(super) fn set_constant(&mut self, register: u16, word: u64, kind: Seen) {
        let value = self.constant(word);
        self.set(register, value, Fact::constant(word, kind));
    }

    /// Returns a word that is known.
    pub(super) fn constant(&mut self, word: u64) -> Val {
        let is_cell = word != 0 && word & 7 == 0;
        if is_cell {
            self.symbols.word(&mut self.generator, &mut self.f, word)
        } else {
            self.f.i64(word as i64)
        }
    }

    pub(super) fn copy(&mut self, to: u16, from: u16) {
        let (to, from) = (self.register(to), self.register(from));
        self.copy_at(to, from);
    }

    /// Copies a register, both counted from the outermost unit's.
    pub(super) fn copy_at(&mut self, to: usize, from: usize) {
        let fact = self.state.fact(from);
        if fact.has_word {
            let (source, target) = (self.word_local(from), self.word_local(to));
            let word = self.f.get(source);
            self.f.set(target, word);
        }
        if fact.has_number {
            let (source, target) = (self.number_local(from), self.number_local(to));
            let real = self.f.get(source);
            self.f.set(target, real);
        }
        self.state.set(to, fact);
    }

    /// Returns what is known of a register of the context.
    pub(super) fn fact(&self, register: u16) -> Fact {
        self.state.fact(self.register(register))
    }

    /// Changes what is known of a register of the context.
    pub(super) fn learn(&mut self, register: u16, change: impl FnOnce(&mut Fact)) {
        let number = self.register(register);
        let mut fact = self.state.fact(number);
        change(&mut fact);
        self.state.set(number, fact);
    }

    /// Returns the word of a register of the context.
    pub(super) fn word(&mut self, register: u16) -> Val {
        self.word_at(self.register(register))
    }

    /// Returns the word of a register, counted from the outermost unit's.
    pub(super) fn word_at(&mut self, number: usize) -> Val {
        let fact = self.state.fact(number);
        if let Some(word) = fact.constant {
            return self.constant(word);
        }
        if let Some(unmade) = fact.unmade {
            self.make(unmade);
        }
        if fact.has_word || !fact.has_number {
            let local = self.word_local(number);
            return self.f.get(local);
        }
        let local = self.number_local(number);
        let real = self.f.get(local);
        self.boxed(real)
    }

    /// Returns the word of a double.
    pub(super) fn boxed(&mut self, real: Val) -> Val {
        let f = &mut self.f;
        let to = f.local(Type::I64);
        let (rare, slow, end) = (f.label(), f.label(), f.label());
        let bits = f.convert(Conversion::Bits, real, Type::I64);
        // Exponents that begin with 011 or 100, those next to that of 1, without the sign; the least one stands for zero.
        let twice = f.add(bits, bits);
        let least = f.i64((2 * CLASHES_WITH_ZERO + 2) as i64);
        let away = f.subtract(twice, least);
        let count = f.i64((1 << 62) - 2);
        let is_common = f.less_unsigned(away, count);
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

    /// Returns the number of a word that is a double without a cell, and goes on elsewhere with any other one.
    pub(super) fn immediate_or(&mut self, word: Val, elsewhere: Label) -> Val {
        let (three, tag) = (self.f.i64(3), self.f.i64(2));
        let low = self.f.and(word, three);
        let is_immediate = self.f.equal(low, tag);
        let next = self.f.label();
        self.f.branch(is_immediate, next, elsewhere, Expect::Yes);
        self.f.place(next);
        self.decoded(word)
    }

    /// Returns the number of a word that is a double without a cell.
    fn decoded(&mut self, word: Val) -> Val {
        let f = &mut self.f;
        let (sixty_three, sixty_one) = (f.i64(63), f.i64(61));
        let sign = f.shift_right_unsigned(word, sixty_three);
        let mended = f.subtract(word, sign);
        let bits = f.rotate_left(mended, sixty_one);
        let zero_word = f.i64(ZERO as i64);
        let is_zero = f.equal(word, zero_word);
        let none = f.i64(0);
        let bits = f.select(is_zero, none, bits);
        f.convert(Conversion::Bits, bits, Type::F64)
    }

    /// Returns the number of a register that is known to be a double, counted from the outermost unit's.
    pub(super) fn known_number(&mut self, number: usize) -> Val {
        let fact = self.state.fact(number);
        if fact.has_number {
            let local = self.number_local(number);
            return self.f.get(local);
        }
        let word = self.word_at(number);
        self.unboxed(word, false)
    }

    /// Returns the number of a word; where it may be no double, that is tested. Those few that have a cell are left to the
    /// interpreter until some were met.
    fn unboxed(&mut self, word: Val, is_tested: bool) -> Val {
        let (three, tag) = (self.f.i64(3), self.f.i64(2));
        let low = self.f.and(word, three);
        let is_immediate = self.f.equal(low, tag);
        if is_tested && !self.is_generic() {
            self.test(is_immediate, "double");
            return self.decoded(word);
        }
        let to = self.f.local(Type::F64);
        let (immediate, cell, end) = (self.f.label(), self.f.label(), self.f.label());
        self.f.branch(is_immediate, immediate, cell, Expect::Yes);
        self.f.place(cell);
        if is_tested {
            self.test_kind(word, self.layout.kind_double, "double");
        }
        let address = self.f.convert(Conversion::Bits, word, Type::Ptr);
        let real = self.f.load(Type::F64, address, self.layout.value.double, FIXED);
        self.f.set(to, real);
        self.f.jump(end);
        self.f.place(immediate);
        let real = self.decoded(word);
        self.f.set(to, real);
        self.f.jump(end);
        self.f.place(end);
        self.f.get(to)
    }

    /// Leaves here unless a word is the address of a cell of a kind.
    pub(super) fn test_kind(&mut self, word: Val, kind: u8, cause: &'static str) {
        let (seven, none) = (self.f.i64(7), self.f.i64(0));
        let low = self.f.and(word, seven);
        let is_cell = self.f.equal(low, none);
        let is_some = self.f.not_equal(word, none);
        let both = self.f.and(is_cell, is_some);
        self.test(both, cause);
        let address = self.f.convert(Conversion::Bits, word, Type::Ptr);
        let own = self.f.load(Type::I8, address, 0, CONSTANT_KIND);
        let wanted = self.f.constant(Type::I8, kind.into());
        let is_kind = self.f.equal(own, wanted);
        self.test(is_kind, cause);
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

    /// Makes sure that a register is a number that a double has exactly, and returns it.
    pub(super) fn real(&mut self, register: u16) -> Val {
        let fact = self.fact(register);
        match fact.kind {
            Kind::Double => {
                let number = self.register(register);
                let real = self.known_number(number);
                let local = self.number_local(number);
                self.f.set(local, real);
                self.learn(register, |fact| fact.has_number = true);
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
                    (fact.kind, fact.expected, fact.has_number) = (Kind::Double, Seen(0), true);
                });
                real
            }
        }
    }

    fn int_as_real(&mut self, register: u16) -> Val {
        let word = self.int(register);
        let one = self.f.i64(1);
        let int = self.f.shift_right(word, one);
        if self.fact(register).constant.is_none_or(|word| (word as i64 >> 1).unsigned_abs() > 1 << 53) {
            let (half, whole) = (self.f.i64(1 << 53), self.f.i64(1 << 54));
            let moved = self.f.add(int, half);
            let is_exact = self.f.less_equal_unsigned(moved, whole);
            self.test(is_exact, "large integer");
        }
        self.f.to_float(int, Type::F64)
    }

    /// Makes sure that a register is an object, and returns its address.
    pub(super) fn object(&mut self, register: u16) -> Val {
        let fact = self.fact(register);
        let word = self.word(register);
        if fact.kind != Kind::Object {
            self.test_kind(word, self.layout.kind_object, "object");
            self.learn(register, |fact| (fact.kind, fact.expected) = (Kind::Object, Seen(0)));
        }
        self.f.convert(Conversion::Bits, word, Type::Ptr)
    }

    /// Reads something of the thread that is the same as long as the function runs.
    pub(super) fn thread_word(&mut self, offset: i32) -> Val {
        self.f.load(Type::Ptr, self.thread, offset, CONSTANT)
    }
}

/// The kind of a cell never changes while somebody holds it.
const CONSTANT_KIND: rps_jit_ir::Memory = FIXED;
