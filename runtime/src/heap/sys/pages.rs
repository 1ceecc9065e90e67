//! Memory by the page, aligned as the heap wants it.

use std::ptr::NonNull;

/// Returns `bytes` of zeroed, private memory whose address is a multiple of `align`, or `None` when there is none.
///
/// Both numbers are multiples of the page size, and `align` is a power of two.
pub(crate) fn reserve(bytes: usize, align: usize) -> Option<NonNull<u8>> {
    debug_assert!(align.is_power_of_two() && bytes > 0);
    let total = bytes.checked_add(align)?;
    // SAFETY: an anonymous private mapping at an address of the kernel's choice touches no existing memory.
    let start = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            total,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_NORESERVE,
            -1,
            0,
        )
    };
    if start == libc::MAP_FAILED {
        return None;
    }
    let address = start as usize;
    let aligned = (address + align - 1) & !(align - 1);
    let (head, tail) = (aligned - address, align - (aligned - address));
    // SAFETY: both ranges lie inside the mapping just made, and nothing refers to them yet.
    unsafe {
        if head > 0 {
            libc::munmap(start, head);
        }
        if tail > 0 {
            libc::munmap((aligned + bytes) as *mut libc::c_void, tail);
        }
    }
    NonNull::new(aligned as *mut u8)
}

/// Gives memory from [`reserve`] back.
///
/// # Safety
///
/// `start` and `bytes` are those of one [`reserve`], and nothing uses the memory any more.
pub(crate) unsafe fn release(start: NonNull<u8>, bytes: usize) {
    // SAFETY: by this function's contract the range is a mapping of ours that nobody uses.
    unsafe { libc::munmap(start.as_ptr().cast(), bytes) };
}

/// Asks for huge pages in a range: fewer page faults and fewer misses in the address translation.
pub(crate) fn advise_huge(start: NonNull<u8>, bytes: usize) {
    #[cfg(target_os = "linux")]
    // SAFETY: the advice changes no content, and an error is no harm.
    unsafe {
        libc::madvise(start.as_ptr().cast(), bytes, libc::MADV_HUGEPAGE);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (start, bytes);
}
