//! Hot loops apart: a loop that nearly never calls anything gets a copy that never does.
//!
//! Whatever is called may change memory: behind a call all is read and tested anew. A loop that looks at each turn whether
//! somebody wants something, and calls if so, would test everything at each turn, though nothing ever happens. Of such a
//! loop there are three parts afterwards, which do the same:
//!
//! - the *first turn*, where the loop is entered, and again after a call. What it reads and tests holds in
//! - the *hot loop*, where it goes on: all but the blocks that are nearly never reached, so that there is no call in it.
//!   Those blocks are there once, for all parts; when they come back to the loop it is to
//! - the *rest* of the turn, behind which the first turn follows.
//!
//! A block and its copies do the same, so an edge may lead to any of them: there is nothing else to be proved. What such a
//! copy makes superfluous is left to the compiler that gets the function.

use std::collections::{BTreeMap, BTreeSet};

use crate::flow::Flow;
use crate::function::{Block, Expect, Function, Instruction, Label, Local, Val};
use crate::module::Module;
use crate::types::Type;

/// How many blocks a loop may have: larger ones gain less, and cost more.
const MOST_BLOCKS: usize = 200;
/// How many instructions of a loop are copied at most.
const MOST_INSTRUCTIONS: usize = 500;

impl Module {
    /// Gives each innermost loop of a verified module that calls something nearly never a copy that never does.
    pub fn separate_hot_loops(&mut self) {
        for index in 0..self.functions.len() {
            let loops = find(&self.functions[index]);
            if !loops.is_empty() {
                let types = self.value_types(&self.functions[index]);
                let mut separation = Separation { function: &mut self.functions[index], types };
                loops.iter().for_each(|own| separation.separate(own));
            }
        }
    }
}

/// A loop that is worth it.
struct Loop {
    header: Label,
    /// The blocks that are reached at nearly every turn.
    hot: BTreeSet<Label>,
    /// The others.
    cold: BTreeSet<Label>,
}

/// Returns the loops of a function that are worth it. No two have a block in common, as there is no loop in another one.
fn find(function: &Function) -> Vec<Loop> {
    let flow = Flow::of(function);
    let is_back = |from: Label, to: Label| flow.dominates(to, from);
    let is_header = |block: Label| flow.before(block).any(|from| is_back(from, block));
    let headers: BTreeSet<Label> = flow.order().iter().copied().filter(|block| is_header(*block)).collect();
    let body = |header: Label| {
        let mut body = BTreeSet::from([header]);
        let mut open: Vec<Label> = flow.before(header).filter(|from| is_back(*from, header)).collect();
        while let Some(block) = open.pop() {
            if body.insert(block) {
                if headers.contains(&block) || body.len() > MOST_BLOCKS {
                    return None;
                }
                open.extend(flow.before(block).filter(|from| flow.is_reached(*from)));
            }
        }
        Some(body)
    };
    headers.iter().filter_map(|&header| worthwhile(function, header, body(header)?)).collect()
}

/// Returns a loop with these blocks, if only blocks that are nearly never reached call something, and some do.
fn worthwhile(function: &Function, header: Label, body: BTreeSet<Label>) -> Option<Loop> {
    let mut hot = BTreeSet::from([header]);
    let (mut open, mut returns, mut count) = (vec![header], false, 0);
    while let Some(block) = open.pop() {
        let instructions = &function.blocks[block.0 as usize].instructions;
        count += instructions.len();
        instructions.last()?.for_each_likely_target(|target| {
            returns |= target == header;
            if body.contains(&target) && hot.insert(target) {
                open.push(target);
            }
        });
    }
    let calls = |block: &Label| {
        let instructions = &function.blocks[block.0 as usize].instructions;
        instructions.iter().any(|instruction| matches!(instruction, Instruction::Call { .. }))
    };
    let cold: BTreeSet<Label> = body.difference(&hot).copied().collect();
    let is_worthwhile =
        returns && count <= MOST_INSTRUCTIONS && cold.iter().any(calls) && !hot.iter().any(calls);
    is_worthwhile.then_some(Loop { header, hot, cold })
}

impl Instruction {
    /// Gives `go` each block that may come next, without those that nearly never do.
    fn for_each_likely_target(&self, mut go: impl FnMut(Label)) {
        match *self {
            Instruction::Branch { yes, expect: Expect::Yes, .. } => go(yes),
            Instruction::Branch { no, expect: Expect::No, .. } => go(no),
            _ => self.for_each_target(go),
        }
    }
}

/// A function whose loops are taken apart.
struct Separation<'a> {
    function: &'a mut Function,
    /// The types of its values.
    types: Vec<Option<Type>>,
}

impl Separation<'_> {
    fn separate(&mut self, own: &Loop) {
        self.pass_on_in_locals(own);
        let hot = self.copy(own.hot.iter().copied());
        let rest = self.copy(rest(self.function, own));
        let Loop { header, .. } = *own;
        // Where an edge into a part leads instead.
        let into_hot = |target: &mut Label| *target = *hot.get(target).unwrap_or(target);
        let into_rest = |target: &mut Label| *target = *rest.get(target).unwrap_or(target);
        let to_hot_loop = |target: &mut Label| {
            if *target == header {
                *target = hot[&header];
            }
        };
        own.hot.iter().for_each(|&block| self.retarget(block, to_hot_loop));
        hot.values().for_each(|&block| self.retarget(block, into_hot));
        rest.values().chain(&own.cold).for_each(|&block| self.retarget(block, into_rest));
    }

    /// Makes a local of each value of a loop that another block uses: there will be more than one block that gives it.
    fn pass_on_in_locals(&mut self, own: &Loop) {
        let mut givers: BTreeMap<Val, Label> = BTreeMap::new();
        for &block in own.hot.union(&own.cold) {
            for instruction in &self.function.blocks[block.0 as usize].instructions {
                givers.extend(instruction.results().map(|value| (value, block)));
            }
        }
        let mut locals: BTreeMap<Val, Local> = BTreeMap::new();
        for index in 0..self.function.blocks.len() {
            let here = Label(index as u32);
            let mut found: BTreeMap<Val, Val> = BTreeMap::new();
            let mut instructions = std::mem::take(&mut self.function.blocks[index].instructions);
            let mut changed = Vec::with_capacity(instructions.len());
            for mut instruction in instructions.drain(..) {
                instruction.for_each_operand_mut(|operand| {
                    if givers.get(operand).is_none_or(|giver| *giver == here) {
                        return;
                    }
                    let from = *operand;
                    *operand = *found.entry(from).or_insert_with(|| {
                        let local = *locals.entry(from).or_insert_with(|| self.local(from));
                        let to = self.fresh(from);
                        changed.push(Instruction::Get { to, local });
                        to
                    });
                });
                changed.push(instruction);
            }
            self.function.blocks[index].instructions = changed;
        }
        let blocks: BTreeSet<Label> = locals.keys().map(|value| givers[value]).collect();
        for block in blocks {
            let instructions = &mut self.function.blocks[block.0 as usize].instructions;
            for instruction in std::mem::take(instructions) {
                let results = instruction.results();
                instructions.push(instruction);
                let sets = results.filter_map(|from| Some((*locals.get(&from)?, from)));
                instructions.extend(sets.map(|(local, from)| Instruction::Set { local, from }));
            }
        }
    }

    /// Copies blocks, whose values get other numbers; returns the copy of each.
    fn copy(&mut self, blocks: impl Iterator<Item = Label>) -> BTreeMap<Label, Label> {
        let mut copies = BTreeMap::new();
        for block in blocks {
            let mut numbers: BTreeMap<Val, Val> = BTreeMap::new();
            let mut instructions = self.function.blocks[block.0 as usize].instructions.clone();
            for instruction in &mut instructions {
                instruction
                    .for_each_operand_mut(|operand| *operand = *numbers.get(operand).unwrap_or(operand));
                instruction.for_each_result_mut(|result| {
                    let fresh = self.fresh(*result);
                    numbers.insert(*result, fresh);
                    *result = fresh;
                });
            }
            copies.insert(block, Label(self.function.blocks.len() as u32));
            self.function.blocks.push(Block { instructions });
        }
        copies
    }

    fn retarget(&mut self, block: Label, change: impl FnMut(&mut Label)) {
        if let Some(last) = self.function.blocks[block.0 as usize].instructions.last_mut() {
            last.for_each_target_mut(change);
        }
    }

    /// Returns a new value of the type of another one.
    fn fresh(&mut self, like: Val) -> Val {
        self.types.push(self.types[like.0 as usize]);
        Val(self.types.len() as u32 - 1)
    }

    /// Returns a new local of the type of a value.
    fn local(&mut self, like: Val) -> Local {
        // All values of a verified module have a type.
        self.function.locals.push(self.types[like.0 as usize].unwrap_or(Type::I64));
        Local(self.function.locals.len() as u32 - 1)
    }
}

/// Returns the blocks that may follow in the same turn where the blocks come back that are nearly never reached.
fn rest(function: &Function, own: &Loop) -> std::collections::btree_set::IntoIter<Label> {
    let mut rest = BTreeSet::new();
    let mut open: Vec<Label> = own.cold.iter().copied().collect();
    while let Some(block) = open.pop() {
        if let Some(last) = function.blocks[block.0 as usize].instructions.last() {
            last.for_each_target(|target| {
                if target != own.header && own.hot.contains(&target) && rest.insert(target) {
                    open.push(target);
                }
            });
        }
    }
    rest.into_iter()
}
