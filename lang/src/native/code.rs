//! A call of a native function: what its unit of bytecode does.

use std::any::Any;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rps_jit_ir::Element;
use rps_jit_ir::evaluate::{AddressSpace, Evaluator, Stop, Value as Number};
use rps_jit_ir::function::trap;
use rps_runtime::code::Source;
use rps_runtime::code::typed::{NumberRow, POLL, STOPPED, Signals, TypedArgument, TypedCode, TypedStop};
use rps_runtime::extension::{ExtensionError, ForeignPayload, PayloadForm};
use rps_runtime::object::Payload;
use rps_runtime::send::Native;
use rps_runtime::value::number::NumberError;
use rps_runtime::{Mutator, ObjectRef, Oid, RuntimeError, Value, known};

use super::lower::Reason;
use super::program::Program;
use super::types::Ty;
use super::values::{self, Given};

/// What the native function is called that calls native code; nobody can write that.
const CALL: &str = "native code";
/// How many steps of the evaluator are as much as a call or a turn of a loop that the compiled tier counts.
const STEPS: u64 = 100;

/// What was made of the text of a native function, as the payload of an object that no store ever sees.
#[derive(Debug)]
struct NativeCode {
    source: Arc<Source>,
    made: Mutex<Option<Arc<Made>>>,
}

/// What was made of it, as long as the names in it stand for the same.
#[derive(Debug)]
struct Made {
    program: Program,
    /// The epoch of the definitions in which that was so.
    epoch: AtomicU64,
    /// The steps that were evaluated.
    steps: AtomicU64,
    machine: OnceLock<Option<TypedCode>>,
}

/// Gives a runtime what units of native functions call.
pub(crate) fn install(m: &Mutator<'_>) {
    if m.native_function(call_oid()).is_none() {
        m.runtime().register_function(call_oid(), Native::new(CALL, Native::ANY, call, ""));
    }
}

fn call_oid() -> Oid {
    Oid::of_name(CALL)
}

/// Returns the function that units of native functions call.
pub(crate) fn callee(m: &Mutator<'_>) -> ObjectRef {
    install(m);
    let function = m.object_or_skeleton(call_oid());
    if function.class().is_none() {
        function.set_class_unchecked(Some(m.class(known::CORE_FUNCTION)));
    }
    function
}

/// Returns an object that holds what is made of the text of a native function.
pub(crate) fn new_code(m: &Mutator<'_>, source: Arc<Source>) -> ObjectRef {
    let object = m.new_object(m.class(known::OBJECT));
    let code = NativeCode { source, made: Mutex::default() };
    object.install_payload(m, Some(Payload::Foreign(Arc::new(code))));
    object
}

impl ForeignPayload for NativeCode {
    fn type_name(&self) -> &str {
        CALL
    }

    fn schema_hash(&self) -> u64 {
        0
    }

    fn for_each_value(&self, _: &mut dyn FnMut(Value)) {}

    fn outside_bytes(&self) -> usize {
        self.source.text.len() * 8
    }

    fn write(&self, _: &Mutator<'_>) -> Result<PayloadForm, ExtensionError> {
        Err(not_kept())
    }

    fn copy(&self, _: &Mutator<'_>) -> Result<Arc<dyn ForeignPayload>, ExtensionError> {
        Err(not_kept())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn not_kept() -> ExtensionError {
    ExtensionError {
        code: super::codes::NOT_SUPPORTED,
        plugin: String::new(),
        message: "what was made of a native function is not kept".into(),
        hint: Some("keep the function".into()),
    }
}

/// Calls native code: the first argument holds it, the others are its own.
fn call(m: &Mutator<'_>, _: Value, arguments: &[Value]) -> Result<Value, RuntimeError> {
    let payload = arguments.first().and_then(|code| code.as_object()).and_then(|object| {
        object.with_payload(m, |payload| match payload {
            Some(Payload::Foreign(content)) => Some(Arc::clone(content)),
            _ => None,
        })
    });
    let code = payload.as_ref().and_then(|payload| payload.as_any().downcast_ref::<NativeCode>());
    let Some(code) = code else {
        return Err(RuntimeError::NotApplicable { found: "what is no native code".into() });
    };
    let made = code.made(m)?;
    let program = &made.program;
    let mut given = Given::of(m, program, &arguments[1..])?;
    let result = made.run(m, &mut given);
    // What was changed before an error stays changed.
    given.write_back(m);
    match result {
        Ok(bits) => Ok(program.signature.result.map_or(Value::NIL, |ty| values::value(m, bits, ty))),
        Err(TypedStop::Error(error)) => Err(error),
        Err(TypedStop::Trap(code)) => Err(trapped(m, program, code)),
    }
}

impl NativeCode {
    /// Returns what is made of the text, anew if a name in it stands for something else since.
    fn made(&self, m: &Mutator<'_>) -> Result<Arc<Made>, RuntimeError> {
        let epoch = m.runtime().definition_epoch();
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(made) = made {
            if made.epoch.load(Ordering::Acquire) == epoch {
                return Ok(made);
            }
            if made.program.holds(m) {
                made.epoch.store(epoch, Ordering::Release);
                return Ok(made);
            }
        }
        let made = Arc::new(Made {
            program: Program::link(m, &self.source)?,
            epoch: AtomicU64::new(epoch),
            steps: AtomicU64::new(0),
            machine: OnceLock::new(),
        });
        *self.made.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&made));
        Ok(made)
    }
}

impl Made {
    /// Runs the code: by the evaluator as long as it is cold, as machine code then.
    ///
    /// Native code changes nothing but its rows, so that what the evaluator has begun with a copy of them can be given up, and
    /// done from the beginning as machine code.
    fn run(&self, m: &Mutator<'_>, given: &mut Given) -> Result<u64, TypedStop> {
        if let Some(Some(machine)) = self.machine.get() {
            return m.call_typed(machine, &given.arguments, &mut given.rows);
        }
        let limit = match (self.machine.get(), m.warm_after()) {
            (None, Some(calls)) => Some(STEPS.saturating_mul(calls.into())),
            _ => None,
        };
        if let Some(limit) = limit {
            let left = limit.saturating_sub(self.steps.load(Ordering::Relaxed));
            if left > 0
                && let Some(result) = self.evaluate(m, given, left)
            {
                return result;
            }
            let make = || m.make_typed(&self.program.bytes, &self.program.entrance);
            // Whoever of several threads is first wins: none waits for another in here.
            let made = make();
            if self.machine.get().is_none() {
                let _other = self.machine.set(made);
            }
            if let Some(Some(machine)) = self.machine.get() {
                return m.call_typed(machine, &given.arguments, &mut given.rows);
            }
        }
        self.evaluate(m, given, u64::MAX).unwrap_or(Err(TypedStop::Error(RuntimeError::Interrupted)))
    }

    /// Evaluates the code; `None` if it takes more steps than it may.
    fn evaluate(&self, m: &Mutator<'_>, given: &mut Given, steps: u64) -> Option<Result<u64, TypedStop>> {
        let program = &self.program;
        let error = std::cell::RefCell::new(None);
        let mut evaluator = match Evaluator::new(&program.module) {
            Ok(evaluator) => evaluator,
            Err(report) => return Some(Err(internal(&report.to_string()))),
        };
        evaluator.steps = steps;
        // The values of all calls together have a limit, which is nearer.
        evaluator.depth = usize::MAX;
        evaluator.state.memory = Some(Box::new(Word(m.runtime().signals())));
        evaluator.define(POLL, |_, _| match m.poll() {
            Ok(()) => Ok(None),
            Err(stopped) => {
                *error.borrow_mut() = Some(stopped);
                Err(STOPPED)
            }
        });
        let mut rows: HashMap<usize, Number> = HashMap::new();
        let mut arguments = Vec::with_capacity(given.arguments.len());
        for (argument, (_, ty)) in given.arguments.iter().zip(&program.signature.parameters) {
            arguments.push(match (*argument, *ty) {
                (TypedArgument::Number(bits), ty) => Number::new(ty.native(), bits),
                (TypedArgument::Row(at), Ty::Vector(ty)) => *rows.entry(at).or_insert_with(|| {
                    let row = &given.rows[at];
                    let bits: Vec<u64> = (0..row.len()).filter_map(|at| row.bits(at)).collect();
                    evaluator.slice(ty.element().unwrap_or(Element::I8), &bits)
                }),
                (TypedArgument::Row(_), ty) => Number::new(ty.native(), 0),
            });
        }
        let result = evaluator.call(&program.entrance, &arguments);
        self.steps.fetch_add(steps - evaluator.steps, Ordering::Relaxed);
        if result == Err(Stop::Steps) {
            return None;
        }
        for (at, slice) in rows {
            set_row(&mut given.rows[at], evaluator.state.elements(&slice));
        }
        drop(evaluator);
        Some(match result {
            Ok(number) => Ok(number.map_or(0, |number| number.bits())),
            Err(Stop::Trap(STOPPED)) => {
                Err(TypedStop::Error(error.into_inner().unwrap_or(RuntimeError::Interrupted)))
            }
            Err(Stop::Trap(code)) => Err(TypedStop::Trap(code)),
            Err(Stop::Depth) => Err(TypedStop::Trap(trap::DEPTH)),
            Err(other) => Err(internal(&other.to_string())),
        })
    }
}

/// The one word of memory that native code reads.
struct Word(Signals);

impl AddressSpace for Word {
    fn read(&mut self, _: u64, _: usize) -> Option<u64> {
        Some(self.0.read().into())
    }

    fn write(&mut self, _: u64, _: usize, _: u64) -> Option<()> {
        None
    }
}

fn set_row(row: &mut NumberRow, bits: &[u64]) {
    match row {
        NumberRow::I8(row) => row.iter_mut().zip(bits).for_each(|(own, &bits)| *own = bits as u8),
        NumberRow::I16(row) => row.iter_mut().zip(bits).for_each(|(own, &bits)| *own = bits as u16),
        NumberRow::I32(row) => row.iter_mut().zip(bits).for_each(|(own, &bits)| *own = bits as u32),
        NumberRow::I64(row) => row.iter_mut().zip(bits).for_each(|(own, &bits)| *own = bits),
        NumberRow::F32(row) => {
            row.iter_mut().zip(bits).for_each(|(own, &bits)| *own = f32::from_bits(bits as u32));
        }
        NumberRow::F64(row) => row.iter_mut().zip(bits).for_each(|(own, &bits)| *own = f64::from_bits(bits)),
    }
}

fn internal(message: &str) -> TypedStop {
    TypedStop::Error(RuntimeError::Failed {
        code: super::codes::INTERNAL,
        message: format!("native code came to what it never should: {message}"),
        hint: Some("this is a mistake of Repersys: please report it with the text of the function".into()),
    })
}

/// Returns the error of a trap, and tells its place to the stack trace.
fn trapped(m: &Mutator<'_>, program: &Program, code: i32) -> RuntimeError {
    let failed =
        |code, message: String, hint: &str| RuntimeError::Failed { code, message, hint: Some(hint.into()) };
    if code == trap::DEPTH {
        let message = "the native functions call each other too deeply".to_owned();
        return failed("run::stack-overflow", message, "does the recursion end?");
    }
    let Some((site, source)) = program.site(code) else {
        return match internal(&format!("it trapped with {code}")) {
            TypedStop::Error(error) => error,
            TypedStop::Trap(_) => RuntimeError::Interrupted,
        };
    };
    m.note_typed_place(&source.name, Arc::clone(source), (site.span.start, site.span.end));
    let written = site.span.text(&source.text);
    match site.reason {
        Reason::Division => RuntimeError::Number(NumberError::DivisionByZero),
        Reason::Overflow(ty) => failed(
            "run::overflow",
            format!("the result of `{written}` does not fit {}", ty.name()),
            "take a wider type, or `wrapping_add` and its like, which keep the low bits",
        ),
        Reason::Conversion(ty) => failed(
            "run::overflow",
            format!("what `{written}` converts is no {}", ty.name()),
            "test it first; `wrap` takes the low bits of an integer",
        ),
        Reason::Index => failed(
            "run::no-such-element",
            format!("there is no element `{written}`"),
            "elements are counted from 0 up to `len()`, which is left out; there are no negative indexes in native code",
        ),
        Reason::NegativeShift => failed(
            "library::negative",
            format!("the number of bits `{written}` must not be negative"),
            "shift the other way",
        ),
    }
}
