//! What makes a unit of code sound: the interpreter checks none of this again.
//!
//! Every register, constant, cache and target is one that the unit has; jumps go where they say, forward or back; no
//! path runs past the end; and no path reads a register before it was written, which holds something that died long
//! ago. The last is a data-flow analysis over basic blocks: the registers that are surely written where a block begins
//! are those that are so at the end of all blocks that lead to it. A call takes the registers behind its window.

use super::instruction::{Instruction, Operand};
use super::unit::CodeParts;

/// Why a unit of code can not be run; each names the number of the instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// A register is not one of the unit's, or must not be written.
    #[error("instruction {0} has a register that the unit has not")]
    Register(usize),
    /// A register may be read before it is written.
    #[error("instruction {0} may read a register before it is written")]
    Unwritten(usize),
    /// A constant is missing or of the wrong kind.
    #[error("instruction {0} has a constant that the unit has not")]
    Constant(usize),
    /// A cache is missing.
    #[error("instruction {0} has a cache that the unit has not")]
    Site(usize),
    /// A jump leads nowhere, or in the wrong direction.
    #[error("instruction {0} leads nowhere")]
    Target(usize),
    /// A handler covers or leads to what is not there.
    #[error("handler {0} covers or leads to what is not there")]
    Handler(usize),
    /// Register 0 would have to hold a receiver and a closure.
    #[error("a method captures nothing")]
    Method,
    /// The end can be run past.
    #[error("the last instruction neither returns nor jumps")]
    NoReturn,
}

/// Checks that the interpreter can run a unit.
pub(super) fn verify(parts: &CodeParts) -> Result<(), VerifyError> {
    if parts.instructions.len() > usize::from(u16::MAX) {
        return Err(VerifyError::Target(usize::from(u16::MAX)));
    }
    for (at, instruction) in parts.instructions.iter().enumerate() {
        let mut checked = Ok(());
        instruction.operands(&mut |operand| {
            if checked.is_ok() {
                checked = operand_fits(parts, at, instruction, operand);
            }
        });
        checked?;
    }
    if !parts.instructions.last().is_some_and(ends_path) {
        return Err(VerifyError::NoReturn);
    }
    if usize::from(parts.parameters) + 1 > usize::from(parts.registers) {
        return Err(VerifyError::Register(0));
    }
    if parts.is_method && parts.captured > 0 {
        return Err(VerifyError::Method);
    }
    for (number, handler) in parts.handlers.iter().enumerate() {
        let len = parts.instructions.len();
        if handler.start >= handler.end
            || usize::from(handler.end) > len
            || usize::from(handler.target) >= len
            || !is_register(parts, handler.register, true)
        {
            return Err(VerifyError::Handler(number));
        }
    }
    Flow::new(parts).check()
}

/// Returns whether nothing is run behind an instruction but what it jumps to.
pub(super) fn ends_path(instruction: &Instruction) -> bool {
    matches!(
        instruction,
        Instruction::Return { .. }
            | Instruction::ReturnHome { .. }
            | Instruction::Raise { .. }
            | Instruction::NoMatch { .. }
            | Instruction::Mismatch { .. }
            | Instruction::Jump { .. }
            | Instruction::Loop { .. }
    )
}

/// Returns the length of the row or window of an instruction.
fn count_of(instruction: &Instruction) -> usize {
    let mut count = 0;
    instruction.operands(&mut |operand| match operand {
        Operand::Count(own) => count = usize::from(own),
        Operand::Byte(own) => count = usize::from(own),
        _ => {}
    });
    count
}

/// Returns whether the unit has a register; the closure that captured something stays where it is.
fn is_register(parts: &CodeParts, register: u16, written: bool) -> bool {
    register < parts.registers && !(written && register == 0 && parts.captured > 0)
}

fn operand_fits(
    parts: &CodeParts,
    at: usize,
    instruction: &Instruction,
    operand: Operand,
) -> Result<(), VerifyError> {
    let registers = usize::from(parts.registers);
    let constant = |number: u16| parts.constants.get(usize::from(number));
    let (fits, error) = match operand {
        Operand::Read(register) => (is_register(parts, register, false), VerifyError::Register(at)),
        Operand::Write(register) => (is_register(parts, register, true), VerifyError::Register(at)),
        Operand::Row(first) => {
            // What becomes a set is sorted where it lies.
            let is_sorted = matches!(instruction, Instruction::MakeSet { count: 1.., .. });
            let fits = usize::from(first) + count_of(instruction) <= registers;
            (fits && (!is_sorted || is_register(parts, first, true)), VerifyError::Register(at))
        }
        Operand::Window(first) => {
            let fits = usize::from(first) + count_of(instruction) < registers;
            (fits && is_register(parts, first, true), VerifyError::Register(at))
        }
        Operand::RangeState(first) | Operand::EachStart(first) | Operand::EachState(first) => {
            let fits = usize::from(first) + 1 < registers;
            (fits && is_register(parts, first, true), VerifyError::Register(at))
        }
        Operand::Constant(number) => (constant(number).is_some(), VerifyError::Constant(at)),
        Operand::ObjectConstant(number) | Operand::FunctionConstant(number) => {
            (constant(number).is_some_and(|value| value.as_object().is_some()), VerifyError::Constant(at))
        }
        Operand::TextConstant(number) => {
            (constant(number).is_some_and(|value| value.as_string().is_some()), VerifyError::Constant(at))
        }
        Operand::ClassConstant(number) => {
            (constant(number).is_some_and(|value| value.as_tuple().is_some()), VerifyError::Constant(at))
        }
        Operand::AttributeSite(site) => (usize::from(site) < parts.attributes.len(), VerifyError::Site(at)),
        Operand::SendSite(site) => (usize::from(site) < parts.selectors.len(), VerifyError::Site(at)),
        Operand::CallSite(site) => (site < parts.calls, VerifyError::Site(at)),
        Operand::GlobalSite(site) => (usize::from(site) < parts.globals.len(), VerifyError::Site(at)),
        Operand::NewSite(site) => {
            let keys = parts.made.get(usize::from(site)).map(Vec::len);
            let is_small = count_of(instruction) <= crate::object::MAX_KEYS;
            (keys == Some(count_of(instruction)) && is_small, VerifyError::Site(at))
        }
        Operand::Captured(number) => (number < parts.captured, VerifyError::Constant(at)),
        Operand::Forward(target) => {
            let target = usize::from(target);
            (target > at && target < parts.instructions.len(), VerifyError::Target(at))
        }
        Operand::Backward(target) => (usize::from(target) <= at, VerifyError::Target(at)),
        Operand::Count(_)
        | Operand::Byte(_)
        | Operand::Small(_)
        | Operand::Number(_)
        | Operand::Comparison(_) => (true, VerifyError::NoReturn),
    };
    if fits { Ok(()) } else { Err(error) }
}

/// The registers that are surely written, one bit each.
type Written = Vec<u64>;

/// The data-flow analysis.
struct Flow<'p> {
    parts: &'p CodeParts,
    /// Whether a block begins at an instruction.
    leaders: Vec<bool>,
    /// What is written where a block begins, once a path to it is known.
    at_leader: Vec<Option<Written>>,
    work: Vec<usize>,
}

impl<'p> Flow<'p> {
    fn new(parts: &'p CodeParts) -> Flow<'p> {
        let len = parts.instructions.len();
        let mut leaders = vec![false; len];
        leaders[0] = true;
        for (at, instruction) in parts.instructions.iter().enumerate() {
            if let Some(target) = target_of(instruction) {
                leaders[target] = true;
                if at + 1 < len {
                    leaders[at + 1] = true;
                }
            }
        }
        for handler in &parts.handlers {
            for at in [handler.start, handler.end, handler.target] {
                if let Some(leader) = leaders.get_mut(usize::from(at)) {
                    *leader = true;
                }
            }
        }
        Flow { parts, leaders, at_leader: vec![None; len], work: Vec::new() }
    }

    fn check(mut self) -> Result<(), VerifyError> {
        let mut at_entry = vec![0u64; usize::from(self.parts.registers).div_ceil(64)];
        for register in 0..=u16::from(self.parts.parameters) {
            set(&mut at_entry, register);
        }
        self.reach(0, &at_entry);
        while let Some(block) = self.work.pop() {
            self.run(block, None)?;
        }
        // Now nothing changes any more: look at what is read.
        for block in 0..self.leaders.len() {
            if self.leaders[block] && self.at_leader[block].is_some() {
                let mut first = Ok(());
                self.run(block, Some(&mut first))?;
                first?;
            }
        }
        Ok(())
    }

    /// Goes through a block: tells what follows it, or checks what it reads.
    fn run(
        &mut self,
        block: usize,
        mut check: Option<&mut Result<(), VerifyError>>,
    ) -> Result<(), VerifyError> {
        let Some(mut written) = self.at_leader[block].clone() else { return Ok(()) };
        if check.is_none() {
            self.raise(block, &written);
        }
        let parts = self.parts;
        for (at, instruction) in parts.instructions.iter().enumerate().skip(block) {
            if at > block && self.leaders[at] {
                if check.is_none() {
                    self.reach(at, &written);
                }
                return Ok(());
            }
            if let Some(result) = check.as_deref_mut() {
                each_read(instruction, &mut |register| {
                    if result.is_ok() && !is_set(&written, register) {
                        *result = Err(VerifyError::Unwritten(at));
                    }
                });
            }
            if let Some(first) = window_of(instruction) {
                // The frame that is called lies there: what it leaves behind is nobody's, also when it raises.
                clear_above(&mut written, first);
                if check.is_none() {
                    self.raise(at, &written);
                }
            }
            each_write(instruction, &mut |register| set(&mut written, register));
            if let Some(target) = target_of(instruction)
                && check.is_none()
            {
                self.reach(target, &written);
            }
            if ends_path(instruction) {
                return Ok(());
            }
        }
        Err(VerifyError::NoReturn)
    }

    /// Notes that an instruction may raise something with these registers written.
    fn raise(&mut self, at: usize, written: &Written) {
        let parts = self.parts;
        let covers =
            |handler: &&super::Handler| (usize::from(handler.start)..usize::from(handler.end)).contains(&at);
        for handler in parts.handlers.iter().filter(covers) {
            let mut raised = written.clone();
            set(&mut raised, handler.register);
            self.reach(usize::from(handler.target), &raised);
        }
    }

    /// Notes that a path leads to a block with these registers written.
    fn reach(&mut self, block: usize, written: &Written) {
        match &mut self.at_leader[block] {
            Some(known) => {
                let mut changed = false;
                for (known, written) in known.iter_mut().zip(written) {
                    changed |= *known & written != *known;
                    *known &= written;
                }
                if changed {
                    self.work.push(block);
                }
            }
            unknown @ None => {
                *unknown = Some(written.clone());
                self.work.push(block);
            }
        }
    }
}

pub(super) fn target_of(instruction: &Instruction) -> Option<usize> {
    let mut found = None;
    instruction.operands(&mut |operand| {
        if let Operand::Forward(target) | Operand::Backward(target) = operand {
            found = Some(usize::from(target));
        }
    });
    found
}

/// Returns where the frame begins that an instruction calls.
fn window_of(instruction: &Instruction) -> Option<u16> {
    let mut found = None;
    instruction.operands(&mut |operand| {
        if let Operand::Window(first) = operand {
            found = Some(first);
        }
    });
    found
}

pub(super) fn each_read(instruction: &Instruction, visit: &mut dyn FnMut(u16)) {
    let count = count_of(instruction) as u16;
    instruction.operands(&mut |operand| match operand {
        Operand::Read(register) | Operand::EachStart(register) => visit(register),
        Operand::Row(first) => (first..first + count).for_each(&mut *visit),
        Operand::Window(first) => (first..=first + count).for_each(&mut *visit),
        Operand::RangeState(first) | Operand::EachState(first) => (first..first + 2).for_each(&mut *visit),
        _ => {}
    });
}

pub(super) fn each_write(instruction: &Instruction, visit: &mut dyn FnMut(u16)) {
    instruction.operands(&mut |operand| match operand {
        Operand::Write(register) | Operand::Window(register) => visit(register),
        Operand::EachStart(first) => (first..first + 2).for_each(&mut *visit),
        _ => {}
    });
}

fn set(written: &mut Written, register: u16) {
    written[usize::from(register) / 64] |= 1 << (register % 64);
}

/// Forgets the registers behind one.
fn clear_above(written: &mut Written, register: u16) {
    for (number, word) in written.iter_mut().enumerate().skip(usize::from(register) / 64) {
        let kept = (usize::from(register) + 1).saturating_sub(64 * number);
        *word &= if kept >= 64 { u64::MAX } else { (1 << kept) - 1 };
    }
}

fn is_set(written: &Written, register: u16) -> bool {
    written[usize::from(register) / 64] >> (register % 64) & 1 == 1
}
