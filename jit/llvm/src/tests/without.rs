//! Without LLVM the plugin refuses to be loaded, and says why; what LLVM does is tested with the feature `llvm`.

use rps_plugin::testing::MockHost;

use crate::{Llvm, WITHOUT};

#[test]
fn a_library_without_llvm_says_so() {
    let error = MockHost::load::<Llvm>().err().expect("there is no LLVM in it");
    assert!(error.to_string().contains(WITHOUT), "{error}");
}
