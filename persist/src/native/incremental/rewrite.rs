//! The files of one space, from those of the generation before and the records that were encoded.

use std::collections::{BTreeMap, HashMap, HashSet};

use rps_runtime::Oid;

use super::super::frame::SpaceHeader;
use super::layout::{Item, Kept, Layout, Piece, cost_of_file};
use super::old::{Old, OldFile, OldSpace, Stale, Texts};
use super::select::Selection;
use crate::codec;

/// What becomes of a space.
pub(in super::super) struct Change<'c, 'o> {
    /// The space of the generation before.
    old: Option<&'c OldSpace<'o>>,
    /// How many objects it has now.
    pub(in super::super) objects: u64,
    /// Records of the generation before that are to go, or to be replaced.
    dropped: HashSet<Oid>,
    /// Records that are new, or come in the place of others.
    fresh: Vec<Piece>,
}

/// How the files of a space are made.
pub(in super::super) struct Form<'f> {
    pub(in super::super) header: &'f SpaceHeader,
    /// What the files are called, without digits and ending.
    pub(in super::super) base: &'f str,
    /// What the records of a file may cost.
    pub(in super::super) limit: usize,
    /// Whether the files of the generation before were cut by this limit.
    pub(in super::super) is_same_limit: bool,
    pub(in super::super) codecs: &'f codec::Plan<'f>,
}

/// The files that a space is to have.
#[derive(Default)]
pub(in super::super) struct SpacePlan {
    /// The paths of those that stay as they are.
    pub(in super::super) kept: Vec<String>,
    /// Those that are to be written: by how many digits they are called, and their records.
    pub(in super::super) written: Vec<(usize, Vec<Piece>)>,
}

/// Returns what becomes of each space, by its oid; the spaces that end up without an object are left out.
///
/// `encoded` says in which space each new record belongs.
pub(in super::super) fn changes<'c, 'o>(
    old: &'c Old<'o>,
    selection: &Selection,
    encoded: Vec<(Oid, Piece)>,
) -> Result<BTreeMap<Oid, Change<'c, 'o>>, Stale> {
    let of_old = |space: &'c OldSpace<'o>| Change {
        old: Some(space),
        objects: space.entry.objects,
        dropped: HashSet::new(),
        fresh: Vec::new(),
    };
    let mut all: BTreeMap<Oid, Change<'c, 'o>> =
        old.spaces.iter().map(|(&oid, space)| (oid, of_old(space))).collect();
    for (&oid, space) in &selection.located {
        let change = all.get_mut(space).ok_or(Stale)?;
        change.dropped.insert(oid);
        change.objects = change.objects.checked_sub(1).ok_or(Stale)?;
    }
    for (space, piece) in encoded {
        let none = || Change { old: None, objects: 0, dropped: HashSet::new(), fresh: Vec::new() };
        let change = all.entry(space).or_insert_with(none);
        change.objects += 1;
        change.fresh.push(piece);
    }
    all.retain(|_, change| change.objects > 0);
    Ok(all)
}

impl<'o> Change<'_, 'o> {
    /// Returns the files that the space is to have.
    ///
    /// # Errors
    ///
    /// If a file of the generation before is not what it should be.
    pub(in super::super) fn plan(
        self,
        old: &Old<'o>,
        form: &Form<'_>,
        texts: &mut Texts,
    ) -> Result<SpacePlan, Stale> {
        let Change { old: space, dropped, mut fresh, .. } = self;
        let limit = form.limit as u64;
        let Some(space) = space else {
            let items = fresh.into_iter().map(Item::Record).collect();
            let placed = Layout { limit, open: &mut |_| Err(Stale) }.place(items)?;
            return Ok(SpacePlan { kept: Vec::new(), written: placed.written });
        };
        let files: Vec<(&str, &OldFile<'o>)> =
            space.files.iter().map(|(digits, file)| (digits.as_str(), file)).collect();
        let is_renamed = space.entry.name != form.header.name || space.base != form.base;
        let is_kept = |file: &OldFile<'o>| !is_renamed && form.codecs.keeps(file.codec.as_deref());
        let is_untouched = dropped.is_empty() && fresh.is_empty();
        if is_untouched && form.is_same_limit && files.iter().all(|(_, file)| is_kept(file)) {
            let kept = files.iter().map(|(_, file)| file.entry.path.clone()).collect();
            return Ok(SpacePlan { kept, written: Vec::new() });
        }
        let oids = dropped.iter().copied().chain(fresh.iter().map(|piece| piece.oid));
        let touched: HashSet<&str> = oids.filter_map(|oid| Some(space.file_of(oid)?.0)).collect();
        let mut opened = Opened { old, space, files: &files, texts, numbers: HashMap::new() };
        let mut items = Vec::with_capacity(files.len() + fresh.len());
        for (number, &(digits, file)) in files.iter().enumerate() {
            if touched.contains(digits) || !is_kept(file) {
                let records = opened.records(number)?;
                items.extend(
                    records.into_iter().filter(|piece| !dropped.contains(&piece.oid)).map(Item::Record),
                );
            } else {
                let cost = cost_of_file(old.plain_size(file)?, form.header).ok_or(Stale)?;
                items.push(Item::File(Kept { number, prefix: digits.to_owned(), cost }));
            }
        }
        items.extend(fresh.drain(..).map(Item::Record));
        let placed = Layout { limit, open: &mut |number| opened.records(number) }.place(items)?;
        let path = |number: usize| files[number].1.entry.path.clone();
        Ok(SpacePlan { kept: placed.kept.into_iter().map(path).collect(), written: placed.written })
    }
}

/// The files of a space that are read.
struct Opened<'p, 'o> {
    old: &'p Old<'o>,
    space: &'p OldSpace<'o>,
    files: &'p [(&'p str, &'p OldFile<'o>)],
    texts: &'p mut Texts,
    /// The numbers of their texts, by those of the files.
    numbers: HashMap<usize, usize>,
}

impl Opened<'_, '_> {
    /// Returns the records of a file.
    fn records(&mut self, number: usize) -> Result<Vec<Piece>, Stale> {
        let text = self.old.open(self.space, self.files[number].1)?;
        let known = *self.numbers.entry(number).or_insert_with(|| self.texts.add(text.content.clone()));
        Ok(text.pieces(known).collect())
    }
}
