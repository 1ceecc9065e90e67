//! Objects that come from elsewhere when they are needed: the runtime's side of a store that is opened without being loaded.
//!
//! A runtime may have one [`Source`]. What is looked up by oid or by name and is not there is asked of it. An object that
//! it has is made without its content, which comes when somebody looks at it: see `object::unloaded`.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::{Mutex, ReentrantMutex, RwLock};

use crate::heap::RootVec;
use crate::object::ObjectRef;
use crate::oid::Oid;
use crate::runtime::{Mutator, Runtime};
use crate::value::Value;

/// What is known of an object before its content is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Located {
    /// Its class, if it has one.
    pub class: Option<Oid>,
    /// Its space.
    pub space: Oid,
    /// When it last changed, in hundredths of a second since 1970.
    pub mtime: i64,
}

/// Where objects come from when they are needed.
///
/// It is asked where nobody expects anything to happen: it reaches no safepoint, takes no lock of an object, and asks no
/// plugin.
pub trait Source: Send + Sync {
    /// Returns what is known of an object, if the source has it.
    fn locate(&self, oid: Oid) -> Option<Located>;

    /// Gives `into`, which nobody else sees and which has the object's oid, class, space and mtime, its attributes,
    /// components, payload ([`ObjectRef::install_fresh_payload`]) and extras. Other objects are referred to by
    /// [`Mutator::object_or_skeleton`], and not looked into. The name of a symbol is registered by the runtime.
    ///
    /// # Errors
    ///
    /// Why the object can not be read.
    fn fill(&self, m: &Mutator<'_>, into: ObjectRef) -> Result<(), String>;

    /// Returns the symbol with a name, if the source has it.
    fn symbol(&self, name: &str) -> Option<Oid>;

    /// Returns the names of all symbols, in order.
    fn names(&self) -> Vec<String>;

    /// Calls `f` with each object, and what is known of it.
    ///
    /// # Errors
    ///
    /// Why they can not all be told.
    fn for_each(&self, f: &mut dyn FnMut(Oid, Located)) -> Result<(), String>;

    /// Returns the number of objects.
    fn len(&self) -> usize;

    /// Returns whether there are no objects.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A runtime's source, and what came of it.
pub(crate) struct Lazy {
    source: Box<dyn Source>,
    /// Held by who loads, in turns; see `object::unloaded`.
    loading: ReentrantMutex<()>,
    /// The objects that are being found, until they are in the table.
    under_way: Mutex<Vec<ObjectRef>>,
    /// How many objects of the source are in the table, or were.
    made: AtomicUsize,
    /// Whether all of them are.
    is_complete: AtomicBool,
    /// The objects of the source that left their space since: the source is not asked for them again.
    gone: RwLock<HashSet<Oid>>,
    /// The same objects, kept alive.
    left: Mutex<RootVec>,
    unreadable: Mutex<Vec<(Oid, String)>>,
    /// Why not all objects could be made.
    unlisted: Mutex<Option<String>>,
}

impl Lazy {
    fn locate(&self, oid: Oid) -> Option<Located> {
        let located = self.source.locate(oid)?;
        (!self.gone.read().contains(&oid)).then_some(located)
    }

    /// Returns how many objects of the source are in no table yet.
    pub(crate) fn waiting(&self) -> usize {
        self.source.len().saturating_sub(self.made.load(Ordering::Relaxed))
    }

    /// Notes that an object has left its space: the source is not asked for it again. Objects that are not loaded yet may
    /// refer to it, so it is kept.
    pub(crate) fn forget(&self, object: ObjectRef) {
        if self.source.locate(object.oid()).is_some() && self.gone.write().insert(object.oid()) {
            self.left.lock().push(object.into());
        }
    }
}

impl Runtime {
    /// Sets where objects come from that are not there; the first source stays, and this says whether it is that one.
    ///
    /// Objects and names that are there already and that the source has too are those of the source from now on.
    pub fn set_source(&self, source: Box<dyn Source>) -> bool {
        let lazy = Lazy {
            source,
            loading: ReentrantMutex::new(()),
            under_way: Mutex::default(),
            made: AtomicUsize::new(0),
            is_complete: AtomicBool::new(false),
            gone: RwLock::default(),
            left: Mutex::new(self.heap().root_vec()),
            unreadable: Mutex::default(),
            unlisted: Mutex::default(),
        };
        if self.lazy_cell().set(lazy).is_err() {
            return false;
        }
        self.enter(|m| m.adopt_source());
        true
    }
}

impl Mutator<'_> {
    /// Makes what is there already that of the source.
    fn adopt_source(&self) {
        let Some(lazy) = self.runtime().lazy() else { return };
        let there: Vec<ObjectRef> = self.runtime().oids().all(false);
        let _no_safepoint = self.without_safepoints();
        let _loading = lazy.loading.lock();
        let mut found = Vec::new();
        for object in there {
            if let Some(located) = lazy.source.locate(object.oid()) {
                lazy.made.fetch_add(1, Ordering::Relaxed);
                found.push((object, located));
            }
        }
        for &(object, _) in &found {
            object.unload(self);
        }
        for (object, located) in found {
            object.set_class_unchecked(located.class.map(|class| self.object_or_skeleton(class)));
            object.set_space_unchecked(self, Some(self.object_or_skeleton(located.space)));
            object.set_mtime(located.mtime);
        }
        for name in self.known_names() {
            let oid = lazy.source.symbol(&name);
            if let Some(symbol) = oid.and_then(|oid| self.object(oid)) {
                symbol.load();
            }
        }
        self.runtime().invalidate_methods();
    }

    /// Returns an object that the source has, without its content.
    #[cold]
    pub(crate) fn object_of_source(&self, oid: Oid) -> Option<ObjectRef> {
        let lazy = self.runtime().lazy()?;
        lazy.locate(oid)?;
        let _no_safepoint = self.without_safepoints();
        let _loading = lazy.loading.lock();
        let under_way = || lazy.under_way.lock().iter().copied().find(|object| object.oid() == oid);
        // Another thread may have made it meanwhile, or this one may be about to.
        if let Some(object) = self.runtime().oids().get(oid).or_else(under_way) {
            return Some(object);
        }
        let located = lazy.locate(oid)?;
        Some(self.make_unloaded(lazy, oid, located))
    }

    /// Makes an object of the source, without its content; the caller holds the lock of who loads, and reaches no safepoint.
    fn make_unloaded(&self, lazy: &Lazy, oid: Oid, located: Located) -> ObjectRef {
        let Located { mtime, .. } = located;
        let slots = self.runtime().empty_slots();
        let object = ObjectRef::allocate(self, oid, Value::NIL, Value::NIL, mtime, slots);
        lazy.under_way.lock().push(object);
        let class = located.class.map(|class| self.object_or_skeleton(class));
        object.set_class_unchecked(class);
        object.place_unseen(self.object_or_skeleton(located.space));
        object.unload(self);
        lazy.under_way.lock().retain(|other| *other != object);
        self.runtime().oids().insert(object);
        lazy.made.fetch_add(1, Ordering::Relaxed);
        object
    }

    /// Loads the content of an object of the source.
    pub(crate) fn load_content(&self, object: ObjectRef) {
        let Some(lazy) = self.runtime().lazy() else { return };
        let _no_safepoint = self.without_safepoints();
        let _loading = lazy.loading.lock();
        if !object.is_unloaded() || lazy.under_way.lock().contains(&object) {
            return;
        }
        lazy.under_way.lock().push(object);
        let class = object.class_slot();
        let space = object.space().map_or(Value::NIL, Value::from);
        let into = ObjectRef::allocate(
            self,
            object.oid(),
            class,
            space,
            object.mtime(),
            self.runtime().empty_slots(),
        );
        let filled = lazy.source.fill(self, into);
        if let Err(message) = filled {
            lazy.unreadable.lock().push((object.oid(), message));
        }
        lazy.under_way.lock().retain(|other| *other != object);
        // Before anybody sees the content: who finds the name waits for the content.
        into.name_loaded_symbol_as(self, object);
        object.become_copy(self, into);
        object.set_unloaded(false);
    }

    /// Returns the symbol of the source with a name.
    #[cold]
    pub(crate) fn symbol_of_source(&self, name: &str) -> Option<ObjectRef> {
        let oid = self.runtime().lazy()?.source.symbol(name)?;
        let symbol = self.object(oid)?;
        if symbol.is_unloaded() {
            symbol.load();
        }
        // Not if it was loaded before and has another name, or none, by now.
        (self.symbol_name(symbol).as_deref() == Some(name)).then_some(symbol)
    }

    /// Loads the symbols of the source whose names begin so.
    pub(crate) fn load_names(&self, prefix: &str) {
        let Some(lazy) = self.runtime().lazy() else { return };
        for name in lazy.source.names() {
            if name.starts_with(prefix) {
                self.symbol_of_source(&name);
            }
        }
    }

    /// Makes all objects of the source, without their content: from now on the table has every object.
    pub(crate) fn complete_objects(&self) {
        let Some(lazy) = self.runtime().lazy() else { return };
        if lazy.is_complete.load(Ordering::Acquire) {
            return;
        }
        self.reserve_objects(lazy.waiting());
        let mut make = |oid, located| {
            if self.runtime().oids().get(oid).is_none() {
                let _no_safepoint = self.without_safepoints();
                let _loading = lazy.loading.lock();
                let is_missing = self.runtime().oids().get(oid).is_none();
                if is_missing && !lazy.gone.read().contains(&oid) {
                    self.make_unloaded(lazy, oid, located);
                }
            }
            self.safepoint();
        };
        match lazy.source.for_each(&mut make) {
            Ok(()) => {
                *lazy.unlisted.lock() = None;
                lazy.is_complete.store(true, Ordering::Release);
            }
            // It is tried again the next time.
            Err(message) => *lazy.unlisted.lock() = Some(message),
        }
    }

    /// Returns the objects whose content is there, transient ones too, in the order of their oids: those of a source only
    /// as far as they were needed. What can be true only of an object that was looked at needs no other.
    pub fn loaded_objects(&self) -> RootVec {
        let mut loaded = self.root_vec();
        let there = self.runtime().oids().all(false).into_iter().filter(|object| !object.is_unloaded());
        loaded.extend(there.map(Value::from));
        loaded.sort_unstable();
        loaded
    }

    /// Returns how many objects are in a space, without making those of a source.
    pub fn stored_count(&self) -> usize {
        self.runtime().oids().all(true).len() + self.runtime().lazy().map_or(0, Lazy::waiting)
    }

    /// Loads everything that is not loaded yet.
    pub fn load_all(&self) {
        self.complete_objects();
        // In the order in which a source has them.
        let mut waiting = self.root_vec();
        waiting.extend(
            self.runtime()
                .oids()
                .all(true)
                .into_iter()
                .filter(|object| object.is_unloaded())
                .map(Value::from),
        );
        waiting.sort_unstable();
        for object in waiting.iter().filter_map(|value| value.as_object()) {
            object.load();
            self.safepoint();
        }
    }

    /// Returns the objects whose content could not be loaded, each with the reason: they are empty, and what is written
    /// of them would not be what the store has.
    pub fn unreadable(&self) -> Vec<(Oid, String)> {
        self.runtime().lazy().map_or_else(Vec::new, |lazy| lazy.unreadable.lock().clone())
    }

    /// Returns why objects of the source are missing from [`Mutator::stored_objects`], if any are.
    pub fn unlisted(&self) -> Option<String> {
        self.runtime().lazy().and_then(|lazy| lazy.unlisted.lock().clone())
    }
}
