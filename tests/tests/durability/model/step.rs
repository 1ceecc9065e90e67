//! The steps of the model test.

use rps_persist::SyncLevel;
use rps_persist::native::Lazy;
use rps_tests::random::Random;

/// How many objects there are at most.
pub(super) const OBJECTS: usize = 30;

/// How many names attributes have.
pub(super) const KEYS: usize = 5;

/// How many spaces there are.
pub(super) const SPACES: usize = 3;

/// Something that is done to the store and to the map. What makes no sense at the moment does nothing.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// Makes an object in a space, anew if it was there before.
    Make {
        object: usize,
        space: usize,
    },
    /// Takes an object out of its space, for good.
    Remove {
        object: usize,
    },
    /// Puts an object into another space.
    Move {
        object: usize,
        space: usize,
    },
    Put {
        object: usize,
        key: usize,
        value: Given,
    },
    Unset {
        object: usize,
        key: usize,
    },
    Push {
        object: usize,
        value: Given,
    },
    PutComponent {
        object: usize,
        value: Given,
    },
    RemoveComponent {
        object: usize,
    },
    /// Gives an object a payload of this kind that holds values.
    Payload {
        object: usize,
        kind: usize,
        values: Vec<Given>,
    },
    /// Adds to the payload that an object has.
    Extend {
        object: usize,
        value: Given,
    },
    Root {
        object: usize,
    },
    NoRoot {
        object: usize,
    },
    Annotate {
        number: usize,
    },
    Collect,
    Commit(SyncLevel),
    Dump,
    /// Dumps into another store.
    DumpElsewhere,
    /// Does the steps as a transaction, which fails if it says so.
    Transaction {
        steps: Vec<Step>,
        fails: bool,
    },
    /// Dumps on another thread while the steps are done.
    DumpMeanwhile(Vec<Step>),
    /// Makes the n-th operation on files from now on fail, once, in a commit or a dump.
    FailCommit {
        at: usize,
    },
    FailDump {
        at: usize,
    },
    /// Ends the process, and opens the store in a new one.
    Exit(Lazy),
    Die(Lazy),
    /// The process dies in the midst of a commit or a dump.
    DieInCommit {
        at: usize,
        lazy: Lazy,
    },
    DieInDump {
        at: usize,
        lazy: Lazy,
    },
    LosePower {
        how: usize,
        lazy: Lazy,
    },
    LosePowerInCommit {
        at: usize,
        how: usize,
        lazy: Lazy,
    },
    LosePowerInDump {
        at: usize,
        how: usize,
        lazy: Lazy,
    },
}

/// A value to be stored.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Given {
    Nil,
    Int(i64),
    Double(i32),
    Text(usize),
    Object(usize),
    Tuple(Vec<Given>),
}

impl Step {
    /// Returns the object that the step changes, if it is one that has to be there.
    pub(super) fn changed(&self) -> Option<usize> {
        match self {
            Step::Remove { object }
            | Step::Move { object, .. }
            | Step::Put { object, .. }
            | Step::Unset { object, .. }
            | Step::Push { object, .. }
            | Step::PutComponent { object, .. }
            | Step::RemoveComponent { object }
            | Step::Payload { object, .. }
            | Step::Extend { object, .. }
            | Step::Root { object }
            | Step::NoRoot { object } => Some(*object),
            _ => None,
        }
    }

    /// Returns what may do instead of the step and is simpler.
    pub(super) fn simpler(&self) -> Vec<Vec<Step>> {
        let without = |steps: &[Step], make: &dyn Fn(Vec<Step>) -> Step| {
            let mut all = vec![steps.to_vec()];
            all.extend((0..steps.len()).map(|at| {
                let mut fewer = steps.to_vec();
                fewer.remove(at);
                vec![make(fewer)]
            }));
            all
        };
        match self {
            Step::Transaction { steps, fails } => {
                without(steps, &|steps| Step::Transaction { steps, fails: *fails })
            }
            Step::DumpMeanwhile(steps) => without(steps, &Step::DumpMeanwhile),
            _ => Vec::new(),
        }
    }
}

/// Returns a random sequence of steps.
pub(super) fn sequence(random: &mut Random, length: usize) -> Vec<Step> {
    // Each sequence has its own temper: some have many crashes, others few.
    let crashes = 1 + random.below(12);
    (0..length).map(|_| step(random, crashes)).collect()
}

fn step(random: &mut Random, crashes: usize) -> Step {
    match random.below(100 + crashes) {
        0..70 => change(random),
        70..74 => Step::Transaction { steps: changes(random, 6, 1), fails: random.once_in(3) },
        74 => Step::Collect,
        75..87 => Step::Commit(level(random)),
        87..91 => Step::Dump,
        91..93 => {
            let mut steps = changes(random, 8, 0);
            for _ in 0..random.below(3) {
                steps.insert(random.below(steps.len() + 1), Step::Commit(level(random)));
            }
            Step::DumpMeanwhile(steps)
        }
        93 => Step::DumpElsewhere,
        94..96 => Step::FailCommit { at: random.below(8) },
        96..98 => Step::FailDump { at: random.below(90) },
        98 => Step::Exit(laziness(random)),
        99 => Step::Die(laziness(random)),
        _ => crash(random),
    }
}

fn crash(random: &mut Random) -> Step {
    let lazy = laziness(random);
    let how = random.below(1000);
    match random.below(6) {
        0 => Step::DieInCommit { at: random.below(8), lazy },
        1 => Step::DieInDump { at: random.below(90), lazy },
        2 | 3 => Step::LosePower { how, lazy },
        4 => Step::LosePowerInCommit { at: random.below(8), how, lazy },
        _ => Step::LosePowerInDump { at: random.below(90), how, lazy },
    }
}

fn changes(random: &mut Random, most: usize, nesting: usize) -> Vec<Step> {
    let count = random.below(most + 1);
    (0..count)
        .map(|_| match nesting > 0 && random.once_in(6) {
            true => Step::Transaction { steps: changes(random, 4, nesting - 1), fails: random.once_in(2) },
            false => change(random),
        })
        .collect()
}

fn change(random: &mut Random) -> Step {
    let (object, key, space) = (random.below(OBJECTS), random.below(KEYS), random.below(SPACES));
    match random.below(30) {
        0..6 => Step::Make { object, space },
        6..8 => Step::Remove { object },
        8 => Step::Move { object, space },
        9..16 => Step::Put { object, key, value: value(random, 2) },
        16..18 => Step::Unset { object, key },
        18..21 => Step::Push { object, value: value(random, 2) },
        21 => Step::PutComponent { object, value: value(random, 1) },
        22 => Step::RemoveComponent { object },
        23..25 => {
            let values = (0..random.below(4)).map(|_| value(random, 1)).collect();
            Step::Payload { object, kind: random.below(5), values }
        }
        25..27 => Step::Extend { object, value: value(random, 1) },
        27 => Step::Root { object },
        28 => Step::NoRoot { object },
        _ => Step::Annotate { number: random.below(4) },
    }
}

fn value(random: &mut Random, depth: usize) -> Given {
    match random.below(if depth > 0 { 12 } else { 11 }) {
        0 => Given::Nil,
        1..4 => Given::Int(random.number().cast_signed() >> random.below(60)),
        4 => Given::Double(i32::try_from(random.below(5)).unwrap_or(0)),
        5..7 => Given::Text(random.below(2000)),
        7..11 => Given::Object(random.below(OBJECTS)),
        _ => Given::Tuple((0..random.below(4)).map(|_| value(random, depth - 1)).collect()),
    }
}

fn level(random: &mut Random) -> SyncLevel {
    match random.below(6) {
        0 => SyncLevel::Data,
        1 | 2 => SyncLevel::None,
        _ => SyncLevel::Full,
    }
}

fn laziness(random: &mut Random) -> Lazy {
    if random.once_in(2) { Lazy::Always } else { Lazy::Never }
}
