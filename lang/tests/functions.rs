//! Functions and closures: what their names mean, definitions that are run again, closures that outlive what made them.

use rps_lang::Session;
use rps_runtime::object::Payload;
use rps_runtime::object::payload::{Capture, Function};
use rps_runtime::send::{Native, NativeFn};
use rps_runtime::{Mutator, ObjectRef, Runtime, Value, known};

/// Evaluates a text, and returns its value or its error as a text.
fn eval(m: &Mutator<'_>, session: &mut Session, text: &str) -> String {
    match session.eval(m, text) {
        Ok(value) => format!("{value:?}"),
        Err(error) => error.diagnostics()[0].code.to_string(),
    }
}

/// Checks what programs give, each in a runtime of its own.
fn check(programs: &[(&str, &str)]) {
    for (program, expected) in programs {
        Runtime::new().enter(|m| assert_eq!(eval(m, &mut Session::new(m), program), *expected, "{program}"));
    }
}

#[test]
fn a_function_knows_its_own_name_wherever_it_stands() {
    let recursive = "fn down(n) { if n == 0 { 42 } else { down(n - 1) } }";
    check(&[
        (&format!("fn f() {{ {recursive}; down(3) }}; f()"), "42"),
        (&format!("fn f() {{ {recursive} }}; f()(3)"), "42"),
        (&format!("fn f() {{ let g = {recursive}; let h = 1; g(3) }}; f()"), "42"),
        (&format!("fn f() {{ [1, {recursive}][1](3) }}; f()"), "42"),
        ("let f = fn down(n) { if n == 0 { 42 } else { down(n - 1) } }; f(3)", "42"),
        // It is no variable of the block: its register is somebody else's.
        ("fn f() { let g = fn inner(n) { n }; let h = 7; inner }; f()", "name::unknown"),
    ]);
}

#[test]
fn a_function_uses_the_variables_of_its_text_wherever_both_stand() {
    check(&[
        ("let k = 1; fn f() { k = k + 1; k }; f()", "2"),
        ("let g = || 5; let [a, b] = [g(), 2]; fn f() { a - b }; f()", "3"),
        ("let early = f(); let k = 7; fn f() { k }; [early, f()]", "[nil, 7]"),
        ("k; let k = 1; fn f() { k }; f()", "name::unknown"),
        ("let k = k; fn f() { k }; f()", "name::unknown"),
    ]);
}

#[test]
fn a_definition_may_be_run_again() {
    check(&[
        (
            "class point { fn m() { 1 } }
             for i in 0..3 { class point { fn m() { 2 } } }
             (new point).m()",
            "2",
        ),
        (
            "class point { fn m() { 1 } }
             fn change() { class point { fn m() { 2 }, fn n() { |x| x + self.m() } } }
             change(); change()
             (new point).n()(1)",
            "3",
        ),
    ]);
    Runtime::new().enter(|m| {
        let mut session = Session::new(m);
        eval(m, &mut session, "fn f() { 1 }");
        let code = session.compile(m, "again", "fn f() { 2 }; f()").unwrap();
        for _ in 0..3 {
            assert_eq!(m.run(code, Value::NIL, None).0, Ok(Value::int(m, 2)));
        }
    });
}

#[test]
fn a_closure_returns_from_no_call_of_a_later_stay() {
    let runtime = Runtime::new();
    let mut session = runtime.enter(|m| {
        let mut session = Session::new(m);
        eval(m, &mut session, "let kept = nil; fn make() { kept = || { return 1 }; 2 }; make()");
        session
    });
    runtime.enter(|m| {
        let text = "fn f() { let mine = || { return 3 }; kept(); 4 }; f()";
        assert_eq!(eval(m, &mut session, text), "run::home-is-gone");
    });
}

/// Forgets what a function was compiled to: as in a store that was loaded.
fn forget_code(m: &Mutator<'_>, function: ObjectRef) {
    let payload = function.with_payload(m, |payload| match payload {
        Some(Payload::Function(own)) => {
            let mut fresh = Function::new(&own.source, own.parameters.clone(), own.captured.clone());
            (fresh.class, fresh.is_method) = (own.class, own.is_method);
            Some(fresh)
        }
        _ => None,
    });
    function.install_payload(m, payload.map(|payload| Payload::Function(Box::new(payload))));
}

/// A function from a store is compiled when it is called first, be the recursion as deep as it may.
#[test]
fn a_function_is_compiled_where_there_is_room_for_the_compiler() {
    let runtime = Runtime::new();
    runtime.register_method(known::TUPLE, visit());
    runtime.enter(|m| {
        let mut session = Session::new(m);
        let nested = format!("fn nested() {{ {}5{} }}", "(".repeat(250), ")".repeat(250));
        assert_ne!(eval(m, &mut session, &nested), "syntax::too-deep");
        forget_code(m, m.global("nested").unwrap().as_object().unwrap());
        let text = "let found = nil
             fn dive() { try { [1].visit(|x| dive()) } catch e { if found == nil { found = nested() } } }
             dive(); found";
        assert_eq!(eval(m, &mut session, text), "5");
    });
}

#[test]
fn super_in_a_closure_of_a_method_from_a_store_begins_above_the_methods_class() {
    Runtime::new().enter(|m| {
        let mut session = Session::new(m);
        let text = "class a { fn m() { 1 } }
             class b : a { fn m() { let add = |x| { let inner = || super.m() + x; inner() }; add(10) } }
             (new b).m()";
        assert_eq!(eval(m, &mut session, text), "11");
        let class = m.global("b").unwrap().as_object().unwrap();
        let method = class.own_methods(m)[1].as_closure().unwrap();
        forget_code(m, method.function());
        assert_eq!(eval(m, &mut session, "(new b).m()"), "11");
    });
}

#[test]
fn a_method_from_a_damaged_store_that_captures_something_is_refused() {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let mut session = Session::new(m);
        assert_eq!(eval(m, &mut session, "class a { fn m() { 1 } }; (new a).m()"), "1");
        let class = m.global("a").unwrap().as_object().unwrap();
        let function = class.own_methods(m)[1].as_closure().unwrap().function();
        let mut damaged = Function::new("fn m() { x }", Vec::new(), Vec::new());
        damaged.captured = vec![Capture { name: "x".into(), shared: false }];
        (damaged.class, damaged.is_method) = (Some(class), true);
        function.install_payload(m, Some(Payload::Function(Box::new(damaged))));
        assert_eq!(eval(m, &mut session, "(new a).m()"), "compile::not-a-function");
    });
}

#[test]
fn numbers_are_compared_exactly_wherever_the_comparison_stands() {
    check(&[
        (
            "let i = 9007199254740993; [i == 9007199254740992.0, if i == 9007199254740992.0 { 1 } else { 2 }]",
            "[false, 2]",
        ),
        (
            "let i = 9007199254740993; [i > 9007199254740992.0, if i > 9007199254740992.0 { 1 } else { 2 }]",
            "[true, 1]",
        ),
        ("fn f(x) { match x { 9007199254740993 => 1, _ => 2 } }; f(9007199254740992.0)", "2"),
    ]);
}

/// Returns a native that goes through a tuple and calls a closure; errors pass through it.
fn visit() -> Native {
    let body: NativeFn = |m, receiver, arguments| {
        for &item in receiver.as_tuple().unwrap().items() {
            m.apply(arguments[0], Value::NIL, &[item])?;
        }
        Ok(Value::NIL)
    };
    Native::new("visit", 1, body, "")
}

#[test]
fn a_return_passes_through_natives() {
    let runtime = Runtime::new();
    runtime.register_method(known::TUPLE, visit());
    runtime.enter(|m| {
        let text = "fn f() { [1, 2].visit(|x| [3, 4].visit(|y| try { if y == 4 { return [x, y] } } catch e { 0 })); 5 }; f()";
        assert_eq!(eval(m, &mut Session::new(m), text), "[1, 4]");
    });
}

#[test]
fn to_ask_for_an_attribute_by_its_name_makes_none() {
    Runtime::new().enter(|m| {
        let mut session = Session::new(m);
        assert_eq!(eval(m, &mut session, "let o = new object; let name = \"nobody\"; o.(name)"), "nil");
        assert_eq!(m.symbol("nobody"), None);
        assert_eq!(eval(m, &mut session, "o.(name) = 1; o.(name)"), "1");
        assert_eq!(eval(m, &mut session, "1.(\"other\")"), "run::wrong-kind");
        assert_eq!(eval(m, &mut session, "o.(\"no name\")"), "name::bad-name");
    });
}

/// A script that is run again, and dumped, leaves no trace in the store.
#[test]
fn the_same_definition_again_changes_no_mtime() {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let mut session = Session::new(m);
        let space = m.new_object(m.class(known::SPACE));
        space.set_payload(m, Some(Payload::Space));
        session.set_space(Some(space));
        let text = "fn f(x) { x }\nclass c { a, b\nfn m() { 1 } }";
        let mtimes =
            || m.stored_objects().into_iter().map(|one| (one.oid(), one.mtime())).collect::<Vec<_>>();
        runtime.set_clock(Some(100));
        session.eval(m, text).unwrap();
        let before = mtimes();
        runtime.set_clock(Some(200));
        session.eval(m, text).unwrap();
        assert_eq!(mtimes(), before);
        session.eval(m, "fn f(x) { x + 1 }").unwrap();
        assert_ne!(mtimes(), before);
    });
}
