//! What crosses the border of a module: arguments, results, traps, symbols that lie anywhere, and the stack.

use rps_jit_ir::function::trap;
use rps_jit_ir::{
    Binary, CodeGenerator, Element, Expect, FunctionBuilder, Memory, Module, Order, Signature, Symbol, Type,
};
#[cfg(target_arch = "x86_64")]
use rps_plugin::TierForm;

use super::{Code, levels, one};
#[cfg(target_arch = "x86_64")]
use crate::backend;

/// Small numbers are widened as C widens `bool`, `int8_t` and `int16_t`, both ways.
#[test]
fn small_numbers_cross_in_both_directions() {
    extern "C" fn mixed(a: i8, b: i16, c: bool, d: f32, e: i8) -> i16 {
        i16::from(a) + b + i16::from(c) + d as i16 + i16::from(e)
    }
    let signature = Signature::new(&[Type::I8, Type::I16, Type::Bool, Type::F32, Type::I8], Some(Type::I16));
    let mut generator = CodeGenerator::new();
    let symbol = generator.symbol(Symbol::function("mixed", signature.clone()));
    let mut f = FunctionBuilder::new("f", signature).exported();
    let arguments: Vec<_> = (0..5).map(|index| f.parameter(index)).collect();
    let doubled = f.add(arguments[0], arguments[0]);
    let result = f.call(&symbol, &[doubled, arguments[1], arguments[2], arguments[3], arguments[4]]);
    f.return_value(result);
    generator.add(f);
    let module = generator.finish().unwrap();
    for level in levels() {
        let code = Code::new(&module, level, &[("mixed", mixed as *const () as usize)]);
        // SAFETY: the module exports such a function.
        let f: extern "C" fn(i8, i16, bool, f32, i8) -> i16 = unsafe { std::mem::transmute(code.find("f")) };
        for a in [i8::MIN, -1, 0, 63, 64, i8::MAX] {
            let wanted = mixed(a.wrapping_mul(2), -300, true, 7.9, -128);
            assert_eq!(f(a, -300, true, 7.9, -128), wanted, "{a}");
        }
    }
}

/// A trap passes through whatever called, and nothing is written where the result would be.
#[test]
fn traps_pass_through_all_callers() {
    extern "C" fn host(x: i64, result: &mut i64) -> i32 {
        *result = x * 10;
        if x > 5 { trap::USER + 7 } else { 0 }
    }
    let long = Signature::new(&[Type::I64], Some(Type::I64));
    let mut generator = CodeGenerator::new();
    let symbol = generator.symbol(Symbol::function("host", long.clone()).trapping());
    let mut inner = FunctionBuilder::new("inner", long.clone()).trapping().cold();
    let value = inner.call(&symbol, &[inner.parameter(0)]);
    let three = inner.i64(3);
    let divisor = inner.subtract(inner.parameter(0), three);
    let value = inner.divide(value, divisor);
    inner.return_value(value);
    let inner = generator.add(inner);
    let mut nothing = FunctionBuilder::new("nothing", Signature::new(&[Type::I64], None)).trapping().cold();
    nothing.call(&inner, &[nothing.parameter(0)]);
    nothing.return_void();
    let nothing = generator.add(nothing);
    let mut outer = FunctionBuilder::new("outer", long).trapping().exported();
    outer.call_void(&nothing, &[outer.parameter(0)]);
    let value = outer.call(&inner, &[outer.parameter(0)]);
    outer.return_value(value);
    generator.add(outer);
    let module = generator.finish().unwrap();
    for level in levels() {
        let code = Code::new(&module, level, &[("host", host as *const () as usize)]);
        // SAFETY: the module exports such a function.
        let outer: extern "C" fn(i64, *mut i64) -> i32 = unsafe { std::mem::transmute(code.find("outer")) };
        let call = |x| {
            let mut result = 77;
            (outer(x, &raw mut result), result)
        };
        assert_eq!(call(5), (0, 25));
        assert_eq!(call(3), (trap::DIVISION, 77));
        assert_eq!(call(6), (trap::USER + 7, 77));
    }
}

/// Symbols lie in the heap, gigabytes away from the code; two of them may be the same place.
#[test]
fn symbols_lie_anywhere_and_may_be_one_place() {
    let mut cell = Box::new([5_i64, 6]);
    let module = {
        let mut generator = CodeGenerator::new();
        let first = generator.symbol(Symbol::address("first"));
        let second = generator.symbol(Symbol::address("second"));
        let mut f = FunctionBuilder::trusted("f", Signature::new(&[], Some(Type::I64))).exported();
        let (first, second) = (f.address(&first), f.address(&second));
        let seven = f.i64(7);
        f.store(first, 0, seven, Memory::default());
        let nine = f.i64(9);
        f.store(second, 0, nine, Memory::default());
        // 9 where they are the same, 7 where not; and they are compared, too.
        let value = f.load(Type::I64, first, 0, Memory::default());
        let same = f.equal(first, second);
        let (hundred, zero) = (f.i64(100), f.i64(0));
        let more = f.select(same, hundred, zero);
        let value = f.add(value, more);
        f.return_value(value);
        generator.add(f);
        generator.finish().unwrap()
    };
    for level in levels() {
        let (near, far) = (&raw mut cell[0] as usize, &raw mut cell[1] as usize);
        for (second, wanted) in [(near, 109), (far, 7)] {
            let code = Code::new(&module, level, &[("first", near), ("second", second)]);
            // SAFETY: the module exports such a function.
            let f: extern "C" fn() -> i64 = unsafe { std::mem::transmute(code.find("f")) };
            assert_eq!(f(), wanted, "{level:?}");
        }
    }
}

/// Names mean nothing to LLVM, whatever they are.
#[test]
fn names_have_no_meaning() {
    extern "C" fn doubled(x: f64) -> f64 {
        2.0 * x
    }
    let signature = Signature::new(&[Type::F64], Some(Type::F64));
    for name in
        ["sin", "floor", "llvm.sqrt.f64", "memcpy", "\u{1}odd", "größer als", "printf", "rps_x", "f.body"]
    {
        let mut generator = CodeGenerator::new();
        let symbol = generator.symbol(Symbol::function(name, signature.clone()));
        let mut f = FunctionBuilder::new("f", signature.clone()).exported();
        let half = f.f64(0.5);
        let value = f.call(&symbol, &[half]);
        f.return_value(value);
        generator.add(f);
        let mut g = FunctionBuilder::new(&format!("{name}2"), signature.clone()).exported().trapping();
        g.return_value(g.parameter(0));
        generator.add(g);
        let module = generator.finish().unwrap();
        for level in levels() {
            let code = Code::new(&module, level, &[(name, doubled as *const () as usize)]);
            // SAFETY: the module exports such a function.
            let f: extern "C" fn(f64) -> f64 = unsafe { std::mem::transmute(code.find("f")) };
            assert_eq!(f(0.0), 1.0, "{name}");
            code.find(&format!("{name}2"));
        }
    }
}

#[test]
fn slices_are_checked_and_written() {
    let signature = Signature::new(&[Type::Slice(Element::F32), Type::I64], Some(Type::F32));
    let mut f = FunctionBuilder::new("f", signature).exported().trapping();
    let (slice, index) = (f.parameter(0), f.parameter(1));
    let value = f.element(slice, index);
    let sum = f.add(value, value);
    f.set_element(slice, index, sum);
    f.return_value(sum);
    let module = one(f);
    for level in levels() {
        let code = Code::new(&module, level, &[]);
        // SAFETY: the module exports such a function.
        let f: extern "C" fn(*mut f32, usize, i64, *mut f32) -> i32 =
            unsafe { std::mem::transmute(code.find("f")) };
        let mut floats = [1.0, 2.0, 3.0];
        let mut call = |index| {
            let mut result = -1.0;
            (f(floats.as_mut_ptr(), 3, index, &raw mut result), result)
        };
        assert_eq!(call(2), (0, 6.0));
        for index in [3, -1, i64::MIN, i64::MAX, 1 << 32] {
            assert_eq!(call(index), (trap::INDEX, -1.0), "{index}");
        }
        assert_eq!(floats, [1.0, 2.0, 6.0]);
    }
}

/// What another thread writes is seen.
#[test]
fn volatile_memory_is_read_again() {
    let signature = Signature::new(&[Type::Ptr], Some(Type::I64));
    let mut f = FunctionBuilder::trusted("wait", signature).exported();
    let turns = f.local(Type::I64);
    let zero = f.i64(0);
    f.set(turns, zero);
    let (again, done) = (f.label_here(), f.label());
    let flag = f.load(Type::Bool, f.parameter(0), 0, Memory { class: 3, order: Order::Volatile });
    let (old, one_more) = (f.get(turns), f.i64(1));
    let new = f.add(old, one_more);
    f.set(turns, new);
    f.branch(flag, done, again, Expect::No);
    f.place(done);
    let result = f.get(turns);
    f.return_value(result);
    let module = one(f);
    for level in levels() {
        let code = Code::new(&module, level, &[]);
        // SAFETY: the module exports such a function.
        let wait: extern "C" fn(*const u8) -> i64 = unsafe { std::mem::transmute(code.find("wait")) };
        let flag = std::sync::atomic::AtomicU8::new(0);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| wait(flag.as_ptr()));
            flag.store(1, std::sync::atomic::Ordering::Relaxed);
            assert!(waiting.join().unwrap() >= 1);
        });
    }
}

/// Every order of every type is one that LLVM has.
#[test]
fn every_order_reads_and_writes_every_type() {
    let types = [Type::Bool, Type::I8, Type::I16, Type::I32, Type::I64, Type::F32, Type::F64, Type::Ptr];
    for order in [Order::Plain, Order::Constant, Order::Shared, Order::Volatile, Order::Ordered] {
        for ty in types {
            let signature = Signature::new(&[Type::Ptr, Type::Ptr], None);
            let mut f = FunctionBuilder::trusted("f", signature).exported();
            let value = f.load(ty, f.parameter(0), 8, Memory { class: 1, order });
            let written = if order == Order::Constant { Order::Plain } else { order };
            f.store(f.parameter(1), 16, value, Memory { class: 2, order: written });
            f.return_void();
            let module = one(f);
            for level in levels() {
                let code = Code::new(&module, level, &[]);
                // SAFETY: the module exports such a function.
                let f: extern "C" fn(*const u64, *mut u64) = unsafe { std::mem::transmute(code.find("f")) };
                let (from, mut to) = ([0, 1, 0], [0; 3]);
                f(from.as_ptr(), to.as_mut_ptr());
                assert_eq!(to, [0, 0, 1], "{order:?} {ty:?} {level:?}");
            }
        }
    }
}

/// The address of the stack is below what the callers keep there, near to it, and falls with each call.
#[test]
fn the_address_of_the_stack_falls_with_each_call() {
    let mut f = FunctionBuilder::trusted("here", Signature::new(&[], Some(Type::Ptr))).exported();
    let here = f.stack_address();
    f.return_value(here);
    let module = one(f);
    fn deeper(here: extern "C" fn() -> usize, depth: usize) {
        let place = std::hint::black_box([0u8; 64]);
        let (above, below) = (place.as_ptr() as usize, here());
        assert!(below < above && above - below < 4096, "{below:#x}, {above:#x}");
        if depth > 0 {
            deeper(here, depth - 1);
        }
    }
    for level in levels() {
        let code = Code::new(&module, level, &[]);
        // SAFETY: the module exports such a function.
        let here: extern "C" fn() -> usize = unsafe { std::mem::transmute(code.find("here")) };
        deeper(here, 10);
        std::thread::spawn(move || deeper(here, 10)).join().unwrap();
    }
}

/// A function that looks first whether there is stack left pays for a comparison and a branch.
#[test]
#[cfg(target_arch = "x86_64")]
fn a_check_of_the_stack_is_one_comparison_with_memory() {
    let signature = Signature::new(&[Type::Ptr, Type::I64], Some(Type::I64));
    let mut f = FunctionBuilder::trusted("f", signature).exported();
    let (context, exit) = (f.parameter(0), f.label());
    let limit = f.load(Type::Ptr, context, 24, Memory { class: 1, order: Order::Shared });
    let here = f.stack_address();
    let is_low = f.less_unsigned(here, limit);
    f.leave_if(is_low, exit);
    f.return_value(f.parameter(1));
    f.place(exit);
    let none = f.i64(-1);
    f.return_value(none);
    let bytes = one(f).to_bytes();
    // The first level selects instructions one by one, and does not see that.
    let text = backend::show(&bytes, backend::Level::Best, TierForm::Assembly).unwrap();
    let count = |of: &str| text.matches(of).count();
    assert_eq!((count("cmpq\t%rsp, 24(%rdi)"), count("cmp")), (1, 1), "{text}");
}

/// What a module names and does not use need not exist.
#[test]
fn symbols_that_are_not_used_are_not_linked() {
    let mut generator = CodeGenerator::new();
    generator.symbol(Symbol::function("called", Signature::new(&[], None)));
    generator.symbol(Symbol::address("seen"));
    let mut f = FunctionBuilder::new("f", Signature::new(&[], Some(Type::I64))).exported();
    let seven = f.i64(7);
    f.return_value(seven);
    generator.add(f);
    let module = generator.finish().unwrap();
    for level in levels() {
        let code = Code::new(&module, level, &[]);
        // SAFETY: the module exports such a function.
        let f: extern "C" fn() -> i64 = unsafe { std::mem::transmute(code.find("f")) };
        assert_eq!(f(), 7);
    }
}

/// Calls that are nested too deeply trap, in any thread, and the thread goes on.
#[test]
fn functions_that_are_not_trusted_do_not_overflow_the_stack() {
    let module = deep();
    for level in levels() {
        let code = Code::new(&module, level, &[]);
        // SAFETY: the module exports such a function.
        let sum: extern "C" fn(i64, *mut i64) -> i32 = unsafe { std::mem::transmute(code.find("sum")) };
        let call = move |depth| {
            let mut result = -1;
            (sum(depth, &raw mut result), result)
        };
        for size in [256 << 10, 1 << 20, 8 << 20] {
            let thread = std::thread::Builder::new().stack_size(size);
            let inside = move || (call(100), call(i64::MAX), call(100));
            let (first, deep, again) = thread.spawn(inside).unwrap().join().unwrap();
            assert_eq!((first, again), ((0, 5050), (0, 5050)), "{level:?}");
            assert_eq!(deep, (trap::DEPTH, -1), "{level:?}");
        }
    }
}

/// A function that calls itself twice, in a way that is no loop.
fn deep() -> Module {
    let mut f =
        FunctionBuilder::new("sum", Signature::new(&[Type::I64], Some(Type::I64))).exported().trapping();
    let mut generator = CodeGenerator::new();
    let reference = generator.declare(&f);
    let (last, more) = (f.label(), f.label());
    let zero = f.i64(0);
    let ends = f.binary(Binary::And, f.parameter(0), f.parameter(0));
    let ends = f.equal(ends, zero);
    f.branch(ends, last, more, Expect::Unknown);
    f.place(last);
    f.return_value(zero);
    f.place(more);
    let one = f.i64(1);
    let less = f.subtract(f.parameter(0), one);
    let rest = f.call(&reference, &[less]);
    let two = f.i64(2);
    let rest = f.multiply(rest, two);
    let rest = f.divide(rest, two);
    let sum = f.add(rest, f.parameter(0));
    f.return_value(sum);
    generator.define(&reference, f);
    generator.finish().unwrap()
}
