//! Sequences of expressions: programs and blocks; and what stands in them only: `let`, `in`.

use super::cursor::Lexeme;
use super::pairs::is_closing;
use super::{Context, Parser};
use crate::syntax::ast::{Block, Expression, ExpressionKind};
use crate::syntax::token::{Keyword, TokenKind};
use crate::syntax::{Diagnostic, Span, codes};

impl Parser<'_> {
    pub(super) fn program(&mut self) -> Vec<Expression> {
        let mut statements = Vec::new();
        loop {
            self.sequence(None, &mut statements);
            if self.at(TokenKind::End) {
                return statements;
            }
            self.stray_closing();
        }
    }

    /// `{ … }`; `after` says what it belongs to. Without a brace, what stands on the same line is the block.
    pub(super) fn block(&mut self, after: &str) -> Block {
        if self.at(TokenKind::LeftBrace) {
            return self.braced();
        }
        self.block_without_brace(after)
    }

    #[cold]
    fn block_without_brace(&mut self, after: &str) -> Block {
        let start = self.here().start;
        let message = format!("expected `{{` after {after}, found {}", self.found());
        self.report_found(
            Diagnostic::error(codes::EXPECTED_TOKEN, self.here(), message).hint("write a block: `{ … }`"),
        );
        let mut statements = Vec::new();
        // `if a: b` and `if a then b` come from elsewhere; the block is what follows.
        if self.continues() && (self.at(TokenKind::Colon) || self.current_text() == "then") {
            self.bump();
        }
        if !self.current().line_start && self.starts_expression() {
            statements.push(self.within(Context::BLOCK, Self::statement));
        }
        let start = start.min(self.gap().end);
        Block { span: self.since(start), statements }
    }

    /// A block, at its brace.
    pub(super) fn braced(&mut self) -> Block {
        let opening = self.bump();
        let statements = self.within(Context::BLOCK, |parser| {
            let mut statements = Vec::new();
            parser.sequence(Some(opening), &mut statements);
            while parser.at_stray_closing(opening.pair) {
                parser.stray_closing();
                parser.sequence(Some(opening), &mut statements);
            }
            statements
        });
        self.close(opening);
        Block { span: self.since(opening.span.start), statements }
    }

    /// A block as an expression, at its brace.
    pub(super) fn bare_block(&mut self) -> Expression {
        let block = self.braced();
        Expression { span: block.span, kind: ExpressionKind::Block(block) }
    }

    /// Expressions separated by line endings or `;`, up to a bracket that closes, or the end of the block that
    /// `opening` opens.
    fn sequence(&mut self, opening: Option<Lexeme>, statements: &mut Vec<Expression>) {
        // Whether two expressions beside each other have been reported on this line: once is enough.
        let mut reported = false;
        loop {
            while self.eat(TokenKind::Semicolon) {}
            let left = opening.is_some_and(|opening| self.leaves(opening));
            if self.at(TokenKind::End) || is_closing(self.kind()) || left {
                return;
            }
            let before = self.position;
            self.beginning = before;
            reported &= !self.current().line_start;
            statements.push(self.statement());
            if self.position == before {
                // Nothing could be made of it, and that has been reported.
                self.skip();
                reported = true;
            }
            reported |= self.separator(reported);
            if reported && self.at(TokenKind::LeftBrace) && !self.current().line_start {
                // What the brace should have followed has been spoilt: a block, rather than a set.
                statements.push(self.nested(Self::bare_block));
                self.separator(reported);
            }
        }
    }

    pub(super) fn statement(&mut self) -> Expression {
        if let Some(expression) = self.foreign_statement() {
            return expression;
        }
        match self.kind() {
            TokenKind::Keyword(Keyword::Let) => self.nested(Self::let_statement),
            TokenKind::Keyword(Keyword::In) => self.in_space(),
            _ => self.expression(),
        }
    }

    /// A line ending, `;`, or the end of the block must follow. Returns whether none does.
    fn separator(&mut self, reported: bool) -> bool {
        let token = self.current();
        let ends = token.kind == TokenKind::End || is_closing(token.kind);
        if ends || token.line_start || token.kind == TokenKind::Semicolon {
            return false;
        }
        if !reported && !self.tokens[self.position.saturating_sub(1)].kind.is_error() {
            self.missing_separator();
        }
        if !self.starts_expression() {
            self.skip_until(|token| token.line_start || token.kind == TokenKind::Semicolon);
        }
        true
    }

    #[cold]
    fn missing_separator(&mut self) {
        let message = format!("expected a new line or `;`, found {}", self.found());
        let hint = self.separator_hint();
        let span = self.current().span;
        self.report_found(Diagnostic::error(codes::MISSING_SEPARATOR, span, message).hint(hint));
    }

    /// Whether a bracket stands here that closes nothing, within a block whose own bracket has the index `own`.
    fn at_stray_closing(&self, own: Option<u32>) -> bool {
        // A block that is not closed at all takes a wrong bracket for its own.
        is_closing(self.kind()) && self.current().pair.is_none() && own.is_some()
    }

    #[cold]
    pub(super) fn stray_closing(&mut self) {
        let token = self.current();
        let message = format!("{} closes nothing", self.found_text());
        self.report_found(
            Diagnostic::error(codes::UNEXPECTED_CLOSING, token.span, message).hint("delete it"),
        );
        self.bump();
    }

    fn found_text(&self) -> String {
        format!("`{}`", self.current_text())
    }

    /// `let pattern = value`
    pub(super) fn let_statement(&mut self) -> Expression {
        let start = self.bump().span.start;
        let pattern = self.pattern();
        let value = if self.at(TokenKind::EqualEqual) {
            self.expect(TokenKind::Assign, "expected `=`", "`==` compares; write `=`");
            self.bump();
            self.expression()
        } else if self.expect(TokenKind::Assign, "expected `=`", "a variable needs a value: `let name = nil`")
        {
            self.expression()
        } else {
            self.nothing()
        };
        self.node(start, ExpressionKind::Let { pattern, value: Box::new(value) })
    }

    /// `in space`
    pub(super) fn in_space(&mut self) -> Expression {
        let start = self.bump().span.start;
        let space = self.member("the name of a space");
        self.node(start, ExpressionKind::InSpace(space))
    }

    /// `let` or `in` where only an expression can stand.
    pub(super) fn misplaced_statement(&mut self) -> Expression {
        let word = self.found_text();
        let message = format!("{word} stands within an expression");
        let keyword: Span = self.current().span;
        self.report_found(
            Diagnostic::error(codes::MISPLACED_STATEMENT, keyword, message)
                .hint("put it on a line of its own, or into a block: `do { … }`"),
        );
        self.nested(Self::statement)
    }
}
