//! A program with one token wrong, at every place: it is said where, little else is said, and the rest is understood.

use expect_test::expect;
use rps_lang::syntax::ast::sexpr::to_sexpr;
use rps_lang::syntax::{Completeness, Parsed, SourceText, Span, lex, parse};

use crate::support::invariants::examine;

/// Each statement stands for itself, so that a mistake in one must not be seen in another.
const SAMPLE: &str = r#"class point : object {
    x, y
    fn dist(o) { let d = self.x - o.x; (d * d).sqrt() }
    fn sign() {
        return if self.x < 0 { -1 } else if self.x == 0 { 0 } else { 1 }
    }
}
let origin = new point { x: 0, y: [1, {2}] }
let ages = new dict ["ann": 31, "bob": 28]
for [i, ..rest] in 0..10 { origin.push(|a, b| a + b * i) }
while not done and i < 10 or ready { i = i + 1 }
match v { 0 | -1 => "few", s: string if s > "a" => s.len(), _ => nil }
match w {
    n => f"{n} is {n + 1}"
    [a] => { a }
}
try { origin => dist(p) } catch e { raise e.message }
fn twice(f) { |x| f(f(x)) }
keep origin as start
p.(attribute)[0] = xs[1].y
"#;

/// The statements that follow whatever is damaged; an operator at the end of the damage takes the first one along.
const LAST: &str = "next_line()\nlast_line = 42\n";

/// What a token is replaced by.
const WRONG: &[&str] = &["@", ")", "]", "}", "(", "{", ",", ".", "=", "=>", "|", "in", "let", "else", "word"];

/// A program with one token wrong.
struct Damaged {
    what: String,
    text: String,
    /// Where the damage is.
    place: Span,
}

fn damaged() -> Vec<Damaged> {
    let whole = format!("{SAMPLE}{LAST}");
    let mut all = Vec::new();
    for token in lex(SAMPLE).tokens.into_iter().filter(|token| !token.kind.is_trivia()) {
        let word = token.span.text(SAMPLE);
        let mut change = |what: String, range: std::ops::Range<usize>, with: &str| {
            let mut text = whole.clone();
            text.replace_range(range.clone(), with);
            let place = Span::new(range.start as u32, (range.start + with.len()) as u32);
            all.push(Damaged { what, text, place });
        };
        let range = token.span.range();
        change(format!("without `{word}`"), range.clone(), "");
        // Without a space, two names would be one.
        change(format!("`{word}` twice"), range.end..range.end, &format!(" {word}"));
        for wrong in WRONG.iter().filter(|wrong| **wrong != word) {
            change(format!("`{wrong}` for `{word}`"), range.clone(), &format!(" {wrong} "));
        }
    }
    all
}

#[test]
fn one_wrong_token_is_found_where_it_is_and_the_rest_is_understood() {
    let (mut wrong, mut many, mut far, mut messages) = (0, 0, 0, 0);
    let all = damaged();
    for Damaged { what, text, place } in &all {
        if examine(text) {
            continue;
        }
        let parsed = parse(text);
        let shown = || format!("{what}\n{}", rendered(text, &parsed));
        let tree = to_sexpr(&parsed.program, false);
        assert!(tree.contains("\n(= last_line 42)\n"), "the last line is lost: {}", shown());
        assert!(parsed.diagnostics.len() <= 6, "too much is said: {}", shown());
        let distance = distance(text, &parsed, *place);
        assert!(distance <= 6, "it is said too far away: {}", shown());
        wrong += 1;
        messages += parsed.diagnostics.len();
        many += usize::from(parsed.diagnostics.len() > 4);
        far += usize::from(distance > 1);
    }
    // The rest is not wrong: a minus less, a number for a name.
    assert!(wrong * 10 > all.len() * 9, "{wrong} of {}", all.len());
    assert!(messages * 10 < wrong * 17, "{messages} messages for {wrong} texts");
    assert!(many * 100 < wrong, "{many} of {wrong} texts have many messages");
    assert!(far * 500 < wrong, "in {far} of {wrong} texts the first message is far away");
}

/// How many lines lie between the damage and the nearest place of which the first message speaks.
fn distance(text: &str, parsed: &Parsed, damage: Span) -> u32 {
    let source = SourceText::new("", text);
    let line = |offset| source.position(offset).line;
    let first = &parsed.diagnostics[0];
    let labels = first.secondary.iter().chain([&first.primary]);
    let distances = labels.map(|label| line(label.span.start).abs_diff(line(damage.start)));
    distances.min().unwrap_or(u32::MAX)
}

/// A brace that is missing is found by the indentation of what follows, however much follows.
#[test]
fn a_missing_brace_does_not_swallow_the_rest() {
    check(
        "fn f(a) {\n    if a {\n        b\n    c\n}\nfn g() { d }\n",
        expect![[r#"
        (fn f (a) (do (if a (do b)) c))
        (fn g () (do d))

        error[syntax::unclosed-brace]: this brace is not closed
         --> damaged.rps:2:10
          |
        2 |     if a {
          |          ^ opened here
        3 |         b
          |         - missing here
          = help: close it with `}`
    "#]],
    );
    check(
        "class c {\n    fn f() {\n        a\n    fn g() {\n        b\n    }\n}\nd\n",
        expect![[r#"
        (class c (fn f () (do a)) (fn g () (do b)))
        d

        error[syntax::unclosed-brace]: this brace is not closed
         --> damaged.rps:2:12
          |
        2 |     fn f() {
          |            ^ opened here
        3 |         a
          |         - missing here
          = help: close it with `}`
    "#]],
    );
    check(
        "match v {\n    0 => {\n        a\n    1 => b\n}\nc\n",
        expect![[r#"
        (match v (0 (do a)) (1 b))
        c

        error[syntax::unclosed-brace]: this brace is not closed
         --> damaged.rps:2:10
          |
        2 |     0 => {
          |          ^ opened here
        3 |         a
          |         - missing here
          = help: close it with `}`
    "#]],
    );
    check(
        "while a {\n    b(\n        [1, 2\n    c\n}\nd\n",
        expect![[r#"
        (while a (do (call b (tuple 1 2)) c))
        d

        error[syntax::unclosed-bracket]: this bracket is not closed
         --> damaged.rps:3:9
          |
        3 |         [1, 2
          |         ^ opened here
          |             - missing here
          = help: close it with `]`
    "#]],
    );
}

/// A text that is being typed may still go on, however its lines are indented.
#[test]
fn indentation_does_not_end_what_is_being_typed() {
    for text in
        ["fn f() {\nlet a = 1\n", "fn f() {\n    if a {\n}\n", "class c {\n  fn f() {\n x\n}\n", "f([1,\na\n"]
    {
        assert_eq!(parse(text).completeness, Completeness::Incomplete, "{text}");
    }
}

#[test]
fn messages() {
    check(
        "p.push(|a, b a + b)\n",
        expect![[r#"
        (send p push (closure (a b) (+ a b)))

        error[syntax::expected-token]: expected `,` or `|`, found `a`
         --> damaged.rps:1:14
          |
        1 | p.push(|a, b a + b)
          |              ^
          = help: a closure is written `|a, b| a + b`
    "#]],
    );
    check(
        "for i on 0..10 { i }\n",
        expect![[r#"
            (for i (range 0 10) (do i))

            error[syntax::expected-token]: expected `in`, found `on`
             --> damaged.rps:1:7
              |
            1 | for i on 0..10 { i }
              |       ^^
              = help: write `for x in sequence { … }`
        "#]],
    );
    check(
        "if a == 1 b = 2\n",
        expect![[r#"
        (if (== a 1) (do (= b 2)))

        error[syntax::expected-token]: expected `{` after the condition, found `b`
         --> damaged.rps:1:11
          |
        1 | if a == 1 b = 2
          |           ^
          = help: write a block: `{ … }`
    "#]],
    );
    check(
        "let p = new { x: 1 }\n",
        expect![[r#"
        (let p (new <error> {x: 1}))

        error[syntax::expected-name]: expected a class, found `{`
         --> damaged.rps:1:13
          |
        1 | let p = new { x: 1 }
          |             ^
          = help: write `new point { x: 1 }`, `new vector [1, 2]`, or `new (expression)`
    "#]],
    );
    check(
        "class a extends b { x }\nclass c < d { y }\n",
        expect![[r#"
        (class a : b x)
        (class c : d y)

        error[syntax::expected-token]: expected `:` or `{`, found `extends`
         --> damaged.rps:1:9
          |
        1 | class a extends b { x }
          |         ^^^^^^^
          = help: write `class name : superclass { … }`
        error[syntax::expected-token]: expected `:` or `{`, found `<`
         --> damaged.rps:2:9
          |
        2 | class c < d { y }
          |         ^
          = help: write `class name : superclass { … }`
    "#]],
    );
    check(
        "for i = 0..3 { a }\nfor i of b { c }\n",
        expect![[r#"
        (for i (range 0 3) (do a))
        (for i b (do c))

        error[syntax::expected-token]: expected `in`, found `=`
         --> damaged.rps:1:7
          |
        1 | for i = 0..3 { a }
          |       ^
          = help: write `for x in sequence { … }`
        error[syntax::expected-token]: expected `in`, found `of`
         --> damaged.rps:2:7
          |
        2 | for i of b { c }
          |       ^^
          = help: write `for x in sequence { … }`
    "#]],
    );
    check(
        "class point object { x }\n",
        expect![[r#"
            (class point : object x)

            error[syntax::expected-token]: expected `:` or `{`, found `object`
             --> damaged.rps:1:13
              |
            1 | class point object { x }
              |             ^^^^^^
              = help: write `class name : superclass { … }`
        "#]],
    );
    check(
        "match v { 0 = 1, 2 => 3 }\n",
        expect![[r#"
        (match v (0 1) (2 3))

        error[syntax::expected-token]: expected `=>` after the pattern, found `=`
         --> damaged.rps:1:13
          |
        1 | match v { 0 = 1, 2 => 3 }
          |             ^
          = help: an arm is written `pattern => value`
    "#]],
    );
    check(
        "try { a } { b }\n",
        expect![[r#"
        (try (do a))
        (do b)

        error[syntax::expected-token]: expected `catch`, found `{`
         --> damaged.rps:1:11
          |
        1 | try { a } { b }
          |           ^
          = help: an error is handled by `catch e { … }`
    "#]],
    );
    check(
        "fn (a b) { a }\n",
        expect![[r#"
        (fn (a b) (do a))

        error[syntax::expected-token]: expected `,` or `)`, found `b`
         --> damaged.rps:1:7
          |
        1 | fn (a b) { a }
          |       ^
          |    - opened here
    "#]],
    );
    check(
        "keep a\n",
        expect![[r#"
        (keep a <error>)

        error[syntax::expected-token]: expected `as`, found the end of the text
         --> damaged.rps:1:7
          |
        1 | keep a
          |       ^
          = help: write `keep value as name`
    "#]],
    );
    check(
        "f\"{a\"\n",
        expect![[r#"
        (format a)

        error[syntax::unclosed-brace]: this `{` is not closed
         --> damaged.rps:1:3
          |
        1 | f"{a"
          |   ^
          |     - the f-string ends here
          = help: close the interpolation with `}`, or write `\{` for a brace
    "#]],
    );
}

/// Checks the tree and the messages as they are shown.
fn check(text: &str, expected: expect_test::Expect) {
    let parsed = parse(text);
    expected.assert_eq(&format!("{}\n{}", to_sexpr(&parsed.program, false), rendered(text, &parsed)));
}

fn rendered(text: &str, parsed: &Parsed) -> String {
    let source = SourceText::new("damaged.rps", text);
    parsed.diagnostics.iter().map(|diagnostic| diagnostic.render(&source)).collect()
}
