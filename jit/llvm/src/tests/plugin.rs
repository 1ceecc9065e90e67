//! The plugin as a host calls it, through the C ABI.

use rps_jit_ir::{FunctionBuilder, Signature, Type};
use rps_plugin::TierForm;
use rps_plugin::abi::status;
use rps_plugin::testing::MockHost;

use super::one;
use crate::Llvm;

#[test]
fn rps_28_the_tier_compiles_links_finds_shows_and_frees() {
    let host = MockHost::load::<Llvm>().unwrap();
    let tier = host.tier("llvm").unwrap();
    assert!(tier.build().contains("LLVM 19.1."), "{}", tier.build());
    assert_eq!(tier.form(), 1);

    let mut f = FunctionBuilder::new("square", Signature::new(&[Type::I64], Some(Type::I64))).exported();
    let square = f.multiply(f.parameter(0), f.parameter(0));
    f.return_value(square);
    let module = one(f).to_bytes();
    for level in [1, 2] {
        let code = tier.compile(&module, level).unwrap();
        let handle = tier.link(&code, &[]).unwrap();
        // SAFETY: the module exports such a function.
        let square: extern "C" fn(i64) -> i64 =
            unsafe { std::mem::transmute(tier.find(handle, "square").unwrap()) };
        assert_eq!(square(-12), 144);
        tier.unlink(handle).unwrap();
        assert_eq!(tier.unlink(handle).unwrap_err().status, status::NOT_FOUND);
        let text = tier.show(&module, level, TierForm::Intermediate).unwrap();
        assert!(text.contains("define") && text.contains("mul i64"), "{text}");
        let text = tier.show(&module, level, TierForm::Assembly).unwrap();
        assert!(text.contains("rps_square:"), "{text}");
    }
    let stats = rps_plugin::Json::parse(tier.stats().unwrap().as_bytes()).unwrap();
    assert!(stats.to_string().contains("\"compiled\":2"), "{stats}");
    assert_eq!(tier.compile(&module, 3).unwrap_err().status, status::INVALID);
    assert_eq!(tier.compile(b"", 1).unwrap_err().status, status::INVALID);
    assert_eq!(tier.link(b"", &[]).unwrap_err().status, status::CORRUPT);
}
