//! `new class`, with what the new object begins with.

use super::Parser;
use super::cursor::Lexeme;
use crate::syntax::ast::{Elements, Expression, ExpressionKind, Initializer, New};
use crate::syntax::token::{Keyword, TokenKind};
use crate::syntax::{Diagnostic, Span, codes};

impl Parser<'_> {
    pub(super) fn new_object(&mut self) -> ExpressionKind {
        self.bump();
        let class = self.class_operand();
        let elements = match self.kind() {
            TokenKind::LeftBrace if self.continues() && self.context.braces => {
                Elements::Attributes(self.list(Self::initializer))
            }
            TokenKind::LeftBracket if self.continues() => self.components_or_entries(),
            TokenKind::LeftParen if self.continues() => {
                let hint = "write `new class { attribute: value }` or `new class [component]`";
                self.expect(TokenKind::LeftBrace, "expected `{` or `[` after the class", hint);
                Elements::Components(self.arguments())
            }
            _ => Elements::None,
        };
        ExpressionKind::New(Box::new(New { class, elements }))
    }

    /// The class: a name, an oid, or an expression in parentheses.
    fn class_operand(&mut self) -> Expression {
        match self.kind() {
            TokenKind::Name
            | TokenKind::QuotedName
            | TokenKind::Oid
            | TokenKind::LeftParen
            | TokenKind::BadOid
            | TokenKind::Keyword(Keyword::SelfValue) => self.nested(Self::atom),
            TokenKind::Keyword(Keyword::Class) => {
                let token = self.bump();
                self.node(token.span.start, ExpressionKind::Name("class".into()))
            }
            _ => {
                let message = format!("expected a class, found {}", self.found());
                self.report_found(
                    Diagnostic::error(codes::EXPECTED_NAME, self.here(), message)
                        .hint("write `new point { x: 1 }`, `new vector [1, 2]`, or `new (expression)`"),
                );
                self.nothing()
            }
        }
    }

    /// `attribute: value`
    fn initializer(&mut self) -> Initializer {
        let attribute = self.member("an attribute");
        if self.at(TokenKind::Assign) {
            self.expect(TokenKind::Colon, "expected `:`", "write `attribute: value`");
            self.bump();
        } else if !self.expect(TokenKind::Colon, "expected `:`", "write `attribute: value`") {
            return Initializer { attribute, value: self.nothing() };
        }
        Initializer { attribute, value: self.expression() }
    }

    /// `[a, b]` or `[key: value]`
    fn components_or_entries(&mut self) -> Elements {
        let mut first_without: Option<Lexeme> = None;
        let mut any_with = false;
        let pairs = self.list(|parser| {
            let key = parser.expression();
            let here = parser.current();
            if parser.eat(TokenKind::Colon) {
                any_with = true;
                (key, Some(parser.expression()))
            } else {
                first_without.get_or_insert(here);
                (key, None)
            }
        });
        if !any_with {
            return Elements::Components(pairs.into_iter().map(|(component, _)| component).collect());
        }
        if let Some(token) = first_without.filter(|token| token.kind != TokenKind::End) {
            self.report(
                Diagnostic::error(
                    codes::EXPECTED_TOKEN,
                    token.span,
                    "expected `:` and a value after this key",
                )
                .hint("either all elements are `key: value`, or none"),
            );
        }
        let entries = pairs.into_iter().map(|(key, value)| {
            let missing = Expression { span: Span::at(key.span.end), kind: ExpressionKind::Error };
            (key, value.unwrap_or(missing))
        });
        Elements::Entries(entries.collect())
    }
}
