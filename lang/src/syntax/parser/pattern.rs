//! Patterns.

use super::Parser;
use crate::syntax::ast::{ExpressionKind, Literal, Pattern, PatternKind};
use crate::syntax::token::{Keyword, TokenKind};
use crate::syntax::{Diagnostic, MAX_DEPTH, Span, codes};

impl Parser<'_> {
    /// A pattern, with its alternatives.
    pub(super) fn pattern(&mut self) -> Pattern {
        if self.depth >= MAX_DEPTH {
            self.too_deep();
            return Pattern { span: self.gap(), kind: PatternKind::Error };
        }
        self.depth += 1;
        let first = self.pattern_with_class();
        let start = first.span.start;
        let pattern = if self.at(TokenKind::Or) {
            let mut alternatives = vec![first];
            while self.eat(TokenKind::Or) {
                alternatives.push(self.pattern_with_class());
            }
            Pattern { span: self.since(start), kind: PatternKind::Alternatives(alternatives) }
        } else {
            first
        };
        self.depth -= 1;
        pattern
    }

    /// `pattern: class`
    fn pattern_with_class(&mut self) -> Pattern {
        let pattern = self.single_pattern();
        if !self.at(TokenKind::Colon) || !self.continues() {
            return pattern;
        }
        self.bump();
        let start = pattern.span.start;
        let class = self.member("a class");
        let kind = PatternKind::Instance { pattern: Box::new(pattern), class };
        Pattern { span: self.since(start), kind }
    }

    fn single_pattern(&mut self) -> Pattern {
        let token = self.current();
        let kind = match token.kind {
            TokenKind::Underscore => {
                self.bump();
                PatternKind::Wildcard
            }
            TokenKind::Name | TokenKind::QuotedName => PatternKind::Bind(self.name("a name")),
            TokenKind::Oid => {
                let oid = self.current_text().into();
                self.bump();
                PatternKind::Oid(oid)
            }
            TokenKind::Minus => {
                self.bump();
                if !matches!(self.kind(), TokenKind::Integer | TokenKind::Double) {
                    return self.no_pattern();
                }
                self.number_pattern(true)
            }
            TokenKind::Integer | TokenKind::Double => self.number_pattern(false),
            TokenKind::String | TokenKind::RawString | TokenKind::SingleQuoted => {
                PatternKind::Literal { negative: false, literal: Literal::String(self.string()) }
            }
            TokenKind::Keyword(Keyword::Nil) => self.word_pattern(Literal::Nil),
            TokenKind::Keyword(Keyword::True) => self.word_pattern(Literal::Boolean(true)),
            TokenKind::Keyword(Keyword::False) => self.word_pattern(Literal::Boolean(false)),
            TokenKind::LeftBracket => self.tuple_pattern(),
            _ => return self.no_pattern(),
        };
        Pattern { span: self.since(token.span.start), kind }
    }

    fn number_pattern(&mut self, negative: bool) -> PatternKind {
        match self.number() {
            ExpressionKind::Literal(literal) => PatternKind::Literal { negative, literal },
            _ => PatternKind::Error,
        }
    }

    fn word_pattern(&mut self, literal: Literal) -> PatternKind {
        self.bump();
        PatternKind::Literal { negative: false, literal }
    }

    /// `[a, b]`, `[first, ..rest]`
    fn tuple_pattern(&mut self) -> PatternKind {
        let patterns = self.list(|parser| {
            let start = parser.current().span.start;
            if !parser.eat(TokenKind::DotDot) {
                return parser.pattern();
            }
            let named = matches!(parser.kind(), TokenKind::Name | TokenKind::QuotedName);
            let name = named.then(|| parser.name("a name"));
            Pattern { span: parser.since(start), kind: PatternKind::Rest(name) }
        });
        let mut rests = patterns.iter().filter(|pattern| matches!(pattern.kind, PatternKind::Rest(_)));
        if let (Some(first), Some(second)) = (rests.next(), rests.next()) {
            let (first, second): (Span, Span) = (first.span, second.span);
            self.report(
                Diagnostic::error(codes::EXPECTED_PATTERN, second, "only one `..` can stand in a pattern")
                    .also(first, "the first one"),
            );
        }
        PatternKind::Tuple(patterns)
    }

    fn no_pattern(&mut self) -> Pattern {
        let (span, missing) = (self.here(), self.gap());
        let message = format!("expected a pattern, found {}", self.found());
        self.report_found(Diagnostic::error(codes::EXPECTED_PATTERN, span, message).hint(
            "a pattern is a name, `_`, a literal, `name: class`, `[a, b]`, or several with `|` between",
        ));
        if self.kind().is_error() {
            self.bump();
        }
        Pattern { span: missing, kind: PatternKind::Error }
    }
}
