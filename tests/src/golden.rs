//! Programs with what they give, as text files that are pleasant to write and to compare.
//!
//! A file is cases one after the other, with comments between them in the form that the language has:
//!
//! ```text
//! # What the topic is.
//!
//! --- the name of the case
//! print("once")
//! 1 + 2
//! out: once
//! => 3
//!
//! --- an error
//! let a = 0
//! 1 / a
//! !! run::division-by-zero: division of an integer by zero
//!    at 2:1
//! ```
//!
//! The expectation begins at the first line that begins with `out:` (a line that the program writes), `=>` (the value of
//! its last expression) or `!!` (an error: code and message, then indented its place, its hint and the calls that led
//! there). A line `---- reload` in the program is where the process ends that defines, and the one begins that goes on.

use std::fmt;

/// A file of cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoldenFile {
    /// What stands before the first case.
    pub head: String,
    /// The cases, in their order.
    pub cases: Vec<Case>,
}

/// A program with what it gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What the case shows.
    pub name: String,
    /// The number of the line with the name.
    pub line: usize,
    /// The program, the line `---- reload` included.
    pub source: String,
    /// What it gives.
    pub expected: Outcome,
}

/// What running a program gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The lines that it wrote.
    pub out: Vec<String>,
    /// The printed value of the last expression, or the errors.
    pub result: Result<String, Vec<Failure>>,
}

/// An error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The stable code.
    pub code: String,
    /// The message.
    pub message: String,
    /// Line and column, from 1.
    pub place: (u32, u32),
    /// What to do about it.
    pub hint: Option<String>,
    /// The calls that led there, innermost first.
    pub calls: Vec<String>,
}

const NAME: &str = "--- ";
const RELOAD: &str = "---- reload";
const OUT: &str = "out:";
const VALUE: &str = "=> ";
const ERROR: &str = "!! ";
const PLACE: &str = "   at ";
const HINT: &str = "   hint: ";
const CALL: &str = "   in ";

/// Reads a file of cases.
///
/// # Errors
///
/// Returns the number of the line that has no meaning where it stands, and why.
pub fn parse(text: &str) -> Result<GoldenFile, (usize, String)> {
    let mut file = GoldenFile { head: String::new(), cases: Vec::new() };
    let mut expectation: Vec<(usize, &str)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if let Some(name) = line.strip_prefix(NAME) {
            finish(&mut file, &mut expectation)?;
            let expected = Outcome { out: Vec::new(), result: Ok(String::new()) };
            let name = name.trim().to_owned();
            file.cases.push(Case { name, line: index + 1, source: String::new(), expected });
        } else if let Some(case) = file.cases.last_mut() {
            let begins = [OUT, VALUE, ERROR].iter().any(|mark| line.starts_with(mark));
            if begins || !expectation.is_empty() {
                expectation.push((index + 1, line));
            } else {
                case.source.push_str(line);
                case.source.push('\n');
            }
        } else {
            file.head.push_str(line);
            file.head.push('\n');
        }
    }
    finish(&mut file, &mut expectation)?;
    Ok(file)
}

fn finish(file: &mut GoldenFile, lines: &mut Vec<(usize, &str)>) -> Result<(), (usize, String)> {
    let Some(case) = file.cases.last_mut() else { return Ok(()) };
    case.source.truncate(case.source.trim_end().len());
    case.expected = Outcome::parse(case.line, &std::mem::take(lines))?;
    Ok(())
}

impl Case {
    /// Returns the program as one text; the line `---- reload` is empty in it, so that places stay true.
    #[must_use]
    pub fn program(&self) -> String {
        self.source.lines().map(|line| if line == RELOAD { "" } else { line }).collect::<Vec<_>>().join("\n")
    }

    /// Returns how many bytes of the program stand before the line `---- reload`.
    #[must_use]
    pub fn reload(&self) -> Option<usize> {
        if self.source.starts_with(RELOAD) {
            return Some(0);
        }
        self.source.find(&format!("\n{RELOAD}")).map(|at| at + 1)
    }
}

impl Outcome {
    fn parse(case: usize, lines: &[(usize, &str)]) -> Result<Outcome, (usize, String)> {
        let (mut out, mut value, mut failures) = (Vec::new(), None::<String>, Vec::<Failure>::new());
        for &(number, line) in lines {
            let wrong = |why: &str| Err((number, format!("{why}: {line}")));
            if let Some(text) = line.strip_prefix(OUT) {
                out.push(text.strip_prefix(' ').unwrap_or(text).to_owned());
            } else if let Some(text) = line.strip_prefix(VALUE) {
                value = Some(text.to_owned());
            } else if let Some(text) = line.strip_prefix(ERROR) {
                let (code, message) = text.split_once(": ").unwrap_or((text, ""));
                failures.push(Failure::new(code, message));
            } else if line.trim().is_empty() {
                // Between cases.
            } else {
                let Some(failure) = failures.last_mut() else { return wrong("neither program nor result") };
                if let Some(hint) = line.strip_prefix(HINT) {
                    failure.hint = Some(hint.to_owned());
                } else if let Some(call) = line.strip_prefix(CALL) {
                    failure.calls.push(call.to_owned());
                } else {
                    let place = line.strip_prefix(PLACE).and_then(|place| place.split_once(':'));
                    match place.map(|(line, column)| (line.parse(), column.parse())) {
                        Some((Ok(line), Ok(column))) => failure.place = (line, column),
                        _ => return wrong("no part of an error"),
                    }
                }
            }
        }
        match (value, failures.is_empty()) {
            (Some(value), true) => Ok(Outcome { out, result: Ok(value) }),
            (None, false) => Ok(Outcome { out, result: Err(failures) }),
            _ => Err((case, "a case gives one value, or errors".to_owned())),
        }
    }
}

impl Failure {
    /// Returns an error at the beginning of the text, without a hint.
    #[must_use]
    pub fn new(code: &str, message: &str) -> Failure {
        let (code, message) = (code.to_owned(), message.to_owned());
        Failure { code, message, place: (1, 1), hint: None, calls: Vec::new() }
    }
}

impl fmt::Display for GoldenFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.head)?;
        for (index, case) in self.cases.iter().enumerate() {
            let gap = if index > 0 { "\n" } else { "" };
            write!(f, "{gap}{NAME}{}\n{}\n{}", case.name, case.source, case.expected)?;
        }
        Ok(())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.out {
            writeln!(f, "{}", format!("{OUT} {line}").trim_end())?;
        }
        match &self.result {
            Ok(value) => writeln!(f, "{VALUE}{value}"),
            Err(failures) => failures.iter().try_for_each(|failure| write!(f, "{failure}")),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{ERROR}{}: {}", self.code, self.message)?;
        writeln!(f, "{PLACE}{}:{}", self.place.0, self.place.1)?;
        self.calls.iter().try_for_each(|call| writeln!(f, "{CALL}{call}"))?;
        self.hint.iter().try_for_each(|hint| writeln!(f, "{HINT}{hint}"))
    }
}

/// Returns the text with `_…` for every oid that `known` does not contain: those of new objects are made by chance.
#[must_use]
pub fn without_new_oids(text: &str, known: &str) -> String {
    const DIGITS: usize = 18;
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('_') {
        let (before, from) = rest.split_at(at);
        result.push_str(before);
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let inside = before.chars().next_back().is_some_and(is_word);
        let digits = from[1..].bytes().take_while(u8::is_ascii_alphanumeric).count();
        let ends = !from[1 + digits..].starts_with(is_word);
        let oid = &from[..1 + digits];
        let is_oid = !inside && ends && digits == DIGITS && oid.as_bytes()[1].is_ascii_digit();
        result.push_str(if is_oid && !known.contains(oid) { "_…" } else { oid });
        rest = &from[oid.len()..];
    }
    result + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# About.\n\n--- first\nprint(1)\n1 + 2\nout: 1\nout:\n=> 3\n\n--- second\nlet a = 0\n---- reload\n\n1 / a\n\
                        !! run::x: it: fails\n   at 4:3\n   in f\n   hint: do not\n!! run::y: again\n   at 1:1\n";

    #[test]
    fn a_file_is_printed_as_it_is_read() {
        let file = parse(TEXT).unwrap();
        assert_eq!(file.to_string(), TEXT);
        assert_eq!(file.cases.len(), 2);
        assert_eq!(file.cases[0].expected.out, ["1", ""]);
        assert_eq!(file.cases[0].expected.result.as_deref(), Ok("3"));
        let failures = file.cases[1].expected.result.as_ref().unwrap_err();
        assert_eq!(failures[0].message, "it: fails");
        assert_eq!((failures[0].place, failures[0].calls.len()), ((4, 3), 1));
        assert_eq!(failures[1].hint, None);
    }

    #[test]
    fn places_stay_true_around_a_reload() {
        let case = &parse(TEXT).unwrap().cases[1];
        assert_eq!(case.program(), "let a = 0\n\n\n1 / a");
        assert_eq!(case.reload(), Some(10));
        assert_eq!(parse(TEXT).unwrap().cases[0].reload(), None);
    }

    #[test]
    fn what_is_no_expectation_is_refused() {
        for (text, line) in [
            ("--- a\n1\n=> 1\n2\n", 4),
            ("--- a\n1\n", 1),
            ("--- a\n1\n=> 1\n!! x: y\n", 1),
            ("--- a\n1\n!! x: y\n   at 1\n", 4),
        ] {
            assert_eq!(parse(text).unwrap_err().0, line, "{text}");
        }
    }

    #[test]
    fn new_oids_are_left_out() {
        let known = "_41OFI3r0S1t03qdB2E";
        for (text, expected) in [
            ("_41OFI3r0S1t03qdB2E _41OFI3r0S1t03qdB2F∈c", "_41OFI3r0S1t03qdB2E _…∈c"),
            ("a_41OFI3r0S1t03qdB2F", "a_41OFI3r0S1t03qdB2F"),
            ("_41OFI3r0S1t03qdB2F9 __ _é_", "_41OFI3r0S1t03qdB2F9 __ _é_"),
        ] {
            assert_eq!(without_new_oids(text, known), expected);
        }
    }
}
