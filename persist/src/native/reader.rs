//! Reading JSON by pulling: the caller asks for what must come next, and no tree is built.
//!
//! `serde_json` with its feature `arbitrary_precision`, which exact big integers need, hands every number over as a
//! map that holds a fresh string. Numbers are half of many stores, so the structure is read here, and what is
//! intricate about JSON, the escapes in strings and the grammar of skipped values, is left to `serde_json`.

use std::borrow::Cow;

use serde::de::IgnoredAny;

use crate::Code;
use crate::json::{MAX_DEPTH, string_end, too_deep};

/// What ends the reading of a record.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) code: Code,
    /// Where, in bytes from the beginning of the text.
    pub(crate) at: usize,
    pub(crate) message: String,
}

pub(crate) type Result<T> = std::result::Result<T, Fault>;

/// A position in a JSON text.
#[derive(Debug)]
pub(super) struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    /// Returns a reader that begins at an offset of a text and goes to its end.
    pub(super) fn new(text: &'t str, at: usize) -> Reader<'t> {
        Reader { text, at }
    }

    /// Returns the offset of the next byte that is not blank.
    pub(super) fn offset(&mut self) -> usize {
        self.peek();
        self.at
    }

    /// Returns the offset behind what was read.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Goes back to an offset.
    pub(super) fn back_to(&mut self, offset: usize) {
        self.at = offset;
    }

    /// Returns the next byte that is not blank.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at) {
                Some(b' ' | b'\n' | b'\t' | b'\r') => self.at += 1,
                other => return other.copied(),
            }
        }
    }

    /// Goes past a byte that must come next.
    #[inline]
    pub(super) fn expect(&mut self, byte: u8) -> Result<()> {
        if self.peek() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.unexpected(&format!("`{}`", byte as char)))
        }
    }

    /// Goes past the comma before the next item of an array or object that ends with `close`, or past its end.
    #[inline]
    fn has_next(&mut self, close: u8, first: &mut bool) -> Result<bool> {
        let is_first = std::mem::replace(first, false);
        match self.peek() {
            Some(byte) if byte == close => {
                self.at += 1;
                Ok(false)
            }
            Some(b',') if !is_first => {
                self.at += 1;
                if self.peek() == Some(close) {
                    return Err(self.unexpected("another item after the comma"));
                }
                Ok(true)
            }
            _ if is_first => Ok(true),
            _ => Err(self.unexpected(&format!("`,` or `{}`", close as char))),
        }
    }

    /// Returns whether the array that was opened has another element, which comes next.
    #[inline]
    pub(super) fn next_element(&mut self, first: &mut bool) -> Result<bool> {
        self.has_next(b']', first)
    }

    /// Returns the next key of the object that was opened; its value comes next.
    #[inline]
    pub(super) fn next_key(&mut self, first: &mut bool) -> Result<Option<Cow<'t, str>>> {
        if !self.has_next(b'}', first)? {
            return Ok(None);
        }
        let key = self.string()?;
        self.expect(b':')?;
        Ok(Some(key))
    }

    /// Returns a string.
    #[inline]
    pub(super) fn string(&mut self) -> Result<Cow<'t, str>> {
        self.expect(b'"')
            .map_err(|fault| Fault { message: fault.message.replace("`\"`", "a string"), ..fault })?;
        let bytes = self.text.as_bytes();
        let start = self.at;
        loop {
            match bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Borrowed(&self.text[start..self.at - 1]));
                }
                Some(b'\\') => return self.escaped_string(start - 1).map(Cow::Owned),
                Some(0..0x20) => return Err(self.fault(Code::BadJson, "a control character in a string")),
                Some(_) => self.at += 1,
                None => return Err(self.unexpected("the end of a string")),
            }
        }
    }

    #[cold]
    fn escaped_string(&mut self, start: usize) -> Result<String> {
        let end = string_end(self.text.as_bytes(), start);
        let unescaped = serde_json::from_str(&self.text[start..end]);
        self.at = start;
        let unescaped = unescaped.map_err(|error| self.json_fault(&error))?;
        self.at = end;
        Ok(unescaped)
    }

    /// Returns a number as it is written, and whether it is an integer.
    #[inline]
    pub(super) fn number(&mut self) -> Result<(&'t str, bool)> {
        self.peek();
        let start = self.at;
        let bytes = self.text.as_bytes();
        let digits = |from: usize| {
            from + bytes
                .get(from..)
                .map_or(0, |rest| rest.iter().take_while(|byte| byte.is_ascii_digit()).count())
        };
        let first = start + usize::from(bytes.get(start) == Some(&b'-'));
        let mut end = digits(first);
        let mut sound = end > first && (bytes[first] != b'0' || end == first + 1);
        let mut is_integer = true;
        if bytes.get(end) == Some(&b'.') {
            let from = end + 1;
            end = digits(from);
            sound &= end > from;
            is_integer = false;
        }
        if let Some(b'e' | b'E') = bytes.get(end) {
            let from = end + 1 + usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            end = digits(from);
            sound &= end > from;
            is_integer = false;
        }
        if !sound {
            return Err(self.unexpected("a number"));
        }
        self.at = end;
        Ok((&self.text[start..end], is_integer))
    }

    /// Goes past `true`, `false` or `null`.
    pub(super) fn word(&mut self, word: &str) -> Result<()> {
        self.peek();
        if self.text[self.at..].starts_with(word) {
            self.at += word.len();
            Ok(())
        } else {
            Err(self.unexpected("a value"))
        }
    }

    /// Goes past a value of any kind, and returns its text.
    pub(super) fn skip(&mut self) -> Result<&'t str> {
        self.peek();
        let (start, rest) = (self.at, &self.text[self.at..]);
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<IgnoredAny>();
        match values.next() {
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(self.json_fault(&error)),
            None => return Err(self.unexpected("a value")),
        }
        let text = &rest[..values.byte_offset()];
        if let Some(at) = too_deep(text.as_bytes(), MAX_DEPTH) {
            self.at += at;
            return Err(self.fault(Code::TooDeep, format!("values are nested more than {MAX_DEPTH} deep")));
        }
        self.at = start + text.len();
        Ok(text)
    }

    /// Checks that nothing comes any more.
    pub(super) fn end(&mut self) -> Result<()> {
        if self.peek().is_none() { Ok(()) } else { Err(self.unexpected("nothing more")) }
    }

    /// Returns a fault at the current position.
    pub(super) fn fault(&self, code: Code, message: impl Into<String>) -> Fault {
        Fault { code, at: self.at, message: message.into() }
    }

    /// Returns the fault of something else than what must come next.
    #[cold]
    pub(super) fn unexpected(&mut self, wanted: &str) -> Fault {
        match self.peek() {
            None => self.fault(Code::Truncated, format!("the text is cut off where {wanted} must come")),
            Some(_) => {
                let found = self.text[self.at..].chars().next().unwrap_or_default();
                self.fault(Code::BadJson, format!("expected {wanted}, found `{found}`"))
            }
        }
    }

    fn json_fault(&self, error: &serde_json::Error) -> Fault {
        let message = error.to_string();
        let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
        self.fault(if error.is_eof() { Code::Truncated } else { Code::BadJson }, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_grammar_of_json() {
        for (text, is_integer) in
            [("0", true), ("-12", true), ("1.50", false), ("1e5", false), ("-0.1E-2", false)]
        {
            assert_eq!(Reader::new(text, 0).number(), Ok((text, is_integer)));
        }
        for text in ["-", "1.", "01", "1e", ".5", "+1", "1e+"] {
            assert!(Reader::new(text, 0).number().is_err(), "{text}");
        }
    }

    #[test]
    fn strings_follow_the_grammar_of_json() {
        let read = |text: &'static str| Reader::new(text, 0).string();
        assert_eq!(read(r#" "é" "#), Ok("é".into()));
        assert_eq!(read(r#""a\"\u0000\ud834\udd1e""#), Ok("a\"\0𝄞".into()));
        for text in ["\"a\nb\"", r#""\x""#, r#""\ud834""#, "\"ab", r#""a\"#, "x"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_skipped_is_returned_verbatim() {
        let mut reader = Reader::new(" {\"a\" : [1.50, \"]\"]} ,", 0);
        assert_eq!(reader.skip(), Ok("{\"a\" : [1.50, \"]\"]}"));
        assert_eq!(reader.peek(), Some(b','));
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert_eq!(Reader::new(&deep, 0).skip().unwrap_err().code, Code::TooDeep);
        assert_eq!(Reader::new("{\"a\":}", 0).skip().unwrap_err().code, Code::BadJson);
    }
}
