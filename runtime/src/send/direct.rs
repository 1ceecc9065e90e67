//! Direct functions: functions with the calling convention of C on numbers and words, which machine code calls with
//! nothing in between.
//!
//! Numbers cross as those of the language's native functions do: an integer must be in the range of its type, and one that
//! is given for a floating-point number must be exactly such a number. The interpreter calls a direct function through a
//! [`Trampoline`], which is chosen once for its signature.

use std::fmt;
use std::str::FromStr;

use crate::code::operate::kind;
use crate::error::RuntimeError;
use crate::runtime::Mutator;
use crate::value::{Value, View, number};

/// How many parameters a direct function has at most.
pub const MAX_PARAMETERS: usize = 4;

/// A type that crosses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectType {
    /// An integer of 8 bits, with its sign.
    I8,
    /// An integer of 16 bits, with its sign.
    I16,
    /// An integer of 32 bits, with its sign.
    I32,
    /// An integer of 64 bits, with its sign.
    I64,
    /// A number of 32 bits after IEEE 754.
    F32,
    /// A number of 64 bits after IEEE 754.
    F64,
    /// The word of a value.
    Value,
}

/// What a direct function takes, and what it gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectSignature {
    parameters: Box<[DirectType]>,
    result: Option<DirectType>,
}

/// That a text is no signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("as in `f64(f64,i64)`, of {}, void, with at most {MAX_PARAMETERS} parameters", names())]
pub struct NotASignature;

/// A function of C at an address.
#[derive(Clone)]
pub struct DirectFunction {
    address: usize,
    signature: DirectSignature,
    trampoline: Trampoline,
}

/// A call of a direct function whose arguments are what it takes.
#[derive(Clone, Copy, Debug)]
pub struct DirectCall<'f> {
    function: &'f DirectFunction,
    words: Words,
}

/// What a call has given.
#[derive(Clone, Copy, Debug)]
pub struct DirectResult {
    ty: Option<DirectType>,
    word: u64,
}

/// What registers hold, in order: integers with their sign in 64 bits, the bits of floating-point numbers, words of values.
type Words = [u64; MAX_PARAMETERS];

/// Calls the function at an address with arguments from words, and gives the word of its result.
type Trampoline = unsafe fn(usize, &Words) -> u64;

impl DirectType {
    /// All of them.
    pub const ALL: [DirectType; 7] = [
        DirectType::I8,
        DirectType::I16,
        DirectType::I32,
        DirectType::I64,
        DirectType::F32,
        DirectType::F64,
        DirectType::Value,
    ];

    /// Returns its name in a signature.
    pub fn name(self) -> &'static str {
        match self {
            DirectType::I8 => "i8",
            DirectType::I16 => "i16",
            DirectType::I32 => "i32",
            DirectType::I64 => "i64",
            DirectType::F32 => "f32",
            DirectType::F64 => "f64",
            DirectType::Value => "value",
        }
    }

    /// Returns how many bits an integer has; nothing of what is none.
    pub fn int_bits(self) -> Option<u32> {
        match self {
            DirectType::I8 => Some(8),
            DirectType::I16 => Some(16),
            DirectType::I32 => Some(32),
            DirectType::I64 => Some(64),
            DirectType::F32 | DirectType::F64 | DirectType::Value => None,
        }
    }

    fn of_name(name: &str) -> Option<DirectType> {
        DirectType::ALL.into_iter().find(|ty| ty.name() == name)
    }

    /// Returns the word of a value that is one of the type.
    fn word(self, value: Value) -> Option<u64> {
        let Some(bits) = self.int_bits() else {
            return match (self, value.view()) {
                (DirectType::Value, _) => Some(value.to_bits()),
                (DirectType::F64, View::Double(double)) => Some(double.to_bits()),
                (DirectType::F32, View::Double(double)) => Some((double as f32).to_bits().into()),
                (DirectType::F64, _) => {
                    let int = integer(value)?;
                    let double = int as f64;
                    (double as i128 == int).then(|| double.to_bits())
                }
                _ => {
                    let int = integer(value)?;
                    let float = int as f32;
                    (float as i128 == int).then(|| float.to_bits().into())
                }
            };
        };
        let int = i64::try_from(integer(value)?).ok()?;
        let spare = 64 - bits;
        (int << spare >> spare == int).then_some(int as u64)
    }

    /// Returns what a value should have been that is none of the type.
    fn expected(self, value: Value) -> String {
        match self.int_bits() {
            Some(bits) => {
                format!("an integer from {} to {}", i64::MIN >> (64 - bits), i64::MAX >> (64 - bits))
            }
            None if integer(value).is_some() => format!("an integer that {} has exactly", self.name()),
            None => "a double, or an integer".into(),
        }
    }
}

fn names() -> String {
    DirectType::ALL.map(DirectType::name).join(", ")
}

/// Returns an integer that is not too large to be of any type.
fn integer(value: Value) -> Option<i128> {
    match value.as_small_int() {
        Some(int) => Some(int.into()),
        None => i128::try_from(number::to_bigint(value)?).ok(),
    }
}

impl DirectSignature {
    /// Returns a signature, unless there are too many parameters.
    pub fn new(parameters: &[DirectType], result: Option<DirectType>) -> Option<DirectSignature> {
        (parameters.len() <= MAX_PARAMETERS)
            .then(|| DirectSignature { parameters: parameters.into(), result })
    }

    /// Returns the types of what it takes.
    pub fn parameters(&self) -> &[DirectType] {
        &self.parameters
    }

    /// Returns the type of what it gives; nothing if it gives nothing.
    pub fn result(&self) -> Option<DirectType> {
        self.result
    }
}

impl FromStr for DirectSignature {
    type Err = NotASignature;

    fn from_str(text: &str) -> Result<DirectSignature, NotASignature> {
        let parts = text.trim().strip_suffix(')').and_then(|rest| rest.split_once('('));
        let (result, parameters) = parts.ok_or(NotASignature)?;
        let one = |name: &str| DirectType::of_name(name.trim()).ok_or(NotASignature);
        let result = if result.trim() == "void" { None } else { Some(one(result)?) };
        let parameters: Vec<DirectType> = match parameters.trim() {
            "" => Vec::new(),
            parameters => parameters.split(',').map(one).collect::<Result<_, _>>()?,
        };
        DirectSignature::new(&parameters, result).ok_or(NotASignature)
    }
}

impl fmt::Display for DirectSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameters: Vec<&str> = self.parameters.iter().map(|ty| ty.name()).collect();
        write!(f, "{}({})", self.result.map_or("void", DirectType::name), parameters.join(","))
    }
}

impl DirectFunction {
    /// Returns the function at an address.
    ///
    /// # Safety
    ///
    /// For as long as the process there is a function with the calling convention of C and this signature, which any thread
    /// may call at any time, and which returns. A value that it gives is one that it was given, or has no cell.
    pub unsafe fn new(address: usize, signature: DirectSignature) -> DirectFunction {
        let trampoline = Trampolines::of(&signature);
        DirectFunction { address, signature, trampoline }
    }

    /// Returns where it is.
    pub fn address(&self) -> usize {
        self.address
    }

    /// Returns what it takes and gives.
    pub fn signature(&self) -> &DirectSignature {
        &self.signature
    }

    /// Returns a call with arguments; `name` is what the function is called in messages.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::WrongKind`] for the first argument that is none of its type; [`RuntimeError::Arity`] when there are
    /// not as many as it takes.
    pub fn prepare(
        &self,
        m: &Mutator<'_>,
        name: &str,
        arguments: &[Value],
    ) -> Result<DirectCall<'_>, RuntimeError> {
        let parameters = &self.signature.parameters;
        if arguments.len() != parameters.len() {
            let expected = parameters.len().to_string();
            return Err(RuntimeError::Arity { name: name.into(), expected, given: arguments.len() });
        }
        let mut words = Words::default();
        for (index, (ty, &argument)) in parameters.iter().zip(arguments).enumerate() {
            words[index] = ty.word(argument).ok_or_else(|| refused(m, name, index, *ty, argument))?;
        }
        Ok(DirectCall { function: self, words })
    }

    /// Calls the function.
    ///
    /// # Errors
    ///
    /// As [`DirectFunction::prepare`].
    pub fn call(&self, m: &Mutator<'_>, name: &str, arguments: &[Value]) -> Result<Value, RuntimeError> {
        Ok(self.prepare(m, name, arguments)?.run().value(m))
    }
}

impl DirectCall<'_> {
    /// Calls the function. Values that are given must be alive until it returns, and those that it gives as long as they are
    /// used.
    #[inline]
    pub fn run(self) -> DirectResult {
        let function = self.function;
        // SAFETY: by the contract of `DirectFunction::new` there is a function of that signature, for which the trampoline was
        // chosen; the words were made for its parameters.
        let word = unsafe { (function.trampoline)(function.address, &self.words) };
        DirectResult { ty: function.signature.result, word }
    }
}

impl DirectResult {
    /// Returns the value; nil when the function gives nothing.
    #[inline]
    pub fn value(self, m: &Mutator<'_>) -> Value {
        match self.ty {
            None => Value::NIL,
            // SAFETY: by the contract of `DirectFunction::new` it is a value that was given, or one without a cell.
            Some(DirectType::Value) => unsafe { Value::from_bits(self.word) },
            Some(DirectType::F64) => Value::double(m, f64::from_bits(self.word)),
            Some(DirectType::F32) => Value::double(m, f32::from_bits(self.word as u32).into()),
            Some(ty) => {
                // Of the register only the bits of the type are said to be its.
                let spare = 64 - ty.int_bits().unwrap_or(64);
                Value::int(m, (self.word as i64) << spare >> spare)
            }
        }
    }
}

#[cold]
fn refused(m: &Mutator<'_>, name: &str, index: usize, ty: DirectType, value: Value) -> RuntimeError {
    RuntimeError::WrongKind {
        what: format!("argument {} of `{name}`", index + 1),
        expected: ty.expected(value),
        found: if number::to_bigint(value).is_some() { m.text_of(value) } else { kind(m, value) },
    }
}

impl fmt::Debug for DirectFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {:#x}", self.signature, self.address)
    }
}

impl PartialEq for DirectFunction {
    fn eq(&self, other: &DirectFunction) -> bool {
        (self.address, &self.signature) == (other.address, &other.signature)
    }
}

impl Eq for DirectFunction {}

/// What a register holds. An integer of any width crosses in one of 64 bits, with its sign: what the calling conventions of C
/// leave open above the bits of the type is so as each of them wants it.
trait Register: Copy {
    fn of(word: u64) -> Self;
    fn word(self) -> u64;
}

impl Register for i64 {
    fn of(word: u64) -> i64 {
        word as i64
    }

    fn word(self) -> u64 {
        self as u64
    }
}

impl Register for f64 {
    fn of(word: u64) -> f64 {
        f64::from_bits(word)
    }

    fn word(self) -> u64 {
        self.to_bits()
    }
}

impl Register for f32 {
    fn of(word: u64) -> f32 {
        f32::from_bits(word as u32)
    }

    fn word(self) -> u64 {
        self.to_bits().into()
    }
}

/// No result.
impl Register for () {
    fn of(_: u64) {}

    fn word(self) -> u64 {
        0
    }
}

/// The parameters of a function, as a tuple of registers.
trait Parameters {
    /// The same with one more.
    type With<T: Register>: Parameters;

    /// The trampoline of functions with these parameters.
    ///
    /// # Safety
    ///
    /// At the address is such a function; the words are what it takes.
    unsafe fn call<R: Register>(address: usize, words: &Words) -> u64;
}

macro_rules! parameters {
    ($(($($register:ident $index:literal)*) with $new:ident: ($($with:ident)*);)*) => {
        $(impl<$($register: Register),*> Parameters for ($($register,)*) {
            type With<$new: Register> = ($($with,)*);

            #[allow(unused_variables, reason = "without parameters there are no words")]
            unsafe fn call<R: Register>(address: usize, words: &Words) -> u64 {
                // SAFETY: by this function's contract.
                let function = unsafe {
                    std::mem::transmute::<*const (), extern "C" fn($($register),*) -> R>(
                        std::ptr::with_exposed_provenance(address),
                    )
                };
                function($($register::of(words[$index])),*).word()
            }
        })*
    };
}

parameters! {
    () with N: (N);
    (A 0) with N: (A N);
    (A 0 B 1) with N: (A B N);
    (A 0 B 1 C 2) with N: (A B C N);
    // There are no more: a signature has at most four.
    (A 0 B 1 C 2 D 3) with N: (A B C D);
}

/// Chooses trampolines.
struct Trampolines;

impl Trampolines {
    fn of(signature: &DirectSignature) -> Trampoline {
        let parameters = &signature.parameters;
        match signature.result {
            None => Trampolines::with::<(), ()>(parameters),
            Some(DirectType::F32) => Trampolines::with::<(), f32>(parameters),
            Some(DirectType::F64) => Trampolines::with::<(), f64>(parameters),
            Some(_) => Trampolines::with::<(), i64>(parameters),
        }
    }

    /// Returns the trampoline of functions that have some parameters and the rest.
    fn with<P: Parameters, R: Register>(rest: &[DirectType]) -> Trampoline {
        match rest.split_first() {
            None => P::call::<R>,
            Some((DirectType::F32, rest)) => Trampolines::with::<P::With<f32>, R>(rest),
            Some((DirectType::F64, rest)) => Trampolines::with::<P::With<f64>, R>(rest),
            Some((_, rest)) => Trampolines::with::<P::With<i64>, R>(rest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::Runtime;

    #[test]
    fn signatures_are_texts() {
        for text in ["void()", "i64(i8,i16,i32,i64)", "f32(f64,f32)", "value(value)"] {
            assert_eq!(text.parse::<DirectSignature>().unwrap().to_string(), text);
        }
        let spaced: DirectSignature = " f64 ( f64 , i64 ) ".parse().unwrap();
        assert_eq!(spaced.to_string(), "f64(f64,i64)");
        let wrong = [
            "",
            "f64",
            "f64(",
            "(f64)",
            "f64()x",
            "double(f64)",
            "f64(void)",
            "f64(f64,)",
            "i64(i64,i64,i64,i64,i64)",
        ];
        for text in wrong {
            assert_eq!(text.parse::<DirectSignature>(), Err(NotASignature), "{text}");
        }
    }

    extern "C" fn none() -> i64 {
        i64::MIN
    }

    extern "C" fn three(a: f32, b: i32, c: f64) -> f32 {
        a + b as f32 * 10.0 + c as f32 * 100.0
    }

    extern "C" fn four(a: i64, b: f64, c: i8, d: f32) -> f64 {
        a as f64 + b * 10.0 + f64::from(c) * 100.0 + f64::from(d) * 1000.0
    }

    #[test]
    fn registers_of_all_kinds_are_where_c_expects_them() {
        let function = |text: &str, address: *const ()| {
            // SAFETY: the functions are those above, which are there as long as the process.
            unsafe { DirectFunction::new(address.expose_provenance(), text.parse().unwrap()) }
        };
        Runtime::new().enter(|m| {
            let (int, double) = (|int| Value::int(m, int), |number| Value::double(m, number));
            let none = function("i64()", none as *const ());
            assert_eq!(none.call(m, "none", &[]), Ok(int(i64::MIN)));
            let three = function("f32(f32,i32,f64)", three as *const ());
            assert_eq!(three.call(m, "three", &[double(0.5), int(-2), int(3)]), Ok(double(280.5)));
            let four = function("f64(i64,f64,i8,f32)", four as *const ());
            let result = four.call(m, "four", &[int(-1), double(2.0), int(-3), double(4.5)]);
            assert_eq!(result, Ok(double(4219.0)));
            let error = four.call(m, "four", &[int(1), double(2.0), int(128), int(1)]).unwrap_err();
            assert_eq!(
                error.to_string(),
                "argument 3 of `four` must be an integer from -128 to 127, not 128"
            );
            assert_eq!(four.call(m, "four", &[]).unwrap_err().code(), "run::arity");
        });
    }
}
