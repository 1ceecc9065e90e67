//! Inline caches: what an instruction found the last times, beside the code that has it.
//!
//! Threads share code and so its caches. A cache of an attribute is one word, a shape with a slot; the others refer to
//! entries, small cells that never change and are replaced as a whole. An entry holds for one *epoch* of the methods: a
//! change of any class, method, function or symbol begins a new one.
//!
//! The caches are also the profile that the compiled tier reads.

use std::sync::atomic::{AtomicU64, Ordering};

use super::unit::CodeRef;
use crate::heap::barrier::{self, Slot};
use crate::heap::cell::{CellPtr, Header, Kind};
use crate::heap::{LocalHeap, Marker};
use crate::object::{MAX_KEYS, ObjectRef, ShapeRef};
use crate::runtime::Mutator;
use crate::send::Native;
use crate::value::{Value, cell_ref};

/// How many shapes the cache of an attribute remembers.
const SHAPES: usize = 4;
/// How many classes the cache of a send remembers: more make it megamorphic.
pub(crate) const CLASSES: usize = 4;

/// The cache of an attribute.
#[derive(Debug)]
pub(crate) struct AttributeSite {
    key: ObjectRef,
    /// The address of a shape, which has zeros above and below, with the number of the slot in its low bits.
    words: [AtomicU64; SHAPES],
}

/// Bits of a slot's number.
const SLOT_BITS: u32 = 8;
/// The slot of an attribute that objects of a shape have not.
pub(crate) const ABSENT: usize = 255;
/// Added to the number of a slot that holds a number.
pub(crate) const NUMBER: usize = MAX_KEYS;
const _: () = assert!(2 * MAX_KEYS < ABSENT);

impl AttributeSite {
    pub(crate) fn new(key: ObjectRef) -> AttributeSite {
        AttributeSite { key, words: [const { AtomicU64::new(0) }; SHAPES] }
    }

    /// Returns the attribute.
    #[inline]
    pub(crate) fn key(&self) -> ObjectRef {
        self.key
    }

    /// Returns the slot of the attribute in objects of a shape, [`NUMBER`] more where it holds a number, or [`ABSENT`], if the
    /// cache knows it.
    #[inline(always)]
    pub(crate) fn slot_of(&self, shape: ShapeRef) -> Option<usize> {
        let address = word(shape, 0);
        for known in &self.words {
            let slot = known.load(Ordering::Relaxed) ^ address;
            if slot < 1 << SLOT_BITS {
                return Some(slot as usize);
            }
        }
        None
    }

    /// Returns the shapes that the cache knows, with what [`AttributeSite::slot_of`] tells of each.
    pub(crate) fn shapes(&self) -> impl Iterator<Item = (ShapeRef, usize)> {
        self.words.iter().filter_map(|known| {
            let known = known.load(Ordering::Relaxed);
            let cell = CellPtr::new((known >> SLOT_BITS) as *mut Header)?;
            // SAFETY: `learn` stores shapes, which the cache keeps.
            Some((unsafe { ShapeRef::from_cell(cell) }, (known & ((1 << SLOT_BITS) - 1)) as usize))
        })
    }

    /// Remembers the slot of a shape of slot arrays.
    #[cold]
    pub(crate) fn learn(&self, shape: ShapeRef) {
        if self.slot_of(shape).is_some() {
            return;
        }
        let place = |slot: usize| if shape.is_number(slot) { slot + NUMBER } else { slot };
        let slot = shape.slot_of(self.key).map_or(ABSENT, place);
        // The newest comes first, and the oldest is forgotten.
        let mut moved = word(shape, slot);
        for place in &self.words {
            moved = place.swap(moved, Ordering::Relaxed);
        }
    }

    pub(crate) fn mark(&self, marker: &mut Marker<'_>) {
        marker.value(self.key.into());
        for known in &self.words {
            // A shape whose memory is used again would be taken for the old one: it stays.
            let address = known.load(Ordering::Relaxed) >> SLOT_BITS;
            if let Some(cell) = CellPtr::new(address as *mut Header) {
                marker.cell(cell);
            }
        }
    }
}

#[inline(always)]
fn word(shape: ShapeRef, slot: usize) -> u64 {
    (shape.cell().as_ptr() as u64) << SLOT_BITS | slot as u64
}

/// What a send, a call or a look-up found; it never changes.
#[repr(C)]
struct EntryCell {
    header: Header,
    epoch: u64,
    /// The class of the receiver, or the function.
    key: Value,
    /// The code to be run, or nothing.
    code: Option<CodeRef>,
    /// The native to be called, where there is no code.
    native: Option<Native>,
    /// The value of a global name.
    value: Value,
}

cell_ref! {
    /// An entry of a cache.
    EntryRef, EntryCell, Kind::Entry
}

impl EntryRef {
    pub(crate) fn new(
        heap: &LocalHeap<'_>,
        epoch: u64,
        key: Value,
        code: Option<CodeRef>,
        native: Option<Native>,
        value: Value,
    ) -> EntryRef {
        let code_value = code.map_or(Value::NIL, |code| Value::from_cell(code.cell()));
        let cell = heap.allocate(size_of::<EntryCell>(), &[key, code_value, value]).cast::<EntryCell>();
        // SAFETY: the memory is fresh and large enough.
        unsafe {
            cell.write(EntryCell { header: Header::new(Kind::Entry), epoch, key, code, native, value });
        };
        EntryRef(cell)
    }

    /// Returns whether the entry holds for a class or function in an epoch.
    #[inline(always)]
    pub(crate) fn holds(self, key: Value, epoch: u64) -> bool {
        let entry = self.get();
        entry.key.is_identical(key) && entry.epoch == epoch
    }

    #[inline(always)]
    pub(crate) fn code(self) -> Option<CodeRef> {
        self.get().code
    }

    #[inline(always)]
    pub(crate) fn native<'c>(self) -> Option<&'c Native> {
        self.get().native.as_ref()
    }

    #[inline(always)]
    pub(crate) fn value(self) -> Value {
        self.get().value
    }

    pub(crate) fn key(self) -> Value {
        self.get().key
    }

    pub(crate) fn epoch(self) -> u64 {
        self.get().epoch
    }
}

/// Marks what an entry refers to.
pub(crate) fn trace_entry(cell: CellPtr, marker: &mut Marker<'_>) {
    // SAFETY: the collector calls this for entries only.
    let entry = unsafe { EntryRef::from_cell(cell) }.get();
    marker.value(entry.key);
    marker.value(entry.value);
    if let Some(code) = entry.code {
        marker.cell(code.cell());
    }
}

/// A place for an entry.
struct EntrySlot(Slot);

impl std::fmt::Debug for EntrySlot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.get().is_some() { "full" } else { "empty" })
    }
}

impl EntrySlot {
    const fn new() -> EntrySlot {
        EntrySlot(Slot::empty())
    }

    #[inline(always)]
    fn get(&self) -> Option<EntryRef> {
        // SAFETY: `set` stores entries only.
        self.0.load().cell().map(|cell| unsafe { EntryRef::from_cell(cell) })
    }

    fn set(&self, owner: CodeRef, entry: EntryRef) {
        barrier::store(owner.cell(), &self.0, Value::from_cell(entry.cell()));
    }

    fn mark(&self, marker: &mut Marker<'_>) {
        marker.value(self.0.load());
    }
}

/// The entries of a cache: one for each class or function, up to some.
#[derive(Debug)]
pub(crate) struct Entries([EntrySlot; CLASSES]);

impl Entries {
    const fn new() -> Entries {
        Entries([const { EntrySlot::new() }; CLASSES])
    }

    /// Returns what was found for a class or function.
    #[inline(always)]
    pub(crate) fn find(&self, key: Value, epoch: u64) -> Option<EntryRef> {
        let first = self.0[0].get()?;
        if first.holds(key, epoch) {
            return Some(first);
        }
        self.0[1..].iter().map_while(EntrySlot::get).find(|entry| entry.holds(key, epoch))
    }

    /// Remembers an entry, in the place of one of the same key or of an older epoch.
    #[cold]
    pub(crate) fn learn(&self, owner: CodeRef, entry: EntryRef) {
        let is_free = |own: &EntrySlot| {
            own.get().is_none_or(|own| own.key() == entry.key() || own.epoch() != entry.epoch())
        };
        let place = self.0.iter().position(is_free).unwrap_or(CLASSES - 1);
        self.0[place].set(owner, entry);
    }

    /// Returns what the cache has found.
    pub(crate) fn all(&self) -> impl Iterator<Item = EntryRef> {
        self.0.iter().filter_map(EntrySlot::get)
    }

    /// Returns whether the cache knows as many in an epoch as it can.
    pub(crate) fn is_full(&self, epoch: u64) -> bool {
        self.0.iter().all(|own| own.get().is_some_and(|own| own.epoch() == epoch))
    }

    fn mark(&self, marker: &mut Marker<'_>) {
        self.0.iter().for_each(|entry| entry.mark(marker));
    }
}

/// The cache of a send.
#[derive(Debug)]
pub(crate) struct SendSite {
    selector: ObjectRef,
    /// By the class of the receiver.
    pub(crate) entries: Entries,
}

impl SendSite {
    pub(crate) fn new(selector: ObjectRef) -> SendSite {
        SendSite { selector, entries: Entries::new() }
    }

    /// Returns the selector.
    #[inline]
    pub(crate) fn selector(&self) -> ObjectRef {
        self.selector
    }

    /// Returns what was found for a class.
    #[inline(always)]
    pub(crate) fn find(&self, class: Value, epoch: u64) -> Option<EntryRef> {
        self.entries.find(class, epoch)
    }

    pub(crate) fn mark(&self, marker: &mut Marker<'_>) {
        marker.value(self.selector.into());
        self.entries.mark(marker);
    }
}

/// The cache of a call.
#[derive(Debug)]
pub(crate) struct CallSite {
    /// By the function.
    pub(crate) entries: Entries,
}

impl CallSite {
    pub(crate) fn new() -> CallSite {
        CallSite { entries: Entries::new() }
    }

    /// Returns what was found for a function.
    #[inline(always)]
    pub(crate) fn find(&self, function: Value, epoch: u64) -> Option<EntryRef> {
        self.entries.find(function, epoch)
    }

    pub(crate) fn mark(&self, marker: &mut Marker<'_>) {
        self.entries.mark(marker);
    }
}

/// The cache of the making of an object: of a plain class, so that the object has these attributes and nothing else.
#[derive(Debug)]
pub(crate) struct NewSite {
    /// The attributes, in the order of their values.
    keys: Box<[ObjectRef]>,
    /// The number of the value that each slot gets.
    order: Box<[u8]>,
    /// The class, and the shape of its objects as the value.
    entry: EntrySlot,
}

impl NewSite {
    pub(crate) fn new(keys: Vec<ObjectRef>) -> NewSite {
        let mut order: Vec<u8> = (0..keys.len() as u8).collect();
        order.sort_by_key(|&at| keys[usize::from(at)].oid());
        NewSite { keys: keys.into(), order: order.into(), entry: EntrySlot::new() }
    }

    /// Returns the attributes, in the order of their values.
    pub(crate) fn keys(&self) -> &[ObjectRef] {
        &self.keys
    }

    /// Returns the shape of objects that are made with these values.
    pub(crate) fn shape_for(&self, m: &Mutator<'_>, values: &[Value]) -> ShapeRef {
        let keys: Vec<ObjectRef> = self.order.iter().map(|&at| self.keys[usize::from(at)]).collect();
        let mut sorted = [Value::NIL; MAX_KEYS];
        for (slot, &at) in sorted.iter_mut().zip(&self.order) {
            *slot = values[usize::from(at)];
        }
        m.shape_for(&keys, &sorted[..keys.len()])
    }

    /// Returns the numbers of the values in the order of the slots.
    #[inline(always)]
    pub(crate) fn order(&self) -> &[u8] {
        &self.order
    }

    /// Returns the class that the cache knows in an epoch, and the shape of its objects.
    pub(crate) fn known(&self, epoch: u64) -> Option<(Value, ShapeRef)> {
        let entry = self.entry.get().filter(|entry| entry.epoch() == epoch)?;
        Some((entry.key(), self.find(entry.key(), epoch)?))
    }

    /// Returns the shape of the objects of a class, if it is a plain one.
    #[inline(always)]
    pub(crate) fn find(&self, class: Value, epoch: u64) -> Option<ShapeRef> {
        let shape = self.entry.get().filter(|entry| entry.holds(class, epoch))?.value();
        // SAFETY: `learn` is given entries with a shape.
        shape.cell().map(|cell| unsafe { ShapeRef::from_cell(cell) })
    }

    /// Remembers that a class is a plain one, and the shape of its objects.
    #[cold]
    pub(crate) fn learn(
        &self,
        heap: &LocalHeap<'_>,
        owner: CodeRef,
        epoch: u64,
        class: Value,
        shape: ShapeRef,
    ) {
        let shape = Value::from_cell(shape.cell());
        self.entry.set(owner, EntryRef::new(heap, epoch, class, None, None, shape));
    }

    pub(crate) fn mark(&self, marker: &mut Marker<'_>) {
        self.keys.iter().for_each(|&key| marker.value(key.into()));
        self.entry.mark(marker);
    }
}

/// The cache of a global name.
#[derive(Debug)]
pub(crate) struct GlobalSite {
    symbol: ObjectRef,
    entry: EntrySlot,
}

impl GlobalSite {
    pub(crate) fn new(symbol: ObjectRef) -> GlobalSite {
        GlobalSite { symbol, entry: EntrySlot::new() }
    }

    /// Returns the symbol.
    #[inline]
    pub(crate) fn symbol(&self) -> ObjectRef {
        self.symbol
    }

    /// Returns what the name stood for.
    #[inline(always)]
    pub(crate) fn find(&self, epoch: u64) -> Option<Value> {
        self.entry.get().filter(|entry| entry.holds(Value::NIL, epoch)).map(EntryRef::value)
    }

    #[cold]
    pub(crate) fn learn(&self, owner: CodeRef, entry: EntryRef) {
        self.entry.set(owner, entry);
    }

    pub(crate) fn mark(&self, marker: &mut Marker<'_>) {
        marker.value(self.symbol.into());
        self.entry.mark(marker);
    }
}
