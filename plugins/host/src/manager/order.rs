//! Which plugins must come before which.

use std::sync::Arc;

use super::Inner;
use super::record::Record;
use crate::error::{LoadError, PluginError};
use crate::library::{Description, Requirement};

impl Inner {
    /// Returns what has to be loaded for a plugin, itself last.
    ///
    /// # Errors
    ///
    /// A plugin that is missing, has another version, or needs itself, with the path on which it is needed (RPS-18).
    pub(super) fn plan(&self, plugin: &Arc<Record>) -> Result<Vec<Arc<Record>>, PluginError> {
        let mut plan = Vec::new();
        let mut path = Vec::new();
        self.visit(plugin, &mut path, &mut plan)
            .map_err(|source| PluginError::Load { plugin: plugin.id.clone(), source })?;
        Ok(plan)
    }

    fn visit(
        &self,
        record: &Arc<Record>,
        path: &mut Vec<String>,
        plan: &mut Vec<Arc<Record>>,
    ) -> Result<(), LoadError> {
        if plan.iter().any(|planned| planned.id == record.id) {
            return Ok(());
        }
        let start = path.iter().position(|id| *id == record.id);
        path.push(record.id.clone());
        if let Some(start) = start {
            return Err(LoadError::Cycle { path: path[start..].join(" → ") });
        }
        let description = record.state.lock().description.clone();
        for requirement in description.iter().flat_map(|description| &description.requires) {
            let Some(needed) = self.provider(requirement, path)? else { continue };
            let (on_path, planned) = (path.len(), plan.len());
            match self.visit(&needed, path, plan) {
                // It works without: what the other one lacks is told of that one.
                Err(error) if requirement.is_optional && !matches!(error, LoadError::Cycle { .. }) => {
                    path.truncate(on_path);
                    plan.truncate(planned);
                }
                result => result?,
            }
        }
        path.pop();
        plan.push(Arc::clone(record));
        Ok(())
    }

    /// Returns the plugin that meets a requirement; nothing when none does and the requirement is optional.
    fn provider(&self, requirement: &Requirement, path: &[String]) -> Result<Option<Arc<Record>>, LoadError> {
        let trail = || format!("needed by {}", path.join(" → "));
        let with_name = |record: Arc<Record>| {
            let description = record.state.lock().description.clone()?;
            names(&description, &requirement.id).then_some((record, description))
        };
        let mut all: Vec<_> = self.all_records().into_iter().filter_map(with_name).collect();
        // Its own id comes before a name that others claim to provide; of those, the first whose version will do.
        all.sort_by_key(|(record, description)| {
            (record.id != requirement.id, !requirement.version.matches(&description.version))
        });
        let by_name = all.into_iter().next();
        match by_name {
            None if requirement.is_optional => Ok(None),
            None => Err(LoadError::MissingDependency { needs: requirement.id.clone(), path: trail() }),
            Some((_, description)) if !requirement.version.matches(&description.version) => {
                if requirement.is_optional {
                    return Ok(None);
                }
                Err(LoadError::VersionConflict {
                    needs: requirement.id.clone(),
                    requirement: requirement.version.to_string(),
                    found: description.version.to_string(),
                    path: trail(),
                })
            }
            Some((record, _)) => Ok(Some(record)),
        }
    }

    /// Returns the loaded plugins that need a plugin.
    pub(super) fn dependents(&self, plugin: &str) -> Vec<String> {
        let Some(description) =
            self.record(plugin).and_then(|record| record.state.lock().description.clone())
        else {
            return Vec::new();
        };
        let needs = |record: &Arc<Record>| {
            let state = record.state.lock();
            let own = state.description.as_ref();
            record.id != plugin
                && state.stage == super::Stage::Loaded
                && state.is_enabled
                && own.is_some_and(|own| {
                    own.requires
                        .iter()
                        .any(|requirement| !requirement.is_optional && names(&description, &requirement.id))
                })
        };
        self.all_records().iter().filter(|record| needs(record)).map(|record| record.id.clone()).collect()
    }
}

impl Record {
    /// Returns whether the plugin does not work without another one.
    pub(super) fn is_in_need_of(&self, other: &Record) -> bool {
        let (own, others) = (self.state.lock().description.clone(), other.state.lock().description.clone());
        let (Some(own), Some(others)) = (own, others) else { return false };
        own.requires.iter().any(|requirement| !requirement.is_optional && names(&others, &requirement.id))
    }
}

/// Returns whether a plugin goes by a name.
fn names(description: &Description, name: &str) -> bool {
    description.id == name || description.provides.iter().any(|provided| provided == name)
}
