//! States of plugins as a store asks for them, in `state.c` (BMUX-3…13). What a store then does with them is tested in
//! `rps-persist` and in `tests/tests/plugins`.

use rps_plugin_host::Manager;
use rps_runtime::extension::{Extensions, StateOutcome, StateSection};

use crate::support::{Plugins, assert_error, error_of};

fn with_state(defines: &[(&str, &str)]) -> (Plugins, Manager) {
    let plugins = Plugins::new().with("plugins.state.timeout_ms", "300");
    plugins.put("state", "state.c", defines);
    let other = [("FIXTURE_ID", "\"other\"")];
    plugins.put("other", "state.c", &other);
    let manager = plugins.started();
    (plugins, manager)
}

fn section(id: &str, version: u32, bytes: &[u8]) -> StateSection {
    let plugin = id.split('/').next().unwrap().to_owned();
    StateSection { id: id.into(), plugin, version, bytes: bytes.into(), is_stale: false }
}

fn restored(manager: &Manager, sections: &[StateSection]) -> Vec<(String, StateOutcome)> {
    manager.restore_states(sections).into_iter().map(|one| (one.id, one.outcome)).collect()
}

#[test]
fn bmux_7_what_was_snapshotted_is_restored_and_twice_is_once() {
    let (_plugins, manager) = with_state(&[]);
    let saved = [section("other/counter", 1, &[7, 0, 0, 0]), section("state/counter", 1, &[1, 2, 3, 4])];
    for _ in 0..2 {
        let outcomes = restored(&manager, &saved);
        assert!(outcomes.iter().all(|(_, outcome)| *outcome == StateOutcome::Restored), "{outcomes:?}");
        let taken = manager.snapshot_states();
        assert_eq!(taken.sections, saved);
        assert!(taken.failures.is_empty());
    }
}

/// The counter may be quiesced by one dump only while another waits: it goes on when the snapshot is dropped.
#[test]
fn bmux_15_states_stand_still_until_the_snapshot_is_dropped() {
    let (_plugins, manager) = with_state(&[]);
    let taken = manager.snapshot_states();
    let counting = manager.execute("count", b"").unwrap_err();
    assert_error(&counting, "plugin::failed", "the state is quiesced");
    drop(taken);
    assert!(manager.execute("count", b"").is_ok());
}

/// BMUX-6, BMUX-10: one that fails, or is too slow, is told of, and the others are saved.
#[test]
fn bmux_6_a_snapshot_that_fails_is_told_of_and_the_others_are_taken() {
    for (case, code, part) in [
        ("CASE_SNAPSHOT_FAILS", "plugin::failed", "the state can not be told"),
        ("CASE_SNAPSHOT_FAILS_HALFWAY", "plugin::failed", "the state can only be told in part"),
        ("CASE_QUIESCE_FAILS", "plugin::failed", "not now"),
        ("CASE_SNAPSHOT_IS_SLOW", "plugin::timeout", "no answer after 300 ms"),
    ] {
        let (_plugins, manager) = with_state(&[(case, "")]);
        let taken = manager.snapshot_states();
        assert_eq!(taken.sections, [section("other/counter", 1, &[0; 4])], "{case}");
        let [(id, error)] = &taken.failures[..] else { panic!("{case}: {:?}", taken.failures) };
        assert_eq!((id.as_str(), error.code), ("state/counter", code), "{case}: {error}");
        assert!(error.message.contains(part), "{case}: {error}");
    }
}

/// BMUX-4: another version is a reset, not a failure.
#[test]
fn bmux_4_a_state_of_another_version_begins_anew() {
    let (_plugins, manager) = with_state(&[("CASE_NEXT_VERSION", "")]);
    let outcomes = restored(&manager, &[section("state/counter", 1, &[9, 0, 0, 0])]);
    let [(_, StateOutcome::Reset { message })] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert!(message.contains("a state of another version"), "{message}");
    let taken = manager.snapshot_states();
    assert_eq!(taken.sections[1], section("state/counter", 2, &[0; 4]));
}

/// BMUX-9: what is damaged or refused is told of, and the others are restored.
#[test]
fn bmux_9_a_state_that_cannot_be_restored_is_told_of_and_the_others_are_restored() {
    for (defines, bytes, code) in [
        (&[][..], &b"three"[..], "plugin::corrupt"),
        (&[], b"", "plugin::corrupt"),
        (&[("CASE_RESTORE_FAILS", "")], &[1, 0, 0, 0], "plugin::failed"),
    ] {
        let (_plugins, manager) = with_state(defines);
        let saved = [section("other/counter", 1, &[5, 0, 0, 0]), section("state/counter", 1, bytes)];
        let outcomes = restored(&manager, &saved);
        assert_eq!(outcomes[0].1, StateOutcome::Restored);
        let StateOutcome::Failed(error) = &outcomes[1].1 else { panic!("{outcomes:?}") };
        assert_eq!(error.code, code, "{error}");
    }
}

/// BMUX-12: a section of nobody here is told of as such; an id is there once.
#[test]
fn bmux_12_states_go_by_id() {
    let (plugins, manager) = with_state(&[]);
    let outcomes = restored(&manager, &[section("absent/counter", 3, b"?")]);
    assert_eq!(outcomes, [("absent/counter".to_owned(), StateOutcome::Absent)]);
    plugins.put("twins", "state.c", &[("FIXTURE_ID", "\"twins\""), ("STATE_ID", "\"state/counter\"")]);
    let manager = plugins.found();
    manager.load("state").unwrap();
    manager.load("twins").unwrap_err();
    let error = error_of(&manager, "twins");
    assert_error(&error, "plugin::duplicate-registration", "`state/counter` at the point `plugin.state`");
}

/// What a plugin had counted when it was unloaded or disabled is there when it comes back, and in a dump meanwhile.
#[test]
fn states_outlast_the_unloading_of_their_plugin() {
    let (_plugins, manager) = with_state(&[]);
    manager.execute("count", b"").unwrap();
    let before = manager.snapshot_states().sections;
    for is_unloaded in [true, false] {
        match is_unloaded {
            true => ["state", "other"].map(|id| manager.unload(id, false).unwrap()),
            false => ["state", "other"].map(|id| manager.disable(id).unwrap()),
        };
        assert_eq!(manager.snapshot_states().sections, before, "unloaded: {is_unloaded}");
        match is_unloaded {
            true => ["state", "other"].map(|id| manager.load(id).map(drop).unwrap()),
            false => ["state", "other"].map(|id| manager.enable(id).unwrap()),
        };
        assert_eq!(manager.snapshot_states().sections, before, "unloaded: {is_unloaded}");
    }
}
