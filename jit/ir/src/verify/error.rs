//! What is wrong, and where.

use std::fmt::{self, Display, Formatter, Write};

use crate::function::{FunctionId, Instruction, Label, Local, Val};
use crate::module::{Module, SymbolId};
use crate::operation::Conversion;
use crate::types::Type;

/// All that is wrong with native code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The errors: first those of the names, then those of each function.
    pub errors: Vec<VerifyError>,
    /// How many errors more there are.
    pub left_out: usize,
}

impl Report {
    /// How many errors are kept.
    pub const LIMIT: usize = 100;

    /// Adds an error. Its place is asked for only if it is kept.
    pub(crate) fn add(&mut self, problem: Problem, place: impl FnOnce() -> Place) {
        if self.errors.len() < Report::LIMIT {
            self.errors.push(VerifyError { problem, place: place() });
        } else {
            self.left_out += 1;
        }
    }

    /// Adds what another report has.
    pub(crate) fn append(&mut self, other: Report) {
        self.left_out += other.left_out;
        for VerifyError { problem, place } in other.errors {
            self.add(problem, || place);
        }
    }

    /// Returns the report as the error that it is, if it has any.
    pub(crate) fn into_result(self) -> Result<(), Report> {
        if self.errors.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl Display for Report {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        for (index, error) in self.errors.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(out, "{separator}{error}")?;
        }
        match self.left_out {
            0 => Ok(()),
            count => write!(out, "\nand {count} more"),
        }
    }
}

impl std::error::Error for Report {}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyError {
    /// What.
    pub problem: Problem,
    /// Where.
    pub place: Place,
}

impl VerifyError {
    /// Returns the stable code of the error, such as `native::type-mismatch`.
    pub const fn code(&self) -> &'static str {
        self.problem.code()
    }
}

impl Display for VerifyError {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.code(), self.problem)?;
        if !self.place.function.is_empty() {
            write!(out, "\n  in {}", self.place)?;
        }
        write!(out, "\n  help: {}", self.problem.help())
    }
}

impl std::error::Error for VerifyError {}

/// Where in native code something is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The name of the function; empty of what belongs to none.
    pub function: String,
    /// The block.
    pub block: Option<Label>,
    /// The number of the instruction in the block, from 0 on.
    pub instruction: Option<usize>,
    /// The instruction as text, perhaps shortened.
    pub text: String,
}

impl Place {
    /// How many bytes of the text of an instruction are kept.
    const TEXT: usize = 160;

    /// Returns the place of what belongs to no function.
    pub(crate) fn module() -> Place {
        Place::default()
    }

    /// Returns the place of a function.
    pub(crate) fn function(name: &str) -> Place {
        Place { function: name.to_owned(), ..Place::default() }
    }

    /// Returns the place of a block.
    pub(crate) fn block(name: &str, block: Label) -> Place {
        Place { block: Some(block), ..Place::function(name) }
    }

    /// Returns the place of an instruction.
    pub(crate) fn instruction(
        name: &str,
        block: Label,
        index: usize,
        instruction: &Instruction,
        names: Option<&Module>,
    ) -> Place {
        let mut text = Shortened(String::new());
        // Too long a text ends with an error, as it should.
        let _ = match names {
            Some(module) => write!(text, "{}", module.instruction_text(instruction)),
            None => write!(text, "{instruction}"),
        };
        let text = text.0;
        Place { instruction: Some(index), text, ..Place::block(name, block) }
    }
}

/// Text that ends after some bytes, however long it would be.
struct Shortened(String);

impl Write for Shortened {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        if self.0.len() + more.len() <= Place::TEXT {
            self.0.push_str(more);
            return Ok(());
        }
        self.0.push('…');
        Err(fmt::Error)
    }
}

impl Display for Place {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "`{}`", self.function)?;
        if let Some(block) = self.block {
            write!(out, ", {block}")?;
        }
        if let Some(index) = self.instruction {
            write!(out, ", instruction {index}: `{}`", self.text)?;
        }
        Ok(())
    }
}

/// Defines the problems, each with its code, its text and what to do.
macro_rules! problems {
    ($($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $field_doc:literal])+ $field:ident: $ty:ty),* $(,)? } $code:literal $text:literal $help:literal)*) => {
        /// What is wrong with native code.
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        #[non_exhaustive]
        pub enum Problem {
            $($(#[doc = $doc])+ #[error($text)] $name { $($(#[doc = $field_doc])+ $field: $ty),* },)*
        }

        impl Problem {
            /// Returns the stable code of the problem.
            pub const fn code(&self) -> &'static str {
                match self { $(Problem::$name { .. } => concat!("native::", $code)),* }
            }

            /// Returns what to do about it.
            pub const fn help(&self) -> &'static str {
                match self { $(Problem::$name { .. } => $help),* }
            }
        }
    };
}

problems! {
    /// A name is empty, or holds a zero byte.
    BadName {
        /// The name.
        name: String,
    } "bad-name" "{name:?} is no name for a function or symbol" "take a name of at least one character, and none that is NUL"
    /// Two functions have one name.
    DuplicateFunction {
        /// The name.
        name: String,
    } "duplicate-function" "there are two functions `{name}`" "name them differently, or make it once and call it twice"
    /// Two symbols, or a function and a symbol, have one name.
    DuplicateSymbol {
        /// The name.
        name: String,
    } "duplicate-symbol" "`{name}` is a symbol already" "declare a symbol once and use its number again; name functions differently"
    /// Something other than a parameter is a slice.
    SliceMisplaced {
        /// What is a slice.
        what: &'static str,
    } "slice-misplaced" "{what} is a slice" "slices are parameters only: take an element, or the length, or pass the parameter itself on"
    /// A function has no blocks.
    NoBody {} "no-body" "the function has no body" "give it a block that returns"
    /// A block does not end with an instruction that says where to go on.
    NoEnd {} "missing-return" "the block goes on nowhere" "end it with a return, a jump, a branch, a switch or a trap"
    /// An instruction that ends a block stands before its end.
    EndInside {} "end-inside" "the block goes on behind what ends it" "begin another block, or leave out what follows"
    /// A block is gone to that does not exist.
    UndefinedLabel {
        /// Its number.
        label: Label,
    } "undefined-label" "there is no block {label}" "place each label that is jumped to"
    /// The first block is gone to.
    EntryTarget {} "entry-target" "the first block is gone back to" "jump from the first block to a second one, and back to that"
    /// Two cases of a switch are equal.
    DuplicateCase {
        /// The case.
        case: u64,
    } "duplicate-case" "the case {case} is there twice" "keep one of them"
    /// A value has a number that is too great.
    ValueNumber {
        /// The value.
        value: Val,
    } "value-number" "the number of {value} is not below the number of values" "number the values without gaps, the parameters first"
    /// A value is given twice.
    ValueTwice {
        /// The value.
        value: Val,
    } "value-twice" "{value} is given a second time" "give each value once; what changes is a local"
    /// A value is used that nothing gives.
    UndefinedValue {
        /// The value.
        value: Val,
    } "undefined-value" "nothing gives {value}" "use a parameter or what an instruction of this function gives"
    /// A value is used before the instruction that gives it.
    UseBeforeDefinition {
        /// The value.
        value: Val,
    } "use-before-definition" "{value} is used before it is given" "compute it first"
    /// A value is used where there is a way to that does not lead through what gives it.
    NotOnEveryPath {
        /// The value.
        value: Val,
        /// The block in which it is given.
        block: Label,
    } "not-on-every-path" "there is a way here on which {value} is not given, as it is only in {block}" "compute it in a block that every way leads through, or keep it in a local that each of them sets"
    /// A local does not exist.
    UndefinedLocal {
        /// Its number.
        local: Local,
    } "undefined-local" "there is no local {local}" "declare it with its type"
    /// A local is read where there is a way to that does not set it.
    UnsetLocal {
        /// The local.
        local: Local,
    } "unset-local" "there is a way here on which {local} is not set" "set it in the first block"
    /// A symbol does not exist.
    UndefinedSymbol {
        /// Its number.
        symbol: SymbolId,
    } "undefined-symbol" "there is no symbol {symbol}" "declare it in the module"
    /// A function does not exist.
    UndefinedFunction {
        /// Its number.
        function: FunctionId,
    } "undefined-function" "there is no function {function}" "declare it in the module"
    /// A value has another type than it should have.
    TypeMismatch {
        /// The value.
        value: Val,
        /// Its type.
        found: Type,
        /// The type that it should have.
        wanted: Type,
    } "type-mismatch" "{value} is of type {found}, and {wanted} is wanted" "convert it first, or compare it to get a truth value"
    /// An operation is not defined for a type.
    NoOperation {
        /// The operation.
        operation: String,
        /// The type.
        ty: Type,
    } "no-operation" "`{operation}` is not defined for {ty}" "convert the operands, or take the operation that is for this type"
    /// A conversion is not defined for two types.
    NoConversion {
        /// The conversion.
        conversion: Conversion,
        /// The type of what is converted.
        from: Type,
        /// The type that it should become.
        to: Type,
    } "no-conversion" "`{conversion}` does not make {to} of {from}" "see the conversions, of which each is for some types, or take two of them"
    /// A constant or a case has more bits than its type.
    ConstantRange {
        /// The bits.
        bits: u64,
        /// The type.
        ty: Type,
    } "constant-range" "{bits:#x} has more bits than {ty}" "give the low bits only, and zeros above them"
    /// A call has too few or too many arguments.
    ArgumentCount {
        /// How many there are.
        found: usize,
        /// How many there should be.
        wanted: usize,
    } "argument-count" "there are {found} arguments, and {wanted} are wanted" "give one for each parameter"
    /// A call takes a result that there is not, or leaves one out.
    CallResult {
        /// What is wrong.
        what: &'static str,
    } "call-result" "{what}" "take a result exactly where the signature has one"
    /// A return has a result that the signature has not, or has none.
    ReturnResult {
        /// What is wrong.
        what: &'static str,
    } "return-result" "{what}" "return what the signature says"
    /// A symbol is called that is only an address.
    NotCallable {
        /// The symbol.
        symbol: SymbolId,
    } "not-callable" "the symbol {symbol} has no signature" "declare it with the signature by which it is called"
    /// A function that is not trusted does what only trusted ones do.
    NotTrusted {
        /// What it does.
        what: &'static str,
    } "not-trusted" "{what} is for trusted functions" "use slices and calls of symbols, or make the function with `FunctionBuilder::trusted`"
    /// A function that does not trap does what may trap.
    NotTrapping {
        /// What it does.
        what: &'static str,
    } "not-trapping" "{what} may trap, and the function does not" "say that the function traps, with `FunctionBuilder::trapping`, or check before"
    /// A function that does not trap calls itself, perhaps through others.
    Recursion {} "recursion" "the function comes to call itself, and does not trap when the calls are nested too deeply" "say that the function traps, with `FunctionBuilder::trapping`"
    /// A trap has a number that is not free.
    TrapCode {
        /// The number.
        number: i32,
    } "trap-code" "the trap {number} is not for functions" "take a number from `trap::USER` on"
    /// A write says that nobody writes.
    ConstantStore {} "constant-store" "memory that nobody writes to is written to" "take another order"
    /// A label was made and never placed.
    LabelNotPlaced {
        /// The label.
        label: Label,
    } "undefined-label" "the label {label} is used and was never placed" "place it where the code that belongs to it begins"
    /// A label was placed twice.
    LabelPlacedTwice {
        /// The label.
        label: Label,
    } "duplicate-label" "the label {label} is placed a second time" "make a label for each place"
    /// An instruction comes behind the end of a block.
    Unplaced {} "end-inside" "the instruction comes behind the end of a block" "place a label before it, or leave it out"
    /// A parameter does not exist.
    UndefinedParameter {
        /// Its number.
        index: usize,
    } "undefined-parameter" "there is no parameter {index}" "parameters are numbered from 0 on, as in the signature"
    /// A number does not fit a type.
    NumberRange {
        /// The number.
        number: i64,
        /// The type.
        ty: Type,
    } "constant-range" "{number} is no number of type {ty}" "take a wider type, or a lesser number"
    /// No function or symbol has a name.
    UndefinedName {
        /// The name.
        name: String,
    } "undefined-symbol" "nothing is called `{name}`" "declare it first"
    /// A template does not exist.
    UndefinedTemplate {
        /// Its name.
        name: String,
    } "undefined-template" "there is no template `{name}`" "define it before it is instantiated"
    /// A template is defined twice.
    DuplicateTemplate {
        /// Its name.
        name: String,
    } "duplicate-template" "there is a template `{name}` already" "name them differently"
    /// A template got another number of types.
    TemplateTypes {
        /// Its name.
        name: String,
        /// How many types it got.
        found: usize,
        /// How many it takes.
        wanted: usize,
    } "template-types" "the template `{name}` got {found} types, and takes {wanted}" "give it one for each of its parameters"
    /// A function was declared and never defined.
    NotDefined {
        /// Its name.
        name: String,
    } "undefined-function" "the function `{name}` was declared and never defined" "define it, or declare it as a symbol"
    /// A function is defined with another signature than it was declared with.
    OtherSignature {
        /// Its name.
        name: String,
        /// What it was declared with.
        wanted: String,
        /// What it was defined with.
        found: String,
    } "other-signature" "`{name}` was declared as `{wanted}`, and is defined as `{found}`" "make the builder of what the declaration gave"
    /// A function or symbol is used in a module that it was not declared in.
    Foreign {
        /// Its name.
        name: String,
    } "foreign" "`{name}` belongs to another generator" "declare it in the one that the function is defined in"
}
