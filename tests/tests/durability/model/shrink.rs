//! Delta debugging: a shorter sequence that still fails (Zeller and Hildebrandt, 2002).

use super::step::Step;

/// So often is a sequence tried that failed with more in it: what threads do differs from time to time.
const TRIES: usize = 3;

/// Returns the shortest failing sequence that was found, and its failure.
pub(super) fn shrink(
    steps: Vec<Step>,
    failure: String,
    fails: &dyn Fn(&[Step]) -> Option<String>,
) -> (Vec<Step>, String) {
    let mut best = (steps, failure);
    let try_it = |steps: &[Step]| (0..TRIES).find_map(|_| fails(steps));
    let mut size = best.0.len().div_ceil(2);
    while size > 0 {
        let (mut at, before) = (0, best.0.len());
        while at < best.0.len() {
            let mut shorter = best.0.clone();
            shorter.drain(at..(at + size).min(shorter.len()));
            match try_it(&shorter) {
                Some(failure) => best = (shorter, failure),
                None => at += size,
            }
        }
        // What could not be left out before may be needless now.
        if size > 1 || best.0.len() == before {
            size /= 2;
        }
    }
    // Of what is left, a step that holds others may do with fewer of them.
    let mut at = 0;
    while at < best.0.len() {
        let simpler = best.0[at].simpler().into_iter().find_map(|step| {
            let mut steps = best.0.clone();
            steps.splice(at..=at, step);
            try_it(&steps).map(|failure| (steps, failure))
        });
        match simpler {
            Some(simpler) => best = simpler,
            None => at += 1,
        }
    }
    best
}
