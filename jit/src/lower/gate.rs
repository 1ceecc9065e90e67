//! Calls of functions of plugins through their gates: nothing of the host's is in between. See `rps_runtime::send::Gate`.

use rps_jit_ir::{Expect, Label, Signature, Target, Type, Val};
use rps_runtime::code::machine::NativeSeen;
use rps_runtime::send::{GatedFunction, SAMPLE};

use super::{FIELDS, FRAMES, Lowerer};

impl Lowerer<'_> {
    /// Calls a function of a plugin with the receiver and the arguments from a register on, and sets that to the result.
    pub(super) fn call_gated(
        &mut self,
        first: u16,
        count: u8,
        native: &NativeSeen,
        function: &GatedFunction,
        is_function: bool,
    ) {
        let words: Vec<Val> = (0..=u16::from(count)).map(|number| self.word(first + number)).collect();
        self.write_row(&words);
        let above = self.note_frames(self.context, self.at);
        let address = self.symbols.word(&mut self.generator, &mut self.f, native.address);
        let result = self.f.local(Type::I64);
        let (slow, end) = (self.f.label(), self.f.label());
        let gate = self.gate_of(function, slow);
        let nil = self.f.i64(self.layout.nil as i64);
        let receiver = if is_function { nil } else { words[0] };
        let value = self.through_gate(function, gate, (above, address), receiver, count);
        self.f.set(result, value);
        self.f.jump(end);
        self.f.place(slow);
        let (count, is_function) = (self.f.i64(count.into()), self.f.i64(is_function.into()));
        let value = self.helper("rps_gated", &[above, address, count, is_function]);
        self.f.set(result, value);
        self.f.jump(end);
        self.f.place(end);
        let word = self.f.get(result);
        self.test_error(word);
        self.state.forget();
        self.set_seen(first, word);
    }

    /// Returns the gate of a function, and counts the call; goes on elsewhere where the gate is not open, or busy, where others
    /// may count too, and where the call is one to be timed.
    fn gate_of(&mut self, function: &GatedFunction, slow: Label) -> Val {
        if !self.state.is_alone {
            let alone = self.thread_word(self.layout.context_alone);
            let alone = self.f.load(Type::I8, alone, 0, FIELDS);
            let none = self.f.constant(Type::I8, 0);
            let is_alone = self.f.not_equal(alone, none);
            self.or_else(is_alone, slow);
        }
        let place = self.layout.context_gates + 8 * function.place as i32;
        let gate = self.f.load(Type::Ptr, self.thread, place, FRAMES);
        let free_for = self.f.load(Type::I64, gate, self.layout.gate.free_for, FRAMES);
        let owner = self.gate_word(function.owner);
        let is_free = self.f.equal(free_for, owner);
        self.or_else(is_free, slow);
        let counter = std::ptr::from_ref(function.calls).addr() as u64;
        let counter = self.symbols.cell(&mut self.generator, &mut self.f, counter);
        let calls = self.f.load(Type::I64, counter, 0, FIELDS);
        let last = self.f.i64(SAMPLE as i64 - 1);
        let number = self.f.and(calls, last);
        let is_plain = self.f.not_equal(number, last);
        self.or_else(is_plain, slow);
        let one = self.f.i64(1);
        let calls = self.f.add(calls, one);
        self.f.store(counter, 0, calls, FIELDS);
        gate
    }

    fn or_else(&mut self, condition: Val, elsewhere: Label) {
        let next = self.f.label();
        self.f.branch(condition, next, elsewhere, Expect::Yes);
        self.f.place(next);
    }

    fn gate_word(&mut self, word: usize) -> Val {
        match word {
            0 => self.f.i64(0),
            word => self.symbols.word(&mut self.generator, &mut self.f, word as u64),
        }
    }

    /// Calls a function, whose arguments are in the row, through a gate that is free, and returns the result.
    fn through_gate(
        &mut self,
        function: &GatedFunction,
        gate: Val,
        (above, native): (Val, Val),
        receiver: Val,
        count: u8,
    ) -> Val {
        let offsets = self.layout.gate;
        let none = self.f.i64(0);
        self.f.store(gate, offsets.free_for, none, FRAMES);
        self.f.store(gate, offsets.frames_end, above, FRAMES);
        // The result is where a collection looks, too, behind the receiver and the arguments.
        let behind = 8 * (i32::from(count) + 1);
        let top_word = self.thread_word(self.layout.context_top);
        let row = self.f.load(Type::Ptr, top_word, 0, FRAMES);
        let nil = self.f.i64(self.layout.nil as i64);
        self.f.store(row, behind, nil, FRAMES);
        let (arguments, place) = (self.f.offset(row, none, 1, 8), self.f.offset(row, none, 1, behind));
        let new_top = self.f.offset(row, none, 1, behind + 8);
        self.f.store(top_word, 0, new_top, FRAMES);
        let call = self.f.load(Type::Ptr, gate, offsets.call, super::CONSTANT);
        let signature = Signature {
            parameters: vec![Type::I64, Type::Ptr, Type::I64, Type::Ptr, Type::I64, Type::Ptr],
            result: Some(Type::I32),
        };
        let data = self.gate_word(function.data);
        let address = self.symbols.cell(&mut self.generator, &mut self.f, function.function as u64);
        let count = self.f.i64(count.into());
        let given = [data, call, receiver, arguments, count, place];
        let status = self.f.call(Target::Pointer(address, &signature), &given);
        let value = self.f.load(Type::I64, row, behind, FRAMES);
        self.f.store(top_word, 0, row, FRAMES);
        let owner = self.gate_word(function.owner);
        self.f.store(gate, offsets.free_for, owner, FRAMES);
        let result = self.f.local(Type::I64);
        self.f.set(result, value);
        let is_raised = self.f.load(Type::I32, gate, offsets.is_raised, FRAMES);
        let either = self.f.or(status, is_raised);
        let (failed, end) = (self.f.label(), self.f.label());
        let zero = self.f.i32(0);
        let is_well = self.f.equal(either, zero);
        self.f.branch(is_well, end, failed, Expect::Yes);
        self.f.place(failed);
        let status = self.f.convert(rps_jit_ir::Conversion::Widen, status, Type::I64);
        let row = self.f.convert(rps_jit_ir::Conversion::Bits, row, Type::I64);
        let value = self.helper("rps_ungated", &[above, native, status, value, row]);
        self.f.set(result, value);
        self.f.jump(end);
        self.f.place(end);
        self.f.get(result)
    }
}
