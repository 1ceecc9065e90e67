use core::ffi::{CStr, c_char};

use rps_plugin_abi as abi;

use crate::error::Error;
use crate::registrar::Registrar;
use crate::text;

/// A plugin: what it says of itself, and what it registers. [`crate::register_plugin!`] exports it.
///
/// ```
/// use rps_plugin::{Error, Plugin, Registrar};
///
/// struct Geo;
///
/// impl Plugin for Geo {
///     const ID: &'static str = "geo";
///     const VERSION: &'static str = env!("CARGO_PKG_VERSION");
///     const NAME: &'static str = "Geometry";
///     const DESCRIPTION: &'static str = "Points in the plane, and how far they are apart.";
///
///     fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
///         registrar.function("geo_double", 1, "(x) Returns twice x.", |call, args| {
///             call.double(2.0 * args.double(0)?)
///         })
///     }
/// }
///
/// rps_plugin::register_plugin!(Geo);
/// # fn main() {}
/// ```
///
/// What is wrong in the constants is an error of compilation:
///
/// ```compile_fail
/// # use rps_plugin::{Error, Plugin, Registrar};
/// # struct Geo;
/// impl Plugin for Geo {
///     const ID: &'static str = "Not an id";
///     const VERSION: &'static str = "1.0.0";
///     fn register(_: &mut Registrar<'_>) -> Result<(), Error> { Ok(()) }
/// }
/// rps_plugin::register_plugin!(Geo);
/// # fn main() {}
/// ```
pub trait Plugin: Send + Sync + 'static {
    /// Its identity, such as `geo` or `acme.geo`: lower-case letters, digits, `_`, `-` and `.`, the first a letter.
    const ID: &'static str;
    /// Its version, by Semantic Versioning 2.0; `env!("CARGO_PKG_VERSION")` is that of the crate.
    const VERSION: &'static str;
    /// What people call it.
    const NAME: &'static str = Self::ID;
    /// What it is for, in a line.
    const DESCRIPTION: &'static str = "";
    /// The plugins that must be loaded before it.
    const REQUIRES: &'static [Requirement] = &[];
    /// Names that other plugins may require instead of its id.
    const PROVIDES: &'static [Name] = &[];
    /// What the host must have beyond the core; see [`extension`].
    const EXTENSIONS: &'static [Name] = &[extension::GRAPH];

    /// Registers what the plugin has. All of it counts once this returns `Ok`, else none of it.
    ///
    /// # Errors
    ///
    /// Keep the plugin from being loaded; the message is shown.
    fn register(registrar: &mut Registrar<'_>) -> Result<(), Error>;

    /// Ends the plugin, once no call is in flight: threads that it has started end here.
    fn deinit() {}
}

/// Another plugin that must be loaded before.
///
/// ```
/// use rps_plugin::Requirement;
///
/// const REQUIRES: &[Requirement] = &[
///     Requirement::new(c"geo", c">=0.1, <2"),
///     Requirement::any(c"units").optional(),
/// ];
/// assert_eq!(REQUIRES[0].id(), c"geo");
/// ```
#[repr(transparent)]
#[derive(Debug)]
pub struct Requirement(abi::Requirement);

impl Requirement {
    /// Returns that a plugin, by its id or a name that it provides, is needed in versions as Cargo writes them.
    ///
    /// # Panics
    ///
    /// While the plugin is compiled, if the id is not a name.
    pub const fn new(id: &'static CStr, version: &'static CStr) -> Requirement {
        text::check_name(id);
        Requirement(abi::Requirement { id: id.as_ptr(), version: version.as_ptr(), optional: 0, reserved: 0 })
    }

    /// Returns that a plugin is needed, in any version.
    ///
    /// # Panics
    ///
    /// While the plugin is compiled, if the id is not a name.
    pub const fn any(id: &'static CStr) -> Requirement {
        text::check_name(id);
        let version = std::ptr::null();
        Requirement(abi::Requirement { id: id.as_ptr(), version, optional: 0, reserved: 0 })
    }

    /// Returns that it also does without: then the other is only loaded before, where it is there.
    #[must_use]
    pub const fn optional(mut self) -> Requirement {
        self.0.optional = 1;
        self
    }

    /// Returns the id or provided name.
    pub fn id(&self) -> &'static CStr {
        // SAFETY: it was made of such a text by `new` or `any`, and is never changed.
        unsafe { CStr::from_ptr(self.0.id) }
    }
}

/// A name that is known while the plugin is compiled.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct Name(*const c_char);

impl Name {
    /// Returns the name.
    ///
    /// # Panics
    ///
    /// While the plugin is compiled, if it is empty, longer than 128 bytes, or has spaces.
    pub const fn new(name: &'static CStr) -> Name {
        text::check_name(name);
        Name(name.as_ptr())
    }
}

// SAFETY: it is a pointer to a constant.
unsafe impl Sync for Name {}
// SAFETY: as above.
unsafe impl Send for Name {}

/// What a host may have beyond the core, for [`Plugin::EXTENSIONS`].
///
/// A host that does not have what a plugin names there does not load it. What it does not name it may use all the same:
/// then a missing one is an error of the call.
pub mod extension {
    use super::Name;

    /// Values and objects: all that [`crate::Value`] does.
    pub const GRAPH: Name = Name::new(c"rps.graph/1");
    /// Calling what others have registered.
    pub const POINTS: Name = Name::new(c"rps.points/1");
    /// What the configuration says for the plugin.
    pub const SETTINGS: Name = Name::new(c"rps.settings/1");
    /// Having tasks done later.
    pub const AGENDA: Name = Name::new(c"rps.agenda/1");
    /// Telling others that something happened.
    pub const EVENTS: Name = Name::new(c"rps.events/1");
}
