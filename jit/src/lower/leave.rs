//! Leaving: exits to the interpreter, errors, and the frames that others see.

use rps_jit_ir::{Expect, Label, Local, Type, Val};
use rps_runtime::code::Instruction;
use rps_runtime::code::machine::{Exit, ExitFrame, ExitKind};

use super::state::State;
use super::{FIELDS, FRAMES, Lowerer, SIGNALS};

/// At so many turns of an innermost loop is one poll: a power of two.
pub(super) const SELDOM: i64 = 64;

/// An exit whose code is to be made.
pub(super) struct Leaving {
    /// The code that all causes share.
    label: Label,
    state: State,
    context: usize,
    at: usize,
    why: Why,
    /// Where each cause comes from, with the number of its exit, once that is known.
    causes: Vec<(Label, &'static str)>,
    /// The number of the cause that the code was left for.
    cause: Local,
}

/// The code that the exits of the frames within a call share: it writes the frames around them.
pub(super) struct Around {
    /// The context and the instruction of the call.
    place: (usize, usize),
    /// The registers that the interpreter needs.
    live: Vec<usize>,
    state: State,
    label: Label,
    /// The number of the exit.
    number: Local,
}

/// Why the code is left.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Why {
    /// A test failed, or nothing is known: the interpreter does the instruction.
    Exit(ExitKind),
    /// A call came to nothing: handlers are looked for.
    Error,
}

/// A call: where it is.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct SiteKey {
    pub(super) context: usize,
    pub(super) at: usize,
    pub(super) has_home: bool,
}

impl Lowerer<'_> {
    /// Goes on only if a condition holds, and leaves to the interpreter otherwise.
    pub(super) fn test(&mut self, condition: Val, cause: &'static str) {
        self.fail_at_random();
        let label = self.leaving(Why::Exit(ExitKind::Failed), cause);
        let next = self.f.label();
        self.f.branch(condition, next, label, Expect::Yes);
        self.f.place(next);
    }

    /// Goes on only if a condition holds, and leaves to the interpreter otherwise, which is no failure.
    fn test_quietly(&mut self, condition: Val, cause: &'static str) {
        self.fail_at_random();
        let label = self.leaving(Why::Exit(ExitKind::Quiet), cause);
        let next = self.f.label();
        self.f.branch(condition, next, label, Expect::Yes);
        self.f.place(next);
    }

    /// Counts a call or a turn of a loop, in code of the first stage; the hottest is left, to be made better.
    pub(super) fn count(&mut self) {
        if self.snapshot.stage > 1 {
            return;
        }
        let (one, none) = (self.f.i32(1), self.f.i32(0));
        let left = self.f.load(Type::I32, self.own, self.layout.machine_left, FIELDS);
        let left = self.f.subtract(left, one);
        self.f.store(self.own, self.layout.machine_left, left, FIELDS);
        let is_cool = self.f.greater_equal(left, none);
        let label = self.leaving(Why::Exit(ExitKind::Hot), "hot");
        let next = self.f.label();
        self.f.branch(is_cool, next, label, Expect::Yes);
        self.f.place(next);
    }

    /// Leaves to the interpreter, which raises.
    pub(super) fn leave_here(&mut self, cause: &'static str) {
        let label = self.leaving(Why::Exit(ExitKind::Quiet), cause);
        self.f.jump(label);
    }

    /// Leaves to the interpreter, since what was seen here can not be.
    pub(super) fn leave_failed(&mut self, cause: &'static str) {
        let label = self.leaving(Why::Exit(ExitKind::Failed), cause);
        self.f.jump(label);
    }

    /// Leaves to the interpreter, which does what was never done before.
    pub(super) fn leave_unseen(&mut self) {
        let label = self.leaving(Why::Exit(ExitKind::Unseen), "never run");
        self.f.jump(label);
    }

    /// Returns where the code goes on when a call gave the absent mark, whose reason is noted already.
    fn error_label(&mut self) -> Label {
        self.leaving(Why::Error, "error")
    }

    pub(super) fn leaving(&mut self, why: Why, cause: &'static str) -> Label {
        let (context, at) = (self.context, self.at);
        // The tests of an instruction often leave with the same values.
        let is_same = |last: &&mut Leaving| {
            (last.context, last.at, last.why) == (context, at, why) && last.state.has_same_values(&self.state)
        };
        if let Some(last) = self.leaving.iter_mut().rev().take(4).find(is_same) {
            if let Some((label, _)) = last.causes.iter().find(|(_, own)| *own == cause) {
                return *label;
            }
            let label = self.f.label();
            last.causes.push((label, cause));
            return label;
        }
        let (label, own, number) = (self.f.label(), self.f.label(), self.f.local(Type::I64));
        let causes = vec![(own, cause)];
        let state = self.state.clone();
        self.leaving.push(Leaving { label, state, context, at, why, causes, cause: number });
        own
    }

    /// Makes the code of all exits.
    pub(super) fn make_exits(&mut self) {
        self.unmade.count_anew();
        let mut number = 0;
        while number < self.leaving.len() {
            let leaving = &self.leaving[number];
            let (label, context, at, why) = (leaving.label, leaving.context, leaving.at, leaving.why);
            let (causes, cause) = (leaving.causes.clone(), leaving.cause);
            self.state = leaving.state.clone();
            (self.context, self.at) = (context, at);
            if let [(own, _)] = causes[..] {
                self.f.place(own);
            } else {
                for (count, (own, _)) in causes.iter().enumerate() {
                    self.f.place(*own);
                    let exit = self.f.i64((self.exits.len() + count) as i64);
                    self.f.set(cause, exit);
                    self.f.jump(label);
                }
                self.f.place(label);
            }
            match why {
                Why::Exit(kind) => self.make_exit(&causes, cause, kind),
                Why::Error => self.make_error(),
            }
            number += 1;
        }
        self.make_shared_exits();
        let often = self.unmade.made_often();
        self.is_outdated |= !often.is_empty();
        self.unmade.must_be_made(&often);
    }

    fn make_exit(&mut self, causes: &[(Label, &'static str)], cause: Local, kind: ExitKind) {
        let live = self.contexts.live_registers(self.context, self.at);
        let first = self.note_exits(&live, causes, kind);
        let number = if causes.len() == 1 { self.f.i64(first as i64) } else { self.f.get(cause) };
        let caller = self.contexts.get(self.context).caller;
        if let Some((outer, at)) = caller.filter(|_| self.has_home().is_none()) {
            let base = self.contexts.get(self.context).base;
            let outside = self.contexts.live_behind(outer, at, base);
            // What is made on the way must be the same for all frames.
            if outside.iter().all(|&register| self.state.fact(register).unmade.is_none()) {
                let own: Vec<usize> = live.into_iter().filter(|&register| register >= base).collect();
                self.write_registers(&own);
                return self.leave_around(outer, at, outside, number);
            }
        }
        self.write_registers(&live);
        self.leave_by("rps_exit", number);
    }

    /// Writes the live registers of the frames around one that is written, and leaves: code that all exits of the inner frame
    /// share as long as the outer ones have the same values.
    fn leave_around(&mut self, context: usize, at: usize, live: Vec<usize>, number: Val) {
        let is_it = |around: &&Around| {
            around.place == (context, at)
                && around.live == live
                && live.iter().all(|&register| around.state.has_same_value(&self.state, register))
        };
        let known = self.around.iter().find(is_it).map(|around| (around.label, around.number));
        let (label, local) = known.unwrap_or_else(|| {
            let (label, local) = (self.f.label(), self.f.local(Type::I64));
            let state = self.state.clone();
            self.around.push(Around { place: (context, at), live, state, label, number: local });
            (label, local)
        });
        self.f.set(local, number);
        self.f.jump(label);
    }

    /// Makes the code that exits share.
    fn make_shared_exits(&mut self) {
        let mut next = 0;
        while next < self.around.len() {
            let around = &self.around[next];
            let (label, number, live) = (around.label, around.number, around.live.clone());
            self.state = around.state.clone();
            (self.context, self.at) = around.place;
            self.f.place(label);
            self.write_registers(&live);
            let number = self.f.get(number);
            self.leave_by("rps_exit", number);
            next += 1;
        }
    }

    /// Calls the helper that leaves the code at an exit.
    fn leave_by(&mut self, helper: &str, number: Val) {
        if let Some(home) = self.has_home() {
            let word = self.word_at(home);
            let depth = self.contexts.get(self.context).depth as i32;
            self.f.store(self.frames, self.layout.frame_bytes * depth + 16, word, FRAMES);
        }
        let own = self.f.convert(rps_jit_ir::Conversion::Bits, self.own, Type::I64);
        let frames = self.frames;
        let result = self.helper(helper, &[frames, own, number]);
        self.f.return_value(result);
    }

    fn make_error(&mut self) {
        let has_home = self.has_home();
        if let Some(live) = self.contexts.handled_registers(self.context, self.at) {
            let mut live = live;
            if let Some(home) = has_home {
                live.push(home);
                live.sort_unstable();
                live.dedup();
            }
            // What is not known is not read, either.
            live.retain(|&register| self.state.registers.get(register).is_some_and(Option::is_some));
            let number = self.write_frames(&live, &[(self.leaving[0].label, "error")], ExitKind::Quiet);
            let number = self.f.i64(number as i64);
            self.leave_by("rps_unwind", number);
        } else if let Some(home) = has_home {
            let word = self.word_at(home);
            let result = self.helper("rps_home", &[word]);
            self.f.return_value(result);
        } else {
            let absent = self.f.i64(self.layout.absent as i64);
            self.f.return_value(absent);
        }
    }

    /// Writes registers where the interpreter's frame will be, and returns the number of the exit of the first cause.
    fn write_frames(&mut self, live: &[usize], causes: &[(Label, &'static str)], kind: ExitKind) -> usize {
        self.write_registers(live);
        self.note_exits(live, causes, kind)
    }

    fn write_registers(&mut self, live: &[usize]) {
        let words: Vec<(usize, Val)> =
            live.iter().map(|&register| (register, self.word_at(register))).collect();
        let top = self.top();
        for &(register, word) in &words {
            self.f.store(top, 8 * register as i32, word, FRAMES);
        }
    }

    fn note_exits(&mut self, live: &[usize], causes: &[(Label, &'static str)], kind: ExitKind) -> usize {
        let chain = self.contexts.chain(self.context, self.at);
        let frames = chain.iter().map(|&(own, at)| ExitFrame {
            unit: self.contexts.unit(own).address,
            at: at as u16,
            base: self.contexts.get(own).base as u16,
        });
        let frames: Vec<ExitFrame> = frames.collect();
        let registers = live.last().map_or(0, |&last| last as u16 + 1);
        let site = self.site(self.context, self.at) as u32;
        let depth = self.contexts.get(self.context).depth as u32;
        let first = self.exits.len();
        for &(_, cause) in causes {
            self.exits.push(Exit { frames: frames.clone(), registers, site, depth, cause, kind });
        }
        first
    }

    /// Returns the number of the place where the code is, for its frames.
    fn site(&mut self, context: usize, at: usize) -> usize {
        let key = SiteKey { context, at, has_home: self.has_home().is_some() };
        self.sites.iter().rposition(|own| *own == key).unwrap_or_else(|| {
            self.sites.push(key);
            self.sites.len() - 1
        })
    }

    /// Returns the address of the first register that no frame has.
    pub(super) fn top(&mut self) -> Val {
        let place = self.thread_word(self.layout.context_top);
        self.f.load(Type::Ptr, place, 0, FRAMES)
    }

    /// Returns the register that has the number by which closures return from the function, if it has been made.
    pub(super) fn has_home(&self) -> Option<usize> {
        let Some(&Instruction::MakeHome { to }) = self.snapshot.units[0].instructions.first() else {
            return None;
        };
        let is_made = !(self.context == 0 && self.at == 0);
        is_made.then_some(usize::from(to))
    }

    /// Writes the frame of the code, so that others see where it is, and returns the end of the frames.
    pub(super) fn note_frames(&mut self, context: usize, at: usize) -> Val {
        let home = self.has_home();
        let number = self.site(context, at);
        let bytes = self.layout.frame_bytes;
        let depth = self.contexts.get(context).depth as i32;
        self.f.store(self.frames, bytes * depth, self.own, FRAMES);
        let site = self.f.i64(2 * number as i64 + 1);
        self.f.store(self.frames, bytes * depth + 8, site, FRAMES);
        if let Some(home) = home {
            let word = self.word_at(home);
            self.f.store(self.frames, bytes * depth + 16, word, FRAMES);
        }
        let none = self.f.i64(0);
        self.f.offset(self.frames, none, 1, bytes * (depth + 1))
    }

    /// Calls a helper with the thread and other arguments.
    pub(super) fn helper(&mut self, name: &str, arguments: &[Val]) -> Val {
        let symbol = self.symbols.helper(name);
        let mut all = vec![self.thread];
        all.extend(arguments);
        self.f.call(&symbol, &all)
    }

    /// Goes on unless a word is the absent mark: then what a call noted is what happens.
    pub(super) fn test_error(&mut self, word: Val) {
        let label = self.error_label();
        let next = self.f.label();
        let absent = self.f.i64(self.layout.absent as i64);
        let is_absent = self.f.equal(word, absent);
        self.f.branch(is_absent, label, next, Expect::No);
        self.f.place(next);
    }

    /// Goes on unless a word is the absent mark: then the interpreter does the instruction, which fails.
    pub(super) fn test_done(&mut self, word: Val) {
        let label = self.leaving(Why::Exit(ExitKind::Quiet), "error");
        let next = self.f.label();
        let absent = self.f.i64(self.layout.absent as i64);
        let is_absent = self.f.equal(word, absent);
        self.f.branch(is_absent, label, next, Expect::No);
        self.f.place(next);
    }

    /// Leaves at the beginning where there is no room for the frames, or for those of the system.
    pub(super) fn check_room(&mut self, depth: usize) {
        let bits = rps_jit_ir::Conversion::Bits;
        let none = self.f.i64(0);
        let last = self.f.offset(self.frames, none, 1, self.layout.frame_bytes * depth as i32);
        let last = self.f.convert(bits, last, Type::I64);
        let limit = self.thread_word(self.layout.context_last_frame);
        let limit = self.f.convert(bits, limit, Type::I64);
        let fits = self.f.less_equal_unsigned(last, limit);
        self.test_quietly(fits, "depth");
        let stack = self.f.stack_address();
        let stack = self.f.convert(bits, stack, Type::I64);
        let limit = self.thread_word(self.layout.context_native_limit);
        let limit = self.f.convert(bits, limit, Type::I64);
        let fits = self.f.greater_equal_unsigned(stack, limit);
        self.test_quietly(fits, "depth");
    }

    /// Makes sure that the definitions are those that the code is made for.
    pub(super) fn check_valid(&mut self) {
        if self.state.is_valid {
            return;
        }
        let epoch = self.thread_word(self.layout.context_epoch);
        let epoch = self.f.load(Type::I64, epoch, 0, SIGNALS);
        let own = self.f.load(Type::I64, self.own, self.layout.machine_valid, FIELDS);
        let is_valid = self.f.equal(epoch, own);
        self.test_quietly(is_valid, "definition");
        self.state.is_valid = true;
    }

    /// Leaves at a turn of a loop when others want something: the interpreter meets it. So nothing that is known in the loop
    /// is forgotten, but that the definitions may be others.
    pub(super) fn poll(&mut self) {
        self.count();
        self.check_quiet();
        self.state.is_valid = false;
    }

    /// Returns whether the loop that begins at an instruction and ends here polls at some of its turns only. In the best code
    /// innermost loops do, as a turn of them is short: what takes long waits for others itself. All around them poll at every
    /// turn, as one that has few may not poll at all.
    pub(super) fn polls_seldom(&self, start: u16) -> bool {
        !self.is_soon() && !self.contexts.has_loop(self.context, start.into(), self.at)
    }

    /// As [`Lowerer::poll`], where that is seldom: definitions that are known to be those that the code is made for still are
    /// so behind it, as it asks.
    pub(super) fn poll_seldom(&mut self) {
        let is_valid = self.state.is_valid;
        self.poll();
        if is_valid {
            self.check_valid();
        }
    }

    /// As [`Lowerer::poll`], at a turn of a loop that the word of an integer counts: at each [`SELDOM`]th, if it may be so few.
    pub(super) fn poll_at(&mut self, turn: Val, start: u16) {
        if !self.polls_seldom(start) {
            return self.poll();
        }
        let (mask, none) = (self.f.i64((SELDOM - 1) << 1), self.f.i64(0));
        let rest = self.f.and(turn, mask);
        let is_time = self.f.equal(rest, none);
        let (poll, next) = (self.f.label(), self.f.label());
        self.f.branch(is_time, poll, next, Expect::No);
        self.f.place(poll);
        self.poll_seldom();
        self.f.jump(next);
        self.f.place(next);
    }

    /// Leaves when others want something.
    pub(super) fn check_quiet(&mut self) {
        let signals = self.thread_word(self.layout.context_signals);
        let signals = self.f.load(Type::I32, signals, 0, SIGNALS);
        let none = self.f.i32(0);
        let is_quiet = self.f.equal(signals, none);
        self.test_quietly(is_quiet, "signal");
    }
}
