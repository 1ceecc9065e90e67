//! Tokens: what the lexer cuts a text into.

use super::Span;

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it is written.
    pub span: Span,
}

/// What a [`Token`] is.
///
/// The tokens of an f-string are [`FormatStart`](Self::FormatStart), then texts and interpolations — each of them
/// [`InterpolationStart`](Self::InterpolationStart), the tokens of an expression,
/// [`InterpolationEnd`](Self::InterpolationEnd) —, then [`FormatEnd`](Self::FormatEnd). The two ends are always
/// there: empty where the text lacks them. All other tokens cover at least one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// Spaces and tabs.
    Whitespace,
    /// LF or CR LF: one line ending.
    Newline,
    /// `#` to the end of the line, without the line ending.
    Comment,
    /// A byte order mark at the beginning of the text.
    ByteOrderMark,

    /// `42`, `0xff`, `1_000`
    Integer,
    /// `1.5`, `1e9`
    Double,
    /// `"text"`
    String,
    /// `r"text"`, `r#"text"#`
    RawString,
    /// `#{ … }#`, `#tag{ … }tag#`
    CodeChunk,
    /// `f"`
    FormatStart,
    /// The text within an f-string.
    FormatText,
    /// `{` within an f-string.
    InterpolationStart,
    /// The `}` that ends an interpolation.
    InterpolationEnd,
    /// The `"` that ends an f-string.
    FormatEnd,

    /// `name`
    Name,
    /// `` `name` ``: a name that may also be a keyword.
    QuotedName,
    /// `_` and 18 base-62 digits
    Oid,
    /// `_`
    Underscore,
    /// A reserved word.
    Keyword(Keyword),

    /// `(`
    LeftParen,
    /// `)`
    RightParen,
    /// `[`
    LeftBracket,
    /// `]`
    RightBracket,
    /// `{`
    LeftBrace,
    /// `}`
    RightBrace,
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// `:`
    Colon,
    /// `.`
    Dot,
    /// `..`
    DotDot,
    /// `=>`
    Arrow,
    /// `=`
    Assign,
    /// `==`
    EqualEqual,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Star,
    /// `/`
    Slash,
    /// `%`
    Percent,
    /// `&`
    And,
    /// `&&`
    AndAnd,
    /// `|`
    Or,
    /// `||`
    OrOr,
    /// `!`
    Not,

    /// A word that begins like a number and is none; a diagnostic says why.
    BadNumber,
    /// A word that begins like an oid and is none; a diagnostic says why.
    BadOid,
    /// `'text'`: a string in the wrong quotes; a diagnostic says so.
    SingleQuoted,
    /// Characters that begin no token; a diagnostic says so.
    Unknown,
    /// The end of the text; the parser's, never among the lexer's tokens.
    End,
}

impl TokenKind {
    /// Returns whether the parser passes over the token.
    #[must_use]
    pub const fn is_trivia(self) -> bool {
        matches!(self, Self::Whitespace | Self::Newline | Self::Comment | Self::ByteOrderMark)
    }

    /// Returns whether the lexer has already said what is wrong with the token.
    #[must_use]
    pub const fn is_error(self) -> bool {
        matches!(self, Self::BadNumber | Self::BadOid | Self::SingleQuoted | Self::Unknown)
    }
}

macro_rules! keywords {
    ($($name:ident = $text:literal,)*) => {
        /// A reserved word.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Keyword {
            $(#[doc = concat!("`", $text, "`")] $name,)*
        }

        impl Keyword {
            /// All reserved words.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Returns the word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// Returns the reserved word that `text` is, if it is one.
            #[must_use]
            pub fn from_text(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

keywords! {
    And = "and",
    As = "as",
    Break = "break",
    Catch = "catch",
    Class = "class",
    Continue = "continue",
    Do = "do",
    Else = "else",
    False = "false",
    Fn = "fn",
    For = "for",
    If = "if",
    In = "in",
    Keep = "keep",
    Let = "let",
    Match = "match",
    New = "new",
    Nil = "nil",
    Not = "not",
    Or = "or",
    Raise = "raise",
    Return = "return",
    Root = "root",
    SelfValue = "self",
    Super = "super",
    True = "true",
    Try = "try",
    While = "while",
}
