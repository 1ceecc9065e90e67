//! Mistakes that have a name: what people write who come from other languages, and what is no definition.

use expect_test::expect;

use crate::check_errors;

#[test]
fn slips() {
    check_errors(
        "x++\ny += 1\na === b\na &&& b\na ** b\ni--\n1..=3\n1...3\na <> b",
        expect![[r#"
        x
        (+ y 1)
        (== a b)
        (and a b)
        (* a b)
        i
        (range 1 3)
        (range 1 3)
        (< a b)
        1..3 unknown-operator: there is no operator `++` [write `x = x + 1`]
        6..8 unknown-operator: there is no operator `+=` [write `x = x + y`]
        13..16 unknown-operator: there is no operator `===` [write `==`]
        21..24 unknown-operator: there is no operator `&&&` [write `and`, or `&` for sets and bits]
        29..31 unknown-operator: there is no operator `**` [there is no operator for powers]
        35..37 unknown-operator: there is no operator `--` [write `x = x - 1`]
        39..42 unknown-operator: there is no operator `..=` [a range goes up to its end, without it: write `0..11` for 0 to 10]
        45..48 unknown-operator: there is no operator `...` [a range is written `a..b`, and goes up to its end, without it]
        52..54 unknown-operator: there is no operator `<>` [write `!=`]
    "#]],
    );
    check_errors(
        "var x = 1\nfunction f(a) { a }\ndef g() {}",
        expect![[r#"
        (let x 1)
        (fn f (a) (do a))
        (fn g () (do))
        0..3 foreign-keyword: there is no keyword `var` [write `let`]
        10..18 foreign-keyword: there is no keyword `function` [write `fn`]
        30..33 foreign-keyword: there is no keyword `def` [write `fn`]
    "#]],
    );
    check_errors(
        "if a {} elif b {} else {}",
        expect![[r#"
        (if a (do) (if b (do) (do)))
        8..12 foreign-keyword: there is no keyword `elif` [write `else if`]
    "#]],
    );
    check_errors(
        "if a = b {}\nwhile x.y = 1 {}\nmatch v { x if x = 1 => 2 }",
        expect![[r#"
        (if (= a b) (do))
        (while (= (attribute x y) 1) (do))
        (match v (x if (= x 1) 2))
        5..6 assignment-in-condition: `=` assigns, and this is a condition [compare with `==`; to assign first, put the assignment on a line before, or in parentheses]
        22..23 assignment-in-condition: `=` assigns, and this is a condition [compare with `==`; to assign first, put the assignment on a line before, or in parentheses]
        46..47 assignment-in-condition: `=` assigns, and this is a condition [compare with `==`; to assign first, put the assignment on a line before, or in parentheses]
    "#]],
    );
    check_errors(
        "if a: b\nif c then d\nwhile x return 1",
        expect![[r#"
        (if a (do b))
        (if c (do d))
        (while x (do (return 1)))
        4..5 expected-token: expected `{` after the condition, found `:` [write a block: `{ … }`]
        13..17 expected-token: expected `{` after the condition, found `then` [write a block: `{ … }`]
        28..34 expected-token: expected `{` after the condition, found `return` [write a block: `{ … }`]
    "#]],
    );
    check_errors(
        "'a' + b",
        expect![[r#"
        (+ "a" b)
        0..3 single-quotes: strings stand in double quotes [write `"a"`]
    "#]],
    );
    check_errors(
        "a // b",
        expect![[r#"
        (/ a b)
        2..4 unknown-operator: there is no operator `//` [write `/`, which truncates on integers; a comment begins with `#`]
    "#]],
    );
    check_errors(
        "|x| -> y\nfn f() -> int { 1 }",
        expect![[r#"
            (closure (x) y)
            (fn f () (do 1))
            4..6 unknown-operator: there is no operator `->` [a closure is written `|x| x + 1`, an arm of `match` with `=>`]
            16..17 expected-token: expected `{` after the parameters, found `-` [the type of a result is not declared]
        "#]],
    );
    check_errors(
        "let a == 1",
        expect![[r#"
        (let a 1)
        6..8 expected-token: expected `=`, found `==` [`==` compares; write `=`]
    "#]],
    );
    check_errors(
        "a ? b : c\nd",
        expect![[r#"
            a
            <error>
            b
            d
            2..3 bad-character: unexpected character `?` [a choice is written `if condition { a } else { b }`]
        "#]],
    );
    check_errors(
        "else { a }\ncatch e {}\nb",
        expect![[r#"
            <error>
            (do a)
            <error>
            e
            (do)
            b
            0..4 expected-expression: expected an expression, found `else` [`else` follows the block of an `if`]
            11..16 expected-expression: expected an expression, found `catch` [`catch` follows the block of a `try`]
        "#]],
    );
}

#[test]
fn comparisons_and_ranges() {
    check_errors(
        "a < b < c",
        expect![[r#"
        (< (< a b) c)
        6..7 chained-comparison: comparisons cannot be chained [write `a < b and b < c`; to compare a truth value, put parentheses around the comparison]
    "#]],
    );
    check_errors(
        "a == b != c == d",
        expect![[r#"
        (== (!= (== a b) c) d)
        7..9 chained-comparison: comparisons cannot be chained [write `a < b and b < c`; to compare a truth value, put parentheses around the comparison]
        12..14 chained-comparison: comparisons cannot be chained [write `a < b and b < c`; to compare a truth value, put parentheses around the comparison]
    "#]],
    );
    check_errors(
        "0..1..2",
        expect![[r#"
        (range (range 0 1) 2)
        4..6 chained-range: ranges cannot be chained [a range has a start and an end: `a..b`]
    "#]],
    );
    check_errors(
        "1 + x = 3\nf() = 2\n1 = 2",
        expect![[r#"
        (= (<error> (+ 1 x)) 3)
        (= (<error> (call f)) 2)
        (= (<error> 1) 2)
        0..5 bad-assignment-target: this cannot be assigned to [assign to a name, `e.name` or `e[i]`; compare with `==`]
        10..13 bad-assignment-target: this cannot be assigned to [assign to a name, `e.name` or `e[i]`; compare with `==`]
        18..19 bad-assignment-target: this cannot be assigned to [assign to a name, `e.name` or `e[i]`; compare with `==`]
    "#]],
    );
    check_errors(
        "(let x = 1)\na and let y = 2",
        expect![[r#"
        (paren (let x 1))
        (and a (let y 2))
        1..4 misplaced-statement: `let` stands within an expression [put it on a line of its own, or into a block: `do { … }`]
        18..21 misplaced-statement: `let` stands within an expression [put it on a line of its own, or into a block: `do { … }`]
    "#]],
    );
}

#[test]
fn definitions() {
    check_errors(
        "fn f { a }\nfn (a b) {}\nfn f(1) {}\nfn f(a)\nb",
        expect![[r#"
        (fn f () (do a))
        (fn (a b) (do))
        (fn f (<error>) (do))
        (fn f (a) (do))
        b
        5..6 expected-token: expected `(`, found `{` [write `fn name(parameters) { … }`]
        17..18 expected-token: expected `,` or `)`, found `b`
        28..29 expected-name: expected a parameter, found `1`
        41..41 expected-token: expected `{` after the parameters, found the end of the line [write a block: `{ … }`]
    "#]],
    );
    check_errors(
        "class A\nclass D { fn(x) {} }\nclass B : { x }\nclass C { x = 1, y: int\n def f() {}\n 3\n z }",
        expect![[r#"
            (class A)
            (class D (fn (x) (do)))
            (class B : <error> x)
            (class C x y <error> z (fn f () (do)))
            7..7 expected-token: expected `{`, found the end of the line [write `class name : superclass { attributes and methods }`]
            18..20 expected-name: a method has a selector [write `fn selector(parameters) { … }`]
            39..40 expected-name: expected the superclass, found `{`
            57..58 expected-token: expected `,` or a new line, found `=` [a class lists attributes by name, and methods as `fn selector(parameters) { … }`]
            63..64 expected-token: expected `,` or a new line, found `:` [a class lists attributes by name, and methods as `fn selector(parameters) { … }`]
            70..73 foreign-keyword: there is no keyword `def` [write `fn`]
            82..83 expected-name: expected an attribute or a method, found `3`
        "#]],
    );
    check_errors(
        "|a b| c\n|1| 2\n|a",
        expect![[r#"
        (closure (a) (| b c))
        (closure (<error>) (| 1 2))
        (closure (a) <error>)
        3..4 expected-token: expected `,` or `|`, found `b` [a closure is written `|a, b| a + b`]
        9..10 expected-name: expected a parameter, found `1`
        16..16 expected-token: expected `,` or `|`, found the end of the text [a closure is written `|a, b| a + b`]
    "#]],
    );
    check_errors(
        "for x { a }\nfor in y { b }\nfor x in { c }",
        expect![[r#"
            (for x <error> (do a))
            (for <error> y (do b))
            (for x (set c) (do))
            6..7 expected-token: expected `in`, found `{` [write `for x in sequence { … }`]
            16..18 expected-pattern: expected a pattern, found `in` [a pattern is a name, `_`, a literal, `name: class`, `[a, b]`, or several with `|` between]
            41..41 expected-token: expected `{` after the sequence, found the end of the text [write a block: `{ … }`]
        "#]],
    );
    check_errors(
        "try { a }\nb",
        expect![[r#"
        (try (do a))
        b
        9..9 expected-token: expected `catch`, found the end of the line [an error is handled by `catch e { … }`]
    "#]],
    );
    check_errors(
        "match v\nw",
        expect![[r#"
        (match v)
        w
        7..7 expected-token: expected `{` after the value, found the end of the line [write `match value { pattern => result, _ => result }`]
    "#]],
    );
    check_errors(
        "match v { 1 = 2, 3 -> 4\n5 => 6 7\n {} => 8\n [a, .., ..b] => 9\n => 10 }",
        expect![[r#"
            (match v (1 2) (3 4) (5 6) (<error> 8) ((tuple a .. ..b) (=> 9 <error>)))
            12..13 expected-token: expected `=>` after the pattern, found `=` [an arm is written `pattern => value`]
            19..20 expected-token: expected `=>` after the pattern, found `-` [an arm is written `pattern => value`]
            31..32 expected-token: expected `,` or a new line after the arm, found `7` [arms are separated by commas or line endings]
            34..35 expected-pattern: expected a pattern, found `{` [a pattern is a name, `_`, a literal, `name: class`, `[a, b]`, or several with `|` between]
            51..54 expected-pattern: only one `..` can stand in a pattern
            65..67 expected-name: expected a selector, found `10` [`=>` sends a message: write `receiver => selector()`; a closure is `|x| x + 1`]
        "#]],
    );
}

#[test]
fn format_strings() {
    check_errors(
        "f\"{}\"\nf\"{a b}\"\nf\"{(}\"\nf\"}\"\nc",
        expect![[r#"
        (format <error>)
        (format a)
        (format (paren <error>))
        (format "}")
        c
        3..4 expected-expression: expected an expression, found `}` [in an f-string, write `\{` for a brace]
        11..12 expected-token: expected `}`, found `b` [an interpolation holds one expression]
        19..20 expected-expression: expected an expression, found `}` [in an f-string, write `\{` for a brace]
        24..25 stray-brace: this `}` closes nothing [in an f-string, write `\}` for a brace]
    "#]],
    );
    check_errors(
        "f\"{a\"\nb",
        expect![[r#"
        (format a)
        b
        2..3 unclosed-brace: this `{` is not closed [close the interpolation with `}`, or write `\{` for a brace]
    "#]],
    );
    check_errors(
        "\"open\nlet x = 1",
        expect![[r#"
        "open"
        (let x 1)
        0..1 unclosed-string: this string is not closed [close it with `"`]
    "#]],
    );
}

#[test]
fn what_the_lexer_reports_is_not_reported_again() {
    check_errors(
        "a + @\nb",
        expect![[r#"
            (+ a <error>)
            b
            4..5 bad-character: unexpected character `@` [commands begin with `:` at the prompt]
        "#]],
    );
    check_errors(
        "f(12abc, _foo, _123)\n[0x, @, 1e999]",
        expect![[r#"
            (call f <error> _foo <error>)
            (tuple <error> <error> <error>)
            2..7 bad-number: this is not a number [put a space after `12`]
            9..13 bad-name: a name begins with a letter [`_` alone is the last value, or matches anything in a pattern]
            15..19 bad-oid: this is not an oid [an oid is `_` and 18 digits out of 0-9 A-Z a-z, the first of them 0-9]
            22..24 bad-number: this is not a number [a number in base 16 is written like 0xff]
            26..27 bad-character: unexpected character `@` [commands begin with `:` at the prompt]
            29..34 double-overflow: this number is too large for a double [the largest double is about 1.8e308; integers have no limit]
        "#]],
    );
    check_errors(
        "let @ = 1\na.@\nkeep a as @",
        expect![[r#"
            (let <error> 1)
            (attribute a <error>)
            (keep a <error>)
            4..5 bad-character: unexpected character `@` [commands begin with `:` at the prompt]
            12..13 bad-character: unexpected character `@` [commands begin with `:` at the prompt]
            24..25 bad-character: unexpected character `@` [commands begin with `:` at the prompt]
        "#]],
    );
}
