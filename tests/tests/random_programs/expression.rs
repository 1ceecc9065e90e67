//! Expressions at random, each of a kind that is known.

use super::generate::{Generator, Kind};

/// Integers around the limits of their representations.
const INTEGERS: &[&str] = &[
    "0",
    "1",
    "2",
    "7",
    "-1",
    "100",
    "4611686018427387903",
    "4611686018427387904",
    "-4611686018427387904",
    "-4611686018427387905",
    "100000000000000000000",
];

const TEXTS: &[&str] = &[r#""""#, r#""a""#, r#""é日""#, r#""two words""#, r#""tab\t""#];

/// Returns an expression of a kind; its tree is not much deeper than `depth`.
pub(crate) fn of(generator: &mut Generator, kind: Kind, depth: usize) -> String {
    if depth == 0 || generator.random.once_in(4) {
        return leaf(generator, kind);
    }
    let depth = depth - 1;
    match kind {
        Kind::Int => int(generator, depth),
        Kind::Text => text(generator, depth),
        Kind::Bool => truth(generator, depth),
        Kind::Tuple => tuple(generator, depth),
        Kind::Vector => {
            let items: Vec<String> =
                (0..generator.random.below(4)).map(|_| of(generator, Kind::Int, depth)).collect();
            format!("new vector [{}]", items.join(", "))
        }
        Kind::Closure => closure(generator, depth),
        Kind::Object => object(generator, depth),
    }
}

/// Returns a value of a kind that can not fail, where there is one.
pub(crate) fn plain(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Int => Some("-5"),
        Kind::Text => Some(r#""plain""#),
        Kind::Bool => Some("false"),
        Kind::Tuple => Some("[1, 2]"),
        Kind::Vector => Some("new vector [1]"),
        Kind::Closure => Some("|x| x"),
        Kind::Object => None,
    }
}

fn leaf(generator: &mut Generator, kind: Kind) -> String {
    if !generator.random.once_in(4)
        && let Some(name) = generator.variable(kind)
    {
        return name;
    }
    let one = |generator: &mut Generator, choices: &[&str]| {
        generator.random.choose(choices).copied().unwrap_or("nil").to_owned()
    };
    match kind {
        Kind::Int => one(generator, INTEGERS),
        Kind::Text => one(generator, TEXTS),
        Kind::Bool => one(generator, &["true", "false"]),
        Kind::Object => object(generator, 0),
        kind => plain(kind).unwrap_or("nil").to_owned(),
    }
}

fn int(generator: &mut Generator, depth: usize) -> String {
    let sub = |generator: &mut Generator, kind| of(generator, kind, depth);
    match generator.random.below(18) {
        0 | 1 => format!("({} + {})", sub(generator, Kind::Int), sub(generator, Kind::Int)),
        2 => format!("({} - {})", sub(generator, Kind::Int), sub(generator, Kind::Int)),
        3 => format!("({} * {} % 1000003)", sub(generator, Kind::Int), sub(generator, Kind::Int)),
        4 => format!("({} / {})", sub(generator, Kind::Int), sub(generator, Kind::Int)),
        5 => format!("({} % {})", sub(generator, Kind::Int), sub(generator, Kind::Int)),
        6 => format!("{}.len()", parenthesized(&sub(generator, Kind::Tuple))),
        7 => format!("{}.len()", parenthesized(&sub(generator, Kind::Text))),
        8 => {
            let tuple = sub(generator, Kind::Tuple);
            format!("{}[{}]", parenthesized(&tuple), generator.random.below(4))
        }
        9 => {
            let (yes, no) = (sub(generator, Kind::Int), sub(generator, Kind::Int));
            format!("if ({}) {{ {yes} }} else {{ {no} }}", sub(generator, Kind::Bool))
        }
        10 => matched(generator, depth),
        11 => format!("try {{ {} }} catch e {{ {} }}", sub(generator, Kind::Int), sub(generator, Kind::Int)),
        12 => format!("({})({})", sub(generator, Kind::Closure), sub(generator, Kind::Int)),
        13 => {
            let method = generator.random.below(generator.methods.max(1));
            format!("({}).m{method}({})", sub(generator, Kind::Object), sub(generator, Kind::Int))
        }
        14 => format!(
            "({}).{}",
            sub(generator, Kind::Object),
            if generator.random.once_in(2) { "a" } else { "b" }
        ),
        15 => format!("do {}", generator.block(1, depth, Kind::Int)),
        16 if generator.random.once_in(3) => format!("raise {}", sub(generator, Kind::Text)),
        _ => call(generator, depth),
    }
}

fn call(generator: &mut Generator, depth: usize) -> String {
    let Some((name, count)) = generator.random.choose(&generator.functions.clone()).cloned() else {
        return leaf(generator, Kind::Int);
    };
    let arguments: Vec<String> = (0..count).map(|_| of(generator, Kind::Int, depth)).collect();
    format!("{name}({})", arguments.join(", "))
}

fn matched(generator: &mut Generator, depth: usize) -> String {
    let name = generator.name("m");
    let value = of(generator, Kind::Tuple, depth);
    let guard = generator.with(&name, Kind::Int, |this| of(this, Kind::Bool, 1));
    let first = generator.with(&name, Kind::Int, |this| of(this, Kind::Int, depth));
    let other = of(generator, Kind::Int, depth);
    format!(
        "match ({value}) {{ [{name}, ..] if ({guard}) => {first}, [_, {name}] | [{name}] => {name}, _ => {other} }}"
    )
}

fn text(generator: &mut Generator, depth: usize) -> String {
    match generator.random.below(4) {
        0 => {
            let (left, right) = (of(generator, Kind::Text, depth), of(generator, Kind::Text, depth));
            format!("join({left}, {right})")
        }
        // What stands in an f-string stands on one line.
        1 => format!("f\"<{{{}}}>\"", leaf(generator, Kind::Int)),
        2 => format!("f\"{{{}}}{{{}}}\"[0]", leaf(generator, Kind::Bool), leaf(generator, Kind::Tuple)),
        _ => format!("{}[-1]", parenthesized(&of(generator, Kind::Text, depth))),
    }
}

fn truth(generator: &mut Generator, depth: usize) -> String {
    let kind = if generator.random.once_in(4) { Kind::Text } else { Kind::Int };
    match generator.random.below(5) {
        0 => format!("not {}", of(generator, Kind::Bool, depth)),
        1 => format!("({} and {})", of(generator, Kind::Bool, depth), of(generator, Kind::Bool, depth)),
        2 => format!("({} or {})", of(generator, Kind::Bool, depth), of(generator, Kind::Bool, depth)),
        _ => {
            let operator =
                generator.random.choose(&["==", "!=", "<", "<=", ">", ">="]).copied().unwrap_or("==");
            format!("({} {operator} {})", of(generator, kind, depth), of(generator, kind, depth))
        }
    }
}

fn tuple(generator: &mut Generator, depth: usize) -> String {
    if generator.random.once_in(3) {
        let (left, right) = (of(generator, Kind::Tuple, depth), of(generator, Kind::Tuple, depth));
        return format!("join({left}, {right})");
    }
    let items: Vec<String> =
        (0..generator.random.below(4)).map(|_| of(generator, Kind::Int, depth)).collect();
    format!("[{}]", items.join(", "))
}

fn closure(generator: &mut Generator, depth: usize) -> String {
    let name = generator.name("x");
    let returns = generator.is_in_function() && generator.random.once_in(4);
    generator.with(&name, Kind::Int, |this| match this.random.below(3) {
        0 => format!("|{name}| {}", of(this, Kind::Int, depth)),
        1 if returns => format!("|{name}| {{ spend(); return {} }}", of(this, Kind::Int, depth)),
        _ => format!("|{name}| {{ spend(); do {} }}", this.closure_block(depth)),
    })
}

fn object(generator: &mut Generator, depth: usize) -> String {
    let class = generator.random.choose(&generator.classes).cloned().unwrap_or_else(|| "object".to_owned());
    let (a, b) = (of(generator, Kind::Int, depth), of(generator, Kind::Int, depth));
    format!("new {class} {{ a: {a}, b: {b} }}")
}

/// Returns what may be followed by a point or an index.
fn parenthesized(expression: &str) -> String {
    format!("({expression})")
}
