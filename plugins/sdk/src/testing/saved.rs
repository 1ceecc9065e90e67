//! What is saved with a store: payloads and states.

use core::ffi::c_void;

use rps_plugin_abi::RawValue;
use rps_plugin_abi::point::{self, FORMAT_JSON, PayloadType};
use rps_plugin_abi::status;

use super::run::dead;
use super::tables::text_of;
use super::world::{Cell, Object, Payload};
use super::{MockError, MockHost, MockObject};
use crate::json::Json;

impl MockHost {
    /// Returns an object's payload as the store keeps it.
    ///
    /// # Errors
    ///
    /// When the object has none, it fails, or it writes something else than JSON.
    pub fn save_payload(&self, object: MockObject) -> Result<Json, MockError> {
        let (payload, interface, data) = self.payload_of(object)?;
        let none = || MockError::new(status::INVALID, "a function that must be there is null");
        let serialize = interface.serialize.ok_or_else(none)?;
        // SAFETY: call and sink are valid until it returns; the payload is alive.
        let text = self.guarded(|call, sink| unsafe { serialize(data, call, payload, FORMAT_JSON, sink) })?;
        Json::parse(&text).map_err(|error| MockError::new(status::CORRUPT, error.message().to_owned()))
    }

    /// Returns a new object with the payload that was saved so.
    ///
    /// # Errors
    ///
    /// When there is no such type, or it refuses the JSON.
    pub fn load_payload(&self, type_name: &str, json: &Json) -> Result<MockObject, MockError> {
        let (kind, interface, data) = self.payload_type(type_name)?;
        let (text, mut payload) = (json.to_string(), std::ptr::null_mut());
        let none = || MockError::new(status::INVALID, "a function that must be there is null");
        let deserialize = interface.deserialize.ok_or_else(none)?;
        self.guarded(|call, _| {
            // SAFETY: call, text and place are valid until it returns.
            unsafe { deserialize(data, call, FORMAT_JSON, text.as_ptr(), text.len(), &raw mut payload) }
        })?;
        Ok(self.new_object(kind, interface, payload))
    }

    /// Returns a new object with the type's default.
    ///
    /// # Errors
    ///
    /// When there is no such type, or it has no default.
    pub fn create_payload(&self, type_name: &str) -> Result<MockObject, MockError> {
        let (kind, interface, data) = self.payload_type(type_name)?;
        let mut payload = std::ptr::null_mut();
        let none = || MockError::new(status::UNSUPPORTED, format!("{type_name} has no default"));
        let create = interface.create.ok_or_else(none)?;
        // SAFETY: call and place are valid until it returns.
        self.guarded(|call, _| unsafe { create(data, call, &raw mut payload) })?;
        Ok(self.new_object(kind, interface, payload))
    }

    /// Returns a copy of an object with a payload.
    ///
    /// # Errors
    ///
    /// When the object has none, or the type can not be copied.
    pub fn copy_payload(&self, object: MockObject) -> Result<MockObject, MockError> {
        let (payload, interface, data) = self.payload_of(object)?;
        let kind = match self.world().object(RawValue { bits: object.0 }).map_err(dead)?.payload {
            Some(payload) => payload.kind,
            None => return Err(MockError::new(status::INVALID, "the object has no payload")),
        };
        let mut copied = std::ptr::null_mut();
        let none = || MockError::new(status::UNSUPPORTED, "it can not be copied");
        let copy = interface.clone.ok_or_else(none)?;
        // SAFETY: call and place are valid until it returns; the payload is alive.
        self.guarded(|call, _| unsafe { copy(data, call, payload, &raw mut copied) })?;
        Ok(self.new_object(kind, interface, copied))
    }

    /// Returns about how many bytes an object's payload has.
    ///
    /// # Errors
    ///
    /// When the object has none.
    pub fn payload_size(&self, object: MockObject) -> Result<usize, MockError> {
        let (payload, interface, data) = self.payload_of(object)?;
        // SAFETY: the payload is alive.
        Ok(interface.size.map_or(0, |size| unsafe { size(data, payload) }))
    }

    /// Returns how often an object's payload was changed.
    ///
    /// # Errors
    ///
    /// When it was collected.
    pub fn change_count(&self, object: MockObject) -> Result<u32, MockError> {
        Ok(self.world().object(RawValue { bits: object.0 }).map_err(dead)?.touched)
    }

    /// Returns a state's version and bytes.
    ///
    /// # Errors
    ///
    /// When there is none, or it fails.
    pub fn snapshot(&self, id: &str) -> Result<(u32, Vec<u8>), MockError> {
        let found = self.world().named(point::STATE, id)?;
        // SAFETY: the interface at this point is a `State`.
        let state = unsafe { &*found.interface.cast::<point::State>() };
        let none = || MockError::new(status::INVALID, "a function that must be there is null");
        let snapshot = state.snapshot.ok_or_else(none)?;
        let quiesced = match state.quiesce {
            // SAFETY: the call is valid until it returns.
            Some(quiesce) => self.guarded(|call, _| unsafe { quiesce(found.data, call) }).map(|_| ()),
            None => Ok(()),
        };
        // SAFETY: call and sink are valid until it returns.
        let bytes =
            quiesced.and_then(|()| self.guarded(|call, sink| unsafe { snapshot(found.data, call, sink) }));
        if let Some(resume) = state.resume {
            // SAFETY: the data is that of the registration.
            unsafe { resume(found.data) };
        }
        bytes.map(|bytes| (state.version, bytes))
    }

    /// Restores a state, after looking whether it can be.
    ///
    /// # Errors
    ///
    /// When there is none, or it refuses the bytes.
    pub fn restore(&self, id: &str, version: u32, bytes: &[u8]) -> Result<(), MockError> {
        let found = self.world().named(point::STATE, id)?;
        // SAFETY: the interface at this point is a `State`.
        let state = unsafe { &*found.interface.cast::<point::State>() };
        for function in [state.validate, state.restore].into_iter().flatten() {
            self.guarded(|call, _| {
                // SAFETY: call and bytes are valid until it returns.
                unsafe { function(found.data, call, version, bytes.as_ptr(), bytes.len()) }
            })?;
        }
        Ok(())
    }

    fn payload_of(
        &self,
        object: MockObject,
    ) -> Result<(*mut c_void, &'static PayloadType, *mut c_void), MockError> {
        let mut world = self.world();
        let payload = world.object(RawValue { bits: object.0 }).map_err(dead)?.payload;
        let payload = payload.ok_or_else(|| MockError::new(status::INVALID, "the object has no payload"))?;
        let (interface, data) = world.payload_type(payload.kind);
        // SAFETY: what is registered lives as long as the library.
        Ok((payload.pointer, unsafe { &*interface }, data))
    }

    fn payload_type(&self, name: &str) -> Result<(usize, &'static PayloadType, *mut c_void), MockError> {
        let world = self.world();
        let kind = world.kind_of(name, 0);
        let kind =
            kind.ok_or_else(|| MockError::new(status::NOT_FOUND, format!("there is no type {name}")))?;
        let (interface, data) = world.payload_type(kind);
        // SAFETY: what is registered lives as long as the library.
        Ok((kind, unsafe { &*interface }, data))
    }

    fn new_object(&self, kind: usize, interface: &PayloadType, pointer: *mut c_void) -> MockObject {
        // SAFETY: it is a text.
        let class = unsafe { text_of(interface.class_name) };
        let payload = Some(Payload { kind, pointer });
        MockObject(self.world().add(Cell::Object(Object { class, payload, ..Object::default() })).bits)
    }
}
