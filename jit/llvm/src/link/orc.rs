//! A thin layer over LLVM's ORC: objects only, each in a library of its own (a `JITDylib`), which is used again when the
//! object is gone.
//!
//! A library of its own, because two objects may give one name to different addresses: a symbol is what the maker of the
//! module says it is.

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char, c_void};

use inkwell::llvm_sys::error::{LLVMDisposeErrorMessage, LLVMErrorRef, LLVMGetErrorMessage};
use inkwell::llvm_sys::execution_engine::LLVMCreateGDBRegistrationListener;
use inkwell::llvm_sys::orc2::ee::{
    LLVMOrcCreateRTDyldObjectLinkingLayerWithMCJITMemoryManagerLikeCallbacks as create_layer,
    LLVMOrcRTDyldObjectLinkingLayerRegisterJITEventListener as register_listener,
};
use inkwell::llvm_sys::orc2::lljit::*;
use inkwell::llvm_sys::orc2::*;
use inkwell::memory_buffer::MemoryBuffer;

use super::memory;

/// An LLJIT.
pub(super) struct Jit {
    jit: LLVMOrcLLJITRef,
    session: LLVMOrcExecutionSessionRef,
    /// Libraries without an object.
    free: Vec<Library>,
    /// How many libraries there are.
    count: usize,
    /// How many objects were taken out since names were last forgotten.
    unlinked: usize,
}

// SAFETY: ORC may be used from any thread; what is ours is reached through `&mut`.
unsafe impl Send for Jit {}

/// A library of ORC, which may have an object.
pub(super) struct Library(LLVMOrcJITDylibRef);

// SAFETY: as above.
unsafe impl Send for Library {}

impl Jit {
    /// Makes one for this machine.
    pub(super) fn new() -> Result<Jit, String> {
        let mut jit = std::ptr::null_mut();
        // SAFETY: the builder is made, told where objects go, and consumed by the next call; so is what it was given.
        let error = unsafe {
            let builder = LLVMOrcCreateLLJITBuilder();
            LLVMOrcLLJITBuilderSetObjectLinkingLayerCreator(builder, layer, std::ptr::null_mut());
            LLVMOrcCreateLLJIT(&raw mut jit, builder)
        };
        check(error)?;
        // SAFETY: the JIT was made; the reporter is a function.
        let session = unsafe {
            let session = LLVMOrcLLJITGetExecutionSession(jit);
            LLVMOrcExecutionSessionSetErrorReporter(session, report, std::ptr::null_mut());
            session
        };
        Ok(Jit { jit, session, free: Vec::new(), count: 0, unlinked: 0 })
    }

    /// Links an object with the addresses of these symbols, and returns the addresses of these exports.
    pub(super) fn link(
        &mut self,
        object: &[u8],
        symbols: &[(CString, usize)],
        exports: &[CString],
    ) -> Result<(Library, Vec<usize>), String> {
        let library = self.library()?;
        match self.fill(&library, object, symbols, exports) {
            Ok(addresses) => Ok((library, addresses)),
            Err(message) => {
                // What was said of the failure is what counts.
                let _ = self.unlink(library);
                Err(message)
            }
        }
    }

    fn library(&mut self) -> Result<Library, String> {
        if let Some(library) = self.free.pop() {
            return Ok(library);
        }
        self.count += 1;
        let name = CString::new(format!("object {}", self.count)).unwrap_or_default();
        // SAFETY: the session lives as long as the JIT; the name is one that no library has.
        let library = unsafe { LLVMOrcExecutionSessionCreateBareJITDylib(self.session, name.as_ptr()) };
        if library.is_null() { Err("LLVM makes no library".into()) } else { Ok(Library(library)) }
    }

    fn fill(
        &self,
        library: &Library,
        object: &[u8],
        symbols: &[(CString, usize)],
        exports: &[CString],
    ) -> Result<Vec<usize>, String> {
        REPORTED.with_borrow_mut(Vec::clear);
        if !symbols.is_empty() {
            let mut pairs: Vec<_> = symbols
                .iter()
                .map(|(name, address)| LLVMOrcCSymbolMapPair {
                    Name: self.intern(name),
                    Sym: LLVMJITEvaluatedSymbol {
                        Address: *address as u64,
                        Flags: LLVMJITSymbolFlags {
                            GenericFlags: LLVMJITSymbolGenericFlags::LLVMJITSymbolGenericFlagsExported as u8
                                | LLVMJITSymbolGenericFlags::LLVMJITSymbolGenericFlagsCallable as u8,
                            TargetFlags: 0,
                        },
                    },
                })
                .collect();
            // SAFETY: there are so many pairs; their names are handed over. What could not be defined is still ours.
            unsafe {
                let unit = LLVMOrcAbsoluteSymbols(pairs.as_mut_ptr(), pairs.len());
                let error = LLVMOrcJITDylibDefine(library.0, unit);
                if !error.is_null() {
                    LLVMOrcDisposeMaterializationUnit(unit);
                }
                check(error)?;
            }
        }
        let buffer = MemoryBuffer::create_from_memory_range_copy(object, "object");
        let raw = buffer.as_mut_ptr();
        // The JIT owns it from here on, also if it refuses it.
        std::mem::forget(buffer);
        // SAFETY: the library is one of this JIT; the buffer is handed over.
        check(unsafe { LLVMOrcLLJITAddObjectFile(self.jit, library.0, raw) })?;
        self.look_up(library, exports)
    }

    /// Links what is in a library, and returns the addresses of these names.
    fn look_up(&self, library: &Library, names: &[CString]) -> Result<Vec<usize>, String> {
        let mut found = Found { names: Vec::new(), result: None };
        let mut set: Vec<_> = names
            .iter()
            .map(|name| {
                let entry = self.intern(name);
                found.names.push(entry as usize);
                LLVMOrcCLookupSetElement {
                    Name: entry,
                    LookupFlags: LLVMOrcSymbolLookupFlags::LLVMOrcSymbolLookupFlagsRequiredSymbol,
                }
            })
            .collect();
        let mut order = LLVMOrcCJITDylibSearchOrderElement {
            JD: library.0,
            JDLookupFlags: LLVMOrcJITDylibLookupFlags::LLVMOrcJITDylibLookupFlagsMatchAllSymbols,
        };
        // SAFETY: order and set are as long as it is told; the names are handed over. Nothing links in other threads, so
        // the result is there when it returns.
        unsafe {
            LLVMOrcExecutionSessionLookup(
                self.session,
                LLVMOrcLookupKind::LLVMOrcLookupKindStatic,
                &raw mut order,
                1,
                set.as_mut_ptr(),
                set.len(),
                take_found,
                (&raw mut found).cast(),
            );
        }
        let more = REPORTED.with_borrow_mut(std::mem::take);
        match found.result {
            Some(Ok(addresses)) => Ok(addresses),
            // What was reported is the cause, and what comes back its effect.
            Some(Err(message)) if more.is_empty() => Err(message),
            Some(Err(_)) => Err(more.join("; ")),
            None => Err("LLVM gives no answer".into()),
        }
    }

    /// Takes the object out of a library, and frees all that it had.
    pub(super) fn unlink(&mut self, library: Library) -> Result<(), String> {
        // SAFETY: the library is one of this JIT.
        let result = check(unsafe { LLVMOrcJITDylibClear(library.0) });
        if result.is_ok() {
            self.free.push(library);
        }
        self.unlinked += 1;
        if self.unlinked > self.count {
            self.unlinked = 0;
            self.forget_names();
        }
        result
    }

    /// Frees the names that nothing has any more: all names are looked at.
    fn forget_names(&self) {
        // SAFETY: the session lives as long as the JIT.
        unsafe {
            LLVMOrcSymbolStringPoolClearDeadEntries(LLVMOrcExecutionSessionGetSymbolStringPool(self.session));
        }
    }

    fn intern(&self, name: &CStr) -> LLVMOrcSymbolStringPoolEntryRef {
        // SAFETY: the session lives as long as the JIT; the name is copied.
        unsafe { LLVMOrcExecutionSessionIntern(self.session, name.as_ptr()) }
    }
}

impl Drop for Jit {
    fn drop(&mut self) {
        // SAFETY: it is ours, and nobody uses it after this.
        let _ = check(unsafe { LLVMOrcDisposeLLJIT(self.jit) });
    }
}

/// What a look-up is for.
struct Found {
    /// The names as they were interned, in the order that they were asked for.
    names: Vec<usize>,
    result: Option<Result<Vec<usize>, String>>,
}

extern "C" fn take_found(
    error: LLVMErrorRef,
    pairs: LLVMOrcCSymbolMapPairs,
    count: usize,
    context: *mut c_void,
) {
    // SAFETY: the context is what `look_up` has handed over, which waits for this.
    let found = unsafe { &mut *context.cast::<Found>() };
    found.result = Some(check(error).and_then(|()| {
        let mut addresses = vec![0; found.names.len()];
        for index in 0..count {
            // SAFETY: there are so many pairs.
            let pair = unsafe { &*pairs.add(index) };
            if let Some(place) = found.names.iter().position(|&name| name == pair.Name as usize) {
                addresses[place] = pair.Sym.Address as usize;
            }
        }
        if addresses.contains(&0) {
            Err("the object lacks what it should export".into())
        } else {
            Ok(addresses)
        }
    }));
}

thread_local! {
    /// What ORC has reported to this thread.
    static REPORTED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

extern "C" fn report(_context: *mut c_void, error: LLVMErrorRef) {
    if let Err(message) = check(error) {
        REPORTED.with_borrow_mut(|reported| reported.push(message));
    }
}

extern "C" fn layer(
    _context: *mut c_void,
    session: LLVMOrcExecutionSessionRef,
    _triple: *const c_char,
) -> LLVMOrcObjectLayerRef {
    // SAFETY: the callbacks are functions that take what LLVM gives them; the listener is handed over to the process.
    unsafe {
        let layer = create_layer(
            session,
            std::ptr::null_mut(),
            memory::begin,
            memory::terminate,
            memory::allocate_code,
            memory::allocate_data,
            memory::finish,
            Some(memory::destroy),
        );
        register_listener(layer, LLVMCreateGDBRegistrationListener());
        layer
    }
}

/// Turns an error of LLVM's into its message.
fn check(error: LLVMErrorRef) -> Result<(), String> {
    if error.is_null() {
        return Ok(());
    }
    // SAFETY: the error is not null, and consumed here; the message is copied, then freed.
    unsafe {
        let message = LLVMGetErrorMessage(error);
        let text = CStr::from_ptr(message).to_string_lossy().into_owned();
        LLVMDisposeErrorMessage(message);
        Err(text)
    }
}
