//! The names of functions in object code: what debuggers and profilers show.

use rps_runtime::code::machine::{Entrance, Snapshot};

/// How long the part of a name is that comes from the program.
const LONGEST: usize = 120;

/// The names of the functions of a module. With their parentheses they are none of a symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// What is called with the registers of a frame.
    pub enter: String,
    /// What is called with arguments, if the code is that of calls.
    pub entry: Option<String>,
}

impl Names {
    pub(super) fn of(snapshot: &Snapshot) -> Names {
        Names::new(&snapshot.units[0].name, snapshot.entrance)
    }

    fn new(name: &str, entrance: Entrance) -> Names {
        // A line of a profiler's map ends at a line end; `@` begins the version of a symbol.
        let plain = |c: char| if c.is_control() || matches!(c, '@' | '"' | '\\') { '_' } else { c };
        let name: String = name.chars().take(LONGEST).map(plain).collect();
        match entrance {
            Entrance::Call => {
                Names { enter: format!("{name}() from the interpreter"), entry: Some(format!("{name}()")) }
            }
            Entrance::Loop(at) => Names { enter: format!("{name}() in a loop at {at}"), entry: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_traces_without_what_others_would_not_read() {
        let names = Names::new("fib", Entrance::Call);
        assert_eq!((names.entry.as_deref(), &*names.enter), (Some("fib()"), "fib() from the interpreter"));
        let names = Names::new("a\n@\"\0ß", Entrance::Loop(7));
        assert_eq!((names.entry, &*names.enter), (None, "a____ß() in a loop at 7"));
        assert!(Names::new(&"x".repeat(1000), Entrance::Call).enter.len() < 200);
    }
}
