//! Hot reload.

use std::fs;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use super::super::*;
use super::Place;

type Heard = Receiver<Result<Arc<Config>, ConfigError>>;

fn watched(place: &Place) -> (ConfigWatcher, Heard) {
    let (sender, receiver) = mpsc::channel();
    let file = place.file();
    let loaded = file.load();
    let watcher = ConfigWatcher::start(file, &loaded, move |result| _ = sender.send(result));
    (watcher.expect("it is watched"), receiver)
}

/// Waits for news that fit; a slow system may tell of a file that is half written first.
fn heard(receiver: &Heard, fits: impl Fn(&Result<Arc<Config>, ConfigError>) -> bool) {
    loop {
        let news = receiver.recv_timeout(Duration::from_secs(20)).expect("news come");
        if fits(&news) {
            return;
        }
    }
}

fn timeout_is(wanted: u128) -> impl Fn(&Result<Arc<Config>, ConfigError>) -> bool {
    move |news| news.as_ref().is_ok_and(|config| config.timeout.as_millis() == wanted)
}

/// DYN-7: an edit is seen without a restart, a bad one keeps the old configuration and is told, and so is a removal.
#[test]
fn dyn_7_hot_reload() {
    let place = Place::new("config.yaml", "timeout_ms: 1\n");
    let (watcher, receiver) = watched(&place);
    assert_eq!(watcher.current().timeout.as_millis(), 1);
    place.write("timeout_ms: 2\n");
    heard(&receiver, timeout_is(2));
    place.write("timeout_ms: none at all\n");
    heard(&receiver, |news| news.as_ref().is_err_and(|error| error.problems().len() == 1));
    assert_eq!(watcher.current().timeout.as_millis(), 2);
    assert!(watcher.reload().is_err());
    assert_eq!(watcher.current().timeout.as_millis(), 2);

    // As editors do: a new file, renamed over the old one.
    let new = place.directory.path().join("new");
    fs::write(&new, "timeout_ms: 3\n").expect("it is written");
    fs::rename(&new, &place.path).expect("it is renamed");
    heard(&receiver, timeout_is(3));
    place.file().save(&[Edit::set("timeout_ms", 4).expect("a path")]).expect("it is saved");
    heard(&receiver, timeout_is(4));

    fs::remove_file(&place.path).expect("it is removed");
    heard(&receiver, |news| news.as_ref().is_err_and(|error| error.code() == "plugin::config-unreadable"));
    assert_eq!(watcher.current().timeout.as_millis(), 4);
    place.write("timeout_ms: 5\n");
    heard(&receiver, timeout_is(5));
    drop(watcher);
    assert!(receiver.recv_timeout(Duration::from_secs(20)).is_err(), "the callback is gone with the watcher");
}

/// DYN-7: what changes between the load and the watch is seen, and a file that comes later too.
#[test]
fn dyn_7_no_change_falls_between() {
    let place = Place::empty("config.yaml");
    let (sender, receiver) = mpsc::channel();
    let file = place.file();
    let loaded = file.load();
    place.write("timeout_ms: 7\n");
    let watcher =
        ConfigWatcher::start(file, &loaded, move |result| _ = sender.send(result)).expect("it is watched");
    heard(&receiver, timeout_is(7));
    place.write("timeout_ms: 8\n");
    heard(&receiver, timeout_is(8));
    assert_eq!(watcher.reload().expect("it is sound").timeout.as_millis(), 8);
    let nowhere = ConfigFile::new("/nowhere/at/all/c.yaml", Environment::of_process(), Overrides::default());
    let error = ConfigWatcher::start(nowhere, &loaded, |_| {}).expect_err("there is no directory");
    assert_eq!(error.code(), "plugin::config-not-watched");
}
