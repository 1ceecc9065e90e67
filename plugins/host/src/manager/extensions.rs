//! What a store asks of plugins.

use std::sync::Arc;

use rps_runtime::extension::{
    Codec, CodecInfo, ExtensionError, Extensions, Finding, ForeignPayload, Restored, StateSection,
    StateSnapshot, TypeLookup,
};
use rps_runtime::{Mutator, Runtime};

use super::Manager;
use crate::caller::{self, payload};
use crate::error::PluginError;

impl Manager {
    /// Makes a payload of a type of a plugin that is loaded, as the plugin makes one without any data. Returns nothing
    /// where only functions of the plugin make some, and where no plugin has the type.
    ///
    /// # Errors
    ///
    /// What the plugin says.
    pub fn create_payload(
        &self,
        m: &Mutator<'_>,
        type_name: &str,
    ) -> Result<Option<Arc<dyn ForeignPayload>>, PluginError> {
        payload::create(self.inner(), m, type_name)
    }
}

impl Extensions for Manager {
    fn payload_type(&self, name: &str, schema_hash: u64) -> TypeLookup {
        self.inner().load_built_ins();
        payload::look_up(self.inner(), name, schema_hash)
    }

    fn codec_by_magic(&self, magic: [u8; 4]) -> Option<Arc<dyn Codec>> {
        caller::codec_of(self.inner(), |info| info.magic == magic)
    }

    fn codec_by_name(&self, name: &str) -> Option<Arc<dyn Codec>> {
        if name == "auto" {
            let best = caller::best_codecs(self.inner()).into_iter().next()?;
            return caller::codec_of(self.inner(), |info| info.magic == best.magic);
        }
        caller::codec_of(self.inner(), |info| info.name == name)
    }

    fn codecs(&self) -> Vec<CodecInfo> {
        caller::best_codecs(self.inner())
    }

    fn validate(&self, runtime: &Arc<Runtime>) -> Vec<Finding> {
        caller::validate(self.inner(), runtime)
    }

    fn before_dump(&self) -> Result<(), ExtensionError> {
        caller::before_dump(self.inner())
    }

    fn after_dump(&self, is_done: bool, objects: usize) {
        caller::after_dump(self.inner(), is_done, objects);
    }

    fn snapshot_states(&self) -> StateSnapshot {
        caller::snapshot(self.inner())
    }

    fn restore_states(&self, sections: &[StateSection]) -> Vec<Restored> {
        self.inner().load_built_ins();
        caller::restore(self.inner(), sections)
    }
}
