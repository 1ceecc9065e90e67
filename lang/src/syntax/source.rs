//! A source text with its name, and where its lines are.

use unicode_width::UnicodeWidthChar;

use super::Span;

/// How many columns a tab takes where source text is shown.
pub const TAB_WIDTH: u32 = 4;

/// A source text, its name, and an index of its lines.
#[derive(Clone, Debug)]
pub struct SourceText {
    name: String,
    text: String,
    line_starts: Vec<u32>,
}

/// A place in a source text as people count: from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in characters (Unicode scalar values): what editors jump to.
    pub column: u32,
}

impl SourceText {
    /// Makes a source text; `name` is what messages call it, usually its path.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let after_newlines = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
        let line_starts = std::iter::once(0).chain(after_newlines.map(|(at, _)| offset(at + 1))).collect();
        Self { name: name.into(), text, line_starts }
    }

    /// Returns what messages call the text.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns how many lines there are; a text that ends in a newline ends in an empty line.
    #[must_use]
    pub fn line_count(&self) -> u32 {
        offset(self.line_starts.len())
    }

    /// Returns the line and column of `offset`; beyond the end it is the end.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line_of(offset);
        let start = self.line_starts[line as usize - 1];
        let before = self.before(start, offset);
        Position { line, column: self::offset(before.chars().count()) + 1 }
    }

    /// Returns how many columns of a terminal lie on the line before `offset`: wide characters take two,
    /// combining ones none, a tab takes [`TAB_WIDTH`].
    #[must_use]
    pub fn display_column(&self, offset: u32) -> u32 {
        let start = self.line_starts[self.line_of(offset) as usize - 1];
        self.before(start, offset).chars().map(display_width).sum()
    }

    /// Returns line `line`, counted from 1, without its line ending; a line that does not exist is empty.
    #[must_use]
    pub fn line_text(&self, line: u32) -> &str {
        let text = self.line_span(line).text(&self.text);
        text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text))
    }

    /// Returns the span of line `line`, counted from 1, with its line ending.
    #[must_use]
    pub fn line_span(&self, line: u32) -> Span {
        let end = offset(self.text.len());
        let start_of = |line: u32| self.line_starts.get(line as usize).copied().unwrap_or(end);
        if line == 0 { Span::at(0) } else { Span::new(start_of(line - 1), start_of(line)) }
    }

    fn line_of(&self, offset: u32) -> u32 {
        self::offset(self.line_starts.partition_point(|&start| start <= offset))
    }

    /// The text from `start` to `end`, which is moved down to the end of the text or a character boundary.
    fn before(&self, start: u32, end: u32) -> &str {
        let mut end = (end as usize).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        self.text.get(start as usize..end).unwrap_or_default()
    }
}

/// Returns how many columns a character takes where source text is shown.
#[must_use]
pub fn display_width(character: char) -> u32 {
    if character == '\t' { TAB_WIDTH } else { UnicodeWidthChar::width(character).map_or(1, offset) }
}

/// A length as an offset. Texts over 4 GiB are refused before they are cut into tokens.
fn offset(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_and_columns_count_cells() {
        let source = SourceText::new("t", "ab\n日本x\r\n\te\u{301}f");
        assert_eq!(source.line_count(), 3);
        assert_eq!(source.position(0), Position { line: 1, column: 1 });
        assert_eq!(source.position(2), Position { line: 1, column: 3 });
        let x = source.text().find('x').unwrap() as u32;
        assert_eq!(source.position(x), Position { line: 2, column: 3 });
        assert_eq!(source.display_column(x), 4);
        let f = source.text().find('f').unwrap() as u32;
        assert_eq!(source.display_column(f), TAB_WIDTH + 1);
        assert_eq!(source.line_text(2), "日本x");
        assert_eq!(source.line_span(2).text(source.text()), "日本x\r\n");
    }

    #[test]
    fn offsets_outside_the_text_or_inside_a_character_do_no_harm() {
        let source = SourceText::new("t", "é\n");
        assert_eq!(source.position(1), Position { line: 1, column: 1 });
        assert_eq!(source.position(u32::MAX), Position { line: 2, column: 1 });
        assert_eq!(source.line_text(0), "");
        assert_eq!(source.line_text(9), "");
        assert_eq!(SourceText::new("t", "").position(0), Position { line: 1, column: 1 });
    }
}
