//! What can be computed. Every operation has one meaning on every machine, also at its edges.

/// An operation on two numbers of one type, which the result has too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Binary {
    /// The sum; of integers, modulo their width.
    Add,
    /// The difference; of integers, modulo their width.
    Subtract,
    /// The product; of integers, modulo their width.
    Multiply,
    /// The quotient: of floating-point numbers after IEEE 754, of integers with sign and towards zero. Dividing an integer by
    /// zero, and the smallest one by -1, traps.
    Divide,
    /// The quotient of integers without sign. Dividing by zero traps.
    DivideUnsigned,
    /// The remainder that goes with [`Binary::Divide`], of integers. It traps where that does.
    Remainder,
    /// The remainder that goes with [`Binary::DivideUnsigned`].
    RemainderUnsigned,
    /// The bits that both have; of integers and truth values, as the next two.
    And,
    /// The bits that either has.
    Or,
    /// The bits that one has.
    Xor,
    /// An integer shifted to the left. By its width or more the result is zero.
    ShiftLeft,
    /// An integer shifted to the right, filled with its sign. By its width or more only the sign is left.
    ShiftRight,
    /// An integer shifted to the right, filled with zeros. By its width or more the result is zero.
    ShiftRightUnsigned,
    /// An integer whose bits are rotated to the left, by an amount modulo its width.
    RotateLeft,
    /// The lesser one, with sign; of floating-point numbers the one that is a number, and -0.0 below 0.0.
    Minimum,
    /// The greater one, as above.
    Maximum,
}

/// An operation on two integers that tells whether the exact result fits the type, with sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "as in `Binary`")]
pub enum Checked {
    Add,
    Subtract,
    Multiply,
}

/// An operation on one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unary {
    /// The other sign; of integers, modulo their width.
    Negate,
    /// All bits turned; of a truth value, the other one.
    Not,
    /// The number without its sign; of floating-point numbers only, as all below but [`Unary::CountOnes`] and what follows it.
    Absolute,
    /// The square root.
    SquareRoot,
    /// The greatest whole number that is not greater.
    Floor,
    /// The least whole number that is not less.
    Ceiling,
    /// The whole number next to it towards zero.
    Truncate,
    /// The nearest whole number, the even one of two.
    Round,
    /// How many bits of an integer are one.
    CountOnes,
    /// How many bits above the highest one are zero; the width for zero.
    LeadingZeros,
    /// How many bits below the lowest one are zero; the width for zero.
    TrailingZeros,
}

/// A change of type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Conversion {
    /// An integer to a narrower one, by its low bits.
    Narrow,
    /// An integer to a wider one with its sign.
    Widen,
    /// An integer or truth value to a wider integer, filled with zeros.
    WidenUnsigned,
    /// An integer with sign to the nearest floating-point number.
    ToFloat,
    /// An integer without sign to the nearest floating-point number.
    ToFloatUnsigned,
    /// A floating-point number to an integer, towards zero; to the nearest one there is where it does not fit, NaN to zero.
    ToInteger,
    /// `F32` to `F64` exactly, or `F64` to the nearest `F32`.
    Float,
    /// The same bits as another type of the same width: between `I64`, `F64` and `Ptr`, or `I32` and `F32`. Only trusted
    /// functions make a `Ptr`.
    Bits,
}

/// A comparison of two values of one type; with NaN all but [`Comparison::NotEqual`] are false.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    missing_docs,
    reason = "the names say it; those `Unsigned` are of integers without sign and of addresses"
)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    LessUnsigned,
    LessEqualUnsigned,
    GreaterUnsigned,
    GreaterEqualUnsigned,
}

impl Binary {
    /// All of them, in their order.
    pub const ALL: [Binary; 16] = [
        Binary::Add,
        Binary::Subtract,
        Binary::Multiply,
        Binary::Divide,
        Binary::DivideUnsigned,
        Binary::Remainder,
        Binary::RemainderUnsigned,
        Binary::And,
        Binary::Or,
        Binary::Xor,
        Binary::ShiftLeft,
        Binary::ShiftRight,
        Binary::ShiftRightUnsigned,
        Binary::RotateLeft,
        Binary::Minimum,
        Binary::Maximum,
    ];
}

impl Checked {
    /// All of them, in their order.
    pub const ALL: [Checked; 3] = [Checked::Add, Checked::Subtract, Checked::Multiply];
}

impl Unary {
    /// All of them, in their order.
    pub const ALL: [Unary; 11] = [
        Unary::Negate,
        Unary::Not,
        Unary::Absolute,
        Unary::SquareRoot,
        Unary::Floor,
        Unary::Ceiling,
        Unary::Truncate,
        Unary::Round,
        Unary::CountOnes,
        Unary::LeadingZeros,
        Unary::TrailingZeros,
    ];
}

impl Conversion {
    /// All of them, in their order.
    pub const ALL: [Conversion; 8] = [
        Conversion::Narrow,
        Conversion::Widen,
        Conversion::WidenUnsigned,
        Conversion::ToFloat,
        Conversion::ToFloatUnsigned,
        Conversion::ToInteger,
        Conversion::Float,
        Conversion::Bits,
    ];
}

impl Comparison {
    /// All of them, in their order.
    pub const ALL: [Comparison; 10] = [
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessEqual,
        Comparison::Greater,
        Comparison::GreaterEqual,
        Comparison::LessUnsigned,
        Comparison::LessEqualUnsigned,
        Comparison::GreaterUnsigned,
        Comparison::GreaterEqualUnsigned,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_operations_stand_at_their_numbers() {
        assert!(Binary::ALL.iter().enumerate().all(|(index, each)| *each as usize == index));
        assert!(Checked::ALL.iter().enumerate().all(|(index, each)| *each as usize == index));
        assert!(Unary::ALL.iter().enumerate().all(|(index, each)| *each as usize == index));
        assert!(Conversion::ALL.iter().enumerate().all(|(index, each)| *each as usize == index));
        assert!(Comparison::ALL.iter().enumerate().all(|(index, each)| *each as usize == index));
    }
}
