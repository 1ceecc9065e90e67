//! Calls of functions of plugins through their gates: nothing of the host's is in between. See `rps_runtime::send::Gate`.

use rps_jit_ir::{Conversion, Expect, Label, Signature, Target, Type, Val};
use rps_runtime::code::machine::NativeSeen;
use rps_runtime::send::GatedFunction;

use super::{FRAMES, Lowerer};

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
        let mut words: Vec<Val> = (0..=u16::from(count)).map(|number| self.word(first + number)).collect();
        if is_function {
            // A function has no receiver; whose word was there is read no more.
            words[0] = self.f.i64(self.layout.nil as i64);
        }
        let row = self.write_row(&words);
        let above = self.note_frames(self.context, self.at);
        let address = self.symbols.word(&mut self.generator, &mut self.f, native.address);
        let result = self.f.local(Type::I64);
        let (slow, failed, told, end) = (self.f.label(), self.f.label(), self.f.label(), self.f.label());
        let gate = self.gate_of(function, slow);
        let (status, value) = self.through_gate(function, gate, (above, row), words[0], count);
        self.f.set(result, value);
        let is_raised = self.f.load(Type::I32, gate, self.layout.gate.is_raised, FRAMES);
        let either = self.f.or(status, is_raised);
        let zero = self.f.i32(0);
        let is_well = self.f.equal(either, zero);
        self.f.branch(is_well, end, failed, Expect::Yes);
        self.f.place(failed);
        let status = self.f.convert(Conversion::Widen, status, Type::I64);
        let top = self.f.convert(Conversion::Bits, row, Type::I64);
        let value = self.helper("rps_ungated", &[above, address, status, value, top]);
        self.f.set(result, value);
        self.f.jump(told);
        self.f.place(slow);
        let (count, is_function) = (self.f.i64(count.into()), self.f.i64(is_function.into()));
        let value = self.helper("rps_gated", &[above, address, count, is_function]);
        self.f.set(result, value);
        self.f.jump(told);
        self.f.place(told);
        let word = self.f.get(result);
        self.test_error(word);
        self.f.jump(end);
        self.f.place(end);
        let word = self.f.get(result);
        self.state.forget();
        self.set_seen(first, word);
    }

    /// Returns the gate of a function, and counts the call there; goes on elsewhere where the gate is not open, or busy, and where
    /// the call is one to be timed.
    fn gate_of(&mut self, function: &GatedFunction, slow: Label) -> Val {
        let place = self.layout.context_gates + 8 * function.place as i32;
        let gate = self.f.load(Type::Ptr, self.thread, place, FRAMES);
        let free_for = self.f.load(Type::I64, gate, self.layout.gate.free_for, FRAMES);
        let owner = self.gate_word(function.owner);
        let is_free = self.f.equal(free_for, owner);
        self.or_else(is_free, slow);
        let place = self.layout.gate.left + 4 * function.number as i32;
        let (one, none) = (self.f.i32(1), self.f.i32(0));
        let left = self.f.load(Type::I32, gate, place, FRAMES);
        let left = self.f.subtract(left, one);
        self.f.store(gate, place, left, FRAMES);
        let is_plain = self.f.greater_equal(left, none);
        self.or_else(is_plain, slow);
        gate
    }

    /// Goes on only if a condition holds, and elsewhere otherwise.
    pub(super) fn or_else(&mut self, condition: Val, elsewhere: Label) {
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

    /// Calls a function, whose arguments are in the row, through a gate that is free, and returns the status and the result.
    fn through_gate(
        &mut self,
        function: &GatedFunction,
        gate: Val,
        (above, row): (Val, Val),
        receiver: Val,
        count: u8,
    ) -> (Val, Val) {
        let offsets = self.layout.gate;
        let none = self.f.i64(0);
        self.f.store(gate, offsets.free_for, none, FRAMES);
        self.f.store(gate, offsets.frames_end, above, FRAMES);
        // The result is where a collection looks, too, behind the receiver and the arguments.
        let behind = 8 * (i32::from(count) + 1);
        let top_word = self.thread_word(self.layout.context_top);
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
        (status, value)
    }
}
