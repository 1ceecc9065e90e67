//! The points `function` and `jit.intrinsic`: functions and methods that programs call; what is particular to intrinsics is in
//! [`super::intrinsic`].
//!
//! A name has a *slot* for as long as the process: what a program's inline caches hold on to. What the slot leads to
//! changes when plugins come and go.

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Instant;

use parking_lot::Mutex;
use rps_plugin_abi as abi;
use rps_runtime::send::{
    Counter, DirectFunction, ForeignFunction, GatedFunction, Intrinsic, Method, Native, NativeBody, OpenGate,
};
use rps_runtime::{Mutator, Oid, RuntimeError, Value, known};

use super::direct::direct;
use super::gate::{ThreadGate, mark_of};
use super::guarded::{CallFailure, Guarded, outcome_of};
use super::intrinsic;
use super::payload::class_oid;
use crate::context::Crossing;
use crate::error::{CallError, PluginError};
use crate::instance::Instance;
use crate::manager::Inner;
use crate::metrics::{CallMetrics, Outcome};
use crate::point::{Data, Entry, FunctionInterface, Interface};

/// All slots, by receiver and name.
#[derive(Default)]
pub(crate) struct Functions {
    slots: Mutex<BTreeMap<(Option<String>, String), &'static Slot>>,
}

/// What a program calls by a name.
struct Slot {
    name: &'static str,
    manager: Weak<Inner>,
    /// What is called now; null when the plugin is not loaded, or disabled.
    target: AtomicPtr<Target>,
    /// All that were: a call that is under way may still use one.
    #[expect(clippy::vec_box, reason = "`target` has the address of one, which must stay")]
    targets: Mutex<Vec<Box<Target>>>,
    /// Whether it was said that the library has the name.
    is_refused: AtomicBool,
    /// How it is called now, and in what.
    bound: Mutex<Option<Bound>>,
}

/// How a slot is known to runtimes.
#[derive(Clone, PartialEq, Eq)]
struct Bound {
    arity: u8,
    doc: &'static str,
    plugin: String,
    /// What machine code calls instead, while it may.
    intrinsic: Option<Intrinsic>,
}

/// An implementation, as the fast path needs it.
struct Target {
    callee: Callee,
    instance: &'static Instance,
    is_guarded: bool,
    calls: Counter,
    /// How machine code calls it by itself.
    gated: OnceLock<Option<GatedFunction>>,
    metrics: Arc<CallMetrics>,
}

/// What the plugin has registered.
#[derive(Clone, Copy)]
enum Callee {
    Function(crate::point::CallFunction, Data),
    Intrinsic(&'static DirectFunction),
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").field("name", &self.name).finish_non_exhaustive()
    }
}

impl ForeignFunction for Slot {
    #[inline]
    fn call(&self, m: &Mutator<'_>, receiver: Value, arguments: &[Value]) -> Result<Value, RuntimeError> {
        match self.target() {
            Some(target) if !target.is_guarded => match target.callee {
                Callee::Function(function, data) => {
                    target.call_direct(self.name, (function, data), m, receiver, arguments)
                }
                Callee::Intrinsic(function) => {
                    intrinsic::call(target.instance, function, self.name, m, arguments)
                }
            },
            Some(target) => self.call_guarded(target, m, receiver, arguments),
            None => self.call_unloaded(m, receiver, arguments),
        }
    }

    fn open_gate(&self, m: &Mutator<'_>) -> Option<Rc<dyn OpenGate>> {
        let target = self.target().filter(|target| !target.is_guarded)?;
        Some(ThreadGate::open(target.instance, m))
    }

    fn failed_at_gate(&self, error: RuntimeError) -> RuntimeError {
        if let Some(target) = self.target() {
            target.note_failure(&error);
        }
        error
    }
}

impl Target {
    #[inline]
    fn call_direct(
        &self,
        name: &str,
        callee: (crate::point::CallFunction, Data),
        m: &Mutator<'_>,
        receiver: Value,
        arguments: &[Value],
    ) -> Result<Value, RuntimeError> {
        if self.calls.count(m.is_alone()) {
            return self.call_timed(name, callee, m, receiver, arguments);
        }
        self.call_plain(name, callee, m, receiver, arguments)
    }

    #[inline(always)]
    fn call_plain(
        &self,
        name: &str,
        callee: (crate::point::CallFunction, Data),
        m: &Mutator<'_>,
        receiver: Value,
        arguments: &[Value],
    ) -> Result<Value, RuntimeError> {
        let mut result = abi::RawValue::NIL;
        let receiver = abi::RawValue { bits: receiver.to_bits() };
        let called = direct(self.instance, m, |call| {
            // SAFETY: the plugin has registered the function as what the point says; values are words on both sides.
            unsafe {
                (callee.0)(
                    callee.1.0,
                    call,
                    receiver,
                    arguments.as_ptr().cast::<abi::RawValue>(),
                    arguments.len(),
                    &raw mut result,
                )
            }
        });
        match called {
            // SAFETY: the plugin gives a value that is alive.
            Ok(()) => Ok(unsafe { Value::from_bits(result.bits) }),
            Err(failed) => {
                let error = failed.into_runtime_error(self.instance, name);
                self.note_failure(&error);
                Err(error)
            }
        }
    }

    /// Returns how many direct calls were made.
    fn calls(&self) -> u64 {
        let at_gates = |gated: &GatedFunction| self.instance.calls_at_gates(gated.number, &self.calls);
        self.calls.calls() + self.gated.get().and_then(Option::as_ref).map_or(0, at_gates)
    }

    /// Notes how a call has failed; it was counted as a call already.
    fn note_failure(&self, error: &RuntimeError) {
        let outcome = if error.code() == "plugin::panic" { Outcome::Panic } else { Outcome::Error };
        self.metrics.count(outcome);
        self.instance.metrics.count(outcome);
    }

    /// Returns how machine code calls the function by itself, while it may; `name` is the address of what has its name.
    fn intrinsic(&'static self, name: usize) -> Option<Intrinsic> {
        if self.is_guarded {
            return None;
        }
        Some(match self.callee {
            Callee::Intrinsic(function) => Intrinsic::Direct(function),
            Callee::Function(function, data) => {
                let gated = || {
                    Some(GatedFunction {
                        function: function as *const () as usize,
                        data: data.0.expose_provenance(),
                        owner: mark_of(self.instance),
                        place: self.instance.place,
                        number: self.instance.number(name, &self.calls)?,
                        counter: &self.calls,
                    })
                };
                Intrinsic::Gated(self.gated.get_or_init(gated).as_ref()?)
            }
        })
    }

    #[cold]
    fn call_timed(
        &self,
        name: &str,
        callee: (crate::point::CallFunction, Data),
        m: &Mutator<'_>,
        receiver: Value,
        arguments: &[Value],
    ) -> Result<Value, RuntimeError> {
        let start = Instant::now();
        let result = self.call_plain(name, callee, m, receiver, arguments);
        if result.is_ok() {
            let duration = start.elapsed();
            for metrics in [&self.instance.metrics, &*self.metrics] {
                metrics.record(Outcome::Success, duration);
            }
        }
        result
    }
}

impl Slot {
    /// Calls a function on a thread of its own.
    #[cold]
    fn call_guarded(
        &self,
        target: &Target,
        m: &Mutator<'_>,
        receiver: Value,
        arguments: &[Value],
    ) -> Result<Value, RuntimeError> {
        let manager = self.manager.upgrade().ok_or_else(|| self.gone())?;
        let runtime = manager.runtime().filter(|runtime| std::ptr::eq(&raw const **runtime, m.runtime()));
        let runtime = runtime.ok_or_else(|| self.gone())?;
        let guarded = Guarded {
            manager: &manager,
            instance: target.instance,
            what: self.name.to_owned(),
            metrics: Some(Arc::clone(&target.metrics)),
            runtime: Some(Arc::clone(&runtime)),
            input: 0,
            is_lifecycle: false,
        };
        let result = match target.callee {
            Callee::Function(function, data) => {
                let all = std::iter::once(receiver).chain(arguments.iter().copied());
                let crossing = Crossing::new(m, all);
                let result = guarded.run(move |call| {
                    let data = data;
                    let raw = crossing.raw();
                    let mut result = abi::RawValue::NIL;
                    let arguments = &raw[1..];
                    // SAFETY: as of a direct call; the values are kept by `crossing` until it has returned.
                    let status = unsafe {
                        function(data.0, call, raw[0], arguments.as_ptr(), arguments.len(), &raw mut result)
                    };
                    // SAFETY: what a guarded call has been given or has made is alive until it ends, which is here.
                    let value = unsafe { Value::from_bits(result.bits) };
                    let root = (status == abi::status::OK).then(|| runtime.heap().root(value));
                    drop(crossing);
                    (status, root)
                });
                result.map(|root| root.map_or(Value::NIL, |root| root.get()))
            }
            Callee::Intrinsic(function) => {
                intrinsic::call_guarded(guarded, function, self.name, m, arguments)?
            }
        };
        result.map_err(|failure| self.failure(target, m, failure))
    }

    fn failure(&self, target: &Target, m: &Mutator<'_>, failure: CallFailure) -> RuntimeError {
        match (failure.raised, failure.error) {
            (Some(raised), _) => raised.rethrow(m),
            (None, CallError::Cancelled) => match m.check_interrupt() {
                Err(error) => error,
                Ok(()) => self.failed(target, CallError::Cancelled),
            },
            (None, error) => self.failed(target, error),
        }
    }

    fn failed(&self, target: &Target, source: CallError) -> RuntimeError {
        let _outcome = outcome_of(&source);
        PluginError::Execution { plugin: target.instance.id.into(), what: self.name.into(), source }.into()
    }

    /// Loads the plugin, and calls the function then.
    #[cold]
    fn call_unloaded(
        &self,
        m: &Mutator<'_>,
        receiver: Value,
        arguments: &[Value],
    ) -> Result<Value, RuntimeError> {
        let plugin = self.bound.lock().as_ref().map(|bound| bound.plugin.clone());
        let (Some(manager), Some(plugin)) = (self.manager.upgrade(), plugin) else { return Err(self.gone()) };
        manager.require(&plugin)?;
        match self.target() {
            Some(_) => self.call(m, receiver, arguments),
            None => Err(self.gone()),
        }
    }

    fn gone(&self) -> RuntimeError {
        RuntimeError::Failed {
            code: "plugin::gone",
            message: format!("`{}` belongs to a plugin that is not loaded any more", self.name),
            hint: Some("`:plugin list` tells which plugins there are".into()),
        }
    }
}

impl Functions {
    /// Makes the slots lead to what is registered now, and makes the names known to the runtime that the manager is
    /// attached to.
    pub(crate) fn bind(&self, manager: &Arc<Inner>) {
        let mut gone = Vec::new();
        let mut here = Vec::new();
        {
            let mut slots = self.slots.lock();
            // The list is taken with the lock: who comes later has a later one.
            let lists =
                [abi::point::FUNCTION, abi::point::INTRINSIC].map(|point| manager.registry.list(point));
            let wanted = wanted(manager, &lists);
            for (key, slot) in slots.iter() {
                if !wanted.contains_key(key) {
                    slot.target.store(std::ptr::null_mut(), Ordering::Release);
                    gone.extend(slot.bound.lock().take().map(|bound| (key.clone(), *slot, bound)));
                }
            }
            for (key, entry) in wanted {
                let slot = *slots.entry(key.clone()).or_insert_with(|| Slot::leak(&key.1, manager));
                slot.lead_to(entry);
                slot.know(entry);
                here.push((key, slot));
            }
        }
        // Without the lock: a thread that is in the runtime may want it, and would be waited for.
        for (key, slot, bound) in gone {
            unregister(manager, &key, slot, bound);
        }
        for (key, slot) in here {
            register(manager, &key, slot);
        }
    }
}

/// Returns the first entry of each receiver and name; of those that are equal a function.
fn wanted<'l>(
    manager: &Inner,
    lists: &'l [Arc<[Arc<Entry>]>; 2],
) -> BTreeMap<(Option<String>, String), &'l Arc<Entry>> {
    let mut all: Vec<&Arc<Entry>> = lists.iter().flat_map(|list| list.iter()).collect();
    all.sort_by(|a, b| a.order(b));
    let mut wanted = BTreeMap::new();
    for entry in all {
        let receiver = match (entry.loaded(), entry.declared()) {
            (Some((_, Interface::Function(function), _)), _) => function.receiver.clone(),
            (_, Some(declared)) => declared.receiver.clone(),
            _ => None,
        };
        let receiver = receiver.map(|class| receiver_key(manager, &entry.plugin, &class));
        wanted.entry((receiver, entry.name.clone())).or_insert(entry);
    }
    wanted
}

impl Functions {
    /// Returns how many direct calls were made of an implementation.
    pub(crate) fn direct_calls(&self, entry: &Entry) -> u64 {
        let slots = self.slots.lock();
        let of_slot = |slot: &&'static Slot| -> u64 {
            let targets = slot.targets.lock();
            let own = targets.iter().filter(|target| Arc::ptr_eq(&target.metrics, &entry.metrics));
            own.map(|target| target.calls()).sum()
        };
        slots.values().map(of_slot).sum()
    }
}

impl Slot {
    fn leak(name: &str, manager: &Arc<Inner>) -> &'static Slot {
        Box::leak(Box::new(Slot {
            name: String::leak(name.to_owned()),
            manager: Arc::downgrade(manager),
            target: AtomicPtr::new(std::ptr::null_mut()),
            targets: Mutex::default(),
            is_refused: AtomicBool::new(false),
            bound: Mutex::default(),
        }))
    }

    /// Returns what is called now.
    #[inline]
    fn target(&self) -> Option<&'static Target> {
        // SAFETY: a target that was ever set is kept for as long as the slot, which is never freed.
        unsafe { self.target.load(Ordering::Acquire).as_ref() }
    }

    fn lead_to(&self, entry: &Arc<Entry>) {
        let callee = match entry.loaded() {
            Some((instance, Interface::Function(function), data)) => {
                Some((instance, Callee::Function(function.call, data), function.is_guarded))
            }
            Some((instance, Interface::Intrinsic(function), _)) => {
                Some((instance, Callee::Intrinsic(function), false))
            }
            _ => None,
        };
        let target = match callee {
            Some((instance, callee, is_guarded)) => {
                let mut targets = self.targets.lock();
                let known = targets.iter().find(|target| Arc::ptr_eq(&target.metrics, &entry.metrics));
                if let Some(known) = known {
                    self.target.store((&raw const **known).cast_mut(), Ordering::Release);
                    return;
                }
                let target = Box::new(Target {
                    callee,
                    instance,
                    is_guarded: is_guarded || guards_all(instance),
                    calls: Counter::default(),
                    gated: OnceLock::new(),
                    metrics: Arc::clone(&entry.metrics),
                });
                targets.push(target);
                let last = targets.last().map_or(std::ptr::null(), |target| &raw const **target);
                last.cast_mut()
            }
            None => std::ptr::null_mut(),
        };
        self.target.store(target, Ordering::Release);
    }

    fn know(&self, entry: &Entry) {
        let (arity, doc) = match (entry.loaded(), entry.declared()) {
            (Some((_, Interface::Function(FunctionInterface { arity, doc, .. }), _)), _) => {
                (*arity, doc.clone())
            }
            (Some((_, Interface::Intrinsic(function), _)), _) => intrinsic::described(function.signature()),
            (_, Some(declared)) if declared.point == abi::point::INTRINSIC => intrinsic::declared(declared),
            (_, Some(declared)) => {
                (declared.arity.unwrap_or(Native::ANY), declared.doc.clone().unwrap_or_default())
            }
            _ => return,
        };
        let target = self.target().filter(|target| !guards_all(target.instance));
        let intrinsic = target.and_then(|target| target.intrinsic(std::ptr::from_ref(self).addr()));
        let mut bound = self.bound.lock();
        let plugin = entry.plugin.clone();
        if bound.as_ref().is_none_or(|bound| {
            (bound.arity, bound.doc, &bound.plugin, bound.intrinsic) != (arity, &*doc, &plugin, intrinsic)
        }) {
            // Texts of natives live as long as the process; they change only when a plugin is replaced by another one.
            *bound = Some(Bound { arity, doc: String::leak(doc), plugin, intrinsic });
        }
    }

    fn native(&'static self) -> Option<Native> {
        let bound = self.bound.lock().clone()?;
        Some(self.native_of(&bound))
    }

    fn native_of(&'static self, bound: &Bound) -> Native {
        Native {
            name: self.name,
            arity: bound.arity,
            body: NativeBody::Foreign(self),
            doc: bound.doc,
            intrinsic: bound.intrinsic,
        }
    }
}

/// Returns whether the configuration wants all functions of a plugin to be guarded.
fn guards_all(instance: &Instance) -> bool {
    instance.manager().is_some_and(|manager| manager.policy().guards_all(instance.id))
}

/// Returns what stands for a class among receivers: the oid's text, which is the same in every runtime.
fn receiver_key(manager: &Inner, plugin: &str, class: &str) -> String {
    class_of_receiver(manager, plugin, class).map_or_else(|| format!("?{class}"), |oid| oid.to_string())
}

fn class_of_receiver(manager: &Inner, plugin: &str, class: &str) -> Option<Oid> {
    let types = manager.registry.list(abi::point::PAYLOAD_TYPE);
    let own = types.iter().filter(|entry| entry.plugin == plugin).find(|entry| {
        match (entry.loaded(), entry.declared()) {
            (Some((_, Interface::Payload(payload), _)), _) => payload.class_name == class,
            (_, Some(declared)) => declared.doc.as_deref() == Some(class),
            _ => false,
        }
    });
    own.map(|entry| class_oid(&entry.name))
        .or_else(|| known::CLASSES.iter().find(|known| known.name == class).map(|known| known.class))
}

fn function_oid(name: &str) -> Oid {
    Oid::of_name(&format!("plugin function {name}"))
}

/// Makes a function known to the runtime, unless the library has one of that name: what every program relies on no plugin
/// replaces.
fn register(manager: &Inner, key: &(Option<String>, String), slot: &'static Slot) {
    let (Some(runtime), Some(native)) = (manager.runtime(), slot.native()) else { return };
    let is_taken = runtime.enter(|m| match &key.0 {
        Some(receiver) => {
            let Ok(class) = Oid::parse(receiver) else { return false };
            match m.library_method(class, slot.name) {
                Some(Method::Native(native)) if is_foreign(&native) => {}
                Some(_) => return true,
                None => {}
            }
            runtime.register_method(class, native);
            false
        }
        None => {
            let own = function_oid(slot.name);
            let taken = m.library_global(slot.name).and_then(Value::as_object);
            if taken.is_some_and(|object| object.oid() != own) {
                return true;
            }
            m.register_global_function(own, native);
            false
        }
    });
    if is_taken && !slot.is_refused.swap(true, Ordering::Relaxed) {
        let plugin = slot.bound.lock().take().map_or_else(String::new, |bound| bound.plugin);
        let text =
            format!("`{}` is a name of the library: the plugin's function cannot be called", slot.name);
        manager.log(abi::host::LOG_WARN, &plugin, &text);
    }
}

fn is_foreign(native: &Native) -> bool {
    matches!(native.body, NativeBody::Foreign(_))
}

fn unregister(manager: &Inner, key: &(Option<String>, String), slot: &'static Slot, mut bound: Bound) {
    let Some(runtime) = manager.runtime() else { return };
    // Another plugin may have come with it meanwhile.
    if slot.bound.lock().is_some() {
        return;
    }
    match &key.0 {
        Some(receiver) => {
            if let Ok(class) = Oid::parse(receiver) {
                runtime.unregister_method(class, slot.name);
            }
        }
        None => runtime.enter(|m| {
            if let Some(function) = m.object(function_oid(slot.name)) {
                m.unregister_global(slot.name, function.into());
            }
            // Who holds the function can still call it, and is told that it is gone: by machine code too.
            if bound.intrinsic.take().is_some() {
                runtime.register_function(function_oid(slot.name), slot.native_of(&bound));
            }
        }),
    }
}
