//! Reflection and checks: programs about programs.

#![forbid(unsafe_code)]

#[allow(dead_code, reason = "each test uses a part")]
mod common;

use common::{check, eval_in};
use rps_lang::Session;
use rps_library::{Check, take_test_report};

#[test]
fn objects_and_classes_say_what_they_have() {
    check(&[
        ("let o = new object { size: 3 }; attributes(o).map(|a| [a.to_string(), o.(a)])", r#"[["size", 3]]"#),
        ("attributes(error(\"a\", \"b\")).len()", "2"),
        ("attributes(3)", "<run::wrong-kind>"),
        ("let s = methods(int); [\"gcd\", \"times\", \"map\", \"is_a\"].all(|n| s.contains(n))", "true"),
        (
            "class shape { fn area() { 1 } }; class square : shape { fn side() { 1 } }; let s = methods(square); [s.contains(\"area\"), s.contains(\"side\"), s.contains(\"length\")]",
            "[true, true, false]",
        ),
        (
            "class planet { }; let p = new planet; let q = new planet; [instances(planet).len(), instances(planet).contains(p)]",
            "[2, true]",
        ),
        ("methods(3)", "<run::wrong-kind>"),
        ("let o = new object; let a = new object { p: [1, {o}] }; let b = new dict [o: 1]; let c = new object; c.push(|| o); let d = new object { o: 1 }
         let s = references(o); [s.contains(a), s.contains(b), s.contains(d), references(a).contains(o)]", "[true, true, false, false]"),
        ("let t = [1]; 500.times(|i| t = [t, t]); let o = new object { t: t }; references(o).contains(3)", "false"),
        ("references(3)", "<run::wrong-kind>"),
    ]);
}

#[test]
fn functions_say_what_they_are() {
    check(&[
        ("fn f(a, b) { a }; [source(f), parameters(f)]", r#"["fn f(a, b) { a }", ["a", "b"]]"#),
        ("let x = 1; [source(|y| x + y), parameters(|y| x + y)]", r#"["|y| x + y", ["y"]]"#),
        (
            "class c1 { fn m(z) { z } }; [source(c1, \"m\"), parameters(c1, \"m\")]",
            r#"["fn m(z) { z }", ["z"]]"#,
        ),
        (
            "[source(print), parameters(print), source(int, \"gcd\"), source(int, \"nothing_like_this\"), source(3)]",
            "[nil, nil, nil, nil, nil]",
        ),
        ("source(object, \"each\").lines().last()", "\"}\""),
        ("doc(object, \"each\").lines().first()", "\"Calls a function with every element; gives nil.\""),
        (
            "[doc(now).lines().first(), doc(int, \"gcd\").lines().first()]",
            r#"["The time, as a double.", "The greatest common divisor."]"#,
        ),
        (
            "let o = new object { comment: \"about\" }; [doc(o), doc(new object), doc(3)]",
            r#"["about", nil, nil]"#,
        ),
        (
            "fn g2(t) { t.pad_end(2) }; fn h2(t) { t.trim() }; let s = senders(\"pad_end\"); [s.contains(g2), s.contains(h2)]",
            "[true, false]",
        ),
        (
            "class c2 { fn gcd(x) { 1 } }; implementors(\"gcd\").map(|c| c.to_string()).to_set()",
            r#"{"c2", "int"}"#,
        ),
        ("implementors(\"each\").map(|c| c.to_string())", r#"["migration", "object"]"#),
        ("senders(3)", "<run::wrong-kind>"),
    ]);
}

#[test]
fn checks_are_reported() {
    let runtime = common::runtime();
    let program = "check(\"good\", || 1 + 1 == 2)
check(\"bad\", || nil)
check(\"raises\", || 1 / 0)
check_equal(\"equal\", 3, 3.0)

check_equal(\"unequal\", [\"1\"], [1])
check_raises(\"raised\", \"run::division-by-zero\", || 1 / 0)
check_raises(\"own code\", \"my::code\", || raise error(\"my::code\", \"m\"))
check_raises(\"other code\", \"my::code\", || raise \"text\")
check_raises(\"nothing raised\", \"my::code\", || 5)";
    runtime.enter(|m| {
        let value = Session::new(m).eval_source(m, "tests.rps", program).unwrap();
        assert_eq!(format!("{value:?}"), "false");
    });
    let expected = [
        ("good", None, 1),
        ("bad", Some("it gives nil"), 2),
        ("raises", Some("it raises run::division-by-zero: division of an integer by zero"), 3),
        ("equal", None, 4),
        ("unequal", Some("it is [\"1\"], not [1]"), 6),
        ("raised", None, 7),
        ("own code", None, 8),
        ("other code", Some("it raises run::raised, not my::code: text"), 9),
        ("nothing raised", Some("it raises nothing, and gives 5"), 10),
    ];
    let expected = expected.map(|(name, failure, line)| Check {
        name: name.into(),
        failure: failure.map(Into::into),
        place: ("tests.rps".into(), line),
    });
    assert_eq!(take_test_report(&runtime), expected);
    assert_eq!(take_test_report(&runtime), []);
    assert_eq!(eval_in(&runtime, "check(\"no function\", 3)"), "<run::wrong-kind>");
    assert_eq!(eval_in(&runtime, "check(3, || true)"), "<run::wrong-kind>");
}

#[test]
fn nothing_of_the_library_is_stored_and_a_method_of_ones_own_comes_first() {
    let runtime = common::runtime();
    assert_eq!(eval_in(&runtime, "(1..4).map(|x| x).chunks(2).flatten()"), "[1, 2, 3]");
    runtime.enter(|m| assert!(m.stored_objects().is_empty()));
    let own =
        "class int { fn gcd(x) { \"mine\" } }; class mine { }; class mine { fn map(f) { \"mine, too\" } }
        fn print(x) { [x] }; [4.gcd(2), 4.lcm(6), (new mine).map(nil), [1].map(|x| x), print(3)]";
    assert_eq!(eval_in(&runtime, own), r#"["mine", 12, "mine, too", [1], [3]]"#);
}

#[test]
fn reports_of_runtimes_are_apart() {
    let (one, other) = (common::runtime(), common::runtime());
    assert_eq!(eval_in(&one, "check(\"a\", || true)"), "true");
    assert_eq!(take_test_report(&other), []);
    assert_eq!(take_test_report(&one).len(), 1);
    assert_eq!(take_test_report(&rps_runtime::Runtime::new()), []);
}
