//! Callee-saved registers, written to the stack where the collector can see them.

/// Calls `f` with an address on the stack below which nothing of the caller lives: every value that the caller
/// or its callers hold in a register or on the stack lies at or above that address while `f` runs.
///
/// Caller-saved registers need no care: by the calling convention the caller has spilled what it still needs.
#[inline(never)]
pub(crate) fn with_registers_on_stack<R>(f: impl FnOnce(usize) -> R) -> R {
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    if !super::fallback_wanted() {
        let mut saved = [0usize; 12];
        save(&mut saved);
        let result = f(std::hint::black_box(&saved).as_ptr() as usize);
        std::hint::black_box(&saved);
        return result;
    }
    with_context_on_stack(f)
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn save(saved: &mut [usize; 12]) {
    // SAFETY: writes six words into an array of twelve; the registers themselves are left alone.
    unsafe {
        std::arch::asm!(
            "mov [{0}], rbx", "mov [{0} + 8], rbp", "mov [{0} + 16], r12",
            "mov [{0} + 24], r13", "mov [{0} + 32], r14", "mov [{0} + 40], r15",
            in(reg) saved.as_mut_ptr(), options(nostack, preserves_flags)
        );
    }
}

#[cfg(target_arch = "aarch64")]
#[inline(always)]
fn save(saved: &mut [usize; 12]) {
    // SAFETY: writes eleven words into an array of twelve; the registers themselves are left alone.
    unsafe {
        std::arch::asm!(
            "stp x19, x20, [{0}]", "stp x21, x22, [{0}, #16]", "stp x23, x24, [{0}, #32]",
            "stp x25, x26, [{0}, #48]", "stp x27, x28, [{0}, #64]", "str x29, [{0}, #80]",
            in(reg) saved.as_mut_ptr(), options(nostack, preserves_flags)
        );
    }
}

/// The fallback: `getcontext` stores all registers in a structure on the stack.
#[inline(never)]
fn with_context_on_stack<R>(f: impl FnOnce(usize) -> R) -> R {
    let mut context = std::mem::MaybeUninit::<libc::ucontext_t>::zeroed();
    // SAFETY: the structure is large enough by its type, and only its bytes are used.
    unsafe { libc::getcontext(context.as_mut_ptr()) };
    let result = f(std::hint::black_box(&context).as_ptr() as usize);
    std::hint::black_box(&context);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_give_an_address_below_the_caller() {
        let here = 0usize;
        let here = std::hint::black_box(&here) as *const usize as usize;
        assert!(with_registers_on_stack(|low| low) < here);
        assert!(with_context_on_stack(|low| low) < here);
    }
}
