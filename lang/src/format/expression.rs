//! Expressions: which layout each kind has, and the layouts of those that have no family of their own.

use super::chain::hugs;
use super::document::{Document, sequence};
use super::layout::Formatter;
use super::sequence::ListStyle;
use crate::syntax::ast::{Elements, Expression, ExpressionKind, Initializer, New, Target, TargetKind};
use crate::syntax::token::{Keyword, TokenKind};

impl<'text> Formatter<'text> {
    pub(super) fn expression(&mut self, expression: &Expression) -> Document<'text> {
        use ExpressionKind as Kind;
        match &expression.kind {
            // Each of these is one token.
            Kind::Literal(_)
            | Kind::Name(_)
            | Kind::Oid(_)
            | Kind::LastValue
            | Kind::SelfValue
            | Kind::Super
            | Kind::FormatString(_)
            | Kind::CodeChunk(_)
            | Kind::Continue
            | Kind::Error => self.token(),
            Kind::Set(elements) | Kind::Tuple(elements) => self.collection(elements),
            Kind::Parenthesized(inner) => self.parenthesized(inner),
            Kind::Attribute { .. }
            | Kind::ComputedAttribute { .. }
            | Kind::Component { .. }
            | Kind::Send { .. }
            | Kind::Call { .. } => self.chain(expression),
            Kind::Unary { operand, .. } => self.unary(operand),
            Kind::Binary { .. } | Kind::Logical { .. } => self.operators(expression),
            Kind::Range { start, end } => {
                sequence([self.expression(start), self.sign(TokenKind::DotDot), self.expression(end)])
            }
            Kind::Assign { target, value } => {
                let target = self.target(target);
                self.assigned(target, value)
            }
            Kind::Let { pattern, value } => {
                let bound = sequence([self.keyword(Keyword::Let), Document::Space, self.pattern(pattern)]);
                self.assigned(bound, value)
            }
            Kind::New(new) => self.new_object(new),
            Kind::Keep { value, .. } => sequence([
                self.keyword(Keyword::Keep),
                Document::Space,
                self.expression(value),
                Document::Space,
                self.keyword(Keyword::As),
                Document::Space,
                self.token(),
            ]),
            Kind::Root(value) | Kind::Raise(value) => {
                sequence([self.token(), Document::Space, self.expression(value)])
            }
            Kind::Return(value) | Kind::Break(value) => {
                let word = self.token();
                match value {
                    Some(value) => sequence([word, Document::Space, self.expression(value)]),
                    None => word,
                }
            }
            Kind::InSpace(_) => sequence([self.keyword(Keyword::In), Document::Space, self.token()]),
            Kind::Block(block) => self.bare_or_do_block(block),
            Kind::Closure(closure) => self.closure(closure),
            Kind::Function(function) => self.function(function),
            Kind::Class(class) => self.class(class),
            Kind::If { .. } => self.if_else(expression),
            Kind::While { condition, body } => self.while_loop(condition, body),
            Kind::For { pattern, sequence, body } => self.for_loop(pattern, sequence, body),
            Kind::Match { subject, arms } => self.match_arms(subject, arms),
            Kind::Try { body, catch } => self.try_catch(body, catch.as_deref()),
        }
    }

    /// `(e)`
    pub(super) fn parenthesized(&mut self, inner: &Expression) -> Document<'text> {
        sequence([self.sign(TokenKind::LeftParen), self.expression(inner), self.sign(TokenKind::RightParen)])
    }

    /// `[a, b]`, `{a, b}`: only a single element may be broken without its brackets.
    fn collection(&mut self, elements: &[Expression]) -> Document<'text> {
        let hugs = matches!(elements, [element] if hugs(element, true));
        self.expressions(elements, hugs)
    }

    /// What is bound or assigned to, `=`, and the value.
    fn assigned(&mut self, target: Document<'text>, value: &Expression) -> Document<'text> {
        let assign = self.sign(TokenKind::Assign);
        sequence([target, Document::Space, assign, Document::Space, self.expression(value)])
    }

    fn target(&mut self, target: &Target) -> Document<'text> {
        match &target.kind {
            TargetKind::Name(_) => self.token(),
            TargetKind::Attribute { receiver, .. } => {
                sequence([self.expression(receiver), self.sign(TokenKind::Dot), self.token()])
            }
            TargetKind::ComputedAttribute { receiver, attribute } => sequence([
                self.expression(receiver),
                self.sign(TokenKind::Dot),
                self.parenthesized(attribute),
            ]),
            TargetKind::Component { receiver, index } => {
                sequence([self.expression(receiver), self.index(index)])
            }
            TargetKind::Error(expression) => self.expression(expression),
        }
    }

    fn new_object(&mut self, new: &New) -> Document<'text> {
        let class = sequence([self.keyword(Keyword::New), Document::Space, self.expression(&new.class)]);
        let elements = match &new.elements {
            Elements::None => return class,
            Elements::Attributes(initializers) => {
                let style = ListStyle { padded: true, hugs: false };
                self.list(initializers, style, Self::initializer)
            }
            Elements::Components(components) => self.collection(components),
            Elements::Entries(entries) => {
                self.list(entries, ListStyle::default(), |formatter, (key, value)| {
                    let key = formatter.expression(key);
                    formatter.named(key, value)
                })
            }
        };
        sequence([class, Document::Space, elements])
    }

    fn initializer(&mut self, initializer: &Initializer) -> Document<'text> {
        let attribute = self.token();
        self.named(attribute, &initializer.value)
    }

    /// What names a value, `:`, and the value.
    fn named(&mut self, name: Document<'text>, value: &Expression) -> Document<'text> {
        sequence([name, self.sign(TokenKind::Colon), Document::Space, self.expression(value)])
    }
}
