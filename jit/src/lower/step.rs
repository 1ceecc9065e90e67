//! Every other instruction: the interpreter does it, on registers that are written for it.

use rps_jit_ir::{Expect, Val};
use rps_runtime::code::Instruction;
use rps_runtime::code::machine::Seen;

use super::unmade::without_ints;
use super::{FRAMES, Lowerer};

impl Lowerer<'_> {
    /// Lets the interpreter do the instruction, and goes on behind it or where it jumps.
    pub(super) fn step(&mut self, instruction: Instruction) {
        let mut reads = Vec::new();
        instruction.reads(&mut |register| reads.push(register));
        if matches!(instruction, Instruction::LoadCaptured { .. }) {
            reads.push(0);
        }
        let words: Vec<(u16, Val)> = reads.iter().map(|&register| (register, self.word(register))).collect();
        let base = self.contexts.get(self.context).base as i32;
        let top = self.top();
        for &(register, word) in &words {
            self.f.store(top, 8 * (base + i32::from(register)), word, FRAMES);
        }
        let none = self.f.i64(0);
        let registers = self.f.offset(top, none, 1, 8 * base);
        let registers = self.f.convert(rps_jit_ir::Conversion::Bits, registers, rps_jit_ir::Type::I64);
        let above = self.note_frames(self.context, self.at);
        let unit = self.constant(self.unit().address);
        let at = self.f.i64(self.at as i64);
        let done = self.helper("rps_step", &[above, unit, at, registers]);
        self.test_error(done);
        self.state.forget();
        if instruction.ends_path() {
            // It has raised: what is behind it is not reached.
            return self.f.unreachable();
        }
        let mut writes = Vec::new();
        instruction.writes(&mut |register| writes.push(register));
        if let Instruction::EachNext { first, .. } | Instruction::EachStart { first } = instruction
            && !writes.contains(&(first + 1))
        {
            writes.push(first + 1);
        }
        for register in writes {
            let word = self.f.load(rps_jit_ir::Type::I64, top, 8 * (base + i32::from(register)), FRAMES);
            self.set_seen(register, word);
        }
        if let Instruction::EachStart { first } = instruction {
            self.learn(first, |fact| fact.expected = without_ints(fact.expected));
            self.learn(first + 1, |fact| fact.expected = Seen::INT);
        }
        if let Some(target) = instruction.target() {
            let one = self.f.i64(1);
            let has_jumped = self.f.equal(done, one);
            let (go, next) = (self.f.label(), self.f.label());
            self.f.branch(has_jumped, go, next, Expect::Yes);
            self.f.place(go);
            let before = self.state.clone();
            if target <= self.at {
                // The instruction has been done: an exit goes on where it has jumped.
                let at = std::mem::replace(&mut self.at, target);
                self.poll();
                self.at = at;
            }
            self.go((self.context, target));
            self.f.place(next);
            self.state = before;
        }
    }
}
