//! Direct functions: calls of functions of C, with numbers as they are in registers of the machine.
//!
//! Neither a frame nor a row of arguments is written: such a function does not know of the runtime, so that nothing can happen
//! in it that would look at them.

use rps_jit_ir::{Expect, Signature, Target, Type, Val};
use rps_runtime::code::machine::Seen;
use rps_runtime::send::{DirectFunction, DirectType};

use super::Lowerer;
use super::state::{Fact, Kind};

impl Lowerer<'_> {
    /// Calls a direct function with the arguments behind a register, which gets the result, unless they may well be
    /// others than it takes: then nothing is done.
    pub(super) fn direct(&mut self, first: u16, function: &DirectFunction) -> bool {
        let signature = function.signature();
        let arguments = || (first + 1..).zip(signature.parameters().iter().copied());
        if !arguments().all(|(register, ty)| self.may_be(register, ty)) {
            return false;
        }
        // What is tested comes before what may have to be made.
        let mut given: Vec<Option<Val>> = arguments().map(|argument| self.direct_number(argument)).collect();
        for (given, (register, _)) in given.iter_mut().zip(arguments()) {
            if given.is_none() {
                *given = Some(self.word(register));
            }
        }
        let given: Vec<Val> = given.into_iter().flatten().collect();
        let own = Signature {
            parameters: signature.parameters().iter().map(|&ty| register_type(ty)).collect(),
            result: signature.result().map(register_type),
        };
        let address = function.address() as u64;
        let address = self.symbols.cell(&mut self.generator, &mut self.f, address);
        let target = Target::Pointer(address, &own);
        let Some(ty) = signature.result() else {
            self.f.call_void(target, &given);
            self.set_constant(first, self.layout.nil, Seen::NIL);
            return true;
        };
        let result = self.f.call(target, &given);
        self.set_result(first, ty, result);
        true
    }

    /// Returns whether a register may be taken for one of a type, as far as anything is known of it.
    fn may_be(&self, register: u16, ty: DirectType) -> bool {
        let fact = self.fact(register);
        let is_float = matches!(ty, DirectType::F32 | DirectType::F64);
        let wanted = if is_float { Seen::INT.with(Seen::DOUBLE) } else { Seen::INT };
        match fact.kind {
            _ if ty == DirectType::Value => true,
            // Of other types not every integer is one.
            Kind::Int => ty == DirectType::I64 || !self.is_generic(),
            Kind::Double => is_float,
            Kind::Any => fact.expected.with(wanted) == wanted && !self.is_generic(),
            _ => false,
        }
    }

    /// Makes sure that a register is a number of a type, and returns it; nothing of what is no number.
    fn direct_number(&mut self, (register, ty): (u16, DirectType)) -> Option<Val> {
        match (ty, ty.int_bits()) {
            (DirectType::F64, _) => Some(self.real(register)),
            (DirectType::F32, _) => {
                let real = self.real(register);
                let single = self.f.float(real, Type::F32);
                if self.fact(register).kind == Kind::Int {
                    let back = self.f.float(single, Type::F64);
                    let is_exact = self.f.equal(back, real);
                    self.test(is_exact, "large integer");
                }
                Some(single)
            }
            (_, Some(bits)) => {
                let int = self.whole(register);
                let int = self.number_of(int);
                if bits < 64 {
                    let (half, all) = (self.f.i64(1 << (bits - 1)), self.f.i64(1 << bits));
                    let moved = self.f.add(int, half);
                    let fits = self.f.less_unsigned(moved, all);
                    self.test(fits, "range");
                }
                Some(int)
            }
            (_, None) => None,
        }
    }

    /// Sets a register to what a function has given.
    fn set_result(&mut self, register: u16, ty: DirectType, result: Val) {
        match (ty, ty.int_bits()) {
            (DirectType::F64, _) => self.set_number(register, result),
            (DirectType::F32, _) => {
                let real = self.f.float(result, Type::F64);
                self.set_number(register, real);
            }
            (_, None) => self.set_seen(register, result),
            (_, Some(64)) => self.set_integer(register, result),
            (_, Some(bits)) => {
                // Of the register only the bits of the type are said to be its.
                let (spare, rest) = (self.f.i64(64 - i64::from(bits)), self.f.i64(63 - i64::from(bits)));
                let high = self.f.shift_left(result, spare);
                let twice = self.f.shift_right(high, rest);
                let one = self.f.i64(1);
                let word = self.f.or(twice, one);
                self.set(register, word, Fact::word(Kind::Int));
            }
        }
    }

    /// Sets a register to an integer, a large one where it does not fit: the call is not done again.
    fn set_integer(&mut self, register: u16, int: Val) {
        let to = self.f.local(Type::I64);
        let (large, end) = (self.f.label(), self.f.label());
        let one = self.f.i64(1);
        let (twice, overflow) = self.f.checked_add(int, int);
        let word = self.f.or(twice, one);
        self.f.set(to, word);
        self.f.branch(overflow, large, end, Expect::No);
        self.f.place(large);
        let word = self.helper("rps_integer", &[int]);
        self.f.set(to, word);
        self.f.jump(end);
        self.f.place(end);
        let word = self.f.get(to);
        self.set_seen(register, word);
    }
}

/// Returns the type of the register that something is in: integers of all widths are in whole ones, with their sign.
fn register_type(ty: DirectType) -> Type {
    match ty {
        DirectType::F32 => Type::F32,
        DirectType::F64 => Type::F64,
        _ => Type::I64,
    }
}
