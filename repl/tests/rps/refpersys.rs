//! The nine commands that RefPerSys has designed give what its documentation says (RPS-42, reference §10).

use crate::support::Stage;

/// Each line of a session, and what its answer must contain.
const SESSION: &[(&str, &str)] = &[
    // show: the examples of the documentation, and those of its makefile.
    (":show 123", "123"),
    (":show \"foo\"", "\"foo\""),
    (":show 1+2", "3"),
    (":show 1 * 2 + 3 * 4", "14"),
    (":show (1 + 2)", "3"),
    (":show comment", "comment∈symbol _0jdbikGJFq100dgX1n"),
    (":show _0jdbikGJFq100dgX1n", "comment∈symbol _0jdbikGJFq100dgX1n"),
    // make_symbol: a new strong symbol, kept.
    (":make_symbol price", "price∈symbol"),
    ("let apple = keep new object as apple", ""),
    // put: an object, an attribute and a value, each of them an expression; the attribute by name or oid.
    (":put apple : price = 1 + 2", "apple∈object"),
    ("apple.price", "3"),
    (":put apple : _0jdbikGJFq100dgX1n = \"a fruit\"", "apple∈object"),
    ("apple.comment", "\"a fruit\""),
    (":put apple : price = apple.price * 10", "apple∈object"),
    (":put apple : (price) = apple.price + 1", "apple∈object"),
    ("apple.price", "31"),
    // append: a component.
    (":append apple : [1, {2}]", "apple∈object"),
    (":append apple : apple.price", "apple∈object"),
    ("[apple[0], apple[1]]", "[[1, {2}], 31]"),
    // show: all of an object.
    (":show apple", "price: 31"),
    (":show apple", "comment: \"a fruit\""),
    (":show apple", "[1]: 31"),
    // remove: an attribute, whose value is given back.
    (":remove apple : price", "31"),
    ("apple.price", "nil"),
    (":remove apple : _0jdbikGJFq100dgX1n", "\"a fruit\""),
    // add_root, remove_root.
    (":add_root apple", "is a root now"),
    (":add_root apple", "was a root already"),
    (":remove_root apple", "is no root any more"),
    (":remove_root apple", "was no root"),
    (":add_root apple", "is a root now"),
    // help: the commands.
    (":help", ":put object : attribute = value"),
    (":help show", ":show expression"),
    // dump: to the store that was loaded, or to a new directory.
    (":dump .", "dumped "),
    (":dump !", "dumped "),
    (":dump \"elsewhere\"", " to elsewhere"),
];

#[test]
fn the_nine_commands_give_what_the_documentation_says_rps_42() {
    let stage = Stage::new();
    let input: String = SESSION.iter().map(|(line, _)| format!("{line}\n")).collect();
    let run = stage.transcript(&input);
    assert_eq!((run.status, run.err.as_str()), (0, ""), "{}", run.out);
    // Answers in their order: a line may be typed several times.
    let mut rest = run.out.as_str();
    for (line, expected) in SESSION {
        let typed = format!("rps> {line}\n");
        let at = rest.find(&typed).unwrap_or_else(|| panic!("{line} was not typed: {rest}"));
        rest = &rest[at + typed.len()..];
        let answer = &rest[..rest.find("rps> ").unwrap_or(rest.len())];
        assert!(answer.contains(expected), "{line}: {answer}");
        assert!(!answer.contains("error["), "{line}: {answer}");
    }
    for name in ["help", "dump", "show", "put", "remove", "append", "add_root", "remove_root", "make_symbol"]
    {
        assert!(run.out.contains(&format!("\n:{name} ")), "`:help` does not list {name}");
    }
    // What was put is in both stores, the root and the symbol too.
    for store in [&["-e"][..], &["--store", "elsewhere", "-e"]] {
        let read = |expression: &str| stage.run(&[store, &[expression]].concat(), "").out;
        assert_eq!(read("apple[0]"), "[1, {2}]\n", "{store:?}");
        assert!(read(":show price").contains("price∈symbol"), "{store:?}");
        assert!(read(":why apple").contains("root"), "{store:?}");
    }
}

/// What is wrong is said, and is a failure: RefPerSys's commands end with status 0 whatever happens.
#[test]
fn the_nine_commands_refuse_what_makes_no_sense_rps_42() {
    let stage = Stage::new();
    for (line, code) in [
        (":show", "command::missing"),
        (":show nobody", "name::unknown"),
        (":show _41OFI3r0S1t03qdB2F", "name::unknown-oid"),
        (":show (1", "syntax::unclosed-paren"),
        (":help nothing", "command::unknown"),
        (":put", "command::missing"),
        (":put class : price", "command::missing"),
        (":put \"text\" : name = 1", "command::not-an-object"),
        (":remove class : nobody", "name::unknown"),
        (":append class", "command::missing"),
        (":append 1 : 2", "command::not-an-object"),
        (":add_root 1", "command::not-an-object"),
        (":remove_root nobody", "name::unknown"),
        (":make_symbol class", "name::duplicate"),
        (":make_symbol 1x", "name::bad-name"),
        (":dump nowhere", "command::not-a-directory"),
    ] {
        let run = stage.run(&["-e", line], "");
        assert_eq!((run.status, run.out.as_str()), (1, ""), "{line}: {}", run.err);
        assert!(run.err.contains(&format!("error[{code}]")), "{line}: {}", run.err);
    }
}
