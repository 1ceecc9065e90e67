//! Looking at machine code: what a function has, and a snapshot of it that nothing is installed from.

use super::cell::MachineRef;
use super::snapshot::{Entrance, Snapshot};
use crate::code::unit::CodeRef;
use crate::runtime::Mutator;

/// Machine code that a function has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineSeen {
    /// Where it is entered.
    pub entrance: Entrance,
    /// The stage that made it.
    pub stage: u8,
    /// How many bytes it has.
    pub bytes: usize,
    /// How often it went back to the interpreter for want of something.
    pub exits: u32,
}

/// How far a function has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeatSeen {
    /// Whether anything was noted of the values in it.
    pub is_profiled: bool,
    /// Whether machine code of it was refused, or exits too often, so that none is made any more.
    pub is_given_up: bool,
    /// The machine code that it has: that of its calls first, then that of its loops.
    pub machines: Vec<MachineSeen>,
}

impl Mutator<'_> {
    /// Returns how hot a function is, and the machine code that it has.
    pub fn heat_of(&self, code: CodeRef) -> HeatSeen {
        let heat = &code.cells().heat;
        let seen = |machine: MachineRef| {
            let stats = machine.stats();
            MachineSeen {
                entrance: machine.entrance(),
                stage: stats.stage,
                bytes: stats.bytes,
                exits: machine.exits(),
            }
        };
        HeatSeen {
            is_profiled: heat.profile().is_some(),
            is_given_up: heat.is_given_up(),
            machines: heat.machines().into_iter().map(seen).collect(),
        }
    }

    /// Takes a snapshot of a function as it is now, to show what would be made of it: for its calls, or where only a loop of it
    /// has machine code, for that. It is not for [`Mutator::install_made`].
    pub fn look_at(&self, code: CodeRef) -> Snapshot {
        let machine = code.cells().heat.machines().into_iter().next();
        let stage = machine.map_or(1, MachineRef::stage);
        let mut snapshot = Snapshot::take(self, code, Entrance::Call, &[], stage);
        if let Some(machine) = machine {
            snapshot.entrance = machine.entrance();
            snapshot.registers = machine.registers().to_vec();
        }
        snapshot
    }
}
