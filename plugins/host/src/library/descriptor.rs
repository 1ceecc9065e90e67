//! What a plugin says of itself, checked member by member and copied.

use std::ffi::{CStr, c_char};
use std::mem::offset_of;

use rps_plugin_abi as abi;
use semver::{Version, VersionReq};

use crate::error::LoadError;

/// What is known of a plugin without calling anything of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// Its identity.
    pub id: String,
    /// Its version.
    pub version: Version,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The plugins that must be loaded before it.
    pub requires: Vec<Requirement>,
    /// The names that others may require instead of its id.
    pub provides: Vec<String>,
    /// The extensions of the host that it needs.
    pub extensions: Vec<String>,
}

/// A plugin that another one needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Requirement {
    /// Its id, or a name that it provides.
    pub id: String,
    /// The versions that will do.
    pub version: VersionReq,
    /// Whether it may be missing.
    pub is_optional: bool,
}

/// So many entries are looked at in a list of a descriptor.
const MAX_ENTRIES: u32 = 1024;

impl Description {
    /// Reads and checks a descriptor.
    ///
    /// # Safety
    ///
    /// The pointer is that of what a library exports as its descriptor: if the first members say that it is one, the
    /// rest is as they say.
    pub(super) unsafe fn read(descriptor: *const abi::PluginDescriptor) -> Result<Description, LoadError> {
        // SAFETY: by this function's contract; each member is read alone, as the struct may be shorter than ours.
        let magic = unsafe { (&raw const (*descriptor).magic).read_unaligned() };
        if magic != abi::MAGIC {
            let problem = format!(
                "is {:?}, not {:?}: it is no descriptor of this interface",
                ascii(&magic),
                ascii(&abi::MAGIC)
            );
            return Err(wrong("magic", problem));
        }
        // SAFETY: as above: the magic is right.
        let (size, major, minor) = unsafe {
            (
                (&raw const (*descriptor).struct_size).read_unaligned(),
                (&raw const (*descriptor).abi_major).read_unaligned(),
                (&raw const (*descriptor).abi_minor).read_unaligned(),
            )
        };
        if major != abi::ABI_MAJOR || minor > abi::ABI_MINOR {
            let host = format!("{}.{}", abi::ABI_MAJOR, abi::ABI_MINOR);
            return Err(LoadError::AbiVersion { plugin: format!("{major}.{minor}"), host });
        }
        let least = offset_of!(abi::PluginDescriptor, flags) + size_of::<u32>();
        if (size as usize) < least
            || !(descriptor as usize).is_multiple_of(align_of::<abi::PluginDescriptor>())
        {
            return Err(wrong("struct_size", format!("is {size}, and must be at least {least}")));
        }
        // SAFETY: the size says that all members are there, and the address is aligned.
        let descriptor = unsafe { &*descriptor };
        if descriptor.flags != 0 {
            return Err(wrong("flags", format!("has bits that are not known here: {:#x}", descriptor.flags)));
        }
        // SAFETY: texts and lists of a descriptor end in a zero byte and are as long as it says.
        unsafe { Description::read_texts(descriptor) }
    }

    /// # Safety
    ///
    /// The texts of the descriptor end in a zero byte, and its lists are as long as it says.
    unsafe fn read_texts(descriptor: &abi::PluginDescriptor) -> Result<Description, LoadError> {
        // SAFETY: by this function's contract, here and below.
        let text = |pointer, field| unsafe { text_at(pointer) }.map_err(|problem| wrong(field, problem));
        let required = |pointer, field| {
            text(pointer, field)?.ok_or_else(|| wrong(field, "is null, and must be a text".into()))
        };
        let id = required(descriptor.id, "id")?;
        check_id(&id).map_err(|problem| wrong("id", problem))?;
        let version = required(descriptor.version, "version")?;
        let version = Version::parse(&version).map_err(|error| {
            wrong("version", format!("is `{version}`, which is no semantic version: {error}"))
        })?;
        let name =
            text(descriptor.name, "name")?.filter(|name| !name.is_empty()).unwrap_or_else(|| id.clone());
        let description = text(descriptor.description, "description")?.unwrap_or_default();
        let list = |pointer: *const *const c_char, count: u32, field| {
            let pointers = entries(pointer, count, field)?;
            pointers.iter().map(|&pointer| required(pointer, field)).collect::<Result<Vec<String>, _>>()
        };
        let provides = list(descriptor.provides, descriptor.provides_count, "provides")?;
        for name in &provides {
            check_id(name).map_err(|problem| wrong("provides", problem))?;
        }
        let extensions = list(descriptor.extensions, descriptor.extensions_count, "extensions")?;
        let mut requires = Vec::new();
        for requirement in entries(descriptor.requires, descriptor.requires_count, "requires")? {
            let needed = required(requirement.id, "requires")?;
            check_id(&needed).map_err(|problem| wrong("requires", problem))?;
            let versions = text(requirement.version, "requires")?.filter(|text| !text.is_empty());
            let versions = match versions {
                None => VersionReq::STAR,
                Some(text) => VersionReq::parse(&text).map_err(|error| {
                    wrong(
                        "requires",
                        format!("has `{text}` for {needed}, which is no version requirement: {error}"),
                    )
                })?,
            };
            let is_optional = requirement.optional != 0;
            requires.push(Requirement { id: needed, version: versions, is_optional });
        }
        Ok(Description { id, version, name, description, requires, provides, extensions })
    }
}

/// Returns a list of a descriptor.
fn entries<'l, T>(pointer: *const T, count: u32, field: &'static str) -> Result<&'l [T], LoadError> {
    match count {
        0 => Ok(&[]),
        _ if pointer.is_null() => Err(wrong(field, format!("is null, and is said to have {count} entries"))),
        _ if count > MAX_ENTRIES => {
            Err(wrong(field, format!("has {count} entries; at most {MAX_ENTRIES} are read")))
        }
        // SAFETY: the descriptor says that so many are there.
        _ => Ok(unsafe { std::slice::from_raw_parts(pointer, count as usize) }),
    }
}

/// Returns a text that ends in a zero byte, or what is wrong with it.
///
/// # Safety
///
/// The pointer is null, or memory can be read from it up to a zero byte or [`abi::MAX_TEXT`] bytes.
pub(crate) unsafe fn text_at(pointer: *const c_char) -> Result<Option<String>, String> {
    if pointer.is_null() {
        return Ok(None);
    }
    let mut len = 0;
    // SAFETY: by this function's contract.
    while unsafe { *pointer.add(len) } != 0 {
        len += 1;
        if len > abi::MAX_TEXT {
            return Err(format!("is no text: it does not end within {} bytes", abi::MAX_TEXT));
        }
    }
    // SAFETY: a zero byte was found behind `len` bytes.
    let text = unsafe { CStr::from_ptr(pointer) };
    match text.to_str() {
        Ok(text) => Ok(Some(text.to_owned())),
        Err(error) => Err(format!("is no UTF-8 from byte {} on", error.valid_up_to())),
    }
}

/// Makes sure that a text can be the id of a plugin.
///
/// # Errors
///
/// What is wrong with it.
pub fn check_id(id: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-.".contains(c);
    if id.is_empty() {
        return Err("is empty".into());
    }
    if id.len() > abi::MAX_NAME {
        return Err(format!("has {} bytes; at most {} are allowed", id.len(), abi::MAX_NAME));
    }
    if !id.starts_with(|c: char| c.is_ascii_lowercase()) || !id.chars().all(allowed) || id.contains("..") {
        return Err(format!(
            "is `{}`: a lower-case letter, then such letters, digits, `_`, `-` and `.`",
            id.escape_debug()
        ));
    }
    Ok(())
}

fn ascii(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

fn wrong(field: &'static str, problem: String) -> LoadError {
    LoadError::Descriptor { field, problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_simple() {
        for id in ["geo", "acme.geo", "a-b_c9"] {
            assert_eq!(check_id(id), Ok(()), "{id}");
        }
        for id in ["", "Geo", "9geo", "geo/x", "../geo", "a..b", "gé", &"x".repeat(129)] {
            assert!(check_id(id).is_err(), "{id}");
        }
    }
}
