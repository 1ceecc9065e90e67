//! `:plugin`

use std::borrow::Cow;

use rps_runtime::Mutator;

use super::{Command, Input, Takes};
use crate::answer::{Answer, Report};
use crate::failure::Failure;
use crate::plugin::switch::{self, Keep, Switch};
use crate::plugin::{execute, stats, verb};
use crate::shell::{Outcome, Shell, did_you_mean};

pub(crate) const COMMAND: Command = Command {
    name: "plugin",
    arguments: "verb [plugin]…",
    summary: "lists, loads and unloads plugins, and executes their services",
    details: "The verbs are `list`, `info ID`, `load ID|FILE…`, `unload ID [--force]`, `reload ID`, \
              `enable ID…|--all [--save]`, `disable ID…|--all [--save]`, `execute SERVICE [expression]`, `stats`, \
              `points` and `notes`. What is enabled and disabled is so for the session; --save writes it into the \
              configuration's file, too.",
    takes: Takes::Anything,
    run,
};

/// The verbs, and what stands behind them.
pub(crate) const VERBS: &[(&str, &str)] = &[
    ("list", ""),
    ("info", "ID"),
    ("load", "ID|FILE…"),
    ("unload", "ID [--force]"),
    ("reload", "ID"),
    ("enable", "ID…|--all [--save]"),
    ("disable", "ID…|--all [--save]"),
    ("execute", "SERVICE [expression]"),
    ("stats", ""),
    ("points", ""),
    ("notes", ""),
];

fn run(shell: &mut Shell, m: &Mutator<'_>, input: Input<'_>) -> Outcome {
    let (word, rest) = input.first_word();
    let (name, usage) = verb(word)?;
    let plugins = std::sync::Arc::clone(shell.store.plugins());
    let look = shell.look;
    if name == "execute" {
        return execute_service(shell, m, rest);
    }
    let flags: &[&str] = match name {
        "unload" => &["--force"],
        "enable" | "disable" => &["--all", "--save"],
        _ => &[],
    };
    let words = Words::read(rest, flags)?;
    let needs = |wanted: std::ops::RangeInclusive<usize>| match words.names.len() {
        count if wanted.contains(&count) => Ok(()),
        0 => Err(word.wrong(
            "command::missing",
            format!("`:plugin {name}` needs a plugin"),
            used_as(name, usage),
        )),
        _ => {
            let extra = words.parts.get(*wanted.end()).copied().unwrap_or(rest);
            Err(extra.wrong("command::extra-arguments", "this is one too many", used_as(name, usage)))
        }
    };
    let first = || words.names[0].as_str();
    let report = match name {
        "info" | "reload" | "unload" => {
            needs(1..=1)?;
            match name {
                "info" => verb::info(&plugins, first(), look)?,
                "reload" => verb::reload(&plugins, first())?,
                _ => verb::unload(&plugins, first(), words.has("--force"))?,
            }
        }
        "load" => {
            needs(1..=usize::MAX)?;
            verb::load(&plugins, &words.names)?
        }
        "enable" | "disable" => {
            let all = words.has("--all");
            needs(if all { 0..=0 } else { 1..=usize::MAX })?;
            let keep = if words.has("--save") { Keep::Both } else { Keep::Session };
            switch::run(&plugins, &Switch::new(name == "enable", &words.names, all), keep)?
        }
        _ => {
            needs(0..=0)?;
            match name {
                "stats" => stats::run(&plugins, look),
                "points" => verb::points(&plugins, look),
                "notes" => verb::notes(&plugins, look),
                _ => verb::list(&plugins, look),
            }
        }
    };
    // A plugin that has come is given the state that the store has for it.
    let is_new = matches!(name, "load" | "enable" | "reload" | "info");
    let warnings = if is_new { shell.store.restore_states() } else { Vec::new() };
    Ok(report.warn(&warnings.iter().map(Failure::line).collect::<Vec<_>>()).into())
}

/// Finds a verb by its name or an unambiguous beginning of it.
fn verb(word: Input<'_>) -> Result<(&'static str, &'static str), Failure> {
    let text = word.text();
    if text.is_empty() {
        let verbs: Vec<&str> = VERBS.iter().map(|(name, _)| *name).collect();
        let hint = format!("the verbs are {}; `:help plugin` tells more", verbs.join(", "));
        return Err(word.wrong("command::missing", "`:plugin` needs a verb", Some(hint)));
    }
    if let Some(verb) = VERBS.iter().find(|(name, _)| *name == text) {
        return Ok(*verb);
    }
    let begun: Vec<_> = VERBS.iter().filter(|(name, _)| name.starts_with(text)).collect();
    if let [verb] = begun[..] {
        return Ok(*verb);
    }
    let message = format!("`:plugin` has no verb `{text}`");
    let names = VERBS.iter().map(|(name, _)| (*name).to_owned());
    let hint = did_you_mean(text, names).unwrap_or_else(|| "`:help plugin` lists the verbs".into());
    Err(word.wrong("command::unknown", message, Some(hint)))
}

fn used_as(name: &str, usage: &str) -> Option<String> {
    let form = format!(":plugin {name} {usage}");
    Some(format!("it is used as `{}`", form.trim_end()))
}

fn execute_service(shell: &mut Shell, m: &Mutator<'_>, input: Input<'_>) -> Outcome {
    let (service, rest) = input.first_word();
    if service.is_empty() {
        let hint = used_as("execute", "SERVICE [expression]");
        return Err(service.wrong("command::missing", "a service is missing here", hint));
    }
    let request = if rest.is_empty() {
        String::new()
    } else {
        let value = shell.evaluate(m, rest)?;
        let hint = Some("write the request as a string: \"…\"".to_owned());
        let wrong = || rest.wrong("command::not-a-string", "a request is a string", hint);
        value.as_string().map(|text| text.as_str().to_owned()).ok_or_else(wrong)?
    };
    let name = unquoted(service.text());
    let executed = execute::run(shell.store.plugins(), &name, request.as_bytes())?;
    let text = String::from_utf8_lossy(&executed.output);
    Ok(Answer::from(Report::response(text.strip_suffix('\n').unwrap_or(&text), executed.mirror())))
}

/// What stands behind a verb.
struct Words<'l> {
    parts: Vec<Input<'l>>,
    names: Vec<String>,
    flags: Vec<&'static str>,
}

impl<'l> Words<'l> {
    fn read(mut rest: Input<'l>, known: &[&'static str]) -> Result<Words<'l>, Failure> {
        let mut words = Words { parts: Vec::new(), names: Vec::new(), flags: Vec::new() };
        while !rest.is_empty() {
            let (word, next) = rest.first_word();
            rest = next;
            let text = word.text();
            match known.iter().find(|flag| **flag == text) {
                Some(flag) => words.flags.push(flag),
                None if text.starts_with("--") => {
                    let names = known.iter().map(|flag| (*flag).to_owned());
                    let message = format!("there is no option `{text}` here");
                    return Err(word.wrong("command::unknown-option", message, did_you_mean(text, names)));
                }
                None => {
                    words.names.push(unquoted(text).into_owned());
                    words.parts.push(word);
                }
            }
        }
        Ok(words)
    }

    fn has(&self, flag: &str) -> bool {
        self.flags.contains(&flag)
    }
}

/// Returns a word without the quotation marks around it: a path may have white space.
fn unquoted(word: &str) -> Cow<'_, str> {
    match word.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => Cow::Borrowed(inner),
        None => Cow::Borrowed(word),
    }
}
