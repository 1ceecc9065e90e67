//! What LLVM asks for while it links an object: room for code and data, taken from the arena.
//!
//! The room for an object is taken before LLVM sees it ([`prepare`]): LLVM ends the process where memory is refused.

use std::ffi::{CStr, CString, c_char, c_uint, c_void};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use super::arena::{Arena, Room};

/// The arena of the process; or why there is none.
static ARENA: LazyLock<Result<Mutex<Arena>, String>> = LazyLock::new(|| match Arena::new() {
    Ok(arena) => Ok(Mutex::new(arena)),
    Err(error) => Err(format!("there is no room for machine code: {error}")),
});

/// The room of the object that is linked next.
static PREPARED: Mutex<Option<Room>> = Mutex::new(None);
/// What is known of the object that was linked last.
static LINKED: Mutex<Linked> = Mutex::new(Linked { text: 0, sizes: (0, 0) });

/// What became of an object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Linked {
    /// Where its code begins.
    pub(super) text: usize,
    /// How many bytes of code and data it has.
    pub(super) sizes: (usize, usize),
}

/// Takes room for an object of so many bytes.
///
/// Sections are part of the object. What comes in addition (stubs for calls, words for addresses) is at most as much as
/// the relocations, which are part of it, too.
pub(super) fn prepare(object: usize) -> Result<(), String> {
    let arena = ARENA.as_ref().map_err(Clone::clone)?;
    let room = lock(arena).take(2 * object + 8192, 2 * object + 4096);
    let room = room.map_err(|error| format!("there is no room for machine code: {error}"))?;
    let unused = lock(&PREPARED).replace(room);
    give(unused);
    Ok(())
}

/// Gives back what was prepared and not used, and returns what is known of the object.
pub(super) fn take_linked() -> Linked {
    let unused = lock(&PREPARED).take();
    give(unused);
    *lock(&LINKED)
}

/// Returns how many bytes of code and of data are in use.
pub(super) fn used() -> (usize, usize) {
    ARENA.as_ref().map_or((0, 0), |arena| lock(arena).used())
}

fn give(room: Option<Room>) {
    if let (Some(room), Ok(arena)) = (room, ARENA.as_ref()) {
        lock(arena).give(room);
    }
}

/// Begins an object: LLVM hands the room back with every other call.
pub(super) extern "C" fn begin(_context: *mut c_void) -> *mut c_void {
    let room = lock(&PREPARED).take().unwrap_or_default();
    Box::into_raw(Box::new(room)).cast()
}

pub(super) extern "C" fn terminate(_context: *mut c_void) {}

pub(super) extern "C" fn allocate_code(
    room: *mut c_void,
    size: usize,
    align: c_uint,
    _section: c_uint,
    name: *const c_char,
) -> *mut u8 {
    let Ok(arena) = ARENA.as_ref() else { return std::ptr::null_mut() };
    // SAFETY: the room is what `begin` has made, and LLVM uses it in one thread at a time.
    let room = unsafe { &mut *room.cast::<Room>() };
    let place = lock(arena).code(room, size, align as usize);
    // SAFETY: a name is null or text of C.
    if !name.is_null() && unsafe { CStr::from_ptr(name) } == c".text" {
        lock(&LINKED).text = place as usize;
    }
    place
}

pub(super) extern "C" fn allocate_data(
    room: *mut c_void,
    size: usize,
    align: c_uint,
    _section: c_uint,
    _name: *const c_char,
    _is_read_only: i32,
) -> *mut u8 {
    let Ok(arena) = ARENA.as_ref() else { return std::ptr::null_mut() };
    // SAFETY: as above.
    let room = unsafe { &mut *room.cast::<Room>() };
    lock(arena).data(room, size, align as usize)
}

/// Makes the code executable. LLVM frees the message.
pub(super) extern "C" fn finish(room: *mut c_void, message: *mut *mut c_char) -> i32 {
    let Ok(arena) = ARENA.as_ref() else { return 1 };
    // SAFETY: as above.
    let room = unsafe { &mut *room.cast::<Room>() };
    let result = lock(arena).finish(room);
    lock(&LINKED).sizes = room.sizes();
    match result {
        Ok(()) => 0,
        Err(error) => {
            let text = CString::new(error.to_string()).unwrap_or_default();
            if !message.is_null() {
                // SAFETY: LLVM gives a place for the message, which it frees as memory of C.
                unsafe { *message = libc::strdup(text.as_ptr()) };
            }
            1
        }
    }
}

pub(super) extern "C" fn destroy(room: *mut c_void) {
    // SAFETY: the room is what `begin` has made, and this is the last that LLVM does with it.
    let room = unsafe { Box::from_raw(room.cast::<Room>()) };
    if room.sizes() != (0, 0) {
        give(Some(*room));
    }
}

/// What is behind a lock here is sound whenever the lock is free: nothing of ours panics in between.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
