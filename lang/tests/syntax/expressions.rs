//! Trees of expressions that are right.

use expect_test::expect;

use crate::{check, check_line};

#[test]
fn literals() {
    check(
        "nil; true; false; 42; 0xFF; 0b1_0; 1.5e3; \"a\\tb\"; r\"a\\tb\"; 1_000",
        expect![[r#"
        nil
        true
        false
        42
        0xFF
        0b10
        1500.0
        "a\tb"
        "a\\tb"
        1000
    "#]],
    );
    check(
        "\"con\\\n   tinued\"; \"two\r\nlines\"".replace('\r', "").as_str(),
        expect![[r#"
        "continued"
        "two\nlines"
    "#]],
    );
    check(
        "_; x; `let`; _41OFI3r0S1t03qdB2E; self; class",
        expect![[r#"
        _
        x
        let
        _41OFI3r0S1t03qdB2E
        self
        class
    "#]],
    );
}

#[test]
fn names_are_read_in_normal_form() {
    let parsed = rps_lang::syntax::parse("caf\u{65}\u{301}");
    assert_eq!(rps_lang::syntax::ast::sexpr::to_sexpr(&parsed.program, false), "caf\u{e9}\n");
    assert!(!parsed.has_errors());
}

#[test]
fn sets_tuples_and_parentheses() {
    check_line("{}", "(set)");
    check_line("{a}", "(set a)");
    check_line("{p, 42,}", "(set p 42)");
    check_line("[]", "(tuple)");
    check_line("[p, p, \"x\"]", "(tuple p p \"x\")");
    check_line("(1)", "(paren 1)");
    check_line("{{}, [{}]}", "(set (set) (tuple (set)))");
    check_line("[\n1,\n2\n]", "(tuple 1 2)");
}

#[test]
fn attributes_components_and_sends() {
    check_line("p.x", "(attribute p x)");
    check_line("p._41OFI3r0S1t03qdB2E", "(attribute p _41OFI3r0S1t03qdB2E)");
    check_line("p.(a)", "(computed-attribute p a)");
    check_line("p.(a)(b)", "(call (computed-attribute p a) b)");
    check_line("p.class", "(attribute p class)");
    check_line("p[0]", "(component p 0)");
    check_line("p[0][i + 1]", "(component (component p 0) (+ i 1))");
    check_line("p.push(\"a\", 1)", "(send p push \"a\" 1)");
    check_line("p => push(1)", "(=> p push 1)");
    check_line("p => _41OFI3r0S1t03qdB2E()", "(=> p _41OFI3r0S1t03qdB2E)");
    check_line("(p.f)(1)", "(call (paren (attribute p f)) 1)");
    check_line("f(1, 2,)", "(call f 1 2)");
    check_line("f(1)(2)", "(call (call f 1) 2)");
    check_line("1.sqrt()", "(send 1 sqrt)");
    check_line("super.init(1)", "(send super init 1)");
    check_line("super => init()", "(=> super init)");
    check_line("a.b.c(d).e[f]", "(component (attribute (send (attribute a b) c d) e) f)");
}

#[test]
fn new_objects() {
    check_line("new point", "(new point)");
    check_line("new point { x: 1, y: 2 }", "(new point {x: 1 y: 2})");
    check_line("new point {}", "(new point {})");
    check_line(
        "new point {\n x: 1,\n _41OFI3r0S1t03qdB2E: 2,\n}",
        "(new point {x: 1 _41OFI3r0S1t03qdB2E: 2})",
    );
    check_line("new vector [1, 2]", "(new vector [1 2])");
    check_line("new dict [\"k\": 1, 2: {}]", "(new dict [\"k\": 1 2: (set)])");
    check_line("new dict []", "(new dict [])");
    check_line("new _41OFI3r0S1t03qdB2E", "(new _41OFI3r0S1t03qdB2E)");
    check_line("new (f(x)) [1]", "(new (paren (call f x)) [1])");
    check_line("new class", "(new class)");
    check_line("new point { x: 1 }.dist(q)", "(send (new point {x: 1}) dist q)");
    check(
        "new point\n[1]\nnew point\n{2}",
        expect![[r#"
        (new point)
        (tuple 1)
        (new point)
        (set 2)
    "#]],
    );
}

#[test]
fn format_strings() {
    check_line("f\"\"", "(format)");
    check_line("f\"dist is {p.dist(q)}\"", "(format \"dist is \" (send p dist q))");
    check_line("f\"{a}{ {b} }\\{\\n\"", "(format a (set b) \"{\\n\")");
    check_line("f\"{f\"{\"x\"}\"}\"", "(format (format \"x\"))");
    check_line("f\"a\\\n   b\"", "(format \"ab\")");
}

#[test]
fn code_chunks() {
    check_line("#{a}#", "(chunk \"a\")");
    check_line("#cpp{ x = $y.z + $$1 $ }cpp#", "(chunk #cpp \" x = \" $y \".z + $1 $ \")");
    check_line("#{}#", "(chunk)");
}

#[test]
fn closures_and_functions() {
    check_line("|a, b| a + b", "(closure (a b) (+ a b))");
    check_line("|| 1", "(closure () 1)");
    check_line("|x| |y| x | y", "(closure (x) (closure (y) (| x y)))");
    check_line("|x| { x }", "(closure (x) (do x))");
    check_line("|x| {}", "(closure (x) (do))");
    check_line("|x| x = 1", "(closure (x) (= x 1))");
    check_line("a.map(|x| x * 2, 3)", "(send a map (closure (x) (* x 2)) 3)");
    check_line("fn(a) { a }", "(fn (a) (do a))");
    check_line("fn(a) { a }(1)", "(call (fn (a) (do a)) 1)");
    check_line("let f = fn g() {}", "(let f (fn g () (do)))");
    check_line("check(\"name\", || a || b)", "(call check \"name\" (closure () (or a b)))");
}

#[test]
fn spans_are_where_the_text_is() {
    let text = "let p = [1, x.y]\n f(-2) + 3";
    let parsed = rps_lang::syntax::parse(text);
    expect![[r#"
        (let p@4..5 (tuple 1@9..10 (attribute x@12..13 y)@12..15)@8..16)@0..16
        (+ (call f@18..19 (neg 2@21..22)@20..22)@18..23 3@26..27)@18..27
    "#]]
    .assert_eq(&rps_lang::syntax::ast::sexpr::to_sexpr(&parsed.program, true));
}
