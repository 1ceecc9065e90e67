//! What a plugin says of itself before anything of it is called.

use core::ffi::c_char;

/// What a plugin exports as `rps_plugin_descriptor`. Texts end in a zero byte and are UTF-8; a null pointer is no text.
///
/// The host reads it from its first member on, and refuses the plugin with the member that is wrong.
#[repr(C)]
#[derive(Debug)]
pub struct PluginDescriptor {
    /// [`crate::MAGIC`].
    pub magic: [u8; 8],
    /// The size of this struct in bytes.
    pub struct_size: u32,
    /// [`crate::ABI_MAJOR`] of the header that the plugin was compiled with.
    pub abi_major: u16,
    /// [`crate::ABI_MINOR`] of that header.
    pub abi_minor: u16,
    /// The plugin's identity, such as `geo` or `acme.geo`: lower-case letters, digits, `_`, `-` and `.`; it begins with a letter.
    pub id: *const c_char,
    /// Its version, by Semantic Versioning 2.0.
    pub version: *const c_char,
    /// What people call it; where null, the id.
    pub name: *const c_char,
    /// What it is for, in a line; may be null.
    pub description: *const c_char,
    /// The plugins that must be loaded before it, `requires_count` of them.
    pub requires: *const Requirement,
    /// Names that other plugins may require instead of its id, `provides_count` of them.
    pub provides: *const *const c_char,
    /// The extensions that the host must have, such as `rps.graph/1`, `extensions_count` of them.
    pub extensions: *const *const c_char,
    /// How many requirements there are.
    pub requires_count: u32,
    /// How many names it provides.
    pub provides_count: u32,
    /// How many extensions it needs.
    pub extensions_count: u32,
    /// Zero; a bit that the host does not know is refused.
    pub flags: u32,
}

/// A plugin that another one needs.
#[repr(C)]
#[derive(Debug)]
pub struct Requirement {
    /// Its id, or a name that it provides.
    pub id: *const c_char,
    /// The versions that will do, as Cargo writes them (`>=1.2, <2`); null for any.
    pub version: *const c_char,
    /// Not zero if the plugin works without it: then it is only loaded before, where it is there.
    pub optional: u32,
    /// Zero.
    pub reserved: u32,
}

// SAFETY: a descriptor is constant; what it points to is constant too, and as long-lived as the library.
unsafe impl Sync for PluginDescriptor {}
// SAFETY: as above.
unsafe impl Sync for Requirement {}

/// A plugin that is part of the program: what a library would export.
#[derive(Clone, Copy, Debug)]
pub struct BuiltIn {
    /// What it says of itself.
    pub descriptor: &'static PluginDescriptor,
    /// Registers what it has.
    pub init: crate::host::InitFn,
    /// Ends it.
    pub deinit: Option<crate::host::DeinitFn>,
}
