//! Arithmetic: on the words of small integers, whose overflow is that of the word, and on numbers.
//!
//! An integer is twice its number plus one. So sums and differences of words are those of the numbers, with the tag mended.

use rps_jit_ir::{Expect, Type, Val};
use rps_runtime::code::Comparison;
use rps_runtime::code::machine::Seen;

use super::Lowerer;
use super::state::{Fact, Kind};

/// What the operands of an operation are taken for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Operands {
    Ints,
    Numbers,
    /// Nobody knows: the runtime does it.
    Unknown,
}

impl Lowerer<'_> {
    /// Returns whether tests have failed at this instruction so often that it is to take everything.
    pub(super) fn is_generic(&self) -> bool {
        self.unit().exits[self.at] >= 3
    }

    /// Returns whether a test has failed at this instruction, or may well do so: code that is to be there soon is made of
    /// little that was seen.
    pub(super) fn has_failed(&self) -> bool {
        self.is_soon() || self.unit().exits[self.at] >= 1
    }

    /// Returns whether the code is to be there soon: what was never run before is left to the runtime, and not to the
    /// interpreter.
    pub(super) fn is_soon(&self) -> bool {
        self.snapshot.stage == 1
    }

    /// Returns what two operands are taken for.
    pub(super) fn operands(&self, left: Fact, right: Fact) -> Operands {
        let kind = |fact: Fact| match fact.kind {
            Kind::Int => Some(Seen::INT),
            Kind::Double => Some(Seen::DOUBLE),
            Kind::Any => Some(fact.expected),
            _ => None,
        };
        let (Some(left_seen), Some(right_seen)) = (kind(left), kind(right)) else { return Operands::Unknown };
        let is_known = |fact: Fact| matches!(fact.kind, Kind::Int | Kind::Double);
        if self.is_generic() && !(is_known(left) && is_known(right)) {
            return Operands::Unknown;
        }
        let number = Seen::INT.with(Seen::DOUBLE);
        let is_number = |seen: Seen| seen.with(number) == number;
        if !is_number(left_seen) || !is_number(right_seen) {
            return Operands::Unknown;
        }
        let is_int = |seen: Seen| seen == Seen::INT || seen.is_empty();
        match (left_seen, right_seen) {
            (left, right) if is_int(left) && is_int(right) => Operands::Ints,
            // Both kinds at one place are neither.
            (left, right) if left == number || right == number => Operands::Unknown,
            _ => Operands::Numbers,
        }
    }

    /// Computes with the operation of a number, see the helper `rps_operate`.
    pub(super) fn arithmetic(&mut self, operation: u8, to: u16, left: u16, right: u16) {
        match self.operands(self.fact(left), self.fact(right)) {
            Operands::Ints => {
                let (a, b) = (self.int(left), self.int(right));
                self.integers(operation, to, a, b);
            }
            Operands::Numbers if operation < 4 => {
                let (a, b) = (self.real(left), self.real(right));
                let real = match operation {
                    0 => self.f.add(a, b),
                    1 => self.f.subtract(a, b),
                    2 => self.f.multiply(a, b),
                    _ => self.f.divide(a, b),
                };
                self.set_number(to, real);
            }
            _ => {
                let (a, b) = (self.word(left), self.word(right));
                self.operate(operation, to, a, b);
            }
        }
    }

    /// Computes with words of small integers.
    fn integers(&mut self, operation: u8, to: u16, a: Val, b: Val) {
        let one = self.f.i64(1);
        let word = match operation {
            0..=2 => {
                let (word, overflow) = match operation {
                    0 => {
                        let plain = self.f.subtract(b, one);
                        self.f.checked_add(a, plain)
                    }
                    1 => {
                        let plain = self.f.subtract(b, one);
                        self.f.checked_subtract(a, plain)
                    }
                    _ => {
                        let twice = self.f.subtract(a, one);
                        let number = self.f.shift_right(b, one);
                        self.f.checked_multiply(twice, number)
                    }
                };
                if self.is_generic() {
                    return self.with_overflow(operation, to, (a, b), (word, overflow));
                }
                let fits = self.f.not(overflow);
                self.test(fits, "overflow");
                if operation == 2 { self.f.or(word, one) } else { word }
            }
            3 | 4 => {
                if self.is_generic() {
                    return self.operate(operation, to, a, b);
                }
                // Twice the numbers have the same quotient, and twice the remainder.
                let (x, y) = (self.f.subtract(a, one), self.f.subtract(b, one));
                let none = self.f.i64(0);
                let is_positive = self.f.greater(y, none);
                self.test(is_positive, "division");
                if operation == 3 {
                    let number = self.f.divide(x, y);
                    let twice = self.f.shift_left(number, one);
                    self.f.or(twice, one)
                } else {
                    let twice = self.f.remainder(x, y);
                    self.f.add(twice, one)
                }
            }
            5 => self.f.and(a, b),
            _ => self.f.or(a, b),
        };
        self.set(to, word, Fact::word(Kind::Int));
    }

    /// Gives the sum, difference or product of integers, a big one where it does not fit.
    fn with_overflow(&mut self, operation: u8, to: u16, operands: (Val, Val), result: (Val, Val)) {
        let (mut word, overflow) = result;
        if operation == 2 {
            let one = self.f.i64(1);
            word = self.f.or(word, one);
        }
        let local = self.f.local(Type::I64);
        let (slow, end) = (self.f.label(), self.f.label());
        self.f.set(local, word);
        self.f.branch(overflow, slow, end, Expect::No);
        self.f.place(slow);
        let big = self.operated(operation, operands.0, operands.1);
        self.f.set(local, big);
        self.f.jump(end);
        self.f.place(end);
        let word = self.f.get(local);
        self.state.forget();
        self.set_seen(to, word);
    }

    fn operated(&mut self, operation: u8, a: Val, b: Val) -> Val {
        let above = self.note_frames(self.context, self.at);
        let operation = self.f.i64(operation.into());
        let word = self.helper("rps_operate", &[above, operation, a, b]);
        self.test_done(word);
        word
    }

    /// Lets the runtime compute.
    fn operate(&mut self, operation: u8, to: u16, a: Val, b: Val) {
        let word = self.operated(operation, a, b);
        self.state.forget();
        self.set_seen(to, word);
    }

    pub(super) fn add_small(&mut self, to: u16, left: u16, small: i16) {
        let added = Fact::constant((i64::from(small) << 1 | 1) as u64, Seen::INT);
        match self.operands(self.fact(left), added) {
            Operands::Ints => {
                let a = self.int(left);
                let b = self.f.i64(i64::from(small) << 1 | 1);
                self.integers(0, to, a, b);
            }
            Operands::Numbers => {
                let a = self.real(left);
                let b = self.f.f64(small.into());
                let real = self.f.add(a, b);
                self.set_number(to, real);
            }
            Operands::Unknown => {
                let a = self.word(left);
                // A difference is told as one where it fails.
                let (operation, small) =
                    if small < 0 { (1, -i64::from(small)) } else { (0, i64::from(small)) };
                let b = self.f.i64(small << 1 | 1);
                self.operate(operation, to, a, b);
            }
        }
    }

    pub(super) fn negate(&mut self, to: u16, from: u16) {
        let fact = self.fact(from);
        match self.operands(fact, Fact::constant(1, Seen::INT)) {
            Operands::Numbers => {
                let real = self.real(from);
                let real = self.f.negate(real);
                self.set_number(to, real);
            }
            Operands::Ints if !self.is_generic() => {
                let a = self.int(from);
                let two = self.f.i64(2);
                let (word, overflow) = self.f.checked_subtract(two, a);
                let fits = self.f.not(overflow);
                self.test(fits, "overflow");
                self.set(to, word, Fact::word(Kind::Int));
            }
            _ => {
                let word = self.word(from);
                let above = self.note_frames(self.context, self.at);
                let word = self.helper("rps_negate", &[above, word]);
                self.test_done(word);
                self.state.forget();
                self.set_seen(to, word);
            }
        }
    }

    pub(super) fn not(&mut self, to: u16, from: u16) {
        let truth = self.truth(from);
        let (yes, no) = (self.f.i64(self.layout.yes as i64), self.f.i64(self.layout.no as i64));
        let word = self.f.select(truth, no, yes);
        self.set(to, word, Fact::word(Kind::Bool));
    }

    /// Returns whether a condition takes a register for true.
    pub(super) fn truth(&mut self, register: u16) -> Val {
        let fact = self.fact(register);
        match fact.kind {
            Kind::Nil => self.f.bool(false),
            Kind::Int | Kind::Double | Kind::Object | Kind::Tuple | Kind::Closure => self.f.bool(true),
            Kind::Bool => {
                let word = self.word(register);
                let yes = self.f.i64(self.layout.yes as i64);
                self.f.equal(word, yes)
            }
            Kind::Any => {
                let word = self.word(register);
                // Nil is zero, false the one other word with this bit alone.
                let mask = self.f.i64(!(self.layout.no as i64));
                let rest = self.f.and(word, mask);
                let none = self.f.i64(0);
                self.f.not_equal(rest, none)
            }
        }
    }

    pub(super) fn compare(&mut self, comparison: Comparison, to: u16, left: u16, right: u16) {
        let holds = self.holds(comparison, left, Right::Register(right));
        let (yes, no) = (self.f.i64(self.layout.yes as i64), self.f.i64(self.layout.no as i64));
        let word = self.f.select(holds, yes, no);
        self.set(to, word, Fact::word(Kind::Bool));
    }

    /// Returns whether a comparison holds.
    pub(super) fn holds(&mut self, comparison: Comparison, left: u16, right: Right) -> Val {
        let right_fact = match right {
            Right::Register(register) => self.fact(register),
            Right::Small(small) => Fact::constant((i64::from(small) << 1 | 1) as u64, Seen::INT),
        };
        let left_fact = self.fact(left);
        match self.operands(left_fact, right_fact) {
            Operands::Ints => {
                let a = self.int(left);
                let b = match right {
                    Right::Register(register) => self.int(register),
                    Right::Small(small) => self.f.i64(i64::from(small) << 1 | 1),
                };
                self.compared(comparison, a, b)
            }
            Operands::Numbers => {
                let a = self.real(left);
                let b = match right {
                    Right::Register(register) => self.real(register),
                    Right::Small(small) => self.f.f64(small.into()),
                };
                self.compared(comparison, a, b)
            }
            Operands::Unknown => {
                let a = self.word(left);
                let b = match right {
                    Right::Register(register) => self.word(register),
                    Right::Small(small) => self.f.i64(i64::from(small) << 1 | 1),
                };
                let is_itself = |fact: Fact| matches!(fact.kind, Kind::Nil | Kind::Bool | Kind::Object);
                if matches!(comparison, Comparison::Equal | Comparison::NotEqual)
                    && (is_itself(left_fact) || is_itself(right_fact))
                {
                    return self.compared(comparison, a, b);
                }
                let above = self.note_frames(self.context, self.at);
                let number = self.f.i64(comparison as i64);
                let word = self.helper("rps_compare", &[above, number, a, b]);
                self.test_done(word);
                self.state.forget();
                let yes = self.f.i64(self.layout.yes as i64);
                self.f.equal(word, yes)
            }
        }
    }

    fn compared(&mut self, comparison: Comparison, a: Val, b: Val) -> Val {
        match comparison {
            Comparison::Equal => self.f.equal(a, b),
            Comparison::NotEqual => self.f.not_equal(a, b),
            Comparison::Less => self.f.less(a, b),
            Comparison::LessEqual => self.f.less_equal(a, b),
            Comparison::Greater => self.f.greater(a, b),
            Comparison::GreaterEqual => self.f.greater_equal(a, b),
        }
    }
}

/// The right operand of a comparison.
#[derive(Clone, Copy)]
pub(super) enum Right {
    Register(u16),
    Small(i16),
}
