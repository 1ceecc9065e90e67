//! The interpreter: one loop over verified instructions.
//!
//! A call of a function in the language stays in the loop: it moves the registers up and goes on with other code. Only
//! natives, and what they call in turn, take native stack. What is rare lies in functions of its own, in [`super::call`],
//! [`super::iterate`], [`super::operate`] and [`super::access`]; errors end the inner loop and are handled behind it.

use super::call::Called;
use super::execute::{End, PROFILED, STEP, State, note_arguments, note_result};
use super::instruction::{Comparison, Instruction};
use super::machine::{Outcome, Warm, call_machine};
use super::number_path as fast;
use super::stack::{CallStack, Frame};
use super::unit::CodeRef;
use super::{call, define, iterate, operate, unwind};
use crate::error::RuntimeError;
use crate::object::ObjectRef;
use crate::runtime::Mutator;
use crate::value::number::Operation;
use crate::value::{ClosureRef, SetRef, TupleRef, Value};

/// Evaluates to a value, or ends the inner loop with the error.
macro_rules! check {
    ($result:expr, $run:lifetime) => {
        match $result {
            Ok(value) => value,
            Err(error) => break $run error,
        }
    };
}

/// The loop. The frame above `base` is one that Rust called.
#[expect(
    clippy::too_many_lines,
    reason = "one arm for each instruction, and one loop for the processor to learn"
)]
pub(super) fn run<const MODE: u8>(m: &Mutator<'_>, stack: &CallStack, state: State, base: usize) -> End {
    use Instruction as I;
    let runtime = m.runtime();
    let State { mut code, mut next, mut registers } = state;
    let mut unit = code.cells();

    // SAFETY: code was verified (see `verify`): every register, constant, cache and target is one that it has, so that
    // `registers` and `next` stay inside the frame and the code; a register is read only after it was written, so that it
    // holds a value that the stack has kept alive since; `code` stays alive while it runs, because the frame of its caller
    // or the native stack refers to it; and the closure in register 0 has as many captured values as its code says, which
    // calls check. `stack` has room for every frame, which calls check too.
    unsafe {
        macro_rules! get {
            ($register:expr) => {
                *registers.add(usize::from($register))
            };
        }
        macro_rules! set {
            ($register:expr, $value:expr) => {{
                let value: Value = $value;
                if MODE == PROFILED {
                    note_result(code, next, value);
                }
                *registers.add(usize::from($register)) = value;
            }};
        }
        macro_rules! constant {
            ($number:expr) => {
                *unit.constants.get_unchecked(usize::from($number))
            };
        }
        macro_rules! jump {
            ($target:expr) => {
                next = unit.instructions.as_ptr().add(usize::from($target))
            };
        }
        macro_rules! resume {
            ($code:expr, $next:expr, $registers:expr) => {{
                code = $code;
                unit = code.cells();
                next = $next;
                registers = $registers;
                // The callee's frame may have ended before the end of this one.
                stack.set_top(registers.add(usize::from(unit.registers)));
                if unit.heat.is_profiled() != (MODE == PROFILED) {
                    return End::Switch(State { code, next, registers });
                }
            }};
        }
        loop {
            let error = 'run: loop {
                macro_rules! poll {
                    () => {
                        if MODE != STEP && m.is_signalled() {
                            check!(m.attend(stack, Frame { code: Some(code), next, registers }), 'run);
                        }
                    };
                }
                // Notes what runs, for what a native calls and for what asks where it is.
                macro_rules! running {
                    () => {
                        if MODE != STEP {
                            stack.running.set(Frame { code: Some(code), next, registers });
                        }
                    };
                }
                // Goes on where machine code has left, in frames whose registers begin at an address.
                macro_rules! resumed {
                    ($resume:expr, $to:expr) => {{
                        match $resume.make_frames(stack, $to) {
                            Some((code, next, registers)) => {
                                return End::Switch(State { code, next, registers });
                            }
                            None => break 'run RuntimeError::Interrupted,
                        }
                    }};
                }
                macro_rules! unwound {
                    ($resume:expr, $error:expr, $to:expr) => {{
                        let error = $error;
                        if let Some((to_code, to_next, to_registers)) = $resume.make_frames(stack, $to) {
                            // What handles it lies in these frames or below them.
                            (code, next, registers) = (to_code, to_next.add(1), to_registers);
                        }
                        break 'run error;
                    }};
                }
                // Leaves the frame with a value.
                macro_rules! leave {
                    ($value:expr) => {{
                        let value: Value = $value;
                        if stack.frames_end() == base {
                            return End::Value(value);
                        }
                        let frame = stack.pop();
                        *registers = value;
                        let Some(caller) = frame.code else { return End::Value(value) };
                        if MODE == PROFILED || caller.cells().heat.is_profiled() {
                            note_result(caller, frame.next, value);
                        }
                        resume!(caller, frame.next, frame.registers);
                    }};
                }
                // Goes on in code whose function or receiver and arguments lie from a register on.
                macro_rules! enter {
                    ($callee:expr, $first:expr) => {{
                        let callee: CodeRef = $callee;
                        let base = registers.add(usize::from($first));
                        let count = callee.cells().registers;
                        if !stack.has_room(base, count) {
                            break 'run stack.overflow();
                        }
                        stack.push(Frame { code: Some(code), next, registers });
                        let heat = &callee.cells().heat;
                        if heat.count() {
                            m.warm(callee, None);
                        }
                        let machine = heat.enter();
                        if machine != 0 && stack.has_native_room() {
                            match call_machine(stack, machine, base) {
                                Outcome::Value(value) => {
                                    stack.pop();
                                    set!($first, value);
                                }
                                Outcome::Error(error) => {
                                    stack.pop();
                                    break 'run error;
                                }
                                Outcome::Resume(resume) => resumed!(resume, base),
                                Outcome::Unwind(resume, error) => unwound!(resume, error, base),
                            }
                        } else {
                            if heat.is_profiled() {
                                note_arguments(callee, base);
                            }
                            resume!(callee, callee.cells().instructions.as_ptr(), base);
                            poll!();
                        }
                    }};
                }
                // Counts a turn of a loop, which goes on in machine code where there is some for it.
                macro_rules! turn {
                    ($target:expr) => {
                        if MODE != STEP && unit.heat.count() {
                            let count = usize::from(unit.registers);
                            let frame = std::slice::from_raw_parts(registers, count);
                            if let Warm::Enter(machine) = m.warm(code, Some(($target, frame))) {
                                match call_machine(stack, machine, registers) {
                                    Outcome::Value(value) => leave!(value),
                                    Outcome::Error(error) => break 'run error,
                                    Outcome::Resume(resume) => resumed!(resume, registers),
                                    Outcome::Unwind(resume, error) => unwound!(resume, error, registers),
                                }
                                continue;
                            }
                            if unit.heat.is_profiled() != (MODE == PROFILED) {
                                return End::Switch(State { code, next, registers });
                            }
                        }
                    };
                }
                macro_rules! row {
                    ($first:expr, $count:expr) => {
                        std::slice::from_raw_parts(registers.add(usize::from($first)), usize::from($count))
                    };
                }
                // Does what a slow call found out.
                macro_rules! called {
                    ($result:expr, $first:expr) => {
                        match check!($result, 'run) {
                            Called::Value(value) => set!($first, value),
                            Called::Code(callee) => enter!(callee, $first),
                        }
                    };
                }
                macro_rules! arithmetic {
                    ($to:expr, $left:expr, $right:expr, $fast:path, $operation:ident) => {{
                        let (left, right) = (get!($left), get!($right));
                        match $fast(left, right) {
                            Some(value) => set!($to, value),
                            None => {
                                set!($to, check!(operate::operate(m, Operation::$operation, left, right), 'run))
                            }
                        }
                    }};
                }
                macro_rules! compare_jump {
                    ($left:expr, $right:expr, $target:expr, $fast:ident, $comparison:ident, $sense:literal) => {{
                        let (left, right) = (get!($left), $right);
                        let holds = match fast::$fast(left, right) {
                            Some(holds) => holds,
                            None => check!(operate::compare(m, Comparison::$comparison, left, right), 'run),
                        };
                        if holds == $sense {
                            jump!($target);
                        }
                    }};
                }
                let instruction = *next;
                next = next.add(1);
                match instruction {
                    I::Constant { to, constant } => set!(to, constant!(constant)),
                    I::Small { to, small } => set!(to, fast::small(small)),
                    I::Move { to, from } => set!(to, get!(from)),
                    I::LoadLast { to } => set!(to, stack.pinned.last.get()),
                    I::LoadGlobal { to, site } => {
                        let cache = unit.globals.get_unchecked(usize::from(site));
                        match cache.find(runtime.method_epoch()) {
                            Some(value) => set!(to, value),
                            None => set!(to, call::load_global(m, code, cache)),
                        }
                    }
                    I::LoadCaptured { to, captured } => {
                        let closure = ClosureRef::from_cell(get!(0u16).cell_unchecked());
                        set!(to, *closure.env().get_unchecked(usize::from(captured)));
                    }
                    I::MakeVariable { to, from } => {
                        let value = get!(from);
                        set!(to, m.new_variable(value).into());
                    }
                    I::LoadVariable { to, variable } => {
                        set!(to, define::load_variable(get!(variable)));
                    }
                    I::StoreVariable { variable, from } => {
                        define::store_variable(m, get!(variable), get!(from));
                    }
                    I::LoadSession { to, constant } => set!(to, define::load_variable(constant!(constant))),
                    I::StoreSession { constant, from } => {
                        define::store_variable(m, constant!(constant), get!(from));
                    }
                    I::MakeTuple { to, first, count } => {
                        let made = TupleRef::new(m, row!(first, count)).map_err(RuntimeError::from);
                        set!(to, check!(made, 'run).into());
                    }
                    I::MakeSet { to, first, count } => {
                        let row = std::slice::from_raw_parts_mut(
                            registers.add(usize::from(first)),
                            usize::from(count),
                        );
                        set!(to, check!(SetRef::new(m, row).map_err(RuntimeError::from), 'run).into());
                    }
                    I::MakeString { to, first, count } => {
                        running!();
                        set!(to, check!(m.concatenated(row!(first, count)), 'run));
                    }
                    I::MakeClosure { count, to, constant, first } => {
                        let function = ObjectRef::from_cell(constant!(constant).cell_unchecked());
                        let made = ClosureRef::new(m, function, row!(first, count));
                        set!(to, check!(made.map_err(RuntimeError::from), 'run).into());
                    }
                    I::MakeRange { to, start, end } => {
                        set!(to, check!(iterate::make_range(m, get!(start), get!(end)), 'run));
                    }
                    I::GetAttribute { to, object, site } => {
                        let receiver = get!(object);
                        let cache = unit.attributes.get_unchecked(usize::from(site));
                        match receiver.object_fast().and_then(|object| object.cached_attribute(m, cache)) {
                            Some(value) => set!(to, value),
                            None => set!(to, check!(call::get_attribute(m, receiver, cache), 'run)),
                        }
                    }
                    I::PutAttribute { object, site, value } => {
                        let (receiver, value) = (get!(object), get!(value));
                        let cache = unit.attributes.get_unchecked(usize::from(site));
                        let stored = match receiver.object_fast() {
                            Some(object) => object.put_cached_attribute(m, cache, value),
                            None => false,
                        };
                        if !stored {
                            check!(call::put_attribute(m, receiver, cache, value), 'run);
                        }
                    }
                    I::GetComputed { to, object, key } => {
                        set!(to, check!(operate::computed_attribute(m, get!(object), get!(key)), 'run));
                    }
                    I::PutComputed { object, key, value } => {
                        let key = check!(operate::key(m, get!(key)), 'run);
                        check!(operate::put_attribute(m, get!(object), key, get!(value)), 'run);
                    }
                    I::GetElement { to, collection, index } => {
                        let (collection, index) = (get!(collection), get!(index));
                        match m.element_fast(collection, index) {
                            Some(value) => set!(to, value),
                            None => set!(to, check!(m.element(collection, index), 'run)),
                        }
                    }
                    I::PutElement { collection, index, value } => {
                        let (collection, index, value) = (get!(collection), get!(index), get!(value));
                        if !m.put_element_fast(collection, index, value) {
                            check!(m.put_element(collection, index, value), 'run);
                        }
                    }
                    I::PushElement { collection, value } => {
                        let object = check!(operate::object(m, "the collection", get!(collection)), 'run);
                        check!(m.push_element(object, get!(value)), 'run);
                    }
                    I::Send { count, first, site } => {
                        let receiver = get!(first);
                        let class = m.class_value(receiver);
                        let cache = unit.sends.get_unchecked(usize::from(site));
                        if let Some(entry) = cache.find(class, runtime.method_epoch()) {
                            if let Some(callee) = entry.code() {
                                if callee.cells().parameters == count {
                                    enter!(callee, first);
                                    continue;
                                }
                            } else if let Some(native) = entry.native()
                                && (native.arity == count || native.arity == crate::send::Native::ANY)
                            {
                                running!();
                                let result = native.run(m, receiver, row!(first + 1, count));
                                set!(first, check!(result, 'run));
                                continue;
                            }
                        }
                        running!();
                        called!(
                            call::send_slowly(m, code, cache, class, row!(first, u16::from(count) + 1)),
                            first
                        );
                    }
                    I::SendSuper { count, first, site } => {
                        let cache = unit.sends.get_unchecked(usize::from(site));
                        running!();
                        let epoch = runtime.method_epoch();
                        match cache.find(code.function_value(), epoch).and_then(|entry| entry.code()) {
                            Some(callee) if callee.cells().parameters == count => enter!(callee, first),
                            _ => called!(
                                call::send_super(m, code, cache, row!(first, u16::from(count) + 1)),
                                first
                            ),
                        }
                    }
                    I::Call { count, first, site } => {
                        let function = get!(first);
                        let cache = unit.calls.get_unchecked(usize::from(site));
                        let (key, captured) = call::function_of(function);
                        if let Some(entry) = cache.find(key, runtime.method_epoch()) {
                            if let Some(callee) = entry.code() {
                                let cells = callee.cells();
                                if cells.parameters == count && usize::from(cells.captured) == captured {
                                    enter!(callee, first);
                                    continue;
                                }
                            } else if let Some(native) = entry.native()
                                && (native.arity == count || native.arity == crate::send::Native::ANY)
                            {
                                running!();
                                let result = native.run(m, Value::NIL, row!(first + 1, count));
                                set!(first, check!(result, 'run));
                                continue;
                            }
                        }
                        running!();
                        called!(call::call_slowly(m, code, cache, row!(first, u16::from(count) + 1)), first);
                    }
                    I::Add { to, left, right } => arithmetic!(to, left, right, fast::add, Add),
                    I::Subtract { to, left, right } => arithmetic!(to, left, right, fast::subtract, Subtract),
                    I::Multiply { to, left, right } => arithmetic!(to, left, right, fast::multiply, Multiply),
                    I::Divide { to, left, right } => arithmetic!(to, left, right, fast::divide, Divide),
                    I::Remainder { to, left, right } => {
                        arithmetic!(to, left, right, fast::remainder, Remainder);
                    }
                    I::Intersect { to, left, right } => arithmetic!(to, left, right, fast::and, BitAnd),
                    I::Unite { to, left, right } => arithmetic!(to, left, right, fast::or, BitOr),
                    I::AddSmall { to, left, small } => {
                        let (left, right) = (get!(left), fast::small(small));
                        match fast::add(left, right) {
                            Some(value) => set!(to, value),
                            None => set!(to, check!(operate::add_small(m, left, small), 'run)),
                        }
                    }
                    I::Compare { comparison, to, left, right } => {
                        let holds = operate::compare(m, comparison, get!(left), get!(right));
                        set!(to, Value::bool(check!(holds, 'run)));
                    }
                    I::Negate { to, from } => set!(to, check!(operate::negate(m, get!(from)), 'run)),
                    I::Not { to, from } => set!(to, Value::bool(!get!(from).is_truthy())),
                    I::Jump { target } => jump!(target),
                    I::Loop { target } => {
                        jump!(target);
                        poll!();
                        turn!(target);
                    }
                    I::JumpIfFalse { condition, target } => {
                        if !get!(condition).is_truthy() {
                            jump!(target);
                        }
                    }
                    I::JumpIfTrue { condition, target } => {
                        if get!(condition).is_truthy() {
                            jump!(target);
                        }
                    }
                    I::JumpIfNil { condition, target } => {
                        if get!(condition).is_nil() {
                            jump!(target);
                        }
                    }
                    I::JumpUnlessNil { condition, target } => {
                        if !get!(condition).is_nil() {
                            jump!(target);
                        }
                    }
                    I::JumpUnlessEqual { left, right, target } => {
                        compare_jump!(left, get!(right), target, equal, Equal, false);
                    }
                    I::JumpIfEqual { left, right, target } => {
                        compare_jump!(left, get!(right), target, equal, Equal, true);
                    }
                    I::JumpUnlessLess { left, right, target } => {
                        compare_jump!(left, get!(right), target, less, Less, false);
                    }
                    I::JumpUnlessLessEqual { left, right, target } => {
                        compare_jump!(left, get!(right), target, less_equal, LessEqual, false);
                    }
                    I::JumpUnlessGreater { left, right, target } => {
                        compare_jump!(left, get!(right), target, greater, Greater, false);
                    }
                    I::JumpUnlessGreaterEqual { left, right, target } => {
                        compare_jump!(left, get!(right), target, greater_equal, GreaterEqual, false);
                    }
                    I::JumpUnlessEqualSmall { left, small, target } => {
                        compare_jump!(left, fast::small(small), target, equal, Equal, false);
                    }
                    I::JumpIfEqualSmall { left, small, target } => {
                        compare_jump!(left, fast::small(small), target, equal, Equal, true);
                    }
                    I::JumpUnlessLessSmall { left, small, target } => {
                        compare_jump!(left, fast::small(small), target, less, Less, false);
                    }
                    I::JumpUnlessLessEqualSmall { left, small, target } => {
                        compare_jump!(left, fast::small(small), target, less_equal, LessEqual, false);
                    }
                    I::JumpUnlessGreaterSmall { left, small, target } => {
                        compare_jump!(left, fast::small(small), target, greater, Greater, false);
                    }
                    I::JumpUnlessGreaterEqualSmall { left, small, target } => {
                        compare_jump!(left, fast::small(small), target, greater_equal, GreaterEqual, false);
                    }
                    I::RangeStart { first, to, target } => {
                        let (start, end) = (get!(first), get!(first + 1));
                        match check!(iterate::range_start(m, start, end), 'run) {
                            Some(following) => {
                                set!(first, following);
                                set!(to, start);
                            }
                            None => {
                                set!(to, Value::NIL);
                                jump!(target);
                            }
                        }
                    }
                    I::RangeNext { first, to, target } => {
                        let (current, end) = (get!(first), get!(first + 1));
                        if let Some(following) = iterate::range_next(current, end) {
                            set!(first, following);
                            set!(to, current);
                            jump!(target);
                            poll!();
                            turn!(target);
                        }
                    }
                    I::EachStart { first } => {
                        running!();
                        let (state, index) = check!(iterate::each_start(m, get!(first)), 'run);
                        set!(first, state);
                        set!(first + 1, index);
                    }
                    I::EachNext { first, to, target } => {
                        running!();
                        match check!(iterate::each_next(m, get!(first), get!(first + 1)), 'run) {
                            Some((value, index)) => {
                                set!(first + 1, index);
                                set!(to, value);
                                jump!(target);
                                poll!();
                                turn!(target);
                            }
                            None => set!(to, Value::NIL),
                        }
                    }
                    I::MatchSequence { rest, to, from, count } => {
                        set!(to, check!(iterate::match_sequence(m, get!(from), count, rest != 0), 'run));
                    }
                    I::TupleMiddle { after, to, tuple, before } => {
                        set!(to, check!(iterate::tuple_middle(m, get!(tuple), before, after), 'run));
                    }
                    I::IsInstance { to, value, class } => {
                        let is_one = operate::is_instance(m, get!(value), get!(class));
                        set!(to, Value::bool(check!(is_one, 'run)));
                    }
                    I::NewObject { count, first, site } => {
                        let class = get!(first);
                        let cache = unit.made.get_unchecked(usize::from(site));
                        let made = match cache.find(class, runtime.method_epoch()) {
                            Some(shape) => {
                                m.new_with_shape(class, shape, row!(first + 1, count), cache.order())
                            }
                            None => {
                                check!(call::new_slowly(m, code, cache, row!(first, u16::from(count) + 1)), 'run)
                            }
                        };
                        set!(first, made.into());
                    }
                    I::Keep { object, constant } => {
                        check!(define::keep(m, get!(object), constant!(constant)), 'run);
                    }
                    I::AddRoot { object } => {
                        let object = check!(operate::object(m, "the root", get!(object)), 'run);
                        m.add_root(object);
                    }
                    I::InSpace { space } => {
                        check!(define::in_space(m, get!(space)), 'run);
                        stack.pinned.space.set(get!(space));
                    }
                    I::DefineFunction { to, function, name } => {
                        let made = define::define_function(m, constant!(function), constant!(name));
                        set!(to, check!(made, 'run));
                    }
                    I::DefineClass { to, superclass, constant } => {
                        let made = define::define_class(m, constant!(constant), get!(superclass));
                        set!(to, check!(made, 'run));
                    }
                    I::Raise { from } => {
                        stack.pinned.raised.set(get!(from));
                        break 'run RuntimeError::Raised;
                    }
                    I::Mismatch { from } => {
                        break 'run RuntimeError::Mismatch { value: m.quoted_text_of(get!(from)) };
                    }
                    I::NoMatch { from } => {
                        break 'run RuntimeError::NoMatch { value: m.quoted_text_of(get!(from)) };
                    }
                    I::MakeHome { to } => {
                        let home = stack.next_home.get();
                        stack.next_home.set(home + 1);
                        set!(to, Value::int(m, home));
                    }
                    I::ReturnHome { home, from } => {
                        stack.pinned.raised.set(get!(from));
                        let home = get!(home).as_small_int().unwrap_or(-1);
                        break 'run check!(unwind::home_exists(stack, home), 'run);
                    }
                    I::Return { from } => {
                        leave!(get!(from));
                    }
                }
                if MODE == STEP {
                    return End::Switch(State { code, next, registers });
                }
            };
            if MODE == STEP {
                return End::Error(error);
            }
            match unwind::unwind(m, stack, error, code, next, registers, base) {
                unwind::Unwound::Handled(to_code, to_next, to_registers) => {
                    resume!(to_code, to_next, to_registers);
                }
                unwind::Unwound::Returned(value) => return End::Value(value),
                unwind::Unwound::Unhandled(error) => return End::Error(error),
            }
        }
    }
}
