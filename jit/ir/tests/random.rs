//! RPS-35: random functions are verified, go through bytes, and are evaluated; damaged ones are refused or evaluated.

use std::collections::BTreeSet;

use proptest::prelude::*;
use rps_jit_ir::evaluate::Stop;
use rps_jit_ir::{Binary, Conversion, Instruction, Module, testing};

/// Enough for nearly all modules.
const STEPS: u64 = 200_000;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn random_modules_are_evaluated_always_the_same(
        bytes in prop::collection::vec(any::<u8>(), 0..600),
        inputs in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let module = testing::module(&bytes);
        let inputs = testing::inputs(&inputs);
        let outcome = testing::run(&module, &inputs, STEPS);
        if let Err(stop) = &outcome {
            prop_assert_eq!(stop, &Stop::Steps);
        }
        let again = Module::from_bytes(&module.to_bytes()).unwrap();
        prop_assert_eq!(&again, &module);
        prop_assert_eq!(testing::run(&again, &inputs, STEPS), outcome);
    }

    #[test]
    fn damaged_modules_are_refused_or_evaluated(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let inputs = testing::inputs(&bytes);
        let mut damaged = testing::module(&bytes).to_bytes();
        for (index, byte) in damage {
            let index = index.index(damaged.len());
            damaged[index] = byte;
        }
        if let Ok(module) = Module::from_bytes(&damaged) {
            prop_assert_eq!(module.to_bytes(), damaged);
            prop_assert!(!module.to_string().contains("panic"));
            if module.verify().is_ok() {
                let _ = testing::run(&module, &inputs, 20_000);
            }
        }
    }

    #[test]
    fn random_bytes_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut whole = Module::default().to_bytes();
        whole.truncate(5);
        whole.extend(bytes);
        if let Ok(module) = Module::from_bytes(&whole) {
            prop_assert_eq!(module.to_bytes(), whole);
            let _ = module.verify();
        }
    }
}

#[test]
fn damage_of_a_number_is_often_found_and_often_harmless() {
    let (mut refused, mut evaluated) = (0, 0);
    for seed in 0..400u64 {
        let bytes = testing::bytes(seed, 200);
        let mut damaged = testing::module(&bytes).to_bytes();
        let index = (seed as usize * 7919) % damaged.len();
        damaged[index] ^= 2;
        match Module::from_bytes(&damaged).map(|module| (module.verify(), module)) {
            Ok((Ok(()), module)) => {
                evaluated += 1;
                let _ = testing::run(&module, &testing::inputs(&bytes), 20_000);
            }
            Ok((Err(_), _)) => refused += 1,
            Err(_) => {}
        }
    }
    assert!(refused > 50 && evaluated > 50, "refused {refused}, evaluated {evaluated}");
}

#[test]
fn random_modules_have_every_operation_and_mostly_end() {
    let (mut binary, mut conversions, mut kinds) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let (mut values, mut traps, mut too_long) = (0, 0, 0);
    for seed in 0..300 {
        let bytes = testing::bytes(seed, 500);
        let module = testing::module(&bytes);
        match testing::run(&module, &testing::inputs(&bytes), STEPS) {
            Ok(outcome) if outcome.result.is_ok() => values += 1,
            Ok(_) => traps += 1,
            Err(_) => too_long += 1,
        }
        let blocks = module.functions.iter().flat_map(|function| &function.blocks);
        for instruction in blocks.flat_map(|block| &block.instructions) {
            kinds.insert(instruction_kind(instruction));
            match instruction {
                Instruction::Binary { operation, .. } => drop(binary.insert(*operation as u8)),
                Instruction::Convert { conversion, .. } => drop(conversions.insert(*conversion as u8)),
                _ => {}
            }
        }
    }
    assert!(
        values > 100 && traps > 20 && too_long < 30,
        "{values} values, {traps} traps, {too_long} too long"
    );
    assert_eq!((binary.len(), conversions.len()), (Binary::ALL.len(), Conversion::ALL.len()));
    // All of the 24 but `Unreachable`.
    assert_eq!(kinds.len(), 23, "{kinds:?}");
}

/// Returns the name of the variant.
fn instruction_kind(instruction: &Instruction) -> String {
    let text = format!("{instruction:?}");
    text.split([' ', '{', '(']).next().unwrap_or_default().to_owned()
}
