//! Jumps and loops.

use rps_jit_ir::{Expect, Type, Val};
use rps_runtime::code::machine::Seen;
use rps_runtime::code::{Comparison, Instruction};

use super::arithmetic::Right;
use super::state::{Fact, Kind};
use super::{Key, Lowerer};

impl Lowerer<'_> {
    /// Makes a jump; returns whether the instruction is one.
    pub(super) fn branches(&mut self, instruction: Instruction) -> bool {
        use Instruction as I;
        match instruction {
            I::Jump { target } => {
                let key = self.key(target);
                self.go(key);
            }
            I::Loop { target } => {
                self.poll();
                let key = self.key(target);
                self.go(key);
            }
            I::JumpIfFalse { condition, target } => {
                let truth = self.truth(condition);
                self.jump_unless(truth, target);
            }
            I::JumpIfTrue { condition, target } => {
                let truth = self.truth(condition);
                let key = self.key(target);
                self.go_if(truth, key);
            }
            I::JumpIfNil { condition, target } => {
                let is_nil = self.is_nil(condition);
                let key = self.key(target);
                self.go_if(is_nil, key);
            }
            I::JumpUnlessNil { condition, target } => {
                let is_nil = self.is_nil(condition);
                self.jump_unless(is_nil, target);
            }
            I::JumpUnlessEqual { left, right, target } => {
                self.compare_jump(Comparison::Equal, left, Right::Register(right), target, false);
            }
            I::JumpIfEqual { left, right, target } => {
                self.compare_jump(Comparison::Equal, left, Right::Register(right), target, true);
            }
            I::JumpUnlessLess { left, right, target } => {
                self.compare_jump(Comparison::Less, left, Right::Register(right), target, false);
            }
            I::JumpUnlessLessEqual { left, right, target } => {
                self.compare_jump(Comparison::LessEqual, left, Right::Register(right), target, false);
            }
            I::JumpUnlessGreater { left, right, target } => {
                self.compare_jump(Comparison::Greater, left, Right::Register(right), target, false);
            }
            I::JumpUnlessGreaterEqual { left, right, target } => {
                self.compare_jump(Comparison::GreaterEqual, left, Right::Register(right), target, false);
            }
            I::JumpUnlessEqualSmall { left, small, target } => {
                self.compare_jump(Comparison::Equal, left, Right::Small(small), target, false);
            }
            I::JumpIfEqualSmall { left, small, target } => {
                self.compare_jump(Comparison::Equal, left, Right::Small(small), target, true);
            }
            I::JumpUnlessLessSmall { left, small, target } => {
                self.compare_jump(Comparison::Less, left, Right::Small(small), target, false);
            }
            I::JumpUnlessLessEqualSmall { left, small, target } => {
                self.compare_jump(Comparison::LessEqual, left, Right::Small(small), target, false);
            }
            I::JumpUnlessGreaterSmall { left, small, target } => {
                self.compare_jump(Comparison::Greater, left, Right::Small(small), target, false);
            }
            I::JumpUnlessGreaterEqualSmall { left, small, target } => {
                self.compare_jump(Comparison::GreaterEqual, left, Right::Small(small), target, false);
            }
            I::RangeStart { first, to, target } => self.range_start(first, to, target),
            I::RangeNext { first, to, target } => self.range_next(first, to, target),
            I::EachNext { first, to, target } => return self.each_next(first, to, target),
            _ => return false,
        }
        true
    }

    /// Returns the block of an instruction of the context.
    pub(super) fn key(&self, target: u16) -> Key {
        (self.context, usize::from(target))
    }

    fn jump_unless(&mut self, truth: Val, target: u16) {
        let (go, next) = (self.f.label(), self.f.label());
        self.f.branch(truth, next, go, Expect::Unknown);
        self.f.place(go);
        let key = self.key(target);
        self.go(key);
        self.f.place(next);
    }

    fn is_nil(&mut self, register: u16) -> Val {
        match self.fact(register).kind {
            Kind::Nil => self.f.bool(true),
            Kind::Any => {
                let word = self.word(register);
                let nil = self.f.i64(self.layout.nil as i64);
                self.f.equal(word, nil)
            }
            _ => self.f.bool(false),
        }
    }

    fn compare_jump(&mut self, comparison: Comparison, left: u16, right: Right, target: u16, sense: bool) {
        let holds = self.holds(comparison, left, right);
        if sense {
            let key = self.key(target);
            self.go_if(holds, key);
        } else {
            self.jump_unless(holds, target);
        }
    }

    /// Goes to the next element of a tuple or a vector; returns whether it is one as far as is known.
    fn each_next(&mut self, first: u16, to: u16, target: u16) -> bool {
        let (state, index) = (self.fact(first), self.fact(first + 1));
        if self.is_generic() || !self.is_index(index) {
            return false;
        }
        let at = if Self::is_tuple(state) {
            self.tuple_at(first, first + 1)
        } else if self.is_object(state) && self.layout.vector.is_some() {
            match self.vector_at(first, first + 1) {
                Some(at) => at,
                None => return false,
            }
        } else {
            return false;
        };
        let (go, next) = (self.f.label(), self.f.label());
        self.f.branch(at.is_within, go, next, Expect::Yes);
        self.f.place(go);
        let before = self.state.clone();
        let index = self.word(first + 1);
        self.poll_at(index, target);
        let memory = if at.is_fixed { super::FIXED } else { super::ELEMENTS };
        let values = self.element_values(&at);
        let word = self.f.load(Type::I64, values, 0, memory);
        let two = self.f.i64(2);
        let following = self.f.add(index, two);
        let is_natural = self.fact(first + 1).is_natural;
        self.set(first + 1, following, Fact { is_natural, ..Fact::word(Kind::Int) });
        self.set_seen(to, word);
        let key = self.key(target);
        self.go(key);
        self.f.place(next);
        self.state = before;
        self.set_constant(to, self.layout.nil, Seen::NIL);
        true
    }
}
