use core::fmt;

/// A schema's text has no more bytes than this.
const MAX: usize = 8192;

/// The text of a schema, made while the plugin is compiled.
#[derive(Clone, Copy)]
pub struct SchemaText {
    bytes: [u8; MAX],
    len: usize,
}

impl SchemaText {
    /// Returns an empty text.
    #[allow(clippy::new_without_default, reason = "a constant")]
    pub const fn new() -> SchemaText {
        SchemaText { bytes: [0; MAX], len: 0 }
    }

    /// Returns it with words behind it.
    ///
    /// # Panics
    ///
    /// If it gets longer than 8192 bytes; in a constant, while the plugin is compiled.
    #[must_use]
    pub const fn and(mut self, text: &str) -> SchemaText {
        let text = text.as_bytes();
        assert!(self.len + text.len() <= MAX, "the schema of a payload has more than 8192 bytes");
        let mut index = 0;
        while index < text.len() {
            self.bytes[self.len + index] = text[index];
            index += 1;
        }
        self.len += text.len();
        self
    }

    /// Returns it with another one behind it.
    ///
    /// # Panics
    ///
    /// As of [`SchemaText::and`].
    #[must_use]
    pub const fn and_schema(self, other: &SchemaText) -> SchemaText {
        self.and(other.as_str())
    }

    /// Returns it with a number behind it.
    ///
    /// # Panics
    ///
    /// As of [`SchemaText::and`].
    #[must_use]
    pub const fn and_number(self, number: usize) -> SchemaText {
        let this = if number >= 10 { self.and_number(number / 10) } else { self };
        let digit = [b'0' + (number % 10) as u8];
        match core::str::from_utf8(&digit) {
            Ok(digit) => this.and(digit),
            Err(_) => this,
        }
    }

    /// Returns it as text.
    pub const fn as_str(&self) -> &str {
        match core::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "",
        }
    }
}

impl fmt::Debug for SchemaText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
