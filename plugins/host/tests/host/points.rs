//! Points that plugins define and others implement, in `point.c`: order, checks, and dispatch while all that changes
//! (RPS-20, RPS-25…27).

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rps_plugin_host::Manager;

use crate::support::{Plugins, assert_error, error_of};

fn define(plugins: &Plugins, extra: &[(&str, &str)]) {
    let defines = [("FIXTURE_ID", "\"a\""), ("FIXTURE_DEFINES", "\"a.metric\"")];
    plugins.put("a", "point.c", &[&defines, extra].concat());
}

fn implement(plugins: &Plugins, id: &str, extra: &[(&str, &str)]) {
    let id_text = format!("\"{id}\"");
    let defines =
        [("FIXTURE_ID", &*id_text), ("FIXTURE_IMPLEMENTS", "\"a.metric\""), ("FIXTURE_REQUIRES", "\"a\"")];
    plugins.put(id, "point.c", &[&defines, extra].concat());
}

fn answer(manager: &Manager, input: &str) -> String {
    String::from_utf8(manager.execute("a", input.as_bytes()).unwrap()).unwrap()
}

#[test]
fn rps_26_a_plugin_dispatches_to_another_at_a_point_of_its_own() {
    let plugins = Plugins::new();
    define(&plugins, &[]);
    let manager = plugins.started();
    // RPS-20: without any implementation the dispatch ends cleanly.
    assert_error(&manager.execute("a", b"x").unwrap_err(), "plugin::failed", "a.metric");
    assert_error(&manager.call_point("a.metric", None, 0, b"").unwrap_err(), "plugin::not-found", "a.metric");
    let point = manager.points().into_iter().find(|point| point.name == "a.metric").unwrap();
    assert_eq!((point.plugin.as_deref(), point.revision), (Some("a"), 1));

    implement(&plugins, "z", &[]);
    implement(&plugins, "y", &[]);
    implement(&plugins, "x", &[("FIXTURE_PRIORITY", "-1")]);
    implement(&plugins, "w", &[("FIXTURE_PRIORITY", "5")]);
    let manager = plugins.started();
    // By priority, then by plugin.
    assert_eq!(answer(&manager, "names"), "w\ny\nz\nx\n");
    assert_eq!(answer(&manager, "1"), "w:1");
    assert_eq!(manager.call_point("a.metric", Some("x"), 0, b"2").unwrap(), b"x:2");
    manager.disable("w").unwrap();
    assert_eq!(answer(&manager, "3"), "y:3");
    manager.unload("y", false).unwrap();
    assert_eq!(answer(&manager, "4"), "z:4");
    manager.enable("w").unwrap();
    assert_eq!(answer(&manager, "5"), "w:5");
    // An optional function that nobody has, and one that is none.
    for function in [1, 2, 63, u32::MAX] {
        assert_eq!(
            manager.call_point("a.metric", None, function, b"").unwrap_err().code(),
            "plugin::not-found"
        );
    }
    assert_error(&manager.unload("a", false).unwrap_err(), "plugin::needed", "needed by w, x, z");
}

/// the configuration has the last word on priorities.
#[test]
fn the_configuration_changes_the_order() {
    let plugins = Plugins::new().with_priority("x", "a.metric/x", 9);
    define(&plugins, &[]);
    implement(&plugins, "w", &[("FIXTURE_PRIORITY", "5")]);
    implement(&plugins, "x", &[]);
    assert_eq!(answer(&plugins.started(), "names"), "x\nw\n");
}

#[test]
fn rps_20_a_point_is_defined_twice_only_in_the_same_way() {
    for (case, code, part) in [
        ("CASE_DEFINES_OTHERWISE", "plugin::interface-mismatch", "the point `a.metric`"),
        (
            "CASE_REQUIRES_WHAT_IS_NOT_THERE",
            "plugin::point-definition",
            "functions are required that it does not have",
        ),
        ("CASE_TOO_MANY_FUNCTIONS", "plugin::point-definition", "it has 65 functions"),
    ] {
        let plugins = Plugins::new();
        define(&plugins, &[(case, "")]);
        let manager = plugins.started();
        assert_error(&error_of(&manager, "a"), code, part);
        assert!(manager.points().iter().all(|point| point.name != "a.metric"), "{case}");
    }
}

#[test]
fn rps_25_an_implementation_fits_its_point() {
    for (extra, code, part) in [
        (("CASE_FUNCTION_IS_NULL", ""), "plugin::null-function", "function 0 is null"),
        (
            ("CASE_NO_FUNCTIONS", ""),
            "plugin::interface-mismatch",
            "it has 0 functions, and the point asks for 2",
        ),
        (
            ("FIXTURE_REVISION", "2"),
            "plugin::interface-mismatch",
            "it implements revision 2, and the point has 1",
        ),
    ] {
        let plugins = Plugins::new();
        define(&plugins, &[]);
        implement(&plugins, "b", &[extra]);
        implement(&plugins, "c", &[]);
        let manager = plugins.started();
        assert_error(&error_of(&manager, "b"), code, part);
        assert_eq!(answer(&manager, "1"), "c:1");
    }
}

/// RPS-25, RPS-27: dispatch while implementations come and go finds one that is whole, or none.
#[test]
fn rps_27_dispatch_goes_on_while_plugins_come_and_go() {
    let plugins = Plugins::new();
    define(&plugins, &[]);
    implement(&plugins, "x", &[("FIXTURE_PRIORITY", "1")]);
    implement(&plugins, "y", &[]);
    let manager = plugins.started();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    match manager.call_point("a.metric", None, 0, b"?") {
                        Ok(answer) => assert!(answer == b"x:?" || answer == b"y:?", "{answer:?}"),
                        // Between finding it and calling it, it may be gone.
                        Err(error) => assert_eq!(error.code(), "plugin::gone", "{error}"),
                    }
                }
            });
        }
        for round in 0..100 {
            match round % 2 {
                0 => manager.unload("x", false).unwrap(),
                _ => manager.load("x").map(drop).unwrap(),
            }
            manager.disable("x").unwrap();
            manager.enable("x").unwrap();
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert_eq!(answer(&manager, "end"), "x:end");
}

/// COMMY-22, COMMY-23: many threads that load the same plugin load it once.
#[test]
fn commy_22_sixty_four_threads_load_one_plugin_once() {
    let plugins = Plugins::new();
    plugins.put("state", "state.c", &[]);
    let manager = plugins.found();
    thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                manager.load("state").unwrap();
                manager.execute("count", b"").unwrap();
            });
        }
    });
    assert_eq!(manager.execute("count", b"").unwrap(), b"65");
    assert_eq!(manager.info("state").unwrap().extensions.len(), 2);
}
