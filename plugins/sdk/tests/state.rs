//! States: the contract of `StatefulPlugin`.

#![forbid(unsafe_code)]

use std::sync::{Arc, Mutex};

use rps_plugin::abi::status;
use rps_plugin::testing::{MockError, MockHost};
use rps_plugin::{
    CachedSnapshot, Error, Plugin, Registrar, StateId, StatefulPlugin, StatefulPluginError,
    StatefulPluginHandle, StatefulPluginResult, StatefulPluginSnapshot,
};

const ID: StateId = StateId::from_static("test/counter");

#[derive(Default)]
struct Counter(Mutex<u32>);

impl StatefulPlugin for Counter {
    fn id(&self) -> StateId {
        ID
    }

    fn snapshot(&self) -> StatefulPluginResult<StatefulPluginSnapshot> {
        let value = self.0.lock().map_err(|error| StatefulPluginError::snapshot_failed(&ID, error))?;
        Ok(StatefulPluginSnapshot::new(ID, 1, value.to_le_bytes().to_vec()))
    }

    fn restore_snapshot(&self, snapshot: StatefulPluginSnapshot) -> StatefulPluginResult<()> {
        let bytes = snapshot.expect_version(&[1])?.as_bytes().try_into();
        let value = bytes.map_err(|_| StatefulPluginError::restore_failed(&ID, "expected 4 bytes"))?;
        *self.0.lock().map_err(|error| StatefulPluginError::restore_failed(&ID, error))? =
            u32::from_le_bytes(value);
        Ok(())
    }
}

/// Has no more than it must.
struct Least;

impl StatefulPlugin for Least {
    fn id(&self) -> StateId {
        StateId::from_static("test/least")
    }

    fn snapshot(&self) -> StatefulPluginResult<StatefulPluginSnapshot> {
        Ok(StatefulPluginSnapshot::new(self.id(), 1, Vec::new()))
    }
}

#[test]
fn bmux_1_what_was_snapshotted_is_restored() {
    let counter = Counter(Mutex::new(42));
    let snapshot = counter.snapshot().unwrap();
    assert_eq!((&snapshot.id, snapshot.version), (&ID, 1));
    let other = Counter::default();
    other.restore_snapshot(snapshot).unwrap();
    assert_eq!(*other.0.lock().unwrap(), 42);
}

#[test]
fn bmux_1_an_unknown_version_is_told() {
    let snapshot = StatefulPluginSnapshot::new(ID, 99, vec![0; 4]);
    let error = Counter::default().restore_snapshot(snapshot).unwrap_err();
    assert!(matches!(error, StatefulPluginError::UnsupportedVersion { version: 99, .. }));
}

#[test]
fn bmux_8_restoring_is_nothing_unless_it_is_written() {
    Least.restore_snapshot(Least.snapshot().unwrap()).unwrap();
}

#[test]
fn bmux_11_clones_of_a_handle_are_one_state() {
    let counter = Arc::new(Counter(Mutex::new(7)));
    let handle = StatefulPluginHandle::from_arc(counter.clone());
    let clone = handle.clone();
    *counter.0.lock().unwrap() = 8;
    assert_eq!(clone.as_dyn().snapshot().unwrap().as_bytes(), [8, 0, 0, 0]);
    assert!(std::ptr::addr_eq(handle.as_dyn(), clone.as_dyn()));
    assert_eq!(StatefulPluginHandle::new(Counter::default()).as_dyn().id(), ID);
}

#[test]
fn bmux_2_a_snapshot_is_made_in_a_constant() {
    const EMPTY: StatefulPluginSnapshot = StatefulPluginSnapshot::new(ID, 3, Vec::new());
    assert_eq!(EMPTY, EMPTY.clone());
    assert_eq!(EMPTY.as_bytes(), b"");
}

#[test]
fn bmux_3_the_texts_of_errors() {
    let plugin = || "test/counter".to_owned();
    let texts = [
        StatefulPluginError::SnapshotFailed { plugin: plugin(), details: "why".to_owned() },
        StatefulPluginError::RestoreFailed { plugin: plugin(), details: "why".to_owned() },
        StatefulPluginError::UnsupportedVersion { plugin: plugin(), version: 2, expected: vec![1] },
    ]
    .map(|error| error.to_string());
    assert_eq!(
        texts,
        [
            "stateful plugin 'test/counter' failed to snapshot: why",
            "stateful plugin 'test/counter' failed to restore: why",
            "stateful plugin 'test/counter' received unsupported snapshot version: 2 (expected one of [1])",
        ]
    );
}

#[test]
fn bmux_10_a_poisoned_lock_is_a_failed_snapshot() {
    let counter = Arc::new(Counter::default());
    let poisoner = counter.clone();
    let thread = std::thread::spawn(move || {
        let _locked = poisoner.0.lock().unwrap();
        panic!("while it is locked");
    });
    assert!(thread.join().is_err());
    assert!(matches!(counter.snapshot(), Err(StatefulPluginError::SnapshotFailed { .. })));
}

struct States;

impl Plugin for States {
    const ID: &'static str = "test";
    const VERSION: &'static str = "1.0.0";

    fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
        registrar.state(StatefulPluginHandle::new(Counter(Mutex::new(5))))?;
        registrar.state(StatefulPluginHandle::new(Least))?;
        registrar.state(StatefulPluginHandle::new(Slow::default()))
    }
}

/// Publishes when it is restored; is quiet while it is quiesced.
struct Slow(CachedSnapshot, Mutex<Vec<&'static str>>);

impl Default for Slow {
    fn default() -> Slow {
        Slow(CachedSnapshot::new(StateId::from_static("test/slow"), 2), Mutex::default())
    }
}

impl StatefulPlugin for Slow {
    fn id(&self) -> StateId {
        StateId::from_static("test/slow")
    }
    fn version(&self) -> u32 {
        2
    }
    fn dependencies(&self) -> Vec<StateId> {
        vec![ID]
    }
    fn snapshot(&self) -> StatefulPluginResult<StatefulPluginSnapshot> {
        assert_eq!(self.1.lock().unwrap().last(), Some(&"quiet"));
        self.0.snapshot()
    }
    fn restore_snapshot(&self, snapshot: StatefulPluginSnapshot) -> StatefulPluginResult<()> {
        assert_eq!(self.1.lock().unwrap().last(), Some(&"loud"));
        self.0.publish(snapshot.bytes);
        Ok(())
    }
    fn quiesce(&self) -> StatefulPluginResult<()> {
        self.1.lock().unwrap().push("quiet");
        Ok(())
    }
    fn resume(&self) {
        self.1.lock().unwrap().push("loud");
    }
}

#[test]
fn states_cross_the_abi() -> Result<(), MockError> {
    let host = MockHost::load::<States>()?;
    assert_eq!(host.snapshot("test/counter")?, (1, vec![5, 0, 0, 0]));
    host.restore("test/counter", 1, &[1, 0, 0, 0])?;
    assert_eq!(host.snapshot("test/counter")?, (1, vec![1, 0, 0, 0]));
    assert_eq!(host.restore("test/counter", 1, b"").unwrap_err().status, status::CORRUPT);
    let error = host.restore("test/counter", 9, &[0; 4]).unwrap_err();
    assert_eq!(error.status, status::UNSUPPORTED);
    assert!(error.message.contains("(expected one of [1])"), "{error}");
    host.restore("test/least", 77, b"anything")?;

    let error = host.snapshot("test/slow").unwrap_err();
    assert_eq!(error.message, "stateful plugin 'test/slow' failed to snapshot: nothing was published yet");
    host.restore("test/slow", 2, b"all")?;
    assert_eq!(host.snapshot("test/slow")?, (2, b"all".to_vec()));
    Ok(())
}
