//! Random numbers, the same for the same seed for ever.
//!
//! The generator is xoshiro256** 1.0, its state is filled from the seed by SplitMix64, and integers below a bound are taken
//! as D. Lemire describes, without bias: see D. Blackman and S. Vigna, "Scrambled linear pseudorandom number generators"
//! (ACM TOMS 47, 2021), <https://prng.di.unimi.it>, and "Fast random integer generation in an interval" (ACM TOMACS 29, 2019).
//!
//! A generator is an object whose components are the state, in eight parts of 32 bits, so that one that is kept goes on
//! where it was.

use num_bigint::BigInt;
use rps_runtime::code::operate::wrong_kind;
use rps_runtime::object::Payload;
use rps_runtime::value::number;
use rps_runtime::{Mutator, ObjectRef, Oid, RuntimeError, Value};

use crate::argument::{arity, failed, failed_with_hint, int, optional};
use crate::elements::{elements, receiver};
use crate::topic::{Entry, Topic};

pub(crate) const TOPIC: Topic = Topic {
    title: "Random numbers",
    about: "`random(seed)` makes a generator, whose numbers are the same for the same seed, in this version and every later one; the \
        generator, of class `random_generator`, is xoshiro256**. It is not for secrets.",
    methods: &[(&[GENERATOR], METHODS)],
    functions: &[(Oid::known("_4xCIFyZ7M1u01RXfSI"), RANDOM)],
    ..Topic::EMPTY
};

/// The class of generators.
pub(crate) const GENERATOR: Oid = Oid::known("_7aCspKhIZkH00r5Iuu");
/// Its name.
pub(crate) const GENERATOR_NAME: &str = "random_generator";

const RANDOM: Entry = (
    "random([seed])",
    |m, _, arguments| {
        arity("random", arguments, 0..=1)?;
        let seed = match optional(arguments, 0) {
            Some(seed) => int(m, "the seed", seed)? as u64,
            None => fresh_seed()?,
        };
        let generator = m.new_object(m.class(GENERATOR));
        let mut parts = m.root_vec();
        parts.extend(split(seeded(seed)).map(|part| Value::int(m, part)));
        generator.set_components(m, &parts);
        Ok(generator.into())
    },
    r#"A generator of random numbers, with a seed, an integer, or without one: then it differs every time.
random(42).int(100) == random(42).int(100) # → true"#,
);

const METHODS: &[Entry] = &[
    (
        "next()",
        |m, receiver, _| Ok(number::from_bigint(m, &BigInt::from(next(m, receiver)?))),
        "An integer from 0 up to 2 to the power of 64, which it is not.\nrandom(1).next() # → 12966619160104079557",
    ),
    (
        "int(n)",
        |m, receiver, arguments| {
            let bound = int(m, "the bound", arguments[0])?;
            let Some(bound) = u64::try_from(bound).ok().filter(|&bound| bound > 0) else {
                let message = format!("the bound must be positive: it is {bound}");
                return Err(failed("library::negative", message));
            };
            Ok(Value::int(m, below(m, receiver, bound)? as i64))
        },
        "An integer from 0 up to a bound, which it is not.\nrandom(1).int(6) # → 4",
    ),
    (
        "double()",
        |m, receiver, _| {
            // 53 bits are what a double below one can have.
            let double = (next(m, receiver)? >> 11) as f64 * (1.0 / (1u64 << 53) as f64);
            Ok(Value::double(m, double))
        },
        "A double from 0.0 up to 1.0, which it is not.\nrandom(1).double() < 1.0 # → true",
    ),
    (
        "pick(collection)",
        |m, receiver, arguments| {
            let values = elements(m, arguments[0])?;
            if values.is_empty() {
                return Ok(Value::NIL);
            }
            Ok(values[below(m, receiver, values.len() as u64)? as usize])
        },
        "One of the elements of a collection; nil where there are none.\n(0..6).contains(random(1).pick(0..6)) # → true",
    ),
    (
        "shuffle(vector)",
        |m, receiver, arguments| {
            let mut values = elements(m, arguments[0])?;
            for end in (1..values.len()).rev() {
                let other = below(m, receiver, end as u64 + 1)? as usize;
                values.swap(end, other);
            }
            let vector = arguments[0].as_object().is_some_and(|object| {
                object.update_payload(m, |payload| match payload {
                    Some(Payload::ValueVector(own) | Payload::ObjectVector(own)) => {
                        own.clear();
                        own.extend_from_slice(&values);
                        true
                    }
                    _ => false,
                })
            });
            if vector {
                Ok(arguments[0])
            } else {
                Err(wrong_kind(m, "what is shuffled", "a vector", arguments[0]))
            }
        },
        "Puts the elements of a vector in a random order, and gives the vector.\nrandom(1).shuffle(new vector [1, 2, 3]).sort().to_tuple() # → [1, 2, 3]",
    ),
];

fn fresh_seed() -> Result<u64, RuntimeError> {
    getrandom::u64().map_err(|error| {
        failed_with_hint(
            "library::no-random",
            format!("the system has no random numbers: {error}"),
            "give `random` a seed",
        )
    })
}

/// Returns the state for a seed: four numbers of SplitMix64.
fn seeded(seed: u64) -> [u64; 4] {
    let mut state = seed;
    std::array::from_fn(|_| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    })
}

/// Returns the next number, and moves the state on.
fn step(state: &mut [u64; 4]) -> u64 {
    let result = state[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
    let shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = state[3].rotate_left(45);
    result
}

fn split(state: [u64; 4]) -> impl Iterator<Item = i64> {
    state.into_iter().flat_map(|word| [(word >> 32) as i64, (word & 0xffff_ffff) as i64])
}

fn state_of(m: &Mutator<'_>, generator: ObjectRef) -> Result<[u64; 4], RuntimeError> {
    let mut state = [0; 4];
    for (index, word) in state.iter_mut().enumerate() {
        for at in [2 * index, 2 * index + 1] {
            let part = generator
                .component(at)
                .and_then(Value::as_small_int)
                .and_then(|part| u32::try_from(part).ok());
            let part =
                part.ok_or_else(|| wrong_kind(m, "the receiver", "a random generator", generator.into()))?;
            *word = *word << 32 | u64::from(part);
        }
    }
    Ok(state)
}

fn next(m: &Mutator<'_>, value: Value) -> Result<u64, RuntimeError> {
    let generator = receiver(m, value)?;
    let mut state = state_of(m, generator)?;
    let result = step(&mut state);
    for (at, part) in split(state).enumerate() {
        generator.put_component(m, at, Value::int(m, part))?;
    }
    Ok(result)
}

fn below(m: &Mutator<'_>, generator: Value, bound: u64) -> Result<u64, RuntimeError> {
    let mut product = u128::from(next(m, generator)?) * u128::from(bound);
    if (product as u64) < bound {
        let rejected = bound.wrapping_neg() % bound;
        while (product as u64) < rejected {
            product = u128::from(next(m, generator)?) * u128::from(bound);
        }
    }
    Ok((product >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first numbers of the authors' own C programs: SplitMix64 from 1234567, xoshiro256** from 1, 2, 3, 4.
    #[test]
    fn the_numbers_are_those_of_the_reference() {
        let expected = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431];
        assert_eq!(seeded(1234567), expected);
        let mut state = [1, 2, 3, 4];
        let numbers: Vec<u64> = (0..5).map(|_| step(&mut state)).collect();
        assert_eq!(numbers, [11520, 0, 1509978240, 1215971899390074240, 1216172134540287360]);
    }
}
