//! The prompt.
use crate::console::Console;
use crate::failure::Failure;
use crate::run::Workbench;
pub(crate) fn is_transcript() -> bool {
    std::env::var_os("RPS_TRANSCRIPT").is_some()
}
pub(crate) fn run(_: &mut Workbench, _: &mut Console) -> Result<(), Failure> {
    Ok(())
}
