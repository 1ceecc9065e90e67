//! What people write who come from other languages: recognised, reported with what it is here, and understood
//! as it was meant where that is plain.

use super::Parser;
use super::list::begins_operand;
use crate::syntax::ast::{Expression, ExpressionKind};
use crate::syntax::token::{Keyword, TokenKind};
use crate::syntax::{Diagnostic, Span, codes};

/// Operators of other languages, as two operators of ours read them; and what to write.
const OPERATORS: &[(&str, &str)] = &[
    ("++", "write `x = x + 1`"),
    ("--", "write `x = x - 1`"),
    ("+=", "write `x = x + y`"),
    ("-=", "write `x = x - y`"),
    ("*=", "write `x = x * y`"),
    ("/=", "write `x = x / y`"),
    ("%=", "write `x = x % y`"),
    ("&=", "write `x = x & y`"),
    ("|=", "write `x = x | y`"),
    ("&&=", "write `x = x and y`"),
    ("||=", "write `x = x or y`"),
    ("===", "write `==`"),
    ("!==", "write `!=`"),
    ("&&&", "write `and`, or `&` for sets and bits"),
    ("|||", "write `or`, or `|` for sets and bits"),
    ("**", "there is no operator for powers"),
    ("//", "write `/`, which truncates on integers; a comment begins with `#`"),
    ("<<", "there is no operator for shifting bits"),
    (">>", "there is no operator for shifting bits"),
    ("<>", "write `!=`"),
    ("<=>", "compare with `<`, `==` and `>`"),
    ("->", "a closure is written `|x| x + 1`, an arm of `match` with `=>`"),
    ("..=", "a range goes up to its end, without it: write `0..11` for 0 to 10"),
    ("...", "a range is written `a..b`, and goes up to its end, without it"),
];

impl Parser<'_> {
    /// Reports an operator of another language that begins with the one just passed, and passes the rest of it.
    pub(super) fn foreign_operator(&mut self, operator: Span) -> bool {
        if !self.adjacent() {
            return false;
        }
        let whole = operator.to(self.current().span);
        let Some((text, hint)) = OPERATORS.iter().find(|(text, _)| *text == self.source(whole)) else {
            return false;
        };
        // `a--b` is a difference; only without anything behind is it the other thing.
        let next = self.ahead(1);
        if *text == "--" && !next.line_start && next.kind != TokenKind::End && !next.kind.ends_operand() {
            return false;
        }
        self.report_found(
            Diagnostic::error(codes::UNKNOWN_OPERATOR, whole, format!("there is no operator `{text}`"))
                .hint(*hint),
        );
        self.bump();
        true
    }

    /// A definition that begins with a keyword of another language: `var x = 1`, `function f() { … }`.
    pub(super) fn foreign_statement(&mut self) -> Option<Expression> {
        let start = self.current().span.start;
        if self.foreign_function() {
            return Some(self.nested(|parser| {
                let function = Box::new(parser.function());
                parser.node(start, ExpressionKind::Function(function))
            }));
        }
        let next = self.ahead(1);
        let variable =
            self.at(TokenKind::Name) && matches!(self.current_text(), "var" | "const" | "val" | "auto");
        if variable && next.kind == TokenKind::Name && !next.line_start {
            self.foreign_keyword("let");
            return Some(self.nested(Self::let_statement));
        }
        None
    }

    /// Whether a function begins here with a keyword of another language; if so, it is reported.
    pub(super) fn foreign_function(&mut self) -> bool {
        let next = self.ahead(1);
        let found = self.at(TokenKind::Name)
            && matches!(
                self.current_text(),
                "function" | "def" | "func" | "fun" | "defun" | "sub" | "method"
            )
            && next.kind == TokenKind::Name
            && !next.line_start;
        if found {
            self.foreign_keyword("fn");
        }
        found
    }

    /// Whether `elif` or the like stands here; if so, it is reported. A name it is where no condition follows.
    pub(super) fn foreign_else_if(&mut self) -> bool {
        let next = self.ahead(1);
        let condition = match next.kind {
            TokenKind::LeftBracket => false,
            TokenKind::LeftParen => next.pair.is_some_and(|closing| {
                let after = self.tokens.get(closing as usize + 1);
                after.is_some_and(|after| after.kind == TokenKind::LeftBrace && !after.line_start)
            }),
            kind => begins_operand(kind),
        };
        let found = self.at(TokenKind::Name)
            && matches!(self.current_text(), "elif" | "elsif" | "elseif")
            && condition
            && !next.line_start;
        if found {
            self.foreign_keyword("else if");
        }
        found
    }

    /// Whether something else stands where `:` should before a superclass, or nothing at all; if so, it is reported.
    pub(super) fn foreign_colon(&mut self) -> bool {
        let is_name = |kind| matches!(kind, TokenKind::Name | TokenKind::QuotedName | TokenKind::Oid);
        let (token, next) = (self.current(), self.ahead(1));
        let word = token.kind == TokenKind::Less || matches!(self.current_text(), "extends" | "inherits");
        let replaced = word && is_name(next.kind) && !next.line_start;
        let missing = is_name(token.kind) && next.kind == TokenKind::LeftBrace;
        if token.line_start || !replaced && !missing {
            return false;
        }
        self.expect(TokenKind::Colon, "expected `:` or `{`", "write `class name : superclass { … }`");
        if replaced {
            self.bump();
        }
        true
    }

    fn foreign_keyword(&mut self, ours: &str) {
        let message = format!("there is no keyword `{}`", self.current_text());
        self.report_found(
            Diagnostic::error(codes::FOREIGN_KEYWORD, self.current().span, message)
                .hint(format!("write `{ours}`")),
        );
    }

    /// Advice where an expression should have ended.
    pub(super) fn separator_hint(&self) -> &'static str {
        let next = self.ahead(1);
        let before = self.position.checked_sub(1).map(|before| self.tokens[before]);
        let word =
            before.filter(|before| before.kind == TokenKind::Name).map(|before| self.source(before.span));
        match self.kind() {
            TokenKind::Colon if next.kind == TokenKind::Assign => "write `=`",
            TokenKind::Arrow => "a closure is written `|x| x + 1`",
            TokenKind::Keyword(Keyword::Else) => "`else` follows the block of an `if`",
            TokenKind::Keyword(Keyword::As) => "`as` belongs to `keep value as name`",
            TokenKind::LeftBrace => "a block follows `fn`, `|…|`, `if`, `while`, `for`, `try` or `do`",
            _ => match word.unwrap_or_default() {
                "foreach" => "write `for x in sequence { … }`",
                "lambda" => "write `|x| x + 1`",
                "throw" => "write `raise(value)`",
                "import" | "use" | "include" | "require" => {
                    "all that is kept under a name can be used by it; nothing is imported"
                }
                "switch" | "case" => "write `match value { pattern => result }`",
                "unless" => "write `if not condition { … }`",
                "until" => "write `while not condition { … }`",
                _ if word.is_some() && self.starts_argument() => "a call needs parentheses: `f(x)`",
                _ => "put a new line or `;` between two expressions",
            },
        }
    }

    /// Whether the token at the position is a value, so that the name before it may be meant as a function.
    fn starts_argument(&self) -> bool {
        matches!(
            self.kind(),
            TokenKind::String
                | TokenKind::RawString
                | TokenKind::FormatStart
                | TokenKind::Integer
                | TokenKind::Double
        )
    }

    /// Advice where an expression should have begun.
    pub(super) fn expression_hint(&self) -> Option<&'static str> {
        match self.kind() {
            TokenKind::Plus => Some("there is no `+` before a number"),
            TokenKind::Slash if self.ahead(1).kind == TokenKind::Slash => Some("a comment begins with `#`"),
            TokenKind::DotDot => Some("a range has a start: `0..n`"),
            TokenKind::Keyword(Keyword::Else) => Some("`else` follows the block of an `if`"),
            TokenKind::Keyword(Keyword::Catch) => Some("`catch` follows the block of a `try`"),
            TokenKind::Keyword(Keyword::In) => Some("`in` belongs to `for x in sequence { … }`"),
            TokenKind::InterpolationEnd => Some("in an f-string, write `\\{` for a brace"),
            TokenKind::Colon => Some("commands begin with `:`, at the prompt only"),
            _ => None,
        }
    }
}

impl TokenKind {
    /// Whether an operand cannot go on or begin with this token.
    fn ends_operand(self) -> bool {
        matches!(self, Self::Semicolon | Self::Comma) || super::pairs::is_closing(self)
    }
}
