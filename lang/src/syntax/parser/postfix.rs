//! What follows a value: attributes, components, sends, calls.

use super::Parser;
use crate::syntax::ast::{Expression, ExpressionKind, Member, MemberKind};
use crate::syntax::lexer::normalized;
use crate::syntax::token::TokenKind;
use crate::syntax::{Diagnostic, codes};

impl Parser<'_> {
    pub(super) fn postfix(&mut self) -> Expression {
        let mut expression = self.atom();
        let on_super = matches!(expression.kind, ExpressionKind::Super);
        let mut first = true;
        loop {
            let next = match self.kind() {
                // A line may begin with these two, and goes on with the expression before.
                TokenKind::Dot => self.after_dot(expression),
                TokenKind::Arrow if self.context.arrow => self.after_arrow(expression),
                TokenKind::LeftParen if self.continues() => self.call(expression),
                TokenKind::LeftBracket if self.continues() => self.component(expression),
                _ => {
                    if first && on_super {
                        self.bare_super(&expression);
                    }
                    return expression;
                }
            };
            if first && on_super && !matches!(next.kind, ExpressionKind::Send { .. }) {
                self.bare_super(&next);
            }
            first = false;
            expression = next;
            if !self.grow() {
                return expression;
            }
        }
    }

    #[cold]
    fn bare_super(&mut self, expression: &Expression) {
        self.report(
            Diagnostic::error(codes::BARE_SUPER, expression.span, "`super` can only be sent a message")
                .hint("write `super.selector(arguments)`; the receiver itself is `self`"),
        );
    }

    /// `(arguments)`
    #[inline(never)]
    fn call(&mut self, callee: Expression) -> Expression {
        let start = callee.span.start;
        let arguments = self.arguments();
        self.node(start, ExpressionKind::Call { callee: Box::new(callee), arguments })
    }

    /// `.name`, `.name(arguments)`, `.(expression)`
    #[inline(never)]
    fn after_dot(&mut self, receiver: Expression) -> Expression {
        let start = receiver.span.start;
        let receiver = Box::new(receiver);
        self.bump();
        if self.at(TokenKind::LeftParen) {
            let attribute = Box::new(self.in_parentheses());
            return self.node(start, ExpressionKind::ComputedAttribute { receiver, attribute });
        }
        let member = self.member_after_dot();
        if self.at(TokenKind::LeftParen) && self.continues() {
            let arguments = self.arguments();
            self.node(start, ExpressionKind::Send { receiver, selector: member, arguments, arrow: false })
        } else {
            self.node(start, ExpressionKind::Attribute { receiver, attribute: member })
        }
    }

    /// `=> selector(arguments)`
    #[inline(never)]
    fn after_arrow(&mut self, receiver: Expression) -> Expression {
        let start = receiver.span.start;
        self.bump();
        let hint = "`=>` sends a message: write `receiver => selector()`; a closure is `|x| x + 1`";
        let selector = self.member_or("a selector", Some(hint));
        let arguments = if self.at(TokenKind::LeftParen) {
            self.arguments()
        } else {
            self.expect(TokenKind::LeftParen, "expected `(` after the selector", hint);
            Vec::new()
        };
        self.node(
            start,
            ExpressionKind::Send { receiver: Box::new(receiver), selector, arguments, arrow: true },
        )
    }

    /// `[index]`
    #[inline(never)]
    fn component(&mut self, receiver: Expression) -> Expression {
        let start = receiver.span.start;
        let opening = self.current();
        let mut indices = self.list(Self::expression).into_iter();
        let index = indices.next().unwrap_or_else(|| {
            let hint = "the components of `e` are `e[0]` to `e[e.len() - 1]`";
            let diagnostic =
                Diagnostic::error(codes::EXPECTED_EXPRESSION, opening.span, "an index is missing").hint(hint);
            // At the end of the text the missing bracket has been reported, and the index may come.
            if !self.open_end {
                self.report(diagnostic);
            }
            self.nothing()
        });
        if let Some(second) = indices.next() {
            self.report(
                Diagnostic::error(codes::EXPECTED_TOKEN, second.span, "an index is one expression")
                    .hint("write `e[i][j]`, or `e[[i, j]]` to index with a tuple"),
            );
        }
        self.node(start, ExpressionKind::Component { receiver: Box::new(receiver), index: Box::new(index) })
    }

    /// What follows a dot; a number or a string there is understood, though wrong.
    fn member_after_dot(&mut self) -> Member {
        let hint = match self.kind() {
            TokenKind::Integer | TokenKind::Double | TokenKind::BadNumber => "components are written `e[0]`",
            TokenKind::String | TokenKind::RawString => "a computed attribute is written `e.(expression)`",
            _ => return self.member("an attribute or selector"),
        };
        let member = self.member_or("an attribute or selector", Some(hint));
        self.bump();
        member
    }

    /// A name, also one that is a keyword elsewhere, or an oid; `what` says what it names.
    pub(super) fn member(&mut self, what: &str) -> Member {
        self.member_or(what, None)
    }

    fn member_or(&mut self, what: &str, hint: Option<&str>) -> Member {
        let token = self.current();
        let kind = match token.kind {
            TokenKind::Oid => MemberKind::Oid(self.current_text().into()),
            TokenKind::Name | TokenKind::QuotedName | TokenKind::Keyword(_) => {
                MemberKind::Name(self.name_text().into())
            }
            _ => {
                let (span, missing) = (self.here(), self.gap());
                let message = format!("expected {what}, found {}", self.found());
                let diagnostic = Diagnostic::error(codes::EXPECTED_NAME, span, message);
                self.report_found(match hint {
                    Some(hint) => diagnostic.hint(hint),
                    None => diagnostic,
                });
                if token.kind.is_error() && token.kind != TokenKind::BadNumber {
                    self.bump();
                }
                return Member { span: missing, kind: MemberKind::Error };
            }
        };
        self.bump();
        Member { span: token.span, kind }
    }

    /// The name that the token at the position says, in normal form and without backticks.
    pub(super) fn name_text(&self) -> String {
        normalized(self.current_text().trim_matches('`')).into_owned()
    }
}
