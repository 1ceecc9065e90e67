//! Reads and formats texts that chance makes, for as long as it is told to:
//! `cargo run --release -p rps-lang --example fuzz_syntax -- SECONDS [SEED]`.
//!
//! The texts are bytes, rows of tokens, sentences of the grammar, and the programs of the documentation and the tests with
//! tokens gone, doubled, exchanged and in other places, with comments and line endings put between. Of each of them
//! everything must hold that `tests/support/invariants.rs` says. A text that fails is made smaller and shown.

#![forbid(unsafe_code)]

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rps_lang::syntax::lex;

#[path = "../tests/support/mod.rs"]
mod support;

use support::corpus::programs;
use support::grammar::random_program;
use support::invariants::examine;

/// Pieces of text that mean something to the lexer or the parser, beside the tokens of the programs.
const PIECES: &[&str] = &[
    "\n",
    "\n\n",
    " # c\n",
    "\n# own\n",
    "\n\n# own\n\n",
    "\r\n",
    "\r",
    ";",
    ",",
    ".",
    "..",
    "=>",
    "=",
    "==",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "|",
    "||",
    "&&",
    "!",
    "-",
    "not ",
    "f\"",
    "f\"{",
    "}\"",
    "\"",
    "'",
    "\\",
    "#{",
    "}#",
    "#a{",
    "r#\"",
    "`",
    "_",
    "\u{feff}",
    "\0",
    "é",
    "e\u{301}",
    "0x",
    "1.",
    "1e",
    " ",
    "\t",
    "if ",
    "else ",
    "elif ",
    "; elif(a)",
    "then ",
    "var ",
    "function ",
    "catch ",
    "class ",
    "fn ",
    "match ",
    "new ",
    "let ",
    "in ",
    "return ",
    "break ",
    "super",
    "a",
    ":",
    "+ ",
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let (Some(Ok(seconds)), Ok(seed)) = (arguments.next(), arguments.next().unwrap_or(Ok(now()))) else {
        eprintln!("usage: fuzz_syntax SECONDS [SEED]");
        return ExitCode::from(2);
    };
    println!("seed {seed}");
    let mut fuzzer =
        Fuzzer { random: Random(seed), programs: programs().into_iter().map(|(_, text)| text).collect() };
    let quiet = take_hook();
    set_hook(Box::new(|_| {}));
    let begin = Instant::now();
    let (mut texts, mut whole, mut bytes) = (0_u64, 0_u64, 0_u64);
    while begin.elapsed() < Duration::from_secs(seconds) {
        let text = fuzzer.text();
        texts += 1;
        bytes += text.len() as u64;
        match holds(&text) {
            Ok(program) => whole += u64::from(program),
            Err(_) => {
                let small = smaller(text);
                set_hook(quiet);
                println!("after {texts} texts this fails: {small:?}\n{small}");
                println!("{}", holds(&small).expect_err("it has failed before"));
                return ExitCode::FAILURE;
            }
        }
    }
    let per_second = texts / seconds.max(1);
    println!(
        "{texts} texts, {bytes} bytes, {whole} of them programs; {per_second} texts a second; nothing found"
    );
    ExitCode::SUCCESS
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_secs())
}

/// Whether the text is a program, or what does not hold of it.
fn holds(text: &str) -> Result<bool, String> {
    catch_unwind(AssertUnwindSafe(|| examine(text))).map_err(|panic| {
        let message = panic.downcast_ref::<String>().cloned();
        message.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
    })
}

/// A text that fails as well and from which nothing can be left out.
fn smaller(mut text: String) -> String {
    let mut length = text.len() / 2;
    while length > 0 {
        let mut at = 0;
        while at < text.len() {
            let (from, to) = (boundary(&text, at), boundary(&text, at + length));
            let mut shorter = text.clone();
            shorter.replace_range(from..to.max(from), "");
            if shorter.len() < text.len() && holds(&shorter).is_err() {
                text = shorter;
            } else {
                at += length;
            }
        }
        length /= 2;
    }
    text
}

/// The last place before or at `at` where a character begins or the text ends.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or_default()
}

struct Fuzzer {
    random: Random,
    programs: Vec<String>,
}

impl Fuzzer {
    fn text(&mut self) -> String {
        match self.random.below(20) {
            0 => self.bytes(),
            1..=3 => self.tokens(),
            4..=6 => {
                let mut seed = [0; 32];
                seed[..8].copy_from_slice(&self.random.next().to_le_bytes());
                let sentence = random_program(&seed);
                self.with_gaps(&sentence, 4)
            }
            7..=12 => {
                let program = self.program();
                self.with_gaps(&program, 3)
            }
            13..=14 => {
                let program = self.narrow_program();
                self.with_gaps(&program, 8)
            }
            _ => {
                let program = self.program();
                let times = 1 + self.random.below(4);
                (0..times).fold(program, |text, _| self.damaged(&text))
            }
        }
    }

    fn bytes(&mut self) -> String {
        let length = self.random.below(200);
        let bytes: Vec<u8> = (0..length).map(|_| self.random.next().to_le_bytes()[0]).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn tokens(&mut self) -> String {
        let length = self.random.below(40);
        (0..length).map(|_| self.piece() + if self.random.below(3) == 0 { "" } else { " " }).collect()
    }

    fn program(&mut self) -> String {
        let index = self.random.below(self.programs.len());
        self.programs[index].clone()
    }

    /// A program with long names, so that lines are broken for their length.
    fn narrow_program(&mut self) -> String {
        let program = self.program();
        let mut text = String::new();
        for token in lex(&program).tokens {
            text.push_str(token.span.text(&program));
            if matches!(token.kind, rps_lang::syntax::TokenKind::Name) && self.random.below(2) == 0 {
                let length = 1 + self.random.below(30);
                text.extend(std::iter::repeat_n('x', length));
            }
        }
        text
    }

    /// A piece of text: one of those above, or a token of a program.
    fn piece(&mut self) -> String {
        if self.random.below(2) == 0 {
            return PIECES[self.random.below(PIECES.len())].to_owned();
        }
        let program = self.program();
        let tokens = lex(&program).tokens;
        let token = tokens[self.random.below(tokens.len())];
        token.span.text(&program).to_owned()
    }

    /// A text with comments, line endings and spaces between some of its tokens; one of `rarity`.
    fn with_gaps(&mut self, text: &str, rarity: usize) -> String {
        const GAPS: &[&str] = &[
            "\n",
            " ",
            "\n\n\n",
            " # c\n",
            "\n# own\n",
            "\n\n# own\n# two\n\n",
            "#!\n\n",
            "\r\n",
            " # x\n# y\n",
        ];
        let mut out = String::new();
        for token in lex(text).tokens {
            if self.random.below(rarity) == 0 && self.random.below(3) == 0 {
                out.push_str(GAPS[self.random.below(GAPS.len())]);
            }
            let line_ends = token.span.text(text) == "\n";
            if line_ends && self.random.below(rarity) == 0 {
                out.push_str(" # at the end");
            }
            out.push_str(token.span.text(text));
        }
        out
    }

    /// A text with one thing changed.
    fn damaged(&mut self, text: &str) -> String {
        let tokens = lex(text).tokens;
        if tokens.is_empty() {
            return self.piece();
        }
        let one = tokens[self.random.below(tokens.len())].span.range();
        let other = tokens[self.random.below(tokens.len())].span.range();
        let mut out = text.to_owned();
        match self.random.below(6) {
            0 => out.replace_range(one, ""),
            1 => out.insert_str(one.start, &text[one.clone()]),
            2 => out.replace_range(one, &text[other]),
            3 => out.replace_range(one, &self.piece()),
            4 => out.insert_str(one.start, &self.piece()),
            _ => {
                let program = self.program();
                let cut = boundary(&program, self.random.below(program.len() + 1));
                out.replace_range(one.start.., &program[cut..]);
            }
        }
        out
    }
}

/// The generator of Sebastiano Vigna's "splitmix64".
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}
