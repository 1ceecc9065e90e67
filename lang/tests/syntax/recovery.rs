//! Texts that are wrong: what is still understood, and what is said. One mistake, one message.

use expect_test::expect;

use crate::check_errors;

#[test]
fn missing_operands() {
    check_errors(
        "a + * b\nc",
        expect![[r#"
        (+ a b)
        c
        4..5 expected-expression: expected an expression, found `*`
    "#]],
    );
    check_errors(
        "a +\nlet b = 1",
        expect![[r#"
        (+ a <error>)
        (let b 1)
        3..3 expected-expression: expected an expression, found the end of the line
    "#]],
    );
    check_errors(
        "let x =\nlet y = 2",
        expect![[r#"
        (let x <error>)
        (let y 2)
        7..7 expected-expression: expected an expression, found the end of the line
    "#]],
    );
    check_errors(
        "let = 2\nlet z 3\nlet w",
        expect![[r#"
        (let <error> 2)
        (let z <error>)
        3
        (let w <error>)
        4..5 expected-pattern: expected a pattern, found `=` [a pattern is a name, `_`, a literal, `name: class`, `[a, b]`, or several with `|` between]
        14..15 expected-token: expected `=`, found `3` [a variable needs a value: `let name = nil`]
        21..21 expected-token: expected `=`, found the end of the text [a variable needs a value: `let name = nil`]
    "#]],
    );
    check_errors(
        "a = ; b",
        expect![[r#"
        (= a <error>)
        b
        4..5 expected-expression: expected an expression, found `;`
    "#]],
    );
    check_errors(
        "+3",
        expect![[r#"
            3
            0..1 expected-expression: expected an expression, found `+` [there is no `+` before a number]
        "#]],
    );
    check_errors(
        "(a, b)\nc",
        expect![[r#"
        (paren a)
        c
        2..3 expected-token: expected `)`, found `,` [a tuple is written `[a, b]`]
    "#]],
    );
    check_errors(
        "()",
        expect![[r#"
        (paren <error>)
        1..2 expected-expression: expected an expression, found `)`
    "#]],
    );
    check_errors(
        "..5",
        expect![[r#"
            5
            0..2 expected-expression: expected an expression, found `..` [a range has a start: `0..n`]
        "#]],
    );
}

#[test]
fn missing_brackets() {
    check_errors(
        "f(a, b\ng(c)",
        expect![[r#"
        (call f a b)
        (call g c)
        1..2 unclosed-paren: this parenthesis is not closed [close it with `)`]
    "#]],
    );
    check_errors(
        "[1, 2\nlet x = 3",
        expect![[r#"
        (tuple 1 2)
        (let x 3)
        0..1 unclosed-bracket: this bracket is not closed [close it with `]`]
    "#]],
    );
    check_errors(
        "f(a, [b)\nc",
        expect![[r#"
        (call f a (tuple b))
        c
        5..6 unclosed-bracket: this bracket is not closed [close it with `]`]
    "#]],
    );
    check_errors(
        "f(a]\nc",
        expect![[r#"
        (call f a)
        c
        1..2 unclosed-paren: this parenthesis is not closed [close it with `)`]
    "#]],
    );
    check_errors(
        "a)\nb }\nc ]",
        expect![[r#"
        a
        b
        c
        1..2 unexpected-closing: `)` closes nothing [delete it]
        5..6 unexpected-closing: `}` closes nothing [delete it]
        9..10 unexpected-closing: `]` closes nothing [delete it]
    "#]],
    );
    check_errors(
        "fn f() {\n a)\n b\n}\nc",
        expect![[r#"
        (fn f () (do a b))
        c
        11..12 unexpected-closing: `)` closes nothing [delete it]
    "#]],
    );
    check_errors(
        "fn f() { if x { a }\nfn g() {}",
        expect![[r#"
        (fn f () (do (if x (do a)) (fn g () (do))))
        7..8 unclosed-brace: this brace is not closed [close it with `}`]
    "#]],
    );
    check_errors(
        "[1 2, 3 4]\nb",
        expect![[r#"
        (tuple 1 2 3 4)
        b
        3..4 expected-token: expected `,` or `]`, found `2`
        8..9 expected-token: expected `,` or `]`, found `4`
    "#]],
    );
    check_errors(
        "[1\n 2]\nb",
        expect![[r#"
        (tuple 1 2)
        b
        2..2 expected-token: expected `,` or `]`, found `2`
    "#]],
    );
    check_errors(
        "[1,, 2]",
        expect![[r#"
        (tuple 1 <error> 2)
        3..4 expected-expression: expected an expression, found `,`
    "#]],
    );
    check_errors(
        "{a: 1}\nb",
        expect![[r#"
        (set a)
        b
        2..3 expected-token: expected `,` or `}`, found `:` [a dictionary is written `new dict [key: value]`]
    "#]],
    );
    check_errors(
        "a[]\na[1, 2]\nb",
        expect![[r#"
        (component a <error>)
        (component a 1)
        b
        1..2 expected-expression: an index is missing [the components of `e` are `e[0]` to `e[e.len() - 1]`]
        9..10 expected-token: an index is one expression [write `e[i][j]`, or `e[[i, j]]` to index with a tuple]
    "#]],
    );
    check_errors(
        "f((a\nb",
        expect![[r#"
        (call f (paren a))
        b
        2..3 unclosed-paren: this parenthesis is not closed [close it with `)`]
    "#]],
    );
}

#[test]
fn missing_separators() {
    check_errors(
        "a b\nc d e",
        expect![[r#"
            a
            b
            c
            d
            e
            2..3 missing-separator: expected a new line or `;`, found `b` [put a new line or `;` between two expressions]
            6..7 missing-separator: expected a new line or `;`, found `d` [put a new line or `;` between two expressions]
        "#]],
    );
    check_errors(
        "a; b c; d",
        expect![[r#"
        a
        b
        c
        d
        5..6 missing-separator: expected a new line or `;`, found `c` [put a new line or `;` between two expressions]
    "#]],
    );
    check_errors(
        "if a {} b",
        expect![[r#"
            (if a (do))
            b
            8..9 missing-separator: expected a new line or `;`, found `b` [put a new line or `;` between two expressions]
        "#]],
    );
    check_errors(
        "x := 1\ny",
        expect![[r#"
        x
        y
        2..3 missing-separator: expected a new line or `;`, found `:` [write `=`]
    "#]],
    );
    check_errors(
        "throw x",
        expect![[r#"
        throw
        x
        6..7 missing-separator: expected a new line or `;`, found `x` [write `raise(value)`]
    "#]],
    );
    check_errors(
        "x => 1\ny",
        expect![[r#"
            (=> x <error>)
            1
            y
            5..6 expected-name: expected a selector, found `1` [`=>` sends a message: write `receiver => selector()`; a closure is `|x| x + 1`]
        "#]],
    );
    check_errors(
        "foo {a}",
        expect![[r#"
        foo
        (set a)
        4..5 missing-separator: expected a new line or `;`, found `{` [a block follows `fn`, `|…|`, `if`, `while`, `for`, `try` or `do`]
    "#]],
    );
}

#[test]
fn members_and_names() {
    check_errors(
        "a.\nb.1.c + d.\"x\"",
        expect![[r#"
        (+ (attribute (attribute (attribute a b) <error>) c) (attribute d <error>))
        5..6 expected-name: expected an attribute or selector, found `1` [components are written `e[0]`]
        13..16 expected-name: expected an attribute or selector, found a string [a computed attribute is written `e.(expression)`]
    "#]],
    );
    check_errors(
        "a.0",
        expect![[r#"
        (attribute a <error>)
        2..3 expected-name: expected an attribute or selector, found `0` [components are written `e[0]`]
    "#]],
    );
    check_errors(
        "a => (1)\na => b\nc",
        expect![[r#"
            (=> a <error> 1)
            (=> a b)
            c
            5..6 expected-name: expected a selector, found `(` [`=>` sends a message: write `receiver => selector()`; a closure is `|x| x + 1`]
            15..15 expected-token: expected `(` after the selector, found the end of the line [`=>` sends a message: write `receiver => selector()`; a closure is `|x| x + 1`]
        "#]],
    );
    check_errors(
        "keep a\nkeep b as 3\nkeep c as if",
        expect![[r#"
            (keep a <error>)
            (keep b <error>)
            3
            (keep c <error>)
            6..6 expected-token: expected `as`, found the end of the line [write `keep value as name`]
            17..18 expected-name: expected a name to keep it under, found `3`
            29..31 expected-name: expected a name to keep it under, found `if` [`if` is a keyword; between backticks it is a name: `` `if` ``]
        "#]],
    );
    check_errors(
        "new\nnew 3\nnew point(1)\nnew point { x }\nnew point { x = 1, y: 2 }\nnew dict [1: 2, 3]",
        expect![[r#"
            (new <error>)
            (new <error>)
            3
            (new point [1])
            (new point {x: <error>})
            (new point {x: 1 y: 2})
            (new dict [1: 2 3: <error>])
            3..3 expected-name: expected a class, found the end of the line [write `new point { x: 1 }`, `new vector [1, 2]`, or `new (expression)`]
            8..9 expected-name: expected a class, found `3` [write `new point { x: 1 }`, `new vector [1, 2]`, or `new (expression)`]
            19..20 expected-token: expected `{` or `[` after the class, found `(` [write `new class { attribute: value }` or `new class [component]`]
            37..38 expected-token: expected `:`, found `}` [write `attribute: value`]
            53..54 expected-token: expected `:`, found `=` [write `attribute: value`]
            82..83 expected-token: expected `:` and a value after this key [either all elements are `key: value`, or none]
        "#]],
    );
    check_errors(
        "super\nsuper.x\nsuper(1)\nsuper.x()",
        expect![[r#"
        super
        (attribute super x)
        (call super 1)
        (send super x)
        0..5 bare-super: `super` can only be sent a message [write `super.selector(arguments)`; the receiver itself is `self`]
        6..13 bare-super: `super` can only be sent a message [write `super.selector(arguments)`; the receiver itself is `self`]
        14..22 bare-super: `super` can only be sent a message [write `super.selector(arguments)`; the receiver itself is `self`]
    "#]],
    );
    check_errors(
        "in 3\nx",
        expect![[r#"
            (in <error>)
            3
            x
            3..4 expected-name: expected the name of a space, found `3`
        "#]],
    );
}

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
            (set a)
            <error>
            e
            (set)
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
        "class A\nclass B : { x }\nclass C { x = 1, y: int\n def f() {}\n 3\n z }",
        expect![[r#"
            (class A)
            (class B : <error> x)
            (class C x y <error> z (fn f () (do)))
            7..7 expected-token: expected `{`, found the end of the line [write `class name : superclass { attributes and methods }`]
            18..19 expected-name: expected the superclass, found `{`
            36..37 expected-token: expected `,` or a new line, found `=` [a class lists attributes by name, and methods as `fn selector(parameters) { … }`]
            42..43 expected-token: expected `,` or a new line, found `:` [a class lists attributes by name, and methods as `fn selector(parameters) { … }`]
            49..52 foreign-keyword: there is no keyword `def` [write `fn`]
            61..62 expected-name: expected an attribute or a method, found `3`
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

/// A syntax error at every token of a sample: always a tree, always a message, and the last line understood.
#[test]
fn an_error_at_every_token_is_reported_and_parsing_goes_on() {
    use rps_lang::syntax::{lex, parse};

    let sample = "class point : object {
    x, y
    fn dist(o) { let d = self.x - o.x
        return if d < 0 { -d } else { d } }
}
let p = new point { x: 1, y: [2, {3}] }
for i in 0..10 { p.push(|a| a + i) }
match p { 0 => 1, s: int if s > 0 => f\"{s}\", _ => nil }
try { p => dist(p) } catch e { raise e }
";
    let last = "\nlast_line = 42\n";
    for token in lex(sample).tokens.iter().filter(|token| !token.kind.is_trivia()) {
        let range = token.span.range();
        let text = format!("{} @ {}{last}", &sample[..range.start], &sample[range.end..]);
        let parsed = parse(&text);
        assert!(parsed.has_errors(), "{text}");
        assert!(parsed.diagnostics.len() <= 4, "{} messages for\n{text}", parsed.diagnostics.len());
        let first = parsed.diagnostics[0].primary.span.start as usize;
        let line_end = range.start + text[range.start..].find('\n').unwrap_or_default();
        assert!(first <= line_end, "the first message is below the mistake: {first} in\n{text}");
        let tree = rps_lang::syntax::ast::sexpr::to_sexpr(&parsed.program, false);
        assert!(tree.contains("(= last_line 42)"), "{tree}\nfor\n{text}");
    }
}
