//! What holds for every text, however broken.

use proptest::prelude::*;
use rps_lang::syntax::ast::walk::{Node, children, pattern_children};
use rps_lang::syntax::ast::{Expression, ExpressionKind, Pattern, PatternKind};
use rps_lang::syntax::{Completeness, Keyword, Parsed, SourceText, Span, TokenKind, highlight, lex, parse};

/// Pieces that mean something to the lexer or the parser, so that random rows of them go deep.
const PIECES: &[&str] = &[
    "a",
    "b.c",
    "x1",
    "_",
    "_41OFI3r0S1t03qdB2E",
    "_12",
    "_foo",
    "`let`",
    "0",
    "1.5",
    "0x",
    "12ab",
    "\"s\"",
    "\"",
    "\\",
    "r\"",
    "r#\"",
    "f\"",
    "f\"{",
    "}\"",
    "'",
    "'q'",
    "#{",
    "}#",
    "#t{ $x }t#",
    "# c\n",
    "\n",
    "\r\n",
    "\r",
    ";",
    ",",
    ":",
    ".",
    "..",
    "=>",
    "=",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    "+",
    "-",
    "*",
    "/",
    "%",
    "&",
    "&&",
    "|",
    "||",
    "!",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "@",
    "é",
    "e\u{301}",
    "日本",
    "\u{feff}",
    "\0",
    "🦀",
    " ",
    "\t",
    "elif x",
    "var x",
    "function f",
    "fn f(",
    "class a",
    "catch e",
    "new p",
    "let x",
    "for x in",
    "match v {",
    "=> 1,",
];

fn piece() -> impl Strategy<Value = String> {
    let keywords: Vec<&str> = Keyword::ALL.iter().map(|keyword| keyword.as_str()).collect();
    let space = prop::sample::select(vec!["", " ", " ", "\n"]);
    let word = prop_oneof![3 => prop::sample::select(PIECES.to_vec()), 1 => prop::sample::select(keywords)];
    (word, space).prop_map(|(word, space)| format!("{word}{space}"))
}

fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..60).prop_map(|pieces| pieces.concat())
}

/// Everything that must hold of a text.
fn examine(text: &str) -> Parsed {
    tokens_cover_the_text(text);
    let parsed = parse(text);
    let source = SourceText::new("property.rps", text);
    let whole = Span::new(0, text.len() as u32);
    for diagnostic in &parsed.diagnostics {
        let labels = diagnostic.secondary.iter().chain([&diagnostic.primary]);
        for label in labels {
            assert!(whole.contains(label.span) && is_sound(text, label.span), "{diagnostic:?} in {text:?}");
        }
        assert!(diagnostic.render(&source).starts_with(if diagnostic.is_error() {
            "error["
        } else {
            "warning["
        }));
    }
    let starts: Vec<u32> =
        parsed.diagnostics.iter().map(|diagnostic| diagnostic.primary.span.start).collect();
    assert!(starts.is_sorted(), "diagnostics are not in order in {text:?}");

    let mut has_error_node = false;
    for statement in &parsed.program.statements {
        spans_nest(text, whole, statement, &mut has_error_node);
    }
    assert!(!has_error_node || parsed.has_errors(), "an error node without a diagnostic in {text:?}");
    assert_eq!(parsed.completeness == Completeness::Complete, !parsed.has_errors(), "{text:?}");
    parsed
}

fn tokens_cover_the_text(text: &str) {
    let mut end = 0;
    for token in lex(text).tokens {
        assert_eq!(token.span.start, end, "a gap in {text:?}");
        assert!(is_sound(text, token.span), "{token:?} in {text:?}");
        let may_be_empty = matches!(token.kind, TokenKind::InterpolationEnd | TokenKind::FormatEnd);
        assert!(!token.span.is_empty() || may_be_empty, "{token:?} is empty in {text:?}");
        end = token.span.end;
    }
    assert_eq!(end as usize, text.len(), "{text:?}");
    let joined: String = highlight(text).into_iter().map(|(span, _)| span.text(text)).collect();
    assert_eq!(joined, text);
}

fn is_sound(text: &str, span: Span) -> bool {
    span.start <= span.end && text.get(span.range()).is_some()
}

fn spans_nest(text: &str, outer: Span, expression: &Expression, has_error: &mut bool) {
    assert!(is_sound(text, expression.span), "{expression:?} in {text:?}");
    assert!(
        outer.contains(expression.span),
        "{:?} not within {outer:?}: {expression:?} in {text:?}",
        expression.span
    );
    *has_error |= matches!(expression.kind, ExpressionKind::Error);
    let mut end = expression.span.start;
    children(expression, &mut |child| {
        let span = match child {
            Node::Expression(inner) => {
                spans_nest(text, expression.span, inner, has_error);
                inner.span
            }
            Node::Pattern(pattern) => {
                pattern_spans_nest(text, expression.span, pattern, has_error);
                pattern.span
            }
        };
        let ordered = span.start >= end || matches!(expression.kind, ExpressionKind::Class(_));
        assert!(ordered, "children overlap at {span:?} of {expression:?} in {text:?}");
        end = span.end;
    });
}

fn pattern_spans_nest(text: &str, outer: Span, pattern: &Pattern, has_error: &mut bool) {
    assert!(is_sound(text, pattern.span) && outer.contains(pattern.span), "{pattern:?} in {text:?}");
    *has_error |= matches!(pattern.kind, PatternKind::Error);
    pattern_children(pattern, &mut |inner| pattern_spans_nest(text, pattern.span, inner, has_error));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in any::<String>()) {
        examine(&text);
    }

    #[test]
    fn any_bytes_read_as_text(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        examine(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_row_of_tokens(text in soup()) {
        examine(&text);
    }

    /// A program that is cut off, as while it is being typed.
    #[test]
    fn any_beginning_of_a_program(cut in 0..PROGRAM.len()) {
        let text = &PROGRAM[..PROGRAM.floor_char_boundary(cut)];
        let parsed = examine(text);
        prop_assert!(parsed.completeness != Completeness::Invalid || cuts_a_token(text.len()), "{}", text);
    }

    /// A program with some characters gone, doubled or in other places.
    #[test]
    fn any_damage_to_a_program(
        from in 0..PROGRAM.len(), length in 0..20_usize, to in 0..PROGRAM.len(), remove in any::<bool>(),
    ) {
        let boundary = |at: usize| PROGRAM.floor_char_boundary(at.min(PROGRAM.len()));
        let (from, end, to) = (boundary(from), boundary(from + length), boundary(to));
        let mut text = PROGRAM.to_owned();
        text.insert_str(to, &PROGRAM[from..end]);
        if remove && (to <= from) {
            text.replace_range(from + end - from..end + end - from, "");
        }
        examine(&text);
    }
}

const PROGRAM: &str = r##"class point : object {
    x, y                                 # attributes
    fn dist(o) { let dx = self.x - o.x; (dx * dx).sqrt() }
}
let p = new point { x: 1, y: 0xff }
p.push("a \u{1F600} component")[0] = _41OFI3r0S1t03qdB2E
{p, 42} | [p, r#"x"#] & new dict ["k": 1.5e3]
fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }
for [i, ..j] in 0..10 { print(fib(i)) }
match v { 0 | -1 => "zero", s: string if s > "a" => s.len(), [a, b] => { a }, _ => nil }
try { risky(|a, b| not a or !b) } catch e { raise e.message }
while true { break; continue }
f"dist is {p.dist(q)} and {f"{été}"}" => send(#c{ $x }c#)
keep p as origin
"##;

/// Whether [`PROGRAM`] is cut within a token that means something else as long as it is not whole.
fn cuts_a_token(cut: usize) -> bool {
    let cut = cut as u32;
    lex(PROGRAM).tokens.iter().any(|token| {
        let goes_on = matches!(token.kind, TokenKind::String | TokenKind::FormatText | TokenKind::Comment);
        token.span.start < cut && cut < token.span.end && !goes_on
    })
}

/// Deep nesting of every kind: a diagnostic, no overflow of a stack of the size that threads have by default.
#[test]
fn nesting_of_any_depth_is_refused() {
    let deep = 100_000;
    let around = |open: &str, inner: &str, close: &str| open.repeat(deep) + inner + &close.repeat(deep);
    let texts = [
        around("(", "1", ")"),
        around("[", "1", "]"),
        around("{", "1", "}"),
        around("-", "1", ""),
        around("!", "1", ""),
        around("not ", "1", ""),
        around("|x| ", "1", ""),
        around("|| {", "1", "}"),
        around("f(", "1", ")"),
        around("a[", "1", "]"),
        around("a.(", "1", ")"),
        around("a = ", "1", ""),
        around("", "1", " + 1"),
        around("", "a", ".b"),
        around("", "a", "()"),
        around("", "a", "[0]"),
        around("", "a", " => b()"),
        around("", "a", " or b"),
        around("(", "1", " + 1)"),
        around("do {", "1", "}"),
        around("if a {", "1", "}"),
        around("if a {} else ", "{}", ""),
        around("while a {", "1", "}"),
        around("fn f() {", "1", "}"),
        around("fn f() {", "1", ""),
        around("class a { fn b() {", "1", "}}"),
        around("match a { b => ", "1", "}"),
        around("try {", "1", "} catch {}"),
        around("try {} catch {", "1", "}"),
        around("for [", "a", "]") + " in b {}",
        around("let [", "a", "]") + " = b",
        around("new a [", "1", "]"),
        around("new a { b: ", "1", "}"),
        around("new (", "a", ")"),
        around("f\"{", "1", "}\""),
        around("return ", "1", ""),
        around("raise ", "1", ""),
        around("root ", "1", ""),
        around("keep ", "a", " as b"),
        around("a or not a == -a + |x| ", "1", ""),
        around("(-!-|x| {if [f(", "1", ""),
        around("let a = let b = ", "1", ""),
        "if a {} ".to_owned() + &around("elif b {} ", "", ""),
    ];
    for text in texts {
        let start = &text[..30];
        // The parser, the walk and the drop all run here, on two megabytes of stack.
        let parsed = parse(&text);
        let codes: Vec<&str> = parsed.diagnostics.iter().map(|diagnostic| &*diagnostic.code).collect();
        assert!(codes.contains(&"syntax::too-deep"), "{start}: {:?}", &codes[..codes.len().min(5)]);
        assert_eq!(parsed.completeness, Completeness::Invalid, "{start}");
        let mut has_error = false;
        for statement in &parsed.program.statements {
            spans_nest(&text, Span::new(0, text.len() as u32), statement, &mut has_error);
        }
        let depth = parsed.program.statements.iter().map(depth).max().unwrap_or_default();
        assert!(depth <= 2 * rps_lang::syntax::MAX_DEPTH, "{start}: {depth}");
    }
}

fn depth(expression: &Expression) -> u32 {
    let mut deepest = 0;
    children(expression, &mut |child| {
        if let Node::Expression(inner) = child {
            deepest = deepest.max(depth(inner));
        }
    });
    deepest + 1
}

/// What people write is read, and a good deal more.
#[test]
fn ordinary_nesting_is_read() {
    for (open, close) in
        [("(", ")"), ("[", "]"), ("f(|x| {", "})"), ("if a { ", "}"), ("-", ""), ("", " + 1"), ("", ".b")]
    {
        let text = format!("{}a{}", open.repeat(60), close.repeat(60));
        assert!(!parse(&text).has_errors(), "{open} {close}");
    }
}

/// Long texts without nesting cost no depth, and their time grows with their length only: a text of this size
/// would take minutes if anything were searched again for each token.
#[test]
fn long_texts_are_read_in_linear_time() {
    for piece in [
        "a + 1\n", "a, ", "(a)\n", "\"\\\"\n", "{\n", " }\n", "f\"{a\n", "r#\"\n", "#{\n", "#t{\n", "'",
        "((]]", "(", ")", "@ ", "`", "{a:", "f\"{\"", "f\"{r#\"", "_", "1e", "\u{feff}", "\\\"", "f\"\\\n",
    ] {
        let _ = parse(&piece.repeat(200_000 / piece.len()));
    }
}

/// Guessing from the indentation what is not closed takes no longer either.
#[test]
fn long_texts_of_unclosed_brackets_are_read_in_linear_time() {
    let closing = " }\n".repeat(50_000);
    for opening in ["  {", "  (", "{\n", "  {\n", "  {\n  f(\n", "  class c {\n"] {
        let _ = parse(&(opening.repeat(50_000) + "\n" + &closing));
        let _ = parse(&(opening.repeat(50_000) + "\n)" + &closing));
    }
}
