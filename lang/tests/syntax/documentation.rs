//! `docs/grammar.md` says what the parser does: its examples parse, its grammar is whole, and every sentence of
//! the grammar is accepted.

use std::collections::BTreeSet;

use proptest::prelude::*;
use rps_lang::syntax::{Keyword, MAX_DEPTH, SourceText, TokenKind, lex, parse};

use crate::support::grammar::{Rule, TOKENS, blocks, document, grammar, random_program};

fn visit<'rule>(rule: &'rule Rule, seen: &mut dyn FnMut(&'rule Rule)) {
    seen(rule);
    match rule {
        Rule::Terminal(_) | Rule::Named(_) => {}
        Rule::Sequence(parts) | Rule::Choice(parts) => parts.iter().for_each(|part| visit(part, seen)),
        Rule::Optional(inner) | Rule::Repeated(inner) => visit(inner, seen),
    }
}

#[test]
fn examples_parse() {
    let examples = blocks(&document(), "rps");
    assert!(examples.len() >= 6, "only {} examples", examples.len());
    for example in examples {
        let parsed = parse(&example);
        let source = SourceText::new("grammar.md", example.as_str());
        let rendered: String =
            parsed.diagnostics.iter().map(|diagnostic| diagnostic.render(&source)).collect();
        assert!(parsed.diagnostics.is_empty(), "{example}\n{rendered}");
    }
}

#[test]
fn the_grammar_is_whole() {
    let rules = grammar();
    let mut used = BTreeSet::from(["program"]);
    let mut terminals = BTreeSet::new();
    for rule in rules.values() {
        visit(rule, &mut |part| match part {
            Rule::Named(name) => _ = used.insert(name),
            Rule::Terminal(text) => _ = terminals.insert(text.as_str()),
            _ => {}
        });
    }
    for name in &used {
        let token = TOKENS.iter().any(|(token, _)| token == name);
        assert!(rules.contains_key(*name) || token, "{name} is not defined");
    }
    for name in rules.keys() {
        assert!(used.contains(name.as_str()), "{name} is not used");
    }
    for keyword in Keyword::ALL {
        assert!(terminals.contains(keyword.as_str()), "{keyword:?} is not in the grammar");
    }
    for text in terminals {
        let known = lex(text).tokens.iter().all(|token| !token.kind.is_error());
        assert!(known, "{text} is no token");
    }
    assert!(document().contains(&format!("{MAX_DEPTH} levels")), "the limit has changed");
}

#[test]
fn the_examples_of_tokens_are_tokens() {
    for (name, examples) in TOKENS.iter().filter(|(name, _)| *name != "TEXT") {
        for example in *examples {
            let lexed = lex(example);
            assert!(lexed.diagnostics.is_empty() && lexed.tokens.len() == 1, "{name}: {example}");
            assert!(!matches!(lexed.tokens[0].kind, TokenKind::Unknown), "{name}: {example}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_sentence_of_the_grammar_is_accepted(seed in any::<[u8; 32]>()) {
        let text = random_program(&seed);
        let parsed = parse(&text);
        let source = SourceText::new("sentence", text.as_str());
        let rendered: String = parsed.diagnostics.iter().map(|diagnostic| diagnostic.render(&source)).collect();
        prop_assert!(parsed.diagnostics.is_empty(), "{}\n{}", text, rendered);
    }
}
