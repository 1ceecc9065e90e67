//! JSON as the C++ library jsoncpp writes it, byte for byte, in the two styles that RefPerSys sets.
//!
//! Both put `"key" : value` with a blank on both sides of the colon, members sorted by bytes, and a container that is not
//! empty on the line below its key. The *object style* indents by a tab, one array element per line; the *manifest style*
//! indents by a blank and puts short arrays on one line. Checked against libjsoncpp and the real stores; see the rules in
//! [`write_object_style`] and [`write_manifest_style`].

use std::fmt::Write;

use serde_json::{Map, Number, Value};

/// jsoncpp's right margin.
const MARGIN: usize = 74;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Object,
    Manifest,
}

impl Style {
    const fn indent(self) -> char {
        match self {
            Self::Object => '\t',
            Self::Manifest => ' ',
        }
    }
}

/// Appends a value in the style of object members: tabs, every array element on its own line.
pub fn write_object_style(out: &mut String, value: &Value) {
    Writer { out, style: Style::Object, depth: 0 }.value(value);
}

/// Appends a value in the style of manifests and prologues: blanks, an array on one line when it is short.
///
/// An array is short when three times its length, and its length on one line, are both below the margin of 74, and no
/// element is a container that is not empty.
pub fn write_manifest_style(out: &mut String, value: &Value) {
    Writer { out, style: Style::Manifest, depth: 0 }.value(value);
}

/// Appends a string: short escapes, other control characters and everything above ASCII as `\u` in lower case.
pub fn write_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='\u{7f}' => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

/// Appends a double: C's `%.17g`, and `.0` behind it when that looks like an integer.
pub fn write_double(out: &mut String, number: f64) {
    if number.is_nan() {
        return out.push_str("null");
    }
    if number.is_infinite() {
        return out.push_str(if number > 0.0 { "1e+9999" } else { "-1e+9999" });
    }
    let text = general_17(number);
    out.push_str(&text);
    if !text.contains(['.', 'e']) {
        out.push_str(".0");
    }
}

/// Returns what C's `%.17g` prints for a finite number.
fn general_17(number: f64) -> String {
    let scientific = format!("{number:.16e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let strip = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if (-4..17).contains(&exponent) {
        let decimals = usize::try_from(16 - exponent).unwrap_or(0);
        strip(&format!("{number:.decimals$}"))
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{}e{sign}{:02}", strip(mantissa), exponent.unsigned_abs())
    }
}

struct Writer<'o> {
    out: &'o mut String,
    style: Style,
    depth: usize,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Bool(true) => self.out.push_str("true"),
            Value::Bool(false) => self.out.push_str("false"),
            Value::Number(number) => write_number(self.out, number),
            Value::String(text) => write_string(self.out, text),
            Value::Array(elements) => self.array(elements),
            Value::Object(members) => self.object(members),
        }
    }

    fn object(&mut self, members: &Map<String, Value>) {
        if members.is_empty() {
            return self.out.push_str("{}");
        }
        // The map may keep the order of insertion, depending on features that other crates ask for.
        let mut sorted: Vec<_> = members.iter().collect();
        sorted.sort_unstable_by_key(|(key, _)| key.as_bytes());
        self.out.push('{');
        self.depth += 1;
        for (index, (key, value)) in sorted.into_iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            self.new_line();
            write_string(self.out, key);
            self.out.push_str(" : ");
            if self.begins_on_new_line(value) {
                self.new_line();
            }
            self.value(value);
        }
        self.depth -= 1;
        self.new_line();
        self.out.push('}');
    }

    fn array(&mut self, elements: &[Value]) {
        if elements.is_empty() {
            return self.out.push_str("[]");
        }
        if !self.has_lines(elements) {
            self.out.push_str("[ ");
            for (index, element) in elements.iter().enumerate() {
                self.out.push_str(if index > 0 { ", " } else { "" });
                self.value(element);
            }
            return self.out.push_str(" ]");
        }
        self.out.push('[');
        self.depth += 1;
        for (index, element) in elements.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            self.new_line();
            self.value(element);
        }
        self.depth -= 1;
        self.new_line();
        self.out.push(']');
    }

    fn begins_on_new_line(&self, value: &Value) -> bool {
        match value {
            Value::Object(members) => !members.is_empty(),
            Value::Array(elements) => !elements.is_empty() && self.has_lines(elements),
            _ => false,
        }
    }

    /// Tells whether the elements of an array get a line each.
    fn has_lines(&self, elements: &[Value]) -> bool {
        if self.style == Style::Object || elements.len() * 3 >= MARGIN || elements.iter().any(is_filled) {
            return true;
        }
        let mut line = String::new();
        let mut writer = Writer { out: &mut line, style: self.style, depth: 0 };
        for element in elements {
            writer.value(element);
        }
        4 + (elements.len() - 1) * 2 + line.len() >= MARGIN
    }

    fn new_line(&mut self) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(self.style.indent(), self.depth));
    }
}

/// Tells whether a value is a container that is not empty.
fn is_filled(value: &Value) -> bool {
    match value {
        Value::Object(members) => !members.is_empty(),
        Value::Array(elements) => !elements.is_empty(),
        _ => false,
    }
}

/// Appends a number: an integer of any size digit by digit, everything else as a double.
fn write_number(out: &mut String, number: &Number) {
    let text = number.to_string();
    if text.contains(['.', 'e', 'E']) {
        write_double(out, text.parse().unwrap_or(f64::NAN));
    } else {
        out.push_str(&text);
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn parse(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    fn object_style(text: &str) -> String {
        let mut out = String::new();
        write_object_style(&mut out, &parse(text));
        out
    }

    fn manifest_style(text: &str) -> String {
        let mut out = String::new();
        write_manifest_style(&mut out, &parse(text));
        out
    }

    #[test]
    fn the_object_style_gives_every_element_a_line() {
        let text = r#"{"b":[1,[],{}],"a":{"é":null,"x":[[true]]},"":"/"}"#;
        let visible = object_style(text).replace('\t', "→").replace(": \n", ": ·\n");
        expect![[r#"
            {
            →"" : "/",
            →"a" : ·
            →{
            →→"x" : ·
            →→[
            →→→[
            →→→→true
            →→→]
            →→],
            →→"\u00e9" : null
            →},
            →"b" : ·
            →[
            →→1,
            →→[],
            →→{}
            →]
            }"#]]
        .assert_eq(&visible);
    }

    #[test]
    fn the_manifest_style_keeps_short_arrays_on_a_line() {
        assert_eq!(manifest_style("{\"a\":[1,\"b\",[],{}]}"), "{\n \"a\" : [ 1, \"b\", [], {} ]\n}");
        assert_eq!(manifest_style("[[1]]"), "[\n [ 1 ]\n]");
        // On one line, an array of n elements has 4 + 2(n-1) bytes more than they have.
        let is_line =
            |elements: &[&str]| !manifest_style(&format!("[{}]", elements.join(","))).contains('\n');
        let quoted = |len: usize| format!("\"{}\"", "x".repeat(len - 2));
        assert!(is_line(&["1", &quoted(66)]), "4 + 2 + 1 + 66 is 73");
        assert!(!is_line(&["1", &quoted(67)]), "and this is 74");
        assert!(is_line(&["1"; 23]), "4 + 44 + 23 is 71");
        assert!(!is_line(&["1"; 24]), "4 + 46 + 24 is 74");
        assert!(!is_line(&["1"; 25]), "and 3 times 25 is 75");
    }

    #[test]
    fn strings_are_escaped_in_lower_case() {
        let mut out = String::new();
        write_string(&mut out, "hé 𝄞\u{1f}\u{7f}/\\\"\u{8}\u{c}\n\r\t");
        assert_eq!(out, "\"h\\u00e9 \\ud834\\udd1e\\u001f\u{7f}/\\\\\\\"\\b\\f\\n\\r\\t\"");
    }

    #[test]
    fn doubles_are_what_printf_says() {
        let double = |number: f64| {
            let mut out = String::new();
            write_double(&mut out, number);
            out
        };
        // From `printf("%.17g")` of the C library.
        let cases = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (3.0, "3.0"),
            (0.1, "0.10000000000000001"),
            (1.0 / 3.0, "0.33333333333333331"),
            (1e16, "10000000000000000.0"),
            (1e17, "1e+17"),
            (123456789012345680.0, "1.2345678901234568e+17"),
            (0.0001, "0.0001"),
            (0.00001, "1.0000000000000001e-05"),
            (1.5e300, "1.5000000000000001e+300"),
            (5e-324, "4.9406564584124654e-324"),
            (1608625755.5, "1608625755.5"),
            (9.999999999999999e16, "99999999999999984.0"),
        ];
        for (number, text) in cases {
            assert_eq!(double(number), text);
        }
        assert_eq!(double(f64::NAN), "null");
        assert_eq!(double(f64::INFINITY), "1e+9999");
        assert_eq!(double(f64::NEG_INFINITY), "-1e+9999");
    }

    #[test]
    fn integers_keep_their_digits_and_doubles_stay_doubles() {
        let text = "[-9223372036854775808,123456789012345678901234567890,3.0,1e18]";
        assert_eq!(
            object_style(text),
            "[\n\t-9223372036854775808,\n\t123456789012345678901234567890,\n\t3.0,\n\t1e+18\n]"
        );
    }
}
