//! Where a thread's stack begins, and how to read it.

use std::cell::Cell;

/// Returns the address just above the current thread's stack, or `entry` where the platform does not tell.
///
/// `entry` is an address in the frame that enters the runtime: with it, frames above the entry are not scanned.
pub(crate) fn base(entry: usize) -> usize {
    thread_local! {
        // Asking costs a read of /proc/self/maps on the main thread, so each thread asks once.
        static BASE: Cell<Option<usize>> = const { Cell::new(None) };
    }
    if super::fallback_wanted() {
        return entry;
    }
    let base = BASE.get().unwrap_or_else(|| {
        let base = ask().unwrap_or(0);
        BASE.set(Some(base));
        base
    });
    base.max(entry)
}

/// Returns the address below which the current thread's stack must not grow, so that enough is left for what checks
/// nothing: natives, the collector, a handler of signals.
pub(crate) fn limit(entry: usize) -> usize {
    const LEFT: usize = 192 << 10;
    thread_local! {
        static LOW: Cell<Option<usize>> = const { Cell::new(None) };
    }
    if super::fallback_wanted() {
        return entry.saturating_sub(LEFT);
    }
    let low = LOW.get().unwrap_or_else(|| {
        let low = ask_low().unwrap_or(0);
        LOW.set(Some(low));
        low
    });
    if low == 0 { entry.saturating_sub(LEFT) } else { low + LEFT }
}

#[cfg(target_os = "linux")]
fn ask_low() -> Option<usize> {
    ask_range().map(|(low, _)| low)
}

#[cfg(target_os = "macos")]
fn ask_low() -> Option<usize> {
    // SAFETY: the calls only read the thread's own description.
    unsafe {
        let thread = libc::pthread_self();
        Some(libc::pthread_get_stackaddr_np(thread) as usize - libc::pthread_get_stacksize_np(thread))
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn ask_low() -> Option<usize> {
    None
}

#[cfg(target_os = "linux")]
fn ask() -> Option<usize> {
    ask_range().map(|(_, base)| base)
}

/// Returns where the stack of the thread ends and begins.
#[cfg(target_os = "linux")]
fn ask_range() -> Option<(usize, usize)> {
    let mut attributes = std::mem::MaybeUninit::<libc::pthread_attr_t>::uninit();
    let (mut low, mut size) = (std::ptr::null_mut(), 0);
    // SAFETY: the attributes are initialised by the first call, read by the second and freed by the third.
    unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return None;
        }
        let got = libc::pthread_attr_getstack(attributes.as_ptr(), &mut low, &mut size);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        (got == 0).then(|| (low as usize, low as usize + size))
    }
}

#[cfg(target_os = "macos")]
fn ask() -> Option<usize> {
    // SAFETY: the call only reads the thread's own description.
    Some(unsafe { libc::pthread_get_stackaddr_np(libc::pthread_self()) } as usize)
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn ask() -> Option<usize> {
    None
}

/// Reads one word of a stack that may hold anything.
///
/// On x86-64 the read is one instruction that no sanitizer instruments: the words between a frame's variables are
/// poisoned under AddressSanitizer, and reading them is what a conservative scan does.
///
/// # Safety
///
/// `address` is aligned and lies in the mapped part of a stack whose thread is stopped, or is this one.
#[inline(always)]
pub(crate) unsafe fn read_word(address: usize) -> usize {
    #[cfg(target_arch = "x86_64")]
    {
        let word: usize;
        // SAFETY: by this function's contract the word can be read.
        unsafe {
            std::arch::asm!("mov {0}, [{1}]", out(reg) word, in(reg) address,
                options(nostack, readonly, preserves_flags));
        }
        word
    }
    #[cfg(not(target_arch = "x86_64"))]
    // SAFETY: by this function's contract the word can be read.
    unsafe {
        (address as *const usize).read_volatile()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_is_above_this_frame() {
        let here = 0usize;
        let here = std::hint::black_box(&here) as *const usize as usize;
        assert!(base(here) >= here);
        let other = std::thread::spawn(move || base(0)).join().unwrap();
        assert_ne!(other, base(here), "every thread has a stack of its own");
    }
}
