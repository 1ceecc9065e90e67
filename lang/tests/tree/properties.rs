//! What holds for every program: the text of its tree is the program.

use proptest::prelude::*;
use rps_lang::Session;
use rps_lang::syntax::ast::sexpr::to_sexpr;
use rps_lang::syntax::parse;
use rps_runtime::{Mutator, Value};

use crate::{support, with_session};

/// The longest chains of nodes that a text can have, on the stack that a thread has by default.
#[test]
fn the_deepest_texts_have_trees() {
    with_session(|m, session| {
        let around = |open: &str, close: &str, depth: usize| open.repeat(depth) + "a" + &close.repeat(depth);
        for text in [
            around("[", "]", 250),
            around("f(|x| {\n", "\n})", 60),
            around("if a {\n", "\n}", 120),
            around("match a { b => ", " }", 120),
            around("fn f() {", "}", 120),
            around("class c { fn m() {", "} }", 80),
            around("-", "", 250),
            around("a = ", "", 120),
            around("try {", "} catch {}", 100),
            around("", " + (b)", 200),
            around("", ".b(c)", 200),
        ] {
            session.set_variable(m, "written", m.string(&text));
            let same = session.eval(m, "code.parse(code.text(code.parse(written))) == code.parse(written)");
            assert_eq!(same.map_err(|error| error.code().to_owned()), Ok(Value::TRUE), "{text}");
        }
    });
}

/// The tree without what a tree of values does not keep.
fn normal(text: &str) -> String {
    let parsed = parse(text);
    assert!(!parsed.has_errors(), "{text}\n{:?}", parsed.diagnostics);
    let mut words = words(&to_sexpr(&parsed.program, false)).into_iter().peekable();
    let mut out = String::new();
    while words.peek().is_some() {
        node(&mut words, &mut out);
    }
    // `new c`, `new c {}` and `new c []` are the same.
    decimal(&out.replace(" {}", "").replace(" []", ""))
}

/// Writes all integers in base ten.
fn decimal(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('0') {
        let (before, after) = rest.split_at(at);
        let digits = after.get(2..).unwrap_or_default();
        let length = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
        let radix = match after.get(..2) {
            Some("0x") => 16,
            Some("0o") => 8,
            Some("0b") => 2,
            _ => 0,
        };
        out.push_str(before);
        let inside = out.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
        match u128::from_str_radix(&digits[..length], radix.max(2)) {
            Ok(value) if radix > 0 && !inside => {
                out.push_str(&value.to_string());
                rest = &after[2 + length..];
            }
            _ => {
                let zero = !after[1..].starts_with(|c: char| c.is_alphanumeric() || c == '.');
                if zero && out.ends_with('-') {
                    // A pattern: there is no negative integer zero.
                    out.pop();
                }
                out.push('0');
                rest = &after[1..];
            }
        }
    }
    out + rest
}

/// Brackets, white space, strings and words of an S-expression.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => {
                let mut escaped = false;
                let end = rest[1..].find(|c| {
                    let ends = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    ends
                });
                end.map_or(rest.len(), |end| end + 2)
            }
            '(' | ')' => 1,
            _ if first.is_whitespace() => rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len()),
            _ => rest.find(|c: char| c.is_whitespace() || "()\"".contains(c)).unwrap_or(rest.len()),
        };
        words.push(rest[..length].to_owned());
        rest = &rest[length..];
    }
    words
}

fn node(words: &mut std::iter::Peekable<std::vec::IntoIter<String>>, out: &mut String) {
    let Some(first) = words.next() else { return };
    if first != "(" {
        out.push_str(if first.trim().is_empty() { " " } else { &first });
        return;
    }
    let brackets = words.peek().is_some_and(|word| word == "paren");
    if brackets {
        words.next();
        words.next();
    } else {
        out.push('(');
    }
    if words.peek().is_some_and(|word| word == "=>") {
        words.next();
        out.push_str("send");
    }
    while words.peek().is_some_and(|word| word != ")") {
        node(words, out);
    }
    words.next();
    if !brackets {
        out.push(')');
    }
}

/// Checks that the text of a program's tree is the program.
fn round_trips(m: &Mutator<'_>, session: &mut Session, text: &str) -> Result<(), String> {
    session.set_variable(m, "written", m.string(text));
    let again = match session.eval(m, "let again = code.text(code.parse(written))") {
        Ok(again) => again.as_string().expect("a text is a string").as_str().to_owned(),
        // Values nest less deep than texts.
        Err(error) if error.code() == "value::too-deep" => return Ok(()),
        Err(error) => return Err(format!("{error:?}\n{text}")),
    };
    if normal(&again) != normal(text) {
        return Err(format!("another tree:\n{text}\n{again}\n{}\n{}", normal(text), normal(&again)));
    }
    match session.eval(m, "code.parse(again) == code.parse(written)") {
        Ok(same) if same == Value::TRUE => Ok(()),
        other => Err(format!("{other:?}\n{text}\n{again}")),
    }
}

#[test]
fn every_program_of_the_documentation_and_the_tests_is_the_text_of_its_tree() {
    with_session(|m, session| {
        let programs = support::corpus::programs();
        assert!(programs.len() > 200, "only {} programs", programs.len());
        for (origin, text) in programs {
            if let Err(problem) = round_trips(m, session, &text) {
                panic!("{origin}: {problem}");
            }
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_sentence_of_the_grammar_is_the_text_of_its_tree(seed in any::<[u8; 32]>()) {
        let text = support::grammar::random_program(&seed);
        let result = with_session(|m, session| round_trips(m, session, &text));
        prop_assert!(result.is_ok(), "{}", result.unwrap_err());
    }
}
