//! Native functions. All of this is evaluated; that machine code gives the same is tested with the compiled tier.
//!
//! Read in this order: [`values`] (what they give), [`refused`] (what is wrong with bad ones), [`life`] (definitions that change,
//! trees, interrupts and collections).

#![forbid(unsafe_code)]

mod life;
mod refused;
mod values;

use rps_lang::{EvalError, Session};
use rps_runtime::{Mutator, Runtime, known};

/// Evaluates a text, and returns its value as a text, or what is wrong with it.
fn eval(m: &Mutator<'_>, session: &mut Session, text: &str) -> String {
    match session.eval(m, text) {
        Ok(value) => format!("{value:?}"),
        Err(error) => describe(text, &error),
    }
}

fn describe(text: &str, error: &EvalError) -> String {
    let lines: Vec<String> = error
        .diagnostics()
        .iter()
        .map(|one| {
            let hint = one.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
            format!("{}: {} at `{}`{hint}", one.code, one.message, one.primary.span.text(text))
        })
        .collect();
    lines.join("; ")
}

/// Runs something with a session that keeps what it defines.
fn with_session(f: impl FnOnce(&Mutator<'_>, &mut Session)) {
    Runtime::new().enter(|m| {
        let mut session = Session::new(m);
        let space = m.new_object(m.class(known::SPACE));
        space.set_space(m, Some(space));
        session.set_space(Some(space));
        f(m, &mut session);
    });
}

/// Checks what calls give after definitions, each in the same session.
fn check(definitions: &str, calls: &[(&str, &str)]) {
    with_session(|m, session| {
        if let Err(error) = session.eval(m, definitions) {
            panic!("{}", describe(definitions, &error));
        }
        for (call, expected) in calls {
            let given = eval(m, session, call);
            assert!(
                given == *expected || given.starts_with(&format!("{expected}: ")),
                "{call}: {given}, not {expected}"
            );
        }
    });
}
