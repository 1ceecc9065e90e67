//! Transactions, and what makes changes durable.

use rps_runtime::extension::DurabilityService;
use rps_runtime::{Mutator, Oid, RuntimeError, Value, known};

use crate::argument::{failed, failed_with_hint};
use crate::topic::{Entry, Topic};

pub(crate) const TOPIC: Topic = Topic {
    title: "Transactions",
    about: "A transaction is all or nothing: if its block fails, everything that it changed is as it was before, \
        collections too; variables keep what they were given. One thread at a time is in a transaction. What is \
        committed is found again after a crash; `docs/durability.md` says what is promised, and when.",
    methods: &[(&[known::SPACE], &[TRANSACTION])],
    functions: &[(Oid::known("_3tRnsCtB8kX02wPz7H"), ROLLBACK), (Oid::known("_4cMmtQv5LsY01bNd9K"), COMMIT)],
    ..Topic::EMPTY
};

const TRANSACTION: Entry = (
    "transaction(f)",
    |m, _, arguments| transaction(m, arguments[0]),
    r#"Calls a function as a transaction, and gives what it gives; nil after `rollback()`. An error goes on, and what the
transaction has changed is as it was. Within another transaction it can go back on its own.
let shelf = new space {}
let list = new vector []
shelf.transaction(|| list.push(1))
shelf.transaction(|| { list.push(2); rollback() }) # → nil
list.len() # → 1"#,
);

const ROLLBACK: Entry = (
    "rollback()",
    |m, _, _| match m.is_in_transaction() {
        true => Err(RuntimeError::RollingBack),
        false => Err(failed_with_hint(
            "transaction::none",
            "no transaction is under way",
            "`rollback()` is called by what a transaction calls",
        )),
    },
    "Ends the innermost transaction, which gives nil; everything that it changed is as it was before.
(new space {}).transaction(|| { rollback(); 1 }) # → nil",
);

const COMMIT: Entry = (
    "commit()",
    |m, _, _| commit(m).map(|()| Value::NIL),
    "Makes all changes of objects in spaces durable, those of all threads; gives nil. Not within a transaction. Fails with a \
     code that begins with `commit::`, `journal::` or `store::`; nothing is lost then but that nothing is durable yet.",
);

fn transaction(m: &Mutator<'_>, function: Value) -> Result<Value, RuntimeError> {
    if m.is_beginning_view() {
        let message = "a dump that is beginning waits for all transactions";
        return Err(failed_with_hint(
            "transaction::within-dump",
            message,
            "change objects before or after the dump",
        ));
    }
    let done = m.transaction(|| match m.apply(function, Value::NIL, &[]) {
        // Whoever returns from the function around has come to an end, and has not failed.
        Err(returning @ RuntimeError::Returning { .. }) => Ok(Err(returning)),
        other => other.map(Ok),
    });
    match done {
        Ok(result) => result,
        Err(RuntimeError::RollingBack) => Ok(Value::NIL),
        Err(error) => Err(error),
    }
}

fn commit(m: &Mutator<'_>) -> Result<(), RuntimeError> {
    let Some(service) = m.runtime().service::<DurabilityService>() else {
        let hint = "start the program with a store";
        return Err(failed_with_hint("commit::no-store", "there is no store to commit to", hint));
    };
    service.0.commit(m).map_err(|error| match error.hint {
        Some(hint) => failed_with_hint(error.code, error.message, hint),
        None => failed(error.code, error.message),
    })
}
