//! Migrations at the prompt.

use crate::support::{Run, Stage};

/// Returns a stage with the stores `old`, in which a migration is pending, and `other`.
fn stage() -> Stage {
    let stage = Stage::new();
    let pending = "migration(\"colour\", |m| m.add_attribute(thing, \"colour\", \"red\"))";
    let programs = ["class thing { colour }; keep new thing { } as one", pending];
    for (store, programs) in [("old", &programs[..]), ("other", &["keep new object as other"])] {
        for text in programs {
            let run = stage.run(&["--store", store, "--dump", "-e", text], "");
            assert_eq!(run.status, 0, "{}", run.err);
        }
    }
    stage
}

fn prompt(stage: &Stage, arguments: &[&str], input: &str) -> Run {
    let mut command = stage.command(arguments);
    command.env("RPS_TRANSCRIPT", "1");
    stage.start(command, input)
}

#[test]
fn another_store_tells_of_pending_migrations_as_the_first_one_does() {
    let stage = stage();
    let run = prompt(&stage, &["--store", "other"], ":load \"old\"\n:load\none.colour\n");
    assert_eq!(run.err.matches("warning[migration::pending]").count(), 2, "{}", run.err);
    assert!(run.err.contains("`colour`") && run.err.contains("`migrate()` applies them"), "{}", run.err);
    assert_eq!(run.answer("one.colour"), "nil");
    let run = prompt(&stage, &["--store", "old"], ":load \"other\"\nother.class\n");
    assert_eq!(run.err.matches("migration::pending").count(), 1, "{}", run.err);
}

#[test]
fn another_store_is_migrated_where_that_is_wanted() {
    let stage = stage();
    let arguments = ["--store", "other", "--migrate", "auto"];
    let run = prompt(&stage, &arguments, ":load \"old\"\none.colour\n:commit\n");
    assert!(run.err.contains("warning[migration::now-applied]"), "{}", run.err);
    assert_eq!(run.answer("one.colour"), "\"red\"");
    stage.check(&["--store", "old", "-e", "[one.colour, pending_migrations()]"], "[\"red\", []]\n");
}
