//! The smallest expressions, and those that begin with a word or a bracket of their own.

use super::Parser;
use super::list::begins_statement;
use super::operator::is_infix_only;
use super::pairs::is_closing;
use crate::syntax::ast::{Expression, ExpressionKind, Literal, Name};
use crate::syntax::token::{Keyword, TokenKind};
use crate::syntax::{Diagnostic, codes};

impl Parser<'_> {
    pub(super) fn atom(&mut self) -> Expression {
        let token = self.current();
        let start = token.span.start;
        let kind = match token.kind {
            TokenKind::Integer | TokenKind::Double => self.number(),
            TokenKind::String | TokenKind::RawString | TokenKind::SingleQuoted => {
                ExpressionKind::Literal(Literal::String(self.string()))
            }
            TokenKind::FormatStart => self.format_string(),
            TokenKind::CodeChunk => self.code_chunk(),
            TokenKind::Name if self.native_follows() => {
                ExpressionKind::Function(Box::new(self.native_function()))
            }
            TokenKind::Name | TokenKind::QuotedName => {
                let name = self.name_text();
                self.bump();
                ExpressionKind::Name(name.into())
            }
            TokenKind::Oid => {
                let oid = self.current_text();
                self.bump();
                ExpressionKind::Oid(oid.into())
            }
            TokenKind::Underscore => self.word(ExpressionKind::LastValue),
            TokenKind::LeftParen => ExpressionKind::Parenthesized(Box::new(self.in_parentheses())),
            TokenKind::LeftBracket => ExpressionKind::Tuple(self.list(Self::expression)),
            TokenKind::LeftBrace => ExpressionKind::Set(self.list(Self::expression)),
            TokenKind::Or | TokenKind::OrOr => return self.closure(),
            TokenKind::Keyword(keyword) => return self.keyword(keyword),
            _ => return self.no_expression(),
        };
        self.node(start, kind)
    }

    #[inline(never)]
    fn keyword(&mut self, keyword: Keyword) -> Expression {
        let start = self.current().span.start;
        let kind = match keyword {
            Keyword::Nil => self.word(ExpressionKind::Literal(Literal::Nil)),
            Keyword::True => self.word(ExpressionKind::Literal(Literal::Boolean(true))),
            Keyword::False => self.word(ExpressionKind::Literal(Literal::Boolean(false))),
            Keyword::SelfValue => self.word(ExpressionKind::SelfValue),
            Keyword::Super => self.word(ExpressionKind::Super),
            Keyword::Continue => self.word(ExpressionKind::Continue),
            Keyword::Break => {
                self.bump();
                ExpressionKind::Break(self.optional_value())
            }
            Keyword::Return => {
                self.bump();
                ExpressionKind::Return(self.optional_value())
            }
            Keyword::Raise => {
                self.bump();
                ExpressionKind::Raise(Box::new(self.expression()))
            }
            Keyword::Root => {
                self.bump();
                ExpressionKind::Root(Box::new(self.expression()))
            }
            Keyword::Keep => self.keep(),
            Keyword::New => self.new_object(),
            Keyword::Do => {
                self.bump();
                ExpressionKind::Block(self.block("`do`"))
            }
            Keyword::If => self.if_else(),
            Keyword::While => self.while_loop(),
            Keyword::For => self.for_loop(),
            Keyword::Match => self.match_arms(),
            Keyword::Try => self.try_catch(),
            Keyword::Fn => ExpressionKind::Function(Box::new(self.function())),
            Keyword::Class if self.class_follows() => self.class(),
            // The class of classes bears this name, and nothing else can be meant.
            Keyword::Class => self.word(ExpressionKind::Name("class".into())),
            Keyword::Let if !self.current().line_start => return self.misplaced_statement(),
            // Operators of a word, and words that only go on with something.
            Keyword::Not => return self.prefix(),
            Keyword::And
            | Keyword::As
            | Keyword::Catch
            | Keyword::Else
            | Keyword::In
            | Keyword::Let
            | Keyword::Or => {
                return self.no_expression();
            }
        };
        self.node(start, kind)
    }

    fn word(&mut self, kind: ExpressionKind) -> ExpressionKind {
        self.bump();
        kind
    }

    /// The value after `return` or `break`, if one stands on the same line.
    fn optional_value(&mut self) -> Option<Box<Expression>> {
        (self.continues() && self.starts_expression()).then(|| Box::new(self.expression()))
    }

    /// `keep value as name`
    fn keep(&mut self) -> ExpressionKind {
        self.bump();
        let value = Box::new(self.expression());
        let hint = "write `keep value as name`";
        let name = if self.expect(TokenKind::Keyword(Keyword::As), "expected `as`", hint) {
            self.name("a name to keep it under")
        } else {
            Name { span: self.gap(), text: Box::default() }
        };
        ExpressionKind::Keep { value, name }
    }

    /// Something else where an expression should stand.
    #[cold]
    fn no_expression(&mut self) -> Expression {
        let token = self.current();
        if token.kind.is_error() {
            self.bump();
            return self.node(token.span.start, ExpressionKind::Error);
        }
        let message = format!("expected an expression, found {}", self.found());
        let mut diagnostic = Diagnostic::error(codes::EXPECTED_EXPRESSION, self.here(), message);
        if let Some(hint) = self.expression_hint() {
            diagnostic = diagnostic.hint(hint);
        }
        self.report_found(diagnostic);
        let stays = matches!(
            token.kind,
            TokenKind::End
                | TokenKind::Comma
                | TokenKind::Semicolon
                | TokenKind::Colon
                | TokenKind::Assign
                | TokenKind::Arrow
                | TokenKind::Keyword(_)
        );
        if stays || is_closing(token.kind) || (token.line_start && begins_statement(token.kind)) {
            return self.nothing();
        }
        // A sign too many: what it stands before may be the expression.
        while is_infix_only(self.kind()) || self.at(TokenKind::Dot) {
            self.bump();
        }
        if self.continues() && self.starts_operand() {
            self.nested(Self::prefix)
        } else {
            self.node(token.span.start, ExpressionKind::Error)
        }
    }
}
