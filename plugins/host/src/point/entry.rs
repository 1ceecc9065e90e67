//! One implementation of a point.

use std::cmp::Ordering;
use std::ffi::c_void;
use std::fmt;
use std::sync::Arc;

use super::interface::Interface;
use crate::instance::Instance;
use crate::library::Declared;
use crate::metrics::CallMetrics;
use crate::process::ProcessService;

/// An implementation of a point, or the word of a sidecar that there will be one.
pub(crate) struct Entry {
    pub(crate) point: String,
    pub(crate) name: String,
    pub(crate) priority: i32,
    /// The id of the plugin.
    pub(crate) plugin: String,
    pub(crate) metrics: Arc<CallMetrics>,
    pub(crate) implementation: Implementation,
}

pub(crate) enum Implementation {
    /// It can be called.
    Loaded { instance: &'static Instance, interface: Interface, data: Data },
    /// It can be called, in a process of its own.
    Isolated(Arc<ProcessService>),
    /// It can be called once its plugin is loaded.
    Declared(Declared),
}

/// What a plugin wants its functions to be given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Data(pub(crate) *mut c_void);

// SAFETY: the host only hands it back; the plugin answers for calls from several threads.
unsafe impl Send for Data {}
// SAFETY: as above.
unsafe impl Sync for Data {}
// SAFETY: tables of plugins are functions and constants, which any thread may use.
unsafe impl Send for Interface {}
// SAFETY: as above.
unsafe impl Sync for Interface {}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} at {}", self.name, self.plugin, self.point)
    }
}

impl Entry {
    /// Returns the order of dispatch: higher priorities first, then the id of the plugin, then the name.
    pub(crate) fn order(&self, other: &Entry) -> Ordering {
        let by_priority = other.priority.cmp(&self.priority);
        by_priority.then_with(|| self.plugin.cmp(&other.plugin)).then_with(|| self.name.cmp(&other.name))
    }

    /// Returns what can be called, if the plugin is loaded.
    pub(crate) fn loaded(&self) -> Option<(&'static Instance, &Interface, Data)> {
        match &self.implementation {
            Implementation::Loaded { instance, interface, data } => Some((instance, interface, *data)),
            Implementation::Declared(_) | Implementation::Isolated(_) => None,
        }
    }

    /// Returns whether it can be called as it is.
    pub(crate) fn is_callable(&self) -> bool {
        !matches!(self.implementation, Implementation::Declared(_))
    }

    pub(crate) fn declared(&self) -> Option<&Declared> {
        match &self.implementation {
            Implementation::Declared(declared) => Some(declared),
            Implementation::Loaded { .. } | Implementation::Isolated(_) => None,
        }
    }
}
