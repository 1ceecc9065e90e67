//! Tables of what was tried and what came of it.

use std::env;
use std::fmt;
use std::fs::OpenOptions;
use std::io::Write;

/// A table: a title, the names of the columns, and rows of as many cells. All but the first column are numbers.
#[derive(Debug, Clone)]
pub struct Table {
    title: String,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Returns a table without rows.
    pub fn new(title: impl Into<String>, columns: &[&str]) -> Table {
        let columns = columns.iter().map(|&column| column.to_owned()).collect();
        Table { title: title.into(), columns, rows: Vec::new() }
    }

    /// Adds a row.
    ///
    /// # Panics
    ///
    /// Panics when there are not as many numbers as columns beside the first.
    pub fn row(&mut self, name: impl Into<String>, numbers: &[usize]) {
        assert_eq!(numbers.len() + 1, self.columns.len(), "a row has a cell for each column");
        let row = std::iter::once(name.into()).chain(numbers.iter().map(|&number| grouped(number)));
        self.rows.push(row.collect());
    }

    /// Prints the table, and appends its rows to the file that `RPS_FAULTS_TABLES` names, from which `cargo xtask faults`
    /// makes tables of all that have the same title: a line is the title, the columns and the cells, with tabs between.
    ///
    /// # Panics
    ///
    /// Panics when the file can not be written.
    pub fn publish(&self) {
        println!("{self}");
        if let Some(path) = env::var_os("RPS_FAULTS_TABLES") {
            let mut file = OpenOptions::new().create(true).append(true).open(&path).expect("the file opens");
            for row in &self.rows {
                let cells = self.columns.iter().chain(row).map(|cell| format!("\t{cell}"));
                let line = std::iter::once(self.title.clone()).chain(cells).chain(["\n".to_owned()]);
                file.write_all(String::from_iter(line).as_bytes()).expect("the row is written");
            }
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = || std::iter::once(&self.columns).chain(&self.rows);
        let width = |at: usize| all().map(|row| row[at].chars().count()).max().unwrap_or(0);
        writeln!(f, "{}", self.title)?;
        for row in all() {
            write!(f, "  {:<width$}", row[0], width = width(0))?;
            for (at, cell) in row.iter().enumerate().skip(1) {
                write!(f, "  {cell:>width$}", width = width(at))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// Returns a number with blanks between its thousands.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new("faults", &["operation", "states", "losses"]);
        table.row("dump", &[1_234_567, 0]);
        table.row("a longer one", &[12, 3]);
        let text = "faults\n  operation        states  losses\n  dump          1 234 567       0\n  a longer one         12       3\n";
        assert_eq!(table.to_string(), text);
    }
}
