//! The order of the blocks of a function, and which of them are passed on every way to another.
//!
//! All of it takes time nearly linear in the number of blocks and edges, whatever the function looks like: the dominators
//! after Lengauer and Tarjan, "A fast algorithm for finding dominators in a flowgraph" (1979), the simple variant.

use crate::function::{Function, Label};

/// How blocks follow each other.
#[derive(Clone, Debug)]
pub struct Flow {
    /// The blocks that are reached, each behind all that dominate it.
    order: Vec<Label>,
    /// Of each block the place in `tree`, or `NONE` where it is never reached.
    numbers: Vec<u32>,
    /// Of each reached block, by its number, the interval that the blocks it dominates have in the tree of dominators.
    tree: Vec<(u32, u32)>,
    /// The edges backwards.
    before: Edges,
}

const NONE: u32 = u32::MAX;

impl Flow {
    /// Finds out how the blocks of a function follow each other. Targets that do not exist are left out.
    pub fn of(function: &Function) -> Flow {
        let count = function.blocks.len();
        let mut edges = Vec::new();
        for (from, block) in function.blocks.iter().enumerate() {
            if let Some(last) = block.instructions.last() {
                last.for_each_target(|target| {
                    if (target.0 as usize) < count {
                        edges.push((from as u32, target.0));
                    }
                });
            }
        }
        let after = Edges::new(count, edges.iter().copied());
        let before = Edges::new(count, edges.iter().map(|&(from, to)| (to, from)));
        let walk = Walk::new(count, &after);
        let tree = intervals(&dominators(&walk, &before));
        Flow { order: walk.order, numbers: walk.numbers, tree, before }
    }

    /// Returns the blocks that are reached, the first one first, each behind all that dominate it (reverse postorder):
    /// whoever visits them so has seen every value before it is used.
    pub fn order(&self) -> &[Label] {
        &self.order
    }

    /// Returns whether a block is ever reached.
    pub fn is_reached(&self, block: Label) -> bool {
        self.number(block).is_some()
    }

    /// Returns whether every way to the block `to` leads through `through`; of blocks that are never reached, `false`.
    pub fn dominates(&self, through: Label, to: Label) -> bool {
        let (Some(through), Some(to)) = (self.number(through), self.number(to)) else { return false };
        let (start, end) = self.tree[through];
        let (place, _) = self.tree[to];
        start <= place && place < end
    }

    /// Returns the blocks that lead to one, also those that are never reached.
    pub fn before(&self, block: Label) -> impl Iterator<Item = Label> + '_ {
        self.before.of(block.0).iter().map(|&block| Label(block))
    }

    fn number(&self, block: Label) -> Option<usize> {
        let number = *self.numbers.get(block.0 as usize)?;
        (number != NONE).then_some(number as usize)
    }
}

/// The edges of a graph, sorted by where they start.
#[derive(Clone, Debug)]
struct Edges {
    starts: Vec<u32>,
    targets: Vec<u32>,
}

impl Edges {
    fn new(count: usize, edges: impl Iterator<Item = (u32, u32)> + Clone) -> Edges {
        let mut starts = vec![0u32; count + 1];
        for (from, _) in edges.clone() {
            starts[from as usize + 1] += 1;
        }
        for index in 0..count {
            starts[index + 1] += starts[index];
        }
        let mut next = starts.clone();
        let mut targets = vec![0; starts[count] as usize];
        for (from, to) in edges {
            targets[next[from as usize] as usize] = to;
            next[from as usize] += 1;
        }
        Edges { starts, targets }
    }

    fn of(&self, node: u32) -> &[u32] {
        &self.targets[self.starts[node as usize] as usize..self.starts[node as usize + 1] as usize]
    }
}

/// A walk through all that is reached, as deep as possible first.
struct Walk {
    /// Reverse postorder.
    order: Vec<Label>,
    /// Of each block when it was first seen, or `NONE`.
    numbers: Vec<u32>,
    /// The blocks by number.
    blocks: Vec<u32>,
    /// By number, the number of the one from which it was first seen.
    parents: Vec<u32>,
}

impl Walk {
    fn new(count: usize, after: &Edges) -> Walk {
        let mut walk =
            Walk { order: Vec::new(), numbers: vec![NONE; count], blocks: Vec::new(), parents: Vec::new() };
        if count == 0 {
            return walk;
        }
        let mut open = vec![(0u32, 0usize)];
        walk.enter(0, 0);
        while let Some((block, next)) = open.last_mut() {
            let from = *block;
            if let Some(&target) = after.of(from).get(*next) {
                *next += 1;
                if walk.numbers[target as usize] == NONE {
                    walk.enter(target, walk.numbers[from as usize]);
                    open.push((target, 0));
                }
            } else {
                walk.order.push(Label(from));
                open.pop();
            }
        }
        walk.order.reverse();
        walk
    }

    fn enter(&mut self, block: u32, parent: u32) {
        self.numbers[block as usize] = self.blocks.len() as u32;
        self.blocks.push(block);
        self.parents.push(parent);
    }
}

/// Returns of each reached block, by number, the number of its immediate dominator; of the first one, its own.
fn dominators(walk: &Walk, before: &Edges) -> Vec<u32> {
    let count = walk.blocks.len();
    let mut forest = Forest {
        ancestors: vec![NONE; count],
        labels: (0..count as u32).collect(),
        semis: (0..count as u32).collect(),
        path: Vec::new(),
    };
    let mut result = vec![0u32; count];
    // Lists of the blocks with one semidominator: the first of each, and behind each the next.
    let (mut heads, mut nexts) = (vec![NONE; count], vec![NONE; count]);
    for node in (1..count as u32).rev() {
        for &from in before.of(walk.blocks[node as usize]) {
            let from = walk.numbers[from as usize];
            if from != NONE {
                let best = forest.best(from);
                let semi = forest.semis[best as usize].min(forest.semis[node as usize]);
                forest.semis[node as usize] = semi;
            }
        }
        let semi = forest.semis[node as usize] as usize;
        nexts[node as usize] = std::mem::replace(&mut heads[semi], node);
        let parent = walk.parents[node as usize];
        forest.ancestors[node as usize] = parent;
        let mut each = std::mem::replace(&mut heads[parent as usize], NONE);
        while each != NONE {
            let best = forest.best(each);
            let is_lower = forest.semis[best as usize] < forest.semis[each as usize];
            result[each as usize] = if is_lower { best } else { parent };
            each = nexts[each as usize];
        }
    }
    for node in 1..count {
        if result[node] != forest.semis[node] {
            result[node] = result[result[node] as usize];
        }
    }
    result
}

/// The part of the walk's tree that was handled, with shortened ways.
struct Forest {
    ancestors: Vec<u32>,
    labels: Vec<u32>,
    semis: Vec<u32>,
    path: Vec<u32>,
}

impl Forest {
    /// Returns the node with the least semidominator on the way up from `node`, and shortens the way.
    fn best(&mut self, node: u32) -> u32 {
        if self.ancestors[node as usize] == NONE {
            return node;
        }
        let mut top = node;
        while self.ancestors[self.ancestors[top as usize] as usize] != NONE {
            self.path.push(top);
            top = self.ancestors[top as usize];
        }
        while let Some(each) = self.path.pop() {
            let above = self.ancestors[each as usize] as usize;
            let (here, there) = (self.labels[each as usize], self.labels[above]);
            if self.semis[there as usize] < self.semis[here as usize] {
                self.labels[each as usize] = there;
            }
            self.ancestors[each as usize] = self.ancestors[above];
        }
        self.labels[node as usize]
    }
}

/// Returns of each node of a tree the interval of places that it and all below it have, when each is numbered before what
/// is below it. Parents have lesser numbers than their children.
fn intervals(parents: &[u32]) -> Vec<(u32, u32)> {
    let mut sizes = vec![1u32; parents.len()];
    for node in (1..parents.len()).rev() {
        sizes[parents[node] as usize] += sizes[node];
    }
    let mut result = vec![(0, 0); parents.len()];
    let mut next = vec![0u32; parents.len()];
    for node in 0..parents.len() {
        let start = if node == 0 { 0 } else { next[parents[node] as usize] };
        if node > 0 {
            next[parents[node] as usize] += sizes[node];
        }
        result[node] = (start, start + sizes[node]);
        next[node] = start + 1;
    }
    result
}
