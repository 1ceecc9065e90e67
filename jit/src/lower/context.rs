//! The units that a function is made of: its own, and those that are put into it where it calls them.

use std::collections::HashMap;

use rps_runtime::code::machine::{Snapshot, UnitSeen};
use rps_runtime::code::{Instruction, Liveness, Operand};

/// How much of other units is put into one.
struct Limits {
    /// How many instructions a unit has at most that is put into another one.
    unit: usize,
    /// How many instructions all units together have at most.
    total: usize,
    /// How deep units are put into each other.
    depth: usize,
}

/// For code that is to be there soon.
const SOON: Limits = Limits { unit: 24, total: 200, depth: 3 };
/// For the hottest code.
const BEST: Limits = Limits { unit: 50, total: 180, depth: 5 };

/// A unit at a place.
#[derive(Clone, Debug)]
pub(super) struct Context {
    /// The number of the unit in the snapshot.
    pub(super) unit: usize,
    /// The number of its first register, counted from the outermost unit's.
    pub(super) base: usize,
    /// The context and the instruction that call it.
    pub(super) caller: Option<(usize, usize)>,
    /// How many units it stands in.
    pub(super) depth: usize,
}

/// All contexts of a function; 0 is its own.
pub(super) struct Contexts<'s> {
    snapshot: &'s Snapshot,
    all: Vec<Context>,
    inner: HashMap<(usize, usize, usize), usize>,
    liveness: Vec<Option<Liveness>>,
    leaders: Vec<Option<Vec<bool>>>,
    total: usize,
}

impl<'s> Contexts<'s> {
    pub(super) fn new(snapshot: &'s Snapshot) -> Contexts<'s> {
        Contexts {
            snapshot,
            all: vec![Context { unit: 0, base: 0, caller: None, depth: 0 }],
            inner: HashMap::new(),
            liveness: vec![None; snapshot.units.len()],
            leaders: vec![None; snapshot.units.len()],
            total: snapshot.units[0].instructions.len(),
        }
    }

    pub(super) fn get(&self, context: usize) -> &Context {
        &self.all[context]
    }

    pub(super) fn unit(&self, context: usize) -> &'s UnitSeen {
        &self.snapshot.units[self.all[context].unit]
    }

    /// Returns how deep units are put into each other.
    pub(super) fn depth(&self) -> usize {
        self.all.iter().map(|context| context.depth).max().unwrap_or(0)
    }

    /// Returns how many registers all contexts need.
    pub(super) fn registers(&self) -> usize {
        self.all
            .iter()
            .map(|own| own.base + usize::from(self.snapshot.units[own.unit].registers))
            .max()
            .unwrap_or(0)
    }

    /// Returns the context of a unit that is put into another one where it is called, unless it should not be.
    /// One that is given something that is not made yet may be longer.
    pub(super) fn inner(
        &mut self,
        caller: usize,
        at: usize,
        first: u16,
        unit: usize,
        is_given_unmade: bool,
    ) -> Option<usize> {
        if let Some(&known) = self.inner.get(&(caller, at, unit)) {
            return Some(known);
        }
        let own = &self.snapshot.units[unit];
        let depth = self.all[caller].depth + 1;
        let count = own.instructions.len();
        let has_home = matches!(own.instructions.first(), Some(Instruction::MakeHome { .. }));
        let limits = if self.snapshot.stage > 1 { &BEST } else { &SOON };
        let most = if is_given_unmade { 80 } else { limits.unit };
        if count > most || self.total + count > limits.total || depth > limits.depth || has_home {
            return None;
        }
        // A function in itself, only once.
        let mut around = Some(caller);
        let mut same = 0;
        while let Some(context) = around {
            same += usize::from(self.all[context].unit == unit);
            around = self.all[context].caller.map(|(caller, _)| caller);
        }
        if same > 1 {
            return None;
        }
        self.total += count;
        let base = self.all[caller].base + usize::from(first);
        self.all.push(Context { unit, base, caller: Some((caller, at)), depth });
        self.inner.insert((caller, at, unit), self.all.len() - 1);
        Some(self.all.len() - 1)
    }

    /// Returns the contexts from the outermost to one, each with the instruction that it is at.
    pub(super) fn chain(&self, context: usize, at: usize) -> Vec<(usize, usize)> {
        let mut chain = vec![(context, at)];
        let mut inner = context;
        while let Some((caller, at)) = self.all[inner].caller {
            chain.push((caller, at));
            inner = caller;
        }
        chain.reverse();
        chain
    }

    /// Returns where a block stands in the order in which blocks are made: a unit in another one at its call.
    pub(super) fn order(&self, context: usize, at: usize) -> Vec<u32> {
        self.chain(context, at).iter().flat_map(|&(own, at)| [own as u32, at as u32]).collect()
    }

    /// Returns the numbers of the instructions at which blocks begin.
    pub(super) fn is_leader(&mut self, context: usize, at: usize) -> bool {
        let unit = self.all[context].unit;
        let leaders = self.leaders[unit].get_or_insert_with(|| {
            let own = &self.snapshot.units[unit];
            let mut leaders = vec![false; own.instructions.len() + 1];
            leaders[0] = true;
            for (at, instruction) in own.instructions.iter().enumerate() {
                if let Some(target) = instruction.target() {
                    leaders[target] = true;
                    leaders[at + 1] = true;
                }
            }
            leaders
        });
        leaders[at]
    }

    /// Returns the last instruction of the loop that begins at an instruction, if one does.
    pub(super) fn loop_end(&self, context: usize, at: usize) -> Option<usize> {
        let instructions = &self.unit(context).instructions;
        let is_end = |(end, own): &(usize, &Instruction)| *end >= at && own.target() == Some(at);
        instructions.iter().enumerate().rev().find(is_end).map(|(end, _)| end)
    }

    /// Returns whether there is a loop between two instructions, or in what is put there.
    pub(super) fn has_loop(&self, context: usize, start: usize, end: usize) -> bool {
        let has_loop = |instructions: &[Instruction], start: usize| {
            let is_loop =
                |(at, own): (usize, &Instruction)| own.target().is_some_and(|target| target <= start + at);
            instructions.iter().enumerate().any(is_loop)
        };
        let is_put_there =
            |inner: usize| self.is_within(inner, context).is_some_and(|at| (start..end).contains(&at));
        has_loop(&self.unit(context).instructions[start..end], start)
            || (0..self.all.len())
                .any(|inner| is_put_there(inner) && has_loop(&self.unit(inner).instructions, 0))
    }

    /// Returns whether an instruction between two, or what is put there, writes a register.
    pub(super) fn is_written(&self, context: usize, start: usize, end: usize, register: u16) -> bool {
        self.unit(context).instructions[start..=end].iter().any(|instruction| {
            let mut is_written = false;
            instruction.writes(&mut |written| is_written |= written == register);
            instruction.operands(&mut |operand| match operand {
                // The frame of the callee begins there.
                Operand::Window(first) => is_written |= register >= first,
                Operand::RangeState(first) => is_written |= register == first,
                Operand::EachState(first) => is_written |= register == first + 1,
                Operand::EachStart(first) => is_written |= register == first || register == first + 1,
                _ => {}
            });
            is_written
        })
    }

    /// Returns whether a context is another one, or put into it.
    pub(super) fn is_within(&self, context: usize, outer: usize) -> Option<usize> {
        let mut at = None;
        let mut own = context;
        loop {
            if own == outer {
                return Some(at.unwrap_or(usize::MAX));
            }
            let (caller, place) = self.all[own].caller?;
            (own, at) = (caller, Some(place));
        }
    }

    /// Returns whether a register of a context is live before an instruction.
    pub(super) fn is_live(&mut self, context: usize, at: usize, register: usize) -> bool {
        let unit = self.all[context].unit;
        let own = &self.snapshot.units[unit];
        let live = self.liveness[unit]
            .get_or_insert_with(|| Liveness::new(&own.instructions, &own.handlers, own.registers));
        live.is_live(at, register as u16)
    }

    /// Returns the registers, counted from the outermost unit's, that the interpreter needs to go on at an instruction.
    pub(super) fn live_registers(&mut self, context: usize, at: usize) -> Vec<usize> {
        let mut live = self.outer_registers(context, at);
        let base = self.all[context].base;
        for register in 0..usize::from(self.unit(context).registers) {
            if self.is_live(context, at, register) {
                live.push(base + register);
            }
        }
        live
    }

    /// Returns the registers that handlers of an error need which begins at an instruction, and what comes behind them; nothing
    /// where no handler may handle it.
    pub(super) fn handled_registers(&mut self, context: usize, at: usize) -> Option<Vec<usize>> {
        let chain = self.chain(context, at);
        let covers = |&(own, at): &(usize, usize)| self.unit(own).handlers.iter().any(|one| one.covers(at));
        if !chain.iter().any(covers) {
            return None;
        }
        let mut live = self.outer_registers(context, at);
        let base = self.all[context].base;
        for register in 0..usize::from(self.unit(context).registers) {
            if self.is_live_at_handler(context, at, register) {
                live.push(base + register);
            }
        }
        Some(live)
    }

    /// Returns the registers that the frames around a context need: behind their calls, and where these fail.
    fn outer_registers(&mut self, context: usize, at: usize) -> Vec<usize> {
        let chain = self.chain(context, at);
        let mut live = Vec::new();
        for (&(own, at), &(inner, _)) in chain.iter().zip(&chain[1..]) {
            let base = self.all[own].base;
            // What the call gives is not there yet: its register is the first of the inner frame.
            for register in 0..self.all[inner].base - base {
                if self.is_live(own, at + 1, register) || self.is_live_at_handler(own, at, register) {
                    live.push(base + register);
                }
            }
        }
        live
    }

    /// Returns the registers below one that the interpreter needs to go on behind a call, in the context and those around it.
    pub(super) fn live_behind(&mut self, context: usize, at: usize, below: usize) -> Vec<usize> {
        let chain = self.chain(context, at);
        let mut live = Vec::new();
        for (number, &(own, at)) in chain.iter().enumerate() {
            let base = self.all[own].base;
            let next = chain.get(number + 1).map_or(below, |&(inner, _)| self.all[inner].base);
            for register in 0..next - base {
                if self.is_live(own, at + 1, register) || self.is_live_at_handler(own, at, register) {
                    live.push(base + register);
                }
            }
        }
        live
    }

    /// Returns whether a handler of an error that begins at an instruction needs a register.
    fn is_live_at_handler(&mut self, context: usize, at: usize, register: usize) -> bool {
        self.unit(context).handlers.iter().any(|handler| {
            handler.covers(at)
                && register != usize::from(handler.register)
                && self.is_live(context, usize::from(handler.target), register)
        })
    }
}
