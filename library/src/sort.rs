//! Sorting: by the total order, by keys, and with a closure that compares, by a stable merge sort.
//!
//! The closure may do anything, collect garbage and fail included, and its answers may contradict each other: then the
//! order is some order of the same elements. So what is sorted is positions; the values stay where they are kept alive.

use rps_runtime::code::operate::wrong_kind;
use rps_runtime::value::number;
use rps_runtime::{Mutator, RootVec, RuntimeError, Value};

use crate::argument::optional;
use crate::elements::fill;

/// Runs shorter than this are sorted by insertion.
const SHORT: usize = 8;

/// Sorts values: by the closure among the arguments, or by the total order.
pub(crate) fn sort(m: &Mutator<'_>, values: &mut RootVec, arguments: &[Value]) -> Result<(), RuntimeError> {
    let Some(compare) = optional(arguments, 0) else {
        values.sort();
        return Ok(());
    };
    let order = sorted_positions(values.len(), &mut |a, b| {
        m.check_interrupt()?;
        // Whether what comes later belongs before: elements that are alike stay in their order.
        let answer = m.apply(compare, Value::NIL, &[values[b], values[a]])?;
        is_before(m, answer)
    })?;
    rearrange(m, values, &order);
    Ok(())
}

/// Sorts values by the total order of what a function gives for them.
pub(crate) fn sort_by(m: &Mutator<'_>, values: &mut RootVec, f: Value) -> Result<(), RuntimeError> {
    let mut keys = m.root_vec();
    for &value in values.iter() {
        m.check_interrupt()?;
        keys.push(m.apply(f, Value::NIL, &[value])?);
    }
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by_key(|&at| keys[at]);
    rearrange(m, values, &order);
    Ok(())
}

/// Puts values in the order that positions say.
fn rearrange(m: &Mutator<'_>, values: &mut RootVec, order: &[usize]) {
    let mut sorted = m.root_vec();
    fill(&mut sorted, values);
    for (place, &at) in values.iter_mut().zip(order) {
        *place = sorted[at];
    }
}

/// Returns whether a comparison says that its first argument comes before its second one: true, or a number below zero.
fn is_before(m: &Mutator<'_>, answer: Value) -> Result<bool, RuntimeError> {
    if let Some(answer) = answer.as_bool() {
        return Ok(answer);
    }
    match number::to_double(answer) {
        Some(_) => Ok(number::is_negative(answer)),
        None => Err(wrong_kind(m, "what a comparison gives", "a boolean or a number", answer)),
    }
}

/// Returns the positions from 0 to `len`, sorted; `wrong(a, b)` says whether b belongs before a.
fn sorted_positions<E>(
    len: usize,
    wrong: &mut impl FnMut(usize, usize) -> Result<bool, E>,
) -> Result<Vec<usize>, E> {
    let mut order: Vec<usize> = (0..len).collect();
    for run in order.chunks_mut(SHORT) {
        for end in 1..run.len() {
            let mut at = end;
            while at > 0 && wrong(run[at - 1], run[at])? {
                run.swap(at - 1, at);
                at -= 1;
            }
        }
    }
    let mut merged = Vec::with_capacity(len);
    let mut width = SHORT;
    while width < len {
        merged.clear();
        for pair in order.chunks(2 * width) {
            let (mut left, mut right) = pair.split_at(width.min(pair.len()));
            while let (Some((&a, left_rest)), Some((&b, right_rest))) =
                (left.split_first(), right.split_first())
            {
                if wrong(a, b)? {
                    merged.push(b);
                    right = right_rest;
                } else {
                    merged.push(a);
                    left = left_rest;
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        std::mem::swap(&mut order, &mut merged);
        width *= 2;
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_sorted_stably() {
        for len in 0..200 {
            let keys: Vec<usize> = (0..len).map(|i| i * 7919 % 13).collect();
            let order = sorted_positions::<()>(len, &mut |a, b| Ok(keys[b] < keys[a])).unwrap();
            let mut expected: Vec<usize> = (0..len).collect();
            expected.sort_by_key(|&i| keys[i]);
            assert_eq!(order, expected);
        }
    }

    #[test]
    fn contradictions_lose_no_element_and_errors_come_through() {
        for len in [1, 9, 100] {
            let mut answers = 0usize;
            let order = sorted_positions::<()>(len, &mut |_, _| {
                answers += 1;
                Ok(answers.is_multiple_of(3))
            });
            let mut order = order.unwrap();
            order.sort_unstable();
            assert_eq!(order, (0..len).collect::<Vec<_>>());
        }
        assert_eq!(sorted_positions(20, &mut |a, _| if a > 5 { Err(a) } else { Ok(false) }), Err(6));
    }
}
