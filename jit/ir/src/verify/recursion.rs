//! Which functions of a module call themselves, directly or through others.
//!
//! They are the strongly connected parts of the graph of calls, found after Tarjan, "Depth-first search and linear graph
//! algorithms" (1972), without recursion of its own.

use crate::function::{Callee, Function, Instruction};
use crate::module::Module;

/// Returns of each function whether it may come to call itself. Calls of symbols and addresses are not followed.
pub(super) fn recursive(module: &Module) -> Vec<bool> {
    let callees: Vec<Vec<usize>> =
        module.functions.iter().map(|function| callees(function, module.functions.len())).collect();
    let mut search = Search {
        numbers: vec![UNSEEN; callees.len()],
        lowest: vec![0; callees.len()],
        stack: Vec::new(),
        is_recursive: vec![false; callees.len()],
        next: 0,
    };
    for root in 0..callees.len() {
        if search.numbers[root] == UNSEEN {
            search.from(root, &callees);
        }
    }
    search.is_recursive
}

fn callees(function: &Function, count: usize) -> Vec<usize> {
    let instructions = function.blocks.iter().flat_map(|block| &block.instructions);
    let mut callees: Vec<usize> = instructions
        .filter_map(|instruction| match instruction {
            Instruction::Call { callee: Callee::Function(id), .. } => Some(id.0 as usize),
            _ => None,
        })
        .filter(|id| *id < count)
        .collect();
    callees.sort_unstable();
    callees.dedup();
    callees
}

const UNSEEN: usize = usize::MAX;
/// The number of what belongs to a part that is complete.
const DONE: usize = usize::MAX - 1;

struct Search {
    /// Of each function when it was first seen.
    numbers: Vec<usize>,
    /// Of each function the least number that it leads back to.
    lowest: Vec<usize>,
    /// The functions of parts that are not complete.
    stack: Vec<usize>,
    is_recursive: Vec<bool>,
    next: usize,
}

impl Search {
    fn from(&mut self, root: usize, callees: &[Vec<usize>]) {
        self.enter(root);
        let mut open = vec![(root, 0)];
        while let Some((function, next)) = open.last_mut() {
            let function = *function;
            if let Some(&callee) = callees[function].get(*next) {
                *next += 1;
                self.is_recursive[function] |= callee == function;
                match self.numbers[callee] {
                    UNSEEN => {
                        self.enter(callee);
                        open.push((callee, 0));
                    }
                    DONE => {}
                    number => self.lowest[function] = self.lowest[function].min(number),
                }
            } else {
                open.pop();
                if let Some((caller, _)) = open.last() {
                    self.lowest[*caller] = self.lowest[*caller].min(self.lowest[function]);
                }
                if self.lowest[function] == self.numbers[function] {
                    self.complete(function);
                }
            }
        }
    }

    fn enter(&mut self, function: usize) {
        self.numbers[function] = self.next;
        self.lowest[function] = self.next;
        self.next += 1;
        self.stack.push(function);
    }

    /// Takes a part off the stack: all from its first function on.
    fn complete(&mut self, first: usize) {
        let start = self.stack.iter().rposition(|each| *each == first).unwrap_or(0);
        let is_cycle = self.stack.len() - start > 1;
        for each in self.stack.drain(start..) {
            self.numbers[each] = DONE;
            self.is_recursive[each] |= is_cycle;
        }
    }
}
