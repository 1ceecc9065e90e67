//! The classes of nodes: what they are called, and which attributes their instances have.

use std::collections::HashMap;
use std::sync::LazyLock;

use rps_runtime::Oid;

/// What is known of a class of nodes.
pub(super) struct NodeClass {
    pub(super) node: Node,
    pub(super) name: &'static str,
    pub(super) attributes: &'static [&'static str],
    /// What the nodes are, for whoever looks at the class.
    pub(super) comment: &'static str,
}

macro_rules! nodes {
    ($($node:ident $name:literal [$($attribute:literal)*] $comment:literal;)*) => {
        /// A kind of node. The order is that of [`NODES`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Node {
            $(#[doc = $comment] $node,)*
        }

        /// The classes of nodes.
        pub(super) const NODES: &[NodeClass] = &[
            $(NodeClass {
                node: Node::$node,
                name: $name,
                attributes: &[$($attribute),*],
                comment: $comment,
            },)*
        ];
    };
}

nodes! {
    Program "code_program" ["statements"] "A text of several statements, or of none.";
    Literal "code_literal" ["value"] "A value that is written out: nil, a boolean, a number, a string.";
    Name "code_name" ["name"] "A name.";
    Oid "code_oid" ["oid"] "An object, by its oid.";
    LastValue "code_last_value" [] "`_`, the last value of the prompt.";
    SelfValue "code_self" [] "`self`.";
    Super "code_super" [] "`super`, as the receiver of a send.";
    FormatString "code_format_string" ["parts"] "An f-string: strings, and expressions between them.";
    CodeChunk "code_chunk" ["tag" "parts"] "A code chunk: strings, and a `code_name` for each variable.";
    Set "code_set" ["elements"] "`{a, b}`.";
    Tuple "code_tuple" ["elements"] "`[a, b]`.";
    Attribute "code_attribute" ["receiver" "attribute"] "`e.name`.";
    ComputedAttribute "code_computed_attribute" ["receiver" "attribute"] "`e.(expression)`.";
    Component "code_component" ["receiver" "index"] "`e[index]`.";
    Send "code_send" ["receiver" "selector" "arguments"] "`e.selector(arguments)`.";
    Call "code_call" ["callee" "arguments"] "`f(arguments)`.";
    Unary "code_unary" ["operator" "operand"] "`-e`, `not e`.";
    Binary "code_binary" ["operator" "left" "right"] "An operator between two operands, such as `a + b`.";
    Logical "code_logical" ["operator" "left" "right"] "`a and b`, `a or b`.";
    Range "code_range" ["start" "end"] "`a..b`.";
    Assign "code_assign" ["target" "value"] "`target = value`.";
    Let "code_let" ["pattern" "value"] "`let pattern = value`.";
    New "code_new" ["of_class" "elements"] "`new class`, with what the new object begins with.";
    Initializer "code_initializer" ["attribute" "value"] "`attribute: value` in a `new`.";
    Entry "code_entry" ["key" "value"] "`key: value` in a `new`.";
    Keep "code_keep" ["value" "name"] "`keep value as name`.";
    Root "code_root" ["value"] "`root value`.";
    InSpace "code_in_space" ["name"] "`in space`.";
    Block "code_block" ["statements"] "`{ … }` where a block is expected, and `do { … }`.";
    Closure "code_closure" ["parameters" "body"] "`|a, b| body`.";
    Function "code_function" ["name" "parameters" "body"] "`fn name(a, b) { … }`; also a method of a class.";
    NativeFunction "code_native_function" ["name" "parameters" "types" "result" "body"] "`native fn name(a: i64, b: [f64]) -> f64 { … }`; types are strings.";
    Class "code_class" ["name" "superclass" "attributes" "methods"] "`class name : superclass { … }`.";
    If "code_if" ["condition" "consequence" "alternative"] "`if condition { … } else { … }`.";
    While "code_while" ["condition" "body"] "`while condition { … }`.";
    For "code_for" ["pattern" "sequence" "body"] "`for pattern in sequence { … }`.";
    Match "code_match" ["subject" "arms"] "`match subject { … }`.";
    Arm "code_arm" ["pattern" "guard" "body"] "`pattern if guard => body`.";
    Try "code_try" ["body" "catch"] "`try { … } catch e { … }`.";
    Catch "code_catch" ["name" "body"] "`catch e { … }`.";
    Raise "code_raise" ["value"] "`raise value`.";
    Return "code_return" ["value"] "`return value`.";
    Break "code_break" ["value"] "`break value`.";
    Continue "code_continue" [] "`continue`.";
    WildcardPattern "code_wildcard_pattern" [] "The pattern `_`.";
    BindPattern "code_bind_pattern" ["name"] "A name as a pattern.";
    LiteralPattern "code_literal_pattern" ["value"] "A literal as a pattern.";
    OidPattern "code_oid_pattern" ["oid"] "An object as a pattern.";
    InstancePattern "code_instance_pattern" ["pattern" "of_class"] "`pattern: class`.";
    TuplePattern "code_tuple_pattern" ["patterns"] "`[a, ..rest]`.";
    RestPattern "code_rest_pattern" ["name"] "`..rest`, in a tuple pattern.";
    AlternativesPattern "code_alternatives_pattern" ["patterns"] "`a | b` as a pattern.";
}

/// How many attributes a node has at most.
pub(super) const MAX_ATTRIBUTES: usize = 5;

/// The class that all classes of nodes inherit from.
pub(super) const BASE: &str = "code_node";

impl Node {
    /// Returns what is known of the class.
    pub(super) fn class(self) -> &'static NodeClass {
        &NODES[self as usize]
    }

    /// Returns the name of the class.
    pub(super) fn name(self) -> &'static str {
        self.class().name
    }

    /// Returns the oid of the class.
    pub(super) fn oid(self) -> Oid {
        OIDS.0[self as usize]
    }

    /// Returns the node whose class has an oid.
    pub(super) fn of_class(oid: Oid) -> Option<Node> {
        OIDS.1.get(&oid).copied()
    }
}

/// Returns the oid of the class with a name: the same in every process, since stores refer to it.
pub(super) fn class_oid(name: &str) -> Oid {
    Oid::of_name(&format!("class {name}"))
}

static OIDS: LazyLock<(Vec<Oid>, HashMap<Oid, Node>)> = LazyLock::new(|| {
    let oids: Vec<Oid> = NODES.iter().map(|class| class_oid(class.name)).collect();
    let nodes = NODES.iter().zip(&oids).map(|(class, &oid)| (oid, class.node)).collect();
    (oids, nodes)
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_classes_are_in_the_order_of_the_nodes_and_have_oids_of_their_own() {
        for (at, class) in NODES.iter().enumerate() {
            assert_eq!(class.node as usize, at);
            assert!(class.attributes.len() <= MAX_ATTRIBUTES);
            assert_eq!(Node::of_class(class.node.oid()), Some(class.node));
        }
        // Stores refer to it.
        assert_eq!(Node::Send.oid(), Oid::of_name("class code_send"));
    }
}
