//! The grammar of `docs/grammar.md`, and sentences made of it at random.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};

/// Examples of the tokens that the grammar names in capitals.
pub(crate) const TOKENS: &[(&str, &[&str])] = &[
    ("NAME", &["a", "été", "x1", "`let`", "b$2"]),
    ("OID", &["_41OFI3r0S1t03qdB2E", "_0TvVIbOU16z028VWvv"]),
    ("INTEGER", &["0", "42", "1_000", "0xff", "0b1"]),
    ("DOUBLE", &["3.0", "1e9", "1.5e-3"]),
    ("STRING", &["\"\"", "\"a\\n\"", "r\"\\\"", "r#\"\"\"#"]),
    ("TEXT", &["text", "\\{", "\\u{41}"]),
    ("CODE_CHUNK", &["#{ $x }#", "#c{}c#"]),
    ("NEWLINE", &["\n"]),
    ("KEYWORD", &["class", "if", "nil", "let", "in"]),
];

/// A part of a rule of the grammar.
#[derive(Debug)]
pub(crate) enum Rule {
    Terminal(String),
    Named(String),
    Sequence(Vec<Rule>),
    Choice(Vec<Rule>),
    Optional(Box<Rule>),
    Repeated(Box<Rule>),
}

/// Returns the document.
pub(crate) fn document() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/grammar.md");
    std::fs::read_to_string(path).expect("docs/grammar.md is there")
}

/// What stands before the text of a block in another language than the one looked for.
const OTHER: &str = "\0";

/// The fenced blocks of one language.
pub(crate) fn blocks(document: &str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<String> = None;
    for line in document.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(found)) => {
                open = Some(if found == language { "" } else { OTHER }.to_owned());
            }
            (Some(_), Some(_)) => blocks.extend(open.take().filter(|block| !block.starts_with(OTHER))),
            (Some(block), None) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

/// The rules of the grammar proper: all but the tokens, which are made of characters.
pub(crate) fn grammar() -> BTreeMap<String, Rule> {
    let mut rules = BTreeMap::new();
    for block in blocks(&document(), "ebnf").iter().skip(1) {
        let words = words(block);
        let mut rest = &words[..];
        while let [name, equals, tail @ ..] = rest {
            assert_eq!(equals, "=", "after {name}");
            let (rule, tail) = choice(tail);
            assert_eq!(tail.first().map(String::as_str), Some(";"), "after the rule {name}");
            assert!(rules.insert(name.clone(), rule).is_none(), "{name} is defined twice");
            rest = &tail[1..];
        }
    }
    rules
}

fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' | '\'' => 2 + rest[1..].find(first).expect("a quote is closed"),
            _ if first.is_alphabetic() => {
                rest.find(|c: char| !c.is_alphabetic() && c != '_').unwrap_or(rest.len())
            }
            _ => 1,
        };
        words.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    words
}

fn choice(words: &[String]) -> (Rule, &[String]) {
    let mut choices = Vec::new();
    let mut rest = words;
    loop {
        let (rule, tail) = sequence(rest);
        choices.push(rule);
        match tail {
            [bar, tail @ ..] if bar == "|" => rest = tail,
            _ => return (Rule::Choice(choices), tail),
        }
    }
}

fn sequence(words: &[String]) -> (Rule, &[String]) {
    let mut parts = Vec::new();
    let mut rest = words;
    while let [word, tail @ ..] = rest {
        let group = |closing: &str| {
            let (rule, after) = choice(tail);
            assert_eq!(after.first().map(String::as_str), Some(closing));
            (rule, &after[1..])
        };
        let (part, after) = match word.as_str() {
            "(" => group(")"),
            "[" => {
                let (rule, after) = group("]");
                (Rule::Optional(Box::new(rule)), after)
            }
            "{" => {
                let (rule, after) = group("}");
                (Rule::Repeated(Box::new(rule)), after)
            }
            "|" | ";" | ")" | "]" | "}" => break,
            _ if word.starts_with(['"', '\'']) => (Rule::Terminal(word[1..word.len() - 1].to_owned()), tail),
            _ => (Rule::Named(word.clone()), tail),
        };
        parts.push(part);
        rest = after;
    }
    (Rule::Sequence(parts), rest)
}

/// Returns a program, made of the grammar at random: the same one for the same seed.
pub(crate) fn random_program(seed: &[u8; 32]) -> String {
    static RULES: LazyLock<BTreeMap<String, Rule>> = LazyLock::new(grammar);
    static COSTS: LazyLock<BTreeMap<&str, u32>> = LazyLock::new(|| costs(&RULES));
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, seed);
    let mut sentence = Sentence { rules: &RULES, costs: &COSTS, random, words: Vec::new() };
    sentence.say(&Rule::Named("program".to_owned()), 0);
    sentence.words.join(" ")
}

/// A sentence of the grammar, made at random. Deep within, the shortest way out is taken.
struct Sentence<'grammar> {
    rules: &'grammar BTreeMap<String, Rule>,
    costs: &'grammar BTreeMap<&'grammar str, u32>,
    random: TestRng,
    words: Vec<String>,
}

impl Sentence<'_> {
    fn say(&mut self, rule: &Rule, depth: u32) {
        match rule {
            Rule::Terminal(text) => self.words.push(text.clone()),
            Rule::Named(name) => self.say_named(name, depth),
            Rule::Sequence(parts) => parts.iter().for_each(|part| self.say(part, depth)),
            Rule::Choice(choices) => {
                let choice = if depth > 12 { self.shortest(choices) } else { self.up_to(choices.len()) };
                self.say(&choices[choice], depth);
            }
            Rule::Optional(inner) => {
                if depth <= 12 && self.up_to(2) == 0 {
                    self.say(inner, depth);
                }
            }
            Rule::Repeated(inner) => {
                let times = if depth > 12 { 0 } else { self.up_to(3).min(self.up_to(3)) };
                (0..times).for_each(|_| self.say(inner, depth));
            }
        }
    }

    fn say_named(&mut self, name: &str, depth: u32) {
        if let Some((_, examples)) = TOKENS.iter().find(|(token, _)| *token == name) {
            let example = self.up_to(examples.len());
            return self.words.push(examples[example].to_owned());
        }
        // The document says in words what these two may not be; in parentheses they may be anything.
        let wrapped = matches!(name, "unbraced" | "condition");
        if wrapped {
            self.words.push("(".to_owned());
        }
        let rules = self.rules;
        // Only what can hold itself counts as depth, so that a level of the grammar is not one.
        let deeper = u32::from(matches!(name, "expression" | "statement" | "pattern" | "primary")) * 3;
        self.say(&rules[name], depth + deeper);
        if wrapped {
            self.words.push(")".to_owned());
        }
    }

    /// The choice that ends soonest.
    fn shortest(&self, choices: &[Rule]) -> usize {
        let cost = |choice: &usize| cost(&choices[*choice], self.costs);
        (0..choices.len()).min_by_key(cost).unwrap_or_default()
    }

    fn up_to(&mut self, limit: usize) -> usize {
        (self.random.next_u32() as usize) % limit
    }
}

/// How many words each rule takes at least.
fn costs(rules: &BTreeMap<String, Rule>) -> BTreeMap<&str, u32> {
    let mut costs: BTreeMap<&str, u32> = rules.keys().map(|name| (name.as_str(), ENDLESS)).collect();
    loop {
        let better: Vec<(&str, u32)> = rules
            .iter()
            .map(|(name, rule)| (name.as_str(), cost(rule, &costs)))
            .filter(|(name, cost)| *cost < costs[name])
            .collect();
        if better.is_empty() {
            return costs;
        }
        costs.extend(better);
    }
}

const ENDLESS: u32 = 1000;

fn cost(rule: &Rule, costs: &BTreeMap<&str, u32>) -> u32 {
    match rule {
        Rule::Terminal(_) => 1,
        Rule::Named(name) => costs.get(name.as_str()).copied().unwrap_or(1),
        Rule::Sequence(parts) => parts.iter().fold(0, |sum, part| (sum + cost(part, costs)).min(ENDLESS)),
        Rule::Choice(choices) => choices.iter().map(|choice| cost(choice, costs)).min().unwrap_or(ENDLESS),
        Rule::Optional(_) | Rule::Repeated(_) => 0,
    }
}
