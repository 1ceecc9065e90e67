//! Which values and locals are known where, against what a search through all ways says; and functions of great size.

use std::collections::BTreeSet;

use proptest::prelude::*;
use rps_jit_ir::flow::Flow;
use rps_jit_ir::verify::Problem;
use rps_jit_ir::{Block, Function, Instruction, Label, Local, Module, Signature, Type, Val};

/// A function with blocks that go on in any of some others; block 0 leads only away.
fn function(targets: &[Vec<usize>], locals: usize, inside: impl Fn(usize) -> Vec<Instruction>) -> Function {
    let count = targets.len();
    let blocks = targets.iter().enumerate().map(|(index, targets)| {
        let mut instructions = inside(index);
        let labels: Vec<Label> = targets.iter().map(|to| Label(1 + (to % (count - 1)) as u32)).collect();
        instructions.push(match labels.split_first() {
            None => Instruction::Return { from: None },
            Some((default, others)) => Instruction::Switch {
                on: Val(0),
                cases: others.iter().enumerate().map(|(case, to)| (case as u64, *to)).collect(),
                default: *default,
            },
        });
        Block { instructions }
    });
    Function {
        name: "f".to_owned(),
        signature: Signature::new(&[Type::I64], None),
        is_exported: false,
        is_trusted: false,
        traps: false,
        is_cold: false,
        locals: vec![Type::I64; locals],
        blocks: blocks.collect(),
    }
}

/// Returns the blocks that are reached from the first one by ways that go on only behind some.
fn reached(function: &Function, goes_on: impl Fn(usize) -> bool) -> BTreeSet<usize> {
    let mut reached = BTreeSet::from([0]);
    let mut open = vec![0];
    while let Some(block) = open.pop() {
        if goes_on(block) {
            let last = function.blocks[block].instructions.last();
            last.into_iter().for_each(|last| {
                last.for_each_target(|target| {
                    if reached.insert(target.0 as usize) {
                        open.push(target.0 as usize);
                    }
                });
            });
        }
    }
    reached
}

fn graphs() -> impl Strategy<Value = Vec<Vec<usize>>> {
    (2..14usize).prop_flat_map(|count| {
        let targets = prop_oneof![
            1 => Just(Vec::new()),
            6 => prop::collection::vec(0..count, 1..4),
        ];
        prop::collection::vec(targets, count)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_block_dominates_what_is_not_reached_without_it(targets in graphs()) {
        let function = function(&targets, 0, |_| Vec::new());
        let flow = Flow::of(&function);
        let all = reached(&function, |_| true);
        let order: BTreeSet<usize> = flow.order().iter().map(|label| label.0 as usize).collect();
        prop_assert_eq!(&order, &all);
        prop_assert_eq!(order.len(), flow.order().len());
        let label = |index: usize| Label(index as u32);
        for through in 0..targets.len() {
            let without = reached(&function, |block| block != through);
            for to in 0..targets.len() {
                let is_only_way = to == through || !without.contains(&to);
                let wanted = all.contains(&through) && all.contains(&to) && is_only_way;
                prop_assert_eq!(flow.dominates(label(through), label(to)), wanted, "{} {}", through, to);
                if wanted {
                    let place = |block| flow.order().iter().position(|each| *each == label(block));
                    prop_assert!(place(through) <= place(to));
                }
            }
        }
    }

    #[test]
    fn a_local_is_set_if_no_way_leads_around(
        targets in graphs(),
        sets in prop::collection::vec((any::<prop::sample::Index>(), 0..130u32), 0..40),
        read in (any::<prop::sample::Index>(), 0..130u32),
    ) {
        let count = targets.len();
        let (reader, local) = (read.0.index(count), Local(read.1));
        let is_setter = |block: usize, local: Local| {
            block != reader && sets.iter().any(|(index, set)| index.index(count) == block && Local(*set) == local)
        };
        let function = function(&targets, 130, |block| {
            let own = sets.iter().filter(|(index, _)| index.index(count) == block).map(|(_, set)| Local(*set));
            // Where the local is read, that comes first.
            let get = (block == reader).then_some(Instruction::Get { to: Val(1), local });
            get.into_iter().chain(own.map(|local| Instruction::Set { local, from: Val(0) })).collect()
        });
        // A way that leads through the reader itself leads there before.
        let is_unset =
            reached(&function, |block| block != reader && !is_setter(block, local)).contains(&reader);
        let module = Module { functions: vec![function], symbols: Vec::new() };
        let problems: Vec<Problem> = match module.verify() {
            Ok(()) => Vec::new(),
            Err(report) => report.errors.into_iter().map(|error| error.problem).collect(),
        };
        let wanted = if is_unset { vec![Problem::UnsetLocal { local }] } else { Vec::new() };
        prop_assert_eq!(problems, wanted);
    }
}

/// Blocks whose dominators and locals take a square of time in what is not careful: a ladder down, and ways back up.
#[test]
fn great_functions_are_verified_in_time() {
    const BLOCKS: usize = 20_000;
    let up_and_down: Vec<Vec<usize>> = (0..BLOCKS)
        .map(|block| match block {
            0 => vec![0, BLOCKS - 2],
            _ => vec![block, block.saturating_sub(2), (block * 7919) % BLOCKS],
        })
        .collect();
    let function = function(&up_and_down, BLOCKS, |block| {
        let local = Local(block as u32);
        let before = Local(block.saturating_sub(1) as u32);
        vec![
            Instruction::Set { local, from: Val(0) },
            Instruction::Get { to: Val(1 + 2 * block as u32), local },
            Instruction::Get { to: Val(2 + 2 * block as u32), local: before },
        ]
    });
    let module = Module { functions: vec![function], symbols: Vec::new() };
    let report = module.verify().unwrap_err();
    assert!(report.errors.len() + report.left_out > BLOCKS / 2, "{}", report.left_out);
    assert_eq!(Module::from_bytes(&module.to_bytes()), Ok(module));
}
