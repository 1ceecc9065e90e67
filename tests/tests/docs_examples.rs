//! What the documentation shows is what happens.
//!
//! In `README.md` and `docs/`, a fenced block is by its language:
//!
//! - `transcript`: a session, replayed line by line (see `rps_tests::transcript`). The blocks of one document share a home
//!   and a folder, in their order.
//! - `rps`: a program, which parses without a diagnostic. Where it has lines that end in `# → value`, it is run, and each of
//!   those must give that value.
//! - `console`: commands for the reader's own machine, not run here; xtask's own tests check those that begin with
//!   `cargo xtask`.
//! - `rust` and `c`, where the first line is `// plugins/…`, the path of a file: what follows stands in that file so, with a line
//!   `// …` where something is left out.
//! - `text`, `toml`, `json`, `rust`, `ebnf`, …: text to read.
//!
//! `cargo xtask bless docs` writes what the program says now into the transcripts.

#![forbid(unsafe_code)]

use std::env;
use std::fs;
use std::path::Path;

use rps_lang::syntax::source::SourceText;
use rps_tests::markdown::{self, Block};
use rps_tests::transcript::{self, Exchange, Stage, Step};
use rps_tests::{program, skip, workspace};

/// What stands before the value that a line of an example gives.
const GIVES: &str = "# → ";

/// Every language that a block may name, so that a misspelt one is not an example that never runs.
const LANGUAGES: &[&str] =
    &["transcript", "rps", "console", "text", "toml", "json", "rust", "c", "ebnf", "yaml", "diff", "mermaid"];

#[test]
fn docs_blocks_have_a_known_language() {
    let mut wrong = Vec::new();
    for document in markdown::documents() {
        match markdown::blocks(&document.path, &document.text) {
            Err(line) => wrong.push(format!("{}:{line}: the block is never closed", document.path)),
            Ok(blocks) => wrong.extend(
                blocks
                    .iter()
                    .filter(|block| !LANGUAGES.contains(&&*block.language))
                    .map(|block| format!("{}: the block's language is {:?}", place(block), block.language)),
            ),
        }
    }
    none(&wrong);
}

/// A link to a file of the project leads to one.
#[test]
fn docs_links_lead_somewhere() {
    let mut wrong = Vec::new();
    for document in markdown::documents() {
        let folder =
            workspace::root().join(&document.path).parent().expect("a document lies in a folder").to_owned();
        for (index, line) in document.text.lines().enumerate() {
            let targets = line.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
            let here = targets.filter(|target| !target.is_empty() && !target.contains("://"));
            let lost = here.filter(|target| !folder.join(target).exists());
            wrong.extend(lost.map(|target| format!("{}:{}: there is no {target}", document.path, index + 1)));
        }
    }
    none(&wrong);
}

#[test]
fn docs_transcripts_are_what_happens() {
    let Some(program) = program_or_skip() else { return };
    let bless = env::var_os("RPS_BLESS").is_some();
    let mut wrong = Vec::new();
    for document in markdown::documents() {
        let stage = Stage::new(program).expect("a stage can be made");
        let mut text = document.text.clone();
        // Blocks are replaced from the last one on, so that the places of the others stay true.
        let mut replaced = Vec::new();
        for block in blocks_of(&document, "transcript") {
            match replay(&stage, &block) {
                Err(problem) => wrong.push(format!("{}: {problem}", place(&block))),
                Ok((shown, happened)) if shown != happened => replaced.push((block, happened)),
                Ok(_) => {}
            }
        }
        for (block, happened) in replaced.into_iter().rev() {
            if bless {
                text = markdown::replace(&text, &block, &happened);
            } else {
                wrong.push(format!(
                    "{}: the transcript shows\n{}\nwhat happens is\n{happened}\nto accept it: cargo xtask bless docs",
                    place(&block),
                    block.text
                ));
            }
        }
        if text != document.text {
            fs::write(workspace::root().join(&document.path), text).expect("the document can be written");
        }
    }
    none(&wrong);
}

#[test]
fn docs_excerpts_stand_in_the_files_that_they_name() {
    let (mut wrong, mut excerpts) = (Vec::new(), 0);
    for document in markdown::documents() {
        for block in ["rust", "c"].iter().flat_map(|language| blocks_of(&document, language)) {
            let Some((file, text)) = block.text.strip_prefix("// ").and_then(|text| text.split_once('\n'))
            else {
                continue;
            };
            if !file.starts_with("plugins/") {
                continue;
            }
            excerpts += 1;
            match fs::read_to_string(workspace::root().join(file)) {
                Err(error) => wrong.push(format!("{}: {file}: {error}", place(&block))),
                Ok(source) => {
                    let lost = text.split("// …\n").filter(|excerpt| !source.contains(excerpt));
                    wrong.extend(
                        lost.map(|excerpt| format!("{}: {file} does not have\n{excerpt}", place(&block))),
                    );
                }
            }
        }
    }
    none(&wrong);
    assert!(excerpts > 0, "no document has an excerpt");
}

#[test]
fn docs_programs_parse_without_a_diagnostic() {
    let mut wrong = Vec::new();
    for document in markdown::documents() {
        for block in blocks_of(&document, "rps") {
            let source = SourceText::new(&block.document, &block.text);
            let diagnostics = rps_lang::syntax::parse(&block.text).diagnostics;
            let shown = diagnostics.iter().map(|diagnostic| diagnostic.render(&source));
            wrong
                .extend(shown.map(|text| format!("{}, in the block from this line:\n{text}", place(&block))));
        }
    }
    none(&wrong);
}

#[test]
fn docs_programs_give_what_they_say() {
    let Some(program) = program_or_skip() else { return };
    let mut wrong = Vec::new();
    for document in markdown::documents() {
        for block in blocks_of(&document, "rps").into_iter().filter(|block| block.text.contains(GIVES)) {
            let stage = Stage::new(program).expect("a stage can be made");
            match evaluate(&stage, &block.text) {
                Ok(exchanges) => {
                    wrong.extend(check(&exchanges).map(|problem| format!("{}: {problem}", place(&block))));
                }
                Err(problem) => wrong.push(format!("{}: {problem}", place(&block))),
            }
        }
    }
    none(&wrong);
}

/// The transcript as it stands, and as it is when it is played: where they match, wildcards are kept.
fn replay(stage: &Stage, block: &Block) -> Result<(String, String), String> {
    let shown = transcript::parse(&block.text)?;
    let mut happened = shown.clone();
    for step in &mut happened {
        let output = stage.run(step).map_err(|error| error.to_string())?;
        if !step.input.is_empty() {
            transcript::exchanges(&step.input, &output)?;
        }
        if !transcript::matches(&step.output, &output) {
            step.output = output;
        }
    }
    Ok((transcript::print(&shown), transcript::print(&happened)))
}

/// Types a program at the prompt, line by line.
fn evaluate(stage: &Stage, text: &str) -> Result<Vec<Exchange>, String> {
    let input: Vec<_> = text.lines().map(str::to_owned).collect();
    let step = Step { command: "rps".to_owned(), shown: false, input, output: Vec::new() };
    let output = stage.run(&step).map_err(|error| error.to_string())?;
    transcript::exchanges(&step.input, &output)
}

/// What is wrong with the answers: another value than the line says, or an error that no line announces.
fn check(exchanges: &[Exchange]) -> impl Iterator<Item = String> {
    exchanges.iter().filter_map(|Exchange { input, answer }| match input.split_once(GIVES) {
        Some((_, value)) if transcript::matches(&[value.trim()], answer) => None,
        Some((_, value)) => {
            Some(format!("`{}` gives {:?}, not {}", input.trim(), answer.join("\n"), value.trim()))
        }
        None if answer.iter().any(|line| line.starts_with("error")) => {
            Some(format!("`{}` gives {}", input.trim(), answer.join("\n")))
        }
        None => None,
    })
}

fn program_or_skip() -> Option<&'static Path> {
    let program = program::path();
    if program.is_none() {
        skip("the workspace has no package rps yet, so no example can run");
    }
    program
}

fn blocks_of(document: &workspace::TextFile, language: &str) -> Vec<Block> {
    let mut blocks = markdown::blocks(&document.path, &document.text).unwrap_or_default();
    blocks.retain(|block| block.language == language);
    blocks
}

fn place(block: &Block) -> String {
    format!("{}:{}", block.document, block.line)
}

fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n\n"));
}

#[test]
fn an_answer_that_is_not_the_one_announced_is_found() {
    let exchange = |input: &str, answer: &str| Exchange {
        input: input.to_owned(),
        answer: answer.lines().map(str::to_owned).collect(),
    };
    let good = [
        exchange("1 + 2 # → 3", "3"),
        exchange("let a = 1", ""),
        exchange("new c # → _[..]", "_41OFI3r0S1t03qdB2E"),
    ];
    assert_eq!(check(&good).count(), 0);
    let bad =
        [exchange("1 + 2 # → 4", "3"), exchange("let a = 1 +", "error[x::y]: no"), exchange("1 # → 1", "")];
    assert_eq!(check(&bad).count(), 3);
}
