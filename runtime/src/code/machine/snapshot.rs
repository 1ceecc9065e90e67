//! A snapshot of a function for whoever makes machine code of it: plain data, which any thread can read.
//!
//! Cells are words: their addresses, which stay, and which the snapshot keeps alive until its machine code does.

use std::sync::Arc;

use super::cell::MachineRef;
use super::profile::Seen;
use crate::code::instruction::Instruction;
use crate::code::liveness::Liveness;
use crate::code::site::{ABSENT, EntryRef, NUMBER};
use crate::code::unit::{CodeRef, Handler, Source};
use crate::heap::RootVec;
use crate::runtime::Mutator;
use crate::send::builtin::Intrinsic;
use crate::value::{Value, View};

/// How many instructions the units of a snapshot have at most, beside those of the function itself.
const MAX_INNER: usize = 4000;
/// How many instructions a unit has at most that is put into others.
const MAX_INNER_UNIT: usize = 300;
/// How deep units are put into each other.
const MAX_DEPTH: usize = 6;

/// Where machine code is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entrance {
    /// At its first instruction.
    Call,
    /// In the middle of a loop, at an instruction.
    Loop(u16),
}

/// A function as it is when it is hot.
pub struct Snapshot {
    /// What is kept alive: every cell that is named here.
    pub(super) keep: RootVec,
    pub(super) machine: MachineRef,
    /// The address of the cell of the machine code that is to be made.
    pub own: u64,
    /// Where it is to be entered.
    pub entrance: Entrance,
    /// Which kinds of values the registers hold there; of those that hold none, nothing.
    pub registers: Vec<Seen>,
    /// The units: the function's own first, then what it calls and may be put into it.
    pub units: Vec<UnitSeen>,
    /// The classes of values that are no objects: integers, doubles, truth values, nil, tuples, strings, closures.
    pub basic: Vec<(Seen, u64)>,
    /// The class of variables that closures share.
    pub variable: u64,
    /// The slot array of objects without attributes.
    pub empty_slots: u64,
    /// The stage that is asked for.
    pub stage: u8,
}

/// A unit of code.
pub struct UnitSeen {
    /// Its address.
    pub address: u64,
    /// What stack traces call it.
    pub name: String,
    /// The text that it came from.
    pub source: Arc<Source>,
    /// Its instructions.
    pub instructions: Vec<Instruction>,
    /// Its constants.
    pub constants: Vec<ConstantSeen>,
    /// The caches of attributes.
    pub attributes: Vec<AttributeSeen>,
    /// The caches of sends.
    pub sends: Vec<SendSeen>,
    /// The caches of calls.
    pub calls: Vec<Vec<CallSeen>>,
    /// The functions of the closures that it makes, by the numbers of the constants.
    pub closures: Vec<(u16, CallSeen)>,
    /// The symbols of global names with their values, where those are known.
    pub globals: Vec<(u64, Option<ConstantSeen>)>,
    /// The caches of new objects.
    pub made: Vec<Option<NewSeen>>,
    /// Where errors are handled, inner ranges first.
    pub handlers: Vec<Handler>,
    /// How many registers a frame has.
    pub registers: u16,
    /// How many arguments there are.
    pub parameters: u8,
    /// How many values the closure in register 0 captured.
    pub captured: u16,
    /// Whether register 0 holds the receiver of a method.
    pub is_method: bool,
    /// What the instructions gave.
    pub results: Vec<Seen>,
    /// What the function or receiver and the arguments were.
    pub arguments: Vec<Seen>,
    /// How often machine code went back to the interpreter, by instruction.
    pub exits: Vec<u8>,
}

/// A value that is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConstantSeen {
    /// Its word.
    pub word: u64,
    /// Its kind.
    pub kind: Seen,
    /// The double, if it is one.
    pub double: Option<f64>,
}

/// The cache of an attribute.
#[derive(Clone, Debug)]
pub struct AttributeSeen {
    /// The attribute.
    pub key: u64,
    /// The shapes, each with where objects of it have the attribute.
    pub shapes: Vec<(u64, SlotSeen)>,
}

/// Where objects of a shape have an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotSeen {
    /// They have none.
    Absent,
    /// A slot has its value.
    Value(u8),
    /// A slot has the bits of a double.
    Number(u8),
}

impl SlotSeen {
    fn new(place: usize) -> SlotSeen {
        match place {
            ABSENT => SlotSeen::Absent,
            NUMBER.. => SlotSeen::Number((place - NUMBER) as u8),
            _ => SlotSeen::Value(place as u8),
        }
    }

    /// Returns the number of the slot.
    pub fn number(self) -> Option<u8> {
        match self {
            SlotSeen::Absent => None,
            SlotSeen::Value(slot) | SlotSeen::Number(slot) => Some(slot),
        }
    }
}

/// The cache of a send.
#[derive(Clone, Debug)]
pub struct SendSeen {
    /// The selector.
    pub selector: u64,
    /// The classes, each with what is run.
    pub classes: Vec<(u64, Target)>,
}

/// The cache of a call.
#[derive(Clone, Debug)]
pub struct CallSeen {
    /// The function object.
    pub function: u64,
    /// What is run.
    pub target: Target,
}

/// The cache of a new object.
#[derive(Clone, Debug)]
pub struct NewSeen {
    /// The class.
    pub class: u64,
    /// The shape.
    pub shape: u64,
    /// A bit for each slot that holds a number: an object whose values are others gets another shape.
    pub numbers: u64,
    /// The number of the value that each slot gets.
    pub order: Vec<u8>,
}

/// What a send or call runs.
#[derive(Clone, Debug)]
pub enum Target {
    /// A unit.
    Code {
        /// Its address.
        address: u64,
        /// Its number in the snapshot, if it is there.
        unit: Option<usize>,
        /// How many arguments it has.
        parameters: u8,
        /// How many values its closure captured.
        captured: u16,
    },
    /// A native.
    Native(NativeSeen),
}

/// A native.
#[derive(Clone, Debug)]
pub struct NativeSeen {
    /// Its address.
    pub address: u64,
    /// What it is called.
    pub name: &'static str,
    /// How many arguments it takes, or [`crate::send::Native::ANY`].
    pub arity: u8,
    /// What it does, if machine code can do it itself.
    pub intrinsic: Option<Intrinsic>,
}

fn word(value: Value) -> u64 {
    value.to_bits()
}

fn constant(value: Value) -> ConstantSeen {
    let double = if let View::Double(double) = value.view() { Some(double) } else { None };
    ConstantSeen { word: word(value), kind: Seen::of(value), double }
}

impl Snapshot {
    /// Takes a snapshot of a function; `registers` are those of its frame, where it is entered in a loop.
    pub(super) fn take(
        m: &Mutator<'_>,
        code: CodeRef,
        entrance: Entrance,
        registers: &[Value],
        stage: u8,
    ) -> Snapshot {
        let machine = MachineRef::new(m, code, entrance);
        let mut keep = m.root_vec();
        keep.push(Value::from_cell(machine.cell()));
        let mut taker = Taker { m, keep, units: Vec::new(), codes: Vec::new(), inner: 0 };
        taker.unit(code, 0);
        let registers = match entrance {
            Entrance::Call => Vec::new(),
            Entrance::Loop(at) => {
                let cells = code.cells();
                let live = Liveness::new(&cells.instructions, &cells.handlers, cells.registers);
                let seen = |(number, &value): (usize, &Value)| {
                    // What is not live may be no value at all.
                    let is_live = live.is_live(usize::from(at), number as u16);
                    if is_live { Seen::of(value) } else { Seen::default() }
                };
                registers.iter().enumerate().map(seen).collect()
            }
        };
        Snapshot {
            registers,
            own: word(Value::from_cell(machine.cell())),
            basic: taker.basic(),
            variable: taker.keep(m.class(crate::known::VARIABLE).into()),
            empty_slots: word(Value::from_cell(m.runtime().empty_slots().cell())),
            machine,
            entrance,
            units: taker.units,
            keep: taker.keep,
            stage,
        }
    }
}

struct Taker<'t, 'r> {
    m: &'t Mutator<'r>,
    keep: RootVec,
    units: Vec<UnitSeen>,
    codes: Vec<CodeRef>,
    inner: usize,
}

impl Taker<'_, '_> {
    fn basic(&mut self) -> Vec<(Seen, u64)> {
        let m = self.m;
        let samples =
            [(Seen::INT, Value::int(m, 0)), (Seen::DOUBLE, Value::double(m, 1.0)), (Seen::NIL, Value::NIL)];
        let mut basic: Vec<(Seen, u64)> =
            samples.iter().map(|&(kind, sample)| (kind, word(m.class_value(sample)))).collect();
        // True and false may be of one class.
        if m.class_value(Value::TRUE).is_identical(m.class_value(Value::FALSE)) {
            basic.push((Seen::BOOL, word(m.class_value(Value::TRUE))));
        }
        basic.push((Seen::TUPLE, word(m.class(crate::known::TUPLE).into())));
        basic.push((Seen::CLOSURE, word(m.class(crate::known::CLOSURE).into())));
        basic
    }

    fn keep(&mut self, value: Value) -> u64 {
        if value.cell().is_some() {
            self.keep.push(value);
        }
        word(value)
    }

    /// Takes a unit, and returns its number, unless there is no room for it.
    fn unit(&mut self, code: CodeRef, depth: usize) -> Option<usize> {
        if let Some(known) = self.codes.iter().position(|&own| own == code) {
            return Some(known);
        }
        let cells = code.cells();
        let count = cells.instructions.len();
        if depth > 0 {
            if depth > MAX_DEPTH || count > MAX_INNER_UNIT || self.inner + count > MAX_INNER {
                return None;
            }
            self.inner += count;
        }
        let number = self.units.len();
        self.codes.push(code);
        self.keep.push(Value::from_cell(code.cell()));
        let profile = cells.heat.profile();
        self.units.push(UnitSeen {
            address: word(Value::from_cell(code.cell())),
            name: code.name().to_string(),
            source: code.source(),
            instructions: cells.instructions.to_vec(),
            constants: cells.constants.iter().map(|&value| constant(value)).collect(),
            attributes: Vec::new(),
            sends: Vec::new(),
            calls: Vec::new(),
            closures: Vec::new(),
            globals: Vec::new(),
            made: Vec::new(),
            handlers: cells.handlers.to_vec(),
            registers: cells.registers,
            parameters: cells.parameters,
            captured: cells.captured,
            is_method: cells.is_method,
            results: profile.map_or_else(|| vec![Seen::default(); count], |profile| profile.results()),
            arguments: profile
                .map_or_else(|| vec![Seen::default(); usize::from(cells.parameters) + 1], |p| p.arguments()),
            exits: profile.map_or_else(|| vec![0; count], |profile| profile.exits()),
        });
        let attributes = cells
            .attributes
            .iter()
            .map(|site| {
                let shapes = site
                    .shapes()
                    .map(|(shape, place)| (self.keep(Value::from_cell(shape.cell())), SlotSeen::new(place)));
                AttributeSeen { shapes: shapes.collect(), key: word(site.key().into()) }
            })
            .collect();
        let epoch = self.m.runtime().method_epoch();
        let globals = cells
            .globals
            .iter()
            .map(|site| {
                let value = site.find(epoch).map(|value| {
                    self.keep(value);
                    constant(value)
                });
                (word(site.symbol().into()), value)
            })
            .collect();
        let made = cells
            .made
            .iter()
            .map(|site| {
                let (class, shape) = site.known(epoch)?;
                let numbers = shape.numbers();
                let shape = self.keep(Value::from_cell(shape.cell()));
                Some(NewSeen { class: self.keep(class), shape, numbers, order: site.order().to_vec() })
            })
            .collect();
        let sends = cells
            .sends
            .iter()
            .map(|site| {
                let classes = site
                    .entries
                    .all()
                    .filter(|entry| entry.epoch() == epoch)
                    .filter_map(|entry| Some((self.keep(entry.key()), self.target(entry, depth)?)));
                SendSeen { classes: classes.collect(), selector: word(site.selector().into()) }
            })
            .collect();
        let calls = cells
            .calls
            .iter()
            .map(|site| {
                let entries = site.entries.all().filter(|entry| entry.epoch() == epoch);
                let seen = entries.filter_map(|entry| {
                    Some(CallSeen { function: self.keep(entry.key()), target: self.target(entry, depth)? })
                });
                seen.collect()
            })
            .collect();
        let closures = cells
            .instructions
            .iter()
            .filter_map(|instruction| match *instruction {
                Instruction::MakeClosure { constant, .. } => Some(constant),
                _ => None,
            })
            .filter_map(|constant| {
                let function = cells.constants[usize::from(constant)];
                let code = self.m.compiled_code(function.as_object()?)?;
                let target = self.code(code, depth);
                Some((constant, CallSeen { function: self.keep(function), target }))
            })
            .collect();
        let unit = &mut self.units[number];
        (unit.attributes, unit.globals, unit.made) = (attributes, globals, made);
        (unit.sends, unit.calls, unit.closures) = (sends, calls, closures);
        Some(number)
    }

    fn code(&mut self, code: CodeRef, depth: usize) -> Target {
        let unit = self.unit(code, depth + 1);
        self.keep.push(Value::from_cell(code.cell()));
        Target::Code {
            address: word(Value::from_cell(code.cell())),
            unit,
            parameters: code.parameters(),
            captured: code.cells().captured,
        }
    }

    fn target(&mut self, entry: EntryRef, depth: usize) -> Option<Target> {
        if let Some(code) = entry.code() {
            return Some(self.code(code, depth));
        }
        let native = entry.native()?;
        self.keep.push(Value::from_cell(entry.cell()));
        Some(Target::Native(NativeSeen {
            address: std::ptr::from_ref(native).addr() as u64,
            name: native.name,
            arity: native.arity,
            intrinsic: native.intrinsic,
        }))
    }
}
