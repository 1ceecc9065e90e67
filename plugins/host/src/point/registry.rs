//! All points and what is registered at them.
//!
//! A list is never changed, it is replaced: who dispatches takes it as it is, and holds no lock while a plugin runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parking_lot::RwLock;

use super::definition::{BUILT_IN_POINTS, Definition, PointInfo};
use super::entry::Entry;

/// The implementations of a point, in the order of dispatch.
pub(crate) type List = Arc<[Arc<Entry>]>;

#[derive(Default)]
pub(crate) struct Registry {
    state: RwLock<State>,
}

#[derive(Default)]
struct State {
    lists: BTreeMap<String, List>,
    /// The plugins that have something in a list.
    plugins: BTreeSet<String>,
    definitions: BTreeMap<String, Definition>,
}

impl Registry {
    /// Returns the implementations of a point, in the order of dispatch.
    pub(crate) fn list(&self, point: &str) -> List {
        self.state.read().lists.get(point).cloned().unwrap_or_else(|| Arc::from([]))
    }

    /// Returns the definition of a point of a plugin.
    pub(crate) fn definition(&self, point: &str) -> Option<Definition> {
        self.state.read().definitions.get(point).cloned()
    }

    /// Replaces everything that a plugin has registered, in one step; with nothing it is as if it had never been there.
    pub(crate) fn replace(&self, plugin: &str, entries: Vec<Arc<Entry>>, definitions: Vec<Definition>) {
        let mut state = self.state.write();
        let state = &mut *state;
        let is_known = match entries.is_empty() {
            true => state.plugins.remove(plugin),
            false => !state.plugins.insert(plugin.to_owned()),
        };
        let mut fresh: BTreeMap<String, Vec<Arc<Entry>>> = BTreeMap::new();
        for entry in entries {
            fresh.entry(entry.point.clone()).or_default().push(entry);
        }
        let has_old = |list: &List| list.iter().any(|entry| entry.plugin == plugin);
        // A point may be in both, and is replaced once.
        let touched: BTreeSet<String> = state
            .lists
            .iter()
            // Of a plugin that is new there is nothing to be looked for: there may be thousands.
            .filter(|(_, list)| is_known && has_old(list))
            .map(|(point, _)| point.clone())
            .chain(fresh.keys().cloned())
            .collect();
        for point in touched {
            let old = state.lists.get(&point).cloned().unwrap_or_else(|| Arc::from([]));
            let mut list: Vec<_> = old.iter().filter(|entry| entry.plugin != plugin).cloned().collect();
            list.extend(fresh.remove(&point).unwrap_or_default());
            list.sort_by(|a, b| a.order(b));
            match list.is_empty() {
                true => state.lists.remove(&point),
                false => state.lists.insert(point, list.into()),
            };
        }
        state.definitions.retain(|_, definition| definition.plugin != plugin);
        for definition in definitions {
            state.definitions.entry(definition.name.clone()).or_insert(definition);
        }
    }

    /// Returns all points, those of the host first.
    pub(crate) fn points(&self) -> Vec<PointInfo> {
        let built_in = BUILT_IN_POINTS.iter().map(|(name, description)| PointInfo {
            name: (*name).into(),
            revision: 1,
            description: (*description).into(),
            plugin: None,
        });
        let state = self.state.read();
        let defined = state.definitions.values().map(|definition| PointInfo {
            name: definition.name.clone(),
            revision: definition.revision,
            description: definition.description.clone(),
            plugin: Some(definition.plugin.clone()),
        });
        built_in.chain(defined).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::Declared;
    use crate::point::Implementation;

    fn entry(plugin: &str, name: &str) -> Arc<Entry> {
        let declared = Declared {
            point: "service".into(),
            name: name.into(),
            priority: 0,
            arity: None,
            receiver: None,
            doc: None,
            schema: None,
            magic: None,
        };
        Arc::new(Entry {
            point: "service".into(),
            name: name.into(),
            priority: 0,
            plugin: plugin.into(),
            metrics: Arc::default(),
            implementation: Implementation::Declared(declared),
        })
    }

    /// What a sidecar has declared becomes what its plugin registers, at the same point.
    #[test]
    fn what_takes_the_place_of_something_is_there() {
        let registry = Registry::default();
        let names =
            || -> Vec<String> { registry.list("service").iter().map(|one| one.name.clone()).collect() };
        registry.replace("b", vec![entry("b", "old")], Vec::new());
        registry.replace("a", vec![entry("a", "other")], Vec::new());
        registry.replace("b", vec![entry("b", "new"), entry("b", "newer")], Vec::new());
        assert_eq!(names(), ["other", "new", "newer"]);
        registry.replace("b", Vec::new(), Vec::new());
        assert_eq!(names(), ["other"]);
    }
}
