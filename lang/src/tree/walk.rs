//! Going through the nodes of a tree.

use rps_runtime::value::TupleRef;
use rps_runtime::{Mutator, RuntimeError, Value};

use super::mistake::{Place, too_large, unexpected};
use super::words::{Keys, node_of};
use crate::syntax::MAX_DEPTH;

/// Calls a function with every node of a tree, each before those below it.
pub(super) fn walk(m: &Mutator<'_>, tree: Value, function: Value) -> Result<Value, RuntimeError> {
    if node_of(m, tree).is_none() {
        return Err(unexpected(m, Place::TOP, tree, "a node"));
    }
    let keys = Keys::new(m)?;
    Walk { m, keys: &keys, function }.visit(tree, 0)?;
    Ok(Value::NIL)
}

struct Walk<'w, 'r> {
    m: &'w Mutator<'r>,
    keys: &'w Keys,
    function: Value,
}

impl Walk<'_, '_> {
    /// Visits a node and what is below it; passes over what is none.
    fn visit(&self, value: Value, depth: u32) -> Result<(), RuntimeError> {
        let Some(node) = node_of(self.m, value) else { return Ok(()) };
        // A pattern may be deeper than an expression, and a block is a node of its own.
        if depth >= 4 * MAX_DEPTH {
            return Err(too_large("is nested too deep"));
        }
        self.m.check_interrupt()?;
        self.m.apply(self.function, Value::NIL, &[value])?;
        for attribute in node.class().attributes {
            let Some(child) = self.m.attribute(value, self.keys.get(attribute)?) else { continue };
            let Some(items) = child.as_tuple().map(TupleRef::items) else {
                self.visit(child, depth + 1)?;
                continue;
            };
            // The function may change the object that has the tuple.
            let mut kept = self.m.root_vec();
            kept.push(child);
            for &item in items {
                self.visit(item, depth + 1)?;
            }
        }
        Ok(())
    }
}
