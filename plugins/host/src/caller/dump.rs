//! The point `dump.hook`: what is told of dumps, and may refuse them.

use std::sync::Arc;

use rps_plugin_abi as abi;
use rps_runtime::extension::ExtensionError;

use super::guarded::Guarded;
use crate::manager::Inner;
use crate::point::Interface;

/// Tells all hooks that a dump begins; the first that refuses ends it.
pub(crate) fn before_dump(manager: &Arc<Inner>) -> Result<(), ExtensionError> {
    manager.load_declared(abi::point::DUMP_HOOK);
    for entry in manager.registry.list(abi::point::DUMP_HOOK).iter() {
        let Some((instance, Interface::DumpHook(hook), data)) = entry.loaded() else { continue };
        let Some(before) = hook.before else { continue };
        Guarded::of(manager, entry, instance).call(move |call| {
            let data = data;
            // SAFETY: the plugin has registered the function as what the point says.
            (unsafe { before(data.0, call) }, ())
        })?;
    }
    Ok(())
}

/// Tells all hooks how a dump has ended.
pub(crate) fn after_dump(manager: &Arc<Inner>, is_done: bool, objects: usize) {
    for entry in manager.registry.list(abi::point::DUMP_HOOK).iter() {
        let Some((instance, Interface::DumpHook(hook), data)) = entry.loaded() else { continue };
        let Some(after) = hook.after else { continue };
        let called = Guarded::of(manager, entry, instance).call(move |call| {
            let data = data;
            // SAFETY: the plugin has registered the function as what the point says.
            (unsafe { after(data.0, call, u32::from(is_done), objects as u64) }, ())
        });
        if let Err(error) = called {
            manager.log(abi::host::LOG_WARN, &entry.plugin, &error.to_string());
        }
    }
    manager.emit("store.dumped", &format!("{{\"done\":{is_done},\"objects\":{objects}}}"));
}
