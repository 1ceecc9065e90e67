//! Arguments and results: from values of the language to those of native code, and back.

use num_bigint::BigInt;
use rps_runtime::code::operate::{kind, wrong_kind};
use rps_runtime::code::typed::{NumberRow, TypedArgument};
use rps_runtime::object::Payload;
use rps_runtime::value::{View, number};
use rps_runtime::{Mutator, ObjectRef, RuntimeError, Value};

use super::program::Program;
use super::types::{Single, Ty};

/// What a call gives to native code.
pub(super) struct Given {
    pub(super) arguments: Vec<TypedArgument>,
    pub(super) rows: Vec<NumberRow>,
    /// Of each row the vector that it is of, and whether it is changed.
    vectors: Vec<Vector>,
}

struct Vector {
    object: Option<ObjectRef>,
    ty: Single,
    /// The row as it was, if it is changed.
    before: Option<NumberRow>,
}

impl Given {
    /// Returns the arguments of a call as native code takes them.
    pub(super) fn of(m: &Mutator<'_>, program: &Program, values: &[Value]) -> Result<Given, RuntimeError> {
        let signature = &program.signature;
        let mut given = Given { arguments: Vec::new(), rows: Vec::new(), vectors: Vec::new() };
        for (index, ((name, ty), &value)) in signature.parameters.iter().zip(values).enumerate() {
            let what = || format!("the argument `{name}` of `{}`", signature.name);
            let argument = match *ty {
                Ty::Single(ty) => match bits(value, ty) {
                    Some(bits) => TypedArgument::Number(bits),
                    None => return Err(refused(m, &what(), ty, value)),
                },
                Ty::Vector(ty) => {
                    let is_written = program.writes.get(index) == Some(&true);
                    TypedArgument::Row(given.row(m, &what, ty, value, is_written)?)
                }
            };
            given.arguments.push(argument);
        }
        Ok(given)
    }

    /// Returns the number of the row of a vector. The same vector is the same row.
    fn row(
        &mut self,
        m: &Mutator<'_>,
        what: &dyn Fn() -> String,
        ty: Single,
        value: Value,
        is_written: bool,
    ) -> Result<usize, RuntimeError> {
        let object = value.as_object();
        let known = self.vectors.iter().position(|own| own.object.is_some() && own.object == object);
        if let Some(at) = known {
            if self.vectors[at].ty != ty {
                let expected =
                    format!("no vector of {} and of {} at once", self.vectors[at].ty.name(), ty.name());
                return Err(wrong_kind(m, &what(), &expected, value));
            }
            if is_written && self.vectors[at].before.is_none() {
                self.vectors[at].before = Some(self.rows[at].clone());
            }
            return Ok(at);
        }
        let read = |values: &[Value]| row(values, ty);
        let row = match value.view() {
            View::Tuple(tuple) if !is_written => Some(read(tuple.items())),
            View::Object(object) => object.with_payload(m, |payload| match payload {
                Some(Payload::ValueVector(values)) => Some(read(values)),
                _ => None,
            }),
            _ => None,
        };
        let row = match row {
            Some(Ok(row)) => row,
            Some(Err((at, element))) => {
                return Err(refused(m, &format!("the element {at} of {}", what()), ty, element));
            }
            None if is_written => return Err(wrong_kind(m, &what(), "a vector, as it is changed", value)),
            None => return Err(wrong_kind(m, &what(), "a vector or a tuple", value)),
        };
        let before = is_written.then(|| row.clone());
        self.rows.push(row);
        self.vectors.push(Vector { object, ty, before });
        Ok(self.rows.len() - 1)
    }

    /// Stores the elements that have changed into the vectors.
    pub(super) fn write_back(&self, m: &Mutator<'_>) {
        for (row, vector) in self.rows.iter().zip(&self.vectors) {
            let (Some(object), Some(before)) = (vector.object, &vector.before) else { continue };
            let mut places = Vec::new();
            let mut values = m.root_vec();
            for at in 0..row.len() {
                if let (Some(now), true) = (row.bits(at), row.bits(at) != before.bits(at)) {
                    places.push(at);
                    values.push(value(m, now, vector.ty));
                }
            }
            if places.is_empty() {
                continue;
            }
            object.update_payload(m, |payload| {
                if let Some(Payload::ValueVector(elements)) = payload {
                    for (&at, &value) in places.iter().zip(values.iter()) {
                        // Another thread may have taken elements away.
                        if let Some(element) = elements.get_mut(at) {
                            *element = value;
                        }
                    }
                }
            });
        }
    }
}

/// Returns numbers in a row, or the first value that is none of the type, with its number.
fn row(values: &[Value], ty: Single) -> Result<NumberRow, (usize, Value)> {
    fn all<T>(values: &[Value], ty: Single, of: impl Fn(u64) -> T) -> Result<Vec<T>, (usize, Value)> {
        let one = |(at, &value): (usize, &Value)| bits(value, ty).map(&of).ok_or((at, value));
        values.iter().enumerate().map(one).collect()
    }
    Ok(match ty {
        Single::F64 => NumberRow::F64(all(values, ty, f64::from_bits)?),
        Single::F32 => NumberRow::F32(all(values, ty, |bits| f32::from_bits(bits as u32))?),
        Single::Int { bits: 8, .. } | Single::Bool => NumberRow::I8(all(values, ty, |bits| bits as u8)?),
        Single::Int { bits: 16, .. } => NumberRow::I16(all(values, ty, |bits| bits as u16)?),
        Single::Int { bits: 32, .. } => NumberRow::I32(all(values, ty, |bits| bits as u32)?),
        Single::Int { .. } => NumberRow::I64(all(values, ty, |bits| bits)?),
    })
}

/// Returns the bits of a value as a number of a type, which it must be: an integer in its range, a double, or an integer that is
/// exactly one.
fn bits(value: Value, ty: Single) -> Option<u64> {
    match (value.view(), ty) {
        (_, Single::Bool) => value.as_bool().map(u64::from),
        (View::Double(double), Single::F64) => Some(double.to_bits()),
        (View::Double(double), Single::F32) => Some((double as f32).to_bits().into()),
        (View::Double(_), _) => None,
        (View::Int(_) | View::BigInt(_), _) => {
            let int = match value.as_small_int() {
                Some(int) => i128::from(int),
                None => i128::try_from(number::to_bigint(value)?).ok()?,
            };
            match ty {
                Single::F64 => {
                    let double = int as f64;
                    (double as i128 == int).then(|| double.to_bits())
                }
                Single::F32 => {
                    let float = int as f32;
                    (float as i128 == int).then(|| float.to_bits().into())
                }
                _ => {
                    let (least, greatest) = ty.range();
                    (least..=greatest).contains(&int).then_some(int as u64 & ty.native().mask())
                }
            }
        }
        _ => None,
    }
}

/// Returns the value of the bits of a number.
pub(super) fn value(m: &Mutator<'_>, bits: u64, ty: Single) -> Value {
    match ty {
        Single::Bool => Value::bool(bits & 1 != 0),
        Single::F64 => Value::double(m, f64::from_bits(bits)),
        Single::F32 => Value::double(m, f32::from_bits(bits as u32).into()),
        Single::Int { bits: width, is_signed: true } => {
            let spare = 64 - width;
            Value::int(m, ((bits << spare) as i64) >> spare)
        }
        Single::Int { .. } => number::from_bigint(m, &BigInt::from(bits & ty.native().mask())),
    }
}

/// Returns the error of a value that is no number of a type.
fn refused(m: &Mutator<'_>, what: &str, ty: Single, value: Value) -> RuntimeError {
    let (least, greatest) = ty.range();
    let is_integer = number::to_bigint(value).is_some();
    let expected = match ty {
        Single::Bool => "true or false".to_owned(),
        Single::F32 | Single::F64 if is_integer => format!("an integer that {} has exactly", ty.name()),
        Single::F32 | Single::F64 => "a double, or an integer".to_owned(),
        _ => format!("an integer from {least} to {greatest}"),
    };
    let found = if is_integer { m.text_of(value) } else { kind(m, value) };
    RuntimeError::WrongKind { what: what.into(), expected, found }
}
