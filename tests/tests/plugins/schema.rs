//! A plugin's payload has another schema in its next version: a migration makes new payloads of the old ones.

use crate::stage::Stage;

const SOURCE: &str = "tests/fixtures/plugins/mark.c";
const MIGRATION: &str = r#"migration("second_coordinate", |m| {
    m.convert_payloads(Mark, |mark| {
        let old = m.stored_payload(mark)
        if old != nil and old["schema"] == "7ea440a064be4baa" { new_mark(old["data"]["x"], 7) }
    })
})"#;

#[test]
fn a_payload_that_changed_is_migrated() {
    let stage = Stage::new();
    stage.put_c(SOURCE, "marks");
    let made = ["keep new_mark(3) as near", "keep new_mark(40) as far", "far.colour = \"red\""];
    stage.rps("s", &["--dump"], &made).out();
    // The new version does not read the old payloads, and they stay as they are.
    stage.put_case(SOURCE, "marks", &[("CASE_SECOND", "1")]);
    let before = stage.content("s");
    let run = stage.rps("s", &["--dump"], &["try { mark_text(near) } catch e { \"unread\" }"]);
    assert!(run.out().contains("unread") && run.err.contains("7ea440a064be4baa"), "{}{}", run.out, run.err);
    assert!(stage.content("s") == before, "a dump leaves them as they are");
    stage.rps("s", &["--dump"], &[MIGRATION]).out();
    for lazy in ["never", "always"] {
        let told = stage.start_with("RPS_LAZY", lazy, ["migrate", "s", "--dry-run"]);
        assert!(told.out().contains("Mark (2 changed)"), "{}", told.out);
    }
    stage.start_with("RPS_LAZY", "always", ["migrate", "s"]).out();
    let look = ["mark_text(near)", "mark_text(far)", "far.colour", "pending_migrations()"];
    let run = stage.rps("s", &[], &look);
    let seen = "\"{\\\"x\\\":3,\\\"y\\\":7}\"\n\"{\\\"x\\\":40,\\\"y\\\":7}\"\n\"red\"\n[]\n";
    assert_eq!((run.out(), run.err.as_str()), (seen, ""));
    // Once more, to what is as it should be already.
    stage.start(["migrate", "s", "--again", "second_coordinate"]).out();
    assert_eq!(stage.rps("s", &[], &look).out(), seen);
}
