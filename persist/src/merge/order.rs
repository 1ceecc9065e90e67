//! The order of values, as far as their texts tell it: sets and the keys of dictionaries are written in it.

use std::borrow::Cow;
use std::cmp::Ordering;

use num_bigint::BigInt;
use rps_runtime::Oid;

/// Sorts values if the order of all of them can be told; otherwise they stay where they are, and the next dump sorts them.
pub(super) fn sort<T>(items: &mut Vec<T>, text: impl for<'i> Fn(&'i T) -> &'i str) {
    let mut keyed: Vec<(Key, usize)> = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        match Key::of(text(item)) {
            Some(key) => keyed.push((key, index)),
            None => return,
        }
    }
    keyed.sort_by(|(a, at), (b, other)| a.compare(b).then(at.cmp(other)));
    let mut slots: Vec<Option<T>> = std::mem::take(items).into_iter().map(Some).collect();
    items.extend(keyed.into_iter().filter_map(|(_, index)| slots[index].take()));
}

/// What a value is sorted by: the kinds in their order.
#[derive(Debug)]
enum Key {
    Nil,
    Bool(bool),
    Integer(BigInt),
    Double(f64),
    Text(String),
    Object(Oid),
}

impl Key {
    fn of(text: &str) -> Option<Key> {
        match text.as_bytes().first()? {
            b'n' => Some(Key::Nil),
            b't' => Some(Key::Bool(true)),
            b'f' => Some(Key::Bool(false)),
            b'"' => match serde_json::from_str::<String>(text).ok()? {
                text if Oid::has_shape(&text) => Oid::parse(&text).ok().map(Key::Object),
                text => Some(Key::Text(text)),
            },
            b'-' | b'0'..=b'9' if text.contains(['.', 'e', 'E']) => text.parse().ok().map(Key::Double),
            b'-' | b'0'..=b'9' => text.parse().ok().map(Key::Integer),
            _ => None,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Key::Nil => 0,
            Key::Bool(_) => 1,
            Key::Integer(_) | Key::Double(_) => 2,
            Key::Text(_) => 3,
            Key::Object(_) => 4,
        }
    }

    fn compare(&self, other: &Key) -> Ordering {
        match (self, other) {
            (Key::Bool(a), Key::Bool(b)) => a.cmp(b),
            (Key::Integer(a), Key::Integer(b)) => a.cmp(b),
            (Key::Double(a), Key::Double(b)) => a.total_cmp(b),
            (Key::Integer(a), Key::Double(b)) => integer_and_double(a, *b),
            (Key::Double(a), Key::Integer(b)) => integer_and_double(b, *a).reverse(),
            (Key::Text(a), Key::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
            (Key::Object(a), Key::Object(b)) => a.cmp(b),
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }
}

/// Compares by worth; an integer comes before a double of the same worth.
fn integer_and_double(integer: &BigInt, double: f64) -> Ordering {
    // The digits of a finite double before its point, exactly.
    let whole = format!("{:.0}", double.trunc());
    let Ok(whole) = whole.parse::<BigInt>() else {
        return if double < 0.0 { Ordering::Greater } else { Ordering::Less };
    };
    integer.cmp(&whole).then(if double.fract() < 0.0 { Ordering::Greater } else { Ordering::Less })
}

/// Sorts elements of a set.
pub(super) fn sort_texts(items: &mut Vec<Cow<'_, str>>) {
    sort(items, |item| item);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_numbers_are_in_the_order_of_values() {
        let mut items: Vec<Cow<'_, str>> = [
            "\"_5yhJGgxLwLp00X0xEQ\"",
            "\"a\"",
            "\"B\"",
            "3.0",
            "3",
            "true",
            "null",
            "123456789012345678901234567890",
            "2.5",
            "-1.5",
            "-1",
        ]
        .map(Cow::Borrowed)
        .to_vec();
        sort_texts(&mut items);
        let expected =
            "null true -1.5 -1 2.5 3 3.0 123456789012345678901234567890 \"B\" \"a\" \"_5yhJGgxLwLp00X0xEQ\"";
        assert_eq!(items.join(" "), expected);
    }

    #[test]
    fn what_has_no_order_here_stays() {
        let mut items: Vec<Cow<'_, str>> = ["2", "{\"tuple\":[]}", "1"].map(Cow::Borrowed).to_vec();
        sort_texts(&mut items);
        assert_eq!(items.join(" "), "2 {\"tuple\":[]} 1");
    }
}
