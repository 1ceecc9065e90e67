//! Tables: cells in columns, a line each.

use unicode_width::UnicodeWidthStr;

use super::{Look, Paint};

/// A table. The last column is broken between words where it is too wide.
pub(crate) struct Table {
    heads: Vec<String>,
    /// The columns whose cells stand at the right.
    numbers: Vec<usize>,
    rows: Vec<Row>,
}

struct Row {
    cells: Vec<String>,
    paint: Paint,
    /// What is said of the row as a whole, below it.
    notes: Vec<String>,
}

/// So many columns are between two cells.
const GAP: usize = 2;

impl Table {
    /// Returns a table with these heads, and nothing in it.
    pub(crate) fn new(heads: &[&str]) -> Table {
        let heads = heads.iter().map(ToString::to_string).collect();
        Table { heads, numbers: Vec::new(), rows: Vec::new() }
    }

    /// Puts the cells of these columns to the right.
    pub(crate) fn numbers(mut self, columns: &[usize]) -> Table {
        self.numbers = columns.to_vec();
        self
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.painted(Paint::Plain, cells);
    }

    /// Adds a row in a colour.
    pub(crate) fn painted(&mut self, paint: Paint, cells: impl IntoIterator<Item = String>) {
        // A cell is a line: what is in it comes from others.
        let line = |text: String| text.split(['\n', '\r', '\t']).collect::<Vec<_>>().join(" ");
        let cells = cells.into_iter().map(line).collect();
        self.rows.push(Row { cells, paint, notes: Vec::new() });
    }

    /// Adds a line below the last row.
    pub(crate) fn note(&mut self, text: impl Into<String>) {
        if let Some(row) = self.rows.last_mut() {
            row.notes.push(text.into());
        }
    }

    /// Returns whether there are no rows.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns the lines.
    pub(crate) fn render(&self, look: Look) -> String {
        let columns =
            self.rows.iter().map(|row| row.cells.len()).chain([self.heads.len()]).max().unwrap_or(0);
        let all = || self.rows.iter().map(|row| &row.cells).chain([&self.heads]);
        let width = |column: usize| all().filter_map(|row| Some(row.get(column)?.width())).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut lines = Vec::new();
        if self.heads.iter().any(|head| !head.is_empty()) {
            lines.push(look.paint(Paint::Heading, &self.line(&self.heads, &widths, look)));
        }
        for row in &self.rows {
            lines.push(look.paint(row.paint, &self.line(&row.cells, &widths, look)));
            lines.extend(row.notes.iter().map(|note| format!("  {}", wrap(note, look.width, 2))));
        }
        lines.join("\n")
    }

    fn line(&self, cells: &[String], widths: &[usize], look: Look) -> String {
        let mut line = String::new();
        let mut margin = 0;
        for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
            let spaces = " ".repeat(width.saturating_sub(cell.width()));
            let is_last = column + 1 == widths.len();
            match self.numbers.contains(&column) {
                true => line.extend([&spaces, cell.as_str()]),
                false if is_last && margin + GAP < look.width => {
                    line.push_str(&wrap(cell, look.width, margin));
                }
                false => line.extend([cell.as_str(), &spaces]),
            }
            line.push_str(&" ".repeat(GAP));
            margin += width + GAP;
        }
        line.truncate(line.trim_end().len());
        line
    }
}

/// Breaks a text between words, such that it fits beside a margin.
pub(crate) fn wrap(text: &str, width: usize, margin: usize) -> String {
    let (mut out, mut column) = (String::new(), margin);
    for (index, word) in text.split(' ').enumerate() {
        if index > 0 && column + 1 + word.width() > width {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', margin));
            column = margin;
        } else if index > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += word.width();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_in_columns_and_the_last_one_is_broken() {
        let mut table = Table::new(&["name", "size", "about"]).numbers(&[1]);
        table.row(["é".into(), "12345".into(), "one two three".into()]);
        table.note("and\tmore");
        table.row(["longer".into(), "1".into(), "a\nb".into()]);
        let look = Look { width: 24, ..Look::default() };
        let expected = "name     size  about\né       12345  one two\n               three\n  and\tmore\nlonger      1  a b";
        assert_eq!(table.render(look), expected);
    }

    #[test]
    fn texts_are_broken_between_words() {
        assert_eq!(wrap("one two three", 80, 36), "one two three");
        assert_eq!(wrap("one two three", 12, 4), "one two\n    three");
        assert_eq!(wrap("one", 2, 4), "one");
    }
}
