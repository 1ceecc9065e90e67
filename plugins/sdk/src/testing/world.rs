use core::ffi::c_void;
use std::collections::BTreeMap;

use rps_plugin_abi::RawValue;
use rps_plugin_abi::point::{self, PayloadType};
use rps_plugin_abi::status::{self, Status};

use super::{MockError, MockObject, MockValue, Registered};
use crate::host::LogLevel;
use crate::json::Json;

/// All that there is: what the plugin has registered, the values, and what it has told.
pub(super) struct World {
    /// The id of the plugin that registers at this moment.
    plugin: String,
    pub(super) registrations: Vec<Registration>,
    pub(super) points: BTreeMap<String, Point>,
    cells: Vec<Cell>,
    /// What keeps values alive, by their numbers.
    pub(super) roots: BTreeMap<usize, RawValue>,
    next_root: usize,
    pub(super) settings: Json,
    pub(super) logs: Vec<(LogLevel, String)>,
    pub(super) events: Vec<(String, Json)>,
    pub(super) tasks: Vec<(String, Vec<u8>)>,
    pub(super) failure: Option<(Option<String>, String)>,
}

/// What was registered, with the pointers of the plugin.
#[derive(Clone)]
pub(super) struct Registration {
    pub(super) plugin: String,
    pub(super) told: Registered,
    pub(super) interface: *const c_void,
    pub(super) data: *mut c_void,
}

// SAFETY: what a plugin registers may be used from any thread, and lives as long as the library.
unsafe impl Send for Registration {}

/// A point that a plugin has defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) plugin: String,
    pub(super) revision: u32,
    pub(super) functions: u32,
    pub(super) required: u64,
}

/// A value that is no word.
pub(super) enum Cell {
    /// It was collected.
    Dead,
    Int(i64),
    Double(f64),
    String(Box<str>),
    Tuple(Vec<RawValue>),
    /// What a name stands for.
    Named(String),
    Object(Object),
}

#[derive(Default)]
pub(super) struct Object {
    pub(super) class: String,
    pub(super) attributes: BTreeMap<String, RawValue>,
    pub(super) components: Vec<RawValue>,
    pub(super) payload: Option<Payload>,
    pub(super) touched: u32,
}

/// A payload, and the type that it is of.
#[derive(Clone, Copy)]
pub(super) struct Payload {
    pub(super) kind: usize,
    pub(super) pointer: *mut c_void,
}

// SAFETY: a payload may be used from any thread.
unsafe impl Send for Payload {}

impl World {
    pub(super) fn new() -> World {
        World {
            plugin: String::new(),
            registrations: Vec::new(),
            points: BTreeMap::new(),
            cells: Vec::new(),
            roots: BTreeMap::new(),
            next_root: 0,
            settings: Json::Object(Vec::new()),
            logs: Vec::new(),
            events: Vec::new(),
            tasks: Vec::new(),
            failure: None,
        }
    }

    /// Begins what a plugin registers; returns how many registrations there were before.
    pub(super) fn begin(&mut self, plugin: &str) -> usize {
        plugin.clone_into(&mut self.plugin);
        self.registrations.len()
    }

    /// Takes back what a plugin has registered.
    pub(super) fn undo(&mut self, before: usize) {
        self.registrations.truncate(before);
        let plugin = self.plugin.clone();
        self.points.retain(|_, point| point.plugin != plugin);
    }

    pub(super) fn plugin(&self) -> &str {
        &self.plugin
    }

    /// Checks what is known only when all is registered: that implementations have their points.
    pub(super) fn check_points(&self) -> Result<(), MockError> {
        const BUILT_IN: &[&str] = &[
            point::FUNCTION,
            point::SERVICE,
            point::COMMAND,
            point::PAYLOAD_TYPE,
            point::STATE,
            point::CODEC,
            point::VALIDATOR,
            point::DUMP_HOOK,
            point::TASK,
            point::EVENT_HOOK,
            point::VIEW,
            point::INTRINSIC,
            point::TIER,
        ];
        for registration in &self.registrations {
            let told = &registration.told;
            if BUILT_IN.contains(&told.point.as_str()) {
                continue;
            }
            let Some(point) = self.points.get(&told.point) else {
                return Err(MockError::new(status::NOT_FOUND, format!("there is no point {}", told.point)));
            };
            if point.revision != told.revision {
                let message = format!("{} implements another revision of {}", told.name, told.point);
                return Err(MockError::new(status::UNSUPPORTED, message));
            }
            // SAFETY: the interface of a point that a plugin defined is a `Functions`, which lives as long as the library.
            let functions = unsafe { &*registration.interface.cast::<point::Functions>() };
            for number in 0..point.functions as usize {
                // SAFETY: there are so many functions as it says.
                let there = number < functions.count && unsafe { *functions.functions.add(number) }.is_some();
                if point.required >> number & 1 == 1 && !there {
                    let message = format!("{} lacks function {number} of {}", told.name, told.point);
                    return Err(MockError::new(status::INVALID, message));
                }
            }
        }
        Ok(())
    }

    /// Returns the implementations of a point, in the order of dispatch.
    pub(super) fn at(&self, point: &str) -> Vec<Registration> {
        let mut all: Vec<_> =
            self.registrations.iter().filter(|other| other.told.point == point).cloned().collect();
        all.sort_by(|a, b| b.told.priority.cmp(&a.told.priority).then_with(|| a.plugin.cmp(&b.plugin)));
        all
    }

    /// Returns the first implementation with this name.
    pub(super) fn named(&self, point: &str, name: &str) -> Result<Registration, MockError> {
        let found = self.at(point).into_iter().find(|registration| registration.told.name == name);
        found.ok_or_else(|| MockError::new(status::NOT_FOUND, format!("{point} {name}: there is none")))
    }

    /// Returns the interface of a payload's type.
    pub(super) fn payload_type(&self, kind: usize) -> (*const PayloadType, *mut c_void) {
        (self.registrations[kind].interface.cast(), self.registrations[kind].data)
    }

    /// Returns the number of a payload's type: with this schema, or for 0 the first with the name.
    pub(super) fn kind_of(&self, type_name: &str, schema_hash: u64) -> Option<usize> {
        self.registrations.iter().position(|other| {
            other.told.point == point::PAYLOAD_TYPE
                && other.told.name == type_name
                // SAFETY: what is registered at this point is such a table, as long-lived as the plugin.
                && (schema_hash == 0 || unsafe { (*other.interface.cast::<PayloadType>()).schema_hash } == schema_hash)
        })
    }

    pub(super) fn add(&mut self, cell: Cell) -> RawValue {
        self.cells.push(cell);
        RawValue { bits: (self.cells.len() as u64) << 4 }
    }

    /// Returns the cell of a value that has one.
    pub(super) fn cell(&mut self, value: RawValue) -> Result<&mut Cell, Status> {
        let number = (value.bits >> 4) as usize;
        if value.bits & 0b1111 != 0 || number == 0 {
            return Err(status::INVALID);
        }
        match self.cells.get_mut(number - 1) {
            None | Some(Cell::Dead) => Err(status::INVALID),
            Some(cell) => Ok(cell),
        }
    }

    pub(super) fn object(&mut self, value: RawValue) -> Result<&mut Object, Status> {
        match self.cell(value)? {
            Cell::Object(object) => Ok(object),
            _ => Err(status::INVALID),
        }
    }

    pub(super) fn cells(&mut self) -> &mut [Cell] {
        &mut self.cells
    }

    pub(super) fn keep(&mut self, value: RawValue) -> usize {
        self.next_root += 1;
        self.roots.insert(self.next_root, value);
        self.next_root
    }

    pub(super) fn raw(&mut self, value: &MockValue) -> RawValue {
        match value {
            MockValue::Nil => RawValue::NIL,
            MockValue::Bool(false) => RawValue::FALSE,
            MockValue::Bool(true) => RawValue::TRUE,
            MockValue::Int(int) => RawValue::small_int(*int).unwrap_or_else(|| self.add(Cell::Int(*int))),
            MockValue::Double(double) => {
                RawValue::small_double(*double).unwrap_or_else(|| self.add(Cell::Double(*double)))
            }
            MockValue::String(text) => self.add(Cell::String(text.as_str().into())),
            MockValue::Tuple(items) => {
                let items = items.iter().map(|item| self.raw(item)).collect();
                self.add(Cell::Tuple(items))
            }
            MockValue::Object(object) => RawValue { bits: object.0 },
        }
    }

    pub(super) fn value(&mut self, raw: RawValue) -> Result<MockValue, Status> {
        if let Some(int) = raw.as_small_int() {
            return Ok(MockValue::Int(int));
        }
        if let Some(double) = raw.as_small_double() {
            return Ok(MockValue::Double(double));
        }
        match raw {
            RawValue::NIL => return Ok(MockValue::Nil),
            RawValue::TRUE => return Ok(MockValue::Bool(true)),
            RawValue::FALSE => return Ok(MockValue::Bool(false)),
            _ => {}
        }
        let items = match self.cell(raw)? {
            Cell::Int(int) => return Ok(MockValue::Int(*int)),
            Cell::Double(double) => return Ok(MockValue::Double(*double)),
            Cell::String(text) => return Ok(MockValue::String(text.to_string())),
            Cell::Tuple(items) => items.clone(),
            Cell::Object(_) | Cell::Named(_) | Cell::Dead => {
                return Ok(MockValue::Object(MockObject(raw.bits)));
            }
        };
        Ok(MockValue::Tuple(items.into_iter().map(|item| self.value(item)).collect::<Result<_, _>>()?))
    }
}
