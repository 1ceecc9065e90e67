//! Three-way merging of sequences: lines of a text, components of an object.

use std::hash::Hash;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// A piece of two sequences that were made of a common one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece<T> {
    /// What both become.
    Agreed(Vec<T>),
    /// Both changed it, differently.
    Conflict {
        /// What the one side has.
        ours: Vec<T>,
        /// What the other side has.
        theirs: Vec<T>,
    },
}

/// Merges two sequences that were made of `base`. Changes that touch each other, even at one point, and are not the same,
/// are conflicts.
///
/// This is the algorithm of `diff3`, as Khanna, Kunal and Pierce, "A Formal Investigation of Diff3" (2007), describe it:
/// between elements that all three share, a piece that only one side changed is that side's.
pub(crate) fn merge<T: Clone + Eq + Hash + Ord>(base: &[T], ours: &[T], theirs: &[T]) -> Vec<Piece<T>> {
    let (in_ours, in_theirs) = (matches(base, ours), matches(base, theirs));
    let mut pieces = Vec::new();
    let (mut b, mut o, mut t) = (0, 0, 0);
    while b < base.len() || o < ours.len() || t < theirs.len() {
        // As long as all three go on the same, they agree.
        let stable = (b..base.len())
            .take_while(|at| in_ours[*at] == Some(o + at - b) && in_theirs[*at] == Some(t + at - b))
            .count();
        if stable > 0 {
            agree(&mut pieces, &base[b..b + stable]);
            (b, o, t) = (b + stable, o + stable, t + stable);
            continue;
        }
        // Up to the next element that all three share, something changed.
        let next = (b..base.len()).find_map(|at| Some((at, in_ours[at]?, in_theirs[at]?)));
        let (to_b, to_o, to_t) = next.unwrap_or((base.len(), ours.len(), theirs.len()));
        let (was, one, other) = (&base[b..to_b], &ours[o..to_o], &theirs[t..to_t]);
        if one == other || other == was {
            agree(&mut pieces, one);
        } else if one == was {
            agree(&mut pieces, other);
        } else {
            pieces.push(Piece::Conflict { ours: one.to_vec(), theirs: other.to_vec() });
        }
        (b, o, t) = (to_b, to_o, to_t);
    }
    pieces
}

/// Returns the sequences that come of choosing the one side or the other in every conflict, and whether there is one.
pub(crate) fn sides<T: Clone>(pieces: &[Piece<T>]) -> (Vec<T>, Vec<T>, bool) {
    let (mut left, mut right, mut conflicts) = (Vec::new(), Vec::new(), false);
    for piece in pieces {
        match piece {
            Piece::Agreed(items) => {
                left.extend_from_slice(items);
                right.extend_from_slice(items);
            }
            Piece::Conflict { ours, theirs } => {
                left.extend_from_slice(ours);
                right.extend_from_slice(theirs);
                conflicts = true;
            }
        }
    }
    (left, right, conflicts)
}

fn agree<T: Clone>(pieces: &mut Vec<Piece<T>>, items: &[T]) {
    match pieces.last_mut() {
        _ if items.is_empty() => {}
        Some(Piece::Agreed(before)) => before.extend_from_slice(items),
        _ => pieces.push(Piece::Agreed(items.to_vec())),
    }
}

/// Returns where each element of the base is in the other sequence.
fn matches<T: Eq + Hash + Ord>(base: &[T], other: &[T]) -> Vec<Option<usize>> {
    let mut found = vec![None; base.len()];
    for op in capture_diff_slices(Algorithm::Myers, base, other) {
        if let DiffOp::Equal { old_index, new_index, len } = op {
            for offset in 0..len {
                found[old_index + offset] = Some(new_index + offset);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn merged(base: &str, ours: &str, theirs: &str) -> String {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        let pieces = merge(&chars(base), &chars(ours), &chars(theirs));
        let text = |items: &[char]| items.iter().collect::<String>();
        let pieces = pieces.iter().map(|piece| match piece {
            Piece::Agreed(items) => text(items),
            Piece::Conflict { ours, theirs } => format!("<{}|{}>", text(ours), text(theirs)),
        });
        pieces.collect()
    }

    #[test]
    fn changes_of_one_side_are_taken() {
        assert_eq!(merged("abcde", "aXcde", "abcdY"), "aXcdY");
        assert_eq!(merged("abcde", "abde", "abcde"), "abde");
        assert_eq!(merged("abc", "Zabc", "abcZ"), "ZabcZ");
        assert_eq!(merged("abc", "axc", "axc"), "axc");
        assert_eq!(merged("", "a", ""), "a");
    }

    #[test]
    fn changes_that_touch_are_conflicts() {
        assert_eq!(merged("abc", "aXc", "aYc"), "a<X|Y>c");
        assert_eq!(merged("abc", "abcX", "abcY"), "abc<X|Y>");
        assert_eq!(merged("abc", "aXc", "ac"), "a<X|>c");
        assert_eq!(merged("abcd", "aXcd", "abYd"), "a<Xc|bY>d");
    }

    fn sequence() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(0u8..5, 0..12)
    }

    proptest! {
        #[test]
        fn a_merge_is_an_algebra(base in sequence(), ours in sequence(), theirs in sequence()) {
            prop_assert_eq!(sides(&merge(&base, &ours, &ours)), (ours.clone(), ours.clone(), false));
            prop_assert_eq!(sides(&merge(&base, &base, &ours)), (ours.clone(), ours.clone(), false));
            prop_assert_eq!(sides(&merge(&base, &ours, &base)), (ours.clone(), ours.clone(), false));
            let (left, right, conflicts) = sides(&merge(&base, &ours, &theirs));
            let (other_right, other_left, other_conflicts) = sides(&merge(&base, &theirs, &ours));
            prop_assert_eq!((left, right, conflicts), (other_left, other_right, other_conflicts));
        }
    }
}
