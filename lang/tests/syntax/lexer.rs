//! Tokens: `kind text`, trivia left out.

use expect_test::{Expect, expect};
use rps_lang::syntax::{Keyword, TokenKind, lex};

use crate::short;

pub(crate) fn check(text: &str, expected: Expect) {
    let lexed = lex(text);
    let mut out = String::new();
    for token in lexed.tokens.iter().filter(|token| !token.kind.is_trivia()) {
        out.push_str(&format!("{:?} {}\n", token.kind, token.span.text(text).escape_debug()));
    }
    lexed.diagnostics.iter().for_each(|diagnostic| out.push_str(&short(diagnostic)));
    expected.assert_eq(&out);
}

/// The lexer vectors of RefPerSys, in their file and as its source gives them, with the defects of its lexer
/// (features §10.1): here a sum is a sum, names hold digits, oids are tokens, escapes end.
#[test]
fn refpersys_vectors() {
    check(
        "@display 12.3 \"abc\"",
        expect![[r#"
            Unknown @
            Name display
            Double 12.3
            String \"abc\"
            0..1 bad-character: unexpected character `@` [commands begin with `:` at the prompt]
        "#]],
    );
    check(
        "1+2",
        expect![[r#"
        Integer 1
        Plus +
        Integer 2
    "#]],
    );
    check(
        "+3 -3",
        expect![[r#"
        Plus +
        Integer 3
        Minus -
        Integer 3
    "#]],
    );
    check(
        "x1",
        expect![[r#"
        Name x1
    "#]],
    );
    check(
        "_41OFI3r0S1t03qdB2E",
        expect![[r#"
        Oid _41OFI3r0S1t03qdB2E
    "#]],
    );
    check(
        r#""a\n\t\"b\\""#,
        expect![[r#"
        String \"a\\n\\t\\\"b\\\\\"
    "#]],
    );
    check(
        "#{ if ($x) $y.z; $$ }#",
        expect![[r#"
        CodeChunk #{ if ($x) $y.z; $$ }#
    "#]],
    );
    check(
        "#cpp{ a }# b }cpp#",
        expect![[r#"
        CodeChunk #cpp{ a }# b }cpp#
    "#]],
    );
    check(
        "0x1F 0X1f",
        expect![[r#"
        Integer 0x1F
        Integer 0X1f
    "#]],
    );
    check(
        "== != <= >= && || => < > = !",
        expect![[r#"
        EqualEqual ==
        NotEqual !=
        LessEqual <=
        GreaterEqual >=
        AndAnd &&
        OrOr ||
        Arrow =>
        Less <
        Greater >
        Assign =
        Not !
    "#]],
    );
}

#[test]
fn numbers() {
    check(
        "0 42 1_000 0xFF_ff 0o17 0b1010",
        expect![[r#"
        Integer 0
        Integer 42
        Integer 1_000
        Integer 0xFF_ff
        Integer 0o17
        Integer 0b1010
    "#]],
    );
    check(
        "3.0 1e9 1.5e-3 2E+5 1_0.2_5",
        expect![[r#"
        Double 3.0
        Double 1e9
        Double 1.5e-3
        Double 2E+5
        Double 1_0.2_5
    "#]],
    );
    check(
        "3. 3.sqrt 1..10 1...2",
        expect![[r#"
        Integer 3
        Dot .
        Integer 3
        Dot .
        Name sqrt
        Integer 1
        DotDot ..
        Integer 10
        Integer 1
        DotDot ..
        Dot .
        Integer 2
    "#]],
    );
    check(
        "123456789012345678901234567890",
        expect![[r#"
        Integer 123456789012345678901234567890
    "#]],
    );
    check(
        "12abc 0xZZ 0x 0b12 0o8 1_ 1__0 007 08 00 1e 1.5kg 0x_1 1_.5 1_e5",
        expect![[r#"
        BadNumber 12abc
        BadNumber 0xZZ
        BadNumber 0x
        BadNumber 0b12
        BadNumber 0o8
        BadNumber 1_
        Integer 1__0
        BadNumber 007
        BadNumber 08
        BadNumber 00
        BadNumber 1e
        BadNumber 1.5kg
        BadNumber 0x_1
        BadNumber 1_.5
        BadNumber 1_e5
        0..5 bad-number: this is not a number [put a space after `12`]
        6..10 bad-number: this is not a number [a number in base 16 is written like 0xff]
        11..13 bad-number: this is not a number [a number in base 16 is written like 0xff]
        14..18 bad-number: this is not a number [a number in base 2 is written like 0b101]
        19..22 bad-number: this is not a number [a number in base 8 is written like 0o17]
        23..25 bad-number: this is not a number [`_` may stand between two digits, as in 1_000]
        31..34 bad-number: this is not a number [write `7`, or `0o7` for a number in base 8]
        35..37 bad-number: this is not a number [write `8`]
        38..40 bad-number: this is not a number [write `0`]
        41..43 bad-number: this is not a number [put a space after `1`]
        44..49 bad-number: this is not a number [put a space after `1.5`]
        50..54 bad-number: this is not a number [`_` may stand between two digits, as in 1_000]
        55..59 bad-number: this is not a number [`_` may stand between two digits, as in 1_000]
        60..64 bad-number: this is not a number [`_` may stand between two digits, as in 1_000]
    "#]],
    );
    check(
        "1e308 1e309 0e999",
        expect![[r#"
        Double 1e308
        Double 1e309
        Double 0e999
        6..11 double-overflow: this number is too large for a double [the largest double is about 1.8e308; integers have no limit]
    "#]],
    );
}

#[test]
fn words() {
    check(
        "a a_b a1 a$b a$ été 变量 Ωmega",
        expect![[r#"
        Name a
        Name a_b
        Name a1
        Name a$b
        Name a$
        Name été
        Name 变量
        Name Ωmega
    "#]],
    );
    check(
        "`let` `x y` `",
        expect![[r#"
            QuotedName `let`
            Unknown `
            Name x
            Name y
            Unknown `
            Unknown `
            6..7 bad-character: unexpected backtick [a name between backticks stands on one line: `name`]
            10..11 bad-character: unexpected backtick [a name between backticks stands on one line: `name`]
            12..13 bad-character: unexpected backtick [a name between backticks stands on one line: `name`]
        "#]],
    );
    check(
        "a$$b _$ $x",
        expect![[r#"
            Name a$
            Unknown $
            Name b
            Underscore _
            Unknown $
            Unknown $
            Name x
            2..3 bad-character: unexpected character `$` [a name may hold `$` only after a letter or digit]
            6..7 bad-character: unexpected character `$` [a name may hold `$` only after a letter or digit]
            8..9 bad-character: unexpected character `$` [a name may hold `$` only after a letter or digit]
        "#]],
    );
    // e and a combining acute accent
    check(
        "caf\u{65}\u{301}",
        expect![[r#"
        Name café
        0..6 name-not-normalized: this name is written with combining characters that have a composed form [it is read as `café`]
    "#]],
    );
    let words: String = Keyword::ALL.iter().map(|keyword| format!("{} ", keyword.as_str())).collect();
    for (token, keyword) in
        lex(&words).tokens.iter().filter(|token| !token.kind.is_trivia()).zip(Keyword::ALL)
    {
        assert_eq!(token.kind, TokenKind::Keyword(*keyword));
    }
}

#[test]
fn oids() {
    check(
        "_ _41OFI3r0S1t03qdB2E _0TvVIbOU16z028VWvv",
        expect![[r#"
        Underscore _
        Oid _41OFI3r0S1t03qdB2E
        Oid _0TvVIbOU16z028VWvv
    "#]],
    );
    check(
        "_41OFI3r0S1t03qdB2",
        expect![[r#"
        BadOid _41OFI3r0S1t03qdB2
        0..18 bad-oid: this is not an oid [an oid is `_` and 18 digits out of 0-9 A-Z a-z, the first of them 0-9]
    "#]],
    );
    check(
        "_41OFI3r0S1t03qdB2EE",
        expect![[r#"
        BadOid _41OFI3r0S1t03qdB2EE
        0..20 bad-oid: this is not an oid [an oid is `_` and 18 digits out of 0-9 A-Z a-z, the first of them 0-9]
    "#]],
    );
    check(
        "_a1OFI3r0S1t03qdB2E",
        expect![[r#"
        BadOid _a1OFI3r0S1t03qdB2E
        0..19 bad-oid: this is not an oid [an oid is `_` and 18 digits out of 0-9 A-Z a-z, the first of them 0-9]
    "#]],
    );
    check(
        "_41OFI3r0S1t03q_B2E",
        expect![[r#"
        BadOid _41OFI3r0S1t03q_B2E
        0..19 bad-oid: this is not an oid [an oid is `_` and 18 digits out of 0-9 A-Z a-z, the first of them 0-9]
    "#]],
    );
    check(
        "_1 _foo __ _é",
        expect![[r#"
        BadOid _1
        Name _foo
        Name __
        Name _é
        0..2 bad-oid: this is not an oid [an oid is `_` and 18 digits out of 0-9 A-Z a-z, the first of them 0-9]
        3..7 bad-name: a name begins with a letter [`_` alone is the last value, or matches anything in a pattern]
        8..10 bad-name: a name begins with a letter [`_` alone is the last value, or matches anything in a pattern]
        11..14 bad-name: a name begins with a letter [`_` alone is the last value, or matches anything in a pattern]
    "#]],
    );
}

#[test]
fn comments_and_white_space() {
    check(
        "#!/usr/bin/env rps\n# a {comment}\na # b\n#",
        expect![[r#"
        Name a
    "#]],
    );
    check(
        "\u{feff}a\r\nb\r\n\"x\r\ny\"\tc\x0cd",
        expect![[r#"
        Name a
        Name b
        String \"x\r\ny\"
        Name c
        Name d
        0..3 byte-order-mark: the text begins with a byte order mark [save it as UTF-8 without a byte order mark]
        4..6 carriage-return: lines end in CR LF [they are read as LF; save the text with LF, so that it stays the same everywhere]
    "#]],
    );
    check(
        "a\rb",
        expect![[r#"
            Name a
            Unknown \r
            Name b
            1..2 bad-character: unexpected carriage return [lines end in LF, or CR LF; a carriage return alone ends none]
        "#]],
    );
    check(
        "# \u{202e}evil\n\"\u{2066}\"",
        expect![[r#"
        String \"\u{2066}\"
        2..5 hidden-character: the invisible character U+202E changes the direction in which the line is shown [what you see may not be what is there; in a string, write it as an escape \u{…}]
        11..14 hidden-character: the invisible character U+2066 changes the direction in which the line is shown [what you see may not be what is there; in a string, write it as an escape \u{…}]
    "#]],
    );
}

#[test]
fn bad_characters() {
    check(
        "a @@ b ? c ~ \\ \0 \u{feff} \u{a0} \u{200b} “q” – ≠ 🦀",
        expect![[r#"
            Name a
            Unknown @@
            Name b
            Unknown ?
            Name c
            Unknown ~
            Unknown \\
            Unknown \0
            Unknown \u{feff}
            Unknown \u{a0}
            Unknown \u{200b}
            Unknown “
            Name q
            Unknown ”
            Unknown –
            Unknown ≠
            Unknown 🦀
            2..4 bad-character: unexpected character `@` [commands begin with `:` at the prompt]
            7..8 bad-character: unexpected character `?` [a choice is written `if condition { a } else { b }`]
            11..12 bad-character: unexpected character `~` [bits are combined with `&` and `|`]
            13..14 bad-character: unexpected character `\` [a function is written `|x| x + 1`; lines need no continuation mark inside brackets]
            15..16 bad-character: unexpected NUL character [is this a text file?]
            17..20 bad-character: unexpected byte order mark
            21..23 bad-character: unexpected invisible character U+00A0 [write an ordinary space]
            24..27 bad-character: unexpected invisible character U+200B [delete it]
            28..31 bad-character: unexpected character `“` (U+201C) [strings stand in double quotes: "text"]
            32..35 bad-character: unexpected character `”` (U+201D) [strings stand in double quotes: "text"]
            36..39 bad-character: unexpected character `–` (U+2013) [write `-`]
            40..43 bad-character: unexpected character `≠` (U+2260) [write `!=`]
            44..48 bad-character: unexpected character `🦀` (U+1F980)
        "#]],
    );
}

#[test]
fn operators_take_the_longest_match() {
    check(
        "=>=====!=<=>=<>...",
        expect![[r#"
        Arrow =>
        EqualEqual ==
        EqualEqual ==
        Assign =
        NotEqual !=
        LessEqual <=
        GreaterEqual >=
        Less <
        Greater >
        DotDot ..
        Dot .
    "#]],
    );
    check(
        "&&&|||!!..",
        expect![[r#"
        AndAnd &&
        And &
        OrOr ||
        Or |
        Not !
        Not !
        DotDot ..
    "#]],
    );
    check(
        "+-*/%,;:()[]{}.",
        expect![[r#"
        Plus +
        Minus -
        Star *
        Slash /
        Percent %
        Comma ,
        Semicolon ;
        Colon :
        LeftParen (
        RightParen )
        LeftBracket [
        RightBracket ]
        LeftBrace {
        RightBrace }
        Dot .
    "#]],
    );
}
