//! An execution tier, as the host calls it.

use core::ffi::c_void;

use rps_plugin_abi::point::{self, TIER_SHOW_ASSEMBLY, TIER_SHOW_INTERMEDIATE, TierSymbol};
use rps_plugin_abi::status;
use rps_plugin_abi::{Sink, Status};

use super::world::Registration;
use super::{MockError, MockHost};
use crate::output::Collector;
use crate::registrar::TierForm;

impl MockHost {
    /// Returns an execution tier by its name.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn tier(&self, name: &str) -> Result<MockTier<'_>, MockError> {
        let found = self.world().named(point::TIER, name)?;
        Ok(MockTier { host: self, found })
    }
}

/// An execution tier that a plugin has registered.
pub struct MockTier<'host> {
    host: &'host MockHost,
    found: Registration,
}

impl MockTier<'_> {
    /// Returns all that its machine code depends on.
    pub fn build(&self) -> String {
        // SAFETY: the text ends in a zero, and is as long-lived as the plugin.
        unsafe { core::ffi::CStr::from_ptr(self.table().build) }.to_string_lossy().into_owned()
    }

    /// Returns the version of the bytes of modules that it reads.
    pub fn form(&self) -> u32 {
        self.table().form
    }

    /// Compiles the bytes of a module.
    ///
    /// # Errors
    ///
    /// What the tier says.
    pub fn compile(&self, module: &[u8], level: u32) -> Result<Vec<u8>, MockError> {
        self.collect(self.table().compile, |compile, data, sink| {
            // SAFETY: the bytes and the sink are valid until it returns.
            unsafe { compile(data, module.as_ptr(), module.len(), level, sink) }
        })
    }

    /// Puts machine code into memory, with names and addresses of symbols.
    ///
    /// # Errors
    ///
    /// What the tier says.
    pub fn link(&self, code: &[u8], symbols: &[(&str, usize)]) -> Result<u64, MockError> {
        let symbol = |&(name, address): &(&str, usize)| TierSymbol {
            name: name.as_ptr(),
            len: name.len(),
            address: address as *const c_void,
        };
        let symbols: Vec<_> = symbols.iter().map(symbol).collect();
        let mut handle = 0;
        let link = self.table().link.ok_or_else(missing)?;
        // SAFETY: bytes, symbols and the place of the handle are valid until it returns.
        let status = unsafe {
            link(self.found.data, code.as_ptr(), code.len(), symbols.as_ptr(), symbols.len(), &raw mut handle)
        };
        self.host.tables.check(status).map(|()| handle)
    }

    /// Returns the address of a function.
    ///
    /// # Errors
    ///
    /// What the tier says.
    pub fn find(&self, handle: u64, name: &str) -> Result<usize, MockError> {
        let mut address = core::ptr::null();
        let find = self.table().find.ok_or_else(missing)?;
        // SAFETY: the name and the place of the address are valid until it returns.
        let status = unsafe { find(self.found.data, handle, name.as_ptr(), name.len(), &raw mut address) };
        self.host.tables.check(status).map(|()| address as usize)
    }

    /// Frees machine code.
    ///
    /// # Errors
    ///
    /// What the tier says.
    pub fn unlink(&self, handle: u64) -> Result<(), MockError> {
        let unlink = self.table().unlink.ok_or_else(missing)?;
        // SAFETY: the data is that of the registration.
        self.host.tables.check(unsafe { unlink(self.found.data, handle) })
    }

    /// Returns what becomes of a module as text.
    ///
    /// # Errors
    ///
    /// What the tier says.
    pub fn show(&self, module: &[u8], level: u32, form: TierForm) -> Result<String, MockError> {
        let form = match form {
            TierForm::Intermediate => TIER_SHOW_INTERMEDIATE,
            TierForm::Assembly => TIER_SHOW_ASSEMBLY,
        };
        let text = self.collect(self.table().show, |show, data, sink| {
            // SAFETY: the bytes and the sink are valid until it returns.
            unsafe { show(data, module.as_ptr(), module.len(), level, form, sink) }
        })?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// Returns what the tier has done, as a JSON object.
    ///
    /// # Errors
    ///
    /// What the tier says.
    pub fn stats(&self) -> Result<String, MockError> {
        let text = self.collect(self.table().stats, |stats, data, sink| {
            // SAFETY: the sink is valid until it returns.
            unsafe { stats(data, sink) }
        })?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    fn table(&self) -> &point::Tier {
        // SAFETY: the interface at this point is a `Tier`, which is as long-lived as the plugin.
        unsafe { &*self.found.interface.cast::<point::Tier>() }
    }

    fn collect<F>(
        &self,
        function: Option<F>,
        call: impl FnOnce(F, *mut c_void, *const Sink) -> Status,
    ) -> Result<Vec<u8>, MockError> {
        let function = function.ok_or_else(missing)?;
        let collected = Collector::collect(|sink| call(function, self.found.data, sink));
        match collected {
            Ok(bytes) => self.host.tables.check(status::OK).map(|()| bytes),
            Err(status) => Err(self.host.tables.check(status).err().unwrap_or_else(missing)),
        }
    }
}

fn missing() -> MockError {
    MockError::new(status::INVALID, "a function that must be there is null")
}
