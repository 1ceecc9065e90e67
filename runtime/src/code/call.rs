//! Calls and sends that the caches do not answer, and what they teach the caches.

use super::execute::execute;
use super::operate;
use super::site::{AttributeSite, CallSite, EntryRef, GlobalSite, NewSite, SendSite};
use super::stack::{CallStack, Frame};
use super::unit::CodeRef;
use crate::error::RuntimeError;
use crate::known;
use crate::object::{ObjectRef, Payload};
use crate::runtime::Mutator;
use crate::send::{Method, Native};
use crate::value::{TupleRef, Value};

/// What compiles functions: the language's compiler, which this crate does not know.
pub trait FrontEnd: Send + Sync {
    /// Returns the code of a function object, from its source.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::Uncompilable`] when the text is no function, or means nothing.
    fn compile(&self, m: &Mutator<'_>, function: ObjectRef) -> Result<CodeRef, RuntimeError>;
}

/// What a call comes to.
pub(super) enum Called {
    /// It is done.
    Value(Value),
    /// Code is to be run on the receiver or function and the arguments as they lie.
    Code(CodeRef),
}

/// What a function does when it is called.
#[derive(Clone, Copy)]
pub(crate) enum Body {
    Code(CodeRef),
    Native(Native),
}

/// Returns the function of a closure, or the value itself, and how many values it captured.
#[inline(always)]
pub(super) fn function_of(callee: Value) -> (Value, usize) {
    match callee.as_closure() {
        Some(closure) => (closure.function().into(), closure.env().len()),
        None => (callee, 0),
    }
}

#[cold]
pub(super) fn load_global(m: &Mutator<'_>, code: CodeRef, cache: &GlobalSite) -> Value {
    let epoch = m.runtime().method_epoch();
    let value = m.value_of_name(cache.symbol());
    cache.learn(code, EntryRef::new(m, epoch, Value::NIL, None, None, value));
    value
}

#[cold]
pub(super) fn get_attribute(
    m: &Mutator<'_>,
    receiver: Value,
    cache: &AttributeSite,
) -> Result<Value, RuntimeError> {
    let value = m.attribute_or_nil(receiver, cache.key())?;
    if let Some(slots) = receiver.as_object().and_then(ObjectRef::slot_array)
        && m.magic_of(cache.key()).is_none()
    {
        cache.learn(slots.shape());
    }
    Ok(value)
}

#[cold]
pub(super) fn put_attribute(
    m: &Mutator<'_>,
    receiver: Value,
    cache: &AttributeSite,
    value: Value,
) -> Result<(), RuntimeError> {
    operate::put_attribute(m, receiver, cache.key(), value)?;
    if let Some(slots) = receiver.as_object().and_then(ObjectRef::slot_array) {
        cache.learn(slots.shape());
    }
    Ok(())
}

/// Makes an object; `row` is the class and the values of the attributes.
#[cold]
pub(super) fn new_slowly(
    m: &Mutator<'_>,
    code: CodeRef,
    cache: &NewSite,
    row: &[Value],
) -> Result<ObjectRef, RuntimeError> {
    let epoch = m.runtime().method_epoch();
    let class = operate::object(m, "what stands behind `new`", row[0])?;
    let object = m.new_instance(class)?;
    if !object.has_payload() {
        let shape = cache.shape_for(m, &row[1..]);
        cache.learn(m, code, epoch, class.into(), shape);
    }
    for (&key, &value) in cache.keys().iter().zip(&row[1..]) {
        object.put_attribute(m, key, value)?;
    }
    Ok(object)
}

/// Sends a message; `row` is the receiver and the arguments.
#[cold]
#[inline(never)]
pub(super) fn send_slowly(
    m: &Mutator<'_>,
    code: CodeRef,
    cache: &SendSite,
    class: Value,
    row: &[Value],
) -> Result<Called, RuntimeError> {
    let epoch = m.runtime().method_epoch();
    let selector = cache.selector();
    let (receiver, arguments) = (row[0], &row[1..]);
    let class = class.as_object().unwrap_or_else(|| m.class_of(receiver));
    // A place to which receivers of many classes come learns no more: what its thread remembers is nearly as fast.
    let is_megamorphic = cache.entries.is_full(epoch);
    if is_megamorphic
        && let Some(body) = m.cached_body(class, selector)
        && usize::from(body.parameters()) == arguments.len()
    {
        return Ok(Called::Code(body));
    }
    match m.find_method(class, selector) {
        None => m.not_understood(receiver, class, selector, arguments).map(Called::Value),
        Some(Method::Native(native)) if is_megamorphic => {
            m.call_native(native, receiver, arguments).map(Called::Value)
        }
        Some(Method::Native(native)) => {
            let entry = EntryRef::new(m, epoch, class.into(), None, Some(native), Value::NIL);
            cache.entries.learn(code, entry);
            m.call_native(native, receiver, arguments).map(Called::Value)
        }
        Some(Method::Kept(method)) => match m.method_body(method)? {
            Some(body) => {
                if is_megamorphic {
                    m.remember_body(epoch, class, selector, body);
                } else {
                    let entry = EntryRef::new(m, epoch, class.into(), Some(body), None, method);
                    cache.entries.learn(code, entry);
                }
                m.check_arity(body, arguments.len())?;
                Ok(Called::Code(body))
            }
            None => m.apply_method(method, receiver, arguments).map(Called::Value),
        },
    }
}

/// Sends a message to a receiver as an instance of the superclass of the class that `code` belongs to.
#[cold]
#[inline(never)]
pub(super) fn send_super(
    m: &Mutator<'_>,
    code: CodeRef,
    cache: &SendSite,
    row: &[Value],
) -> Result<Called, RuntimeError> {
    let epoch = m.runtime().method_epoch();
    let (receiver, arguments) = (row[0], &row[1..]);
    let Some(superclass) = code.function().and_then(|method| m.class_above(method)) else {
        return m
            .not_understood(receiver, m.class_of(receiver), cache.selector(), arguments)
            .map(Called::Value);
    };
    match m.find_method(superclass, cache.selector()) {
        None => m.not_understood(receiver, superclass, cache.selector(), arguments).map(Called::Value),
        Some(Method::Native(native)) => m.call_native(native, receiver, arguments).map(Called::Value),
        Some(Method::Kept(method)) => match m.method_body(method)? {
            Some(body) => {
                let key = code.function().map_or(Value::NIL, Value::from);
                cache.entries.learn(code, EntryRef::new(m, epoch, key, Some(body), None, method));
                m.check_arity(body, arguments.len())?;
                Ok(Called::Code(body))
            }
            None => m.apply_method(method, receiver, arguments).map(Called::Value),
        },
    }
}

/// Calls a function; `row` is the function and the arguments.
#[cold]
#[inline(never)]
pub(super) fn call_slowly(
    m: &Mutator<'_>,
    code: CodeRef,
    cache: &CallSite,
    row: &[Value],
) -> Result<Called, RuntimeError> {
    let epoch = m.runtime().method_epoch();
    let (callee, arguments) = (row[0], &row[1..]);
    let (function, captured) = function_of(callee);
    let Some(object) = function.as_object() else {
        return m.apply(callee, Value::NIL, arguments).map(Called::Value);
    };
    let is_megamorphic = cache.entries.is_full(epoch);
    match m.body_of(object)? {
        Body::Native(native) => {
            if !is_megamorphic {
                let entry = EntryRef::new(m, epoch, function, None, Some(native), Value::NIL);
                cache.entries.learn(code, entry);
            }
            m.call_native(native, Value::NIL, arguments).map(Called::Value)
        }
        Body::Code(body) if body.cells().is_method => {
            m.apply(callee, Value::NIL, arguments).map(Called::Value)
        }
        Body::Code(body) => {
            if !is_megamorphic {
                let entry = EntryRef::new(m, epoch, function, Some(body), None, Value::NIL);
                cache.entries.learn(code, entry);
            }
            m.check_arity(body, arguments.len())?;
            m.check_captured(body, captured)?;
            Ok(Called::Code(body))
        }
    }
}

impl Mutator<'_> {
    /// Returns the superclass of the class that a method belongs to.
    pub(super) fn class_above(&self, method: ObjectRef) -> Option<ObjectRef> {
        let own = method.with_payload(self, |payload| match payload {
            Some(Payload::Function(function)) => function.class,
            _ => None,
        });
        own.and_then(|class| class.superclass(self))
    }

    /// Does what a safepoint has to do: waits for a collection, takes a sample of the calls, stops the computation.
    #[cold]
    #[inline(never)]
    pub(super) fn attend(&self, stack: &CallStack, running: Frame) -> Result<(), RuntimeError> {
        let running = stack.running.replace(running);
        self.safepoint();
        self.take_sample();
        self.take_machine_code();
        let result = self.check_interrupt();
        stack.running.set(running);
        result
    }

    /// Returns what a function object does when it is called, compiling it if need be.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::NoCode`] when the object is no function, and what the compiler says.
    pub(crate) fn body_of(&self, function: ObjectRef) -> Result<Body, RuntimeError> {
        enum Found {
            Code(CodeRef),
            Uncompiled,
            Other,
        }
        let found = function.with_payload(self, |payload| match payload {
            Some(Payload::Function(function)) => function.code.map_or(Found::Uncompiled, Found::Code),
            _ => Found::Other,
        });
        match found {
            Found::Code(code) => Ok(Body::Code(code)),
            Found::Uncompiled => {
                let front_end = self.runtime().front_end();
                let front_end = front_end.ok_or(RuntimeError::NoCode { oid: function.oid() })?;
                self.call_stack().check_compiler_room()?;
                let code = front_end.compile(self, function)?;
                self.set_code(function, code);
                Ok(Body::Code(code))
            }
            Found::Other => match self.native_function(function.oid()) {
                Some(native) => Ok(Body::Native(native)),
                None => Err(match self.symbol_name(function) {
                    Some(name) => RuntimeError::NotApplicable {
                        found: format!("`{name}`, which stands for nothing yet,"),
                    },
                    None => RuntimeError::NoCode { oid: function.oid() },
                }),
            },
        }
    }

    /// Returns the code of a function object, if it is compiled.
    pub(super) fn compiled_code(&self, function: ObjectRef) -> Option<CodeRef> {
        function.with_payload(self, |payload| match payload {
            Some(Payload::Function(function)) => function.code,
            _ => None,
        })
    }

    /// Returns the code of a function object, compiling it if need be.
    ///
    /// # Errors
    ///
    /// As the compiler says; [`RuntimeError::NoCode`] for natives and other objects.
    pub fn code_of(&self, function: ObjectRef) -> Result<CodeRef, RuntimeError> {
        match self.body_of(function)? {
            Body::Code(code) => Ok(code),
            Body::Native(_) => Err(RuntimeError::NoCode { oid: function.oid() }),
        }
    }

    /// Returns the variables of a session that a function refers to, as far as it is compiled: a store that holds the
    /// function does not hold them.
    pub fn session_variables_of(&self, function: ObjectRef) -> Vec<ObjectRef> {
        let code = function.with_payload(self, |payload| match payload {
            Some(Payload::Function(function)) => function.code,
            _ => None,
        });
        let class = self.class(known::VARIABLE);
        let constants =
            code.into_iter().flat_map(CodeRef::constants).filter_map(|constant| constant.as_object());
        constants.filter(|constant| constant.class() == Some(class)).collect()
    }

    /// Gives a function object its code, which is a cache of its source.
    pub fn set_code(&self, function: ObjectRef, code: CodeRef) {
        function.set_code_unnoticed(self, code);
    }

    /// Returns the code of a method that the interpreter can run as it is: one that takes its receiver as `self`.
    pub(super) fn method_body(&self, method: Value) -> Result<Option<CodeRef>, RuntimeError> {
        let (function, captured) = function_of(method);
        match function.as_object().map(|function| self.body_of(function)).transpose()? {
            Some(Body::Code(code)) if code.cells().is_method && captured == 0 => Ok(Some(code)),
            _ => Ok(None),
        }
    }

    /// Applies a function or closure to arguments; a method's receiver is `receiver`.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::NotApplicable`] for other values, [`RuntimeError::NoCode`], [`RuntimeError::Arity`], and what it
    /// raises.
    pub fn apply(
        &self,
        function: Value,
        receiver: Value,
        arguments: &[Value],
    ) -> Result<Value, RuntimeError> {
        let (object, captured) = function_of(function);
        let Some(object) = object.as_object() else {
            let class = self.class_of(function);
            let found = self.name_of(class).unwrap_or_else(|| class.oid().to_string());
            return Err(RuntimeError::NotApplicable { found });
        };
        match self.body_of(object)? {
            Body::Native(native) => self.call_native(native, receiver, arguments),
            Body::Code(code) => {
                self.check_arity(code, arguments.len())?;
                self.check_captured(code, captured)?;
                let callee = if code.cells().is_method { receiver } else { function };
                execute(self, code, callee, arguments)
            }
        }
    }

    /// Applies what a method dictionary has: a method takes its receiver as `self`, any other function as its first
    /// argument.
    pub(crate) fn apply_method(
        &self,
        method: Value,
        receiver: Value,
        arguments: &[Value],
    ) -> Result<Value, RuntimeError> {
        let is_method =
            match function_of(method).0.as_object().map(|function| self.body_of(function)).transpose()? {
                Some(Body::Code(code)) => code.cells().is_method,
                Some(Body::Native(_)) | None => true,
            };
        if is_method {
            return self.apply(method, receiver, arguments);
        }
        let mut all = self.root_vec();
        all.push(receiver);
        all.extend(arguments.iter().copied());
        self.apply(method, receiver, &all)
    }

    pub(crate) fn call_native(
        &self,
        native: Native,
        receiver: Value,
        arguments: &[Value],
    ) -> Result<Value, RuntimeError> {
        if native.arity != Native::ANY && arguments.len() != usize::from(native.arity) {
            return Err(RuntimeError::Arity {
                name: native.name.into(),
                expected: native.arity.to_string(),
                given: arguments.len(),
            });
        }
        self.safepoint();
        native.run(self, receiver, arguments)
    }

    pub(super) fn check_arity(&self, code: CodeRef, given: usize) -> Result<(), RuntimeError> {
        let expected = code.parameters();
        if usize::from(expected) == given {
            return Ok(());
        }
        Err(RuntimeError::Arity { name: code.name().into(), expected: expected.to_string(), given })
    }

    /// A closure from a store may be damaged: it must have as many values as its function captures.
    pub(super) fn check_captured(&self, code: CodeRef, captured: usize) -> Result<(), RuntimeError> {
        let expected = usize::from(code.cells().captured);
        if expected == captured {
            return Ok(());
        }
        Err(RuntimeError::Captured { name: code.name().into(), expected, given: captured })
    }

    /// Sends `does_not_understand`, and without a method for that raises.
    pub(crate) fn not_understood(
        &self,
        receiver: Value,
        class: ObjectRef,
        selector: ObjectRef,
        arguments: &[Value],
    ) -> Result<Value, RuntimeError> {
        if let Some(fallback) = self.symbol("does_not_understand").map(|symbol| self.key_of_symbol(symbol))
            && fallback != selector
            && let Some(Method::Kept(method)) = self.find_method(class, fallback)
        {
            let name = self.name_of(selector).unwrap_or_else(|| selector.oid().to_string());
            let mut parts = self.root_vec();
            parts.push(self.string(&name));
            parts.push(TupleRef::new(self, arguments)?.into());
            return self.apply_method(method, receiver, &parts);
        }
        Err(self.not_understood_error(class, selector))
    }
}
