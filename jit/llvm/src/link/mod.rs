//! From object code to functions that can be called, and back to free memory.
//!
//! Read in this order: this file (what is linked, by handles), `orc` (the layer over LLVM), `memory` (what LLVM asks for
//! meanwhile), `arena` (where machine code lies), `library` (what LLVM calls by itself), `perf` (names for a profiler).

mod arena;
mod library;
mod memory;
mod orc;
pub(crate) mod perf;

use std::collections::{HashMap, HashSet};
use std::ffi::CString;
use std::sync::{Mutex, OnceLock};

use self::memory::lock;
use ::object::{Object as _, ObjectSymbol};

use self::orc::{Jit, Library};
use rps_plugin::{Error, TierSymbol};

use crate::error;
use crate::names;
use crate::object::Object;

/// The function that tells how far the stack of a thread may grow.
pub(crate) const STACK_LIMIT: &str = "rps.stack_limit";

/// What is linked. There is one in the process.
pub(crate) struct Linker {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    jit: Option<Jit>,
    objects: HashMap<u64, Linked>,
    last: u64,
}

/// An object that is linked.
struct Linked {
    library: Library,
    exports: HashMap<String, usize>,
}

/// What there is, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) objects: usize,
    pub(crate) linked: u64,
    pub(crate) code_bytes: usize,
    pub(crate) data_bytes: usize,
}

impl Linker {
    /// Returns the linker of the process.
    pub(crate) fn get() -> &'static Linker {
        static LINKER: OnceLock<Linker> = OnceLock::new();
        LINKER.get_or_init(|| Linker { state: Mutex::default() })
    }

    /// Puts object code into memory. What it refers to is among the symbols, or LLVM's own.
    pub(crate) fn link(&self, bytes: &[u8], build: &str, symbols: &[TierSymbol<'_>]) -> Result<u64, Error> {
        let object = Object::read(bytes, build)?;
        // Whoever links gives all that there is; LLVM gets what the object refers to.
        let wanted = imports(object.code)?;
        let mut given = Vec::with_capacity(wanted.len());
        let mut seen = HashSet::with_capacity(symbols.len());
        for symbol in symbols {
            if !seen.insert(symbol.name) {
                return Err(error::twice(symbol.name));
            }
            let name = names::of_symbol(symbol.name);
            if wanted.contains(name.as_bytes()) {
                given.push((c_name(&name)?, symbol.address));
            }
        }
        for (name, address) in library::symbols() {
            if wanted.contains(name.as_bytes()) {
                given.push((c_name(name)?, address));
            }
        }
        let exports: Result<Vec<_>, _> =
            object.exports.iter().map(|name| c_name(&names::of_function(name))).collect();
        let exports = exports?;
        let mut state = lock(&self.state);
        memory::prepare(object.code.len()).map_err(|message| error::no_room(&message))?;
        if state.jit.is_none() {
            state.jit = Some(Jit::new().map_err(|message| error::no_backend(&message))?);
        }
        let Some(jit) = &mut state.jit else { return Err(error::no_backend("there is no linker")) };
        let result = jit.link(object.code, &given, &exports);
        let place = memory::take_linked();
        let (library, addresses) = result.map_err(|message| error::link(&message))?;
        perf::tell(object.code, place.text);
        state.last += 1;
        let handle = state.last;
        let exports = object.exports.iter().map(|&name| name.to_owned()).zip(addresses).collect();
        state.objects.insert(handle, Linked { library, exports });
        Ok(handle)
    }

    /// Returns the address of a function that an object exports.
    pub(crate) fn find(&self, handle: u64, name: &str) -> Result<usize, Error> {
        let state = lock(&self.state);
        let object = state.objects.get(&handle).ok_or_else(|| error::no_object(handle))?;
        let address = object.exports.get(name);
        address.copied().ok_or_else(|| error::no_function(name))
    }

    /// Frees an object. The caller has made sure that nobody runs it any more.
    pub(crate) fn unlink(&self, handle: u64) -> Result<(), Error> {
        let mut state = lock(&self.state);
        let state = &mut *state;
        let object = state.objects.remove(&handle).ok_or_else(|| error::no_object(handle))?;
        match &mut state.jit {
            Some(jit) => jit.unlink(object.library).map_err(|message| error::link(&message)),
            None => Ok(()),
        }
    }

    /// Returns what there is.
    pub(crate) fn counts(&self) -> Counts {
        let state = lock(&self.state);
        let (code_bytes, data_bytes) = memory::used();
        Counts { objects: state.objects.len(), linked: state.last, code_bytes, data_bytes }
    }
}

/// Returns the names of what an object refers to outside of itself.
fn imports(code: &[u8]) -> Result<HashSet<&[u8]>, Error> {
    let damaged = |cause: ::object::Error| error::damaged(&cause.to_string());
    let file = ::object::File::parse(code).map_err(damaged)?;
    let undefined = file.symbols().filter(ObjectSymbol::is_undefined);
    undefined.map(|symbol| symbol.name_bytes().map_err(damaged)).collect()
}

fn c_name(name: &str) -> Result<CString, Error> {
    CString::new(name)
        .map_err(|_| error::invalid(format_args!("llvm::bad-name: the name {name:?} has a zero in it")))
}
