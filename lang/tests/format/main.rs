//! Tests of `rps_lang::format`: what programs look like, and what holds for all of them.
//!
//! Expected output stands in the source; `UPDATE_EXPECT=1 cargo test -p rps-lang --test format` writes it anew.

mod comments;
mod layout;
mod properties;
#[path = "../support/mod.rs"]
mod support;
mod width;

use expect_test::Expect;
use rps_lang::format::format;

/// Checks how a program is formatted, and all that must hold besides.
fn check(text: &str, expected: Expect) {
    assert!(support::invariants::examine(text), "no program: {text}");
    expected.assert_eq(&format(text).expect("a program is formatted"));
}

#[test]
fn a_text_that_is_no_program_is_refused_with_its_diagnostics() {
    let diagnostics = format("f(1\nlet = 2").expect_err("there are two mistakes");
    let codes: Vec<&str> = diagnostics.iter().map(|diagnostic| &*diagnostic.code).collect();
    assert_eq!(codes, ["syntax::unclosed-paren", "syntax::expected-pattern"]);
}

#[test]
fn nothing_stays_nothing() {
    for text in ["", "\n", "  \n\t\n", ";", "\u{feff}", "\r\n\r\n"] {
        assert_eq!(format(text).as_deref(), Ok(""), "{text:?}");
    }
}

/// As deep as the parser allows, on the stack that a thread has by default.
#[test]
fn the_deepest_programs_are_formatted() {
    let around = |open: &str, close: &str, depth: usize| open.repeat(depth) + "a" + &close.repeat(depth);
    for (open, close, depth) in [
        ("(", ")", 250),
        ("[", "]", 250),
        ("f(|x| {\n", "\n})", 60),
        ("if a {\n", "\n}", 120),
        ("if a {} else ", "", 0),
        ("match a { b => ", " }", 120),
        ("fn f() {", "}", 120),
        ("class c { fn m() {", "} }", 80),
        ("-", "", 250),
        ("not ", "", 120),
        ("a = ", "", 120),
        ("f(1, # c\n", ")", 120),
        ("", " + (b)", 200),
        ("", ".b(c)", 200),
    ] {
        assert!(support::invariants::examine(&around(open, close, depth)), "{open}");
    }
}

/// A long program takes no longer for each of its lines than a short one.
#[test]
fn long_programs_are_formatted_in_linear_time() {
    for piece in
        ["a + 1 # c\n", "f(|x| {\n x })\n", "x = [\n1, {2}]; ", "# c\n\n\n", "match a { b => c, d => e }\n"]
    {
        let lines = format(&piece.repeat(20_000)).expect("a program is formatted").lines().count();
        assert!(lines >= 20_000, "{piece}");
    }
    let list = format!("[{}]", "[1, {2}], ".repeat(20_000));
    assert_eq!(format(&list).expect("a program is formatted").lines().count(), 20_002);
}

/// `docs/formatting.md` shows what happens: its programs are formatted, and what stands on the left of an arrow becomes
/// what stands on the right.
#[test]
fn the_examples_of_the_document_are_true() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/formatting.md");
    let document = std::fs::read_to_string(path).expect("docs/formatting.md is there");
    let programs = support::grammar::blocks(&document, "rps");
    assert!(programs.len() >= 5, "only {} programs", programs.len());
    for program in programs {
        assert_eq!(format(&program).as_deref(), Ok(&*program));
    }
    let comparisons = support::grammar::blocks(&document, "text");
    assert!(comparisons.len() >= 4, "only {} comparisons", comparisons.len());
    for comparison in comparisons {
        let arrow = comparison.lines().find_map(|line| Some(line.split_once('→')?.0.chars().count()));
        let arrow = arrow.expect("an arrow stands between both sides");
        let column = |skip: usize, take: usize| {
            let lines = comparison.lines().map(|line| line.chars().skip(skip).take(take).collect::<String>());
            lines.map(|line| line.trim_end().to_owned() + "\n").collect::<String>()
        };
        // Empty lines stand for nothing but the height of the other side.
        let dense = |text: &str| text.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
        let formatted = format(&column(0, arrow)).expect("a program stands on the left");
        assert_eq!(dense(&formatted), dense(&column(arrow + 5, usize::MAX)), "{comparison}");
    }
}
