//! Transactions as programs see them.

#![forbid(unsafe_code)]

#[allow(dead_code, reason = "each test uses a part")]
mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rps_lang::Session;
use rps_runtime::Mutator;
use rps_runtime::extension::{Durability, DurabilityService, ExtensionError};

/// Runs lines one after the other, and returns what each gives or the code of its error.
fn run(m: &Mutator<'_>, lines: &[&str]) -> Vec<String> {
    let mut session = Session::new(m);
    let show = |line: &&str| match session.eval(m, line) {
        Ok(value) => m.text_of(value),
        Err(error) => error.code().to_owned(),
    };
    lines.iter().map(show).collect()
}

const BEGIN: [&str; 3] =
    ["let shelf = new space {}", "let list = new vector []", "let book = new object { comment: 1 }"];

fn after(lines: &[&str]) -> Vec<String> {
    let runtime = common::runtime();
    runtime.enter(|m| {
        let all: Vec<&str> = BEGIN.iter().copied().chain(lines.iter().copied()).collect();
        run(m, &all).split_off(BEGIN.len())
    })
}

#[test]
fn an_error_takes_everything_back_and_goes_on() {
    let said = after(&[
        "shelf.transaction(|| { list.push(1); book.comment = 2; 7 })",
        "shelf.transaction(|| { list.push(2); book.comment = 3; 1 / 0 })",
        "[list.len(), book.comment]",
        "try { shelf.transaction(|| { list.push(3); raise \"why\" }) } catch e { \"{e}\" }",
        "list.len()",
    ]);
    assert_eq!(said[0], "7");
    assert_eq!(said[1..3], ["run::division-by-zero", "[1, 2]"]);
    assert_eq!(said[4], "1");
}

#[test]
fn an_error_that_is_made_within_is_still_whole_after_the_transaction() {
    let said = after(&[
        "try { shelf.transaction(|| { list.push(3); raise error(\"a::b\", \"why\") }) } catch e { e.message }",
        "try { shelf.transaction(|| 1 / 0) } catch e { e.code }",
        "list.len()",
    ]);
    assert_eq!(said, ["why", "run::division-by-zero", "0"]);
}

#[test]
fn rollback_ends_the_innermost_transaction_only() {
    let said = after(&[
        "shelf.transaction(|| { list.push(1); shelf.transaction(|| { list.push(2); rollback(); 5 }) })",
        "list.to_tuple()",
        "rollback()",
        "try { shelf.transaction(|| { try { rollback() } catch e { list.push(9) } ; 1 }) } catch e { 2 }",
        "list.to_tuple()",
    ]);
    assert_eq!(said, ["nil", "[1]", "transaction::none", "nil", "[1]"]);
}

#[test]
fn who_returns_from_within_keeps_what_was_changed() {
    let said = after(&[
        "fn first(shelf, list) { shelf.transaction(|| { list.push(1); return 5 }) ; 6 }",
        "first(shelf, list)",
        "list.len()",
    ]);
    assert_eq!(said[1..], ["5", "1"]);
}

#[test]
fn variables_keep_what_they_were_given() {
    let said = after(&["let n = 1", "shelf.transaction(|| { n = 2; rollback() })", "n"]);
    assert_eq!(said[1..], ["nil", "2"]);
}

/// Counts commits, and refuses them from the second one on.
struct Counting(Arc<AtomicUsize>);

impl Durability for Counting {
    fn commit(&self, _: &Mutator<'_>) -> Result<(), ExtensionError> {
        match self.0.fetch_add(1, Ordering::Relaxed) {
            0 => Ok(()),
            _ => Err(ExtensionError {
                code: "store::disk-full",
                plugin: String::new(),
                message: "no space".to_owned(),
                hint: None,
            }),
        }
    }
}

#[test]
fn commit_asks_who_holds_the_store_and_raises_what_it_says() {
    let runtime = common::runtime();
    let count = Arc::new(AtomicUsize::new(0));
    runtime.enter(|m| {
        assert_eq!(run(m, &["commit()"]), ["commit::no-store"]);
        runtime.provide(DurabilityService(Arc::new(Counting(Arc::clone(&count)))));
        let said = run(m, &["commit()", "commit()", "try { commit() } catch e { e.code }"]);
        assert_eq!(said, ["nil", "store::disk-full", "store::disk-full"]);
    });
    assert_eq!(count.load(Ordering::Relaxed), 3);
}
