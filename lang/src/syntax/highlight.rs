//! Classes of tokens, for colouring a line while it is being typed.

use super::token::{Keyword, TokenKind};
use super::{Span, lex};

/// What a piece of text is, as far as its colour is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenClass {
    /// A reserved word.
    Keyword,
    /// An integer or a double.
    Number,
    /// A string, or the text and quotes of an f-string.
    String,
    /// The braces of an interpolation.
    Interpolation,
    /// A code chunk.
    CodeChunk,
    /// An oid, or `_`.
    Oid,
    /// A name.
    Name,
    /// A comment.
    Comment,
    /// An operator.
    Operator,
    /// A bracket, comma or semicolon.
    Delimiter,
    /// White space and line endings.
    Whitespace,
    /// Something that is no token.
    Error,
}

/// Cuts `text` into pieces of one class each, which follow each other and cover it.
#[must_use]
pub fn highlight(text: &str) -> Vec<(Span, TokenClass)> {
    let tokens = lex(text).tokens;
    let mut pieces: Vec<(Span, TokenClass)> = Vec::with_capacity(tokens.len());
    for token in tokens.into_iter().filter(|token| !token.span.is_empty()) {
        if token.kind == TokenKind::Keyword(Keyword::Fn)
            && let [.., (native, class @ TokenClass::Name), (space, TokenClass::Whitespace)] = &mut pieces[..]
            && native.text(text) == "native"
            && !space.text(text).contains('\n')
        {
            // A keyword here and nowhere else.
            *class = TokenClass::Keyword;
        }
        pieces.push((token.span, class_of(token.kind)));
    }
    pieces
}

fn class_of(kind: TokenKind) -> TokenClass {
    match kind {
        TokenKind::Whitespace | TokenKind::Newline | TokenKind::ByteOrderMark => TokenClass::Whitespace,
        TokenKind::Comment => TokenClass::Comment,
        TokenKind::Integer | TokenKind::Double => TokenClass::Number,
        TokenKind::String
        | TokenKind::RawString
        | TokenKind::FormatStart
        | TokenKind::FormatText
        | TokenKind::FormatEnd => TokenClass::String,
        TokenKind::InterpolationStart | TokenKind::InterpolationEnd => TokenClass::Interpolation,
        TokenKind::CodeChunk => TokenClass::CodeChunk,
        TokenKind::Oid | TokenKind::Underscore => TokenClass::Oid,
        TokenKind::Name | TokenKind::QuotedName => TokenClass::Name,
        TokenKind::Keyword(_) => TokenClass::Keyword,
        TokenKind::LeftParen
        | TokenKind::RightParen
        | TokenKind::LeftBracket
        | TokenKind::RightBracket
        | TokenKind::LeftBrace
        | TokenKind::RightBrace
        | TokenKind::Comma
        | TokenKind::Semicolon => TokenClass::Delimiter,
        TokenKind::BadNumber | TokenKind::BadOid | TokenKind::SingleQuoted | TokenKind::Unknown => {
            TokenClass::Error
        }
        _ => TokenClass::Operator,
    }
}
