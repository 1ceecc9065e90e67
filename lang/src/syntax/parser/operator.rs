//! Operators, by precedence climbing.

use super::Parser;
use crate::syntax::ast::{
    BinaryOperator, Expression, ExpressionKind, LogicalOperator, Target, TargetKind, UnaryOperator,
};
use crate::syntax::token::{Keyword, TokenKind};
use crate::syntax::{Diagnostic, Span, codes};

/// How tight an operator binds, loosest first; assignment is looser than all, unary minus tighter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Or,
    And,
    /// The operand of `not`, and all that is not associative with it.
    Comparison,
    Range,
    Union,
    Intersection,
    Sum,
    Product,
    Unary,
}

#[derive(Clone, Copy)]
enum Infix {
    Logical(LogicalOperator),
    Range,
    Binary(BinaryOperator),
}

impl Level {
    /// The level of a right operand: one tighter, for what is written in a row groups to the left.
    fn tighter(self) -> Self {
        match self {
            Self::Or => Self::And,
            Self::And => Self::Comparison,
            Self::Comparison => Self::Range,
            Self::Range => Self::Union,
            Self::Union => Self::Intersection,
            Self::Intersection => Self::Sum,
            Self::Sum => Self::Product,
            Self::Product | Self::Unary => Self::Unary,
        }
    }
}

impl Parser<'_> {
    /// Any expression.
    pub(super) fn expression(&mut self) -> Expression {
        self.nested(Self::assignment)
    }

    fn assignment(&mut self) -> Expression {
        let left = self.binary(Level::Or);
        if self.at(TokenKind::Assign) && self.continues() { self.assignment_to(left) } else { left }
    }

    #[inline(never)]
    fn assignment_to(&mut self, left: Expression) -> Expression {
        let operator = self.current().span;
        if !self.context.assignment {
            self.report_found(
                Diagnostic::error(codes::ASSIGNMENT_IN_CONDITION, operator, "`=` assigns, and this is a condition")
                    .hint("compare with `==`; to assign first, put the assignment on a line before, or in parentheses"),
            );
        }
        self.bump();
        let start = left.span.start;
        let target = self.target(left, operator);
        let value = self.expression();
        self.grow();
        self.node(start, ExpressionKind::Assign { target, value: Box::new(value) })
    }

    /// Turns what stands before `=` into what can be assigned to.
    fn target(&mut self, expression: Expression, operator: Span) -> Target {
        let span = expression.span;
        let kind = match expression.kind {
            ExpressionKind::Name(name) => TargetKind::Name(name),
            ExpressionKind::Attribute { receiver, attribute } => {
                TargetKind::Attribute { receiver, attribute }
            }
            ExpressionKind::ComputedAttribute { receiver, attribute } => {
                TargetKind::ComputedAttribute { receiver, attribute }
            }
            ExpressionKind::Component { receiver, index } => TargetKind::Component { receiver, index },
            ExpressionKind::Error => TargetKind::Error(Box::new(expression)),
            _ => {
                self.report(
                    Diagnostic::error(codes::BAD_ASSIGNMENT_TARGET, span, "this cannot be assigned to")
                        .also(operator, "`=` assigns")
                        .hint("assign to a name, `e.name` or `e[i]`; compare with `==`"),
                );
                TargetKind::Error(Box::new(expression))
            }
        };
        Target { span, kind }
    }

    /// Operators that bind at least as tight as `level`, and their operands.
    pub(super) fn binary(&mut self, level: Level) -> Expression {
        let mut left = self.prefix();
        // The operator before, if another one of its kind must not follow.
        let mut previous: Option<(Level, Span)> = None;
        while let Some((infix, infix_level)) = infix(self.kind()) {
            if infix_level < level || !self.continues() {
                break;
            }
            let operator_span = self.bump().span;
            if self.foreign_operator(operator_span) && !(self.continues() && self.starts_expression()) {
                break;
            }
            if let Some((_, first)) = previous.filter(|&(level, _)| level == infix_level) {
                self.not_associative(infix_level, first, operator_span);
            }
            let right = self.nested(|parser| parser.binary(infix_level.tighter()));
            if !self.grow() {
                break;
            }
            previous = matches!(infix_level, Level::Comparison | Level::Range)
                .then_some((infix_level, operator_span));
            left = joined(infix, operator_span, left, right);
        }
        left
    }

    /// `-e`, `!e`, `not e`, or what has no operator before it.
    pub(super) fn prefix(&mut self) -> Expression {
        match self.kind() {
            TokenKind::Minus | TokenKind::Not | TokenKind::Keyword(Keyword::Not) => self.unary(),
            _ => self.postfix(),
        }
    }

    #[inline(never)]
    fn unary(&mut self) -> Expression {
        let start = self.current().span.start;
        let (operator, operand) = match self.kind() {
            TokenKind::Minus => {
                let operator = self.bump().span;
                if self.at(TokenKind::Greater) && self.foreign_operator(operator) {
                    return self.nested(Self::prefix);
                }
                (UnaryOperator::Negate, self.nested(Self::prefix))
            }
            TokenKind::Not => {
                self.bump();
                (UnaryOperator::Not, self.nested(Self::prefix))
            }
            _ => {
                self.bump();
                (UnaryOperator::Not, self.nested(|parser| parser.binary(Level::Comparison)))
            }
        };
        self.node(start, ExpressionKind::Unary { operator, operand: Box::new(operand) })
    }

    #[cold]
    fn not_associative(&mut self, level: Level, first: Span, second: Span) {
        let diagnostic = if level == Level::Comparison {
            Diagnostic::error(codes::CHAINED_COMPARISON, second, "comparisons cannot be chained").hint(
                "write `a < b and b < c`; to compare a truth value, put parentheses around the comparison",
            )
        } else {
            Diagnostic::error(codes::CHAINED_RANGE, second, "ranges cannot be chained")
                .hint("a range has a start and an end: `a..b`")
        };
        self.report(diagnostic.also(first, "the first one"));
    }
}

fn infix(kind: TokenKind) -> Option<(Infix, Level)> {
    use BinaryOperator as Operator;
    let binary = |operator, level| Some((Infix::Binary(operator), level));
    match kind {
        TokenKind::OrOr | TokenKind::Keyword(Keyword::Or) => {
            Some((Infix::Logical(LogicalOperator::Or), Level::Or))
        }
        TokenKind::AndAnd | TokenKind::Keyword(Keyword::And) => {
            Some((Infix::Logical(LogicalOperator::And), Level::And))
        }
        TokenKind::EqualEqual => binary(Operator::Equal, Level::Comparison),
        TokenKind::NotEqual => binary(Operator::NotEqual, Level::Comparison),
        TokenKind::Less => binary(Operator::Less, Level::Comparison),
        TokenKind::LessEqual => binary(Operator::LessEqual, Level::Comparison),
        TokenKind::Greater => binary(Operator::Greater, Level::Comparison),
        TokenKind::GreaterEqual => binary(Operator::GreaterEqual, Level::Comparison),
        TokenKind::DotDot => Some((Infix::Range, Level::Range)),
        TokenKind::Or => binary(Operator::Union, Level::Union),
        TokenKind::And => binary(Operator::Intersection, Level::Intersection),
        TokenKind::Plus => binary(Operator::Add, Level::Sum),
        TokenKind::Minus => binary(Operator::Subtract, Level::Sum),
        TokenKind::Star => binary(Operator::Multiply, Level::Product),
        TokenKind::Slash => binary(Operator::Divide, Level::Product),
        TokenKind::Percent => binary(Operator::Remainder, Level::Product),
        _ => None,
    }
}

/// Whether a token stands between two operands, and begins none.
pub(super) fn is_infix_only(kind: TokenKind) -> bool {
    let both = matches!(kind, TokenKind::Minus | TokenKind::Or | TokenKind::OrOr);
    infix(kind).is_some() && !both
}

fn joined(infix: Infix, operator_span: Span, left: Expression, right: Expression) -> Expression {
    let span = left.span.to(right.span);
    let (left, right) = (Box::new(left), Box::new(right));
    let kind = match infix {
        Infix::Logical(operator) => ExpressionKind::Logical { operator, left, right },
        Infix::Range => ExpressionKind::Range { start: left, end: right },
        Infix::Binary(operator) => ExpressionKind::Binary { operator, operator_span, left, right },
    };
    Expression { span, kind }
}
