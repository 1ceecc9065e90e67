//! Going through the objects that a migration is about, so that what goes wrong tells with which one.

use parking_lot::Mutex;
use rps_runtime::code::operate::{object, wrong_kind};
use rps_runtime::{Mutator, ObjectRef, Oid, RootVec, RuntimeError, Value};

/// The object that a migration of this runtime has come to. One migration is under way at a time.
#[derive(Default)]
pub(crate) struct UnderWay(Mutex<Option<Oid>>);

/// Takes the object that a migration had come to when it ended early.
pub(super) fn take_object_under_way(m: &Mutator<'_>) -> Option<Oid> {
    m.runtime().service::<UnderWay>()?.0.lock().take()
}

/// Returns the class that an argument names.
pub(super) fn class(m: &Mutator<'_>, what: &str, value: Value) -> Result<ObjectRef, RuntimeError> {
    let class = object(m, what, value)?;
    if class.is_class(m) { Ok(class) } else { Err(wrong_kind(m, what, "a class", value)) }
}

/// Returns the objects whose class is this one or, unless `exactly`, one below it, in the order of their oids.
pub(super) fn instances(m: &Mutator<'_>, class: ObjectRef, exactly: bool) -> RootVec {
    let mut instances = m.root_vec();
    let is_one = |value: &Value| match exactly {
        true => value.as_object().and_then(ObjectRef::class) == Some(class),
        false => m.is_instance_of(*value, class),
    };
    instances.extend(m.all_objects().iter().copied().filter(is_one));
    instances
}

/// Calls a function with every object, and returns how many it has changed, as it tells.
pub(super) fn for_each(
    m: &Mutator<'_>,
    objects: &[Value],
    mut change: impl FnMut(ObjectRef) -> Result<bool, RuntimeError>,
) -> Result<Value, RuntimeError> {
    let under_way = m.runtime().service::<UnderWay>();
    let set =
        |oid: Option<Oid>| under_way.as_ref().and_then(|own| std::mem::replace(&mut *own.0.lock(), oid));
    let (mut count, mut outer) = (0, None);
    for (at, object) in objects.iter().filter_map(|value| value.as_object()).enumerate() {
        m.check_interrupt()?;
        let before = set(Some(object.oid()));
        if at == 0 {
            outer = before;
        }
        count += i64::from(change(object)?);
    }
    if !objects.is_empty() {
        // An error stays with the object that it is about; what went well goes on with the one around it.
        set(outer);
    }
    Ok(Value::int(m, count))
}
