//! Programs at random whose one loop is hot: numbers of all kinds, objects, closures, vectors and errors in it.
//!
//! Nearly all turns do the same; now and then a variable becomes something else, or an error comes.

use rps_tests::random::Random;

const VARIABLES: &[&str] = &["u", "v", "w", "i"];
const NUMBERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "3",
    "7",
    "-5",
    "0.5",
    "-0.0",
    "2.0",
    "1e300",
    "4611686018427387903",
    "-4611686018427387904",
    "100000000000000000000",
];
const OTHERS: &[&str] =
    &["nil", "\"s\"", "true", "[1, 2]", "nan", "infinity", "1e18", "new other { a: 2, b: 0.5 }"];

/// What every program begins with: values stay so small that no program takes long.
const PRELUDE: &str = "\
fn bound(x) { if x > 1000000000000 { 1000003 } else { if x < -1000000000000 { -7 } else { x } } }
";

/// Returns the program of a seed.
pub(crate) fn program(seed: u64) -> String {
    let mut hot = Hot { random: Random::new(seed), functions: 0, has_objects: false, has_closure: false };
    let mut text = PRELUDE.to_owned();
    for number in 0..3 {
        let value = hot.expression(2, &["x", "y"]);
        let body = match hot.random.below(4) {
            0 => format!(
                "if {} {{ return {} }}; {value}",
                hot.condition(&["x", "y"]),
                hot.expression(1, &["x", "y"])
            ),
            1 => format!("let z = {value}; try {{ z / y }} catch e {{ z }}"),
            _ => value,
        };
        text.push_str(&format!("fn f{number}(x, y) {{ {body} }}\n"));
        hot.functions += 1;
    }
    let own = ["self.a", "self.b", "x"];
    let (get, set, other) = (hot.expression(2, &own), hot.expression(1, &own), hot.expression(2, &own));
    text.push_str(&format!(
        "class some {{ a, b\n    fn get(x) {{ {get} }}\n    fn set(x) {{ self.a = bound({set}); self }}\n}}\n"
    ));
    text.push_str(&format!("class other : some {{\n    fn get(x) {{ super.get(x) + {other} }}\n}}\n"));
    let (u, v, w) = (hot.number(), hot.number(), hot.number());
    text.push_str(&format!(
        "fn run(n) {{\n    let u = {u}; let v = {v}; let w = {w}; let failed = 0\n    let log = new vector []\n    \
         let xs = new vector [1, 2, 0.5, 4]\n    let o = new some {{ a: 1, b: 2 }}\n"
    ));
    let inner = hot.expression(2, &["x", "u", "v"]);
    hot.has_objects = true;
    text.push_str(&format!("    let g = |x| do {{ v = bound({inner}); x + v }}\n    for i in 0..n {{\n"));
    hot.has_closure = true;
    for _ in 0..3 + hot.random.below(4) {
        let statement = hot.statement(2);
        text.push_str(&format!(
            "        try {{ {statement} }} catch e {{ failed = failed + 1; if failed % 40 == 1 {{ log.push([e.code, e.trace]) }} }}\n"
        ));
    }
    let (turn, other) = (60 + hot.random.below(100), hot.random.choose(OTHERS).copied().unwrap_or("nil"));
    let name = hot.random.choose(&VARIABLES[..3]).copied().unwrap_or("u");
    text.push_str(&format!(
        "        if i == {turn} {{ {name} = {other} }}\n        if i == {} {{ {name} = {u} }}\n",
        turn + 30
    ));
    text + "        if i % 29 == 0 { log.push([u, v, w, failed]) }\n    }\n    \
            [log.to_tuple(), u, v, w, xs.to_tuple(), o.a, o.b, failed]\n}\nrun(40)\nrun(200)\n"
}

/// Makes the parts of a program.
struct Hot {
    random: Random,
    /// How many functions there are already.
    functions: usize,
    has_objects: bool,
    has_closure: bool,
}

impl Hot {
    fn statement(&mut self, depth: usize) -> String {
        let name = ["u", "v", "w"][self.random.below(3)];
        let value = self.expression(3, VARIABLES);
        if depth == 0 {
            return format!("{name} = bound({value})");
        }
        match self.random.below(10) {
            0 => {
                let (yes, no) = (self.statement(depth - 1), self.statement(depth - 1));
                format!("if {} {{ {yes} }} else {{ {no} }}", self.condition(VARIABLES))
            }
            1 => format!("o.{} = bound({value})", if self.random.once_in(2) { "a" } else { "b" }),
            2 => format!("o.set({value})"),
            3 => {
                let (turns, at) = (20 + self.random.below(60), self.random.below(20));
                let class = if self.random.once_in(2) { "some" } else { "other" };
                format!("if i % {turns} == {at} {{ o = new {class} {{ b: bound({value}), a: i }} }}")
            }
            4 => format!(
                "xs[{}] = bound({value})",
                self.random.choose(&["i % 4", "-1", "2", "i % 5"]).unwrap_or(&"0")
            ),
            5 => format!("for j in 0..{} {{ {} }}", self.random.below(4), self.statement(depth - 1)),
            6 => format!("xs.each(|x| {name} = bound({name} + x - {}))", self.expression(1, VARIABLES)),
            7 => format!("let t = new some {{ a: {value}, b: i }}; {name} = bound(t.a + t.get(1))"),
            8 => format!("{name} = bound(g({value}))"),
            _ => format!("{name} = bound({value})"),
        }
    }

    fn expression(&mut self, depth: usize, names: &[&str]) -> String {
        if depth == 0 || self.random.once_in(5) {
            let name = self.random.choose(names).copied().unwrap_or("0");
            return if self.random.once_in(3) { self.number() } else { name.to_owned() };
        }
        let depth = depth - 1;
        match self.random.below(12) {
            0..=5 => {
                let operator =
                    self.random.choose(&["+", "-", "*", "+", "-", "/", "%"]).copied().unwrap_or("+");
                format!("({} {operator} {})", self.expression(depth, names), self.expression(depth, names))
            }
            6 => format!("(-{})", self.expression(depth, names)),
            7 => {
                let (yes, no) = (self.expression(depth, names), self.expression(depth, names));
                format!("(if {} {{ {yes} }} else {{ {no} }})", self.condition(names))
            }
            8 if self.functions > 0 => {
                let function = self.random.below(self.functions);
                format!("f{function}({}, {})", self.expression(depth, names), self.expression(depth, names))
            }
            9 if self.has_objects => format!("o.get({})", self.expression(depth, names)),
            10 if self.has_objects => self
                .random
                .choose(&["o.a", "o.b", "xs[1]", "xs[-1]", "xs[i % 4]"])
                .copied()
                .unwrap_or("o.a")
                .to_owned(),
            11 if self.has_closure => format!("g({})", self.expression(depth, names)),
            _ => self.expression(depth, names),
        }
    }

    fn condition(&mut self, names: &[&str]) -> String {
        let operator = self.random.choose(&["<", "<=", ">", ">=", "==", "!="]).copied().unwrap_or("<");
        format!("({} {operator} {})", self.expression(1, names), self.expression(1, names))
    }

    fn number(&mut self) -> String {
        self.random.choose(NUMBERS).copied().unwrap_or("0").to_owned()
    }
}
