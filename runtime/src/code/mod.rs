//! Code: register bytecode and the interpreter that runs it.
//!
//! Read in this order: [`instruction`] (what there is), [`Code`] (a unit of it), [`verify`] (what makes a unit sound:
//! the interpreter trusts nothing else), [`interpret`] (the loop), [`operate`] (what operators do), [`access`]
//! (elements of collections, new objects), [`text`] (values as text).

pub mod access;
pub mod instruction;
pub mod interpret;
pub mod operate;
pub mod text;
pub mod verify;

pub use self::instruction::{Comparison, Instruction, Register};
pub use self::interpret::{Context, RunError};
pub use self::verify::VerifyError;

use crate::heap::RootVec;
use crate::runtime::Mutator;

/// A range of bytes in the source that an instruction came from: its start and its end.
pub type SourceRange = (u32, u32);

/// A verified unit of bytecode. Its constants are kept alive as long as it is.
#[derive(Debug)]
pub struct Code {
    instructions: Vec<Instruction>,
    ranges: Vec<SourceRange>,
    constants: RootVec,
    registers: u16,
}

impl Code {
    /// Returns a unit of instructions, each with the source that it came from.
    ///
    /// # Errors
    ///
    /// [`VerifyError`] names the first instruction that the interpreter could not run.
    pub fn new(
        instructions: Vec<Instruction>,
        ranges: Vec<SourceRange>,
        constants: RootVec,
        registers: u16,
    ) -> Result<Code, VerifyError> {
        let code = Code { instructions, ranges, constants, registers };
        verify::verify(&code)?;
        Ok(code)
    }

    /// Returns the instructions.
    pub fn instructions(&self) -> &[Instruction] {
        &self.instructions
    }

    /// Returns the constants.
    pub fn constants(&self) -> &[crate::Value] {
        &self.constants
    }

    /// Returns the number of registers.
    pub fn registers(&self) -> u16 {
        self.registers
    }

    /// Returns the source that an instruction came from.
    pub fn range(&self, instruction: usize) -> SourceRange {
        self.ranges.get(instruction).copied().unwrap_or((0, 0))
    }

    /// Returns a listing, an instruction a line.
    pub fn disassemble(&self, _m: &Mutator<'_>) -> String {
        let mut text = String::new();
        for (index, instruction) in self.instructions.iter().enumerate() {
            let constant =
                instruction.constant().map(|at| format!("   # {:?}", self.constants[usize::from(at)]));
            text.push_str(&format!("{index:4}  {instruction:?}{}\n", constant.unwrap_or_default()));
        }
        text
    }
}
