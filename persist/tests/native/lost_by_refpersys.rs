//! Every value that RefPerSys loses on its way through a store survives here (issue 2, point 3).

use rps_runtime::object::Payload;
use rps_runtime::value::{ClosureRef, InstanceRef, JsonForm, JsonRef, StringRef, TupleRef};
use rps_runtime::{ObjectRef, Value, known};

use crate::support::{THING, back, dumped, load, small, text};

fn tuple(m: &rps_runtime::Mutator<'_>, items: &[Value]) -> Value {
    TupleRef::new(m, items).unwrap().into()
}

#[test]
fn tuples_rps_14() {
    back(
        |m| tuple(m, &[Value::int(m, 1), Value::NIL, tuple(m, &[]), m.string("x")]),
        |_, value| assert_eq!(format!("{value:?}"), r#"[1, nil, [], "x"]"#),
    );
}

#[test]
fn instances_rps_14() {
    back(
        |m| {
            let key = m.object(known::NAME).unwrap();
            let rank = Some((m.class(known::SET), -7));
            let attributes = [(key, m.string("n"))];
            InstanceRef::new(m, m.class(known::TUPLE), &attributes, &[Value::TRUE], rank).unwrap().into()
        },
        |m, value| {
            let instance = value.as_instance().unwrap();
            assert_eq!(instance.class(), m.class(known::TUPLE));
            assert_eq!(instance.attribute(m.object(known::NAME).unwrap()), Some(m.string("n")));
            assert_eq!(instance.components(), [Value::TRUE]);
            assert_eq!(instance.meta(), Some((m.class(known::SET), -7)));
        },
    );
}

#[test]
fn doubles_rps_14() {
    for double in [3.0, -0.0, 0.1, 1e300, 5e-324, f64::MAX, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        back(
            |m| Value::double(m, double),
            |_, value| {
                let found = value.as_double().unwrap_or_else(|| panic!("{double} became {value:?}"));
                assert!(found.to_bits() == double.to_bits() || found.is_nan() && double.is_nan(), "{double}");
            },
        );
    }
}

#[test]
fn integers_of_any_size_rps_14() {
    for int in [0, -1, i64::MAX, i64::MIN, i64::MAX >> 1, (i64::MAX >> 1) + 1] {
        back(|m| Value::int(m, int), |m, value| assert_eq!(value, Value::int(m, int)));
    }
    let large = "-123456789012345678901234567890123456789012345678901234567890";
    back(
        |m| rps_runtime::value::number::from_bigint(m, &large.parse().unwrap()),
        |_, value| assert_eq!(format!("{value:?}"), large),
    );
}

#[test]
fn strings_that_begin_with_an_underscore_rps_14() {
    let strings = [
        "_",
        "_x",
        "_006mAbXTG4G00QR5HS",
        "_zzzzzzzzzzzzzzzzzz",
        "_006mAbXTG4G00QR5HSx",
        "\0\n\r\"\\é𝄞\u{7f}\u{2028}",
    ];
    for string in strings {
        back(|m| m.string(string), |_, value| assert_eq!(value.as_string().unwrap().as_str(), string));
        // As a key and as a part of a JSON value a string is never an oid.
        back(
            |m| JsonRef::object(m, &[(StringRef::new(m, string), m.string(string))]).unwrap().into(),
            |_, value| assert_eq!(value.as_json().unwrap().items()[1].as_string().unwrap().as_str(), string),
        );
    }
}

#[test]
fn environments_with_bindings_rps_14() {
    let runtime = small(|m, thing| {
        let mut environment = rps_runtime::object::payload::Environment::default();
        environment.bindings.insert(thing, Value::int(m, 5));
        environment.bindings.insert(m.object(known::NAME).unwrap(), Value::NIL);
        environment.description = m.string("d");
        environment.parent = Some(m.class(known::SET));
        thing.install_payload(m, Some(Payload::Environment(environment)));
    });
    load(&dumped(&runtime)).enter(|m| {
        let thing = m.object(THING).unwrap();
        thing.with_payload(m, |payload| {
            let Some(Payload::Environment(environment)) = payload else { panic!("{payload:?}") };
            assert_eq!(environment.bindings.len(), 2);
            assert_eq!(environment.bindings[&thing], Value::int(m, 5));
            assert_eq!(environment.bindings[&m.object(known::NAME).unwrap()], Value::NIL);
            assert_eq!(environment.parent, Some(m.class(known::SET)));
        });
    });
}

#[test]
fn closures_with_values_and_metadata_rps_14() {
    back(
        |m| {
            let env = [Value::NIL, Value::double(m, 2.0), m.string("_006mAbXTG4G00QR5HS")];
            let meta = Some((m.class(known::INT), 42));
            ClosureRef::with_meta(m, m.object(THING).unwrap(), &env, meta).unwrap().into()
        },
        |m, value| {
            let closure = value.as_closure().unwrap();
            assert_eq!(closure.function().oid(), THING);
            assert_eq!(format!("{:?}", closure.env()), r#"[nil, 2.0, "_006mAbXTG4G00QR5HS"]"#);
            assert_eq!(closure.meta(), Some((m.class(known::INT), 42)));
        },
    );
}

#[test]
fn json_values_rps_14() {
    back(
        |m| {
            let list = JsonRef::array(m, &[Value::NIL, Value::int(m, 1), Value::double(m, 1.0)]).unwrap();
            JsonRef::object(m, &[(StringRef::new(m, "l"), list.into()), (StringRef::new(m, ""), Value::TRUE)])
                .unwrap()
                .into()
        },
        |_, value| {
            assert_eq!(format!("{value:?}"), r#"<json Object ["", true, "l", <json Array [nil, 1, 1.0]>]>"#);
        },
    );
    back(
        |m| JsonRef::scalar(m, m.string("s")).unwrap().into(),
        |_, value| assert_eq!(value.as_json().unwrap().form(), JsonForm::Scalar),
    );
}

#[test]
fn nil_in_a_vector_rps_14() {
    let runtime = small(|m, thing| {
        let values = vec![Value::NIL, thing.into(), Value::NIL];
        thing.install_payload(m, Some(Payload::ObjectVector(values)));
        thing.push_component(m, Value::NIL);
        thing.push_component(m, Value::NIL);
    });
    load(&dumped(&runtime)).enter(|m| {
        let thing = m.object(THING).unwrap();
        assert_eq!(thing.component_count(), 2);
        thing.with_payload(m, |payload| {
            let Some(Payload::ObjectVector(values)) = payload else { panic!("{payload:?}") };
            assert_eq!(values, &[Value::NIL, thing.into(), Value::NIL]);
        });
    });
}

#[test]
fn references_to_objects_without_a_space_rps_46() {
    let runtime = small(|m, thing| {
        let transient = m.new_object(m.class(known::OBJECT));
        transient.push_component(m, Value::TRUE);
        thing.push_component(m, tuple(m, &[Value::int(m, 1), transient.into(), Value::int(m, 2)]));
    });
    let memory = dumped(&runtime);
    assert!(text(&memory, "core.json").contains("{\"transient\":\"_"));
    let (loaded, report) = crate::support::open(&memory).load().unwrap();
    assert_eq!(report.placeholders, 1);
    let again = dumped(&loaded);
    assert_eq!(text(&again, "core.json"), text(&memory, "core.json"));
    loaded.enter(|m| {
        let tuple = m.object(THING).unwrap().component(0).unwrap().as_tuple().unwrap();
        let placeholder: ObjectRef = tuple.items()[1].as_object().unwrap();
        assert_eq!(
            (placeholder.space(), placeholder.class(), placeholder.component_count()),
            (None, None, 0)
        );
        assert_eq!(tuple.items()[2], Value::int(m, 2));
    });
}

#[test]
fn members_that_nobody_knows_rps_44() {
    let runtime = small(|m, thing| {
        let extras =
            [m.string("applying"), m.string("true"), m.string("magic"), m.string("{\"a\": [1.50,\"\\n\"]}")];
        thing.set_extras(Some(TupleRef::new(m, &extras).unwrap()));
        thing.install_payload(m, Some(Payload::Unknown("later".into())));
    });
    let memory = dumped(&runtime);
    load(&memory).enter(|m| {
        let thing = m.object(THING).unwrap();
        let extras: Vec<_> =
            thing.extras().unwrap().items().iter().map(|item| item.as_string().unwrap()).collect();
        let extras: Vec<_> = extras.iter().map(|text| text.as_str()).collect();
        assert_eq!(extras, ["applying", "true", "magic", "{\"a\": [1.50,\"\\n\"]}"]);
        thing.with_payload(m, |payload| assert_eq!(payload.map(Payload::kind), Some("later")));
    });
    assert_eq!(text(&dumped(&load(&memory)), "core.json"), text(&memory, "core.json"));
}
