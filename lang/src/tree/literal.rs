//! Writing literals, f-strings and code chunks.

use unicode_ident::is_xid_continue;

use super::precedence::Level;
use super::print::Printer;
use crate::syntax::ast::{ChunkPart, CodeChunk, FormatPart, Literal};

impl Printer {
    pub(super) fn literal(&mut self, literal: &Literal) {
        match literal {
            Literal::Nil => self.push("nil"),
            Literal::Boolean(true) => self.push("true"),
            Literal::Boolean(false) => self.push("false"),
            Literal::Integer(integer) => {
                self.push(match integer.radix {
                    16 => "0x",
                    8 => "0o",
                    2 => "0b",
                    _ => "",
                });
                self.push(&integer.digits);
            }
            Literal::Double(double) => self.push(&format!("{double:?}")),
            Literal::String(text) => {
                self.push("\"");
                self.escaped(text, false);
                self.push("\"");
            }
        }
    }

    pub(super) fn format_string(&mut self, parts: &[FormatPart]) {
        self.push("f\"");
        for part in parts {
            match part {
                FormatPart::Text { text, .. } => self.escaped(text, true),
                FormatPart::Value(value) => {
                    self.push("{");
                    let start = self.out.len();
                    self.formats += 1;
                    self.expression(value, Level::Loosest);
                    self.formats -= 1;
                    if self.out[start..].starts_with('{') {
                        self.out.insert(start, ' ');
                    }
                    self.push("}");
                }
            }
        }
        self.push("\"");
    }

    /// Writes the text of a string: everything that is not seen, or changes how the text around it is seen, as an escape.
    fn escaped(&mut self, text: &str, format: bool) {
        for character in text.chars() {
            match character {
                '\n' => self.push("\\n"),
                '\t' => self.push("\\t"),
                '\r' => self.push("\\r"),
                '\0' => self.push("\\0"),
                '\x1b' => self.push("\\e"),
                '\\' => self.push("\\\\"),
                '"' => self.push("\\\""),
                '{' if format => self.push("\\{"),
                '}' if format => self.push("\\}"),
                _ if is_hidden(character) => self.push(&format!("\\u{{{:x}}}", u32::from(character))),
                _ => self.out.push(character),
            }
        }
    }

    pub(super) fn chunk(&mut self, chunk: &CodeChunk) {
        self.push("#");
        self.push(&chunk.tag);
        self.push("{");
        let mut after_name = false;
        for part in &chunk.parts {
            match part {
                ChunkPart::Text(text) => {
                    if after_name && text.starts_with(is_xid_continue) {
                        self.push("$.");
                    }
                    self.push(&text.replace('$', "$$"));
                    after_name = false;
                }
                ChunkPart::Variable { name, .. } => {
                    self.push("$");
                    self.push(name);
                    after_name = true;
                }
            }
        }
        self.push("}");
        self.push(&chunk.tag);
        self.push("#");
    }
}

/// Returns whether a character is not seen where text is shown.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}
