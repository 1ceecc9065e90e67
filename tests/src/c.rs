//! C compiled by tests: plugins in C, and programs that ask the header of the plugin ABI.
//!
//! What was compiled is kept below the target folder, by a hash of everything that it depends on, so that only the first
//! test that needs it waits for the compiler.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempPath;

use crate::workspace;

/// A language that the header is for. What is compiled is one file in the common part of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standard {
    /// C as of 2011.
    C11,
    /// C++ as of 2017.
    Cxx17,
}

#[derive(Debug, Clone, Copy, Hash)]
enum Product {
    Library,
    Program,
}

/// The folder of `rps_plugin.h`, from the root of the workspace.
pub const HEADERS: &str = "plugins/abi/include";

/// Compiles a plugin in C11 to a shared library. A definition is `-Dname=value`: a text has its quotation marks with it.
///
/// # Panics
///
/// Panics with what the compiler says when it finds fault, a warning included, and when there is no compiler.
pub fn compile_c(source: &Path, output: &Path, defines: &[(&str, &str)]) {
    let library = library(source, Standard::C11, defines);
    fs::copy(&library, output)
        .unwrap_or_else(|error| panic!("{} to {}: {error}", library.display(), output.display()));
}

/// Returns the shared library that a plugin is compiled to. It is shared by all tests: who wants to change it, copies it.
///
/// # Panics
///
/// Panics as [`compile_c`] does.
pub fn library(source: &Path, standard: Standard, defines: &[(&str, &str)]) -> PathBuf {
    compile(source, standard, defines, Product::Library)
}

/// Returns the program that a source is compiled to.
///
/// # Panics
///
/// Panics as [`compile_c`] does.
pub fn program(source: &Path, standard: Standard) -> PathBuf {
    compile(source, standard, &[], Product::Program)
}

/// Returns the behaviours among which a source chooses: the names that begin with `CASE_` in its conditions, sorted.
///
/// # Panics
///
/// Panics when the source cannot be read.
pub fn cases(source: &Path) -> Vec<String> {
    let text = read(source);
    let conditions = text.lines().filter(|line| line.starts_with("#if") || line.starts_with("#elif"));
    let words = conditions.flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
    let names: BTreeSet<_> = words.filter(|word| word.starts_with("CASE_")).collect();
    names.into_iter().map(str::to_owned).collect()
}

fn compile(source: &Path, standard: Standard, defines: &[(&str, &str)], product: Product) -> PathBuf {
    let (compiler, options) = compiler(standard);
    let headers = workspace::root().join(HEADERS);
    let mut command = Command::new(&compiler);
    command.args(&options).args(["-O1", "-g", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]);
    match standard {
        Standard::C11 => command.args(["-std=c11", "-x", "c"]),
        Standard::Cxx17 => command.args(["-std=c++17", "-x", "c++"]),
    };
    if matches!(product, Product::Library) {
        command.args(["-shared", "-fPIC", "-fvisibility=hidden"]);
        if cfg!(target_os = "macos") {
            command.args(["-undefined", "dynamic_lookup"]);
        }
    }
    command.args(defines.iter().map(|(name, value)| format!("-D{name}={value}")));
    command.arg("-I").arg(&headers);

    // Where the source lies makes no difference.
    let mut hash = DefaultHasher::new();
    format!("{command:?}").hash(&mut hash);
    for text in included(source, &headers) {
        text.hash(&mut hash);
    }
    let folder = kept();
    let name = source.file_stem().unwrap_or_default().to_string_lossy();
    let suffix = match product {
        Product::Library => env::consts::DLL_SUFFIX,
        Product::Program => env::consts::EXE_SUFFIX,
    };
    let product = folder.join(format!("{name}-{:016x}{suffix}", hash.finish()));
    if product.is_file() {
        return product;
    }
    // Another test may compile the same at the same time: each writes a file of its own, and the last one stays.
    let unfinished = tempfile::Builder::new().prefix("unfinished").tempdir_in(&folder);
    let unfinished = unfinished.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let written = unfinished.path().join("product");
    let output = command.arg("-o").arg(&written).arg(source).output();
    let output =
        output.unwrap_or_else(|error| panic!("the compiler {} does not start: {error}", compiler.display()));
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{command:?}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let written = TempPath::try_from_path(&written).expect("what the compiler wrote is there");
    written.persist(&product).unwrap_or_else(|error| panic!("{}: {error}", product.display()));
    product
}

/// Returns the compiler, and the options that the environment gives it with its name.
fn compiler(standard: Standard) -> (PathBuf, Vec<String>) {
    let (variable, programs) = match standard {
        Standard::C11 => ("CC", ["cc", "gcc", "clang"]),
        Standard::Cxx17 => ("CXX", ["c++", "g++", "clang++"]),
    };
    let named = env::var(variable).unwrap_or_default();
    let mut words = named.split_whitespace().map(str::to_owned);
    if let Some(program) = words.next() {
        return (program.into(), words.collect());
    }
    let folders = env::var_os("PATH").unwrap_or_default();
    let there = |program: &&str| {
        env::split_paths(&folders)
            .any(|folder| folder.join(format!("{program}{}", env::consts::EXE_SUFFIX)).is_file())
    };
    let program = programs.into_iter().find(there);
    let program = program.unwrap_or_else(|| {
        panic!("there is none of {}, and {variable} names no other: `cargo xtask setup`", programs.join(", "))
    });
    (program.into(), Vec::new())
}

/// Returns where compiled files are kept: beside the tests themselves.
fn kept() -> PathBuf {
    let test = env::current_exe().expect("the system knows the running program");
    let profile = test.ancestors().find(|folder| folder.file_name().is_some_and(|name| name == "deps"));
    // A documentation test lies elsewhere.
    let folder = profile.and_then(Path::parent).map_or_else(env::temp_dir, Path::to_owned).join("compiled-c");
    fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    folder
}

/// Returns a source and everything of the project that it includes.
fn included(source: &Path, headers: &Path) -> Vec<String> {
    let (mut seen, mut texts) = (BTreeSet::new(), Vec::new());
    let mut open = vec![source.to_owned()];
    while let Some(path) = open.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let text = read(&path);
        let names = text.lines().filter_map(|line| line.strip_prefix("#include \"")?.split('"').next());
        for name in names {
            let beside = path.parent().unwrap_or(&path).join(name);
            open.push(if beside.is_file() { beside } else { headers.join(name) });
        }
        texts.push(text);
    }
    texts
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::catch_unwind;

    fn written(folder: &Path, text: &str) -> PathBuf {
        let source = folder.join("source.c");
        fs::write(&source, text).unwrap();
        source
    }

    #[test]
    fn a_program_is_compiled_once_in_each_language() {
        let folder = crate::stores::temporary();
        let text = "#include <stdio.h>\nint main(void) {\n#ifdef __cplusplus\n  puts(\"C++\");\n#else\n  puts(\"C\");\n#endif\n}\n";
        let source = written(folder.path(), text);
        for (standard, says) in [(Standard::C11, "C\n"), (Standard::Cxx17, "C++\n")] {
            let program = program(&source, standard);
            let output = Command::new(&program).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), says);
            let first = fs::metadata(&program).unwrap().modified().unwrap();
            assert_eq!(super::program(&source, standard), program);
            assert_eq!(fs::metadata(&program).unwrap().modified().unwrap(), first);
        }
    }

    #[test]
    fn a_warning_is_an_error_with_the_words_of_the_compiler() {
        let folder = crate::stores::temporary();
        let source = written(folder.path(), "int f(void) { int unused_one; return 0; }\n");
        let failed = catch_unwind(|| library(&source, Standard::C11, &[])).unwrap_err();
        let message = failed.downcast_ref::<String>().unwrap();
        assert!(message.contains("unused_one"), "{message}");
    }

    #[test]
    fn definitions_choose_what_is_compiled() {
        let folder = crate::stores::temporary();
        let source = written(
            folder.path(),
            "#ifdef CASE_B\nint b;\n#elif defined(CASE_A)\nint a;\n#endif\nint x = X;\n",
        );
        assert_eq!(cases(&source), ["CASE_A", "CASE_B"]);
        let one = library(&source, Standard::C11, &[("X", "1")]);
        assert_ne!(library(&source, Standard::C11, &[("X", "2")]), one);
    }

    /// DYN-18: the plugins that misbehave are there to be loaded.
    #[test]
    fn every_fixture_compiles_in_each_of_its_cases() {
        let folder = workspace::root().join("tests/fixtures/plugins");
        let mut sources: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        sources.retain(|path| path.extension().is_some_and(|extension| extension == "c"));
        sources.sort();
        let mut compiled = 0;
        for source in &sources {
            library(source, Standard::C11, &[]);
            for case in cases(source) {
                library(source, Standard::C11, &[(&case, "1")]);
                compiled += 1;
            }
        }
        assert!(sources.len() >= 6 && compiled >= 50, "{compiled} cases in {sources:?}");
    }

    #[test]
    fn what_is_included_counts_as_part_of_the_source() {
        let folder = crate::stores::temporary();
        let source = written(folder.path(), "#include \"value.h\"\nint x = VALUE;\n");
        fs::write(folder.path().join("value.h"), "#define VALUE 1\n").unwrap();
        let one = library(&source, Standard::C11, &[]);
        assert_eq!(library(&source, Standard::C11, &[]), one);
        fs::write(folder.path().join("value.h"), "#define VALUE 2\n").unwrap();
        assert_ne!(library(&source, Standard::C11, &[]), one);
    }
}
