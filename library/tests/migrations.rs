//! Migrations within one runtime: what the methods do, order, and what becomes of those that fail.

#![forbid(unsafe_code)]

#[allow(dead_code, reason = "each test uses a part")]
mod common;

use common::{check, eval_in, runtime};
use rps_lang::Session;
use rps_library::migration::{Migrations, Run, apply};
use rps_runtime::Runtime;

/// Evaluates texts, one after the other, in a session that keeps objects in a space; returns what the last one gives.
fn run(runtime: &Runtime, texts: &[&str]) -> String {
    runtime.enter(|m| {
        let mut session = Session::new(m);
        let space = session.eval(m, "let s = new space { }; root s; s").expect("a space is made");
        session.set_space(space.as_object());
        let mut last = String::new();
        for text in texts {
            last = match session.eval(m, text) {
                Ok(value) => format!("{value:?}"),
                Err(error) => format!("<{}: {}>", error.code(), error.diagnostics()[0].message),
            };
        }
        last
    })
}

const PEOPLE: &str = r#"
    class person { name, title, street, city }
    class child : person { }
    keep new person { name: "Ada", title: "Dr", street: "High", city: "Bath" } as ada
    keep new child { name: "Bob", title: "Mr" } as bob
"#;

#[test]
fn an_attribute_is_renamed_below_a_class_too_and_once() {
    let texts = [
        PEOPLE,
        r#"migration("one", |m| m.rename_attribute(person, "title", "salutation"))"#,
        "migrate()",
        r#"[ada.salutation, bob.salutation, ada.has("title"), migrations()[0].is_applied(), migrate(), migrations()[0].dry_run()]"#,
    ];
    assert_eq!(run(&runtime(), &texts), r#"["Dr", "Mr", false, true, [], []]"#);
}

#[test]
fn a_class_is_split_and_what_comes_later_joins_its_part() {
    let texts = [
        PEOPLE,
        r#"migration("split", |m| {
            class address { street, city }
            m.split(person, ["street", "city"], address, "address")
        })"#,
        "migrate()",
        "let part = ada.address",
        r#"ada.city = "York"; migrations()[0].apply()"#,
        r#"[part == ada.address, part.city, part.street, part.space == ada.space, ada.has("street"), bob.has("address")]"#,
    ];
    assert_eq!(run(&runtime(), &texts), r#"[true, "York", "High", true, false, false]"#);
}

#[test]
fn attributes_are_added_converted_and_removed() {
    let texts = [
        PEOPLE,
        r#"migration("three", |m| [
            m.add_attribute(person, "city", "Rome"),
            m.convert_attribute(person, "name", |n| n.upper()),
            m.convert_attribute(person, "name", |n| n.upper()),
            m.remove_attribute(person, "title")
        ].each(|n| print(n)))"#,
        "migrate()",
        r#"[bob.city, ada.city, bob.name, ada.has("title")]"#,
    ];
    assert_eq!(run(&runtime(), &texts), r#"["Rome", "Bath", "BOB", false]"#);
}

#[test]
fn a_payload_becomes_one_of_another_kind() {
    let texts = [
        r#"class book : dict { }; let b = keep new book ["Ann": 31, "Bob": 28] as ages"#,
        r#"migration("vector", |m| {
            m.convert_payloads(book, |b| if b.is_a(dict) { (new vector []).extend(b.entries()) })
            class book : vector { }
        })"#,
        "let before = ages",
        "migrate()",
        "[before == ages, ages.len(), ages[1], migrations()[0].dry_run()]",
    ];
    assert_eq!(run(&runtime(), &texts), r#"[true, 2, ["Bob", 28], []]"#);
}

#[test]
fn the_payload_of_a_kept_object_is_not_taken() {
    let texts = [
        "class book : dict { }; keep new book [] as a; keep new vector [1] as b",
        r#"migration("steal", |m| m.convert_payload(a, |x| b))"#,
        "try { migrate() } catch e { e.message.contains(\"its own\") }",
        "[b.len(), a.is_a(dict)]",
    ];
    assert_eq!(run(&runtime(), &texts), "[1, true]");
}

#[test]
fn classes_of_objects_change_and_their_payloads_must_fit() {
    let texts = [
        PEOPLE,
        r#"migration("promote", |m| m.change_class_of_all(child, person, |c| c.name == "Bob"))"#,
        r#"migration("spoil", |m| m.change_class(new vector [], dict))"#,
        "let told = try { migrate() } catch e { e.message }",
        r#"[bob.class == person, told.contains("payload `vectval`"), pending_migrations().len()]"#,
    ];
    assert_eq!(run(&runtime(), &texts), "[true, true, 1]");
}

#[test]
fn names_change_and_the_old_ones_lead_to_the_same() {
    let texts = [
        PEOPLE,
        "class person { fn hello() { \"hello\" } }; fn make() { new person { title: \"Mx\" } }",
        r#"migration("names", |m| {
            m.rename(person, "human")
            m.rename("title", "salutation")
            m.rename_method(person, "hello", "greet")
        })"#,
        "migrate()",
        r#"[human == person, make().salutation, make().title, ada.greet(), f"{person}", migrations()[0].dry_run()]"#,
    ];
    assert_eq!(run(&runtime(), &texts), r#"[true, "Mx", "Mx", "hello", "human", []]"#);
}

/// Nothing is half migrated: attributes, classes, names and components are as before, and the error says where.
#[test]
fn an_error_in_the_middle_leaves_everything_as_it_was() {
    let texts = [
        PEOPLE,
        r#"migration("bad", |m| {
            class extra { }
            keep new extra { } as leftover
            ada.push("part")
            m.rename(person, "human")
            m.rename_attribute(person, "name", "label")
            m.each(person, |p| if p == bob { p.street.upper() } else { p.city = "gone" })
        })"#,
        "let told = try { migrate() } catch e { [e.code, e.message] }",
        r#"[told[0], told[1].contains(bob.oid()), told[1].contains("`bad`"), ada.name, ada.city, ada.len(), ada.has("label")]"#,
    ];
    let runtime = runtime();
    let expected = r#"["migration::failed", true, true, "Ada", "Bath", 0, false]"#;
    assert_eq!(run(&runtime, &texts), expected);
    assert!(eval_in(&runtime, "leftover").starts_with("<name::unknown"));
    assert!(eval_in(&runtime, "human").starts_with("<name::unknown"));
    assert_eq!(eval_in(&runtime, "[pending_migrations().len(), person == ada.class]"), "[1, true]");
}

#[test]
fn a_dry_run_changes_nothing_and_tells_the_same_as_the_run() {
    let texts = [
        PEOPLE,
        r#"migration("rename", |m| { class extra { }; m.rename_attribute(person, "city", "town") })"#,
        "let would = migrations()[0].dry_run()",
        r#"let before = [ada.has("town"), migrations()[0].is_applied()]"#,
        "migrations()[0].apply()",
        r#"[before, would, ada.town]"#,
    ];
    let expected =
        r#"[[false, false], [["class", 1, 1, 0], ["person", 0, 1, 0], ["symbol", 2, 0, 0]], "Bath"]"#;
    assert_eq!(run(&runtime(), &texts), expected);
}

#[test]
fn a_migration_adds_others_which_are_applied_then() {
    let texts = [r#"migration("first", |m| { migration("second", |m| { class made { } }) })"#, "migrate()"];
    assert_eq!(run(&runtime(), &texts), r#"["first", "second"]"#);
}

#[test]
fn one_that_was_applied_stays_and_one_that_was_not_is_replaced() {
    let texts = [
        r#"migration("a", |m| 1); migration("a", |m| raise "no"); migration("a", |m| 2); migrate()"#,
        r#"migration("a", |m| 2) == migrations()[0]"#,
        r#"[migrations().len(), try { migration("a", |m| 3) } catch e { e.code }]"#,
    ];
    assert_eq!(run(&runtime(), &texts), r#"[1, "migration::applied"]"#);
}

#[test]
fn the_order_is_that_of_their_making_unless_they_say_otherwise() {
    let texts = [
        r#"migration("z", |m| nil); migration("a", |m| nil)
           migration("late", ["z", "a"], |m| nil); migration("b", ["z"], |m| nil); migration("free", [], |m| nil)"#,
        "migrate()",
    ];
    assert_eq!(run(&runtime(), &texts), r#"["free", "z", "a", "b", "late"]"#);
}

#[test]
fn what_cannot_be_ordered_is_refused() {
    let circle = [r#"migration("a", ["b"], |m| nil); migration("b", ["a"], |m| nil)"#, "migrate()"];
    let told = run(&runtime(), &circle);
    assert!(told.starts_with("<migration::cycle: "), "{told}");
    let missing = [r#"migration("a", ["away"], |m| nil)"#, "migrate()"];
    let told = run(&runtime(), &missing);
    assert!(told.starts_with("<migration::missing-dependency: ") && told.contains("`away`"), "{told}");
    let early = [r#"migration("a", |m| nil); migration("b", |m| nil)"#, "migrations()[1].apply()"];
    let told = run(&runtime(), &early);
    assert!(told.starts_with("<migration::out-of-order: "), "{told}");
}

#[test]
fn what_was_forgotten_was_applied_all_the_same() {
    let texts = [
        r#"migration("a", |m| nil); migration("b", ["a"], |m| nil); migrations()[0].apply(); migrations()[0].forget()"#,
        r#"migration("a", |m| raise "again")"#,
        "[migrate(), migrations().map(|m| m.name)]",
    ];
    assert_eq!(run(&runtime(), &texts), r#"[["b"], ["a", "b"]]"#);
}

#[test]
fn what_no_store_could_apply_is_refused() {
    check(&[
        (r#"migration("two words", |m| nil)"#, "<migration::bad-name>"),
        (r#"migration("", |m| nil)"#, "<migration::bad-name>"),
        (r#"migration("a", 3)"#, "<run::wrong-kind>"),
        (r#"migration("a", |m, n| nil)"#, "<migration::bad-function>"),
        (r#"migration("a", [3], |m| nil)"#, "<run::wrong-kind>"),
        ("migration(\"a\")", "<run::arity>"),
        ("migrations()", "[]"),
    ]);
    let variable = ["let n = 3", r#"fn f(m) { n }; migration("a", f)"#];
    let told = run(&runtime(), &variable);
    assert!(told.starts_with("<migration::bad-function: "), "{told}");
}

#[test]
fn attributes_that_are_there_are_not_written_over() {
    let texts = [
        PEOPLE,
        r#"bob.salutation = "Sir"; bob.title = "Sir"; ada.salutation = "Dame""#,
        r#"migration("a", |m| m.rename_attribute(person, "title", "salutation"))"#,
        "let told = try { migrate() } catch e { e.message }",
        r#"[told.contains(ada.oid()), bob.has("title"), ada.title]"#,
    ];
    assert_eq!(run(&runtime(), &texts), r#"[true, true, "Dr"]"#);
}

/// What no dump would write is not left to chance: also in a vector, which is dumped with what refers to it.
#[test]
fn an_object_that_the_store_would_lose_is_refused() {
    let texts = [
        PEOPLE,
        r#"migration("a", |m| { class part { }; ada.city = [new vector [new part { }]] })"#,
        "let told = try { migrate() } catch e { [e.code, e.message.contains(ada.oid())] }",
        "let before = ada.city",
        r#"migration("a", |m| { class part { }; ada.city = [new vector [m.keep_with(new part { }, ada), print, int]] })"#,
        "[told, before, migrate(), ada.city[0][0].space == ada.space]",
    ];
    let expected = r#"[["migration::lost-object", true], "Bath", ["a"], true]"#;
    assert_eq!(run(&runtime(), &texts), expected);
}

#[test]
fn none_is_applied_by_another() {
    let texts = [r#"migration("a", |m| m.apply())"#, "migrate()"];
    let told = run(&runtime(), &texts);
    assert!(told.contains("in a transaction"), "{told}");
}

#[test]
fn a_stopped_migration_is_undone_and_stops_the_program() {
    let runtime = runtime();
    let texts = [PEOPLE, r#"migration("endless", |m| { ada.name = "gone"; while true { nil } })"#];
    run(&runtime, &texts);
    runtime.enter(|m| {
        let known = Migrations::of(m).expect("there is an order");
        m.runtime().interrupt();
        let failure = apply(m, &known.all()[0], Run::Keep).expect_err("it was interrupted");
        assert_eq!(failure.code(), "run::interrupted");
    });
    runtime.clear_interrupt();
    assert_eq!(eval_in(&runtime, "[ada.name, pending_migrations().len()]"), r#"["Ada", 1]"#);
}
