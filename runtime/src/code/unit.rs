//! A unit of code: what a text or a function was compiled to, as a cell of the heap.
//!
//! A unit lives as long as a function has it, or a frame runs it: it refers to its constants and caches like any cell,
//! so that functions which nobody uses any more die with their code. It is no value that programs see.

use std::ptr::NonNull;
use std::sync::Arc;

use super::instruction::Instruction;
use super::machine::Heat;
use super::site::{AttributeSite, CallSite, GlobalSite, NewSite, SendSite};
use super::verify::{self, VerifyError};
use crate::heap::barrier::{self, Slot};
use crate::heap::cell::{CellPtr, Header, Kind};
use crate::heap::{LocalHeap, Marker, RootVec};
use crate::object::ObjectRef;
use crate::runtime::Mutator;
use crate::value::{Value, cell_ref};

/// A range of bytes in the source that an instruction came from: its start and its end.
pub type SourceRange = (u32, u32);

/// The text that code came from.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// What messages call it: a file, the prompt, or a function.
    pub name: String,
    /// The text.
    pub text: String,
    /// Whether it is the library's: who made a mistake stands above it.
    pub is_library: bool,
}

/// Where an error within a range of instructions is handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// The first instruction that is covered.
    pub start: u16,
    /// The first one behind it that is not.
    pub end: u16,
    /// Where to go on.
    pub target: u16,
    /// The register that gets what was raised.
    pub register: u16,
}

impl Handler {
    /// Returns whether it handles an error that begins at an instruction.
    pub fn covers(&self, at: usize) -> bool {
        (usize::from(self.start)..usize::from(self.end)).contains(&at)
    }
}

/// What a unit is made of.
#[derive(Debug)]
pub struct CodeParts {
    /// What a stack trace calls it.
    pub name: String,
    /// The function, or `None` of a text at the prompt.
    pub function: Option<ObjectRef>,
    /// The text that it came from.
    pub source: Arc<Source>,
    /// The instructions.
    pub instructions: Vec<Instruction>,
    /// The source that each came from.
    pub ranges: Vec<SourceRange>,
    /// The constants.
    pub constants: RootVec,
    /// The attributes that instructions read and store.
    pub attributes: Vec<ObjectRef>,
    /// The selectors that are sent.
    pub selectors: Vec<ObjectRef>,
    /// How many calls there are.
    pub calls: u16,
    /// The symbols of the global names that are read.
    pub globals: Vec<ObjectRef>,
    /// The attributes of the objects that are made, in the order of their values; each once, none of them computed.
    pub made: Vec<Vec<ObjectRef>>,
    /// Where errors are handled, inner ranges first.
    pub handlers: Vec<Handler>,
    /// How many registers a frame has.
    pub registers: u16,
    /// How many arguments there are.
    pub parameters: u8,
    /// How many values the closure in register 0 captured.
    pub captured: u16,
    /// Whether register 0 holds the receiver of a method.
    pub is_method: bool,
}

/// A unit of code in the heap.
#[repr(C)]
pub(crate) struct CodeCell {
    header: Header,
    pub(super) instructions: Box<[Instruction]>,
    pub(super) constants: Box<[Value]>,
    pub(super) attributes: Box<[AttributeSite]>,
    pub(super) sends: Box<[SendSite]>,
    pub(super) calls: Box<[CallSite]>,
    pub(super) globals: Box<[GlobalSite]>,
    pub(super) made: Box<[NewSite]>,
    pub(super) heat: Heat,
    pub(super) registers: u16,
    pub(super) captured: u16,
    pub(super) parameters: u8,
    pub(super) is_method: bool,
    pub(super) handlers: Box<[Handler]>,
    function: Slot,
    ranges: Box<[SourceRange]>,
    name: Box<str>,
    source: Arc<Source>,
}

cell_ref! {
    /// A verified unit of code.
    CodeRef, CodeCell, Kind::Code
}

impl PartialEq for CodeRef {
    fn eq(&self, other: &CodeRef) -> bool {
        self.0 == other.0
    }
}

impl Eq for CodeRef {}

impl CodeRef {
    /// Verifies a unit, and moves it into the heap.
    ///
    /// # Errors
    ///
    /// [`VerifyError`] names the first instruction that the interpreter could not run.
    pub fn new(m: &Mutator<'_>, parts: CodeParts) -> Result<CodeRef, VerifyError> {
        verify::verify(&parts)?;
        let heap: &LocalHeap<'_> = m;
        let cold = m.runtime().cold_calls();
        let mut kept = heap.heap().root_vec();
        let caches = [&parts.attributes, &parts.selectors, &parts.globals];
        let objects = caches.into_iter().chain(&parts.made).flatten();
        kept.extend(objects.map(|&object| Value::from(object)));
        // Its memory outside the heap may be due long before a block of such cells is full.
        heap.heap().count_allocated(
            size_of_val(&*parts.instructions)
                + size_of_val(&*parts.ranges)
                + parts.constants.len() * size_of::<Value>()
                + parts.source.text.len(),
        );
        heap.collect_if_due();
        let cell = heap.allocate_with_drop(size_of::<CodeCell>(), &[]).cast::<CodeCell>();
        let code = CodeCell {
            header: Header::new(Kind::Code),
            instructions: parts.instructions.into(),
            constants: parts.constants.to_vec().into(),
            attributes: parts.attributes.into_iter().map(AttributeSite::new).collect(),
            sends: parts.selectors.into_iter().map(SendSite::new).collect(),
            calls: (0..parts.calls).map(|_| CallSite::new()).collect(),
            globals: parts.globals.into_iter().map(GlobalSite::new).collect(),
            made: parts.made.into_iter().map(NewSite::new).collect(),
            heat: Heat::new(cold),
            registers: parts.registers,
            captured: parts.captured,
            parameters: parts.parameters,
            is_method: parts.is_method,
            handlers: parts.handlers.into(),
            function: Slot::new(parts.function.map_or(Value::NIL, Value::from)),
            ranges: parts.ranges.into(),
            name: parts.name.into(),
            source: parts.source,
        };
        // SAFETY: the memory is fresh and large enough.
        unsafe { cell.write(code) };
        Ok(CodeRef(cell))
    }

    pub(super) fn cells<'c>(self) -> &'c CodeCell {
        self.get()
    }

    /// Returns the instructions.
    pub fn instructions<'c>(self) -> &'c [Instruction] {
        &self.get().instructions
    }

    /// Returns the constants.
    pub fn constants<'c>(self) -> &'c [Value] {
        &self.get().constants
    }

    /// Returns the attribute of a site.
    pub fn attribute(self, site: u16) -> Option<ObjectRef> {
        self.get().attributes.get(usize::from(site)).map(AttributeSite::key)
    }

    /// Returns the selector of a site.
    pub fn selector(self, site: u16) -> Option<ObjectRef> {
        self.get().sends.get(usize::from(site)).map(SendSite::selector)
    }

    /// Returns the symbol of a site.
    pub fn global(self, site: u16) -> Option<ObjectRef> {
        self.get().globals.get(usize::from(site)).map(GlobalSite::symbol)
    }

    /// Returns the attributes of a site where objects are made.
    pub fn made_attributes<'c>(self, site: u16) -> &'c [ObjectRef] {
        self.get().made.get(usize::from(site)).map_or(&[], NewSite::keys)
    }

    /// Returns the handlers, inner ones first.
    pub fn handlers<'c>(self) -> &'c [Handler] {
        &self.get().handlers
    }

    /// Returns the number of registers of a frame.
    pub fn registers(self) -> u16 {
        self.get().registers
    }

    /// Returns the number of parameters.
    pub fn parameters(self) -> u8 {
        self.get().parameters
    }

    /// Returns the function, unless the code is that of a text at the prompt.
    pub fn function(self) -> Option<ObjectRef> {
        self.get().function.load().as_object()
    }

    /// Returns the function as a value, nil of a text at the prompt.
    #[inline(always)]
    pub(super) fn function_value(self) -> Value {
        self.get().function.load()
    }

    /// Makes the code that of another function: of one that takes over its text.
    pub(crate) fn set_function(self, function: ObjectRef) {
        barrier::store(self.cell(), &self.get().function, function.into());
    }

    /// Returns what a stack trace calls the code; the text lives as long as the code.
    pub fn name<'c>(self) -> &'c str {
        &self.get().name
    }

    /// Returns the text that the code came from.
    pub fn source(self) -> Arc<Source> {
        Arc::clone(&self.get().source)
    }

    /// Returns the source that an instruction came from.
    pub fn range(self, instruction: usize) -> SourceRange {
        self.get().ranges.get(instruction).copied().unwrap_or((0, 0))
    }
}

/// Marks what a unit refers to.
pub(crate) fn trace(cell: CellPtr, marker: &mut Marker<'_>) {
    let code = CodeRef(NonNull::cast(cell)).get();
    marker.values(&code.constants);
    marker.value(code.function.load());
    code.heat.mark(marker);
    code.attributes.iter().for_each(|site| site.mark(marker));
    code.sends.iter().for_each(|site| site.mark(marker));
    code.calls.iter().for_each(|site| site.mark(marker));
    code.globals.iter().for_each(|site| site.mark(marker));
    code.made.iter().for_each(|site| site.mark(marker));
}

/// Drops what a dead unit owns outside the heap.
///
/// # Safety
///
/// The cell is a dead unit, and it is dropped once.
pub(crate) unsafe fn drop_cell(cell: CellPtr) {
    // SAFETY: by this function's contract; values in the unit are plain words, which are not looked at.
    unsafe { cell.cast::<CodeCell>().drop_in_place() };
}
