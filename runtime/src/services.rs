//! Services: what a program that embeds the runtime gives to the natives of its libraries.
//!
//! Natives are plain functions. What they need beside the objects, such as where output goes, is provided to the runtime
//! once, and found by its type.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;

use crate::runtime::Runtime;

/// What was provided, by type.
#[derive(Default)]
pub(crate) struct Services(RwLock<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl Runtime {
    /// Provides a service, instead of the one of the same type that there was. It must hold no value without a handle.
    pub fn provide<T: Any + Send + Sync>(&self, service: T) {
        self.services().0.write().insert(TypeId::of::<T>(), Arc::new(service));
    }

    /// Returns the service of a type.
    pub fn service<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        let service = self.services().0.read().get(&TypeId::of::<T>()).map(Arc::clone);
        service?.downcast().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_found_by_its_type_and_replaced() {
        let runtime = Runtime::new();
        assert!(runtime.service::<u8>().is_none());
        runtime.provide(1u8);
        runtime.provide("other type");
        assert_eq!(runtime.service::<u8>().as_deref(), Some(&1));
        runtime.provide(2u8);
        assert_eq!(runtime.service::<u8>().as_deref(), Some(&2));
    }
}
