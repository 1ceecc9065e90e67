//! Programs that write programs: trees of functions and texts, and functions of trees.
//!
//! Here is what trees are; then [`make`] (functions of trees, walks, quasi-quotation), [`mistakes`] (what is no tree) and
//! [`properties`] (what holds for every program). `UPDATE_EXPECT=1 cargo test -p rps-lang --test tree` writes what
//! is expected anew.

mod make;
mod mistakes;
mod properties;
#[path = "../support/mod.rs"]
mod support;

use expect_test::{Expect, expect};
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
                run::wrong-kind: what has a tree must be a function, a closure or a method, not nil (an attribute that was never set is nil, and so is what gives nothing)
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
