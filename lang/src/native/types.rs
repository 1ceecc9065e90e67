//! The types of native functions.

use rps_jit_ir::{Element, Type};

use super::codes;
use crate::syntax::Diagnostic;
use crate::syntax::ast::{Function, MemberKind, TypeName};

/// The type of a number or a truth value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Single {
    Bool,
    /// With so many bits, 8 to 64.
    Int {
        bits: u32,
        is_signed: bool,
    },
    F32,
    F64,
}

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ty {
    Single(Single),
    /// A vector of numbers.
    Vector(Single),
}

const fn int(bits: u32, is_signed: bool) -> Single {
    Single::Int { bits, is_signed }
}

/// All types of numbers and truth values by name.
pub(super) const SINGLE: [(&str, Single); 11] = [
    ("i8", int(8, true)),
    ("i16", int(16, true)),
    ("i32", int(32, true)),
    ("i64", int(64, true)),
    ("u8", int(8, false)),
    ("u16", int(16, false)),
    ("u32", int(32, false)),
    ("u64", int(64, false)),
    ("f32", Single::F32),
    ("f64", Single::F64),
    ("bool", Single::Bool),
];

/// What a whole number is where nothing says what it should be.
pub(super) const I64: Single = int(64, true);

impl Single {
    pub(super) fn from_name(name: &str) -> Option<Single> {
        SINGLE.iter().find(|(own, _)| *own == name).map(|(_, ty)| *ty)
    }

    pub(super) fn name(self) -> &'static str {
        SINGLE.iter().find(|(_, ty)| *ty == self).map_or("", |(name, _)| name)
    }

    /// Returns the type in native code, where integers have no sign.
    pub(super) const fn native(self) -> Type {
        match self {
            Single::Bool => Type::Bool,
            Single::Int { bits: 8, .. } => Type::I8,
            Single::Int { bits: 16, .. } => Type::I16,
            Single::Int { bits: 32, .. } => Type::I32,
            Single::Int { .. } => Type::I64,
            Single::F32 => Type::F32,
            Single::F64 => Type::F64,
        }
    }

    /// Returns the type as that of the elements of a vector; truth values have none.
    pub(super) const fn element(self) -> Option<Element> {
        match self.native() {
            Type::I8 => Some(Element::I8),
            Type::I16 => Some(Element::I16),
            Type::I32 => Some(Element::I32),
            Type::I64 => Some(Element::I64),
            Type::F32 => Some(Element::F32),
            Type::F64 => Some(Element::F64),
            _ => None,
        }
    }

    pub(super) const fn is_integer(self) -> bool {
        matches!(self, Single::Int { .. })
    }

    pub(super) const fn is_unsigned(self) -> bool {
        matches!(self, Single::Int { is_signed: false, .. })
    }

    pub(super) const fn is_float(self) -> bool {
        matches!(self, Single::F32 | Single::F64)
    }

    /// Returns the least and the greatest integer of the type.
    pub(super) const fn range(self) -> (i128, i128) {
        match self {
            Single::Int { bits, is_signed: true } => (-(1 << (bits - 1)), (1 << (bits - 1)) - 1),
            Single::Int { bits, is_signed: false } => (0, (1 << bits) - 1),
            // Up to there every integer is one.
            Single::F64 => (-(1 << 53), 1 << 53),
            Single::F32 => (-(1 << 24), 1 << 24),
            Single::Bool => (0, 1),
        }
    }
}

impl std::fmt::Display for Ty {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Ty::Single(ty) => out.write_str(ty.name()),
            Ty::Vector(ty) => write!(out, "[{}]", ty.name()),
        }
    }
}

impl Ty {
    pub(super) fn native(self) -> Type {
        match self {
            Ty::Single(ty) => ty.native(),
            // Only what has a type of elements is made a vector.
            Ty::Vector(ty) => ty.element().map_or(Type::Ptr, Type::Slice),
        }
    }
}

/// What a native function is called, takes and gives.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Signature {
    pub(super) name: Box<str>,
    pub(super) parameters: Vec<(Box<str>, Ty)>,
    pub(super) result: Option<Single>,
}

impl Signature {
    /// Returns the signature of a native function, unless something is wrong with it.
    pub(super) fn of(function: &Function, wrong: &mut Vec<Diagnostic>) -> Option<Signature> {
        let types = function.native.as_ref()?;
        let before = wrong.len();
        let name = match &function.name {
            Some(member) => match &member.kind {
                MemberKind::Name(name) => name.clone(),
                _ => {
                    let message = "a native function is named by a word";
                    wrong.push(Diagnostic::error(codes::BAD_NAME, member.span, message));
                    Box::default()
                }
            },
            None => Box::default(),
        };
        let mut parameters: Vec<(Box<str>, Ty)> = Vec::new();
        for (parameter, ty) in function.parameters.iter().zip(&types.parameters) {
            check_variable(parameter.span, &parameter.text, wrong);
            if let Some(ty) = resolve(ty, wrong) {
                parameters.push((parameter.text.clone(), ty));
            }
        }
        let result = match &types.result {
            None => None,
            Some(ty) => match resolve(ty, wrong) {
                Some(Ty::Vector(_)) => {
                    let message = "the result of a native function is a number or a truth value";
                    wrong.push(
                        Diagnostic::error(codes::VECTOR_MISPLACED, ty.span, message)
                            .hint("pass a vector whose elements the function changes"),
                    );
                    None
                }
                Some(Ty::Single(ty)) => Some(ty),
                None => None,
            },
        };
        (wrong.len() == before).then_some(Signature { name, parameters, result })
    }

    /// Returns the signature in native code.
    pub(super) fn native(&self) -> rps_jit_ir::Signature {
        let parameters: Vec<Type> = self.parameters.iter().map(|(_, ty)| ty.native()).collect();
        rps_jit_ir::Signature::new(&parameters, self.result.map(Single::native))
    }
}

impl std::fmt::Display for Signature {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parameters: Vec<String> =
            self.parameters.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
        write!(out, "{}({})", self.name, parameters.join(", "))?;
        self.result.map_or(Ok(()), |ty| write!(out, " -> {}", ty.name()))
    }
}

/// Makes sure that a variable is not called as a type is.
pub(super) fn check_variable(span: crate::syntax::Span, name: &str, wrong: &mut Vec<Diagnostic>) {
    if Single::from_name(name).is_some() {
        let message = format!("`{name}` is a type, and no name for a variable");
        wrong.push(Diagnostic::error(codes::TYPE_AS_VALUE, span, message).hint("choose another name"));
    }
}

/// Returns the type of a name; an unknown one is a diagnostic.
pub(super) fn resolve(written: &TypeName, wrong: &mut Vec<Diagnostic>) -> Option<Ty> {
    let ty = Single::from_name(&written.text);
    match (ty, written.is_vector) {
        (Some(ty), false) => Some(Ty::Single(ty)),
        (Some(ty), true) if ty.element().is_some() => Some(Ty::Vector(ty)),
        (Some(_), true) => {
            let message = "there are no vectors of truth values";
            wrong.push(
                Diagnostic::error(codes::UNKNOWN_TYPE, written.span, message)
                    .hint("take `[u8]`, and 0 and 1"),
            );
            None
        }
        (None, _) => {
            let names = SINGLE.iter().map(|(name, _)| (*name).to_owned());
            let similar = rps_runtime::send::similar_names(&written.text, names);
            let hint = match similar.first() {
                Some(best) => format!("did you mean `{best}`?"),
                None => "there are i8 to i64, u8 to u64, f32, f64 and bool, and vectors of numbers such as `[f64]`".into(),
            };
            let message = format!("there is no type `{}` of native code", written.text);
            wrong.push(Diagnostic::error(codes::UNKNOWN_TYPE, written.span, message).hint(hint));
            None
        }
    }
}
