//! Programs at random that mostly mean something: names are defined, functions get what they take, loops end.
//!
//! Every function and every turn of a loop spends some of a fuel that a program has little of, so that all programs end
//! without a clock, and strings and tuples grow by a function that refuses to let them become long: a program gives the
//! same wherever and however it is run. Errors are allowed: a division by zero, an index too large.

use super::expression;
use rps_tests::random::Random;

/// What is known of a variable's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Int,
    Text,
    Bool,
    /// A tuple of integers.
    Tuple,
    /// A vector of integers.
    Vector,
    /// A closure from an integer to an integer.
    Closure,
    /// An instance of one of the classes.
    Object,
}

/// The kinds of values that a variable may be made with.
pub(crate) const KINDS: &[Kind] = &[
    Kind::Int,
    Kind::Int,
    Kind::Int,
    Kind::Text,
    Kind::Bool,
    Kind::Tuple,
    Kind::Vector,
    Kind::Closure,
    Kind::Object,
];

/// A variable in scope.
#[derive(Clone)]
struct Variable {
    name: String,
    kind: Kind,
    /// Whether a program may assign it: what counts the turns of a loop is left alone.
    assignable: bool,
}

/// Where a statement stands, as far as it matters for what it may be.
#[derive(Clone, Copy, Default)]
struct Place {
    in_loop: bool,
    in_function: bool,
}

/// Makes one program.
pub(crate) struct Generator {
    pub(crate) random: Random,
    variables: Vec<Variable>,
    /// The functions that are there already, with the number of their parameters, all integers.
    pub(crate) functions: Vec<(String, usize)>,
    /// The classes. All have the attributes `a` and `b`, integers, and the methods `m0(x)`, `m1(x)`, ….
    pub(crate) classes: Vec<String>,
    pub(crate) methods: usize,
    place: Place,
    names: usize,
}

const PRELUDE: &str = "\
let fuel = 200
fn spend() { fuel = fuel - 1; if fuel < 0 { raise \"no fuel\" } }
fn join(a, b) { if a.len() + b.len() > 40 { a } else { a + b } }
";

/// Returns the program of a seed.
pub(crate) fn program(seed: u64) -> String {
    let mut generator = Generator {
        random: Random::new(seed),
        variables: Vec::new(),
        functions: Vec::new(),
        classes: Vec::new(),
        methods: 0,
        place: Place::default(),
        names: 0,
    };
    let mut text = PRELUDE.to_owned();
    generator.class(&mut text);
    for _ in 0..4 + generator.random.below(8) {
        match generator.random.below(6) {
            0 => generator.class(&mut text),
            1 | 2 => generator.function(&mut text),
            _ => generator.statement(&mut text, 0, 3),
        }
    }
    let shown = [Kind::Int, Kind::Text, Kind::Bool, Kind::Tuple];
    let values = generator.variables.iter().filter(|variable| shown.contains(&variable.kind));
    let values = values.map(|variable| variable.name.clone()).collect::<Vec<_>>();
    text + &format!("[fuel, {}]\n", values.join(", "))
}

impl Generator {
    /// Returns a name that no other thing has.
    pub(crate) fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    /// Returns the name of a variable of this kind.
    pub(crate) fn variable(&mut self, kind: Kind) -> Option<String> {
        let known = self.variables.iter().filter(|variable| variable.kind == kind).collect::<Vec<_>>();
        self.random.choose(&known).map(|variable| variable.name.clone())
    }

    pub(crate) fn is_in_function(&self) -> bool {
        self.place.in_function
    }

    /// Makes what is made by `make` with a variable in scope.
    pub(crate) fn with<T>(&mut self, name: &str, kind: Kind, make: impl FnOnce(&mut Generator) -> T) -> T {
        let count = self.variables.len();
        self.variables.push(Variable { name: name.to_owned(), kind, assignable: kind != Kind::Closure });
        let made = make(self);
        self.variables.truncate(count);
        made
    }

    /// Makes what is made by `make` in another place.
    fn at<T>(&mut self, place: Place, make: impl FnOnce(&mut Generator) -> T) -> T {
        let outside = std::mem::replace(&mut self.place, place);
        let made = make(self);
        self.place = outside;
        made
    }

    /// Returns a block of a closure: `break` and `continue` have no loop there.
    pub(crate) fn closure_block(&mut self, depth: usize) -> String {
        self.at(Place { in_loop: false, ..self.place }, |this| this.block(1, depth, Kind::Int))
    }

    /// Returns a block that ends in an expression of a kind.
    pub(crate) fn block(&mut self, indent: usize, depth: usize, kind: Kind) -> String {
        let count = self.variables.len();
        let mut text = "{\n".to_owned();
        for _ in 0..self.random.below(3) {
            self.statement(&mut text, indent + 1, depth.saturating_sub(1));
        }
        let value = expression::of(self, kind, depth.saturating_sub(1));
        line(&mut text, indent + 1, &value);
        self.variables.truncate(count);
        text + &"    ".repeat(indent) + "}"
    }

    fn class(&mut self, text: &mut String) {
        let name = self.name("c");
        let base = self.random.choose(&self.classes).cloned();
        let heading =
            base.as_ref().map_or_else(|| format!("class {name}"), |base| format!("class {name} : {base}"));
        text.push_str(&format!("{heading} {{\n    a, b\n"));
        // The first class has all methods, so that all classes understand them.
        let count = if base.is_none() { 3 } else { self.random.below(3) };
        self.methods = self.methods.max(count);
        let place = Place { in_loop: false, in_function: true };
        let outside = std::mem::take(&mut self.variables);
        for method in 0..count {
            let value = self.at(place, |this| this.with("x", Kind::Int, |this| this.block(1, 2, Kind::Int)));
            let own = match (&base, self.random.below(3)) {
                (Some(_), 0) => format!("self.a = super.m{method}(x)"),
                (_, 1) => "self.b = self.b + x".to_owned(),
                _ => "self.a".to_owned(),
            };
            text.push_str(&format!(
                "    fn m{method}(x) {{ spend(); {own}; x = do {value}; x + self.a % 100 }}\n"
            ));
        }
        self.variables = outside;
        text.push_str("}\n");
        self.classes.push(name);
    }

    fn function(&mut self, text: &mut String) {
        let name = self.name("f");
        let parameters: Vec<String> = (0..self.random.below(4)).map(|_| self.name("p")).collect();
        let count = self.variables.len();
        // It may call itself: the fuel sees to it that it ends.
        self.functions.push((name.clone(), parameters.len()));
        let parameter = |name: &String| Variable { name: name.clone(), kind: Kind::Int, assignable: true };
        self.variables.extend(parameters.iter().map(parameter));
        let place = Place { in_loop: false, in_function: true };
        let body = self.at(place, |this| this.block(0, 3, Kind::Int));
        self.variables.truncate(count);
        text.push_str(&format!("fn {name}({}) {{ spend(); do {body} }}\n", parameters.join(", ")));
    }

    /// Writes a statement.
    fn statement(&mut self, text: &mut String, indent: usize, depth: usize) {
        let simple = depth == 0;
        match self.random.below(if simple { 6 } else { 12 }) {
            0..=2 => self.let_(text, indent, depth),
            3 | 4 => self.assignment(text, indent, depth),
            5 => self.leave(text, indent),
            6 | 7 => self.for_(text, indent, depth),
            8 => self.while_(text, indent, depth),
            9 => {
                let condition = expression::of(self, Kind::Bool, 1);
                let (yes, no) = (self.block(indent, depth, Kind::Int), self.block(indent, depth, Kind::Int));
                line(text, indent, &format!("if ({condition}) {yes} else {no}"));
            }
            10 => {
                let body = self.block(indent, depth, Kind::Int);
                line(text, indent, &format!("try {body} catch e {{ nil }}"));
            }
            _ => {
                let value = expression::of(self, Kind::Int, depth);
                line(text, indent, &value);
            }
        }
    }

    fn let_(&mut self, text: &mut String, indent: usize, depth: usize) {
        let kind = *self.random.choose(KINDS).unwrap_or(&Kind::Int);
        let value = expression::of(self, kind, depth.min(2));
        let name = self.name("v");
        // At top level an error would be the end.
        let value = match (indent, expression::plain(kind)) {
            (0, Some(plain)) => format!("try {{ {value} }} catch e {{ {plain} }}"),
            _ => value,
        };
        line(text, indent, &format!("let {name} = {value}"));
        self.variables.push(Variable { name, kind, assignable: true });
    }

    fn assignment(&mut self, text: &mut String, indent: usize, depth: usize) {
        let known = self.variables.iter().filter(|variable| variable.assignable).cloned().collect::<Vec<_>>();
        let Some(variable) = self.random.choose(&known).cloned() else { return };
        let change = match variable.kind {
            Kind::Object if self.random.once_in(2) => {
                let attribute = self.random.choose(&["a", "b"]).copied().unwrap_or("a");
                format!("{}.{attribute} = {}", variable.name, expression::of(self, Kind::Int, depth.min(2)))
            }
            Kind::Vector => {
                format!("{}.push({})", variable.name, expression::of(self, Kind::Int, depth.min(2)))
            }
            kind => format!("{} = {}", variable.name, expression::of(self, kind, depth.min(2))),
        };
        let guarded = if indent == 0 { format!("try {{ {change} }} catch e {{ nil }}") } else { change };
        line(text, indent, &guarded);
    }

    /// Writes what leaves a loop or a function, if there is one to leave.
    fn leave(&mut self, text: &mut String, indent: usize) {
        let mut ways = Vec::new();
        if self.place.in_loop {
            ways.extend(["break", "continue"]);
        }
        if self.place.in_function {
            ways.push("return");
        }
        let Some(way) = self.random.choose(&ways).copied() else { return };
        let condition = expression::of(self, Kind::Bool, 1);
        let value = if way == "continue" {
            String::new()
        } else {
            format!(" {}", expression::of(self, Kind::Int, 1))
        };
        line(text, indent, &format!("if ({condition}) {{ {way}{value} }}"));
    }

    fn for_(&mut self, text: &mut String, indent: usize, depth: usize) {
        let name = self.name("i");
        let (over, kind) = match self.random.below(4) {
            0 => (expression::of(self, Kind::Tuple, 1), Kind::Int),
            1 => (expression::of(self, Kind::Text, 1), Kind::Text),
            2 => (expression::of(self, Kind::Vector, 1), Kind::Int),
            _ => (format!("{}..{}", self.random.below(3), self.random.below(7)), Kind::Int),
        };
        let body = self.with(&name, kind, |this| this.turn(indent, depth));
        let text_of_loop = format!("for {name} in ({over}) {{ spend(); do {body} }}");
        self.finish_loop(text, indent, &text_of_loop);
    }

    fn while_(&mut self, text: &mut String, indent: usize, depth: usize) {
        let name = self.name("w");
        let limit = self.random.below(6);
        line(text, indent, &format!("let {name} = 0"));
        let body = self.turn(indent, depth);
        let text_of_loop = format!("while {name} < {limit} {{ spend(); {name} = {name} + 1; do {body} }}");
        self.finish_loop(text, indent, &text_of_loop);
    }

    fn turn(&mut self, indent: usize, depth: usize) -> String {
        let place = Place { in_loop: true, ..self.place };
        self.at(place, |this| this.block(indent, depth.saturating_sub(1), Kind::Int))
    }

    fn finish_loop(&mut self, text: &mut String, indent: usize, text_of_loop: &str) {
        match indent {
            0 => line(text, indent, &format!("try {{ {text_of_loop} }} catch e {{ nil }}")),
            _ => line(text, indent, text_of_loop),
        }
    }
}

fn line(text: &mut String, indent: usize, content: &str) {
    text.push_str(&"    ".repeat(indent));
    text.push_str(content);
    text.push('\n');
}
