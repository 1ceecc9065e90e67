//! The instructions, eight bytes each.

/// The number of a register in a frame. Register 0 holds the receiver of a method, or the function that is called; the
/// arguments follow.
pub type Register = u16;

/// The number of an instruction in its unit.
pub type Target = u16;

/// A comparison of two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Equal: numbers by value, everything else structurally.
    Equal,
    /// Not equal.
    NotEqual,
    /// Less, of numbers or of strings.
    Less,
    /// Less or equal.
    LessEqual,
    /// Greater.
    Greater,
    /// Greater or equal.
    GreaterEqual,
}

macro_rules! instructions {
    ($($(#[$doc:meta])* $name:ident { $($field:ident : $role:ident),* })*) => {
        /// An instruction. `to` is the register of the result; `constant` and `site` are numbers in the unit's tables.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the operands are explained with their instructions")]
        pub enum Instruction {
            $($(#[$doc])* $name { $($field: role_type!($role)),* },)*
        }

        impl Instruction {
            /// Calls `visit` with every operand, in the order of writing.
            pub fn operands(&self, visit: &mut dyn FnMut(Operand)) {
                match *self {
                    $(Instruction::$name { $($field),* } => { $(visit(Operand::$role($field));)* })*
                }
            }

            /// Returns the name of the instruction.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Instruction::$name { .. } => stringify!($name),)*
                }
            }
        }
    };
}

macro_rules! role_type {
    (Comparison) => {
        Comparison
    };
    (Small) => {
        i16
    };
    (Byte) => {
        u8
    };
    ($other:ident) => {
        u16
    };
}

/// What an operand of an instruction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// A register that is read.
    Read(Register),
    /// A register that is written.
    Write(Register),
    /// The first of a row of registers that are read; a [`Operand::Byte`] or [`Operand::Count`] says how many.
    Row(Register),
    /// The first of a row for a call: the receiver or function, then the arguments; the result goes to it.
    Window(Register),
    /// The two registers of a loop over integers: the next one and the end.
    RangeState(Register),
    /// The register of a collection that a loop begins with; it and the one behind it become the loop's own.
    EachStart(Register),
    /// The two registers of a loop over a collection.
    EachState(Register),
    /// How many registers a row has, or how many arguments a window.
    Count(u16),
    /// The same, where an instruction has little room.
    Byte(u8),
    /// A constant.
    Constant(u16),
    /// A constant that is an object.
    ObjectConstant(u16),
    /// A constant that is a string.
    TextConstant(u16),
    /// A constant that is a function object.
    FunctionConstant(u16),
    /// A constant that describes a class.
    ClassConstant(u16),
    /// The cache of an attribute.
    AttributeSite(u16),
    /// The cache of a send.
    SendSite(u16),
    /// The cache of a call.
    CallSite(u16),
    /// The cache of a global name.
    GlobalSite(u16),
    /// The cache of the making of an object.
    NewSite(u16),
    /// A value that the function captured.
    Captured(u16),
    /// A small integer.
    Small(i16),
    /// A plain number.
    Number(u16),
    /// A comparison.
    Comparison(Comparison),
    /// An instruction behind this one.
    Forward(Target),
    /// An instruction before this one.
    Backward(Target),
}

instructions! {
    /// Loads a constant.
    Constant { to: Write, constant: Constant }
    /// Loads a small integer.
    Small { to: Write, small: Small }
    /// Copies a register.
    Move { to: Write, from: Read }
    /// Loads the last value of the prompt.
    LoadLast { to: Write }
    /// Loads what a symbol stands for now.
    LoadGlobal { to: Write, site: GlobalSite }
    /// Loads a value that the closure in register 0 captured.
    LoadCaptured { to: Write, captured: Captured }
    /// Makes a variable that closures share, with a value.
    MakeVariable { to: Write, from: Read }
    /// Loads the value of a shared variable.
    LoadVariable { to: Write, variable: Read }
    /// Stores into a shared variable.
    StoreVariable { variable: Read, from: Read }
    /// Loads the value of a variable of the session, a constant.
    LoadSession { to: Write, constant: ObjectConstant }
    /// Stores into a variable of the session, a constant.
    StoreSession { constant: ObjectConstant, from: Read }
    /// Makes a tuple of registers.
    MakeTuple { to: Write, first: Row, count: Count }
    /// Makes a set of registers.
    MakeSet { to: Write, first: Row, count: Count }
    /// Makes a string of the texts of registers.
    MakeString { to: Write, first: Row, count: Count }
    /// Makes a closure of a function over registers.
    MakeClosure { count: Byte, to: Write, constant: FunctionConstant, first: Row }
    /// Makes a range.
    MakeRange { to: Write, start: Read, end: Read }
    /// Reads an attribute; nil where an object has none.
    GetAttribute { to: Write, object: Read, site: AttributeSite }
    /// Reads the attribute that a register holds.
    GetComputed { to: Write, object: Read, key: Read }
    /// Stores an attribute.
    PutAttribute { object: Read, site: AttributeSite, value: Read }
    /// Stores the attribute that a register holds.
    PutComputed { object: Read, key: Read, value: Read }
    /// Reads an element of a collection, or a component of an object.
    GetElement { to: Write, collection: Read, index: Read }
    /// Stores an element or a component.
    PutElement { collection: Read, index: Read, value: Read }
    /// Adds an element or a component at the end.
    PushElement { collection: Read, value: Read }
    /// Sends a message.
    Send { count: Byte, first: Window, site: SendSite }
    /// Sends a message to the receiver as an instance of the superclass of the class that the function belongs to.
    SendSuper { count: Byte, first: Window, site: SendSite }
    /// Applies a function to arguments.
    Call { count: Byte, first: Window, site: CallSite }
    /// The sum, of numbers, strings or tuples.
    Add { to: Write, left: Read, right: Read }
    /// The difference.
    Subtract { to: Write, left: Read, right: Read }
    /// The product.
    Multiply { to: Write, left: Read, right: Read }
    /// The quotient.
    Divide { to: Write, left: Read, right: Read }
    /// The remainder.
    Remainder { to: Write, left: Read, right: Read }
    /// The intersection, of sets or of the bits of integers.
    Intersect { to: Write, left: Read, right: Read }
    /// The union, of sets or of the bits of integers.
    Unite { to: Write, left: Read, right: Read }
    /// The sum with a small integer.
    AddSmall { to: Write, left: Read, small: Small }
    /// A comparison.
    Compare { comparison: Comparison, to: Write, left: Read, right: Read }
    /// The number with the other sign.
    Negate { to: Write, from: Read }
    /// Whether the value is nil or false.
    Not { to: Write, from: Read }
    /// Goes on at an instruction behind this one.
    Jump { target: Forward }
    /// Goes back, which is a safepoint.
    Loop { target: Backward }
    /// Goes on at an instruction when the value is nil or false.
    JumpIfFalse { condition: Read, target: Forward }
    /// Goes on at an instruction when the value is neither.
    JumpIfTrue { condition: Read, target: Forward }
    /// Goes on at an instruction when the value is nil.
    JumpIfNil { condition: Read, target: Forward }
    /// Goes on at an instruction unless the value is nil.
    JumpUnlessNil { condition: Read, target: Forward }
    /// Goes on at an instruction unless the values are equal.
    JumpUnlessEqual { left: Read, right: Read, target: Forward }
    /// Goes on at an instruction if the values are equal.
    JumpIfEqual { left: Read, right: Read, target: Forward }
    /// Goes on at an instruction unless the left value is less.
    JumpUnlessLess { left: Read, right: Read, target: Forward }
    /// Goes on at an instruction unless the left value is less or equal.
    JumpUnlessLessEqual { left: Read, right: Read, target: Forward }
    /// Goes on at an instruction unless the left value is greater.
    JumpUnlessGreater { left: Read, right: Read, target: Forward }
    /// Goes on at an instruction unless the left value is greater or equal.
    JumpUnlessGreaterEqual { left: Read, right: Read, target: Forward }
    /// Goes on at an instruction unless the value equals a small integer.
    JumpUnlessEqualSmall { left: Read, small: Small, target: Forward }
    /// Goes on at an instruction if the value equals a small integer.
    JumpIfEqualSmall { left: Read, small: Small, target: Forward }
    /// Goes on at an instruction unless the value is less than a small integer.
    JumpUnlessLessSmall { left: Read, small: Small, target: Forward }
    /// Goes on at an instruction unless the value is at most a small integer.
    JumpUnlessLessEqualSmall { left: Read, small: Small, target: Forward }
    /// Goes on at an instruction unless the value is greater than a small integer.
    JumpUnlessGreaterSmall { left: Read, small: Small, target: Forward }
    /// Goes on at an instruction unless the value is at least a small integer.
    JumpUnlessGreaterEqualSmall { left: Read, small: Small, target: Forward }
    /// Begins a loop over integers: `first` holds the first one, the register behind it the end. Goes on at an instruction
    /// when there is none.
    RangeStart { first: RangeState, to: Write, target: Forward }
    /// Goes back with the next integer, or goes on when there is none.
    RangeNext { first: RangeState, to: Write, target: Backward }
    /// Begins a loop over the collection in `first`; the register behind it is the loop's own.
    EachStart { first: EachStart }
    /// Goes back with the next element, or goes on when there is none.
    EachNext { first: EachState, to: Write, target: Backward }
    /// Gives a tuple of the elements when the value is a tuple or vector with so many, or at least so many where `rest`
    /// is not 0; nil otherwise.
    MatchSequence { rest: Byte, to: Write, from: Read, count: Number }
    /// Gives the elements of a tuple but for some at its beginning and some at its end.
    TupleMiddle { after: Byte, to: Write, tuple: Read, before: Number }
    /// Whether a value is an instance of a class.
    IsInstance { to: Write, value: Read, class: Read }
    /// Makes an object of the class in `first`, whose attributes are those of the cache, with the values behind it.
    NewObject { count: Byte, first: Window, site: NewSite }
    /// Keeps an object in the session's space under a name.
    Keep { object: Read, constant: TextConstant }
    /// Makes an object a root.
    AddRoot { object: Read }
    /// Makes a space that of the session.
    InSpace { space: Read }
    /// Gives a function a global name, or its text to the function that has the name.
    DefineFunction { to: Write, function: FunctionConstant, name: TextConstant }
    /// Makes a class, or adds to one; `superclass` is a class, or nil where none is said.
    DefineClass { to: Write, superclass: Read, constant: ClassConstant }
    /// Raises a value.
    Raise { from: Read }
    /// Raises that no arm of a match fits a value.
    NoMatch { from: Read }
    /// Raises that a pattern does not fit a value.
    Mismatch { from: Read }
    /// Gives the running call a number, by which closures return from it.
    MakeHome { to: Write }
    /// Returns from the call with a number.
    ReturnHome { home: Read, from: Read }
    /// Returns a value.
    Return { from: Read }
}

const _: () = assert!(size_of::<Instruction>() == 8);

impl Instruction {
    /// Calls `visit` with every register that is read.
    pub fn reads(&self, visit: &mut dyn FnMut(Register)) {
        super::verify::each_read(self, visit);
    }

    /// Calls `visit` with every register that is written.
    pub fn writes(&self, visit: &mut dyn FnMut(Register)) {
        super::verify::each_write(self, visit);
    }

    /// Returns where a jump goes on.
    pub fn target(&self) -> Option<usize> {
        super::verify::target_of(self)
    }

    /// Returns whether nothing behind the instruction follows it.
    pub fn ends_path(&self) -> bool {
        super::verify::ends_path(self)
    }

    /// Sets where a jump goes on: for a compiler, which learns that after it has emitted the jump.
    pub fn set_target(&mut self, to: Target) {
        match self {
            Instruction::Jump { target }
            | Instruction::Loop { target }
            | Instruction::JumpIfFalse { target, .. }
            | Instruction::JumpIfTrue { target, .. }
            | Instruction::JumpIfNil { target, .. }
            | Instruction::JumpUnlessNil { target, .. }
            | Instruction::JumpUnlessEqual { target, .. }
            | Instruction::JumpIfEqual { target, .. }
            | Instruction::JumpUnlessLess { target, .. }
            | Instruction::JumpUnlessLessEqual { target, .. }
            | Instruction::JumpUnlessGreater { target, .. }
            | Instruction::JumpUnlessGreaterEqual { target, .. }
            | Instruction::JumpUnlessEqualSmall { target, .. }
            | Instruction::JumpIfEqualSmall { target, .. }
            | Instruction::JumpUnlessLessSmall { target, .. }
            | Instruction::JumpUnlessLessEqualSmall { target, .. }
            | Instruction::JumpUnlessGreaterSmall { target, .. }
            | Instruction::JumpUnlessGreaterEqualSmall { target, .. }
            | Instruction::RangeStart { target, .. }
            | Instruction::RangeNext { target, .. }
            | Instruction::EachNext { target, .. } => *target = to,
            other => debug_assert!(false, "{} is no jump", other.name()),
        }
    }
}
