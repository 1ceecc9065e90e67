//! What a call is to the host: where the graph is while a plugin works on it, and what it raised.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::Arc;

use rps_plugin_abi as abi;
use rps_runtime::send::Gate;
use rps_runtime::{Mutator, Root, RootVec, Runtime, RuntimeError, Value};

use crate::guard::Cancel;
use crate::instance::Instance;

/// A call that is under way. It is on the stack of the thread that runs it.
pub(crate) struct Context<'c> {
    pub(crate) instance: &'static Instance,
    graph: Graph<'c>,
    /// The values that a guarded call has asked for; they live until it ends.
    kept: RefCell<Option<RootVec>>,
    /// What a program raised in a call into the graph.
    raised: Cell<Option<Raised>>,
    /// The thread that it belongs to: see [`this_thread`].
    thread: usize,
    /// The gate that the call has come through, where machine code has made it.
    gate: Option<NonNull<Gate>>,
}

/// Returns a number that no other thread has now.
#[inline(always)]
fn this_thread() -> usize {
    thread_local!(static PLACE: u8 = const { 0 });
    PLACE.with(|place| std::ptr::from_ref(place) as usize)
}

/// Where the graph is.
enum Graph<'c> {
    /// The thread is in it.
    Inside(*const Mutator<'c>),
    /// The thread enters it for each call.
    Outside(&'c Arc<Runtime>, &'c Cancel),
    /// There is none.
    Absent,
}

/// What a program raised: the error, and the value where it is one.
pub(crate) struct Raised {
    pub(crate) error: RuntimeError,
    pub(crate) value: Option<Root>,
}

impl Raised {
    /// Returns the error as the thread that goes on with it raises it.
    pub(crate) fn rethrow(self, m: &Mutator<'_>) -> RuntimeError {
        match self.value {
            Some(root) => m.raise(root.get()),
            None => self.error,
        }
    }
}

impl<'c> Context<'c> {
    /// Returns the context of a direct call.
    #[inline(always)]
    pub(crate) fn direct(instance: &'static Instance, m: &'c Mutator<'_>) -> Context<'c> {
        Context::new(instance, Graph::Inside(std::ptr::from_ref(m).cast::<Mutator<'c>>()))
    }

    #[inline(always)]
    fn new(instance: &'static Instance, graph: Graph<'c>) -> Context<'c> {
        let (kept, raised) = (RefCell::new(None), Cell::new(None));
        Context { instance, graph, kept, raised, thread: this_thread(), gate: None }
    }

    /// Makes the context that of all calls through a gate.
    ///
    /// # Safety
    ///
    /// The gate stays where it is for as long as the context is used.
    pub(crate) unsafe fn set_gate(&mut self, gate: NonNull<Gate>) {
        self.gate = Some(gate);
    }

    fn gate(&self) -> Option<&Gate> {
        // SAFETY: by the contract of `set_gate`.
        self.gate.map(|gate| unsafe { gate.as_ref() })
    }

    /// Returns the context of a guarded call.
    pub(crate) fn guarded(
        instance: &'static Instance,
        runtime: Option<&'c Arc<Runtime>>,
        cancel: &'c Cancel,
    ) -> Context<'c> {
        let graph = match runtime {
            Some(runtime) => Graph::Outside(runtime, cancel),
            None => Graph::Absent,
        };
        Context::new(instance, graph)
    }

    /// Returns the table for the plugin. It is valid while the context stays where it is.
    #[inline(always)]
    pub(crate) fn call(&self, cancelled: *const u8) -> abi::Call {
        let flags = if matches!(self.graph, Graph::Inside(_)) { abi::call::CALL_DIRECT } else { 0 };
        abi::Call {
            struct_size: size_of::<abi::Call>() as u32,
            flags,
            cancelled,
            host: &raw const self.instance.host,
            context: std::ptr::from_ref(self).cast_mut().cast::<c_void>(),
        }
    }

    /// Returns the context of a call that a plugin was given.
    ///
    /// # Safety
    ///
    /// The pointer is null, or that of a call that has not returned.
    pub(crate) unsafe fn of<'a>(call: *mut abi::Call) -> Option<&'a Context<'a>> {
        // SAFETY: by this function's contract; the context outlives the call.
        unsafe { call.as_ref().and_then(|call| call.context.cast::<Context<'a>>().as_ref()) }
    }

    /// Calls `f` inside the graph; nothing when there is none, or the call was given up.
    pub(crate) fn enter<R>(&self, f: impl FnOnce(&Mutator<'_>) -> R) -> Result<R, abi::Status> {
        // Another thread has no business with this call, nor with what it keeps.
        if self.thread != this_thread() {
            return Err(abi::status::MISUSE);
        }
        match &self.graph {
            Graph::Inside(m) => {
                // SAFETY: the mutator outlives the direct call that the context belongs to, on the same thread.
                let m = unsafe { &**m };
                if let Some(gate) = self.gate() {
                    // A call that has returned is none, though its table is still there.
                    if !gate.is_busy() {
                        return Err(abi::status::MISUSE);
                    }
                    gate.come_back(m);
                }
                Ok(f(m))
            }
            Graph::Outside(_, cancel) if cancel.is_cancelled() => Err(abi::status::CANCELLED),
            Graph::Outside(runtime, _) => Ok(runtime.enter(f)),
            Graph::Absent => Err(abi::status::MISUSE),
        }
    }

    /// Returns the runtime, of a guarded call that has one.
    pub(crate) fn runtime(&self) -> Option<&Arc<Runtime>> {
        match &self.graph {
            Graph::Outside(runtime, _) => Some(runtime),
            Graph::Inside(_) | Graph::Absent => None,
        }
    }

    /// Keeps a value that goes to the plugin alive for as long as it may use it.
    pub(crate) fn keep(&self, m: &Mutator<'_>, value: Value) -> abi::RawValue {
        // Integers, constants and most doubles are no cells.
        if !matches!(self.graph, Graph::Inside(_)) && value.to_bits() & 0b111 == 0 {
            self.kept.borrow_mut().get_or_insert_with(|| m.root_vec()).push(value);
        }
        abi::RawValue { bits: value.to_bits() }
    }

    /// Notes what a program raised; the plugin may return it.
    pub(crate) fn raise(&self, m: &Mutator<'_>, error: RuntimeError) -> abi::Status {
        let status = match error {
            RuntimeError::Interrupted | RuntimeError::Deadline => abi::status::CANCELLED,
            _ => abi::status::RAISED,
        };
        let value = matches!(error, RuntimeError::Raised).then(|| m.heap().root(m.raised()));
        self.raised.set(Some(Raised { error, value }));
        if let Some(gate) = self.gate() {
            gate.note_raised();
        }
        status
    }

    /// Returns what a program raised last.
    pub(crate) fn take_raised(&self) -> Option<Raised> {
        self.raised.take()
    }
}

/// Values that cross to the thread of a guarded call and must be alive until it ends.
pub(crate) struct Crossing {
    roots: Vec<Root>,
    _values: PhantomData<Value>,
}

impl Crossing {
    pub(crate) fn new(m: &Mutator<'_>, values: impl IntoIterator<Item = Value>) -> Crossing {
        let roots = values.into_iter().map(|value| m.heap().root(value)).collect();
        Crossing { roots, _values: PhantomData }
    }

    pub(crate) fn raw(&self) -> Vec<abi::RawValue> {
        self.roots.iter().map(|root| abi::RawValue { bits: root.get().to_bits() }).collect()
    }
}
