//! Patterns: `match`, and what `let` and `for` take apart.

use rps_runtime::Value;
use rps_runtime::code::{Instruction as I, Register};

use super::codes;
use super::compiler::Compiler;
use super::emit::Patch;
use super::names::bound_names;
use super::scope::Resolved;
use crate::syntax::Span;
use crate::syntax::ast::{Expression, MatchArm, Member, MemberKind, Pattern, PatternKind};

/// The registers of the names that the alternatives of a pattern bind.
type Alternatives = Vec<(Box<str>, Register)>;

impl Compiler<'_, '_> {
    /// Compiles `match`.
    pub(super) fn match_value(
        &mut self,
        span: Span,
        subject: &Expression,
        arms: &[MatchArm],
        to: Option<Register>,
    ) {
        let mark = self.current.emitter.mark();
        let value = self.register();
        self.expression(subject, value);
        let mut ends = Vec::new();
        for arm in arms {
            let arm_mark = self.current.emitter.mark();
            self.current.open();
            let mut fails = Vec::new();
            self.test(&arm.pattern, value, &mut fails);
            if let Some(guard) = &arm.guard {
                fails.extend(self.jump_unless(guard));
            }
            match to {
                Some(to) => self.expression(&arm.body, to),
                None => self.effect(&arm.body),
            }
            self.current.close();
            ends.push(self.current.emitter.jump(arm.span, I::Jump { target: 0 }));
            self.current.emitter.land(fails);
            self.current.emitter.release_to(arm_mark);
        }
        self.emit(subject.span, I::NoMatch { from: value });
        if let Some(to) = to {
            // Never run: so that every path to what follows has a value.
            self.constant(span, Value::NIL, to);
        }
        self.current.emitter.land(ends);
        self.current.emitter.release_to(mark);
    }

    /// Binds the names of a pattern to parts of a value, which must match.
    pub(super) fn destructure(&mut self, pattern: &Pattern, value: Register) {
        if let PatternKind::Bind(name) = &pattern.kind {
            self.bind_name(name.span, &name.text, value);
            return;
        }
        let mut fails = Vec::new();
        self.test(pattern, value, &mut fails);
        if fails.is_empty() {
            return;
        }
        let matches = self.current.emitter.jump(pattern.span, I::Jump { target: 0 });
        self.current.emitter.land(fails);
        self.emit(pattern.span, I::Mismatch { from: value });
        self.current.emitter.land([matches]);
    }

    /// Compiles the test of a value, whose jumps are added to `fails`, and binds the pattern's names.
    fn test(&mut self, pattern: &Pattern, value: Register, fails: &mut Vec<Patch>) {
        self.check_bound_once(pattern);
        self.test_in(pattern, value, fails, None);
    }

    /// Makes sure that a pattern binds no name twice; alternatives bind the same.
    fn check_bound_once(&mut self, pattern: &Pattern) {
        if let PatternKind::Tuple(patterns) = &pattern.kind {
            let mut names: Vec<(Box<str>, Span)> = Vec::new();
            let mut twice = None;
            for pattern in patterns {
                let before = names.len();
                bound_names(pattern, &mut |name| {
                    if names[..before].iter().any(|(own, _)| *own == name.text) {
                        twice = Some((name.text.clone(), name.span));
                    }
                    names.push((name.text.clone(), name.span));
                });
            }
            if let Some((name, span)) = twice {
                self.error(codes::MISPLACED, span, format!("the pattern binds `{name}` twice"));
            }
        }
    }

    fn test_in(
        &mut self,
        pattern: &Pattern,
        value: Register,
        fails: &mut Vec<Patch>,
        alternatives: Option<&Alternatives>,
    ) {
        let span = pattern.span;
        match &pattern.kind {
            PatternKind::Wildcard | PatternKind::Rest(None) | PatternKind::Error => {}
            PatternKind::Bind(name) | PatternKind::Rest(Some(name)) => {
                self.bind_in(name.span, &name.text, value, alternatives);
            }
            PatternKind::Literal { negative, literal } => {
                let constant = self.signed_literal(*negative, literal);
                self.test_equal(span, value, constant, fails);
            }
            PatternKind::Oid(oid) => {
                if let Some(object) = self.object_of_oid(span, oid) {
                    self.test_equal(span, value, object.into(), fails);
                }
            }
            PatternKind::Instance { pattern, class } => {
                let register = self.register();
                if let Some(class) = self.class_member(class) {
                    self.load(span, class, register);
                    self.emit(span, I::IsInstance { to: register, value, class: register });
                    fails.push(
                        self.current.emitter.jump(span, I::JumpIfFalse { condition: register, target: 0 }),
                    );
                }
                self.test_in(pattern, value, fails, alternatives);
            }
            PatternKind::Tuple(patterns) => self.test_sequence(span, patterns, value, fails, alternatives),
            PatternKind::Alternatives(patterns) => {
                self.test_alternatives(span, patterns, value, fails, alternatives);
            }
        }
    }

    fn bind_in(&mut self, span: Span, name: &str, value: Register, alternatives: Option<&Alternatives>) {
        match alternatives.and_then(|own| own.iter().find(|(own, _)| &**own == name)) {
            Some(&(_, register)) => self.move_to(span, value, register),
            None => self.bind_name(span, name, value),
        }
    }

    fn test_equal(&mut self, span: Span, left: Register, constant: Value, fails: &mut Vec<Patch>) {
        let mark = self.current.emitter.mark();
        let jump = match constant.as_small_int().and_then(|int| i16::try_from(int).ok()) {
            Some(small) => I::JumpUnlessEqualSmall { left, small, target: 0 },
            None => {
                let right = self.register();
                self.constant(span, constant, right);
                I::JumpUnlessEqual { left, right, target: 0 }
            }
        };
        fails.push(self.current.emitter.jump(span, jump));
        self.current.emitter.release_to(mark);
    }

    fn test_sequence(
        &mut self,
        span: Span,
        patterns: &[Pattern],
        value: Register,
        fails: &mut Vec<Patch>,
        alternatives: Option<&Alternatives>,
    ) {
        let rest = patterns.iter().position(|pattern| matches!(pattern.kind, PatternKind::Rest(_)));
        let count = patterns.len() - usize::from(rest.is_some());
        let before = rest.unwrap_or(patterns.len());
        let after = count - before.min(count);
        if after > usize::from(u8::MAX) || count > usize::from(u16::MAX) {
            self.error(codes::TOO_LARGE, span, "at most 255 patterns may stand behind `..`");
            return;
        }
        let tuple = self.register();
        let matched =
            I::MatchSequence { rest: rest.is_some().into(), to: tuple, from: value, count: count as u16 };
        self.emit(span, matched);
        fails.push(self.current.emitter.jump(span, I::JumpIfFalse { condition: tuple, target: 0 }));
        for (at, pattern) in patterns.iter().enumerate() {
            if matches!(pattern.kind, PatternKind::Wildcard | PatternKind::Rest(None)) {
                continue;
            }
            let element = self.register();
            if Some(at) == rest {
                let middle = I::TupleMiddle { after: after as u8, to: element, tuple, before: before as u16 };
                self.emit(pattern.span, middle);
            } else {
                let index = if at < before { at as i64 } else { at as i64 - patterns.len() as i64 };
                let index = Value::int(self.m, index);
                self.constant(pattern.span, index, element);
                self.emit(pattern.span, I::GetElement { to: element, collection: tuple, index: element });
            }
            self.test_in(pattern, element, fails, alternatives);
        }
    }

    fn test_alternatives(
        &mut self,
        span: Span,
        patterns: &[Pattern],
        value: Register,
        fails: &mut Vec<Patch>,
        outer: Option<&Alternatives>,
    ) {
        let names = |pattern: &Pattern| {
            let mut names: Vec<Box<str>> = Vec::new();
            bound_names(pattern, &mut |name| names.push(name.text.clone()));
            names.sort();
            names
        };
        let Some(first) = patterns.first().map(names) else { return };
        if let Some(other) = patterns.iter().find(|pattern| names(pattern) != first) {
            let message = "every alternative must bind the same names";
            self.error(codes::MISPLACED, other.span, message);
            // What is bound at all is no unknown name.
            for pattern in patterns {
                bound_names(pattern, &mut |name| self.current.bind(&name.text, value, false));
            }
            return;
        }
        let bound: Alternatives = first.into_iter().map(|name| (name, self.register())).collect();
        let (last, before) = match patterns.split_last() {
            Some(split) => split,
            None => return,
        };
        let mut matched = Vec::new();
        for pattern in before {
            let mut next = Vec::new();
            self.test_in(pattern, value, &mut next, Some(&bound));
            matched.push(self.current.emitter.jump(span, I::Jump { target: 0 }));
            self.current.emitter.land(next);
        }
        self.test_in(last, value, fails, Some(&bound));
        self.current.emitter.land(matched);
        for (name, register) in &bound {
            self.bind_in(span, name, *register, outer);
        }
    }

    /// Returns what a class behind `:` stands for; an unknown one is a diagnostic.
    pub(super) fn class_member(&mut self, member: &Member) -> Option<Resolved> {
        match &member.kind {
            MemberKind::Name(name) => self.resolve(member.span, name),
            MemberKind::Oid(oid) => {
                let class = self.object_of_oid(member.span, oid)?;
                // A constant is a variable nobody else has: its value is the class.
                let variable = self.m.new_variable(class.into());
                Some(Resolved::Session(variable))
            }
            MemberKind::Error => None,
        }
    }
}
