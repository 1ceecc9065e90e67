//! Where the output of plugins goes: into memory, up to a limit.

use std::ffi::c_void;
use std::marker::PhantomPinned;
use std::pin::{Pin, pin};

use rps_plugin_abi as abi;
use rps_plugin_abi::status;

/// What a plugin wrote.
#[derive(Debug, Default)]
pub(crate) struct Output {
    pub(crate) bytes: Vec<u8>,
    /// Whether it wanted to write more than it may.
    pub(crate) is_exceeded: bool,
}

struct Buffer {
    sink: abi::Sink,
    output: Output,
    limit: u64,
    /// The sink has the address.
    _pinned: PhantomPinned,
}

/// Calls `f` with a sink that takes up to `limit` bytes, and returns what was written beside what `f` returns.
pub(crate) fn with_sink<R>(limit: u64, f: impl FnOnce(*const abi::Sink) -> R) -> (R, Output) {
    let sink = abi::Sink {
        struct_size: size_of::<abi::Sink>() as u32,
        reserved: 0,
        context: std::ptr::null_mut(),
        write: Some(write),
    };
    let buffer = Buffer { sink, output: Output::default(), limit, _pinned: PhantomPinned };
    let mut buffer: Pin<&mut Buffer> = pin!(buffer);
    // SAFETY: nothing is moved out.
    let place: *mut Buffer = unsafe { buffer.as_mut().get_unchecked_mut() };
    // SAFETY: the buffer is pinned in this frame until the end, and only used through `place` while `f` runs.
    unsafe { (*place).sink.context = place.cast::<c_void>() };
    // SAFETY: as above.
    let result = f(unsafe { &raw const (*place).sink });
    // SAFETY: `f` has returned; a plugin that writes later breaks the interface's rule on the life of pointers.
    (result, std::mem::take(unsafe { &mut (*place).output }))
}

/// Takes bytes from a plugin.
///
/// # Safety
///
/// As the interface says: the sink is one that a callback was given and that has not returned, the bytes are there.
unsafe extern "C" fn write(sink: *const abi::Sink, ptr: *const u8, len: usize) -> abi::Status {
    if sink.is_null() || ptr.is_null() && len > 0 {
        return status::INVALID;
    }
    // SAFETY: the context is the buffer's address; the callback that writes is the only one that uses it.
    let buffer = unsafe { &mut *(*sink).context.cast::<Buffer>() };
    if buffer.output.is_exceeded
        || (buffer.output.bytes.len() as u64).saturating_add(len as u64) > buffer.limit
    {
        buffer.output.is_exceeded = true;
        return status::LIMIT;
    }
    if len > 0 {
        // SAFETY: by this function's contract.
        let bytes = unsafe { std::slice::from_raw_parts(ptr, len) };
        if buffer.output.bytes.try_reserve(len).is_err() {
            buffer.output.is_exceeded = true;
            return status::LIMIT;
        }
        buffer.output.bytes.extend_from_slice(bytes);
    }
    status::OK
}

/// Hands bytes to a plugin's sink.
///
/// # Safety
///
/// The sink is null or one as the interface asks for.
pub(crate) unsafe fn give(sink: *const abi::Sink, bytes: &[u8]) -> abi::Status {
    // SAFETY: by this function's contract.
    match unsafe { sink.as_ref() }.and_then(|table| table.write) {
        // SAFETY: as above.
        Some(write) => unsafe { write(sink, bytes.as_ptr(), bytes.len()) },
        None => status::INVALID,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sink_takes_what_it_may_and_no_more() {
        let (statuses, output) = with_sink(4, |sink| {
            // SAFETY: the sink is alive.
            unsafe { [give(sink, b"abc"), give(sink, b""), give(sink, b"de"), give(sink, b"f")] }
        });
        assert_eq!(statuses, [status::OK, status::OK, status::LIMIT, status::LIMIT]);
        assert_eq!(output.bytes, b"abc");
        assert!(output.is_exceeded);
    }
}
