use core::cell::{Cell, RefCell};
use core::ops::Deref;
use core::ptr;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use rps_plugin_abi::{RawValue, status};

use super::make::graph;
use super::{Call, Value};
use crate::error::Error;
use crate::payload::{Payload, PayloadCell, adopt};

/// How long a change waits for the readers of another thread.
const PATIENCE: Duration = Duration::from_secs(5);

thread_local! {
    /// Whether the closure of an update runs: it must not call the graph.
    static UPDATING: Cell<bool> = const { Cell::new(false) };
    /// The payloads that this thread reads.
    static READING: RefCell<Vec<*const ()>> = const { RefCell::new(Vec::new()) };
}

/// The payload of an object, to be read: nobody changes it meanwhile.
pub struct PayloadRef<'call, T: Payload> {
    cell: &'call PayloadCell<T>,
    call: &'call Call,
}

impl<'call, T: Payload> PayloadRef<'call, T> {
    pub(crate) fn call(&self) -> &'call Call {
        self.call
    }

    pub(crate) fn stamp(&self) -> u64 {
        self.cell.stamp()
    }
}

impl<T: Payload> Deref for PayloadRef<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: this is a reader, so there is no writer.
        unsafe { &*self.cell.get() }
    }
}

impl<T: Payload> Drop for PayloadRef<'_, T> {
    fn drop(&mut self) {
        self.cell.end_read();
        let place = address(self.cell);
        READING.with_borrow_mut(|reading| {
            if let Some(last) = reading.iter().rposition(|other| *other == place) {
                reading.swap_remove(last);
            }
        });
    }
}

impl Call {
    /// Returns a new object that holds the payload.
    ///
    /// # Errors
    ///
    /// When the plugin has not registered the type, or the host can not make the object.
    pub fn new_payload<T: Payload>(&self, payload: T) -> Result<Value<'_>, Error> {
        // Asked first, so that the payload is given away once the host will take it.
        self.graph_table()?;
        let adoption = adopt(&payload, 0);
        let cell = Box::into_raw(Box::new(PayloadCell::new(payload, adoption.stamp)));
        let (name, schema) = (T::TYPE_NAME.as_ptr(), T::SCHEMA_HASH);
        let object = self.made(|result| {
            let made = graph!(self, new_payload, "making an object", name, schema, cell.cast(), result);
            if made.is_err() {
                // SAFETY: it was made a moment ago, and what the host refuses is still the plugin's. What the host takes is
                // its own, even if the object can not be kept alive behind this.
                drop(unsafe { Box::from_raw(cell) });
            }
            made
        });
        drop(adoption);
        object
    }

    /// Keeps alive a value that something else keeps alive at this moment.
    pub(crate) fn keep_alive(&self, raw: RawValue) -> Result<Value<'_>, Error> {
        if self.is_direct() {
            self.adopt(raw)?;
            return Ok(Value::of(self, raw));
        }
        // In a guarded call the host keeps what it has handed out: so it is asked for the value.
        Value::of(self, raw).keep()?.value(self)
    }
}

impl<'call> Value<'call> {
    /// Returns the payload of an object, to be read.
    ///
    /// # Errors
    ///
    /// When it is no object with a payload of this type, or inside of [`Value::update`].
    pub fn payload<T: Payload>(&self) -> Result<PayloadRef<'call, T>, Error> {
        let (cell, call) = (self.cell::<T>()?, self.call());
        wait(call, || cell.try_read())?;
        READING.with_borrow_mut(|reading| reading.push(address(cell)));
        let payload = PayloadRef { cell, call };
        if cell.is_poisoned() { Err(poisoned()) } else { Ok(payload) }
    }

    /// Returns whether it is an object with a payload of this type.
    pub fn has_payload<T: Payload>(&self) -> bool {
        self.cell::<T>().is_ok()
    }

    /// Changes the payload of an object, and notes that it has changed.
    ///
    /// The closure works on the payload alone: nothing of the graph can be called in it. What it needs is fetched before.
    ///
    /// # Errors
    ///
    /// When it is no object with a payload of this type, or this thread holds a [`PayloadRef`] of it.
    pub fn update<T: Payload, R>(&self, change: impl FnOnce(&mut T) -> R) -> Result<R, Error> {
        let cell = self.cell::<T>()?;
        let place = address(cell);
        if READING.with_borrow(|reading| reading.contains(&place)) {
            return Err(Error::misuse(
                "the payload is read in this call: drop its PayloadRef before the update",
            ));
        }
        wait(self.call(), || cell.try_write())?;
        if cell.is_poisoned() {
            cell.end_write();
            return Err(poisoned());
        }
        let outcome = {
            let outside = UPDATING.replace(true);
            // SAFETY: this is the only writer, and there are no readers.
            let outcome = catch_unwind(AssertUnwindSafe(|| change(unsafe { &mut *cell.get() })));
            UPDATING.set(outside);
            outcome
        };
        // SAFETY: as above; `change` has given its reference back.
        let adoption = catch_unwind(AssertUnwindSafe(|| adopt(unsafe { &*cell.get() }, cell.stamp())));
        match &adoption {
            Ok(adoption) => cell.set_stamp(adoption.stamp),
            Err(_) => cell.poison(),
        }
        cell.end_write();
        // The roots of new references end behind this: the payload is in an object, which is alive and traced.
        let touched = graph!(self.call(), touch, "noting a change", self.raw());
        match (outcome, adoption) {
            (Ok(result), Ok(_)) => touched.map(|()| result),
            (Err(panic), _) | (_, Err(panic)) => resume_unwind(panic),
        }
    }

    fn cell<T: Payload>(&self) -> Result<&'call PayloadCell<T>, Error> {
        let mut payload = ptr::null_mut();
        let name = T::TYPE_NAME.as_ptr();
        let wrong = || format!("expected a {}", T::TYPE_NAME.to_string_lossy());
        let schema = T::SCHEMA_HASH;
        let found =
            graph!(self.call(), payload, "asking for a payload", self.raw(), name, schema, &raw mut payload);
        found.map_err(|error| match error.status() {
            status::UNSUPPORTED | status::INVALID => Error::invalid(wrong()),
            _ => error,
        })?;
        // SAFETY: a payload of a type of this plugin was made by this plugin, of a `PayloadCell`; the object is alive as
        // long as the call, and so is its payload.
        unsafe { PayloadCell::of(payload) }.ok_or_else(|| Error::invalid(wrong()))
    }
}

/// Returns the error of what can not be done inside of an update.
pub(crate) fn check_no_update() -> Result<(), Error> {
    if UPDATING.get() {
        return Err(Error::misuse("nothing of the graph can be called while a payload is changed"));
    }
    Ok(())
}

/// Waits until it is so, without holding up the collector.
fn wait(call: &Call, mut is_so: impl FnMut() -> bool) -> Result<(), Error> {
    for _ in 0..64 {
        if is_so() {
            return Ok(());
        }
        std::hint::spin_loop();
    }
    let begin = Instant::now();
    while !is_so() {
        if call.is_direct() {
            call.safepoint()?;
        }
        call.check_cancelled()?;
        if begin.elapsed() > PATIENCE {
            return Err(Error::misuse("another call has held the payload for too long"));
        }
        std::thread::yield_now();
    }
    Ok(())
}

fn poisoned() -> Error {
    Error::corrupt("a change of this payload has failed before")
}

fn address<T>(cell: &PayloadCell<T>) -> *const () {
    ptr::from_ref(cell).cast()
}
