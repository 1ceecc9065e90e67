//! Code as a listing.

use std::fmt::Write;

use super::instruction::Operand;
use super::unit::CodeRef;
use crate::runtime::Mutator;
use crate::value::Value;

impl CodeRef {
    /// Returns a listing, an instruction a line: its number, its name, its operands, and what they refer to.
    pub fn disassemble(self, m: &Mutator<'_>) -> String {
        let mut text = String::new();
        for (number, instruction) in self.instructions().iter().enumerate() {
            let (mut operands, mut notes) = (Vec::new(), Vec::new());
            instruction.operands(&mut |operand| {
                operands.push(self.operand_text(operand));
                notes.extend(self.note(m, operand));
            });
            // Writing into a String cannot fail.
            let _ = write!(text, "{number:4}  {:<24}{}", instruction.name(), operands.join(", "));
            if !notes.is_empty() {
                let _ = write!(text, "   # {}", notes.join(", "));
            }
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
        for handler in self.handlers() {
            let (start, end, target) = (handler.start, handler.end, handler.target);
            let _ =
                writeln!(text, "      errors in {start}..{end} go to {target} with r{}", handler.register);
        }
        text
    }

    fn operand_text(self, operand: Operand) -> String {
        match operand {
            Operand::Read(register)
            | Operand::Write(register)
            | Operand::Row(register)
            | Operand::Window(register)
            | Operand::RangeState(register)
            | Operand::EachStart(register)
            | Operand::EachState(register) => format!("r{register}"),
            Operand::Forward(target) | Operand::Backward(target) => format!("-> {target}"),
            Operand::Comparison(comparison) => format!("{comparison:?}"),
            Operand::Small(small) => small.to_string(),
            Operand::Byte(number) => number.to_string(),
            Operand::Count(number)
            | Operand::Number(number)
            | Operand::Captured(number)
            | Operand::Constant(number)
            | Operand::ObjectConstant(number)
            | Operand::TextConstant(number)
            | Operand::FunctionConstant(number)
            | Operand::ClassConstant(number)
            | Operand::AttributeSite(number)
            | Operand::SendSite(number)
            | Operand::CallSite(number)
            | Operand::GlobalSite(number)
            | Operand::NewSite(number) => number.to_string(),
        }
    }

    /// Returns what an operand refers to.
    fn note(self, m: &Mutator<'_>, operand: Operand) -> Option<String> {
        let value: Value = match operand {
            Operand::Constant(number)
            | Operand::ObjectConstant(number)
            | Operand::TextConstant(number)
            | Operand::FunctionConstant(number)
            | Operand::ClassConstant(number) => *self.constants().get(usize::from(number))?,
            Operand::AttributeSite(site) => self.attribute(site)?.into(),
            Operand::SendSite(site) => self.selector(site)?.into(),
            Operand::GlobalSite(site) => self.global(site)?.into(),
            Operand::NewSite(site) => {
                let keys = self.made_attributes(site).iter().map(|&key| m.text_of(key.into()));
                return Some(keys.collect::<Vec<_>>().join(" ")).filter(|text| !text.is_empty());
            }
            _ => return None,
        };
        let text = m.text_of(value);
        Some(if value.as_string().is_some() { format!("{text:?}") } else { text })
    }
}
