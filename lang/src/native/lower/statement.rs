//! Statements: blocks, variables, branches, loops.

use rps_jit_ir::{Expect, Label, Local, Val};

use super::{Loop, Lowering, Out, Place, Result, Want};
use crate::native::codes;
use crate::native::types::{I64, Single, Ty, check_variable, resolve};
use crate::syntax::Span;
use crate::syntax::ast::walk::pattern_children;
use crate::syntax::ast::{
    Block, Expression, ExpressionKind as E, Literal, MemberKind, Name, Pattern, PatternKind, Target,
    TargetKind, TypeName,
};

impl Lowering<'_> {
    /// Lowers a block, whose value is that of its last statement. A mistake in a statement does not keep those in the others
    /// from being found.
    pub(super) fn block(&mut self, block: &Block, want: Want) -> Result<Out> {
        let outer = self.variables.len();
        let mut result = Ok(Out::Nothing);
        for (index, statement) in block.statements.iter().enumerate() {
            if matches!(result, Ok(Out::Never)) {
                let hint = "leave it out, or put what comes before it into an `if`";
                result = Err(self.error(codes::UNREACHABLE, statement.span, "this is never reached", hint));
                break;
            }
            let is_last = index + 1 == block.statements.len();
            let out = self.expression(statement, if is_last { want } else { Want::Nothing });
            result = match (result, out) {
                (Err(reported), _) | (_, Err(reported)) => Err(reported),
                (_, Ok(Out::Never)) => Ok(Out::Never),
                (_, Ok(out)) => Ok(if is_last { out } else { Out::Nothing }),
            };
        }
        self.variables.truncate(outer);
        result
    }

    /// `let name = value`, `let name: type = value`
    pub(super) fn bind(&mut self, pattern: &Pattern, value: &Expression) -> Result<Out> {
        let (name, ty) = match &pattern.kind {
            PatternKind::Bind(name) => (name, Ok(None)),
            PatternKind::Instance { pattern: inner, class } => {
                let PatternKind::Bind(name) = &inner.kind else { return Err(self.no_pattern(pattern)) };
                let text = match &class.kind {
                    MemberKind::Name(text) => text.clone(),
                    _ => Box::default(),
                };
                let written = TypeName { span: class.span, text, is_vector: false };
                (name, resolve(&written, self.diagnostics).map(Some).ok_or(super::Reported))
            }
            _ => return Err(self.no_pattern(pattern)),
        };
        check_variable(name.span, &name.text, self.diagnostics);
        let ty = match ty {
            Ok(Some(Ty::Single(ty))) => Ok(Some(ty)),
            Ok(_) => Ok(None),
            Err(reported) => Err(reported),
        };
        // The value does not see the name.
        let value = match ty {
            Ok(Some(wanted)) => self.typed(value, wanted).map(|value| (value, wanted)),
            Ok(None) => self.value(value, None),
            Err(reported) => self.value(value, None).and(Err(reported)),
        };
        let place = match &value {
            Ok((value, ty)) => Place::Local(self.f.variable(*value), *ty),
            Err(_) => Place::Wrong,
        };
        self.variables.push((name.text.clone(), place));
        value.map(|_| Out::Nothing)
    }

    fn no_pattern(&mut self, pattern: &Pattern) -> super::Reported {
        self.bind_as_wrong(pattern);
        let hint = "write `let name = value` or `let name: f64 = value`";
        self.error(codes::NOT_SUPPORTED, pattern.span, "a native function binds names only", hint)
    }

    /// Binds the names in a pattern, so that nothing more is said of them.
    fn bind_as_wrong(&mut self, pattern: &Pattern) {
        if let PatternKind::Bind(name) | PatternKind::Rest(Some(name)) = &pattern.kind {
            self.variables.push((name.text.clone(), Place::Wrong));
        }
        pattern_children(pattern, &mut |inner| self.bind_as_wrong(inner));
    }

    /// `name = value`, `vector[index] = value`
    pub(super) fn assign(&mut self, target: &Target, value: &Expression) -> Result<Out> {
        match &target.kind {
            TargetKind::Name(name) => match self.find(name) {
                Some(Place::Local(local, ty)) => {
                    let value = self.typed(value, ty)?;
                    self.f.set(local, value);
                    Ok(Out::Nothing)
                }
                Some(Place::Vector(..)) => {
                    let message = format!("`{name}` is a vector, which stays the same");
                    let hint = "change its elements: `v[i] = x`";
                    Err(self.error(codes::NOT_ASSIGNABLE, target.span, message, hint))
                }
                Some(Place::Wrong) => self.value(value, None).and(Err(super::Reported)),
                None => Err(self.unknown(target.span, name)),
            },
            TargetKind::Component { receiver, index } => {
                let (vector, ty, parameter) = self.vector(receiver)?;
                let (index, at) = (self.index(index)?, index.span);
                let value = self.typed(value, ty)?;
                self.check_index(vector, index, at);
                self.f.set_element(vector, index, value);
                self.writes[parameter] = true;
                Ok(Out::Nothing)
            }
            _ => {
                let hint = "variables are changed, and elements of vectors";
                Err(self.error(codes::NOT_SUPPORTED, target.span, "native code has no objects", hint))
            }
        }
    }

    pub(super) fn choose(
        &mut self,
        condition: &Expression,
        consequence: &Block,
        alternative: Option<&Expression>,
        want: Want,
    ) -> Result<Out> {
        let condition = self.typed(condition, Single::Bool)?;
        let (yes, no, end) = (self.f.label(), self.f.label(), self.f.label());
        self.f.branch(condition, yes, no, Expect::Unknown);
        // Without an alternative there is no value.
        let want = if alternative.is_some() { want } else { Want::Nothing };
        let mut result: Option<(Local, Single)> = None;
        self.f.place(yes);
        let first = self.block(consequence, want);
        let first = self.branch_end(first, want, &mut result, consequence.span);
        if matches!(first, Ok(Out::Nothing | Out::Value(..))) {
            self.f.jump(end);
        }
        self.f.place(no);
        let second = match alternative {
            None => Ok(Out::Nothing),
            Some(other) => {
                let want = match (want, result) {
                    (Want::Value(_), Some((_, ty))) => Want::Value(Some(ty)),
                    (want, _) => want,
                };
                let out = self.expression(other, want);
                self.branch_end(out, want, &mut result, other.span)
            }
        };
        if matches!(second, Ok(Out::Nothing | Out::Value(..))) {
            self.f.jump(end);
        }
        let (first, second) = (first?, second?);
        if matches!((first, second), (Out::Never, Out::Never)) {
            return Ok(Out::Never);
        }
        self.f.place(end);
        let is_value = |out| matches!(out, Out::Value(..) | Out::Never);
        match result {
            Some((local, ty)) if is_value(first) && is_value(second) => Ok(Out::Value(self.f.get(local), ty)),
            _ => Ok(Out::Nothing),
        }
    }

    /// Keeps the value of a branch for what comes behind it.
    fn branch_end(
        &mut self,
        out: Result<Out>,
        want: Want,
        result: &mut Option<(Local, Single)>,
        span: Span,
    ) -> Result<Out> {
        match (out?, want) {
            (Out::Never, _) => Ok(Out::Never),
            (Out::Value(value, ty), Want::Value(_)) => {
                let (local, wanted) = match *result {
                    Some(result) => result,
                    None => *result.insert((self.f.local(ty.native()), ty)),
                };
                self.same(span, ty, wanted)?;
                self.f.set(local, value);
                Ok(Out::Value(value, ty))
            }
            (Out::Vector(..), Want::Value(_)) => Err(self.no_vector(span)),
            _ => Ok(Out::Nothing),
        }
    }

    pub(super) fn repeat(&mut self, condition: &Expression, body: &Block) -> Result<Out> {
        let (next, inside, end) = (self.f.label(), self.f.label(), self.f.label());
        self.f.place(next);
        self.attend();
        let is_endless = matches!(condition.kind, E::Literal(Literal::Boolean(true)));
        if !is_endless {
            let condition = self.typed(condition, Single::Bool)?;
            self.f.branch(condition, inside, end, Expect::Unknown);
        }
        self.f.place(inside);
        let has_break = self.in_loop(next, end, body)?;
        if is_endless && !has_break {
            return Ok(Out::Never);
        }
        self.f.place(end);
        Ok(Out::Nothing)
    }

    /// Lowers the body of a loop, behind which it goes on at `next`. Returns whether there is a `break` in it.
    fn in_loop(&mut self, next: Label, end: Label, body: &Block) -> Result<bool> {
        self.loops.push(Loop { next, end, has_break: false });
        let out = self.block(body, Want::Nothing);
        let has_break = self.loops.pop().is_some_and(|own| own.has_break);
        if !matches!(out?, Out::Never) {
            self.f.jump(next);
        }
        Ok(has_break)
    }

    /// `for name in a..b { … }`, `for name in vector { … }`
    pub(super) fn for_each(&mut self, pattern: &Pattern, sequence: &Expression, body: &Block) -> Result<Out> {
        let PatternKind::Bind(name) = &pattern.kind else { return Err(self.no_pattern(pattern)) };
        check_variable(name.span, &name.text, self.diagnostics);
        let sequence = super::expression::unparenthesized(sequence);
        match &sequence.kind {
            E::Range { start, end } => {
                let ty = self.type_of_either(start, end).unwrap_or(I64);
                if !ty.is_integer() {
                    let message = format!("a range has integers, not {}", ty.name());
                    return Err(self.error(
                        codes::TYPE_MISMATCH,
                        sequence.span,
                        message,
                        "convert them: `i64(…)`",
                    ));
                }
                let start = self.typed(start, ty)?;
                let end = self.typed(end, ty)?;
                let counter = self.f.variable(start);
                self.count_up(
                    counter,
                    ty,
                    end,
                    |lowering| {
                        let value = lowering.f.get(counter);
                        lowering.bind_element(name, value, ty);
                    },
                    body,
                )
            }
            _ => {
                let (vector, ty, _) = self.vector(sequence)?;
                let zero = self.f.i64(0);
                let counter = self.f.variable(zero);
                let length = self.f.length(vector);
                self.count_up(
                    counter,
                    I64,
                    length,
                    |lowering| {
                        let index = lowering.f.get(counter);
                        let value = lowering.f.element(vector, index);
                        lowering.bind_element(name, value, ty);
                    },
                    body,
                )
            }
        }
    }

    fn bind_element(&mut self, name: &Name, value: Val, ty: Single) {
        let place = Place::Local(self.f.variable(value), ty);
        self.variables.push((name.text.clone(), place));
    }

    /// Lowers a loop that counts up to `end`, which is left out.
    fn count_up(
        &mut self,
        counter: Local,
        ty: Single,
        end: Val,
        bind: impl FnOnce(&mut Self),
        body: &Block,
    ) -> Result<Out> {
        let (head, inside, next, behind) = (self.f.label(), self.f.label(), self.f.label(), self.f.label());
        self.f.place(head);
        self.attend();
        let count = self.f.get(counter);
        let goes_on =
            if ty.is_unsigned() { self.f.less_unsigned(count, end) } else { self.f.less(count, end) };
        self.f.branch(goes_on, inside, behind, Expect::Yes);
        self.f.place(inside);
        let outer = self.variables.len();
        bind(self);
        let out = self.in_loop(next, behind, body);
        self.variables.truncate(outer);
        out?;
        self.f.place(next);
        let count = self.f.get(counter);
        let one = self.f.number(ty.native(), 1);
        // Below the end it does not overflow.
        let count = self.f.add(count, one);
        self.f.set(counter, count);
        self.f.jump(head);
        self.f.place(behind);
        Ok(Out::Nothing)
    }

    pub(super) fn give_back(&mut self, span: Span, value: Option<&Expression>) -> Result<Out> {
        match (value, self.result) {
            (Some(value), Some(ty)) => {
                let value = self.typed(value, ty)?;
                self.f.return_value(value);
            }
            (None, None) => self.f.return_void(),
            (Some(value), None) => {
                let hint = "say its type behind the parameters: `-> i64`";
                return Err(self.error(codes::RETURN_RESULT, value.span, "the function has no result", hint));
            }
            (None, Some(ty)) => {
                let message = format!("the function returns {}, and nothing stands here", ty.name());
                return Err(self.error(codes::RETURN_RESULT, span, message, "write `return value`"));
            }
        }
        Ok(Out::Never)
    }

    pub(super) fn leave_loop(
        &mut self,
        span: Span,
        value: Option<&Expression>,
        is_break: bool,
    ) -> Result<Out> {
        let word = if is_break { "break" } else { "continue" };
        let Some(inner) = self.loops.last_mut() else {
            let message = format!("`{word}` stands outside of a loop");
            return Err(self.error(codes::OUTSIDE_OF_LOOP, span, message, "`return` ends the function"));
        };
        inner.has_break |= is_break;
        let target = if is_break { inner.end } else { inner.next };
        if let Some(value) = value {
            let message = "a loop in a native function has no value";
            return Err(self.error(
                codes::NOT_SUPPORTED,
                value.span,
                message,
                "assign it to a variable before `break`",
            ));
        }
        self.f.jump(target);
        Ok(Out::Never)
    }
}
