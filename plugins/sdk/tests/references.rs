//! Payloads that are read, changed, and refer to objects: what is safe without unsafe code of the author's.

#![forbid(unsafe_code)]

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rps_plugin::abi::status;
use rps_plugin::testing::{MockError, MockHost, MockObject, MockValue};
use rps_plugin::{Error, ObjectRef, Payload, Plugin, Registrar, RpsPayload};

#[derive(Clone, Default, RpsPayload)]
#[rps(name = "test/List")]
struct List {
    items: Vec<ObjectRef>,
    count: i64,
}

/// Has the name of another type, but is not registered.
#[derive(RpsPayload)]
#[rps(name = "test/List")]
struct Impostor {
    word: u64,
}

/// Is not registered, and counts how many of it were dropped.
#[derive(RpsPayload)]
#[rps(name = "test/Stray")]
struct Stray;

static STRAYS: AtomicUsize = AtomicUsize::new(0);

impl Drop for Stray {
    fn drop(&mut self) {
        STRAYS.fetch_add(1, Ordering::Relaxed);
    }
}

/// Where a reference is kept outside of its payload.
static OUTSIDE: Mutex<Vec<ObjectRef>> = Mutex::new(Vec::new());

struct Lists;

impl Plugin for Lists {
    const ID: &'static str = "test";
    const VERSION: &'static str = "1.0.0";

    fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
        registrar.payload::<List>().with_default().with_copy().register()?;
        registrar.function("list", 0, "()", |call, _| call.new_payload(List::default()))?;
        registrar.function("stray", 0, "()", |call, _| call.new_payload(Stray))?;
        registrar.method("List", "add", 1, "(object)", |_, list, args| {
            let reference = ObjectRef::new(args.value(0)?)?;
            list.update(|list: &mut List| list.items.push(reference))?;
            Ok(list)
        })?;
        registrar.method("List", "item", 1, "(index)", |_, list, args| {
            let (list, index) = (list.payload::<List>()?, args.int(0)? as usize);
            list.items.get(index).ok_or_else(|| Error::not_found("no such item"))?.value(&list)
        })?;
        registrar.method("List", "take_out", 0, "()", |_, list, _| {
            let taken = list.update(|list: &mut List| std::mem::take(&mut list.items))?;
            *OUTSIDE.lock()? = taken;
            Ok(list)
        })?;
        registrar.method("List", "look_outside", 0, "()", |_, list, _| {
            let outside = OUTSIDE.lock()?;
            outside[0].value(&list.payload::<List>()?)
        })?;
        registrar.method("List", "put_back", 0, "()", |_, list, _| {
            let mut back = std::mem::take(&mut *OUTSIDE.lock()?);
            list.update(|list: &mut List| list.items.append(&mut back))?;
            Ok(list)
        })?;
        registrar.method("List", "read_and_change", 0, "()", |_, list, _| {
            let _reader = list.payload::<List>()?;
            list.update(|list: &mut List| list.count += 1)?;
            Ok(list)
        })?;
        registrar.method("List", "change_and_call", 0, "()", |call, list, _| {
            let inside = list.update(|_: &mut List| call.string("x").map(|_| ()))?;
            inside?;
            Ok(list)
        })?;
        registrar.method("List", "panic", 0, "()", |_, list, _| {
            list.update(|list: &mut List| {
                list.count = 100;
                panic!("in the middle");
            })
        })?;
        registrar
            .method("List", "count", 0, "()", |call, list, _| call.int(list.payload::<List>()?.count))?;
        registrar.method("List", "impostor", 0, "()", |call, list, _| {
            call.int(list.payload::<Impostor>()?.word as i64)
        })?;
        registrar.guarded_function("guarded", 1, "(list)", |_, args| {
            let list = args.payload::<List>(0)?;
            list.items[0].value(&list)
        })
    }
}

fn list(host: &MockHost) -> Result<MockValue, MockError> {
    host.call("list", &[])
}

fn objects(values: &[&MockValue]) -> Vec<MockObject> {
    values.iter().map(|value| value.as_object().unwrap()).collect()
}

#[test]
fn lists_that_refer_to_each_other_are_collected() -> Result<(), MockError> {
    let host = MockHost::load::<Lists>()?;
    let (a, b) = (list(&host)?, list(&host)?);
    host.send(&a, "add", std::slice::from_ref(&b))?;
    host.send(&b, "add", std::slice::from_ref(&a))?;
    assert_eq!(host.root_count(), 0);
    assert_eq!(host.collect(&objects(&[&a])), 0);
    assert_eq!(host.send(&a, "item", &[0.into()])?, b);
    assert_eq!(host.call("guarded", &[a])?, b);
    assert_eq!(host.root_count(), 0);
    assert_eq!(host.collect(&[]), 2);
    Ok(())
}

#[test]
fn a_reference_that_was_outside_is_empty() -> Result<(), MockError> {
    let host = MockHost::load::<Lists>()?;
    let (a, b, other) = (list(&host)?, list(&host)?, list(&host)?);
    host.send(&a, "add", &[b])?;
    host.send(&a, "take_out", &[])?;
    let error = host.send(&a, "look_outside", &[]).unwrap_err();
    assert_eq!(
        (error.status, error.message.as_str()),
        (status::MISUSE, "the reference is not inside of this payload")
    );
    // Nothing kept the object alive meanwhile.
    assert_eq!(host.collect(&objects(&[&a, &other])), 1);
    assert!(host.send(&other, "look_outside", &[]).is_err());
    host.send(&a, "put_back", &[])?;
    assert_eq!(host.send(&a, "item", &[0.into()])?, MockValue::Nil);
    assert_eq!(host.collect(&objects(&[&a, &other])), 0);
    Ok(())
}

#[test]
fn a_lock_never_waits_for_its_own_call() -> Result<(), MockError> {
    let host = MockHost::load::<Lists>()?;
    let a = list(&host)?;
    let error = host.send(&a, "read_and_change", &[]).unwrap_err();
    assert_eq!(error.status, status::MISUSE, "{error}");
    let error = host.send(&a, "change_and_call", &[]).unwrap_err();
    assert_eq!(error.status, status::MISUSE, "{error}");
    let error = host.send(&a, "panic", &[]).unwrap_err();
    assert!(error.is_panic() && error.message == "in the middle", "{error}");
    assert_eq!(host.send(&a, "count", &[])?, 100.into());
    Ok(())
}

#[test]
fn another_type_of_the_same_name_is_told_apart() -> Result<(), MockError> {
    let host = MockHost::load::<Lists>()?;
    assert!(host.send(&list(&host)?, "impostor", &[]).is_err());
    assert_eq!(<Impostor as Payload>::TYPE_NAME, List::TYPE_NAME);
    Ok(())
}

#[test]
fn what_the_host_refuses_is_dropped_once() -> Result<(), MockError> {
    let host = MockHost::load::<Lists>()?;
    assert_eq!(host.call("stray", &[]).unwrap_err().status, status::NOT_FOUND);
    assert_eq!(STRAYS.load(Ordering::Relaxed), 1);
    drop(host);
    assert_eq!(STRAYS.load(Ordering::Relaxed), 1);
    Ok(())
}

#[test]
fn a_default_and_its_size() -> Result<(), MockError> {
    let host = MockHost::load::<Lists>()?;
    let list = host.create_payload("test/List")?;
    assert_eq!(host.save_payload(list)?.to_string(), r#"{"items":[],"count":0}"#);
    assert!(host.payload_size(list)? >= size_of::<List>());
    Ok(())
}
