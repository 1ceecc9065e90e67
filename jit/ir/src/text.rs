//! Native code as text, for people: what `:jit show` prints, and what errors quote.
//!
//! ```
//! use rps_jit_ir::{FunctionBuilder, Signature, Type};
//!
//! let mut f = FunctionBuilder::new("twice", Signature::new(&[Type::I64], Some(Type::I64)));
//! let doubled = f.add(f.parameter(0), f.parameter(0));
//! f.return_value(doubled);
//! assert_eq!(
//!     f.finish().unwrap().to_string(),
//!     "fn twice(v0: i64) -> i64 {\nb0:\n    v1 = add v0, v0\n    return v1\n}\n"
//! );
//! ```

use std::fmt::{self, Display, Formatter, Write};

use crate::function::{Callee, Expect, Function, FunctionId, Instruction, Label, Local, Memory, Order, Val};
use crate::module::{Module, Symbol, SymbolId};
use crate::operation::{Binary, Checked, Comparison, Conversion, Unary};
use crate::types::{Element, Signature, Type};

impl Module {
    /// Returns a function of this module as text, in which what it calls has names.
    pub fn function_text<'a>(&'a self, function: &'a Function) -> impl Display + 'a {
        FunctionText { function, names: Some(self) }
    }

    /// Returns an instruction of this module as text, in which what it calls has a name.
    pub fn instruction_text<'a>(&'a self, instruction: &'a Instruction) -> impl Display + 'a {
        InstructionText { instruction, names: Some(self) }
    }
}

impl Display for Module {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        for symbol in &self.symbols {
            writeln!(out, "{symbol}")?;
        }
        for (index, function) in self.functions.iter().enumerate() {
            if index > 0 || !self.symbols.is_empty() {
                writeln!(out)?;
            }
            self.function_text(function).fmt(out)?;
        }
        Ok(())
    }
}

impl Display for Symbol {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str("symbol ")?;
        if self.is_cold {
            out.write_str("cold ")?;
        }
        if self.is_isolated {
            out.write_str("isolated ")?;
        }
        if self.traps {
            out.write_str("traps ")?;
        }
        match &self.signature {
            Some(signature) => write!(out, "{}{signature}", self.name),
            None => out.write_str(&self.name),
        }
    }
}

impl Display for Function {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        FunctionText { function: self, names: None }.fmt(out)
    }
}

impl Display for Instruction {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        InstructionText { instruction: self, names: None }.fmt(out)
    }
}

struct FunctionText<'a> {
    function: &'a Function,
    names: Option<&'a Module>,
}

impl Display for FunctionText<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Function { name, signature, is_exported, is_trusted, traps, is_cold, locals, blocks } =
            self.function;
        let words =
            [(*is_exported, "export "), (*is_trusted, "trusted "), (*traps, "traps "), (*is_cold, "cold ")];
        for (_, word) in words.iter().filter(|(is_so, _)| *is_so) {
            out.write_str(word)?;
        }
        write!(out, "fn {name}(")?;
        for (index, ty) in signature.parameters.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(out, "{comma}v{index}: {ty}")?;
        }
        out.write_char(')')?;
        if let Some(ty) = signature.result {
            write!(out, " -> {ty}")?;
        }
        out.write_str(" {\n")?;
        for (index, ty) in locals.iter().enumerate() {
            writeln!(out, "    local l{index}: {ty}")?;
        }
        for (index, block) in blocks.iter().enumerate() {
            writeln!(out, "b{index}:")?;
            for instruction in &block.instructions {
                writeln!(out, "    {}", InstructionText { instruction, names: self.names })?;
            }
        }
        out.write_str("}\n")
    }
}

struct InstructionText<'a> {
    instruction: &'a Instruction,
    names: Option<&'a Module>,
}

impl Display for InstructionText<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        for (index, to) in self.instruction.results().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(out, "{comma}{to}")?;
        }
        if self.instruction.results().next().is_some() {
            out.write_str(" = ")?;
        }
        match self.instruction {
            Instruction::Constant { ty, bits, .. } => write_constant(out, *ty, *bits),
            Instruction::Address { symbol, .. } => {
                out.write_str("address ")?;
                self.symbol(out, *symbol)
            }
            Instruction::StackAddress { .. } => out.write_str("stack address"),
            Instruction::Binary { operation, left, right, .. } => write!(out, "{operation} {left}, {right}"),
            Instruction::Checked { operation, left, right, .. } => {
                write!(out, "{operation} {left}, {right}")
            }
            Instruction::Unary { operation, from, .. } => write!(out, "{operation} {from}"),
            Instruction::Convert { ty, conversion, from, .. } => write!(out, "{conversion} {ty} {from}"),
            Instruction::Compare { comparison, left, right, .. } => {
                write!(out, "{comparison} {left}, {right}")
            }
            Instruction::Select { condition, yes, no, .. } => write!(out, "select {condition}, {yes}, {no}"),
            Instruction::Load { ty, base, offset, memory, .. } => {
                write!(out, "load {ty} [{base}{offset:+}]{memory}")
            }
            Instruction::Store { base, offset, from, memory } => {
                write!(out, "store [{base}{offset:+}], {from}{memory}")
            }
            Instruction::Offset { base, index, scale, offset, .. } => {
                write!(out, "offset {base} + {index} * {scale} {offset:+}")
            }
            Instruction::Length { slice, .. } => write!(out, "length {slice}"),
            Instruction::Element { slice, index, .. } => write!(out, "element {slice}[{index}]"),
            Instruction::SetElement { slice, index, from } => {
                write!(out, "set element {slice}[{index}], {from}")
            }
            Instruction::Get { local, .. } => write!(out, "get {local}"),
            Instruction::Set { local, from } => write!(out, "set {local}, {from}"),
            Instruction::Call { callee, arguments, .. } => self.call(out, callee, arguments),
            Instruction::Jump { target } => write!(out, "jump {target}"),
            Instruction::Branch { condition, yes, no, expect } => {
                write!(out, "branch {condition}, {yes}, {no}")?;
                match expect {
                    Expect::Unknown => Ok(()),
                    Expect::Yes => write!(out, " likely {yes}"),
                    Expect::No => write!(out, " likely {no}"),
                }
            }
            Instruction::Switch { on, cases, default } => {
                write!(out, "switch {on}")?;
                for (case, target) in cases {
                    write!(out, ", {case}: {target}")?;
                }
                write!(out, ", else: {default}")
            }
            Instruction::Return { from: Some(from) } => write!(out, "return {from}"),
            Instruction::Return { from: None } => out.write_str("return"),
            Instruction::Trap { code } => write!(out, "trap {code}"),
            Instruction::Unreachable => out.write_str("unreachable"),
        }
    }
}

impl InstructionText<'_> {
    fn symbol(&self, out: &mut Formatter<'_>, id: SymbolId) -> fmt::Result {
        match self.names.and_then(|module| module.symbols.get(id.0 as usize)) {
            Some(symbol) => out.write_str(&symbol.name),
            None => id.fmt(out),
        }
    }

    fn call(&self, out: &mut Formatter<'_>, callee: &Callee, arguments: &[Val]) -> fmt::Result {
        out.write_str("call ")?;
        match callee {
            Callee::Function(id) => match self.names.and_then(|module| module.functions.get(id.0 as usize)) {
                Some(function) => out.write_str(&function.name)?,
                None => id.fmt(out)?,
            },
            Callee::Symbol(id) => {
                out.write_str("symbol ")?;
                self.symbol(out, *id)?;
            }
            Callee::Pointer(address, signature) => write!(out, "[{address}] as {signature}")?,
        }
        out.write_char('(')?;
        for (index, argument) in arguments.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(out, "{comma}{argument}")?;
        }
        out.write_char(')')
    }
}

/// Writes a constant as a person would: integers with sign, floating-point numbers so that they are read back the same.
pub(crate) fn write_constant(out: &mut Formatter<'_>, ty: Type, bits: u64) -> fmt::Result {
    write!(out, "{ty} ")?;
    match ty {
        Type::Bool if bits <= 1 => write!(out, "{}", bits == 1),
        Type::I8 if bits <= 0xff => write!(out, "{}", bits as i8),
        Type::I16 if bits <= 0xffff => write!(out, "{}", bits as i16),
        Type::I32 if bits <= 0xffff_ffff => write!(out, "{}", bits as i32),
        Type::I64 => write!(out, "{}", bits as i64),
        Type::F32 if bits <= 0xffff_ffff => write!(out, "{:?}", f32::from_bits(bits as u32)),
        Type::F64 => write!(out, "{:?}", f64::from_bits(bits)),
        _ => write!(out, "{bits:#x}"),
    }
}

impl Display for Signature {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_char('(')?;
        for (index, ty) in self.parameters.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(out, "{comma}{ty}")?;
        }
        out.write_char(')')?;
        match self.result {
            Some(ty) => write!(out, " -> {ty}"),
            None => Ok(()),
        }
    }
}

impl Display for Memory {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let order = match self.order {
            Order::Plain => "",
            Order::Constant => " constant",
            Order::Shared => " shared",
            Order::Volatile => " volatile",
            Order::Ordered => " ordered",
        };
        out.write_str(order)?;
        match self.class {
            0 => Ok(()),
            class => write!(out, " class {class}"),
        }
    }
}

impl Display for Type {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Type::Bool => out.write_str("bool"),
            Type::I8 => out.write_str("i8"),
            Type::I16 => out.write_str("i16"),
            Type::I32 => out.write_str("i32"),
            Type::I64 => out.write_str("i64"),
            Type::F32 => out.write_str("f32"),
            Type::F64 => out.write_str("f64"),
            Type::Ptr => out.write_str("ptr"),
            Type::Slice(element) => write!(out, "[{element}]"),
        }
    }
}

impl Display for Element {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        self.ty().fmt(out)
    }
}

/// Displays numbers behind a letter.
macro_rules! numbers {
    ($($name:ident $letter:literal),*) => {
        $(impl Display for $name {
            fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
                write!(out, concat!($letter, "{}"), self.0)
            }
        })*
    };
}

numbers!(Val "v", Local "l", Label "b", FunctionId "f", SymbolId "s");

/// Displays operations by their names.
macro_rules! names {
    ($($name:ident { $($variant:ident $text:literal),* $(,)? })*) => {
        $(impl Display for $name {
            fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
                out.write_str(match self { $($name::$variant => $text),* })
            }
        })*
    };
}

names! {
    Binary {
        Add "add",
        Subtract "subtract",
        Multiply "multiply",
        Divide "divide",
        DivideUnsigned "divide unsigned",
        Remainder "remainder",
        RemainderUnsigned "remainder unsigned",
        And "and",
        Or "or",
        Xor "xor",
        ShiftLeft "shift left",
        ShiftRight "shift right",
        ShiftRightUnsigned "shift right unsigned",
        RotateLeft "rotate left",
        Minimum "minimum",
        Maximum "maximum",
    }
    Checked { Add "checked add", Subtract "checked subtract", Multiply "checked multiply" }
    Unary {
        Negate "negate",
        Not "not",
        Absolute "absolute",
        SquareRoot "square root",
        Floor "floor",
        Ceiling "ceiling",
        Truncate "truncate",
        Round "round",
        CountOnes "count ones",
        LeadingZeros "leading zeros",
        TrailingZeros "trailing zeros",
    }
    Conversion {
        Narrow "narrow",
        Widen "widen",
        WidenUnsigned "widen unsigned",
        ToFloat "to float",
        ToFloatUnsigned "to float unsigned",
        ToInteger "to integer",
        Float "float",
        Bits "bits",
    }
    Comparison {
        Equal "equal",
        NotEqual "not equal",
        Less "less",
        LessEqual "less or equal",
        Greater "greater",
        GreaterEqual "greater or equal",
        LessUnsigned "less unsigned",
        LessEqualUnsigned "less or equal unsigned",
        GreaterUnsigned "greater unsigned",
        GreaterEqualUnsigned "greater or equal unsigned",
    }
}
