//! `:jit`

use std::time::Duration;

use rps_jit::{Absence, Library, Shown, Stats};
use rps_plugin_host::config::{JitConfig, JitMode};
use rps_runtime::Mutator;
use rps_runtime::code::machine::{Entrance, MachineSeen, Pause};
use serde::Serialize;

use super::subject::{self, Subject};
use super::{Command, Input, Takes};
use crate::answer::Report;
use crate::jit::Compiled;
use crate::plugin::stats::{short, size};
use crate::print::table::Table;
use crate::print::{Look, Paint};
use crate::shell::{Outcome, Shell, at, did_you_mean};

pub(crate) const COMMAND: Command = Command {
    name: "jit",
    arguments: "[stats | show name]",
    summary: "tells what was compiled, or shows a function's machine code",
    details: "`:jit stats` counts what was made, refused and freed, how long it took, and why machine code went back to \
              the interpreter. `:jit show` lists the bytecode of a function or method, the typed native code that is made \
              of it for what was seen until now, and the assembly of that; where it is not compiled yet, that is done only \
              to be shown.",
    takes: Takes::Anything,
    run,
};

/// What can be done.
pub(crate) const VERBS: &[&str] = &["stats", "show"];

/// So many functions are listed, those with the most exits.
const LISTED: usize = 10;

fn run(shell: &mut Shell, m: &Mutator<'_>, input: Input<'_>) -> Outcome {
    let (verb, rest) = input.first_word();
    match verb.text() {
        "" | "stats" if rest.is_empty() => Ok(stats(m, shell.look).into()),
        "stats" => Err(rest.wrong("command::extra-arguments", "`:jit stats` takes no arguments", None)),
        "show" if rest.is_empty() => {
            let hint = Some("it is used as `:jit show name`".to_owned());
            Err(rest.wrong("command::missing", "a function is missing here", hint))
        }
        "show" => show(shell, m, rest),
        other => {
            let message = format!("`:jit` has no verb `{other}`");
            let hint = did_you_mean(other, VERBS.iter().map(ToString::to_string));
            let hint = hint.unwrap_or_else(|| format!("the verbs are {}", VERBS.join(" and ")));
            Err(verb.wrong("command::unknown", message, Some(hint)))
        }
    }
}

/// What happens in the compiled tier, as JSON.
#[derive(Serialize)]
struct JsonStats {
    /// `off`, `absent` or `on`.
    state: &'static str,
    reason: Option<String>,
    code: Option<String>,
    build: Option<String>,
    threshold: Option<u32>,
    hot_threshold: u32,
    stages: Vec<JsonStage>,
    waiting: u64,
    live: u64,
    code_bytes: u64,
    dropped: u64,
    /// Microseconds; nothing where no thread was held up yet.
    longest_pause: Option<f64>,
    /// `asked`, `installed` or `freed`.
    longest_pause_for: Option<&'static str>,
    refused: Vec<JsonRefusal>,
    exits: Vec<JsonCount>,
    functions: Vec<JsonFunction>,
    cache: Option<JsonCache>,
}

#[derive(Serialize)]
struct JsonStage {
    stage: usize,
    made: u64,
    cached: u64,
    bytes: u64,
    seconds: f64,
    longest_seconds: f64,
    longest: String,
}

#[derive(Serialize)]
struct JsonRefusal {
    reason: String,
    count: u64,
    last: String,
}

#[derive(Serialize)]
struct JsonCount {
    cause: String,
    count: u64,
}

#[derive(Serialize)]
struct JsonFunction {
    function: String,
    made: [u64; 2],
    exits: u64,
    causes: Vec<JsonCount>,
}

#[derive(Serialize)]
struct JsonCache {
    hits: u64,
    misses: u64,
    stored: u64,
    damaged: u64,
    evicted: u64,
    problem: Option<String>,
}

fn stats(m: &Mutator<'_>, look: Look) -> Report {
    let service = m.runtime().service::<Compiled>();
    let (config, handle) = match service.as_deref() {
        Some(Compiled { config, handle }) => (Some(config), handle.as_ref()),
        None => (None, None),
    };
    // Whoever asks wants to know whether there is one.
    let stats = handle.map(|handle| {
        let _told_by_the_stats = handle.open();
        handle.stats()
    });
    let (state, reason, code, build) = match stats.as_ref().map(|stats| &stats.library) {
        None => ("off", Some(switched_off(config)), None, None),
        Some(Library::Absent { code, reason }) => ("absent", Some(reason.clone()), Some(code.clone()), None),
        Some(Library::Open { build }) => ("on", None, None, Some(build.clone())),
        Some(Library::Unopened) => ("on", None, None, None),
    };
    let text = match (&reason, &stats) {
        (Some(reason), _) => format!("there is no compiled tier: {reason}"),
        (None, Some(stats)) => told(stats, config, look),
        (None, None) => String::new(),
    };
    let threshold = config.and_then(|config| config.threshold);
    let hot_threshold = config.map_or(0, |config| config.hot_threshold);
    let own = stats.unwrap_or_default();
    let mirror = JsonStats {
        state,
        reason,
        code,
        build,
        threshold,
        hot_threshold,
        stages: stages(&own),
        waiting: own.waiting,
        live: own.live,
        code_bytes: own.code_bytes,
        dropped: own.dropped,
        longest_pause: own.longest_pause.map(|(time, _)| time.as_secs_f64() * 1e6),
        longest_pause_for: own.longest_pause.map(|(_, pause)| held_up_for(pause).0),
        refused: own
            .refused
            .iter()
            .map(|own| JsonRefusal { reason: own.reason.clone(), count: own.count, last: own.last.clone() })
            .collect(),
        exits: counts(&own.exits),
        functions: own
            .functions
            .iter()
            .map(|own| JsonFunction {
                function: own.name.clone(),
                made: own.made,
                exits: own.exits,
                causes: counts(&own.causes),
            })
            .collect(),
        cache: own.cache.as_ref().map(|own| JsonCache {
            hits: own.hits,
            misses: own.misses,
            stored: own.stored,
            damaged: own.damaged,
            evicted: own.evicted,
            problem: own.problem.clone(),
        }),
    };
    Report::new(text, "jit", mirror)
}

/// Returns who has switched it off.
fn switched_off(config: Option<&JitConfig>) -> String {
    let (key, variable) = match config {
        Some(JitConfig { mode: JitMode::Off, .. }) => ("jit.mode", "RPS_JIT"),
        _ => ("jit.threshold", "RPS_JIT_THRESHOLD"),
    };
    format!("it is switched off by `{key}`, or {variable}")
}

fn stages(stats: &Stats) -> Vec<JsonStage> {
    let mirror = |(number, own): (usize, &rps_jit::StageStats)| JsonStage {
        stage: number + 1,
        made: own.made,
        cached: own.cached,
        bytes: own.bytes,
        seconds: own.time.as_secs_f64(),
        longest_seconds: own.longest.as_secs_f64(),
        longest: own.longest_of.clone(),
    };
    stats.stages.iter().enumerate().map(mirror).collect()
}

fn counts(all: &[(String, u64)]) -> Vec<JsonCount> {
    all.iter().map(|(cause, count)| JsonCount { cause: cause.clone(), count: *count }).collect()
}

/// Returns for what a program was held up: its name, and what is told.
fn held_up_for(pause: Pause) -> (&'static str, &'static str) {
    match pause {
        Pause::Asked => ("asked", "when machine code was asked for"),
        Pause::Installed => ("installed", "when machine code was installed"),
        Pause::Freed => ("freed", "when machine code was freed"),
    }
}

/// Tells what the tier has done.
fn told(stats: &Stats, config: Option<&JitConfig>, look: Look) -> String {
    let mut parts = Vec::new();
    if let Some(config) = config {
        parts.push(match (config.mode, config.threshold) {
            (JitMode::Auto, Some(calls)) => format!(
                "a function is compiled after {calls} calls and turns of loops, and made better after {} more",
                config.hot_threshold
            ),
            _ => "what runs twice is compiled at once".to_owned(),
        });
    }
    if let Library::Open { build } = &stats.library {
        // The features of the processor would fill the screen.
        let short: Vec<&str> = build.split("; ").take(4).collect();
        parts.push(format!("by {}", short.join("; ")));
    }
    let time = |time: Duration| if time.is_zero() { "-".to_owned() } else { short(time) };
    let heads = ["stage", "made", "cached", "code", "time", "longest", "of"];
    let mut table = Table::new(&heads).numbers(&[1, 2, 3, 4, 5]);
    for (number, own) in stats.stages.iter().enumerate() {
        table.row([
            (number + 1).to_string(),
            own.made.to_string(),
            own.cached.to_string(),
            size(own.bytes),
            time(own.time),
            time(own.longest),
            own.longest_of.clone(),
        ]);
    }
    parts.push(table.render(look));
    parts.push(format!(
        "{} in use with {}, {} freed, {} waiting",
        stats.live,
        size(stats.code_bytes),
        stats.dropped,
        stats.waiting
    ));
    if let Some((longest, pause)) = stats.longest_pause {
        parts.push(format!("longest pause of a program: {}, {}", time(longest), held_up_for(pause).1));
    }
    if !stats.refused.is_empty() {
        let mut table = Table::new(&["refused", "last", "reason"]).numbers(&[0]);
        for own in &stats.refused {
            table.row([own.count.to_string(), own.last.clone(), own.reason.clone()]);
        }
        parts.push(format!("\n{}", table.render(look)));
    }
    if !stats.exits.is_empty() {
        let mut table = Table::new(&["exits", "cause"]).numbers(&[0]);
        for (cause, count) in &stats.exits {
            table.row([count.to_string(), cause.clone()]);
        }
        parts.push(format!("\n{}", table.render(look)));
    }
    if !stats.functions.is_empty() {
        let heads = ["function", "stage 1", "stage 2", "exits", "causes"];
        let mut table = Table::new(&heads).numbers(&[1, 2, 3]);
        for own in stats.functions.iter().take(LISTED) {
            let causes: Vec<_> = own.causes.iter().map(|(cause, count)| format!("{cause} {count}")).collect();
            let [first, second] = own.made.map(|count| count.to_string());
            table.row([own.name.clone(), first, second, own.exits.to_string(), causes.join(", ")]);
        }
        let more = stats.functions.len().saturating_sub(LISTED);
        if more > 0 {
            table.note(format!("and {more} more"));
        }
        parts.push(format!("\n{}", table.render(look)));
    }
    if let Some(own) = &stats.cache {
        let mut line = format!("\ncache: {} found, {} not, {} written", own.hits, own.misses, own.stored);
        if own.evicted > 0 {
            line += &format!(", {} removed for room", own.evicted);
        }
        if own.damaged > 0 {
            line += &format!(", {} damaged", own.damaged);
        }
        if let Some(problem) = &own.problem {
            line += &format!("; {problem}");
        }
        parts.push(line);
    }
    parts.iter().map(|part| part.trim_end()).collect::<Vec<_>>().join("\n")
}

/// A function and its code, as JSON.
#[derive(Serialize)]
struct JsonShown {
    function: String,
    /// The machine code that it has.
    compiled: Vec<JsonMachine>,
    /// The stage of what is shown; nothing where there is no compiled tier.
    stage: Option<u8>,
    bytecode: String,
    native: Option<String>,
    assembly: Option<String>,
    /// Why something of these is not there.
    reason: Option<String>,
    code: Option<String>,
}

#[derive(Serialize)]
struct JsonMachine {
    /// The instruction of a loop; nothing of code for calls.
    turn: Option<u16>,
    stage: u8,
    bytes: usize,
    exits: u32,
}

fn show(shell: &mut Shell, m: &Mutator<'_>, input: Input<'_>) -> Outcome {
    let subject = subject::find(shell, m, input)?;
    let Subject::Function(function) = subject else {
        return Err(subject::wrong(m, input, subject, "machine code"));
    };
    let code = m.code_of(function).map_err(at(input))?;
    let service = m.runtime().service::<Compiled>();
    let shown = match service.as_deref() {
        Some(Compiled { handle: Some(handle), .. }) => Some(handle.show(m, code)),
        _ => None,
    };
    let heading = |text: &str| shell.look.paint(Paint::Heading, text).clone();
    let mut json = JsonShown {
        function: code.name().to_owned(),
        compiled: Vec::new(),
        stage: shown.as_ref().map(|shown| shown.stage),
        bytecode: code.disassemble(m),
        native: None,
        assembly: None,
        reason: None,
        code: None,
    };
    let mut parts = vec![format!("{}: {}", code.name(), state(shown.as_ref()))];
    parts.push(format!("{}\n{}", heading("bytecode"), json.bytecode.trim_end()));
    match shown {
        None => {
            let config = service.as_deref().map(|service| &service.config);
            json.reason = Some(format!("there is no compiled tier: {}", switched_off(config)));
        }
        Some(Shown { heat, native: Ok(native), assembly, stage }) => {
            json.compiled = heat.machines.iter().map(mirror).collect();
            parts.push(format!("{}\n{}", heading(&format!("native code, stage {stage}")), native.trim_end()));
            json.native = Some(native);
            match assembly {
                Some(Ok(assembly)) => {
                    parts.push(format!("{}\n{}", heading("assembly"), assembly.trim_end()));
                    json.assembly = Some(assembly);
                }
                Some(Err(Absence { code, reason })) => {
                    json.reason = Some(format!("no assembly is shown: {reason}"));
                    json.code = Some(code);
                }
                None => {}
            }
        }
        Some(Shown { heat, native: Err(reason), .. }) => {
            json.compiled = heat.machines.iter().map(mirror).collect();
            json.reason = Some(format!("no native code is made of it: {reason}"));
        }
    }
    parts.extend(json.reason.clone());
    Ok(Report::new(parts.join("\n\n"), "jit", json).into())
}

/// Tells how far a function has come.
fn state(shown: Option<&Shown>) -> String {
    let Some(Shown { heat, .. }) = shown else { return "interpreted".to_owned() };
    let piece = |machine: &MachineSeen| {
        let place = match machine.entrance {
            Entrance::Call => String::new(),
            Entrance::Loop(at) => format!("the loop at {at} "),
        };
        let (stage, bytes, exits) = (machine.stage, size(machine.bytes as u64), machine.exits);
        let plural = if exits == 1 { "" } else { "s" };
        format!("{place}compiled at stage {stage}, {bytes}, {exits} exit{plural}")
    };
    let told: Vec<String> = heat.machines.iter().map(piece).collect();
    match (told.is_empty(), heat.is_given_up, heat.is_profiled) {
        (false, ..) => told.join("; "),
        (true, true, _) => "interpreted: machine code was refused, or of no use".to_owned(),
        (true, false, true) => {
            "not compiled yet; what is shown is made for what was seen until now".to_owned()
        }
        (true, false, false) => {
            "not compiled yet, and nothing was seen of it: what is shown leaves to the interpreter soon"
                .to_owned()
        }
    }
}

fn mirror(machine: &MachineSeen) -> JsonMachine {
    let turn = match machine.entrance {
        Entrance::Call => None,
        Entrance::Loop(at) => Some(at),
    };
    JsonMachine { turn, stage: machine.stage, bytes: machine.bytes, exits: machine.exits }
}
