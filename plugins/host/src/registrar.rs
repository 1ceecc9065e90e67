//! What `init` registers, staged until it returns.

use std::collections::BTreeSet;
use std::sync::Arc;

use rps_plugin_abi as abi;
use rps_plugin_abi::status;

use crate::error::LoadError;
use crate::instance::Instance;
use crate::library::text_at;
use crate::metrics::CallMetrics;
use crate::point::{Data, Definition, Entry, Implementation, Interface};

/// The plugin whose codecs have the magics of the host.
const HOST_CODECS: &str = "codecs";

/// What a plugin has registered so far.
#[derive(Debug, Default)]
pub(crate) struct Staging {
    pub(crate) entries: Vec<Arc<Entry>>,
    pub(crate) definitions: Vec<Definition>,
    names: BTreeSet<(String, String)>,
    /// The first thing that was wrong: the plugin is not loaded, whatever `init` returns.
    pub(crate) error: Option<LoadError>,
}

impl Staging {
    /// Stages an implementation.
    ///
    /// # Safety
    ///
    /// The registration is as the interface says.
    pub(crate) unsafe fn register(
        &mut self,
        instance: &'static Instance,
        registration: *const abi::Registration,
    ) -> abi::Status {
        // SAFETY: by this function's contract.
        match unsafe { self.entry(instance, registration) } {
            Ok(entry) => {
                self.entries.push(Arc::new(entry));
                status::OK
            }
            Err(error) => self.refuse(error),
        }
    }

    /// Stages the definition of a point.
    ///
    /// # Safety
    ///
    /// The definition is as the interface says.
    pub(crate) unsafe fn define(
        &mut self,
        instance: &'static Instance,
        definition: *const abi::PointDefinition,
    ) -> abi::Status {
        // SAFETY: by this function's contract.
        match unsafe { read_definition(instance, definition) } {
            Ok(definition) => {
                let known = self.known_definition(instance, &definition.name);
                match known {
                    Some(known) if known.is_same_interface(&definition) => {}
                    Some(known) => {
                        let problem = format!("{} has defined it with another interface", known.plugin);
                        let what = format!("the point `{}`", definition.name);
                        return self.refuse(registration("plugin::interface-mismatch", what, problem));
                    }
                    None => self.definitions.push(definition),
                }
                status::OK
            }
            Err(error) => self.refuse(error),
        }
    }

    /// Returns the definition of a point, by this plugin or another one.
    fn known_definition(&self, instance: &Instance, name: &str) -> Option<Definition> {
        let own = self.definitions.iter().find(|definition| definition.name == name).cloned();
        own.or_else(|| {
            instance.manager()?.registry.definition(name).filter(|known| known.plugin != instance.id)
        })
    }

    /// # Safety
    ///
    /// As [`Staging::register`].
    unsafe fn entry(
        &mut self,
        instance: &'static Instance,
        pointer: *const abi::Registration,
    ) -> Result<Entry, LoadError> {
        // SAFETY: by this function's contract.
        let table = unsafe { checked(pointer, "a registration") }?;
        // SAFETY: as above.
        let (point, name) = unsafe { (text(table.point, "its point")?, text(table.name, "its name")?) };
        let what = format!("`{name}` at the point `{point}`");
        if table.reserved != 0 {
            let problem = "`reserved` is not zero: it was compiled with a newer header".to_owned();
            return Err(registration("plugin::bad-metadata", what, problem));
        }
        let wrong = |(code, problem): (&'static str, String)| registration(code, what.clone(), problem);
        check_name(&point, &name).map_err(|problem| wrong(("plugin::bad-name", problem)))?;
        let custom = self.known_definition(instance, &point);
        let revision = custom.as_ref().map_or(1, |definition| definition.revision);
        let is_built_in = crate::point::BUILT_IN_POINTS.iter().any(|(known, _)| *known == point);
        if (is_built_in || custom.is_some()) && table.revision != revision {
            let problem = format!("it implements revision {}, and the point has {revision}", table.revision);
            return Err(wrong(("plugin::interface-mismatch", problem)));
        }
        // SAFETY: as above.
        let interface = unsafe {
            match &custom {
                Some(definition) => Interface::read_custom(definition, table.interface),
                None => Interface::read(&point, &name, table.interface),
            }
        }
        .map_err(wrong)?;
        let key = match &interface {
            // Two schemas of one type are two types.
            Interface::Payload(payload) => format!("{name} {:016x}", payload.schema_hash),
            // A method of one class is not that of another.
            Interface::Function(function) => format!("{} {name}", function.receiver.as_deref().unwrap_or("")),
            _ => name.clone(),
        };
        if let Interface::Codec(codec) = &interface
            && codec.magic[3] < 0x80
            && instance.id != HOST_CODECS
        {
            let problem = format!(
                "the magic {:02x?} is one of the host's: those of plugins end in 80 to ff",
                codec.magic
            );
            return Err(wrong(("plugin::bad-metadata", problem)));
        }
        if let Interface::Payload(_) = interface
            && name.split_once('/').is_none_or(|(plugin, _)| plugin != instance.id)
        {
            let problem = format!("the name of a type of this plugin begins with `{}/`", instance.id);
            return Err(wrong(("plugin::bad-name", problem)));
        }
        if !self.names.insert((point.clone(), key)) {
            return Err(wrong(("plugin::duplicate-registration", "it is registered twice".into())));
        }
        let priority = instance.manager().and_then(|manager| manager.priority_of(instance.id, &point, &name));
        Ok(Entry {
            priority: priority.unwrap_or(table.priority),
            plugin: instance.id.to_owned(),
            metrics: Arc::new(CallMetrics::new()),
            implementation: Implementation::Loaded { instance, interface, data: Data(table.data) },
            point,
            name,
        })
    }

    /// Refuses what comes without the registrar that `init` was given: a later host may have several.
    pub(crate) fn refuse_null_registrar(&mut self) -> abi::Status {
        let problem = "the registrar is null".to_owned();
        self.refuse(registration("plugin::null-interface", "something".into(), problem))
    }

    fn refuse(&mut self, error: LoadError) -> abi::Status {
        crate::api::set_failure(error.to_string());
        self.error.get_or_insert(error);
        status::INVALID
    }
}

/// Returns a struct that begins with its size.
///
/// # Safety
///
/// The pointer is null, or that of a struct which begins with its size and is as long as it says.
unsafe fn checked<'t, T>(pointer: *const T, what: &str) -> Result<&'t T, LoadError> {
    let wrong = |problem: &str| registration("plugin::null-interface", what.to_owned(), problem.to_owned());
    if pointer.is_null() || !pointer.is_aligned() {
        return Err(wrong("it is null, or not aligned"));
    }
    // SAFETY: by this function's contract.
    if (unsafe { *pointer.cast::<u32>() } as usize) < size_of::<T>() {
        return Err(wrong("it is too short"));
    }
    // SAFETY: as above, and the size was looked at.
    Ok(unsafe { &*pointer })
}

/// # Safety
///
/// As [`text_at`].
unsafe fn text(pointer: *const std::ffi::c_char, what: &str) -> Result<String, LoadError> {
    let wrong = |problem| registration("plugin::bad-text", what.to_owned(), problem);
    // SAFETY: by this function's contract.
    match unsafe { text_at(pointer) } {
        Ok(Some(text)) => Ok(text),
        Ok(None) => Err(wrong("it is null".into())),
        Err(problem) => Err(wrong(format!("it {problem}"))),
    }
}

/// Makes sure that a name is one that can be used at a point.
fn check_name(point: &str, name: &str) -> Result<(), String> {
    if name.is_empty() || name.len() > abi::MAX_NAME {
        return Err(format!("a name has 1 to {} bytes", abi::MAX_NAME));
    }
    if point == abi::point::FUNCTION && !rps_runtime::names::is_name(name) {
        return Err("a function's name is a name of the language, such as `geo_distance`".into());
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    if !name.chars().all(allowed) || name.contains("..") || name.starts_with('/') || name.ends_with('/') {
        return Err("a name has letters, digits, `_`, `-`, `.`, and `/` between two of them".into());
    }
    Ok(())
}

/// # Safety
///
/// As [`Staging::define`].
unsafe fn read_definition(
    instance: &Instance,
    pointer: *const abi::PointDefinition,
) -> Result<Definition, LoadError> {
    // SAFETY: by this function's contract.
    let table = unsafe { checked(pointer, "a point") }?;
    // SAFETY: as above.
    let name = unsafe { text(table.name, "the name of a point") }?;
    let what = format!("the point `{name}`");
    let description = match table.description.is_null() {
        true => String::new(),
        // SAFETY: as above.
        false => unsafe { text(table.description, &what) }?,
    };
    let definition = Definition {
        name,
        revision: table.revision,
        description,
        functions: table.functions,
        required: table.required,
        plugin: instance.id.to_owned(),
    };
    definition.check().map_err(|(code, problem)| registration(code, what, problem))?;
    Ok(definition)
}

fn registration(code: &'static str, what: String, problem: String) -> LoadError {
    LoadError::Registration { code, what, problem }
}
