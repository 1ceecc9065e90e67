//! Whether the parts of a function fit together: blocks, values and their uses.

use super::error::{Place, Problem, Report};
use super::locals;
use super::rules::{self, Context, Surroundings};
use crate::flow::Flow;
use crate::function::{Block, Function, Instruction, Label, Val};
use crate::types::Type;

/// Checks a function, except for its name. Gives the types of its values, as far as they are known.
pub(crate) fn check<S: Surroundings + ?Sized>(
    function: &Function,
    surroundings: &S,
    report: &mut Report,
) -> Vec<Option<Type>> {
    if function.signature.result.is_some_and(Type::is_slice) {
        report.add(Problem::SliceMisplaced { what: "the result" }, || Place::function(&function.name));
    }
    if function.locals.iter().any(|ty| ty.is_slice()) {
        report.add(Problem::SliceMisplaced { what: "a local" }, || Place::function(&function.name));
    }
    if function.blocks.is_empty() {
        report.add(Problem::NoBody {}, || Place::function(&function.name));
        return function.signature.parameters.iter().map(|ty| Some(*ty)).collect();
    }
    let mut check = Check {
        function,
        surroundings,
        flow: Flow::of(function),
        sites: Vec::new(),
        types: Vec::new(),
        is_visited: vec![false; function.blocks.len()],
        report,
    };
    check.define_values();
    check.check_blocks();
    check.visit_blocks();
    check.check_locals();
    check.types
}

/// Where a value is defined.
#[derive(Clone, Copy)]
enum Site {
    Nowhere,
    Parameter,
    Instruction(Label, u32),
}

struct Check<'a, S: ?Sized> {
    function: &'a Function,
    surroundings: &'a S,
    flow: Flow,
    sites: Vec<Site>,
    types: Vec<Option<Type>>,
    is_visited: Vec<bool>,
    report: &'a mut Report,
}

impl<'a, S: Surroundings + ?Sized> Check<'a, S> {
    /// Finds where each value is defined.
    fn define_values(&mut self) {
        let parameters = &self.function.signature.parameters;
        let instructions = self.function.blocks.iter().flat_map(|block| &block.instructions);
        let count = parameters.len() + instructions.map(|each| each.results().count()).sum::<usize>();
        self.types = parameters.iter().map(|ty| Some(*ty)).collect();
        self.types.resize(count, None);
        self.sites = vec![Site::Parameter; parameters.len()];
        self.sites.resize(count, Site::Nowhere);
        for (block, index, instruction) in instructions_of(self.function) {
            for value in instruction.results() {
                match self.sites.get_mut(value.0 as usize) {
                    Some(site @ Site::Nowhere) => *site = Site::Instruction(block, index as u32),
                    Some(_) => self.wrong(Problem::ValueTwice { value }, block, index),
                    None => self.wrong(Problem::ValueNumber { value }, block, index),
                }
            }
        }
    }

    /// Checks where blocks end and lead to.
    fn check_blocks(&mut self) {
        for (block, Block { instructions }) in blocks_of(self.function) {
            if !instructions.last().is_some_and(Instruction::ends_block) {
                let name = &self.function.name;
                self.report.add(Problem::NoEnd {}, || Place::block(name, block));
            }
            for (index, instruction) in instructions.iter().enumerate() {
                if index + 1 < instructions.len() && instruction.ends_block() {
                    self.wrong(Problem::EndInside {}, block, index);
                }
                instruction.for_each_target(|label| {
                    if label.0 == 0 {
                        self.wrong(Problem::EntryTarget {}, block, index);
                    } else if label.0 as usize >= self.function.blocks.len() {
                        self.wrong(Problem::UndefinedLabel { label }, block, index);
                    }
                });
            }
        }
    }

    /// Checks each instruction, in an order in which values are defined before they are used.
    fn visit_blocks(&mut self) {
        let order = self.flow.order().to_vec();
        let dead = blocks_of(self.function).map(|(block, _)| block);
        let dead: Vec<Label> = dead.filter(|block| !self.flow.is_reached(*block)).collect();
        for block in order.into_iter().chain(dead) {
            self.is_visited[block.0 as usize] = true;
            let function = self.function;
            for (index, instruction) in function.blocks[block.0 as usize].instructions.iter().enumerate() {
                instruction.for_each_operand(|value| self.check_use(value, block, index));
                self.check_rules(instruction, block, index);
            }
        }
    }

    fn check_use(&mut self, value: Val, block: Label, index: usize) {
        let problem = match self.sites.get(value.0 as usize) {
            None | Some(Site::Nowhere) => Problem::UndefinedValue { value },
            Some(Site::Parameter) => return,
            Some(Site::Instruction(site, place)) if *site == block => {
                if (*place as usize) < index {
                    return;
                }
                Problem::UseBeforeDefinition { value }
            }
            Some(Site::Instruction(site, _)) => {
                // What is never reached may use all that was met before.
                let is_fine = match self.flow.is_reached(block) {
                    true => self.flow.dominates(*site, block),
                    false => self.is_visited[site.0 as usize],
                };
                if is_fine {
                    return;
                }
                Problem::NotOnEveryPath { value, block: *site }
            }
        };
        self.wrong(problem, block, index);
    }

    fn check_rules(&mut self, instruction: &'a Instruction, block: Label, index: usize) {
        let Check { function, surroundings, types, report, .. } = self;
        let context = Context {
            surroundings: *surroundings,
            signature: &function.signature,
            is_trusted: function.is_trusted,
            traps: function.traps,
            locals: &function.locals,
            types,
        };
        let found = rules::check(instruction, &context, &mut |problem| {
            let names = surroundings.names();
            report.add(problem, || Place::instruction(&function.name, block, index, instruction, names));
        });
        for (value, ty) in instruction.results().zip(found) {
            // Only the first instruction that gives a value decides about its type.
            let is_first = matches!(self.sites.get(value.0 as usize), Some(Site::Instruction(site, place))
                if *site == block && *place as usize == index);
            if is_first {
                self.types[value.0 as usize] = ty;
            }
        }
    }

    fn check_locals(&mut self) {
        for read in locals::unset(self.function, &self.flow) {
            self.wrong(Problem::UnsetLocal { local: read.local }, read.block, read.index);
        }
    }

    fn wrong(&mut self, problem: Problem, block: Label, index: usize) {
        let instruction = &self.function.blocks[block.0 as usize].instructions[index];
        let names = self.surroundings.names();
        self.report
            .add(problem, || Place::instruction(&self.function.name, block, index, instruction, names));
    }
}

fn blocks_of(function: &Function) -> impl Iterator<Item = (Label, &Block)> {
    function.blocks.iter().enumerate().map(|(index, block)| (Label(index as u32), block))
}

fn instructions_of(function: &Function) -> impl Iterator<Item = (Label, usize, &Instruction)> {
    blocks_of(function).flat_map(|(block, Block { instructions })| {
        instructions.iter().enumerate().map(move |(index, instruction)| (block, index, instruction))
    })
}
