//! Expressions: everything that is written is one.

use super::{Block, Class, Closure, CodeChunk, FormatPart, Function, Literal, Member, Name, Pattern};
use crate::syntax::Span;

/// An expression and where it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// Where it is written, brackets included.
    pub span: Span,
    /// What it is.
    pub kind: ExpressionKind,
}

/// What an [`Expression`] can be.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpressionKind {
    /// A value written out.
    Literal(Literal),
    /// `name`, in Unicode normal form C: a local, a captured or a global one.
    Name(Box<str>),
    /// `_41OFI3r0S1t03qdB2E`: `_` and 18 base-62 digits, of which the first is 0 to 9.
    Oid(Box<str>),
    /// `_`: the last value of the prompt.
    LastValue,
    /// `self`
    SelfValue,
    /// `super`; stands only as the receiver of a send.
    Super,
    /// `f"text {expression}"`
    FormatString(Vec<FormatPart>),
    /// `#{ … }#`
    CodeChunk(CodeChunk),
    /// `{a, b}`
    Set(Vec<Expression>),
    /// `[a, b]`
    Tuple(Vec<Expression>),
    /// `(e)`
    Parenthesized(Box<Expression>),

    /// `e.name`
    Attribute {
        /// The object.
        receiver: Box<Expression>,
        /// Its attribute.
        attribute: Member,
    },
    /// `e.(expression)`: the attribute is computed.
    ComputedAttribute {
        /// The object.
        receiver: Box<Expression>,
        /// What gives the attribute.
        attribute: Box<Expression>,
    },
    /// `e[i]`
    Component {
        /// The object, vector, tuple, dictionary, ….
        receiver: Box<Expression>,
        /// The index or key.
        index: Box<Expression>,
    },
    /// `e.selector(arguments)` or `e => selector(arguments)`
    Send {
        /// The receiver; `super` is [`ExpressionKind::Super`].
        receiver: Box<Expression>,
        /// The selector.
        selector: Member,
        /// The arguments, in order.
        arguments: Vec<Expression>,
        /// Whether it is written with RefPerSys's `=>`. The meaning is the same.
        arrow: bool,
    },
    /// `f(arguments)`
    Call {
        /// What is called.
        callee: Box<Expression>,
        /// The arguments, in order.
        arguments: Vec<Expression>,
    },

    /// `-e`, `not e`, `!e`
    Unary {
        /// The operator.
        operator: UnaryOperator,
        /// Its operand.
        operand: Box<Expression>,
    },
    /// `a + b`: both operands are evaluated, left first.
    Binary {
        /// The operator.
        operator: BinaryOperator,
        /// Where the operator is written.
        operator_span: Span,
        /// The left operand.
        left: Box<Expression>,
        /// The right operand.
        right: Box<Expression>,
    },
    /// `a and b`, `a || b`: the right operand is evaluated when the left one does not decide.
    Logical {
        /// The operator.
        operator: LogicalOperator,
        /// The left operand.
        left: Box<Expression>,
        /// The right operand.
        right: Box<Expression>,
    },
    /// `a..b`, without its end.
    Range {
        /// The first element.
        start: Box<Expression>,
        /// What comes after the last one.
        end: Box<Expression>,
    },

    /// `target = value`
    Assign {
        /// What is assigned to.
        target: Target,
        /// The value.
        value: Box<Expression>,
    },
    /// `let pattern = value`
    Let {
        /// What is bound; a plain name is [`PatternKind::Bind`](super::PatternKind::Bind).
        pattern: Pattern,
        /// The value.
        value: Box<Expression>,
    },
    /// `new class`, `new class { … }`, `new class [ … ]`
    New(Box<New>),
    /// `keep value as name`
    Keep {
        /// What is kept.
        value: Box<Expression>,
        /// The global name that it gets.
        name: Name,
    },
    /// `root value`: makes an object a root.
    Root(Box<Expression>),
    /// `in space`: from here on, new objects are kept in that space.
    InSpace(Member),

    /// `do { … }`, and the body of a closure in braces.
    Block(Block),
    /// `|a, b| body`
    Closure(Closure),
    /// `fn name(a, b) { … }`
    Function(Box<Function>),
    /// `class name : superclass { … }`
    Class(Box<Class>),

    /// `if condition { … } else { … }`
    If {
        /// The condition.
        condition: Box<Expression>,
        /// What is evaluated when it holds.
        consequence: Block,
        /// The rest, if any: a [`ExpressionKind::Block`] or another [`ExpressionKind::If`].
        alternative: Option<Box<Expression>>,
    },
    /// `while condition { … }`
    While {
        /// The condition.
        condition: Box<Expression>,
        /// The loop's body.
        body: Block,
    },
    /// `for pattern in sequence { … }`
    For {
        /// What each element is bound to.
        pattern: Pattern,
        /// What gives the elements.
        sequence: Box<Expression>,
        /// The loop's body.
        body: Block,
    },
    /// `match subject { pattern => value, … }`
    Match {
        /// What is matched.
        subject: Box<Expression>,
        /// The arms, in order.
        arms: Vec<MatchArm>,
    },
    /// `try { … } catch e { … }`
    Try {
        /// What is tried.
        body: Block,
        /// What is done about an error; none after a syntax error only.
        catch: Option<Box<Catch>>,
    },
    /// `raise value`
    Raise(Box<Expression>),
    /// `return` or `return value`
    Return(Option<Box<Expression>>),
    /// `break` or `break value`
    Break(Option<Box<Expression>>),
    /// `continue`
    Continue,

    /// A syntax error: nothing that could be understood.
    Error,
}

/// `-e`, `not e`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOperator {
    /// `-`
    Negate,
    /// `not`, or `!` which binds tighter
    Not,
}

/// `and`, `or`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogicalOperator {
    /// `and`, `&&`
    And,
    /// `or`, `||`
    Or,
}

/// An operator between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOperator {
    /// `==`
    Equal,
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
    /// `|`: union, or bits
    Union,
    /// `&`: intersection, or bits
    Intersection,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
}

impl BinaryOperator {
    /// Returns the operator as it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Union => "|",
            Self::Intersection => "&",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }

    /// Returns whether the operator compares two values and gives a boolean.
    #[must_use]
    pub const fn is_comparison(self) -> bool {
        matches!(
            self,
            Self::Equal | Self::NotEqual | Self::Less | Self::LessEqual | Self::Greater | Self::GreaterEqual
        )
    }
}

/// What can stand on the left of `=`.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Where it is written.
    pub span: Span,
    /// What it is.
    pub kind: TargetKind,
}

/// What a [`Target`] can be.
#[derive(Clone, Debug, PartialEq)]
pub enum TargetKind {
    /// `name = …`
    Name(Box<str>),
    /// `e.name = …`
    Attribute {
        /// The object.
        receiver: Box<Expression>,
        /// Its attribute.
        attribute: Member,
    },
    /// `e.(expression) = …`
    ComputedAttribute {
        /// The object.
        receiver: Box<Expression>,
        /// What gives the attribute.
        attribute: Box<Expression>,
    },
    /// `e[i] = …`
    Component {
        /// The object.
        receiver: Box<Expression>,
        /// The index or key.
        index: Box<Expression>,
    },
    /// Something that cannot be assigned to, after a diagnostic.
    Error(Box<Expression>),
}

/// `new class …`
#[derive(Clone, Debug, PartialEq)]
pub struct New {
    /// The class: a name, an oid or an expression in parentheses.
    pub class: Expression,
    /// What the new object begins with.
    pub elements: Elements,
}

/// What stands after the class in a [`New`].
#[derive(Clone, Debug, PartialEq)]
pub enum Elements {
    /// Nothing.
    None,
    /// `{ attribute: value, … }`
    Attributes(Vec<Initializer>),
    /// `[a, b]`, or `[]`
    Components(Vec<Expression>),
    /// `[key: value, …]`
    Entries(Vec<(Expression, Expression)>),
}

/// `attribute: value` in a [`New`].
#[derive(Clone, Debug, PartialEq)]
pub struct Initializer {
    /// The attribute.
    pub attribute: Member,
    /// Its first value.
    pub value: Expression,
}

/// `pattern if guard => value`
#[derive(Clone, Debug, PartialEq)]
pub struct MatchArm {
    /// The whole arm.
    pub span: Span,
    /// What the subject must match.
    pub pattern: Pattern,
    /// The condition after `if`.
    pub guard: Option<Expression>,
    /// The value of the arm; braces are [`ExpressionKind::Block`].
    pub body: Expression,
}

/// `catch name { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Catch {
    /// What the error is bound to.
    pub name: Option<Name>,
    /// What is done about it.
    pub body: Block,
}
