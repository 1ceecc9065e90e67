//! The frame of a function: its signature, blocks, labels and locals.

use std::cell::Cell;
use std::collections::HashMap;

use super::reference::{FunctionRef, SymbolRef, Target};
use crate::function::{Block, Function, FunctionId, Instruction, Label, Local, Val};
use crate::module::{Module, SymbolId};
use crate::types::{Signature, Type};
use crate::verify::{Called, Place, Problem, Report, Surroundings, VerifyError, check_function, check_name};

/// Makes a function, instruction by instruction.
///
/// There is a current block, into which instructions go; at the beginning it is the first one. What ends a block leaves
/// none, until [`FunctionBuilder::place`] begins the next.
#[derive(Debug)]
pub struct FunctionBuilder {
    function: Function,
    /// The types of the values by number.
    types: Vec<Option<Type>>,
    /// Of each label what is known of it; its block has the same number.
    labels: Vec<Use>,
    current: Option<Label>,
    /// Whether it was said that there is no current block.
    is_lost: bool,
    /// The number of a parameter that was asked for and is not there.
    missing_parameter: Cell<Option<usize>>,
    functions: HashMap<FunctionId, FunctionRef>,
    symbols: HashMap<SymbolId, SymbolRef>,
    report: Report,
}

/// What is known of a label.
#[derive(Clone, Copy, Debug, Default)]
struct Use {
    is_placed: bool,
    /// The first instruction that goes there.
    first: Option<(Label, usize)>,
}

/// What is given instead of a value where there is none: more is not said of it.
const NOTHING: Val = Val(u32::MAX);

impl FunctionBuilder {
    /// Returns the builder of a function that is safe whatever it does: it reads and writes no memory but elements of its
    /// slices.
    pub fn new(name: &str, signature: Signature) -> FunctionBuilder {
        let types = signature.parameters.iter().map(|ty| Some(*ty)).collect();
        let function = Function {
            name: name.to_owned(),
            signature,
            is_exported: false,
            is_trusted: false,
            traps: false,
            is_cold: false,
            locals: Vec::new(),
            blocks: vec![Block::default()],
        };
        FunctionBuilder {
            function,
            types,
            labels: vec![Use { is_placed: true, first: None }],
            current: Some(Label(0)),
            is_lost: false,
            missing_parameter: Cell::new(None),
            functions: HashMap::new(),
            symbols: HashMap::new(),
            report: Report::default(),
        }
    }

    /// Returns the builder of a function that may use memory and addresses, for which the caller vouches, see
    /// [`Function::is_trusted`].
    pub fn trusted(name: &str, signature: Signature) -> FunctionBuilder {
        let mut builder = FunctionBuilder::new(name, signature);
        builder.function.is_trusted = true;
        builder
    }

    /// Says that the function can be called from outside of the module.
    pub fn exported(mut self) -> FunctionBuilder {
        self.function.is_exported = true;
        self
    }

    /// Says that the function may trap, see [`Function::traps`].
    pub fn trapping(mut self) -> FunctionBuilder {
        self.function.traps = true;
        self
    }

    /// Says that the function is rarely called.
    pub fn cold(mut self) -> FunctionBuilder {
        self.function.is_cold = true;
        self
    }

    /// Returns the name of the function.
    pub fn name(&self) -> &str {
        &self.function.name
    }

    /// Returns what the function takes and gives.
    pub fn signature(&self) -> &Signature {
        &self.function.signature
    }

    /// Returns whether the function may trap.
    pub fn traps(&self) -> bool {
        self.function.traps
    }

    /// Returns whether the function is trusted.
    pub fn is_trusted(&self) -> bool {
        self.function.is_trusted
    }

    /// Returns a parameter by its number.
    pub fn parameter(&self, index: usize) -> Val {
        if index < self.function.signature.parameters.len() {
            return Val(index as u32);
        }
        self.missing_parameter.set(Some(index));
        NOTHING
    }

    /// Returns a new local. It is set before it is read, on every way.
    pub fn local(&mut self, ty: Type) -> Local {
        self.function.locals.push(ty);
        Local(self.function.locals.len() as u32 - 1)
    }

    /// Returns a new local that has the type of a value, and is set to it here.
    pub fn variable(&mut self, value: Val) -> Local {
        let local = self.local(self.type_of(value).unwrap_or(Type::I64));
        self.set(local, value);
        local
    }

    /// Returns a new label, for a block that is placed later. A label that nothing goes to need not be placed.
    pub fn label(&mut self) -> Label {
        self.function.blocks.push(Block::default());
        self.labels.push(Use::default());
        Label(self.labels.len() as u32 - 1)
    }

    /// Begins the block of a label: it is the current one now. If there is one already, that goes on here.
    pub fn place(&mut self, label: Label) {
        match self.labels.get(label.0 as usize) {
            None => return self.wrong(Problem::UndefinedLabel { label }),
            Some(label_use) if label_use.is_placed => {
                return self.wrong(Problem::LabelPlacedTwice { label });
            }
            Some(_) => {}
        }
        if self.current.is_some() {
            self.push(Instruction::Jump { target: label });
        }
        self.labels[label.0 as usize].is_placed = true;
        self.current = Some(label);
        self.is_lost = false;
    }

    /// Returns a new label that is placed here.
    pub fn label_here(&mut self) -> Label {
        let label = self.label();
        self.place(label);
        label
    }

    /// Returns the current block; `None` behind what has ended one.
    pub fn current(&self) -> Option<Label> {
        self.current
    }

    /// Returns whether the last block has ended, and none has begun since.
    pub fn is_ended(&self) -> bool {
        self.current.is_none()
    }

    /// Returns the type of a value; `None` if it is not known, as something was wrong with it.
    pub fn type_of(&self, value: Val) -> Option<Type> {
        self.types.get(value.0 as usize).copied().flatten()
    }

    /// Returns the type of a local.
    pub fn type_of_local(&self, local: Local) -> Option<Type> {
        self.function.locals.get(local.0 as usize).copied()
    }

    /// Returns how many instructions there are in the current block.
    pub fn instructions_here(&self) -> usize {
        self.current.map_or(0, |block| self.function.blocks[block.0 as usize].instructions.len())
    }

    /// Returns the function.
    ///
    /// # Errors
    ///
    /// If anything is wrong with it: all that is.
    ///
    /// ```
    /// use rps_jit_ir::{FunctionBuilder, Signature, Type};
    ///
    /// let mut f = FunctionBuilder::new("mixed", Signature::new(&[Type::I64, Type::F64], Some(Type::I64)));
    /// let sum = f.add(f.parameter(0), f.parameter(1));
    /// f.return_value(sum);
    /// assert_eq!(
    ///     f.finish().unwrap_err().to_string(),
    ///     "native::type-mismatch: v1 is of type f64, and i64 is wanted\n  \
    ///        in `mixed`, b0, instruction 0: `v2 = add v0, v1`\n  \
    ///        help: convert it first, or compare it to get a truth value"
    /// );
    /// ```
    pub fn finish(self) -> Result<Function, Report> {
        let Finished { function, functions, symbols, mut report } = self.finish_unverified();
        let mut found = Report::default();
        check_name(&function.name, &mut |problem| found.add(problem, || Place::function(&function.name)));
        check_function(&function, &Declared { functions: &functions, symbols: &symbols }, &mut found);
        report.append_unknown(found);
        report.into_result()?;
        Ok(function)
    }

    /// Returns the function with what is known to be wrong with it.
    pub(super) fn finish_unverified(mut self) -> Finished {
        if let Some(index) = self.missing_parameter.get() {
            let name = &self.function.name;
            self.report.add(Problem::UndefinedParameter { index }, || Place::function(name));
        }
        for (index, label) in self.labels.iter().enumerate() {
            if let (false, Some((block, place))) = (label.is_placed, label.first) {
                let instruction = &self.function.blocks[block.0 as usize].instructions[place];
                let problem = Problem::LabelNotPlaced { label: Label(index as u32) };
                let name = &self.function.name;
                self.report.add(problem, || Place::instruction(name, block, place, instruction, None));
            }
        }
        self.leave_out_labels();
        let FunctionBuilder { function, functions, symbols, report, .. } = self;
        Finished { function, functions, symbols, report }
    }

    /// Leaves out the blocks of labels that were not placed.
    fn leave_out_labels(&mut self) {
        if self.labels.iter().all(|label| label.is_placed) {
            return;
        }
        let mut count = 0;
        let numbers = self.labels.iter().map(|label| {
            count += u32::from(label.is_placed);
            // What is gone to all the same was reported.
            if label.is_placed { Label(count - 1) } else { Label(u32::MAX) }
        });
        let numbers: Vec<Label> = numbers.collect();
        let mut labels = self.labels.iter();
        self.function.blocks.retain(|_| labels.next().is_some_and(|label| label.is_placed));
        for instruction in self.function.blocks.iter_mut().flat_map(|block| &mut block.instructions) {
            instruction.for_each_target_mut(|target| {
                *target = numbers.get(target.0 as usize).copied().unwrap_or(*target);
            });
        }
    }

    /// Adds an instruction that gives nothing.
    pub(super) fn push(&mut self, instruction: Instruction) {
        let Some(block) = self.current else { return self.lost() };
        let index = self.function.blocks[block.0 as usize].instructions.len();
        if instruction.ends_block() {
            self.current = None;
            instruction.for_each_target(|label| {
                if let Some(label) = self.labels.get_mut(label.0 as usize) {
                    label.first.get_or_insert((block, index));
                }
            });
        }
        self.function.blocks[block.0 as usize].instructions.push(instruction);
    }

    /// Adds an instruction that gives a value of a type, if the type is known.
    pub(super) fn give(&mut self, ty: Option<Type>, make: impl FnOnce(Val) -> Instruction) -> Val {
        let Some(block) = self.current else {
            self.lost();
            return NOTHING;
        };
        let value = Val(self.types.len() as u32);
        self.types.push(ty);
        self.function.blocks[block.0 as usize].instructions.push(make(value));
        value
    }

    /// Adds an instruction that gives two values.
    pub(super) fn give_two(
        &mut self,
        types: [Option<Type>; 2],
        make: impl FnOnce(Val, Val) -> Instruction,
    ) -> (Val, Val) {
        let second = Val(self.types.len() as u32 + 1);
        let first = self.give(types[0], |first| make(first, second));
        if first == NOTHING {
            return (NOTHING, NOTHING);
        }
        self.types.push(types[1]);
        (first, second)
    }

    /// Remembers what is called.
    pub(super) fn note(&mut self, target: &Target<'_>) {
        let foreign = match *target {
            Target::Function(function) => {
                let noted = self.functions.entry(function.id).or_insert_with(|| function.clone());
                (noted.owner != function.owner).then(|| function.name.to_string())
            }
            Target::Symbol(symbol) => {
                let noted = self.symbols.entry(symbol.id).or_insert_with(|| symbol.clone());
                (noted.owner != symbol.owner).then(|| symbol.name.to_string())
            }
            Target::Pointer(..) => None,
        };
        // Of two generators, at least one is another than that of the function.
        if let Some(name) = foreign {
            self.wrong(Problem::Foreign { name });
        }
    }

    /// Remembers what is wrong here.
    pub(super) fn wrong(&mut self, problem: Problem) {
        let (name, current) = (&self.function.name, self.current);
        self.report
            .add(problem, || current.map_or_else(|| Place::function(name), |at| Place::block(name, at)));
    }

    fn lost(&mut self) {
        if !std::mem::replace(&mut self.is_lost, true) {
            self.wrong(Problem::Unplaced {});
        }
    }
}

/// A function that was made, with what it refers to.
pub(super) struct Finished {
    pub(super) function: Function,
    pub(super) functions: HashMap<FunctionId, FunctionRef>,
    pub(super) symbols: HashMap<SymbolId, SymbolRef>,
    pub(super) report: Report,
}

/// What a function refers to, before there is a module.
struct Declared<'a> {
    functions: &'a HashMap<FunctionId, FunctionRef>,
    symbols: &'a HashMap<SymbolId, SymbolRef>,
}

impl Surroundings for Declared<'_> {
    fn function(&self, id: FunctionId) -> Option<Called<'_>> {
        let function = self.functions.get(&id)?;
        Some(Called { signature: &function.signature, traps: function.traps })
    }

    fn symbol(&self, id: SymbolId) -> Option<Option<Called<'_>>> {
        let symbol = self.symbols.get(&id)?;
        Some(symbol.signature.as_deref().map(|signature| Called { signature, traps: symbol.traps }))
    }

    fn names(&self) -> Option<&Module> {
        None
    }
}

impl Report {
    /// Adds what another report has, without what only follows from errors that a builder has told already.
    pub(super) fn append_unknown(&mut self, other: Report) {
        let has_errors = !self.errors.is_empty();
        self.left_out += other.left_out;
        for VerifyError { problem, place } in other.errors {
            let follows = match problem {
                Problem::UndefinedValue { value } => value == NOTHING,
                Problem::UndefinedLabel { label } => label == Label(u32::MAX),
                _ => false,
            };
            if !(follows && has_errors) {
                self.add(problem, || place);
            }
        }
    }
}
