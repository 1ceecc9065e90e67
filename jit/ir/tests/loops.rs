//! Loops that are taken apart do what they did, and only those are that gain by it.

use expect_test::expect;
use rps_jit_ir::{
    CodeGenerator, Expect, FunctionBuilder, Memory, Module, Order, Signature, Symbol, Type, testing,
};

/// A loop up to a limit in memory that calls what `poll` says, where a signal is set, and what `work` says, in any case.
fn counting(poll: bool, work: bool) -> Module {
    let mut generator = CodeGenerator::new();
    let signature = Signature::new(&[], None);
    let wanted = generator.symbol(Symbol::function("poll", signature.clone()).cold());
    let worker = generator.symbol(Symbol::function("work", signature));
    let mut f = FunctionBuilder::trusted("count", Signature::new(&[Type::Ptr], Some(Type::I64))).exported();
    let zero = f.i64(0);
    let index = f.variable(zero);
    let (inside, end, call, next) = (f.label(), f.label(), f.label(), f.label());
    let shared = Memory { class: 1, order: Order::Shared };
    let head = f.label_here();
    let limit = f.load(Type::I64, f.parameter(0), 0, shared);
    let at = f.get(index);
    let is_inside = f.less(at, limit);
    f.branch(is_inside, inside, end, Expect::Unknown);
    f.place(inside);
    let one = f.i64(1);
    let after = f.add(at, one);
    if work {
        f.call_void(&worker, &[]);
    }
    if poll {
        let signals = f.load(Type::I32, f.parameter(0), 8, Memory { class: 2, order: Order::Volatile });
        let none = f.i32(0);
        let is_quiet = f.equal(signals, none);
        f.branch(is_quiet, next, call, Expect::Yes);
        f.place(call);
        f.call_void(&wanted, &[]);
    }
    f.jump(next);
    f.place(next);
    f.set(index, after);
    f.jump(head);
    f.place(end);
    f.return_value(at);
    generator.add(f);
    generator.finish().unwrap()
}

fn separated(module: &Module) -> Module {
    let mut separated = module.clone();
    separated.separate_hot_loops();
    assert_eq!(separated.verify(), Ok(()), "{module}\n{separated}");
    separated
}

#[test]
fn a_loop_becomes_a_first_turn_a_hot_loop_and_the_rest_of_a_turn() {
    expect![[r#"
        symbol cold poll()
        symbol work()

        export trusted fn count(v0: ptr) -> i64 {
            local l0: i64
            local l1: i64
            local l2: i64
        b0:
            v1 = i64 0
            set l0, v1
            jump b5
        b1:
            v5 = i64 1
            v10 = get l1
            v6 = add v10, v5
            set l2, v6
            v7 = load i32 [v0+8] volatile class 2
            v8 = i32 0
            v9 = equal v7, v8
            branch v9, b4, b3 likely b4
        b2:
            v11 = get l1
            return v11
        b3:
            call symbol poll()
            jump b9
        b4:
            v12 = get l2
            set l0, v12
            jump b8
        b5:
            v2 = load i64 [v0+0] shared class 1
            v3 = get l0
            set l1, v3
            v4 = less v3, v2
            branch v4, b1, b2
        b6:
            v13 = i64 1
            v14 = get l1
            v15 = add v14, v13
            set l2, v15
            v16 = load i32 [v0+8] volatile class 2
            v17 = i32 0
            v18 = equal v16, v17
            branch v18, b7, b3 likely b7
        b7:
            v19 = get l2
            set l0, v19
            jump b8
        b8:
            v20 = load i64 [v0+0] shared class 1
            v21 = get l0
            set l1, v21
            v22 = less v21, v20
            branch v22, b6, b2
        b9:
            v23 = get l2
            set l0, v23
            jump b5
        }
    "#]]
    .assert_eq(&separated(&counting(true, false)).to_string());
}

#[test]
fn loops_that_gain_nothing_stay_as_they_are() {
    for (poll, work) in [(false, false), (false, true), (true, true)] {
        let module = counting(poll, work);
        assert_eq!(separated(&module), module, "poll {poll}, work {work}");
    }
}

/// A loop with as many additions at each turn, in which `depth` other loops are nested.
fn nested(additions: usize, depth: usize) -> Module {
    let mut generator = CodeGenerator::new();
    let fail = generator.symbol(Symbol::function("fail", Signature::new(&[Type::I64], None)).cold());
    let signature = Signature::new(&[Type::I64], Some(Type::I64));
    let mut f = FunctionBuilder::new("f", signature).exported();
    let sum = f.variable(f.parameter(0));
    let mut ends = Vec::new();
    for _ in 0..=depth {
        let head = f.label_here();
        for _ in 0..additions {
            let (value, more) = (f.get(sum), f.i64(3));
            let value = f.add(value, more);
            f.set(sum, value);
        }
        ends.push(head);
    }
    for head in ends.into_iter().rev() {
        let (call, next, end) = (f.label(), f.label(), f.label());
        let (value, limit, none) = (f.get(sum), f.i64(1000), f.i64(0));
        let is_negative = f.less(value, none);
        f.branch(is_negative, call, next, Expect::No);
        f.place(call);
        f.call_void(&fail, &[value]);
        f.jump(next);
        f.place(next);
        let goes_on = f.less(value, limit);
        f.branch(goes_on, head, end, Expect::Yes);
        f.place(end);
    }
    let value = f.get(sum);
    f.return_value(value);
    generator.add(f);
    generator.finish().unwrap()
}

#[test]
fn only_the_innermost_of_loops_that_are_not_too_large_are_copied() {
    let blocks = |module: &Module| module.functions[0].blocks.len();
    for depth in 0..4 {
        let module = nested(1, depth);
        // A turn of two blocks twice, and the second of them a third time.
        assert_eq!(blocks(&separated(&module)), blocks(&module) + 3, "{depth}");
    }
    let large = nested(1000, 0);
    assert_eq!(separated(&large), large);
}

#[test]
fn random_modules_do_what_they_did() {
    let mut changed = 0;
    for seed in 0..3000 {
        let bytes = testing::bytes(seed, 500);
        let module = testing::module(&bytes);
        let separated = separated(&module);
        if separated != module {
            changed += 1;
            let inputs = testing::inputs(&bytes);
            let outcome = testing::run(&module, &inputs, 200_000);
            if outcome.is_ok() {
                assert_eq!(testing::run(&separated, &inputs, 400_000), outcome, "{seed}");
            }
        }
    }
    assert!(changed > 80, "{changed}");
}
