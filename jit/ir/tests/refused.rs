//! RPS-34: what is wrong with a function is refused, with the place and the reason, before any compiler sees it.

use expect_test::expect_file;
use rps_jit_ir::function::trap;
use rps_jit_ir::types::Element;
use rps_jit_ir::{
    Binary, Block, Callee, Checked, CodeGenerator, Comparison, Conversion, Expect, Function, FunctionBuilder,
    FunctionId, Instruction, Label, Local, Memory, Module, Order, Signature, Symbol, SymbolId, Target, Type,
    Unary, Val,
};

/// A function `f(v0: i64, v1: f64, v2: bool, v3: [i64], v4: ptr) -> i64`.
#[derive(Clone, Copy)]
enum Kind {
    Plain,
    Trapping,
    Trusted,
}

use Kind::{Plain, Trapping, Trusted};

const INT: Val = Val(0);
const FLOAT: Val = Val(1);
const TRUTH: Val = Val(2);
const SLICE: Val = Val(3);
const POINTER: Val = Val(4);

fn signature() -> Signature {
    let slice = Type::Slice(Element::I64);
    Signature::new(&[Type::I64, Type::F64, Type::Bool, slice, Type::Ptr], Some(Type::I64))
}

fn builder(kind: Kind) -> FunctionBuilder {
    match kind {
        Plain => FunctionBuilder::new("f", signature()),
        Trapping => FunctionBuilder::new("f", signature()).trapping(),
        Trusted => FunctionBuilder::trusted("f", signature()),
    }
}

type Build = fn(&mut FunctionBuilder);
type MakeBlocks = fn() -> Vec<Vec<Instruction>>;
type Generate = fn(&mut CodeGenerator);

/// What is made with a builder. Each returns by itself where that is not what is wrong.
const BUILT: &[(&str, Kind, Build)] = &[
    ("a sum of an integer and a float", Plain, |f| {
        let sum = f.add(INT, FLOAT);
        f.return_value(sum);
    }),
    ("a result of another type", Plain, |f| f.return_value(FLOAT)),
    ("a return without the result", Plain, |f| f.return_void()),
    ("no return", Plain, |f| {
        f.add(INT, INT);
    }),
    ("nothing at all", Plain, |_| {}),
    ("no return in one block of two", Plain, |f| {
        let (yes, no) = (f.label(), f.label());
        f.branch(TRUTH, yes, no, Expect::Unknown);
        f.place(yes);
        f.return_value(INT);
        f.place(no);
    }),
    ("a label that is never placed", Plain, |f| {
        let label = f.label();
        f.jump(label);
    }),
    ("a label that nobody made", Plain, |f| f.jump(Label(9))),
    ("a label that is placed twice", Plain, |f| {
        let label = f.label_here();
        f.place(label);
        f.return_value(INT);
    }),
    ("a jump back to the first block", Plain, |f| f.jump(Label(0))),
    ("an instruction behind a return", Plain, |f| {
        f.return_value(INT);
        f.add(INT, INT);
    }),
    ("a parameter that is not there", Plain, |f| {
        let parameter = f.parameter(5);
        f.return_value(parameter);
    }),
    ("a value that nothing gives", Plain, |f| f.return_value(Val(77))),
    ("a value of another branch", Plain, |f| {
        let (yes, no) = (f.label(), f.label());
        f.branch(TRUTH, yes, no, Expect::Unknown);
        f.place(yes);
        let here = f.add(INT, INT);
        f.return_value(here);
        f.place(no);
        f.return_value(here);
    }),
    ("a value of the one side behind both", Plain, |f| {
        let (yes, end) = (f.label(), f.label());
        f.branch(TRUTH, yes, end, Expect::Unknown);
        f.place(yes);
        let here = f.add(INT, INT);
        f.place(end);
        f.return_value(here);
    }),
    ("a local that is never set", Plain, |f| {
        let local = f.local(Type::I64);
        let value = f.get(local);
        f.return_value(value);
    }),
    ("a local that is set on one way only", Plain, |f| {
        let local = f.local(Type::I64);
        let (yes, end) = (f.label(), f.label());
        f.branch(TRUTH, yes, end, Expect::Unknown);
        f.place(yes);
        f.set(local, INT);
        f.place(end);
        let value = f.get(local);
        f.return_value(value);
    }),
    ("a local that is set at the end of the loop", Plain, |f| {
        let local = f.local(Type::I64);
        let (head, end) = (f.label(), f.label());
        f.place(head);
        let value = f.get(local);
        f.set(local, INT);
        f.branch(TRUTH, head, end, Expect::Unknown);
        f.place(end);
        f.return_value(value);
    }),
    ("a local of another type", Plain, |f| {
        let local = f.local(Type::F64);
        f.set(local, INT);
        f.return_value(INT);
    }),
    ("a local that nobody made", Plain, |f| {
        f.set(Local(3), INT);
        f.return_value(INT);
    }),
    ("a slice in a local", Plain, |f| {
        f.variable(SLICE);
        f.return_value(INT);
    }),
    ("one of two slices", Plain, |f| {
        f.select(TRUTH, SLICE, SLICE);
        f.return_value(INT);
    }),
    ("an integer as a condition", Plain, |f| {
        let (yes, no) = (f.label(), f.label());
        f.branch(INT, yes, no, Expect::Unknown);
        f.place(yes);
        f.return_value(INT);
        f.place(no);
        f.return_value(INT);
    }),
    ("a switch on a float", Plain, |f| {
        let end = f.label();
        f.switch(FLOAT, &[(1, end)], end);
        f.place(end);
        f.return_value(INT);
    }),
    ("a case that is there twice", Plain, |f| {
        let (one, end) = (f.label(), f.label());
        f.switch(INT, &[(1, one), (2, end), (1, end)], end);
        f.place(one);
        f.return_value(INT);
        f.place(end);
        f.return_value(INT);
    }),
    ("a case that does not fit", Plain, |f| {
        let byte = f.narrow(INT, Type::I8);
        let end = f.label();
        f.switch(byte, &[(256, end)], end);
        f.place(end);
        f.return_value(INT);
    }),
    ("a constant that does not fit", Plain, |f| {
        f.constant(Type::I8, 256);
        f.return_value(INT);
    }),
    ("a number that does not fit", Plain, |f| {
        f.number(Type::I8, 256);
        f.number(Type::I8, -128);
        f.number(Type::I8, 255);
        f.return_value(INT);
    }),
    ("a division in a function that does not trap", Plain, |f| {
        let quotient = f.divide(INT, INT);
        f.return_value(quotient);
    }),
    ("an element in a function that does not trap", Trusted, |f| {
        let element = f.element(SLICE, INT);
        f.return_value(element);
    }),
    ("a trap in a function that does not trap", Plain, |f| f.trap(trap::USER)),
    ("a trap with a number that has a meaning", Trapping, |f| f.trap(trap::INDEX)),
    ("an element of what is no slice", Trapping, |f| {
        let element = f.element(INT, INT);
        f.return_value(element);
    }),
    ("an element at a float", Trapping, |f| {
        let element = f.element(SLICE, FLOAT);
        f.return_value(element);
    }),
    ("an element of another type", Trapping, |f| {
        f.set_element(SLICE, INT, FLOAT);
        f.return_value(INT);
    }),
    ("the length of a float", Plain, |f| {
        let length = f.length(FLOAT);
        f.return_value(length);
    }),
    ("a read of memory", Plain, |f| {
        let value = f.load(Type::I64, POINTER, 0, Memory::default());
        f.return_value(value);
    }),
    ("a write to memory", Trapping, |f| {
        f.store(POINTER, 0, INT, Memory::default());
        f.return_value(INT);
    }),
    ("an address made by counting", Plain, |f| {
        f.offset(POINTER, INT, 8, 0);
        f.return_value(INT);
    }),
    ("an address made of an integer", Plain, |f| {
        f.bits(INT, Type::Ptr);
        f.return_value(INT);
    }),
    ("an address made of nothing", Plain, |f| {
        f.pointer(0);
        f.return_value(INT);
    }),
    ("where the stack is", Plain, |f| {
        f.stack_address();
        f.return_value(INT);
    }),
    ("a call of an address", Plain, |f| {
        let result = f.call(Target::Pointer(POINTER, &Signature::new(&[], Some(Type::I64))), &[]);
        f.return_value(result);
    }),
    ("what is never reached", Plain, |f| f.unreachable()),
    ("a read at an integer", Trusted, |f| {
        let value = f.load(Type::I64, INT, 0, Memory::default());
        f.return_value(value);
    }),
    ("a slice read from memory", Trusted, |f| {
        f.load(Type::Slice(Element::I8), POINTER, 0, Memory::default());
        f.return_value(INT);
    }),
    ("a write where nobody writes", Trusted, |f| {
        f.store(POINTER, 0, INT, Memory { class: 0, order: Order::Constant });
        f.return_value(INT);
    }),
    ("a truth value plus another", Plain, |f| {
        f.add(TRUTH, TRUTH);
        f.return_value(INT);
    }),
    ("a remainder of floats", Trapping, |f| {
        f.remainder(FLOAT, FLOAT);
        f.return_value(INT);
    }),
    ("the bits of a float turned", Plain, |f| {
        f.not(FLOAT);
        f.return_value(INT);
    }),
    ("the square root of an integer", Plain, |f| {
        f.square_root(INT);
        f.return_value(INT);
    }),
    ("a checked sum of floats", Plain, |f| {
        f.checked(Checked::Add, FLOAT, FLOAT);
        f.return_value(INT);
    }),
    ("which truth value is less", Plain, |f| {
        f.less(TRUTH, TRUTH);
        f.return_value(INT);
    }),
    ("which float is less without sign", Plain, |f| {
        f.less_unsigned(FLOAT, FLOAT);
        f.return_value(INT);
    }),
    ("a narrow integer made wider by narrowing", Plain, |f| {
        f.convert(Conversion::Narrow, INT, Type::I64);
        f.return_value(INT);
    }),
    ("the bits of a float as fewer bits", Plain, |f| {
        f.bits(FLOAT, Type::I32);
        f.return_value(INT);
    }),
    ("two errors, of which both are told", Plain, |f| {
        f.unary(Unary::Floor, INT);
        f.binary(Binary::And, FLOAT, FLOAT);
        f.return_value(INT);
    }),
    ("an error that says nothing more of what follows from it", Trapping, |f| {
        let element = f.element(FLOAT, INT);
        let sum = f.add(element, INT);
        f.return_value(sum);
    }),
];

/// What only a form made by hand has: the builder does not make it.
const RAW: &[(&str, MakeBlocks)] = &[
    ("a function without blocks", Vec::new),
    ("an empty block", || vec![vec![]]),
    ("a return in the middle", || vec![vec![back(INT), back(INT)]]),
    ("a value that is given twice", || vec![vec![number(5), number(5), back(Val(5))]]),
    ("a parameter that is given", || vec![vec![number(0), back(INT)]]),
    ("a value with a great number", || vec![vec![number(u32::MAX), back(INT)]]),
    ("a value that is used before it is given", || {
        let sum = Instruction::Binary { to: Val(5), operation: Binary::Add, left: Val(6), right: INT };
        vec![vec![sum, number(6), back(INT)]]
    }),
    ("a value that is made of itself", || {
        let sum = Instruction::Binary { to: Val(5), operation: Binary::Add, left: Val(5), right: INT };
        vec![vec![sum, back(INT)]]
    }),
    ("a function that is not there", || vec![vec![call(Callee::Function(FunctionId(9))), back(INT)]]),
    ("a symbol that is not there", || vec![vec![call(Callee::Symbol(SymbolId(9))), back(INT)]]),
    ("a symbol that is not called", || vec![vec![call(Callee::Symbol(SymbolId(0))), back(INT)]]),
    ("a result that a call does not give", || {
        let callee = Callee::Symbol(SymbolId(1));
        vec![vec![Instruction::Call { to: Some(Val(5)), callee, arguments: vec![INT] }, back(INT)]]
    }),
    ("an argument too few", || vec![vec![call(Callee::Symbol(SymbolId(1))), back(INT)]]),
    ("an argument of another type", || {
        let callee = Callee::Symbol(SymbolId(1));
        vec![vec![Instruction::Call { to: None, callee, arguments: vec![FLOAT] }, back(INT)]]
    }),
    ("what traps, called by what does not", || vec![vec![call(Callee::Symbol(SymbolId(2))), back(INT)]]),
    ("a result that is left out", || vec![vec![call(Callee::Symbol(SymbolId(3))), back(INT)]]),
    ("a comparison that nothing leads to is checked too", || {
        let compare =
            Instruction::Compare { to: Val(5), comparison: Comparison::Less, left: INT, right: FLOAT };
        vec![vec![back(INT)], vec![compare, back(INT)]]
    }),
];

fn number(to: u32) -> Instruction {
    Instruction::Constant { to: Val(to), ty: Type::I64, bits: 1 }
}

fn back(from: Val) -> Instruction {
    Instruction::Return { from: Some(from) }
}

fn call(callee: Callee) -> Instruction {
    Instruction::Call { to: None, callee, arguments: Vec::new() }
}

fn raw(blocks: Vec<Vec<Instruction>>) -> Module {
    let blocks = blocks.into_iter().map(|instructions| Block { instructions }).collect();
    let function = Function {
        name: "f".to_owned(),
        signature: signature(),
        is_exported: true,
        is_trusted: false,
        traps: false,
        is_cold: false,
        locals: Vec::new(),
        blocks,
    };
    let symbols = vec![
        Symbol::address("table"),
        Symbol::function("say", Signature::new(&[Type::I64], None)),
        Symbol::function("fail", Signature::new(&[], None)).trapping(),
        Symbol::function("clock", Signature::new(&[], Some(Type::I64))),
    ];
    Module { functions: vec![function], symbols }
}

/// What is wrong with modules, made with a generator.
const MODULES: &[(&str, Generate)] = &[
    ("RPS-33: two functions of one name", |generator| {
        generator.add(returning("f"));
        generator.add(returning("f"));
    }),
    ("RPS-33: two symbols of one name", |generator| {
        generator.symbol(Symbol::address("table"));
        generator.symbol(Symbol::address("table"));
    }),
    ("RPS-33: a function with the name of a symbol", |generator| {
        generator.symbol(Symbol::address("f"));
        generator.add(returning("f"));
    }),
    ("RPS-33: a function that is declared and not defined", |generator| {
        generator.declare(&returning("f"));
    }),
    ("RPS-33: a function that is defined twice", |generator| {
        let f = generator.add(returning("f"));
        generator.define(&f, returning("f"));
    }),
    ("RPS-33: a function that is defined with another signature", |generator| {
        let f = generator.declare(&FunctionBuilder::new("f", Signature::new(&[Type::F64], None)));
        generator.define(&f, returning("f"));
    }),
    ("RPS-33: a function of another generator", |generator| {
        let other = CodeGenerator::new().add(returning("other"));
        let mut f = FunctionBuilder::new("f", Signature::default());
        f.call_void(&other, &[]);
        f.return_void();
        generator.add(f);
    }),
    ("RPS-33: two functions of two generators, with one number", |generator| {
        let other = CodeGenerator::new().add(returning("other"));
        let own = generator.add(returning("own"));
        let mut f = FunctionBuilder::new("f", Signature::default());
        f.call_void(&own, &[]);
        f.call_void(&other, &[]);
        f.return_void();
        generator.add(f);
    }),
    ("RPS-33: two templates of one name", |generator| {
        for _ in 0..2 {
            generator.template("t", 0, |name, _| returning(name), |_, _, _, _| {});
        }
    }),
    ("RPS-33: a template that is wrong for a type", |generator| {
        generator.template(
            "root",
            1,
            |name, types| FunctionBuilder::new(name, Signature::new(types, Some(types[0]))),
            |_, f, _, _| {
                let root = f.square_root(f.parameter(0));
                f.return_value(root);
            },
        );
        let made = [Type::F32, Type::I16].map(|ty| generator.instantiate("root", &[ty]).is_ok());
        assert_eq!(made, [true, true]);
    }),
    ("a name that is none", |generator| {
        generator.add(returning(""));
        generator.symbol(Symbol::address("a\0b"));
    }),
    ("a slice as the result", |generator| {
        let slice = Type::Slice(Element::F64);
        let mut f = FunctionBuilder::new("f", Signature::new(&[slice], Some(slice)));
        f.return_value(f.parameter(0));
        generator.add(f);
        generator.symbol(Symbol::function("g", Signature::new(&[], Some(slice))));
    }),
    ("a call that traps, in what does not", |generator| {
        let mut g = FunctionBuilder::new("g", Signature::default()).trapping();
        g.trap(trap::USER);
        let g = generator.add(g);
        let mut f = FunctionBuilder::new("f", Signature::default());
        f.call_void(&g, &[]);
        f.return_void();
        generator.add(f);
    }),
    ("two functions that call each other, in what does not trap", |generator| {
        let (mut f, mut g) = (
            FunctionBuilder::new("f", Signature::default()),
            FunctionBuilder::trusted("g", Signature::default()),
        );
        let (first, second) = (generator.declare(&f), generator.declare(&g));
        f.call_void(&second, &[]);
        f.return_void();
        g.call_void(&first, &[]);
        g.return_void();
        generator.define(&first, f);
        generator.define(&second, g);
        let mut h = FunctionBuilder::new("h", Signature::default());
        h.call_void(&first, &[]);
        h.return_void();
        generator.add(h);
    }),
    ("the address of a symbol in what is not trusted", |generator| {
        let table = generator.symbol(Symbol::address("table"));
        let mut f = FunctionBuilder::new("f", Signature::default());
        f.address(&table);
        f.return_void();
        generator.add(f);
    }),
];

fn returning(name: &str) -> FunctionBuilder {
    let mut f = FunctionBuilder::new(name, Signature::default());
    f.return_void();
    f
}

#[test]
fn what_is_wrong_is_refused_with_its_place_and_reason() {
    let mut text = String::new();
    let mut count = 0;
    let mut tell = |name: &str, problem: Option<String>| {
        let problem = problem.unwrap_or_else(|| panic!("not refused: {name}"));
        count += 1;
        text.push_str(&format!("# {name}\n{problem}\n\n"));
    };
    for (name, kind, build) in BUILT {
        let mut f = builder(*kind);
        build(&mut f);
        tell(name, f.finish().err().map(|report| report.to_string()));
    }
    for (name, blocks) in RAW {
        tell(name, raw(blocks()).verify().err().map(|report| report.to_string()));
    }
    for (name, make) in MODULES {
        let mut generator = CodeGenerator::new();
        make(&mut generator);
        tell(name, generator.finish().err().map(|report| report.to_string()));
    }
    text.pop();
    assert!(count >= 80, "{count}");
    expect_file!["golden/refused.txt"].assert_eq(&text);
}

#[test]
fn names_and_templates_that_are_not_there_are_told_at_once() {
    let mut generator = CodeGenerator::new();
    generator.template("t", 2, |name, _| returning(name), |_, _, _, _| {});
    generator.add(returning("f"));
    let codes = [
        generator.find_function("g").map(drop),
        generator.find_symbol("f").map(drop),
        generator.instantiate("u", &[]).map(drop),
        generator.instantiate("t", &[Type::I8]).map(drop),
        generator.find_function("f").map(drop),
    ]
    .map(|found| found.map_err(|error| error.code()));
    let wanted = [
        Err("native::undefined-symbol"),
        Err("native::undefined-symbol"),
        Err("native::undefined-template"),
        Err("native::template-types"),
        Ok(()),
    ];
    assert_eq!(codes, wanted);
}

#[test]
fn of_many_errors_a_hundred_are_told() {
    let mut f = builder(Plain);
    for _ in 0..150 {
        f.add(INT, FLOAT);
    }
    let report = f.finish().unwrap_err();
    assert_eq!((report.errors.len(), report.left_out), (100, 51));
    assert!(report.to_string().ends_with("and 51 more"));
}

#[test]
fn a_long_instruction_is_shortened() {
    let mut f = builder(Plain);
    let end = f.label();
    let cases: Vec<(u64, Label)> = (0..100_000).map(|case| (case, end)).collect();
    f.switch(FLOAT, &cases, end);
    f.place(end);
    f.return_value(INT);
    let report = f.finish().unwrap_err();
    let text = &report.errors[0].place.text;
    assert!(text.len() < 200 && text.starts_with("switch v1, 0: b1, 1: b1") && text.ends_with('…'), "{text}");
}
