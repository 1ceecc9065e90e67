//! Which objects a text names, without parsing it.
//!
//! A reference is an oid in quotes, and nothing else has this form but a string that looks like one: an object that is
//! encoded for such a string gets the record that it had.

use std::collections::{BTreeSet, HashSet};

use memchr::memmem::Finder;
use rps_runtime::Oid;
use rps_runtime::oid::TEXT_LEN;

use super::old::OldText;

/// How an oid begins where it is named.
const QUOTED: &[u8] = b"\"_";

/// What stands before the oid that a record is of.
const OWN: &[u8] = b"\n{\"oid\":";

/// What stands before an oid whose object is not stored.
const TRANSIENT: &[u8] = b"{\"transient\":";

/// Returns whether a text names one of the objects.
pub(super) fn names_any(text: &[u8], sought: &HashSet<Oid>) -> bool {
    references(text).any(|(_, oid)| sought.contains(&oid))
}

/// Returns the objects whose records name one of those that are sought.
pub(super) fn naming(text: &OldText, sought: &HashSet<Oid>) -> BTreeSet<Oid> {
    let hits = references(&text.content).filter(|(_, oid)| sought.contains(oid));
    let record_at = |at: usize| {
        let before = text.records.partition_point(|record| record.range().start <= at);
        let record = text.records.get(before.checked_sub(1)?)?;
        (at < record.range().end).then_some(record.oid)
    };
    hits.filter_map(|(at, _)| record_at(at)).collect()
}

/// Returns the objects that a text names as not stored.
pub(in super::super) fn transients_in(text: &[u8]) -> BTreeSet<Oid> {
    let finder = Finder::new(TRANSIENT);
    finder.find_iter(text).filter_map(|at| oid_at(text, at + TRANSIENT.len())).collect()
}

/// Returns the oids in quotes and where they are, but for those that records are of.
fn references(text: &[u8]) -> impl Iterator<Item = (usize, Oid)> {
    let finder = Finder::new(QUOTED).into_owned();
    let mut from = 0;
    let next = move || {
        let at = from + finder.find(&text[from..])?;
        from = at + QUOTED.len();
        Some(at)
    };
    std::iter::from_fn(next)
        .filter(|&at| !text[..at].ends_with(OWN))
        .filter_map(|at| Some((at, oid_at(text, at)?)))
}

/// Returns the oid that stands in quotes at an offset.
fn oid_at(text: &[u8], at: usize) -> Option<Oid> {
    let quoted = text.get(at..at + TEXT_LEN + 2)?;
    match quoted {
        [b'"', oid @ .., b'"'] => Oid::parse_bytes(oid).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::native::SpaceIndex;
    use crate::text::Limits;

    const A: Oid = Oid::known("_006mAbXTG4G00QR5HS");
    const B: Oid = Oid::known("_02iWbXmFx8f04ldLRt");
    const C: Oid = Oid::known("_1EBVGSfW2m200z18rx");
    const SPACE: Oid = Oid::known("_8J6vNYtP5E800eCr5q");

    fn text() -> OldText {
        let text = format!(
            "{{\"format\":\"repersys-1\"\n,\"space\":{{\"name\":\"s\",\"oid\":\"{SPACE}\"}}\n,\"objects\":[\n\
             {{\"oid\":\"{A}\"\n,\"mtime\":1.00\n,\"components\":[\n \"{B}\"\n,\"\\\"{C}\\\"\"\n]\n}},\n\
             {{\"oid\":\"{B}\"\n,\"mtime\":1.00\n,\"components\":[\n {{\"transient\":\"{C}\"}}\n,\"_x\"\n]\n}}\n]}}\n"
        );
        let (index, report) = SpaceIndex::read(Path::new("s.json"), text.as_bytes(), &Limits::default());
        assert!(report.is_empty(), "{report}");
        OldText { content: text.into_bytes().into(), records: index.unwrap().records }
    }

    fn found(sought: &[Oid]) -> Vec<Oid> {
        let (text, sought) = (text(), sought.iter().copied().collect());
        let found: Vec<Oid> = naming(&text, &sought).into_iter().collect();
        assert_eq!(names_any(&text.content, &sought), !found.is_empty() || sought.contains(&SPACE));
        found
    }

    #[test]
    fn the_records_that_name_an_object_are_found() {
        assert_eq!(found(&[B]), [A]);
        assert_eq!(found(&[C]), [B], "in quotes of its own it is part of a string");
        assert_eq!(found(&[B, C]), [A, B]);
        assert_eq!(found(&[A]), [], "its own record does not count");
        assert_eq!(found(&[SPACE]), [], "nor does the header");
    }

    #[test]
    fn what_is_not_stored_is_found_by_its_mark() {
        assert_eq!(transients_in(&text().content), BTreeSet::from([C]));
    }
}
