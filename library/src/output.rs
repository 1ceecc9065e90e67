//! Output, errors, and what a program was given.

use rps_runtime::value::InstanceRef;
use rps_runtime::{Mutator, Oid, RuntimeError, Value, known};

use crate::argument::failed;
use crate::host::services;
use crate::topic::{Entry, Topic};

pub(crate) const TOPIC: Topic = Topic {
    title: "Values, output and errors",
    about: "`arguments` is a tuple of the arguments that a script was given on the command line.",
    methods: &[(&[known::VALUE], METHODS)],
    functions: &[
        (Oid::known("_46EJxrdCQSM03fE4wu"), PRINT),
        (Oid::known("_0BJSzdGUE0W02irZZl"), WRITE),
        (known::ERROR, ERROR),
    ],
    ..Topic::EMPTY
};

const METHODS: &[Entry] = &[(
    "to_string()",
    |m, receiver, _| Ok(m.string(&m.plain_text_of(receiver)?)),
    r#"The value as text: of a string itself, of a collection the texts of what it holds, of another object its name, or what a method `to_string` of its class says.
[1, "two"].to_string() # → "[1, two]""#,
)];

const PRINT: Entry = (
    "print(…)",
    |m, _, arguments| {
        let mut line = joined(m, arguments, " ")?;
        line.push('\n');
        output(m, &line)
    },
    "Writes the texts of its arguments, with spaces between them, and a line end; gives nil.\nprint(\"x is\", 1)",
);

const WRITE: Entry = (
    "write(…)",
    |m, _, arguments| {
        let text = joined(m, arguments, "")?;
        output(m, &text)
    },
    "Writes the texts of its arguments, one behind the other, and nothing else; gives nil.\nwrite(\"x is \", 1, \"\\n\")",
);

const ERROR: Entry = (
    "error(code, message)",
    |m, _, arguments| {
        let attributes = [(m.intern("code")?, arguments[0]), (m.intern("message")?, arguments[1])];
        Ok(InstanceRef::new(m, m.class(known::ERROR), &attributes, &[], None)?.into())
    },
    r#"An error with a code and a message, for `raise`.
try { raise error("shop::closed", "come back tomorrow") } catch e { e.code } # → "shop::closed""#,
);

fn joined(m: &Mutator<'_>, values: &[Value], separator: &str) -> Result<String, RuntimeError> {
    let mut text = String::new();
    for (index, &value) in values.iter().enumerate() {
        if index > 0 {
            text.push_str(separator);
        }
        text.push_str(&m.own_text_of(value)?);
    }
    Ok(text)
}

fn output(m: &Mutator<'_>, text: &str) -> Result<Value, RuntimeError> {
    let services = services(m);
    // Whoever reads the output may be slow: nobody waits for that.
    let written = m.blocking(|| services.host.write(text));
    written.map_err(|error| failed("library::output", format!("the output cannot be written: {error}")))?;
    Ok(Value::NIL)
}
