//! The stable codes of the diagnostics of this module.
//!
//! A code never changes its meaning and is never used again for another one: scripts and people search for it.

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        $($(#[$doc])* pub const $name: &str = concat!("syntax::", $code);)*

        /// All codes, in the order of the documentation.
        pub const ALL: &[&str] = &[$($name),*];
    };
}

codes! {
    /// The text is larger than [`MAX_TEXT_LEN`](super::lexer::MAX_TEXT_LEN).
    TOO_LARGE = "too-large";
    /// A character that begins no token.
    BAD_CHARACTER = "bad-character";
    /// Warning: a byte order mark at the beginning.
    BYTE_ORDER_MARK = "byte-order-mark";
    /// Warning: lines end in CR LF.
    CARRIAGE_RETURN = "carriage-return";
    /// Warning: an invisible character that changes the direction of text, in a string or comment.
    HIDDEN_CHARACTER = "hidden-character";
    /// A word that begins like a number and is none.
    BAD_NUMBER = "bad-number";
    /// A double beyond the largest one.
    DOUBLE_OVERFLOW = "double-overflow";
    /// A word that begins like an oid and is none.
    BAD_OID = "bad-oid";
    /// A name that begins with `_`.
    BAD_NAME = "bad-name";
    /// Warning: a name that is not in Unicode normal form C.
    NAME_NOT_NORMALIZED = "name-not-normalized";
    /// A string without its closing quote.
    UNCLOSED_STRING = "unclosed-string";
    /// A string in single quotes.
    SINGLE_QUOTES = "single-quotes";
    /// An unknown escape in a string.
    BAD_ESCAPE = "bad-escape";
    /// A `}` in an f-string that closes nothing.
    STRAY_BRACE = "stray-brace";
    /// A code chunk without its `}#`.
    UNCLOSED_CHUNK = "unclosed-chunk";
    /// A `(` without its `)`.
    UNCLOSED_PAREN = "unclosed-paren";
    /// A `[` without its `]`.
    UNCLOSED_BRACKET = "unclosed-bracket";
    /// A `{` without its `}`.
    UNCLOSED_BRACE = "unclosed-brace";
    /// A closing bracket that closes nothing.
    UNEXPECTED_CLOSING = "unexpected-closing";
    /// Something else where an expression should stand.
    EXPECTED_EXPRESSION = "expected-expression";
    /// Something else where a name should stand.
    EXPECTED_NAME = "expected-name";
    /// Something else where a certain word or sign should stand.
    EXPECTED_TOKEN = "expected-token";
    /// Something else where a pattern should stand.
    EXPECTED_PATTERN = "expected-pattern";
    /// Two expressions beside each other.
    MISSING_SEPARATOR = "missing-separator";
    /// An operator of another language.
    UNKNOWN_OPERATOR = "unknown-operator";
    /// A keyword of another language.
    FOREIGN_KEYWORD = "foreign-keyword";
    /// `=` after something that cannot be assigned to.
    BAD_ASSIGNMENT_TARGET = "bad-assignment-target";
    /// `=` in a condition.
    ASSIGNMENT_IN_CONDITION = "assignment-in-condition";
    /// `a < b < c`
    CHAINED_COMPARISON = "chained-comparison";
    /// `a..b..c`
    CHAINED_RANGE = "chained-range";
    /// `let`, `keep`, … within an expression.
    MISPLACED_STATEMENT = "misplaced-statement";
    /// `super` that is not the receiver of a send.
    BARE_SUPER = "bare-super";
    /// A tree deeper than [`MAX_DEPTH`](super::MAX_DEPTH).
    TOO_DEEP = "too-deep";
}
