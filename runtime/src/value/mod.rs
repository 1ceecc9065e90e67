//! Values: one 64-bit word each, told apart by its low bits.
//!
//! | low bits | value |
//! |---|---|
//! | `…1` | integer, 63-bit two's complement |
//! | `…10` | double whose exponent occurs in practice; see [`double`] |
//! | `…000` | pointer to a heap cell, aligned to 16 |
//! | `…100` | nil is the zero word; `false`, `true` and the absent mark are small constants |
//!
//! Everything but objects is immutable. Equality, order and hash are structural and total ([`order`], [`hash`]):
//! as keys `3` and `3.0` differ. What the language's `==` and arithmetic mean by numbers is in [`number`].
//!
//! A value nests at most [`MAX_DEPTH`] deep, which the constructors check: that is why printing, comparing and dumping
//! may recurse. Objects have identity, are not nested, and so hold structures of any depth.

mod bigint;
mod closure;
pub(crate) mod double;
mod hash;
mod instance;
mod json;
mod layout;
pub mod number;
mod order;
mod sequence;
mod string;

use std::fmt;

pub use self::bigint::BigIntRef;
pub use self::closure::ClosureRef;
pub use self::instance::InstanceRef;
pub use self::json::{JsonForm, JsonRef};
pub use self::layout::ValueOffsets;
pub use self::sequence::{SetRef, TupleRef};
pub use self::string::StringRef;

pub(crate) use self::bigint::trace as trace_bigint;
pub(crate) use self::closure::trace as trace_closure;
pub(crate) use self::instance::trace as trace_instance;
pub(crate) use self::json::trace as trace_json;
pub(crate) use self::sequence::trace as trace_sequence;

use crate::heap::LocalHeap;
use crate::heap::cell::{CellPtr, Header, Kind};
use crate::object::ObjectRef;

/// How deep values nest at most: a tuple in a tuple is two deep.
pub const MAX_DEPTH: u16 = 1000;

/// The largest integer that is an immediate.
pub const MAX_SMALL_INT: i64 = i64::MAX >> 1;
/// The smallest integer that is an immediate.
pub const MIN_SMALL_INT: i64 = i64::MIN >> 1;

/// A value of any kind, in one word.
///
/// A value is alive while it is on the stack of a thread that is in its heap, in a cell that is alive, or in a
/// [`crate::Root`] or [`crate::RootVec`]. It must not be kept in a plain collection across a safepoint.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Value(u64);

/// A value taken apart, for a `match`.
#[derive(Clone, Copy, Debug)]
pub enum View {
    /// Nothing.
    Nil,
    /// A truth value.
    Bool(bool),
    /// An integer that fits 63 bits.
    Int(i64),
    /// An integer that does not.
    BigInt(BigIntRef),
    /// A double, immediate or boxed.
    Double(f64),
    /// A string.
    String(StringRef),
    /// An object.
    Object(ObjectRef),
    /// A tuple.
    Tuple(TupleRef),
    /// A set.
    Set(SetRef),
    /// A closure.
    Closure(ClosureRef),
    /// An immutable instance.
    Instance(InstanceRef),
    /// A JSON value.
    Json(JsonRef),
}

/// Why a value can not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// The value would nest deeper than [`MAX_DEPTH`].
    #[error("values nest at most {MAX_DEPTH} deep")]
    TooDeep,
    /// A part of a JSON value is not one.
    #[error("a JSON value holds nil, booleans, finite numbers, strings and JSON values")]
    NotJson,
}

impl ValueError {
    /// Returns the stable code of the error.
    pub fn code(self) -> &'static str {
        match self {
            ValueError::TooDeep => "value::too-deep",
            ValueError::NotJson => "value::not-json",
        }
    }
}

const FALSE_BITS: u64 = 0b00100;
const TRUE_BITS: u64 = 0b01100;
const ABSENT_BITS: u64 = 0b10100;

impl Value {
    /// Nothing.
    pub const NIL: Value = Value(0);
    /// False.
    pub const FALSE: Value = Value(FALSE_BITS);
    /// True.
    pub const TRUE: Value = Value(TRUE_BITS);
    /// The mark of a slot without a value; never seen by programs.
    pub(crate) const ABSENT: Value = Value(ABSENT_BITS);

    /// Returns the truth value.
    pub const fn bool(truth: bool) -> Value {
        if truth { Value::TRUE } else { Value::FALSE }
    }

    /// Returns the integer if it fits 63 bits.
    #[inline]
    pub const fn small_int(int: i64) -> Option<Value> {
        if int >= MIN_SMALL_INT && int <= MAX_SMALL_INT { Some(Value((int as u64) << 1 | 1)) } else { None }
    }

    /// Returns the integer, as a big one if need be.
    #[inline]
    pub fn int(heap: &LocalHeap<'_>, int: i64) -> Value {
        match Value::small_int(int) {
            Some(value) => value,
            None => BigIntRef::new(heap, &int.into()).into(),
        }
    }

    /// Returns the double; all NaNs are one.
    #[inline]
    pub fn double(heap: &LocalHeap<'_>, double: f64) -> Value {
        double::new(heap, double)
    }

    /// Returns the string.
    pub fn string(heap: &LocalHeap<'_>, text: &str) -> Value {
        StringRef::new(heap, text).into()
    }

    /// Returns the word, as it crosses the plugin interface and lies in cells.
    #[inline]
    pub const fn to_bits(self) -> u64 {
        self.0
    }

    /// Returns the value of a word.
    ///
    /// # Safety
    ///
    /// The word came from [`Value::to_bits`] of a value that is still alive.
    #[inline]
    pub const unsafe fn from_bits(bits: u64) -> Value {
        Value(bits)
    }

    #[inline]
    pub(crate) fn from_cell(cell: CellPtr) -> Value {
        Value(cell.as_ptr() as u64)
    }

    /// Returns the cell that the value points to.
    #[inline(always)]
    pub(crate) fn cell(self) -> Option<CellPtr> {
        if self.0 & 0b111 == 0 { CellPtr::new(self.0 as *mut Header) } else { None }
    }

    /// Returns the cell of a value that has one.
    ///
    /// # Safety
    ///
    /// The value points to a cell.
    #[inline(always)]
    pub(crate) unsafe fn cell_unchecked(self) -> CellPtr {
        // SAFETY: by this function's contract the word is an address.
        unsafe { CellPtr::new_unchecked(self.0 as *mut Header) }
    }

    /// Returns the double, if the value is one without a cell.
    #[inline(always)]
    pub(crate) fn immediate_double(self) -> Option<f64> {
        double::get_immediate(self)
    }

    /// Returns the doubles of two values, if both are ones without a cell.
    #[inline(always)]
    pub(crate) fn immediate_doubles(a: Value, b: Value) -> Option<(f64, f64)> {
        double::get_both(a, b)
    }

    /// Returns the double as a value without a cell, if it has such a form.
    #[inline(always)]
    pub(crate) fn try_immediate_double(double: f64) -> Option<Value> {
        double::immediate(double)
    }

    #[inline]
    pub(crate) fn cell_kind(self) -> Option<Kind> {
        // SAFETY: by the rule of values, the cell is alive.
        self.cell().map(|cell| unsafe { cell.as_ref() }.kind())
    }

    /// Returns whether this is the same word: the same object, the same immediate, the same cell.
    #[inline]
    pub fn is_identical(self, other: Value) -> bool {
        self.0 == other.0
    }

    /// Returns whether the value is nil.
    #[inline]
    pub fn is_nil(self) -> bool {
        self.0 == 0
    }

    /// Returns whether a condition takes the value for true: everything but nil and false.
    #[inline]
    pub fn is_truthy(self) -> bool {
        self.0 & !FALSE_BITS != 0
    }

    #[inline]
    pub(crate) fn is_absent(self) -> bool {
        self.0 == ABSENT_BITS
    }

    /// Returns the integer of an immediate.
    #[inline]
    pub fn as_small_int(self) -> Option<i64> {
        if self.0 & 1 == 1 { Some(self.0 as i64 >> 1) } else { None }
    }

    /// Returns the truth value.
    pub fn as_bool(self) -> Option<bool> {
        match self.0 {
            FALSE_BITS => Some(false),
            TRUE_BITS => Some(true),
            _ => None,
        }
    }

    /// Returns the double, immediate or boxed.
    #[inline]
    pub fn as_double(self) -> Option<f64> {
        double::get(self)
    }

    /// Returns the value taken apart.
    pub fn view(self) -> View {
        if let Some(int) = self.as_small_int() {
            return View::Int(int);
        }
        if let Some(double) = self.as_double() {
            return View::Double(double);
        }
        let Some(cell) = self.cell() else {
            return self.as_bool().map_or(View::Nil, View::Bool);
        };
        // SAFETY: the kind of the cell decides its type.
        unsafe {
            match cell.as_ref().kind() {
                Kind::BigInt => View::BigInt(BigIntRef::from_cell(cell)),
                Kind::String => View::String(StringRef::from_cell(cell)),
                Kind::Tuple => View::Tuple(TupleRef::from_cell(cell)),
                Kind::Set => View::Set(SetRef::from_cell(cell)),
                Kind::Closure => View::Closure(ClosureRef::from_cell(cell)),
                Kind::Instance => View::Instance(InstanceRef::from_cell(cell)),
                Kind::Json => View::Json(JsonRef::from_cell(cell)),
                Kind::Object => View::Object(ObjectRef::from_cell(cell)),
                kind => unreachable!("a value points to a cell of kind {kind:?}"),
            }
        }
    }

    /// Returns how deep the value nests: 0 for scalars and objects.
    pub(crate) fn depth(self) -> u16 {
        match self.cell_kind() {
            Some(kind) if kind != Kind::Object => {
                // SAFETY: by the rule of values, the cell is alive.
                self.cell().map_or(0, |cell| unsafe { cell.as_ref() }.depth)
            }
            _ => 0,
        }
    }
}

/// Returns the depth of a value that holds these.
pub(crate) fn depth_above(values: &[Value]) -> Result<u16, ValueError> {
    let depth = 1 + values.iter().map(|value| value.depth()).max().unwrap_or(0);
    if depth > MAX_DEPTH { Err(ValueError::TooDeep) } else { Ok(depth) }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Value {
        Value::bool(truth)
    }
}

/// The form of the prompt without names and nesting limits, for messages and tests.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let items = |f: &mut fmt::Formatter<'_>, open: &str, items: &[Value], close: &str| {
            f.write_str(open)?;
            for (index, item) in items.iter().enumerate() {
                write!(f, "{}{item:?}", if index > 0 { ", " } else { "" })?;
            }
            f.write_str(close)
        };
        match self.view() {
            View::Nil if self.is_absent() => f.write_str("<absent>"),
            View::Nil => f.write_str("nil"),
            View::Bool(truth) => write!(f, "{truth}"),
            View::Int(int) => write!(f, "{int}"),
            View::BigInt(int) => write!(f, "{}", int.to_bigint()),
            View::Double(double) => write!(f, "{double:?}"),
            View::String(string) => write!(f, "{:?}", string.as_str()),
            View::Object(object) => write!(f, "{}", object.oid()),
            View::Tuple(tuple) => items(f, "[", tuple.items(), "]"),
            View::Set(set) => items(f, "{", set.items(), "}"),
            View::Closure(closure) => {
                write!(f, "<closure {}", closure.function().oid())?;
                items(f, " [", closure.env(), "]>")
            }
            View::Instance(instance) => {
                write!(f, "<instance {}", instance.class().oid())?;
                for (key, value) in instance.attributes() {
                    write!(f, " {}: {value:?}", key.oid())?;
                }
                items(f, " [", instance.components(), "]>")
            }
            View::Json(json) => items(f, &format!("<json {:?} [", json.form()), json.items(), "]>"),
        }
    }
}

/// Declares a typed pointer to cells of one kind.
macro_rules! cell_ref {
    ($(#[$doc:meta])* $name:ident, $cell:ty, $kind:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        #[repr(transparent)]
        pub struct $name(std::ptr::NonNull<$cell>);

        // SAFETY: cells are shared between the threads of their heap; what changes in them is atomic.
        unsafe impl Send for $name {}
        // SAFETY: as above.
        unsafe impl Sync for $name {}

        impl $name {
            /// Returns the typed pointer to a cell.
            ///
            /// # Safety
            ///
            /// The cell is alive and of this kind.
            #[inline]
            #[allow(dead_code, reason = "not every kind is reached from an untyped cell")]
            pub(crate) unsafe fn from_cell(cell: $crate::heap::cell::CellPtr) -> $name {
                // SAFETY: by this function's contract.
                debug_assert!(unsafe { cell.as_ref() }.kind() == $kind, "stale or foreign value");
                $name(cell.cast())
            }

            /// Returns the typed pointer to a cell that may be of another kind which begins with the same fields.
            ///
            /// # Safety
            ///
            /// The cell is alive, and what is read of it is among those fields.
            #[inline(always)]
            #[allow(dead_code, reason = "few kinds begin alike")]
            pub(crate) unsafe fn from_cell_unchecked(cell: $crate::heap::cell::CellPtr) -> $name {
                $name(cell.cast())
            }

            /// Returns the untyped pointer.
            #[inline(always)]
            pub(crate) fn cell(self) -> $crate::heap::cell::CellPtr {
                self.0.cast()
            }

            #[inline]
            fn get<'c>(self) -> &'c $cell {
                // SAFETY: by the rule of values the cell is alive while somebody holds it.
                unsafe { self.0.as_ref() }
            }
        }

        impl From<$name> for $crate::value::Value {
            #[inline]
            fn from(reference: $name) -> $crate::value::Value {
                $crate::value::Value::from_cell(reference.cell())
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(&$crate::value::Value::from(*self), f)
            }
        }
    };
}
pub(crate) use cell_ref;

macro_rules! value_accessor {
    ($($name:ident -> $ty:ident, $kind:ident, $doc:literal;)*) => {
        impl Value {
            $(
                #[doc = concat!("Returns ", $doc, ", if the value is one.")]
                #[inline]
                pub fn $name(self) -> Option<$ty> {
                    let cell = self.cell()?;
                    // SAFETY: the kind of the cell decides its type.
                    unsafe { (cell.as_ref().kind() == Kind::$kind).then(|| $ty::from_cell(cell)) }
                }
            )*
        }
    };
}

value_accessor! {
    as_bigint -> BigIntRef, BigInt, "the big integer";
    as_string -> StringRef, String, "the string";
    as_tuple -> TupleRef, Tuple, "the tuple";
    as_set -> SetRef, Set, "the set";
    as_closure -> ClosureRef, Closure, "the closure";
    as_instance -> InstanceRef, Instance, "the instance";
    as_json -> JsonRef, Json, "the JSON value";
    as_object -> ObjectRef, Object, "the object";
}

const _: () = assert!(size_of::<Value>() == 8);
