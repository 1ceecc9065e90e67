//! Which records share a file: the rule, and what it means for files that are there already.
//!
//! The rule is a function of the records alone. The objects of a space are in one file if they fit; if not, they are
//! parted by the first digit of their oids, and each part that does not fit by the next digit. Records *fit* when their
//! bytes and [`SEPARATOR`] more for each are at most the limit; one record alone always fits.
//!
//! What a file costs so can be told from its size, without reading it. So a dump that knows the files of the generation
//! before, and the records that changed, finds the same files as one that encodes all objects: this is what
//! [`Layout::place`] does, and a property test compares the two.

use std::collections::BTreeMap;
use std::ops::Range;

use rps_runtime::Oid;
use rps_runtime::oid::TEXT_LEN;

use super::super::frame::{SpaceFileWriter, SpaceHeader};
use super::super::place::escape_capitals;

/// So many bytes stand between two records.
const SEPARATOR: usize = 2;

/// A record, and where its text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Piece {
    pub(in super::super) oid: Oid,
    /// The number of the text that it is in: see `Texts`.
    pub(in super::super) text: usize,
    pub(in super::super) range: Range<usize>,
}

/// A part of what is to be in the files of a space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    /// A file as it is.
    File(Kept),
    /// A record.
    Record(Piece),
}

/// A file of the generation before, none of whose records changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    /// Its number among the files of its space.
    pub(super) number: usize,
    /// The digits that the oids in it have in common, by which it is called.
    pub(super) prefix: String,
    /// What its records cost.
    pub(super) cost: u64,
}

/// What a space consists of.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Placed {
    /// The numbers of the files that stay as they are.
    pub(super) kept: Vec<usize>,
    /// The files that are to be written: how many digits they are called by, and the records, sorted by oid.
    pub(super) written: Vec<(usize, Vec<Piece>)>,
}

/// Places the records of one space.
pub(super) struct Layout<'l, E> {
    /// What records in one file may cost.
    pub(super) limit: u64,
    /// Returns the records of a kept file, by its number.
    pub(super) open: &'l mut dyn FnMut(usize) -> Result<Vec<Piece>, E>,
}

impl<E> Layout<'_, E> {
    /// Returns the files that the items belong in.
    ///
    /// # Errors
    ///
    /// Those of opening files that have to be cut or joined.
    pub(super) fn place(&mut self, items: Vec<Item>) -> Result<Placed, E> {
        let mut placed = Placed::default();
        self.place_at(0, items, &mut placed)?;
        Ok(placed)
    }

    /// Places items whose oids have the first digits in common.
    fn place_at(&mut self, digits: usize, items: Vec<Item>, placed: &mut Placed) -> Result<(), E> {
        let mut items = self.checked(digits, items)?;
        let cost: u64 = items.iter().map(Item::cost).sum();
        match &items[..] {
            [] => {}
            // What was checked fits, or is one record.
            [Item::File(kept)] if kept.prefix.len() == digits => placed.kept.push(kept.number),
            [Item::File(kept)] if kept.cost > self.limit => {
                let records = (self.open)(kept.number)?;
                match &records[..] {
                    [_] => placed.written.push((digits, records)),
                    _ => self.place_at(digits, records.into_iter().map(Item::Record).collect(), placed)?,
                }
            }
            _ if cost <= self.limit || matches!(items[..], [Item::Record(_)]) => {
                let mut records = self.records(items)?;
                records.sort_unstable_by_key(|record| record.oid);
                placed.written.push((digits, records));
            }
            _ => {
                if items.iter().any(|item| item.ends_at(digits)) {
                    items = self.records(items)?.into_iter().map(Item::Record).collect();
                }
                let mut groups: BTreeMap<u8, Vec<Item>> = BTreeMap::new();
                for item in items {
                    groups.entry(item.digit(digits)).or_default().push(item);
                }
                for group in groups.into_values() {
                    self.place_at(digits + 1, group, placed)?;
                }
            }
        }
        Ok(())
    }

    /// Takes files apart that are too large and have several records: another limit has held when they were written.
    fn checked(&mut self, digits: usize, items: Vec<Item>) -> Result<Vec<Item>, E> {
        let is_suspect = |item: &Item| matches!(item, Item::File(kept) if kept.cost > self.limit && kept.prefix.len() == digits);
        if !items.iter().any(is_suspect) {
            return Ok(items);
        }
        let mut checked = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Item::File(kept) if kept.cost > self.limit && kept.prefix.len() == digits => {
                    let records = (self.open)(kept.number)?;
                    match &records[..] {
                        [_] => checked.push(Item::File(kept)),
                        _ => checked.extend(records.into_iter().map(Item::Record)),
                    }
                }
                item => checked.push(item),
            }
        }
        Ok(checked)
    }

    fn records(&mut self, items: Vec<Item>) -> Result<Vec<Piece>, E> {
        let mut records = Vec::new();
        for item in items {
            match item {
                Item::File(kept) => records.extend((self.open)(kept.number)?),
                Item::Record(piece) => records.push(piece),
            }
        }
        Ok(records)
    }
}

impl Item {
    fn cost(&self) -> u64 {
        match self {
            Item::File(kept) => kept.cost,
            Item::Record(piece) => (piece.range.len() + SEPARATOR) as u64,
        }
    }

    /// Returns whether this is a file that is called by so many digits.
    fn ends_at(&self, digits: usize) -> bool {
        matches!(self, Item::File(kept) if kept.prefix.len() <= digits)
    }

    /// Returns the digit by which it is parted from others.
    fn digit(&self, digits: usize) -> u8 {
        match self {
            Item::File(kept) => kept.prefix.as_bytes()[digits],
            Item::Record(piece) => piece.oid.to_text()[(1 + digits).min(TEXT_LEN - 1)],
        }
    }
}

/// Cuts records, sorted by oid, all of which have the first digits in common, and gives the records of each file to `put`
/// with the number of digits by which it is called. `entry` returns the oid and the length of a record.
///
/// # Errors
///
/// The first one of `put`.
pub(crate) fn cut<'r, T, E>(
    records: &'r [T],
    digits: usize,
    limit: usize,
    entry: &impl Fn(&T) -> (Oid, usize),
    put: &mut impl FnMut(usize, &'r [T]) -> Result<(), E>,
) -> Result<(), E> {
    if records.is_empty() {
        return Ok(());
    }
    let bytes = records.iter().map(|record| entry(record).1).sum();
    if cost_of(bytes, records.len()) <= limit || records.len() == 1 {
        return put(digits, records);
    }
    let prefix = |record: &T| prefix(entry(record).0, digits + 1);
    for group in records.chunk_by(|a, b| prefix(a) == prefix(b)) {
        cut(group, digits + 1, limit, entry, put)?;
    }
    Ok(())
}

/// Returns the text of an oid up to its first digits, the rest blanked out.
pub(in super::super) fn prefix(oid: Oid, digits: usize) -> [u8; TEXT_LEN] {
    let mut text = oid.to_text();
    text[TEXT_LEN.min(1 + digits)..].fill(0);
    text
}

/// Returns what records of these lengths cost in all.
fn cost_of(bytes: usize, records: usize) -> usize {
    bytes + records * SEPARATOR
}

/// Returns what the records cost that are in a file of this size behind this header; nothing if no file can be so small.
pub(super) fn cost_of_file(size: u64, header: &SpaceHeader) -> Option<u64> {
    // Writing to a vector does not fail.
    let empty =
        SpaceFileWriter::begin(Vec::new(), header).and_then(SpaceFileWriter::finish).unwrap_or_default();
    // No separator comes before the first record, but a newline.
    (size + SEPARATOR as u64 - 1).checked_sub(empty.len() as u64)
}

/// Returns the base and the digits of the path of a space's file, without the name of its codec.
pub(super) fn parts_of(path: &str) -> Option<(&str, String)> {
    let name = path.strip_suffix(".json")?;
    let Some((base, escaped)) = name.split_once('/') else { return Some((name, String::new())) };
    let mut digits = String::with_capacity(escaped.len());
    let mut chars = escaped.chars();
    while let Some(char) = chars.next() {
        digits.push(if char == '+' { chars.next()?.to_ascii_uppercase() } else { char });
    }
    // Another tool's name would be another digit's.
    let is_ours = (1..TEXT_LEN).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && escape_capitals(&digits) == escaped;
    is_ours.then_some((base, digits))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    /// A file as a list of the oids and sizes in it, by the digits that it is called by.
    type Files = BTreeMap<String, Vec<(Oid, usize)>>;

    fn digits_of(oid: Oid, digits: usize) -> String {
        oid.to_string()[1..=digits].to_owned()
    }

    /// The rule as it is written in the manual.
    fn by_the_rule(records: &[(Oid, usize)], digits: usize, limit: usize, files: &mut Files) {
        let Some(&(first, _)) = records.first() else { return };
        let bytes = records.iter().map(|(_, size)| size).sum();
        if cost_of(bytes, records.len()) <= limit || records.len() == 1 {
            files.insert(digits_of(first, digits), records.to_vec());
            return;
        }
        let mut groups: BTreeMap<String, Vec<(Oid, usize)>> = BTreeMap::new();
        for &(oid, size) in records {
            groups.entry(digits_of(oid, digits + 1)).or_default().push((oid, size));
        }
        groups.values().for_each(|group| by_the_rule(group, digits + 1, limit, files));
    }

    /// Places what is in old files, some of whose records have other sizes or are gone, and new ones.
    fn placed(old: &Files, new: &BTreeMap<Oid, usize>, limit: usize) -> (Files, usize) {
        let piece = |(oid, size): (Oid, usize)| Piece { oid, text: 0, range: 0..size };
        let mut items = Vec::new();
        let mut seen = Vec::new();
        for (number, (prefix, records)) in old.iter().enumerate() {
            seen.extend(records.iter().map(|(oid, _)| *oid));
            let is_as_it_was = records.iter().all(|(oid, size)| new.get(oid) == Some(size))
                && new.keys().filter(|oid| oid.to_string()[1..].starts_with(&**prefix)).count()
                    == records.len();
            if is_as_it_was {
                let cost = cost_of(records.iter().map(|(_, size)| size).sum(), records.len()) as u64;
                items.push(Item::File(Kept { number, prefix: prefix.clone(), cost }));
            } else {
                let there = records.iter().filter_map(|(oid, _)| Some((*oid, *new.get(oid)?)));
                items.extend(there.map(piece).map(Item::Record));
            }
        }
        let fresh = new.iter().filter(|(oid, _)| !seen.contains(oid));
        items.extend(fresh.map(|(oid, size)| Item::Record(piece((*oid, *size)))));
        let contents: Vec<&Vec<(Oid, usize)>> = old.values().collect();
        let mut open =
            |number: usize| Ok::<_, Infallible>(contents[number].iter().copied().map(piece).collect());
        let Ok(found) = Layout { limit: limit as u64, open: &mut open }.place(items);
        let names: Vec<&String> = old.keys().collect();
        let mut files: Files = Files::new();
        for &number in &found.kept {
            files.insert(names[number].clone(), contents[number].clone());
        }
        for (digits, records) in &found.written {
            let records: Vec<_> = records.iter().map(|piece| (piece.oid, piece.range.len())).collect();
            assert!(files.insert(digits_of(records[0].0, *digits), records).is_none());
        }
        (files, found.kept.len())
    }

    fn oids() -> impl Strategy<Value = Oid> {
        // Few first digits, so that files are cut deep.
        (0u64..40, 0u64..3).prop_map(|(n, m)| {
            Oid::from_words(n * 30_000_000_000_000_000 + m * 400_000_000_000 + 1_000_000, 1_000_000).unwrap()
        })
    }

    fn space() -> impl Strategy<Value = BTreeMap<Oid, usize>> {
        prop::collection::btree_map(oids(), 42usize..300, 0..60)
    }

    proptest! {
        #[test]
        fn old_files_and_changes_give_the_files_of_the_rule_rps_3(
            mut space in space(),
            changes in prop::collection::vec((oids(), prop::option::of(42usize..300)), 0..12),
            limit in 50usize..2000,
            before in 50usize..2000,
        ) {
            let list = |space: &BTreeMap<Oid, usize>| -> Vec<(Oid, usize)> {
                space.iter().map(|(oid, size)| (*oid, *size)).collect()
            };
            let files = |space: &BTreeMap<Oid, usize>, limit| {
                let mut files = Files::new();
                by_the_rule(&list(space), 0, limit, &mut files);
                files
            };
            // The function is the rule.
            let mut cut_up = Files::new();
            let records = list(&space);
            let put = &mut |digits, records: &[(Oid, usize)]| {
                cut_up.insert(digits_of(records[0].0, digits), records.to_vec());
                Ok::<(), Infallible>(())
            };
            let Ok(()) = cut(&records, 0, limit, &|&record| record, put);
            prop_assert_eq!(&cut_up, &files(&space, limit));
            // Without a change nothing is written, but if another limit has held.
            let old = files(&space, limit);
            let (same, kept) = placed(&old, &space, limit);
            prop_assert_eq!((&same, kept), (&old, old.len()));
            let other = files(&space, before);
            prop_assert_eq!(&placed(&other, &space, limit).0, &old);
            for (oid, size) in changes {
                match size {
                    Some(size) => drop(space.insert(oid, size)),
                    None => drop(space.remove(&oid)),
                }
            }
            prop_assert_eq!(placed(&old, &space, limit).0, files(&space, limit));
        }
    }

    #[test]
    fn what_records_cost_is_known_from_the_size_of_their_file() {
        let oid = Oid::known("_8J6vNYtP5E800eCr5q");
        let header = SpaceHeader { name: "s".to_owned(), oid, unknown: Default::default() };
        for count in 1..4 {
            let mut file = SpaceFileWriter::begin(Vec::new(), &header).unwrap();
            let record = format!("{{\"oid\":\"{oid}\"\n}}");
            (0..count).for_each(|_| file.record(record.as_bytes()).unwrap());
            let size = file.finish().unwrap().len() as u64;
            assert_eq!(cost_of_file(size, &header), Some(cost_of(record.len() * count, count) as u64));
        }
        assert_eq!(cost_of_file(3, &header), None);
    }

    #[test]
    fn a_path_says_which_oids_are_in_its_file() {
        assert_eq!(parts_of("core.json"), Some(("core", String::new())));
        assert_eq!(parts_of("core/3+a0.json"), Some(("core", "3A0".to_owned())));
        for other in ["core", "core/.json", "core/3A.json", "core/a/b.json", "core/+1.json", "core/+.json"] {
            assert_eq!(parts_of(other), None, "{other}");
        }
    }
}
