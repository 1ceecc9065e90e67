//! Types and signatures.

/// The type of a value in native code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// A truth value.
    Bool,
    /// An integer of 8 bits. Integers have no sign: operations do.
    I8,
    /// An integer of 16 bits.
    I16,
    /// An integer of 32 bits.
    I32,
    /// An integer of 64 bits; also the word of a value of the language, whose tag the code knows about.
    I64,
    /// A number of 32 bits after IEEE 754.
    F32,
    /// A number of 64 bits after IEEE 754.
    F64,
    /// An address. Only trusted functions read and write memory through one.
    Ptr,
    /// A row of numbers in memory with its length: a parameter only. Its elements are read and written with a check of
    /// the index.
    Slice(Element),
}

/// The type of the elements of a [`Type::Slice`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "as in `Type`")]
pub enum Element {
    I8,
    I16,
    I32,
    I64,
    F32,
    F64,
}

impl Element {
    /// All of them, in their order.
    pub const ALL: [Element; 6] =
        [Element::I8, Element::I16, Element::I32, Element::I64, Element::F32, Element::F64];

    /// Returns the type of a single element.
    pub const fn ty(self) -> Type {
        match self {
            Element::I8 => Type::I8,
            Element::I16 => Type::I16,
            Element::I32 => Type::I32,
            Element::I64 => Type::I64,
            Element::F32 => Type::F32,
            Element::F64 => Type::F64,
        }
    }
}

impl Type {
    /// All types of single values, in their order: what locals and results can be.
    pub const SINGLE: [Type; 8] =
        [Type::Bool, Type::I8, Type::I16, Type::I32, Type::I64, Type::F32, Type::F64, Type::Ptr];

    /// Returns the type that is written so, as [`Type`] displays it: `i64`, or `[f64]` of a slice.
    pub fn from_name(name: &str) -> Option<Type> {
        let single = |name: &str| Type::SINGLE.into_iter().find(|ty| ty.to_string() == name);
        match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
            Some(element) => {
                let ty = single(element)?;
                Element::ALL.into_iter().find(|element| element.ty() == ty).map(Type::Slice)
            }
            None => single(name),
        }
    }

    /// Returns whether the type is a slice.
    pub const fn is_slice(self) -> bool {
        matches!(self, Type::Slice(_))
    }

    /// Returns the bits that a value of the type can have: all ones, as many as the type is wide, up to 64.
    pub const fn mask(self) -> u64 {
        match self.bits() {
            64.. => u64::MAX,
            bits => (1 << bits) - 1,
        }
    }

    /// Returns whether the type is an integer of 8 to 64 bits.
    pub const fn is_integer(self) -> bool {
        matches!(self, Type::I8 | Type::I16 | Type::I32 | Type::I64)
    }

    /// Returns whether the type is a floating-point number.
    pub const fn is_float(self) -> bool {
        matches!(self, Type::F32 | Type::F64)
    }

    /// Returns the number of bits of a number, 1 for a truth value, 64 for an address, 128 for a slice.
    pub const fn bits(self) -> u32 {
        match self {
            Type::Bool => 1,
            Type::I8 => 8,
            Type::I16 => 16,
            Type::I32 | Type::F32 => 32,
            Type::I64 | Type::F64 | Type::Ptr => 64,
            Type::Slice(_) => 128,
        }
    }
}

/// What a function takes and gives.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Signature {
    /// The types of the parameters.
    pub parameters: Vec<Type>,
    /// The type of the result, or `None` where there is none.
    pub result: Option<Type>,
}

impl Signature {
    /// Returns a signature.
    pub fn new(parameters: &[Type], result: Option<Type>) -> Signature {
        Signature { parameters: parameters.to_vec(), result }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_is_found_by_its_name() {
        let slices = Element::ALL.into_iter().map(Type::Slice);
        for ty in Type::SINGLE.into_iter().chain(slices) {
            assert_eq!(Type::from_name(&ty.to_string()), Some(ty));
        }
        for name in ["", "i65", "[bool]", "[ptr]", "[[i8]]", "[i8"] {
            assert_eq!(Type::from_name(name), None, "{name}");
        }
    }

    #[test]
    fn a_mask_has_as_many_bits_as_the_type() {
        for ty in Type::SINGLE {
            assert_eq!(ty.mask().count_ones(), ty.bits(), "{ty}");
        }
    }
}
