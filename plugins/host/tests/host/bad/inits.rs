//! Plugins that go wrong while they are loaded, in `init.c`: nothing of them stays (RPS-21, RPS-22).

use rps_plugin_host::Stage;

use crate::support::{Plugins, assert_error, assert_works, error_of, wait_for};

const CASES: &[(&str, &str, &str)] = &[
    ("CASE_INIT_FAILS", "plugin::init-failed", "the moon is in the wrong phase"),
    ("CASE_INIT_FAILS_SILENTLY", "plugin::init-failed", "it returned the status 1 and does not say why"),
    ("CASE_INIT_RETURNS_AN_UNKNOWN_STATUS", "plugin::init-failed", "the status 4711"),
    ("CASE_INIT_REGISTERS_THEN_FAILS", "plugin::init-failed", "second thoughts"),
    ("CASE_INIT_HANGS", "plugin::init-timeout", "no answer after 100 ms"),
    ("CASE_REGISTERS_TWICE", "plugin::duplicate-registration", "`good` at the point `service`"),
    ("CASE_UNKNOWN_POINT", "plugin::unknown-point", "`no.such.point`"),
    ("CASE_NULL_POINT", "plugin::bad-text", "its point wrongly: it is null"),
    ("CASE_WRONG_REVISION", "plugin::interface-mismatch", "it implements revision 2, and the point has 1"),
    ("CASE_REGISTRATION_TOO_SMALL", "plugin::null-interface", "a registration wrongly: it is too short"),
    ("CASE_NULL_NAME", "plugin::bad-text", "its name wrongly: it is null"),
    ("CASE_EMPTY_NAME", "plugin::bad-name", "a name has 1 to 128 bytes"),
    ("CASE_NAME_NOT_UTF8", "plugin::bad-text", "its name wrongly: it is no UTF-8 from byte 3 on"),
    ("CASE_NULL_INTERFACE", "plugin::null-interface", "its interface is null"),
    ("CASE_NULL_FUNCTION", "plugin::null-function", "`execute` is null"),
    (
        "CASE_INTERFACE_TOO_SMALL",
        "plugin::interface-mismatch",
        "its interface has 16 bytes, and 24 are needed",
    ),
    ("CASE_UNKNOWN_INTERFACE_FLAG", "plugin::bad-metadata", "0x80000000"),
    ("CASE_RESERVED_IS_NOT_ZERO", "plugin::bad-metadata", "`reserved` is not zero"),
    ("CASE_REGISTERS_NULL", "plugin::null-interface", "it is null"),
    ("CASE_REGISTERS_WITHOUT_REGISTRAR", "plugin::null-interface", "the registrar"),
    ("CASE_POINT_OF_ANOTHER", "plugin::point-definition", "begins with `fixture.`"),
];

const GOOD: &[&str] = &["CASE_DEINIT_HANGS", "CASE_MANY"];

#[test]
fn rps_21_what_goes_wrong_in_init_is_told_and_nothing_of_it_stays() {
    for (case, code, part) in CASES {
        let plugins = Plugins::new().with("plugins.fixture.timeout_ms", "100");
        plugins.put("bad", "init.c", &[(case, "")]);
        plugins.put_good("other");
        let manager = plugins.started();
        let error = error_of(&manager, "fixture");
        assert_error(&error, code, part);
        assert_error(&error, code, "Plugin loading failed: fixture: ");
        // Whatever it has registered is not there: RPS-21.
        assert_eq!(manager.execute("good", b"").unwrap_err().code(), "plugin::not-found", "{case}");
        assert!(manager.info("fixture").unwrap().extensions.is_empty(), "{case}");
        assert!(manager.points().iter().all(|point| point.plugin.is_none()), "{case}");
        assert_works(&manager, "other");
        // It is the same at the next try.
        if *case != "CASE_INIT_HANGS" {
            assert_error(&manager.load("fixture").unwrap_err(), code, part);
        }
    }
}

#[test]
fn rps_21_the_cases_are_those_of_the_fixture() {
    let source = rps_tests::workspace::root().join("tests/fixtures/plugins/init.c");
    let mut known: Vec<_> = CASES.iter().map(|(case, _, _)| *case).chain(GOOD.iter().copied()).collect();
    known.sort_unstable();
    assert_eq!(rps_tests::c::cases(&source), known);
}

/// CRUSH-11: an `init` that hangs costs a thread, which is counted and comes back.
#[test]
fn crush_11_a_hanging_init_is_counted_until_it_ends() {
    let plugins = Plugins::new().with("timeout_ms", "100");
    plugins.put("bad", "init.c", &[("CASE_INIT_HANGS", "")]);
    let manager = plugins.started();
    assert_eq!(error_of(&manager, "fixture").code(), "plugin::init-timeout");
    assert_eq!(manager.leaked_calls(), 1);
    assert_eq!(manager.info("fixture").unwrap().leaked_calls, 1);
    wait_for("init to end", || manager.leaked_calls() == 0);
    assert_eq!(manager.info("fixture").unwrap().stage, Stage::Failed);
}

/// A `deinit` that hangs keeps nobody from going on.
#[test]
fn a_hanging_deinit_is_given_up() {
    let plugins = Plugins::new().with("timeout_ms", "100");
    plugins.put("slow", "init.c", &[("CASE_DEINIT_HANGS", "")]);
    let manager = plugins.started();
    manager.unload("fixture", false).unwrap();
    assert_eq!(manager.info("fixture").unwrap().stage, Stage::Unloaded);
    let log = plugins.log();
    assert!(log.iter().any(|line| line.contains("deinit: no answer after 100 ms")), "{log:?}");
}

/// DYN-18: ten thousand registrations, whose names the host has copied.
#[test]
fn dyn_18_a_plugin_may_register_a_great_deal() {
    let plugins = Plugins::new();
    plugins.put("many", "init.c", &[("CASE_MANY", "")]);
    let manager = plugins.started();
    assert_eq!(manager.info("fixture").unwrap().extensions.len(), 10_000);
    for name in ["many-00000", "many-04711", "many-09999"] {
        assert_eq!(manager.execute(name, b"echo").unwrap(), b"echo");
    }
    manager.unload("fixture", false).unwrap();
    assert_eq!(manager.execute("many-00000", b"").unwrap_err().code(), "plugin::not-found");
}

/// Sanity: without a case the fixture is a good plugin.
#[test]
fn the_fixture_is_good_without_a_case() {
    let plugins = Plugins::new();
    plugins.put("good", "init.c", &[]);
    assert_eq!(plugins.started().execute("good", b"echo").unwrap(), b"echo");
}
