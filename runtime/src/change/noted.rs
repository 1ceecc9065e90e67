//! The objects that changed, as an account of one purpose notes them.
//!
//! Whoever changes an object notes it here while others wait. So nothing here takes longer when there is more of it: what
//! is noted is never moved, and what is forgotten is forgotten in whole parts.

use crate::oid::Oid;

/// So many objects are noted in one piece.
const CHUNK: usize = 4096;

/// The objects that changed since a view.
#[derive(Debug)]
pub(super) struct Noted {
    /// Who has changed in this epoch or later was noted since it began.
    pub(super) since: u32,
    /// The oldest first; there is one at least.
    parts: Vec<Part>,
}

/// What was noted between the beginnings of two epochs. An object may be in several.
#[derive(Debug)]
struct Part {
    /// The epoch from which on.
    begun: u32,
    chunks: Vec<Vec<Oid>>,
}

impl Noted {
    /// Returns an account that begins in an epoch.
    pub(super) fn new(epoch: u32) -> Noted {
        Noted { since: epoch, parts: vec![Part { begun: epoch, chunks: Vec::new() }] }
    }

    /// Notes an object.
    pub(super) fn push(&mut self, oid: Oid) {
        if let Some(part) = self.parts.last_mut() {
            part.push(oid);
        }
    }

    /// Notes an object as if it had changed before an epoch, as far as anything of that time is here still.
    pub(super) fn push_before(&mut self, epoch: u32, oid: Oid) {
        let number = self.parts.partition_point(|part| part.begun < epoch).saturating_sub(1);
        self.parts[number].push(oid);
    }

    /// Notes what was [cut](pieces) before.
    pub(super) fn extend(&mut self, mut pieces: Vec<Vec<Oid>>) {
        if let Some(part) = self.parts.last_mut() {
            // The one that grows stays the last.
            pieces.append(&mut part.chunks);
            part.chunks = pieces;
        }
    }

    /// Begins a part: what changes from this epoch on is noted again.
    pub(super) fn begin_part(&mut self, epoch: u32) {
        self.since = epoch;
        self.parts.push(Part { begun: epoch, chunks: Vec::new() });
    }

    /// Forgets what was noted before an epoch that began a part.
    pub(super) fn forget_before(&mut self, epoch: u32) {
        if self.parts.last().is_some_and(|part| part.begun >= epoch) {
            self.parts.retain(|part| part.begun >= epoch);
        }
    }

    /// Makes the numbers of epochs those of a time before all: see [`super::renew`].
    pub(super) fn renew(&mut self, epoch: u32) {
        self.since = epoch;
        self.parts.iter_mut().for_each(|part| part.begun = 0);
    }

    /// Returns whether nothing was noted.
    pub(super) fn is_empty(&self) -> bool {
        self.parts.iter().all(|part| part.chunks.is_empty())
    }

    /// Returns what was noted, sorted.
    pub(super) fn sorted(&self) -> Vec<Oid> {
        let mut oids: Vec<Oid> =
            self.parts.iter().flat_map(|part| &part.chunks).flat_map(|chunk| chunk.iter().copied()).collect();
        oids.sort_unstable();
        oids.dedup();
        oids
    }
}

impl Part {
    fn push(&mut self, oid: Oid) {
        match self.chunks.last_mut() {
            Some(chunk) if chunk.len() < CHUNK => chunk.push(oid),
            // The first one grows: most accounts are short.
            None => self.chunks.push(vec![oid]),
            Some(_) => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(oid);
                self.chunks.push(chunk);
            }
        }
    }
}

/// Cuts a list, so that nobody waits while it is done.
pub(super) fn pieces(oids: &[Oid]) -> Vec<Vec<Oid>> {
    oids.chunks(CHUNK).map(<[Oid]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oid(number: u64) -> Oid {
        Oid::from_words(1_000_000_000_000_000_000 + number, 1_000_000).unwrap()
    }

    #[test]
    fn what_was_noted_is_told_once_in_order() {
        let mut noted = Noted::new(1);
        assert!(noted.is_empty());
        for number in (0..10_000).rev() {
            noted.push(oid(number));
            noted.push(oid(number / 2));
        }
        let all: Vec<Oid> = (0..10_000).map(oid).collect();
        assert!(!noted.is_empty() && noted.sorted() == all);
    }

    #[test]
    fn what_is_older_than_a_part_is_forgotten_as_a_whole() {
        let mut noted = Noted::new(1);
        noted.push(oid(1));
        noted.begin_part(5);
        assert_eq!(noted.since, 5);
        noted.push(oid(2));
        noted.push_before(5, oid(3));
        noted.begin_part(7);
        noted.extend(pieces(&[oid(4)]));
        noted.push(oid(6));
        noted.forget_before(5);
        assert_eq!(noted.sorted(), [oid(2), oid(4), oid(6)]);
        // Nothing of that time is here: it counts as newer.
        noted.push_before(5, oid(5));
        noted.forget_before(7);
        assert_eq!(noted.sorted(), [oid(4), oid(6)]);
    }

    #[test]
    fn an_account_that_began_later_forgets_nothing() {
        let mut noted = Noted::new(9);
        noted.push(oid(1));
        noted.forget_before(5);
        assert_eq!(noted.sorted(), [oid(1)]);
        noted.renew(1);
        noted.begin_part(2);
        noted.forget_before(2);
        assert!(noted.is_empty());
    }
}
