//! Strings and string buffers.

#![forbid(unsafe_code)]

#[allow(dead_code, reason = "each test uses a part")]
mod common;

use common::{check, check_failure};

#[test]
fn texts_are_counted_in_characters() {
    check(&[
        (r#""né€😀".len()"#, "4"),
        (r#""né".chars()"#, r#"["n", "é"]"#),
        (r#""€".bytes()"#, "[226, 130, 172]"),
        (r#""né".code_points()"#, "[110, 233]"),
        (r#""".code()"#, "nil"),
        (r#""😀".code()"#, "128512"),
        (r#""né€😀".slice(1, 3)"#, r#""é€""#),
        (r#""né€😀".slice(-2)"#, r#""€😀""#),
        (r#""abc".slice(2, 1)"#, r#""""#),
        (r#""abc".slice(-10, 10)"#, r#""abc""#),
        (r#""é😀".reverse()"#, r#""😀é""#),
        (r#""éé-é".index_of("-")"#, "2"),
        (r#""éé-é".last_index_of("é")"#, "3"),
        (r#""a".index_of("b")"#, "nil"),
        (r#""é".pad_start(3, "€")"#, r#""€€é""#),
        (r#""abc".pad_end(2)"#, r#""abc""#),
        (r#""abc".pad_end(5) + "|""#, r#""abc  |""#),
    ]);
}

#[test]
fn texts_are_taken_apart_and_put_together() {
    check(&[
        (r#""a,b,,c".split(",")"#, r#"["a", "b", "", "c"]"#),
        (r#""".split(",")"#, r#"[""]"#),
        (r#""  a\tb\n".words()"#, r#"["a", "b"]"#),
        (r#""one\r\ntwo\n\nfour".lines()"#, r#"["one", "two", "", "four"]"#),
        (r#""".lines()"#, "[]"),
        (r#""a-b".replace("-", "")"#, r#""ab""#),
        (r#""ab".repeat(0)"#, r#""""#),
        (r#""\u{a0}é ".trim()"#, r#""é""#),
        (r#"["a", 1, nil].join("-")"#, r#""a-1-nil""#),
        (r#"[].join()"#, r#""""#),
        (r#""ß".upper() + "É".lower()"#, r#""SSé""#),
        (r#""repersys".contains("")"#, "true"),
        (r#""abc".map(|c| c.upper())"#, r#"["A", "B", "C"]"#),
        (r#""cab".sort().join()"#, r#""abc""#),
        (
            r#"let b = new string_buffer {}; b.append("é").append([1]); [b.len(), b.text(), f"{b}", b.to_string()]"#,
            r#"[4, "é[1]", "é[1]", "é[1]"]"#,
        ),
    ]);
}

#[test]
fn texts_are_read_as_numbers() {
    check(&[
        (r#""-42".to_int()"#, "-42"),
        (r#""123456789012345678901234567890".to_int()"#, "123456789012345678901234567890"),
        (r#""4_2".to_int()"#, "<library::no-number>"),
        (r#"" 42".to_int()"#, "<library::no-number>"),
        (r#"parse_int("zz", 36)"#, "1295"),
        (r#"parse_int("-FFFFFFFFFFFFFFFFFFFF", 16)"#, "-1208925819614629174706175"),
        (r#"parse_int("2", 2)"#, "nil"),
        (r#"parse_int("1", 37)"#, "<library::bad-radix>"),
        (r#"parse_int("")"#, "nil"),
        (r#""2.5".to_double()"#, "2.5"),
        (r#""x".to_double()"#, "<library::no-number>"),
        (r#"parse_double("inf")"#, "inf"),
        (r#"parse_double("1,5")"#, "nil"),
        ("255.to_string(2)", r#""11111111""#),
        ("(-255).to_string(16)", r#""-ff""#),
        ("2.pow(70).to_string(36)", r#""6x5kxtvuwilukg""#),
        ("character(8364)", r#""€""#),
        ("character(55296)", "<library::no-character>"),
        ("character(-1)", "<library::no-character>"),
    ]);
}

#[test]
fn wrong_arguments_are_refused() {
    check(&[
        (r#""a".split("")"#, "<library::empty-text>"),
        (r#""a".split(1)"#, "<run::wrong-kind>"),
        (r#""a".replace("", "b")"#, "<library::empty-text>"),
        (r#""a".repeat(-1)"#, "<library::negative>"),
        (r#""a".repeat(1.0)"#, "<run::wrong-kind>"),
        (r#""a".repeat(4000000000)"#, "<library::too-large>"),
        (r#""a".pad_start(4000000000)"#, "<library::too-large>"),
        (r#""a".pad_start(3, "ab")"#, "<library::no-character>"),
        (r#""a".slice()"#, "<run::arity>"),
        (r#""a".slice(1, 2, 3)"#, "<run::arity>"),
        (r#""a".upper(1)"#, "<run::arity>"),
        (r#""a".uper()"#, "<run::not-understood>"),
    ]);
    check_failure(
        r#""a".repeat("b")"#,
        "run::wrong-kind",
        "the number of times must be an integer, not of class string",
    );
}
