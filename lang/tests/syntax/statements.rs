//! Trees of programs, blocks and definitions that are right.

use expect_test::expect;

use crate::{check, check_errors, check_line};

#[test]
fn sequences() {
    check(
        "a\nb; c;\n;;d\n\n# comment\ne # f",
        expect![[r#"
        a
        b
        c
        d
        e
    "#]],
    );
    check("", expect![]);
    check("# only a comment", expect![]);
    check_line("do { a; b\nc }", "(do a b c)");
    check_line("do {}", "(do)");
}

#[test]
fn a_line_ends_an_expression_unless_it_goes_on() {
    check(
        "a\n-b",
        expect![[r#"
        a
        (neg b)
    "#]],
    );
    check(
        "a -\nb",
        expect![[r#"
        (- a b)
    "#]],
    );
    check(
        "a\n(b)",
        expect![[r#"
        a
        (paren b)
    "#]],
    );
    check(
        "a\n[b]",
        expect![[r#"
        a
        (tuple b)
    "#]],
    );
    check(
        "(a\n- b)",
        expect![[r#"
        (paren (- a b))
    "#]],
    );
    check(
        "[a\n+ b,\nc]",
        expect![[r#"
        (tuple (+ a b) c)
    "#]],
    );
    check(
        "a\n.b\n  # comment\n\n .c()\n=> d()",
        expect![[r#"
        (=> (send (attribute a b) c) d)
    "#]],
    );
    check(
        "a =\n1",
        expect![[r#"
        (= a 1)
    "#]],
    );
    check(
        "a and\nnot\nb",
        expect![[r#"
        (and a (not b))
    "#]],
    );
    check(
        "f(|x| {\n let y = x\n -y\n})",
        expect![[r#"
        (call f (closure (x) (do (let y x) (neg y))))
    "#]],
    );
    check(
        "return\n1",
        expect![[r#"
        (return)
        1
    "#]],
    );
    check(
        "if a {\n}\nelse {\n}",
        expect![[r#"
        (if a (do) (do))
    "#]],
    );
    check(
        "try {\n}\ncatch e {\n}",
        expect![[r#"
        (try (do) (catch e (do)))
    "#]],
    );
}

#[test]
fn definitions_and_keeping() {
    check_line("let x = 1", "(let x 1)");
    check_line("let [a, ..b] = c", "(let (tuple a ..b) c)");
    check_line("let n: int = 3", "(let (: n int) 3)");
    check_line("let p = keep new point as origin", "(let p (keep (new point) origin))");
    check_line("keep p as origin", "(keep p origin)");
    check_line("keep fn f() {} as `class`", "(keep (fn f () (do)) class)");
    check_line("root p", "(root p)");
    check_line("in my_space", "(in my_space)");
    check_line("in _8J6vNYtP5E800eCr5q", "(in _8J6vNYtP5E800eCr5q)");
}

#[test]
fn classes() {
    check(
        "class point : object {
    x, y                                 # attributes
    fn dist(o) {                         # a method
        let dx = self.x - o.x
        let dy = self.y - o.y
        (dx * dx + dy * dy).sqrt()
    }
    z; fn class() { 1 } fn new() { 2 }
}"
        .replace(" fn new()", "\n fn new()")
        .as_str(),
        expect![[r#"
            (class point : object x y z (fn dist (o) (do (let dx (- (attribute self x) (attribute o x))) (let dy (- (attribute self y) (attribute o y))) (send (paren (+ (* dx dx) (* dy dy))) sqrt))) (fn class () (do 1)) (fn new () (do 2)))
        "#]],
    );
    check_line("class a {}", "(class a)");
    check_line("class a : _41OFI3r0S1t03qdB2E {\n}", "(class a : _41OFI3r0S1t03qdB2E)");
    check_line("class.methods()", "(send class methods)");
}

#[test]
fn control() {
    check_line("if n < 2 { n } else { m }", "(if (< n 2) (do n) (do m))");
    check_line("if a { b }", "(if a (do b))");
    check_line("if a {} else if b {} else {}", "(if a (do) (if b (do) (do)))");
    check_line("let x = if a { 1 } else { 2 } + 3", "(let x (+ (if a (do 1) (do 2)) 3))");
    check_line("if new point { x }", "(if (new point) (do x))");
    check_line("if (new point { x: 1 }) { x }", "(if (paren (new point {x: 1})) (do x))");
    check_line("if x == {} {}", "(if (== x (set)) (do))");
    check_line("if {1} == x { y }", "(if (== (set 1) x) (do y))");
    check_line("if a.any(|x| { x }) { b }", "(if (send a any (closure (x) (do x))) (do b))");
    check_line("if f(x = 1) { b }", "(if (call f (= x 1)) (do b))");
    check_line("while true { break; continue }", "(while true (do (break) (continue)))");
    check_line("for i in 0..10 { print(i) }", "(for i (range 0 10) (do (call print i)))");
    check_line("for [k, v] in d { k }", "(for (tuple k v) d (do k))");
    check_line("for x in {1, 2} { x }", "(for x (set 1 2) (do x))");
    check_line("return a + 1", "(return (+ a 1))");
    check_line("break x", "(break x)");
    check_line("a or return", "(or a (return))");
    check_line("x.each(|y| if y { return y })", "(send x each (closure (y) (if y (do (return y)))))");
    check_line(
        "try { risky() } catch e { e.message }",
        "(try (do (call risky)) (catch e (do (attribute e message))))",
    );
    check_line("try { a } catch { b }", "(try (do a) (catch (do b)))");
    check_line("raise(v)", "(raise (paren v))");
    check_line("raise f\"no {x}\"", "(raise (format \"no \" x))");
}

#[test]
fn matching() {
    check_line(
        "match v { 0 => \"zero\", s: string => s.len(), [a, b] => a, _ => nil }",
        "(match v (0 \"zero\") ((: s string) (send s len)) ((tuple a b) a) (_ nil))",
    );
    check(
        "match v {\n -1.5 | 2 => { a }\n [x, ..] if x > 0 => b => c()\n true => {}\n \"s\" =>\n d\n _41OFI3r0S1t03qdB2E => x = 1\n [_: int, ..rest] => rest,\n}",
        expect![[r#"
            (match v ((| -1.5 2) (do a)) ((tuple x ..) if (> x 0) (=> b c)) (true (do)) ("s" d) (_41OFI3r0S1t03qdB2E (= x 1)) ((tuple (: _ int) ..rest) rest))
        "#]],
    );
    check_line("match new point { _ => 1 }", "(match (new point) (_ 1))");
    check_line("match v {}", "(match v)");
}

#[test]
fn the_example_of_the_language_document() {
    check(
        r#"let p = new point { x: 1, y: 2 }
p.dist(new point { x: 4, y: 6 })         # 5.0
p.x = 10
p.push("a component")
{p, 42}
[p, p, "x"]
new vector [1, 2, 3]
|a, b| a + b
_41OFI3r0S1t03qdB2E
fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }
for i in 0..10 { print(fib(i)) }
match v { 0 => "zero", s: string => s.len(), [a, b] => a, _ => nil }
try { risky() } catch e { e.message }
f"dist is {p.dist(q)}"
keep p as origin
"#,
        expect![[r#"
            (let p (new point {x: 1 y: 2}))
            (send p dist (new point {x: 4 y: 6}))
            (= (attribute p x) 10)
            (send p push "a component")
            (set p 42)
            (tuple p p "x")
            (new vector [1 2 3])
            (closure (a b) (+ a b))
            _41OFI3r0S1t03qdB2E
            (fn fib (n) (do (if (< n 2) (do n) (do (+ (call fib (- n 1)) (call fib (- n 2)))))))
            (for i (range 0 10) (do (call print (call fib i))))
            (match v (0 "zero") ((: s string) (send s len)) ((tuple a b) a) (_ nil))
            (try (do (call risky)) (catch e (do (attribute e message))))
            (format "dist is " (send p dist q))
            (keep p origin)
        "#]],
    );
}

/// `native` is a word as any other where no `fn` follows on its line.
#[test]
fn native_functions() {
    check(
        "native fn f(a: i64, b: [f64],) -> bool { a == b[0] }\nnative fn g() {}\nlet native = 1; native\nfn (x) { x }\n[native, f]",
        expect![[r#"
            (native-fn f ((: a i64) (: b [f64])) bool (do (== a (component b 0))))
            (native-fn g () nil (do))
            (let native 1)
            native
            (fn (x) (do x))
            (tuple native f)
        "#]],
    );
    check_errors(
        "native fn f(a) -> i64 { 1 }\nnative fn (a: i64) {}\nnative fn g(a: [i64, i64]) - > i64 {}\nclass c { native fn h() {} }",
        expect![[r#"
            (native-fn f ((: a <error>)) i64 (do 1))
            (native-fn <error> ((: a i64)) nil (do))
            (native-fn g ((: a <error>)) nil (do (neg i64)))
            (do)
            (class c)
            13..14 expected-token: expected `:` and a type, found `)` [a parameter of a native function has a type: `name: i64`]
            38..39 expected-name: expected a name for the native function, found `(`
            65..75 expected-name: a vector has one type of elements, not 2 [write the type of a vector as `[f64]`]
            77..78 expected-token: expected `{` after the parameters and the type of the result, found `-` [write a block: `{ … }`]
            79..80 expected-expression: expected an expression, found `>`
            85..86 missing-separator: expected a new line or `;`, found `{` [a block follows `fn`, `|…|`, `if`, `while`, `for`, `try` or `do`]
            98..104 misplaced-statement: a method is not native [define the native function outside of the class, and call it in the method]
        "#]],
    );
}
