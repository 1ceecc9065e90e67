//! The story of a store that outlives its plugins (issue 4, Shown by 1; COMMY-4, RPS-24, BMUX-12, CRUSH-21).

use crate::stage::Stage;

const CODEC: [&str; 3] = ["--codec", "rle", "--dump"];

/// A session with all plugins: points, a path through them, a counter, and a metric that comes before that of geo.
fn begin(stage: &Stage) {
    for name in ["geo", "metric", "counter"] {
        stage.put_example(name);
    }
    stage.put_c("plugins/examples/rle-c/rle_c.c", "rle");
    let run = stage.rps(
        "s",
        &CODEC,
        &[
            "keep geo_point(1.5, 2) as here",
            "keep geo_point(4.5, 6) as there",
            "here.set_label(\"here\")",
            "keep geo_path(here, there) as way",
            "counter_increment(40)",
            "counter_increment(2)",
            // Along the streets: the other plugin has the higher priority.
            "geo_distance(here, there)",
            "way.length()",
        ],
    );
    let out = run.out();
    assert!(out.contains("42\n7.0\n7.0\n"), "{out}");
}

const LOOK: [&str; 4] = ["here.label()", "[there.x(), there.y()]", "way.length()", "counter_value()"];
const SEEN: &str = "\"here\"\n[4.5, 6.0]\n7.0\n42\n";

#[test]
fn a_store_outlives_its_plugins() {
    let stage = Stage::new();
    begin(&stage);
    let before = stage.content("s");
    assert_eq!(stage.rps("s", &[], &LOOK).out(), SEEN);

    // Without geo, what it has made stays as it is, to the byte, whatever else changes.
    stage.remove("geo");
    stage.remove("counter");
    let run = stage.rps("s", &CODEC, &["1 + 1", ":dump \"copy\""]);
    assert!(run.out().starts_with("2\n"), "{}", run.out);
    // Written anew, into a store that has nothing: the same bytes, the state of the counter included.
    let copy = stage.content("copy");
    assert_eq!(copy.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    let differing: Vec<_> = copy.iter().filter(|(name, bytes)| before[*name] != **bytes).collect();
    assert!(differing.is_empty(), "{:?}", differing.iter().map(|(name, _)| name).collect::<Vec<_>>());
    assert!(run.err.contains("geo/Point") && run.err.contains("metric"), "{}", run.err);
    assert!(stage.content("s") == before, "the store has changed");
    assert_ne!(stage.rps("s", &[], &["here.label()"]).status, Some(0));

    // With a geo of another schema nothing is lost either, and both hashes are told.
    stage.put_c("tests/fixtures/plugins/schema.c", "geo");
    stage.remove("metric");
    let run = stage.rps("s", &["--dump"], &["1 + 1"]);
    assert!(run.out().starts_with("2\n"), "{}", run.out);
    assert!(run.err.contains("43e5b77808dbdbbe"), "{}", run.err);
    assert!(stage.content("s") == before, "the store has changed");

    // With all of them back, everything is.
    stage.remove("geo");
    for name in ["geo", "metric", "counter"] {
        stage.put_example(name);
    }
    assert_eq!(stage.rps("s", &[], &LOOK).out(), SEEN);
    assert_eq!(stage.rps("s", &["--dump"], &["counter_increment(1)"]).out().lines().next(), Some("43"));
    assert_eq!(stage.rps("s", &[], &["counter_value()"]).out(), "43\n");
}

/// Plugins, the store and code of the language together (RPS-37): a function of the store that calls functions of plugins, on
/// payloads of theirs, is committed, killed with its session, found again, and dumped.
#[test]
fn rps_37_a_function_that_calls_plugins_survives_with_them() {
    let stage = Stage::new();
    for name in ["geo", "counter"] {
        stage.put_example(name);
    }
    let run = stage.rps(
        "s",
        &["--dump"],
        &[
            "keep geo_point(0, 0) as corner",
            "keep geo_point(3, 4) as other",
            "fn far(a, b) { counter_increment(1); let total = 0.0; for n in 0..100 { total = total + geo_distance(a, b) }; total }",
            "far(corner, other)",
        ],
    );
    assert_eq!(run.out().lines().last(), Some("500.0"), "{}", run.err);
    let more = [
        "fn further(a, b) { far(a, b) + far(b, a) }",
        "keep geo_point(6, 8) as third",
        "further(corner, third)",
    ];
    let run = stage.rps("s", &["--commit"], &more);
    assert_eq!(run.out().lines().last(), Some("2000.0"), "{}", run.err);
    // What was committed is there without a dump.
    let run = stage.rps("s", &["--dump"], &["further(corner, third)", "far(other, third)"]);
    assert!(run.out().starts_with("2000.0\n500.0\n"), "{}{}", run.out, run.err);
    let run = stage.rps("s", &[], &["further(corner, other) + far(corner, third)"]);
    assert_eq!(run.out(), "2000.0\n", "{}", run.err);
}
