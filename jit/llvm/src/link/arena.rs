//! The memory that machine code lies in: one stretch of addresses, so that code and data are always near each other, and
//! the kernel keeps a handful of mappings however many objects there are.
//!
//! The lower half has code, in pages of its own for each object: written while it can not be executed, executed while it
//! can not be written. The upper half has data (constants, addresses, tables for unwinding) in pieces. What is freed is
//! given back to the system, and used again.

use std::collections::BTreeMap;
use std::io;
use std::ptr::NonNull;

/// How much is asked for; where there is not so much, less.
const MOST: usize = 1 << 30;
const LEAST: usize = 1 << 24;
/// Pieces of data are multiples of this.
const PIECE: usize = 64;

/// The stretch of addresses.
pub(super) struct Arena {
    start: NonNull<u8>,
    half: usize,
    page: usize,
    code: Free,
    data: Free,
    /// How much of each half can be used, from its beginning: the rest was never touched.
    code_end: usize,
    data_end: usize,
    /// Rotates where in its pages an object begins: else all would share a few lines of the cache.
    next_shift: usize,
}

// SAFETY: the memory belongs to the arena; it is handed out as ranges that do not overlap.
unsafe impl Send for Arena {}

/// A range of one half.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) start: usize,
    pub(super) size: usize,
}

impl Range {
    fn end(self) -> usize {
        self.start + self.size
    }
}

impl Arena {
    /// Reserves the addresses.
    pub(super) fn new() -> io::Result<Arena> {
        // SAFETY: it only asks.
        let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096);
        let mut size = MOST;
        loop {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
            // SAFETY: a new mapping at an address that the system chooses touches nothing that is there.
            let start = unsafe { libc::mmap(std::ptr::null_mut(), size, libc::PROT_NONE, flags, -1, 0) };
            if start == libc::MAP_FAILED {
                size /= 2;
                if size < LEAST {
                    return Err(io::Error::last_os_error());
                }
                continue;
            }
            let start = NonNull::new(start.cast::<u8>()).ok_or_else(io::Error::last_os_error)?;
            let half = size / 2;
            return Ok(Arena {
                start,
                half,
                page,
                code: Free::new(half),
                data: Free::new(half),
                code_end: 0,
                data_end: 0,
                next_shift: 0,
            });
        }
    }

    /// Takes room for an object: at least so much code, which can be written for now, and so much data.
    pub(super) fn take(&mut self, code: usize, data: usize) -> io::Result<Room> {
        let no_room = || io::Error::new(io::ErrorKind::OutOfMemory, "the room for machine code is used up");
        let code_size = code.max(1).checked_next_multiple_of(self.page).ok_or_else(no_room)?;
        let data_size = data.max(1).checked_next_multiple_of(PIECE).ok_or_else(no_room)?;
        let code = self.code.take(code_size).ok_or_else(no_room)?;
        let Some(data) = self.data.take(data_size) else {
            self.code.give(code);
            return Err(no_room());
        };
        let result = self.open(code, data);
        if let Err(error) = result {
            self.code.give(code);
            self.data.give(data);
            return Err(error);
        }
        Ok(Room { code, data, code_used: 0, data_used: 0 })
    }

    fn open(&mut self, code: Range, data: Range) -> io::Result<()> {
        self.protect(code, libc::PROT_READ | libc::PROT_WRITE)?;
        self.code_end = self.code_end.max(code.end());
        if data.end() > self.data_end {
            let end = data.end().next_multiple_of(self.page << 4).min(self.half);
            let fresh = Range { start: self.half + self.data_end, size: end - self.data_end };
            self.protect(fresh, libc::PROT_READ | libc::PROT_WRITE)?;
            self.data_end = end;
        }
        Ok(())
    }

    /// Returns the address of some bytes of code in a room, or null where there is not so much.
    pub(super) fn code(&mut self, room: &mut Room, size: usize, align: usize) -> *mut u8 {
        if room.code_used == 0 {
            // Somewhere in the first half of the first page, by whole lines.
            self.next_shift = (self.next_shift + 192) % (self.page / 2);
            room.code_used = self.next_shift.min(room.code.size.saturating_sub(size + align)) & !63;
        }
        piece(self.start, 0, room.code, &mut room.code_used, size, align)
    }

    /// As [`Arena::code`], for data.
    pub(super) fn data(&mut self, room: &mut Room, size: usize, align: usize) -> *mut u8 {
        piece(self.start, self.half, room.data, &mut room.data_used, size, align)
    }

    /// Makes the code of a room executable, and gives back what it did not use.
    pub(super) fn finish(&mut self, room: &mut Room) -> io::Result<()> {
        let code = room.code_used.max(1).next_multiple_of(self.page);
        let data = room.data_used.max(1).next_multiple_of(PIECE);
        let rest = Range { start: room.code.start + code, size: room.code.size.saturating_sub(code) };
        self.protect(room.code, libc::PROT_READ | libc::PROT_EXEC)?;
        if rest.size > 0 {
            self.code.give(rest);
            room.code.size = code;
        }
        if room.data.size > data {
            self.data.give(Range { start: room.data.start + data, size: room.data.size - data });
            room.data.size = data;
        }
        clear_instruction_cache(self.at(room.code.start), room.code.size);
        Ok(())
    }

    /// Takes the room of an object back.
    pub(super) fn give(&mut self, room: Room) {
        // The pages go back to the system, and with them the code that nobody may run any more.
        self.forget(room.code);
        let executable = self.protect(room.code, libc::PROT_READ | libc::PROT_EXEC);
        debug_assert!(executable.is_ok(), "{executable:?}");
        self.code.give(room.code);
        self.data.give(room.data);
        if self.code.is_all() {
            let used = Range { start: self.half, size: self.data_end };
            self.forget(used);
        }
    }

    /// Returns how many bytes of code and of data are in use.
    pub(super) fn used(&self) -> (usize, usize) {
        (self.half - self.code.sum, self.half - self.data.sum)
    }

    fn at(&self, offset: usize) -> *mut u8 {
        self.start.as_ptr().wrapping_add(offset)
    }

    fn protect(&self, range: Range, protection: libc::c_int) -> io::Result<()> {
        let start = self.at(range.start).cast();
        // SAFETY: the range is whole pages of the arena; whose code is in them knows that they change.
        match unsafe { libc::mprotect(start, range.size, protection) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    fn forget(&self, range: Range) {
        if range.size > 0 {
            // SAFETY: the range is whole pages of the arena that nothing is in; they read as zeros from now on.
            unsafe { libc::madvise(self.at(range.start).cast(), range.size, libc::MADV_DONTNEED) };
        }
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        // SAFETY: the mapping is the arena's own; who drops it has made sure that none of its code runs.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.half * 2) };
    }
}

/// The room of an object.
#[derive(Debug, Default)]
pub(super) struct Room {
    code: Range,
    data: Range,
    code_used: usize,
    data_used: usize,
}

impl Room {
    /// Returns how many bytes of code and of data it has.
    pub(super) fn sizes(&self) -> (usize, usize) {
        (self.code.size, self.data.size)
    }
}

fn piece(
    start: NonNull<u8>,
    half: usize,
    range: Range,
    used: &mut usize,
    size: usize,
    align: usize,
) -> *mut u8 {
    let first = used.checked_next_multiple_of(align.max(1));
    match first.and_then(|first| Some((first, first.checked_add(size)?))) {
        Some((first, end)) if end <= range.size => {
            *used = end;
            start.as_ptr().wrapping_add(half + range.start + first)
        }
        _ => std::ptr::null_mut(),
    }
}

/// What is free of a half: ranges by where they begin, none next to another.
struct Free {
    ranges: BTreeMap<usize, usize>,
    all: usize,
    sum: usize,
}

impl Free {
    fn new(size: usize) -> Free {
        Free { ranges: BTreeMap::from([(0, size)]), all: size, sum: size }
    }

    fn is_all(&self) -> bool {
        self.sum == self.all
    }

    /// Takes the first range that is large enough: what is used stays at the beginning.
    fn take(&mut self, size: usize) -> Option<Range> {
        let (&start, &found) = self.ranges.iter().find(|&(_, &found)| found >= size)?;
        self.ranges.remove(&start);
        if found > size {
            self.ranges.insert(start + size, found - size);
        }
        self.sum -= size;
        Some(Range { start, size })
    }

    fn give(&mut self, range: Range) {
        if range.size == 0 {
            return;
        }
        self.sum += range.size;
        let (mut start, mut end) = (range.start, range.end());
        if let Some((&before, &size)) = self.ranges.range(..start).next_back()
            && before + size == start
        {
            start = before;
        }
        if let Some(size) = self.ranges.remove(&end) {
            end += size;
        }
        self.ranges.insert(start, end - start);
    }
}

#[cfg(not(target_arch = "aarch64"))]
fn clear_instruction_cache(_start: *mut u8, _size: usize) {}

#[cfg(target_arch = "aarch64")]
fn clear_instruction_cache(start: *mut u8, size: usize) {
    unsafe extern "C" {
        fn __clear_cache(start: *mut u8, end: *mut u8);
    }
    // SAFETY: the compiler's own function; the range is memory of the arena.
    unsafe { __clear_cache(start, start.wrapping_add(size)) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_freed_grows_together() {
        let mut free = Free::new(100);
        let ranges: Vec<_> = (0..10).map(|_| free.take(10).unwrap()).collect();
        assert_eq!(free.take(1), None);
        for index in [1, 3, 2, 9, 0, 5, 4, 8, 6, 7] {
            free.give(ranges[index]);
        }
        assert_eq!(free.ranges, BTreeMap::from([(0, 100)]));
        assert!(free.is_all());
    }

    #[test]
    fn a_room_is_written_then_only_read_and_given_back() {
        let mut arena = Arena::new().unwrap();
        let mut room = arena.take(10_000, 100).unwrap();
        let code = arena.code(&mut room, 5000, 16);
        assert!(code.aligned_to_16());
        // SAFETY: so much was asked for.
        unsafe { code.write_bytes(0xC3, 5000) };
        let data = arena.data(&mut room, 100, 8);
        assert!(data.aligned_to_16());
        assert!(arena.data(&mut room, 100, 8).is_null(), "there is no more");
        arena.finish(&mut room).unwrap();
        // SAFETY: it can be read, still.
        assert_eq!(unsafe { code.add(4999).read() }, 0xC3);
        arena.give(room);
        assert_eq!(arena.used(), (0, 0));
        // SAFETY: it is zeros now.
        assert_eq!(unsafe { code.read() }, 0);
    }

    #[test]
    fn more_than_there_is_is_refused() {
        let mut arena = Arena::new().unwrap();
        assert!(arena.take(usize::MAX, 1).is_err());
        assert!(arena.take(1, MOST).is_err());
        assert_eq!(arena.used(), (0, 0));
    }

    trait Aligned {
        fn aligned_to_16(self) -> bool;
    }

    impl Aligned for *mut u8 {
        fn aligned_to_16(self) -> bool {
            (self as usize).is_multiple_of(16)
        }
    }
}
