//! Random functions: statements in branches and loops, which end.

use super::choices::Choices;
use super::expression::canonical;
use super::run::{ENTRY, MEMORY, signature, symbols};
use crate::builder::{CodeGenerator, FunctionBuilder, FunctionRef, SymbolRef, Target};
use crate::function::{Expect, Label, Local, Memory, Order, Val, trap};
use crate::module::Module;
use crate::types::{Signature, Type};

/// Returns a module that is decided by bytes.
///
/// # Panics
///
/// If the module is not verified: then the builder, the verifier or this is wrong.
pub fn module(bytes: &[u8]) -> Module {
    let mut choices = Choices::new(bytes);
    let mut generator = CodeGenerator::new();
    let symbols: Vec<SymbolRef> = symbols().map(|symbol| generator.symbol(symbol)).into();
    let mut functions = Vec::new();
    for number in 0..choices.below(4) {
        let builder = header(&mut choices, &format!("part{number}"));
        let builder = body(&mut choices, builder, &symbols, &functions);
        functions.push(generator.add(builder));
    }
    let entry = FunctionBuilder::trusted(ENTRY, signature()).exported().trapping();
    let entry = body(&mut choices, entry, &symbols, &functions);
    generator.add(entry);
    match generator.finish() {
        Ok(module) => module,
        Err(report) => panic!("a random module is wrong:\n{report}"),
    }
}

/// Returns the beginning of a function with a random signature.
fn header(choices: &mut Choices<'_>, name: &str) -> FunctionBuilder {
    let all = signature().parameters;
    let parameters: Vec<Type> = (0..choices.below(5)).map(|_| choices.one_of(&all, Type::I64)).collect();
    let result = match choices.below(8) {
        0 => None,
        // Not the last one, which is `Ptr`.
        kind => Some(Type::SINGLE[kind - 1]),
    };
    let signature = Signature { parameters, result };
    let mut builder = match choices.below(2) {
        0 => FunctionBuilder::new(name, signature),
        _ => FunctionBuilder::trusted(name, signature),
    };
    if choices.below(2) == 1 {
        builder = builder.trapping();
    }
    if choices.below(8) == 1 {
        builder = builder.cold();
    }
    builder
}

fn body(
    choices: &mut Choices<'_>,
    builder: FunctionBuilder,
    symbols: &[SymbolRef],
    functions: &[FunctionRef],
) -> FunctionBuilder {
    let values = (0..builder.signature().parameters.len()).map(|index| builder.parameter(index)).collect();
    let mut maker =
        Maker { choices, f: builder, symbols, functions, values, locals: Vec::new(), statements: 60 };
    for _ in 0..maker.choices.below(5) {
        let ty = maker.number_type();
        let value = maker.value(ty);
        let local = maker.f.variable(value);
        maker.locals.push(local);
    }
    maker.statements(4);
    maker.end();
    maker.f
}

/// Makes a function.
pub(super) struct Maker<'a, 'c> {
    pub(super) choices: &'a mut Choices<'c>,
    pub(super) f: FunctionBuilder,
    symbols: &'a [SymbolRef],
    functions: &'a [FunctionRef],
    /// The values that can be used here.
    pub(super) values: Vec<Val>,
    /// The locals, which are all set at the beginning.
    pub(super) locals: Vec<Local>,
    /// How many statements may be made yet.
    statements: usize,
}

impl Maker<'_, '_> {
    /// Makes some statements, in which others are nested so many times.
    fn statements(&mut self, depth: usize) {
        let known = self.values.len();
        while !self.choices.is_empty() && self.statements > 0 && !self.f.is_ended() {
            self.statements -= 1;
            match self.choices.below(20) {
                0 if depth > 0 => self.branch(depth - 1),
                1 if depth > 0 => self.repeat(depth - 1),
                2 if depth > 0 => self.switch(depth - 1),
                3 => self.call_symbol(),
                4 => self.call_function(),
                5 | 6 => self.store(),
                7 | 8 => self.set_element(),
                9 | 10 => self.set_local(),
                11 if self.f.traps() && self.choices.below(4) == 1 => {
                    let condition = self.value(Type::Bool);
                    self.f.trap_if(condition, trap::USER + 1);
                }
                12 if depth < 4 && self.choices.below(3) == 1 => self.end(),
                13 if depth < 4 => break,
                _ => {
                    let ty = self.number_type();
                    let value = self.operation(ty);
                    self.values.push(value);
                }
            }
        }
        self.values.truncate(known);
    }

    fn branch(&mut self, depth: usize) {
        let condition = self.value(Type::Bool);
        let (yes, no, end) = (self.f.label(), self.f.label(), self.f.label());
        let expect = self.choices.one_of(&[Expect::Unknown, Expect::Yes, Expect::No], Expect::Unknown);
        self.f.branch(condition, yes, no, expect);
        self.arms(&[yes, no], end, depth);
    }

    fn switch(&mut self, depth: usize) {
        let ty = self.choices.one_of(&[Type::I8, Type::I16, Type::I32, Type::I64], Type::I64);
        let on = self.value(ty);
        let arms: Vec<Label> = (0..=self.choices.below(4)).map(|_| self.f.label()).collect();
        let mut cases: Vec<(u64, Label)> =
            arms.iter().map(|arm| (self.choices.word() & ty.mask(), *arm)).collect();
        cases.sort_unstable();
        cases.dedup_by_key(|(case, _)| *case);
        let (default, end) = (self.f.label(), self.f.label());
        self.f.switch(on, &cases, default);
        let mut reached: Vec<Label> = cases.iter().map(|(_, arm)| *arm).collect();
        reached.push(default);
        self.arms(&reached, end, depth);
    }

    /// Makes the blocks of a branch, and goes on behind them.
    fn arms(&mut self, arms: &[Label], end: Label, depth: usize) {
        for arm in arms {
            self.f.place(*arm);
            self.statements(depth);
            if !self.f.is_ended() {
                self.f.jump(end);
            }
        }
        self.f.place(end);
    }

    /// Makes a loop that runs a few times.
    fn repeat(&mut self, depth: usize) {
        let count = 1 + self.choices.below(5) as i64;
        let zero = self.f.i64(0);
        let index = self.f.variable(zero);
        let (head, inside, end) = (self.f.label(), self.f.label(), self.f.label());
        self.f.place(head);
        let (at, count) = (self.f.get(index), self.f.i64(count));
        let is_inside = self.f.less(at, count);
        self.f.branch(is_inside, inside, end, Expect::Yes);
        self.f.place(inside);
        let (at, one) = (self.f.get(index), self.f.i64(1));
        let next = self.f.add(at, one);
        self.f.set(index, next);
        let known = self.values.len();
        self.values.push(at);
        self.statements(depth);
        self.values.truncate(known);
        if !self.f.is_ended() {
            self.f.jump(head);
        }
        self.f.place(end);
    }

    fn call_symbol(&mut self) {
        let count = if self.f.traps() { self.symbols.len() } else { self.symbols.len() - 1 };
        let symbol = &self.symbols[self.choices.below(count)];
        let Some(signature) = symbol.signature() else { return };
        let arguments: Vec<Val> = signature.parameters.iter().map(|ty| self.value(*ty)).collect();
        let is_through_address = self.f.is_trusted() && !symbol.traps() && self.choices.below(3) == 1;
        let target = match is_through_address {
            true => Target::Pointer(self.f.address(symbol), signature),
            false => Target::Symbol(symbol),
        };
        if signature.result.is_some() {
            let result = self.f.call(target, &arguments);
            self.values.push(result);
        } else {
            self.f.call_void(target, &arguments);
        }
    }

    fn call_function(&mut self) {
        if self.functions.is_empty() {
            return;
        }
        let function = &self.functions[self.choices.below(self.functions.len())];
        if function.traps() && !self.f.traps() {
            return;
        }
        let types = &function.signature().parameters;
        let arguments: Option<Vec<Val>> = types.iter().map(|ty| self.argument(*ty)).collect();
        let Some(arguments) = arguments else { return };
        if function.signature().result.is_some() {
            let result = self.f.call(function, &arguments);
            self.values.push(result);
        } else {
            self.f.call_void(function, &arguments);
        }
    }

    /// Returns a value, or a parameter if only parameters have the type.
    fn argument(&mut self, ty: Type) -> Option<Val> {
        if ty != Type::Ptr && !ty.is_slice() {
            return Some(self.value(ty));
        }
        self.values.iter().copied().find(|value| self.f.type_of(*value) == Some(ty))
    }

    fn set_local(&mut self) {
        let Some(local) = self.locals.get(self.choices.below(self.locals.len())).copied() else { return };
        if let Some(ty) = self.f.type_of_local(local) {
            let value = self.value(ty);
            self.f.set(local, value);
        }
    }

    fn set_element(&mut self) {
        let Some(slice) = self.slice(None) else { return };
        let Some(Type::Slice(element)) = self.f.type_of(slice) else { return };
        let index = self.index(slice);
        let value = self.value(element.ty());
        let value = canonical(&mut self.f, value);
        self.f.set_element(slice, index, value);
    }

    fn store(&mut self) {
        const TYPES: [Type; 7] =
            [Type::I64, Type::I8, Type::I16, Type::I32, Type::F32, Type::F64, Type::Bool];
        let ty = self.choices.one_of(&TYPES, Type::I64);
        let Some((base, offset, memory)) = self.memory(MEMORY / 3 * 2) else { return };
        let value = self.value(ty);
        let value = canonical(&mut self.f, value);
        self.f.store(base, offset, value, memory);
    }

    /// Returns a place in the first bytes of the memory, if the function has it, and what is known of it: of each third
    /// that it belongs to a class of its own, or nothing.
    pub(super) fn memory(&mut self, bytes: usize) -> Option<(Val, i32, Memory)> {
        let base = self.values.iter().copied().find(|value| self.f.type_of(*value) == Some(Type::Ptr))?;
        if !self.f.is_trusted() {
            return None;
        }
        let third = self.choices.below(bytes / (MEMORY / 3));
        let class = if self.choices.below(2) == 0 { 0 } else { third as u8 + 1 };
        let orders = [Order::Plain, Order::Shared, Order::Volatile, Order::Ordered, Order::Constant];
        let count = if third == 2 { orders.len() } else { orders.len() - 1 };
        let memory = Memory { class, order: self.choices.one_of(&orders[..count], Order::Plain) };
        let start = (third * (MEMORY / 3)) as i32;
        if self.choices.below(2) == 0 {
            return Some((base, start + 8 * self.choices.below(8) as i32, memory));
        }
        let (index, mask) = (self.value(Type::I64), self.f.i64(7));
        let index = self.f.and(index, mask);
        let base = self.f.offset(base, index, 8, start);
        Some((base, 0, memory))
    }

    /// Returns a slice, of some type or of any, if the function has one.
    pub(super) fn slice(&mut self, ty: Option<Type>) -> Option<Val> {
        if !self.f.traps() {
            return None;
        }
        let is_right = |value: &&Val| {
            let found = self.f.type_of(**value);
            found.is_some_and(Type::is_slice) && (ty.is_none() || found == ty)
        };
        let slices: Vec<Val> = self.values.iter().filter(is_right).copied().collect();
        slices.get(self.choices.below(slices.len())).copied()
    }

    /// Returns an index into a slice, which nearly always exists if the slice has elements.
    pub(super) fn index(&mut self, slice: Val) -> Val {
        let index = self.value(Type::I64);
        if self.choices.below(8) == 7 {
            return index;
        }
        let (length, one) = (self.f.length(slice), self.f.i64(1));
        let length = self.f.maximum(length, one);
        self.f.remainder_unsigned(index, length)
    }

    /// Ends the function with all that is known, in one integer, or with a value.
    fn end(&mut self) {
        match self.f.signature().result {
            None => self.f.return_void(),
            Some(Type::I64) => {
                let mut sum = self.f.i64(0);
                for value in self.values.clone() {
                    if let Some(word) = self.word(value) {
                        let (times, all) = (self.f.i64(31), sum);
                        let product = self.f.multiply(all, times);
                        sum = self.f.add(product, word);
                    }
                }
                for local in self.locals.clone() {
                    let value = self.f.get(local);
                    if let Some(word) = self.word(value) {
                        sum = self.f.xor(sum, word);
                    }
                }
                self.f.return_value(sum);
            }
            Some(ty) => {
                let value = self.value(ty);
                self.f.return_value(value);
            }
        }
    }
}
