//! Looking at tokens, moving over them, and saying what is wrong with them.

use super::pairs::{is_closing, pair_brackets};
use super::{Context, Parser};
use crate::syntax::token::{Keyword, TokenKind};
use crate::syntax::{Diagnostic, Lexed, Span, codes};

/// A token as the parser sees it.
#[derive(Clone, Copy)]
pub(super) struct Lexeme {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
    /// Whether a line ending stands before it.
    pub(super) line_start: bool,
    /// How far its line is indented.
    pub(super) indentation: u32,
    /// Of a bracket: the index of the one that belongs to it.
    pub(super) pair: Option<u32>,
}

impl<'text> Parser<'text> {
    /// Makes a parser at the beginning; `by_indentation` as in [`pair_brackets`].
    pub(super) fn new(text: &'text str, lexed: &Lexed, by_indentation: bool) -> Self {
        let mut tokens = lexemes(lexed);
        let brackets_match = pair_brackets(&mut tokens, by_indentation);
        Self {
            text,
            tokens,
            brackets_match,
            by_indentation,
            position: 0,
            diagnostics: Vec::new(),
            context: Context::BLOCK,
            depth: 0,
            height: 0,
            beginning: 0,
            reported_at: None,
            abandoned: false,
            open_end: false,
            invalid: None,
        }
    }

    /// The token at the position; at the end it is the end.
    pub(super) fn current(&self) -> Lexeme {
        self.tokens[self.position]
    }

    pub(super) fn kind(&self) -> TokenKind {
        self.current().kind
    }

    /// The token `distance` after the position.
    pub(super) fn ahead(&self, distance: usize) -> Lexeme {
        self.tokens[(self.position + distance).min(self.tokens.len() - 1)]
    }

    pub(super) fn at(&self, kind: TokenKind) -> bool {
        self.kind() == kind
    }

    pub(super) fn at_keyword(&self, keyword: Keyword) -> bool {
        self.kind() == TokenKind::Keyword(keyword)
    }

    /// Whether the token at the position can go on with the expression before it: it stands on the same line, or
    /// lines do not count.
    pub(super) fn continues(&self) -> bool {
        !(self.context.lines && self.current().line_start)
    }

    /// Whether the token at the position follows the one before it without a space.
    pub(super) fn adjacent(&self) -> bool {
        self.position > 0 && self.tokens[self.position - 1].span.end == self.current().span.start
    }

    pub(super) fn source(&self, span: Span) -> &'text str {
        span.text(self.text)
    }

    /// The text of the token at the position.
    pub(super) fn current_text(&self) -> &'text str {
        self.source(self.current().span)
    }

    /// Moves on, but not beyond the end. Returns the token moved over.
    pub(super) fn bump(&mut self) -> Lexeme {
        let token = self.current();
        if token.kind != TokenKind::End {
            self.position += 1;
        }
        token
    }

    pub(super) fn eat(&mut self, kind: TokenKind) -> bool {
        let found = self.at(kind);
        if found {
            self.bump();
        }
        found
    }

    pub(super) fn eat_keyword(&mut self, keyword: Keyword) -> bool {
        self.eat(TokenKind::Keyword(keyword))
    }

    /// Moves over a token, and if it opens a bracket that is closed, over all that is in it.
    pub(super) fn skip(&mut self) {
        let token = self.bump();
        if let Some(pair) = token.pair.map(|pair| pair as usize).filter(|&pair| pair >= self.position) {
            self.position = pair + 1;
        }
    }

    /// Moves on to a token for which `stop` holds, a bracket that closes what is open, or the end.
    pub(super) fn skip_until(&mut self, stop: impl Fn(&Lexeme) -> bool) {
        loop {
            let token = self.current();
            let closes = is_closing(token.kind) && token.pair.is_some();
            if token.kind == TokenKind::End || closes || stop(&token) {
                return;
            }
            self.skip();
        }
    }

    /// The span from `start` to the end of the token before the position.
    pub(super) fn since(&self, start: u32) -> Span {
        let end = self.position.checked_sub(1).map_or(0, |last| self.tokens[last].span.end);
        Span::new(start.min(end), end)
    }

    /// Whether the token at the position is the first one of a line, and something before it should have gone on.
    fn after_line_end(&self) -> bool {
        self.current().line_start && self.position != self.beginning
    }

    /// Whether a line begins here that does not stand in `opening`, which is not closed, as its indentation says.
    pub(super) fn leaves(&self, opening: Lexeme) -> bool {
        let token = self.current();
        self.by_indentation
            && opening.pair.is_none()
            && token.line_start
            && token.indentation <= opening.indentation
    }

    /// Where something is missing: at the token at the position, or after the one before it if a line ends there.
    pub(super) fn here(&self) -> Span {
        let token = self.current();
        if token.kind == TokenKind::End || self.after_line_end() { self.gap() } else { token.span }
    }

    /// The token at the position as a message names it.
    pub(super) fn found(&self) -> String {
        let token = self.current();
        match token.kind {
            TokenKind::End => "the end of the text".to_owned(),
            _ if self.after_line_end() && self.context.lines => "the end of the line".to_owned(),
            TokenKind::String | TokenKind::RawString | TokenKind::FormatStart => "a string".to_owned(),
            TokenKind::CodeChunk => "a code chunk".to_owned(),
            TokenKind::InterpolationEnd => "`}`".to_owned(),
            TokenKind::FormatEnd | TokenKind::FormatText => "the end of the interpolation".to_owned(),
            _ => format!("`{}`", self.current_text()),
        }
    }

    /// Reports an error at any place.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        if self.abandoned {
            return;
        }
        let start = diagnostic.primary.span.start;
        self.invalid = Some(self.invalid.map_or(start, |invalid| invalid.min(start)));
        self.diagnostics.push(diagnostic);
    }

    /// Reports that the token at the position is not what should stand there; once for each token, and not for
    /// one of which the lexer has already said that it is wrong. What is missing at the end of the text may come.
    pub(super) fn report_found(&mut self, diagnostic: Diagnostic) {
        if self.abandoned || self.reported_at.replace(self.position) == Some(self.position) {
            return;
        }
        match self.kind() {
            TokenKind::End => {
                self.open_end = true;
                self.diagnostics.push(diagnostic);
            }
            kind if kind.is_error() => {}
            _ => self.report(diagnostic),
        }
    }

    /// Moves over `kind`, or reports that it is missing. `message` says what it is wanted for.
    pub(super) fn expect(&mut self, kind: TokenKind, message: &str, hint: &str) -> bool {
        let found = self.eat(kind);
        if !found {
            self.missing_token(message, hint);
        }
        found
    }

    #[cold]
    fn missing_token(&mut self, message: &str, hint: &str) {
        let text = format!("{message}, found {}", self.found());
        self.report_found(Diagnostic::error(codes::EXPECTED_TOKEN, self.here(), text).hint(hint));
    }
}

/// The tokens that are no trivia, and an end.
fn lexemes(lexed: &Lexed) -> Vec<Lexeme> {
    let mut lexemes = Vec::with_capacity(lexed.tokens.len() / 2 + 1);
    let mut line_start = true;
    let (mut line_begin, mut indentation) = (0, 0);
    for token in &lexed.tokens {
        let (kind, span) = (token.kind, token.span);
        if kind.is_trivia() {
            line_start |= kind == TokenKind::Newline;
            if matches!(kind, TokenKind::Newline | TokenKind::ByteOrderMark) {
                line_begin = span.end;
            }
        } else {
            if line_start {
                indentation = span.start - line_begin;
            }
            lexemes.push(Lexeme { kind, span, line_start, indentation, pair: None });
            line_start = false;
        }
    }
    let span = Span::at(lexed.tokens.last().map_or(0, |token| token.span.end));
    lexemes.push(Lexeme { kind: TokenKind::End, span, line_start: true, indentation: 0, pair: None });
    lexemes
}
