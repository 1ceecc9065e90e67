//! Names, blocks, and what is defined with a body: closures, functions, classes.

use super::Expression;
use crate::syntax::Span;

/// A name where only a name can stand: a variable that is bound, a parameter, the name of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// Where it is written.
    pub span: Span,
    /// The name in Unicode normal form C; empty after a syntax error.
    pub text: Box<str>,
}

/// What names an attribute, a selector, a class or a space: `e.name`, `e._41OFI3r0S1t03qdB2E`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Where it is written.
    pub span: Span,
    /// A name or an oid.
    pub kind: MemberKind,
}

/// How a [`Member`] is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberKind {
    /// By name, in Unicode normal form C.
    Name(Box<str>),
    /// By oid: `_` and 18 base-62 digits.
    Oid(Box<str>),
    /// Not at all: a syntax error.
    Error,
}

/// `{ … }` where a block is expected. Opens a scope.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// From brace to brace.
    pub span: Span,
    /// The expressions, in order; the value of a block is that of the last one, or nil.
    pub statements: Vec<Expression>,
}

/// `|a, b| body`
#[derive(Clone, Debug, PartialEq)]
pub struct Closure {
    /// The parameters, in order.
    pub parameters: Vec<Name>,
    /// The body; a block is [`ExpressionKind::Block`](super::ExpressionKind::Block).
    pub body: Box<Expression>,
}

/// `fn name(a, b) { … }`, with or without a name; also a method of a class; also `native fn name(a: i64) -> i64 { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// From `fn`, or `native`, to the closing brace: the source text of the function.
    pub span: Span,
    /// The types of a native function.
    pub native: Option<Box<NativeTypes>>,
    /// The name; none in an anonymous function. In a class it is the selector.
    pub name: Option<Member>,
    /// The parameters, in order; a method's receiver is not among them.
    pub parameters: Vec<Name>,
    /// The body.
    pub body: Block,
}

/// The types of a native function's parameters and result.
#[derive(Clone, Debug, PartialEq)]
pub struct NativeTypes {
    /// The types of the parameters, in order: as many as there are parameters.
    pub parameters: Vec<TypeName>,
    /// The type of the result.
    pub result: Option<TypeName>,
}

/// `i64`, or `[i64]` of a vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeName {
    /// Where it is written.
    pub span: Span,
    /// The name, of the elements in brackets; empty after a syntax error.
    pub text: Box<str>,
    /// Whether it stands in brackets.
    pub is_vector: bool,
}

impl std::fmt::Display for TypeName {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let TypeName { text, is_vector, .. } = self;
        if *is_vector { write!(out, "[{text}]") } else { out.write_str(text) }
    }
}

/// `class name : superclass { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// The name of the class.
    pub name: Name,
    /// The class after `:`.
    pub superclass: Option<Member>,
    /// The declared attributes, in order.
    pub attributes: Vec<Member>,
    /// The methods, in order.
    pub methods: Vec<Function>,
}
