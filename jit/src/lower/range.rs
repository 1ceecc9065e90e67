//! Loops over ranges.
//!
//! An innermost loop polls at some of its turns only. It does not count them: it goes on to the next poll, or to its end if that
//! comes before, with one comparison a turn, and looks there which it is. LLVM makes two loops of this, one in the other
//! (strip-mining, as in Allen and Kennedy, "Optimizing Compilers for Modern Architectures", 2001).

use rps_jit_ir::{Expect, Local, Type, Val};
use rps_runtime::code::Instruction;
use rps_runtime::code::machine::{Entrance, Seen};

use super::Lowerer;
use super::leave::SELDOM;
use super::state::{Fact, Kind};

impl Lowerer<'_> {
    /// Lets the loops that the code is entered in look at once whether it is time to poll.
    pub(super) fn begin_ranges(&mut self) {
        let Entrance::Loop(start) = self.snapshot.entrance else { return };
        for (at, &instruction) in self.unit().instructions.iter().enumerate() {
            if let Instruction::RangeNext { first, target, .. } = instruction
                && (usize::from(target)..=at).contains(&usize::from(start))
            {
                let stop = self.stop_local(first);
                let at_once = self.f.i64(i64::MIN);
                self.f.set(stop, at_once);
            }
        }
    }

    /// Returns the local that holds the word of the integer before which a loop neither polls nor ends.
    fn stop_local(&mut self, first: u16) -> Local {
        let number = self.register(first);
        *self.stops.entry(number).or_insert_with(|| self.f.local(Type::I64))
    }

    /// Lets a loop go on from an integer to the next poll, or to its end. Where the former is too large for a word, it polls at
    /// every turn.
    fn set_stop(&mut self, first: u16, current: Val, end: Val) {
        let turns = self.f.i64(SELDOM << 1);
        let poll = self.f.add(current, turns);
        let is_before = self.f.less(poll, end);
        let stop = self.f.select(is_before, poll, end);
        let local = self.stop_local(first);
        self.f.set(local, stop);
    }

    pub(super) fn range_start(&mut self, first: u16, to: u16, target: u16) {
        let (start, end) = (self.int(first), self.int(first + 1));
        let is_natural = self.fact(first).is_natural;
        let is_some = self.f.less(start, end);
        let (go, next) = (self.f.label(), self.f.label());
        self.f.branch(is_some, next, go, Expect::Yes);
        self.f.place(go);
        let before = self.state.clone();
        self.set_constant(to, self.layout.nil, Seen::NIL);
        let key = self.key(target);
        self.go(key);
        self.f.place(next);
        self.state = before;
        if !self.is_soon() {
            self.set_stop(first, start, end);
        }
        self.begin_turn(first, to, start, is_natural);
    }

    pub(super) fn range_next(&mut self, first: u16, to: u16, target: u16) {
        let (current, end) = (self.int(first), self.int(first + 1));
        let is_natural = self.fact(first).is_natural;
        let before = self.state.clone();
        let (go, next) = (self.f.label(), self.f.label());
        if self.polls_seldom(target) {
            let (look, poll) = (self.f.label(), self.f.label());
            let stop = self.stop_local(first);
            let stop = self.f.get(stop);
            let is_before = self.f.less(current, stop);
            self.f.branch(is_before, go, look, Expect::Yes);
            self.f.place(look);
            let is_some = self.f.less(current, end);
            self.f.branch(is_some, poll, next, Expect::Unknown);
            self.f.place(poll);
            self.poll_seldom();
            self.set_stop(first, current, end);
            self.f.jump(go);
            self.f.place(go);
            self.suppose_before(current, end);
        } else {
            let is_some = self.f.less(current, end);
            self.f.branch(is_some, go, next, Expect::Yes);
            self.f.place(go);
            self.poll();
        }
        self.begin_turn(first, to, current, is_natural);
        let key = self.key(target);
        self.go(key);
        self.f.place(next);
        self.state = before;
    }

    /// Tells LLVM what it does not see by itself: a stop is never behind the end. So what was tested of all numbers before the end
    /// need not be tested again.
    fn suppose_before(&mut self, current: Val, end: Val) {
        let (yes, never) = (self.f.label(), self.f.label());
        let is_before = self.f.less(current, end);
        self.f.branch(is_before, yes, never, Expect::Yes);
        self.f.place(never);
        self.f.unreachable();
        self.f.place(yes);
    }

    /// Sets what a turn begins with: its number, and the next.
    fn begin_turn(&mut self, first: u16, to: u16, current: Val, is_natural: bool) {
        let two = self.f.i64(2);
        let following = self.f.add(current, two);
        self.set(first, following, Fact { is_natural, ..Fact::word(Kind::Int) });
        self.set(to, current, Fact { is_natural, ..Fact::word(Kind::Int) });
    }
}
