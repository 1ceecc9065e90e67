//! Guards that fail at random, for tests: the interpreter does the instruction then, so nobody may see a difference.
//!
//! Code has them only when it is made by an engine that is told so.

use std::sync::atomic::AtomicU64;

use rps_jit_ir::{Expect, Type};
use rps_runtime::code::machine::ExitKind;

use super::leave::Why;
use super::{FIELDS, Lowerer};

/// Which guards fail.
#[derive(Debug)]
pub struct Faults {
    /// The state of the numbers that look random; not 0.
    state: AtomicU64,
    /// A guard fails when the number has no bit of these.
    mask: u64,
    /// What follows from it.
    kind: ExitKind,
}

impl Faults {
    /// Lets one guard in 2 to the power of `bits` fail; those of the same seed fail in the same order, in one thread.
    /// What follows may be nothing ([`ExitKind::Quiet`]), or what follows from true failures ([`ExitKind::Failed`]).
    pub fn new(bits: u32, seed: u64, kind: ExitKind) -> Faults {
        // Multiplied, so that small seeds differ in many bits.
        let state = AtomicU64::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        Faults { state, mask: 1u64.checked_shl(bits).map_or(u64::MAX, |one| one - 1), kind }
    }
}

impl Lowerer<'_> {
    /// Leaves to the interpreter now and then, if guards are to fail at random.
    pub(super) fn fail_at_random(&mut self) {
        let Some(faults) = self.faults else { return };
        let exit = self.leaving(Why::Exit(faults.kind), "fault");
        let address = std::ptr::from_ref(&faults.state).expose_provenance() as u64;
        let state = self.symbols.cell(&mut self.generator, &mut self.f, address);
        // George Marsaglia's xorshift, one turn. Threads may make the same turn at once: that is as good.
        let f = &mut self.f;
        let mut number = f.load(Type::I64, state, 0, FIELDS);
        let left = f.i64(13);
        let shifted = f.shift_left(number, left);
        number = f.xor(number, shifted);
        let right = f.i64(7);
        let shifted = f.shift_right_unsigned(number, right);
        number = f.xor(number, shifted);
        let left = f.i64(17);
        let shifted = f.shift_left(number, left);
        number = f.xor(number, shifted);
        f.store(state, 0, number, FIELDS);
        let (mask, none) = (f.i64(faults.mask as i64), f.i64(0));
        let rest = f.and(number, mask);
        let fails = f.equal(rest, none);
        let next = f.label();
        f.branch(fails, exit, next, Expect::No);
        f.place(next);
    }
}
