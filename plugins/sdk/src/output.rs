use std::io;
use std::marker::PhantomData;

use rps_plugin_abi::Sink;
use rps_plugin_abi::status::{self, Status};

use crate::error::{Error, output_refused, refused_in_io};

/// Where a callback writes its output, piece by piece. It is an [`io::Write`], too: `writeln!(output, …)?`.
///
/// Nothing is buffered: many small pieces are better written through a [`io::BufWriter`].
pub struct Output<'call> {
    sink: *const Sink,
    written: u64,
    marker: PhantomData<&'call Sink>,
}

impl Output<'_> {
    /// Returns the output of a sink.
    ///
    /// # Safety
    ///
    /// The sink is null or valid for as long as the output is.
    pub(crate) unsafe fn of(sink: *const Sink) -> Self {
        Output { sink, written: 0, marker: PhantomData }
    }

    /// Writes all of these bytes.
    ///
    /// # Errors
    ///
    /// When the host takes no more: because there were too many, or because the call was cancelled. Hand it on by `?`.
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) -> Result<(), Error> {
        match self.put(bytes.as_ref()) {
            status::OK => Ok(()),
            refused => Err(output_refused(refused)),
        }
    }

    /// Returns how many bytes were written.
    pub fn written(&self) -> u64 {
        self.written
    }

    fn put(&mut self, bytes: &[u8]) -> Status {
        if self.sink.is_null() {
            return status::INVALID;
        }
        // SAFETY: `of` was told that the sink is valid; it is read where its size says that it has the member.
        let Some(write) = (unsafe { crate::table::member!(self.sink, Sink, write) }) else {
            return status::MISUSE;
        };
        // SAFETY: the host takes what is valid until the function returns.
        let status = unsafe { write(self.sink, bytes.as_ptr(), bytes.len()) };
        if status == status::OK {
            self.written += bytes.len() as u64;
        }
        status
    }
}

impl io::Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.put(bytes) {
            status::OK => Ok(bytes.len()),
            refused => Err(refused_in_io(refused)),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Takes what the host writes into a sink of ours.
pub(crate) struct Collector {
    table: Sink,
    bytes: Vec<u8>,
}

impl Collector {
    /// Returns all that `fill` has the host write.
    pub(crate) fn collect(fill: impl FnOnce(*const Sink) -> Status) -> Result<Vec<u8>, Status> {
        let mut collector = Collector {
            table: Sink {
                struct_size: size_of::<Sink>() as u32,
                reserved: 0,
                context: std::ptr::null_mut(),
                write: Some(collect),
            },
            bytes: Vec::new(),
        };
        let place: *mut Collector = &raw mut collector;
        // SAFETY: the collector stays where it is until the function ends; from here on it is reached by pointers only.
        unsafe { (*place).table.context = place.cast() };
        // SAFETY: as above.
        let status = fill(unsafe { &raw const (*place).table });
        if status == status::OK { Ok(collector.bytes) } else { Err(status) }
    }
}

unsafe extern "C" fn collect(sink: *const Sink, ptr: *const u8, len: usize) -> Status {
    if len > 0 {
        // SAFETY: the sink is the table of a collector, whose context is the collector itself, and the host hands over
        // `len` bytes that are valid until this returns.
        unsafe {
            let collector = (*sink).context.cast::<Collector>();
            (*collector).bytes.extend_from_slice(std::slice::from_raw_parts(ptr, len));
        }
    }
    status::OK
}
