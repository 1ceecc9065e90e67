//! Slots that hold the bits of doubles: nobody sees a difference.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rps_runtime::{Mutator, ObjectRef, Runtime, Value, known};

/// Doubles with and without cells, and some whose bits could be taken for the address of one.
const DOUBLES: [f64; 12] = [
    0.0,
    -0.0,
    1.5,
    -1e10,
    1e300,
    -1e-300,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    f64::MIN_POSITIVE,
    f64::from_bits(0x3000_0000_0000_0000),
    f64::from_bits(0x0000_7f00_dead_be10),
];

fn point(m: &Mutator<'_>, keys: &[ObjectRef], values: &[Value]) -> ObjectRef {
    let object = m.new_object(m.class(known::OBJECT));
    for (&key, &value) in keys.iter().zip(values) {
        object.put_attribute(m, key, value).unwrap();
    }
    object
}

fn numbers(object: ObjectRef) -> u64 {
    object.slot_array().unwrap().shape().numbers()
}

fn is_same(value: Option<Value>, double: f64) -> bool {
    let own = value.and_then(Value::as_double);
    own.is_some_and(|own| own.to_bits() == double.to_bits() || own.is_nan() && double.is_nan())
}

#[test]
fn every_double_comes_back_from_a_slot() {
    Runtime::new().enter(|m| {
        let keys = ["x", "y"].map(|name| m.intern(name).unwrap());
        let object = point(m, &keys, &[Value::double(m, 1.0), Value::double(m, 2.0)]);
        assert_eq!(numbers(object), 0b11);
        for double in DOUBLES {
            object.put_attribute(m, keys[0], Value::double(m, double)).unwrap();
            m.collect();
            assert_eq!(numbers(object), 0b11, "{double} is held as it is");
            assert!(is_same(object.get_attribute(keys[0]), double), "{double}");
            let mut all = m.root_vec();
            all.extend(object.attributes().map(|(_, value)| value));
            m.collect();
            assert!(all.iter().any(|&value| is_same(Some(value), double)), "{double}");
            assert!(is_same(object.get_attribute(keys[1]), 2.0));
        }
    });
}

#[test]
fn what_is_no_double_makes_the_slot_one_of_values_for_good() {
    Runtime::new().enter(|m| {
        let keys = ["x", "y"].map(|name| m.intern(name).unwrap());
        let double = |double| Value::double(m, double);
        let old = point(m, &keys, &[double(1.5), double(-0.0)]);
        let object = point(m, &keys, &[double(2.5), double(3.5)]);
        assert!(numbers(old) == 0b11 && numbers(object) == 0b11);
        let x = 1 << object.slot_array().unwrap().shape().slot_of(keys[0]).unwrap();
        object.put_attribute(m, keys[0], m.string("text")).unwrap();
        m.collect();
        assert_eq!(object.get_attribute(keys[0]), Some(m.string("text")));
        assert!(is_same(object.get_attribute(keys[1]), 3.5));
        assert_eq!(numbers(object), 0b11 & !x);
        // Others are as they were, and new ones are like it.
        assert_eq!(numbers(old), 0b11);
        assert!(is_same(old.get_attribute(keys[0]), 1.5) && is_same(old.get_attribute(keys[1]), -0.0));
        let new = point(m, &keys, &[double(1.0), double(1.0)]);
        assert!(new.slot_array().unwrap().shape() == object.slot_array().unwrap().shape());
        // An integer is no double.
        new.put_attribute(m, keys[1], Value::int(m, 7)).unwrap();
        assert_eq!((new.get_attribute(keys[1]), numbers(new)), (Some(Value::int(m, 7)), 0));
        assert!(is_same(new.get_attribute(keys[0]), 1.0));
        assert_eq!(old.remove_attribute(m, keys[1]).and_then(Value::as_double), Some(0.0));
        assert!(is_same(old.get_attribute(keys[0]), 1.5));
    });
}

#[test]
fn a_failed_transaction_brings_numbers_back() {
    Runtime::new().enter(|m| {
        let keys = ["x"].map(|name| m.intern(name).unwrap());
        let object = point(m, &keys, &[Value::double(m, 1e300)]);
        object.set_space(m, Some(m.new_object(m.class(known::SPACE))));
        for value in [Value::double(m, 2.0), m.string("text"), Value::double(m, f64::NAN)] {
            let failed: Result<(), _> = m.transaction(|| {
                object.put_attribute(m, keys[0], value)?;
                m.collect();
                Err(rps_runtime::RuntimeError::Interrupted)
            });
            assert!(failed.is_err());
            assert!(is_same(object.get_attribute(keys[0]), 1e300));
        }
    });
}

#[test]
fn readers_find_one_of_the_values_while_a_slot_changes_its_kind() {
    let runtime = Runtime::new();
    let rounds = if std::env::var_os("RPS_GC_STRESS").is_some() { 20 } else { 2000 };
    let done = AtomicBool::new(false);
    let roots = runtime.enter(|m| {
        let keys = ["x", "y"].map(|name| m.intern(name).unwrap());
        let object = point(m, &keys[..1], &[Value::double(m, 0.25)]);
        [object, keys[0], keys[1]].map(|object| m.heap().root(object.into()))
    });
    let get = |at: usize| roots[at].get().as_object().unwrap();
    let read = || {
        while !done.load(Ordering::Acquire) {
            runtime.enter(|_| {
                let value = get(0).get_attribute(get(1)).unwrap();
                let is_text = value.as_string().is_some_and(|text| text.as_str() == "text");
                let is_number = [0.25, 1e300].iter().any(|&number| is_same(Some(value), number));
                assert!(is_text || is_number, "{value:?}");
            });
        }
    };
    let write = |round: u32| {
        runtime.enter(|m| {
            let value = match round % 3 {
                0 => Value::double(m, 1e300),
                1 => m.string("text"),
                _ => Value::double(m, 0.25),
            };
            get(0).put_attribute(m, get(1), value).unwrap();
            get(0).put_attribute(m, get(2), Value::double(m, f64::from(round))).unwrap();
            get(0).remove_attribute(m, get(2));
        });
    };
    thread::scope(|scope| {
        scope.spawn(read);
        scope.spawn(read);
        let written = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| (0..rounds).for_each(write)));
        done.store(true, Ordering::Release);
        written.unwrap();
    });
}
