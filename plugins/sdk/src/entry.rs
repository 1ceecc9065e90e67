//! What [`register_plugin!`](crate::register_plugin) expands to.

use core::ffi::c_char;
use std::sync::{Mutex, PoisonError};

use rps_plugin_abi as abi;
use rps_plugin_abi::status::{self, Status};

use crate::guard;
use crate::host::Shared;
use crate::plugin::Plugin;
use crate::registrar::Registrar;

/// Exports a plugin from a crate of the type `cdylib`: once in a crate.
///
/// `register_plugin!(Geo)` makes the symbols `rps_plugin_descriptor`, `rps_plugin_init` and `rps_plugin_deinit`.
/// `register_plugin!(Geo, built_in)` makes no symbols, but `pub static PLUGIN:` [`BuiltIn`](rps_plugin_abi::BuiltIn):
/// so the same crate can be linked into a program, beside others, which hands it to its host. A crate usually does both by a feature:
///
/// ```
/// # use rps_plugin::{Error, Plugin, Registrar};
/// # struct Geo;
/// # impl Plugin for Geo {
/// #     const ID: &'static str = "geo";
/// #     const VERSION: &'static str = "1.0.0";
/// #     fn register(_: &mut Registrar<'_>) -> Result<(), Error> { Ok(()) }
/// # }
/// rps_plugin::register_plugin!(Geo, built_in);
/// # fn main() { assert_eq!(PLUGIN.descriptor.abi_major, 1); }
/// ```
///
/// It holds no unsafe code of the crate's own: `#![forbid(unsafe_code)]` is possible.
#[macro_export]
macro_rules! register_plugin {
    ($plugin:ty $(,)?) => {
        /// What the plugin says of itself.
        #[unsafe(export_name = "rps_plugin_descriptor")]
        pub static RPS_PLUGIN_DESCRIPTOR: $crate::abi::PluginDescriptor = $crate::__descriptor!($plugin);

        #[doc(hidden)]
        static RPS_PLUGIN_INSTANCES: $crate::__private::Instances = $crate::__private::Instances::new();

        /// Registers what the plugin has.
        ///
        /// # Safety
        ///
        /// Only a host calls it, as the ABI says.
        #[unsafe(export_name = "rps_plugin_init")]
        pub unsafe extern "C" fn rps_plugin_init(
            host: *const $crate::abi::Host,
            registrar: *mut $crate::abi::Registrar,
        ) -> $crate::abi::Status {
            // SAFETY: the host keeps to the ABI.
            unsafe { $crate::__private::init::<$plugin>(host, registrar, &RPS_PLUGIN_INSTANCES) }
        }

        /// Ends the plugin.
        ///
        /// # Safety
        ///
        /// Only a host calls it, as the ABI says.
        #[unsafe(export_name = "rps_plugin_deinit")]
        pub unsafe extern "C" fn rps_plugin_deinit(host: *const $crate::abi::Host) {
            // SAFETY: the host keeps to the ABI.
            unsafe { $crate::__private::deinit::<$plugin>(host, &RPS_PLUGIN_INSTANCES) }
        }
    };
    ($plugin:ty, built_in $(,)?) => {
        /// The plugin, for a program that it is linked into.
        pub static PLUGIN: $crate::BuiltIn = {
            static DESCRIPTOR: $crate::abi::PluginDescriptor = $crate::__descriptor!($plugin);
            static INSTANCES: $crate::__private::Instances = $crate::__private::Instances::new();
            unsafe extern "C" fn init(
                host: *const $crate::abi::Host,
                registrar: *mut $crate::abi::Registrar,
            ) -> $crate::abi::Status {
                // SAFETY: the host keeps to the ABI.
                unsafe { $crate::__private::init::<$plugin>(host, registrar, &INSTANCES) }
            }
            unsafe extern "C" fn deinit(host: *const $crate::abi::Host) {
                // SAFETY: the host keeps to the ABI.
                unsafe { $crate::__private::deinit::<$plugin>(host, &INSTANCES) }
            }
            $crate::BuiltIn { descriptor: &DESCRIPTOR, init, deinit: Some(deinit) }
        };
    };
}

/// Makes the descriptor, with all its texts checked and ended by a zero byte while the plugin is compiled.
#[doc(hidden)]
#[macro_export]
macro_rules! __descriptor {
    ($plugin:ty) => {{
        static ID: [u8; <$plugin as $crate::Plugin>::ID.len() + 1] =
            $crate::__private::terminated(<$plugin as $crate::Plugin>::ID);
        static VERSION: [u8; <$plugin as $crate::Plugin>::VERSION.len() + 1] =
            $crate::__private::terminated(<$plugin as $crate::Plugin>::VERSION);
        static NAME: [u8; <$plugin as $crate::Plugin>::NAME.len() + 1] =
            $crate::__private::terminated(<$plugin as $crate::Plugin>::NAME);
        static DESCRIPTION: [u8; <$plugin as $crate::Plugin>::DESCRIPTION.len() + 1] =
            $crate::__private::terminated(<$plugin as $crate::Plugin>::DESCRIPTION);
        $crate::__private::descriptor::<$plugin>(&ID, &VERSION, &NAME, &DESCRIPTION)
    }};
}

/// Returns the descriptor of a plugin, whose texts were ended by a zero byte.
pub const fn descriptor<P: Plugin>(
    id: &'static [u8],
    version: &'static [u8],
    name: &'static [u8],
    description: &'static [u8],
) -> abi::PluginDescriptor {
    const fn text(text: &'static [u8]) -> *const c_char {
        if text.len() == 1 { std::ptr::null() } else { text.as_ptr().cast() }
    }
    crate::text::check_id(P::ID);
    crate::text::check_version(P::VERSION);
    abi::PluginDescriptor {
        magic: abi::MAGIC,
        struct_size: size_of::<abi::PluginDescriptor>() as u32,
        abi_major: abi::ABI_MAJOR,
        abi_minor: abi::ABI_MINOR,
        id: text(id),
        version: text(version),
        name: text(name),
        description: text(description),
        requires: P::REQUIRES.as_ptr().cast(),
        provides: P::PROVIDES.as_ptr().cast(),
        extensions: P::EXTENSIONS.as_ptr().cast(),
        requires_count: P::REQUIRES.len() as u32,
        provides_count: P::PROVIDES.len() as u32,
        extensions_count: P::EXTENSIONS.len() as u32,
        flags: 0,
    }
}

/// The hosts that a plugin was initialised by: one in a program, several in its tests.
pub struct Instances(Mutex<Vec<&'static Shared>>);

impl Instances {
    /// Returns that it was initialised by none.
    #[allow(clippy::new_without_default, reason = "a constant")]
    pub const fn new() -> Instances {
        Instances(Mutex::new(Vec::new()))
    }
}

/// Initialises the plugin: what `rps_plugin_init` does.
///
/// # Safety
///
/// The host and the registrar are as the ABI says.
pub unsafe fn init<P: Plugin>(
    host: *const abi::Host,
    registrar: *mut abi::Registrar,
    instances: &'static Instances,
) -> Status {
    if host.is_null() || registrar.is_null() {
        return status::INVALID;
    }
    // It is never freed: what is registered points to it for as long as the library is mapped.
    // SAFETY: the host is valid until `deinit` has returned, and `deinit` ends it.
    let shared: &'static Shared = Box::leak(Box::new(unsafe { Shared::new(host) }));
    let status = guard::status(shared, None, || {
        // SAFETY: the registrar is valid until `init` returns.
        let mut registrar = unsafe { Registrar::new(shared, registrar) };
        P::register(&mut registrar)
    });
    if status == status::OK {
        instances.0.lock().unwrap_or_else(PoisonError::into_inner).push(shared);
    } else {
        shared.end();
    }
    status
}

/// Ends the plugin: what `rps_plugin_deinit` does.
///
/// # Safety
///
/// The host is the one that `init` was given.
pub unsafe fn deinit<P: Plugin>(host: *const abi::Host, instances: &'static Instances) {
    let found = {
        let mut instances = instances.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = instances.iter().position(|shared| shared.is(host));
        place.map(|place| instances.swap_remove(place))
    };
    if let Some(shared) = found {
        guard::status(shared, None, || {
            P::deinit();
            Ok(())
        });
        shared.end();
    }
}
