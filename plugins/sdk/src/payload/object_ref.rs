use core::cell::Cell;
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rps_plugin_abi::{RawValue, point};

use super::Payload;
use crate::call::{Call, PayloadRef, Root, Value};
use crate::error::Error;

/// A reference from a payload to an object: the object lives as long as the payload refers to it, and is collected with
/// it, also if the two refer to each other.
///
/// It is made by [`ObjectRef::new`], and asked for its object through the payload that holds it. Taken out of its payload,
/// and put into another or back later, it is empty: only a payload keeps an object alive.
pub struct ObjectRef {
    /// The word of the object; zero when empty.
    bits: AtomicU64,
    /// The stamp of the payload that it was found in; see [`adopt`].
    stamp: AtomicU64,
    /// What keeps the object alive until the reference is in a payload.
    root: Mutex<Option<Arc<Root>>>,
}

impl ObjectRef {
    /// Returns a reference to an object.
    ///
    /// # Errors
    ///
    /// When the host can not keep it, or it is no object.
    pub fn new(object: Value<'_>) -> Result<ObjectRef, Error> {
        if object.kind() != crate::Kind::Object {
            return Err(Error::invalid("expected an object"));
        }
        Ok(ObjectRef {
            bits: AtomicU64::new(object.raw().bits),
            stamp: AtomicU64::new(0),
            root: Mutex::new(Some(Arc::new(object.keep()?))),
        })
    }

    /// Returns the object that it refers to, nil for an empty reference.
    ///
    /// # Errors
    ///
    /// When the reference is not inside of this payload.
    pub fn value<'call, T: Payload>(&self, holder: &PayloadRef<'call, T>) -> Result<Value<'call>, Error> {
        let raw = RawValue { bits: self.bits.load(Ordering::Acquire) };
        if raw.is_nil() {
            return Ok(holder.call().nil());
        }
        let rooted = self.root.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if !rooted && self.stamp.load(Ordering::Acquire) != holder.stamp() {
            return Err(Error::misuse("the reference is not inside of this payload"));
        }
        holder.call().keep_alive(raw)
    }

    /// Returns whether it refers to no object.
    pub fn is_empty(&self) -> bool {
        self.bits.load(Ordering::Acquire) == 0
    }

    /// Returns the object inside of a callback of the payload itself, while it is written.
    pub(crate) fn value_inside<'call>(&self, call: &'call Call) -> Result<Value<'call>, Error> {
        call.keep_alive(RawValue { bits: self.bits.load(Ordering::Acquire) })
    }
}

/// A copy is a reference of the same payload, or of a copy of that.
impl Clone for ObjectRef {
    fn clone(&self) -> ObjectRef {
        ObjectRef {
            bits: AtomicU64::new(self.bits.load(Ordering::Acquire)),
            stamp: AtomicU64::new(self.stamp.load(Ordering::Acquire)),
            root: Mutex::new(self.root.lock().unwrap_or_else(PoisonError::into_inner).clone()),
        }
    }
}

/// An empty reference.
impl Default for ObjectRef {
    fn default() -> ObjectRef {
        ObjectRef { bits: AtomicU64::new(0), stamp: AtomicU64::new(0), root: Mutex::new(None) }
    }
}

impl core::fmt::Debug for ObjectRef {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str(if self.is_empty() { "ObjectRef(empty)" } else { "ObjectRef" })
    }
}

/// Visits the object references of a payload, in [`Payload::trace`].
pub struct Visitor<'visit> {
    seen: &'visit mut dyn FnMut(&ObjectRef),
}

impl Visitor<'_> {
    /// Visits a reference.
    pub fn visit(&mut self, reference: &ObjectRef) {
        (self.seen)(reference);
    }
}

/// What keeps objects alive until the host knows of the payload that refers to them.
pub(crate) struct Adoption {
    /// The stamp that the payload's references have now.
    pub(crate) stamp: u64,
    _roots: Vec<Arc<Root>>,
}

/// Makes the references of a payload its own: they need no roots any more, since the payload is traced.
///
/// Every change of a payload gives it a new stamp. A reference whose stamp is not that of before, and which is not new,
/// was somewhere else meanwhile, where nothing kept its object alive: it becomes empty.
pub(crate) fn adopt<T: Payload>(payload: &T, before: u64) -> Adoption {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let stamp = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut roots = Vec::new();
    payload.trace(&mut Visitor {
        seen: &mut |reference| {
            let root = reference.root.lock().unwrap_or_else(PoisonError::into_inner).take();
            let own = before != 0 && reference.stamp.load(Ordering::Acquire) == before;
            // A reference that is visited twice has got its stamp already.
            let again = reference.stamp.load(Ordering::Acquire) == stamp;
            if root.is_none() && !own && !again {
                reference.bits.store(0, Ordering::Release);
            }
            reference.stamp.store(stamp, Ordering::Release);
            roots.extend(root);
        },
    });
    Adoption { stamp, _roots: roots }
}

/// Tells the host's visitor of all references of a payload.
///
/// # Safety
///
/// The visitor is the host's, and valid.
pub(crate) unsafe fn tell<T: Payload>(payload: &T, visitor: *const point::Visitor) {
    // SAFETY: as the caller says.
    let Some(visit) = (unsafe { crate::table::member!(visitor, point::Visitor, visit) }) else { return };
    payload.trace(&mut Visitor {
        seen: &mut |reference| {
            let bits = reference.bits.load(Ordering::Acquire);
            if bits != 0 {
                // SAFETY: as the caller says; the object is alive, since this payload has referred to it up to now.
                unsafe { visit(visitor, RawValue { bits }) };
            }
        },
    });
}

thread_local! {
    static NO_HOST: Cell<bool> = const { Cell::new(false) };
}

/// While it lives, this thread is in a callback that may not call the host.
pub(crate) struct NoHost(bool);

impl NoHost {
    pub(crate) fn enter() -> NoHost {
        NoHost(NO_HOST.replace(true))
    }

    pub(crate) fn is_on() -> bool {
        NO_HOST.get()
    }
}

impl Drop for NoHost {
    fn drop(&mut self) {
        NO_HOST.set(self.0);
    }
}
