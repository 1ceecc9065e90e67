//! Running a program in several ways, and comparing what it gives.

use std::fs::File;
use std::io::{self, Seek as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rps_lang::Session;
use rps_runtime::send::Native;
use rps_runtime::{Runtime, RuntimeError, Value, known};
use rps_tests::golden::Outcome;

use crate::in_process;
use crate::way::{Counts, Way};

/// What a program gives: value, output, errors with their places, and the trace.
#[derive(PartialEq)]
struct Result {
    outcome: Outcome,
    trace: Vec<String>,
}

/// Programs that are run in several ways.
pub(crate) struct Differences {
    counts: Arc<Counts>,
    wrong: Vec<String>,
    /// Holds the program that is being run: a crash says nothing. Open all the time, as some file systems wait for the disk
    /// whenever a file that was emptied is closed.
    file: File,
}

impl Differences {
    /// Begins; the program that is being run is in the file `compiled-<test>.rps` of cargo's folder for tests' files.
    pub(crate) fn new(test: &str) -> Differences {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("compiled-{test}.rps"));
        let file = File::create(path).expect("the file can be made");
        Differences { counts: Arc::default(), wrong: Vec::new(), file }
    }

    /// Runs a program, which is told by a name, and notes in which ways it does not give what the interpreter gives.
    pub(crate) fn run(&mut self, name: &str, parts: &[String], ways: &[Way]) -> Outcome {
        let expected = self.run_in(name, parts, Way::Interpreted);
        for &way in ways {
            let given = self.run_in(name, parts, way);
            if given != expected {
                self.wrong.push(format!(
                    "{name}, {way}:\n{}\n  interpreted\n{}\n  {way}\n{}",
                    indented(&parts.concat()),
                    shown(&expected),
                    shown(&given)
                ));
            }
        }
        expected.outcome
    }

    fn run_in(&mut self, name: &str, parts: &[String], way: Way) -> Result {
        self.note(&format!("# {name}, {way}\n{}", parts.concat())).expect("the file can be written");
        let (outcome, trace) = in_process::run_on(parts, |runtime| {
            way.attach(runtime, &self.counts);
            add_natives(runtime);
        });
        Result { outcome, trace }
    }

    fn note(&mut self, text: &str) -> io::Result<()> {
        self.file.rewind()?;
        self.file.set_len(0)?;
        self.file.write_all(text.as_bytes())
    }

    /// Makes sure that there was no difference, that functions were compiled, and that none was refused without need.
    pub(crate) fn finish(self) {
        let (wrong, refused) = (&self.wrong, self.counts.refused());
        assert!(wrong.is_empty(), "\n{}\n\n{} differences", wrong.join("\n\n"), wrong.len());
        assert!(refused.is_empty(), "\n{}\n\n{} functions refused", refused.join("\n"), refused.len());
        assert!(self.counts.made.load(Ordering::Relaxed) > 0, "nothing was compiled");
        assert!(self.counts.faults.load(Ordering::Relaxed) > 0, "no guard failed");
    }
}

/// Adds what programs need to be nasty: `0.collect()` collects, and `"text".evaluate()` evaluates a text of its own.
fn add_natives(runtime: &Runtime) {
    let collect = Native::new(
        "collect",
        0,
        |m, _, _| {
            m.collect();
            Ok(Value::NIL)
        },
        "Collects.",
    );
    let evaluate = Native::new(
        "evaluate",
        0,
        |m, text, _| {
            let text = text.as_string().map_or_else(String::new, |text| text.as_str().to_owned());
            Session::new(m).eval(m, &text).map_err(|_| RuntimeError::Interrupted)
        },
        "Evaluates a text of its own.",
    );
    runtime.register_method(known::INT, collect);
    runtime.register_method(known::STRING, evaluate);
}

fn shown(result: &Result) -> String {
    let trace: Vec<String> = result.trace.iter().map(|line| format!("   in {line}")).collect();
    indented(&format!("{}{}", result.outcome, trace.join("\n")))
}

fn indented(text: &str) -> String {
    format!("    {}", text.trim_end().replace('\n', "\n    "))
}
