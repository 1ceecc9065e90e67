//! What plugins need of each other, in `requires.c`: order, and every way in which it cannot be had (RPS-18, DYN-28).

use rps_plugin_host::Manager;

use crate::support::{Plugins, assert_error, assert_works, error_of};

struct Needs<'n>(&'n Plugins);

impl Needs<'_> {
    fn put(&self, id: &str, defines: &[(&str, &str)]) {
        let quoted: Vec<(&str, String)> = std::iter::once(&("FIXTURE_ID", id))
            .chain(defines)
            .map(|&(name, value)| match name {
                "FIXTURE_OPTIONAL" => (name, value.to_owned()),
                _ => (name, format!("\"{value}\"")),
            })
            .collect();
        let all: Vec<(&str, &str)> = quoted.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.0.put(id, "requires.c", &all);
    }
}

fn is_loaded(manager: &Manager, id: &str) -> bool {
    manager.info(id).is_ok_and(|info| info.is_loaded)
}

#[test]
fn rps_18_what_is_needed_is_loaded_first_wherever_it_is() {
    let plugins = Plugins::new();
    let needs = Needs(&plugins);
    needs.put("a", &[("FIXTURE_REQUIRES", "b"), ("FIXTURE_RANGE", ">=1, <2")]);
    needs.put("b", &[("FIXTURE_REQUIRES", "names")]);
    needs.put("c", &[("FIXTURE_PROVIDES", "names")]);
    let manager = plugins.found();
    manager.load("a").unwrap();
    let log = plugins.log();
    assert!(log.is_empty() || log.iter().any(|line| line.contains("loaded")), "{log:?}");
    for id in ["a", "b", "c"] {
        assert_works(&manager, id);
    }
    // They go in the other order only.
    assert_error(&manager.unload("c", false).unwrap_err(), "plugin::needed", "is needed by b");
    assert_error(&manager.disable("b").unwrap_err(), "plugin::needed", "is needed by a");
    for id in ["a", "b", "c"] {
        manager.unload(id, false).unwrap();
    }
}

#[test]
fn rps_18_a_missing_dependency_names_the_path() {
    let plugins = Plugins::new();
    let needs = Needs(&plugins);
    needs.put("a", &[("FIXTURE_REQUIRES", "b")]);
    needs.put("b", &[("FIXTURE_REQUIRES", "nobody")]);
    plugins.put_good("good");
    let manager = plugins.started();
    assert_error(
        &error_of(&manager, "a"),
        "plugin::missing-dependency",
        "it needs the plugin nobody, which is not there (needed by a → b)",
    );
    assert_error(&error_of(&manager, "b"), "plugin::missing-dependency", "(needed by b)");
    assert_works(&manager, "good");
}

#[test]
fn rps_18_a_conflict_of_versions_names_both() {
    let plugins = Plugins::new();
    let needs = Needs(&plugins);
    needs.put("a", &[("FIXTURE_REQUIRES", "b"), ("FIXTURE_RANGE", "^2.1")]);
    needs.put("b", &[("FIXTURE_VERSION", "2.0.3")]);
    let manager = plugins.started();
    assert_error(
        &error_of(&manager, "a"),
        "plugin::version-conflict",
        "it needs b ^2.1, and there is 2.0.3 (needed by a)",
    );
    assert_eq!(manager.execute("b", b"").unwrap(), b"2.0.3");
}

#[test]
fn rps_18_a_cycle_is_named_from_where_it_closes() {
    let plugins = Plugins::new();
    let needs = Needs(&plugins);
    needs.put("a", &[("FIXTURE_REQUIRES", "b")]);
    needs.put("b", &[("FIXTURE_REQUIRES", "c")]);
    needs.put("c", &[("FIXTURE_REQUIRES", "b")]);
    plugins.put_good("good");
    let manager = plugins.started();
    assert_error(&error_of(&manager, "a"), "plugin::cycle", "plugins need each other in a cycle: b → c → b");
    assert_error(&error_of(&manager, "c"), "plugin::cycle", "c → b → c");
    assert_works(&manager, "good");
}

#[test]
fn rps_18_what_is_optional_may_be_missing_other_or_broken() {
    let plugins = Plugins::new().with("plugins.off.enabled", "false");
    let needs = Needs(&plugins);
    let optional = ("FIXTURE_OPTIONAL", "1");
    needs.put("no-one", &[("FIXTURE_REQUIRES", "nobody"), optional]);
    needs.put("newer", &[("FIXTURE_REQUIRES", "good"), ("FIXTURE_RANGE", ">=9"), optional]);
    needs.put("luckless", &[("FIXTURE_REQUIRES", "fixture"), optional]);
    needs.put("careless", &[("FIXTURE_REQUIRES", "needy"), optional]);
    needs.put("needy", &[("FIXTURE_REQUIRES", "nobody")]);
    needs.put("lonely", &[("FIXTURE_REQUIRES", "off"), optional]);
    needs.put("off", &[]);
    plugins.put("fails", "init.c", &[("CASE_INIT_FAILS", "")]);
    plugins.put_good("good");
    let manager = plugins.started();
    for id in ["no-one", "newer", "luckless", "careless", "lonely"] {
        assert_works(&manager, id);
    }
    assert_eq!(error_of(&manager, "fixture").code(), "plugin::init-failed");
    assert_eq!(error_of(&manager, "needy").code(), "plugin::missing-dependency");
    assert!(!is_loaded(&manager, "off"));
}

#[test]
fn rps_18_what_needs_a_plugin_that_fails_says_so() {
    let plugins = Plugins::new();
    Needs(&plugins).put("a", &[("FIXTURE_REQUIRES", "fixture")]);
    plugins.put("fails", "init.c", &[("CASE_INIT_FAILS", "")]);
    let manager = plugins.started();
    let error = error_of(&manager, "a");
    assert_error(&error, "plugin::dependency", "it needs fixture, which could not be loaded");
    assert_error(&error, "plugin::dependency", "the moon is in the wrong phase");
}

/// A plugin goes by its own id before it goes by a name that another one claims to provide.
#[test]
fn rps_18_an_id_comes_before_a_provided_name() {
    let plugins = Plugins::new();
    let needs = Needs(&plugins);
    needs.put("a-pretender", &[("FIXTURE_PROVIDES", "geo"), ("FIXTURE_VERSION", "0.1.0")]);
    needs.put("geo", &[]);
    needs.put("user", &[("FIXTURE_REQUIRES", "geo"), ("FIXTURE_RANGE", "1")]);
    let manager = plugins.found();
    manager.load("user").unwrap();
    assert!(is_loaded(&manager, "geo") && !is_loaded(&manager, "a-pretender"));
}

/// Among those that provide a name, one whose version will do is taken.
#[test]
fn rps_18_a_name_may_be_provided_by_several() {
    let plugins = Plugins::new();
    let needs = Needs(&plugins);
    needs.put("old", &[("FIXTURE_PROVIDES", "names"), ("FIXTURE_VERSION", "1.0.0")]);
    needs.put("young", &[("FIXTURE_PROVIDES", "names"), ("FIXTURE_VERSION", "2.0.0")]);
    needs.put("user", &[("FIXTURE_REQUIRES", "names"), ("FIXTURE_RANGE", "2")]);
    let manager = plugins.found();
    manager.load("user").unwrap();
    assert!(is_loaded(&manager, "young") && !is_loaded(&manager, "old"));
}
