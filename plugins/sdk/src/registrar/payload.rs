use core::ffi::c_void;
use core::marker::PhantomData;

use rps_plugin_abi as abi;
use rps_plugin_abi::Sink;
use rps_plugin_abi::point::{self, FORMAT_JSON, Format};
use rps_plugin_abi::status::{self, Status};

use super::{Registrar, text};
use crate::call::{Call, bound, bytes, enter};
use crate::error::Error;
use crate::guard;
use crate::json::{Json, JsonWriter};
use crate::output::Output;
use crate::payload::{NoHost, Payload, PayloadCell, adopt, tell};

impl Registrar<'_> {
    /// Begins a type of payloads; [`PayloadRegistration::register`] ends it.
    ///
    /// ```
    /// # use rps_plugin::{Error, Payload, Registrar};
    /// # fn register<Point: Payload + Clone + Default>(registrar: &mut Registrar<'_>) -> Result<(), Error> {
    /// registrar.payload::<Point>().with_copy().with_default().register()
    /// # }
    /// ```
    pub fn payload<T: Payload>(&mut self) -> PayloadRegistration<'_, T> {
        let registrar = self.at_priority(self.priority);
        PayloadRegistration { registrar, body: Body { create: None, copy: None, marker: PhantomData } }
    }
}

/// A type of payloads that is about to be registered.
#[must_use = "`register` registers it"]
pub struct PayloadRegistration<'a, T: Payload> {
    registrar: Registrar<'a>,
    body: Body<T>,
}

/// What only some types can.
struct Body<T> {
    create: Option<fn() -> T>,
    copy: Option<fn(&T) -> T>,
    marker: PhantomData<fn() -> T>,
}

impl<T: Payload> PayloadRegistration<'_, T> {
    /// Says that `new` of the class makes an object with the type's default. Else only the plugin's functions make some.
    pub fn with_default(mut self) -> Self
    where
        T: Default,
    {
        self.body.create = Some(T::default);
        self
    }

    /// Says that objects with it can be copied.
    pub fn with_copy(mut self) -> Self
    where
        T: Clone,
    {
        self.body.copy = Some(T::clone);
        self
    }

    /// Registers the type.
    ///
    /// # Errors
    ///
    /// When the host refuses it: because there is a type of this name with another schema, for instance.
    pub fn register(mut self) -> Result<(), Error> {
        let interface = point::PayloadType {
            struct_size: size_of::<point::PayloadType>() as u32,
            formats: FORMAT_JSON,
            schema_hash: T::SCHEMA_HASH,
            schema: text(T::SCHEMA)?,
            class_name: T::CLASS_NAME.as_ptr(),
            create: if self.body.create.is_some() { Some(create::<T>) } else { None },
            clone: if self.body.copy.is_some() { Some(copy::<T>) } else { None },
            drop: Some(free::<T>),
            trace: Some(trace::<T>),
            size: Some(size::<T>),
            serialize: Some(serialize::<T>),
            deserialize: Some(deserialize::<T>),
        };
        let name = T::TYPE_NAME.to_str().map_err(|_| Error::invalid("a type's name is not UTF-8"))?;
        self.registrar.add(point::PAYLOAD_TYPE, name, 1, interface, self.body)
    }
}

/// Hands a new payload to the host.
///
/// # Safety
///
/// The place is the host's, and valid.
unsafe fn hand_over<T: Payload>(value: T, before: u64, place: *mut *mut c_void) {
    let adoption = adopt(&value, before);
    let cell = Box::into_raw(Box::new(PayloadCell::new(value, adoption.stamp)));
    // SAFETY: as the caller says.
    unsafe { place.write(cell.cast()) };
}

unsafe extern "C" fn create<T: Payload>(
    data: *mut c_void,
    call: *mut abi::Call,
    place: *mut *mut c_void,
) -> Status {
    // SAFETY: the host hands back the data of the registration; call and place are valid until this returns.
    unsafe {
        enter::<Body<T>>(data, call, |body, _| {
            let create = body.create.ok_or_else(|| Error::unsupported("it has no default"))?;
            hand_over(create(), 0, place);
            Ok(())
        })
    }
}

unsafe extern "C" fn copy<T: Payload>(
    data: *mut c_void,
    call: *mut abi::Call,
    payload: *mut c_void,
    place: *mut *mut c_void,
) -> Status {
    // SAFETY: the host hands back the data of the registration and a payload of this type; call and place are valid until
    // this returns.
    unsafe {
        enter::<Body<T>>(data, call, |body, _| {
            let copy = body.copy.ok_or_else(|| Error::unsupported("it can not be copied"))?;
            let cell = sound::<T>(payload)?;
            cell.visit(|value| hand_over(copy(value), cell.stamp(), place));
            Ok(())
        })
    }
}

unsafe extern "C" fn free<T: Payload>(data: *mut c_void, payload: *mut c_void) {
    // SAFETY: the host hands back the data of the registration, and a payload of this type once.
    unsafe {
        let Some(bound) = bound::<Body<T>>(data) else { return };
        if payload.is_null() {
            return;
        }
        let _no_host = NoHost::enter();
        guard::value(bound.shared, (), || drop(Box::from_raw(payload.cast::<PayloadCell<T>>())));
    }
}

unsafe extern "C" fn trace<T: Payload>(
    data: *mut c_void,
    payload: *mut c_void,
    visitor: *const point::Visitor,
) {
    // SAFETY: the host hands back the data of the registration, and a payload of this type; the visitor is valid.
    unsafe {
        let Some(bound) = bound::<Body<T>>(data) else { return };
        let Some(cell) = PayloadCell::<T>::of(payload) else { return };
        let _no_host = NoHost::enter();
        if !cell.is_poisoned() {
            guard::value(bound.shared, (), || cell.visit(|value| tell(value, visitor)));
        }
    }
}

unsafe extern "C" fn size<T: Payload>(data: *mut c_void, payload: *mut c_void) -> usize {
    // SAFETY: the host hands back the data of the registration, and a payload of this type.
    unsafe {
        let Some(bound) = bound::<Body<T>>(data) else { return 0 };
        let Some(cell) = PayloadCell::<T>::of(payload) else { return 0 };
        let _no_host = NoHost::enter();
        guard::value(bound.shared, 0, || cell.visit(T::size)) + size_of::<PayloadCell<T>>() - size_of::<T>()
    }
}

unsafe extern "C" fn serialize<T: Payload>(
    data: *mut c_void,
    call: *mut abi::Call,
    payload: *mut c_void,
    format: Format,
    output: *const Sink,
) -> Status {
    if format != FORMAT_JSON {
        return status::UNSUPPORTED;
    }
    // SAFETY: the host hands back the data of the registration and a payload of this type; call and sink are valid until
    // this returns.
    unsafe {
        enter::<Body<T>>(data, call, |_, call| {
            let cell = sound::<T>(payload)?;
            let mut text = String::new();
            cell.visit(|value| value.to_json(&mut JsonWriter::new(&mut text, call)))?;
            Output::of(output).write(text)
        })
    }
}

unsafe extern "C" fn deserialize<T: Payload>(
    data: *mut c_void,
    call: *mut abi::Call,
    format: Format,
    input: *const u8,
    len: usize,
    place: *mut *mut c_void,
) -> Status {
    if format != FORMAT_JSON {
        return status::UNSUPPORTED;
    }
    // SAFETY: the host hands back the data of the registration; call, input and place are valid until this returns.
    unsafe {
        enter::<Body<T>>(data, call, |_, call: &Call| {
            let json = Json::parse(bytes(input, len))?;
            hand_over(T::from_json(&json, call)?, 0, place);
            Ok(())
        })
    }
}

/// Returns the cell of a payload that the host hands back.
///
/// # Safety
///
/// It is a payload of this plugin, and lives as long as the caller says.
unsafe fn sound<'a, T: Payload>(payload: *mut c_void) -> Result<&'a PayloadCell<T>, Error> {
    // SAFETY: as the caller says.
    match unsafe { PayloadCell::of(payload) } {
        Some(cell) if !cell.is_poisoned() => Ok(cell),
        Some(_) => Err(Error::corrupt("a change of this payload has failed before")),
        None => Err(Error::misuse("two types of one name")),
    }
}
