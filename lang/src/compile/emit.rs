//! Instructions, constants and registers of the unit under construction.

use rps_runtime::code::{Code, Instruction, Register, SourceRange};
use rps_runtime::{Mutator, RootVec, Value};

use crate::syntax::Span;

/// A unit of code under construction.
pub(super) struct Emitter {
    instructions: Vec<Instruction>,
    ranges: Vec<SourceRange>,
    constants: RootVec,
    next_register: usize,
    /// Registers below this hold locals, and are freed only with their block.
    floor: usize,
    most_registers: usize,
}

/// A jump whose target is not known yet.
#[must_use = "a jump must be given its target"]
pub(super) struct Patch(usize);

impl Emitter {
    pub(super) fn new(m: &Mutator<'_>) -> Emitter {
        Emitter {
            instructions: Vec::new(),
            ranges: Vec::new(),
            constants: m.root_vec(),
            next_register: 0,
            floor: 0,
            most_registers: 0,
        }
    }

    pub(super) fn emit(&mut self, span: Span, instruction: Instruction) {
        self.instructions.push(instruction);
        self.ranges.push((span.start, span.end));
    }

    /// Returns a register that nothing uses; see [`Emitter::release_to`].
    pub(super) fn register(&mut self) -> Register {
        let register = self.next_register;
        self.next_register += 1;
        self.most_registers = self.most_registers.max(self.next_register);
        // A number that does not fit is found at the end: see `finish`.
        register as Register
    }

    /// Returns the first of `count` registers in a row that nothing uses, and the count.
    pub(super) fn registers(&mut self, count: usize) -> (Register, u16) {
        let first = self.next_register;
        self.next_register += count;
        self.most_registers = self.most_registers.max(self.next_register);
        (first as Register, count as u16)
    }

    /// Returns the mark to which registers taken later are released.
    pub(super) fn mark(&self) -> usize {
        self.next_register
    }

    /// Frees the registers that were taken after a mark, but for those of locals.
    pub(super) fn release_to(&mut self, mark: usize) {
        self.next_register = mark.max(self.floor);
    }

    /// Returns a register for a local, which is freed with its block.
    pub(super) fn keep_register(&mut self) -> Register {
        let register = self.register();
        self.floor = self.next_register;
        register
    }

    /// Returns what [`Emitter::end_locals`] restores when a block ends.
    pub(super) fn begin_locals(&self) -> (usize, usize) {
        (self.next_register, self.floor)
    }

    /// Frees the registers of a block's locals.
    pub(super) fn end_locals(&mut self, (next_register, floor): (usize, usize)) {
        self.next_register = next_register;
        self.floor = floor;
    }

    /// Returns the number of a constant, adding it where it is new.
    pub(super) fn constant(&mut self, value: Value) -> u16 {
        let at = self.constants.iter().position(|own| *own == value).unwrap_or_else(|| {
            self.constants.push(value);
            self.constants.len() - 1
        });
        at as u16
    }

    /// Returns the number of the next instruction.
    pub(super) fn here(&self) -> u16 {
        self.instructions.len() as u16
    }

    /// Emits a jump whose target is set later.
    pub(super) fn jump(&mut self, span: Span, instruction: Instruction) -> Patch {
        self.emit(span, instruction);
        Patch(self.instructions.len() - 1)
    }

    /// Makes a jump lead to the next instruction.
    pub(super) fn land(&mut self, patch: Patch) {
        let here = self.here();
        match &mut self.instructions[patch.0] {
            Instruction::Jump { target }
            | Instruction::JumpIfFalse { target, .. }
            | Instruction::JumpIfTrue { target, .. } => *target = here,
            other => debug_assert!(false, "{other:?} is no jump"),
        }
    }

    /// Returns the verified unit, or `None` when it is too large for the numbers in its instructions.
    pub(super) fn finish(self) -> Option<Code> {
        const MOST: usize = u16::MAX as usize;
        if self.most_registers > MOST || self.constants.len() > MOST || self.instructions.len() > MOST {
            return None;
        }
        Code::new(self.instructions, self.ranges, self.constants, self.most_registers as u16).ok()
    }
}
