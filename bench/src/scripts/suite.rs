//! What is run: the benchmarks of a suite, their sizes, and where their texts lie.

use std::path::PathBuf;

use super::interpreter::Interpreter;

/// Benchmarks that are run and printed together.
pub(crate) struct Suite {
    /// Its folder below `bench/`.
    pub(crate) folder: &'static str,
    /// What its table says above itself.
    pub(crate) title: &'static str,
    /// What the figures are, such as `ms`.
    pub(crate) unit: &'static str,
    pub(crate) benchmarks: &'static [Benchmark],
    pub(crate) layout: Layout,
    /// The name of a function of our texts like [`Suite::entry`], with a clock as the last argument, where there is one: then it
    /// is measured how long they take to become fast.
    pub(crate) timed: Option<&'static str>,
    /// What runs them, in the order of the table.
    pub(crate) interpreters: &'static [Interpreter],
    /// The ratios in the table: of the first one's time to the second one's.
    pub(crate) ratios: &'static [(Interpreter, Interpreter)],
    /// Those whose geometric means over the benchmarks count as one.
    pub(crate) references: &'static [Interpreter],
}

/// How texts are divided over files.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// A folder for each language; in it a harness, a file `som` of what is shared, and a file for each benchmark.
    Folders,
    /// One file for each language.
    Single,
    /// A file for each benchmark and language, and a harness for each language.
    Flat,
}

/// One benchmark.
pub(crate) struct Benchmark {
    /// Its name on the command line, in tables and in its texts.
    pub(crate) name: &'static str,
    /// What belongs to it besides the file of its name; the others load it themselves, to ours it is joined.
    pub(crate) parts: &'static [&'static str],
    /// The size it is given.
    pub(crate) size: u64,
    /// The size that interpreters of bytecode are given instead, where the time is proportional to the size; their
    /// figures are scaled up again.
    pub(crate) small_size: u64,
    /// By what milliseconds at the full size are multiplied to get the suite's unit.
    pub(crate) factor: f64,
    /// The result that must be printed behind the time; the texts themselves check what is not printed.
    pub(crate) result: Option<f64>,
}

impl Suite {
    /// Returns the benchmarks of these names, or all.
    ///
    /// # Errors
    ///
    /// Returns what there is when a name is unknown.
    pub(crate) fn choose(&self, names: &[String]) -> Result<Vec<&'static Benchmark>, String> {
        if let Some(unknown) = names.iter().find(|name| self.benchmarks.iter().all(|each| each.name != *name))
        {
            let known: Vec<_> = self.benchmarks.iter().map(|each| each.name).collect();
            return Err(format!("there is no benchmark `{unknown}`; there are {}", known.join(", ")));
        }
        let chosen = |each: &&Benchmark| names.is_empty() || names.iter().any(|name| each.name == name);
        Ok(self.benchmarks.iter().filter(chosen).collect())
    }

    /// Returns the files of a benchmark: for our language those that are joined to one script, for the others the one
    /// that is run.
    pub(crate) fn files(&self, interpreter: Interpreter, benchmark: &Benchmark) -> Vec<PathBuf> {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(self.folder);
        let (language, extension) = interpreter.language();
        let file = |stem: &str| match self.layout {
            Layout::Folders => root.join(language).join(format!("{stem}.{extension}")),
            Layout::Single | Layout::Flat => root.join(format!("{stem}.{extension}")),
        };
        match (self.layout, interpreter) {
            (Layout::Single, _) => vec![file(self.folder)],
            (Layout::Folders, ours) if ours.is_ours() => {
                let stems = ["som"].iter().chain(benchmark.parts).chain([&benchmark.name, &"harness"]);
                stems.map(|stem| file(stem)).collect()
            }
            (Layout::Flat, ours) if ours.is_ours() => vec![file(benchmark.name), file("harness")],
            // The header is found beside it.
            (Layout::Flat, Interpreter::C) => vec![file(benchmark.name)],
            (Layout::Folders | Layout::Flat, _) => vec![file("harness")],
        }
    }

    /// Returns the name of the function of our texts that runs a benchmark: name, iterations and size are its
    /// arguments.
    pub(crate) fn entry(&self) -> &'static str {
        match self.layout {
            Layout::Folders => "run_benchmark",
            Layout::Single | Layout::Flat => "measure",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Interpreter, Suite};

    const SUITES: [Suite; 3] = [crate::awfy::SUITE, crate::micro::SUITE, crate::kernels::SUITE];

    #[test]
    fn every_benchmark_has_its_texts_in_every_language() {
        for suite in SUITES {
            for benchmark in suite.benchmarks {
                for &interpreter in suite.interpreters {
                    for file in suite.files(interpreter, benchmark) {
                        assert!(file.is_file(), "{}", file.display());
                        let own =
                            file.with_file_name(benchmark.name).with_extension(interpreter.language().1);
                        assert!(suite.folder == "micro" || own.is_file(), "{}", own.display());
                    }
                }
            }
        }
    }

    #[test]
    fn our_texts_are_in_the_style_of_the_language() {
        for suite in SUITES {
            for benchmark in suite.benchmarks {
                for file in suite.files(Interpreter::Repersys, benchmark) {
                    let text = fs::read_to_string(&file).unwrap();
                    let formatted = rps_lang::format::format(&text);
                    assert!(formatted == Ok(text), "{}: rps fmt", file.display());
                }
            }
        }
    }

    #[test]
    fn an_unknown_name_is_refused() {
        let choose = |name: &str| crate::awfy::SUITE.choose(&[name.to_owned()]);
        assert_eq!(choose("queens").map(|chosen| chosen.len()), Ok(1));
        assert!(choose("queen").is_err_and(|error| error.contains("queens")));
    }
}
