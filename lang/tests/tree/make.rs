//! Functions of trees and texts, walks, quasi-quotation.

use expect_test::expect;

use crate::{check, with_session};

#[test]
fn functions_are_made_of_trees_and_texts() {
    check(
        r##"let inc = code.make("fn (x) { x + 1 }")
        inc(41)
        let t = code.tree(inc)
        code.make(t)(1)
        code.make(t) == inc
        code.tree(code.make(t)) == t
        let double = code.make(code.parse("fn (x) { x * 2 }"))
        keep double as doubled
        doubled(21)
        let closure = code.make("|x| x * 3")
        closure(3)
        code.make("fn (x) { if x { return 1 }; 2 }")(true)
        code.make("fn fact(n) { if n < 2 { 1 } else { n * fact(n - 1) } }")
        keep code.make("fn fact(n) { if n < 2 { 1 } else { n * fact(n - 1) } }") as fact
        fact(20)
        code.make("fn f(x) { x + unknown_thing }")
        code.make("fn (x) { x + }")
        code.make("1 + 2")
        code.make("1; 2")
                code.make("fn f() { self }")
        code.make(code.parse("1 + 2"))
        code.make(nil)
        code.make(3)"##,
        &expect![[r#"
            let inc = code.make("fn (x) { x + 1 }")
                a new function
            inc(41)
                42
            let t = code.tree(inc)
                a code_function
            code.make(t)(1)
                2
            code.make(t) == inc
                false
            code.tree(code.make(t)) == t
                true
            let double = code.make(code.parse("fn (x) { x * 2 }"))
                a new function
            keep double as doubled
                doubled
            doubled(21)
                42
            let closure = code.make("|x| x * 3")
                a closure
            closure(3)
                9
            code.make("fn (x) { if x { return 1 }; 2 }")(true)
                1
            code.make("fn fact(n) { if n < 2 { 1 } else { n * fact(n - 1) } }")
                a new function
            keep code.make("fn fact(n) { if n < 2 { 1 } else { n * fact(n - 1) } }") as fact
                fact
            fact(20)
                2432902008176640000
            code.make("fn f(x) { x + unknown_thing }")
                name::unknown: `f` can not be compiled: nothing is named `unknown_thing` (line 1) (`let unknown_thing = …` makes a variable)
            code.make("fn (x) { x + }")
                syntax::expected-expression: the text, line 1: expected an expression, found `}`: `fn (x) { x + }`
            code.make("1 + 2")
                code::bad-tree: what is made must be one function or closure: a `code_function` or a `code_closure` (`fn () { … }` around a program makes it a function)
            code.make("1; 2")
                code::bad-tree: what is made must be one function or closure: a `code_function` or a `code_closure` (`fn () { … }` around a program makes it a function)
            code.make("fn f() { self }")
                compile::misplaced: `f` can not be compiled: `self` stands in no method (line 1)
            code.make(code.parse("1 + 2"))
                code::bad-tree: what is made must be one function or closure: a `code_function` or a `code_closure` (`fn () { … }` around a program makes it a function)
            code.make(nil)
                code::bad-tree: the tree must be an expression, not nil (`code.tree(function)` and `code.parse(text)` give trees)
            code.make(3)
                code::bad-tree: the tree must be an expression, not of class int (`code.tree(function)` and `code.parse(text)` give trees)
        "#]],
    );
}

#[test]
fn a_program_writes_a_function_with_a_constant_folded_in() {
    check(
        r##"fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }
        fn literal(value) { new code_literal { value: value } }
        fn constant(n) { code.make(new code_function { parameters: [], body: new code_block { statements: [literal(fib(n))] } }) }
        let fib_20 = constant(20)
        fib_20()
        code.text(code.tree(fib_20))
        let power = fn (n) { let body = literal(1); for i in 0..n { body = code.fill(#{ x * $body }#, new dict ["body": body]) }; code.make(code.fill(#{ fn (x) { $body } }#, new dict ["body": body])) }
        code.text(code.tree(power(3)))
        power(10)(2)"##,
        &expect![[r#"
            fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }
                fib
            fn literal(value) { new code_literal { value: value } }
                literal
            fn constant(n) { code.make(new code_function { parameters: [], body: new code_block { statements: [literal(fib(n))] } }) }
                constant
            let fib_20 = constant(20)
                a new function
            fib_20()
                6765
            code.text(code.tree(fib_20))
                "fn () { 6765 }"
            let power = fn (n) { let body = literal(1); for i in 0..n { body = code.fill(#{ x * $body }#, new dict ["body": body]) }; code.make(code.fill(#{ fn (x) { $body } }#, new dict ["body": body])) }
                a closure
            code.text(code.tree(power(3)))
                "fn (x) { x * (x * (x * 1)) }"
            power(10)(2)
                1024
        "#]],
    );
}

#[test]
fn a_walk_sees_every_node() {
    check(
        r##"fn sends(tree) { let count = 0; code.walk(tree, |node| { if node.is_a(code_send) { count = count + 1 } }); count }
        fn nodes(tree) { let seen = []; code.walk(tree, |node| { seen = seen + [f"{node.class}"] }); seen }
        sends(code.tree(fn (x) { x.a().b(x.c()); |y| y.d(f"{y.e()}") }))
        nodes(code.parse("let [a, ..b] = -1"))
        nodes(code.parse("match x { 0 | n: int if n => 1 }"))
        nodes(code.parse("#{ $x }#"))
        code.walk(code.parse("1"), |a, b| a)
        code.walk(code.parse("1"), 3)
        code.walk(3, |n| n)
        code.walk(code.parse("1 + 2"), |n| raise "stop")"##,
        &expect![[r##"
            fn sends(tree) { let count = 0; code.walk(tree, |node| { if node.is_a(code_send) { count = count + 1 } }); count }
                sends
            fn nodes(tree) { let seen = []; code.walk(tree, |node| { seen = seen + [f"{node.class}"] }); seen }
                nodes
            sends(code.tree(fn (x) { x.a().b(x.c()); |y| y.d(f"{y.e()}") }))
                5
            nodes(code.parse("let [a, ..b] = -1"))
                ["code_let", "code_tuple_pattern", "code_bind_pattern", "code_rest_pattern", "code_unary", "code_literal"]
            nodes(code.parse("match x { 0 | n: int if n => 1 }"))
                ["code_match", "code_name", "code_arm", "code_alternatives_pattern", "code_literal_pattern", "code_instance_pattern", "code_bind_pattern", "code_name", "code_literal"]
            nodes(code.parse("#{ $x }#"))
                ["code_chunk", "code_name"]
            code.walk(code.parse("1"), |a, b| a)
                run::arity: `closure in prompt` takes 2 arguments, not 1 (its parameters stand between `|` and `|`)
            code.walk(code.parse("1"), 3)
                run::not-applicable: int can not be applied
            code.walk(3, |n| n)
                code::bad-tree: the tree must be a node, not of class int (`code.tree(function)` and `code.parse(text)` give trees)
            code.walk(code.parse("1 + 2"), |n| raise "stop")
                run::raised: stop
        "##]],
    );
}

#[test]
fn chunks_are_filled() {
    check(
        r##"let f = fn (chunk, with) { code.text(code.fill(chunk, with)) }
        f(#{ fn (x) { x + $n } }#, new dict ["n": 3])
        f(#{ x * $n }#, new dict ["n": -3])
        f(#{ x * $n }#, new dict ["n": code.parse("a + b")])
        f(#{ x + $n }#, new dict ["n": code.parse("a * b")])
        f(#{ |x| $n }#, new dict ["n": code.parse("{1, 2}")])
        f(#{ [$a, $b, $c, $d, $e] }#, new dict ["a": nil, "b": "te\"xt", "c": 2.5, "d": [1, {2}, code.parse("x")], "e": true])
        f(#{ fn $name($p) { $p.$attribute + $f($p) } }#, new dict ["name": code.parse("g"), "p": code.parse("y"), "attribute": code.parse("size"), "f": code.parse("a.b")])
        f(#{ fn () { $first; $rest } }#, new dict ["first": code.parse("let x = 1"), "rest": code.parse("f(x); g(x)")])
        f(#{ get_$name$.s() }#, new dict ["name": code.parse("color")])
        f(#{ $x = 5 }#, new dict ["x": code.parse("a.b")])
        f(#{ if $c { 1 } }#, new dict ["c": code.parse("x = new point { y: 1 }")])
        f(#{ $o.name }#, new dict ["o": object])
        f(#{ "$$5" }#, new dict ["o": 1])
        f(#{ $x + $y }#, new dict ["x": 1])
        f(#{ $x }#, new dict ["x": |a| a])
        f(#{ 1 + }#, new dict ["x": 1])
        f(#{ 1 }#, 3)
        f("1", new dict ["x": 1])"##,
        &expect![[r#"
            let f = fn (chunk, with) { code.text(code.fill(chunk, with)) }
                a closure
            f(#{ fn (x) { x + $n } }#, new dict ["n": 3])
                "fn (x) { x + 3 }"
            f(#{ x * $n }#, new dict ["n": -3])
                "x * -3"
            f(#{ x * $n }#, new dict ["n": code.parse("a + b")])
                "x * (a + b)"
            f(#{ x + $n }#, new dict ["n": code.parse("a * b")])
                "x + a * b"
            f(#{ |x| $n }#, new dict ["n": code.parse("{1, 2}")])
                "|x| ({1, 2})"
            f(#{ [$a, $b, $c, $d, $e] }#, new dict ["a": nil, "b": "te\"xt", "c": 2.5, "d": [1, {2}, code.parse("x")], "e": true])
                "[nil, \"te\\\"xt\", 2.5, [1, {2}, x], true]"
            f(#{ fn $name($p) { $p.$attribute + $f($p) } }#, new dict ["name": code.parse("g"), "p": code.parse("y"), "attribute": code.parse("size"), "f": code.parse("a.b")])
                "fn g(y) { y.size + (a.b)(y) }"
            f(#{ fn () { $first; $rest } }#, new dict ["first": code.parse("let x = 1"), "rest": code.parse("f(x); g(x)")])
                "fn () {\n    let x = 1\n    f(x)\n    g(x)\n}"
            f(#{ get_$name$.s() }#, new dict ["name": code.parse("color")])
                "get_colors()"
            f(#{ $x = 5 }#, new dict ["x": code.parse("a.b")])
                "a.b = 5"
            f(#{ if $c { 1 } }#, new dict ["c": code.parse("x = new point { y: 1 }")])
                "if (x = new point { y: 1 }) { 1 }"
            f(#{ $o.name }#, new dict ["o": object])
                "_5yhJGgxLwLp00X0xEQ.name"
            f(#{ "$$5" }#, new dict ["o": 1])
                "\"$5\""
            f(#{ $x + $y }#, new dict ["x": 1])
                code::unfilled: nothing is given for `$y` (add "y" to the dictionary, or write `$$y` for the text)
            f(#{ $x }#, new dict ["x": |a| a])
                code::bad-tree: what stands for a variable must be nil, a boolean, a finite number or a string, not of class closure (`code.tree(function)` and `code.parse(text)` give trees)
            f(#{ 1 + }#, new dict ["x": 1])
                syntax::expected-expression: the filled chunk, line 1: expected an expression, found the end of the text: `1 +`
            f(#{ 1 }#, 3)
                run::wrong-kind: what a chunk is filled with must be a dictionary `new dict ["name": …]`, not of class int
            f("1", new dict ["x": 1])
                run::wrong-kind: what is filled must be a code chunk `#{ … }#`, not of class string
        "#]],
    );
}

/// What is made of the tree of a function gives what the function gives.
#[test]
fn what_is_made_of_a_tree_computes_the_same() {
    let functions = [
        ("fn (n) { let sum = 0; for i in 0..n { if i % 2 == 0 { continue }; sum = sum + i }; sum }", "10"),
        ("fn (n) { let add = |a| { n = n + a; n }; add(1); add(2); [n, add(3)] }", "1"),
        (
            "fn (v) { match v { [a, ..rest] if a == 1 => rest, s: string => s.len(), -1 | 2 => \"few\", _ => nil } }",
            "[1, 2, 3]",
        ),
        (
            "fn (v) { match v { [a, ..rest] if a == 1 => rest, s: string => s.len(), -1 | 2 => \"few\", _ => nil } }",
            "-1",
        ),
        ("fn (x) { try { raise x } catch e { f\"caught {e}, {x + 1}\" } }", "3"),
        ("fn (x) { let y = { 1, x } | {5}; [y, not x == 1 and 2 < x or nil, (x - (1 - 2)) * -x] }", "4"),
        (
            "fn (x) { let d = new dict [\"a\": x]; d[\"b\"] = 2; let o = new object { q: d[\"a\"] }; o.q = o.q * 2; o.q }",
            "4",
        ),
        ("fn (x) { let first = fn (t) { for e in t { |p| { return p }(e) }; nil }; first([x, 2]) }", "7"),
        ("fn (x) { let i = 0; while true { if i * i > x { break i }; i = i + 1 } }", "50"),
    ];
    with_session(|m, session| {
        for (function, argument) in functions {
            let text = format!(
                "let f = {function}\nlet g = code.make(code.tree(f))\n[f({argument}), g({argument})]"
            );
            let both = session.eval(m, &text).unwrap_or_else(|error| panic!("{function}: {error:?}"));
            let both = both.as_tuple().expect("a tuple").items();
            assert_eq!(both[0], both[1], "{function}");
        }
    });
}
