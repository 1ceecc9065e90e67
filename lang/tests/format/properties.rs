//! What holds for every program: see `support/invariants.rs`.

use proptest::prelude::*;
use rps_lang::syntax::{TokenKind, lex};

use crate::support::corpus::programs;
use crate::support::grammar::random_program;
use crate::support::invariants::examine;

#[test]
fn every_program_of_the_documentation_and_the_tests() {
    let programs = programs();
    for (name, least) in [("docs", 10), ("tests", 100)] {
        let count = programs.iter().filter(|(origin, _)| origin.contains(name)).count();
        assert!(count >= least, "only {count} programs in {name}");
    }
    for (origin, text) in programs {
        assert!(examine(&text), "{origin}: {text}");
    }
}

#[test]
fn every_program_with_a_comment_at_the_end_of_each_line() {
    for (origin, text) in programs() {
        let commented = with_comments(&text, |_| true);
        assert!(examine(&commented), "{origin}: {commented}");
    }
}

/// Puts a comment at the end of each line that is chosen, and one on a line of its own after every other one.
fn with_comments(text: &str, mut chosen: impl FnMut(usize) -> bool) -> String {
    let mut out = String::new();
    let mut within = 0;
    for (index, token) in lex(text).tokens.into_iter().enumerate() {
        within += i32::from(token.kind == TokenKind::FormatStart);
        if token.kind == TokenKind::Newline && within == 0 && chosen(index) {
            out.push_str(if index % 2 == 0 { " # end\n    # own" } else { " # end" });
        }
        out.push_str(token.span.text(text));
        within -= i32::from(token.kind == TokenKind::FormatEnd);
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_sentence_of_the_grammar(seed in any::<[u8; 32]>(), comments in any::<u64>()) {
        let text = random_program(&seed);
        prop_assert!(examine(&text), "{}", text);
        let commented = with_comments(&text, |index| comments.rotate_left(index as u32) & 1 == 1);
        prop_assert!(examine(&commented), "{}", commented);
    }
}
