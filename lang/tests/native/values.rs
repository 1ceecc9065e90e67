//! What native functions give.

use super::check;

#[test]
fn rps_34_a_sum_of_products_over_vectors() {
    check(
        "native fn dot(a: [f64], b: [f64]) -> f64 {
            let sum: f64 = 0.0
            let i = 0
            while i < a.len() { sum = sum + a[i] * b[i]; i = i + 1 }
            sum
        }",
        &[
            ("dot(new vector [1.0, 2.0, 3.0], new vector [4.0, 5.0, 6.0])", "32.0"),
            ("dot([1, 2.5], [2, 2])", "7.0"),
            ("dot([], [])", "0.0"),
            ("dot([1.0, 2.0], [1.0])", "run::no-such-element"),
            ("dot([1.0, nil], [1.0, 1.0])", "run::wrong-kind"),
            ("dot(1.0, [1.0])", "run::wrong-kind"),
            ("dot([1.0])", "run::arity"),
        ],
    );
}

/// Integers of every width have the edges that their names say.
#[test]
fn rps_35_integers_do_not_overflow_silently() {
    for (ty, least, greatest) in [
        ("i8", i128::from(i8::MIN), i128::from(i8::MAX)),
        ("i16", i16::MIN.into(), i16::MAX.into()),
        ("i32", i32::MIN.into(), i32::MAX.into()),
        ("i64", i64::MIN.into(), i64::MAX.into()),
        ("u8", 0, u8::MAX.into()),
        ("u16", 0, u16::MAX.into()),
        ("u32", 0, u32::MAX.into()),
        ("u64", 0, u64::MAX.into()),
    ] {
        let definitions = format!(
            "native fn add(a: {ty}, b: {ty}) -> {ty} {{ a + b }}
             native fn sub(a: {ty}, b: {ty}) -> {ty} {{ a - b }}
             native fn mul(a: {ty}, b: {ty}) -> {ty} {{ a * b }}
             native fn div(a: {ty}, b: {ty}) -> {ty} {{ a / b }}
             native fn rem(a: {ty}, b: {ty}) -> {ty} {{ a % b }}
             native fn wrap(a: {ty}) -> {ty} {{ a.wrapping_add(1) }}
             native fn least() -> {ty} {{ {least} }}
             native fn less(a: {ty}, b: {ty}) -> bool {{ a < b }}"
        );
        let half = greatest / 2 + 1;
        let calls = [
            (format!("add({greatest}, 0)"), greatest.to_string()),
            (format!("add({greatest}, 1)"), "run::overflow".into()),
            (format!("sub({least}, 0)"), least.to_string()),
            (format!("sub({least}, 1)"), "run::overflow".into()),
            (format!("mul({greatest}, 1)"), greatest.to_string()),
            (format!("mul({half}, 2)"), "run::overflow".into()),
            (format!("mul(2, {half})"), "run::overflow".into()),
            (format!("mul({}, 2)", greatest / 2), (greatest / 2 * 2).to_string()),
            ("mul(0, 7)".into(), "0".into()),
            (format!("div({greatest}, 1)"), greatest.to_string()),
            ("div(1, 0)".into(), "run::division-by-zero".into()),
            ("rem(1, 0)".into(), "run::division-by-zero".into()),
            ("div(7, 2)".into(), "3".into()),
            ("rem(7, 2)".into(), "1".into()),
            (format!("wrap({greatest})"), least.to_string()),
            ("least()".into(), least.to_string()),
            (format!("less({least}, {greatest})"), "true".into()),
            (format!("less({greatest}, {least})"), "false".into()),
            (format!("add({}, 0)", greatest + 1), "run::wrong-kind".into()),
            (format!("add({}, 0)", least - 1), "run::wrong-kind".into()),
            ("add(1.0, 0)".into(), "run::wrong-kind".into()),
        ];
        let signed = [
            (format!("div({least}, -1)"), "run::overflow".to_owned()),
            (format!("rem({least}, -1)"), "0".into()),
            (format!("mul({least}, -1)"), "run::overflow".into()),
            ("div(-7, 2)".into(), "-3".into()),
            ("rem(-7, 2)".into(), "-1".into()),
        ];
        let all = calls.iter().chain(signed.iter().filter(|_| least < 0));
        let all: Vec<(&str, &str)> = all.map(|(call, value)| (call.as_str(), value.as_str())).collect();
        check(&definitions, &all);
    }
}

#[test]
fn rps_35_doubles_are_those_of_ieee_754() {
    check(
        "native fn div(a: f64, b: f64) -> f64 { a / b }
         native fn less(a: f64, b: f64) -> bool { a < b }
         native fn same(a: f64, b: f64) -> bool { a == b }
         native fn other(a: f64, b: f64) -> bool { a != b }
         native fn minus(a: f64) -> f64 { -a }
         native fn least(a: f64, b: f64) -> f64 { a.min(b) }
         native fn round_trip(a: f32) -> f32 { a }
         native fn third() -> f32 { 1.0 / 3.0 }
         native fn all(a: f64) -> f64 { a.sqrt().floor() + a.ceil() + a.truncate() + a.abs() }
         native fn is_nan(a: f64) -> bool { a.is_nan() and not a.is_finite() }",
        &[
            ("div(1.0, 0)", "inf"),
            ("div(-1.0, 0)", "-inf"),
            ("let nan = div(0, 0); nan == nan", "false"),
            ("div(1, -0.0)", "-inf"),
            (
                "[less(nan, 1), same(nan, nan), other(nan, nan), is_nan(nan), is_nan(1)]",
                "[false, false, true, true, false]",
            ),
            ("minus(0.0)", "-0.0"),
            ("same(0.0, -0.0)", "true"),
            ("[is_nan(least(nan, 1)), is_nan(least(1, nan)), least(2, 1)]", "[true, true, 1.0]"),
            ("least(-0.0, 0.0)", "-0.0"),
            ("round_trip(0.1)", "0.10000000149011612"),
            ("third()", "0.3333333432674408"),
            ("all(6.25)", "21.25"),
            ("div(9007199254740993, 1)", "run::wrong-kind"),
            ("div(9007199254740992, 1)", "9007199254740992.0"),
            ("div(true, 1)", "run::wrong-kind"),
        ],
    );
}

#[test]
fn rps_35_shifts_and_bits() {
    check(
        "native fn left(a: i8, n: i64) -> i8 { a.shift_left(n) }
         native fn right(a: i8, n: u8) -> i8 { a.shift_right(n) }
         native fn logical(a: u8, n: i8) -> u8 { a.shift_right(n) }
         native fn turn(a: u8, n: i64) -> u8 { a.rotate_left(n) }
         native fn bits(a: u16, b: u16) -> u16 { (a & b | 0x8000).xor(1).or(2).and(0xff0f) }
         native fn count(a: u32) -> u32 { a.bit_count() + a.leading_zeros() + a.trailing_zeros() }
         native fn flip(a: i16) -> i16 { a.not() }
         native fn hash(v: [u8]) -> u64 {
            let h: u64 = 0xcbf29ce484222325
            for b in v { h = h.xor(u64(b)).wrapping_mul(0x100000001b3) }
            h
         }",
        &[
            ("[left(1, 6), left(1, 7), left(1, 8), left(1, 1000), left(-1, 1)]", "[64, -128, 0, 0, -2]"),
            ("[right(-128, 7), right(-128, 8), right(-128, 255), right(64, 6)]", "[-1, -1, -1, 1]"),
            ("[logical(128, 7), logical(128, 8), logical(255, 127)]", "[1, 0, 0]"),
            ("[turn(129, 1), turn(129, 9), turn(1, 8)]", "[3, 3, 1]"),
            ("left(1, -1)", "library::negative"),
            ("logical(1, -1)", "library::negative"),
            ("bits(0xffff, 0x00f0)", "32771"),
            ("count(8)", "32"),
            ("flip(0)", "-1"),
            ("hash([104, 105])", "628919584683901914"),
        ],
    );
}

#[test]
fn conversions_keep_the_number_or_fail() {
    check(
        "native fn to_i8(a: i64) -> i8 { i8(a) }
         native fn to_u64(a: i8) -> u64 { u64(a) }
         native fn of_u64(a: u64) -> i64 { i64(a) }
         native fn of_double(a: f64) -> u64 { u64(a) }
         native fn to_int(a: f64) -> i64 { i64(a) }
         native fn to_small(a: f32) -> i8 { i8(a) }
         native fn to_double(a: u64) -> f64 { f64(a) }
         native fn narrow(a: f64) -> f32 { f32(a) }
         native fn wrap(a: i64) -> u8 { u8.wrap(a) }
         native fn sign(a: u8) -> i32 { i32.wrap(i8.wrap(a)) }
         native fn bits(a: f64) -> u64 { u64.bits(a) }
         native fn of_bits(a: u64) -> f64 { f64.bits(a) }
         native fn truth(a: bool) -> i32 { i32(a) + 1 }
         native fn three() -> i64 { i64(3.9) }",
        &[
            ("[to_i8(127), to_i8(-128), to_u64(127)]", "[127, -128, 127]"),
            ("to_i8(128)", "run::overflow"),
            ("to_i8(-129)", "run::overflow"),
            ("to_u64(-1)", "run::overflow"),
            ("of_u64(9223372036854775808)", "run::overflow"),
            ("of_u64(9223372036854775807)", "9223372036854775807"),
            (
                "[of_double(18446744073709549568.0), of_double(9223372036854775808.0), of_double(-0.9)]",
                "[18446744073709549568, 9223372036854775808, 0]",
            ),
            ("of_double(18446744073709551616.0)", "run::overflow"),
            ("of_double(-1)", "run::overflow"),
            ("to_int(0.0 / 0)", "run::overflow"),
            ("to_int(9223372036854775808.0)", "run::overflow"),
            ("[to_int(-9223372036854775808.0), to_int(-3.9), to_int(3.9)]", "[-9223372036854775808, -3, 3]"),
            ("[to_small(127.9), to_small(-128.9)]", "[127, -128]"),
            ("to_small(128)", "run::overflow"),
            ("to_double(18446744073709551615)", "1.8446744073709552e19"),
            ("narrow(0.1)", "0.10000000149011612"),
            ("[wrap(-1), wrap(256), sign(255)]", "[255, 0, -1]"),
            ("[bits(1.0), of_bits(bits(-0.0))]", "[4607182418800017408, -0.0]"),
            (
                "[bits(0.0 / 0), bits(of_bits(18446744073709551615))]",
                "[9221120237041090560, 9221120237041090560]",
            ),
            ("[truth(true), truth(false), three()]", "[2, 1, 3]"),
        ],
    );
}

#[test]
fn control_is_that_of_the_language() {
    check(
        "native fn sign(n: i64) -> i64 { if n < 0 { return -1 }; if n > 0 { 1 } else { 0 } }
         native fn collatz(n: i64) -> i64 {
            let steps = 0
            while true {
                if n == 1 { return steps }
                n = if n % 2 == 0 { n / 2 } else { 3 * n + 1 }
                steps = steps + 1
            }
         }
         native fn skip(n: i32) -> i32 {
            let sum: i32 = 0
            for i in 0..n { if i % 2 == 0 { continue }; if i > 10 { break }; sum = sum + i }
            sum
         }
         native fn both(a: bool, b: bool) -> bool { a and b or not a and not b }
         native fn guarded(v: [i64], i: i64) -> bool { i < v.len() and v[i] > 0 }
         native fn inner(n: i64) -> i64 { let x = 1; do { let x = 2; n = n + x }; n + x }
         native fn nested(n: i64) -> i64 {
            let count = 0
            for i in 0..n { for j in i..n { if j == 3 { break }; count = count + 1 } }
            count
         }
         native fn nothing(v: [i64]) { for i in 0..v.len() { v[i] = i } }
         native fn early(n: i64) -> i64 { let x = if n > 0 { n } else { return -1 }; x * 2 }",
        &[
            ("[sign(-3), sign(0), sign(9)]", "[-1, 0, 1]"),
            ("collatz(27)", "111"),
            ("[skip(5), skip(100), skip(0), skip(-1)]", "[4, 25, 0, 0]"),
            ("[both(true, true), both(true, false), both(false, false)]", "[true, false, true]"),
            ("[guarded([1], 0), guarded([1], 1), guarded([0], 0)]", "[true, false, false]"),
            ("guarded([1], -1)", "run::no-such-element"),
            ("inner(10)", "13"),
            ("nested(4)", "6"),
            ("nothing(new vector [7])", "nil"),
            ("[early(3), early(0)]", "[6, -1]"),
        ],
    );
}

#[test]
fn rps_34_native_functions_call_each_other() {
    check(
        "native fn even(n: i64) -> bool { if n == 0 { true } else { odd(n - 1) } }
         native fn odd(n: i64) -> bool { if n == 0 { false } else { even(n - 1) } }
         native fn fib(n: i32) -> i32 { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }
         native fn put_at(v: [f64], at: i64, x: f64) { v[at] = x }
         native fn fill(v: [f64], x: f64) { for i in 0..v.len() { put_at(v, i, x) } }
         native fn forever(n: i64) -> i64 { 1 + forever(n + 1) }
         fn three(v) { [v[0], v[1], v[2]] }
         let v = new vector [1, 2, 3]",
        &[
            ("[even(10), even(7), odd(7)]", "[true, false, true]"),
            ("fib(15)", "610"),
            ("fill(v, 2.5); three(v)", "[2.5, 2.5, 2.5]"),
            ("fill([1.0], 2)", "run::wrong-kind"),
            ("forever(0)", "run::stack-overflow"),
        ],
    );
}

#[test]
fn vectors_are_changed_as_far_as_the_function_comes() {
    check(
        "native fn reverse(v: [i16]) {
            let i = 0
            let j = v.len() - 1
            while i < j { let x = v[i]; v[i] = v[j]; v[j] = x; i = i + 1; j = j - 1 }
         }
         native fn grow(v: [u8]) { for i in 0..v.len() { v[i] = v[i] + 100 } }
         native fn both(a: [i64], b: [i64]) -> i64 { a[0] = 5; b[0] }
         native fn mixed(a: [i64], b: [f64]) -> i64 { a[0] }
         native fn big(v: [u64]) { v[0] = v[0].not() }
         fn three(v) { [v[0], v[1], v[2]] }
         let v = new vector [1, 2, 3]",
        &[
            ("reverse(v); three(v)", "[3, 2, 1]"),
            ("let w = new vector [1, 200, 3]; try { grow(w) } catch e { e.code }", "\"run::overflow\""),
            ("three(w)", "[101, 200, 3]"),
            ("both(v, v)", "5"),
            ("[both(new vector [1], [2]), three(v)]", "[2, [5, 2, 1]]"),
            ("mixed(v, v)", "run::wrong-kind"),
            ("let b = new vector [0]; big(b); b[0]", "18446744073709551615"),
            ("reverse(new mutable_object_vector [])", "run::wrong-kind"),
            ("reverse(\"text\")", "run::wrong-kind"),
        ],
    );
}

/// The place is that in the native function, and its callers follow.
#[test]
fn a_trap_tells_its_place() {
    super::with_session(|m, session| {
        let text = "native fn inner(v: [i64], i: i64) -> i64 {\n    v[i] + 1\n}\nnative fn outer(v: [i64]) -> i64 {\n    inner(v, 3)\n}\nfn f() { outer([1, 2]) }";
        session.eval(m, text).expect("it is defined");
        let error = session.eval(m, "f()").expect_err("there is no such element");
        let diagnostic = &error.diagnostics()[0];
        assert_eq!(diagnostic.message, "there is no element `i`");
        let trace: Vec<String> = m.trace().iter().map(ToString::to_string).collect();
        assert_eq!(trace, ["inner (inner:2)", "outer (prompt:4)", "f (prompt:7)", "prompt (prompt:1)"]);
        let error = session.eval(m, "outer([9223372036854775807, 0, 0, 9223372036854775807])");
        assert_eq!(error.expect_err("it overflows").diagnostics()[0].code, "run::overflow");
        let caught = session.eval(m, "try { f() } catch e { e.trace[0] }").expect("it is caught");
        assert_eq!(format!("{caught:?}"), "\"inner (inner:2)\"");
        // The next error has nothing to do with it.
        session.eval(m, "fn g() { 1 / 0 }; g()").expect_err("there is no quotient");
        assert!(m.trace()[0].to_string().starts_with("g ("), "{}", m.trace()[0]);
    });
}
