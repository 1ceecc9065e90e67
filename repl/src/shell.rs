//! A session of the command: what texts and commands are given, and what they give.

use std::borrow::Cow;

use rps_lang::Session;
use rps_lang::syntax::ast::{Expression, ExpressionKind};
use rps_lang::syntax::parse;
use rps_runtime::send::similar_names;
use rps_runtime::{Mutator, ObjectRef, Oid, RuntimeError, Value};

use crate::answer::Answer;
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
    pub(crate) fn run(&mut self, m: &Mutator<'_>, source: &str, text: &str) -> Outcome {
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
        let result = self.session.eval(m, input.text());
        self.session.set_last(last);
        result.map_err(|error| input.failure(error.diagnostics()))
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

/// Returns whether the value of a text goes without saying: the text ends in a definition, an assignment or a loop.
pub(crate) fn is_quiet(text: &str) -> bool {
    let quiet = |expression: &Expression| {
        matches!(
            expression.kind,
            ExpressionKind::Let { .. }
                | ExpressionKind::Assign { .. }
                | ExpressionKind::While { .. }
                | ExpressionKind::For { .. }
        )
    };
    parse(text).program.statements.last().is_none_or(quiet)
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
