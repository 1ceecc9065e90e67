//! Arithmetic and comparisons, on numbers of any kind.

use rps_jit_ir::Val;
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
            Operands::Ints => self.integers(operation, to, (left, Right::Register(right))),
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

    pub(super) fn operated(&mut self, operation: u8, a: Val, b: Val) -> Val {
        let above = self.note_frames(self.context, self.at);
        let operation = self.f.i64(operation.into());
        let word = self.helper("rps_operate", &[above, operation, a, b]);
        self.test_done(word);
        word
    }

    /// Lets the runtime compute.
    pub(super) fn operate(&mut self, operation: u8, to: u16, a: Val, b: Val) {
        let word = self.operated(operation, a, b);
        self.state.forget();
        self.set_seen(to, word);
    }

    pub(super) fn add_small(&mut self, to: u16, left: u16, small: i16) {
        let added = Fact::constant((i64::from(small) << 1 | 1) as u64, Seen::INT);
        match self.operands(self.fact(left), added) {
            Operands::Ints => self.integers(0, to, (left, Right::Small(small))),
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
            Operands::Ints if !self.is_generic() => self.negate_int(to, from),
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
            Operands::Ints => self.holds_of_integers(comparison, left, right),
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

    pub(super) fn compared(&mut self, comparison: Comparison, a: Val, b: Val) -> Val {
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
