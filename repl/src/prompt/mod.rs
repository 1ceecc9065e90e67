//! The prompt: a person at a terminal, or a transcript that behaves like one.
//!
//! Read [`lines`] (where texts come from), [`helper`] (what happens while one is typed), [`complete`] (what could come
//! next).

mod complete;
mod helper;
mod lines;

use std::cell::RefCell;
use std::time::Duration;

use self::lines::{Lines, Typed};
use crate::answer::Answer;
use crate::console::Console;
use crate::failure::Failure;
use crate::interrupt::{Again, Interrupts};
use crate::migrate::Policy;
use crate::migrate::at_load::settle;
use crate::run::Workbench;
use crate::shell;
use crate::store::Intent;

pub(crate) use self::lines::is_transcript;

/// A dump that takes longer goes on in the background.
const PATIENCE: Duration = Duration::from_millis(300);

/// What messages call a text that was typed.
const SOURCE: &str = "prompt";

/// Reads, evaluates and prints until the person has had enough.
pub(crate) fn run(workbench: &mut Workbench, policy: Policy, console: &mut Console) -> Result<(), Failure> {
    let interrupts = Interrupts::watch(&workbench.runtime, Again::Interrupts)?;
    let history = workbench.shell.store.history();
    let workbench = RefCell::new(workbench);
    let mut lines = Lines::new(&workbench, history)?;
    if lines.is_terminal() {
        console.line(&greeting(&workbench.borrow()));
    }
    loop {
        workbench.borrow_mut().shell.store.tell_ended(console);
        // What a program printed without a line end stays to be read.
        console.output().finish_line();
        console.flush();
        // What was to stop the last text does not stop the next one. Later would be too late: as soon as the line is
        // read, Ctrl-C is meant for it.
        workbench.borrow().runtime.clear_interrupt();
        let text = match lines.next(console)? {
            Typed::Text(text) => text,
            Typed::Nothing => continue,
            Typed::End => ":quit".to_owned(),
        };
        let mut workbench = workbench.borrow_mut();
        console.measure();
        workbench.shell.look = console.look();
        // A transcript says the same however fast the machine is.
        workbench.shell.store.patience = lines.is_terminal().then_some(PATIENCE);
        match step(&mut workbench, console, &text) {
            Ok(Next::Continue) => {}
            Ok(Next::Switch(other)) => {
                **workbench = *other;
                interrupts.follow(&workbench.runtime);
                console.line(&greeting(&workbench));
                if let Err(failure) = settle(&mut workbench, Intent::Prompt, policy, console) {
                    console.failure(&failure);
                }
            }
            Ok(Next::Quit) => {
                // What is being dumped counts as changed again if that fails.
                workbench.shell.store.finish_dumps(console);
                if may_quit(&mut workbench, &mut lines, console)
                    && workbench.shell.store.finish_dumps(console)
                {
                    return Ok(());
                }
            }
            Err(failure) => console.failure(&failure),
        }
    }
}

/// What follows a text.
enum Next {
    Continue,
    Quit,
    /// Another store was loaded.
    Switch(Box<Workbench>),
}

fn step(workbench: &mut Workbench, console: &mut Console, text: &str) -> Result<Next, Failure> {
    let Workbench { shell, runtime } = workbench;
    let directory = runtime.enter(|m| {
        let prints = console.output().prints();
        let mut answer = shell.run(m, SOURCE, text)?;
        if !console.is_json() {
            answer = shell::tell(text, answer, console.output().prints() > prints, true);
        }
        console.answer(m, &answer);
        Ok::<_, Failure>(match answer {
            Answer::Load(directory) => Err(directory),
            Answer::Quit => Ok(Next::Quit),
            Answer::Nothing | Answer::Value(_) | Answer::Report(_) => Ok(Next::Continue),
        })
    })?;
    match directory {
        Ok(next) => Ok(next),
        Err(directory) => {
            let (runtime, store) = workbench.shell.store.load_again(directory.as_deref(), console)?;
            Ok(Next::Switch(Box::new(Workbench::new(runtime, store, console))))
        }
    }
}

/// Asks what is to become of changes that would be lost: that were neither dumped nor committed. Only a person at a terminal is
/// asked.
fn may_quit(workbench: &mut Workbench, lines: &mut Lines<'_, '_>, console: &mut Console) -> bool {
    let Workbench { shell, runtime } = workbench;
    if !lines.is_terminal() || !runtime.enter(|m| shell.store.is_changed(m)) {
        return true;
    }
    if !shell.store.is_writable() {
        let question = "There are changes that this session can not keep; `:dump \"directory\"` does. Leave all the same? [y]es, [n]o: ";
        return matches!(lines.ask(question).as_str(), "y" | "yes");
    }
    let question =
        "There are changes that were neither dumped nor committed. Dump them? [y]es, [n]o, [c]ancel: ";
    match lines.ask(question).as_str() {
        "y" | "yes" => match runtime.enter(|m| shell.dump(m)) {
            Ok(_) => true,
            Err(failure) => {
                console.failure(&failure);
                false
            }
        },
        "n" | "no" => true,
        _ => false,
    }
}

fn greeting(workbench: &Workbench) -> String {
    let (version, objects) = (env!("CARGO_PKG_VERSION"), workbench.runtime.object_count());
    format!(
        "rps {version}: {objects} objects, {}. `:help` lists the commands.",
        workbench.shell.store.describe()
    )
}
