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
            (fn f () (do (if x (do a))))
            (fn g () (do))
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

/// A bracket that closes nothing is one in the arms of a `match` and among the members of a class, too.
#[test]
fn stray_brackets_in_arms_and_classes() {
    check_errors(
        "match v { 0 => 1, m => n) }\nb",
        expect![[r#"
            (match v (0 1) (m n))
            b
            24..25 unexpected-closing: `)` closes nothing [delete it]
        "#]],
    );
    check_errors(
        "match v {\n0 => 1]\n2 => 3\n}\nb",
        expect![[r#"
            (match v (0 1) (2 3))
            b
            16..17 unexpected-closing: `]` closes nothing [delete it]
        "#]],
    );
    check_errors(
        "class c { x)\nfn f() { 1 } ]\ny }\nb",
        expect![[r#"
            (class c x y (fn f () (do 1)))
            b
            11..12 unexpected-closing: `)` closes nothing [delete it]
            26..27 unexpected-closing: `]` closes nothing [delete it]
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
            (do a)
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
