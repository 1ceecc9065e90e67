//! What an instruction gives, what it uses and where it leads.

use crate::function::{Callee, Instruction, Label, Val};

/// Gives each value that an instruction uses, in the order in which they are written.
macro_rules! operands {
    ($instruction:expr, $give:expr, $iter:ident) => {{
        let mut give = $give;
        match $instruction {
            Instruction::Binary { left, right, .. }
            | Instruction::Checked { left, right, .. }
            | Instruction::Compare { left, right, .. } => {
                give(left);
                give(right);
            }
            Instruction::Unary { from, .. } | Instruction::Convert { from, .. } => give(from),
            Instruction::Select { condition, yes, no, .. } => {
                give(condition);
                give(yes);
                give(no);
            }
            Instruction::Load { base, .. } => give(base),
            Instruction::Store { base, from, .. } => {
                give(base);
                give(from);
            }
            Instruction::Offset { base, index, .. } => {
                give(base);
                give(index);
            }
            Instruction::Length { slice, .. } => give(slice),
            Instruction::Element { slice, index, .. } => {
                give(slice);
                give(index);
            }
            Instruction::SetElement { slice, index, from } => {
                give(slice);
                give(index);
                give(from);
            }
            Instruction::Set { from, .. } => give(from),
            Instruction::Call { callee, arguments, .. } => {
                if let Callee::Pointer(address, _) = callee {
                    give(address);
                }
                arguments.$iter().for_each(give);
            }
            Instruction::Branch { condition, .. } => give(condition),
            Instruction::Switch { on, .. } => give(on),
            Instruction::Return { from } => from.$iter().for_each(give),
            Instruction::Constant { .. }
            | Instruction::Address { .. }
            | Instruction::StackAddress { .. }
            | Instruction::Get { .. }
            | Instruction::Jump { .. }
            | Instruction::Trap { .. }
            | Instruction::Unreachable => {}
        }
    }};
}

impl Instruction {
    /// Returns whether the instruction ends its block.
    pub const fn ends_block(&self) -> bool {
        matches!(
            self,
            Instruction::Jump { .. }
                | Instruction::Branch { .. }
                | Instruction::Switch { .. }
                | Instruction::Return { .. }
                | Instruction::Trap { .. }
                | Instruction::Unreachable
        )
    }

    /// Returns the values that the instruction gives: none, one, or of [`Instruction::Checked`] two.
    pub fn results(&self) -> impl Iterator<Item = Val> + use<> {
        let (first, second) = match *self {
            Instruction::Constant { to, .. }
            | Instruction::Address { to, .. }
            | Instruction::StackAddress { to }
            | Instruction::Binary { to, .. }
            | Instruction::Unary { to, .. }
            | Instruction::Convert { to, .. }
            | Instruction::Compare { to, .. }
            | Instruction::Select { to, .. }
            | Instruction::Load { to, .. }
            | Instruction::Offset { to, .. }
            | Instruction::Length { to, .. }
            | Instruction::Element { to, .. }
            | Instruction::Get { to, .. } => (Some(to), None),
            Instruction::Checked { to, overflow, .. } => (Some(to), Some(overflow)),
            Instruction::Call { to, .. } => (to, None),
            _ => (None, None),
        };
        first.into_iter().chain(second)
    }

    /// Gives `use_value` each value that the instruction uses, in the order in which they are written.
    pub fn for_each_operand(&self, mut use_value: impl FnMut(Val)) {
        operands!(self, |operand: &Val| use_value(*operand), iter);
    }

    /// Gives `change` each value that the instruction uses, to be changed.
    pub fn for_each_operand_mut(&mut self, mut change: impl FnMut(&mut Val)) {
        operands!(self, |operand: &mut Val| change(operand), iter_mut);
    }

    /// Gives `change` each value that the instruction gives, to be changed.
    pub fn for_each_result_mut(&mut self, mut change: impl FnMut(&mut Val)) {
        match self {
            Instruction::Constant { to, .. }
            | Instruction::Address { to, .. }
            | Instruction::StackAddress { to }
            | Instruction::Binary { to, .. }
            | Instruction::Unary { to, .. }
            | Instruction::Convert { to, .. }
            | Instruction::Compare { to, .. }
            | Instruction::Select { to, .. }
            | Instruction::Load { to, .. }
            | Instruction::Offset { to, .. }
            | Instruction::Length { to, .. }
            | Instruction::Element { to, .. }
            | Instruction::Get { to, .. } => change(to),
            Instruction::Checked { to, overflow, .. } => {
                change(to);
                change(overflow);
            }
            Instruction::Call { to, .. } => to.iter_mut().for_each(change),
            Instruction::Store { .. }
            | Instruction::SetElement { .. }
            | Instruction::Set { .. }
            | Instruction::Jump { .. }
            | Instruction::Branch { .. }
            | Instruction::Switch { .. }
            | Instruction::Return { .. }
            | Instruction::Trap { .. }
            | Instruction::Unreachable => {}
        }
    }

    /// Gives `go` each block that may come next, some of them perhaps more than once.
    pub fn for_each_target(&self, mut go: impl FnMut(Label)) {
        match self {
            Instruction::Jump { target } => go(*target),
            Instruction::Branch { yes, no, .. } => {
                go(*yes);
                go(*no);
            }
            Instruction::Switch { cases, default, .. } => {
                cases.iter().for_each(|(_, target)| go(*target));
                go(*default);
            }
            _ => {}
        }
    }

    /// Gives `change` each block that may come next, to be changed.
    pub fn for_each_target_mut(&mut self, mut change: impl FnMut(&mut Label)) {
        match self {
            Instruction::Jump { target } => change(target),
            Instruction::Branch { yes, no, .. } => {
                change(yes);
                change(no);
            }
            Instruction::Switch { cases, default, .. } => {
                cases.iter_mut().for_each(|(_, target)| change(target));
                change(default);
            }
            _ => {}
        }
    }
}
