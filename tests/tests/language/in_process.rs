//! Running programs in this process, on a new runtime with the spaces that the command carries within itself.

use std::io;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rps_lang::syntax::SourceText;
use rps_lang::{EvalError, Session};
use rps_runtime::object::ObjectRef;
use rps_runtime::value::View;
use rps_runtime::{Mutator, Oid, Runtime, Value};
use rps_tests::golden::{Failure, Outcome, without_new_oids};

/// The spaces of the command.
const SPACES: &[(&str, &[u8])] = &[
    ("manifest.json", include_bytes!("../../../spaces/manifest.json")),
    ("core.json", include_bytes!("../../../spaces/core.json")),
    ("user.json", include_bytes!("../../../spaces/user.json")),
];
/// Where a session keeps what is new.
const USER_SPACE: Oid = Oid::known("_9Ib7KNsLJeqA6rWFiZ");
/// After this time a program is stopped: it would never end.
const PATIENCE: Duration = Duration::from_secs(20);

/// Keeps what a program writes.
#[derive(Clone, Default)]
struct Output(Arc<Mutex<String>>);

impl rps_library::Host for Output {
    fn write(&self, text: &str) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
        Ok(())
    }
}

/// Returns what a program gives: its parts are evaluated one after the other, in one session.
pub(crate) fn run(parts: &[String]) -> Outcome {
    run_on(parts, |_| {}).0
}

/// Returns what a program gives on a runtime that `prepare` has prepared, and the trace of its error.
pub(crate) fn run_on(parts: &[String], prepare: impl FnOnce(&Runtime)) -> (Outcome, Vec<String>) {
    let runtime = rps_persist::load_embedded(SPACES).expect("the embedded spaces load");
    prepare(&runtime);
    let output = Output::default();
    rps_library::install(&runtime, output.clone());
    let (result, trace) = thread::scope(|scope| {
        // The other end of the channel is dropped when the program has ended.
        let (ended, end) = channel::<()>();
        let runtime = &runtime;
        scope.spawn(move || {
            if end.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                runtime.interrupt();
            }
        });
        let outcome = evaluate(runtime, parts);
        drop(ended);
        outcome
    });
    let written = output.0.lock().unwrap_or_else(PoisonError::into_inner);
    let program = parts.concat();
    let trace = trace.iter().map(|line| without_new_oids(line, &program)).collect();
    (Outcome { out: written.lines().map(|line| without_new_oids(line, &program)).collect(), result }, trace)
}

fn evaluate(runtime: &Runtime, parts: &[String]) -> (Result<String, Vec<Failure>>, Vec<String>) {
    runtime.enter(|m| {
        let mut session = Session::new(m);
        session.set_space(m.object(USER_SPACE));
        let mut result = Ok(String::new());
        for part in parts {
            result = match session.eval_source(m, "-e", part) {
                Ok(value) => Ok(without_new_oids(&print(m, value), part)),
                Err(error) => return (Err(failures(part, &error)), trace(&error)),
            };
        }
        (result, Vec::new())
    })
}

/// Returns a value as the prompt prints it, but an object in short even where it is the whole value.
fn print(m: &Mutator<'_>, value: Value) -> String {
    let all = |items: &[Value]| items.iter().map(|&item| print(m, item)).collect::<Vec<_>>().join(", ");
    match value.view() {
        View::Object(object) => reference(m, object),
        View::Tuple(tuple) => format!("[{}]", all(tuple.items())),
        View::Set(set) => format!("{{{}}}", all(set.items())),
        View::Closure(closure) => format!("closure {}", reference(m, closure.function())),
        View::Instance(instance) => {
            let class = instance.class();
            let class = m.name_of(class).unwrap_or_else(|| class.oid().to_string());
            let attributes = instance.attributes().map(|(key, value)| {
                let key =
                    m.name_of(key).or_else(|| m.symbol_name(key)).unwrap_or_else(|| key.oid().to_string());
                format!("{key}: {}", print(m, value))
            });
            let components = instance.components().iter().map(|&item| print(m, item));
            format!("instance {class} {{{}}}", attributes.chain(components).collect::<Vec<_>>().join(", "))
        }
        View::Json(_) => "json".to_owned(),
        _ => format!("{value:?}"),
    }
}

fn reference(m: &Mutator<'_>, object: ObjectRef) -> String {
    let name = m.name_of(object).unwrap_or_else(|| object.oid().to_string());
    let class = object.class().map(|class| m.name_of(class).unwrap_or_else(|| class.oid().to_string()));
    format!("{name}∈{}", class.as_deref().unwrap_or("?"))
}

/// Returns the calls that were under way, the innermost first.
fn trace(error: &EvalError) -> Vec<String> {
    match error {
        EvalError::Run(error) => error.trace.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

fn failures(program: &str, error: &EvalError) -> Vec<Failure> {
    let text = error.source().map_or(program, |other| &other.text);
    let text = SourceText::new("case", text);
    let diagnostics = error.diagnostics();
    let errors = diagnostics.iter().filter(|one| one.is_error()).map(|one| {
        let at = text.position(one.primary.span.start);
        Failure {
            code: one.code.to_string(),
            message: without_new_oids(&one.message, program),
            place: (at.line, at.column),
            hint: one.hint.as_ref().map(|hint| without_new_oids(hint, program)),
            calls: Vec::new(),
        }
    });
    errors.collect()
}
