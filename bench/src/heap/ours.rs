//! The patterns on our heap: a cell is a tuple of two values, 32 bytes.

use rps_runtime::value::TupleRef;
use rps_runtime::{Mutator, Value, known};

use super::{CELLS, DEPTH, RING, TABLE};

/// Runs the pattern with this number.
pub(crate) fn run(m: &Mutator<'_>, pattern: usize) {
    match pattern {
        0 => ring(m),
        1 => trees(m),
        _ => table(m),
    }
}

fn cell(m: &Mutator<'_>, left: Value, right: Value) -> Value {
    TupleRef::new(m, &[left, right]).map_or(Value::NIL, Value::from)
}

fn ring(m: &Mutator<'_>) {
    let mut ring = [Value::NIL; RING];
    for index in 0..CELLS {
        ring[index % RING] = cell(m, Value::TRUE, Value::FALSE);
    }
    std::hint::black_box(&ring);
}

fn trees(m: &Mutator<'_>) {
    fn tree(m: &Mutator<'_>, depth: u32) -> Value {
        if depth == 0 {
            return cell(m, Value::NIL, Value::NIL);
        }
        let left = tree(m, depth - 1);
        let right = tree(m, depth - 1);
        cell(m, left, right)
    }
    for _ in 0..CELLS >> (DEPTH + 1) {
        std::hint::black_box(tree(m, DEPTH));
    }
}

fn table(m: &Mutator<'_>) {
    let old = m.new_object(m.class(known::OBJECT));
    for _ in 0..TABLE {
        old.push_component(m, Value::NIL);
    }
    let mut index = 0;
    for _ in 0..CELLS {
        index = (index + 7919) % TABLE;
        let young = cell(m, Value::TRUE, Value::FALSE);
        // The position is one of the table's.
        let _ = old.put_component(m, index, young);
    }
}
