//! Names in object code. They begin so that none is one which LLVM knows the meaning of, such as `sin` or `memcpy`.

const FUNCTION: &str = "rps_";
const SYMBOL: &str = "rps.symbol.";

/// Returns the name of a function in object code: what a debugger shows.
pub(crate) fn of_function(name: &str) -> String {
    format!("{FUNCTION}{name}")
}

/// Returns the name in object code of a symbol that it refers to.
pub(crate) fn of_symbol(name: &str) -> String {
    format!("{SYMBOL}{name}")
}

/// Returns what a name in object code stands for, for people.
pub(crate) fn for_people(name: &str) -> &str {
    name.strip_prefix(SYMBOL).or_else(|| name.strip_prefix(FUNCTION)).unwrap_or(name)
}
