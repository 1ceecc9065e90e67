//! What editors know of the language, in `docs/editors`, is what the lexer knows.

#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::fs;

use rps_lang::syntax::{Keyword, TokenKind, lex};
use rps_tests::{markdown, workspace};
use serde_json::Value;

fn read(name: &str) -> Value {
    let path = workspace::root().join("docs/editors").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn grammar() -> Value {
    read("repersys.tmLanguage.json")
}

#[test]
fn editors_colour_the_keywords_of_the_lexer() {
    let lexer: BTreeSet<String> = Keyword::ALL.iter().map(|keyword| keyword.as_str().to_owned()).collect();
    let mut words = Vec::new();
    let grammar = grammar();
    for pattern in list(&grammar["repository"]["keyword"]["patterns"]) {
        let regex = string(&pattern["match"]);
        let row = regex.strip_prefix(r"\b(?:").and_then(|rest| rest.split_once(')'));
        let (row, _) = row.unwrap_or_else(|| panic!("{regex} is no row of words"));
        words.extend(row.split('|').map(str::to_owned));
    }
    let set: BTreeSet<String> = words.iter().cloned().collect();
    assert_eq!(set.len(), words.len(), "a keyword has two colours: {words:?}");
    assert_eq!(set, lexer);
    assert_eq!(documented_keywords(), lexer);
}

/// The keywords that `docs/grammar.md` lists.
fn documented_keywords() -> BTreeSet<String> {
    let document = workspace::files(&["md"]).into_iter().find(|file| file.path == "docs/grammar.md");
    let document = document.expect("docs/grammar.md is there");
    let blocks = markdown::blocks(&document.path, &document.text).expect("its blocks are closed");
    let rule = blocks.iter().find_map(|block| block.text.strip_prefix("KEYWORD")).expect("it has the rule");
    rule.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Everything that is included is there, and everything that is there is included.
#[test]
fn editors_find_all_parts_of_the_grammar() {
    let grammar = grammar();
    assert_eq!(grammar["scopeName"], "source.repersys");
    assert_eq!(grammar["fileTypes"], serde_json::json!(["rps"]));
    let repository = grammar["repository"].as_object().expect("the repository is an object");
    let mut included = BTreeSet::new();
    visit(&grammar, &mut |object| {
        included.extend(object.get("include").map(|name| string(name).trim_start_matches('#').to_owned()));
    });
    let there: BTreeSet<String> = repository.keys().cloned().collect();
    assert_eq!(included, there);
}

#[test]
fn editors_are_given_rules_that_are_well_formed() {
    visit(&grammar(), &mut |object| {
        let has = |key: &str| object.contains_key(key);
        let rule = has("match") || has("begin") || has("end");
        assert!(!rule || has("match") != (has("begin") && has("end")), "half a rule: {object:?}");
        for (key, value) in object {
            match key.as_str() {
                "name" | "contentName" if object.contains_key("scopeName") => {}
                "name" | "contentName" => {
                    assert!(string(value).ends_with(".repersys"), "{value} does not say which language");
                }
                "match" | "begin" | "end" => check_regex(string(value)),
                _ => {}
            }
        }
    });
    for key in ["increaseIndentPattern", "decreaseIndentPattern"] {
        check_regex(string(&read("language-configuration.json")["indentationRules"][key]));
    }
}

#[test]
fn editors_know_the_comments_and_brackets_of_the_lexer() {
    let configuration = read("language-configuration.json");
    let comment = string(&configuration["comments"]["lineComment"]);
    assert_eq!(lex(&format!("{comment} words")).tokens[0].kind, TokenKind::Comment);
    let brackets: Vec<_> = list(&configuration["brackets"]).iter().map(|pair| &pair[0]).map(string).collect();
    let opening = ["{", "[", "("];
    assert_eq!(brackets, opening);
    for (open, close) in opening.iter().zip(["}", "]", ")"]) {
        assert!(lex(&format!("{open}{close}")).diagnostics.is_empty());
        let pairs = list(&configuration["autoClosingPairs"]);
        assert!(pairs.iter().any(|pair| pair["open"] == *open && pair["close"] == close), "{open}");
    }
}

/// Groups and classes of a regular expression are closed, and no alternative is empty: it would match anywhere.
fn check_regex(regex: &str) {
    let mut groups = 0_i32;
    let mut class = false;
    let mut empty = true;
    let mut characters = regex.chars();
    while let Some(character) = characters.next() {
        let was_empty = std::mem::replace(&mut empty, !class && matches!(character, '(' | '|'));
        match character {
            '\\' => assert!(characters.next().is_some(), "{regex} ends in a backslash"),
            '[' if !class => class = true,
            ']' if class => class = false,
            '(' if !class => groups += 1,
            ')' if !class => groups -= 1,
            _ => {}
        }
        assert!(groups >= 0, "{regex} closes a group that is not open");
        assert!(class || !was_empty || !matches!(character, '|' | ')'), "{regex} has an empty alternative");
    }
    assert!(groups == 0 && !class, "{regex} leaves a group or a class open");
    assert!(!empty, "{regex} has an empty alternative");
}

fn visit(value: &Value, seen: &mut dyn FnMut(&serde_json::Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            seen(object);
            object.values().for_each(|value| visit(value, seen));
        }
        Value::Array(values) => values.iter().for_each(|value| visit(value, seen)),
        _ => {}
    }
}

fn string(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no string"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list"))
}
