//! What stands in brackets: elements separated by commas, and the bracket that closes.

use super::cursor::Lexeme;
use super::pairs::{closing_of, is_closing};
use super::{Context, Parser};
use crate::syntax::ast::Expression;
use crate::syntax::token::{Keyword, TokenKind};
use crate::syntax::{Diagnostic, Span, codes};

impl Parser<'_> {
    /// `(a, b)` after what is called.
    pub(super) fn arguments(&mut self) -> Vec<Expression> {
        self.list(Self::expression)
    }

    /// `(e)`: exactly one expression, at its parenthesis.
    pub(super) fn in_parentheses(&mut self) -> Expression {
        let opening = self.bump();
        let inner = self.within(Context::BRACKETS, Self::expression);
        if !self.at(TokenKind::RightParen) && opening.pair.is_some() {
            self.too_much_in_parentheses(opening);
        }
        self.close(opening);
        inner
    }

    #[cold]
    fn too_much_in_parentheses(&mut self, opening: Lexeme) {
        let message = format!("expected `)`, found {}", self.found());
        let diagnostic =
            Diagnostic::error(codes::EXPECTED_TOKEN, self.here(), message).also(opening.span, "opened here");
        let comma = self.at(TokenKind::Comma);
        self.report_found(if comma { diagnostic.hint("a tuple is written `[a, b]`") } else { diagnostic });
        self.skip_to(opening.pair);
    }

    /// The elements of a bracket, at the bracket: separated by commas, of which one may stand at the end.
    pub(super) fn list<T>(&mut self, mut element: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let opening = self.bump();
        let elements = self.within(Context::BRACKETS, |parser| parser.elements(opening, &mut element));
        self.close(opening);
        elements
    }

    fn elements<T>(&mut self, opening: Lexeme, element: &mut impl FnMut(&mut Self) -> T) -> Vec<T> {
        let closed = opening.pair.is_some();
        let mut elements = Vec::new();
        loop {
            let token = self.current();
            if token.kind == TokenKind::End || self.ends_list(opening) {
                break;
            }
            // The bracket is not closed, and here something else begins.
            if !closed && token.line_start && begins_statement(token.kind) || self.leaves(opening) {
                break;
            }
            let before = self.position;
            self.beginning = before;
            elements.push(element(self));
            if self.eat(TokenKind::Comma) {
                continue;
            }
            if self.at(TokenKind::End) || self.ends_list(opening) || !closed {
                break;
            }
            self.missing_comma(opening);
            if self.position == before && !is_closing(self.kind()) {
                self.skip();
            }
            if !self.starts_operand() {
                self.skip_until(|token| token.kind == TokenKind::Comma);
            }
            self.eat(TokenKind::Comma);
            if self.position == before {
                break;
            }
        }
        elements
    }

    /// Whether the bracket, or one around it, closes here. One that closes nothing is passed over.
    pub(super) fn ends_list(&mut self, opening: Lexeme) -> bool {
        while is_closing(self.kind()) && self.current().pair.is_none() && opening.pair.is_some() {
            self.stray_closing();
        }
        is_closing(self.kind())
    }

    #[cold]
    fn missing_comma(&mut self, opening: Lexeme) {
        let Some(closing) = closing_of(opening.kind) else { return };
        let message = format!("expected `,` or `{}`, found {}", sign(closing), self.found());
        let mut diagnostic =
            Diagnostic::error(codes::EXPECTED_TOKEN, self.here(), message).also(opening.span, "opened here");
        if self.at(TokenKind::Colon) {
            diagnostic = diagnostic.hint("a dictionary is written `new dict [key: value]`");
        }
        self.report_found(diagnostic);
    }

    /// The bracket that closes `opening`, or the report that it is missing.
    pub(super) fn close(&mut self, opening: Lexeme) {
        let Some(closing) = closing_of(opening.kind) else { return };
        if opening.pair.is_some_and(|pair| pair as usize == self.position) {
            self.bump();
            return;
        }
        if opening.pair.is_some() {
            // Something within went wrong and has been reported.
            self.skip_to(opening.pair);
            self.close_silently(opening);
            return;
        }
        self.unclosed(opening, closing);
    }

    #[cold]
    fn unclosed(&mut self, opening: Lexeme, closing: TokenKind) {
        let (code, name) = match opening.kind {
            TokenKind::LeftParen => (codes::UNCLOSED_PAREN, "parenthesis"),
            TokenKind::LeftBracket => (codes::UNCLOSED_BRACKET, "bracket"),
            _ => (codes::UNCLOSED_BRACE, "brace"),
        };
        let place = self.here();
        let place = if place.is_empty() { self.last_character() } else { place };
        let wrong = is_closing(self.kind()) && self.current().pair.is_none();
        let also = if wrong { "closed with this" } else { "missing here" };
        self.report_found(
            Diagnostic::error(code, opening.span, format!("this {name} is not closed"))
                .label("opened here")
                .also(place, also)
                .hint(format!("close it with `{}`", sign(closing))),
        );
        if wrong {
            self.bump();
        }
    }

    fn close_silently(&mut self, opening: Lexeme) {
        if opening.pair.is_some_and(|pair| pair as usize == self.position) {
            self.bump();
        }
    }

    /// Moves on to the bracket with index `pair`, if it lies ahead.
    pub(super) fn skip_to(&mut self, pair: Option<u32>) {
        if let Some(pair) = pair.map(|pair| pair as usize).filter(|&pair| pair > self.position) {
            self.position = pair;
        }
    }

    /// The span of the last character before the position: something to point at where nothing is.
    fn last_character(&self) -> Span {
        let end = self.gap().end;
        let before = self.source(Span::new(0, end));
        let length = before.chars().next_back().map_or(0, char::len_utf8);
        Span::new(end - u32::try_from(length).unwrap_or(0), end)
    }

    /// Whether the token at the position can begin an expression.
    pub(super) fn starts_expression(&self) -> bool {
        self.starts_operand() || matches!(self.kind(), TokenKind::Minus | TokenKind::Or | TokenKind::OrOr)
    }

    /// Whether the token at the position can begin an expression, and cannot be an operator within one.
    pub(super) fn starts_operand(&self) -> bool {
        begins_operand(self.kind())
    }
}

/// Whether a token can begin an expression, and cannot be an operator within one.
pub(super) fn begins_operand(kind: TokenKind) -> bool {
    match kind {
        TokenKind::Integer
        | TokenKind::Double
        | TokenKind::String
        | TokenKind::RawString
        | TokenKind::CodeChunk
        | TokenKind::FormatStart
        | TokenKind::Name
        | TokenKind::QuotedName
        | TokenKind::Oid
        | TokenKind::Underscore
        | TokenKind::LeftParen
        | TokenKind::LeftBracket
        | TokenKind::LeftBrace
        | TokenKind::Not
        | TokenKind::BadNumber
        | TokenKind::BadOid
        | TokenKind::SingleQuoted
        | TokenKind::Unknown => true,
        TokenKind::Keyword(keyword) => !matches!(
            keyword,
            Keyword::And | Keyword::Or | Keyword::As | Keyword::Catch | Keyword::Else | Keyword::In
        ),
        _ => false,
    }
}

/// Whether a token at the beginning of a line begins something that does not stand in brackets.
pub(super) fn begins_statement(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Keyword(Keyword::Let | Keyword::Class | Keyword::Keep | Keyword::In))
}

fn sign(closing: TokenKind) -> &'static str {
    match closing {
        TokenKind::RightParen => ")",
        TokenKind::RightBracket => "]",
        _ => "}",
    }
}
