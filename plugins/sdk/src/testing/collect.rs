//! A collector: what nothing refers to, ends.

use core::ffi::c_void;

use rps_plugin_abi::RawValue;
use rps_plugin_abi::point::Visitor;

use super::world::{Cell, Payload};
use super::{MockHost, MockObject};

impl MockHost {
    /// Collects all that neither these objects nor the plugin's roots refer to; returns how many objects ended.
    ///
    /// What the test has got before as a value is no longer there, unless one of these refers to it.
    pub fn collect(&self, keep: &[MockObject]) -> usize {
        let mut marked = Vec::new();
        let mut to_do: Vec<RawValue> = keep.iter().map(|object| RawValue { bits: object.0 }).collect();
        to_do.extend(self.world().roots.values());
        while let Some(raw) = to_do.pop() {
            if marked.contains(&raw.bits) {
                continue;
            }
            let mut world = self.world();
            let payload = match world.cell(raw) {
                Ok(Cell::Tuple(items)) => {
                    to_do.extend(items.iter());
                    None
                }
                Ok(Cell::Object(object)) => {
                    to_do.extend(object.attributes.values().chain(&object.components));
                    object.payload
                }
                Ok(_) => None,
                Err(_) => continue,
            };
            marked.push(raw.bits);
            let interface = payload.map(|payload| (payload, world.payload_type(payload.kind)));
            drop(world);
            if let Some((payload, (interface, data))) = interface {
                let visitor = Visitor {
                    struct_size: size_of::<Visitor>() as u32,
                    reserved: 0,
                    context: (&raw mut to_do).cast::<c_void>(),
                    visit: Some(visit),
                };
                // SAFETY: what is registered lives as long as the library; the payload is alive; the visitor lives until it
                // returns.
                unsafe {
                    if let Some(trace) = (*interface).trace {
                        trace(data, payload.pointer, &raw const visitor);
                    }
                }
            }
        }
        self.sweep(|bits| marked.contains(&bits))
    }

    /// Drops all payloads.
    pub(super) fn drop_payloads(&self) {
        self.sweep(|_| false);
    }

    fn sweep(&self, is_marked: impl Fn(u64) -> bool) -> usize {
        let mut dead: Vec<Payload> = Vec::new();
        let mut count = 0;
        for (index, cell) in self.world().cells().iter_mut().enumerate() {
            if is_marked((index as u64 + 1) << 4) {
                continue;
            }
            if let Cell::Object(object) = std::mem::replace(cell, Cell::Dead) {
                count += 1;
                dead.extend(object.payload);
            }
        }
        for payload in dead {
            let (interface, data) = self.world().payload_type(payload.kind);
            // SAFETY: what is registered lives as long as the library; each payload is dropped once, here.
            unsafe {
                if let Some(drop) = (*interface).drop {
                    drop(data, payload.pointer);
                }
            }
        }
        count
    }
}

unsafe extern "C" fn visit(visitor: *const Visitor, value: RawValue) {
    // SAFETY: the visitor is that of `collect`, whose context is its list.
    unsafe { (*(*visitor).context.cast::<Vec<RawValue>>()).push(value) };
}
