//! The parser: tokens to tree. Recursive descent, with precedence climbing for the operators.
//!
//! It never fails: what it does not understand becomes an error node and a diagnostic, and it goes on — at the
//! next comma or closing bracket within brackets, at the next line or `;` outside. Which bracket belongs to
//! which is settled beforehand (`pairs`), so that one that is missing does not confuse the rest.
//!
//! Read `pairs` and `cursor` (looking at tokens, reporting), then `statement`, `operator`, `postfix`, `atom` and `literal`
//! (from loose to tight), then `list` (what stands in brackets), `new`, `control`, `definition` and `pattern`;
//! `slip` knows what people write who come from other languages.

mod atom;
mod control;
mod cursor;
mod definition;
mod list;
mod literal;
mod new;
mod operator;
mod pairs;
mod pattern;
mod postfix;
mod slip;
mod statement;

use super::ast::{Expression, ExpressionKind, Program};
use super::completeness::Completeness;
use super::lexer::{Lexed, lex};
use super::{Diagnostic, MAX_DEPTH, Span, codes};
use cursor::Lexeme;

/// What the parser makes of a text.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The tree; with error nodes where there are diagnostics of severity error.
    pub program: Program,
    /// What is wrong, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether the text is a program, or could become one if it went on.
    pub completeness: Completeness,
}

impl Parsed {
    /// Returns whether the text is no program: whether there is a diagnostic of severity error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Parses `text`, a whole program or what was entered at the prompt.
///
/// ```
/// let parsed = rps_lang::syntax::parse("1 + 2 * 3");
/// assert!(!parsed.has_errors());
/// assert_eq!(rps_lang::syntax::ast::sexpr::to_sexpr(&parsed.program, false), "(+ 1 (* 2 3))\n");
/// ```
#[must_use]
pub fn parse(text: &str) -> Parsed {
    parse_tokens(text, lex(text))
}

/// Parses the tokens of `text`.
#[must_use]
pub fn parse_tokens(text: &str, lexed: Lexed) -> Parsed {
    let mut parser = Parser::new(text, &lexed, false);
    let mut statements = parser.program();
    let mut better = None;
    if !parser.brackets_match {
        // What is missing where can be told from the indentation, if that leaves less to be said.
        let mut other = Parser::new(text, &lexed, true);
        let understood = other.program();
        if other.diagnostics.len() <= parser.diagnostics.len() {
            statements = understood;
            better = Some(other.diagnostics);
        }
    }
    // Whether the text could go on is not a matter of indentation.
    let open_end = parser.open_end;
    let mut invalid = parser.invalid;
    let mut diagnostics = better.unwrap_or(parser.diagnostics);
    for diagnostic in lexed.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()) {
        let start = diagnostic.primary.span.start;
        if Some(start) != lexed.unclosed {
            invalid = Some(invalid.map_or(start, |invalid| invalid.min(start)));
        }
    }
    let completeness = match (lexed.unclosed, invalid) {
        // What follows an unclosed string was read as code, and what is said about it does not count.
        (Some(unclosed), Some(invalid)) if invalid < unclosed => Completeness::Invalid,
        (Some(_), _) => Completeness::Incomplete,
        (None, Some(_)) => Completeness::Invalid,
        (None, None) if open_end => Completeness::Incomplete,
        (None, None) => Completeness::Complete,
    };
    diagnostics.extend(lexed.diagnostics);
    diagnostics.sort_by_key(|diagnostic| diagnostic.primary.span.start);
    let end = lexed.tokens.last().map_or(0, |token| token.span.end);
    Parsed { program: Program { span: Span::new(0, end), statements }, diagnostics, completeness }
}

struct Parser<'text> {
    text: &'text str,
    /// The tokens that are no trivia, and an end.
    tokens: Vec<Lexeme>,
    /// Whether every bracket has its other one.
    brackets_match: bool,
    /// Whether the end of what is not closed is guessed from the indentation.
    by_indentation: bool,
    position: usize,
    diagnostics: Vec<Diagnostic>,
    context: Context,
    /// How many nodes lie above what is being parsed.
    depth: u32,
    /// How many nodes lie below what has been parsed within the innermost [`Parser::nested`].
    height: u32,
    /// The token with which the innermost statement, element, arm or class member begins.
    beginning: usize,
    /// The token at which an error was reported last: one error a place is enough.
    reported_at: Option<usize>,
    /// Whether the rest of the text has been given up.
    abandoned: bool,
    /// Whether something was missing at the end of the text.
    open_end: bool,
    /// The first place of an error that is not of that kind.
    invalid: Option<u32>,
}

/// What surrounds an expression, as far as it changes what may stand in it.
#[derive(Clone, Copy)]
struct Context {
    /// Whether a line ending ends an expression.
    lines: bool,
    /// Whether `{` after `new class` belongs to it; not where a block follows.
    braces: bool,
    /// Whether `=` assigns; not in a condition.
    assignment: bool,
    /// Whether `=>` sends; not where it ends a pattern's guard.
    arrow: bool,
}

impl Context {
    const BLOCK: Self = Self { lines: true, braces: true, assignment: true, arrow: true };
    const BRACKETS: Self = Self { lines: false, ..Self::BLOCK };
}

impl Parser<'_> {
    /// Parses what lies a level deeper in the tree, unless that would be too deep.
    fn nested(&mut self, parse: impl FnOnce(&mut Self) -> Expression) -> Expression {
        if self.depth >= MAX_DEPTH {
            self.too_deep();
            return self.nothing();
        }
        self.depth += 1;
        let siblings = std::mem::take(&mut self.height);
        let expression = parse(self);
        self.depth -= 1;
        self.height = siblings.max(self.height + 1);
        expression
    }

    /// Notes that what has been parsed goes below a new node, as in `a.b.c` or `1 + 2 + 3`. Returns whether the
    /// tree is not too deep with it.
    fn grow(&mut self) -> bool {
        self.height += 1;
        let fits = self.depth + self.height <= MAX_DEPTH;
        if !fits {
            self.too_deep();
        }
        fits
    }

    /// Gives up: a text that is nested so deeply was not written by a person, and nothing in it can be relied upon.
    #[cold]
    fn too_deep(&mut self) {
        self.report(
            Diagnostic::error(
                codes::TOO_DEEP,
                self.here(),
                format!("this is nested more than {MAX_DEPTH} levels deep"),
            )
            .label("too deep from here on")
            .hint("name parts of it with `let`"),
        );
        self.abandoned = true;
        self.position = self.tokens.len() - 1;
    }

    /// Parses in another context.
    fn within<T>(&mut self, context: Context, parse: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.context, context);
        let result = parse(self);
        self.context = outer;
        result
    }

    /// Makes a node that reaches from `start` to the last token.
    fn node(&self, start: u32, kind: ExpressionKind) -> Expression {
        Expression { span: self.since(start), kind }
    }

    /// Makes an error node that covers nothing.
    fn nothing(&self) -> Expression {
        Expression { span: self.gap(), kind: ExpressionKind::Error }
    }

    /// The place after the last token: where what is missing would be.
    fn gap(&self) -> Span {
        Span::at(self.since(u32::MAX).end)
    }
}
