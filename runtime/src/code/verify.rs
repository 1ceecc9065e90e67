//! What makes a unit of bytecode sound.

use super::{Code, Instruction};
use crate::value::Value;

/// Why a unit of bytecode can not be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// An instruction names a register that the frame does not have.
    #[error("instruction {0} names a register outside its frame")]
    Register(usize),
    /// An instruction names a constant that there is not, or that is of the wrong kind.
    #[error("instruction {0} names no constant of the right kind")]
    Constant(usize),
    /// A jump leads outside the unit.
    #[error("instruction {0} jumps outside the code")]
    Target(usize),
    /// The last instruction neither returns nor jumps.
    #[error("the code runs past its end")]
    NoReturn,
}

/// Checks a unit: every register, constant and jump exists, constants are of the kind that their instructions need, and
/// the end is not run past.
pub(super) fn verify(code: &Code) -> Result<(), VerifyError> {
    let needs_object = |instruction: &Instruction| {
        matches!(
            instruction,
            Instruction::LoadGlobal { .. }
                | Instruction::GetAttribute { .. }
                | Instruction::PutAttribute { .. }
                | Instruction::Send { .. }
        )
    };
    for (index, instruction) in code.instructions.iter().enumerate() {
        if instruction.registers_needed() > u32::from(code.registers) {
            return Err(VerifyError::Register(index));
        }
        if let Some(constant) = instruction.constant() {
            let constant: Value =
                *code.constants.get(usize::from(constant)).ok_or(VerifyError::Constant(index))?;
            let keeps = matches!(instruction, Instruction::Keep { .. });
            if needs_object(instruction) && constant.as_object().is_none()
                || keeps && constant.as_string().is_none()
            {
                return Err(VerifyError::Constant(index));
            }
        }
        if instruction.target().is_some_and(|target| usize::from(target) >= code.instructions.len()) {
            return Err(VerifyError::Target(index));
        }
    }
    match code.instructions.last() {
        Some(Instruction::Return { .. } | Instruction::Jump { .. }) => Ok(()),
        _ => Err(VerifyError::NoReturn),
    }
}
