//! RefPerSys's expressions, as its documentation has designed them, read and evaluated (RPS-42, reference §10.1 to §10.3).
//!
//! What RefPerSys itself makes of most of these texts is an abort; what its documentation says they mean is expected here.
//! `docs/grammar.md` lists at its end what is meant to be different.

use num_bigint::BigInt;
use proptest::prelude::*;
use rps_lang::syntax::ast::sexpr::to_sexpr;
use rps_lang::syntax::{TokenKind, lex, parse};
use rps_lang::{EvalError, Session};
use rps_runtime::value::View;
use rps_runtime::{Mutator, Runtime, Value, known};

/// The kinds of tokens that RefPerSys's lexer tells apart: a letter each.
fn kind(kind: TokenKind) -> char {
    match kind {
        TokenKind::Integer => 'i',
        TokenKind::Double => 'd',
        TokenKind::String | TokenKind::RawString => 's',
        TokenKind::Name | TokenKind::QuotedName | TokenKind::Keyword(_) => 'n',
        TokenKind::Oid => 'o',
        TokenKind::CodeChunk => 'c',
        kind if kind.is_error() => '!',
        _ => '.',
    }
}

/// Texts and their tokens: integers, doubles, strings, names, oids, chunks, and delimiters (`.`).
const LEXER: &[(&str, &str, &str)] = &[
    ("a command and its argument", "show help", "n:show n:help"),
    ("a name with capitals", "show RefPerSys_system", "n:show n:RefPerSys_system"),
    ("brackets", "show (1 + 2)", "n:show .:( i:1 .:+ i:2 .:)"),
    (
        "the vector of the documentation, but for its sign",
        "display 12.3 \"abc\"",
        "n:display d:12.3 s:\"abc\"",
    ),
    ("decimal", "2300", "i:2300"),
    ("hexadecimal", "0x1f 0X1F", "i:0x1f i:0X1F"),
    ("octal and binary", "0o17 0b101", "i:0o17 i:0b101"),
    ("a number of more than 64 bits", "123456789012345678901", "i:123456789012345678901"),
    ("doubles", "3.2 2.0e1 1e-3", "d:3.2 d:2.0e1 d:1e-3"),
    ("a sum, not two numbers", "1+2", "i:1 .:+ i:2"),
    ("a difference, not two numbers", "1-2", "i:1 .:- i:2"),
    ("a sign is an operator", "-10", ".:- i:10"),
    ("a name goes on after a digit", "x1 x2y", "n:x1 n:x2y"),
    ("an oid", "_41OFI3r0S1t03qdB2E", "o:_41OFI3r0S1t03qdB2E"),
    ("an oid beside a delimiter", "(_41OFI3r0S1t03qdB2E)", ".:( o:_41OFI3r0S1t03qdB2E .:)"),
    ("a string with escapes ends", r#""a\n\"b\\" x"#, r#"s:"a\n\"b\\" n:x"#),
    ("a string of any script", "\"twø\\nlines\"", "s:\"twø\\nlines\""),
    ("raw strings", r###"r"a\b" r#"a"b"#"###, r###"s:r"a\b" s:r#"a"b"#"###),
    ("a chunk", "#{ f($x); }#", "c:#{ f($x); }#"),
    ("a chunk with a tag", "#cpp{ a }# b }cpp#", "c:#cpp{ a }# b }cpp#"),
    ("a chunk over lines", "#{\n  $x\n}#", "c:#{\n  $x\n}#"),
    ("comments, at the beginning of a line and behind code", "# all\n1 # rest\n2", "i:1 i:2"),
    ("the longest delimiter", "<=>=!===&&||=>", ".:<= .:>= .:!= .:== .:&& .:|| .:=>"),
    (
        "the delimiters",
        "!= % && ( ) * + - . / < <= > >= [ ] { || }",
        ".:!= .:% .:&& .:( .:) .:* .:+ .:- .:. .:/ .:< .:<= .:> .:>= .:[ .:] .:{ .:|| .:}",
    ),
    ("delimiters of another parser of RefPerSys", "@ *@", "!:@ .:* !:@"),
];

#[test]
fn the_lexers_vectors_rps_42() {
    for (what, text, expected) in LEXER {
        let tokens = lex(text).tokens;
        let shown: Vec<String> = tokens
            .iter()
            .filter(|token| !token.kind.is_trivia())
            .map(|token| format!("{}:{}", kind(token.kind), token.span.text(text)))
            .collect();
        assert_eq!(shown.join(" "), *expected, "{what}");
    }
}

/// Returns the tree of one expression, without its brackets.
fn tree(text: &str) -> String {
    let parsed = parse(text);
    assert!(parsed.diagnostics.is_empty(), "{text}: {:?}", parsed.diagnostics);
    to_sexpr(&parsed.program, false).trim_end().to_owned()
}

/// What the productions of the designed grammar are read as, and what they give: production, text, tree, value.
const GRAMMAR: &[(&str, &str, &str, &str)] = &[
    ("expression", "nil || 2", "(or nil 2)", "2"),
    ("expression", "nil or false or 3", "(or (or nil false) 3)", "3"),
    ("disjunction", "1 && 2", "(and 1 2)", "2"),
    ("disjunction", "1 and nil && 2", "(and (and 1 nil) 2)", "nil"),
    ("disjunction", "nil && 1 || 2 && 3", "(or (and nil 1) (and 2 3))", "3"),
    ("conjunction", "1 < 2", "(< 1 2)", "true"),
    ("conjunction", "1 > 2", "(> 1 2)", "false"),
    ("conjunction", "2 <= 2", "(<= 2 2)", "true"),
    ("conjunction", "1 >= 2", "(>= 1 2)", "false"),
    ("conjunction", "1 == 1.0", "(== 1 1.0)", "true"),
    ("conjunction", "1 != 1", "(!= 1 1)", "false"),
    ("conjunction", "1 + 1 == 2 && 3 * 3 > 2", "(and (== (+ 1 1) 2) (> (* 3 3) 2))", "true"),
    ("sum", "1 + 2", "(+ 1 2)", "3"),
    ("sum", "10 - 2 - 3", "(- (- 10 2) 3)", "5"),
    ("sum", "1+2-3+4", "(+ (- (+ 1 2) 3) 4)", "4"),
    ("sum", "1 + (2 + 3) == (1 + 2) + 3", "(== (+ 1 (paren (+ 2 3))) (+ (paren (+ 1 2)) 3))", "true"),
    ("sum", "1 - (2 - 3) != (1 - 2) - 3", "(!= (- 1 (paren (- 2 3))) (- (paren (- 1 2)) 3))", "true"),
    ("product", "1 * 2 + 3 * 4", "(+ (* 1 2) (* 3 4))", "14"),
    ("product", "100 / 7 / 2", "(/ (/ 100 7) 2)", "7"),
    ("product", "17 % 5 % 2", "(% (% 17 5) 2)", "0"),
    ("product", "7 * 6 / 4 % 4", "(% (/ (* 7 6) 4) 4)", "2"),
    ("product", "-7 / 2 * 10 + -7 % 3", "(+ (* (/ (neg 7) 2) 10) (% (neg 7) 3))", "-31"),
    ("product", "1 + (2 * 3 * (7 - 5))", "(+ 1 (paren (* (* 2 3) (paren (- 7 5)))))", "13"),
    ("factor", "thing.part", "(attribute thing part)", "5"),
    ("factor", "thing.part + 1", "(+ (attribute thing part) 1)", "6"),
    ("complement", "thing.(part)", "(computed-attribute thing part)", "5"),
    (
        "complement",
        "thing.(_0jdbikGJFq100dgX1n)",
        "(computed-attribute thing _0jdbikGJFq100dgX1n)",
        "\"said\"",
    ),
    ("complement", "thing._0jdbikGJFq100dgX1n", "(attribute thing _0jdbikGJFq100dgX1n)", "\"said\""),
    ("complement", "thing => twice(4)", "(=> thing twice 4)", "[5, 4, 4]"),
    ("complement", "thing => itself()", "(=> thing itself)", "thing"),
    (
        "complement",
        "thing => itself() => twice(1)[0] * 2",
        "(* (component (=> (=> thing itself) twice 1) 0) 2)",
        "10",
    ),
    ("complement", "(thing => itself()).part", "(attribute (paren (=> thing itself)) part)", "5"),
    ("primary", "42", "42", "42"),
    ("primary", "0x1f", "0x1f", "31"),
    ("primary", "-10", "(neg 10)", "-10"),
    ("primary", "-2.0e1", "(neg 20.0)", "-20.0"),
    ("primary", "3.2", "3.2", "3.2"),
    ("primary", "\"abc\"", "\"abc\"", "\"abc\""),
    ("primary", "\"twø\\nlines\"", "\"twø\\nlines\"", "\"twø\\nlines\""),
    ("primary", "r\"a\\b\"", "\"a\\\\b\"", "\"a\\\\b\""),
    ("primary", "comment", "comment", "comment"),
    ("primary", "_0jdbikGJFq100dgX1n", "_0jdbikGJFq100dgX1n", "comment"),
    ("primary", "class", "class", "class"),
    ("primary", "_41OFI3r0S1t03qdB2E", "_41OFI3r0S1t03qdB2E", "class"),
    ("primary", "(1 + 2)", "(paren (+ 1 2))", "3"),
    ("primary", "{}", "(set)", "{}"),
    (
        "primary",
        "{thing, class, thing} == {class, thing}",
        "(== (set thing class thing) (set class thing))",
        "true",
    ),
    ("primary", "[thing, class, thing]", "(tuple thing class thing)", "[thing, class, thing]"),
    ("primary", "[]", "(tuple)", "[]"),
    ("primary", "[1 + 1, [2], {3, 3}]", "(tuple (+ 1 1) (tuple 2) (set 3 3))", "[2, [2], {3}]"),
    (
        "arglist",
        "thing => sum([1], {2}, 3 * 4)",
        "(=> thing sum (tuple 1) (set 2) (* 3 4))",
        "[[1], {2}, 12]",
    ),
    (
        "code chunk",
        "#{ if ($x) $y$.z; $$ }#",
        "(chunk \" if (\" $x \") \" $y \"z; $ \")",
        "[\" if (\", x, \") \", y, \"z; $ \"]",
    ),
    ("code chunk", "#cpp{return 0;}cpp#", "(chunk #cpp \"return 0;\")", "[\"return 0;\"]"),
    ("code chunk", "#{}#", "(chunk)", "[]"),
    ("comment", "1 # + 1", "1", "1"),
];

/// What the examples of the grammar are about.
const PREPARATION: &str = "
class thing_class { part
    fn itself() { self }
    fn twice(n) { [self.part, n, n] }
    fn sum(a, b, c) { [a, b, c] }
}
let part = \"part\"
keep new thing_class { part: 5, comment: \"said\" } as thing";

fn with_session<R>(work: impl FnOnce(&Mutator<'_>, &mut Session) -> R) -> R {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let mut session = Session::new(m);
        let space = m.new_object(m.class(known::SPACE));
        space.set_space(m, Some(space));
        session.set_space(Some(space));
        work(m, &mut session)
    })
}

fn shown(m: &Mutator<'_>, value: Value) -> String {
    let list = |items: &[Value]| items.iter().map(|&item| shown(m, item)).collect::<Vec<_>>().join(", ");
    match value.view() {
        View::Object(object) => m.name_of(object).unwrap_or_else(|| object.oid().to_string()),
        View::Tuple(tuple) => format!("[{}]", list(tuple.items())),
        View::Set(set) => format!("{{{}}}", list(set.items())),
        _ => format!("{value:?}"),
    }
}

#[test]
fn every_production_of_the_designed_grammar_rps_42() {
    with_session(|m, session| {
        session.eval(m, PREPARATION).expect("the preparation runs");
        for (production, text, expected_tree, expected) in GRAMMAR {
            assert_eq!(tree(text), *expected_tree, "{production}: {text}");
            let value =
                session.eval(m, text).unwrap_or_else(|error| panic!("{production}: {text}: {error:?}"));
            assert_eq!(shown(m, value), *expected, "{production}: {text}");
        }
    });
}

#[test]
fn white_space_means_nothing_within_a_line() {
    for text in ["1+2*3", "1 + 2 * 3", " 1\t+ 2*3 ", "(1\n+ 2\n* 3)", "1 +\n2 *\n3"] {
        assert_eq!(tree(text).replace("(paren ", "").trim_end_matches(')'), "(+ 1 (* 2 3", "{text}");
    }
}

/// What RefPerSys's documents mention and the language does not have: it is refused, with a word about what to write.
#[test]
fn what_is_different_is_said() {
    with_session(|m, session| {
        for (text, code, told) in [
            ("1 < 2 < 3", "syntax::chained-comparison", "a < b and b < c"),
            ("if x = 1 { 2 }", "syntax::assignment-in-condition", "=="),
            ("@display 1", "syntax::bad-character", "commands begin with `:`"),
            ("+3", "syntax::expected-expression", ""),
            ("_41OFI3r0S1t03qdB2F", "name::unknown-oid", ""),
            ("add 1 2", "syntax::missing-separator", ""),
            ("object => class", "syntax::expected-token", "receiver => selector()"),
        ] {
            let Err(EvalError::Syntax(diagnostics)) = session.eval(m, text) else {
                panic!("{text} is accepted")
            };
            assert_eq!(diagnostics[0].code, code, "{text}");
            let hint = diagnostics[0].hint.as_deref().unwrap_or_default();
            assert!(hint.contains(told), "{text}: {hint}");
        }
    });
}

/// An expression of the designed grammar: a model that knows nothing of the parser.
#[derive(Clone, Debug)]
enum Model {
    Integer(u8),
    Joined(usize, Box<Model>, Box<Model>),
    Tuple(Vec<Model>),
    Set(Vec<Model>),
    Send(Box<Model>, Vec<Model>),
    Attribute(Box<Model>),
}

/// The operators of the designed grammar and how tight they bind.
const OPERATORS: [(&str, &str, u8); 13] = [
    ("||", "or", 0),
    ("&&", "and", 1),
    ("<", "<", 2),
    (">", ">", 2),
    ("<=", "<=", 2),
    (">=", ">=", 2),
    ("==", "==", 2),
    ("!=", "!=", 2),
    ("+", "+", 3),
    ("-", "-", 3),
    ("*", "*", 4),
    ("/", "/", 4),
    ("%", "%", 4),
];

impl Model {
    fn level(&self) -> u8 {
        match self {
            Model::Joined(operator, ..) => OPERATORS[*operator].2,
            _ => 5,
        }
    }

    /// Writes the text that the grammar has for it, with brackets only where it asks for them.
    fn text(&self, least: u8) -> String {
        let list = |items: &[Model]| items.iter().map(|item| item.text(0)).collect::<Vec<_>>().join(", ");
        let text = match self {
            Model::Integer(integer) => integer.to_string(),
            Model::Joined(operator, left, right) => {
                let (sign, _, level) = OPERATORS[*operator];
                // A comparison has one operator at most.
                let first = if level == 2 { 3 } else { level };
                format!("{} {sign} {}", left.text(first), right.text(level + 1))
            }
            Model::Tuple(items) => format!("[{}]", list(items)),
            Model::Set(items) => format!("{{{}}}", list(items)),
            Model::Send(receiver, arguments) => format!("{} => put({})", receiver.text(5), list(arguments)),
            Model::Attribute(receiver) => format!("{}.comment", receiver.text(5)),
        };
        if self.level() < least { format!("({text})") } else { text }
    }

    /// Writes the tree that the parser must find.
    fn tree(&self) -> String {
        let list = |items: &[Model]| items.iter().map(|item| format!(" {}", item.tree())).collect::<String>();
        match self {
            Model::Integer(integer) => integer.to_string(),
            Model::Joined(operator, left, right) => {
                format!("({} {} {})", OPERATORS[*operator].1, left.tree(), right.tree())
            }
            Model::Tuple(items) => format!("(tuple{})", list(items)),
            Model::Set(items) => format!("(set{})", list(items)),
            Model::Send(receiver, arguments) => format!("(=> {} put{})", receiver.tree(), list(arguments)),
            Model::Attribute(receiver) => format!("(attribute {} comment)", receiver.tree()),
        }
    }

    /// Computes the value of arithmetic, if it has one: nothing can be divided by zero.
    fn value(&self) -> Option<BigInt> {
        let Model::Joined(operator, left, right) = self else {
            return if let Model::Integer(integer) = self { Some((*integer).into()) } else { None };
        };
        let (left, right) = (left.value()?, right.value()?);
        match OPERATORS[*operator].0 {
            "+" => Some(left + right),
            "-" => Some(left - right),
            "*" => Some(left * right),
            "/" => left.checked_div(&right),
            "%" if right != BigInt::ZERO => Some(left % right),
            _ => None,
        }
    }
}

fn models(arithmetic: bool) -> impl Strategy<Value = Model> {
    let leaf = any::<u8>().prop_map(Model::Integer);
    let operators = if arithmetic { 8..13usize } else { 0..13 };
    leaf.prop_recursive(6, 48, 3, move |inner| {
        let joined = (operators.clone(), inner.clone(), inner.clone())
            .prop_map(|(operator, left, right)| Model::Joined(operator, Box::new(left), Box::new(right)));
        if arithmetic {
            return joined.boxed();
        }
        let several = prop::collection::vec(inner.clone(), 0..3);
        prop_oneof![
            4 => joined,
            1 => several.clone().prop_map(Model::Tuple),
            1 => several.clone().prop_map(Model::Set),
            1 => (inner.clone(), several).prop_map(|(receiver, arguments)| Model::Send(Box::new(receiver), arguments)),
            1 => inner.prop_map(|receiver| Model::Attribute(Box::new(receiver))),
        ]
        .boxed()
    })
}

/// Takes the brackets away that a tree has.
fn without_brackets(tree: &str) -> String {
    let mut out = String::new();
    let mut open = Vec::new();
    let mut rest = tree;
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("(paren ") {
            open.push(false);
            rest = after;
            continue;
        }
        match first {
            '(' => open.push(true),
            ')' if open.pop() == Some(false) => {
                rest = &rest[1..];
                continue;
            }
            _ => {}
        }
        out.push(first);
        rest = &rest[first.len_utf8()..];
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_sentence_of_the_designed_grammar_has_its_tree(model in models(false)) {
        let text = model.text(0);
        prop_assert_eq!(without_brackets(&tree(&text)), model.tree(), "{}", text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arithmetic_gives_what_it_gives_on_paper(models in prop::collection::vec(models(true), 16)) {
        with_session(|m, session| {
            for model in models {
                let (text, value) = (model.text(0), model.value());
                let found = session.eval(m, &text).map(|value| shown(m, value));
                match value {
                    Some(value) => prop_assert_eq!(found.ok(), Some(value.to_string()), "{}", text),
                    None => prop_assert_eq!(found.err().map(|error| error.code().to_owned()), Some("run::division-by-zero".to_owned()), "{}", text),
                }
            }
            Ok(())
        })?;
    }
}
