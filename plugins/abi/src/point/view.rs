use core::ffi::c_void;

use crate::bytes::Sink;
use crate::call::Call;
use crate::status::Status;
use crate::value::RawValue;

/// A way to look at a value, as data: `:inspect` shows it.
///
/// The view is a JSON object: `{"title":…,"kind":…}` with, by kind, `"items":[…]` (`list`), `"columns":[…],"rows":[[…]]`
/// (`table`), `"root":{"label":…,"children":[…]}` (`tree`), `"text":…` (`text`), `"nodes":[…],"edges":[[from,to]]`
/// (`graph`), or `"value":…` (`json`).
#[repr(C)]
#[derive(Debug)]
pub struct View {
    /// The size of this struct in bytes.
    pub struct_size: u32,
    /// Zero.
    pub flags: u32,
    /// Writes the view of a value; [`crate::status::UNSUPPORTED`] for values of which it has none.
    pub view: Option<
        unsafe extern "C" fn(
            data: *mut c_void,
            call: *mut Call,
            value: RawValue,
            output: *const Sink,
        ) -> Status,
    >,
}

// SAFETY: an interface is constant; what it points to is constant too, and as long-lived as the library.
unsafe impl Sync for View {}
