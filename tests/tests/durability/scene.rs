//! The graph that faults strike: small, with everything in it that makes storing difficult.

use rps_runtime::object::Payload;
use rps_runtime::value::TupleRef;
use rps_runtime::{Mutator, ObjectRef, Oid, Runtime, Value, known};

/// The time at which the graph is made, in hundredths of a second since 1970.
const FIRST: i64 = 175_000_000_000;

/// The time at which it is changed under observation.
pub(crate) const LATER: i64 = FIRST + 100;

/// How many objects the large space has.
const THINGS: usize = 24;

/// Returns the oid of one of the things: they are far apart, so that a large space is cut between them.
pub(crate) fn thing(number: usize) -> Oid {
    oid(0, number)
}

/// Returns the oid of a space.
pub(crate) fn space(number: usize) -> Oid {
    oid(1, number)
}

fn oid(kind: u64, number: usize) -> Oid {
    let high = 180_000_000_000_000_000 * (number as u64 % 50) + 1_000_000 + number as u64;
    Oid::from_words(high, 1_000_000 + kind).expect("the words are in range")
}

/// Returns a runtime with a large space that has several files, a small one, names, roots and a constant.
pub(crate) fn runtime() -> Runtime {
    let runtime = Runtime::new();
    runtime.set_clock(Some(FIRST));
    runtime.enter(|m| {
        let spaces = [make_space(m, 0, "large"), make_space(m, 1, "small")];
        let [next, label] = ["next", "label"].map(|name| make_name(m, name, spaces[1]));
        let things: Vec<ObjectRef> = (0..THINGS).map(|number| make_thing(m, number, spaces[0])).collect();
        for (number, &thing) in things.iter().enumerate() {
            let following = things[(number + 1) % THINGS];
            thing.put_attribute(m, next, following.into()).unwrap();
            thing.put_attribute(m, label, m.string(&format!("thing {number}: {}", "x".repeat(60)))).unwrap();
        }
        m.add_root(things[0]);
        m.add_constant(things[1]);
        runtime.set_annotation("note", Some("\"kept\"".to_owned()));
    });
    runtime
}

/// Makes a name, with the same oid every time.
fn make_name(m: &Mutator<'_>, name: &str, space: ObjectRef) -> ObjectRef {
    let symbol = m.object_or_skeleton(Oid::of_name(name));
    symbol.set_class(m, m.class(known::SYMBOL)).unwrap();
    m.install_symbol(symbol, name, Value::NIL, false).unwrap();
    symbol.set_space(m, Some(space));
    symbol
}

fn make_space(m: &Mutator<'_>, number: usize, name: &str) -> ObjectRef {
    let object = m.object_or_skeleton(space(number));
    object.set_class(m, m.class(known::SPACE)).unwrap();
    object.set_space(m, Some(object));
    object.set_payload(m, Some(Payload::Space));
    object.put_attribute(m, m.object(known::NAME).unwrap(), m.string(name)).unwrap();
    object
}

/// Makes a thing in a space.
pub(crate) fn make_thing(m: &Mutator<'_>, number: usize, space: ObjectRef) -> ObjectRef {
    let object = m.object_or_skeleton(thing(number));
    object.set_class(m, m.class(known::OBJECT)).unwrap();
    object.set_space(m, Some(space));
    object.set_payload(m, number.is_multiple_of(3).then(|| Payload::ValueVector(vec![Value::TRUE])));
    object
}

/// Changes one thing.
pub(crate) fn change_one(m: &Mutator<'_>, number: usize, text: &str) {
    let label = m.intern("label").unwrap();
    let object = m.object(thing(number)).unwrap();
    object.put_attribute(m, label, m.string(text)).unwrap();
    object.push_component(m, Value::int(m, 1));
}

/// Changes a little of everything: one thing, a payload, a new thing with a new name, the roots, an annotation; and one
/// thing leaves its space, to which others still refer.
pub(crate) fn change_everything(m: &Mutator<'_>, round: usize) {
    let text = format!("round {round}");
    change_one(m, round % 5, &text);
    let vector = m.object(thing(9)).unwrap();
    vector.set_payload(m, Some(Payload::ValueVector(vec![m.string(&text), Value::double(m, 0.5)])));
    let spaces = [0, 1].map(|number| m.object(space(number)).unwrap());
    let fresh = make_thing(m, THINGS + round, spaces[round % 2]);
    let name = make_name(m, &format!("name_{round}"), spaces[1]);
    let pair = TupleRef::new(m, &[fresh.into(), Value::int(m, 7)]).unwrap();
    fresh.put_attribute(m, name, pair.into()).unwrap();
    m.object(thing(3)).unwrap().push_component(m, fresh.into());
    m.add_root(fresh);
    if let Some(leaving) = m.object(thing(12 + round)) {
        leaving.set_space(m, None);
    }
    m.runtime().set_annotation("round", Some(round.to_string()));
}

/// Changes something, on whatever has become of the graph.
pub(crate) fn change_any(m: &Mutator<'_>) {
    let object = m.object(space(0)).unwrap();
    object.push_component(m, m.string("it goes on"));
}

/// Takes things out of their space, and gives up the small space with all that is in it.
pub(crate) fn remove_much(m: &Mutator<'_>) {
    for number in [2, 3, 11, 23] {
        m.object(thing(number)).unwrap().set_space(m, None);
    }
    let small = m.object(space(1)).unwrap();
    let large = m.object(space(0)).unwrap();
    for object in m.stored_objects() {
        if object.space() == Some(small) && object != small {
            object.set_space(m, Some(large));
        }
    }
    small.set_space(m, None);
}
