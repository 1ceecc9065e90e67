//! What the records of a space file say at their fixed places, without being parsed: what a snapshot has to know of each.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use rps_runtime::Oid;

use super::index::SpaceIndex;
use super::load::transients;
use super::payload;
use super::reader::Reader;
use super::record::hundredths;
use crate::text::Limits;

/// What the records of a space file say.
#[derive(Debug, PartialEq)]
pub(crate) struct Heads {
    /// The space.
    pub(crate) space: Oid,
    /// The records, in ascending order.
    pub(crate) records: Vec<Head>,
    /// The symbols among them, with their names.
    pub(crate) symbols: Vec<(Oid, String)>,
    /// Those with a payload of a kind that this crate does not know, and with something in it.
    pub(crate) foreign: Vec<Oid>,
    /// The objects without a space that are referred to, in ascending order.
    pub(crate) transients: Vec<Oid>,
}

/// What one record says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Head {
    pub(crate) oid: Oid,
    pub(crate) class: Option<Oid>,
    /// In hundredths of a second since 1970.
    pub(crate) mtime: i64,
    /// Where the record begins in the file.
    pub(crate) start: u32,
    pub(crate) len: u32,
}

/// How the payload of a record begins, if it has one: no other line can begin so.
const PAYLOAD: &[u8] = b"\n,\"payload\":{\"kind\":";

/// Returns what the records of a space file say, or nothing if it is not exactly as a dump writes it.
pub(crate) fn heads(text: &[u8]) -> Option<Heads> {
    let (index, report) = SpaceIndex::read(Path::new(""), text, &Limits::default());
    let index = index.filter(|_| report.is_empty())?;
    let text = std::str::from_utf8(text).ok()?;
    let mut heads = Heads {
        space: index.header.oid,
        records: Vec::with_capacity(index.records.len()),
        symbols: Vec::new(),
        foreign: Vec::new(),
        transients: Vec::from_iter(transients(text).collect::<BTreeSet<_>>()),
    };
    for span in &index.records {
        let record = text.get(span.range())?;
        let (class, mtime) = class_and_mtime(record)?;
        heads.records.push(Head {
            oid: span.oid,
            class,
            mtime,
            start: u32::try_from(span.start).ok()?,
            len: span.len,
        });
        let Some(at) = memchr::memmem::find(record.as_bytes(), PAYLOAD) else { continue };
        let reader = &mut Reader::new(record, at + PAYLOAD.len());
        let kind = reader.string().ok()?;
        if kind == "symbol" {
            heads.symbols.push((span.oid, symbol_name(reader)?));
        } else if !payload::KINDS.contains(&&*kind) && reader.peek() != Some(b'}') {
            heads.foreign.push(span.oid);
        }
    }
    Some(heads)
}

/// Returns the kind of the payload of a record, and where the payload is in it.
pub(super) fn payload_of(record: &str) -> Option<(String, Range<usize>)> {
    let at = memchr::memmem::find(record.as_bytes(), PAYLOAD)?;
    let kind = Reader::new(record, at + PAYLOAD.len()).string().ok()?;
    let start = at + "\n,\"payload\":".len();
    let reader = &mut Reader::new(record, start);
    reader.skip().ok()?;
    Some((kind.into(), start..reader.position()))
}

/// Returns what the first two lines of a record say.
fn class_and_mtime(record: &str) -> Option<(Option<Oid>, i64)> {
    let mut lines = record.split('\n');
    let first = lines.next()?.get(r#"{"oid":"_006mAbXTG4G00QR5HS""#.len()..)?;
    let class = match first {
        "" => None,
        class => Some(Oid::parse(class.strip_prefix(",\"class\":\"")?.strip_suffix('"')?).ok()?),
    };
    Some((class, hundredths(lines.next()?.strip_prefix(",\"mtime\":")?)?))
}

/// Returns the name of a symbol, which is the first field behind its kind.
fn symbol_name(reader: &mut Reader<'_>) -> Option<String> {
    let mut first = false;
    (reader.next_key(&mut first).ok()?? == "name").then(|| reader.string().ok())?.map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"format":"repersys-1"
,"space":{"name":"core","oid":"_8J6vNYtP5E800eCr5q"}
,"objects":[
{"oid":"_006mAbXTG4G00QR5HS","class":"_36I1BY2NetN03WjrOv"
,"mtime":1753104830.76
,"payload":{"kind":"symbol"
,"name":"dis\"play"
}
},
{"oid":"_02iWbXmFx8f04ldLRt"
,"mtime":-0.25
,"components":[
 {"transient":"_1EBVGSfW2m200z18rx"}
]
,"payload":{"kind":"geo/Point"
,"schema":"00c0ffee00c0ffee"
}
}
]}
"#;

    fn oid(text: &str) -> Oid {
        Oid::parse(text).unwrap()
    }

    #[test]
    fn the_fixed_places_are_read() {
        let heads = heads(TEXT.as_bytes()).unwrap();
        let [a, b] = ["_006mAbXTG4G00QR5HS", "_02iWbXmFx8f04ldLRt"].map(oid);
        assert_eq!(heads.space, oid("_8J6vNYtP5E800eCr5q"));
        let says: Vec<_> = heads.records.iter().map(|head| (head.oid, head.class, head.mtime)).collect();
        assert_eq!(says, [(a, Some(oid("_36I1BY2NetN03WjrOv")), 175_310_483_076), (b, None, -25)]);
        assert_eq!(heads.symbols, [(a, "dis\"play".to_owned())]);
        assert_eq!((heads.foreign, heads.transients), (vec![b], vec![oid("_1EBVGSfW2m200z18rx")]));
        let record = &TEXT[heads.records[1].start as usize..][..heads.records[1].len as usize];
        assert!(record.starts_with("{\"oid\":\"_02iWbXmFx8f04ldLRt\"") && record.ends_with("\n}"));
    }

    #[test]
    fn what_no_dump_writes_has_no_heads() {
        for (from, to) in [
            ("\"mtime\":-0.25", "\"mtime\":\"x\""),
            (",\"name\":\"dis", ",\"weak\":true,\"name\":\"dis"),
            ("\"class\":\"_36I", "\"klass\":\"_36I"),
            ("_02iWbXmFx8f04ldLRt", "_006mAbXTG4G00QR5HS"),
            ("\n]}\n", "\n] }\n"),
            ("repersys-1", "repersys-9"),
        ] {
            assert_eq!(heads(TEXT.replace(from, to).as_bytes()), None, "{to}");
        }
    }
}
