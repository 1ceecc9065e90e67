//! What trees are made of in a runtime: the classes, and the symbols of the attributes.

use std::sync::LazyLock;

use rps_runtime::object::Payload;
use rps_runtime::object::payload::ClassInfo;
use rps_runtime::send::{Native, NativeFn};
use rps_runtime::{Mutator, ObjectRef, Oid, RootVec, RuntimeError, Value, known};

use super::nodes::{BASE, NODES, Node, class_oid};

/// The attributes of nodes, sorted.
static ATTRIBUTES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut all: Vec<&str> = NODES.iter().flat_map(|class| class.attributes).copied().collect();
    all.sort_unstable();
    all.dedup();
    all
});

/// The symbols of the attributes.
pub(super) struct Keys(RootVec);

impl Keys {
    /// Returns the symbols, making those that do not exist, and the classes.
    pub(super) fn new(m: &Mutator<'_>) -> Result<Keys, RuntimeError> {
        make_classes(m);
        let mut keys = m.root_vec();
        for name in ATTRIBUTES.iter() {
            keys.push(key(m, name)?.into());
        }
        Ok(Keys(keys))
    }

    /// Returns the symbol of an attribute.
    pub(super) fn get(&self, attribute: &str) -> Result<ObjectRef, RuntimeError> {
        let at = ATTRIBUTES.binary_search(&attribute).ok();
        let key = at.and_then(|at| self.0.get(at)).and_then(|key| key.as_object());
        key.ok_or_else(|| RuntimeError::BadName { name: attribute.into() })
    }
}

/// Returns an attribute's symbol. One that is made has an oid that belongs to its name, so that a tree in a store is
/// understood by another process.
fn key(m: &Mutator<'_>, name: &str) -> Result<ObjectRef, RuntimeError> {
    if m.symbol(name).is_none() {
        let symbol = m.object_or_skeleton(Oid::of_name(&format!("attribute {name}")));
        symbol.set_class_unchecked(Some(m.class(known::SYMBOL)));
        match m.install_symbol(symbol, name, Value::NIL, false) {
            // Another thread was faster.
            Ok(()) | Err(RuntimeError::DuplicateName { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    m.intern(name)
}

/// Returns whether something is done for the first time in a runtime.
///
/// Objects and classes may have come from a store; a native of an oid that no object has tells what was done here.
pub(super) fn is_first(m: &Mutator<'_>, what: &'static str) -> bool {
    let done = Oid::of_name(&format!("{what} is made"));
    let first = m.native_function(done).is_none();
    if first {
        let body: NativeFn = |_, _, _| Ok(Value::NIL);
        m.runtime().register_function(done, Native::new(what, 0, body, ""));
    }
    first
}

/// Returns whether a store has brought something that refers to a class of nodes.
pub(super) fn are_referred_to(m: &Mutator<'_>) -> bool {
    NODES.iter().any(|class| m.object(class.node.oid()).is_some())
}

/// Makes the classes of nodes and the symbols of their attributes, unless that was done.
pub(super) fn make_classes(m: &Mutator<'_>) {
    if !is_first(m, BASE) {
        return;
    }
    let base = make_class(m, BASE, m.class(known::OBJECT), "A node of the tree of a program.");
    for class in NODES {
        make_class(m, class.name, base, class.comment);
    }
    for name in ATTRIBUTES.iter() {
        // One that can not be made is said to be missing where it is needed.
        let _made = key(m, name);
    }
}

/// Makes a class, unless a store has brought it, perhaps with methods of its own, and gives it its name.
pub(super) fn make_class(m: &Mutator<'_>, name: &str, superclass: ObjectRef, comment: &str) -> ObjectRef {
    let class = m.object_or_skeleton(class_oid(name));
    m.register_global(name, class.into());
    if class.is_class(m) {
        return class;
    }
    class.set_class_unchecked(Some(m.class(known::CLASS)));
    let info = ClassInfo::new(Some(superclass), None);
    class.install_payload(m, Some(Payload::ClassInfo(Box::new(info))));
    let (name, comment) = (m.string(name), m.string(comment));
    if let (Some(name_key), Some(comment_key)) = (m.object(known::NAME), m.object(known::COMMENT)) {
        let mut attributes = [(name_key, name), (comment_key, comment)];
        attributes.sort_by_key(|(key, _)| key.oid());
        class.set_attributes(m, &attributes);
    }
    class
}

/// Returns which node a value is, if it is one: its class is a class of nodes, or inherits from one.
pub(super) fn node_of(m: &Mutator<'_>, value: Value) -> Option<Node> {
    let class = match (value.as_object(), value.as_instance()) {
        (Some(object), _) => object.class()?,
        (_, Some(instance)) => instance.class(),
        _ => return None,
    };
    let own = Node::of_class(class.oid());
    own.or_else(|| class.class_chain(m).find_map(|class| Node::of_class(class.oid())))
}
