//! What is defined with a body: closures, functions, classes.

use super::pairs::is_closing;
use super::{Context, Parser};
use crate::syntax::ast::{Class, Closure, Expression, ExpressionKind, Function, Name, NativeTypes, TypeName};
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
        Function { span: self.since(start), native: None, name, parameters, body }
    }

    /// Whether `native fn` stands here. The word is a keyword nowhere else.
    pub(super) fn native_follows(&self) -> bool {
        let next = self.ahead(1);
        self.at(TokenKind::Name)
            && self.current_text() == "native"
            && next.kind == TokenKind::Keyword(Keyword::Fn)
            && !next.line_start
    }

    /// `native fn name(a: i64, b: [f64]) -> f64 { … }`
    pub(super) fn native_function(&mut self) -> Function {
        let start = self.bump().span.start;
        self.bump();
        let name = Some(self.member("a name for the native function"));
        let (mut parameters, mut types) = (Vec::new(), Vec::new());
        if self.at(TokenKind::LeftParen) {
            let typed = self.list(|parser| {
                let name = parser.name("a parameter");
                let hint = "a parameter of a native function has a type: `name: i64`";
                let ty = if parser.expect(TokenKind::Colon, "expected `:` and a type", hint) {
                    parser.type_name()
                } else {
                    parser.no_type()
                };
                (name, ty)
            });
            (parameters, types) = typed.into_iter().unzip();
        } else {
            let hint = "write `native fn name(parameter: type) -> type { … }`";
            self.expect(TokenKind::LeftParen, "expected `(`", hint);
        }
        let arrow = self.at(TokenKind::Minus)
            && self.ahead(1).kind == TokenKind::Greater
            && self.current().span.end == self.ahead(1).span.start;
        let result = arrow.then(|| {
            self.bump();
            self.bump();
            self.type_name()
        });
        let body = self.block("the parameters and the type of the result");
        let native = Some(Box::new(NativeTypes { parameters: types, result }));
        Function { span: self.since(start), native, name, parameters, body }
    }

    /// `i64` or `[i64]`
    fn type_name(&mut self) -> TypeName {
        let start = self.current().span.start;
        if self.at(TokenKind::LeftBracket) {
            let mut elements = self.list(|parser| parser.name("the type of the elements"));
            let span = self.since(start);
            if elements.len() != 1 {
                let message = format!("a vector has one type of elements, not {}", elements.len());
                let hint = "write the type of a vector as `[f64]`";
                self.report(Diagnostic::error(codes::EXPECTED_NAME, span, message).hint(hint));
                elements.truncate(0);
            }
            let text = elements.pop().map(|element| element.text).unwrap_or_default();
            return TypeName { span, text, is_vector: true };
        }
        let name = self.name("a type");
        TypeName { span: name.span, text: name.text, is_vector: false }
    }

    fn no_type(&self) -> TypeName {
        TypeName { span: self.gap(), text: Box::default(), is_vector: false }
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
            _ if self.native_follows() => self.native_method(),
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

    /// A native function where a method should stand.
    #[cold]
    fn native_method(&mut self) {
        let keyword = self.current().span;
        self.nested(|parser| {
            parser.native_function();
            parser.nothing()
        });
        self.report(
            Diagnostic::error(codes::MISPLACED_STATEMENT, keyword, "a method is not native")
                .hint("define the native function outside of the class, and call it in the method"),
        );
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
