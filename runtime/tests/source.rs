//! Objects that come from a source when they are needed (RPS-2).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rps_runtime::change::Purpose;
use rps_runtime::object::Payload;
use rps_runtime::object::payload::Symbol;
use rps_runtime::source::{Located, Source};
use rps_runtime::{Mutator, ObjectRef, Oid, Runtime, Value, known};

const COUNT: u64 = 200;
const HIGH: u64 = 1_000_000_000;

/// A ring of objects, each with the next one as an attribute, one component, and a vector; one symbol for each tenth.
struct Ring {
    filled: Arc<AtomicUsize>,
    numbers: BTreeMap<Oid, u64>,
    symbols: BTreeMap<String, Oid>,
}

fn oid(number: u64) -> Oid {
    Oid::from_words(HIGH, 10_000 + number * 3).unwrap()
}

fn symbol_oid(number: u64) -> Oid {
    Oid::from_words(HIGH + 1, 10_000 + number).unwrap()
}

fn space_oid() -> Oid {
    Oid::from_words(HIGH + 2, 10_000).unwrap()
}

fn name(number: u64) -> String {
    format!("ring{number}")
}

impl Ring {
    fn new() -> (Ring, Arc<AtomicUsize>) {
        let filled = Arc::new(AtomicUsize::new(0));
        let mut numbers: BTreeMap<Oid, u64> = (0..COUNT).map(|number| (oid(number), number)).collect();
        numbers.insert(space_oid(), COUNT);
        let mut symbols = BTreeMap::new();
        for number in (0..COUNT).step_by(10) {
            numbers.insert(symbol_oid(number), 1000 + number);
            symbols.insert(name(number), symbol_oid(number));
        }
        (Ring { filled: Arc::clone(&filled), numbers, symbols }, filled)
    }
}

impl Source for Ring {
    fn locate(&self, oid: Oid) -> Option<Located> {
        let number = *self.numbers.get(&oid)?;
        let class = if number >= 1000 { known::SYMBOL } else { known::OBJECT };
        Some(Located { class: Some(class), space: space_oid(), mtime: number as i64 })
    }

    fn fill(&self, m: &Mutator<'_>, into: ObjectRef) -> Result<(), String> {
        self.filled.fetch_add(1, Ordering::Relaxed);
        let number = self.numbers[&into.oid()];
        if number == 7 {
            return Err("it is damaged".to_owned());
        }
        if number >= 1000 {
            let value = m.object_or_skeleton(oid(number - 1000)).into();
            let symbol = Symbol { name: name(number - 1000).into(), value, weak: false };
            into.install_fresh_payload(m, Payload::Symbol(symbol));
            return Ok(());
        }
        let next = m.object_or_skeleton(oid((number + 1) % COUNT));
        into.set_attributes(m, &[(m.object_or_skeleton(known::COMMENT), next.into())]);
        into.set_components(m, &[Value::int(m, number as i64)]);
        into.install_fresh_payload(m, Payload::ValueVector(vec![m.string(&format!("text {number}"))]));
        Ok(())
    }

    fn symbol(&self, name: &str) -> Option<Oid> {
        self.symbols.get(name).copied()
    }

    fn names(&self) -> Vec<String> {
        self.symbols.keys().cloned().collect()
    }

    fn for_each(&self, f: &mut dyn FnMut(Oid, Located)) -> Result<(), String> {
        for &oid in self.numbers.keys() {
            f(oid, self.locate(oid).unwrap());
        }
        Ok(())
    }

    fn len(&self) -> usize {
        self.numbers.len()
    }
}

fn next(m: &Mutator<'_>, object: ObjectRef) -> Option<ObjectRef> {
    object.get_attribute(m.object(known::COMMENT).unwrap())?.as_object()
}

fn opened() -> (Runtime, Arc<AtomicUsize>) {
    let (ring, filled) = Ring::new();
    let runtime = Runtime::new();
    assert!(runtime.set_source(Box::new(ring)));
    (runtime, filled)
}

#[test]
fn nothing_is_loaded_before_it_is_touched_rps_2() {
    let (runtime, filled) = opened();
    runtime.enter(|m| {
        assert_eq!(filled.load(Ordering::Relaxed), 0);
        let first = m.object(oid(0)).unwrap();
        assert_eq!(
            (first.mtime(), first.class(), first.space()),
            (0, Some(m.class(known::OBJECT)), m.object(space_oid()))
        );
        assert_eq!(filled.load(Ordering::Relaxed), 0);
        let second = next(m, first).unwrap();
        assert_eq!((second.oid(), filled.load(Ordering::Relaxed)), (oid(1), 1));
        // Any part brings the whole.
        assert_eq!(second.component(0), Some(Value::int(m, 1)));
        assert!(next(m, second).unwrap().has_payload());
        assert!(m.object(oid(10)).unwrap().extras().is_none());
        assert!(m.object(oid(11)).unwrap().slot_array().is_some());
        assert_eq!(m.object(oid(12)).unwrap().component_count(), 1);
        assert_eq!(filled.load(Ordering::Relaxed), 6);
        m.collect();
        assert_eq!(next(m, first), Some(second));
        assert!(m.object(Oid::from_words(HIGH, 10_001).unwrap()).is_none());
        let total = COUNT as usize + 1 + COUNT as usize / 10;
        assert_eq!(m.stored_objects().len(), total);
        assert_eq!(filled.load(Ordering::Relaxed), 6, "listing loads nothing");
        m.load_all();
        assert_eq!(filled.load(Ordering::Relaxed), total);
        assert_eq!(m.unreadable(), [(oid(7), "it is damaged".to_owned())]);
        assert!(!m.is_changed(Purpose::Commit) && !m.is_changed(Purpose::Dump));
    });
}

#[test]
fn names_find_symbols_that_are_not_loaded() {
    let (runtime, filled) = opened();
    runtime.enter(|m| {
        assert_eq!(m.global("ring20"), Some(m.object(oid(20)).unwrap().into()));
        assert_eq!(filled.load(Ordering::Relaxed), 1);
        assert!(m.symbol("ring21").is_none());
        assert_eq!(m.names_with_prefix("ring1", 100).len(), 11);
        assert!(m.all_names().contains(&"ring190".to_owned()));
        assert_eq!(m.intern("ring40").unwrap().oid(), symbol_oid(40));
        assert!(m.make_symbol("ring50", false).is_err(), "the name is taken");
    });
}

#[test]
fn threads_that_touch_at_once_find_the_same_rps_2() {
    for _ in 0..20 {
        let (runtime, filled) = opened();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let runtime = &runtime;
                scope.spawn(move || {
                    runtime.enter(|m| {
                        let mut object = m.object(oid(thread * 13)).unwrap();
                        for step in 0..2 * COUNT {
                            let number = (thread * 13 + step) % COUNT;
                            if number == 7 {
                                object = m.object(oid(8)).unwrap();
                                continue;
                            }
                            assert_eq!(object.component(0), Some(Value::int(m, number as i64)));
                            object.with_payload(m, |payload| {
                                let Some(Payload::ValueVector(values)) = payload else {
                                    panic!("{payload:?}")
                                };
                                assert_eq!(values[0].as_string().unwrap().as_str(), format!("text {number}"));
                            });
                            object = next(m, object).unwrap();
                            if step % 64 == 0 {
                                m.collect();
                            }
                        }
                    });
                });
            }
        });
        assert_eq!(
            filled.load(Ordering::Relaxed),
            COUNT as usize - 1,
            "each was loaded once, but for the damaged one"
        );
    }
}

#[test]
fn an_object_that_left_its_space_does_not_come_back() {
    let (runtime, _) = opened();
    runtime.enter(|m| {
        let removed = m.object(oid(30)).unwrap();
        removed.set_space(m, None);
        assert_eq!(m.changes().undumped, [oid(30)]);
        assert!(m.stored_objects().iter().all(|object| object.oid() != oid(30)));
    });
    runtime.enter(|m| {
        m.collect();
        let found = m.object(oid(30));
        assert!(found.is_none_or(|object| object.space().is_none()));
    });
}

#[test]
fn changes_of_unloaded_objects_keep_what_was_not_changed() {
    let (runtime, _) = opened();
    runtime.enter(|m| {
        let object = m.object(oid(60)).unwrap();
        let view = m.freeze(Purpose::Dump);
        let failed: Result<(), ()> = m.transaction(|| {
            object.push_component(m, Value::TRUE);
            Err(())
        });
        assert!(failed.is_err());
        assert_eq!((object.component_count(), next(m, object).unwrap().oid()), (1, oid(61)));
        object.put_component(m, 0, Value::FALSE).unwrap();
        assert_eq!(view.read(m, object, |object| object.component(0)), Some(Value::int(m, 60)));
        assert!(object.has_payload());
    });
}
