//! String buffers: texts that grow.

use rps_runtime::code::operate::wrong_kind;
use rps_runtime::object::Payload;
use rps_runtime::object::payload::StringBuffer;
use rps_runtime::{Mutator, RuntimeError, Value, known};

use crate::elements::receiver as this;
use crate::topic::{Entry, Topic};

pub(crate) const TOPIC: Topic = Topic {
    title: "String buffers",
    about: "`new string_buffer {}` makes an empty one. To build a long text from many parts, append to one: `+` on strings \
        copies both.",
    methods: &[(&[known::STRING_BUFFER], METHODS)],
    source: ("string_buffer.rps", include_str!("string_buffer.rps")),
    ..Topic::EMPTY
};

const METHODS: &[Entry] = &[
    (
        "append(value)",
        |m, receiver, arguments| {
            let text = m.own_text_of(arguments[0])?;
            change(m, receiver, |buffer| buffer.text.push_str(&text))?;
            Ok(receiver)
        },
        r#"Adds the text of a value, and gives the buffer.
let b = new string_buffer {}
b.append("x = ").append(1).to_string() # → "x = 1""#,
    ),
    (
        "text()",
        |m, receiver, _| {
            let text = this(m, receiver)?.with_payload(m, |payload| match payload {
                Some(Payload::StringBuffer(buffer)) => Some(buffer.text.clone()),
                _ => None,
            });
            Ok(m.string(&text.ok_or_else(|| no_buffer(m, receiver))?))
        },
        r#"The text, as a string.
(new string_buffer {}).append("a").text() # → "a""#,
    ),
    (
        "clear()",
        |m, receiver, _| {
            change(m, receiver, |buffer| buffer.text.clear())?;
            Ok(receiver)
        },
        r#"Takes all the text away, and gives the buffer.
(new string_buffer {}).append("a").clear().len() # → 0"#,
    ),
];

fn change<R>(
    m: &Mutator<'_>,
    value: Value,
    f: impl FnOnce(&mut StringBuffer) -> R,
) -> Result<R, RuntimeError> {
    let result = this(m, value)?.update_payload(m, |payload| match payload {
        Some(Payload::StringBuffer(buffer)) => Some(f(buffer)),
        _ => None,
    });
    result.ok_or_else(|| no_buffer(m, value))
}

fn no_buffer(m: &Mutator<'_>, value: Value) -> RuntimeError {
    wrong_kind(m, "the receiver", "a string buffer", value)
}
