//! A session of the command: what texts and commands are given, and what they give.

use std::borrow::Cow;

use rps_lang::Session;
use rps_lang::syntax::ast::{Expression, ExpressionKind};
use rps_lang::syntax::parse;
use rps_runtime::send::similar_names;
use rps_runtime::{Mutator, ObjectRef, Oid, RuntimeError, Value};

use crate::answer::{Answer, Report};
use crate::command::{self, Input};
use crate::failure::Failure;
use crate::print::Look;
use crate::store::StoreHandle;

/// What commands work on, besides the runtime.
pub(crate) struct Shell {
    /// The variables, the last value, the space of what is kept.
    pub(crate) session: Session,
    /// The store that the objects are from.
    pub(crate) store: StoreHandle,
    /// How values are printed.
    pub(crate) look: Look,
}

/// What comes of a text.
pub(crate) type Outcome = Result<Answer, Failure>;

impl Shell {
    /// Evaluates a text, or runs a command where it begins with `:`; `source` is what messages call the text.
    ///
    /// Objects of a large store are loaded when they are touched. One that can not be read looks empty to the program: what
    /// came of it is not to be believed, and the failure says so.
    pub(crate) fn run(&mut self, m: &Mutator<'_>, source: &str, text: &str) -> Outcome {
        let before = m.unreadable().len();
        let outcome = self.run_believing(m, source, text);
        match m.unreadable().split_off(before).first() {
            Some((oid, message)) => Err(unreadable(*oid, message)),
            None => outcome,
        }
    }

    fn run_believing(&mut self, m: &Mutator<'_>, source: &str, text: &str) -> Outcome {
        let whole = Input::new(source, text, 0);
        let answer = if whole.text().starts_with(':') {
            command::run(self, m, source, text)?
        } else {
            let result = self.evaluate(m, whole);
            result.map(Answer::Value).map_err(|failure| match self.forgotten_colon(m, whole) {
                Some(hint) => failure.advise(hint),
                None => failure,
            })?
        };
        if let Answer::Value(value) = answer {
            self.session.set_last(value);
        }
        Ok(answer)
    }

    /// Writes the store, and tells what of it will not be as it is now.
    pub(crate) fn dump(&mut self, m: &Mutator<'_>) -> Result<Report, Failure> {
        let report = self.store.dump(m)?;
        Ok(report.warn(&self.lost_variables(m)))
    }

    /// Makes what has changed durable.
    pub(crate) fn commit(&mut self, m: &Mutator<'_>) -> Result<Report, Failure> {
        let report = self.store.commit(m)?;
        Ok(report.warn(&self.lost_variables(m)))
    }

    /// Returns a line for each function of a space that uses a variable of the session.
    pub(crate) fn lost_variables(&self, m: &Mutator<'_>) -> Vec<String> {
        let line = |(function, names): (String, Vec<String>)| {
            format!(
                "`{function}` uses {}, which no store keeps: it can not be called after a restart; `keep … as NAME` \
                 makes a name that is kept",
                names.iter().map(|name| format!("the variable `{name}`")).collect::<Vec<_>>().join(" and "),
            )
        };
        self.session.functions_that_lose_variables(m).into_iter().map(line).collect()
    }

    /// Returns the hint that a text which failed was perhaps meant for a command.
    fn forgotten_colon(&self, m: &Mutator<'_>, input: Input<'_>) -> Option<String> {
        let word = input.text().split_whitespace().next()?;
        let meant = if word == "exit" { "quit" } else { word };
        let command = command::COMMANDS.iter().find(|command| command.name == meant)?;
        let is_known = self.session.variable(m, word).is_some() || m.global(word).is_some();
        (!is_known).then(|| format!("did you mean the command `:{}`?", command.name))
    }

    /// Evaluates a part of a text. The last value is as before.
    pub(crate) fn evaluate(&mut self, m: &Mutator<'_>, input: Input<'_>) -> Result<Value, Failure> {
        let last = self.session.last();
        let result = self.session.eval_source(m, input.source(), &input.in_place());
        self.session.set_last(last);
        result.map_err(|error| input.failure(&error))
    }

    /// Evaluates a part of a text that must give an object.
    pub(crate) fn object(&mut self, m: &Mutator<'_>, input: Input<'_>) -> Result<ObjectRef, Failure> {
        if input.is_empty() {
            return Err(input.wrong("command::missing", "an object is missing here", None));
        }
        let value = self.evaluate(m, input)?;
        value.as_object().ok_or_else(|| {
            let kind = crate::print::value::kind(m, value);
            input.wrong("command::not-an-object", format!("this must be an object, not {kind}"), None)
        })
    }

    /// Returns the attribute that a part of a text names: by name, by oid, or by an expression in brackets.
    pub(crate) fn attribute(&mut self, m: &Mutator<'_>, input: Input<'_>) -> Result<ObjectRef, Failure> {
        let text = input.text();
        if text.is_empty() {
            return Err(input.wrong("command::missing", "an attribute is missing here", None));
        }
        if text.starts_with('(') || Oid::has_shape(text) {
            return self.object(m, input);
        }
        if let Some(found) = m.global(text).and_then(Value::as_object).or_else(|| m.symbol(text)) {
            return Ok(found);
        }
        let message = format!("nothing is called `{text}`");
        Err(input.wrong("name::unknown", message, did_you_mean(text, m.all_names())))
    }

    /// As [`Shell::attribute`], making the symbol of a name that is new. What an object of a space refers to by it is
    /// kept in the session's space, so that no dump drops it.
    pub(crate) fn new_attribute(
        &mut self,
        m: &Mutator<'_>,
        input: Input<'_>,
        object: ObjectRef,
    ) -> Result<ObjectRef, Failure> {
        let text = input.text();
        let key = if rps_runtime::names::is_name(text) && m.symbol(text).is_none() {
            m.intern(text)?
        } else {
            self.attribute(m, input)?
        };
        if object.space().is_some() && key.space().is_none() {
            key.set_space(m, self.session.space());
        }
        Ok(key)
    }
}

fn unreadable(oid: Oid, message: &str) -> Failure {
    let code = rps_persist::Code::Unreadable;
    let text = format!("{oid} could not be read, and looks empty to programs: {message}");
    let hint = "what was done with it is not to be believed: leave the session; `rps check` says what is damaged, and \
                `rps check --salvage` mends it";
    Failure::new(code.as_str(), text).advise(hint.to_owned())
}

/// What the value of a text is worth, by what the text ends in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Worth {
    /// It is to be shown.
    Shown,
    /// It goes without saying: that of an assignment.
    Quiet,
    /// It is that of a loop: nil, unless the loop was left with a value.
    Loop,
    /// The text defines these.
    Defines(Vec<String>),
}

/// Returns what the value of a text is worth.
pub(crate) fn worth(text: &str) -> Worth {
    let statements = parse(text).program.statements;
    let Some(last) = statements.last() else { return Worth::Quiet };
    match &last.kind {
        ExpressionKind::Let { .. } | ExpressionKind::Assign { .. } => Worth::Quiet,
        ExpressionKind::While { .. } | ExpressionKind::For { .. } => Worth::Loop,
        _ if defined(last, text).is_some() => {
            Worth::Defines(statements.iter().filter_map(|statement| defined(statement, text)).collect())
        }
        _ => Worth::Shown,
    }
}

/// Returns an answer as a person is told it: without a value that goes without saying, and without the nil of a text
/// that has printed something. Definitions are told by their heads, or, with `heads` false, not at all.
pub(crate) fn tell(text: &str, answer: Answer, has_printed: bool, heads: bool) -> Answer {
    let Answer::Value(value) = answer else { return answer };
    match worth(text) {
        Worth::Quiet => Answer::Nothing,
        Worth::Defines(all) if heads => Report::new(all.join("\n"), "defined", all).into(),
        Worth::Defines(_) => Answer::Nothing,
        Worth::Loop if value.is_nil() => Answer::Nothing,
        Worth::Shown if value.is_nil() && has_printed => Answer::Nothing,
        Worth::Loop | Worth::Shown => answer,
    }
}

/// Returns what a statement defines: the head of a function or class.
fn defined(statement: &Expression, text: &str) -> Option<String> {
    match &statement.kind {
        ExpressionKind::Function(function) => {
            let name = function.name.as_ref()?.span.text(text);
            let parameters: Vec<_> = function.parameters.iter().map(|name| &*name.text).collect();
            Some(format!("fn {name}({})", parameters.join(", ")))
        }
        ExpressionKind::Class(class) => Some(match &class.superclass {
            Some(superclass) => format!("class {} : {}", class.name.text, superclass.span.text(text)),
            None => format!("class {}", class.name.text),
        }),
        _ => None,
    }
}

/// Returns the hint that names what looks most like a name.
pub(crate) fn did_you_mean(name: &str, candidates: impl IntoIterator<Item = String>) -> Option<String> {
    let best = similar_names(name, candidates).into_iter().next()?;
    Some(format!("did you mean `{best}`?"))
}

/// Returns the failure of a runtime error about a part of a text.
pub(crate) fn at(input: Input<'_>) -> impl Fn(RuntimeError) -> Failure {
    move |error| input.wrong(error.code(), Cow::from(error.to_string()), error.hint())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_without_saying_is_seen_in_the_text() {
        assert_eq!(worth("1 + 1"), Worth::Shown);
        assert_eq!(worth("let x = 1"), Worth::Quiet);
        assert_eq!(worth("x.y = 1"), Worth::Quiet);
        assert_eq!(worth("# nothing"), Worth::Quiet);
        assert_eq!(worth("for x in [1] { x }"), Worth::Loop);
        let heads = |heads: &[&str]| Worth::Defines(heads.iter().map(ToString::to_string).collect());
        assert_eq!(worth("1\nfn f(a, b) { a }\nclass c : d { x }"), heads(&["fn f(a, b)", "class c : d"]));
        assert_eq!(worth("fn f() { 1 }\nf()"), Worth::Shown);
        assert_eq!(worth("fn () { 1 }"), Worth::Shown);
    }
}
