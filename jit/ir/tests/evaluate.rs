//! RPS-35: every operation has one meaning, also at its edges.

use expect_test::expect;
use rps_jit_ir::evaluate::{self, Bytes, Evaluator, Stop, Value};
use rps_jit_ir::function::trap;
use rps_jit_ir::types::Element;
use rps_jit_ir::{
    Binary, Checked, CodeGenerator, Comparison, Conversion, Expect, FunctionBuilder, Memory, Module,
    Signature, Symbol, Target, Type, Unary,
};

fn binary(operation: Binary, left: impl Into<Value>, right: impl Into<Value>) -> String {
    let (left, right) = (left.into(), right.into());
    let result = evaluate::binary(operation, left.ty(), left.bits(), right.bits());
    let result = result.map_or("trap".to_owned(), |bits| Value::new(left.ty(), bits).to_string());
    format!("{left} {operation} {right} = {result}\n")
}

fn check(rows: Vec<String>, wanted: &expect_test::Expect) {
    wanted.assert_eq(&rows.concat());
}

#[test]
fn integers_at_their_edges() {
    use Binary::*;
    check(
        vec![
            binary(Add, i64::MAX, 1i64),
            binary(Subtract, i8::MIN, 1i8),
            binary(Multiply, i32::MIN, -1i32),
            binary(Multiply, 300i16, 300i16),
            binary(Divide, i64::MIN, -1i64),
            binary(Divide, i8::MIN, -1i8),
            binary(Divide, 1i16, 0i16),
            binary(Divide, -7i32, 2i32),
            binary(DivideUnsigned, -1i8, 2i8),
            binary(DivideUnsigned, i64::MIN, -1i64),
            binary(DivideUnsigned, 1i64, 0i64),
            binary(Remainder, -7i32, 2i32),
            binary(Remainder, 7i32, -2i32),
            binary(Remainder, i32::MIN, -1i32),
            binary(Remainder, 5i64, 0i64),
            binary(RemainderUnsigned, -1i16, 256i16),
            binary(RemainderUnsigned, 5i8, 0i8),
            binary(And, true, false),
            binary(Or, true, false),
            binary(Xor, true, true),
            binary(Xor, -1i8, 1i8),
            binary(ShiftLeft, 1i8, 7i8),
            binary(ShiftLeft, 1i8, 8i8),
            binary(ShiftLeft, 1i64, 64i64),
            binary(ShiftLeft, 1i64, -1i64),
            binary(ShiftRight, i8::MIN, 3i8),
            binary(ShiftRight, i8::MIN, 100i8),
            binary(ShiftRight, -5i64, -1i64),
            binary(ShiftRight, 5i64, -1i64),
            binary(ShiftRightUnsigned, -1i16, 15i16),
            binary(ShiftRightUnsigned, -1i16, 16i16),
            binary(RotateLeft, -128i8, 1i8),
            binary(RotateLeft, 1i8, 15i8),
            binary(RotateLeft, 1i32, -1i32),
            binary(Minimum, -1i8, 1i8),
            binary(Maximum, i64::MIN, i64::MAX),
        ],
        &expect![[r#"
            i64 9223372036854775807 add i64 1 = i64 -9223372036854775808
            i8 -128 subtract i8 1 = i8 127
            i32 -2147483648 multiply i32 -1 = i32 -2147483648
            i16 300 multiply i16 300 = i16 24464
            i64 -9223372036854775808 divide i64 -1 = trap
            i8 -128 divide i8 -1 = trap
            i16 1 divide i16 0 = trap
            i32 -7 divide i32 2 = i32 -3
            i8 -1 divide unsigned i8 2 = i8 127
            i64 -9223372036854775808 divide unsigned i64 -1 = i64 0
            i64 1 divide unsigned i64 0 = trap
            i32 -7 remainder i32 2 = i32 -1
            i32 7 remainder i32 -2 = i32 1
            i32 -2147483648 remainder i32 -1 = trap
            i64 5 remainder i64 0 = trap
            i16 -1 remainder unsigned i16 256 = i16 255
            i8 5 remainder unsigned i8 0 = trap
            bool true and bool false = bool false
            bool true or bool false = bool true
            bool true xor bool true = bool false
            i8 -1 xor i8 1 = i8 -2
            i8 1 shift left i8 7 = i8 -128
            i8 1 shift left i8 8 = i8 0
            i64 1 shift left i64 64 = i64 0
            i64 1 shift left i64 -1 = i64 0
            i8 -128 shift right i8 3 = i8 -16
            i8 -128 shift right i8 100 = i8 -1
            i64 -5 shift right i64 -1 = i64 -1
            i64 5 shift right i64 -1 = i64 0
            i16 -1 shift right unsigned i16 15 = i16 1
            i16 -1 shift right unsigned i16 16 = i16 0
            i8 -128 rotate left i8 1 = i8 1
            i8 1 rotate left i8 15 = i8 -128
            i32 1 rotate left i32 -1 = i32 -2147483648
            i8 -1 minimum i8 1 = i8 -1
            i64 -9223372036854775808 maximum i64 9223372036854775807 = i64 9223372036854775807
        "#]],
    );
}

#[test]
fn floats_at_their_edges() {
    use Binary::*;
    check(
        vec![
            binary(Add, f64::MAX, f64::MAX),
            binary(Add, -0.0f64, 0.0f64),
            binary(Subtract, f64::INFINITY, f64::INFINITY),
            binary(Multiply, 1e30f32, 1e30f32),
            binary(Divide, 1.0f64, -0.0f64),
            binary(Divide, 0.0f32, 0.0f32),
            binary(Minimum, f64::NAN, 1.0f64),
            binary(Minimum, 1.0f32, f32::NAN),
            binary(Minimum, 0.0f64, -0.0f64),
            binary(Minimum, -0.0f64, 0.0f64),
            binary(Maximum, -0.0f64, 0.0f64),
            binary(Maximum, 0.0f32, -0.0f32),
            binary(Maximum, f64::NAN, f64::NEG_INFINITY),
            binary(Maximum, f64::NAN, f64::NAN),
        ],
        &expect![[r#"
            f64 1.7976931348623157e308 add f64 1.7976931348623157e308 = f64 inf
            f64 -0.0 add f64 0.0 = f64 0.0
            f64 inf subtract f64 inf = f64 NaN
            f32 1e30 multiply f32 1e30 = f32 inf
            f64 1.0 divide f64 -0.0 = f64 -inf
            f32 0.0 divide f32 0.0 = f32 NaN
            f64 NaN minimum f64 1.0 = f64 1.0
            f32 1.0 minimum f32 NaN = f32 1.0
            f64 0.0 minimum f64 -0.0 = f64 -0.0
            f64 -0.0 minimum f64 0.0 = f64 -0.0
            f64 -0.0 maximum f64 0.0 = f64 0.0
            f32 0.0 maximum f32 -0.0 = f32 0.0
            f64 NaN maximum f64 -inf = f64 -inf
            f64 NaN maximum f64 NaN = f64 NaN
        "#]],
    );
}

fn unary(operation: Unary, from: impl Into<Value>) -> String {
    let from = from.into();
    let result = evaluate::unary(operation, from.ty(), from.bits()).unwrap();
    format!("{operation} {from} = {}\n", Value::new(from.ty(), result))
}

#[test]
fn operations_on_one_value() {
    use Unary::*;
    check(
        vec![
            unary(Negate, i8::MIN),
            unary(Negate, 0.0f64),
            unary(Not, true),
            unary(Not, 1i16),
            unary(Absolute, -0.0f64),
            unary(Absolute, f32::NEG_INFINITY),
            unary(SquareRoot, -1.0f64),
            unary(SquareRoot, -0.0f64),
            unary(Floor, -0.5f64),
            unary(Ceiling, -0.5f64),
            unary(Truncate, -1.9f32),
            unary(Round, 0.5f64),
            unary(Round, 1.5f64),
            unary(Round, -2.5f32),
            unary(CountOnes, -1i8),
            unary(LeadingZeros, 0i8),
            unary(LeadingZeros, 1i16),
            unary(LeadingZeros, -1i64),
            unary(TrailingZeros, 0i32),
            unary(TrailingZeros, 8i64),
        ],
        &expect![[r#"
            negate i8 -128 = i8 -128
            negate f64 0.0 = f64 -0.0
            not bool true = bool false
            not i16 1 = i16 -2
            absolute f64 -0.0 = f64 0.0
            absolute f32 -inf = f32 inf
            square root f64 -1.0 = f64 NaN
            square root f64 -0.0 = f64 -0.0
            floor f64 -0.5 = f64 -1.0
            ceiling f64 -0.5 = f64 -0.0
            truncate f32 -1.9 = f32 -1.0
            round f64 0.5 = f64 0.0
            round f64 1.5 = f64 2.0
            round f32 -2.5 = f32 -2.0
            count ones i8 -1 = i8 8
            leading zeros i8 0 = i8 8
            leading zeros i16 1 = i16 15
            leading zeros i64 -1 = i64 0
            trailing zeros i32 0 = i32 32
            trailing zeros i64 8 = i64 3
        "#]],
    );
}

fn convert(conversion: Conversion, from: impl Into<Value>, to: Type) -> String {
    let from = from.into();
    let result = evaluate::convert(conversion, from.ty(), to, from.bits()).unwrap();
    format!("{conversion} {from} = {}\n", Value::new(to, result))
}

#[test]
fn conversions() {
    use Conversion::*;
    check(
        vec![
            convert(Narrow, 0x1ffi64, Type::I8),
            convert(Widen, -1i8, Type::I64),
            convert(WidenUnsigned, -1i8, Type::I16),
            convert(WidenUnsigned, true, Type::I8),
            convert(ToFloat, i64::MAX, Type::F64),
            convert(ToFloat, 16_777_217i32, Type::F32),
            convert(ToFloat, -1i8, Type::F32),
            convert(ToFloatUnsigned, -1i64, Type::F64),
            convert(ToFloatUnsigned, -1i8, Type::F32),
            convert(ToInteger, f64::NAN, Type::I64),
            convert(ToInteger, f64::INFINITY, Type::I64),
            convert(ToInteger, f32::NEG_INFINITY, Type::I8),
            convert(ToInteger, -1.9f64, Type::I32),
            convert(ToInteger, 128.0f64, Type::I8),
            convert(ToInteger, -32769.0f32, Type::I16),
            convert(ToInteger, 9_223_372_036_854_775_808.0f64, Type::I64),
            convert(Float, 1e300f64, Type::F32),
            convert(Float, 0.1f32, Type::F64),
            convert(Float, -1e-50f64, Type::F32),
            convert(Bits, -0.0f64, Type::I64),
            convert(Bits, 1i32, Type::F32),
        ],
        &expect![[r#"
            narrow i64 511 = i8 -1
            widen i8 -1 = i64 -1
            widen unsigned i8 -1 = i16 255
            widen unsigned bool true = i8 1
            to float i64 9223372036854775807 = f64 9.223372036854776e18
            to float i32 16777217 = f32 16777216.0
            to float i8 -1 = f32 -1.0
            to float unsigned i64 -1 = f64 1.8446744073709552e19
            to float unsigned i8 -1 = f32 255.0
            to integer f64 NaN = i64 0
            to integer f64 inf = i64 9223372036854775807
            to integer f32 -inf = i8 -128
            to integer f64 -1.9 = i32 -1
            to integer f64 128.0 = i8 127
            to integer f32 -32769.0 = i16 -32768
            to integer f64 9.223372036854776e18 = i64 9223372036854775807
            float f64 1e300 = f32 inf
            float f32 0.1 = f64 0.10000000149011612
            float f64 -1e-50 = f32 -0.0
            bits f64 -0.0 = i64 -9223372036854775808
            bits i32 1 = f32 1e-45
        "#]],
    );
}

#[test]
fn checked_operations_tell_what_does_not_fit() {
    let wide = [i64::MIN, i64::MIN + 1, -1, 0, 1, 2, i64::MAX];
    for (left, right) in wide.iter().flat_map(|left| wide.map(|right| (*left, right))) {
        let wanted = [left.overflowing_add(right), left.overflowing_sub(right), left.overflowing_mul(right)];
        let found = Checked::ALL
            .map(|operation| evaluate::checked(operation, Type::I64, left as u64, right as u64))
            .map(|(bits, is_inexact)| (bits as i64, is_inexact));
        assert_eq!(found, wanted, "{left} {right}");
    }
    for (left, right) in (0..=255u8).flat_map(|left| (0..=255).map(move |right| (left as i8, right as i8))) {
        let wanted = [left.overflowing_add(right), left.overflowing_sub(right), left.overflowing_mul(right)];
        let bits = |value: i8| u64::from(value as u8);
        let found = Checked::ALL
            .map(|operation| evaluate::checked(operation, Type::I8, bits(left), bits(right)))
            .map(|(bits, is_inexact)| (bits as i8, is_inexact));
        assert_eq!(found, wanted, "{left} {right}");
    }
}

#[test]
fn with_nan_only_inequality_holds() {
    let holds = |left: f64, right: f64| -> Vec<String> {
        let all = Comparison::ALL.into_iter();
        let true_ones =
            all.filter(|each| evaluate::compare(*each, Type::F64, left.to_bits(), right.to_bits()));
        true_ones.map(|each| each.to_string()).collect()
    };
    assert_eq!(holds(f64::NAN, f64::NAN), ["not equal"]);
    assert_eq!(holds(f64::NAN, 1.0), ["not equal"]);
    assert_eq!(holds(0.0, -0.0), ["equal", "less or equal", "greater or equal"]);
    let unsigned = evaluate::compare(Comparison::LessUnsigned, Type::I8, 0x7f, 0x80);
    let signed = evaluate::compare(Comparison::Less, Type::I8, 0x7f, 0x80);
    assert_eq!((unsigned, signed), (true, false));
}

fn module(build: impl FnOnce(&mut CodeGenerator)) -> Module {
    let mut generator = CodeGenerator::new();
    build(&mut generator);
    generator.finish().unwrap_or_else(|report| panic!("{report}"))
}

/// A function that adds the elements of a slice.
fn sum() -> Module {
    module(|generator| {
        let signature = Signature::new(&[Type::Slice(Element::F64)], Some(Type::F64));
        let mut f = FunctionBuilder::new("sum", signature).exported().trapping();
        let slice = f.parameter(0);
        let (zero, none) = (f.i64(0), f.f64(0.0));
        let (index, total) = (f.variable(zero), f.variable(none));
        let (inside, end) = (f.label(), f.label());
        let head = f.label_here();
        let (at, length) = (f.get(index), f.length(slice));
        let is_inside = f.less(at, length);
        f.branch(is_inside, inside, end, Expect::Yes);
        f.place(inside);
        let (element, before) = (f.element(slice, at), f.get(total));
        let after = f.add(before, element);
        f.set(total, after);
        let one = f.i64(1);
        let next = f.add(at, one);
        f.set(index, next);
        f.jump(head);
        f.place(end);
        let result = f.get(total);
        f.return_value(result);
        generator.add(f);
    })
}

#[test]
fn a_loop_over_a_slice() {
    let module = sum();
    let mut evaluator = Evaluator::new(&module).unwrap();
    let slice = evaluator.slice(Element::F64, &[1.5f64, 2.25, -0.5].map(f64::to_bits));
    assert_eq!(evaluator.call("sum", &[slice]), Ok(Some(Value::from(3.25))));
    let wrong = evaluator.slice(Element::I64, &[1]);
    assert!(matches!(evaluator.call("sum", &[wrong]), Err(Stop::Call(_))));
    let foreign = Value::new(Type::Slice(Element::F64), 99);
    assert!(matches!(evaluator.call("sum", &[foreign]), Err(Stop::Call(_))));
    assert!(matches!(evaluator.call("product", &[]), Err(Stop::Call(_))));
}

#[test]
fn native_code_as_text() {
    expect![[r#"
        export traps fn sum(v0: [f64]) -> f64 {
            local l0: i64
            local l1: f64
        b0:
            v1 = i64 0
            v2 = f64 0.0
            set l0, v1
            set l1, v2
            jump b3
        b1:
            v6 = element v0[v3]
            v7 = get l1
            v8 = add v7, v6
            set l1, v8
            v9 = i64 1
            v10 = add v3, v9
            set l0, v10
            jump b3
        b2:
            v11 = get l1
            return v11
        b3:
            v3 = get l0
            v4 = length v0
            v5 = less v3, v4
            branch v5, b1, b2 likely b1
        }
    "#]]
    .assert_eq(&sum().to_string());
    let module = module(|generator| {
        let table = generator.symbol(Symbol::address("table"));
        let fail =
            generator.symbol(Symbol::function("fail", Signature::new(&[Type::I32], None)).trapping().cold());
        let signature = Signature::new(&[Type::Ptr, Type::I64], Some(Type::I64));
        let mut f = FunctionBuilder::trusted("all", signature.clone()).trapping().cold();
        let all = generator.declare(&f);
        let (pointer, index) = (f.parameter(0), f.parameter(1));
        let memory = Memory { class: 3, order: rps_jit_ir::Order::Ordered };
        let place = f.offset(pointer, index, 8, -16);
        let loaded = f.load(Type::I8, place, 4, memory);
        f.store(pointer, -8, loaded, Memory::default());
        let address = f.address(&table);
        f.stack_address();
        let called = f.call(Target::Pointer(address, &signature), &[pointer, index]);
        let again = f.call(&all, &[pointer, called]);
        let (value, overflow) = f.checked_add(again, called);
        let half = f.f32(0.5);
        let whole = f.to_integer(half, Type::I32);
        let (yes, no, never) = (f.label(), f.label(), f.label());
        f.branch(overflow, yes, no, Expect::No);
        f.place(yes);
        f.call_void(&fail, &[whole]);
        f.trap(trap::USER);
        f.place(no);
        f.switch(value, &[(0, never), (u64::MAX, yes)], never);
        f.place(never);
        f.unreachable();
        generator.define(&all, f);
    });
    expect![[r#"
        symbol table
        symbol cold traps fail(i32)

        trusted traps cold fn all(v0: ptr, v1: i64) -> i64 {
        b0:
            v2 = offset v0 + v1 * 8 -16
            v3 = load i8 [v2+4] ordered class 3
            store [v0-8], v3
            v4 = address table
            v5 = stack address
            v6 = call [v4] as (ptr, i64) -> i64(v0, v1)
            v7 = call all(v0, v6)
            v8, v9 = checked add v7, v6
            v10 = f32 0.5
            v11 = to integer i32 v10
            branch v9, b1, b2 likely b2
        b1:
            call symbol fail(v11)
            trap 256
        b2:
            switch v8, 0: b3, 18446744073709551615: b1, else: b3
        b3:
            unreachable
        }
    "#]]
    .assert_eq(&module.to_string());
}

#[test]
fn what_traps_and_what_is_too_long_stops() {
    let module = module(|generator| {
        let fail = Symbol::function("fail", Signature::new(&[Type::I64], Some(Type::I64))).trapping();
        let fail = generator.symbol(fail);
        let mut f = FunctionBuilder::new("fails", Signature::new(&[Type::I64], Some(Type::I64))).trapping();
        let result = f.call(&fail, &[f.parameter(0)]);
        f.return_value(result);
        generator.add(f);

        let mut f = FunctionBuilder::new("ever", Signature::default());
        let head = f.label_here();
        f.jump(head);
        generator.add(f);

        let mut f = FunctionBuilder::new("deep", Signature::default()).trapping();
        let deep = generator.declare(&f);
        f.call_void(&deep, &[]);
        f.return_void();
        generator.define(&deep, f);
    });
    let mut evaluator = Evaluator::new(&module).unwrap();
    let one = [Value::from(1i64)];
    assert_eq!(evaluator.call("fails", &one), Err(Stop::Symbol("fail".to_owned())));
    assert!(evaluator.define("fail", |_, arguments| match arguments[0].as_i64() {
        1 => Err(300),
        2 => Ok(None),
        other => Ok(Some(other.into())),
    }));
    assert!(!evaluator.define("other", |_, _| Ok(None)));
    assert_eq!(evaluator.call("fails", &one), Err(Stop::Trap(300)));
    assert_eq!(evaluator.call("fails", &[2i64.into()]), Err(Stop::HostResult("fail".to_owned())));
    assert_eq!(evaluator.call("fails", &[3i64.into()]), Ok(Some(3i64.into())));
    assert_eq!(evaluator.call("deep", &[]), Err(Stop::Depth));
    assert_eq!(evaluator.call("ever", &[]), Err(Stop::Steps));
}

#[test]
fn the_stack_comes_down_with_each_call() {
    let module = module(|generator| {
        let signature = Signature::new(&[Type::I64, Type::Ptr], Some(Type::I64));
        let mut f = FunctionBuilder::trusted("depth", signature);
        let depth = generator.declare(&f);
        let (number, limit) = (f.parameter(0), f.parameter(1));
        let (deep, end) = (f.label(), f.label());
        let (here, again) = (f.stack_address(), f.stack_address());
        let (is_low, is_same) = (f.less_unsigned(here, limit), f.equal(here, again));
        let is_good = f.not(is_low);
        let goes_on = f.and(is_good, is_same);
        f.branch(goes_on, deep, end, Expect::Yes);
        f.place(deep);
        let one = f.i64(1);
        let next = f.add(number, one);
        let result = f.call(&depth, &[next, limit]);
        f.return_value(result);
        f.place(end);
        f.return_value(number);
        generator.define(&depth, f);

        let mut f = FunctionBuilder::trusted("here", Signature::new(&[], Some(Type::Ptr)));
        let here = f.stack_address();
        f.return_value(here);
        generator.add(f);
    });
    let mut evaluator = Evaluator::new(&module).unwrap();
    let here = evaluator.call("here", &[]).unwrap().unwrap().bits();
    let mut depth = |bytes| {
        let limit = Value::new(Type::Ptr, here - bytes);
        evaluator.call("depth", &[0i64.into(), limit]).unwrap().unwrap().as_i64()
    };
    let (small, great) = (depth(10_000), depth(20_000));
    assert!(small > 10 && great > small + 10, "{small}, {great}");
}

#[test]
fn trusted_functions_have_the_memory_that_they_are_given() {
    let module = module(|generator| {
        let mut f = FunctionBuilder::trusted("swap", Signature::new(&[Type::Ptr], Some(Type::I16)));
        let pointer = f.parameter(0);
        let first = f.load(Type::I16, pointer, 0, Memory::default());
        let second = f.load(Type::I16, pointer, 2, Memory::default());
        f.store(pointer, 0, second, Memory::default());
        f.store(pointer, 2, first, Memory::default());
        f.return_value(first);
        generator.add(f);
        let mut f = FunctionBuilder::trusted("truth", Signature::new(&[Type::Ptr], Some(Type::Bool)));
        let truth = f.load(Type::Bool, f.parameter(0), 0, Memory::default());
        f.store(f.parameter(0), 0, truth, Memory::default());
        f.return_value(truth);
        generator.add(f);
    });
    let mut evaluator = Evaluator::new(&module).unwrap();
    let pointer = |address| [Value::new(Type::Ptr, address)];
    assert!(matches!(evaluator.call("swap", &pointer(64)), Err(Stop::Undefined(_))));
    evaluator.state.memory = Some(Box::new(Bytes { base: 64, bytes: vec![1, 2, 3, 4] }));
    assert_eq!(evaluator.call("swap", &pointer(64)), Ok(Some(0x0201i16.into())));
    assert!(matches!(evaluator.call("swap", &pointer(65)), Err(Stop::Undefined(_))));
    assert_eq!(evaluator.call("truth", &pointer(64)), Ok(Some(true.into())));
    let memory = evaluator.state.memory.as_mut().unwrap();
    assert_eq!(
        (memory.read(64, 4), memory.read(63, 1), memory.read(u64::MAX, 8)),
        (Some(0x0201_0401), None, None)
    );
}
