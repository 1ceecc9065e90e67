use core::ffi::{c_char, c_void};

use rps_plugin_abi as abi;
use rps_plugin_abi::RawValue;
use rps_plugin_abi::point::{self, ANY_ARITY, FUNCTION_GUARDED};
use rps_plugin_abi::status::Status;

use super::{Registrar, text};
use crate::call::{Args, Call, Value, enter};
use crate::error::Error;

impl Registrar<'_> {
    /// Registers a function of the language.
    ///
    /// It runs on the thread of the program, without a deadline. The documentation begins with its arguments, as
    /// `"(a, b) Returns the distance."`.
    ///
    /// ```
    /// # use rps_plugin::{Error, Registrar};
    /// # fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
    /// registrar.function("geo_hypot", 2, "(x, y) Returns the length of a vector.", |call, args| {
    ///     call.double(args.double(0)?.hypot(args.double(1)?))
    /// })
    /// # }
    /// ```
    ///
    /// A function of another form is an error of compilation:
    ///
    /// ```compile_fail
    /// # use rps_plugin::{Error, Registrar};
    /// # fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
    /// registrar.function("geo_hypot", 2, "(x, y)", |x: f64, y: f64| x.hypot(y))
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the host refuses it.
    pub fn function<F>(&mut self, name: &str, arity: u32, doc: &str, body: F) -> Result<(), Error>
    where
        F: for<'call> Fn(&'call Call, Args<'call>) -> Result<Value<'call>, Error> + Send + Sync + 'static,
    {
        self.add_function(name, 0, arity, "", doc, move |call, _, args| body(call, args))
    }

    /// Registers a function of the language that takes any number of arguments.
    ///
    /// # Errors
    ///
    /// When the host refuses it.
    pub fn variadic_function<F>(&mut self, name: &str, doc: &str, body: F) -> Result<(), Error>
    where
        F: for<'call> Fn(&'call Call, Args<'call>) -> Result<Value<'call>, Error> + Send + Sync + 'static,
    {
        self.add_function(name, 0, ANY_ARITY, "", doc, move |call, _, args| body(call, args))
    }

    /// Registers a function of the language that may take long or hang: it is called with a deadline, on another thread.
    ///
    /// # Errors
    ///
    /// When the host refuses it.
    pub fn guarded_function<F>(&mut self, name: &str, arity: u32, doc: &str, body: F) -> Result<(), Error>
    where
        F: for<'call> Fn(&'call Call, Args<'call>) -> Result<Value<'call>, Error> + Send + Sync + 'static,
    {
        self.add_function(name, FUNCTION_GUARDED, arity, "", doc, move |call, _, args| body(call, args))
    }

    /// Registers a method of a class: of one of the plugin's payload types, or one that every runtime has, as `string`.
    ///
    /// # Errors
    ///
    /// When the host refuses it.
    pub fn method<F>(
        &mut self,
        class: &str,
        selector: &str,
        arity: u32,
        doc: &str,
        body: F,
    ) -> Result<(), Error>
    where
        F: for<'call> Fn(&'call Call, Value<'call>, Args<'call>) -> Result<Value<'call>, Error>
            + Send
            + Sync
            + 'static,
    {
        if class.is_empty() {
            return Err(Error::invalid(format!("the method {selector} has no class")));
        }
        self.add_function(selector, 0, arity, class, doc, body)
    }

    fn add_function<F>(
        &mut self,
        name: &str,
        flags: u32,
        arity: u32,
        receiver: &str,
        doc: &str,
        body: F,
    ) -> Result<(), Error>
    where
        F: for<'call> Fn(&'call Call, Value<'call>, Args<'call>) -> Result<Value<'call>, Error>
            + Send
            + Sync
            + 'static,
    {
        let (receiver, doc): (*const c_char, *const c_char) = (text(receiver)?, text(doc)?);
        let interface = point::Function {
            struct_size: size_of::<point::Function>() as u32,
            flags,
            arity,
            reserved: 0,
            receiver,
            doc,
            call: Some(call::<F>),
        };
        self.add(point::FUNCTION, name, 1, interface, body)
    }
}

unsafe extern "C" fn call<F>(
    data: *mut c_void,
    raw: *mut abi::Call,
    receiver: RawValue,
    arguments: *const RawValue,
    count: usize,
    result: *mut RawValue,
) -> Status
where
    F: for<'call> Fn(&'call Call, Value<'call>, Args<'call>) -> Result<Value<'call>, Error>
        + Send
        + Sync
        + 'static,
{
    let body = |body: &'static F, call: &Call| -> Result<(), Error> {
        let arguments = if arguments.is_null() || count == 0 {
            &[]
        } else {
            // SAFETY: the host's arguments are valid until the function returns.
            unsafe { std::slice::from_raw_parts(arguments, count) }
        };
        let value = body(call, Value::of(call, receiver), Args::of(call, arguments))?;
        if !result.is_null() {
            // SAFETY: the host's place for the result is valid until the function returns.
            unsafe { result.write(value.raw()) };
        }
        Ok(())
    };
    // SAFETY: the host hands back the data of the registration, and a call that is valid until this returns.
    unsafe { enter::<F>(data, raw, body) }
}
