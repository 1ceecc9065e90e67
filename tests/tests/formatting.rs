//! Formatting changes no code: each golden case is compiled as it is and as the formatter lays it out.

#![forbid(unsafe_code)]

use std::fs;

use rps_lang::Session;
use rps_lang::format::format;
use rps_runtime::code::{CodeRef, Instruction};
use rps_runtime::{Mutator, Runtime, Value};
use rps_tests::{golden, workspace};

/// Returns the instructions of a unit and of all functions that it makes.
fn instructions(m: &Mutator<'_>, code: CodeRef, found: &mut Vec<Vec<Instruction>>) {
    found.push(code.instructions().to_vec());
    for &constant in code.constants() {
        of_constant(m, constant, found);
    }
}

fn of_constant(m: &Mutator<'_>, constant: Value, found: &mut Vec<Vec<Instruction>>) {
    if let Some(tuple) = constant.as_tuple() {
        tuple.items().iter().for_each(|&item| of_constant(m, item, found));
    }
    let function = match constant.as_closure() {
        Some(closure) => Some(closure.function()),
        None => constant.as_object(),
    };
    if let Some(code) = function.and_then(|function| m.code_of(function).ok()) {
        instructions(m, code, found);
    }
}

/// Returns what a text is compiled to, or nothing where it means nothing.
fn compiled(text: &str) -> Option<Vec<Vec<Instruction>>> {
    Runtime::new().enter(|m| {
        let code = Session::new(m).compile(m, "case", text).ok()?;
        let mut found = Vec::new();
        instructions(m, code, &mut found);
        Some(found)
    })
}

#[test]
fn formatting_keeps_the_bytecode() {
    let (mut cases, mut functions, mut changed) = (0, 0, 0);
    for file in fs::read_dir(workspace::root().join("tests/language")).expect("the golden cases are there") {
        let path = file.expect("the folder can be read").path();
        let text = fs::read_to_string(&path).expect("the cases are text");
        for case in golden::parse(&text).expect("the cases are well formed").cases {
            let Some(before) = compiled(&case.source) else { continue };
            let formatted = format(&case.source).expect("what compiles has no syntax error");
            let after = compiled(&formatted).unwrap_or_default();
            assert_eq!(before, after, "{}: {}\n{formatted}", path.display(), case.name);
            cases += 1;
            functions += before.len();
            changed += usize::from(formatted.trim_end() != case.source.trim_end());
        }
    }
    assert!(
        cases > 450 && functions > 800 && changed > 50,
        "{cases} cases, {functions} functions, {changed} changed"
    );
}
