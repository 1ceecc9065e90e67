//! The languages, and the programs that run or compile them.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A language implementation that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Interpreter {
    /// Ours, with the compiled tier.
    Repersys,
    /// Ours, interpreted only.
    Interpreted,
    Lua,
    #[value(name = "luajit")]
    LuaJit,
    Python,
    Node,
    /// C with the tests for overflow that the language does, by clang or another compiler.
    C,
}

/// One that is there.
#[derive(Clone, Debug)]
pub(crate) struct Installed {
    pub(crate) interpreter: Interpreter,
    pub(crate) program: PathBuf,
    /// What it says of its version.
    pub(crate) version: String,
}

impl Interpreter {
    /// Those of languages with texts that need no compiler before they run, in the order of the tables.
    pub(crate) const SCRIPTED: [Interpreter; 6] = [
        Interpreter::Repersys,
        Interpreter::Interpreted,
        Interpreter::Lua,
        Interpreter::LuaJit,
        Interpreter::Python,
        Interpreter::Node,
    ];

    /// Returns its name in tables.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Interpreter::Repersys => "Repersys",
            Interpreter::Interpreted => "interpreted",
            Interpreter::Lua => "Lua 5.4",
            Interpreter::LuaJit => "LuaJIT",
            Interpreter::Python => "CPython",
            Interpreter::Node => "node",
            Interpreter::C => "C",
        }
    }

    /// Returns the folder of its texts and the end of their names.
    pub(crate) fn language(self) -> (&'static str, &'static str) {
        match self {
            Interpreter::Repersys | Interpreter::Interpreted => ("rps", "rps"),
            Interpreter::Lua | Interpreter::LuaJit => ("lua", "lua"),
            Interpreter::Python => ("python", "py"),
            Interpreter::Node => ("javascript", "js"),
            Interpreter::C => ("c", "c"),
        }
    }

    /// Returns whether it is ours.
    pub(crate) fn is_ours(self) -> bool {
        matches!(self, Interpreter::Repersys | Interpreter::Interpreted)
    }

    /// Returns whether it compiles to machine code, and so can do a full batch in the time of the others' fifth.
    pub(crate) fn is_fast(self) -> bool {
        matches!(self, Interpreter::Repersys | Interpreter::LuaJit | Interpreter::Node | Interpreter::C)
    }

    /// Returns how to get it.
    pub(crate) fn advice(self) -> &'static str {
        match self {
            Interpreter::Repersys | Interpreter::Interpreted => "cargo build --release --package rps",
            Interpreter::Lua => "install Lua 5.4 (in Debian: lua5.4)",
            Interpreter::LuaJit => "install LuaJIT (in Debian: luajit)",
            Interpreter::Python => "install Python (in Debian: python3)",
            Interpreter::Node => "install node (in Debian: nodejs)",
            Interpreter::C => "install clang 19 (in Debian: clang-19)",
        }
    }

    /// Looks for its program: ours where it is said to be or beside this program, the others in `PATH`.
    pub(crate) fn find(self, rps: Option<&Path>) -> Option<Installed> {
        let program = match self {
            Interpreter::Repersys | Interpreter::Interpreted => match rps {
                Some(named) => named.to_owned(),
                None => env::current_exe().ok()?.with_file_name(format!("rps{}", env::consts::EXE_SUFFIX)),
            },
            // Where the name has no version, what it says of its version decides.
            Interpreter::Lua => in_path("lua5.4").or_else(|| in_path("lua"))?,
            Interpreter::LuaJit => in_path("luajit")?,
            Interpreter::Python => in_path("python3")?,
            Interpreter::Node => in_path("node")?,
            Interpreter::C => ["clang-19", "clang", "cc"].into_iter().find_map(in_path)?,
        };
        // Lua wants `-v`; all others understand `--version`.
        let question =
            if matches!(self, Interpreter::Lua | Interpreter::LuaJit) { "-v" } else { "--version" };
        let output = Command::new(&program).arg(question).output().ok()?;
        let version = String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned();
        let fits = output.status.success() && (self != Interpreter::Lua || version.starts_with("Lua 5.4"));
        fits.then_some(Installed { interpreter: self, program, version })
    }
}

fn in_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|file| file.is_file())
}
