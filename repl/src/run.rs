//! What the command line asks for, from opening the store to the exit status.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};
use std::mem::ManuallyDrop;
use std::path::Path;
use std::sync::Arc;

use clap::CommandFactory;
use rps_lang::Session;
use rps_persist::Code;
use rps_runtime::Runtime;
use rps_runtime::send::similar_names;

use crate::answer::Answer;
use crate::arguments::Arguments;
use crate::console::Console;
use crate::failure::Failure;
use crate::host::ProgramOutput;
use crate::interrupt::{self, Again, Interrupts};
use crate::plugins::Plugins;
use crate::script::Script;
use crate::shell::{self, Shell};
use crate::store::{self, Intent, StoreHandle};
use crate::{migrate, prompt, subcommand};

/// The code of the error that a program can not print.
const OUTPUT: &str = "library::output";
/// The code of the error that Ctrl-C stopped a program.
pub(crate) const INTERRUPTED: &str = "run::interrupted";

/// A runtime with the session that works on it.
pub(crate) struct Workbench {
    /// The session. It is dropped first: it refers to the runtime's values.
    pub(crate) shell: Shell,
    /// The objects.
    pub(crate) runtime: Arc<Runtime>,
}

impl Workbench {
    /// Returns a new session on a store that was loaded; programs print to the console.
    pub(crate) fn new(runtime: Runtime, store: StoreHandle, console: &mut Console) -> Workbench {
        let output = ProgramOutput(console.output());
        Workbench::with_host(runtime, store, console, output)
    }

    /// As [`Workbench::new`], with somewhere else to print to.
    pub(crate) fn with_host(
        runtime: Runtime,
        mut store: StoreHandle,
        console: &mut Console,
        host: impl rps_library::Host + 'static,
    ) -> Workbench {
        rps_library::install(&runtime, host);
        let runtime = Arc::new(runtime);
        store.attach(&runtime, console);
        let shell = runtime.enter(|m| {
            let mut session = Session::new(m);
            session.set_space(store::user_space(m));
            Shell { session, store, look: console.look() }
        });
        Workbench { shell, runtime }
    }

    /// Sets the global tuple `arguments`.
    fn set_arguments(&self, arguments: &[OsString]) {
        let texts: Vec<String> = arguments.iter().map(|text| text.to_string_lossy().into_owned()).collect();
        self.runtime.enter(|m| rps_library::set_arguments(m, &texts));
    }
}

/// Does what the arguments ask for, and returns the exit status.
pub(crate) fn run(arguments: &Arguments) -> u8 {
    let mut console = Console::new(arguments.json);
    let result = match &arguments.task {
        Some(task) => subcommand::run(task, arguments, &mut console),
        None => session(arguments, &mut console),
    };
    // A program that ended because nobody reads what it prints has done all that anybody wants.
    let result = match result {
        Err(failure) if console.is_closed() && failure.code() == OUTPUT => Ok(()),
        other => other,
    };
    match result.and_then(|()| console.finish()) {
        Ok(()) => 0,
        Err(failure) => {
            console.failure(&failure);
            // Who else has the output may never be dropped.
            console.flush();
            match failure.code() {
                INTERRUPTED => interrupt::STATUS,
                _ => 1,
            }
        }
    }
}

fn session(arguments: &Arguments, console: &mut Console) -> Result<(), Failure> {
    let batch = !arguments.script.is_empty() || !arguments.expressions.is_empty();
    // A script on standard input is read before the store is opened: it may be long in coming.
    let piped = !batch && !io::stdin().is_terminal() && !prompt::is_transcript();
    let script = match arguments.script.first() {
        Some(path) => Some(Script::read(Path::new(path)).map_err(|failure| mistyped(path, failure))?),
        None if piped => Some(Script::from_input()?),
        None => None,
    };
    let intent = match (batch || piped, arguments.dump || arguments.commit) {
        (false, _) => Intent::Prompt,
        (true, true) => Intent::Write,
        (true, false) => Intent::Read,
    };
    let directory = store::directory(arguments.store.as_deref());
    let policy = migrate::at_load::policy(arguments)?;
    let plugins = Arc::new(Plugins::start(arguments, directory.as_deref(), console)?);
    // However the session ends.
    let _ended = plugins.until_the_end();
    let (runtime, mut store) = store::open(arguments.store.as_deref(), intent, &plugins, console)?;
    store.sync = arguments.sync;
    if let Some(calls) = arguments.max_depth {
        runtime.set_max_depth(calls);
    }
    // What the operating system takes back at once is not taken apart object by object, however the session ends.
    let mut workbench = ManuallyDrop::new(Workbench::new(runtime, store, console));
    if let Some(limit) = arguments.timeout.filter(|_| intent != Intent::Prompt) {
        let runtime = Arc::clone(&workbench.runtime);
        // It sleeps longer than the process lives, if all goes well.
        std::thread::spawn(move || {
            std::thread::sleep(limit);
            runtime.expire();
        });
    }
    migrate::at_load::settle(&mut workbench, intent, policy, console)?;
    if intent == Intent::Prompt {
        plugins.watch();
        prompt::run(&mut workbench, policy, console)?;
    } else {
        let _interrupts = Interrupts::watch(&workbench.runtime, Again::Ends)?;
        workbench.set_arguments(arguments.script.get(1..).unwrap_or_default());
        if let Some(script) = script {
            script.play(&mut workbench, console)?;
        }
        evaluate(&arguments.expressions, &mut workbench, console, arguments.dump || arguments.commit)?;
    }
    if arguments.dump {
        let Workbench { shell, runtime } = &mut *workbench;
        let report = runtime.enter(|m| shell.store.dump(m))?;
        for warning in runtime.enter(|m| shell.lost_variables(m)) {
            console.warn(&Failure::new("command::lost-variable", warning));
        }
        let missing = report.what_is_missing().map(str::to_owned);
        if console.is_json() {
            runtime.enter(|m| console.answer(m, &Answer::Report(report)));
        } else {
            for warning in report.warnings() {
                console.warn(&Failure::new("store::dump-warning", warning.clone()));
            }
        }
        if let Some(missing) = missing {
            return Err(Failure::new("store::partial-dump", missing));
        }
    }
    if arguments.commit && !arguments.dump {
        let Workbench { shell, runtime } = &mut *workbench;
        let report = runtime.enter(|m| shell.commit(m))?;
        if console.is_json() {
            runtime.enter(|m| console.answer(m, &Answer::Report(report)));
        }
    }
    Ok(())
}

/// Adds the verb that was perhaps meant by the name of a script that is not there.
fn mistyped(name: &OsStr, failure: Failure) -> Failure {
    let Some(name) = name.to_str().filter(|_| failure.code() == Code::NotFound.as_str()) else {
        return failure;
    };
    let verbs = Arguments::command();
    let verbs = verbs.get_subcommands().filter(|verb| !verb.is_hide_set());
    let meant = similar_names(name, verbs.map(|verb| verb.get_name().to_owned())).into_iter().next();
    match meant {
        Some(verb) => failure.advise(format!("did you mean `rps {verb}`? There is no script of this name")),
        None => failure,
    }
}

/// Evaluates what `-e` gave, until something ends the session.
fn evaluate(
    expressions: &[String],
    workbench: &mut Workbench,
    console: &mut Console,
    to_the_end: bool,
) -> Result<(), Failure> {
    let Workbench { shell, runtime } = workbench;
    for text in expressions {
        let quit = runtime.enter(|m| {
            let prints = console.output().prints();
            let mut answer = shell.run(m, "-e", text)?;
            if !console.is_json() {
                answer = shell::tell(text, answer, console.output().prints() > prints, false);
            }
            console.answer(m, &answer);
            Ok::<_, Failure>(matches!(answer, Answer::Quit))
        })?;
        if quit || console.is_closed() && !to_the_end {
            break;
        }
    }
    Ok(())
}
