//! The point `payload.type`: native data that objects hold.

use std::any::Any;
use std::ffi::c_void;
use std::sync::Arc;

use rps_plugin_abi as abi;
use rps_plugin_abi::point::{FORMAT_BYTES, FORMAT_JSON, Visitor};
use rps_runtime::extension::{ExtensionError, ForeignPayload, PayloadForm, PayloadType, TypeLookup};
use rps_runtime::object::Payload;
use rps_runtime::object::payload::ClassInfo;
use rps_runtime::{Mutator, ObjectRef, Oid, RuntimeError, Value, known};

use super::direct::{direct, direct_to_the_end};
use crate::error::{CallError, PluginError};
use crate::instance::Instance;
use crate::manager::Inner;
use crate::point::{Data, Entry, Interface, PayloadInterface};
use crate::sink::with_sink;

/// A payload may write so many bytes of text or of its own.
const LIMIT: u64 = 1 << 30;

/// A type of a plugin that is loaded.
#[derive(Clone, Debug)]
pub(crate) struct Type {
    entry: Arc<Entry>,
}

/// A payload of such a type.
#[derive(Debug)]
pub(crate) struct PluginPayload {
    type_: Type,
    data: Data,
    /// The life of the plugin that made it: an instance may be initialised again, and knows nothing of it then.
    life: u64,
}

/// Returns the oid of the class of the objects that hold payloads of a type: the same in every process.
pub(crate) fn class_oid(type_name: &str) -> Oid {
    Oid::of_name(&format!("plugin class {type_name}"))
}

/// Returns a type that a plugin has registered, with this schema or, for 0, the first.
pub(crate) fn type_of(instance: &Instance, name: &str, schema: u64) -> Option<Type> {
    let types = instance.manager()?.registry.list(abi::point::PAYLOAD_TYPE);
    let own = types.iter().find(|entry| {
        let is_schema = || match entry.loaded() {
            Some((_, Interface::Payload(payload), _)) => schema == 0 || payload.schema_hash == schema,
            _ => false,
        };
        entry.plugin == instance.id && entry.name == name && is_schema()
    })?;
    Some(Type { entry: Arc::clone(own) })
}

/// Makes an object that holds a payload, which is dropped if that fails.
pub(crate) fn new_object(
    m: &Mutator<'_>,
    type_: &Type,
    data: *mut c_void,
) -> Result<ObjectRef, RuntimeError> {
    let content = Arc::new(PluginPayload::new(type_.clone(), data));
    // What it refers to may be in no local variable of the plugin any more.
    let mut values = m.root_vec();
    content.for_each_value(&mut |value| values.push(value));
    let class = class_of(m, type_);
    let object = m.new_object(class);
    object.set_payload(m, Some(Payload::Foreign(content)));
    Ok(object)
}

/// Returns the payload of an object, if it is of this type of the plugin, with this schema or, for 0, any.
pub(crate) fn data_of(
    m: &Mutator<'_>,
    object: ObjectRef,
    instance: &Instance,
    type_name: &[u8],
    schema: u64,
) -> Option<*mut c_void> {
    object.with_payload(m, |payload| {
        let Some(Payload::Foreign(content)) = payload else { return None };
        let content = content.as_any().downcast_ref::<PluginPayload>()?;
        let (owner, _, _) = content.type_.entry.loaded()?;
        let is_own = std::ptr::eq(owner, instance) && content.type_.entry.name.as_bytes() == type_name;
        let is_own = is_own && content.is_alive() && (schema == 0 || content.schema_hash() == schema);
        is_own.then_some(content.data.0)
    })
}

/// Returns which plugin the payload of an object belongs to.
pub(crate) fn plugin_of(payload: Option<&Payload>) -> Option<&'static str> {
    let Some(Payload::Foreign(content)) = payload else { return None };
    let content = content.as_any().downcast_ref::<PluginPayload>()?;
    content.type_.entry.loaded().map(|(instance, _, _)| instance.id)
}

/// Returns the class of the objects that hold payloads of a type, making it if need be.
fn class_of(m: &Mutator<'_>, type_: &Type) -> ObjectRef {
    let (_, interface, _) = type_.parts();
    make_class(m, &type_.entry.name, &interface.class_name)
}

/// Returns the class of a type, making it if need be: transient, until an object that is stored needs it.
pub(crate) fn make_class(m: &Mutator<'_>, type_name: &str, class_name: &str) -> ObjectRef {
    let class = m.object_or_skeleton(class_oid(type_name));
    if class.class().is_none() {
        class.set_class_unchecked(Some(m.class(known::CLASS)));
        let info = ClassInfo::new(Some(m.class(known::OBJECT)), None);
        class.install_payload(m, Some(Payload::ClassInfo(Box::new(info))));
        // It is a class whether it has a name or not.
        let _named = class.put_attribute(m, m.class(known::NAME), m.string(class_name));
    }
    if m.loaded_global(class_name).is_none() {
        m.register_global(class_name, class.into());
    }
    class
}

/// Makes the classes of all types known to the runtime that the manager is attached to.
pub(crate) fn bind_classes(manager: &Inner) {
    let types = manager.registry.list(abi::point::PAYLOAD_TYPE);
    let Some(runtime) = manager.runtime().filter(|_| !types.is_empty()) else { return };
    runtime.enter(|m| {
        for entry in types.iter() {
            match (entry.loaded(), entry.declared()) {
                (Some((_, Interface::Payload(payload), _)), _) => {
                    make_class(m, &entry.name, &payload.class_name);
                }
                (_, Some(declared)) => {
                    if let Some(class_name) = &declared.doc {
                        make_class(m, &entry.name, class_name);
                    }
                }
                _ => {}
            }
        }
    });
}

/// Returns the type of a payload in a store, loading its plugin if need be (COMMY-6, COMMY-21).
pub(crate) fn look_up(manager: &Arc<Inner>, name: &str, schema_hash: u64) -> TypeLookup {
    for _ in 0..2 {
        let types = manager.registry.list(abi::point::PAYLOAD_TYPE);
        let named: Vec<_> = types.iter().filter(|entry| entry.name == name).collect();
        let mut others = Vec::new();
        let mut declared = None;
        for entry in named {
            match (entry.loaded(), entry.declared()) {
                (Some((_, Interface::Payload(payload), _)), _) if payload.schema_hash == schema_hash => {
                    return TypeLookup::Found(Arc::new(Type { entry: Arc::clone(entry) }));
                }
                (Some((_, Interface::Payload(payload), _)), _) => others.push(payload.schema_hash),
                (_, Some(_)) => declared = Some(entry.plugin.clone()),
                _ => {}
            }
        }
        match declared {
            Some(plugin) => {
                if let Err(error) = manager.require(&plugin) {
                    return TypeLookup::Failed(error.into());
                }
            }
            None if others.is_empty() => return TypeLookup::Absent,
            None => return TypeLookup::OtherSchema(others),
        }
    }
    TypeLookup::Absent
}

/// Makes a payload of a type as its plugin makes one without any data; nothing where only its functions make some, or no
/// plugin has the type.
pub(crate) fn create(
    manager: &Arc<Inner>,
    m: &Mutator<'_>,
    type_name: &str,
) -> Result<Option<Arc<dyn ForeignPayload>>, PluginError> {
    let types = manager.registry.list(abi::point::PAYLOAD_TYPE);
    let loaded = |entry: &&Arc<Entry>| matches!(entry.loaded(), Some((_, Interface::Payload(_), _)));
    let found = types.iter().filter(|entry| entry.name == type_name).find(loaded);
    let Some(type_) = found.map(|entry| Type { entry: Arc::clone(entry) }) else { return Ok(None) };
    let (instance, interface, data) = type_.parts();
    let Some(create) = interface.table.create else { return Ok(None) };
    let mut content: *mut c_void = std::ptr::null_mut();
    let called = direct(instance, m, |call| {
        // SAFETY: the plugin has registered the function as what the point says.
        unsafe { create(data.0, call, &raw mut content) }
    });
    let what = format!("creating {type_name}");
    called.map_err(|failed| failed.into_plugin_error(instance, &what))?;
    if content.is_null() {
        let source = CallError::Failed { message: "the plugin gave no payload".into() };
        return Err(PluginError::Execution { plugin: instance.id.into(), what, source });
    }
    Ok(Some(Arc::new(PluginPayload::new(type_, content))))
}

impl Type {
    fn parts(&self) -> (&'static Instance, &PayloadInterface, Data) {
        match self.entry.loaded() {
            Some((instance, Interface::Payload(interface), data)) => (instance, interface, data),
            // Types are made of such entries only: see `type_of` and `look_up`.
            _ => unreachable!("the entry of a payload type that is loaded"),
        }
    }

    fn failed(&self, what: &str, message: &str) -> ExtensionError {
        let (instance, _, _) = self.parts();
        let source = CallError::Failed { message: message.to_owned() };
        let what = format!("{what} {}", self.entry.name);
        PluginError::Execution { plugin: instance.id.into(), what, source }.into()
    }
}

impl PayloadType for Type {
    fn read(&self, m: &Mutator<'_>, form: &PayloadForm) -> Result<Arc<dyn ForeignPayload>, ExtensionError> {
        let (instance, interface, data) = self.parts();
        let (format, bytes) = match form {
            PayloadForm::Json(text) => (FORMAT_JSON, text.as_bytes()),
            PayloadForm::Bytes(bytes) => (FORMAT_BYTES, &**bytes),
        };
        let Some(deserialize) = interface.table.deserialize.filter(|_| interface.formats & format != 0)
        else {
            return Err(self.failed("reading", "the type does not know this form"));
        };
        let mut content: *mut c_void = std::ptr::null_mut();
        let called = direct(instance, m, |call| {
            // SAFETY: the plugin has registered the function as what the point says.
            unsafe { deserialize(data.0, call, format, bytes.as_ptr(), bytes.len(), &raw mut content) }
        });
        let what = format!("reading {}", self.entry.name);
        called.map_err(|failed| failed.into_plugin_error(instance, &what))?;
        if content.is_null() {
            return Err(self.failed("reading", "the plugin gave no payload"));
        }
        Ok(Arc::new(PluginPayload::new(self.clone(), content)))
    }
}

impl PluginPayload {
    fn new(type_: Type, data: *mut c_void) -> PluginPayload {
        let life = type_.parts().0.life();
        PluginPayload { type_, data: Data(data), life }
    }

    /// Returns whether the plugin that made it is still there.
    fn is_alive(&self) -> bool {
        let (instance, _, _) = self.type_.parts();
        instance.life() == self.life && instance.can_be_called()
    }

    fn gone(&self) -> ExtensionError {
        self.type_.failed("using", "its plugin was unloaded since it was made")
    }
}

impl ForeignPayload for PluginPayload {
    fn type_name(&self) -> &str {
        &self.type_.entry.name
    }

    fn schema_hash(&self) -> u64 {
        self.type_.parts().1.schema_hash
    }

    fn for_each_value(&self, f: &mut dyn FnMut(Value)) {
        let (_, interface, data) = self.type_.parts();
        let Some(trace) = interface.table.trace else { return };
        if !self.is_alive() {
            return;
        }
        let mut f = f;
        let visitor = Visitor {
            struct_size: size_of::<Visitor>() as u32,
            reserved: 0,
            context: (&raw mut f).cast::<c_void>(),
            visit: Some(visit),
        };
        // SAFETY: the plugin has registered the function as what the point says; the visitor lives until it returns.
        unsafe { trace(data.0, self.data.0, &raw const visitor) };
    }

    fn outside_bytes(&self) -> usize {
        let (_, interface, data) = self.type_.parts();
        match interface.table.size.filter(|_| self.is_alive()) {
            // SAFETY: the plugin has registered the function as what the point says.
            Some(size) => unsafe { size(data.0, self.data.0) },
            None => 64,
        }
    }

    fn write(&self, m: &Mutator<'_>) -> Result<PayloadForm, ExtensionError> {
        let (instance, interface, data) = self.type_.parts();
        if !self.is_alive() {
            return Err(self.gone());
        }
        let Some(serialize) = interface.table.serialize else {
            return Err(self.type_.failed("writing", "the type cannot be written"));
        };
        // JSON can be read in a diff; what has no such form is kept all the same, and counted (COMMY-8).
        let format = if interface.formats & FORMAT_JSON != 0 { FORMAT_JSON } else { FORMAT_BYTES };
        if format == FORMAT_BYTES
            && let Some(manager) = instance.manager()
        {
            manager.count_downgrade(&self.type_.entry.name);
        }
        let (called, output) = with_sink(LIMIT, |sink| {
            // SAFETY: the plugin has registered the function as what the point says.
            direct_to_the_end(instance, m, |call| unsafe {
                serialize(data.0, call, self.data.0, format, sink)
            })
        });
        if output.is_exceeded {
            return Err(self.type_.failed("writing", "it writes more than a gigabyte"));
        }
        let what = format!("writing {}", self.type_.entry.name);
        called.map_err(|failed| failed.into_plugin_error(instance, &what))?;
        if format == FORMAT_BYTES {
            return Ok(PayloadForm::Bytes(output.bytes));
        }
        match String::from_utf8(output.bytes) {
            Ok(text) => Ok(PayloadForm::Json(text)),
            Err(_) => Err(self.type_.failed("writing", "what it gave is no UTF-8")),
        }
    }

    fn copy(&self, m: &Mutator<'_>) -> Result<Arc<dyn ForeignPayload>, ExtensionError> {
        let (instance, interface, data) = self.type_.parts();
        if !self.is_alive() {
            return Err(self.gone());
        }
        let Some(clone) = interface.table.clone else {
            return Err(self.type_.failed("copying", "payloads of this type cannot be copied"));
        };
        let mut copy: *mut c_void = std::ptr::null_mut();
        let called = direct_to_the_end(instance, m, |call| {
            // SAFETY: the plugin has registered the function as what the point says.
            unsafe { clone(data.0, call, self.data.0, &raw mut copy) }
        });
        let what = format!("copying {}", self.type_.entry.name);
        called.map_err(|failed| failed.into_plugin_error(instance, &what))?;
        if copy.is_null() {
            return Err(self.type_.failed("copying", "the plugin gave no payload"));
        }
        Ok(Arc::new(PluginPayload::new(self.type_.clone(), copy)))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Drop for PluginPayload {
    fn drop(&mut self) {
        let (_, interface, data) = self.type_.parts();
        // Of a plugin that was ended nothing is called any more: its payloads are lost memory then, not a crash.
        if let Some(drop) = interface.table.drop.filter(|_| self.is_alive()) {
            // SAFETY: the plugin has registered the function as what the point says, and made the payload, which nobody
            // uses any more.
            unsafe { drop(data.0, self.data.0) };
        }
    }
}

/// Takes a value that a payload refers to.
///
/// # Safety
///
/// As the interface says: the visitor is the one that `trace` was given, the value is alive.
unsafe extern "C" fn visit(visitor: *const Visitor, value: abi::RawValue) {
    // SAFETY: the context is the closure's address in the frame of `for_each_value`.
    let f = unsafe { &mut *(*visitor).context.cast::<&mut dyn FnMut(Value)>() };
    // SAFETY: by this function's contract.
    f(unsafe { Value::from_bits(value.bits) });
}
