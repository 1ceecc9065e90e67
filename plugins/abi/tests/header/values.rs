//! The functions of `rps_helpers.h` for values agree with `RawValue`.

use std::fmt::Write as _;

use rps_plugin_abi::RawValue;

const PROGRAM: &str = r#"
#include <inttypes.h>
#include <stdio.h>
#include "rps_plugin.h"

// A graph that knows only what it is asked for.
static rps_kind kind(rps_call *call, rps_value value) {
    (void)call, (void)value;
    return RPS_KIND_STRING;
}
static rps_status make_int(rps_call *call, int64_t number, rps_value *result) {
    (void)call, (void)number, (void)result;
    return RPS_LIMIT;
}
static rps_status make_double(rps_call *call, double number, rps_value *result) {
    (void)call, (void)number, (void)result;
    return RPS_MISUSE;
}

int main(void) {
    rps_graph graph;
    memset(&graph, 0, sizeof graph);
    graph.kind = kind;
    graph.int_ = make_int;
    graph.double_ = make_double;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        rps_value value = rps_of_bits(words[i]), result;
        int64_t integer = (int64_t)words[i];
        double number;
        memcpy(&number, &words[i], sizeof number);
        printf("%016" PRIx64, words[i]);

        // The word as an integer and as a double, made a value.
        if (rps_small_int(integer, &result)) {
            printf(" %016" PRIx64, result.bits);
        } else {
            printf(" -");
        }
        if (rps_small_double(number, &result)) {
            printf(" %016" PRIx64, result.bits);
        } else {
            printf(" -");
        }
        rps_status of_int = rps_from_int(&graph, NULL, integer, &result);
        rps_status of_double = rps_from_double(&graph, NULL, number, &result);
        printf(" %d %d", (int)of_int, (int)of_double);

        // The word as a value, read.
        if (rps_as_small_int(value, &integer)) {
            printf(" %" PRId64, integer);
        } else {
            printf(" -");
        }
        if (rps_as_small_double(value, &number)) {
            uint64_t bits;
            memcpy(&bits, &number, sizeof bits);
            printf(" %016" PRIx64, bits);
        } else {
            printf(" -");
        }
        printf(" %d%d", rps_is_int(&graph, NULL, value), rps_is_double(&graph, NULL, value));
        printf(" %d%d%d\n", rps_is_nil(value), rps_is_bool(value), rps_is_true(value));
    }

    // Constants, and a table that is shorter than today's.
    printf("%d %d", rps_nil().bits == RPS_NIL_BITS, rps_from_bool(true).bits == RPS_TRUE_BITS);
    const rps_graph *none = NULL;
    graph.struct_size = offsetof(rps_graph, double_);
    printf(" %d%d%d%d\n", RPS_HAS(none, kind), RPS_HAS(&graph, int_), RPS_HAS(&graph, double_), RPS_HAS(&graph, string));
    return 0;
}
"#;

#[test]
fn c_and_rust_agree_on_every_word() {
    let words = words();
    let mut program = String::from("#include <stdint.h>\nstatic const uint64_t words[] = {\n");
    let mut expected = String::new();
    for &word in &words {
        let _ = writeln!(program, "0x{word:016x},");
        let _ = writeln!(expected, "{}", line(word));
    }
    program.push_str("};\n");
    program.push_str(PROGRAM);
    expected.push_str("1 1 0100\n");

    let printed = super::printed("values.c", &program);
    for (printed, expected) in printed.lines().zip(expected.lines()) {
        assert_eq!(printed, expected);
    }
    assert_eq!(printed, expected);
}

/// Returns what the program in C prints for a word.
fn line(word: u64) -> String {
    let hexadecimal = |word: Option<u64>| word.map_or("-".to_owned(), |word| format!("{word:016x}"));
    let value = RawValue { bits: word };
    let of_int = RawValue::small_int(word.cast_signed()).map(|value| value.bits);
    let of_double = RawValue::small_double(f64::from_bits(word)).map(|value| value.bits);
    let int = value.as_small_int();
    let double = value.as_small_double().map(f64::to_bits);
    let is_bool = value == RawValue::TRUE || value == RawValue::FALSE;
    format!(
        "{word:016x} {} {} {} {} {} {} {}{} {}{}{}",
        hexadecimal(of_int),
        hexadecimal(of_double),
        if of_int.is_some() { rps_plugin_abi::status::OK } else { rps_plugin_abi::status::LIMIT },
        if of_double.is_some() { rps_plugin_abi::status::OK } else { rps_plugin_abi::status::MISUSE },
        int.map_or("-".to_owned(), |int| int.to_string()),
        hexadecimal(double),
        u8::from(int.is_some()),
        u8::from(double.is_some()),
        u8::from(value.is_nil()),
        u8::from(is_bool),
        u8::from(value == RawValue::TRUE),
    )
}

/// Returns edges of integers, doubles and words, and some thousand words at random.
fn words() -> Vec<u64> {
    let mut words: Vec<u64> = (0..64).collect();
    for int in [1_i64 << 61, 1 << 62, i64::MAX, i64::MIN, -(1 << 62), -(1 << 61), 1 << 53, -1] {
        words.extend((-2..=2).map(|by| int.wrapping_add(by).cast_unsigned()));
    }
    let mut doubles =
        vec![0.0, 1.0, 1.5, 0.1, std::f64::consts::PI, f64::MIN_POSITIVE, f64::MAX, f64::EPSILON];
    doubles.extend([
        f64::INFINITY,
        f64::NAN,
        5e-324,
        2.225_073_858_507_201e-308,
        1e100,
        1e-100,
        1e300,
        1e-300,
    ]);
    // Where the immediate exponents begin and end, and the double whose word would be that of 0.0.
    doubles.extend([3_u64, 4, 5, 6].map(|top| f64::from_bits(top << 60)));
    for double in doubles {
        for double in [double, -double] {
            words.extend((-2..=2).map(|by| double.to_bits().wrapping_add_signed(by)));
            words.extend(RawValue::small_double(double).map(|value| value.bits));
        }
    }
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..4000 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        words.push(random);
    }
    words
}
