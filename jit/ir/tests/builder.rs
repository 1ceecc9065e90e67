//! RPS-33, RPS-34: what is made with builders and generators does what it says.

use expect_test::expect;
use rps_jit_ir::evaluate::{Evaluator, Stop, Value};
use rps_jit_ir::function::trap;
use rps_jit_ir::types::Element;
use rps_jit_ir::{Checked, CodeGenerator, Expect, FunctionBuilder, Label, Module, Signature, Symbol, Type};

fn finish(generator: CodeGenerator) -> Module {
    generator.finish().unwrap_or_else(|report| panic!("{report}"))
}

#[test]
fn blocks_begin_end_and_fall_through() {
    let mut f = FunctionBuilder::new("f", Signature::new(&[Type::I64, Type::Bool], Some(Type::I64)));
    assert_eq!((f.current(), f.is_ended(), f.instructions_here()), (Some(Label(0)), false, 0));
    let (unused, next) = (f.label(), f.label());
    f.place(next);
    assert_eq!(f.current(), Some(next));
    let later = f.label();
    f.guard(f.parameter(1), later);
    let one = f.i64(1);
    assert_eq!((f.type_of(one), f.instructions_here()), (Some(Type::I64), 1));
    f.return_value(one);
    assert!(f.is_ended());
    f.place(later);
    f.return_value(f.parameter(0));
    assert_eq!(f.type_of(f.parameter(1)), Some(Type::Bool));
    assert_ne!(unused, next);
    // The label that was never placed, and that nothing goes to, is gone.
    expect![[r#"
        fn f(v0: i64, v1: bool) -> i64 {
        b0:
            jump b1
        b1:
            branch v1, b3, b2 likely b3
        b2:
            return v0
        b3:
            v2 = i64 1
            return v2
        }
    "#]]
    .assert_eq(&f.finish().unwrap().to_string());
}

#[test]
fn numbers_are_constants_of_their_type() {
    let mut f = FunctionBuilder::new("f", Signature::default());
    for (ty, number) in [
        (Type::I8, -128),
        (Type::I8, 255),
        (Type::I16, -1),
        (Type::I32, i64::from(u32::MAX)),
        (Type::I64, i64::MIN),
        (Type::F32, 3),
        (Type::F64, -3),
    ] {
        f.number(ty, number);
    }
    f.return_void();
    expect![[r#"
        fn f() {
        b0:
            v0 = i8 -128
            v1 = i8 -1
            v2 = i16 -1
            v3 = i32 -1
            v4 = i64 -9223372036854775808
            v5 = f32 3.0
            v6 = f64 -3.0
            return
        }
    "#]]
    .assert_eq(&f.finish().unwrap().to_string());
}

/// A template that calls itself and another template: the power of a number.
#[test]
fn templates_are_made_once_for_each_type_and_call_themselves() {
    let mut generator = CodeGenerator::new();
    generator.template(
        "square",
        1,
        |name, types| FunctionBuilder::new(name, Signature::new(types, Some(types[0]))),
        |_, f, _, _| {
            let square = f.multiply(f.parameter(0), f.parameter(0));
            f.return_value(square);
        },
    );
    generator.template(
        "power",
        1,
        |name, types| {
            let signature = Signature::new(&[types[0], Type::I32], Some(types[0]));
            FunctionBuilder::new(name, signature).exported().trapping()
        },
        |generator, f, power, types| {
            let Ok(square) = generator.instantiate("square", types) else { return };
            let (base, exponent) = (f.parameter(0), f.parameter(1));
            let (last, more) = (f.label(), f.label());
            let zero = f.i32(0);
            let is_last = f.less_equal(exponent, zero);
            f.branch(is_last, last, more, Expect::No);
            f.place(last);
            let one = f.number(types[0], 1);
            f.return_value(one);
            f.place(more);
            let one = f.i32(1);
            let half = f.shift_right(exponent, one);
            let root = f.call(power, &[base, half]);
            let even = f.call(&square, &[root]);
            let odd = f.multiply(even, base);
            let low = f.and(exponent, one);
            let is_even = f.equal(low, zero);
            let result = f.select(is_even, even, odd);
            f.return_value(result);
        },
    );
    let first = generator.instantiate("power", &[Type::F64]).unwrap();
    let second = generator.instantiate("power", &[Type::F64]).unwrap();
    assert_eq!((first.id(), first.name()), (second.id(), "power<f64>"));
    generator.instantiate("power", &[Type::I16]).unwrap();
    assert_eq!(generator.find_function("square<i16>").unwrap().signature().parameters, [Type::I16]);
    let module = finish(generator);
    assert_eq!(module.functions.len(), 4);
    let mut evaluator = Evaluator::new(&module).unwrap();
    let mut power = |base: Value, exponent: i32| {
        evaluator.call(&format!("power<{}>", base.ty()), &[base, exponent.into()]).unwrap().unwrap()
    };
    assert_eq!(power(1.5.into(), 5), Value::from(7.59375));
    assert_eq!(power(3i16.into(), 4), Value::from(81i16));
    assert_eq!(power(2i16.into(), 17), Value::from(0i16));
    assert_eq!(module.recursive_functions(), [true, false, true, false]);
}

#[test]
fn checks_leave_for_a_slow_path() {
    let mut generator = CodeGenerator::new();
    let slow = Symbol::function("slow", Signature::new(&[Type::I64, Type::I64], Some(Type::I64))).cold();
    let slow = generator.symbol(slow);
    assert_eq!(generator.find_symbol("slow").unwrap().id(), slow.id());
    let signature = Signature::new(&[Type::I64, Type::I64], Some(Type::I64));
    let mut f = FunctionBuilder::new("add", signature).exported();
    let (left, right, exit) = (f.parameter(0), f.parameter(1), f.label());
    let (sum, overflow) = f.checked(Checked::Add, left, right);
    f.leave_if(overflow, exit);
    f.return_value(sum);
    f.place(exit);
    let result = f.call(&slow, &[left, right]);
    f.return_value(result);
    generator.add(f);
    let module = finish(generator);
    let mut evaluator = Evaluator::new(&module).unwrap();
    evaluator.define("slow", |_, arguments| Ok(Some(Value::from(arguments[0].as_i64() / 2))));
    let mut add = |left: i64, right: i64| evaluator.call("add", &[left.into(), right.into()]).unwrap();
    assert_eq!(add(3, 4), Some(7i64.into()));
    assert_eq!(add(i64::MAX, 1), Some((i64::MAX / 2).into()));
}

#[test]
fn what_is_not_trusted_is_stopped_at_the_end_of_a_slice() {
    let slice = Type::Slice(Element::I8);
    let mut generator = CodeGenerator::new();
    let signature = Signature::new(&[slice, Type::I64, Type::I8], Some(Type::I8));
    let mut inner = FunctionBuilder::new("exchange", signature.clone()).trapping();
    let (row, index, new) = (inner.parameter(0), inner.parameter(1), inner.parameter(2));
    let old = inner.element(row, index);
    inner.set_element(row, index, new);
    inner.return_value(old);
    let inner = generator.add(inner);
    let mut outer = FunctionBuilder::new("outer", signature).trapping();
    let negative = outer.less(outer.parameter(2), outer.parameter(2));
    outer.trap_if(negative, trap::USER);
    let old = outer.call(&inner, &[outer.parameter(0), outer.parameter(1), outer.parameter(2)]);
    outer.return_value(old);
    generator.add(outer);
    let module = finish(generator);
    let mut evaluator = Evaluator::new(&module).unwrap();
    let row = evaluator.slice(Element::I8, &[1, 2, 3]);
    let mut exchange = |index: i64| evaluator.call("outer", &[row, index.into(), Value::from(-1i8)]);
    assert_eq!(exchange(2), Ok(Some(3i8.into())));
    assert_eq!(exchange(2), Ok(Some((-1i8).into())));
    assert_eq!(exchange(3), Err(Stop::Trap(trap::INDEX)));
    assert_eq!(exchange(-1), Err(Stop::Trap(trap::INDEX)));
    assert_eq!(evaluator.state.elements(&row), [1, 2, 0xff]);
}
