//! Sends and calls: put into the function, made directly, or left to the runtime.

use rps_jit_ir::{Conversion, Expect, Signature, Type, Val};
use rps_runtime::code::machine::{Assumption, CallSeen, NativeSeen, Seen, Target};
use rps_runtime::send::Intrinsic;

use super::state::{Fact, Kind};
use super::{FIELDS, FIXED, FRAMES, Lowerer};

/// Returns how many values the closures of a function have.
fn captured(target: &Target) -> u16 {
    match target {
        Target::Code { captured, .. } => *captured,
        Target::Native(_) => 0,
    }
}

/// How many classes of receivers a send tells apart.
const MAX_CLASSES: usize = 4;

impl Lowerer<'_> {
    pub(super) fn send(&mut self, count: u8, first: u16, site: u16) {
        let seen = self.unit().sends[usize::from(site)].clone();
        let fits = |target: &Target| match target {
            Target::Code { parameters, .. } => *parameters == count,
            Target::Native(native) => native.arity == count || native.arity == rps_runtime::send::Native::ANY,
        };
        let classes: Vec<(u64, Target)> =
            seen.classes.into_iter().filter(|(_, target)| fits(target)).collect();
        if classes.is_empty() || classes.len() > MAX_CLASSES {
            if self.is_generic() || self.is_soon() || classes.len() > MAX_CLASSES {
                self.send_slowly(count, first, site);
            } else {
                self.leave_unseen();
            }
            return;
        }
        // Each receiver of another class makes the code be made anew, until the place knows as many classes as it can.
        if self.is_generic() && classes.len() == MAX_CLASSES && self.unmade_class(first).is_none() {
            return self.send_slowly(count, first, site);
        }
        self.check_valid();
        for (class, target) in &classes {
            let (class, selector) = (*class, seen.selector);
            self.assume(match target {
                Target::Code { address, .. } => Assumption::Method { class, selector, unit: *address },
                Target::Native(native) => {
                    Assumption::NativeMethod { class, selector, native: native.address }
                }
            });
        }
        if let [(class, target)] = &classes[..]
            && (!self.has_failed()
                || !matches!(self.fact(first).kind, Kind::Any | Kind::Object)
                || self.is_basic(*class))
        {
            if self.is_of_class(first, *class) {
                self.run_target(count, first, target);
            } else {
                self.leave_failed("class");
            }
            return;
        }
        self.send_to_one_of(count, first, site, &classes);
    }

    /// Makes sure that a receiver is of a class; returns whether it can be.
    fn is_of_class(&mut self, register: u16, class: u64) -> bool {
        let basic = self.snapshot.basic.iter().find(|(_, own)| *own == class).map(|(kind, _)| *kind);
        match basic {
            None => {
                if !matches!(self.fact(register).kind, Kind::Any | Kind::Object) {
                    return false;
                }
                self.check_class(register, class);
            }
            Some(Seen::INT) => {
                self.int(register);
            }
            Some(Seen::DOUBLE) => {
                if self.fact(register).kind == Kind::Int {
                    return false;
                }
                self.learn(register, |fact| {
                    if fact.kind == Kind::Any {
                        fact.expected = Seen::DOUBLE;
                    }
                });
                self.real(register);
            }
            Some(kind) => {
                let word = self.word(register);
                match kind {
                    Seen::TUPLE if self.fact(register).kind != Kind::Tuple => {
                        self.test_kind(word, self.layout.kind_tuple, "tuple");
                        self.learn(register, |fact| fact.kind = Kind::Tuple);
                    }
                    Seen::CLOSURE if self.fact(register).kind != Kind::Closure => {
                        self.test_kind(word, self.layout.kind_closure, "closure");
                        self.learn(register, |fact| fact.kind = Kind::Closure);
                    }
                    Seen::NIL => {
                        let nil = self.f.i64(self.layout.nil as i64);
                        let is_nil = self.f.equal(word, nil);
                        self.test(is_nil, "class");
                    }
                    Seen::BOOL if self.fact(register).kind != Kind::Bool => {
                        let (yes, no) =
                            (self.f.i64(self.layout.yes as i64), self.f.i64(self.layout.no as i64));
                        let (is_yes, is_no) = (self.f.equal(word, yes), self.f.equal(word, no));
                        let is_bool = self.f.or(is_yes, is_no);
                        self.test(is_bool, "class");
                        self.learn(register, |fact| fact.kind = Kind::Bool);
                    }
                    _ => {}
                }
            }
        }
        true
    }

    /// Sends to receivers of several classes of objects; where others were seen, the runtime does it.
    fn send_to_one_of(&mut self, count: u8, first: u16, site: u16, classes: &[(u64, Target)]) {
        if classes.iter().any(|(class, _)| self.is_basic(*class)) {
            return self.send_slowly(count, first, site);
        }
        let address = self.object(first);
        let own = self.f.load(Type::I64, address, self.layout.object.class, FIELDS);
        let key = (self.context, self.at + 1);
        let before = self.state.clone();
        for (number, (class, target)) in classes.iter().enumerate() {
            self.state = before.clone();
            let wanted = self.constant(*class);
            let is_it = self.f.equal(own, wanted);
            let (yes, next) = (self.f.label(), self.f.label());
            let expect = if number == 0 { Expect::Unknown } else { Expect::Yes };
            self.f.branch(is_it, yes, next, expect);
            self.f.place(yes);
            self.learn(first, |fact| fact.class = Some(*class));
            self.run_target(count, first, target);
            if !self.f.is_ended() {
                self.go(key);
            }
            self.f.place(next);
        }
        // Others come as well, it seems: the runtime sends, and learns.
        self.state = before;
        self.send_slowly(count, first, site);
    }

    fn is_basic(&self, class: u64) -> bool {
        self.snapshot.basic.iter().any(|(_, own)| *own == class)
    }

    /// Runs what a send or call leads to.
    fn run_target(&mut self, count: u8, first: u16, target: &Target) {
        match target {
            Target::Code { address, unit, .. } => self.run_unit(count, first, *address, *unit),
            Target::Native(native) => self.run_native(count, first, native, 0),
        }
    }

    fn run_unit(&mut self, count: u8, first: u16, address: u64, unit: Option<usize>) {
        if let Some(unit) = unit
            && let Some(inner) =
                self.contexts.inner(self.context, self.at, first, unit, self.gives_closure(count, first))
        {
            // The registers are where the inner frame expects them.
            let seen = &self.contexts.unit(inner).arguments;
            for number in 0..=u16::from(count) {
                let seen = seen.get(usize::from(number)).copied().unwrap_or_default();
                self.learn(first + number, |fact| {
                    if fact.kind == Kind::Any && fact.expected.is_empty() {
                        fact.expected = seen;
                    }
                });
            }
            return self.go((inner, 0));
        }
        let words: Vec<Val> = (0..=u16::from(count)).map(|number| self.word(first + number)).collect();
        let above = self.note_frames(self.context, self.at);
        let code = self.constant(address);
        let cell = self.f.convert(Conversion::Bits, code, Type::Ptr);
        let entry = self.f.load(Type::Ptr, cell, self.layout.code_entry, FIELDS);
        let result = self.f.local(Type::I64);
        let (direct, slow, end) = (self.f.label(), self.f.label(), self.f.label());
        let bits = self.f.convert(Conversion::Bits, entry, Type::I64);
        let none = self.f.i64(0);
        let is_there = self.f.not_equal(bits, none);
        self.f.branch(is_there, direct, slow, Expect::Yes);
        self.f.place(slow);
        self.write_row(&words);
        let value = self.helper("rps_code", &[above, code]);
        self.f.set(result, value);
        self.f.jump(end);
        self.f.place(direct);
        let mut parameters = vec![Type::Ptr, Type::Ptr];
        parameters.resize(words.len() + 2, Type::I64);
        let signature = Signature { parameters, result: Some(Type::I64) };
        let mut arguments = vec![self.thread, above];
        arguments.extend(&words);
        let value = self.f.call(rps_jit_ir::Target::Pointer(entry, &signature), &arguments);
        self.f.set(result, value);
        let left = self.f.label();
        let absent = self.f.i64(self.layout.absent as i64);
        let is_absent = self.f.equal(value, absent);
        self.f.branch(is_absent, left, end, Expect::No);
        self.f.place(left);
        let value = self.helper("rps_after", &[above]);
        self.f.set(result, value);
        self.f.jump(end);
        self.f.place(end);
        let word = self.f.get(result);
        self.test_error(word);
        self.state.forget();
        self.set_seen(first, word);
    }

    /// Returns whether an argument of a call is a closure that is not made yet: it need never be if the callee is put here.
    fn gives_closure(&self, count: u8, first: u16) -> bool {
        (0..=u16::from(count)).any(|number| self.fact(first + number).unmade.is_some())
    }

    /// Writes values where the runtime looks for them, and returns where that is.
    pub(super) fn write_row(&mut self, words: &[Val]) -> Val {
        let top = self.top();
        for (number, &word) in words.iter().enumerate() {
            self.f.store(top, 8 * number as i32, word, FRAMES);
        }
        top
    }

    fn run_native(&mut self, count: u8, first: u16, native: &NativeSeen, is_function: i64) {
        let is_done = match native.intrinsic {
            Some(Intrinsic::Direct(function)) => is_function == 1 && self.direct(first, function),
            Some(Intrinsic::Gated(function)) => {
                return self.call_gated(first, count, native, function, is_function == 1);
            }
            _ => is_function == 0 && self.intrinsic(first, native),
        };
        if is_done {
            return;
        }
        let words: Vec<Val> = (0..=u16::from(count)).map(|number| self.word(first + number)).collect();
        self.write_row(&words);
        let above = self.note_frames(self.context, self.at);
        let address = self.symbols.word(&mut self.generator, &mut self.f, native.address);
        let (count, is_function) = (self.f.i64(count.into()), self.f.i64(is_function));
        let word = self.helper("rps_native", &[above, address, count, is_function]);
        self.test_error(word);
        self.state.forget();
        self.set_seen(first, word);
    }

    /// Does the work of a native, where that is known.
    fn intrinsic(&mut self, first: u16, native: &NativeSeen) -> bool {
        let kind = self.fact(first).kind;
        match (native.intrinsic, kind) {
            (Some(Intrinsic::SquareRoot), Kind::Double | Kind::Int) => {
                let real = self.real(first);
                let root = self.f.square_root(real);
                self.set_number(first, root);
            }
            (Some(Intrinsic::AbsoluteDouble), Kind::Double) => {
                let real = self.real(first);
                let real = self.f.absolute(real);
                self.set_number(first, real);
            }
            (Some(Intrinsic::AbsoluteInt), Kind::Int) => {
                let word = self.int(first);
                let (two, none) = (self.f.i64(2), self.f.i64(0));
                let (other, overflow) = self.f.checked_subtract(two, word);
                let fits = self.f.not(overflow);
                self.test(fits, "overflow");
                let is_negative = self.f.less(word, none);
                let word = self.f.select(is_negative, other, word);
                self.set(first, word, Fact::word(Kind::Int));
            }
            (Some(Intrinsic::ToDouble), Kind::Int) => {
                let real = self.real(first);
                self.set_number(first, real);
            }
            (Some(Intrinsic::Length), Kind::Tuple) => {
                let word = self.word(first);
                let tuple = self.f.convert(Conversion::Bits, word, Type::Ptr);
                let len = self.fixed(Type::I64, tuple, self.layout.value.tuple_len);
                self.set_count(first, len);
            }
            (Some(Intrinsic::Length), Kind::Object) if !self.is_generic() => {
                let Some(vector) = self.layout.vector else { return false };
                let payload = self.vector(first, vector);
                let len = self.f.load(Type::I64, payload, vector.len, FIELDS);
                self.set_count(first, len);
            }
            (Some(Intrinsic::Xor), Kind::Int) => {
                let fact = self.fact(first + 1);
                let is_int = fact.kind == Kind::Int || fact.kind == Kind::Any && fact.expected == Seen::INT;
                if !is_int || self.is_generic() {
                    return false;
                }
                let (a, b) = (self.int(first), self.int(first + 1));
                let one = self.f.i64(1);
                let word = self.f.xor(a, b);
                let word = self.f.or(word, one);
                self.set(first, word, Fact::word(Kind::Int));
            }
            _ => return false,
        }
        true
    }

    /// Sets a register to a number of elements.
    fn set_count(&mut self, register: u16, count: Val) {
        let one = self.f.i64(1);
        let twice = self.f.shift_left(count, one);
        let word = self.f.or(twice, one);
        self.set(register, word, Fact::count());
    }

    pub(super) fn call(&mut self, count: u8, first: u16, site: u16) {
        let fits = |target: &Target| match target {
            Target::Code { parameters, .. } => *parameters == count,
            Target::Native(native) => native.arity == count || native.arity == rps_runtime::send::Native::ANY,
        };
        if self.call_unmade(count, first) {
            return;
        }
        let seen: Vec<CallSeen> = self.unit().calls[usize::from(site)].clone();
        if seen.is_empty() {
            if self.is_generic() || self.is_soon() {
                self.call_slowly(count, first, site);
            } else {
                self.leave_unseen();
            }
            return;
        }
        let is_known = self.fact(first).constant.is_some();
        let is_full = seen.len() == MAX_CLASSES && self.is_generic() && !is_known;
        if seen.iter().any(|seen| !fits(&seen.target)) || is_full {
            return self.call_slowly(count, first, site);
        }
        self.check_valid();
        for seen in &seen {
            let function = seen.function;
            self.assume(match &seen.target {
                Target::Code { address, .. } => Assumption::Function { function, unit: *address },
                Target::Native(native) => Assumption::NativeFunction { function, native: native.address },
            });
        }
        if let [seen] = &seen[..]
            && (!self.has_failed() || is_known)
        {
            let captured = captured(&seen.target);
            self.check_callee(first, seen.function, captured);
            return self.run_callee(count, first, &seen.target);
        }
        self.call_one_of(count, first, site, &seen[..]);
    }

    pub(super) fn run_callee(&mut self, count: u8, first: u16, target: &Target) {
        match target {
            Target::Code { address, unit, .. } => self.run_unit(count, first, *address, *unit),
            Target::Native(native) => self.run_native(count, first, native, 1),
        }
    }

    /// Calls one of several functions.
    fn call_one_of(&mut self, count: u8, first: u16, site: u16, seen: &[CallSeen]) {
        let is_closure = |seen: &CallSeen| captured(&seen.target) > 0;
        let word = self.word(first);
        let own = if seen.iter().all(is_closure) {
            self.closure(first);
            let closure = self.f.convert(Conversion::Bits, word, Type::Ptr);
            self.f.load(Type::I64, closure, self.layout.value.closure_function, FIXED)
        } else if seen.iter().any(is_closure) {
            return self.call_slowly(count, first, site);
        } else {
            word
        };
        let key = (self.context, self.at + 1);
        let before = self.state.clone();
        for seen in seen {
            self.state = before.clone();
            let wanted = self.constant(seen.function);
            let is_it = self.f.equal(own, wanted);
            let (yes, next) = (self.f.label(), self.f.label());
            self.f.branch(is_it, yes, next, Expect::Unknown);
            self.f.place(yes);
            if is_closure(seen) {
                self.check_captured(word, captured(&seen.target));
            }
            self.run_callee(count, first, &seen.target);
            if !self.f.is_ended() {
                self.go(key);
            }
            self.f.place(next);
        }
        self.state = before;
        self.call_slowly(count, first, site);
    }

    /// Makes sure that a register is a closure.
    fn closure(&mut self, register: u16) {
        if self.fact(register).kind != Kind::Closure {
            let word = self.word(register);
            self.test_kind(word, self.layout.kind_closure, "closure");
            self.learn(register, |fact| (fact.kind, fact.expected) = (Kind::Closure, Seen(0)));
        }
    }

    fn check_captured(&mut self, word: Val, captured: u16) {
        let closure = self.f.convert(Conversion::Bits, word, Type::Ptr);
        let len = self.f.load(Type::I64, closure, self.layout.value.closure_len, FIXED);
        let wanted = self.f.i64(captured.into());
        let is_so_long = self.f.equal(len, wanted);
        self.test(is_so_long, "captured values");
    }

    /// Makes sure that a value is a closure of a function with so many captured values, or the function itself.
    fn check_callee(&mut self, register: u16, function: u64, captured: u16) {
        if self.fact(register).constant == Some(function) && captured == 0 {
            return;
        }
        let word = self.word(register);
        let fact = self.fact(register);
        let is_object = fact.kind == Kind::Object || fact.expected == Seen::OBJECT;
        if captured == 0 && is_object {
            let wanted = self.constant(function);
            let is_it = self.f.equal(word, wanted);
            self.test(is_it, "function");
            return;
        }
        self.closure(register);
        let closure = self.f.convert(Conversion::Bits, word, Type::Ptr);
        let own = self.f.load(Type::I64, closure, self.layout.value.closure_function, FIXED);
        let wanted = self.constant(function);
        let is_it = self.f.equal(own, wanted);
        self.test(is_it, "function");
        self.check_captured(word, captured);
    }

    /// Sends from a method to what is above its class.
    pub(super) fn send_super(&mut self, count: u8, first: u16, site: u16) {
        let seen = &self.unit().sends[usize::from(site)];
        let selector = seen.selector;
        let [(method, Target::Code { address, unit, parameters, .. })] = seen.classes[..] else {
            return self.slowly(count, first, "rps_send", &[1], site);
        };
        if parameters != count {
            return self.slowly(count, first, "rps_send", &[1], site);
        }
        self.check_valid();
        self.assume(Assumption::SuperMethod { method, selector, unit: address });
        self.run_unit(count, first, address, unit);
    }

    fn send_slowly(&mut self, count: u8, first: u16, site: u16) {
        self.slowly(count, first, "rps_send", &[0], site);
    }

    fn call_slowly(&mut self, count: u8, first: u16, site: u16) {
        self.slowly(count, first, "rps_call", &[], site);
    }

    /// Lets the runtime send or call, by the cache of the instruction.
    fn slowly(&mut self, count: u8, first: u16, helper: &str, flags: &[i64], site: u16) {
        let words: Vec<Val> = (0..=u16::from(count)).map(|number| self.word(first + number)).collect();
        self.write_row(&words);
        let mut arguments = vec![self.note_frames(self.context, self.at), self.f.i64(count.into())];
        arguments.extend(flags.iter().map(|&flag| self.f.i64(flag)));
        arguments.push(self.constant(self.unit().address));
        arguments.push(self.f.i64(site.into()));
        let word = self.helper(helper, &arguments);
        self.test_error(word);
        self.state.forget();
        self.set_seen(first, word);
    }

    /// Returns a value to whoever called the unit.
    pub(super) fn give_back(&mut self, from: u16) {
        let number = self.register(from);
        match self.contexts.get(self.context).caller {
            None => {
                let word = self.word_at(number);
                self.f.return_value(word);
            }
            Some((caller, at)) => {
                let base = self.contexts.get(self.context).base;
                self.copy_at(base, number);
                // What the inner unit gave was seen where it was called.
                let seen = self.contexts.unit(caller).results[at];
                let mut fact = self.state.fact(base);
                if fact.kind == Kind::Any && fact.expected.is_empty() {
                    fact.expected = seen;
                    self.state.set(base, fact);
                }
                self.go((caller, at + 1));
            }
        }
    }
}
