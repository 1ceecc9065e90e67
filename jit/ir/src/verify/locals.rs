//! Whether locals are set on every way to where they are read.
//!
//! 64 locals at a time go through the function as the bits of a word: which of them are surely set where a block begins. Only
//! locals that some block reads before it sets them are asked about.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use crate::flow::Flow;
use crate::function::{Function, Instruction, Label, Local};

/// Where a local is read.
#[derive(Clone, Copy)]
pub(super) struct Read {
    pub(super) local: Local,
    pub(super) block: Label,
    pub(super) index: usize,
}

/// Returns where locals are read that are not set on every way there; of each block and local the first place.
pub(super) fn unset(function: &Function, flow: &Flow) -> Vec<Read> {
    let mut reads: Vec<Read> = Vec::new();
    let mut sets: Vec<(Local, Label)> = Vec::new();
    // Of each local the last block in which it was met.
    let mut met: Vec<Option<Label>> = vec![None; function.locals.len()];
    for &block in flow.order() {
        for (index, instruction) in function.blocks[block.0 as usize].instructions.iter().enumerate() {
            let (local, is_read) = match *instruction {
                Instruction::Get { local, .. } => (local, true),
                Instruction::Set { local, .. } => (local, false),
                _ => continue,
            };
            let Some(last) = met.get_mut(local.0 as usize) else { continue };
            // What is read before it is set here is set here or not: later reads say nothing new, but a set counts.
            match (is_read, *last == Some(block)) {
                (true, false) => reads.push(Read { local, block, index }),
                (false, _) => sets.push((local, block)),
                (true, true) => {}
            }
            *last = Some(block);
        }
    }
    let words: BTreeSet<u32> = reads.iter().map(|read| read.local.0 / 64).collect();
    let mut solver = Solver::new(function, flow);
    let mut wrong = Vec::new();
    reads.sort_by_key(|read| read.local.0 / 64);
    sets.sort_by_key(|(local, _)| local.0 / 64);
    let (mut reads, mut sets) = (reads.as_slice(), sets.as_slice());
    for word in words {
        let before = sets.partition_point(|(local, _)| local.0 / 64 < word);
        let count = sets.partition_point(|(local, _)| local.0 / 64 <= word);
        solver.solve(&sets[before..count]);
        sets = &sets[count..];
        let count = reads.partition_point(|read| read.local.0 / 64 <= word);
        let is_unset = |read: &&Read| solver.set[read.block.0 as usize] & bit(read.local) == 0;
        wrong.extend(reads[..count].iter().filter(is_unset));
        reads = &reads[count..];
    }
    wrong
}

fn bit(local: Local) -> u64 {
    1 << (local.0 % 64)
}

struct Solver<'a> {
    flow: &'a Flow,
    /// Of each block its place in the order of the flow.
    places: Vec<u32>,
    /// The edges between reached blocks.
    after: Vec<Vec<Label>>,
    /// Of each block the locals that it sets.
    given: Vec<u64>,
    /// Of each block the locals that are set where it begins.
    set: Vec<u64>,
    /// The places of the blocks to look at, the first one first.
    open: BinaryHeap<Reverse<u32>>,
}

impl<'a> Solver<'a> {
    fn new(function: &Function, flow: &'a Flow) -> Solver<'a> {
        let count = function.blocks.len();
        let mut after = vec![Vec::new(); count];
        let mut places = vec![0; count];
        for (place, &block) in flow.order().iter().enumerate() {
            places[block.0 as usize] = place as u32;
            for from in flow.before(block).filter(|from| flow.is_reached(*from)) {
                after[from.0 as usize].push(block);
            }
        }
        let open = BinaryHeap::new();
        Solver { flow, places, after, given: vec![0; count], set: vec![0; count], open }
    }

    /// Finds `set` for 64 locals: a bit is taken away where a way leads to on which it is not set, until nothing changes,
    /// which makes each block at most 64 times be looked at for each edge.
    fn solve(&mut self, sets: &[(Local, Label)]) {
        self.given.fill(0);
        for (local, block) in sets {
            self.given[block.0 as usize] |= bit(*local);
        }
        self.set.fill(u64::MAX);
        let Some(first) = self.flow.order().first() else { return };
        self.set[first.0 as usize] = 0;
        self.open.push(Reverse(0));
        while let Some(Reverse(place)) = self.open.pop() {
            let block = self.flow.order()[place as usize];
            let end = self.set[block.0 as usize] | self.given[block.0 as usize];
            for next in &self.after[block.0 as usize] {
                let set = &mut self.set[next.0 as usize];
                if *set & end != *set {
                    *set &= end;
                    self.open.push(Reverse(self.places[next.0 as usize]));
                }
            }
        }
    }
}
