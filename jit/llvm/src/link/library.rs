//! What LLVM calls by itself, whatever the module says: copies of memory, and operations of floating-point numbers that the
//! processor does not have.

use std::ffi::c_void;

use super::STACK_LIMIT;

/// Names in object code, and addresses.
pub(super) fn symbols() -> Vec<(&'static str, usize)> {
    macro_rules! of_c {
        ($($name:ident)*) => {
            vec![$((stringify!($name), libc::$name as *const () as usize)),*]
        };
    }
    let mut all = of_c![memcpy memmove memset memcmp];
    macro_rules! of_rust {
        ($($name:literal = $function:path: $ty:ty);* $(;)?) => {
            $(
                {
                    extern "C" fn call(x: $ty) -> $ty {
                        $function(x)
                    }
                    all.push(($name, call as *const () as usize));
                }
            )*
        };
    }
    of_rust! {
        "floor" = f64::floor: f64;
        "ceil" = f64::ceil: f64;
        "trunc" = f64::trunc: f64;
        "roundeven" = f64::round_ties_even: f64;
        "sqrt" = f64::sqrt: f64;
        "floorf" = f32::floor: f32;
        "ceilf" = f32::ceil: f32;
        "truncf" = f32::trunc: f32;
        "roundevenf" = f32::round_ties_even: f32;
        "sqrtf" = f32::sqrt: f32;
    }
    all.push((STACK_LIMIT, stack_limit as *const () as usize));
    all
}

/// How much of a thread's stack native code leaves to what it calls.
const RESERVE: usize = 128 << 10;

/// Returns the address below which the stack of the thread must not grow.
extern "C" fn stack_limit() -> usize {
    thread_local! {
        static LIMIT: usize = lowest().map_or(0, |lowest| lowest.saturating_add(RESERVE));
    }
    // A thread that is ending has no limit that it remembers.
    LIMIT.try_with(|limit| *limit).unwrap_or_else(|_| lowest().map_or(0, |lowest| lowest + RESERVE))
}

/// The lowest address of the thread's stack.
#[cfg(target_os = "linux")]
fn lowest() -> Option<usize> {
    let mut start: *mut c_void = std::ptr::null_mut();
    let mut size = 0;
    // SAFETY: the attributes are initialised by the first call, read by the second, and destroyed by the third.
    unsafe {
        let mut attributes: libc::pthread_attr_t = std::mem::zeroed();
        if libc::pthread_getattr_np(libc::pthread_self(), &raw mut attributes) != 0 {
            return None;
        }
        let got = libc::pthread_attr_getstack(&raw const attributes, &raw mut start, &raw mut size);
        libc::pthread_attr_destroy(&raw mut attributes);
        (got == 0).then_some(start as usize)
    }
}

/// The lowest address of the thread's stack.
#[cfg(target_os = "macos")]
fn lowest() -> Option<usize> {
    // SAFETY: it asks for what is known of this thread.
    unsafe {
        let this = libc::pthread_self();
        let top: *mut c_void = libc::pthread_get_stackaddr_np(this);
        (top as usize).checked_sub(libc::pthread_get_stacksize_np(this))
    }
}
