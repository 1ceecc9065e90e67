//! Words and numbers: how registers are read and written, and how one form becomes the other.

use rps_jit_ir::{Conversion, Local, Type, Val};
use rps_runtime::code::machine::Seen;

use super::state::{Fact, Kind, Number};
use super::{CONSTANT, FIXED, Lowerer};

impl Lowerer<'_> {
    pub(super) fn word_local(&mut self, number: usize) -> Local {
        *self.words.entry(number).or_insert_with(|| self.f.local(Type::I64))
    }

    /// Sets the word of a register, counted from the outermost unit's.
    pub(super) fn set_word(&mut self, number: usize, word: Val, fact: Fact) {
        let local = self.word_local(number);
        self.f.set(local, word);
        self.state.set(number, fact);
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
        if let Some(number) = fact.number {
            let mut local = |register| match number {
                Number::Real => self.number_local(register),
                Number::Twice => self.twice_local(register),
            };
            let (source, target) = (local(from), local(to));
            let number = self.f.get(source);
            self.f.set(target, number);
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
        match fact.number.filter(|_| !fact.has_word) {
            None => {
                let local = self.word_local(number);
                self.f.get(local)
            }
            Some(Number::Twice) => {
                let local = self.twice_local(number);
                let (twice, one) = (self.f.get(local), self.f.i64(1));
                self.f.or(twice, one)
            }
            Some(Number::Real) => {
                let local = self.number_local(number);
                let real = self.f.get(local);
                self.boxed(real)
            }
        }
    }

    /// Leaves here unless a word is the address of a cell of a kind.
    pub(super) fn test_kind(&mut self, word: Val, kind: u8, cause: &'static str) {
        let is_cell = self.is_cell(word);
        self.test(is_cell, cause);
        let address = self.f.convert(Conversion::Bits, word, Type::Ptr);
        let own = self.f.load(Type::I8, address, 0, CONSTANT_KIND);
        let wanted = self.f.constant(Type::I8, kind.into());
        let is_kind = self.f.equal(own, wanted);
        self.test(is_kind, cause);
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
