//! Tokens of strings, f-strings and code chunks.

use expect_test::expect;

use crate::lexer::check;

#[test]
fn strings() {
    check(
        r#""" "a" "a\"b" "two
lines" "con\
    tinued""#,
        expect![[r#"
            String \"\"
            String \"a\"
            String \"a\\\"b\"
            String \"two\nlines\"
            String \"con\\\n    tinued\"
        "#]],
    );
    check(
        r###"r"a\b" r#"say "x""# r##""#"## r"###,
        expect![[r###"
        RawString r\"a\\b\"
        RawString r#\"say \"x\"\"#
        RawString r##\"\"#\"##
        Name r
    "###]],
    );
    check(
        "r#not a string",
        expect![[r#"
        Name r
    "#]],
    );
    check(
        r#""\n\t\r\0\\\"\e\u{1F600}\x7F""#,
        expect![[r#"
        String \"\\n\\t\\r\\0\\\\\\\"\\e\\u{1F600}\\x7F\"
    "#]],
    );
    check(
        r#""\q \x80 \xZ \u{110000} \u41 \' \{""#,
        expect![[r#"
        String \"\\q \\x80 \\xZ \\u{110000} \\u41 \\\' \\{\"
        1..3 bad-escape: this escape is unknown [known are \n \t \r \0 \e \\ \" \xHH \u{H…}, and a backslash before a line ending; a raw string r"…" has no escapes]
        4..8 bad-escape: this escape is unknown [\xHH takes two hexadecimal digits, at most 7F; beyond that write \u{…}]
        9..11 bad-escape: this escape is unknown [\xHH takes two hexadecimal digits, at most 7F; beyond that write \u{…}]
        13..23 bad-escape: this escape is unknown [\u{…} takes one to six hexadecimal digits of a Unicode character, as in \u{1F600}]
        24..26 bad-escape: this escape is unknown [\u{…} takes one to six hexadecimal digits of a Unicode character, as in \u{1F600}]
        29..31 bad-escape: this escape is unknown [write `'`]
        32..34 bad-escape: this escape is unknown [only in an f-string]
    "#]],
    );
    check(
        "'single' don't",
        expect![[r#"
            SingleQuoted \'single\'
            Name don
            Unknown \'
            Name t
            0..8 single-quotes: strings stand in double quotes [write `"single"`]
            12..13 bad-character: unexpected character `'` [strings stand in double quotes: "text"]
        "#]],
    );
}

#[test]
fn unclosed_strings_end_with_their_line() {
    check(
        "a \"open\nb",
        expect![[r#"
        Name a
        String \"open
        Name b
        2..3 unclosed-string: this string is not closed [close it with `"`]
    "#]],
    );
    check(
        "r#\"open\"\nb",
        expect![[r##"
        RawString r#\"open\"
        Name b
        0..3 unclosed-string: this string is not closed [close it with `"#`]
    "##]],
    );
    check(
        "\"one\ntwo\" \"three\nlet x",
        expect![[r#"
        String \"one\ntwo\"
        String \"three
        Keyword(Let) let
        Name x
        10..11 unclosed-string: this string is not closed [close it with `"`]
    "#]],
    );
    check(
        "\"ends in a backslash\\",
        expect![[r#"
        String \"ends in a backslash\\
        0..1 unclosed-string: this string is not closed [close it with `"`]
    "#]],
    );
    check(
        "#{ open\nb",
        expect![[r#"
        CodeChunk #{ open
        Name b
        0..2 unclosed-chunk: this code chunk is not closed [if it is meant as a comment, put a space after `#`]
    "#]],
    );
    check(
        "#tag{ }#\nb",
        expect![[r#"
        CodeChunk #tag{ }#
        Name b
        0..5 unclosed-chunk: this code chunk is not closed [if it is meant as a comment, put a space after `#`]
    "#]],
    );
}

#[test]
fn format_strings() {
    check(
        r#"f"""#,
        expect![[r#"
        FormatStart f\"
        FormatEnd \"
    "#]],
    );
    check(
        r#"f"a {b} c""#,
        expect![[r#"
        FormatStart f\"
        FormatText a 
        InterpolationStart {
        Name b
        InterpolationEnd }
        FormatText  c
        FormatEnd \"
    "#]],
    );
    check(
        r#"f"{ {1, {2}} }{x}""#,
        expect![[r#"
        FormatStart f\"
        InterpolationStart {
        LeftBrace {
        Integer 1
        Comma ,
        LeftBrace {
        Integer 2
        RightBrace }
        RightBrace }
        InterpolationEnd }
        InterpolationStart {
        Name x
        InterpolationEnd }
        FormatEnd \"
    "#]],
    );
    check(
        r#"f"{f"{"deep"}"}""#,
        expect![[r#"
        FormatStart f\"
        InterpolationStart {
        FormatStart f\"
        InterpolationStart {
        String \"deep\"
        InterpolationEnd }
        FormatEnd \"
        InterpolationEnd }
        FormatEnd \"
    "#]],
    );
    check(
        r#"f"\{ \u{41} \} }""#,
        expect![[r#"
        FormatStart f\"
        FormatText \\{ \\u{41} \\} }
        FormatEnd \"
        15..16 stray-brace: this `}` closes nothing [in an f-string, write `\}` for a brace]
    "#]],
    );
    check(
        "f\"two\nlines {1 +\n 2}\"",
        expect![[r#"
        FormatStart f\"
        FormatText two\nlines 
        InterpolationStart {
        Integer 1
        Plus +
        Integer 2
        InterpolationEnd }
        FormatEnd \"
    "#]],
    );
}

#[test]
fn unclosed_format_strings() {
    check(
        "f\"open {x}\nb",
        expect![[r#"
        FormatStart f\"
        FormatText open 
        InterpolationStart {
        Name x
        InterpolationEnd }
        FormatEnd 
        Name b
        0..2 unclosed-string: this string is not closed [close it with `"`]
    "#]],
    );
    check(
        "f\"{x\nb",
        expect![[r#"
        FormatStart f\"
        InterpolationStart {
        Name x
        InterpolationEnd 
        FormatEnd 
        Name b
        0..2 unclosed-string: this string is not closed [close it with `"`]
    "#]],
    );
    check(
        "f\"{x\"\nb",
        expect![[r#"
        FormatStart f\"
        InterpolationStart {
        Name x
        InterpolationEnd 
        FormatEnd \"
        Name b
        2..3 unclosed-brace: this `{` is not closed [close the interpolation with `}`, or write `\{` for a brace]
    "#]],
    );
    check(
        "f\"{f\"{x\"\nb",
        expect![[r#"
        FormatStart f\"
        InterpolationStart {
        FormatStart f\"
        InterpolationStart {
        Name x
        InterpolationEnd 
        FormatEnd \"
        InterpolationEnd 
        FormatEnd 
        Name b
        0..2 unclosed-string: this string is not closed [close it with `"`]
        5..6 unclosed-brace: this `{` is not closed [close the interpolation with `}`, or write `\{` for a brace]
    "#]],
    );
    check(
        "f\"{r\"open\nb",
        expect![[r#"
        FormatStart f\"
        InterpolationStart {
        RawString r\"open
        InterpolationEnd 
        FormatEnd 
        Name b
        0..2 unclosed-string: this string is not closed [close it with `"`]
        3..5 unclosed-string: this string is not closed [close it with `"`]
    "#]],
    );
}
