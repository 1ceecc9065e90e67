//! What is read and tested once in a loop, and what again.

use rps_jit_ir::{CodeGenerator, Expect, FunctionBuilder, Memory, Module, Order, Signature, Symbol, Type};
use rps_plugin::TierForm;

use super::{Code, levels};
use crate::backend;

/// A loop over a slice of words in memory that looks at each turn whether somebody wants something: the address of the
/// words and their number are behind the first address, a signal behind the second.
fn polling() -> Module {
    let mut generator = CodeGenerator::new();
    let poll = generator.symbol(Symbol::function("poll", Signature::new(&[Type::Ptr], None)).cold());
    let signature = Signature::new(&[Type::Ptr, Type::Ptr], Some(Type::I64));
    let mut f = FunctionBuilder::trusted("sum", signature).exported();
    let (place, signal) = (f.parameter(0), f.parameter(1));
    let shared = |class| Memory { class, order: Order::Shared };
    let zero = f.i64(0);
    let (index, sum) = (f.variable(zero), f.variable(zero));
    let (inside, end, call, next) = (f.label(), f.label(), f.label(), f.label());
    let head = f.label_here();
    let (at, length) = (f.get(index), f.load(Type::I64, place, 8, shared(1)));
    let is_inside = f.less_unsigned(at, length);
    f.guard(is_inside, end);
    f.jump(inside);
    f.place(inside);
    let words = f.load(Type::Ptr, place, 0, shared(1));
    let word = f.offset(words, at, 8, 0);
    let (word, before, one) = (f.load(Type::I64, word, 0, shared(2)), f.get(sum), f.i64(1));
    let (after, at) = (f.add(before, word), f.add(at, one));
    f.set(sum, after);
    f.set(index, at);
    let wanted = f.load(Type::I32, signal, 0, Memory { class: 3, order: Order::Volatile });
    let none = f.i32(0);
    let is_quiet = f.equal(wanted, none);
    f.branch(is_quiet, next, call, Expect::Yes);
    f.place(call);
    f.call_void(&poll, &[place]);
    f.jump(next);
    f.place(next);
    f.jump(head);
    f.place(end);
    let result = f.get(sum);
    f.return_value(result);
    generator.add(f);
    generator.finish().unwrap()
}

/// What is called at a turn of a loop may change what the loop goes over.
#[test]
fn a_call_in_a_loop_is_seen_by_the_next_turn() {
    static WORDS: [i64; 4] = [100, 200, 300, 400];
    extern "C" fn poll(place: &mut [usize; 3]) {
        place[0] = WORDS.as_ptr() as usize;
        place[1] -= 1;
        place[2] += 1;
    }
    for level in levels() {
        let code = Code::new(&polling(), level, &[("poll", poll as *const () as usize)]);
        // SAFETY: the module exports such a function.
        let sum: extern "C" fn(*mut usize, *const i32) -> i64 =
            unsafe { std::mem::transmute(code.find("sum")) };
        let words = [1i64, 2, 3, 4, 5];
        for (signal, wanted) in [(0, [15, 5, 0]), (1, [501, 2, 3])] {
            let mut place = [words.as_ptr() as usize, 5, 0];
            let result = sum(place.as_mut_ptr(), &raw const signal);
            assert_eq!([result, place[1] as i64, place[2] as i64], wanted, "{level:?}");
        }
    }
}

/// While nobody wants anything, a loop reads only what may change without a call.
#[test]
fn a_loop_without_calls_does_not_read_again_what_only_calls_change() {
    let module = polling();
    let count = module.functions[0].blocks.len();
    for level in levels() {
        let text = backend::show(&module.to_bytes(), level, TierForm::Intermediate).unwrap();
        let (mut is_hot, mut loads) = (false, Vec::new());
        for line in text.lines() {
            if let Some(number) = line.strip_prefix("block").and_then(|line| line.split([':', '.']).next()) {
                is_hot = number.parse::<usize>().is_ok_and(|number| number >= count);
            }
            if is_hot && line.contains(" = load ") {
                loads.push(line.contains("volatile"));
            }
        }
        loads.sort_unstable();
        assert_eq!(loads, [false, true], "a word, and the signal: {level:?}\n{text}");
    }
}
