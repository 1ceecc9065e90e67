//! Writing control, definitions and patterns.

use super::precedence::{Level, is_open};
use super::print::Printer;
use crate::syntax::ast::{
    Block, Catch, Class, Expression, ExpressionKind as E, Function, MatchArm, MemberKind, Name, Pattern,
    PatternKind, TypeName,
};

impl Printer {
    pub(super) fn bind(&mut self, pattern: &Pattern, value: &Expression) {
        self.push("let ");
        self.pattern(pattern);
        self.push(" = ");
        self.expression(value, Level::Loosest);
    }

    pub(super) fn do_block(&mut self, block: &Block) {
        self.push("do ");
        self.block(block);
    }

    pub(super) fn block(&mut self, block: &Block) {
        match (&block.statements[..], self.formats > 0) {
            ([], _) => self.push("{}"),
            ([_], _) | (_, true) => {
                self.push("{ ");
                self.statements(&block.statements);
                self.push(" }");
            }
            (statements, false) => {
                self.push("{\n");
                self.statements(statements);
                self.push("\n}");
            }
        }
    }

    pub(super) fn closure(&mut self, parameters: &[Name], body: &Expression) {
        self.push("|");
        self.names(parameters);
        self.push("| ");
        self.body(body);
    }

    /// Writes what a closure or an arm gives: a brace at its beginning opens a block there.
    pub(super) fn body(&mut self, body: &Expression) {
        if let E::Block(block) = &body.kind {
            return self.block(block);
        }
        let start = self.out.len();
        self.expression(body, Level::Loosest);
        if self.out[start..].starts_with('{') {
            self.out.insert(start, '(');
            self.push(")");
        }
    }

    pub(super) fn names(&mut self, names: &[Name]) {
        for (index, name) in names.iter().enumerate() {
            self.push(if index > 0 { ", " } else { "" });
            self.name(&name.text);
        }
    }

    pub(super) fn function(&mut self, function: &Function) {
        self.push(if function.native.is_some() { "native fn " } else { "fn " });
        if let Some(name) = &function.name {
            self.member(name);
        }
        self.push("(");
        match &function.native {
            None => self.names(&function.parameters),
            Some(types) => {
                for (index, (name, ty)) in function.parameters.iter().zip(&types.parameters).enumerate() {
                    self.push(if index > 0 { ", " } else { "" });
                    self.name(&name.text);
                    self.push(": ");
                    self.type_name(ty);
                }
            }
        }
        self.push(") ");
        if let Some(result) = function.native.as_ref().and_then(|types| types.result.as_ref()) {
            self.push("-> ");
            self.type_name(result);
            self.push(" ");
        }
        self.block(&function.body);
    }

    fn type_name(&mut self, ty: &TypeName) {
        self.push(if ty.is_vector { "[" } else { "" });
        self.name(&ty.text);
        self.push(if ty.is_vector { "]" } else { "" });
    }

    pub(super) fn class(&mut self, class: &Class) {
        self.push("class ");
        self.name(&class.name.text);
        if let Some(superclass) = &class.superclass {
            self.push(" : ");
            self.member(superclass);
        }
        self.push(" {");
        for (index, attribute) in class.attributes.iter().enumerate() {
            self.push(if index > 0 { ", " } else { " " });
            match &attribute.kind {
                // The keyword `fn` would begin a method.
                MemberKind::Name(name) => self.name(name),
                _ => self.member(attribute),
            }
        }
        for method in &class.methods {
            self.end_line();
            self.function(method);
        }
        self.push(if class.methods.is_empty() || self.formats > 0 { " }" } else { "\n}" });
    }

    /// Writes what stands before a block, and the block.
    pub(super) fn condition(&mut self, word: &str, condition: &Expression, body: &Block) {
        self.push(word);
        self.push(" ");
        self.before_block(condition);
        self.push(" ");
        self.block(body);
    }

    pub(super) fn before_block(&mut self, condition: &Expression) {
        if is_open(condition) {
            self.push("(");
            self.expression(condition, Level::Loosest);
            self.push(")");
        } else {
            self.expression(condition, Level::Loosest);
        }
    }

    pub(super) fn alternative(&mut self, alternative: Option<&Expression>) {
        let Some(alternative) = alternative else { return };
        self.push(" else ");
        match &alternative.kind {
            E::Block(block) => self.block(block),
            _ => self.expression(alternative, Level::Loosest),
        }
    }

    pub(super) fn loop_for(&mut self, pattern: &Pattern, sequence: &Expression, body: &Block) {
        self.push("for ");
        self.pattern(pattern);
        self.push(" in ");
        self.before_block(sequence);
        self.push(" ");
        self.block(body);
    }

    pub(super) fn arms(&mut self, subject: &Expression, arms: &[MatchArm]) {
        self.push("match ");
        self.before_block(subject);
        self.push(" {");
        for arm in arms {
            self.push(if self.formats > 0 { " " } else { "\n" });
            self.pattern(&arm.pattern);
            if let Some(guard) = &arm.guard {
                self.push(" if ");
                self.before_block(guard);
            }
            self.push(" => ");
            self.body(&arm.body);
            self.push(",");
        }
        self.push(if self.formats > 0 || arms.is_empty() { " }" } else { "\n}" });
    }

    pub(super) fn pattern(&mut self, pattern: &Pattern) {
        match &pattern.kind {
            PatternKind::Wildcard => self.push("_"),
            PatternKind::Bind(name) => self.name(&name.text),
            PatternKind::Literal { negative, literal } => {
                self.push(if *negative { "-" } else { "" });
                self.literal(literal);
            }
            PatternKind::Oid(oid) => self.push(oid),
            PatternKind::Instance { pattern, class } => {
                self.pattern(pattern);
                self.push(": ");
                self.member(class);
            }
            PatternKind::Tuple(patterns) => {
                self.push("[");
                self.patterns(patterns, ", ");
                self.push("]");
            }
            PatternKind::Rest(name) => {
                self.push("..");
                if let Some(name) = name {
                    self.name(&name.text);
                }
            }
            PatternKind::Alternatives(patterns) => self.patterns(patterns, " | "),
            PatternKind::Error => {}
        }
    }

    pub(super) fn patterns(&mut self, patterns: &[Pattern], between: &str) {
        for (index, pattern) in patterns.iter().enumerate() {
            self.push(if index > 0 { between } else { "" });
            self.pattern(pattern);
        }
    }

    pub(super) fn try_catch(&mut self, body: &Block, catch: Option<&Catch>) {
        self.push("try ");
        self.block(body);
        self.push(" catch ");
        let Some(catch) = catch else { return };
        if let Some(name) = &catch.name {
            self.name(&name.text);
            self.push(" ");
        }
        self.block(&catch.body);
    }
}
