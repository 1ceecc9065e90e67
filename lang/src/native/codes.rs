//! The stable codes of the diagnostics of native functions. Those of what the verifier of native code knows, too, are its own.

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        $($(#[$doc])* pub const $name: &str = concat!("native::", $code);)*

        /// All codes, in the order of the documentation.
        pub const ALL: &[&str] = &[$($name),*];
    };
}

codes! {
    /// A type that native code does not have.
    UNKNOWN_TYPE = "unknown-type";
    /// A value of another type than the one that is wanted.
    TYPE_MISMATCH = "type-mismatch";
    /// A number that is none of its type.
    CONSTANT_RANGE = "constant-range";
    /// An operation that a type does not have.
    NO_OPERATION = "no-operation";
    /// A conversion that there is not.
    NO_CONVERSION = "no-conversion";
    /// Something of the language that native functions do not have.
    NOT_SUPPORTED = "not-supported";
    /// A name that is used before it is bound.
    USE_BEFORE_DEFINITION = "use-before-definition";
    /// A way to the end on which nothing is returned.
    MISSING_RETURN = "missing-return";
    /// A result that is returned where there is none, or missing where there is one.
    RETURN_RESULT = "return-result";
    /// Too few or too many arguments.
    ARGUMENT_COUNT = "argument-count";
    /// A call of what is no native function.
    NOT_NATIVE = "not-native";
    /// Something without a value where a value is wanted.
    NO_VALUE = "no-value";
    /// What is never reached.
    UNREACHABLE = "unreachable";
    /// A vector where none can be.
    VECTOR_MISPLACED = "slice-misplaced";
    /// A type where a value should be.
    TYPE_AS_VALUE = "type-as-value";
    /// Something that can not be assigned to.
    NOT_ASSIGNABLE = "not-assignable";
    /// `break` or `continue` outside of a loop.
    OUTSIDE_OF_LOOP = "outside-of-loop";
    /// A native function that stands where none can be defined.
    MISPLACED = "misplaced";
    /// Native code that the verifier refuses: a mistake of the compiler.
    INTERNAL = "internal";
}

/// A word that can not name a native function.
pub(super) const BAD_NAME: &str = crate::compile::codes::BAD_NAME;
/// A name that nothing stands for.
pub(super) const UNKNOWN_NAME: &str = crate::compile::codes::UNKNOWN_NAME;
