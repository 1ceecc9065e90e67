//! `:profile`

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use rps_runtime::Mutator;
use serde::Serialize;

use super::time::duration;
use super::{Command, Input, Takes};
use crate::answer::Report;
use crate::print::json::JsonValue;
use crate::print::value::print;
use crate::print::{Look, Paint};
use crate::shell::{Outcome, Shell};

pub(crate) const COMMAND: Command = Command {
    name: "profile",
    arguments: "expression",
    summary: "evaluates an expression, and tells what took how long",
    details: "Every millisecond it is noted which calls are under way. Shown is the tree of calls: what part of the time \
              each took in all, and by itself; what took less than one per cent is left out, and what a function calls \
              while it is under way already is counted where it was called first.",
    takes: Takes::Something,
    run,
};

/// How often is looked.
const INTERVAL: Duration = Duration::from_millis(1);

/// A function in the tree of calls, as JSON.
#[derive(Debug, Default, Serialize)]
struct Node {
    function: String,
    file: String,
    /// In how many samples it was under way here.
    total: usize,
    /// In how many of them it was running itself.
    #[serde(rename = "self")]
    own: usize,
    calls: Vec<Node>,
}

fn run(shell: &mut Shell, m: &Mutator<'_>, input: Input<'_>) -> Outcome {
    let runtime = m.runtime();
    drop(runtime.samples().take());
    let start = Instant::now();
    let (stop, stopped) = mpsc::channel::<()>();
    let result = thread::scope(|scope| {
        scope.spawn(move || {
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(INTERVAL) {
                runtime.request_sample();
            }
        });
        let result = shell.evaluate(m, input);
        drop(stop);
        result
    });
    let seconds = start.elapsed().as_secs_f64();
    let samples = runtime.samples().take();
    let value = result?;
    shell.session.set_last(value);
    let count = samples.len();
    let mut root = Node::default();
    for sample in &samples {
        root.add(sample);
    }
    root.sort();
    let mut lines = vec![print(m, value, shell.look)];
    if count > 0 {
        lines.push(shell.look.paint(Paint::Heading, " total    self  call"));
        root.calls.iter().for_each(|node| node.show(0, count, shell.look, &mut lines));
    }
    let counted = if count == 1 { "1 sample".to_owned() } else { format!("{count} samples") };
    lines.push(format!("took {}, {counted}", duration(seconds)));
    let mirror = serde_json::json!({
        "value": JsonValue::of(m, value),
        "seconds": seconds,
        "samples": count,
        "calls": root.calls,
    });
    Ok(Report::new(lines.join("\n"), "profile", mirror).into())
}

impl Node {
    /// Adds a sample: calls as a stack trace writes them, the outermost first.
    fn add(&mut self, sample: &[String]) {
        let mut path: Vec<(&str, &str)> = Vec::new();
        for call in sample.iter().map(|call| parts(call)) {
            // A call within one of the same function is counted with that one.
            match path.iter().position(|outer| *outer == call) {
                Some(at) => path.truncate(at + 1),
                None => path.push(call),
            }
        }
        let mut node = self;
        node.total += 1;
        for (function, file) in path {
            node = node.child(function, file);
            node.total += 1;
        }
        node.own += 1;
    }

    fn child(&mut self, function: &str, file: &str) -> &mut Node {
        let found = self.calls.iter().position(|node| node.function == function && node.file == file);
        let at = found.unwrap_or_else(|| {
            let (function, file) = (function.to_owned(), file.to_owned());
            self.calls.push(Node { function, file, ..Node::default() });
            self.calls.len() - 1
        });
        &mut self.calls[at]
    }

    fn sort(&mut self) {
        self.calls.sort_by(|a, b| b.total.cmp(&a.total).then_with(|| a.function.cmp(&b.function)));
        self.calls.iter_mut().for_each(Node::sort);
    }

    fn show(&self, depth: usize, count: usize, look: Look, lines: &mut Vec<String>) {
        if self.total * 100 < count {
            return;
        }
        let percent = |part: usize| 100.0 * part as f64 / count as f64;
        // The top of a text is called after the text.
        let place = if self.function == self.file { String::new() } else { format!(" ({})", self.file) };
        let place = look.paint(Paint::Faint, &place);
        let indent = "  ".repeat(depth);
        let (total, own) = (percent(self.total), percent(self.own));
        lines.push(format!("{total:5.1} % {own:5.1} %  {indent}{}{place}", self.function));
        self.calls.iter().for_each(|node| node.show(depth + 1, count, look, lines));
    }
}

/// Returns the function and the file of a call as a stack trace writes it, `function (file:line)`.
fn parts(call: &str) -> (&str, &str) {
    let Some((function, place)) = call.rsplit_once(" (") else { return (call, "") };
    let place = place.split(')').next().unwrap_or_default();
    (function, place.rsplit_once(':').map_or(place, |(file, _)| file))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(samples: &[&[&str]]) -> Node {
        let mut root = Node::default();
        for sample in samples {
            root.add(&sample.iter().map(ToString::to_string).collect::<Vec<_>>());
        }
        root.sort();
        root
    }

    #[test]
    fn samples_become_a_tree_without_recursion() {
        let root = tree(&[
            &["top (a.rps:1)", "f (a.rps:2)", "g (a.rps:3)", "f (a.rps:2), called by 7 more"],
            &["top (a.rps:1)", "f (a.rps:2)", "g (a.rps:4)"],
            &["top (a.rps:9)"],
        ]);
        let mut lines = Vec::new();
        root.calls[0].show(0, 3, Look::default(), &mut lines);
        assert_eq!(
            lines,
            [
                "100.0 %  33.3 %  top (a.rps)",
                " 66.7 %  33.3 %    f (a.rps)",
                " 33.3 %  33.3 %      g (a.rps)"
            ]
        );
    }

    #[test]
    fn what_took_next_to_nothing_is_left_out() {
        let many = vec![&["top (a:1)"][..]; 200];
        let root = tree(&[many.as_slice(), &[&["top (a:1)", "rare (a:2)"][..]]].concat());
        let mut lines = Vec::new();
        root.calls[0].show(0, root.total, Look::default(), &mut lines);
        assert_eq!(lines, ["100.0 %  99.5 %  top (a)"]);
    }
}
