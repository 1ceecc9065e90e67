//! What the prompt asks while something is being typed.

use expect_test::expect;
use rps_lang::syntax::{Completeness, completeness, highlight};

#[test]
fn complete_texts() {
    for text in [
        "",
        "1",
        "a\nb",
        "f(1)",
        "let x = 1",
        "if a { b }",
        "|a| a",
        "\"x\"",
        "f\"{a}\"",
        "# c",
        "a;",
        "fn f() {\n}",
        "_",
        "return",
        "#{ a }#",
        "class",
        "{}",
    ] {
        assert_eq!(completeness(text), Completeness::Complete, "{text:?}");
    }
}

#[test]
fn incomplete_texts() {
    for text in [
        "(",
        "f(1,",
        "f(1",
        "[",
        "[1, 2",
        "{",
        "{a,",
        "fn f() {",
        "fn f() {\n a",
        "fn f(",
        "fn",
        "class a",
        "class a : b {",
        "1 +",
        "a and",
        "a.",
        "a =>",
        "a => b",
        "a = ",
        "let x =",
        "let x",
        "let",
        "not",
        "-",
        "|a, b|",
        "|a",
        "if a",
        "if",
        "if a {} else",
        "while x",
        "for x",
        "for x in",
        "for x in y",
        "match v",
        "match v {",
        "match v { 1 =>",
        "match v { 1",
        "try {}",
        "try {} catch",
        "keep a",
        "keep a as",
        "new",
        "new point {",
        "new point { x:",
        "new dict [1:",
        "0..",
        "\"open",
        "\"open\nline two",
        "r\"open",
        "r#\"open\"",
        "f\"open",
        "f\"open {",
        "f\"open {x",
        "f\"{f\"{",
        "#{ open",
        "#cpp{ open }#",
        "f(\"open",
        "xs.map(|x| {\n let y = x",
        "raise",
        "a[",
        "(a\n+",
        "\"ends in \\",
        "f\"ends in \\",
    ] {
        assert_eq!(completeness(text), Completeness::Incomplete, "{text:?}");
    }
}

#[test]
fn invalid_texts() {
    for text in [
        ")",
        "f(1]",
        "a b",
        "1 + )",
        "(@",
        "let + =",
        "a < b < c +",
        "12abc",
        "'a'",
        "x++",
        "(1 2",
        "f\"{a\"",
        "a) (",
        "a b \"open",
        "_123",
        "\"\\q\" +",
    ] {
        assert_eq!(completeness(text), Completeness::Invalid, "{text:?}");
    }
}

/// What the multi-line editor relies on: an incomplete text never becomes invalid by a new line alone.
#[test]
fn a_new_line_keeps_incomplete_texts_incomplete() {
    for text in
        ["f(", "1 +", "let x =", "\"open", "f\"open {x", "if a", "a.", "match v { 1 =>", "try {}", "|a|"]
    {
        assert_eq!(completeness(&format!("{text}\n")), Completeness::Incomplete, "{text:?}");
    }
}

#[test]
fn highlighting() {
    let text = "let x1 = f\"a{b}\" + 0xff # c\n_41OFI3r0S1t03qdB2E.f(_, #{z}#) 12abc @ 'q' \"s\"";
    let mut out = String::new();
    for (span, class) in highlight(text) {
        if class != rps_lang::syntax::TokenClass::Whitespace {
            out.push_str(&format!("{class:?} {}\n", span.text(text)));
        }
    }
    expect![[r#"
        Keyword let
        Name x1
        Operator =
        String f"
        String a
        Interpolation {
        Name b
        Interpolation }
        String "
        Operator +
        Number 0xff
        Comment # c
        Oid _41OFI3r0S1t03qdB2E
        Operator .
        Name f
        Delimiter (
        Oid _
        Delimiter ,
        CodeChunk #{z}#
        Delimiter )
        Error 12abc
        Error @
        Error 'q'
        String "s"
    "#]]
    .assert_eq(&out);
}

/// `native` is a keyword before `fn` only.
#[test]
fn native_is_coloured_before_fn() {
    let text = "native fn f() {}; native\nfn g() {}; native";
    let keywords: Vec<&str> = highlight(text)
        .into_iter()
        .filter(|(_, class)| *class == rps_lang::syntax::TokenClass::Keyword)
        .map(|(span, _)| span.text(text))
        .collect();
    assert_eq!(keywords, ["native", "fn", "fn"]);
}
