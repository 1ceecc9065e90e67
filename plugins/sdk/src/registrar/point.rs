use core::ffi::c_void;

use rps_plugin_abi as abi;
use rps_plugin_abi::Sink;
use rps_plugin_abi::point::{ByteFunction, Functions};
use rps_plugin_abi::status::{self, Status};

use super::{Registrar, text};
use crate::call::{Call, bytes, enter};
use crate::error::Error;
use crate::host::c_string;
use crate::output::Output;
use crate::table::member;

/// A point has no more functions than this.
const MAX_FUNCTIONS: usize = 64;

/// An extension point that a plugin defines, for itself and others: a list of functions from bytes to bytes.
///
/// ```
/// # use rps_plugin::{Error, PointDefinition, Registrar};
/// # fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
/// const DISTANCE: u32 = 0;
/// registrar.define_point(PointDefinition::new("geo.metric", "How far points are apart.").required())?;
/// registrar
///     .implement("geo.metric", "euclid")
///     .function(DISTANCE, |_call, input, output| output.write(input))
///     .register()
/// # }
/// ```
#[must_use = "`Registrar::define_point` defines it"]
#[derive(Clone, Debug)]
pub struct PointDefinition {
    name: String,
    description: String,
    revision: u32,
    functions: u32,
    required: u64,
}

impl PointDefinition {
    /// Returns a point of revision 1 without functions. Its name begins with the plugin's id and a dot.
    pub fn new(name: impl Into<String>, description: impl Into<String>) -> PointDefinition {
        let (name, description) = (name.into(), description.into());
        PointDefinition { name, description, revision: 1, functions: 0, required: 0 }
    }

    /// Says that the interface was changed: what implements another revision is refused.
    pub fn revision(mut self, revision: u32) -> PointDefinition {
        self.revision = revision;
        self
    }

    /// Adds a function that every implementation has.
    pub fn required(mut self) -> PointDefinition {
        self.required |= 1u64.checked_shl(self.functions).unwrap_or(0);
        self.functions += 1;
        self
    }

    /// Adds a function that an implementation may have.
    pub fn optional(mut self) -> PointDefinition {
        self.functions += 1;
        self
    }
}

type BytesToBytes = Box<dyn Fn(&Call, &[u8], &mut Output<'_>) -> Result<(), Error> + Send + Sync>;

/// An implementation of a plugin-defined point that is about to be registered.
#[must_use = "`register` registers it"]
pub struct Implementation<'a> {
    registrar: Registrar<'a>,
    point: &'a str,
    name: &'a str,
    revision: u32,
    functions: Vec<Option<BytesToBytes>>,
    too_many: bool,
}

impl Registrar<'_> {
    /// Defines an extension point. Defining the same one again is no error.
    ///
    /// # Errors
    ///
    /// When it has more than 64 functions, or the host refuses it.
    pub fn define_point(&mut self, point: PointDefinition) -> Result<(), Error> {
        if point.functions as usize > MAX_FUNCTIONS {
            return Err(Error::limit(format!(
                "{}: a point has at most {MAX_FUNCTIONS} functions",
                point.name
            )));
        }
        let name = c_string(&point.name)?;
        let definition = abi::PointDefinition {
            struct_size: size_of::<abi::PointDefinition>() as u32,
            revision: point.revision,
            name: name.as_ptr(),
            description: text(&point.description)?,
            functions: point.functions,
            reserved: 0,
            required: point.required,
        };
        self.shared.try_with(|host| {
            // SAFETY: the host is valid inside of `try_with`.
            let define = unsafe { member!(host, abi::Host, define_point) };
            let define = define.ok_or_else(|| Error::unsupported("the host defines no points"))?;
            // SAFETY: the registrar is valid during `init`, the definition until it returns.
            match unsafe { define(host, self.raw, &raw const definition) } {
                status::OK => Ok(()),
                status => Err(Error::with_status(status, format!("{}: the host refused it", point.name))),
            }
        })
    }

    /// Begins an implementation of a point that a plugin defined; [`Implementation::register`] ends it.
    pub fn implement<'a>(&'a mut self, point: &'a str, name: &'a str) -> Implementation<'a> {
        let registrar = self.at_priority(self.priority);
        Implementation { registrar, point, name, revision: 1, functions: Vec::new(), too_many: false }
    }
}

impl Implementation<'_> {
    /// Says which revision of the point it implements, if not 1.
    pub fn revision(mut self, revision: u32) -> Self {
        self.revision = revision;
        self
    }

    /// Adds what it does for a function of the point, by its number: the first is 0.
    pub fn function<F>(mut self, number: u32, body: F) -> Self
    where
        F: Fn(&Call, &[u8], &mut Output<'_>) -> Result<(), Error> + Send + Sync + 'static,
    {
        let number = number as usize;
        if number >= MAX_FUNCTIONS {
            self.too_many = true;
            return self;
        }
        if self.functions.len() <= number {
            self.functions.resize_with(number + 1, || None);
        }
        self.functions[number] = Some(Box::new(body));
        self
    }

    /// Registers the implementation.
    ///
    /// # Errors
    ///
    /// When a number is above 63, a function that the point requires is missing, or the host refuses it.
    pub fn register(mut self) -> Result<(), Error> {
        if self.too_many {
            return Err(Error::limit(format!(
                "{}: a point has at most {MAX_FUNCTIONS} functions",
                self.point
            )));
        }
        let numbered = self.functions.iter().zip(SHIMS);
        let functions: Vec<Option<ByteFunction>> =
            numbered.map(|(function, shim)| function.as_ref().map(|_| shim)).collect();
        let functions: &'static [Option<ByteFunction>] = functions.leak();
        let interface = Functions {
            struct_size: size_of::<Functions>() as u32,
            flags: 0,
            count: functions.len(),
            functions: functions.as_ptr(),
        };
        self.registrar.add(self.point, self.name, self.revision, interface, self.functions)
    }
}

/// All functions of an implementation get the same data: which one it is, each knows itself.
unsafe extern "C" fn shim<const NUMBER: usize>(
    data: *mut c_void,
    call: *mut abi::Call,
    input: *const u8,
    len: usize,
    output: *const Sink,
) -> Status {
    // SAFETY: the host hands back the data of the registration; call, input and sink are valid until this returns.
    unsafe {
        enter::<Vec<Option<BytesToBytes>>>(data, call, |functions, call| match functions.get(NUMBER) {
            Some(Some(function)) => function(call, bytes(input, len), &mut Output::of(output)),
            _ => Err(Error::not_found("it has no such function")),
        })
    }
}

macro_rules! shims {
    ($($eight:literal)*) => {
        [$(
            shim::<{ $eight * 8 }>, shim::<{ $eight * 8 + 1 }>, shim::<{ $eight * 8 + 2 }>, shim::<{ $eight * 8 + 3 }>,
            shim::<{ $eight * 8 + 4 }>, shim::<{ $eight * 8 + 5 }>, shim::<{ $eight * 8 + 6 }>, shim::<{ $eight * 8 + 7 }>,
        )*]
    };
}

const SHIMS: [ByteFunction; MAX_FUNCTIONS] = shims!(0 1 2 3 4 5 6 7);
