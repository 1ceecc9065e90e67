//! `faults`: the proofs of durability at length, and the tables that tell of them.
//!
//! The proofs are tests, in `tests/tests/durability`; `cargo test` runs them too, with less of everything. Each appends the
//! rows of its tables to a file: a line is the title, the columns and the cells, with tabs between.

use std::env;
use std::fmt::Write as _;
use std::fs;

use clap::Args;

use crate::steps::{Report, cargo};

/// How much is tried.
#[derive(Debug, Args)]
pub(crate) struct Amounts {
    /// How often a working process is killed
    #[arg(long, value_name = "N", default_value_t = 2000)]
    rounds: u64,
    /// How many steps the model test makes
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    steps: u64,
    /// How many transactions each of the eight threads makes: memory grows with their square, as each commit has the log of all
    #[arg(long, value_name = "N", default_value_t = 1000)]
    transactions: u64,
    /// The seed of what is random; else one of the clock, which is printed
    #[arg(long, value_name = "SEED")]
    seed: Option<u64>,
    /// Only the proofs whose name contains this: matrix, kill, model, threads, fixture
    #[arg(value_name = "NAME")]
    filter: Option<String>,
}

/// Runs the proofs and prints their tables. Returns whether nothing was lost.
pub(crate) fn run(amounts: &Amounts) -> Result<bool, String> {
    let tables = env::temp_dir().join(format!("rps-faults-{}", std::process::id()));
    let mut proofs = cargo(["test", "--package", "rps-tests", "--test", "durability", "--no-fail-fast"]);
    proofs.args(["--", "--nocapture"]).args(&amounts.filter);
    proofs.env("RPS_FAULTS_TABLES", &tables).env("RPS_FAULTS_THOROUGH", "1");
    proofs.env("RPS_FAULTS_ROUNDS", amounts.rounds.to_string());
    proofs.env("RPS_FAULTS_STEPS", amounts.steps.to_string());
    proofs.env("RPS_FAULTS_TRANSACTIONS", amounts.transactions.to_string());
    match amounts.seed {
        Some(seed) => proofs.env("RPS_FAULTS_SEED", seed.to_string()),
        None => proofs.env_remove("RPS_FAULTS_SEED"),
    };
    let mut report = Report::default();
    report.step("proofs of durability", proofs)?;
    // No file means that no proof came to an end.
    let rows = fs::read_to_string(&tables).unwrap_or_default();
    let _ = fs::remove_file(&tables);
    print!("\n{}{report}", laid_out(&rows));
    Ok(report.success())
}

/// Returns the tables of all rows, in the order in which their titles come first.
fn laid_out(rows: &str) -> String {
    let mut tables: Vec<(&str, Vec<Vec<&str>>)> = Vec::new();
    for line in rows.lines() {
        let mut cells: Vec<&str> = line.split('\t').collect();
        let title = cells.remove(0);
        let row = cells.split_off(cells.len() / 2);
        match tables.iter_mut().find(|table| table.0 == title && table.1[0] == cells) {
            Some(table) => table.1.push(row),
            None => tables.push((title, vec![cells, row])),
        }
    }
    let mut text = String::new();
    for (title, mut rows) in tables {
        rows[1..].sort_unstable();
        let total = total(&rows[1..]);
        let total: Vec<&str> = total.iter().map(String::as_str).collect();
        if rows.len() > 2 {
            rows.push(total);
        }
        let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
        let _ = writeln!(text, "{title}");
        for row in &rows {
            let _ = write!(text, "  {:<width$}", row[0], width = width(0));
            for (at, cell) in row.iter().enumerate().skip(1) {
                let _ = write!(text, "  {cell:>width$}", width = width(at));
            }
            text.push('\n');
        }
        text.push('\n');
    }
    text
}

/// Returns the row of the sums.
fn total(rows: &[Vec<&str>]) -> Vec<String> {
    let columns = rows.first().map_or(0, Vec::len);
    let number = |cell: &str| cell.replace(' ', "").parse::<u64>().unwrap_or(0);
    let sum = |at: usize| rows.iter().map(|row| number(row[at])).sum::<u64>().to_string();
    std::iter::once("together".to_owned()).chain((1..columns).map(sum)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_title_are_one_table_with_a_sum() {
        let rows = "matrix\toperation\tfaults\tlosses\tdump\t1 200\t0\n\
                    kill loop\trounds\tlosses\t7\t0\n\
                    matrix\toperation\tfaults\tlosses\tcommit\t30\t1\n";
        let text = "matrix\n  operation  faults  losses\n  commit         30       1\n  dump        1 200       0\n  together     1230       1\n\n\
                    kill loop\n  rounds  losses\n  7            0\n\n";
        assert_eq!(laid_out(rows), text);
    }
}
