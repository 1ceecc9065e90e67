//! Values are the same words on both sides of the boundary, without either asking the other.

use proptest::prelude::*;
use rps_plugin_abi::RawValue;
use rps_runtime::{Runtime, Value};

fn check_int(int: i64) {
    let own = Value::small_int(int).map(Value::to_bits);
    let theirs = RawValue::small_int(int);
    assert_eq!(own, theirs.map(|raw| raw.bits), "{int}");
    if let Some(raw) = theirs {
        assert_eq!(raw.as_small_int(), Some(int));
        assert_eq!(raw.as_small_double(), None, "{int}");
    }
}

/// A double is the same word, or in a cell on both sides.
fn check_double(runtime: &Runtime, double: f64) {
    runtime.enter(|m| {
        let own = Value::double(m, double);
        let is_in_cell = own.to_bits() & 0b111 == 0;
        match RawValue::small_double(double) {
            Some(raw) => {
                assert_eq!(own.to_bits(), raw.bits, "{double:e}");
                assert_eq!(raw.as_small_double().map(f64::to_bits), Some(double.to_bits()), "{double:e}");
                assert_eq!(raw.as_small_int(), None);
            }
            None => assert!(is_in_cell, "{double:e} is {:x}", own.to_bits()),
        }
        assert_eq!(own.as_double().map(f64::to_bits), Some(double.to_bits()), "{double:e}");
    });
}

#[test]
fn words_without_a_cell_are_the_same() {
    assert_eq!(RawValue::NIL.bits, Value::NIL.to_bits());
    assert_eq!(RawValue::FALSE.bits, Value::bool(false).to_bits());
    assert_eq!(RawValue::TRUE.bits, Value::bool(true).to_bits());
    for shift in 0..64 {
        for near in -2..=2 {
            check_int((1_i64 << shift).wrapping_add(near));
            check_int((1_i64 << shift).wrapping_neg().wrapping_add(near));
        }
    }
    [i64::MIN, i64::MAX, 0].into_iter().for_each(check_int);
}

#[test]
fn doubles_are_the_same_at_every_exponent() {
    let runtime = Runtime::new();
    for exponent in 0..=2047_u64 {
        for mantissa in [0, 1, 1 << 51, (1 << 52) - 1] {
            for sign in [0, 1 << 63] {
                let double = f64::from_bits(sign | exponent << 52 | mantissa);
                // One word stands for all that are no number.
                if !double.is_nan() {
                    check_double(&runtime, double);
                }
            }
        }
    }
    for double in
        [0.0, -0.0, 1.0, f64::MIN_POSITIVE, f64::MAX, f64::EPSILON, f64::INFINITY, f64::NEG_INFINITY]
    {
        check_double(&runtime, double);
    }
}

proptest! {
    #[test]
    fn any_integer_is_the_same_word(int: i64) {
        check_int(int);
    }

    #[test]
    fn any_double_is_the_same_word(bits: u64) {
        thread_local!(static RUNTIME: Runtime = Runtime::new());
        let double = f64::from_bits(bits);
        prop_assume!(!double.is_nan());
        RUNTIME.with(|runtime| check_double(runtime, double));
    }

    /// Whatever the word is, looking at it is safe and gives one kind at most.
    #[test]
    fn any_word_is_of_one_kind_at_most(bits: u64) {
        let raw = RawValue { bits };
        prop_assert!(raw.as_small_int().is_none() || raw.as_small_double().is_none());
        if let Some(int) = raw.as_small_int() {
            prop_assert_eq!(RawValue::small_int(int), Some(raw));
        }
        if let Some(double) = raw.as_small_double() {
            prop_assert_eq!(RawValue::small_double(double).map(|raw| raw.bits), Some(bits));
        }
    }
}
