//! Schemas of Cap'n Proto, made of the text of a payload's schema.
//!
//! Read in this order: [`schema_of`], then the parser of schema texts below it.

use core::fmt;
use core::fmt::Write;

use crate::hash::xxh64;

/// Returns a schema of Cap'n Proto for a type of this name, with this schema's text.
///
/// It is the same for the same text: the ids are made of the hash.
///
/// ```
/// let text = rps_plugin::capnp::schema_of("Point", "struct{x:f64,label:string}").unwrap();
/// assert!(text.contains("struct Point {\n  x @0 :Float64;\n  label @1 :Text;\n}"));
/// ```
///
/// # Errors
///
/// When it has a part that Cap'n Proto has no type for: a number of 128 bits.
pub fn schema_of(name: &str, schema: &str) -> Result<String, Unsupported> {
    let mut parser = Parser { rest: schema };
    let root = parser.kind()?;
    if !parser.rest.is_empty() {
        return Err(parser.unsupported());
    }
    let mut out = format!("@{:#018x};\n\n", xxh64(schema.as_bytes()) | 1 << 63);
    let root = match root {
        Kind::Struct(_) | Kind::Enum(_) => root,
        other => Kind::Struct(vec![("value".to_owned(), other)]),
    };
    define(&mut out, name, &root, 0)?;
    Ok(out)
}

/// What Cap'n Proto has no type for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported(pub String);

impl fmt::Display for Unsupported {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Cap'n Proto has no type for `{}`", self.0)
    }
}

impl std::error::Error for Unsupported {}

/// A type, as the text of a schema says it.
enum Kind {
    /// What has a name in Cap'n Proto, too.
    Plain(&'static str),
    List(Box<Kind>),
    /// A struct of fields.
    Struct(Vec<(String, Kind)>),
    /// A choice of fields; those without content are void.
    Enum(Vec<(String, Kind)>),
}

/// Writes a struct, and those of its fields inside of it.
fn define(out: &mut String, name: &str, kind: &Kind, depth: usize) -> Result<(), Unsupported> {
    let indent = "  ".repeat(depth);
    let (fields, union) = match kind {
        Kind::Struct(fields) => (fields, false),
        Kind::Enum(fields) => (fields, true),
        _ => return Err(Unsupported(name.to_owned())),
    };
    let _ = writeln!(out, "{indent}struct {name} {{");
    // A union has at least two members.
    let inner = if union && fields.len() > 1 { "    " } else { "  " };
    if union && fields.len() > 1 {
        let _ = writeln!(out, "{indent}  union {{");
    }
    for (number, (field, kind)) in fields.iter().enumerate() {
        let own = type_name(field, number);
        let _ = writeln!(
            out,
            "{indent}{inner}{} @{number} :{};",
            field_name(field, number),
            reference(kind, &own)
        );
    }
    if union && fields.len() > 1 {
        let _ = writeln!(out, "{indent}  }}");
    }
    for (number, (field, kind)) in fields.iter().enumerate() {
        if let inside @ (Kind::Struct(_) | Kind::Enum(_)) = innermost(kind) {
            define(out, &type_name(field, number), inside, depth + 1)?;
        }
    }
    let _ = writeln!(out, "{indent}}}");
    Ok(())
}

fn innermost(kind: &Kind) -> &Kind {
    match kind {
        Kind::List(inside) => innermost(inside),
        other => other,
    }
}

fn reference(kind: &Kind, own: &str) -> String {
    match kind {
        Kind::Plain(name) => (*name).to_owned(),
        Kind::List(inside) => format!("List({})", reference(inside, own)),
        Kind::Struct(_) | Kind::Enum(_) => own.to_owned(),
    }
}

/// Returns a name with a small first letter and without `_`, as Cap'n Proto wants it.
fn field_name(name: &str, number: usize) -> String {
    let camel = camel(name);
    let mut chars = camel.chars();
    match chars.next() {
        Some(first) if first.is_ascii_alphabetic() => first.to_ascii_lowercase().to_string() + chars.as_str(),
        _ => format!("field{number}"),
    }
}

/// Returns a name with a capital first letter; the number keeps two fields of like names apart.
fn type_name(name: &str, number: usize) -> String {
    let camel = field_name(name, number);
    let mut chars = camel.chars();
    let first = chars.next().map(|first| first.to_ascii_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}{number}", chars.as_str())
}

fn camel(name: &str) -> String {
    let mut parts = name.split('_').filter(|part| !part.is_empty());
    let mut camel = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut chars = part.chars();
        camel.extend(chars.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(chars.as_str());
    }
    camel
}

struct Parser<'text> {
    rest: &'text str,
}

impl Parser<'_> {
    fn kind(&mut self) -> Result<Kind, Unsupported> {
        if self.take("(") {
            return self.list(")").map(numbered);
        }
        let word = self.word();
        let plain = match word.as_str() {
            "i8" => "Int8",
            "i16" => "Int16",
            "i32" => "Int32",
            "i64" => "Int64",
            "u8" => "UInt8",
            "u16" => "UInt16",
            "u32" | "char" => "UInt32",
            "u64" => "UInt64",
            "f32" => "Float32",
            "f64" => "Float64",
            "bool" => "Bool",
            "string" | "object" => "Text",
            "struct" => return self.fields(),
            "enum" => return self.variants(),
            "option" => {
                let inside = self.arguments()?.remove(0);
                let nothing = ("nothing".to_owned(), Kind::Plain("Void"));
                return Ok(Kind::Enum(vec![nothing, ("value".to_owned(), inside)]));
            }
            "list" | "set" | "array" => return Ok(Kind::List(Box::new(self.arguments()?.remove(0)))),
            "map" => {
                let mut inside = self.arguments()?.into_iter();
                let names = ["key".to_owned(), "value".to_owned()];
                return Ok(Kind::List(Box::new(Kind::Struct(names.into_iter().zip(&mut inside).collect()))));
            }
            _ => return Err(Unsupported(word)),
        };
        Ok(Kind::Plain(plain))
    }

    /// Reads `<T>`, `<K,V>` or `<T,12>`.
    fn arguments(&mut self) -> Result<Vec<Kind>, Unsupported> {
        self.expect("<")?;
        let mut arguments = vec![self.kind()?];
        while self.take(",") {
            if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
                self.word();
            } else {
                arguments.push(self.kind()?);
            }
        }
        self.expect(">")?;
        Ok(arguments)
    }

    fn fields(&mut self) -> Result<Kind, Unsupported> {
        if self.take("(") {
            return self.list(")").map(numbered);
        }
        let mut fields = Vec::new();
        if self.take("{") {
            while !self.take("}") {
                let name = self.word();
                self.expect(":")?;
                fields.push((name, self.kind()?));
                self.take(",");
            }
        }
        Ok(Kind::Struct(fields))
    }

    fn variants(&mut self) -> Result<Kind, Unsupported> {
        let mut variants = Vec::new();
        self.expect("{")?;
        while !self.take("}") {
            let name = self.word();
            let empty = !self.rest.starts_with(['(', '{']);
            variants.push((name, if empty { Kind::Plain("Void") } else { self.fields()? }));
            self.take(",");
        }
        Ok(Kind::Enum(variants))
    }

    fn list(&mut self, end: &str) -> Result<Vec<Kind>, Unsupported> {
        let mut kinds = Vec::new();
        while !self.take(end) {
            kinds.push(self.kind()?);
            self.take(",");
        }
        Ok(kinds)
    }

    fn word(&mut self) -> String {
        let end = self.rest.find(|c: char| "{}()<>,:".contains(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word.to_owned()
    }

    fn take(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, text: &str) -> Result<(), Unsupported> {
        if self.take(text) { Ok(()) } else { Err(self.unsupported()) }
    }

    fn unsupported(&self) -> Unsupported {
        Unsupported(self.rest.to_owned())
    }
}

fn numbered(kinds: Vec<Kind>) -> Kind {
    Kind::Struct(
        kinds.into_iter().enumerate().map(|(number, kind)| (format!("field{number}"), kind)).collect(),
    )
}
