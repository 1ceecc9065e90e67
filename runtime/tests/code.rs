//! Code by hand: what the verifier refuses, and that what it lets through does no harm.

use std::sync::Arc;

use proptest::prelude::*;
use rps_runtime::code::{CodeParts, CodeRef, Handler, Instruction as I, Source, VerifyError};
use rps_runtime::send::{Native, NativeFn};
use rps_runtime::value::TupleRef;
use rps_runtime::{Mutator, Runtime, RuntimeError, Value, known};

/// Returns the parts of a unit with some constants, caches and registers.
fn parts(m: &Mutator<'_>, instructions: Vec<I>) -> CodeParts {
    let mut constants = m.root_vec();
    constants.push(Value::int(m, 1 << 40));
    constants.push(m.string("text"));
    constants.push(m.class(known::OBJECT).into());
    constants.push(TupleRef::new(m, &[]).unwrap().into());
    let key = m.intern("key").unwrap();
    constants.push(key.into());
    CodeParts {
        name: "test".into(),
        function: None,
        source: Arc::new(Source { name: "test".into(), text: String::new(), is_library: false }),
        ranges: vec![(0, 0); instructions.len()],
        instructions,
        constants,
        attributes: vec![key],
        selectors: vec![key],
        calls: 1,
        globals: vec![m.symbol("object").unwrap()],
        made: vec![vec![key], Vec::new()],
        handlers: Vec::new(),
        registers: 4,
        parameters: 0,
        captured: 0,
        is_method: false,
    }
}

#[test]
fn what_is_not_sound_is_refused() {
    use VerifyError as E;
    let end = I::Return { from: 0 };
    let cases: &[(&[I], VerifyError)] = &[
        (&[], E::NoReturn),
        (&[I::Small { to: 1, small: 1 }], E::NoReturn),
        (&[I::JumpIfTrue { condition: 0, target: 1 }], E::Target(0)),
        (&[I::Small { to: 4, small: 1 }, end], E::Register(0)),
        (&[I::Return { from: 9 }], E::Register(0)),
        (&[I::Return { from: 1 }], E::Unwritten(0)),
        (&[I::Constant { to: 1, constant: 5 }, end], E::Constant(0)),
        (&[I::LoadSession { to: 1, constant: 0 }, end], E::Constant(0)),
        (&[I::Keep { object: 0, constant: 0 }, end], E::Constant(0)),
        (&[I::DefineClass { to: 1, superclass: 0, constant: 1 }, end], E::Constant(0)),
        (&[I::LoadCaptured { to: 1, captured: 0 }, end], E::Constant(0)),
        (&[I::GetAttribute { to: 1, object: 0, site: 1 }, end], E::Site(0)),
        (&[I::Send { count: 0, first: 0, site: 1 }, end], E::Site(0)),
        (&[I::Send { count: 4, first: 0, site: 0 }, end], E::Register(0)),
        (&[I::Send { count: 1, first: 0, site: 0 }, end], E::Unwritten(0)),
        (&[I::Call { count: 0, first: 0, site: 1 }, end], E::Site(0)),
        (&[I::LoadGlobal { to: 1, site: 1 }, end], E::Site(0)),
        (&[I::NewObject { count: 0, first: 0, site: 2 }, end], E::Site(0)),
        (&[I::NewObject { count: 0, first: 0, site: 0 }, end], E::Site(0)),
        (&[I::MakeTuple { to: 1, first: 3, count: 2 }, end], E::Register(0)),
        (&[I::MakeTuple { to: 1, first: 0, count: 2 }, end], E::Unwritten(0)),
        (&[I::Jump { target: 0 }, end], E::Target(0)),
        (&[I::Jump { target: 2 }, end], E::Target(0)),
        (&[I::Loop { target: 1 }, end], E::Target(0)),
        (&[I::EachStart { first: 3 }, end], E::Register(0)),
        (&[I::EachNext { first: 0, to: 1, target: 0 }, end], E::Unwritten(0)),
        // One way to the return does not write the register.
        (
            &[I::JumpIfTrue { condition: 0, target: 2 }, I::Small { to: 1, small: 1 }, I::Return { from: 1 }],
            E::Unwritten(2),
        ),
        // The frame that is called lies over what is behind the window.
        (
            &[
                I::Small { to: 1, small: 1 },
                I::Small { to: 2, small: 1 },
                I::Send { count: 0, first: 1, site: 0 },
                I::Return { from: 2 },
            ],
            E::Unwritten(3),
        ),
    ];
    Runtime::new().enter(|m| {
        for (instructions, expected) in cases {
            let refused = CodeRef::new(m, parts(m, instructions.to_vec())).map(|_| ());
            assert_eq!(refused, Err(*expected), "{instructions:?}");
        }
        let handled = |start, end, target, register| {
            let mut parts = parts(m, vec![I::Raise { from: 0 }, I::Return { from: 1 }]);
            parts.handlers.push(Handler { start, end, target, register });
            CodeRef::new(m, parts).map(|_| ())
        };
        assert_eq!(handled(0, 1, 1, 1), Ok(()));
        for (start, end, target, register) in [(1, 1, 1, 1), (0, 3, 1, 1), (0, 1, 2, 1), (0, 1, 1, 4)] {
            assert_eq!(handled(start, end, target, register), Err(E::Handler(0)));
        }
        assert_eq!(handled(0, 1, 1, 2), Err(E::Unwritten(1)), "the handler's register is another one");
        let mut closure = parts(m, vec![I::Small { to: 0, small: 1 }, I::Return { from: 0 }]);
        closure.captured = 1;
        assert_eq!(
            CodeRef::new(m, closure).map(|_| ()),
            Err(E::Register(0)),
            "the closure stays in register 0"
        );
        let mut closure = parts(
            m,
            vec![
                I::Small { to: 1, small: 1 },
                I::MakeSet { to: 2, first: 0, count: 2 },
                I::Return { from: 2 },
            ],
        );
        closure.captured = 1;
        assert_eq!(
            CodeRef::new(m, closure).map(|_| ()),
            Err(E::Register(1)),
            "the row of a set is sorted, register 0 stays where it is"
        );
        let mut method = parts(m, vec![I::LoadCaptured { to: 1, captured: 0 }, I::Return { from: 1 }]);
        (method.captured, method.is_method) = (1, true);
        assert_eq!(CodeRef::new(m, method).map(|_| ()), Err(E::Method), "register 0 is the receiver");
        let mut handled = parts(
            m,
            vec![
                I::Small { to: 1, small: 1 },
                I::Small { to: 2, small: 1 },
                I::Send { count: 0, first: 1, site: 0 },
                I::Return { from: 1 },
                I::Return { from: 2 },
            ],
        );
        handled.handlers.push(Handler { start: 2, end: 3, target: 4, register: 3 });
        assert_eq!(
            CodeRef::new(m, handled).map(|_| ()),
            Err(E::Unwritten(4)),
            "the call that raised has written over the register"
        );
    });
}

#[test]
fn a_unit_runs_and_dies_with_its_frames() {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let code = CodeRef::new(
            m,
            parts(
                m,
                vec![
                    I::Small { to: 1, small: 20 },
                    I::AddSmall { to: 2, left: 1, small: 22 },
                    I::MakeTuple { to: 1, first: 1, count: 2 },
                    I::Return { from: 1 },
                ],
            ),
        )
        .unwrap();
        let (result, space) = m.run(code, Value::NIL, None);
        let expected = [Value::int(m, 20), Value::int(m, 42)];
        assert_eq!(result.unwrap().as_tuple().unwrap().items(), expected);
        assert!(space.is_none());
        m.collect();
        assert_eq!(code.instructions().len(), 4, "the native stack refers to it");
    });
}

#[test]
fn what_is_no_text_is_not_run_as_one() {
    Runtime::new().enter(|m| {
        let mut function = parts(m, vec![I::Return { from: 1 }]);
        function.parameters = 1;
        let function = CodeRef::new(m, function).unwrap();
        let (result, _) = m.run(function, Value::NIL, None);
        assert!(matches!(result, Err(RuntimeError::Arity { given: 0, .. })), "{result:?}");
        let mut closure = parts(m, vec![I::LoadCaptured { to: 1, captured: 0 }, I::Return { from: 1 }]);
        closure.captured = 1;
        let closure = CodeRef::new(m, closure).unwrap();
        let (result, _) = m.run(closure, Value::NIL, None);
        assert!(matches!(result, Err(RuntimeError::Captured { given: 0, .. })), "{result:?}");
    });
}

/// Returns a method without a body to speak of, that tests give one.
fn native(name: &'static str, body: NativeFn) -> Native {
    Native::new(name, 0, body, "")
}

/// Returns code that sends a message without arguments to nil, and returns a tuple of what it gives and a number.
fn sending(m: &Mutator<'_>, selector: &str) -> CodeRef {
    let mut parts = parts(
        m,
        vec![
            I::Small { to: 1, small: 7 },
            I::Move { to: 2, from: 0 },
            I::Send { count: 0, first: 2, site: 0 },
            I::Move { to: 3, from: 2 },
            I::Move { to: 2, from: 1 },
            I::MakeTuple { to: 1, first: 2, count: 2 },
            I::Return { from: 1 },
        ],
    );
    parts.selectors = vec![m.intern(selector).unwrap()];
    CodeRef::new(m, parts).unwrap()
}

/// A host of plugins catches their panics, and goes on.
#[test]
fn a_native_that_panics_leaves_no_frames_behind() {
    let runtime = Runtime::new();
    runtime.register_method(known::NIL, native("panics", |_, _, _| std::panic::resume_unwind(Box::new(()))));
    runtime.register_method(
        known::NIL,
        native("guarded", |m, _, _| {
            let inner = sending(m, "panics");
            let caught =
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| m.run(inner, Value::NIL, None).0));
            assert!(caught.is_err());
            Ok(Value::int(m, 35 + m.calls_under_way().len() as i64))
        }),
    );
    runtime.enter(|m| {
        let (result, _) = m.run(sending(m, "guarded"), Value::NIL, None);
        let expected = [Value::int(m, 7), Value::int(m, 36)];
        assert_eq!(result.unwrap().as_tuple().unwrap().items(), expected);
    });
}

#[test]
fn an_endless_loop_ends_when_somebody_wants_it() {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let forever = CodeRef::new(m, parts(m, vec![I::Loop { target: 0 }])).unwrap();
        runtime.interrupt();
        assert_eq!(m.run(forever, Value::NIL, None).0, Err(RuntimeError::Interrupted));
        std::thread::scope(|scope| {
            scope.spawn(|| runtime.expire());
            assert_eq!(m.run(forever, Value::NIL, None).0, Err(RuntimeError::Deadline));
        });
    });
}

/// Instructions with numbers that are often, and often not, those of the unit above.
fn instruction() -> impl Strategy<Value = I> {
    let r = || prop_oneof![8 => 0u16..4, 1 => Just(4u16), 1 => Just(u16::MAX)];
    let c = || prop_oneof![8 => 0u16..5, 1 => any::<u16>()];
    let t = || 0u16..12;
    let s = || prop_oneof![8 => Just(0u16), 1 => any::<u16>()];
    let n = || prop_oneof![8 => 0u8..4, 1 => any::<u8>()];
    prop_oneof![
        (r(), c()).prop_map(|(to, constant)| I::Constant { to, constant }),
        (r(), any::<i16>()).prop_map(|(to, small)| I::Small { to, small }),
        (r(), r()).prop_map(|(to, from)| I::Move { to, from }),
        (r(), s()).prop_map(|(to, site)| I::LoadGlobal { to, site }),
        (r(), s()).prop_map(|(to, captured)| I::LoadCaptured { to, captured }),
        (r(), r()).prop_map(|(to, from)| I::MakeVariable { to, from }),
        (r(), r()).prop_map(|(to, variable)| I::LoadVariable { to, variable }),
        (r(), r()).prop_map(|(variable, from)| I::StoreVariable { variable, from }),
        (r(), c()).prop_map(|(to, constant)| I::LoadSession { to, constant }),
        (r(), r(), n()).prop_map(|(to, first, n)| I::MakeTuple { to, first, count: n.into() }),
        (r(), r(), n()).prop_map(|(to, first, n)| I::MakeSet { to, first, count: n.into() }),
        (r(), r(), n()).prop_map(|(to, first, n)| I::MakeString { to, first, count: n.into() }),
        (r(), r(), r()).prop_map(|(to, start, end)| I::MakeRange { to, start, end }),
        (r(), r(), s()).prop_map(|(to, object, site)| I::GetAttribute { to, object, site }),
        (r(), r(), s()).prop_map(|(object, value, site)| I::PutAttribute { object, site, value }),
        (r(), r(), r()).prop_map(|(to, collection, index)| I::GetElement { to, collection, index }),
        (r(), r(), r()).prop_map(|(value, collection, index)| I::PutElement { collection, index, value }),
        (r(), s(), n()).prop_map(|(first, site, count)| I::Send { count, first, site }),
        (r(), s(), n()).prop_map(|(first, site, count)| I::SendSuper { count, first, site }),
        (r(), s(), n()).prop_map(|(first, site, count)| I::Call { count, first, site }),
        (r(), r(), r()).prop_map(|(to, left, right)| I::Add { to, left, right }),
        (r(), r(), r()).prop_map(|(to, left, right)| I::Remainder { to, left, right }),
        (r(), r(), any::<i16>()).prop_map(|(to, left, small)| I::AddSmall { to, left, small }),
        t().prop_map(|target| I::Jump { target }),
        t().prop_map(|target| I::Loop { target }),
        (r(), t()).prop_map(|(condition, target)| I::JumpIfFalse { condition, target }),
        (r(), r(), t()).prop_map(|(left, right, target)| I::JumpUnlessLess { left, right, target }),
        (r(), r(), t()).prop_map(|(left, right, target)| I::JumpUnlessEqual { left, right, target }),
        (r(), r(), t()).prop_map(|(first, to, target)| I::RangeStart { first, to, target }),
        (r(), r(), t()).prop_map(|(first, to, target)| I::RangeNext { first, to, target }),
        r().prop_map(|first| I::EachStart { first }),
        (r(), r(), t()).prop_map(|(first, to, target)| I::EachNext { first, to, target }),
        (r(), r(), n(), n()).prop_map(|(to, from, rest, count)| I::MatchSequence {
            rest,
            to,
            from,
            count: count.into()
        }),
        (r(), r(), n(), n()).prop_map(|(to, tuple, after, n)| I::TupleMiddle {
            after,
            to,
            tuple,
            before: n.into()
        }),
        (r(), r(), r()).prop_map(|(to, value, class)| I::IsInstance { to, value, class }),
        (r(), n(), prop_oneof![Just(0u16), Just(1u16), any::<u16>()])
            .prop_map(|(first, count, site)| I::NewObject { count, first, site }),
        (r(), r(), c()).prop_map(|(to, superclass, constant)| I::DefineClass { to, superclass, constant }),
        r().prop_map(|to| I::MakeHome { to }),
        (r(), r()).prop_map(|(home, from)| I::ReturnHome { home, from }),
        r().prop_map(|from| I::Raise { from }),
        r().prop_map(|from| I::Return { from }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_is_let_through_does_no_harm(
        instructions in proptest::collection::vec(instruction(), 1..12),
        handler in proptest::option::of((0u16..12, 0u16..13, 0u16..12, 0u16..5)),
        captured in prop_oneof![9 => Just(0u16), 1 => 0u16..3],
    ) {
        let runtime = Runtime::new();
        runtime.enter(|m| {
            let mut parts = parts(m, instructions);
            parts.captured = captured;
            parts.instructions.push(I::Return { from: 0 });
            parts.ranges.push((0, 0));
            parts.handlers.extend(handler.map(|(start, end, target, register)| Handler { start, end, target, register }));
            // A unit that captures is run by a closure only, which a call checks.
            if let Ok(code) = CodeRef::new(m, parts) && captured == 0 {
                runtime.expire();
                let _value_or_error = m.run(code, Value::NIL, None);
            }
        });
    }
}
