//! The model test: random steps on a store and on a plain map, which must always agree.
//!
//! Read in this order: `step` (what can be done, and random sequences of it), `plain` (the map), `world` (the store, and
//! doing the steps to both), `shrink` (what remains of a sequence that fails when everything needless is left out).

mod plain;
mod shrink;
mod step;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use rps_tests::durability::{Amount, Table, seed};
use rps_tests::random::Random;

use self::step::Step;
use self::world::{Counts, World};

/// How many steps are done altogether.
const STEPS: Amount = Amount::new("RPS_FAULTS_STEPS", 100_000);

/// How many steps a sequence has: each begins with a new store.
const LENGTH: usize = 250;

#[test]
fn a_store_does_what_a_plain_map_does_rps_1_rps_16() {
    let (seed, steps) = (seed(), STEPS.get());
    println!("RPS_FAULTS_SEED={seed} RPS_FAULTS_STEPS={steps}");
    let mut counts = Counts::default();
    let mut number = 0;
    while (counts.steps as u64) < steps {
        let mut random = Random::new(seed.wrapping_add(number));
        let sequence = step::sequence(&mut random, LENGTH);
        match attempt(&sequence) {
            Ok(done) => counts.add(&done),
            Err(failure) => {
                let (shortest, failure) = shrink::shrink(sequence, failure, &|steps| attempt(steps).err());
                panic!(
                    "seed {}: {failure}\nafter {} steps:\n{}",
                    seed.wrapping_add(number),
                    shortest.len(),
                    listed(&shortest)
                );
            }
        }
        number += 1;
    }
    let mut table = Table::new(
        "model test",
        &[
            "steps",
            "changes",
            "commits",
            "dumps",
            "deaths",
            "power losses",
            "clean exits",
            "failures injected",
            "disagreements",
        ],
    );
    let Counts { steps, changes, commits, dumps, deaths, power_losses, clean_exits, failures } = counts;
    table.row(steps.to_string(), &[changes, commits, dumps, deaths, power_losses, clean_exits, failures, 0]);
    table.publish();
}

/// Does the steps on a new store. Returns what was done, or what went wrong.
fn attempt(steps: &[Step]) -> Result<Counts, String> {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let mut world = World::new();
        steps.iter().enumerate().try_for_each(|(number, step)| {
            world.step(step).map_err(|failure| format!("step {number}, {step:?}: {failure}"))
        })?;
        world.finish()
    }));
    outcome.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(format!("a panic: {}", text.unwrap_or_default()))
    })
}

fn listed(steps: &[Step]) -> String {
    steps.iter().map(|step| format!("    {step:?},\n")).collect()
}

#[test]
fn what_fails_is_shrunk_to_what_is_needed() {
    let is_wrong = |steps: &[Step]| {
        let roots = steps.iter().filter(|step| matches!(step, Step::Root { .. })).count();
        (roots >= 2 && steps.contains(&Step::Collect)).then(|| "wrong".to_owned())
    };
    let sequence = (0..).find_map(|seed| {
        let sequence = step::sequence(&mut Random::new(seed), 200);
        is_wrong(&sequence).map(|_| sequence)
    });
    let (shortest, _) = shrink::shrink(sequence.unwrap(), "wrong".into(), &is_wrong);
    assert_eq!(shortest.len(), 3, "{shortest:?}");
}
