//! Strings: texts, counted in characters.

use num_traits::{FromPrimitive, Num};
use rps_runtime::{Mutator, RuntimeError, Value, known};

use crate::argument::{arity, count, failed, failed_with_hint, int, optional, part, text};
use crate::elements::{new_texts, new_tuple};
use crate::topic::{Entry, Topic};

pub(crate) const TOPIC: Topic = Topic {
    title: "Strings",
    about: "A string is immutable. Positions and lengths count characters (code points) from 0; where a position is \
        given, a negative one counts from the end.",
    methods: &[(&[known::STRING], METHODS)],
    functions: &[
        (rps_runtime::Oid::known("_9A2njWNuAoC03aaqnu"), PARSE_INT),
        (rps_runtime::Oid::known("_3ARoel3chz400WzXtl"), PARSE_DOUBLE),
        (rps_runtime::Oid::known("_1pUWvjz0ViA03gvrLB"), CHARACTER),
    ],
    ..Topic::EMPTY
};

/// A text must not grow longer than this: a program that asks for more has a mistake.
const MAX_BYTES: usize = 1 << 30;

const METHODS: &[Entry] = &[
    (
        "chars()",
        |m, receiver, _| {
            let text = this(m, receiver)?;
            new_texts(m, text.chars().map(|char| char.to_string()))
        },
        r#"The characters, as a tuple of strings.
"né".chars() # → ["n", "é"]"#,
    ),
    (
        "bytes()",
        |m, receiver, _| ints(m, this(m, receiver)?.bytes().map(i64::from)),
        r#"The bytes of the text in UTF-8, as a tuple of integers.
"é".bytes() # → [195, 169]"#,
    ),
    (
        "code_points()",
        |m, receiver, _| ints(m, this(m, receiver)?.chars().map(|char| i64::from(u32::from(char)))),
        r#"The code points of the characters, as a tuple of integers.
"né".code_points() # → [110, 233]"#,
    ),
    (
        "code()",
        |m, receiver, _| {
            let first = this(m, receiver)?.chars().next();
            Ok(first.map_or(Value::NIL, |char| Value::int(m, u32::from(char).into())))
        },
        r#"The code point of the first character; nil of the empty string.
"A".code() # → 65"#,
    ),
    (
        "upper()",
        |m, receiver, _| Ok(m.string(&this(m, receiver)?.to_uppercase())),
        r#"The text in upper case.
"straße".upper() # → "STRASSE""#,
    ),
    (
        "lower()",
        |m, receiver, _| Ok(m.string(&this(m, receiver)?.to_lowercase())),
        r#"The text in lower case.
"ÀB".lower() # → "àb""#,
    ),
    (
        "trim()",
        |m, receiver, _| Ok(m.string(this(m, receiver)?.trim())),
        r#"The text without white space at its ends.
"  a b ".trim() # → "a b""#,
    ),
    (
        "trim_start()",
        |m, receiver, _| Ok(m.string(this(m, receiver)?.trim_start())),
        r#"The text without white space at its beginning.
" a ".trim_start() # → "a ""#,
    ),
    (
        "trim_end()",
        |m, receiver, _| Ok(m.string(this(m, receiver)?.trim_end())),
        r#"The text without white space at its end.
" a ".trim_end() # → " a""#,
    ),
    (
        "split(separator)",
        |m, receiver, arguments| {
            let separator = text(m, "the separator", arguments[0])?;
            if separator.is_empty() {
                let message = "a text is not split at the empty string";
                return Err(failed_with_hint(
                    "library::empty-text",
                    message,
                    "use `chars()` for the characters",
                ));
            }
            new_texts(m, this(m, receiver)?.split(separator))
        },
        r#"The parts between the places where another text stands, as a tuple.
"a,b,,c".split(",") # → ["a", "b", "", "c"]"#,
    ),
    (
        "lines()",
        |m, receiver, _| new_texts(m, this(m, receiver)?.lines()),
        r#"The lines, without their ends, as a tuple.
"one\ntwo\n".lines() # → ["one", "two"]"#,
    ),
    (
        "words()",
        |m, receiver, _| new_texts(m, this(m, receiver)?.split_whitespace()),
        r#"The parts between white space, as a tuple.
" to be  or".words() # → ["to", "be", "or"]"#,
    ),
    (
        "starts_with(prefix)",
        |m, receiver, arguments| {
            Ok(this(m, receiver)?.starts_with(text(m, "the prefix", arguments[0])?).into())
        },
        r#"Whether the text begins with another one.
"repersys".starts_with("rep") # → true"#,
    ),
    (
        "ends_with(suffix)",
        |m, receiver, arguments| {
            Ok(this(m, receiver)?.ends_with(text(m, "the suffix", arguments[0])?).into())
        },
        r#"Whether the text ends with another one.
"repersys".ends_with("rep") # → false"#,
    ),
    (
        "contains(text)",
        |m, receiver, arguments| Ok(this(m, receiver)?.contains(text(m, "the text", arguments[0])?).into()),
        r#"Whether another text stands in the text.
"repersys".contains("per") # → true"#,
    ),
    (
        "index_of(text)",
        |m, receiver, arguments| {
            let own = this(m, receiver)?;
            Ok(place(m, own, own.find(text(m, "the text", arguments[0])?)))
        },
        r#"The position where another text stands first, or nil.
"éa-a".index_of("a") # → 1"#,
    ),
    (
        "last_index_of(text)",
        |m, receiver, arguments| {
            let own = this(m, receiver)?;
            Ok(place(m, own, own.rfind(text(m, "the text", arguments[0])?)))
        },
        r#"The position where another text stands last, or nil.
"éa-a".last_index_of("a") # → 3"#,
    ),
    (
        "replace(old, new)",
        |m, receiver, arguments| {
            let (old, new) =
                (text(m, "what is replaced", arguments[0])?, text(m, "the replacement", arguments[1])?);
            if old.is_empty() {
                return Err(failed("library::empty-text", "the empty string cannot be replaced"));
            }
            let own = this(m, receiver)?;
            grown(own.matches(old).count(), new.len().saturating_sub(old.len()), own.len())?;
            Ok(m.string(&own.replace(old, new)))
        },
        r#"The text with another one replaced wherever it stands.
"a-b-c".replace("-", "+") # → "a+b+c""#,
    ),
    (
        "slice(start, [end])",
        |m, receiver, arguments| {
            let own = this(m, receiver)?;
            let part = part(m, arguments, own.chars().count())?;
            Ok(m.string(&own.chars().skip(part.start).take(part.len()).collect::<String>()))
        },
        r#"The characters from one position up to another one, or to the end. What lies outside is left out.
"repersys".slice(2, 5) # → "per"
"repersys".slice(-3) # → "sys""#,
    ),
    (
        "repeat(n)",
        |m, receiver, arguments| {
            let (own, times) = (this(m, receiver)?, count(m, "the number of times", arguments[0])?);
            grown(times, own.len(), 0)?;
            Ok(m.string(&own.repeat(times)))
        },
        r#"The text so many times.
"ab".repeat(3) # → "ababab""#,
    ),
    (
        "pad_start(width, [fill])",
        |m, receiver, arguments| {
            let padding = padding(m, "pad_start", receiver, arguments)?;
            Ok(m.string(&[&padding, this(m, receiver)?].concat()))
        },
        r#"The text with spaces, or with a character, before it so that it has a number of characters.
"7".pad_start(3, "0") # → "007""#,
    ),
    (
        "pad_end(width, [fill])",
        |m, receiver, arguments| {
            let padding = padding(m, "pad_end", receiver, arguments)?;
            Ok(m.string(&[this(m, receiver)?, &padding].concat()))
        },
        r#"The text with spaces, or with a character, behind it so that it has a number of characters.
"ab".pad_end(4) + "|" # → "ab  |""#,
    ),
    (
        "reverse()",
        |m, receiver, _| Ok(m.string(&this(m, receiver)?.chars().rev().collect::<String>())),
        r#"The text with its characters in the other order.
"abc".reverse() # → "cba""#,
    ),
    (
        "is_empty()",
        |m, receiver, _| Ok(this(m, receiver)?.is_empty().into()),
        r#"Whether there is no character.
"".is_empty() # → true"#,
    ),
    (
        "to_int()",
        |m, receiver, _| {
            let own = this(m, receiver)?;
            parse_int(m, own, 10)
                .ok_or_else(|| no_number(own, "an integer", "`parse_int` gives nil for such a text"))
        },
        r#"The integer that the text writes; an error if it writes none.
"-42".to_int() # → -42"#,
    ),
    (
        "to_double()",
        |m, receiver, _| {
            let own = this(m, receiver)?;
            parse_double(m, own)
                .ok_or_else(|| no_number(own, "a number", "`parse_double` gives nil for such a text"))
        },
        r#"The number that the text writes, as a double; an error if it writes none.
"2.5e3".to_double() # → 2500.0"#,
    ),
];

const PARSE_INT: Entry = (
    "parse_int(text, [radix])",
    |m, _, arguments| {
        arity("parse_int", arguments, 1..=2)?;
        let radix = optional(arguments, 1).map_or(Ok(10), |radix| int(m, "the radix", radix))?;
        Ok(parse_int(m, text(m, "the text", arguments[0])?, checked_radix(radix)?).unwrap_or(Value::NIL))
    },
    r#"The integer that a text writes, or nil if it writes none; with a radix from 2 to 36.
parse_int("ff", 16) # → 255
parse_int("ten") # → nil"#,
);

const PARSE_DOUBLE: Entry = (
    "parse_double(text)",
    |m, _, arguments| Ok(parse_double(m, text(m, "the text", arguments[0])?).unwrap_or(Value::NIL)),
    r#"The double that a text writes, or nil if it writes none.
parse_double("1e-2") # → 0.01"#,
);

const CHARACTER: Entry = (
    "character(code)",
    |m, _, arguments| {
        let code = int(m, "the code point", arguments[0])?;
        let char = u32::from_i64(code).and_then(char::from_u32);
        let char = char.ok_or_else(|| {
            failed("library::no-character", format!("no character has the code point {code}"))
        })?;
        Ok(m.string(char.encode_utf8(&mut [0; 4])))
    },
    r#"The character with a code point, as a string.
character(233) # → "é""#,
);

fn this<'t>(m: &Mutator<'_>, receiver: Value) -> Result<&'t str, RuntimeError> {
    text(m, "the receiver", receiver)
}

fn ints(m: &Mutator<'_>, ints: impl Iterator<Item = i64>) -> Result<Value, RuntimeError> {
    // They fit the word, so that none of them is a cell.
    let values: Vec<Value> = ints.map(|int| Value::int(m, int)).collect();
    new_tuple(m, &values)
}

/// Returns the position of the character at a byte.
fn place(m: &Mutator<'_>, text: &str, byte: Option<usize>) -> Value {
    byte.map_or(Value::NIL, |byte| Value::int(m, text[..byte].chars().count() as i64))
}

/// Fails when a text would grow too long.
fn grown(times: usize, bytes: usize, before: usize) -> Result<(), RuntimeError> {
    let len = times.checked_mul(bytes).and_then(|more| more.checked_add(before));
    match len {
        Some(len) if len <= MAX_BYTES => Ok(()),
        _ => Err(failed("library::too-large", "the text would be longer than a gigabyte")),
    }
}

fn padding(
    m: &Mutator<'_>,
    name: &'static str,
    receiver: Value,
    arguments: &[Value],
) -> Result<String, RuntimeError> {
    arity(name, arguments, 1..=2)?;
    let width = count(m, "the width", arguments[0])?;
    let fill = optional(arguments, 1).map_or(Ok(" "), |fill| text(m, "the filling character", fill))?;
    if fill.chars().count() != 1 {
        return Err(failed(
            "library::no-character",
            format!("what fills must be one character, not {fill:?}"),
        ));
    }
    let missing = width.saturating_sub(this(m, receiver)?.chars().count());
    grown(missing, fill.len(), 0)?;
    Ok(fill.repeat(missing))
}

pub(crate) fn checked_radix(radix: i64) -> Result<u32, RuntimeError> {
    u32::try_from(radix)
        .ok()
        .filter(|radix| (2..=36).contains(radix))
        .ok_or_else(|| failed("library::bad-radix", format!("a radix is from 2 to 36, not {radix}")))
}

fn parse_int(m: &Mutator<'_>, text: &str, radix: u32) -> Option<Value> {
    // The library for big integers takes underscores; programs are not asked to know that.
    if text.contains('_') {
        return None;
    }
    match i64::from_str_radix(text, radix) {
        Ok(int) => Some(Value::int(m, int)),
        Err(_) => {
            let int = num_bigint::BigInt::from_str_radix(text, radix).ok()?;
            Some(rps_runtime::value::number::from_bigint(m, &int))
        }
    }
}

fn parse_double(m: &Mutator<'_>, text: &str) -> Option<Value> {
    Some(Value::double(m, text.parse().ok()?))
}

fn no_number(text: &str, what: &str, hint: &str) -> RuntimeError {
    failed_with_hint("library::no-number", format!("{text:?} is not {what}"), hint)
}
