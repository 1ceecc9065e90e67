//! What is registered is checked wholly when it is registered, in `interfaces.c` and `codec.c` (RPS-25, CRUSH-20).

use crate::support::{Plugins, assert_error, assert_works, error_of};

const CASES: &[(&str, &str, &str)] = &[
    ("CASE_FUNCTION_FLAGS", "plugin::bad-metadata", "0x40"),
    ("CASE_FUNCTION_ARITY", "plugin::bad-metadata", "`arity` is 256"),
    ("CASE_FUNCTION_NULL", "plugin::null-function", "`call` is null"),
    ("CASE_FUNCTION_NAME", "plugin::bad-name", "`no-name` at the point `function`"),
    ("CASE_COMMAND_NULL", "plugin::null-function", "`run` is null"),
    ("CASE_COMMAND_WITHOUT_SUMMARY", "plugin::bad-metadata", "`summary` is empty"),
    ("CASE_PAYLOAD_HASH", "plugin::schema-hash", "and the hash of its schema is"),
    ("CASE_PAYLOAD_FORMATS", "plugin::bad-metadata", "`formats` is 0x0"),
    ("CASE_PAYLOAD_UNKNOWN_FORMAT", "plugin::bad-metadata", "`formats` is 0x5"),
    ("CASE_PAYLOAD_CLASS_NAME", "plugin::bad-metadata", "`class_name` is `no name`"),
    ("CASE_PAYLOAD_NO_SCHEMA", "plugin::bad-metadata", "`schema` is empty"),
    ("CASE_PAYLOAD_OF_ANOTHER", "plugin::bad-name", "begins with `fixture/`"),
    ("CASE_PAYLOAD_DROP_NULL", "plugin::null-function", "`drop` is null"),
    ("CASE_PAYLOAD_SERIALIZE_NULL", "plugin::null-function", "`serialize` is null"),
    ("CASE_PAYLOAD_DESERIALIZE_NULL", "plugin::null-function", "`deserialize` is null"),
    ("CASE_STATE_FLAGS", "plugin::bad-metadata", "`fixture/state`"),
    ("CASE_STATE_SNAPSHOT_NULL", "plugin::null-function", "`snapshot` is null"),
    ("CASE_STATE_DEPENDENCIES_NULL", "plugin::bad-metadata", "`dependencies` is null"),
    ("CASE_CODEC_ENCODE_NULL", "plugin::null-function", "`encode` is null"),
    ("CASE_CODEC_DECODE_NULL", "plugin::null-function", "`decode` is null"),
    ("CASE_VALIDATOR_NULL", "plugin::null-function", "`validate` is null"),
    ("CASE_VALIDATOR_FLAGS", "plugin::bad-metadata", "`check` at the point `load.validator`"),
    ("CASE_TASK_PRIORITY", "plugin::bad-metadata", "priority 3"),
    ("CASE_TASK_NULL", "plugin::null-function", "`run` is null"),
    ("CASE_EVENT_NULL", "plugin::null-function", "`on_event` is null"),
    ("CASE_VIEW_NULL", "plugin::null-function", "`view` is null"),
    ("CASE_VIEW_TOO_SMALL", "plugin::interface-mismatch", "its interface has 8 bytes, and 16 are needed"),
    ("CASE_VIEW_SIZE_ZERO", "plugin::interface-mismatch", "its interface has 0 bytes"),
    ("CASE_INTRINSIC_NULL", "plugin::null-function", "`address` is null"),
    ("CASE_INTRINSIC_SIGNATURE", "plugin::bad-metadata", "`signature` is `double(double)`"),
    ("CASE_TIER_NULL", "plugin::null-function", "is null"),
    ("CASE_TIER_WITHOUT_BUILD", "plugin::bad-metadata", "`build` is empty"),
];

#[test]
fn rps_25_every_interface_is_checked_when_it_is_registered() {
    for (case, code, part) in CASES {
        let plugins = Plugins::new();
        plugins.put("bad", "interfaces.c", &[(case, "")]);
        plugins.put_good("good");
        let manager = plugins.started();
        let error = error_of(&manager, "fixture");
        assert_eq!(error.code(), *code, "{case}: {error}");
        assert_error(&error, code, part);
        assert_eq!(manager.execute("serve", b"").unwrap_err().code(), "plugin::not-found", "{case}");
        assert_works(&manager, "good");
    }
}

#[test]
fn rps_25_the_cases_are_those_of_the_fixture() {
    let source = rps_tests::workspace::root().join("tests/fixtures/plugins/interfaces.c");
    let mut known: Vec<_> = CASES.iter().map(|(case, _, _)| *case).collect();
    known.sort_unstable();
    assert_eq!(rps_tests::c::cases(&source), known);
}

#[test]
fn rps_25_a_sound_implementation_of_every_point_is_taken() {
    let plugins = Plugins::new();
    plugins.put("good", "interfaces.c", &[]);
    let manager = plugins.started();
    let info = manager.info("fixture").unwrap();
    assert!(info.is_loaded, "{:?}", info.error);
    let mut points: Vec<_> = info.extensions.iter().map(|one| one.declared.point.clone()).collect();
    points.sort();
    let mut all: Vec<_> = manager.points().into_iter().map(|point| point.name).collect();
    all.sort();
    assert_eq!(points, all);
    assert_eq!(manager.execute("serve", b"as it is").unwrap(), b"as it is");
}

/// CRUSH-20: what a codec says of itself is used to choose among codecs, so it is numbers of the right kind.
#[test]
fn crush_20_bad_metadata_of_codecs_is_refused_and_the_others_go_on() {
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[("CASE_NO_THROUGHPUT", "")], "`throughput` is 0"),
        (&[("CASE_THROUGHPUT_IS_NO_NUMBER", "")], "`throughput` is NaN"),
        (&[("THROUGHPUT", "-1.0")], "`throughput` is -1"),
        (&[("THROUGHPUT", "__builtin_inf()")], "`throughput` is inf"),
        (&[("CASE_RATIO_OVER_ONE", "")], "`ratio` is 1.5"),
        (&[("RATIO", "0.0")], "`ratio` is 0"),
        (&[("RATIO", "-0.5")], "`ratio` is -0.5"),
        (&[("RATIO", "__builtin_nan(\"\")")], "`ratio` is NaN"),
        (&[("CASE_NULL_VERSION", "")], "`version` is empty"),
        (&[("CASE_FOREIGN_MAGIC", "")], "`magic` is [50, 4b, 03, 81]"),
        (&[("CASE_MAGIC_OF_THE_HOST", "")], "the magic [43, 52, 01, 01] is one of the host's"),
    ];
    for (defines, part) in cases {
        let plugins = Plugins::new();
        plugins.put("bad", "codec.c", defines);
        plugins.put("good", "interfaces.c", &[]);
        let manager = plugins.started();
        assert_error(&error_of(&manager, "codec"), "plugin::bad-metadata", part);
        let codecs = rps_runtime::extension::Extensions::codecs(&manager);
        assert_eq!(codecs.iter().map(|codec| codec.plugin.as_str()).collect::<Vec<_>>(), ["fixture"]);
    }
}
