//! What machine code was made for: definitions as they were.

use std::ptr::NonNull;

use crate::code::call::Body;
use crate::code::unit::CodeRef;
use crate::heap::cell::Header;
use crate::object::{ObjectRef, ShapeRef};
use crate::runtime::Mutator;
use crate::send::{Method, Native, NativeBody};
use crate::value::Value;

/// A definition that machine code relies on. Words are addresses of cells that the snapshot keeps, or values.
#[derive(Clone, Debug, PartialEq)]
pub enum Assumption {
    /// A send of a selector to instances of a class runs a unit.
    Method {
        /// The class.
        class: u64,
        /// The selector.
        selector: u64,
        /// The unit.
        unit: u64,
    },
    /// A send of a selector from a method to what is above its class runs a unit.
    SuperMethod {
        /// The method.
        method: u64,
        /// The selector.
        selector: u64,
        /// The unit.
        unit: u64,
    },
    /// A send of a selector to instances of a class calls a native.
    NativeMethod {
        /// The class.
        class: u64,
        /// The selector.
        selector: u64,
        /// The address of the native.
        native: u64,
    },
    /// A call of a function object runs a unit.
    Function {
        /// The function.
        function: u64,
        /// The unit.
        unit: u64,
    },
    /// A call of a function object calls a native.
    NativeFunction {
        /// The function.
        function: u64,
        /// The address of the native.
        native: u64,
    },
    /// A name stands for a value.
    Global {
        /// The symbol.
        symbol: u64,
        /// The value.
        value: u64,
    },
    /// New instances of a class have attributes only.
    Plain {
        /// The class.
        class: u64,
    },
    /// Objects that are made with the keys of a shape have it.
    Newest {
        /// The shape.
        shape: u64,
    },
}

impl Assumption {
    /// Returns whether it holds now.
    pub(super) fn holds(&self, m: &Mutator<'_>) -> bool {
        let runs = |class: ObjectRef, selector: u64, unit: u64| match m.find_method(class, object(selector)) {
            Some(Method::Kept(method)) => {
                m.method_body(method).ok().flatten().is_some_and(|body| is_at(body, unit))
            }
            _ => false,
        };
        match *self {
            Assumption::Method { class, selector, unit } => runs(object(class), selector, unit),
            Assumption::SuperMethod { method, selector, unit } => {
                m.class_above(object(method)).is_some_and(|class| runs(class, selector, unit))
            }
            Assumption::NativeMethod { class, selector, native } => {
                match m.find_method(object(class), object(selector)) {
                    Some(Method::Native(found)) => is_native(found, native),
                    _ => false,
                }
            }
            Assumption::Function { function, unit } => match m.body_of(object(function)) {
                Ok(Body::Code(body)) => is_at(body, unit),
                _ => false,
            },
            Assumption::NativeFunction { function, native } => match m.body_of(object(function)) {
                Ok(Body::Native(found)) => is_native(found, native),
                _ => false,
            },
            Assumption::Global { symbol, value } => m.value_of_name(object(symbol)).to_bits() == value,
            Assumption::Plain { class } => m.makes_plain_instances(object(class)),
            Assumption::Newest { shape } => {
                // SAFETY: the address of a shape, which the machine code keeps.
                m.is_newest_shape(unsafe {
                    ShapeRef::from_cell(NonNull::new_unchecked(shape as *mut Header))
                })
            }
        }
    }
}

fn is_at(code: CodeRef, word: u64) -> bool {
    Value::from_cell(code.cell()).to_bits() == word
}

fn is_native(found: Native, word: u64) -> bool {
    // SAFETY: the address of a native in an entry of an inline cache, which the machine code keeps.
    let own = unsafe { &*(word as *const Native) };
    found.intrinsic == own.intrinsic
        && match (found.body, own.body) {
            (NativeBody::Rust(found), NativeBody::Rust(own)) => std::ptr::fn_addr_eq(found, own),
            (NativeBody::Foreign(found), NativeBody::Foreign(own)) => std::ptr::addr_eq(found, own),
            _ => false,
        }
}

fn object(word: u64) -> ObjectRef {
    // SAFETY: what the snapshot gave as an object, which the machine code keeps.
    unsafe { ObjectRef::from_cell(NonNull::new_unchecked(word as *mut Header)) }
}
