//! Expressions: values, names, elements, calls.

use num_bigint::BigInt;
use rps_jit_ir::{Expect, Val};

use super::{Lowering, Named, Out, Place, Reason, Reported, Result, Want};
use crate::native::codes;
use crate::native::types::{I64, Single, Ty};
use crate::syntax::Span;
use crate::syntax::ast::walk::{Node, children};
use crate::syntax::ast::{
    Expression, ExpressionKind as E, Literal, LogicalOperator, PatternKind, UnaryOperator,
};

impl Lowering<'_> {
    /// Lowers an expression whose value is used.
    pub(super) fn value(&mut self, expression: &Expression, wanted: Option<Single>) -> Result<(Val, Single)> {
        match self.expression(expression, Want::Value(wanted))? {
            Out::Value(value, ty) => Ok((value, ty)),
            Out::Vector(..) => Err(self.no_vector(expression.span)),
            Out::Nothing => {
                let hint = match &unparenthesized(expression).kind {
                    E::If { alternative: None, .. } => "add an `else`, so that there is a value on both ways",
                    E::Assign { .. } => "an assignment has no value: write it on a line of its own",
                    _ => "it is done for what it changes",
                };
                Err(self.error(codes::NO_VALUE, expression.span, "this has no value", hint))
            }
            Out::Never => {
                let hint = "this goes on elsewhere, and comes to no value";
                Err(self.error(
                    codes::UNREACHABLE,
                    expression.span,
                    "what uses the value is never reached",
                    hint,
                ))
            }
        }
    }

    /// Lowers an expression whose value must be of a type.
    pub(super) fn typed(&mut self, expression: &Expression, wanted: Single) -> Result<Val> {
        let (value, ty) = self.value(expression, Some(wanted))?;
        self.same(expression.span, ty, wanted)?;
        Ok(value)
    }

    pub(super) fn no_vector(&mut self, span: Span) -> Reported {
        let hint = "take an element, `v[i]`, or the length, `v.len()`, or pass the parameter itself on";
        self.error(codes::VECTOR_MISPLACED, span, "a vector is no value here", hint)
    }

    pub(super) fn expression(&mut self, expression: &Expression, want: Want) -> Result<Out> {
        let span = expression.span;
        let wanted = match want {
            Want::Value(wanted) => wanted,
            Want::Nothing => None,
        };
        let (value, ty) = match &expression.kind {
            E::Literal(literal) => self.literal(span, literal, false, wanted)?,
            E::Name(name) => return self.name(span, name),
            E::Parenthesized(inner) => return self.expression(inner, want),
            E::Component { receiver, index } => {
                let (vector, ty, _) = self.vector(receiver)?;
                let (index, at) = (self.index(index)?, index.span);
                self.check_index(vector, index, at);
                (self.f.element(vector, index), ty)
            }
            E::Send { receiver, selector, arguments, .. } => {
                self.send(span, receiver, selector, arguments, wanted)?
            }
            E::Call { callee, arguments } => return self.call(span, callee, arguments),
            E::Unary { operator: UnaryOperator::Negate, operand } => match &operand.kind {
                E::Literal(literal) => self.literal(span, literal, true, wanted)?,
                _ => self.negate(span, operand, wanted)?,
            },
            E::Unary { operator: UnaryOperator::Not, operand } => {
                let value = self.typed(operand, Single::Bool)?;
                (self.f.not(value), Single::Bool)
            }
            E::Binary { operator, left, right, .. } => self.binary(span, *operator, left, right, wanted)?,
            E::Logical { operator, left, right } => (self.logical(*operator, left, right)?, Single::Bool),
            E::Assign { target, value } => return self.assign(target, value),
            E::Let { pattern, value } => return self.bind(pattern, value),
            E::Block(block) => return self.block(block, want),
            E::If { condition, consequence, alternative } => {
                return self.choose(condition, consequence, alternative.as_deref(), want);
            }
            E::While { condition, body } => return self.repeat(condition, body),
            E::For { pattern, sequence, body } => return self.for_each(pattern, sequence, body),
            E::Return(value) => return self.give_back(span, value.as_deref()),
            E::Break(value) => return self.leave_loop(span, value.as_deref(), true),
            E::Continue => return self.leave_loop(span, None, false),
            kind => return Err(self.not_supported(span, kind)),
        };
        Ok(Out::Value(value, ty))
    }

    #[cold]
    fn not_supported(&mut self, span: Span, kind: &E) -> Reported {
        let (what, hint) = match kind {
            E::FormatString(_) | E::CodeChunk(_) => ("texts", "native code has numbers and truth values"),
            E::Attribute { attribute, .. } if matches!(&attribute.kind, crate::syntax::ast::MemberKind::Name(name) if &**name == "len") => {
                ("attributes", "write `v.len()`")
            }
            E::Attribute { .. } | E::ComputedAttribute { .. } | E::SelfValue | E::Super | E::New(_) => {
                ("objects", "read the attributes before, and pass their values")
            }
            E::Oid(_) | E::Keep { .. } | E::Root(_) | E::InSpace(_) | E::LastValue => {
                ("objects", "let an ordinary function do it")
            }
            E::Set(_) | E::Tuple(_) => ("collections", "pass a vector"),
            E::Closure(_) => ("closures", "write a native function of its own, and call it"),
            E::Function(_) | E::Class(_) => ("definitions within it", "define it outside of the function"),
            E::Match { .. } => ("`match`", "write `if … else if …`"),
            E::Try { .. } | E::Raise(_) => {
                ("`try` and `raise`", "return a number that tells what went wrong")
            }
            E::Range { .. } => ("ranges as values", "`for i in a..b { … }` goes through one"),
            _ => ("this", "let an ordinary function do it"),
        };
        self.error(codes::NOT_SUPPORTED, span, format!("a native function has no {what}"), hint)
    }

    pub(super) fn literal(
        &mut self,
        span: Span,
        literal: &Literal,
        is_negative: bool,
        wanted: Option<Single>,
    ) -> Result<(Val, Single)> {
        match literal {
            Literal::Boolean(truth) if !is_negative => Ok((self.f.bool(*truth), Single::Bool)),
            Literal::Integer(integer) => {
                let ty = wanted.unwrap_or(I64);
                self.same_kind(span, I64, ty)?;
                let digits =
                    BigInt::parse_bytes(integer.digits.as_bytes(), integer.radix).unwrap_or_default();
                let number = if is_negative { -digits } else { digits };
                let (least, greatest) = ty.range();
                let fits = i128::try_from(&number).ok().filter(|number| (least..=greatest).contains(number));
                let Some(number) = fits else {
                    let message = format!("{number} is no {}", ty.name());
                    let hint = if ty.is_float() {
                        "not every integer of this size is one: write it with a point".to_owned()
                    } else {
                        format!("{} goes from {least} to {greatest}", ty.name())
                    };
                    return Err(self.error(codes::CONSTANT_RANGE, span, message, hint));
                };
                let value = match ty {
                    Single::F32 => self.f.f32(number as f32),
                    Single::F64 => self.f.f64(number as f64),
                    _ => self.f.constant(ty.native(), number as u64 & ty.native().mask()),
                };
                Ok((value, ty))
            }
            Literal::Double(double) => {
                let ty = wanted.unwrap_or(Single::F64);
                if !ty.is_float() {
                    self.same(span, Single::F64, ty)?;
                }
                let double = if is_negative { -double } else { *double };
                let value = if ty == Single::F32 { self.f.f32(double as f32) } else { self.f.f64(double) };
                Ok((value, ty))
            }
            _ => {
                let what = match literal {
                    Literal::Nil => "nil",
                    Literal::String(_) => "texts",
                    _ => "negative truth values",
                };
                let message = format!("a native function has no {what}");
                Err(self.error(
                    codes::NOT_SUPPORTED,
                    span,
                    message,
                    "native code has numbers and truth values",
                ))
            }
        }
    }

    /// Makes sure that a number is wanted.
    fn same_kind(&mut self, span: Span, found: Single, wanted: Single) -> Result<()> {
        if wanted == Single::Bool { self.same(span, found, wanted) } else { Ok(()) }
    }

    fn name(&mut self, span: Span, name: &str) -> Result<Out> {
        match self.find(name) {
            Some(Place::Local(local, ty)) => Ok(Out::Value(self.f.get(local), ty)),
            Some(Place::Vector(vector, ty, parameter)) => Ok(Out::Vector(vector, ty, parameter)),
            Some(Place::Wrong) => Err(Reported),
            None => Err(self.unknown(span, name)),
        }
    }

    /// Reports a name that stands for no variable.
    pub(super) fn unknown(&mut self, span: Span, name: &str) -> Reported {
        if Single::from_name(name).is_some() {
            let message = format!("`{name}` is a type, and no value");
            return self.error(codes::TYPE_AS_VALUE, span, message, format!("`{name}(x)` converts a number"));
        }
        if self.body.iter().any(|statement| binds(statement, name, span)) {
            let message = format!("`{name}` is used here, and not bound");
            let hint = "put the `let` before it, in this block or one around it";
            return self.error(codes::USE_BEFORE_DEFINITION, span, message, hint);
        }
        let known = self.variables.iter().map(|(name, _)| name.to_string());
        let similar = rps_runtime::send::similar_names(name, known).into_iter().next();
        match (self.environment.find(name), similar) {
            (Named::Native(_) | Named::Wrong | Named::Other, _) => {
                let message =
                    format!("`{name}` stands for something outside, which native code does not see");
                self.error(codes::NOT_SUPPORTED, span, message, "pass its value as an argument")
            }
            (_, Some(best)) | (Named::Unknown(Some(best)), None) => {
                let hint = format!("did you mean `{best}`?");
                self.error(codes::UNKNOWN_NAME, span, format!("nothing is named `{name}`"), hint)
            }
            _ => {
                let hint = format!("`let {name} = …` makes a variable");
                self.error(codes::UNKNOWN_NAME, span, format!("nothing is named `{name}`"), hint)
            }
        }
    }

    /// Returns the vector that an expression stands for: a parameter.
    pub(super) fn vector(&mut self, expression: &Expression) -> Result<(Val, Single, usize)> {
        match self.expression(expression, Want::Value(None))? {
            Out::Vector(vector, ty, parameter) => Ok((vector, ty, parameter)),
            Out::Value(_, ty) => {
                let message = format!("this is of type {}, and has no elements", ty.name());
                let hint = "elements have parameters that are vectors, such as `v: [f64]`";
                Err(self.error(codes::TYPE_MISMATCH, expression.span, message, hint))
            }
            Out::Nothing | Out::Never => {
                let hint = "elements have parameters that are vectors, such as `v: [f64]`";
                Err(self.error(codes::NO_VALUE, expression.span, "this is no vector", hint))
            }
        }
    }

    /// Lowers an index: an integer of any type, as one of 64 bits.
    pub(super) fn index(&mut self, expression: &Expression) -> Result<Val> {
        let (value, ty) = self.value(expression, None)?;
        if !ty.is_integer() {
            let message = format!("an index is an integer, not {}", ty.name());
            return Err(self.error(codes::TYPE_MISMATCH, expression.span, message, "convert it: `i64(…)`"));
        }
        Ok(self.resized(value, ty, I64))
    }

    /// Traps unless a vector has an element at an index.
    pub(super) fn check_index(&mut self, vector: Val, index: Val, span: Span) {
        let length = self.f.length(vector);
        let is_outside = self.f.greater_equal_unsigned(index, length);
        self.trap_if(is_outside, Reason::Index, span);
    }

    fn logical(&mut self, operator: LogicalOperator, left: &Expression, right: &Expression) -> Result<Val> {
        let left = self.typed(left, Single::Bool)?;
        let result = self.f.variable(left);
        let (other, end) = (self.f.label(), self.f.label());
        match operator {
            LogicalOperator::And => self.f.branch(left, other, end, Expect::Unknown),
            LogicalOperator::Or => self.f.branch(left, end, other, Expect::Unknown),
        }
        self.f.place(other);
        let right = self.typed(right, Single::Bool)?;
        self.f.set(result, right);
        self.f.place(end);
        Ok(self.f.get(result))
    }

    /// `f(arguments)`, `i64(x)`
    fn call(&mut self, span: Span, callee: &Expression, arguments: &[Expression]) -> Result<Out> {
        let E::Name(name) = &callee.kind else {
            let hint = "native functions are called by their names";
            return Err(self.error(codes::NOT_SUPPORTED, callee.span, "this can not be called here", hint));
        };
        if let Some(ty) = Single::from_name(name) {
            let value = self.convert_call(span, ty, arguments)?;
            return Ok(Out::Value(value, ty));
        }
        if self.find(name).is_some() {
            let message = format!("`{name}` is a variable, and no function");
            return Err(self.error(codes::NOT_NATIVE, callee.span, message, "rename the variable"));
        }
        let callee = match self.environment.find(name) {
            Named::Native(callee) => callee,
            Named::Wrong => return Err(Reported),
            Named::Other => {
                let message = format!("`{name}` is no native function");
                let hint = "native functions call native functions; let an ordinary one call both";
                return Err(self.error(codes::NOT_NATIVE, callee.span, message, hint));
            }
            Named::Unknown(similar) => {
                let hint = match similar {
                    Some(best) => format!("did you mean `{best}`?"),
                    None => format!("`native fn {name}(…) {{ … }}` defines it"),
                };
                let message = format!("nothing is named `{name}`");
                return Err(self.error(codes::UNKNOWN_NAME, callee.span, message, hint));
            }
        };
        let signature = &callee.signature;
        if arguments.len() != signature.parameters.len() {
            let count = signature.parameters.len();
            let plural = if count == 1 { "" } else { "s" };
            let message = format!("`{name}` takes {count} argument{plural}, not {}", arguments.len());
            return Err(self.error(codes::ARGUMENT_COUNT, span, message, format!("it is `{signature}`")));
        }
        let mut values = Vec::with_capacity(arguments.len());
        for (index, (argument, (_, ty))) in arguments.iter().zip(&signature.parameters).enumerate() {
            values.push(match *ty {
                Ty::Single(ty) => self.typed(argument, ty)?,
                Ty::Vector(ty) => {
                    let (vector, own, parameter) = self.vector(argument)?;
                    if own != ty {
                        let message =
                            format!("this is of type [{}], and [{}] is wanted", own.name(), ty.name());
                        let hint = format!("`{name}` is `{signature}`");
                        return Err(self.error(codes::TYPE_MISMATCH, argument.span, message, hint));
                    }
                    self.passes.push((parameter, callee.target.id(), index));
                    vector
                }
            });
        }
        match signature.result {
            Some(ty) => Ok(Out::Value(self.f.call(&callee.target, &values), ty)),
            None => {
                self.f.call_void(&callee.target, &values);
                Ok(Out::Nothing)
            }
        }
    }
}

/// Returns an expression without the parentheses around it.
pub(super) fn unparenthesized(expression: &Expression) -> &Expression {
    match &expression.kind {
        E::Parenthesized(inner) => unparenthesized(inner),
        _ => expression,
    }
}

/// Returns whether a name is bound in an expression, behind or around a place.
fn binds(expression: &Expression, name: &str, place: Span) -> bool {
    if expression.span.end <= place.start
        && !matches!(expression.kind, E::If { .. } | E::While { .. } | E::For { .. } | E::Block(_))
    {
        // What was bound before in the same block would have been found.
        return false;
    }
    let mut found = match &expression.kind {
        E::Let { pattern, .. } => match &pattern.kind {
            PatternKind::Bind(own) => *own.text == *name,
            PatternKind::Instance { pattern, .. } => {
                matches!(&pattern.kind, PatternKind::Bind(own) if *own.text == *name)
            }
            _ => false,
        },
        _ => false,
    };
    children(expression, &mut |node| {
        if let Node::Expression(child) = node {
            found = found || binds_inside(child, name);
        }
    });
    found
}

fn binds_inside(expression: &Expression, name: &str) -> bool {
    binds(expression, name, Span::new(0, 0))
}
