//! The runtime that plugins work on.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rps_plugin_abi as abi;
use rps_runtime::Runtime;

use super::{Inner, Manager, PayloadKeeper, Record};
use crate::caller::{self, payload};
use crate::point::Entry;

impl Manager {
    /// Makes a runtime the one that plugins work on: their functions get names in it. It takes the place of the one
    /// before. The manager does not keep it alive.
    pub fn attach(&self, runtime: &Arc<Runtime>) {
        let inner = self.inner();
        *inner.runtime.write() = Arc::downgrade(runtime);
        inner.parked.lock().clear();
        if inner.was_attached.swap(true, Ordering::AcqRel) {
            // What plugins remember belongs to the store before.
            for record in inner.all_records() {
                let entries = record.state.lock().entries.clone();
                caller::reset(inner, &entries);
            }
        }
        inner.load_built_ins();
        inner.bind();
    }

    /// Sets what keeps payloads when their plugin goes.
    pub fn set_payload_keeper(&self, keeper: Arc<dyn PayloadKeeper>) {
        *self.inner().keeper.write() = Some(keeper);
    }
}

impl Inner {
    /// Makes what is registered known to the runtime.
    pub(crate) fn bind(&self) {
        if let Some(me) = self.arc() {
            payload::bind_classes(&me);
            self.functions.bind(&me);
        }
    }

    /// Makes payloads of what a store has kept, as far as their types are known now that a plugin is there.
    pub(super) fn revive(&self, record: &Record) {
        let is_type = |entry: &Arc<Entry>| entry.point == abi::point::PAYLOAD_TYPE;
        if !record.state.lock().entries.iter().any(is_type) {
            return;
        }
        let keeper = self.keeper.read().clone();
        if let (Some(keeper), Some(runtime)) = (keeper, self.runtime()) {
            keeper.revive(&runtime);
        }
    }
}
