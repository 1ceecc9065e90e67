use core::ffi::c_void;

use rps_plugin_abi::point::{self, TIER_SHOW_ASSEMBLY, TIER_SHOW_INTERMEDIATE};
use rps_plugin_abi::status::{self, Status};
use rps_plugin_abi::{Sink, point::TierSymbol as RawSymbol};

use super::{Registrar, text};
use crate::call::{Bound, bound, bytes};
use crate::error::Error;
use crate::guard;
use crate::output::Output;

/// An execution tier: it makes machine code of typed native code, puts it into memory, and frees it.
///
/// All of it may be called from any thread, by several at once.
pub trait ExecutionTier: Send + Sync + 'static {
    /// Returns all that its machine code depends on: the compiler with its version, the machine, the processor.
    fn build(&self) -> String;

    /// Returns the version of the bytes of modules that it reads.
    fn form(&self) -> u32;

    /// Compiles the bytes of a module to machine code: at level 1 soon, at level 2 well.
    ///
    /// # Errors
    ///
    /// When the bytes are no module, the module does not make sense, or the compiler refuses it.
    fn compile(&self, module: &[u8], level: u32, output: &mut Output<'_>) -> Result<(), Error>;

    /// Puts machine code into memory, and returns a handle, which is never 0.
    ///
    /// # Errors
    ///
    /// When the bytes are damaged or of another build, when a symbol is missing, and when there is no room.
    fn link(&self, code: &[u8], symbols: &[TierSymbol<'_>]) -> Result<u64, Error>;

    /// Returns the address of a function that was exported.
    ///
    /// # Errors
    ///
    /// When there is none.
    fn find(&self, handle: u64, name: &str) -> Result<usize, Error>;

    /// Frees machine code. The caller makes sure that nobody runs it any more.
    ///
    /// # Errors
    ///
    /// When there is none.
    fn unlink(&self, handle: u64) -> Result<(), Error>;

    /// Writes what becomes of a module as text.
    ///
    /// # Errors
    ///
    /// As [`ExecutionTier::compile`].
    fn show(&self, module: &[u8], level: u32, form: TierForm, output: &mut Output<'_>) -> Result<(), Error>;

    /// Writes what it has done, as a JSON object.
    ///
    /// # Errors
    ///
    /// When it can not.
    fn stats(&self, output: &mut Output<'_>) -> Result<(), Error>;
}

/// A symbol that machine code refers to, and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TierSymbol<'call> {
    /// Its name.
    pub name: &'call str,
    /// Its address.
    pub address: usize,
}

/// What a module is shown as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TierForm {
    /// As the compiler sees it, optimised.
    Intermediate,
    /// As the machine's assembly.
    Assembly,
}

impl Registrar<'_> {
    /// Registers an execution tier.
    ///
    /// # Errors
    ///
    /// When its build has no text, or the host refuses it.
    pub fn tier<T: ExecutionTier>(&mut self, name: &str, tier: T) -> Result<(), Error> {
        let build = tier.build();
        if build.is_empty() {
            return Err(Error::invalid("an execution tier says what its code depends on"));
        }
        let interface = point::Tier {
            struct_size: size_of::<point::Tier>() as u32,
            flags: 0,
            form: tier.form(),
            reserved: 0,
            build: text(&build)?,
            compile: Some(compile::<T>),
            link: Some(link::<T>),
            find: Some(find::<T>),
            unlink: Some(unlink::<T>),
            show: Some(show::<T>),
            stats: Some(stats::<T>),
        };
        self.add(point::TIER, name, 1, interface, tier)
    }
}

/// Runs the author's code for a callback that has no call.
///
/// # Safety
///
/// As of [`bound`].
unsafe fn enter<T: 'static>(data: *mut c_void, body: impl FnOnce(&'static T) -> Result<(), Error>) -> Status {
    // SAFETY: as the caller says.
    let found: Option<&'static Bound<T>> = unsafe { bound(data) };
    match found {
        Some(bound) => guard::status(bound.shared, None, || body(&bound.body)),
        None => status::INVALID,
    }
}

unsafe extern "C" fn compile<T: ExecutionTier>(
    data: *mut c_void,
    module: *const u8,
    len: usize,
    level: u32,
    output: *const Sink,
) -> Status {
    // SAFETY: the host hands back the data of the registration; bytes and sink are valid until this returns.
    unsafe { enter::<T>(data, |tier| tier.compile(bytes(module, len), level, &mut Output::of(output))) }
}

unsafe extern "C" fn link<T: ExecutionTier>(
    data: *mut c_void,
    code: *const u8,
    len: usize,
    symbols: *const RawSymbol,
    count: usize,
    handle: *mut u64,
) -> Status {
    // SAFETY: the host hands back the data of the registration; the bytes, so many symbols with their names, and the place
    // of the handle are valid until this returns.
    unsafe {
        enter::<T>(data, |tier| {
            if handle.is_null() || symbols.is_null() && count > 0 {
                return Err(Error::invalid("there is no place for the handle, or no symbols"));
            }
            let raw = if count == 0 { &[] } else { std::slice::from_raw_parts(symbols, count) };
            let mut given = Vec::with_capacity(count);
            for symbol in raw {
                let name = std::str::from_utf8(bytes(symbol.name, symbol.len));
                let name = name.map_err(|_| Error::invalid("the name of a symbol is not UTF-8"))?;
                given.push(TierSymbol { name, address: symbol.address as usize });
            }
            *handle = tier.link(bytes(code, len), &given)?;
            Ok(())
        })
    }
}

unsafe extern "C" fn find<T: ExecutionTier>(
    data: *mut c_void,
    handle: u64,
    name: *const u8,
    len: usize,
    address: *mut *const c_void,
) -> Status {
    // SAFETY: as above.
    unsafe {
        enter::<T>(data, |tier| {
            let name = std::str::from_utf8(bytes(name, len));
            let name = name.map_err(|_| Error::invalid("the name of a function is not UTF-8"))?;
            if address.is_null() {
                return Err(Error::invalid("there is no place for the address"));
            }
            *address = tier.find(handle, name)? as *const c_void;
            Ok(())
        })
    }
}

unsafe extern "C" fn unlink<T: ExecutionTier>(data: *mut c_void, handle: u64) -> Status {
    // SAFETY: the host hands back the data of the registration.
    unsafe { enter::<T>(data, |tier| tier.unlink(handle)) }
}

unsafe extern "C" fn show<T: ExecutionTier>(
    data: *mut c_void,
    module: *const u8,
    len: usize,
    level: u32,
    form: u32,
    output: *const Sink,
) -> Status {
    // SAFETY: as above.
    unsafe {
        enter::<T>(data, |tier| {
            let form = match form {
                TIER_SHOW_INTERMEDIATE => TierForm::Intermediate,
                TIER_SHOW_ASSEMBLY => TierForm::Assembly,
                _ => return Err(Error::unsupported(format!("there is no form {form} to show"))),
            };
            tier.show(bytes(module, len), level, form, &mut Output::of(output))
        })
    }
}

unsafe extern "C" fn stats<T: ExecutionTier>(data: *mut c_void, output: *const Sink) -> Status {
    // SAFETY: as above.
    unsafe { enter::<T>(data, |tier| tier.stats(&mut Output::of(output))) }
}
