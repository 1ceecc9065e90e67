//! The interpreter: one loop over verified instructions.

use super::operate;
use super::{Code, Instruction, SourceRange};
use crate::error::RuntimeError;
use crate::heap::{Root, RootVec};

use crate::object::ObjectRef;
use crate::object::payload::Payload;
use crate::runtime::Mutator;
use crate::value::{SetRef, TupleRef, Value};

/// What code shares with the code that ran before it at the same prompt, or in the same script.
#[derive(Debug)]
pub struct Context {
    /// The variables, by their number in the code.
    pub variables: RootVec,
    /// The last value.
    pub last: Root,
    /// The space in which objects are kept, or nil where there is none.
    pub space: Root,
}

impl Context {
    /// Returns a context without variables.
    pub fn new(m: &Mutator<'_>) -> Context {
        let heap = m.heap();
        Context { variables: heap.root_vec(), last: heap.root(Value::NIL), space: heap.root(Value::NIL) }
    }
}

/// An error and the source that raised it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct RunError {
    /// What went wrong.
    pub error: RuntimeError,
    /// Where.
    pub range: SourceRange,
}

/// Runs a unit of code, and returns its value.
///
/// # Errors
///
/// [`RunError`] with the place in the source.
pub fn run(m: &Mutator<'_>, code: &Code, context: &mut Context) -> Result<Value, RunError> {
    let mut frame = Frame { m, code, context, registers: m.root_vec(), at: 0 };
    frame.registers.resize(usize::from(code.registers));
    frame.run().map_err(|error| RunError { error, range: code.range(frame.at) })
}

struct Frame<'f, 'r> {
    m: &'f Mutator<'r>,
    code: &'f Code,
    context: &'f mut Context,
    registers: RootVec,
    /// The instruction that is being run.
    at: usize,
}

impl Frame<'_, '_> {
    fn run(&mut self) -> Result<Value, RuntimeError> {
        let mut next = 0;
        loop {
            self.at = next;
            next += 1;
            if let Some(target) = self.step(self.code.instructions[self.at])? {
                match target {
                    Step::Jump(target) => {
                        if usize::from(target) <= self.at {
                            self.m.safepoint();
                            self.m.check_interrupt()?;
                        }
                        next = usize::from(target);
                    }
                    Step::Return(value) => return Ok(value),
                }
            }
        }
    }

    #[inline]
    fn get(&self, register: u16) -> Value {
        self.registers[usize::from(register)]
    }

    #[inline]
    fn set(&mut self, register: u16, value: Value) {
        self.registers[usize::from(register)] = value;
    }

    fn range(&self, first: u16, count: u16) -> &[Value] {
        &self.registers[usize::from(first)..usize::from(first) + usize::from(count)]
    }

    fn constant(&self, index: u16) -> Value {
        self.code.constants[usize::from(index)]
    }

    /// Returns an object constant, which the verifier made sure of.
    fn object_constant(&self, index: u16) -> ObjectRef {
        self.constant(index).as_object().expect("verified: the constant is an object")
    }

    fn step(&mut self, instruction: Instruction) -> Result<Option<Step>, RuntimeError> {
        use Instruction as I;
        let m = self.m;
        match instruction {
            I::Constant { to, constant } => self.set(to, self.constant(constant)),
            I::Move { to, from } => self.set(to, self.get(from)),
            I::LoadVariable { to, variable } => {
                let value = self.context.variables.get(usize::from(variable)).copied();
                self.set(to, value.unwrap_or(Value::NIL));
            }
            I::StoreVariable { variable, from } => {
                let value = self.get(from);
                if self.context.variables.len() <= usize::from(variable) {
                    self.context.variables.resize(usize::from(variable) + 1);
                }
                self.context.variables[usize::from(variable)] = value;
            }
            I::LoadLast { to } => self.set(to, self.context.last.get()),
            I::LoadGlobal { to, constant } => {
                let symbol = self.object_constant(constant);
                self.set(to, m.value_of_symbol(symbol));
            }
            I::MakeTuple { to, first, count } => {
                let tuple = TupleRef::new(m, self.range(first, count))?;
                self.set(to, tuple.into());
            }
            I::MakeSet { to, first, count } => {
                let range = usize::from(first)..usize::from(first) + usize::from(count);
                let set = SetRef::new(m, &mut self.registers[range])?;
                self.set(to, set.into());
            }
            I::MakeString { to, first, count } => {
                let text: String = self.range(first, count).iter().map(|&value| m.text_of(value)).collect();
                self.set(to, m.string(&text));
            }
            I::GetAttribute { to, object, constant } => {
                let value = m.attribute_or_nil(self.get(object), self.object_constant(constant))?;
                self.set(to, value);
            }
            I::GetComputed { to, object, key } => {
                let key = operate::key(m, self.get(key))?;
                let value = m.attribute_or_nil(self.get(object), key)?;
                self.set(to, value);
            }
            I::PutAttribute { object, constant, value } => {
                operate::put_attribute(m, self.get(object), self.object_constant(constant), self.get(value))?;
            }
            I::PutComputed { object, key, value } => {
                let key = operate::key(m, self.get(key))?;
                operate::put_attribute(m, self.get(object), key, self.get(value))?;
            }
            I::GetElement { to, collection, index } => {
                let value = m.element(self.get(collection), self.get(index))?;
                self.set(to, value);
            }
            I::PutElement { collection, index, value } => {
                m.put_element(self.get(collection), self.get(index), self.get(value))?;
            }
            I::PushElement { collection, value } => {
                let object = operate::object(m, "the collection", self.get(collection))?;
                m.push_element(object, self.get(value))?;
            }
            I::Send { first, constant, count } => {
                m.check_interrupt()?;
                let result =
                    m.send(self.get(first), self.object_constant(constant), self.range(first + 1, count))?;
                self.set(first, result);
            }
            I::Call { first, count } => {
                m.check_interrupt()?;
                let result = m.apply(self.get(first), Value::NIL, self.range(first + 1, count))?;
                self.set(first, result);
            }
            I::Operate { operation, to, left, right } => {
                let value = operate::operate(m, operation, self.get(left), self.get(right))?;
                self.set(to, value);
            }
            I::Compare { comparison, to, left, right } => {
                let truth = operate::compare(m, comparison, self.get(left), self.get(right))?;
                self.set(to, truth.into());
            }
            I::Negate { to, from } => {
                let value = operate::negate(m, self.get(from))?;
                self.set(to, value);
            }
            I::Not { to, from } => self.set(to, Value::bool(!self.get(from).is_truthy())),
            I::Jump { target } => return Ok(Some(Step::Jump(target))),
            I::JumpIfFalse { condition, target } => {
                return Ok((!self.get(condition).is_truthy()).then_some(Step::Jump(target)));
            }
            I::JumpIfTrue { condition, target } => {
                return Ok(self.get(condition).is_truthy().then_some(Step::Jump(target)));
            }
            I::New { to, class } => {
                let class = operate::object(m, "what stands behind `new`", self.get(class))?;
                let object = m.new_instance(class)?;
                self.set(to, object.into());
            }
            I::Keep { object, constant } => {
                let object = operate::object(m, "what is kept", self.get(object))?;
                let name = self.constant(constant).as_string().expect("verified: the constant is a string");
                m.keep(object, name.as_str(), self.context.space.get().as_object())?;
            }
            I::AddRoot { object } => {
                let object = operate::object(m, "the root", self.get(object))?;
                m.add_root(object);
            }
            I::InSpace { space } => {
                let space = operate::object(m, "the space", self.get(space))?;
                if !space.with_payload(m, |payload| matches!(payload, Some(Payload::Space))) {
                    return Err(operate::wrong_kind(m, "what stands behind `in`", "a space", space.into()));
                }
                self.context.space.set(space.into());
            }
            I::Return { from } => return Ok(Some(Step::Return(self.get(from)))),
        }
        Ok(None)
    }
}

enum Step {
    Jump(u16),
    Return(Value),
}
