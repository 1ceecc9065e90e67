//! A graph with every kind of value and payload in it, the same every time.

use std::collections::{BTreeMap, BTreeSet};

use rps_runtime::object::Payload;
use rps_runtime::object::payload::{
    Agenda, Capture, ClassInfo, Dictionary, Environment, Function, StringBuffer, Tasklet,
};
use rps_runtime::value::{ClosureRef, InstanceRef, JsonRef, SetRef, StringRef, TupleRef, number};
use rps_runtime::{Mutator, ObjectRef, Oid, Runtime, Value, known};

/// When everything was made, in hundredths of a second since 1970.
pub(crate) const TIME: i64 = 179_000_000_000;

fn oid(name: &str) -> Oid {
    Oid::of_name(&format!("specimen/{name}"))
}

fn made(m: &Mutator<'_>, name: &str, class: Oid) -> ObjectRef {
    let object = m.object_or_skeleton(oid(name));
    object.set_class(m, m.class(class)).unwrap();
    let space = m.object_or_skeleton(oid("space"));
    object.set_space(m, Some(space));
    object
}

/// Returns the runtime.
pub(crate) fn runtime() -> Runtime {
    let runtime = Runtime::new();
    runtime.set_clock(Some(TIME));
    runtime.enter(|m| {
        let _suspended = m.suspend_collections();
        let space = made(m, "space", known::SPACE);
        space.set_payload(m, Some(Payload::Space));
        space.put_attribute(m, m.object(known::NAME).unwrap(), m.string("specimens")).unwrap();
        let symbol = made(m, "symbol", known::SYMBOL);
        m.install_symbol(symbol, "specimen_name", Value::int(m, 42), false).unwrap();
        let weak = made(m, "weak", known::SYMBOL);
        m.install_symbol(weak, "weak_specimen", space.into(), true).unwrap();
        make_class(m, symbol);
        let function = make_function(m);
        make_values(m, symbol, function);
        make_payloads(m, symbol, function);
        m.add_root(space);
        m.add_constant(symbol);
        runtime.set_annotation("from", Some("{\"a\":[1,2.5,null]}".to_owned()));
    });
    runtime
}

fn make_class(m: &Mutator<'_>, symbol: ObjectRef) {
    let class = made(m, "class", known::CLASS);
    let mut info = ClassInfo::new(Some(m.class(known::OBJECT)), Some(symbol));
    info.attribute_set = Some(SetRef::new(m, &mut [symbol.into()]).unwrap());
    class.set_payload(m, Some(Payload::ClassInfo(Box::new(info))));
}

/// Makes a function with source, parameters and a variable that it shares.
fn make_function(m: &Mutator<'_>) -> ObjectRef {
    let object = made(m, "function", known::FUNCTION);
    let captured = vec![Capture { name: "count".into(), shared: true }];
    let source = "# Counts.\nfn counter(step) { count = count + step }";
    object.set_payload(
        m,
        Some(Payload::Function(Box::new(Function::new(source, vec!["step".into()], captured)))),
    );
    object
}

/// Makes an object whose components are values of all kinds.
fn make_values(m: &Mutator<'_>, symbol: ObjectRef, function: ObjectRef) {
    let object = made(m, "values", known::OBJECT);
    let json = |value: Value| JsonRef::scalar(m, value).unwrap();
    let array = JsonRef::array(m, &[json(Value::NIL).into(), json(Value::int(m, 1)).into()]).unwrap();
    let members = [
        (StringRef::new(m, "list"), array.into()),
        (StringRef::new(m, "_006mAbXTG4G00QR5HS"), json(m.string("x")).into()),
    ];
    let json_object = JsonRef::object(m, &members).unwrap();
    let pair = TupleRef::new(m, &[symbol.into(), m.string("in a tuple")]).unwrap();
    let set = SetRef::new(m, &mut [Value::int(m, 3), m.string("three"), pair.into()]).unwrap();
    let big = number::from_bigint(m, &"-123456789012345678901234567890".parse().unwrap());
    let meta = Some((symbol, 7));
    let instance =
        InstanceRef::new(m, m.object(oid("class")).unwrap(), &[(symbol, set.into())], &[Value::TRUE], meta)
            .unwrap();
    let closure = ClosureRef::with_meta(m, function, &[Value::int(m, 5)], meta).unwrap();
    let values = [
        Value::NIL,
        Value::TRUE,
        Value::FALSE,
        Value::int(m, 0),
        Value::int(m, i64::MAX),
        Value::int(m, i64::MIN),
        big,
        Value::double(m, 3.0),
        Value::double(m, -0.0),
        Value::double(m, f64::NAN),
        Value::double(m, f64::INFINITY),
        Value::double(m, f64::NEG_INFINITY),
        Value::double(m, f64::MIN_POSITIVE),
        m.string(""),
        m.string("_006mAbXTG4G00QR5HS"),
        m.string("tab\tquote\" backslash\\ nul\0 newline\n é 🦀 \u{2028}"),
        symbol.into(),
        pair.into(),
        set.into(),
        closure.into(),
        instance.into(),
        json_object.into(),
        m.object_or_skeleton(oid("not stored")).into(),
    ];
    for (number, &value) in values.iter().enumerate() {
        object.push_component(m, value);
        let key = made(m, &format!("key {number}"), known::OBJECT);
        object.put_attribute(m, key, value).unwrap();
    }
}

/// Makes an object for each kind of payload.
fn make_payloads(m: &Mutator<'_>, symbol: ObjectRef, function: ObjectRef) {
    let values = [Value::int(m, 1), m.string("two"), symbol.into()];
    let environment = |parent| Environment {
        bindings: BTreeMap::from([(symbol, values[1]), (function, values[0])]),
        description: m.string("described"),
        parent,
    };
    let queues = [vec![], vec![symbol], vec![function, symbol]];
    let payloads = [
        Payload::Set(BTreeSet::from(values)),
        Payload::ObjectVector(vec![symbol.into(), Value::NIL, function.into()]),
        Payload::ValueVector(values.to_vec()),
        Payload::StringDictionary(values.iter().map(|&value| (format!("{value:?}").into(), value)).collect()),
        Payload::Dictionary(values.iter().map(|&value| (value, values[2])).collect::<Dictionary>()),
        Payload::StringBuffer(StringBuffer { text: "first\n  second\n".to_owned(), indent: Some(2) }),
        Payload::ObjectMap(environment(None)),
        Payload::Environment(environment(Some(function))),
        Payload::Agenda(Agenda { queues }),
        Payload::Tasklet(Tasklet { todo: values[2], obsolete_delay: Value::double(m, 1.5) }),
        Payload::Marker("marked"),
        Payload::Unknown("plugin/unknown".into()),
    ];
    for payload in payloads {
        let object = made(m, &format!("payload {}", payload.kind()), known::OBJECT);
        object.set_payload(m, Some(payload));
    }
    let extended = made(m, "extended", known::OBJECT);
    let extras = [m.string("later"), m.string("[1.50, {\"a\" :2}]")];
    extended.set_extras(Some(TupleRef::new(m, &extras).unwrap()));
}

/// Changes something, another thing in each round.
pub(crate) fn change(m: &Mutator<'_>, round: i64) {
    let object = |name: &str| m.object(oid(name)).unwrap();
    object("values").push_component(m, Value::int(m, round));
    object("payload vectval").update_payload(m, |payload| {
        let Some(Payload::ValueVector(values)) = payload else { panic!("it has a vector") };
        values.push(Value::int(m, round));
    });
    made(m, &format!("made in round {round}"), known::OBJECT)
        .put_attribute(m, object("symbol"), m.string("later"))
        .unwrap();
    object(&format!("payload {}", ["setob", "agenda", "tasklet"][usize::try_from(round).unwrap()]))
        .set_space(m, None);
    m.add_root(object("values"));
    m.runtime().set_annotation("round", Some(round.to_string()));
}
