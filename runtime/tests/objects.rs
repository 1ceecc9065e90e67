//! Objects, names, classes and sends.

use rps_runtime::object::payload::{Dictionary, Payload};
use rps_runtime::send::Native;
use rps_runtime::value::{ClosureRef, TupleRef};
use rps_runtime::{Runtime, RuntimeError, Value, known};

#[test]
fn attributes_share_shapes_whatever_the_order() {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        // On the stack: a vector would not keep these weak symbols.
        let keys = ["a", "b", "c"].map(|name| m.intern(name).unwrap());
        let (x, y) = (m.new_object(m.class(known::OBJECT)), m.new_object(m.class(known::OBJECT)));
        for &key in &keys {
            x.put_attribute(m, key, m.string("x")).unwrap();
        }
        for &key in keys.iter().rev() {
            y.put_attribute(m, key, m.string("y")).unwrap();
        }
        assert!(x.slot_array().unwrap().shape() == y.slot_array().unwrap().shape());
        assert_eq!(x.remove_attribute(m, keys[1]), Some(m.string("x")));
        assert_eq!(x.remove_attribute(m, keys[1]), None);
        assert_eq!((x.attribute_count(), y.attribute_count()), (2, 3));
    });
}

#[test]
fn many_attributes_become_a_table() {
    Runtime::new().enter(|m| {
        let object = m.new_object(m.class(known::OBJECT));
        let keys: [_; 300] = std::array::from_fn(|number| m.intern(&format!("key{number}")).unwrap());
        m.add_root(object);
        for (number, &key) in keys.iter().enumerate() {
            object.put_attribute(m, key, Value::int(m, number as i64)).unwrap();
        }
        assert!(object.slot_array().is_none());
        for (number, &key) in keys.iter().enumerate() {
            assert_eq!(object.get_attribute(key), Some(Value::int(m, number as i64)));
            if number % 2 == 0 {
                object.remove_attribute(m, key);
            }
        }
        m.collect();
        assert_eq!(object.attribute_count(), 150);
        assert!(object.attributes().map(|(key, _)| key.oid()).is_sorted());
        assert_eq!(object.get_attribute(keys[4]), None);
        object.put_attribute(m, keys[4], Value::TRUE).unwrap();
        assert_eq!(object.get_attribute(keys[4]), Some(Value::TRUE));
    });
}

#[test]
fn only_real_changes_touch_the_mtime() {
    let runtime = Runtime::new();
    runtime.set_clock(Some(100));
    runtime.enter(|m| {
        let object = m.new_object(m.class(known::OBJECT));
        object.set_space(m, Some(m.new_object(m.class(known::SPACE))));
        let key = m.intern("key").unwrap();
        object.put_attribute(m, key, m.string("same")).unwrap();
        object.push_component(m, m.string("same"));
        runtime.set_clock(Some(200));
        object.put_attribute(m, key, m.string("same")).unwrap();
        object.put_component(m, 0, m.string("same")).unwrap();
        assert_eq!(object.mtime(), 100);
        object.put_component(m, 0, m.string("other")).unwrap();
        assert_eq!(object.mtime(), 200);
    });
}

/// RefPerSys asserts when `class` or `space` is read as an attribute.
#[test]
fn magic_attributes_are_computed() {
    Runtime::new().enter(|m| {
        let object = m.new_object(m.class(known::OBJECT));
        let (class, space) = (m.intern("class").unwrap(), m.intern("space").unwrap());
        assert_eq!(m.attribute(object.into(), class), Some(m.class(known::OBJECT).into()));
        assert_eq!(m.attribute(Value::TRUE, class), Some(m.class(known::BOOLEAN).into()));
        assert_eq!(m.attribute(object.into(), space), Some(Value::NIL));
        let home = m.new_object(m.class(known::SPACE));
        object.set_space(m, Some(home));
        assert_eq!(m.attribute(object.into(), space), Some(home.into()));
        let error = object.put_attribute(m, class, Value::NIL).unwrap_err();
        assert_eq!(error.code(), "object::magic-attribute");
    });
}

/// RefPerSys's `is_instance_of` and `is_subclass_of` answer wrong or assert.
#[test]
fn instances_and_subclasses_are_right() {
    Runtime::new().enter(|m| {
        let [attribute, symbol, object, int] =
            [known::NAMED_ATTRIBUTE, known::SYMBOL, known::OBJECT, known::INT].map(|oid| m.class(oid));
        assert!(attribute.is_subclass_of(m, symbol) && attribute.is_subclass_of(m, object));
        assert!(!symbol.is_subclass_of(m, attribute));
        let name = m.object(known::NAME).unwrap();
        assert!(m.is_instance_of(name.into(), symbol));
        assert!(!m.is_instance_of(name.into(), int));
        assert!(m.is_instance_of(Value::int(m, 3), int));
        let error = symbol.set_superclass(m, attribute).unwrap_err();
        assert_eq!(error.code(), "object::superclass-cycle");
    });
}

#[test]
fn sends_find_native_kept_and_inherited_methods() {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let len = m.intern("len").unwrap();
        assert_eq!(m.send(m.string("häuser"), len, &[]), Ok(Value::int(m, 6)));
        let animal = m.make_class("animal", m.class(known::OBJECT)).unwrap();
        let dog = m.make_class("dog", animal).unwrap();
        let rex = m.new_object(dog);
        let bark = m.intern("bark").unwrap();
        let error = m.send(rex.into(), bark, &[]).unwrap_err();
        assert_eq!(error.code(), "run::not-understood");
        let function = m.new_object(m.class(known::CORE_FUNCTION));
        let native = Native::new(
            "bark",
            1,
            |m, _, arguments| Ok(TupleRef::new(m, arguments)?.into()),
            "Gives its arguments.",
        );
        runtime.register_function(function.oid(), native);
        animal.put_method(m, bark, ClosureRef::new(m, function, &[]).unwrap().into()).unwrap();
        let answer = m.send(rex.into(), bark, &[Value::TRUE]).unwrap();
        assert_eq!(answer.as_tuple().unwrap().items(), [Value::TRUE]);
        assert_eq!(m.send(rex.into(), bark, &[]).unwrap_err().code(), "run::arity");
        let other = m.new_object(m.class(known::CORE_FUNCTION));
        dog.put_method(m, bark, ClosureRef::new(m, other, &[]).unwrap().into()).unwrap();
        assert_eq!(m.send(rex.into(), bark, &[]), Err(RuntimeError::NoCode { oid: other.oid() }));
        dog.remove_method(m, bark).unwrap();
        assert!(m.send(rex.into(), bark, &[Value::NIL]).is_ok());
    });
}

#[test]
fn names_are_checked_unique_and_completed() {
    Runtime::new().enter(|m| {
        for bad in ["", "_a", "1a", "a__b", "a b", "$a", "a_$b"] {
            assert_eq!(m.make_symbol(bad, false).unwrap_err().code(), "name::bad-name", "{bad:?}");
        }
        for good in ["a", "ab_c", "x1$", "äpfel", "a1_b2"] {
            m.make_symbol(good, false).unwrap();
        }
        let error = m.make_symbol("string", false).unwrap_err();
        assert_eq!(error.code(), "name::duplicate");
        let names: Vec<_> = m.names_with_prefix("string", 10).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["string", "string_buffer", "string_dictionary"]);
        assert_eq!(m.global("string").unwrap(), m.class(known::STRING).into());
        assert_eq!(m.name_of(m.class(known::STRING)).as_deref(), Some("string"));
        let send = m.send(m.string("x"), m.intern("lenn").unwrap(), &[]).unwrap_err();
        assert_eq!(send.hint().as_deref(), Some("did you mean `len`?"));
    });
}

#[test]
fn payloads_are_traced_and_dropped() {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let object = m.new_object(m.class(known::DICTIONARY));
        object.set_payload(m, Some(Payload::Dictionary(Dictionary::default())));
        m.add_root(object);
        for number in 0..500 {
            let (key, value) = (Value::double(m, 1e300 + f64::from(number) * 1e290), m.string("value"));
            object.update_payload(m, |payload| {
                if let Some(Payload::Dictionary(dictionary)) = payload {
                    dictionary.insert(key, value);
                }
            });
            if number % 100 == 0 {
                m.collect();
            }
        }
        object.with_payload(m, |payload| {
            let Some(Payload::Dictionary(dictionary)) = payload else {
                panic!("the payload is a dictionary")
            };
            for number in 0..500 {
                let key = Value::double(m, 1e300 + f64::from(number) * 1e290);
                assert_eq!(dictionary.get(key).unwrap().as_string().unwrap().as_str(), "value");
            }
        });
        object.set_payload(m, None);
        m.collect();
        assert!(!object.has_payload());
    });
}

/// The attributes of a table are read as one goes: what another thread removes meanwhile is not seen any more.
#[test]
fn attributes_of_a_table_stay_alive_while_they_are_read() {
    Runtime::new().enter(|m| {
        let object = m.new_object(m.class(known::OBJECT));
        let keys: [_; 150] = std::array::from_fn(|number| m.intern(&format!("key{number}")).unwrap());
        for (number, &key) in keys.iter().enumerate() {
            object.put_attribute(m, key, m.string(&format!("value {number}"))).unwrap();
        }
        let mut seen = 0;
        for (key, value) in object.attributes() {
            object.remove_attribute(m, key);
            m.collect();
            assert!(value.as_string().unwrap().as_str().starts_with("value "));
            seen += 1;
        }
        assert_eq!((seen, object.attribute_count()), (150, 0));
    });
}

/// While the table of oids is frozen, others that add objects wait, and look-ups go on.
#[test]
fn a_frozen_table_keeps_writers_out_and_lets_readers_in() {
    let runtime = Runtime::new();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        runtime.enter(|m| {
            let frozen = m.freeze_oids();
            let before = runtime.object_count();
            let (runtime, sender) = (&runtime, sender);
            let writer = scope.spawn(move || {
                sender.send(()).unwrap();
                runtime.enter(|m| m.new_object(m.class(known::OBJECT)).oid())
            });
            receiver.recv().unwrap();
            for _ in 0..1000 {
                assert!(frozen.get(known::CLASS).is_some());
                assert!(m.object(known::CLASS).is_some());
            }
            assert_eq!(runtime.object_count(), before);
            drop(frozen);
            let made = m.blocking(|| writer.join().unwrap());
            assert_ne!(made, known::CLASS);
        });
    });
}
