//! Programs that write programs: the global object `code`, whose methods turn functions and texts into trees of
//! values, and trees into functions and texts.
//!
//! A tree is made of immutable instances, one class for each kind of node of the syntax tree; trees that a program makes
//! may as well be made of objects of these classes. `nodes` lists the classes, `words` has them made; `build` and
//! `build_body` make values of a syntax tree; `read`, `read_expression`, `read_body` and `read_pattern` go the other
//! way, with `mistake` for what is wrong with a tree; `print`, `print_body`, `precedence` and `literal` write the text;
//! `function`, `fill` and `walk` are what the methods do. `docs/code.md` shows it from outside.

mod build;
mod build_body;
mod fill;
mod function;
mod literal;
mod mistake;
mod nodes;
mod precedence;
mod print;
mod print_body;
mod read;
mod read_body;
mod read_expression;
mod read_pattern;
mod walk;
mod words;

use rps_runtime::send::{Native, NativeFn};
use rps_runtime::value::StringRef;
use rps_runtime::{Mutator, Oid, RuntimeError, Value, known};

use self::build::Builder;
use self::mistake::bad_text;
use self::read::Reader;
use self::words::Keys;
use crate::format::format;
use crate::syntax::parse;

/// The class of the object `code`.
const TOOLS: &str = "code_tools";

const METHODS: &[(&str, u8, NativeFn, &str)] = &[
    (
        "tree",
        1,
        |m, _, arguments| function::tree(m, arguments[0]),
        "The tree of a function, a closure or a method.",
    ),
    (
        "parse",
        1,
        |m, _, arguments| tree_of_text(m, "the text", text_argument(m, arguments[0])?),
        "The tree of a text: of its one expression, or a `code_program`.",
    ),
    (
        "make",
        1,
        |m, _, arguments| function::make(m, arguments[0]),
        "The function, or the closure that captures nothing, of a tree or a text.",
    ),
    (
        "text",
        1,
        |m, _, arguments| Ok(m.string(&text_of_tree(m, arguments[0])?)),
        "The text of a tree, laid out by the formatter.",
    ),
    (
        "fill",
        2,
        |m, _, arguments| fill::fill(m, arguments[0], arguments[1]),
        "The tree of a code chunk, its variables replaced by what a dictionary has for their names: trees, or values.",
    ),
    (
        "walk",
        2,
        |m, _, arguments| walk::walk(m, arguments[0], arguments[1]),
        "Calls a function with every node of a tree, the nodes above first; gives nil.",
    ),
];

/// Gives a runtime the object `code`, unless it has it. The classes of nodes are made when they are first needed.
///
/// None of it is dumped.
pub fn install(m: &Mutator<'_>) {
    if !words::is_first(m, TOOLS) {
        return;
    }
    let class = words::make_class(m, TOOLS, m.class(known::OBJECT), "The class of `code`.");
    for &(name, arity, body, doc) in METHODS {
        m.runtime().register_method(class.oid(), Native::new(name, arity, body, doc));
    }
    let code = m.object_or_skeleton(Oid::of_name("code"));
    m.register_global("code", code.into());
    code.set_class_unchecked(Some(class));
    if words::are_referred_to(m) {
        words::make_classes(m);
    }
}

/// Makes the classes of nodes, and the names of their attributes, if a text that is going to be compiled may mention them.
pub(crate) fn prepare(m: &Mutator<'_>, text: &str) {
    if text.contains("code.") || text.contains("code_") {
        words::make_classes(m);
    }
}

/// Returns the tree of a text, which `what` says the origin of.
fn tree_of_text(m: &Mutator<'_>, what: &str, text: &str) -> Result<Value, RuntimeError> {
    let parsed = parse(text);
    if parsed.has_errors() {
        return Err(bad_text(what, text, &parsed.diagnostics));
    }
    let keys = Keys::new(m)?;
    Builder { m, keys: &keys }.program(&parsed.program)
}

/// Returns the text of a tree, without a line ending.
fn text_of_tree(m: &Mutator<'_>, tree: Value) -> Result<String, RuntimeError> {
    let keys = Keys::new(m)?;
    let program = Reader::new(m, &keys).program(tree)?;
    formatted(&print::print(&program))
}

/// Returns a text that was made of a tree as the formatter lays it out.
fn formatted(text: &str) -> Result<String, RuntimeError> {
    let mut text =
        format(text).map_err(|diagnostics| bad_text("the text of the tree", text, &diagnostics))?;
    text.truncate(text.trim_end().len());
    Ok(text)
}

fn text_argument<'t>(m: &Mutator<'_>, value: Value) -> Result<&'t str, RuntimeError> {
    let text = value.as_string().map(StringRef::as_str);
    text.ok_or_else(|| rps_runtime::code::operate::wrong_kind(m, "the text", "a string", value))
}
