//! Registering what a plugin has, one extension point a file.
//!
//! Read in this order: this file (the registrar), `function`, `service` (services and commands), `payload`, `state`, `codec`,
//! `hook` (validators, dump and event hooks, tasks), `view`, `point` (points that plugins define), `intrinsic`, `tier`.

mod codec;
mod function;
mod hook;
mod intrinsic;
mod payload;
mod point;
mod service;
mod state;
mod tier;
mod view;

use core::ffi::c_void;
use core::marker::PhantomData;

use rps_plugin_abi as abi;
use rps_plugin_abi::status;

pub use self::codec::{Codec, CodecMetadata};
pub use self::hook::{DumpHook, Report, TaskPriority};
pub use self::intrinsic::NativeFunction;
pub use self::payload::PayloadRegistration;
pub use self::point::{Implementation, PointDefinition};
pub use self::service::{CommandRegistration, TextService};
pub use self::tier::{ExecutionTier, TierForm, TierSymbol};
pub use self::view::{TreeNode, View};

use crate::call::Bound;
use crate::error::Error;
use crate::host::{Host, Shared, c_string};
use crate::table::member;

/// Takes what a plugin registers, in [`Plugin::register`](crate::Plugin::register). All of it counts once that returns `Ok`, else none of it.
pub struct Registrar<'init> {
    shared: &'static Shared,
    raw: *mut abi::Registrar,
    priority: i32,
    marker: PhantomData<&'init mut abi::Registrar>,
}

impl<'init> Registrar<'init> {
    /// Returns the registrar with a pointer of the host's.
    ///
    /// # Safety
    ///
    /// The pointer is valid for as long as the registrar is.
    pub(crate) unsafe fn new(shared: &'static Shared, raw: *mut abi::Registrar) -> Registrar<'init> {
        Registrar { shared, raw, priority: 0, marker: PhantomData }
    }

    /// Returns the host, for code of the plugin that runs outside of calls.
    pub fn host(&self) -> Host {
        Host::of(self.shared)
    }

    /// Returns a registrar that registers with this priority: higher ones come first, 0 is usual.
    ///
    /// ```
    /// # use rps_plugin::{Error, Registrar, View};
    /// # fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
    /// registrar.at_priority(10).view("short", |_call, value| Ok(Some(View::text("a value", value.print()?))))
    /// # }
    /// ```
    pub fn at_priority(&mut self, priority: i32) -> Registrar<'_> {
        Registrar { shared: self.shared, raw: self.raw, priority, marker: PhantomData }
    }

    /// Registers the author's code at a point.
    ///
    /// `interface` is that of the point, whose functions take a `Bound<B>` as their data.
    pub(crate) fn add<I: Sync + 'static, B: Send + Sync + 'static>(
        &mut self,
        point: &str,
        name: &str,
        revision: u32,
        interface: I,
        body: B,
    ) -> Result<(), Error> {
        let (point_name, c_name) = (c_string(point)?, c_string(name)?);
        // What is registered stays as long as the library is mapped: it is never freed.
        let interface: *const I = Box::leak(Box::new(interface));
        let data: *mut Bound<B> = Box::leak(Box::new(Bound { shared: self.shared, body }));
        let registration = abi::Registration {
            struct_size: size_of::<abi::Registration>() as u32,
            revision,
            point: point_name.as_ptr(),
            name: c_name.as_ptr(),
            priority: self.priority,
            reserved: 0,
            interface: interface.cast::<c_void>(),
            data: data.cast::<c_void>(),
        };
        self.shared.try_with(|host| {
            // SAFETY: the host is valid inside of `try_with`.
            let register = unsafe { member!(host, abi::Host, register_extension) };
            let register = register.ok_or_else(|| Error::unsupported("the host registers nothing"))?;
            // SAFETY: the registrar is valid during `init`; the registration until it returns, what it points to for ever.
            match unsafe { register(host, self.raw, &raw const registration) } {
                status::OK => Ok(()),
                status => Err(Error::with_status(status, format!("{point} {name}: the host refused it"))),
            }
        })
    }
}

/// Returns a text for C that is never freed; null for an empty one.
pub(crate) fn text(text: &str) -> Result<*const core::ffi::c_char, Error> {
    if text.is_empty() { Ok(std::ptr::null()) } else { Ok(c_string(text)?.into_raw().cast_const()) }
}
