//! Putting space files together, byte for byte as RefPerSys does.

use rps_runtime::Oid;
use serde_json::Value;

use super::{Header, Prologue, jsoncpp, space_path};

/// The class of classes, which start lines mark.
const CLASS: Oid = Oid::known("_41OFI3r0S1t03qdB2E");

/// The initial space, which start lines mark.
const INITIAL_SPACE: Oid = Oid::known("_8J6vNYtP5E800eCr5q");

/// What the lines around an object say about it. All of it is derived from the object, its class and its space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caption<'o> {
    /// The object.
    pub oid: Oid,
    /// Its attribute `name`, if that is a string that is not empty.
    pub name: Option<&'o str>,
    /// Its class.
    pub class: Oid,
    /// The name of the symbol in the class information of its class.
    pub class_symbol: Option<&'o str>,
    /// Its space.
    pub space: Oid,
}

/// Appends what comes before the first object.
pub fn begin_file(out: &mut String, header: &Header, prologue: &Prologue) {
    out.push_str(header.text());
    out.push_str(&prologue.to_text());
    out.push('\n');
}

/// Appends an object: start line, body, end line, and the empty lines around them.
///
/// `mtime` is in seconds since 1970. The members are written in the order of their keys, whatever order they come in;
/// `oid` and `mtime` are not among them.
pub fn object<'m>(
    out: &mut String,
    caption: &Caption<'_>,
    mtime: f64,
    members: impl IntoIterator<Item = (&'m str, &'m Value)>,
) {
    out.push_str("\n\n");
    start_line(out, caption);
    body(out, caption.oid, mtime, members);
    end_line(out, caption);
    out.push('\n');
}

/// Appends what comes after the last object.
pub fn end_file(out: &mut String, space: Oid) {
    let path = space_path(space);
    push(out, &format!("\n\n//// end of RefPerSys generated space file {path}\n"));
}

/// Appends the start line of an object.
///
/// RefPerSys does not end the line when the class has no symbol, and can not load the file then. Here it always ends.
pub fn start_line(out: &mut String, caption: &Caption<'_>) {
    let Caption { oid, name, class, class_symbol, space } = *caption;
    let name = name.map(one_line);
    push(out, &format!("//+ob{oid}"));
    if let Some(name) = &name {
        push(out, &format!(":{name}"));
    }
    if class == CLASS {
        out.push_str("/CLASS");
    }
    if space == INITIAL_SPACE {
        out.push('!');
    }
    if let Some(symbol) = class_symbol {
        let shown = name.map(|name| format!("${name}")).unwrap_or_default();
        push(out, &format!("//{shown}∈{symbol} h:{}", oid.hash32()));
    }
    out.push('\n');
}

/// Appends the end line of an object.
pub fn end_line(out: &mut String, caption: &Caption<'_>) {
    let name = caption.name.map(|name| format!(":{}", one_line(name))).unwrap_or_default();
    push(out, &format!("//-ob{}{name}\n", caption.oid));
}

/// Appends the JSON of an object.
pub fn body<'m>(
    out: &mut String,
    oid: Oid,
    mtime: f64,
    members: impl IntoIterator<Item = (&'m str, &'m Value)>,
) {
    push(out, &format!("{{\n \"oid\": \"{oid}\",\n \"mtime\": {mtime:.2}"));
    let mut members: Vec<_> = members.into_iter().collect();
    members.sort_unstable_by_key(|(key, _)| key.as_bytes());
    let mut text = String::new();
    for (key, value) in members {
        text.clear();
        jsoncpp::write_object_style(&mut text, value);
        push(out, &format!(",\n \"{key}\" : "));
        for (index, line) in text.split('\n').enumerate() {
            // Lines within a value are set in by two blanks, before their tabs.
            out.push_str(if index > 0 { "\n  " } else { "" });
            out.push_str(line);
        }
    }
    out.push_str("\n}\n");
}

/// A newline in a name would end the comment in which it is written.
fn one_line(name: &str) -> String {
    name.replace(['\n', '\r'], " ")
}

fn push(out: &mut String, text: &str) {
    out.push_str(text);
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use super::*;

    /// The worked example of the format document, §12.
    #[test]
    fn the_worked_example_of_the_format_document() {
        let oid = Oid::known("_2jxQnlddPzN01jSvaT");
        let caption =
            Caption { oid, name: None, class: CLASS, class_symbol: Some("class"), space: INITIAL_SPACE };
        let members = json!({
            "payload": "classinfo", "class_name": "probe_class", "class_methodict": [], "class": CLASS.to_string(),
            "class_super": "_5yhJGgxLwLp00X0xEQ", "class_symb": "_7MJJ0WtmCpN025BKf7",
        });
        let members = members.as_object().unwrap();
        let mut out = String::new();
        object(&mut out, &caption, 1795204857.62, members.iter().map(|(key, value)| (&**key, value)));
        expect![[r#"


            //+ob_2jxQnlddPzN01jSvaT/CLASS!//∈class h:1135553255
            {
             "oid": "_2jxQnlddPzN01jSvaT",
             "mtime": 1795204857.62,
             "class" : "_41OFI3r0S1t03qdB2E",
             "class_methodict" : [],
             "class_name" : "probe_class",
             "class_super" : "_5yhJGgxLwLp00X0xEQ",
             "class_symb" : "_7MJJ0WtmCpN025BKf7",
             "payload" : "classinfo"
            }
            //-ob_2jxQnlddPzN01jSvaT

        "#]]
        .assert_eq(&out);
    }

    #[test]
    fn start_lines_always_end_and_names_never_break_them() {
        let oid = Oid::known("_006mAbXTG4G00QR5HS");
        let mut caption = Caption { oid, name: Some("a\nb"), class: oid, class_symbol: None, space: oid };
        let line = |caption: &Caption<'_>| {
            let mut out = String::new();
            start_line(&mut out, caption);
            out
        };
        assert_eq!(line(&caption), "//+ob_006mAbXTG4G00QR5HS:a b\n");
        caption.class_symbol = Some("symbol");
        assert_eq!(line(&caption), "//+ob_006mAbXTG4G00QR5HS:a b//$a b∈symbol h:2127571271\n");
    }
}
