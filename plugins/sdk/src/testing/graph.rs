//! The graph of the mock: values by number, no programs.

use core::ffi::{c_char, c_void};

use rps_plugin_abi::Call as RawCall;
use rps_plugin_abi::extension::{Graph, graph};
use rps_plugin_abi::status::{self, Status};
use rps_plugin_abi::value::{self, Kind};
use rps_plugin_abi::{Bytes, Host, RawValue, Sink};

use super::tables::{lossy, of_call, of_host, text_of, write};
use super::world::{Cell, Object, Payload, World};
use super::{MockValue, run};

/// Returns the table.
pub(super) fn table() -> Graph {
    Graph {
        struct_size: size_of::<Graph>() as u32,
        reserved: 0,
        kind: Some(kind),
        int: Some(int),
        double: Some(double),
        string: Some(string),
        tuple: Some(tuple),
        as_int: Some(as_int),
        as_double: Some(as_double),
        as_text: Some(as_text),
        count: Some(count),
        item: Some(item),
        print: Some(print),
        equal: Some(equal),
        find: Some(find),
        class_of: Some(class_of),
        new_object: Some(new_object),
        get: Some(get),
        put: Some(put),
        append: Some(append),
        oid: Some(oid),
        by_oid: Some(by_oid),
        send: Some(run::send),
        apply: Some(run::apply),
        raise: Some(raise),
        new_payload: Some(new_payload),
        payload: Some(payload),
        touch: Some(touch),
        keep: Some(keep),
        kept: Some(kept),
        release: Some(release),
        safepoint: Some(safepoint),
    }
}

/// Runs with the world, and writes what comes of it.
///
/// # Safety
///
/// The call is one of the mock's, the place is the plugin's.
pub(super) unsafe fn answer<T>(
    call: *mut RawCall,
    place: *mut T,
    body: impl FnOnce(&mut World) -> Result<T, Status>,
) -> Status {
    // SAFETY: as the caller says.
    let answer = body(&mut unsafe { of_call(call) }.world());
    match answer {
        Ok(answer) => {
            // SAFETY: as the caller says.
            unsafe { place.write(answer) };
            status::OK
        }
        Err(status) => status,
    }
}

unsafe extern "C" fn kind(call: *mut RawCall, raw: RawValue) -> Kind {
    // SAFETY: the plugin calls with its call.
    let mut world = unsafe { of_call(call) }.world();
    match world.cell(raw) {
        Ok(Cell::String(_)) => value::KIND_STRING,
        Ok(Cell::Tuple(_)) => value::KIND_TUPLE,
        Ok(Cell::Int(_)) => value::KIND_INT,
        Ok(Cell::Double(_)) => value::KIND_DOUBLE,
        Ok(Cell::Named(_) | Cell::Object(_)) => value::KIND_OBJECT,
        Ok(Cell::Dead) | Err(_) => match world.value(raw) {
            Ok(MockValue::Nil) => value::KIND_NIL,
            Ok(MockValue::Bool(_)) => value::KIND_BOOL,
            Ok(MockValue::Int(_)) => value::KIND_INT,
            Ok(MockValue::Double(_)) => value::KIND_DOUBLE,
            _ => value::KIND_OTHER,
        },
    }
}

unsafe extern "C" fn int(call: *mut RawCall, int: i64, result: *mut RawValue) -> Status {
    // SAFETY: the plugin calls with its call, and a place for the result.
    unsafe { answer(call, result, |world| Ok(world.raw(&MockValue::Int(int)))) }
}

unsafe extern "C" fn double(call: *mut RawCall, double: f64, result: *mut RawValue) -> Status {
    // SAFETY: the plugin calls with its call, and a place for the result.
    unsafe { answer(call, result, |world| Ok(world.raw(&MockValue::Double(double)))) }
}

unsafe extern "C" fn string(
    call: *mut RawCall,
    text: *const u8,
    len: usize,
    result: *mut RawValue,
) -> Status {
    // SAFETY: the plugin calls with its call, a text, and a place for the result.
    unsafe {
        let text = lossy(text, len);
        answer(call, result, |world| Ok(world.add(Cell::String(text.into()))))
    }
}

unsafe extern "C" fn tuple(
    call: *mut RawCall,
    items: *const RawValue,
    count: usize,
    result: *mut RawValue,
) -> Status {
    // SAFETY: the plugin calls with its call, items, and a place for the result.
    unsafe {
        let items = run::values(items, count).to_vec();
        answer(call, result, |world| Ok(world.add(Cell::Tuple(items))))
    }
}

unsafe extern "C" fn as_int(call: *mut RawCall, raw: RawValue, int: *mut i64) -> Status {
    // SAFETY: the plugin calls with its call, and a place for the result.
    unsafe {
        answer(call, int, |world| match world.value(raw)? {
            MockValue::Int(int) => Ok(int),
            _ => Err(status::INVALID),
        })
    }
}

unsafe extern "C" fn as_double(call: *mut RawCall, raw: RawValue, double: *mut f64) -> Status {
    // SAFETY: the plugin calls with its call, and a place for the result.
    unsafe {
        answer(call, double, |world| match world.value(raw)? {
            MockValue::Int(int) => Ok(int as f64),
            MockValue::Double(double) => Ok(double),
            _ => Err(status::INVALID),
        })
    }
}

unsafe extern "C" fn as_text(call: *mut RawCall, raw: RawValue, text: *mut Bytes) -> Status {
    // SAFETY: the plugin calls with its call, and a place for the result. A string stays in its place until it is collected.
    unsafe {
        answer(call, text, |world| match world.cell(raw)? {
            Cell::String(text) => Ok(Bytes { ptr: text.as_ptr(), len: text.len() }),
            _ => Err(status::INVALID),
        })
    }
}

fn items(world: &mut World, raw: RawValue) -> Result<&mut Vec<RawValue>, Status> {
    match world.cell(raw)? {
        Cell::Tuple(items) => Ok(items),
        Cell::Object(object) => Ok(&mut object.components),
        _ => Err(status::INVALID),
    }
}

unsafe extern "C" fn count(call: *mut RawCall, raw: RawValue, count: *mut usize) -> Status {
    // SAFETY: the plugin calls with its call, and a place for the result.
    unsafe { answer(call, count, |world| Ok(items(world, raw)?.len())) }
}

unsafe extern "C" fn item(call: *mut RawCall, raw: RawValue, index: usize, result: *mut RawValue) -> Status {
    // SAFETY: the plugin calls with its call, and a place for the result.
    unsafe { answer(call, result, |world| items(world, raw)?.get(index).copied().ok_or(status::NOT_FOUND)) }
}

unsafe extern "C" fn print(call: *mut RawCall, raw: RawValue, output: *const Sink) -> Status {
    // SAFETY: the plugin calls with its call.
    let value = unsafe { of_call(call) }.world().value(raw);
    match value {
        // SAFETY: the sink is the plugin's, and valid.
        Ok(value) => unsafe { write(output, shown(&value).as_bytes()) },
        Err(status) => status,
    }
}

fn shown(value: &MockValue) -> String {
    match value {
        MockValue::Nil => "nil".to_owned(),
        MockValue::Bool(bool) => bool.to_string(),
        MockValue::Int(int) => int.to_string(),
        MockValue::Double(double) => format!("{double:?}"),
        MockValue::String(text) => format!("{text:?}"),
        MockValue::Tuple(items) => format!("({})", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        MockValue::Object(object) => oid_of(object.0),
    }
}

unsafe extern "C" fn equal(call: *mut RawCall, a: RawValue, b: RawValue, equal: *mut u32) -> Status {
    // SAFETY: the plugin calls with its call, and a place for the result.
    unsafe { answer(call, equal, |world| Ok(u32::from(world.value(a)? == world.value(b)?))) }
}

unsafe extern "C" fn find(call: *mut RawCall, name: *const u8, len: usize, result: *mut RawValue) -> Status {
    // SAFETY: the plugin calls with its call, a text, and a place for the result.
    unsafe {
        let name = lossy(name, len);
        answer(call, result, |world| {
            if !run::is_name(world, &name) {
                return Err(status::NOT_FOUND);
            }
            Ok(world.add(Cell::Named(name)))
        })
    }
}

unsafe extern "C" fn class_of(call: *mut RawCall, raw: RawValue, result: *mut RawValue) -> Status {
    // SAFETY: the plugin calls with its call, and a place for the result.
    unsafe {
        answer(call, result, |world| {
            let class = run::class_name(world, raw)?;
            Ok(world.add(Cell::Named(class)))
        })
    }
}

unsafe extern "C" fn new_object(call: *mut RawCall, class: RawValue, result: *mut RawValue) -> Status {
    // SAFETY: the plugin calls with its call, and a place for the result.
    unsafe {
        answer(call, result, |world| match world.cell(class)? {
            Cell::Named(class) => {
                let class = class.clone();
                Ok(world.add(Cell::Object(Object { class, ..Object::default() })))
            }
            _ => Err(status::INVALID),
        })
    }
}

unsafe extern "C" fn get(
    call: *mut RawCall,
    object: RawValue,
    name: *const u8,
    len: usize,
    result: *mut RawValue,
) -> Status {
    // SAFETY: the plugin calls with its call, a text, and a place for the result.
    unsafe {
        let name = lossy(name, len);
        answer(call, result, |world| {
            Ok(world.object(object)?.attributes.get(&name).copied().unwrap_or(RawValue::NIL))
        })
    }
}

unsafe extern "C" fn put(
    call: *mut RawCall,
    object: RawValue,
    name: *const u8,
    len: usize,
    value: RawValue,
) -> Status {
    // SAFETY: the plugin calls with its call, and a text.
    unsafe {
        let name = lossy(name, len);
        answer(call, std::ptr::dangling_mut::<()>(), |world| {
            world.object(object)?.attributes.insert(name, value);
            Ok(())
        })
    }
}

unsafe extern "C" fn append(call: *mut RawCall, object: RawValue, value: RawValue) -> Status {
    // SAFETY: the plugin calls with its call.
    unsafe {
        answer(call, std::ptr::dangling_mut::<()>(), |world| {
            world.object(object)?.components.push(value);
            Ok(())
        })
    }
}

/// Returns an object's oid: its number, as long as an oid is.
pub(super) fn oid_of(bits: u64) -> String {
    format!("_{:022}", bits >> 4)
}

unsafe extern "C" fn oid(call: *mut RawCall, object: RawValue, output: *const Sink) -> Status {
    // SAFETY: the plugin calls with its call.
    let found = unsafe { of_call(call) }.world().object(object).map(|_| ());
    match found {
        // SAFETY: the sink is the plugin's, and valid.
        Ok(()) => unsafe { write(output, oid_of(object.bits).as_bytes()) },
        Err(status) => status,
    }
}

unsafe extern "C" fn by_oid(call: *mut RawCall, oid: *const u8, len: usize, result: *mut RawValue) -> Status {
    // SAFETY: the plugin calls with its call, a text, and a place for the result.
    unsafe {
        let oid = lossy(oid, len);
        answer(call, result, |world| {
            let number = oid.strip_prefix('_').and_then(|digits| digits.parse::<u64>().ok());
            let raw = RawValue { bits: number.ok_or(status::INVALID)? << 4 };
            world.object(raw).map(|_| raw).map_err(|_| status::NOT_FOUND)
        })
    }
}

unsafe extern "C" fn raise(
    call: *mut RawCall,
    code: *const u8,
    code_len: usize,
    message: *const u8,
    message_len: usize,
) -> Status {
    // SAFETY: the plugin calls with its call, and texts.
    unsafe {
        let failure = (Some(lossy(code, code_len)), lossy(message, message_len));
        of_call(call).world().failure = Some(failure);
    }
    status::RAISED
}

unsafe extern "C" fn new_payload(
    call: *mut RawCall,
    type_name: *const c_char,
    schema_hash: u64,
    pointer: *mut c_void,
    result: *mut RawValue,
) -> Status {
    // SAFETY: the plugin calls with its call, a text, and a place for the result.
    unsafe {
        let name = text_of(type_name);
        answer(call, result, |world| {
            let kind = world.kind_of(&name, schema_hash).ok_or(status::NOT_FOUND)?;
            let class = text_of((*world.payload_type(kind).0).class_name);
            let payload = Some(Payload { kind, pointer });
            Ok(world.add(Cell::Object(Object { class, payload, ..Object::default() })))
        })
    }
}

unsafe extern "C" fn payload(
    call: *mut RawCall,
    object: RawValue,
    type_name: *const c_char,
    schema_hash: u64,
    place: *mut *mut c_void,
) -> Status {
    // SAFETY: the plugin calls with its call, a text, and a place for the result.
    unsafe {
        let name = text_of(type_name);
        answer(call, place, |world| {
            let kind = world.kind_of(&name, schema_hash).ok_or(status::UNSUPPORTED)?;
            match world.object(object)?.payload {
                Some(payload) if payload.kind == kind => Ok(payload.pointer),
                _ => Err(status::UNSUPPORTED),
            }
        })
    }
}

unsafe extern "C" fn touch(call: *mut RawCall, object: RawValue) -> Status {
    // SAFETY: the plugin calls with its call.
    unsafe {
        answer(call, std::ptr::dangling_mut::<()>(), |world| {
            world.object(object)?.touched += 1;
            Ok(())
        })
    }
}

unsafe extern "C" fn keep(call: *mut RawCall, value: RawValue) -> *mut graph::Root {
    // SAFETY: the plugin calls with its call.
    let number = unsafe { of_call(call) }.world().keep(value);
    std::ptr::without_provenance_mut(number)
}

unsafe extern "C" fn kept(call: *mut RawCall, root: *const graph::Root, result: *mut RawValue) -> Status {
    // SAFETY: the plugin calls with its call, and a place for the result.
    unsafe { answer(call, result, |world| world.roots.get(&root.addr()).copied().ok_or(status::MISUSE)) }
}

unsafe extern "C" fn release(host: *const Host, root: *mut graph::Root) {
    // SAFETY: the plugin calls with its host.
    unsafe { of_host(host) }.world().roots.remove(&root.addr());
}

unsafe extern "C" fn safepoint(_: *mut RawCall) -> Status {
    status::OK
}
