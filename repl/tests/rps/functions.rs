//! The commands that look at functions: what they tell.

use expect_test::{Expect, expect};

use crate::support::Stage;

/// Defines functions and classes at a prompt, and checks what commands answer.
fn check(commands: &[(&str, Expect)]) {
    const DEFINITIONS: &str = "# The n-th of Fibonacci's numbers.\n\
        fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }\n\
        class point {\n    x\n    y\n    # Both added up.\n    fn sum(f) {\n        f(self.x) + f(self.y)\n    }\n}\n\
        class place : point { fn name() { \"here\" } }\n";
    let stage = Stage::new();
    std::fs::write(stage.path("definitions.rps"), DEFINITIONS).unwrap();
    let made = stage.run(&["--dump", "definitions.rps"], "");
    assert_eq!((made.status, made.err.as_str()), (0, ""));
    let typed: Vec<_> = commands.iter().map(|(command, _)| *command).collect();
    let run = stage.transcript(&format!("let double = |x| 2 * x\n{}\n:quit\n", typed.join("\n")));
    assert_eq!((run.status, run.err.as_str()), (0, ""), "{}", run.out);
    for (command, expected) in commands {
        expected.assert_eq(&run.answer(command));
    }
}

#[test]
fn source_shows_functions_methods_classes_and_closures() {
    check(&[
        (
            ":source fib",
            expect![[r#"
                # The n-th of Fibonacci's numbers.
                fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }"#]],
        ),
        (
            ":source place.sum",
            expect![[r#"
                # Both added up.
                fn sum(f) {
                    f(self.x) + f(self.y)
                }"#]],
        ),
        (
            ":source point",
            expect![[r#"
                class point {
                    x
                    y

                    # Both added up.
                    fn sum(f) {
                        f(self.x) + f(self.y)
                    }
                }"#]],
        ),
        (
            ":source place",
            expect![[r#"
                class place : point {
                    fn name() { "here" }
                }"#]],
        ),
        (":source double", expect!["|x| 2 * x"]),
    ]);
}

#[test]
fn doc_tells_what_is_known() {
    check(&[
        (
            ":doc fib",
            expect![[r"
            fib(n)
              The n-th of Fibonacci's numbers."]],
        ),
        (
            ":doc place.sum",
            expect![[r"
            place.sum(f)
              Both added up."]],
        ),
        (
            ":doc sum",
            expect![[r#"
                object.sum()
                  The sum of the elements, numbers, strings or tuples; 0 where there are none.
                  [1, 2.5].sum() # → 3.5

                point.sum(f)
                  Both added up."#]],
        ),
        (
            ":doc print",
            expect![[r#"
            print(…)
              Writes the texts of its arguments, with spaces between them, and a line end; gives nil.
              print("x is", 1)"#]],
        ),
        (
            ":doc string",
            expect![[r"
            string∈class
              Immutable texts in UTF-8."]],
        ),
        (
            ":doc double",
            expect![[r"
            double(x)
              nothing is said about it"]],
        ),
    ]);
}

#[test]
fn methods_are_listed_by_class() {
    let stage = Stage::new();
    let text = "class point { x\nfn sum(f) { f(self.x) } }\nclass place : point { fn to_string() { \"here\" } }\n:methods place\n";
    let run = stage.run(&[], text);
    let lines: Vec<_> = run.out.lines().collect();
    assert!(lines[0].starts_with("place∈class") && lines[2].starts_with("point∈class"), "{}", run.out);
    assert_eq!((lines[1], lines[3]), ("  to_string()", "  sum(f)"));
    assert!(run.out.contains("\nobject∈class") && run.out.contains("  map(f)"), "{}", run.out);
    assert_eq!(run.out.matches("to_string()").count(), 1, "what is overridden is listed once: {}", run.out);
    let json = stage.run(&["--json", "-e", ":methods 1"], "").json_out();
    let int = &json[0]["methods"][0];
    assert_eq!(int["class"]["name"], "int");
    let pow = int["methods"].as_array().unwrap().iter().find(|method| method["selector"] == "gcd").unwrap();
    assert_eq!(pow["native"], true);
}

#[test]
fn disassemble_lists_a_function_and_what_stands_in_it() {
    let stage = Stage::new();
    let run = stage.run(&[], "fn adds(n) { |x| x + n }\n:disassemble adds\n");
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    assert!(run.out.starts_with("adds: 1 parameter, "), "{}", run.out);
    assert!(run.out.contains("\n\nclosure in adds: 1 parameter, "), "{}", run.out);
    assert!(run.out.contains("MakeClosure") && run.out.contains("Add"), "{}", run.out);
}

#[test]
fn time_counts_what_was_allocated_and_collected() {
    let stage = Stage::new();
    let text = "fn make(n) { let all = []\nlet i = 0\nwhile i < n { all = [i, \"text\" + \"s\"]; i = i + 1 }\nall }\n";
    let run = stage.run(&[], &format!("{text}:time make(3000)\n"));
    assert!(run.out.contains("\ntook ") && run.out.contains(" ms, allocated "), "{}", run.out);
    let json = stage.run(&["--json", "-e", text, "-e", ":time make(500000)"], "").json_out();
    let time = &json[1]["time"];
    assert_eq!(time["value"], serde_json::json!([499_999, "texts"]));
    assert!(time["allocated_bytes"].as_u64() > Some(10_000_000), "{time}");
    assert!(time["collections"].is_u64() && time["seconds"].as_f64() > Some(0.0), "{time}");
}

#[test]
fn profile_shows_the_tree_of_calls() {
    let stage = Stage::new();
    let text = "fn inner(n) { let i = 0\nwhile i < n { i = i + 1 }\ni }\nfn outer(n) { inner(n) }\n";
    let session = ":profile outer(20000000)\n";
    let run = stage.run(&[], &format!("{text}{session}"));
    assert!(run.out.starts_with("20000000\n total    self  call\n100.0 % "), "{}", run.out);
    assert!(
        run.out.contains("%    outer (<stdin>)\n") && run.out.contains("%      inner (<stdin>)\n"),
        "{}",
        run.out
    );
    let json = stage.run(&["--json", "-e", text, "-e", ":profile outer(20000000)"], "").json_out();
    let profile = &json[1]["profile"];
    assert_eq!(profile["value"], 20_000_000);
    let outer = &profile["calls"][0]["calls"][0];
    let inner = &outer["calls"][0];
    assert_eq!((&outer["function"], &inner["function"]), (&"outer".into(), &"inner".into()));
    assert!(inner["self"].as_u64() > Some(0) && inner["total"].as_u64() <= profile["samples"].as_u64());
}
