//! Values that a call makes or finds.

use rps_plugin_abi::extension::Graph;
use rps_plugin_abi::status::{self, Status};
use rps_plugin_abi::{Call as RawCall, RawValue};

use super::{Call, Value};
use crate::error::Error;
use crate::table::member;

/// Calls a function of the graph; an error where the host does not have it, or it fails.
macro_rules! graph {
    ($call:expr, $member:ident, $what:expr $(, $argument:expr)*) => {{
        let call: &$crate::call::Call = $call;
        match call.graph_table() {
            // SAFETY: the table is the host's, which is valid during a call; every argument is valid until the function
            // returns, and the call runs on this thread.
            Ok(table) => match unsafe { $crate::table::member!(table, rps_plugin_abi::extension::Graph, $member) } {
                // SAFETY: as above.
                Some(function) => match unsafe { function(call.raw() $(, $argument)*) } {
                    rps_plugin_abi::status::OK => Ok(()),
                    status => Err($crate::call::make::refused(status, $what)),
                },
                None => Err($crate::error::Error::unsupported(concat!(
                    "the host has no `", stringify!($member), "` in rps.graph/1"
                ))),
            },
            Err(error) => Err(error),
        }
    }};
}

pub(super) use graph;

/// Returns the error for a status of the graph.
pub(crate) fn refused(status: Status, what: &str) -> Error {
    let reason = match status {
        status::RAISED => "the program raised an error",
        status::NOT_FOUND => "there is none",
        status::INVALID | status::UNSUPPORTED => "not a value that it takes",
        status::CANCELLED => return Error::cancelled(),
        status::LIMIT => "a limit was reached",
        status::MISUSE => "it can not be done here",
        _ => "the host refused it",
    };
    Error::with_status(status, format!("{what}: {reason}"))
}

impl Call {
    /// Returns nil.
    pub fn nil(&self) -> Value<'_> {
        Value::of(self, RawValue::NIL)
    }

    /// Returns true or false.
    pub fn bool(&self, bool: bool) -> Value<'_> {
        Value::of(self, if bool { RawValue::TRUE } else { RawValue::FALSE })
    }

    /// Returns an integer.
    ///
    /// # Errors
    ///
    /// When it does not fit a word, and the host can not make a cell.
    pub fn int(&self, int: i64) -> Result<Value<'_>, Error> {
        match RawValue::small_int(int) {
            Some(raw) => Ok(Value::of(self, raw)),
            None => self.made(|result| graph!(self, int, "making an integer", int, result)),
        }
    }

    /// Returns a double.
    ///
    /// # Errors
    ///
    /// When it does not fit a word, and the host can not make a cell.
    pub fn double(&self, double: f64) -> Result<Value<'_>, Error> {
        match RawValue::small_double(double) {
            Some(raw) => Ok(Value::of(self, raw)),
            None => self.made(|result| graph!(self, double, "making a double", double, result)),
        }
    }

    /// Returns a string.
    ///
    /// # Errors
    ///
    /// When the host can not make one.
    pub fn string(&self, text: &str) -> Result<Value<'_>, Error> {
        self.made(|result| graph!(self, string, "making a string", text.as_ptr(), text.len(), result))
    }

    /// Returns a tuple.
    ///
    /// # Errors
    ///
    /// When the host can not make one.
    pub fn tuple(&self, items: &[Value<'_>]) -> Result<Value<'_>, Error> {
        let raw = raw_values(items);
        self.made(|result| graph!(self, tuple, "making a tuple", raw.as_ptr(), raw.len(), result))
    }

    /// Returns what a name stands for; `None` where it stands for nothing.
    ///
    /// # Errors
    ///
    /// When the host can not look.
    pub fn find(&self, name: &str) -> Result<Option<Value<'_>>, Error> {
        let found = self.made(|result| graph!(self, find, name, name.as_ptr(), name.len(), result));
        optional(found)
    }

    /// Returns the object with an oid; `None` where there is none.
    ///
    /// # Errors
    ///
    /// When it is not an oid.
    pub fn by_oid(&self, oid: &str) -> Result<Option<Value<'_>>, Error> {
        let found = self.made(|result| graph!(self, by_oid, oid, oid.as_ptr(), oid.len(), result));
        optional(found)
    }

    /// Returns a new object of a class.
    ///
    /// # Errors
    ///
    /// When it is not a class, or the program's own `new` raises.
    pub fn new_object(&self, class: Value<'_>) -> Result<Value<'_>, Error> {
        let class = class.raw();
        self.made(|result| graph!(self, new_object, "making an object", class, result))
    }

    /// Lets a collection happen, in a direct call that computes long without calling anything.
    ///
    /// # Errors
    ///
    /// When the call is to be given up.
    pub fn safepoint(&self) -> Result<(), Error> {
        self.check_cancelled()?;
        graph!(self, safepoint, "stopping for a moment")
    }

    /// Returns a value that a function of the graph writes.
    pub(crate) fn made(
        &self,
        make: impl FnOnce(*mut RawValue) -> Result<(), Error>,
    ) -> Result<Value<'_>, Error> {
        let mut raw = RawValue::NIL;
        make(&raw mut raw)?;
        self.adopt(raw)?;
        Ok(Value::of(self, raw))
    }

    /// Keeps a value alive as long as the call.
    pub(crate) fn adopt(&self, raw: RawValue) -> Result<(), Error> {
        if !self.locals.wants(raw.bits) {
            return Ok(());
        }
        if let Some(full) = self.locals.note(raw.bits) {
            let items = full.map(|bits| RawValue { bits });
            let mut tuple = RawValue::NIL;
            // `raw` is alive: its word is in the frame of this function, and is used below.
            graph!(self, tuple, "keeping values alive", items.as_ptr(), items.len(), &raw mut tuple)?;
            self.locals.fold(tuple.bits);
            let _ = self.locals.note(std::hint::black_box(raw.bits));
        }
        Ok(())
    }

    pub(crate) fn raw(&self) -> *mut RawCall {
        self.raw
    }

    pub(crate) fn shared(&self) -> &'static crate::host::Shared {
        self.shared
    }

    pub(crate) fn graph_table(&self) -> Result<*const Graph, Error> {
        super::payload::check_no_update()?;
        match self.shared.graph {
            Some(table) => Ok(table.0),
            None => Err(Error::unsupported("the host has no rps.graph/1")),
        }
    }

    /// Returns whether the graph has what a function of the table does; used where that is optional.
    pub(crate) fn keep_root(
        &self,
        value: RawValue,
    ) -> Result<*mut rps_plugin_abi::extension::graph::Root, Error> {
        let table = self.graph_table()?;
        // SAFETY: the table is the host's, which is valid during a call.
        let keep = unsafe { member!(table, Graph, keep) };
        let keep = keep.ok_or_else(|| Error::unsupported("the host has no `keep` in rps.graph/1"))?;
        // SAFETY: the call and the value are valid.
        Ok(unsafe { keep(self.raw, value) })
    }
}

/// Returns the words of values, for the host.
pub(super) fn raw_values(values: &[Value<'_>]) -> Vec<RawValue> {
    values.iter().map(Value::raw).collect()
}

fn optional(found: Result<Value<'_>, Error>) -> Result<Option<Value<'_>>, Error> {
    match found {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.status() == status::NOT_FOUND => Ok(None),
        Err(error) => Err(error),
    }
}
