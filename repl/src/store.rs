//! The store that a session works on.

use std::path::{Path, PathBuf};

use rps_runtime::{Mutator, ObjectRef, Runtime};

use crate::answer::Report;
use crate::console::Console;
use crate::failure::Failure;

/// What a store is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intent {
    Read,
    Write,
    Prompt,
}

/// The store of a session.
pub(crate) struct StoreHandle;

pub(crate) fn open(_: Option<&Path>, _: Intent, _: &mut Console) -> Result<(Runtime, StoreHandle), Failure> {
    Ok((Runtime::new(), StoreHandle))
}

pub(crate) fn user_space(_: &Mutator<'_>) -> Option<ObjectRef> {
    None
}

impl StoreHandle {
    pub(crate) fn dump(&self, _: &Mutator<'_>) -> Result<Report, Failure> {
        Err(Failure::new("command::not-yet", "stores can not be written yet"))
    }
    pub(crate) fn dump_to(&self, _: &Mutator<'_>, _: &Path) -> Result<Report, Failure> {
        Err(Failure::new("command::not-yet", "stores can not be written yet"))
    }
    pub(crate) fn history(&self) -> Option<PathBuf> {
        None
    }
    pub(crate) fn is_changed(&self, _: &Mutator<'_>) -> bool {
        false
    }
    pub(crate) fn describe(&self) -> String {
        "no store".to_owned()
    }
    pub(crate) fn load_again(
        &self,
        _: Option<&Path>,
        _: &mut Console,
    ) -> Result<(Runtime, StoreHandle), Failure> {
        Err(Failure::new("command::not-yet", "stores can not be read yet"))
    }
}
