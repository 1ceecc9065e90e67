//! Native functions: a unit that calls what is made of the text.

use std::sync::Arc;

use rps_runtime::code::{Instruction as I, Register, Source};

use super::compiler::Compiler;
use super::text::dedented;
use crate::native::{self, codes};
use crate::syntax::Span;
use crate::syntax::ast::Function;

impl Compiler<'_, '_> {
    /// Compiles the body of a function with a global name, which was begun.
    pub(super) fn global_body(&mut self, name: &str, function: &Function) {
        if function.native.is_none() {
            self.tail_block(&function.body);
            return;
        }
        let text = dedented(&self.source.text, function.span);
        self.native_body(function, name, text);
    }

    /// Compiles the body of a native function, which was begun: checks it, and calls what will be made of its text.
    pub(super) fn native_body(&mut self, function: &Function, name: &str, text: String) {
        let is_variable = |name: &str| self.variables.find(name).is_some();
        let diagnostics = native::check(self.m, function, &self.natives, &is_variable);
        if !diagnostics.is_empty() {
            self.report(diagnostics);
            return;
        }
        let span = function.span;
        let source = Arc::new(Source { name: name.to_owned(), text, is_library: self.is_library });
        let (callee, code) = (native::callee(self.m), native::new_code(self.m, source));
        let parameters = function.parameters.len();
        let first = self.current.emitter.registers(parameters + 2);
        self.constant(span, callee.into(), first);
        self.constant(span, code.into(), first.wrapping_add(1));
        for at in 0..parameters as Register {
            self.move_to(span, at + 1, first.wrapping_add(at + 2));
        }
        let site = self.current.emitter.call_site();
        self.emit(span, I::Call { count: (parameters + 1) as u8, first, site });
        self.emit(span, I::Return { from: first });
    }

    /// Reports a native function that stands where none can be defined; returns whether it is one.
    pub(super) fn misplaced_native(&mut self, function: &Function) -> bool {
        let is_native = function.native.is_some();
        if is_native {
            let start = function.span.start;
            let span = Span::new(start, start + "native".len() as u32);
            let message = "a native function has a global name, and sees no variables";
            self.error(codes::MISPLACED, span, message).hint =
                Some("define it outside of all blocks and classes, and call it here".into());
        }
        is_native
    }
}
