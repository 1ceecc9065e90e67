//! Equality and the total order of values, used by sets, dictionaries, sorting and dumps.
//!
//! Kinds come in this order: nil, false, true, numbers, strings, objects, tuples, sets, closures, instances, JSON.
//! Numbers are ordered by value; of an integer and a double of the same value the integer comes first, so that `3`
//! and `3.0` differ; `-0.0` comes before `0.0`, and NaN, which equals itself, after everything. Strings are ordered by
//! their bytes, objects by oid, sequences item by item with the shorter first.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::HashSet;

use super::number::compare_mixed;
use super::{Value, View};

impl PartialEq for Value {
    #[inline]
    fn eq(&self, other: &Value) -> bool {
        if self.is_identical(*other) {
            return true;
        }
        match (self.cell(), other.cell()) {
            (Some(_), Some(_)) => equal_cells(*self, *other),
            // Every number has one form, so two different words without cells are two different values.
            _ => false,
        }
    }
}

impl Eq for Value {}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Value) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Value) -> Ordering {
        if self.is_identical(*other) {
            return Ordering::Equal;
        }
        if let (Some(a), Some(b)) = (self.as_small_int(), other.as_small_int()) {
            return a.cmp(&b);
        }
        remember_equal(*self, *other, || compare(self.view(), other.view()))
    }
}

/// Values that nest less are compared without remembering anything.
const REMEMBER_FROM: u16 = 16;

thread_local! {
    /// The pairs of cells that the comparison under way has found equal, and how deep it is.
    static FOUND_EQUAL: RefCell<(HashSet<(u64, u64)>, u32)> = RefCell::default();
}

/// Compares two values, each pair of deep cells once: parts that are shared would else be compared as often as there are
/// ways to them, which doubles with every level of `t = [t, t]`.
fn remember_equal(a: Value, b: Value, compare: impl FnOnce() -> Ordering) -> Ordering {
    if a.depth().min(b.depth()) < REMEMBER_FROM {
        return compare();
    }
    let pair = (a.to_bits(), b.to_bits());
    let known = FOUND_EQUAL.with_borrow_mut(|(found, level)| {
        *level += 1;
        found.contains(&pair)
    });
    let order = if known { Ordering::Equal } else { compare() };
    FOUND_EQUAL.with_borrow_mut(|(found, level)| {
        *level -= 1;
        if *level == 0 {
            found.clear();
        } else if order.is_eq() {
            found.insert(pair);
        }
    });
    order
}

fn equal_cells(a: Value, b: Value) -> bool {
    match (a.view(), b.view()) {
        // Identity was tested; an object equals only itself.
        (View::Object(_), _) | (_, View::Object(_)) => false,
        (View::String(x), View::String(y)) => x.as_str() == y.as_str(),
        (View::Tuple(x), View::Tuple(y)) => {
            x.items().len() == y.items().len() && x.hash32() == y.hash32() && a.cmp(&b).is_eq()
        }
        (View::Set(x), View::Set(y)) => {
            x.items().len() == y.items().len() && x.hash32() == y.hash32() && a.cmp(&b).is_eq()
        }
        _ => a.cmp(&b).is_eq(),
    }
}

fn compare(a: View, b: View) -> Ordering {
    use View::{BigInt, Bool, Closure, Double, Instance, Int, Json, Object, Set, String, Tuple};
    match (a, b) {
        (Int(x), Int(y)) => x.cmp(&y),
        (Double(x), Double(y)) => compare_doubles(x, y),
        (Int(_) | BigInt(_) | Double(_), Int(_) | BigInt(_) | Double(_)) => {
            let by_kind = matches!(a, Double(_)).cmp(&matches!(b, Double(_)));
            compare_mixed(a, b).unwrap_or(by_kind).then(by_kind)
        }
        (Bool(x), Bool(y)) => x.cmp(&y),
        (String(x), String(y)) => x.as_str().cmp(y.as_str()),
        (Object(x), Object(y)) => x.oid().cmp(&y.oid()),
        (Tuple(x), Tuple(y)) => x.items().cmp(y.items()),
        (Set(x), Set(y)) => x.items().cmp(y.items()),
        (Closure(x), Closure(y)) => {
            let key = |c: super::ClosureRef| {
                (c.function().oid(), c.env(), c.meta().map(|(object, rank)| (object.oid(), rank)))
            };
            key(x).cmp(&key(y))
        }
        (Instance(x), Instance(y)) => {
            let key = |i: super::InstanceRef| {
                let meta = i.meta().map(|(object, rank)| (object.oid(), rank));
                (i.class().oid(), i.attribute_count(), i.items(), meta)
            };
            key(x).cmp(&key(y))
        }
        (Json(x), Json(y)) => x.form().cmp(&y.form()).then_with(|| x.items().cmp(y.items())),
        _ => rank(a).cmp(&rank(b)),
    }
}

fn rank(view: View) -> u8 {
    match view {
        View::Nil => 0,
        View::Bool(_) => 1,
        View::Int(_) | View::BigInt(_) | View::Double(_) => 2,
        View::String(_) => 3,
        View::Object(_) => 4,
        View::Tuple(_) => 5,
        View::Set(_) => 6,
        View::Closure(_) => 7,
        View::Instance(_) => 8,
        View::Json(_) => 9,
    }
}

fn compare_doubles(x: f64, y: f64) -> Ordering {
    match (x.is_nan(), y.is_nan()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => x.partial_cmp(&y).unwrap_or(Ordering::Equal).then_with(|| x.total_cmp(&y)),
    }
}
