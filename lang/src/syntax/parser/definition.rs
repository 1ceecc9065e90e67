//! What is defined with a body: closures, functions, classes.

use super::pairs::is_closing;
use super::{Context, Parser};
use crate::syntax::ast::{Class, Closure, Expression, ExpressionKind, Function, Name};
use crate::syntax::token::{Keyword, TokenKind};
use crate::syntax::{Diagnostic, codes};

impl Parser<'_> {
    /// `|a, b| body`
    pub(super) fn closure(&mut self) -> Expression {
        let opening = self.bump();
        let mut parameters = Vec::new();
        if opening.kind == TokenKind::Or {
            while !self.at(TokenKind::Or) {
                let before = self.position;
                parameters.push(self.name("a parameter"));
                if self.at(TokenKind::Or) || self.eat(TokenKind::Comma) && self.position != before {
                    continue;
                }
                self.expect(TokenKind::Or, "expected `,` or `|`", "a closure is written `|a, b| a + b`");
                break;
            }
            self.eat(TokenKind::Or);
        }
        let body =
            if self.at(TokenKind::LeftBrace) { self.nested(Self::bare_block) } else { self.expression() };
        self.node(opening.span.start, ExpressionKind::Closure(Closure { parameters, body: Box::new(body) }))
    }

    /// `fn name(a, b) { … }`
    pub(super) fn function(&mut self) -> Function {
        let start = self.bump().span.start;
        let name = (!self.at(TokenKind::LeftParen)).then(|| self.member("a name for the function"));
        let parameters = if self.at(TokenKind::LeftParen) {
            self.list(|parser| parser.name("a parameter"))
        } else {
            self.expect(TokenKind::LeftParen, "expected `(`", "write `fn name(parameters) { … }`");
            Vec::new()
        };
        if self.at(TokenKind::Minus) && self.ahead(1).kind == TokenKind::Greater {
            let hint = "the type of a result is not declared";
            self.expect(TokenKind::LeftBrace, "expected `{` after the parameters", hint);
            self.skip_until(|token| token.line_start || token.kind == TokenKind::LeftBrace);
        }
        let body = self.block("the parameters");
        Function { span: self.since(start), name, parameters, body }
    }

    /// Whether `class` is followed by a name, and so begins a definition.
    pub(super) fn class_follows(&self) -> bool {
        let next = self.ahead(1);
        matches!(next.kind, TokenKind::Name | TokenKind::QuotedName | TokenKind::Oid) && !next.line_start
    }

    /// `class name : superclass { attributes and methods }`
    pub(super) fn class(&mut self) -> ExpressionKind {
        self.bump();
        let name = self.name("a name for the class");
        let colon = self.eat(TokenKind::Colon) || self.foreign_colon();
        let superclass = colon.then(|| self.member("the superclass"));
        let mut class = Class { name, superclass, attributes: Vec::new(), methods: Vec::new() };
        if !self.at(TokenKind::LeftBrace) {
            let hint = "write `class name : superclass { attributes and methods }`";
            self.expect(TokenKind::LeftBrace, "expected `{`", hint);
            return ExpressionKind::Class(Box::new(class));
        }
        let opening = self.bump();
        self.within(Context::BLOCK, |parser| {
            while !parser.at(TokenKind::End) && !parser.ends_list(opening) {
                // The class is not closed, and here something begins that does not stand in one.
                let token = parser.current();
                let foreign = matches!(token.kind, TokenKind::Keyword(keyword) if keyword != Keyword::Fn);
                if opening.pair.is_none() && token.line_start && foreign || parser.leaves(opening) {
                    break;
                }
                parser.class_member(&mut class);
            }
        });
        self.close(opening);
        ExpressionKind::Class(Box::new(class))
    }

    /// An attribute or a method, and what separates it from the next.
    fn class_member(&mut self, class: &mut Class) {
        let before = self.position;
        self.beginning = before;
        match self.kind() {
            TokenKind::Keyword(Keyword::Fn) => {
                let method = self.method();
                class.methods.extend(method);
            }
            TokenKind::Comma | TokenKind::Semicolon => {
                self.bump();
                return;
            }
            _ if self.foreign_function() => class.methods.extend(self.method()),
            _ => class.attributes.push(self.member("an attribute or a method")),
        }
        let token = self.current();
        let separated = matches!(token.kind, TokenKind::Comma | TokenKind::Semicolon | TokenKind::End)
            || token.line_start
            || is_closing(token.kind);
        if !separated {
            let message = format!("expected `,` or a new line, found {}", self.found());
            self.report_found(
                Diagnostic::error(codes::EXPECTED_TOKEN, token.span, message)
                    .hint("a class lists attributes by name, and methods as `fn selector(parameters) { … }`"),
            );
            self.skip_until(|token| {
                token.line_start || matches!(token.kind, TokenKind::Comma | TokenKind::Semicolon)
            });
        }
        if self.position == before {
            self.skip();
        }
    }

    /// A method, unless the tree is too deep already.
    fn method(&mut self) -> Option<Function> {
        let mut method = None;
        self.nested(|parser| {
            let keyword = parser.current().span;
            let function = parser.function();
            if function.name.is_none() {
                parser.report(
                    Diagnostic::error(codes::EXPECTED_NAME, keyword, "a method has a selector")
                        .hint("write `fn selector(parameters) { … }`"),
                );
            }
            method = Some(function);
            parser.nothing()
        });
        method
    }

    /// A name, and nothing else; `what` says what it names.
    pub(super) fn name(&mut self, what: &str) -> Name {
        let token = self.current();
        if matches!(token.kind, TokenKind::Name | TokenKind::QuotedName) {
            let text = self.name_text().into();
            self.bump();
            return Name { span: token.span, text };
        }
        let (span, missing) = (self.here(), self.gap());
        let mut diagnostic =
            Diagnostic::error(codes::EXPECTED_NAME, span, format!("expected {what}, found {}", self.found()));
        if matches!(token.kind, TokenKind::Keyword(_)) && self.continues() {
            let word = self.current_text();
            diagnostic = diagnostic
                .hint(format!("`{word}` is a keyword; between backticks it is a name: `` `{word}` ``"));
        }
        self.report_found(diagnostic);
        let meant =
            matches!(token.kind, TokenKind::Keyword(_) | TokenKind::Underscore) || token.kind.is_error();
        if meant && self.continues() {
            self.bump();
        }
        Name { span: missing, text: Box::default() }
    }
}
