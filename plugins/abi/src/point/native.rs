use core::ffi::{c_char, c_void};

use crate::bytes::Sink;
use crate::status::Status;

/// A function with the calling convention of C that programs call by the registration's name. Machine code calls it
/// directly, with numbers as they are, the interpreter with the same numbers.
///
/// It is given no call, knows of no graph, has no deadline and cannot fail; it may be called by any
/// thread, by several at once, between `init` and `deinit`. It must not unwind, and it returns soon: while it runs, collections
/// of other threads wait. Its calls are not counted.
///
/// Arguments are checked before it is called: an integer must be in the range of its type, one that is given for a
/// floating-point number must be exactly such a number.
#[repr(C)]
#[derive(Debug)]
pub struct Intrinsic {
    /// The size of this struct in bytes.
    pub struct_size: u32,
    /// Zero.
    pub flags: u32,
    /// Its signature, such as `f64(f64,i64)`, with at most four parameters. Types are `i8`, `i16`, `i32`, `i64`, `f32`, `f64`,
    /// `value`, which is the word of a value, and, of the result only, `void`. A value that it gives is
    /// one of its arguments, a small integer or a constant.
    pub signature: *const c_char,
    /// The function, whose type is that of the signature; it is there for as long as the library.
    pub address: Option<unsafe extern "C" fn()>,
}

/// A symbol that machine code refers to, and where it is.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TierSymbol {
    /// Its name, UTF-8, without a zero at the end.
    pub name: *const u8,
    /// How many bytes the name has.
    pub len: usize,
    /// Its address.
    pub address: *const c_void,
}

/// An execution tier: it makes machine code of typed native code, puts it into memory, and frees it.
///
/// Native code comes as the bytes of a module, in the form of the crate `rps-jit-ir`; machine code goes out as bytes that only
/// the same build of the same tier reads. The functions may be called from any thread, by several at once.
#[repr(C)]
#[derive(Debug)]
pub struct Tier {
    /// The size of this struct in bytes.
    pub struct_size: u32,
    /// Zero.
    pub flags: u32,
    /// The version of the bytes of modules that it reads.
    pub form: u32,
    /// Zero.
    pub reserved: u32,
    /// All that its machine code depends on: the compiler with its version, the machine, the processor and its features.
    /// Machine code that is kept is kept under it.
    pub build: *const c_char,
    /// Compiles a module to machine code. `level` is 1, which takes little time, or 2, which gives the fastest code.
    /// [`crate::status::INVALID`] if the bytes are no module or the module does not make sense,
    /// [`crate::status::LIMIT`] if it is too large.
    pub compile: Option<
        unsafe extern "C" fn(
            data: *mut c_void,
            module: *const u8,
            len: usize,
            level: u32,
            output: *const Sink,
        ) -> Status,
    >,
    /// Puts machine code into memory, and gives a handle, which is never 0. [`crate::status::CORRUPT`] if the bytes are
    /// damaged, [`crate::status::UNSUPPORTED`] if another build has made them, [`crate::status::ERROR`] if a symbol is
    /// missing, [`crate::status::LIMIT`] if there is no room.
    pub link: Option<
        unsafe extern "C" fn(
            data: *mut c_void,
            code: *const u8,
            len: usize,
            symbols: *const TierSymbol,
            count: usize,
            handle: *mut u64,
        ) -> Status,
    >,
    /// Gives the address of a function that was exported. [`crate::status::NOT_FOUND`] if there is none.
    pub find: Option<
        unsafe extern "C" fn(
            data: *mut c_void,
            handle: u64,
            name: *const u8,
            len: usize,
            address: *mut *const c_void,
        ) -> Status,
    >,
    /// Frees machine code, which nobody runs any more. [`crate::status::NOT_FOUND`] if there is none.
    pub unlink: Option<unsafe extern "C" fn(data: *mut c_void, handle: u64) -> Status>,
    /// Writes what becomes of a module as text: `form` is one of [`TIER_SHOW_INTERMEDIATE`] and [`TIER_SHOW_ASSEMBLY`].
    /// Optional.
    pub show: Option<
        unsafe extern "C" fn(
            data: *mut c_void,
            module: *const u8,
            len: usize,
            level: u32,
            form: u32,
            output: *const Sink,
        ) -> Status,
    >,
    /// Writes what it has done, as a JSON object. Optional.
    pub stats: Option<unsafe extern "C" fn(data: *mut c_void, output: *const Sink) -> Status>,
}

/// A module as the compiler sees it, optimised.
pub const TIER_SHOW_INTERMEDIATE: u32 = 1;
/// A module as the machine's assembly.
pub const TIER_SHOW_ASSEMBLY: u32 = 2;

// SAFETY: an interface is constant; what it points to is constant too, and as long-lived as the library.
unsafe impl Sync for Intrinsic {}
// SAFETY: as above.
unsafe impl Sync for Tier {}
