//! The cases of the language's test suite, by machine code.

use std::fs;

use rps_tests::{golden, workspace};

use crate::difference::Differences;
use crate::split;
use crate::stress;
use crate::way::{Way, has_backend};

/// RPS-35: every case of the language gives the same by machine code, traces included.
#[test]
fn rps_35_cases_give_the_same_by_machine_code() {
    if !has_backend() {
        return;
    }
    let faulty = |bits, is_counted| Way::Faulty { bits, seed: 1, is_counted };
    let mut differences = Differences::new("cases");
    let ways = [Way::Eager, faulty(2, false), faulty(5, true)];
    // Under stress one way is enough: the last one makes most machine code.
    let ways = if stress::is_on() { &ways[2..] } else { &ways };
    run("tests/language", &mut differences, ways);
    differences.finish();
}

/// RPS-35: the same with a collection at every allocation.
#[test]
fn rps_35_cases_give_the_same_with_a_collection_at_every_allocation() {
    if has_backend() {
        let test = "cases::rps_35_cases_give_the_same_by_machine_code";
        stress::again(test);
        stress::endless_again(test);
    }
}

/// Runs all cases of a folder; `UPDATE_EXPECT=1` writes what the interpreter gives into the files.
pub(crate) fn run(folder: &str, differences: &mut Differences, ways: &[Way]) {
    let folder = workspace::root().join(folder);
    let entries = fs::read_dir(&folder).expect("the folder of the cases can be read");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("its entries can be read").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    let is_blessing = std::env::var_os("UPDATE_EXPECT").is_some();
    let only = std::env::var("RPS_LANGUAGE_TOPIC").unwrap_or_default();
    for path in paths.into_iter().filter(|path| path.to_string_lossy().contains(&only)) {
        let text = fs::read_to_string(&path).expect("a file of cases can be read");
        let file = golden::parse(&text);
        let mut file = file.unwrap_or_else(|(line, why)| panic!("{}:{line}: {why}", path.display()));
        let topic = path.file_stem().unwrap_or_default().to_string_lossy();
        for case in file.cases.iter_mut().filter(|case| stress::includes(&case.name)) {
            let outcome = differences.run(&format!("{topic}: {}", case.name), &split::texts(case), ways);
            if is_blessing {
                case.expected = outcome;
            } else {
                assert_eq!(outcome, case.expected, "{topic}: {}", case.name);
            }
        }
        if is_blessing {
            fs::write(&path, file.to_string()).expect("the file can be written");
        }
    }
}
