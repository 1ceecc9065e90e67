use std::ffi::CString;

use rps_plugin_abi::Sink;
use rps_plugin_abi::extension::Points;
use rps_plugin_abi::status::{self, Status};

use super::Call;
use crate::error::Error;
use crate::host::c_string;
use crate::output::Collector;
use crate::table::member;

impl Call {
    /// Returns what the first implementation of a plugin-defined point gives for the input.
    ///
    /// # Errors
    ///
    /// [`Error::not_found`] when there is none that has the function; those of the implementation.
    pub fn call_point(&self, point: &str, function: u32, input: impl AsRef<[u8]>) -> Result<Vec<u8>, Error> {
        self.call_implementation(point, None, function, input.as_ref())
    }

    /// Returns what the implementation with this name gives.
    ///
    /// # Errors
    ///
    /// As of [`Call::call_point`].
    pub fn call_point_of(
        &self,
        point: &str,
        name: &str,
        function: u32,
        input: impl AsRef<[u8]>,
    ) -> Result<Vec<u8>, Error> {
        self.call_implementation(point, Some(name), function, input.as_ref())
    }

    /// Returns the names of the implementations of a point, in the order of dispatch.
    ///
    /// # Errors
    ///
    /// [`Error::not_found`] when there is no such point.
    pub fn point_names(&self, point: &str) -> Result<Vec<String>, Error> {
        let name = c_string(point)?;
        // SAFETY: the table is the host's, which is valid during a call.
        let names = unsafe { self.points_table()?.and_then(|table| member!(table, Points, names)) };
        let names = names.ok_or_else(missing)?;
        // SAFETY: all arguments are valid until it returns.
        let text = collect(point, |sink| unsafe { names(self.raw(), name.as_ptr(), sink) })?;
        let text = String::from_utf8(text).map_err(|_| Error::corrupt("a name is not UTF-8"))?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// Returns what a service gives for a request.
    ///
    /// # Errors
    ///
    /// [`Error::not_found`] when there is no such service; those of the service.
    pub fn execute(&self, service: &str, input: impl AsRef<[u8]>) -> Result<Vec<u8>, Error> {
        let (name, input) = (c_string(service)?, input.as_ref());
        // SAFETY: the table is the host's, which is valid during a call.
        let execute = unsafe { self.points_table()?.and_then(|table| member!(table, Points, execute)) };
        let execute = execute.ok_or_else(missing)?;
        collect(service, |sink| {
            // SAFETY: all arguments are valid until it returns.
            unsafe { execute(self.raw(), name.as_ptr(), input.as_ptr(), input.len(), sink) }
        })
    }

    fn call_implementation(
        &self,
        point: &str,
        name: Option<&str>,
        function: u32,
        input: &[u8],
    ) -> Result<Vec<u8>, Error> {
        let point_name = c_string(point)?;
        let name = name.map(c_string).transpose()?;
        let name = name.as_ref().map_or(std::ptr::null(), |name: &CString| name.as_ptr());
        // SAFETY: the table is the host's, which is valid during a call.
        let call = unsafe { self.points_table()?.and_then(|table| member!(table, Points, call)) };
        let call = call.ok_or_else(missing)?;
        collect(point, |sink| {
            // SAFETY: all arguments are valid until it returns.
            unsafe {
                call(self.raw(), point_name.as_ptr(), name, function, input.as_ptr(), input.len(), sink)
            }
        })
    }

    fn points_table(&self) -> Result<Option<*const Points>, Error> {
        super::payload::check_no_update()?;
        Ok(self.shared().points.map(|table| table.0))
    }
}

fn collect(what: &str, fill: impl FnOnce(*const Sink) -> Status) -> Result<Vec<u8>, Error> {
    Collector::collect(fill).map_err(|status| match status {
        status::NOT_FOUND => Error::not_found(format!("{what}: there is none")),
        status::CANCELLED => Error::cancelled(),
        status => Error::with_status(status, format!("{what}: it failed")),
    })
}

fn missing() -> Error {
    Error::unsupported("the host has no rps.points/1")
}
