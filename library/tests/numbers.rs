//! Integers, doubles, random numbers.

#![forbid(unsafe_code)]

#[allow(dead_code, reason = "each test uses a part")]
mod common;

use common::check;

#[test]
fn integers_are_exact() {
    check(&[
        ("2.pow(100)", "1267650600228229401496703205376"),
        ("(-2).pow(3)", "-8"),
        ("0.pow(0)", "1"),
        ("(-1).pow(10.pow(30))", "1"),
        ("(-1).pow(10.pow(30) + 1)", "-1"),
        ("0.pow(10.pow(30))", "0"),
        ("2.pow(10.pow(10))", "<library::too-large>"),
        ("2.pow(-2)", "0.25"),
        ("2.pow(0.5) == 2.sqrt()", "true"),
        ("12.gcd(-18)", "6"),
        ("0.gcd(0)", "0"),
        ("4.lcm(6)", "12"),
        ("[(-3).is_odd(), 0.is_even(), 2.pow(80).is_even()]", "[true, true, true]"),
        ("[12.and(10), 12.or(10), 12.xor(10), 12.not()]", "[8, 14, 6, -13]"),
        ("(-1).and(2.pow(70)) == 2.pow(70)", "true"),
        ("1.shift_left(70).shift_right(69)", "2"),
        ("(-5).shift_right(100)", "-1"),
        ("0.shift_left(2.pow(40))", "0"),
        ("1.shift_left(2.pow(40))", "<library::too-large>"),
        ("1.shift_left(-1)", "<library::negative>"),
        ("[255.bit_count(), 0.bit_count(), 256.bit_length()]", "[8, 0, 9]"),
        ("(-1).bit_count()", "<library::negative>"),
        ("3.square() + 1.5.square()", "11.25"),
        ("1.gcd(2.0)", "<run::wrong-kind>"),
    ]);
}

#[test]
fn doubles_are_rounded_to_integers() {
    check(&[
        ("[2.5.round(), (-2.5).round(), 2.4.round(), 7.round()]", "[3, -3, 2, 7]"),
        ("[(-2.5).floor(), (-2.5).ceil(), (-2.5).truncate(), 3.floor()]", "[-3, -2, -2, 3]"),
        ("1e300.floor() == 1e300", "true"),
        ("nan.floor()", "<run::wrong-kind>"),
        ("infinity.to_int()", "<run::wrong-kind>"),
        ("3.14159.round(2)", "3.14"),
        ("[3.14159.format(3), 2.format(2), 2.format(0), 0.5.format(0)]", r#"["3.142", "2.00", "2", "0"]"#),
        ("2.pow(80).format(1)", r#""1208925819614629174706176.0""#),
        ("1.0.format(100000)", "<library::too-large>"),
        ("1.0.format(-1)", "<library::negative>"),
    ]);
}

#[test]
fn what_numbers_have_in_common() {
    check(&[
        ("[3.min(2.5), 3.max(2.5), 3.max(3.0), 12.clamp(0, 10)]", "[2.5, 3, 3, 10]"),
        ("[3.max(nan), nan.min(3)]", "[NaN, NaN]"),
        ("[-3.sign(), 0.sign(), (-2.5).sign(), nan.sign()]", "[-1, 0, -1, NaN]"),
        ("3.max(\"a\")", "<run::wrong-kind>"),
        (
            "[0.sin(), 0.cos(), 1.exp() == e, e.log(), 8.log2(), 1000.log10()]",
            "[0.0, 1.0, true, 1.0, 3.0, 3.0]",
        ),
        ("1.atan2(0) == pi / 2", "true"),
        (
            "[nan.is_nan(), 1.is_nan(), infinity.is_finite(), 10.pow(400).is_finite()]",
            "[true, false, false, true]",
        ),
        ("let n = 0; 4.times(|i| n = n + i); n", "6"),
        ("[3.up_to(5).to_tuple(), 3.down_to(1), 1.up_to(0).to_tuple()]", "[[3, 4, 5], [3, 2, 1], []]"),
        ("[1, 2.5].map(|x| x.to_double())", "[1.0, 2.5]"),
    ]);
}

#[test]
fn random_numbers_are_those_of_the_seed() {
    check(&[
        (
            "let r = random(42); [r.next(), r.next(), r.int(6), r.double()]",
            "[1546998764402558742, 6990951692964543102, 4, 0.9246929453253876]",
        ),
        ("random(-1).next() == random(-1).next()", "true"),
        ("random().next() == random().next()", "false"),
        ("let r = random(7); (0..1000).all(|i| do { let n = r.int(10); 0 <= n and n < 10 })", "true"),
        ("let r = random(7); (0..1000).map(|i| r.int(10)).to_set()", "{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}"),
        ("let r = random(7); (0..1000).all(|i| do { let n = r.double(); 0.0 <= n and n < 1.0 })", "true"),
        ("random(3).shuffle(new vector [1, 2, 3, 4]).sort().to_tuple()", "[1, 2, 3, 4]"),
        ("random(3).pick([])", "nil"),
        ("random(3).pick({5})", "5"),
        ("random(3).int(0)", "<library::negative>"),
        ("random(3).shuffle([1])", "<run::wrong-kind>"),
        ("random(\"x\")", "<run::wrong-kind>"),
        ("let r = random(1); r.pop(); r.next()", "<run::wrong-kind>"),
    ]);
}
