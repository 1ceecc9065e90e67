//! Which objects are to be encoded, given those that changed.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rayon::prelude::*;
use rps_runtime::change::Frozen;
use rps_runtime::{Mutator, ObjectRef, Oid};

use super::super::adopt::{self, adopt};
use super::super::aside::in_pool;
use super::super::dump::Transients;
use super::super::encode::Homes;
use super::super::function::home_in;
use super::mention::{names_any, naming, transients_in};
use super::old::{Old, OldFile, OldSpace, Stale};

/// What a dump has to do.
#[derive(Default)]
pub(in super::super) struct Selection {
    /// The objects that are to be encoded.
    pub(in super::super) encoded: BTreeMap<Oid, ObjectRef>,
    /// In which space the generation before has the records that are to be replaced or removed.
    pub(super) located: HashMap<Oid, Oid>,
    /// How many objects became stored because stored ones can not do without them.
    pub(in super::super) adopted: usize,
    pub(in super::super) homes: Homes,
    /// What was found out about files of the generation before.
    pub(in super::super) transients: Transients,
}

/// Selects the objects whose records the generation before does not have, or has otherwise:
///
/// - those that changed;
/// - those that name an object which is stored now and was not, or the other way round;
/// - those with closures of a function whose `return` ends another call than it did;
/// - those that all these can not do without, which are adopted.
pub(in super::super) fn select(
    m: &Mutator<'_>,
    frozen: &Frozen<'_>,
    old: &Old<'_>,
    transients: &Transients,
) -> Result<Selection, Stale> {
    let mut selection = Selection { transients: transients.clone(), ..Selection::default() };
    let mut changed = frozen.changed().to_vec();
    while !changed.is_empty() {
        let moment: Vec<(Oid, Option<ObjectRef>)> =
            changed.iter().map(|&oid| (oid, stored(m, frozen, oid))).collect();
        let space = |object: Option<ObjectRef>| Some(frozen.space_of(object?)?.oid());
        let wanted: Vec<_> = moment.iter().map(|&(oid, object)| (oid, space(object))).collect();
        let located = in_pool(m, || old.locate(&wanted))?;
        let (mut fresh, mut added, mut sought) = (Vec::new(), HashSet::new(), HashSet::new());
        for (oid, object) in moment {
            let before = located.get(&oid).copied();
            match (object, before) {
                (Some(object), Some(space)) => {
                    fresh.push(object);
                    let home = adopt::home(m, frozen, object);
                    if home_in(&old.record(space, oid)?) != home {
                        sought.insert(oid);
                    }
                }
                (Some(object), None) => {
                    fresh.push(object);
                    added.insert(oid);
                }
                (None, Some(_)) => drop(sought.insert(oid)),
                (None, None) => {}
            }
        }
        selection.located.extend(located);
        selection.encoded.extend(fresh.iter().map(|object| (object.oid(), *object)));
        for (oid, space) in in_pool(m, || mentioning(old, &sought, &added, &mut selection.transients))? {
            // What changed is known already, and what is gone stays so.
            if let Entry::Vacant(place) = selection.located.entry(oid) {
                let object = stored(m, frozen, oid).ok_or(Stale)?;
                place.insert(space);
                selection.encoded.insert(oid, object);
                fresh.push(object);
            }
        }
        fresh.sort_unstable();
        let adoption = adopt(m, frozen, &fresh);
        selection.homes.extend(adoption.homes);
        selection.adopted += adoption.adopted.len();
        changed = adoption.adopted.iter().map(|object| object.oid()).collect();
    }
    Ok(selection)
}

/// Returns the object, if it is in a space at the moment.
fn stored(m: &Mutator<'_>, frozen: &Frozen<'_>, oid: Oid) -> Option<ObjectRef> {
    m.object(oid).filter(|&object| frozen.space_of(object).is_some())
}

/// Returns the objects whose records name one of those that are sought, or name one of those that were added as not
/// stored; and the spaces that they are in.
fn mentioning<'o>(
    old: &Old<'o>,
    sought: &HashSet<Oid>,
    added: &HashSet<Oid>,
    transients: &mut Transients,
) -> Result<BTreeMap<Oid, Oid>, Stale> {
    let files: Vec<(&OldSpace<'o>, &OldFile<'o>)> =
        old.spaces.values().flat_map(|space| space.files.values().map(move |file| (space, file))).collect();
    if sought.is_empty() && added.is_empty() {
        return Ok(BTreeMap::new());
    }
    let known = &*transients;
    let found: Vec<FileNames> = files
        .par_iter()
        .map(|&(space, file)| in_file(old, space, file, sought, added, known))
        .collect::<Result<_, Stale>>()?;
    let mut all = BTreeMap::new();
    for ((space, file), found) in files.into_iter().zip(found) {
        all.extend(found.objects.into_iter().map(|oid| (oid, space.entry.oid)));
        if let Some(oids) = found.transients {
            transients.note(&file.entry.path, oids);
        }
    }
    Ok(all)
}

/// What a file was found to name.
#[derive(Default)]
struct FileNames {
    objects: BTreeSet<Oid>,
    /// The objects that it names as not stored, if that was not known.
    transients: Option<BTreeSet<Oid>>,
}

fn in_file<'o>(
    old: &Old<'o>,
    space: &OldSpace<'o>,
    file: &OldFile<'o>,
    sought: &HashSet<Oid>,
    added: &HashSet<Oid>,
    known: &Transients,
) -> Result<FileNames, Stale> {
    let mut found = FileNames::default();
    let mut wanted: HashSet<Oid> = sought.clone();
    let named: Vec<Oid> = match known.of(&file.entry.path) {
        Some(transients) => transients.intersection(&added.iter().copied().collect()).copied().collect(),
        None if added.is_empty() => Vec::new(),
        None => {
            let transients = transients_in(&old.content(file)?);
            let named = transients.iter().copied().filter(|oid| added.contains(oid)).collect();
            found.transients = Some(transients);
            named
        }
    };
    let is_hit = !named.is_empty() || !sought.is_empty() && names_any(&old.content(file)?, sought);
    wanted.extend(named);
    if is_hit {
        found.objects = naming(&*old.open(space, file)?, &wanted);
    }
    Ok(found)
}
