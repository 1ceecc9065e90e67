//! What came out: a table, or a JSON document.

use std::collections::BTreeMap;

use serde::Serialize;

use super::interpreter::{Installed, Interpreter};
use super::rounds::{Counts, Figures};
use super::suite::{Benchmark, Suite};
use crate::table;

/// Prints the tables: a row for each benchmark, and the geometric means; then the same of the fastest iterations.
pub(crate) fn print(
    suite: &Suite,
    benchmarks: &[&Benchmark],
    installed: &[Installed],
    counts: Counts,
    figures: &Figures,
) {
    println!(
        "\n{}: {}, {} processes of {} iterations, {} of what compiles\n",
        suite.title,
        suite.unit,
        counts.processes,
        counts.iterations(Interpreter::Python),
        counts.iterations(Interpreter::Repersys)
    );
    print_table(suite, benchmarks, installed, figures);
    println!("\nThe fastest iteration of all:\n");
    print_table(suite, benchmarks, installed, &figures.least());
    println!();
    for each in installed {
        println!("{}: {}", each.interpreter.title(), each.version);
    }
}

fn print_table(suite: &Suite, benchmarks: &[&Benchmark], installed: &[Installed], figures: &Figures) {
    let present = |wanted: Interpreter| installed.iter().any(|each| each.interpreter == wanted);
    let ratios: Vec<_> =
        suite.ratios.iter().filter(|(one, other)| present(*one) && present(*other)).copied().collect();
    let titles: Vec<_> =
        ratios.iter().map(|(one, other)| format!("{} / {}", one.title(), other.title())).collect();
    let mut columns = vec![""];
    columns.extend(installed.iter().map(|each| each.interpreter.title()));
    columns.extend(titles.iter().map(String::as_str));
    table::header(&columns);
    for benchmark in benchmarks {
        let mut cells = vec![benchmark.name.to_owned()];
        cells.extend(installed.iter().map(|each| cell(figures.get(benchmark, each.interpreter))));
        cells.extend(ratios.iter().map(|(one, other)| {
            let both = figures.get(benchmark, *one).zip(figures.get(benchmark, *other));
            cell(both.map(|(one, other)| one / other))
        }));
        table::row(&cells);
    }
    for (index, reference) in suite.references.iter().filter(|reference| present(**reference)).enumerate() {
        let means = geometric_means(benchmarks, installed, figures, *reference);
        let mut cells = vec![format!("geometric mean, {} = 1", reference.title())];
        cells.extend(installed.iter().map(|each| cell(means.get(each.interpreter.title()).copied())));
        cells.extend(ratios.iter().map(|(one, other)| match index {
            0 => cell(geometric_mean(benchmarks, figures, *one, *other)),
            _ => String::new(),
        }));
        table::row(&cells);
    }
}

/// Returns the same as one JSON document.
pub(crate) fn json(
    suite: &Suite,
    benchmarks: &[&Benchmark],
    installed: &[Installed],
    counts: Counts,
    figures: &Figures,
) -> serde_json::Result<String> {
    let document = Document {
        suite: suite.folder,
        unit: suite.unit,
        processes: counts.processes,
        iterations: counts.iterations,
        versions: installed.iter().map(|each| (each.interpreter.title(), each.version.as_str())).collect(),
        benchmarks: by_name(benchmarks, installed, figures),
        least: by_name(benchmarks, installed, &figures.least()),
        geometric_means: suite
            .references
            .iter()
            .map(|reference| (reference.title(), geometric_means(benchmarks, installed, figures, *reference)))
            .collect(),
    };
    serde_json::to_string(&document)
}

/// Figures by benchmark and interpreter.
type ByName<'a> = BTreeMap<&'a str, BTreeMap<&'a str, f64>>;

fn by_name<'a>(benchmarks: &[&'a Benchmark], installed: &[Installed], figures: &Figures) -> ByName<'a> {
    let row = |benchmark: &&'a Benchmark| {
        let figure =
            |each: &Installed| Some((each.interpreter.title(), figures.get(benchmark, each.interpreter)?));
        (benchmark.name, installed.iter().filter_map(figure).collect())
    };
    benchmarks.iter().map(row).collect()
}

/// The form of the JSON document.
#[derive(Serialize)]
struct Document<'a> {
    suite: &'a str,
    unit: &'a str,
    processes: usize,
    iterations: usize,
    versions: BTreeMap<&'a str, &'a str>,
    benchmarks: ByName<'a>,
    /// Those of the fastest iterations.
    least: ByName<'a>,
    /// Geometric means by the interpreter that counts as one, and interpreter.
    geometric_means: BTreeMap<&'a str, BTreeMap<&'a str, f64>>,
}

/// Returns the geometric mean of each interpreter's times over the reference's, of those that did all benchmarks.
fn geometric_means(
    benchmarks: &[&Benchmark],
    installed: &[Installed],
    figures: &Figures,
    reference: Interpreter,
) -> BTreeMap<&'static str, f64> {
    let mean = |each: &Installed| {
        Some((each.interpreter.title(), geometric_mean(benchmarks, figures, each.interpreter, reference)?))
    };
    installed.iter().filter_map(mean).collect()
}

/// Returns the geometric mean of one's times over another's, if both did all benchmarks.
fn geometric_mean(
    benchmarks: &[&Benchmark],
    figures: &Figures,
    one: Interpreter,
    other: Interpreter,
) -> Option<f64> {
    let mut sum = 0.0;
    for benchmark in benchmarks {
        sum += (figures.get(benchmark, one)? / figures.get(benchmark, other)?).ln();
    }
    Some((sum / benchmarks.len() as f64).exp())
}

/// Returns a figure with three digits that count.
pub(super) fn cell(figure: Option<f64>) -> String {
    match figure {
        None => "–".to_owned(),
        Some(figure) if figure >= 100.0 => format!("{figure:.0}"),
        Some(figure) if figure >= 10.0 => format!("{figure:.1}"),
        Some(figure) => format!("{figure:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn figures_have_three_digits() {
        assert_eq!(cell(Some(1234.5)), "1234");
        assert_eq!(cell(Some(12.345)), "12.3");
        assert_eq!(cell(Some(0.1234)), "0.12");
        assert_eq!(cell(None), "–");
    }
}
