//! A session with the library, for tests.

use std::io;
use std::sync::{Arc, Mutex};

use rps_lang::{EvalError, Session};
use rps_library::Host;
use rps_runtime::Runtime;

/// Keeps what is printed.
#[derive(Clone, Default)]
pub(crate) struct Recorder(pub(crate) Arc<Mutex<String>>);

impl Host for Recorder {
    fn write(&self, text: &str) -> io::Result<()> {
        self.0.lock().expect("nobody panics with the lock").push_str(text);
        Ok(())
    }
}

/// A runtime with the library.
pub(crate) fn runtime() -> Runtime {
    let runtime = Runtime::new();
    rps_library::install(&runtime, Recorder::default());
    runtime
}

/// What a program gives, printed; an error as its code in angle brackets.
pub(crate) fn eval(text: &str) -> String {
    eval_in(&runtime(), text)
}

/// What a program gives in a runtime.
pub(crate) fn eval_in(runtime: &Runtime, text: &str) -> String {
    runtime.enter(|m| {
        let mut session = Session::new(m);
        match session.eval(m, text) {
            Ok(value) => format!("{value:?}"),
            Err(error) => failure(&error),
        }
    })
}

fn failure(error: &EvalError) -> String {
    if error.code().starts_with("syntax::") || error.code().starts_with("name::") {
        return format!("<{}: {:?}>", error.code(), error.diagnostics());
    }
    format!("<{}>", error.code())
}

/// Checks that each program gives what stands beside it, all in one runtime.
#[track_caller]
pub(crate) fn check(cases: &[(&str, &str)]) {
    let runtime = runtime();
    let mut wrong = String::new();
    for (text, expected) in cases {
        let found = eval_in(&runtime, text);
        if found != *expected {
            wrong.push_str(&format!("{text}\n    gives {found}\n    not   {expected}\n"));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Checks that a program fails with a code and a message.
#[track_caller]
pub(crate) fn check_failure(text: &str, code: &str, message: &str) {
    let runtime = runtime();
    runtime.enter(|m| {
        let mut session = Session::new(m);
        let error = session.eval(m, text).expect_err("the program fails");
        let diagnostics = error.diagnostics();
        assert_eq!((&*diagnostics[0].code, &*diagnostics[0].message), (code, message), "{text}");
    });
}
