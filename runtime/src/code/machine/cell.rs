//! Machine code as a cell of the heap.

use std::any::Any;
use std::ptr::NonNull;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering};

use super::assumption::Assumption;
use super::profile::Seen;
use super::snapshot::Entrance;
use crate::code::unit::CodeRef;
use crate::heap::cell::{CellPtr, Header, Kind};
use crate::heap::{LocalHeap, Marker};
use crate::value::{Value, cell_ref};

/// A call within machine code: where it stands in each of the units that are put into each other, the outermost first.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) frames: Vec<SiteFrame>,
    /// Whether the frame has the number of a home.
    pub(crate) has_home: bool,
}

/// A place in a unit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SiteFrame {
    pub(crate) code: CodeRef,
    /// The number of the instruction.
    pub(crate) at: usize,
}

/// Where machine code may go back to the interpreter.
#[derive(Clone, Debug, PartialEq)]
pub struct Exit {
    /// The frames, the outermost first; the last one goes on at its instruction, the others behind it.
    pub frames: Vec<ExitFrame>,
    /// How many registers of the interpreter are written.
    pub registers: u16,
    /// The number of its place among the sites.
    pub site: u32,
    /// How many frames of the machine code come before its own.
    pub depth: u32,
    /// Why it exits, for the statistics.
    pub cause: &'static str,
    /// What follows from it.
    pub kind: ExitKind,
}

/// What follows from an exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitKind {
    /// The code was made for something else than what it met.
    Failed,
    /// The code is where nothing had been seen when it was made.
    Unseen,
    /// The code is so hot that it should be made better.
    Hot,
    /// Nothing: it is no fault of the code.
    Quiet,
}

/// A frame of the interpreter that machine code goes back to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExitFrame {
    /// The address of the unit.
    pub unit: u64,
    /// The number of the instruction: to be run, or that has called the next frame.
    pub at: u16,
    /// The number of its first register, counted from the outermost frame's.
    pub base: u16,
}

/// What was made of a snapshot.
pub struct Made {
    /// The address of the code that is called with a frame's registers: `fn(context, frames end, registers) -> word`.
    pub enter: usize,
    /// The address of the code that is called with the function or receiver and the arguments, or 0:
    /// `fn(context, frames end, word…) -> word`.
    pub entry: usize,
    /// The calls: units and instructions, the outermost first, and whether the frame has the number of a home.
    pub sites: Vec<(Vec<(u64, u16)>, bool)>,
    /// Where it may go back to the interpreter.
    pub exits: Vec<Exit>,
    /// What it was made for.
    pub assumptions: Vec<Assumption>,
    /// What frees the code when it is dropped.
    pub code: Box<dyn Any + Send + Sync>,
    /// What is to be told of it.
    pub stats: MachineStats,
}

/// What is to be told of machine code.
#[derive(Clone, Debug, Default)]
pub struct MachineStats {
    /// How many bytes it has.
    pub bytes: usize,
    /// The stage that made it: 1, or 2 for that which takes its time.
    pub stage: u8,
}

/// What is known of machine code once it was made.
struct Installed {
    sites: Vec<Site>,
    exits: Vec<Exit>,
    assumptions: Vec<Assumption>,
    kept: Box<[Value]>,
    entry: usize,
    enter: usize,
    stats: MachineStats,
    /// The kinds of values that the registers held where it is entered, of code of a loop.
    registers: Vec<Seen>,
    _code: Box<dyn Any + Send + Sync>,
}

/// Machine code in the heap.
#[repr(C)]
pub(crate) struct MachineCell {
    header: Header,
    /// The epoch of the definitions for which it is known to hold; 0 when it does not.
    pub(super) valid: AtomicU64,
    /// Calls and turns of loops until it asks for a better one, of the first stage.
    pub(super) left: AtomicI32,
    /// How often it went back to the interpreter for want of something.
    exits: AtomicU32,
    /// The outermost unit.
    code: CodeRef,
    entrance: Entrance,
    /// What the maker refers to, from the beginning.
    kept: OnceLock<Box<Installed>>,
}

cell_ref! {
    /// Machine code.
    MachineRef, MachineCell, Kind::Machine
}

impl MachineRef {
    /// Makes the cell of machine code that is to be made.
    pub(super) fn new(heap: &LocalHeap<'_>, code: CodeRef, entrance: Entrance) -> MachineRef {
        let keep = [Value::from_cell(code.cell())];
        let cell = heap.allocate_with_drop(size_of::<MachineCell>(), &keep).cast::<MachineCell>();
        // SAFETY: the memory is fresh and large enough.
        unsafe {
            cell.write(MachineCell {
                header: Header::new(Kind::Machine),
                valid: AtomicU64::new(0),
                left: AtomicI32::new(0),
                exits: AtomicU32::new(0),
                code,
                entrance,
                kept: OnceLock::new(),
            });
        }
        MachineRef(cell)
    }

    /// Makes it what was made.
    ///
    /// # Safety
    ///
    /// The code was made of the snapshot with this cell, for these helpers and layouts; `kept` are the values that it and
    /// its tables refer to, among them every unit.
    pub(super) unsafe fn install(self, made: Made, registers: Vec<Seen>, kept: Box<[Value]>) {
        // SAFETY: by this function's contract the address is that of a unit.
        let unit = |word: u64| unsafe { CodeRef::from_cell(NonNull::new_unchecked(word as *mut Header)) };
        let sites = made.sites.into_iter().map(|(frames, has_home)| Site {
            frames: frames
                .into_iter()
                .map(|(word, at)| SiteFrame { code: unit(word), at: usize::from(at) })
                .collect(),
            has_home,
        });
        let installed = Installed {
            sites: sites.collect(),
            exits: made.exits,
            assumptions: made.assumptions,
            kept,
            entry: made.entry,
            enter: made.enter,
            stats: made.stats,
            registers,
            _code: made.code,
        };
        let _first = self.get().kept.set(Box::new(installed));
    }

    fn installed<'c>(self) -> Option<&'c Installed> {
        self.get().kept.get().map(AsRef::as_ref)
    }

    /// Returns a call.
    pub(crate) fn site<'c>(self, number: usize) -> &'c Site {
        static NONE: Site = Site { frames: Vec::new(), has_home: false };
        self.installed().and_then(|installed| installed.sites.get(number)).unwrap_or(&NONE)
    }

    /// Returns where it goes back to the interpreter.
    pub(super) fn exit<'c>(self, number: usize) -> Option<&'c Exit> {
        self.installed()?.exits.get(number)
    }

    pub(super) fn assumptions<'c>(self) -> &'c [Assumption] {
        self.installed().map_or(&[], |installed| &installed.assumptions)
    }

    pub(crate) fn code(self) -> CodeRef {
        self.get().code
    }

    pub(super) fn entrance(self) -> Entrance {
        self.get().entrance
    }

    pub(super) fn entry(self) -> usize {
        self.installed().map_or(0, |installed| installed.entry)
    }

    pub(super) fn enter(self) -> usize {
        self.installed().map_or(0, |installed| installed.enter)
    }

    /// Sets how many calls and turns of loops there are until it asks for a better one.
    pub(super) fn set_left(self, left: u32) {
        self.get().left.store(left.cast_signed(), Ordering::Relaxed);
    }

    /// Counts an exit for want of something, and returns how many there were.
    pub(super) fn count_exit(self) -> u32 {
        self.get().exits.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Returns how often it went back to the interpreter for want of something.
    pub(super) fn exits(self) -> u32 {
        self.get().exits.load(Ordering::Relaxed)
    }

    /// Returns the stage that made it.
    pub(super) fn stage(self) -> u8 {
        self.installed().map_or(0, |installed| installed.stats.stage)
    }

    /// Returns the kinds of values that the registers held where it is entered, of code of a loop.
    pub(super) fn registers<'c>(self) -> &'c [Seen] {
        self.installed().map_or(&[], |installed| &installed.registers)
    }

    /// Returns what is to be told of it.
    pub(super) fn stats(self) -> MachineStats {
        self.installed().map(|installed| installed.stats.clone()).unwrap_or_default()
    }

    /// Returns the epoch for which it holds, or 0.
    pub(super) fn valid(self) -> u64 {
        self.get().valid.load(Ordering::Acquire)
    }

    /// Sets the epoch for which it holds.
    pub(super) fn set_valid(self, epoch: u64) {
        self.get().valid.store(epoch, Ordering::Release);
    }
}

/// Marks what machine code refers to.
pub(crate) fn trace(cell: CellPtr, marker: &mut Marker<'_>) {
    let machine = MachineRef(NonNull::cast(cell));
    marker.cell(machine.code().cell());
    if let Some(installed) = machine.installed() {
        marker.values(&installed.kept);
    }
}

/// Drops what dead machine code owns outside the heap, the code itself included.
///
/// # Safety
///
/// The cell is a dead one of machine code, and it is dropped once.
pub(crate) unsafe fn drop_cell(cell: CellPtr) {
    // SAFETY: by this function's contract.
    unsafe { cell.cast::<MachineCell>().drop_in_place() };
}
