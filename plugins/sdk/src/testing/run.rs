//! Calling what the plugin has registered, from a test or from the plugin itself.

use core::ffi::c_char;

use rps_plugin_abi as abi;
use rps_plugin_abi::point::{self, ANY_ARITY, ByteFunction, FUNCTION_GUARDED, Severity};
use rps_plugin_abi::status::{self, Status};
use rps_plugin_abi::{Call as RawCall, RawValue, Sink};

use super::tables::{lossy, of_call, text_of, write};
use super::world::{Cell, Registration, World};
use super::{MockError, MockHost, MockObject, MockValue};
use crate::call::bytes;
use crate::json::Json;
use crate::output::Collector;

/// What a validator has found.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Whether it keeps the store from being loaded.
    pub is_error: bool,
    /// What it is about, or nil.
    pub object: MockValue,
    /// What is wrong.
    pub text: String,
}

impl MockHost {
    /// Returns what a function gives.
    ///
    /// # Errors
    ///
    /// When there is none, the arguments are too many or too few, or it fails.
    pub fn call(&self, function: &str, arguments: &[MockValue]) -> Result<MockValue, MockError> {
        self.call_as("", function, RawValue::NIL, arguments)
    }

    /// Returns what a method of an object's class gives.
    ///
    /// # Errors
    ///
    /// As of [`MockHost::call`].
    pub fn send(
        &self,
        receiver: &MockValue,
        selector: &str,
        arguments: &[MockValue],
    ) -> Result<MockValue, MockError> {
        let (receiver, class) = {
            let mut world = self.world();
            let receiver = world.raw(receiver);
            (receiver, class_name(&mut world, receiver).map_err(dead)?)
        };
        self.call_as(&class, selector, receiver, arguments)
    }

    fn call_as(
        &self,
        class: &str,
        name: &str,
        receiver: RawValue,
        arguments: &[MockValue],
    ) -> Result<MockValue, MockError> {
        let raw: Vec<RawValue> = {
            let mut world = self.world();
            arguments.iter().map(|argument| world.raw(argument)).collect()
        };
        let found = function(&self.world(), class, name);
        let found =
            found.ok_or_else(|| MockError::new(status::NOT_FOUND, format!("{name}: there is none")))?;
        // SAFETY: the interface at this point is a `Function`.
        let direct = unsafe { (*found.interface.cast::<point::Function>()).flags & FUNCTION_GUARDED == 0 };
        let mut call = self.tables.call(direct);
        let mut result = RawValue::NIL;
        // SAFETY: the call and all values live until it returns.
        let status = unsafe { invoke(&found, &raw mut call, receiver, &raw, &raw mut result) };
        self.tables.check(status)?;
        self.world().value(result).map_err(dead)
    }

    /// Returns the answer of a service.
    ///
    /// # Errors
    ///
    /// When there is none, or it fails.
    pub fn execute(&self, service: &str, input: impl AsRef<[u8]>) -> Result<Vec<u8>, MockError> {
        let found = self.world().named(point::SERVICE, service)?;
        // SAFETY: the interface at this point is a `Service`.
        let execute = unsafe { (*found.interface.cast::<point::Service>()).execute };
        self.run(&found, execute, input.as_ref())
    }

    /// Returns what a command of the prompt shows.
    ///
    /// # Errors
    ///
    /// When there is none, or it fails.
    pub fn command(&self, name: &str, text: &str) -> Result<String, MockError> {
        let found = self.world().named(point::COMMAND, name)?;
        // SAFETY: the interface at this point is a `Command`.
        let run = unsafe { (*found.interface.cast::<point::Command>()).run };
        self.run(&found, run, text.as_bytes()).map(|shown| String::from_utf8_lossy(&shown).into_owned())
    }

    /// Returns how a command of the prompt completes a text.
    ///
    /// # Errors
    ///
    /// When there is none, or it fails.
    pub fn complete(&self, name: &str, text: &str) -> Result<Vec<String>, MockError> {
        let found = self.world().named(point::COMMAND, name)?;
        // SAFETY: the interface at this point is a `Command`.
        let complete = unsafe { (*found.interface.cast::<point::Command>()).complete };
        if complete.is_none() {
            return Ok(Vec::new());
        }
        let completions = self.run(&found, complete, text.as_bytes())?;
        Ok(String::from_utf8_lossy(&completions).lines().map(str::to_owned).collect())
    }

    /// Returns what the first implementation of a point that a plugin defined gives.
    ///
    /// # Errors
    ///
    /// When there is none that has the function, or it fails.
    pub fn call_point(
        &self,
        point: &str,
        function: u32,
        input: impl AsRef<[u8]>,
    ) -> Result<Vec<u8>, MockError> {
        let found = implementation(&self.world(), point, None, function);
        let missing = || MockError::new(status::NOT_FOUND, format!("{point}: there is none"));
        let (found, function) = found.ok_or_else(missing)?;
        self.run(&found, Some(function), input.as_ref())
    }

    /// Returns what a codec makes of the input.
    ///
    /// # Errors
    ///
    /// When there is none, or it fails.
    pub fn compress(&self, codec: &str, input: impl AsRef<[u8]>) -> Result<Vec<u8>, MockError> {
        let found = self.world().named(point::CODEC, codec)?;
        // SAFETY: the interface at this point is a `Codec`.
        let encode = unsafe { (*found.interface.cast::<point::Codec>()).encode };
        self.run(&found, encode, input.as_ref())
    }

    /// Returns what a codec has compressed, which had `plain_size` bytes.
    ///
    /// # Errors
    ///
    /// When there is none, or it fails.
    pub fn decompress(
        &self,
        codec: &str,
        input: impl AsRef<[u8]>,
        plain_size: u64,
    ) -> Result<Vec<u8>, MockError> {
        let found = self.world().named(point::CODEC, codec)?;
        // SAFETY: the interface at this point is a `Codec`.
        let decode = unsafe { (*found.interface.cast::<point::Codec>()).decode };
        let (decode, input) = (decode.ok_or_else(no_function)?, input.as_ref());
        self.guarded(|call, sink| {
            // SAFETY: all arguments are valid until it returns.
            unsafe { decode(found.data, call, input.as_ptr(), input.len(), plain_size, sink) }
        })
    }

    /// Returns the first view that there is of a value.
    ///
    /// # Errors
    ///
    /// When a view fails, or writes something else than JSON.
    pub fn view(&self, value: &MockValue) -> Result<Option<Json>, MockError> {
        let (raw, views) = {
            let mut world = self.world();
            (world.raw(value), world.at(point::VIEW))
        };
        for found in views {
            // SAFETY: the interface at this point is a `View`.
            let view = unsafe { (*found.interface.cast::<point::View>()).view }.ok_or_else(no_function)?;
            // SAFETY: all arguments are valid until it returns.
            match self.guarded(|call, sink| unsafe { view(found.data, call, raw, sink) }) {
                Err(error) if error.status == status::UNSUPPORTED => {}
                Err(error) => return Err(error),
                Ok(text) => {
                    return Json::parse(&text)
                        .map(Some)
                        .map_err(|error| MockError::new(status::CORRUPT, error.message().to_owned()));
                }
            }
        }
        Ok(None)
    }

    /// Runs a task of the agenda.
    ///
    /// # Errors
    ///
    /// When there is none, or it fails.
    pub fn run_task(&self, task: &str, input: impl AsRef<[u8]>) -> Result<(), MockError> {
        let (found, input) = (self.world().named(point::TASK, task)?, input.as_ref());
        // SAFETY: the interface at this point is a `Task`.
        let run = unsafe { (*found.interface.cast::<point::Task>()).run }.ok_or_else(no_function)?;
        // SAFETY: all arguments are valid until it returns.
        self.guarded(|call, _| unsafe { run(found.data, call, input.as_ptr(), input.len()) }).map(|_| ())
    }

    /// Tells all event hooks of an event.
    ///
    /// # Errors
    ///
    /// Those of the hooks.
    pub fn tell(&self, event: &str, json: &Json) -> Result<(), MockError> {
        let (hooks, json) = (self.world().at(point::EVENT_HOOK), json.to_string());
        for found in hooks {
            // SAFETY: the interface at this point is an `EventHook`.
            let hook =
                unsafe { (*found.interface.cast::<point::EventHook>()).on_event }.ok_or_else(no_function)?;
            self.guarded(|call, _| {
                // SAFETY: all arguments are valid until it returns.
                unsafe { hook(found.data, call, event.as_ptr(), event.len(), json.as_ptr(), json.len()) }
            })?;
        }
        Ok(())
    }

    /// Tells all dump hooks of a dump that goes well.
    ///
    /// # Errors
    ///
    /// When one refuses it.
    pub fn dump(&self, objects: u64) -> Result<(), MockError> {
        for before in [true, false] {
            let hooks = self.world().at(point::DUMP_HOOK);
            for found in hooks {
                // SAFETY: the interface at this point is a `DumpHook`.
                let hook = unsafe { &*found.interface.cast::<point::DumpHook>() };
                // SAFETY: the call is valid until it returns.
                self.guarded(|call, _| unsafe {
                    match (before, hook.before, hook.after) {
                        (true, Some(before), _) => before(found.data, call),
                        (false, _, Some(after)) => after(found.data, call, 1, objects),
                        _ => status::OK,
                    }
                })?;
            }
        }
        Ok(())
    }

    /// Returns what all validators find.
    ///
    /// # Errors
    ///
    /// When a validator fails.
    pub fn validate(&self) -> Result<Vec<Problem>, MockError> {
        let mut found: Vec<(Severity, RawValue, String)> = Vec::new();
        let report = point::Report {
            struct_size: size_of::<point::Report>() as u32,
            reserved: 0,
            context: (&raw mut found).cast(),
            problem: Some(problem),
        };
        let validators = self.world().at(point::VALIDATOR);
        for registration in validators {
            // SAFETY: the interface at this point is a `Validator`.
            let validate = unsafe { (*registration.interface.cast::<point::Validator>()).validate };
            let validate = validate.ok_or_else(no_function)?;
            // SAFETY: all arguments are valid until it returns.
            self.guarded(|call, _| unsafe { validate(registration.data, call, &raw const report) })?;
        }
        let mut world = self.world();
        found
            .into_iter()
            .map(|(severity, raw, text)| {
                let object = world.value(raw).map_err(dead)?;
                Ok(Problem { is_error: severity == point::SEVERITY_ERROR, object, text })
            })
            .collect()
    }

    /// Returns an attribute of an object, nil where it has none.
    ///
    /// # Errors
    ///
    /// When it was collected.
    pub fn get(&self, object: MockObject, name: &str) -> Result<MockValue, MockError> {
        let mut world = self.world();
        let found = world.object(RawValue { bits: object.0 }).map_err(dead)?.attributes.get(name).copied();
        world.value(found.unwrap_or(RawValue::NIL)).map_err(dead)
    }

    fn run(
        &self,
        found: &Registration,
        function: Option<ByteFunction>,
        input: &[u8],
    ) -> Result<Vec<u8>, MockError> {
        let function = function.ok_or_else(no_function)?;
        self.guarded(|call, sink| {
            // SAFETY: all arguments are valid until it returns.
            unsafe { function(found.data, call, input.as_ptr(), input.len(), sink) }
        })
    }

    /// Runs a callback as a guarded call, and returns its output.
    pub(super) fn guarded(
        &self,
        body: impl FnOnce(*mut RawCall, *const Sink) -> Status,
    ) -> Result<Vec<u8>, MockError> {
        let mut call = self.tables.call(false);
        match Collector::collect(|sink| body(&raw mut call, sink)) {
            Ok(bytes) => self.tables.check(status::OK).map(|()| bytes),
            Err(status) => self.tables.check(status).map(|()| Vec::new()),
        }
    }
}

unsafe extern "C" fn problem(
    report: *const point::Report,
    severity: Severity,
    object: RawValue,
    text: *const u8,
    len: usize,
) -> Status {
    // SAFETY: the report is that of `validate`, whose context is its list; the text is valid until this returns.
    unsafe {
        let found = &mut *(*report).context.cast::<Vec<(Severity, RawValue, String)>>();
        found.push((severity, object, lossy(text, len)));
    }
    status::OK
}

fn no_function() -> MockError {
    MockError::new(status::INVALID, "a function that must be there is null")
}

pub(super) fn dead(status: Status) -> MockError {
    MockError::new(status, "the value was collected, or is none of this host")
}

/// Returns values of the plugin.
///
/// # Safety
///
/// They are valid for as long as the caller uses them.
pub(super) unsafe fn values<'a>(values: *const RawValue, count: usize) -> &'a [RawValue] {
    if values.is_null() || count == 0 {
        return &[];
    }
    // SAFETY: as the caller says.
    unsafe { std::slice::from_raw_parts(values, count) }
}

/// Returns a function, or a method of a class.
fn function(world: &World, class: &str, name: &str) -> Option<Registration> {
    world.at(point::FUNCTION).into_iter().find(|found| {
        // SAFETY: the interface at this point is a `Function`.
        let receiver = unsafe { text_of((*found.interface.cast::<point::Function>()).receiver) };
        found.told.name == name && receiver == class
    })
}

/// Returns whether a name stands for something: a function, or the class of a payload.
pub(super) fn is_name(world: &World, name: &str) -> bool {
    let class = |found: &Registration| {
        // SAFETY: the interface at this point is a `PayloadType`.
        unsafe { text_of((*found.interface.cast::<point::PayloadType>()).class_name) == name }
    };
    function(world, "", name).is_some() || world.at(point::PAYLOAD_TYPE).iter().any(class)
}

pub(super) fn class_name(world: &mut World, raw: RawValue) -> Result<String, Status> {
    if let Ok(object) = world.object(raw) {
        return Ok(object.class.clone());
    }
    let name = match world.value(raw)? {
        MockValue::Nil => "nil",
        MockValue::Bool(_) => "bool",
        MockValue::Int(_) => "int",
        MockValue::Double(_) => "double",
        MockValue::String(_) => "string",
        MockValue::Tuple(_) => "tuple",
        MockValue::Object(_) => "object",
    };
    Ok(name.to_owned())
}

/// Calls a function with as many arguments as it takes.
///
/// # Safety
///
/// The call and all values are valid until it returns.
unsafe fn invoke(
    found: &Registration,
    call: *mut RawCall,
    receiver: RawValue,
    arguments: &[RawValue],
    result: *mut RawValue,
) -> Status {
    // SAFETY: the interface at this point is a `Function`.
    let function = unsafe { &*found.interface.cast::<point::Function>() };
    if function.arity != ANY_ARITY && function.arity as usize != arguments.len() {
        let message =
            format!("{} takes {} arguments, not {}", found.told.name, function.arity, arguments.len());
        // SAFETY: the call is one of the mock's.
        unsafe { of_call(call) }.world().failure = Some((None, message));
        return status::INVALID;
    }
    match function.call {
        // SAFETY: as the caller says.
        Some(body) => unsafe {
            body(found.data, call, receiver, arguments.as_ptr(), arguments.len(), result)
        },
        None => status::INVALID,
    }
}

pub(super) unsafe extern "C" fn send(
    call: *mut RawCall,
    receiver: RawValue,
    selector: *const u8,
    len: usize,
    arguments: *const RawValue,
    count: usize,
    result: *mut RawValue,
) -> Status {
    // SAFETY: the plugin calls with its call, a text, arguments, and a place for the result.
    unsafe {
        let (tables, selector) = (of_call(call), lossy(selector, len));
        let class = class_name(&mut tables.world(), receiver);
        let found =
            class.and_then(|class| function(&tables.world(), &class, &selector).ok_or(status::RAISED));
        match found {
            Ok(found) => {
                let mut inner = tables.call((*call).flags & abi::call::CALL_DIRECT != 0);
                invoke(&found, &raw mut inner, receiver, values(arguments, count), result)
            }
            Err(status) => {
                let message = format!("it does not understand {selector}");
                tables.world().failure = Some((Some("mock::no-method".to_owned()), message));
                status
            }
        }
    }
}

pub(super) unsafe extern "C" fn apply(
    call: *mut RawCall,
    function_value: RawValue,
    arguments: *const RawValue,
    count: usize,
    result: *mut RawValue,
) -> Status {
    // SAFETY: the plugin calls with its call, arguments, and a place for the result.
    unsafe {
        let tables = of_call(call);
        let name = match tables.world().cell(function_value) {
            Ok(Cell::Named(name)) => name.clone(),
            _ => return status::INVALID,
        };
        let Some(found) = function(&tables.world(), "", &name) else { return status::NOT_FOUND };
        let mut inner = tables.call((*call).flags & abi::call::CALL_DIRECT != 0);
        invoke(&found, &raw mut inner, RawValue::NIL, values(arguments, count), result)
    }
}

/// Returns the first implementation that has a function.
fn implementation(
    world: &World,
    point: &str,
    name: Option<&str>,
    function: u32,
) -> Option<(Registration, ByteFunction)> {
    world.points.get(point)?;
    world.at(point).into_iter().filter(|found| name.is_none_or(|name| found.told.name == name)).find_map(
        |found| {
            // SAFETY: the interface of a point that a plugin defined is a `Functions`.
            let functions = unsafe { &*found.interface.cast::<point::Functions>() };
            if function as usize >= functions.count {
                return None;
            }
            // SAFETY: there are so many functions as it says.
            let body = unsafe { *functions.functions.add(function as usize) }?;
            Some((found, body))
        },
    )
}

pub(super) unsafe extern "C" fn call_point(
    call: *mut RawCall,
    point: *const c_char,
    name: *const c_char,
    function: u32,
    input: *const u8,
    len: usize,
    output: *const Sink,
) -> Status {
    // SAFETY: the plugin calls with its call, texts, input and a sink.
    unsafe {
        let (tables, point) = (of_call(call), text_of(point));
        let name = (!name.is_null()).then(|| text_of(name));
        let found = implementation(&tables.world(), &point, name.as_deref(), function);
        let Some((found, body)) = found else { return status::NOT_FOUND };
        let mut inner = tables.call(false);
        body(found.data, &raw mut inner, input, len, output)
    }
}

pub(super) unsafe extern "C" fn point_names(
    call: *mut RawCall,
    point: *const c_char,
    output: *const Sink,
) -> Status {
    // SAFETY: the plugin calls with its call, a text and a sink.
    unsafe {
        let (tables, point) = (of_call(call), text_of(point));
        let names: String =
            tables.world().at(&point).iter().map(|found| format!("{}\n", found.told.name)).collect();
        write(output, names.as_bytes())
    }
}

pub(super) unsafe extern "C" fn execute_service(
    call: *mut RawCall,
    service: *const c_char,
    input: *const u8,
    len: usize,
    output: *const Sink,
) -> Status {
    // SAFETY: the plugin calls with its call, a text, input and a sink.
    unsafe {
        let (tables, service) = (of_call(call), text_of(service));
        let Ok(found) = tables.world().named(point::SERVICE, &service) else { return status::NOT_FOUND };
        let Some(execute) = (*found.interface.cast::<point::Service>()).execute else {
            return status::INVALID;
        };
        let mut inner = tables.call(false);
        execute(found.data, &raw mut inner, bytes(input, len).as_ptr(), len, output)
    }
}
