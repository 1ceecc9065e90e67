//! How each diagnostic looks. The golden file is `diagnostics.txt`.

use std::collections::BTreeMap;

use expect_test::{expect, expect_file};
use rps_lang::syntax::{Diagnostic, Severity, SourceText, Span, codes, parse};

/// A text for each code but `too-large`, which a unit test of the lexer shows.
const CASES: &[(&str, &str)] = &[
    (codes::BAD_CHARACTER, "let price = 3 €"),
    (codes::BYTE_ORDER_MARK, "\u{feff}a"),
    (codes::CARRIAGE_RETURN, "a\r\nb\r\n"),
    (codes::HIDDEN_CHARACTER, "a # \u{202e}b"),
    (codes::BAD_NUMBER, "let n = 0xfg"),
    (codes::DOUBLE_OVERFLOW, "1e400"),
    (codes::BAD_OID, "_41OFI3r0S1t03qdB2.name"),
    (codes::BAD_NAME, "let _x = 1"),
    (codes::NAME_NOT_NORMALIZED, "let cafe\u{301} = 1"),
    (codes::UNCLOSED_STRING, "print(\"abc)\nb"),
    (codes::SINGLE_QUOTES, "print('abc')"),
    (codes::BAD_ESCAPE, "let pattern = \"\\d+\""),
    (codes::STRAY_BRACE, "f\"a } b\""),
    (codes::UNCLOSED_CHUNK, "#{like this}\na"),
    (codes::UNCLOSED_PAREN, "foo(a, (b + 1)\nlet x = 1"),
    (codes::UNCLOSED_BRACKET, "let t = [1, [2, 3]\n\n\nlet x = 1"),
    (codes::UNCLOSED_BRACE, "fn f(a) {\n    a + 1\n"),
    (codes::UNEXPECTED_CLOSING, "foo(a))"),
    (codes::EXPECTED_EXPRESSION, "let x = 3 +\nlet y = 4"),
    (codes::EXPECTED_NAME, "p.1"),
    (codes::EXPECTED_TOKEN, "if a print(b)"),
    (codes::EXPECTED_PATTERN, "match v { f(x) => 1, {} => 2 }"),
    (codes::MISSING_SEPARATOR, "print \"hello\""),
    (codes::UNKNOWN_OPERATOR, "count += 1"),
    (codes::FOREIGN_KEYWORD, "function add(a, b) { a + b }"),
    (codes::BAD_ASSIGNMENT_TARGET, "a + b = c"),
    (codes::ASSIGNMENT_IN_CONDITION, "if p.x = 1 { p }"),
    (codes::CHAINED_COMPARISON, "if 0 <= n < 10 { n }"),
    (codes::CHAINED_RANGE, "0..10..2"),
    (codes::MISPLACED_STATEMENT, "f(let x = 1)"),
    (codes::BARE_SUPER, "super.x = 1"),
    (codes::TOO_DEEP, DEEP),
];

/// Deeper than anything that is read, and short enough to be looked at.
const DEEP: &str = "------------------------------------------------------------------------------------------\
    --------------------------------------------------------------------------------------------------\
    --------------------------------------------------------------------------------------------------1";

#[test]
fn every_code_is_shown() {
    let mut shown: BTreeMap<&str, String> = BTreeMap::new();
    for (code, text) in CASES {
        let source = SourceText::new("example.rps", *text);
        let parsed = parse(text);
        let diagnostic = parsed.diagnostics.iter().find(|diagnostic| diagnostic.code == *code);
        let diagnostic =
            diagnostic.unwrap_or_else(|| panic!("{code} is not reported: {:?}", parsed.diagnostics));
        shown.insert(code, diagnostic.render(&source));
    }
    for code in codes::ALL {
        assert!(shown.contains_key(code) || *code == codes::TOO_LARGE, "{code} is not shown");
        assert!(code.starts_with("syntax::"));
    }
    let all: Vec<String> = CASES.iter().map(|(code, _)| shown[code].clone()).collect();
    expect_file!["diagnostics.txt"].assert_eq(&all.join("\n"));
}

/// A case reports its mistake once, and nothing else.
#[test]
fn one_mistake_gives_one_diagnostic() {
    for (code, text) in CASES {
        let diagnostics = parse(text).diagnostics;
        let codes: Vec<&str> = diagnostics.iter().map(|diagnostic| &*diagnostic.code).collect();
        let others_expected = matches!(*code, codes::EXPECTED_PATTERN | codes::UNCLOSED_STRING);
        assert!(codes == [*code] || others_expected, "{text}: {codes:?}");
    }
}

#[test]
fn labels_are_shown_below_their_lines() {
    let text = "\tfirst(日本, x)\nsecond\n\n\nlast line";
    let source = SourceText::new("lines.rps", text);
    let place = |part: &str| {
        let start = text.find(part).unwrap() as u32;
        Span::new(start, start + part.len() as u32)
    };
    let diagnostic = Diagnostic::error("test::code", place("x"), "a message")
        .label("primary")
        .also(place("日本"), "wide, on the same line")
        .also(place("second"), "on the next line")
        .also(place("last"), "far below")
        .also(Span::at(text.len() as u32), "at the end")
        .hint("what to do");
    expect![[r#"
        error[test::code]: a message
         --> lines.rps:1:12
          |
        1 |     first(日本, x)
          |                 ^ primary
          |           ---- wide, on the same line
        2 | second
          | ------ on the next line
        ...
        5 | last line
          | ---- far below
          |          - at the end
          = help: what to do
    "#]]
    .assert_eq(&diagnostic.render(&source));

    let across = Diagnostic::warning("test::code", Span::new(1, text.len() as u32), "over several lines");
    assert_eq!(across.severity, Severity::Warning);
    expect![[r#"
        warning[test::code]: over several lines
         --> lines.rps:1:2
          |
        1 |     first(日本, x)
          |     ^^^^^^^^^^^^^^
    "#]]
    .assert_eq(&across.render(&source));
}

/// Spans from elsewhere must not bring down who shows them.
#[test]
fn spans_outside_the_text_are_shown_somehow() {
    let source = SourceText::new("empty.rps", "");
    let diagnostic = Diagnostic::error("test::code", Span::new(7, 9), "nowhere");
    expect![[r#"
        error[test::code]: nowhere
         --> empty.rps:1:1
          |
        1 |
          | ^
    "#]]
    .assert_eq(&diagnostic.render(&source));
    let source = SourceText::new("wide.rps", "é");
    let inside = Diagnostic::error("test::code", Span::new(1, 2), "within a character");
    assert!(inside.render(&source).contains("wide.rps:1:1"));
}
