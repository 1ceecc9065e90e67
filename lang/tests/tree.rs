//! Programs that write programs: trees of functions and texts, and functions of trees.

mod support;

use expect_test::{Expect, expect};
use proptest::prelude::*;
use rps_lang::syntax::ast::sexpr::to_sexpr;
use rps_lang::syntax::parse;
use rps_lang::{EvalError, Session};
use rps_runtime::value::View;
use rps_runtime::{Mutator, Runtime, Value, known};

/// Evaluates lines in one session.
fn with_session<R>(work: impl FnOnce(&Mutator<'_>, &mut Session) -> R) -> R {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let mut session = Session::new(m);
        let space = m.new_object(m.class(known::SPACE));
        space.set_space(m, Some(space));
        session.set_space(Some(space));
        work(m, &mut session)
    })
}

fn answer(m: &Mutator<'_>, result: &Result<Value, EvalError>) -> String {
    match result {
        Ok(value) => match value.view() {
            View::Object(object) if m.name_of(object).is_none() => {
                format!("a new {}", m.text_of(m.class_of(*value).into()))
            }
            View::Object(_) => m.text_of(*value),
            View::Instance(instance) => format!("a {}", m.text_of(instance.class().into())),
            View::Closure(_) => "a closure".into(),
            _ => format!("{value:?}"),
        },
        Err(error) => {
            let first = &error.diagnostics()[0];
            let hint = first.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
            format!("{}: {}{hint}", first.code, first.message)
        }
    }
}

/// Evaluates texts, which empty lines separate, one after the other, and compares what each gives.
fn check(texts: &str, expected: &Expect) {
    let printed = with_session(|m, session| {
        let mut printed = String::new();
        for line in texts.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let result = session.eval(m, line);
            printed.push_str(&format!("{line}\n    {}\n", answer(m, &result)));
        }
        printed
    });
    expected.assert_eq(&printed);
}

#[test]
fn the_tree_of_a_function_is_made_of_instances() {
    check(
        r##"let t = code.tree(fn (x) { x.scaled(2) + 1 })
        t.class
        t.parameters
        t.name
        let sum = t.body.statements[0]
        sum.operator
        sum.left.selector
        sum.left.arguments[0].value
        sum.right
        t == code.tree(fn (x) { (x => scaled(0b10)) + 1 })
        t == code.tree(fn (y) { y.scaled(2) + 1 })
        match sum { n: code_binary => n.operator, _ => nil }
        t.class.superclass()
        code_send.superclass().superclass()
        code.tree(|a, b| a * b).parameters
        code.class"##,
        &expect![[r#"
            let t = code.tree(fn (x) { x.scaled(2) + 1 })
                a code_function
            t.class
                code_function
            t.parameters
                ["x"]
            t.name
                nil
            let sum = t.body.statements[0]
                a code_binary
            sum.operator
                "+"
            sum.left.selector
                "scaled"
            sum.left.arguments[0].value
                2
            sum.right
                a code_literal
            t == code.tree(fn (x) { (x => scaled(0b10)) + 1 })
                true
            t == code.tree(fn (y) { y.scaled(2) + 1 })
                false
            match sum { n: code_binary => n.operator, _ => nil }
                "+"
            t.class.superclass()
                code_node
            code_send.superclass().superclass()
                object
            code.tree(|a, b| a * b).parameters
                ["a", "b"]
            code.class
                code_tools
        "#]],
    );
}

#[test]
fn functions_closures_and_methods_have_trees_and_other_things_have_none() {
    check(
        r##"class point { x, fn moved(by) { new point { x: self.x + by } } }
        fn twice(x) { 2 * x }
        code.text(code.tree(twice))
        let factor = 3
        code.text(code.tree(|x| x * factor))
        code.tree(3)
        code.tree(nil)
        code.tree(point)
        code.tree([twice])"##,
        &expect![[r#"
            class point { x, fn moved(by) { new point { x: self.x + by } } }
                point
            fn twice(x) { 2 * x }
                twice
            code.text(code.tree(twice))
                "fn twice(x) { 2 * x }"
            let factor = 3
                3
            code.text(code.tree(|x| x * factor))
                "|x| x * factor"
            code.tree(3)
                run::wrong-kind: what has a tree must be a function, a closure or a method, not of class int
            code.tree(nil)
                run::wrong-kind: what has a tree must be a function, a closure or a method, not nil
            code.tree(point)
                code::no-source: point has no source in the language (functions and methods that are part of the program have none)
            code.tree([twice])
                run::wrong-kind: what has a tree must be a function, a closure or a method, not of class tuple
        "#]],
    );
    with_session(|m, session| {
        session.eval(m, "class point { x, fn moved(by) { new point { x: self.x + by } } }").unwrap();
        let point = m.global("point").unwrap().as_object().unwrap();
        let method = point.own_methods(m)[1];
        session.set_variable(m, "method", method);
        let text = session.eval(m, "code.text(code.tree(method))").unwrap();
        assert_eq!(text.as_string().unwrap().as_str(), "fn moved(by) { new point { x: self.x + by } }");
    });
}

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
                run::arity: `closure in prompt` takes 2 arguments, not 1
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

#[test]
fn texts_have_brackets_where_they_are_needed() {
    check(
        r##"fn t(text) { code.text(code.parse(text)) }
        t("((1 + 2)) * (3) - (4 - (5 - 6))")
        t("-(-1) + -(2).abs() + (-2).abs()")
        t("(a < b) == (c < d) and (not a) == b or not (a == b)")
        t("(a or b) and (c | d) & e")
        t("(x = 1) + (|y| y)(2)")
        t("(e.f)(1) + e.f(1) + e.(f)(1)")
        t("if (new c { a: 1 }) == (x = 2) { (raise 1) + 1 }")
        t("|x| ({x})")
        t("match (new c) { x if (y = 2) => ({1}), _ => { 1 } }")
        t("while (return) { break 1 }")
        t("`let`.let(`class`, class)")
        t("f\"a\\{{b + \"c\\n\"}{ {1} }\\u{202e}\"")
        t("for [a, ..] in (1..2) { do { a; 2 }; print(a) }")
        t("f\"{|x| { x; x }}\"")
        t("new (a.b) [1, 2]")
        t("new dict [1: 2]; new c; new c [1]")
        t("#c{ $a$.b $$ $c }c#")
        t("class a : b { x, `fn`; fn m(y) { super.m(y); self }; fn n() {} }")
        t("f\"{class a { x; fn m() { 1 } }}{match x { 1 => {2}, _ => 3 }}\"")
        t("- - - 1 - - 1")
        t("0xff + 1_000 + 1e300 + 0.1")
        t("")"##,
        &expect![[r##"
            fn t(text) { code.text(code.parse(text)) }
                t
            t("((1 + 2)) * (3) - (4 - (5 - 6))")
                "(1 + 2) * 3 - (4 - (5 - 6))"
            t("-(-1) + -(2).abs() + (-2).abs()")
                "--1 + -2.abs() + (-2).abs()"
            t("(a < b) == (c < d) and (not a) == b or not (a == b)")
                "(a < b) == (c < d) and (not a) == b or not a == b"
            t("(a or b) and (c | d) & e")
                "(a or b) and (c | d) & e"
            t("(x = 1) + (|y| y)(2)")
                "(x = 1) + (|y| y)(2)"
            t("(e.f)(1) + e.f(1) + e.(f)(1)")
                "(e.f)(1) + e.f(1) + e.(f)(1)"
            t("if (new c { a: 1 }) == (x = 2) { (raise 1) + 1 }")
                "if (new c { a: 1 } == (x = 2)) { (raise 1) + 1 }"
            t("|x| ({x})")
                "|x| ({x})"
            t("match (new c) { x if (y = 2) => ({1}), _ => { 1 } }")
                "match (new c {}) {\n    x if (y = 2) => ({1})\n    _ => { 1 }\n}"
            t("while (return) { break 1 }")
                "while (return) { break 1 }"
            t("`let`.let(`class`, class)")
                "`let`.let(class, class)"
            t("f\"a\\{{b + \"c\\n\"}{ {1} }\\u{202e}\"")
                "f\"a\\{{b + \"c\\n\"}{ {1}}\\u{202e}\""
            t("for [a, ..] in (1..2) { do { a; 2 }; print(a) }")
                "for [a, ..] in 1..2 {\n    do {\n        a\n        2\n    }\n    print(a)\n}"
            t("f\"{|x| { x; x }}\"")
                "f\"{|x| { x; x }}\""
            t("new (a.b) [1, 2]")
                "new (a.b) [1, 2]"
            t("new dict [1: 2]; new c; new c [1]")
                "new dict [1: 2]\nnew c {}\nnew c [1]"
            t("#c{ $a$.b $$ $c }c#")
                "#c{ $a$.b $$ $c }c#"
            t("class a : b { x, `fn`; fn m(y) { super.m(y); self }; fn n() {} }")
                "class a : b {\n    x, `fn`\n    fn m(y) {\n        super.m(y)\n        self\n    }\n    fn n() {}\n}"
            t("f\"{class a { x; fn m() { 1 } }}{match x { 1 => {2}, _ => 3 }}\"")
                "f\"{class a { x; fn m() { 1 } }}{match x { 1 => { 2 }, _ => 3, }}\""
            t("- - - 1 - - 1")
                "---1 - -1"
            t("0xff + 1_000 + 1e300 + 0.1")
                "255 + 1000 + 1e300 + 0.1"
            t("")
                ""
        "##]],
    );
}

#[test]
fn what_is_no_tree_is_said_where_it_stands() {
    check(
        r##"let x = new code_name { name: "x" }
        let one = new code_literal { value: 1 }
        fn t(tree) { code.text(tree) }
        t(new code_send { receiver: x, selector: "f", arguments: [one, x] })
        t(new code_send { receiver: x, selector: "f" })
        t(new code_send { receiver: x, selector: "f", arguments: [one, 2] })
        t(new code_send { reciever: x, selector: "f", arguments: [] })
        t(new code_send { receiver: x, selector: "no name", arguments: [] })
        t(new code_send { receiver: x, selector: x, arguments: [] })
        t(new code_name { name: "_x" })
        t(new code_name { name: 3 })
        t(new code_name {})
        t(new code_oid { oid: "_1" })
        t(new code_literal { value: [1] })
        t(new code_literal { value: 1.0 / 0 })
        t(new code_literal { value: -5 })
        t(new code_literal {})
        t(new code_binary { operator: "**", left: x, right: x })
        t(new code_binary { operator: "+", left: x, right: nil })
        t(new code_unary { operator: "+", operand: x })
        t(new code_logical { operator: "xor", left: x, right: x })
        t(new code_assign { target: one, value: x })
        t(new code_function { parameters: ["a"], body: x })
        t(new code_function { parameters: [x], body: new code_block { statements: [] } })
        t(new code_closure { parameters: nil, body: x })
        t(new code_if { condition: x, consequence: new code_block { statements: [] }, alternative: x })
        t(new code_call { callee: new code_let { pattern: x, value: x }, arguments: [] })
        t(new code_let { pattern: x, value: x })
        t(new code_let { pattern: new code_rest_pattern {}, value: x })
        t(new code_let { pattern: new code_tuple_pattern { patterns: [new code_rest_pattern {}, new code_rest_pattern {}] }, value: x })
        t(new code_let { pattern: new code_alternatives_pattern { patterns: [] }, value: x })
        t(new code_let { pattern: new code_instance_pattern { pattern: new code_instance_pattern {}, of_class: "a" }, value: x })
        t(new code_super {})
        t(new code_arm {})
        t(new code_bind_pattern { name: "a" })
        t(new code_chunk { tag: "a b", parts: [] })
        t(new code_chunk { tag: "", parts: ["}", "#"] })
        t(new code_chunk { tag: "", parts: [one] })
        t(new code_class { name: "c", attributes: [], methods: [x] })
        t(new code_class { name: "c", attributes: [], methods: [new code_function { parameters: [], body: new code_block { statements: [] } }] })
        t(new code_try { body: new code_block { statements: [] } })
        t(new code_new { of_class: x, elements: [one, new code_entry { key: one, value: one }] })
        t(new code_node {})
        t(new code_program { statements: [new code_program { statements: [] }] })
        t("x")
        t(nil)
        t(object)
        code.parse("f(")
        code.parse(3)
        code.parse()"##,
        &expect![[r##"
            let x = new code_name { name: "x" }
                x
            let one = new code_literal { value: 1 }
                a new code_literal
            fn t(tree) { code.text(tree) }
                t
            t(new code_send { receiver: x, selector: "f", arguments: [one, x] })
                "x.f(1, x)"
            t(new code_send { receiver: x, selector: "f" })
                code::bad-tree: `code_send.arguments` must be a tuple of expressions, not nil (a `code_send` has the attributes `receiver`, `selector`, `arguments`)
            t(new code_send { receiver: x, selector: "f", arguments: [one, 2] })
                code::bad-tree: `code_send.arguments[1]` must be an expression, not of class int (a value becomes a node by `new code_literal { value: … }`, a name by `new code_name { name: … }`)
            t(new code_send { reciever: x, selector: "f", arguments: [] })
                code::bad-tree: `code_send.receiver` must be an expression, not nil (a `code_send` has the attributes `receiver`, `selector`, `arguments`)
            t(new code_send { receiver: x, selector: "no name", arguments: [] })
                code::bad-tree: `code_send.selector` must be a name or an oid, as a string, not "no name"
            t(new code_send { receiver: x, selector: x, arguments: [] })
                code::bad-tree: `code_send.selector` must be a name or an oid, as a string, not of class code_name
            t(new code_name { name: "_x" })
                code::bad-tree: `code_name.name` must be a name, as a string, not "_x"
            t(new code_name { name: 3 })
                code::bad-tree: `code_name.name` must be a name, as a string, not of class int
            t(new code_name {})
                code::bad-tree: `code_name.name` must be a name, as a string, not nil (a `code_name` has the attributes `name`)
            t(new code_oid { oid: "_1" })
                code::bad-tree: `code_oid.oid` must be an oid, as a string, not "_1"
            t(new code_literal { value: [1] })
                code::bad-tree: `code_literal.value` must be nil, a boolean, a finite number or a string, not of class tuple
            t(new code_literal { value: 1.0 / 0 })
                code::bad-tree: `code_literal.value` must be nil, a boolean, a finite number or a string, not of class double
            t(new code_literal { value: -5 })
                "-5"
            t(new code_literal {})
                "nil"
            t(new code_binary { operator: "**", left: x, right: x })
                code::bad-tree: `code_binary.operator` must be one of == != < <= > >= | & + - * / %, as a string, not "**"
            t(new code_binary { operator: "+", left: x, right: nil })
                code::bad-tree: `code_binary.right` must be an expression, not nil (a `code_binary` has the attributes `operator`, `left`, `right`)
            t(new code_unary { operator: "+", operand: x })
                code::bad-tree: `code_unary.operator` must be "-" or "not", not "+"
            t(new code_logical { operator: "xor", left: x, right: x })
                code::bad-tree: `code_logical.operator` must be "and" or "or", not "xor"
            t(new code_assign { target: one, value: x })
                code::bad-tree: `code_assign.target` must be a `code_name`, an attribute or a component, not of class code_literal
            t(new code_function { parameters: ["a"], body: x })
                code::bad-tree: `code_function.body` must be a `code_block`, not of class code_name
            t(new code_function { parameters: [x], body: new code_block { statements: [] } })
                code::bad-tree: `code_function.parameters[0]` must be a name, as a string, not of class code_name
            t(new code_closure { parameters: nil, body: x })
                code::bad-tree: `code_closure.parameters` must be a tuple of names, not nil (a `code_closure` has the attributes `parameters`, `body`)
            t(new code_if { condition: x, consequence: new code_block { statements: [] }, alternative: x })
                code::bad-tree: `code_if.alternative` must be a `code_block`, a `code_if` or nil, not of class code_name
            t(new code_call { callee: new code_let { pattern: x, value: x }, arguments: [] })
                code::bad-tree: `code_call.callee`: a `code_let` stands among the statements of a block only
            t(new code_let { pattern: x, value: x })
                code::bad-tree: `code_let.pattern` must be a pattern, not a `code_name`
            t(new code_let { pattern: new code_rest_pattern {}, value: x })
                code::bad-tree: `code_let.pattern` can not be a `code_rest_pattern` here
            t(new code_let { pattern: new code_tuple_pattern { patterns: [new code_rest_pattern {}, new code_rest_pattern {}] }, value: x })
                code::bad-tree: `code_let.pattern` has two `code_rest_pattern`s, and one can stand in a tuple
            t(new code_let { pattern: new code_alternatives_pattern { patterns: [] }, value: x })
                code::bad-tree: `code_let.pattern` has no patterns
            t(new code_let { pattern: new code_instance_pattern { pattern: new code_instance_pattern {}, of_class: "a" }, value: x })
                code::bad-tree: `code_instance_pattern.pattern` can not be a `code_instance_pattern` here
            t(new code_super {})
                code::bad-tree: the tree: a `code_super` is the receiver of a send only
            t(new code_arm {})
                code::bad-tree: the tree must be an expression, not a `code_arm`
            t(new code_bind_pattern { name: "a" })
                code::bad-tree: the tree must be an expression, not a `code_bind_pattern`
            t(new code_chunk { tag: "a b", parts: [] })
                code::bad-tree: `code_chunk.tag` must be a word or an empty string, not "a b"
            t(new code_chunk { tag: "", parts: ["}", "#"] })
                code::bad-tree: `code_chunk.parts` can not be written between `#{` and `}#`
            t(new code_chunk { tag: "", parts: [one] })
                code::bad-tree: `code_chunk.parts[0]` must be a string or a `code_name`, not of class code_literal
            t(new code_class { name: "c", attributes: [], methods: [x] })
                code::bad-tree: `code_class.methods[0]` must be a `code_function`, not of class code_name
            t(new code_class { name: "c", attributes: [], methods: [new code_function { parameters: [], body: new code_block { statements: [] } }] })
                code::bad-tree: `code_class.methods[0]` is a method, and has no name
            t(new code_try { body: new code_block { statements: [] } })
                code::bad-tree: `code_try.catch` must be a `code_catch`, not nil (a `code_try` has the attributes `body`, `catch`)
            t(new code_new { of_class: x, elements: [one, new code_entry { key: one, value: one }] })
                code::bad-tree: `code_new.elements` must be of one kind: `code_initializer`s, `code_entry`s or expressions
            t(new code_node {})
                code::bad-tree: the tree must be an expression, not of class code_node (`code.tree(function)` and `code.parse(text)` give trees)
            t(new code_program { statements: [new code_program { statements: [] }] })
                code::bad-tree: `code_program.statements[0]` must be an expression, not a `code_program`
            t("x")
                code::bad-tree: the tree must be an expression, not "x" (`code.tree(function)` and `code.parse(text)` give trees)
            t(nil)
                code::bad-tree: the tree must be an expression, not nil (`code.tree(function)` and `code.parse(text)` give trees)
            t(object)
                code::bad-tree: the tree must be an expression, not of class class (`code.tree(function)` and `code.parse(text)` give trees)
            code.parse("f(")
                syntax::unclosed-paren: the text, line 1: this parenthesis is not closed: `f(` (close it with `)`)
            code.parse(3)
                run::wrong-kind: the text must be a string, not of class int
            code.parse()
                run::arity: `parse` takes 1 argument, not 0
        "##]],
    );
}

#[test]
fn trees_that_have_no_end_are_refused() {
    check(
        r##"let loop = new code_unary { operator: "not" }
        loop.operand = loop
        code.text(loop)
        let deep = new code_literal { value: 1 }
        for i in 0..300 { deep = new code_unary { operator: "not", operand: deep } }
        code.text(deep)
        let wide = new code_literal { value: 1 }
        for i in 0..60 { wide = new code_binary { operator: "+", left: wide, right: wide } }
        code.text(wide)
        let endless = new code_block {}
        endless.statements = [endless]; nil
        code.walk(endless, |n| n)
        let tuple = [1]
        for i in 0..60 { tuple = [tuple, tuple] }
        code.fill(#{ $x }#, new dict ["x": tuple])
        let nested = [1]
        for i in 0..300 { nested = [nested] }
        code.fill(#{ $x }#, new dict ["x": nested])
        code.parse("2 + 2")"##,
        &expect![[r#"
            let loop = new code_unary { operator: "not" }
                a new code_unary
            loop.operand = loop
                a new code_unary
            code.text(loop)
                code::bad-tree: `code_unary.operand` is a node that this node is a part of (a tree has no cycles)
            let deep = new code_literal { value: 1 }
                a new code_literal
            for i in 0..300 { deep = new code_unary { operator: "not", operand: deep } }
                nil
            code.text(deep)
                code::bad-tree: the tree is nested too deep (make functions of parts of it; a tree has no cycles)
            let wide = new code_literal { value: 1 }
                a new code_literal
            for i in 0..60 { wide = new code_binary { operator: "+", left: wide, right: wide } }
                nil
            code.text(wide)
                code::bad-tree: the tree has too many nodes (make functions of parts of it; a tree has no cycles)
            let endless = new code_block {}
                a new code_block
            endless.statements = [endless]; nil
                nil
            code.walk(endless, |n| n)
                code::bad-tree: the tree is nested too deep (make functions of parts of it; a tree has no cycles)
            let tuple = [1]
                [1]
            for i in 0..60 { tuple = [tuple, tuple] }
                nil
            code.fill(#{ $x }#, new dict ["x": tuple])
                code::bad-tree: the tree has too many nodes (make functions of parts of it; a tree has no cycles)
            let nested = [1]
                [1]
            for i in 0..300 { nested = [nested] }
                nil
            code.fill(#{ $x }#, new dict ["x": nested])
                code::bad-tree: the tree is nested too deep (make functions of parts of it; a tree has no cycles)
            code.parse("2 + 2")
                a code_binary
        "#]],
    );
}

/// The longest chains of nodes that a text can have, on the stack that a thread has by default.
#[test]
fn the_deepest_texts_have_trees() {
    with_session(|m, session| {
        let around = |open: &str, close: &str, depth: usize| open.repeat(depth) + "a" + &close.repeat(depth);
        for text in [
            around("[", "]", 250),
            around("f(|x| {\n", "\n})", 60),
            around("if a {\n", "\n}", 120),
            around("match a { b => ", " }", 120),
            around("fn f() {", "}", 120),
            around("class c { fn m() {", "} }", 80),
            around("-", "", 250),
            around("a = ", "", 120),
            around("try {", "} catch {}", 100),
            around("", " + (b)", 200),
            around("", ".b(c)", 200),
        ] {
            session.set_variable(m, "written", m.string(&text));
            let same = session.eval(m, "code.parse(code.text(code.parse(written))) == code.parse(written)");
            assert_eq!(same.map_err(|error| error.code().to_owned()), Ok(Value::TRUE), "{text}");
        }
    });
}

/// Mutable nodes and instances may be mixed, and subclasses of nodes are nodes.
#[test]
fn trees_are_changed_by_programs() {
    check(
        r##"let t = new code_call { callee: code.parse("f"), arguments: [code.parse("1 + 2")] }
        code.text(t)
        t.arguments = t.arguments + [new code_name { name: "more" }]; nil
        code.text(t)
        class my_call : code_call { comment }
        let own = new my_call { callee: t, arguments: [], comment: "mine" }
        code.text(own)
        match own { c: code_call => c.comment, _ => "none" }"##,
        &expect![[r#"
            let t = new code_call { callee: code.parse("f"), arguments: [code.parse("1 + 2")] }
                a new code_call
            code.text(t)
                "f(1 + 2)"
            t.arguments = t.arguments + [new code_name { name: "more" }]; nil
                nil
            code.text(t)
                "f(1 + 2, more)"
            class my_call : code_call { comment }
                my_call
            let own = new my_call { callee: t, arguments: [], comment: "mine" }
                a new my_call
            code.text(own)
                "f(1 + 2, more)()"
            match own { c: code_call => c.comment, _ => "none" }
                "mine"
        "#]],
    );
}

/// In one text, attributes of nodes are known before any node was made.
#[test]
fn a_script_reads_the_attributes_of_nodes() {
    with_session(|m, session| {
        let value = session.eval(m, "let t = code.parse(\"a.b(1)\")\nt.selector").unwrap();
        assert_eq!(value.as_string().map(|text| text.as_str()), Some("b"));
    });
}

/// Words that only trees use stand for nothing in programs that have nothing to do with trees.
#[test]
fn names_stay_unknown() {
    check(
        "consequence\n callee",
        &expect![[r#"
        consequence
            name::unknown: nothing is named `consequence` (`let consequence = …` makes a variable)
        callee
            name::unknown: nothing is named `callee` (`let callee = …` makes a variable)
    "#]],
    );
}

/// The tree without what a tree of values does not keep.
fn normal(text: &str) -> String {
    let parsed = parse(text);
    assert!(!parsed.has_errors(), "{text}\n{:?}", parsed.diagnostics);
    let mut words = words(&to_sexpr(&parsed.program, false)).into_iter().peekable();
    let mut out = String::new();
    while words.peek().is_some() {
        node(&mut words, &mut out);
    }
    // `new c`, `new c {}` and `new c []` are the same.
    decimal(&out.replace(" {}", "").replace(" []", ""))
}

/// Writes all integers in base ten.
fn decimal(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('0') {
        let (before, after) = rest.split_at(at);
        let digits = after.get(2..).unwrap_or_default();
        let length = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
        let radix = match after.get(..2) {
            Some("0x") => 16,
            Some("0o") => 8,
            Some("0b") => 2,
            _ => 0,
        };
        out.push_str(before);
        let inside = out.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
        match u128::from_str_radix(&digits[..length], radix.max(2)) {
            Ok(value) if radix > 0 && !inside => {
                out.push_str(&value.to_string());
                rest = &after[2 + length..];
            }
            _ => {
                let zero = !after[1..].starts_with(|c: char| c.is_alphanumeric() || c == '.');
                if zero && out.ends_with('-') {
                    // A pattern: there is no negative integer zero.
                    out.pop();
                }
                out.push('0');
                rest = &after[1..];
            }
        }
    }
    out + rest
}

/// Brackets, white space, strings and words of an S-expression.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => {
                let mut escaped = false;
                let end = rest[1..].find(|c| {
                    let ends = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    ends
                });
                end.map_or(rest.len(), |end| end + 2)
            }
            '(' | ')' => 1,
            _ if first.is_whitespace() => rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len()),
            _ => rest.find(|c: char| c.is_whitespace() || "()\"".contains(c)).unwrap_or(rest.len()),
        };
        words.push(rest[..length].to_owned());
        rest = &rest[length..];
    }
    words
}

fn node(words: &mut std::iter::Peekable<std::vec::IntoIter<String>>, out: &mut String) {
    let Some(first) = words.next() else { return };
    if first != "(" {
        out.push_str(if first.trim().is_empty() { " " } else { &first });
        return;
    }
    let brackets = words.peek().is_some_and(|word| word == "paren");
    if brackets {
        words.next();
        words.next();
    } else {
        out.push('(');
    }
    if words.peek().is_some_and(|word| word == "=>") {
        words.next();
        out.push_str("send");
    }
    while words.peek().is_some_and(|word| word != ")") {
        node(words, out);
    }
    words.next();
    if !brackets {
        out.push(')');
    }
}

/// Checks that the text of a program's tree is the program.
fn round_trips(m: &Mutator<'_>, session: &mut Session, text: &str) -> Result<(), String> {
    session.set_variable(m, "written", m.string(text));
    let again = match session.eval(m, "let again = code.text(code.parse(written))") {
        Ok(again) => again.as_string().expect("a text is a string").as_str().to_owned(),
        // Values nest less deep than texts.
        Err(error) if error.code() == "value::too-deep" => return Ok(()),
        Err(error) => return Err(format!("{error:?}\n{text}")),
    };
    if normal(&again) != normal(text) {
        return Err(format!("another tree:\n{text}\n{again}\n{}\n{}", normal(text), normal(&again)));
    }
    match session.eval(m, "code.parse(again) == code.parse(written)") {
        Ok(same) if same == Value::TRUE => Ok(()),
        other => Err(format!("{other:?}\n{text}\n{again}")),
    }
}

#[test]
fn every_program_of_the_documentation_and_the_tests_is_the_text_of_its_tree() {
    with_session(|m, session| {
        let programs = support::corpus::programs();
        assert!(programs.len() > 200, "only {} programs", programs.len());
        for (origin, text) in programs {
            if let Err(problem) = round_trips(m, session, &text) {
                panic!("{origin}: {problem}");
            }
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_sentence_of_the_grammar_is_the_text_of_its_tree(seed in any::<[u8; 32]>()) {
        let text = support::grammar::random_program(&seed);
        let result = with_session(|m, session| round_trips(m, session, &text));
        prop_assert!(result.is_ok(), "{}", result.unwrap_err());
    }
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
