//! Evaluation at the prompt: each text with the value or the error that it has.

use expect_test::{Expect, expect};
use rps_lang::{EvalError, Session};
use rps_runtime::{Runtime, Value, known};

/// Evaluates lines one after the other, and compares what each gives.
fn check(lines: &str, expected: &Expect) {
    let runtime = Runtime::new();
    let printed = runtime.enter(|m| {
        let mut session = Session::new(m);
        let space = m.new_object(m.class(known::SPACE));
        space.set_space(m, Some(space));
        session.set_space(Some(space));
        let mut printed = String::new();
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let answer = match session.eval(m, line) {
                Ok(value) if value.as_object().is_some_and(|object| m.name_of(object).is_none()) => {
                    format!("a new {}", m.text_of(m.class_of(value).into()))
                }
                Ok(value) if value.as_object().is_some() => m.text_of(value),
                Ok(value) => format!("{value:?}"),
                Err(error) => describe(line, &error),
            };
            printed.push_str(&format!("{line}\n    {answer}\n"));
        }
        printed
    });
    expected.assert_eq(&printed);
}

fn describe(text: &str, error: &EvalError) -> String {
    let lines: Vec<String> = error
        .diagnostics()
        .iter()
        .map(|one| {
            let hint = one.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
            format!("{}: {} at `{}`{hint}", one.code, one.message, one.primary.span.text(text))
        })
        .collect();
    lines.join("; ")
}

#[test]
fn numbers() {
    check(
        "1 + 2 * 3
        7 / 2
        -7 / 2
        -7 % 3
        7.0 / 2
        4611686018427387903 + 1
        4611686018427387904 - 1
        0xff * 0b11
        123456789012345678901234567890 * 10
        3 == 3.0
        1 / 0
        1.0 / 0
        1 + nil
        nil + 1
        2 < 3.5
        \"b\" > \"a\"
        1 < \"a\"
        6 & 3 | 8
        not 1 == 2",
        &expect![[r#"
            1 + 2 * 3
                7
            7 / 2
                3
            -7 / 2
                -3
            -7 % 3
                -1
            7.0 / 2
                3.5
            4611686018427387903 + 1
                4611686018427387904
            4611686018427387904 - 1
                4611686018427387903
            0xff * 0b11
                765
            123456789012345678901234567890 * 10
                1234567890123456789012345678900
            3 == 3.0
                true
            1 / 0
                run::division-by-zero: division of an integer by zero at `1 / 0` (test the divisor first; doubles divide by zero: `1.0 / 0` is infinite)
            1.0 / 0
                inf
            1 + nil
                run::wrong-kind: the right operand of `+` must be a number, not nil at `1 + nil` (an attribute that was never set is nil, and so is what gives nothing)
            nil + 1
                run::wrong-kind: the left operand of `+` must be a number, a string or a tuple, not nil at `nil + 1` (an attribute that was never set is nil, and so is what gives nothing)
            2 < 3.5
                true
            "b" > "a"
                true
            1 < "a"
                run::wrong-kind: the right operand must be a number like the left one, not of class string at `1 < "a"` (`parse_int` and `parse_double` read numbers from texts)
            6 & 3 | 8
                10
            not 1 == 2
                true
        "#]],
    );
}

#[test]
fn values_and_access() {
    check(
        r#"{3, 1, 2, 3}
        {1} | {2} & {2, 3}
        [1, "zwei", [3.0], nil, true]
        [1, 2] + [3]
        [10, 20, 30][1]
        [10, 20, 30][-1]
        [1][3]
        "Zürich"[1]
        f"{1 + 1} and {[1, "a"]}"
        "a" + "b"
        "a" + 1
        "abc".len()
        {1, 2}.has(2)
        "abc".lne()
        9.sqrt()
        2.class
        [1].x
        _41OFI3r0S1t03qdB2E
        _41OFI3r0S1t03qdB2E.class
        _41OFI3r0S1t03qdB2F"#,
        &expect![[r#"
            {3, 1, 2, 3}
                {1, 2, 3}
            {1} | {2} & {2, 3}
                {1, 2}
            [1, "zwei", [3.0], nil, true]
                [1, "zwei", [3.0], nil, true]
            [1, 2] + [3]
                [1, 2, 3]
            [10, 20, 30][1]
                20
            [10, 20, 30][-1]
                30
            [1][3]
                run::no-such-element: there is no element 3: there are 1 at `[1][3]` (elements are counted from 0, and from the end with -1)
            "Zürich"[1]
                "ü"
            f"{1 + 1} and {[1, "a"]}"
                "2 and [1, a]"
            "a" + "b"
                "ab"
            "a" + 1
                run::wrong-kind: the right operand of `+` must be a string like the left one, not of class int at `"a" + 1`
            "abc".len()
                3
            {1, 2}.has(2)
                true
            "abc".lne()
                run::not-understood: string does not understand `lne` at `"abc".lne()` (did you mean `len`?)
            9.sqrt()
                3.0
            2.class
                int
            [1].x
                name::unknown: no attribute is named `x` at `x`
            _41OFI3r0S1t03qdB2E
                class
            _41OFI3r0S1t03qdB2E.class
                class
            _41OFI3r0S1t03qdB2F
                name::unknown-oid: there is no object _41OFI3r0S1t03qdB2F at `_41OFI3r0S1t03qdB2F`
        "#]],
    );
}

#[test]
fn objects_change() {
    check(
        r#"let p = new object { x: 1, y: 2 }
        p.x + p.y
        p.x = 10
        p.x
        p.nope
        p.(name) = "origin"
        p.name
        p => get("x")
        p.push("a component")
        p[0]
        p[0] = 7
        p[0] + _
        p[1]
        p.has(comment)
        p.comment
        p.class = symbol
        keep p as origin
        origin.x
        keep p as string
        new nothing
        new 3
        let v = new vector [1, 2, 3]
        v[1] = "two"
        [v[0], v[1], v[2], v.len()]
        let d = new dict ["k": 1, 2: "zwei"]
        [d["k"], d[2]]
        d["nope"]
        origin = 3"#,
        &expect![[r#"
            let p = new object { x: 1, y: 2 }
                a new object
            p.x + p.y
                3
            p.x = 10
                10
            p.x
                10
            p.nope
                name::unknown: no attribute is named `nope` at `nope`
            p.(name) = "origin"
                "origin"
            p.name
                "origin"
            p => get("x")
                10
            p.push("a component")
                origin
            p[0]
                "a component"
            p[0] = 7
                7
            p[0] + _
                14
            p[1]
                run::no-such-element: there is no element 1: there are 1 at `p[1]` (elements are counted from 0, and from the end with -1)
            p.has(comment)
                false
            p.comment
                nil
            p.class = symbol
                object::magic-attribute: the attribute _6fmq7pZkmNd03UyPuO is computed and can not be stored at `p.class` (use `:put` on another attribute, or change the class)
            keep p as origin
                origin
            origin.x
                10
            keep p as string
                name::duplicate: the name `string` is taken by the symbol _3ppZRdS4dt002ZqydW at `keep p as string` (choose another name, or change that symbol's value)
            new nothing
                name::unknown: nothing is named `nothing` at `nothing` (`let nothing = …` makes a variable)
            new 3
                syntax::expected-name: expected a class, found `3` at `3` (write `new point { x: 1 }`, `new vector [1, 2]`, or `new (expression)`)
            let v = new vector [1, 2, 3]
                a new mutable_value_vector
            v[1] = "two"
                "two"
            [v[0], v[1], v[2], v.len()]
                [1, "two", 3, 3]
            let d = new dict ["k": 1, 2: "zwei"]
                a new dictionary
            [d["k"], d[2]]
                [1, "zwei"]
            d["nope"]
                run::no-such-key: there is no key nope at `d["nope"]` (`get_or(key, value)` gives a value where there is no such key)
            origin = 3
                compile::not-assignable: `origin` is a global name, which is not assigned to at `origin` (`let origin = …` makes a variable, `keep … as origin` a global name)
        "#]],
    );
}

#[test]
fn control_flow() {
    check(
        "let i = 0
        let sum = 0
        while i < 10 { i = i + 1; if i == 3 { continue }; if i > 5 { break sum }; sum = sum + i }
        if sum > 10 { let half = sum / 2; half } else { nil }
        do { let a = 1; [a, do { let b = a + 1; b }, a] }
        half
        1 == 1 and 2
        nil or 3
        false && nope
        [1, do { let x = 2; x }, 3]
        break
        fn f(x) { x }
        self
        let [a, b] = [1, 2]",
        &expect![[r#"
            let i = 0
                0
            let sum = 0
                0
            while i < 10 { i = i + 1; if i == 3 { continue }; if i > 5 { break sum }; sum = sum + i }
                12
            if sum > 10 { let half = sum / 2; half } else { nil }
                6
            do { let a = 1; [a, do { let b = a + 1; b }, a] }
                [1, 2, 1]
            half
                name::unknown: nothing is named `half` at `half` (`let half = …` makes a variable)
            1 == 1 and 2
                2
            nil or 3
                3
            false && nope
                name::unknown: nothing is named `nope` at `nope` (`let nope = …` makes a variable)
            [1, do { let x = 2; x }, 3]
                [1, 2, 3]
            break
                compile::misplaced: `break` stands in no loop at `break`
            fn f(x) { x }
                f
            self
                compile::misplaced: `self` stands in no method at `self`
            let [a, b] = [1, 2]
                [1, 2]
        "#]],
    );
}

/// The designed expression grammar of RefPerSys (features §10.2) means here what it says there.
#[test]
fn the_designed_grammar_of_refpersys() {
    check(
        r#"1 < 2 || nil
        1 == 1 && 2 != 3
        ((1 + 2)) * 3 - 4 % 3
        {symbol, class, symbol} == {class, symbol}
        [symbol, class].len()
        "abc" => len()
        symbol.(class) == class
        1+2
        1-2
        12.3"#,
        &expect![[r#"
            1 < 2 || nil
                true
            1 == 1 && 2 != 3
                true
            ((1 + 2)) * 3 - 4 % 3
                8
            {symbol, class, symbol} == {class, symbol}
                true
            [symbol, class].len()
                2
            "abc" => len()
                3
            symbol.(class) == class
                true
            1+2
                3
            1-2
                -1
            12.3
                12.3
        "#]],
    );
}

#[test]
fn errors_leave_the_session_as_it_was() {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let mut session = Session::new(m);
        assert_eq!(session.eval(m, "let a = 5").unwrap(), Value::int(m, 5));
        assert_eq!(session.eval(m, "let b = a +").unwrap_err().code(), "syntax::expected-expression");
        assert_eq!(session.eval(m, "b").unwrap_err().code(), "name::unknown");
        assert_eq!(session.last(), Value::int(m, 5));
        runtime.interrupt();
        assert_eq!(session.eval(m, "while true { nil }").unwrap_err().code(), "run::interrupted");
        assert_eq!(session.eval(m, "a").unwrap(), Value::int(m, 5));
        assert_eq!(session.variable_names().collect::<Vec<_>>(), ["a"]);
    });
}

#[test]
fn functions_that_lose_their_variables_are_known() {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let mut session = Session::new(m);
        let space = m.new_object(m.class(known::SPACE));
        space.set_payload(m, Some(rps_runtime::object::Payload::Space));
        session.set_space(Some(space));
        session
            .eval(m, "let n = 1; fn keeps(x) { x }; fn loses(x) { n = n + x }; class c { fn m() { || n } }")
            .unwrap();
        let lost = session.functions_that_lose_variables(m);
        let mut lost: Vec<_> =
            lost.iter().map(|(function, names)| format!("{function}: {}", names.join(" "))).collect();
        lost.sort();
        assert_eq!(lost, ["c.m: n", "loses: n"]);
    });
}
