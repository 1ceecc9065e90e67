//! Visiting a tree.
//!
//! [`children`] gives what stands directly below an expression; a visitor that is not interested in a kind of
//! node goes on with it. Names and members are leaves of the node that holds them and are not visited.

use super::{
    Block, Elements, Expression, ExpressionKind, FormatPart, Pattern, PatternKind, Target, TargetKind,
};

/// A node below an expression.
#[derive(Clone, Copy, Debug)]
pub enum Node<'tree> {
    /// An expression.
    Expression(&'tree Expression),
    /// The pattern of a `let`, `for` or match arm.
    Pattern(&'tree Pattern),
}

/// Calls `visit` for each node directly below `expression`, in the order of the text.
///
/// The statements of a block count as directly below the expression that owns the block; of a class it is the
/// bodies of its methods.
pub fn children<'tree>(expression: &'tree Expression, visit: &mut dyn FnMut(Node<'tree>)) {
    use ExpressionKind as Kind;
    match &expression.kind {
        Kind::Literal(_)
        | Kind::Name(_)
        | Kind::Oid(_)
        | Kind::LastValue
        | Kind::SelfValue
        | Kind::Super
        | Kind::CodeChunk(_)
        | Kind::InSpace(_)
        | Kind::Continue
        | Kind::Error => {}
        Kind::FormatString(parts) => {
            for part in parts {
                if let FormatPart::Value(value) = part {
                    visit(Node::Expression(value));
                }
            }
        }
        Kind::Set(elements) | Kind::Tuple(elements) => all(elements, visit),
        Kind::Parenthesized(inner) | Kind::Root(inner) | Kind::Raise(inner) => visit(Node::Expression(inner)),
        Kind::Attribute { receiver, .. } => visit(Node::Expression(receiver)),
        Kind::ComputedAttribute { receiver, attribute } => pair(receiver, attribute, visit),
        Kind::Component { receiver, index } => pair(receiver, index, visit),
        Kind::Send { receiver, arguments, .. } => {
            visit(Node::Expression(receiver));
            all(arguments, visit);
        }
        Kind::Call { callee, arguments } => {
            visit(Node::Expression(callee));
            all(arguments, visit);
        }
        Kind::Unary { operand, .. } => visit(Node::Expression(operand)),
        Kind::Binary { left, right, .. } | Kind::Logical { left, right, .. } => pair(left, right, visit),
        Kind::Range { start, end } => pair(start, end, visit),
        Kind::Assign { target, value } => {
            of_target(target, visit);
            visit(Node::Expression(value));
        }
        Kind::Let { pattern, value } => {
            visit(Node::Pattern(pattern));
            visit(Node::Expression(value));
        }
        Kind::New(new) => {
            visit(Node::Expression(&new.class));
            of_elements(&new.elements, visit);
        }
        Kind::Keep { value, .. } => visit(Node::Expression(value)),
        Kind::Block(body) => block(body, visit),
        Kind::Closure(closure) => visit(Node::Expression(&closure.body)),
        Kind::Function(function) => block(&function.body, visit),
        Kind::Class(class) => class.methods.iter().for_each(|method| block(&method.body, visit)),
        Kind::If { condition, consequence, alternative } => {
            visit(Node::Expression(condition));
            block(consequence, visit);
            optional(alternative, visit);
        }
        Kind::While { condition, body } => {
            visit(Node::Expression(condition));
            block(body, visit);
        }
        Kind::For { pattern, sequence, body } => {
            visit(Node::Pattern(pattern));
            visit(Node::Expression(sequence));
            block(body, visit);
        }
        Kind::Match { subject, arms } => {
            visit(Node::Expression(subject));
            for arm in arms {
                visit(Node::Pattern(&arm.pattern));
                if let Some(guard) = &arm.guard {
                    visit(Node::Expression(guard));
                }
                visit(Node::Expression(&arm.body));
            }
        }
        Kind::Try { body, catch } => {
            block(body, visit);
            if let Some(catch) = catch {
                block(&catch.body, visit);
            }
        }
        Kind::Return(value) | Kind::Break(value) => optional(value, visit),
    }
}

/// Calls `visit` for each pattern directly below `pattern`, in the order of the text.
pub fn pattern_children<'tree>(pattern: &'tree Pattern, visit: &mut dyn FnMut(&'tree Pattern)) {
    match &pattern.kind {
        PatternKind::Tuple(patterns) | PatternKind::Alternatives(patterns) => patterns.iter().for_each(visit),
        PatternKind::Instance { pattern, .. } => visit(pattern),
        PatternKind::Wildcard
        | PatternKind::Bind(_)
        | PatternKind::Literal { .. }
        | PatternKind::Oid(_)
        | PatternKind::Rest(_)
        | PatternKind::Error => {}
    }
}

fn all<'tree>(expressions: &'tree [Expression], visit: &mut dyn FnMut(Node<'tree>)) {
    expressions.iter().for_each(|expression| visit(Node::Expression(expression)));
}

fn pair<'tree>(first: &'tree Expression, second: &'tree Expression, visit: &mut dyn FnMut(Node<'tree>)) {
    visit(Node::Expression(first));
    visit(Node::Expression(second));
}

fn optional<'tree>(expression: &'tree Option<Box<Expression>>, visit: &mut dyn FnMut(Node<'tree>)) {
    if let Some(expression) = expression {
        visit(Node::Expression(expression));
    }
}

fn block<'tree>(block: &'tree Block, visit: &mut dyn FnMut(Node<'tree>)) {
    all(&block.statements, visit);
}

fn of_target<'tree>(target: &'tree Target, visit: &mut dyn FnMut(Node<'tree>)) {
    match &target.kind {
        TargetKind::Name(_) => {}
        TargetKind::Attribute { receiver, .. } => visit(Node::Expression(receiver)),
        TargetKind::ComputedAttribute { receiver, attribute } => pair(receiver, attribute, visit),
        TargetKind::Component { receiver, index } => pair(receiver, index, visit),
        TargetKind::Error(expression) => visit(Node::Expression(expression)),
    }
}

fn of_elements<'tree>(elements: &'tree Elements, visit: &mut dyn FnMut(Node<'tree>)) {
    match elements {
        Elements::None => {}
        Elements::Attributes(initializers) => {
            initializers.iter().for_each(|initializer| visit(Node::Expression(&initializer.value)));
        }
        Elements::Components(components) => all(components, visit),
        Elements::Entries(entries) => entries.iter().for_each(|(key, value)| pair(key, value, visit)),
    }
}
