//! What a tree says of names before any of it is compiled.

use std::collections::HashSet;

use crate::syntax::ast::walk::{Node, children};
use crate::syntax::ast::{
    Elements, Expression, ExpressionKind as E, Member, MemberKind, Pattern, PatternKind, TargetKind,
};

/// The names of a function body that closures share: names that are mentioned in a closure and assigned to anywhere.
/// Names are not told apart by scope: one too many costs a little time, one too few would be wrong.
pub(super) fn shared_names<'tree>(body: impl IntoIterator<Item = &'tree Expression>) -> HashSet<Box<str>> {
    let mut found = Names::default();
    for expression in body {
        found.visit(expression, false);
    }
    found.mentioned.retain(|name| found.assigned.contains(name));
    found.mentioned
}

#[derive(Default)]
struct Names {
    /// In closures.
    mentioned: HashSet<Box<str>>,
    /// Anywhere.
    assigned: HashSet<Box<str>>,
}

impl Names {
    fn visit(&mut self, expression: &Expression, in_closure: bool) {
        let mut inside = in_closure;
        match &expression.kind {
            E::Name(name) if in_closure => {
                self.mentioned.insert(name.clone());
            }
            E::Assign { target, .. } => {
                if let TargetKind::Name(name) = &target.kind {
                    self.assigned.insert(name.clone());
                    if in_closure {
                        self.mentioned.insert(name.clone());
                    }
                }
            }
            // What is defined so may refer to itself.
            E::Let { pattern, value } if is_function(value) => {
                if let PatternKind::Bind(name) = &pattern.kind {
                    self.assigned.insert(name.text.clone());
                }
            }
            E::Closure(_) => inside = true,
            E::Function(function) => {
                inside = true;
                if let Some(Member { kind: MemberKind::Name(name), .. }) = &function.name {
                    self.assigned.insert(name.clone());
                }
            }
            E::Class(_) => inside = true,
            _ => {}
        }
        children(expression, &mut |node| {
            if let Node::Expression(child) = node {
                self.visit(child, inside);
            }
        });
    }
}

/// Returns whether an expression is a closure or a function.
pub(super) fn is_function(expression: &Expression) -> bool {
    match &expression.kind {
        E::Closure(_) | E::Function(_) => true,
        E::Parenthesized(inner) => is_function(inner),
        _ => false,
    }
}

/// Returns whether a closure in these expressions returns from the function that they are the body of.
pub(super) fn closures_return<'tree>(body: impl IntoIterator<Item = &'tree Expression>) -> bool {
    body.into_iter().any(|expression| returns(expression, false))
}

fn returns(expression: &Expression, in_closure: bool) -> bool {
    let inside = match &expression.kind {
        E::Return(_) if in_closure => return true,
        E::Closure(_) => true,
        // A `return` in there returns from there.
        E::Function(_) | E::Class(_) => return false,
        _ => in_closure,
    };
    let mut found = false;
    children(expression, &mut |node| {
        if let Node::Expression(child) = node {
            found = found || returns(child, inside);
        }
    });
    found
}

/// Returns whether an expression, outside of its closures, assigns to a name.
pub(super) fn assigns(expression: &Expression, name: &str) -> bool {
    match &expression.kind {
        E::Literal(_) | E::Name(_) | E::SelfValue => return false,
        E::Closure(_) | E::Function(_) | E::Class(_) => return false,
        E::Assign { target, .. } => {
            if matches!(&target.kind, TargetKind::Name(own) if &**own == name) {
                return true;
            }
        }
        _ => {}
    }
    let mut found = false;
    children(expression, &mut |node| {
        if let Node::Expression(child) = node {
            found = found || assigns(child, name);
        }
    });
    found
}

/// The names that a text defines.
#[derive(Default)]
pub(super) struct Defined {
    /// Of functions and classes.
    pub(super) globals: Vec<Box<str>>,
    /// Of attributes and methods.
    pub(super) members: Vec<Box<str>>,
}

/// Returns the names that a text defines, wherever in it.
pub(super) fn defined(statements: &[Expression]) -> Defined {
    let mut found = Defined::default();
    for statement in statements {
        if let E::Function(function) = &statement.kind
            && let Some(Member { kind: MemberKind::Name(name), .. }) = &function.name
        {
            found.globals.push(name.clone());
        }
        found.visit(statement);
    }
    found
}

impl Defined {
    fn visit(&mut self, expression: &Expression) {
        match &expression.kind {
            E::Class(class) => {
                self.globals.push(class.name.text.clone());
                class.attributes.iter().for_each(|attribute| self.member(attribute));
                class.methods.iter().flat_map(|method| &method.name).for_each(|name| self.member(name));
            }
            E::Assign { target, .. } => {
                if let TargetKind::Attribute { attribute, .. } = &target.kind {
                    self.member(attribute);
                }
            }
            E::New(new) => {
                if let Elements::Attributes(initializers) = &new.elements {
                    initializers.iter().for_each(|initializer| self.member(&initializer.attribute));
                }
            }
            E::Keep { name, .. } => self.globals.push(name.text.clone()),
            _ => {}
        }
        children(expression, &mut |node| {
            if let Node::Expression(child) = node {
                self.visit(child);
            }
        });
    }

    fn member(&mut self, member: &Member) {
        if let MemberKind::Name(name) = &member.kind {
            self.members.push(name.clone());
        }
    }
}

/// Calls `visit` with the names that a pattern binds, in the order of the text.
pub(super) fn bound_names<'tree>(
    pattern: &'tree Pattern,
    visit: &mut dyn FnMut(&'tree crate::syntax::ast::Name),
) {
    match &pattern.kind {
        PatternKind::Bind(name) | PatternKind::Rest(Some(name)) => visit(name),
        _ => crate::syntax::ast::walk::pattern_children(pattern, &mut |child| bound_names(child, visit)),
    }
}
