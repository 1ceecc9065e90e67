//! Instructions, constants, caches and registers of the unit under construction.

use rps_runtime::code::{Handler, Instruction, Register, SourceRange};
use rps_runtime::{Mutator, ObjectRef, RootVec, Value};

use crate::syntax::Span;

/// A unit of code under construction.
pub(super) struct Emitter {
    pub(super) instructions: Vec<Instruction>,
    pub(super) ranges: Vec<SourceRange>,
    pub(super) constants: RootVec,
    /// Keeps the objects of the caches.
    kept: RootVec,
    pub(super) attributes: Vec<ObjectRef>,
    pub(super) selectors: Vec<ObjectRef>,
    pub(super) calls: usize,
    pub(super) globals: Vec<ObjectRef>,
    pub(super) made: Vec<Vec<ObjectRef>>,
    pub(super) handlers: Vec<Handler>,
    next_register: usize,
    most_registers: usize,
}

/// A jump whose target is not known yet.
#[must_use = "a jump must be given its target"]
pub(super) struct Patch(usize);

/// How many instructions, constants and registers a unit has at most.
pub(super) const MOST: usize = u16::MAX as usize;

impl Emitter {
    /// Returns an empty unit whose first registers are taken.
    pub(super) fn new(m: &Mutator<'_>, registers: usize) -> Emitter {
        Emitter {
            instructions: Vec::new(),
            ranges: Vec::new(),
            constants: m.root_vec(),
            kept: m.root_vec(),
            attributes: Vec::new(),
            selectors: Vec::new(),
            calls: 0,
            globals: Vec::new(),
            made: Vec::new(),
            handlers: Vec::new(),
            next_register: registers,
            most_registers: registers,
        }
    }

    pub(super) fn emit(&mut self, span: Span, instruction: Instruction) {
        self.instructions.push(instruction);
        self.ranges.push((span.start, span.end));
    }

    /// Returns a register that nothing uses; see [`Emitter::release_to`].
    pub(super) fn register(&mut self) -> Register {
        self.registers(1)
    }

    /// Returns the first of `count` registers in a row that nothing uses.
    pub(super) fn registers(&mut self, count: usize) -> Register {
        let first = self.next_register;
        self.next_register += count;
        self.most_registers = self.most_registers.max(self.next_register);
        // A number that does not fit is found at the end: see `is_too_large`.
        first as Register
    }

    /// Returns the mark to which registers taken later are released.
    pub(super) fn mark(&self) -> usize {
        self.next_register
    }

    /// Frees the registers that were taken after a mark.
    pub(super) fn release_to(&mut self, mark: usize) {
        self.next_register = mark;
    }

    /// Returns whether a register is the last one that is taken.
    pub(super) fn is_last(&self, register: Register) -> bool {
        usize::from(register) + 1 == self.next_register
    }

    /// Returns the number of a constant, adding it where it is new.
    pub(super) fn constant(&mut self, value: Value) -> u16 {
        let same = |own: &Value| own.is_identical(value) || *own == value && !is_function(value);
        let at = self.constants.iter().position(same).unwrap_or_else(|| {
            self.constants.push(value);
            self.constants.len() - 1
        });
        at as u16
    }

    /// Returns the number of a cache for an attribute, a new one for each place.
    pub(super) fn attribute_site(&mut self, key: ObjectRef) -> u16 {
        self.kept.push(key.into());
        self.attributes.push(key);
        (self.attributes.len() - 1) as u16
    }

    /// Returns the number of a cache for a send.
    pub(super) fn send_site(&mut self, selector: ObjectRef) -> u16 {
        self.kept.push(selector.into());
        self.selectors.push(selector);
        (self.selectors.len() - 1) as u16
    }

    /// Returns the number of a cache for a call.
    pub(super) fn call_site(&mut self) -> u16 {
        self.calls += 1;
        (self.calls - 1) as u16
    }

    /// Returns the number of a cache for objects that are made with these attributes.
    pub(super) fn new_site(&mut self, keys: Vec<ObjectRef>) -> u16 {
        self.kept.extend(keys.iter().map(|&key| key.into()));
        self.made.push(keys);
        (self.made.len() - 1) as u16
    }

    /// Returns the number of the cache for a global name.
    pub(super) fn global_site(&mut self, symbol: ObjectRef) -> u16 {
        let at = self.globals.iter().position(|&own| own == symbol).unwrap_or_else(|| {
            self.kept.push(symbol.into());
            self.globals.push(symbol);
            self.globals.len() - 1
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

    /// Makes jumps lead to the next instruction.
    pub(super) fn land(&mut self, patches: impl IntoIterator<Item = Patch>) {
        let here = self.here();
        for patch in patches {
            self.instructions[patch.0].set_target(here);
        }
    }

    /// Returns whether the numbers in the instructions can not hold what there is.
    pub(super) fn is_too_large(&self) -> bool {
        let sites =
            [self.attributes.len(), self.selectors.len(), self.calls, self.globals.len(), self.made.len()];
        let most = sites.into_iter().fold(self.most_registers, usize::max);
        most.max(self.constants.len()).max(self.instructions.len()) >= MOST
    }

    /// Returns how many registers the unit has.
    pub(super) fn register_count(&self) -> u16 {
        self.most_registers as u16
    }
}

fn is_function(value: Value) -> bool {
    value.as_closure().is_some()
}
