//! `if`, `while`, `for`, `match`, `try`.

use super::pairs::is_closing;
use super::{Context, Parser};
use crate::syntax::ast::{Catch, Expression, ExpressionKind, MatchArm};
use crate::syntax::token::{Keyword, TokenKind};
use crate::syntax::{Diagnostic, codes};

impl Parser<'_> {
    /// What stands before a block: `{` after `new class` is the block.
    fn before_block(&mut self, assignment: bool) -> Box<Expression> {
        let context = Context { braces: false, assignment, ..self.context };
        Box::new(self.within(context, Self::expression))
    }

    pub(super) fn if_else(&mut self) -> ExpressionKind {
        self.bump();
        let condition = self.before_block(false);
        let consequence = self.block("the condition");
        let alternative = self.alternative().map(Box::new);
        ExpressionKind::If { condition, consequence, alternative }
    }

    /// `else { … }` or `else if …`; `else` may begin a line.
    fn alternative(&mut self) -> Option<Expression> {
        if self.foreign_else_if() {
            return Some(self.nested(|parser| {
                let start = parser.current().span.start;
                let kind = parser.if_else();
                parser.node(start, kind)
            }));
        }
        if !self.eat_keyword(Keyword::Else) {
            return None;
        }
        let start = self.current().span.start;
        Some(self.nested(|parser| {
            let kind = if parser.at_keyword(Keyword::If) {
                parser.if_else()
            } else {
                ExpressionKind::Block(parser.block("`else`"))
            };
            parser.node(start, kind)
        }))
    }

    pub(super) fn while_loop(&mut self) -> ExpressionKind {
        self.bump();
        let condition = self.before_block(false);
        let body = self.block("the condition");
        ExpressionKind::While { condition, body }
    }

    pub(super) fn for_loop(&mut self) -> ExpressionKind {
        self.bump();
        let pattern = self.pattern();
        let hint = "write `for x in sequence { … }`";
        let pattern_only = !self.expect(TokenKind::Keyword(Keyword::In), "expected `in`", hint);
        let other = self.at(TokenKind::Assign) || matches!(self.current_text(), "of" | "on" | "from");
        if pattern_only && other && self.continues() {
            self.bump();
        }
        let missing = self.at(TokenKind::LeftBrace) && pattern_only;
        let sequence = if missing { Box::new(self.nothing()) } else { self.before_block(true) };
        let body = self.block("the sequence");
        ExpressionKind::For { pattern, sequence, body }
    }

    pub(super) fn try_catch(&mut self) -> ExpressionKind {
        self.bump();
        let body = self.block("`try`");
        let hint = "an error is handled by `catch e { … }`";
        let catch = self.expect(TokenKind::Keyword(Keyword::Catch), "expected `catch`", hint).then(|| {
            let named = matches!(self.kind(), TokenKind::Name | TokenKind::QuotedName) && self.continues();
            let name = named.then(|| self.name("a name for the error"));
            Box::new(Catch { name, body: self.block("`catch`") })
        });
        ExpressionKind::Try { body, catch }
    }

    pub(super) fn match_arms(&mut self) -> ExpressionKind {
        self.bump();
        let subject = self.before_block(true);
        if !self.at(TokenKind::LeftBrace) {
            let hint = "write `match value { pattern => result, _ => result }`";
            self.expect(TokenKind::LeftBrace, "expected `{` after the value", hint);
            return ExpressionKind::Match { subject, arms: Vec::new() };
        }
        let opening = self.bump();
        let mut arms = Vec::new();
        self.within(Context::BLOCK, |parser| {
            while !parser.at(TokenKind::End) && !parser.ends_list(opening) {
                if opening.pair.is_none() && parser.leaves_arms() || parser.leaves(opening) {
                    break;
                }
                let before = parser.position;
                arms.push(parser.arm());
                if !parser.eat(TokenKind::Comma) {
                    parser.end_of_arm();
                }
                if parser.position == before {
                    parser.skip();
                }
            }
        });
        self.close(opening);
        ExpressionKind::Match { subject, arms }
    }

    /// Whether a line begins here with a word that begins no pattern: in arms that are not closed, their end.
    fn leaves_arms(&self) -> bool {
        let token = self.current();
        let pattern = matches!(token.kind, TokenKind::Keyword(Keyword::Nil | Keyword::True | Keyword::False));
        token.line_start && matches!(token.kind, TokenKind::Keyword(_)) && !pattern
    }

    fn arm(&mut self) -> MatchArm {
        self.beginning = self.position;
        let pattern = self.pattern();
        let start = pattern.span.start;
        if self.position == self.beginning && !is_closing(self.kind()) {
            // Nothing could be made of it: what follows is no pattern either.
            self.skip();
        }
        let guard = self.eat_keyword(Keyword::If).then(|| {
            let context = Context { arrow: false, assignment: false, ..Context::BLOCK };
            self.within(context, Self::expression)
        });
        let hint = "an arm is written `pattern => value`";
        let body = if !self.arrow_of_arm(hint) {
            self.skip_until(|token| token.line_start || token.kind == TokenKind::Comma);
            self.nothing()
        } else if self.at(TokenKind::LeftBrace) {
            self.nested(Self::bare_block)
        } else {
            self.expression()
        };
        MatchArm { span: self.since(start), pattern, guard, body }
    }

    /// `=>` after a pattern, or what is written for it elsewhere.
    fn arrow_of_arm(&mut self, hint: &str) -> bool {
        let found = self.expect(TokenKind::Arrow, "expected `=>` after the pattern", hint);
        let thin = self.at(TokenKind::Minus) && self.ahead(1).kind == TokenKind::Greater;
        let other = thin || matches!(self.kind(), TokenKind::Assign | TokenKind::Colon);
        if !found && other && self.continues() {
            self.bump();
            if thin {
                self.bump();
            }
            return true;
        }
        found
    }

    /// A line ending or the end of the arms must follow, where there is no comma.
    fn end_of_arm(&mut self) {
        let token = self.current();
        if token.kind == TokenKind::End || is_closing(token.kind) || token.line_start {
            return;
        }
        let message = format!("expected `,` or a new line after the arm, found {}", self.found());
        self.report_found(
            Diagnostic::error(codes::EXPECTED_TOKEN, token.span, message)
                .hint("arms are separated by commas or line endings"),
        );
        self.skip_until(|token| token.line_start || token.kind == TokenKind::Comma);
        self.eat(TokenKind::Comma);
    }
}
