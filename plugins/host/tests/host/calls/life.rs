//! Unloading, reloading and disabling while calls are made, from inside of calls too (COMMY-26, DYN-8).

use std::fs;
use std::sync::{Arc, OnceLock};
use std::thread;

use parking_lot::Mutex;
use rps_plugin_host::{Manager, PluginError, Stage};

use crate::support::{Plugins, assert_error, in_child, wait_for};

fn services() -> Plugins {
    let plugins = Plugins::new();
    plugins.put("services", "services.c", &[]);
    plugins
}

#[test]
fn commy_26_a_plugin_is_not_unloaded_while_a_call_is_under_way() {
    let plugins = services().with("plugins.services.timeout_ms", "4000");
    let manager = plugins.started();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| manager.execute("patient", b""));
        wait_for("the call", || manager.info("services").unwrap().calls_under_way == 1);
        let error = manager.unload("services", false).unwrap_err();
        assert_error(&error, "plugin::in-use", "1 calls are under way");
        // It is as it was.
        assert_eq!(manager.execute("echo", b"here").unwrap(), b"here");
        assert_eq!(waiting.join().unwrap().unwrap_err().code(), "plugin::timeout");
    });
    manager.unload("services", false).unwrap();
    assert_eq!(manager.execute("echo", b"").unwrap_err().code(), "plugin::not-found");
    assert_eq!(manager.info("services").unwrap().stage, Stage::Unloaded);
    manager.load("services").unwrap();
    assert_eq!(manager.execute("echo", b"back").unwrap(), b"back");
}

/// A call of the plugin comes back into the manager, by what it logs, and does to its own plugin what `inside` does.
fn from_inside(
    plugins: &Plugins,
    inside: fn(&Manager) -> Result<(), PluginError>,
) -> (Manager, Option<Result<(), PluginError>>) {
    let handle: Arc<OnceLock<Manager>> = Arc::default();
    let result = Arc::new(Mutex::new(None));
    let mut options = plugins.options();
    let (manager, told) = (Arc::clone(&handle), Arc::clone(&result));
    options.log = Some(Box::new(move |_, _, text| {
        if text == "now" {
            *told.lock() = Some(inside(manager.get().expect("there is a manager")));
        }
    }));
    let manager = Manager::new(options);
    assert!(handle.set(manager.clone()).is_ok());
    manager.discover();
    manager.start();
    assert_eq!(manager.execute("logs", b"now").unwrap(), b"now");
    let result = result.lock().take();
    (manager, result)
}

#[test]
fn rps_27_a_plugin_that_is_unloaded_from_inside_a_call_of_its_own_stays() {
    let (manager, result) = from_inside(&services(), |manager| manager.unload("services", false));
    assert_error(&result.unwrap().unwrap_err(), "plugin::in-use", "1 calls are under way");
    assert_eq!(manager.execute("echo", b"here").unwrap(), b"here");
}

#[test]
fn rps_27_a_plugin_may_be_disabled_from_inside_a_call_of_its_own() {
    let (manager, result) = from_inside(&services(), |manager| manager.disable("services"));
    assert!(result.unwrap().is_ok());
    assert!(manager.execute("echo", b"").is_err());
    manager.enable("services").unwrap();
    assert_eq!(manager.execute("echo", b"here").unwrap(), b"here");
}

#[test]
fn rps_27_a_call_may_come_back_into_the_manager() {
    let (_manager, result) = from_inside(&services(), |manager| {
        manager.load("services")?;
        manager.discover();
        manager.execute("echo", b"inside").map(drop)
    });
    assert!(result.unwrap().is_ok());
}

#[test]
fn a_plugin_whose_file_was_removed_works_on() {
    let plugins = services();
    let manager = plugins.started();
    fs::remove_file(plugins.path("services.so")).unwrap();
    assert_eq!(manager.execute("echo", b"here").unwrap(), b"here");
    assert_error(&manager.reload("services").unwrap_err(), "plugin::file", "services.so can not be read");
    assert_eq!(manager.execute("echo", b"still").unwrap(), b"still");
    manager.discover();
    manager.unload("services", false).unwrap();
    manager.load("services").unwrap();
    assert_eq!(manager.execute("echo", b"again").unwrap(), b"again");
}

/// The host that a plugin was handed refuses what it asks for after `deinit`.
#[test]
fn rps_21_the_host_refuses_everything_after_deinit() {
    in_child("calls::life::rps_21_the_host_refuses_everything_after_deinit", || {
        let plugins = services();
        plugins.put("after", "after.c", &[]);
        let manager = plugins.started();
        let library = plugins.path("services.so").display().to_string();
        assert_eq!(manager.execute("echo", b"").unwrap(), b"");
        manager.unload("services", false).unwrap();
        assert_eq!(manager.execute("after", library.as_bytes()).unwrap(), b"4");
        let log = plugins.log();
        assert!(!log.iter().any(|line| line.contains("after the end")), "{log:?}");
    });
}

fn count(manager: &Manager) -> String {
    String::from_utf8(manager.execute("count", b"").unwrap()).unwrap()
}

#[test]
fn a_reloaded_plugin_is_a_new_generation_that_takes_over_the_state() {
    let plugins = Plugins::new();
    plugins.put("state", "state.c", &[]);
    let manager = plugins.started();
    assert_eq!([count(&manager), count(&manager)], ["1", "2"]);
    // The same library once more: it goes on too.
    manager.reload("state").unwrap();
    assert_eq!(manager.info("state").unwrap().generation, 0);
    assert_eq!(count(&manager), "3");
    plugins.put("state", "state.c", &[]);
    manager.reload("state").unwrap();
    assert_eq!(manager.info("state").unwrap().generation, 1);
    assert_eq!(count(&manager), "4");
    for (name, defines, code) in [
        ("another version", &[("CASE_NEXT_VERSION", "")][..], "plugin::unsupported"),
        ("a state that is not taken", &[("CASE_RESTORE_FAILS", "")][..], "plugin::unsupported"),
    ] {
        plugins.put("state", "state.c", defines);
        let before: u32 = count(&manager).parse().unwrap();
        assert_error(&manager.reload("state").unwrap_err(), code, "state/counter");
        // The old one is back, with what it had counted.
        assert_eq!(count(&manager), (before + 1).to_string(), "{name}");
        assert!(manager.info("state").unwrap().is_loaded, "{name}");
    }
    for (source, defines, code) in [
        ("init.c", &[("FIXTURE_ID", "\"state\""), ("CASE_INIT_FAILS", "")][..], "plugin::init-failed"),
        ("descriptor.c", &[("CASE_WRONG_MAGIC", "")][..], "plugin::descriptor"),
        ("requires.c", &[("FIXTURE_ID", "\"other\"")][..], "plugin::sidecar"),
    ] {
        plugins.put("state", source, defines);
        let before: u32 = count(&manager).parse().unwrap();
        let error = manager.reload("state").unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert_eq!(count(&manager), (before + 1).to_string(), "{code}");
    }
}
