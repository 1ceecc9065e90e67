//! What a string says: its escapes resolved.

use crate::syntax::{Diagnostic, Span, codes};

/// Resolves the escapes of `body`, the text between the quotes, which begins at offset `base`.
///
/// `format` says whether it is the text of an f-string, in which braces can be escaped. What is wrong goes to
/// `report` and is left in the result as it is written.
pub(crate) fn unescape(body: &str, base: u32, format: bool, report: &mut dyn FnMut(Diagnostic)) -> String {
    let mut out = String::with_capacity(body.len());
    let mut at = 0;
    while let Some(found) = body[at..].find(['\\', '\r']) {
        out.push_str(&body[at..at + found]);
        at += found;
        let rest = &body[at..];
        if let Some(after) = rest.strip_prefix("\r\n") {
            out.push('\n');
            at = body.len() - after.len();
            continue;
        }
        let length = match escape(rest, format) {
            Ok((character, length)) => {
                out.extend(character);
                length
            }
            Err(Problem { length, label, hint }) => {
                let start = base + super::offset(at);
                let span = Span::new(start, start + super::offset(length));
                if !label.is_empty() {
                    let diagnostic =
                        Diagnostic::error(codes::BAD_ESCAPE, span, "this escape is unknown").label(label);
                    report(if hint.is_empty() { diagnostic } else { diagnostic.hint(hint) });
                }
                out.push_str(&rest[..length]);
                length
            }
        };
        at += length;
    }
    out.push_str(&body[at..]);
    out
}

/// Returns what a raw string says: what is written, with LF for line endings.
pub(crate) fn unescape_raw(body: &str) -> String {
    body.replace("\r\n", "\n")
}

/// An escape that is none. A lone carriage return comes here too, with nothing to be said about it.
struct Problem {
    length: usize,
    label: String,
    hint: String,
}

/// Reads the escape that `text` begins with: a character or nothing, and how long it is written.
fn escape(text: &str, format: bool) -> Result<(Option<char>, usize), Problem> {
    let problem = |length: usize, label: &str, hint: &str| Problem {
        length,
        label: label.to_owned(),
        hint: hint.to_owned(),
    };
    let mut characters = text.chars();
    if characters.next() != Some('\\') {
        return Err(problem(1, "", ""));
    }
    let Some(letter) = characters.next() else {
        return Err(problem(1, "nothing follows", "write `\\\\` for a backslash"));
    };
    let simple = match letter {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        '0' => '\0',
        'e' => '\x1b',
        '\\' | '"' => letter,
        '{' | '}' if format => letter,
        '\n' | '\r' => return continuation(text),
        'x' => return two_digits(text),
        'u' => return code_point(text),
        '{' | '}' => {
            return Err(problem(2, "braces need no escape here", "only in an f-string"));
        }
        '\'' => return Err(problem(2, "needs no escape", "write `'`")),
        _ => {
            let hint = "known are \\n \\t \\r \\0 \\e \\\\ \\\" \\xHH \\u{H…}, and a backslash before a line ending; \
                        a raw string r\"…\" has no escapes";
            return Err(problem(1 + letter.len_utf8(), "not an escape", hint));
        }
    };
    Ok((Some(simple), 2))
}

/// A backslash at the end of a line: the line ending and the white space that follows are not part of the string.
fn continuation(text: &str) -> Result<(Option<char>, usize), Problem> {
    match text.strip_prefix("\\\n").or_else(|| text.strip_prefix("\\\r\n")) {
        Some(after) => Ok((None, text.len() - after.trim_start_matches([' ', '\t', '\n', '\r']).len())),
        None => Err(Problem {
            length: 1,
            label: "a lone carriage return follows".to_owned(),
            hint: String::new(),
        }),
    }
}

fn two_digits(text: &str) -> Result<(Option<char>, usize), Problem> {
    let digits = text[2..].find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(text.len() - 2).min(2);
    let value = text.get(2..4).filter(|_| digits == 2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    let hint = "\\xHH takes two hexadecimal digits, at most 7F; beyond that write \\u{…}";
    match value {
        Some(byte) if byte <= 0x7f => Ok((Some(char::from(byte)), 4)),
        Some(_) => Err(Problem { length: 4, label: "more than 7F".to_owned(), hint: hint.to_owned() }),
        None => Err(Problem {
            length: 2 + digits,
            label: "two hexadecimal digits must follow".to_owned(),
            hint: hint.to_owned(),
        }),
    }
}

fn code_point(text: &str) -> Result<(Option<char>, usize), Problem> {
    let length = super::format::code_point_length(text);
    let problem = |length: usize, label: &str| Problem {
        length,
        label: label.to_owned(),
        hint: "\\u{…} takes one to six hexadecimal digits of a Unicode character, as in \\u{1F600}"
            .to_owned(),
    };
    let Some(length) = length else {
        return Err(problem(2, "`{`, hexadecimal digits and `}` must follow"));
    };
    match u32::from_str_radix(&text[3..length - 1], 16).ok().and_then(char::from_u32) {
        Some(character) if length <= 10 => Ok((Some(character), length)),
        _ => Err(problem(length, "not a Unicode character")),
    }
}
