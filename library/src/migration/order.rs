//! The order of migrations.
//!
//! One comes after those that it names. Of several that could be next, the one is next whose name comes first in the
//! alphabet, and of those with one name the one whose oid does: an order that depends on nothing but what the store has,
//! so that it is the same wherever two branches are merged.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use rps_runtime::Oid;

/// What the order depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The name.
    pub name: String,
    /// The object.
    pub oid: Oid,
    /// The names of those that come before it. Where several have a name, all of them do.
    pub after: BTreeSet<String>,
}

/// Migrations that come after each other in a circle: each after the one before it, and the first after the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle(pub Vec<String>);

/// Returns the positions of migrations in the order in which they are applied. Names that none of them has do not count.
///
/// # Errors
///
/// [`Cycle`].
pub fn order(nodes: &[Node]) -> Result<Vec<usize>, Cycle> {
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, node) in nodes.iter().enumerate() {
        by_name.entry(&node.name).or_default().push(at);
    }
    let before = |node: &Node| -> BTreeSet<usize> {
        node.after.iter().filter_map(|name| by_name.get(name.as_str())).flatten().copied().collect()
    };
    let mut waits_for: Vec<BTreeSet<usize>> = nodes.iter().map(before).collect();
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for (at, before) in waits_for.iter().enumerate() {
        before.iter().for_each(|&first| followers[first].push(at));
    }
    let rank = |at: usize| Reverse((nodes[at].name.as_str(), nodes[at].oid, at));
    let mut ready: BinaryHeap<_> =
        (0..nodes.len()).filter(|&at| waits_for[at].is_empty()).map(rank).collect();
    let mut ordered = Vec::with_capacity(nodes.len());
    while let Some(Reverse((_, _, at))) = ready.pop() {
        ordered.push(at);
        for &follower in &followers[at] {
            if waits_for[follower].remove(&at) && waits_for[follower].is_empty() {
                ready.push(rank(follower));
            }
        }
    }
    if ordered.len() == nodes.len() { Ok(ordered) } else { Err(circle(nodes, &waits_for)) }
}

/// Returns a circle among migrations that still wait for others: each of them waits for one that waits.
fn circle(nodes: &[Node], waits_for: &[BTreeSet<usize>]) -> Cycle {
    let mut at = (0..nodes.len()).find(|&at| !waits_for[at].is_empty()).unwrap_or_default();
    let mut way = Vec::new();
    while !way.contains(&at) {
        way.push(at);
        // Whoever waits and is in no order waits for one such.
        let Some(&next) = waits_for[at].first() else { break };
        at = next;
    }
    let start = way.iter().position(|&seen| seen == at).unwrap_or_default();
    let mut circle: Vec<String> = way[start..].iter().map(|&at| nodes[at].name.clone()).collect();
    let first = (0..circle.len()).min_by_key(|&at| &circle[at]).unwrap_or_default();
    circle.rotate_left(first);
    Cycle(circle)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OIDS: [&str; 3] = ["_0mjGZskepvKqPo7mOt", "_27uXNuFhgB7ONl9fyM", "_4KMtXJ4EIyFktHUoam"];

    fn node(name: &str, oid: usize, after: &[&str]) -> Node {
        let oid = Oid::parse(OIDS[oid]).unwrap();
        Node { name: name.to_owned(), oid, after: after.iter().map(ToString::to_string).collect() }
    }

    fn names(nodes: &[Node]) -> Result<Vec<&str>, Cycle> {
        Ok(order(nodes)?.into_iter().map(|at| nodes[at].name.as_str()).collect())
    }

    #[test]
    fn what_comes_after_comes_after() {
        let nodes = [node("a", 0, &["c"]), node("b", 0, &[]), node("c", 0, &["b"])];
        assert_eq!(names(&nodes), Ok(vec!["b", "c", "a"]));
    }

    #[test]
    fn branches_are_ordered_by_name_whatever_came_first() {
        let mut nodes = vec![node("start", 0, &[]), node("zebra", 1, &["start"]), node("ant", 2, &["start"])];
        assert_eq!(names(&nodes), Ok(vec!["start", "ant", "zebra"]));
        nodes.reverse();
        assert_eq!(names(&nodes), Ok(vec!["start", "ant", "zebra"]));
    }

    #[test]
    fn two_with_one_name_are_ordered_by_oid_and_both_come_before_what_names_them() {
        let nodes = [node("last", 0, &["same"]), node("same", 2, &[]), node("same", 1, &[])];
        assert_eq!(order(&nodes), Ok(vec![2, 1, 0]));
    }

    #[test]
    fn names_that_nobody_has_do_not_count() {
        assert_eq!(names(&[node("a", 0, &["gone"])]), Ok(vec!["a"]));
    }

    #[test]
    fn a_circle_is_told_without_those_that_wait_for_it() {
        let nodes = [node("a", 0, &["c"]), node("b", 0, &["d"]), node("c", 0, &["b"]), node("d", 0, &["c"])];
        assert_eq!(order(&nodes), Err(Cycle(vec!["b".into(), "d".into(), "c".into()])));
        assert_eq!(order(&[node("own", 0, &["own"])]), Err(Cycle(vec!["own".into()])));
    }
}
