//! Liveness: which registers of a frame hold what the code will still look at.
//!
//! The others hold anything: whoever goes over from machine code to the interpreter need not write them, and nobody may look
//! into them.

use super::instruction::{Instruction, Register};
use super::unit::Handler;
use super::verify::{each_read, each_write, ends_path, target_of};

/// The live registers before each instruction.
#[derive(Clone, Debug)]
pub struct Liveness {
    words: usize,
    before: Vec<u64>,
}

impl Liveness {
    /// Returns the live registers before each instruction of verified code.
    pub fn new(instructions: &[Instruction], handlers: &[Handler], registers: u16) -> Liveness {
        let words = usize::from(registers).div_ceil(64).max(1);
        let count = instructions.len();
        let mut live = Liveness { words, before: vec![0; words * (count + 1)] };
        // The number by which closures return from a call is looked for in its frame.
        let home = match instructions.first() {
            Some(&Instruction::MakeHome { to }) => Some(to),
            _ => None,
        };
        let mut now = vec![0u64; words];
        let mut changed = true;
        while changed {
            changed = false;
            for at in (0..count).rev() {
                let instruction = &instructions[at];
                now.fill(0);
                if !ends_path(instruction) {
                    or(&mut now, live.row(at + 1));
                }
                if let Some(target) = target_of(instruction) {
                    or(&mut now, live.row(target));
                }
                each_write(instruction, &mut |register| clear(&mut now, register));
                for handler in handlers {
                    if handler.covers(at) {
                        let mut raised = live.row(usize::from(handler.target)).to_vec();
                        clear(&mut raised, handler.register);
                        or(&mut now, &raised);
                    }
                }
                each_read(instruction, &mut |register| set(&mut now, register));
                if matches!(instruction, Instruction::LoadCaptured { .. }) {
                    set(&mut now, 0);
                }
                if let Some(home) = home.filter(|_| at > 0) {
                    set(&mut now, home);
                }
                let row = &mut live.before[at * words..(at + 1) * words];
                if row != now {
                    row.copy_from_slice(&now);
                    changed = true;
                }
            }
        }
        live
    }

    fn row(&self, at: usize) -> &[u64] {
        &self.before[at * self.words..(at + 1) * self.words]
    }

    /// Returns whether a register is live before an instruction.
    pub fn is_live(&self, at: usize, register: Register) -> bool {
        self.row(at)[usize::from(register) / 64] >> (register % 64) & 1 == 1
    }
}

fn or(into: &mut [u64], other: &[u64]) {
    into.iter_mut().zip(other).for_each(|(word, other)| *word |= other);
}

fn set(words: &mut [u64], register: Register) {
    words[usize::from(register) / 64] |= 1 << (register % 64);
}

fn clear(words: &mut [u64], register: Register) {
    words[usize::from(register) / 64] &= !(1 << (register % 64));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_keeps_what_its_next_turn_reads() {
        use Instruction as I;
        let code = [
            I::Small { to: 1, small: 0 },
            I::Small { to: 2, small: 9 },
            I::JumpUnlessLess { left: 1, right: 2, target: 5 },
            I::AddSmall { to: 1, left: 1, small: 1 },
            I::Loop { target: 2 },
            I::Return { from: 1 },
        ];
        let live = Liveness::new(&code, &[], 3);
        assert!(!live.is_live(0, 1) && !live.is_live(0, 2));
        assert!(live.is_live(2, 1) && live.is_live(2, 2));
        assert!(live.is_live(4, 2) && live.is_live(5, 1) && !live.is_live(5, 2));
    }

    #[test]
    fn a_handler_needs_its_registers_wherever_an_error_may_begin() {
        use Instruction as I;
        let code = [
            I::Small { to: 1, small: 0 },
            I::Send { count: 0, first: 2, site: 0 },
            I::Return { from: 2 },
            I::Return { from: 1 },
        ];
        let handlers = [Handler { start: 1, end: 2, target: 3, register: 3 }];
        let live = Liveness::new(&code, &handlers, 4);
        assert!(live.is_live(1, 1) && live.is_live(1, 2) && !live.is_live(2, 1));
    }

    #[test]
    fn captured_values_are_in_the_closure() {
        let code = [Instruction::LoadCaptured { to: 1, captured: 0 }, Instruction::Return { from: 1 }];
        let live = Liveness::new(&code, &[], 2);
        assert!(live.is_live(0, 0) && !live.is_live(1, 0));
    }
}
