//! How hot a unit of code is, and its machine code.
//!
//! A unit is first *cold*: its calls and turns of loops are counted down. Then it is *warm*: the interpreter notes what it sees
//! there. Then it is *hot*: machine code is asked for, and used once it is there.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicUsize, Ordering};
use std::time::Instant;

use parking_lot::Mutex;

use super::cell::{ExitFrame, ExitKind, MachineRef};
use super::profile::Profile;
use super::snapshot::{Entrance, Snapshot};
use super::tier::{Attached, Pause};
use crate::code::unit::CodeRef;
use crate::heap::Marker;
use crate::heap::barrier::{self, Slot};
use crate::runtime::Mutator;
use crate::value::Value;

/// How often machine code of a function is made anew.
const MAX_FAILURES: u8 = 12;
/// How many exits make the code be made anew for the first time; each time it takes twice as many.
const EXITS: u32 = 2;
/// How many exits make the code be taken away while better is made.
const EXITS_IN_VAIN: u32 = 256;
/// How many exits make the code be given up, once it is not made anew any more.
const MAX_EXITS: u32 = 20_000;
/// How many entrances in loops a unit has machine code for.
const MAX_LOOPS: usize = 8;
/// How long until a unit is looked at again whose machine code is being made.
const LATER: u32 = 2000;

/// What a unit knows of its own heat.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Heat {
    /// The address of the machine code that takes arguments, or 0; machine code of others reads it.
    entry: AtomicUsize,
    /// The address of the machine code that takes registers, or 0.
    enter: AtomicUsize,
    /// Calls and turns of loops until the next stage.
    left: AtomicU32,
    is_profiled: AtomicBool,
    /// Whether machine code is being made.
    is_asked_for: AtomicBool,
    /// How often machine code was made anew.
    failures: AtomicU8,
    /// The stage of the machine code that is asked for.
    stage: AtomicU8,
    /// Whether there is no use in machine code.
    is_given_up: AtomicBool,
    profile: OnceLock<Box<Profile>>,
    machine: MachineSlot,
    loops: Mutex<Vec<(u16, MachineSlot)>>,
}

/// A place for machine code.
struct MachineSlot(Slot);

impl std::fmt::Debug for MachineSlot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.get().is_some() { "full" } else { "empty" })
    }
}

impl MachineSlot {
    fn get(&self) -> Option<MachineRef> {
        // SAFETY: only machine code is stored.
        self.0.load().cell().map(|cell| unsafe { MachineRef::from_cell(cell) })
    }
}

/// What the interpreter does with a unit that has become warmer.
pub(crate) enum Warm {
    /// It goes on.
    Go,
    /// It enters the machine code at this address.
    Enter(usize),
}

impl Heat {
    pub(crate) fn new(left: u32) -> Heat {
        Heat {
            entry: AtomicUsize::new(0),
            enter: AtomicUsize::new(0),
            left: AtomicU32::new(left),
            is_profiled: AtomicBool::new(false),
            is_asked_for: AtomicBool::new(false),
            failures: AtomicU8::new(0),
            stage: AtomicU8::new(1),
            is_given_up: AtomicBool::new(false),
            profile: OnceLock::new(),
            machine: MachineSlot(Slot::empty()),
            loops: Mutex::default(),
        }
    }

    /// The place of the address of the machine code that takes arguments, in bytes from the beginning.
    pub(super) const ENTRY: usize = std::mem::offset_of!(Heat, entry);

    /// Returns the address of the machine code that takes registers, or 0.
    #[inline(always)]
    pub(crate) fn enter(&self) -> usize {
        self.enter.load(Ordering::Acquire)
    }

    /// Returns whether the interpreter notes what it sees.
    #[inline(always)]
    pub(crate) fn is_profiled(&self) -> bool {
        self.is_profiled.load(Ordering::Relaxed)
    }

    /// Counts a call or a turn of a loop, and returns whether the unit has become warmer by it.
    #[inline(always)]
    pub(crate) fn count(&self) -> bool {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            return true;
        }
        self.left.store(left - 1, Ordering::Relaxed);
        false
    }

    pub(crate) fn profile(&self) -> Option<&Profile> {
        self.profile.get().map(AsRef::as_ref)
    }

    pub(crate) fn mark(&self, marker: &mut Marker<'_>) {
        marker.value(self.machine.0.load());
        // The world is stopped: nobody holds the lock.
        if let Some(loops) = self.loops.try_lock() {
            loops.iter().for_each(|(_, machine)| marker.value(machine.0.load()));
        }
    }

    /// Returns whether machine code went back to the interpreter so often that it is to be made anew.
    fn is_outdated(&self, machine: MachineRef) -> bool {
        let failures = self.failures.load(Ordering::Relaxed);
        let is_slow = machine.stage() < self.stage.load(Ordering::Relaxed);
        failures < MAX_FAILURES && (is_slow || machine.exits() >= EXITS << failures)
    }

    /// Lets the next turns of a loop ask for machine code soon, where the unit went back to the interpreter.
    fn cool(&self, turns: u32) {
        self.left.fetch_min(turns, Ordering::Relaxed);
    }

    /// Returns whether no machine code is made any more.
    pub(super) fn is_given_up(&self) -> bool {
        self.is_given_up.load(Ordering::Relaxed)
    }

    /// Returns the machine code: that of calls first, then that of loops.
    pub(super) fn machines(&self) -> Vec<MachineRef> {
        let loops = self.loops.lock();
        self.machine.get().into_iter().chain(loops.iter().filter_map(|(_, machine)| machine.get())).collect()
    }

    fn loop_at(&self, at: u16) -> Option<MachineRef> {
        self.loops.lock().iter().find(|(own, _)| *own == at).and_then(|(_, machine)| machine.get())
    }
}

/// Returns the unit of a frame of an exit.
fn unit_of(frame: &ExitFrame) -> CodeRef {
    let cell = frame.unit as *mut crate::heap::cell::Header;
    // SAFETY: the units of exits are kept by the machine code.
    unsafe { CodeRef::from_cell(std::ptr::NonNull::new_unchecked(cell)) }
}

impl Mutator<'_> {
    /// Does what is to be done when a unit has become warmer: at a call, or at the instruction to which a loop goes back,
    /// with the registers of its frame.
    #[cold]
    #[inline(never)]
    pub(crate) fn warm(&self, code: CodeRef, turn: Option<(u16, &[Value])>) -> Warm {
        let heat = &code.cells().heat;
        let Some(tier) = self.runtime().tier().get() else {
            heat.left.store(u32::MAX, Ordering::Relaxed);
            return Warm::Go;
        };
        let thresholds = tier.thresholds;
        if let Some((at, registers)) = turn
            && let Some(machine) = heat.loop_at(at)
        {
            heat.left.store(0, Ordering::Relaxed);
            if heat.is_outdated(machine) && !heat.is_asked_for.swap(true, Ordering::AcqRel) {
                heat.failures.fetch_add(1, Ordering::Relaxed);
                self.ask(tier, code, Entrance::Loop(at), registers);
            }
            return Warm::Enter(heat.loop_at(at).unwrap_or(machine).enter());
        }
        if heat.profile.get().is_none() {
            let (count, parameters) = (code.instructions().len(), usize::from(code.parameters()));
            let _first = heat.profile.set(Box::new(Profile::new(count, parameters)));
            heat.is_profiled.store(true, Ordering::Relaxed);
            heat.left.store(thresholds.profiled, Ordering::Relaxed);
            return Warm::Go;
        }
        if heat.is_given_up.load(Ordering::Relaxed) {
            heat.is_profiled.store(false, Ordering::Relaxed);
            heat.left.store(u32::MAX, Ordering::Relaxed);
            return Warm::Go;
        }
        heat.left.store(LATER, Ordering::Relaxed);
        if turn.is_some() && heat.failures.load(Ordering::Relaxed) >= MAX_FAILURES {
            return Warm::Go;
        }
        if heat.is_asked_for.swap(true, Ordering::AcqRel) {
            return Warm::Go;
        }
        let entrance = turn.map_or(Entrance::Call, |(at, _)| Entrance::Loop(at));
        if matches!(entrance, Entrance::Call) && heat.machine.get().is_some() {
            heat.is_asked_for.store(false, Ordering::Release);
            return Warm::Go;
        }
        let registers = turn.map_or(&[][..], |(_, registers)| registers);
        self.ask(tier, code, entrance, registers);
        match turn.and_then(|(at, _)| heat.loop_at(at)) {
            Some(machine) => {
                heat.left.store(0, Ordering::Relaxed);
                Warm::Enter(machine.enter())
            }
            None => Warm::Go,
        }
    }

    /// Asks for machine code of a unit, and tells how long that held up the thread.
    fn ask(&self, tier: &Attached, code: CodeRef, entrance: Entrance, registers: &[Value]) {
        let start = Instant::now();
        let stage = code.cells().heat.stage.load(Ordering::Relaxed);
        let snapshot = Snapshot::take(self, code, entrance, registers, stage);
        tier.tier.make(self, snapshot);
        tier.tier.paused(Pause::Asked, start.elapsed());
    }

    /// Makes machine code that of its unit. It was made for what `assumptions` say; where they do not hold any more, nothing
    /// is installed.
    pub(super) fn install_machine(&self, machine: MachineRef) {
        let code = machine.code();
        let heat = &code.cells().heat;
        heat.is_asked_for.store(false, Ordering::Release);
        if !self.revalidate(machine) {
            return;
        }
        let value = Value::from_cell(machine.cell());
        let hot = self.runtime().tier().get().map_or(0, |tier| tier.thresholds.hot);
        machine.set_left(hot);
        match machine.entrance() {
            Entrance::Call => {
                barrier::store(code.cell(), &heat.machine.0, value);
                heat.entry.store(machine.entry(), Ordering::Release);
                heat.enter.store(machine.enter(), Ordering::Release);
                heat.is_profiled.store(false, Ordering::Relaxed);
                // A call that was interpreted when this came may be in a loop that goes on for long.
                let has_loops = !heat.loops.lock().is_empty();
                heat.left.store(if has_loops { 0 } else { LATER }, Ordering::Relaxed);
            }
            Entrance::Loop(at) => {
                let mut loops = heat.loops.lock();
                loops.retain(|(own, _)| *own != at);
                if loops.len() < MAX_LOOPS {
                    let slot = MachineSlot(Slot::empty());
                    barrier::store(code.cell(), &slot.0, value);
                    loops.push((at, slot));
                }
                drop(loops);
                // The next turn finds it.
                heat.left.store(0, Ordering::Relaxed);
            }
        }
    }

    /// Notes that no machine code was made of a snapshot, and that there is no use in asking again.
    pub(super) fn give_up_machine(&self, machine: MachineRef) {
        let heat = &machine.code().cells().heat;
        heat.is_asked_for.store(false, Ordering::Release);
        // What was made before stays.
        heat.failures.store(MAX_FAILURES, Ordering::Relaxed);
        if matches!(machine.entrance(), Entrance::Call) && heat.machine.get().is_none() {
            heat.is_given_up.store(true, Ordering::Relaxed);
        }
        heat.left.store(LATER, Ordering::Relaxed);
    }

    /// Returns whether machine code holds for the definitions as they are now; takes it away from its unit if not.
    pub(super) fn revalidate(&self, machine: MachineRef) -> bool {
        let epoch = self.runtime().method_epoch();
        if machine.valid() == epoch {
            return true;
        }
        if machine.assumptions().iter().all(|assumption| assumption.holds(self)) {
            machine.set_valid(epoch);
            return true;
        }
        self.remove_machine(machine);
        false
    }

    /// Counts an exit of machine code; what exits too often is made anew from what was seen since.
    pub(super) fn count_machine_exit(&self, machine: MachineRef, number: usize) {
        let (Some(exit), Some(tier)) = (machine.exit(number), self.runtime().tier().get()) else { return };
        let code = machine.code();
        tier.tier.exited(code.name(), exit);
        let turns = tier.thresholds.profiled / 4;
        for frame in &exit.frames {
            unit_of(frame).cells().heat.cool(turns);
        }
        if exit.kind == ExitKind::Quiet {
            // The definitions may be others, or only asked for again.
            self.revalidate(machine);
            return;
        }
        let own = &code.cells().heat;
        if exit.kind == ExitKind::Hot {
            own.stage.store(2, Ordering::Relaxed);
            machine.set_left(tier.thresholds.hot.saturating_mul(10));
            return self.make_anew(machine);
        }
        let Some(inner) = exit.frames.last() else { return };
        let unit = unit_of(inner);
        let heat = &unit.cells().heat;
        let profile = heat.profile.get_or_init(|| {
            Box::new(Profile::new(unit.instructions().len(), usize::from(unit.parameters())))
        });
        heat.is_profiled.store(true, Ordering::Relaxed);
        if exit.kind == ExitKind::Failed {
            profile.count_exit(usize::from(inner.at));
        }
        let exits = machine.count_exit();
        if own.failures.load(Ordering::Relaxed) >= MAX_FAILURES {
            if exits >= MAX_EXITS {
                own.is_given_up.store(true, Ordering::Relaxed);
                self.remove_machine(machine);
            }
            return;
        }
        self.make_anew(machine);
        if own.is_asked_for.load(Ordering::Relaxed) && exits >= EXITS_IN_VAIN && exits.is_power_of_two() {
            // Until there is better code, the interpreter is faster, and sees more.
            self.remove_machine(machine);
        }
    }

    /// Asks for better machine code than what a unit has, if it is time; that of loops is asked for at their turns.
    fn make_anew(&self, machine: MachineRef) {
        let (code, Some(tier)) = (machine.code(), self.runtime().tier().get()) else { return };
        let heat = &code.cells().heat;
        if machine.entrance() == Entrance::Call
            && heat.is_outdated(machine)
            && heat.machine.get().is_some_and(|own| own.cell() == machine.cell())
            && !heat.is_asked_for.swap(true, Ordering::AcqRel)
        {
            if machine.stage() == heat.stage.load(Ordering::Relaxed) {
                heat.failures.fetch_add(1, Ordering::Relaxed);
            }
            self.ask(tier, code, Entrance::Call, &[]);
        }
    }

    /// Takes machine code away from its unit: nothing enters it any more.
    fn remove_machine(&self, machine: MachineRef) {
        let code = machine.code();
        let heat = &code.cells().heat;
        match machine.entrance() {
            Entrance::Call => {
                if heat.machine.get().is_some_and(|own| own.cell() == machine.cell()) {
                    heat.entry.store(0, Ordering::Release);
                    heat.enter.store(0, Ordering::Release);
                    barrier::store(code.cell(), &heat.machine.0, Value::NIL);
                }
            }
            Entrance::Loop(_) => {
                let is_it = |own: &MachineSlot| own.get().is_some_and(|own| own.cell() == machine.cell());
                heat.loops.lock().retain(|(_, own)| !is_it(own));
            }
        }
        let thresholds = self.runtime().tier().get().map(|tier| tier.thresholds.profiled);
        heat.left.store(thresholds.unwrap_or(u32::MAX), Ordering::Relaxed);
    }
}
