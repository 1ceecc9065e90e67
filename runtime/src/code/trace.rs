//! Stack traces: which calls were under way where an error began.

use std::sync::Arc;

use super::stack::CallStack;
use super::unit::{CodeRef, Source, SourceRange};
use crate::heap::{LocalHeap, RootVec};
use crate::object::ObjectRef;
use crate::runtime::Mutator;
use crate::value::Value;

/// How many of the innermost calls are remembered.
const INNERMOST: usize = 40;
/// How many of the outermost calls are remembered.
const OUTERMOST: usize = 8;

/// The calls that were under way where an error began, as cheap to take as possible: most errors are caught.
pub(crate) struct Trace {
    /// The codes; the values are not seen by programs.
    codes: RootVec,
    at: Vec<u32>,
    /// How many calls lie between the innermost and the outermost ones.
    left_out: usize,
    taken: bool,
    /// Where the error began, within typed native code.
    place: Option<TypedPlace>,
    /// The same of an error whose trace is not taken yet.
    noted: Option<TypedPlace>,
}

/// A place in a typed function.
struct TypedPlace {
    name: String,
    source: Arc<Source>,
    range: SourceRange,
}

/// A call in a stack trace.
#[derive(Clone, Debug)]
pub struct TraceEntry {
    /// What the code is called.
    pub name: String,
    /// The function, or `None` of a text at the prompt.
    pub function: Option<ObjectRef>,
    /// The text that the code came from.
    pub source: Arc<Source>,
    /// The part of it that was being run.
    pub range: SourceRange,
    /// How many calls between this one and the next are left out.
    pub left_out: usize,
}

impl TraceEntry {
    /// Returns the line and the column, in characters, that the call had come to; both count from 1.
    #[must_use]
    pub fn place(&self) -> (usize, usize) {
        let before = self.source.text.get(..self.range.0 as usize).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

/// As a stack trace writes it: `name (file:line)`.
impl std::fmt::Display for TraceEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (line, _) = self.place();
        write!(f, "{} ({}:{line})", self.name, self.source.name)?;
        match self.left_out {
            0 => Ok(()),
            1 => f.write_str(", called by one more"),
            count => write!(f, ", called by {count} more"),
        }
    }
}

impl Trace {
    pub(super) fn new(heap: &LocalHeap<'_>) -> Trace {
        Trace {
            codes: heap.heap().root_vec(),
            at: Vec::new(),
            left_out: 0,
            taken: false,
            place: None,
            noted: None,
        }
    }

    /// Takes the trace of an error that begins here, unless it is on its way already.
    pub(super) fn take(&mut self, stack: &CallStack, code: CodeRef, at: usize) {
        self.take_calls(|| std::iter::once((code, at)).chain(stack.callers()));
    }

    /// Takes the trace of an error that begins in what the innermost frame called, unless it is on its way already.
    pub(super) fn take_in_machine(&mut self, stack: &CallStack) {
        self.take_calls(|| stack.callers());
    }

    fn take_calls<I: Iterator<Item = (CodeRef, usize)>>(&mut self, calls: impl Fn() -> I) {
        let noted = self.noted.take();
        if self.taken {
            return;
        }
        self.taken = true;
        self.place = noted;
        self.left_out = 0;
        self.at.clear();
        if self.codes.is_empty() {
            self.codes.resize(INNERMOST + OUTERMOST);
        }
        let count = calls().count();
        if count <= INNERMOST + OUTERMOST {
            calls().for_each(|(code, at)| self.add(code, at));
        } else {
            calls().take(INNERMOST).for_each(|(code, at)| self.add(code, at));
            self.left_out = count - INNERMOST - OUTERMOST;
            calls().skip(count - OUTERMOST).for_each(|(code, at)| self.add(code, at));
        }
    }

    /// Lets the next error take a trace of its own.
    pub(super) fn forget(&mut self) {
        self.taken = false;
    }

    /// Notes where the error that is raised next begins.
    pub(super) fn note_place(&mut self, name: &str, source: Arc<Source>, range: SourceRange) {
        self.noted = Some(TypedPlace { name: name.to_owned(), source, range });
    }

    fn add(&mut self, code: CodeRef, at: usize) {
        let number = self.at.len();
        if let Some(place) = self.codes.get_mut(number) {
            *place = Value::from_cell(code.cell());
            self.at.push(at as u32);
        }
    }

    fn entries(&self) -> Vec<TraceEntry> {
        let mut entries = Vec::new();
        for (number, (&value, &at)) in self.codes.iter().zip(&self.at).enumerate() {
            let Some(cell) = value.cell() else { continue };
            // SAFETY: `add` stores units of code only.
            let code = unsafe { CodeRef::from_cell(cell) };
            let left_out = if number + 1 == INNERMOST { self.left_out } else { 0 };
            let (name, function) = (code.name().to_string(), code.function());
            entries.push(TraceEntry {
                name,
                function,
                source: code.source(),
                range: code.range(at as usize),
                left_out,
            });
        }
        if let Some(TypedPlace { name, source, range }) = &self.place {
            // What calls a typed function has its name, and knows no place in it.
            if entries.first().is_some_and(|caller| caller.name == *name) {
                entries.remove(0);
            }
            let (name, source) = (name.clone(), Arc::clone(source));
            entries.insert(0, TraceEntry { name, function: None, source, range: *range, left_out: 0 });
        }
        entries
    }
}

/// Returns the number of the instruction before an address.
pub(super) fn index_before(code: CodeRef, next: *const super::Instruction) -> usize {
    let start = code.instructions().as_ptr() as usize;
    ((next as usize).wrapping_sub(start) / size_of::<super::Instruction>()).saturating_sub(1)
}

impl Mutator<'_> {
    /// Returns the calls that were under way where the last error began, the innermost first.
    pub fn trace(&self) -> Vec<TraceEntry> {
        self.call_stack().trace.borrow().entries()
    }

    /// Returns the calls that are under way in the code that called a native, the innermost first.
    pub fn calls_under_way(&self) -> Vec<TraceEntry> {
        let stack = self.call_stack();
        let mut trace = Trace::new(self);
        let running = stack.running.get();
        match running.code {
            Some(code) => trace.take(stack, code, index_before(code, running.next)),
            None if running.is_machine() => trace.take_in_machine(stack),
            None => {}
        }
        trace.entries()
    }
}
