//! What the compiled tier has done.
//!
//! It is counted by the names that stack traces have, of so many functions that the memory for it is bounded in programs that
//! make functions without end; the sums are of all.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rps_runtime::code::machine::Pause;

use crate::cache::CacheStats;

/// Of so many functions it is known by name what they did.
const MOST_FUNCTIONS: usize = 4096;
/// So many different reasons and causes are told apart.
const MOST_REASONS: usize = 64;
/// What is counted under this name is one of too many.
const OTHERS: &str = "others";

/// What the compiled tier has done until now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stats {
    /// What makes the machine code.
    pub library: Library,
    /// What the first and the second stage have made.
    pub stages: [StageStats; 2],
    /// How many requests wait, or are being worked on.
    pub waiting: u64,
    /// Why no machine code was made, the most frequent reason first.
    pub refused: Vec<RefusalStats>,
    /// How many pieces of machine code were freed.
    pub dropped: u64,
    /// How many pieces there are.
    pub live: u64,
    /// How many bytes those take.
    pub code_bytes: u64,
    /// Why machine code went back to the interpreter, and how often, the most frequent cause first.
    pub exits: Vec<(String, u64)>,
    /// What is known by function, those with the most exits first.
    pub functions: Vec<FunctionStats>,
    /// The longest time for which a thread that runs a program was held up by this, and for what.
    pub longest_pause: Option<(Duration, Pause)>,
    /// What the code cache has done, where there is one.
    pub cache: Option<CacheStats>,
}

/// What makes the machine code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Library {
    /// It was not needed yet.
    #[default]
    Unopened,
    /// It is there.
    Open {
        /// What tells it and the processor from others.
        build: String,
    },
    /// It is not there: everything is interpreted.
    Absent {
        /// The stable code of the error.
        code: String,
        /// Why not.
        reason: String,
    },
}

/// What a stage has made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StageStats {
    /// How many pieces of machine code.
    pub made: u64,
    /// How many of these were in the cache.
    pub cached: u64,
    /// How many bytes they have, freed ones included.
    pub bytes: u64,
    /// How long it took, all together.
    pub time: Duration,
    /// The longest time that one took.
    pub longest: Duration,
    /// Of which function that was.
    pub longest_of: String,
}

/// Why no machine code was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalStats {
    /// The reason.
    pub reason: String,
    /// How often.
    pub count: u64,
    /// The last function of which none was made.
    pub last: String,
}

/// What is known of the machine code of a function; functions of one name are counted together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionStats {
    /// What stack traces call it.
    pub name: String,
    /// How often machine code was made of it, by stage.
    pub made: [u64; 2],
    /// How often it went back to the interpreter.
    pub exits: u64,
    /// The causes, the most frequent first.
    pub causes: Vec<(String, u64)>,
}

/// What counts.
#[derive(Default)]
pub(crate) struct Counters(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    library: Library,
    stages: [StageStats; 2],
    waiting: u64,
    dropped: u64,
    live: u64,
    code_bytes: u64,
    refused: HashMap<String, (u64, String)>,
    exits: HashMap<&'static str, u64>,
    functions: HashMap<String, Function>,
    longest_pause: Option<(Duration, Pause)>,
}

#[derive(Default)]
struct Function {
    made: [u64; 2],
    /// There are few causes.
    exits: Vec<(&'static str, u64)>,
}

/// Machine code that is counted while it lives.
pub(crate) struct Counted<T> {
    /// There until it is dropped.
    code: Option<T>,
    bytes: u64,
    counters: Arc<Counters>,
}

impl<T> Drop for Counted<T> {
    fn drop(&mut self) {
        let start = Instant::now();
        drop(self.code.take());
        self.counters.paused(Pause::Freed, start.elapsed());
        let counts = &mut *self.counters.0.lock();
        counts.dropped += 1;
        counts.live -= 1;
        counts.code_bytes -= self.bytes;
    }
}

impl Counters {
    /// Counts machine code until it is dropped.
    pub(crate) fn count<T>(self: &Arc<Self>, code: T, bytes: usize) -> Counted<T> {
        let bytes = bytes as u64;
        let counts = &mut *self.0.lock();
        counts.live += 1;
        counts.code_bytes += bytes;
        Counted { code: Some(code), bytes, counters: Arc::clone(self) }
    }

    pub(crate) fn set_library(&self, library: Library) {
        self.0.lock().library = library;
    }

    /// Notes that a request has come.
    pub(crate) fn asked(&self) {
        self.0.lock().waiting += 1;
    }

    /// Notes that a request was answered.
    pub(crate) fn answered(&self) {
        let waiting = &mut self.0.lock().waiting;
        *waiting = waiting.saturating_sub(1);
    }

    pub(crate) fn made(&self, name: &str, stage: u8, bytes: usize, time: Duration, is_cached: bool) {
        let counts = &mut *self.0.lock();
        let number = usize::from(stage > 1);
        counts.function(name).made[number] += 1;
        let own = &mut counts.stages[number];
        own.made += 1;
        own.cached += u64::from(is_cached);
        own.bytes += bytes as u64;
        own.time += time;
        if time > own.longest {
            (own.longest, own.longest_of) = (time, name.to_owned());
        }
    }

    pub(crate) fn refused(&self, name: &str, reason: &str) {
        let counts = &mut *self.0.lock();
        let is_known = counts.refused.len() < MOST_REASONS || counts.refused.contains_key(reason);
        let reason = if is_known { reason } else { OTHERS };
        let (count, last) = counts.refused.entry(reason.to_owned()).or_default();
        *count += 1;
        name.clone_into(last);
    }

    pub(crate) fn exited(&self, name: &str, cause: &'static str) {
        let counts = &mut *self.0.lock();
        *counts.exits.entry(cause).or_default() += 1;
        let exits = &mut counts.function(name).exits;
        match exits.iter_mut().find(|(own, _)| *own == cause) {
            Some((_, count)) => *count += 1,
            None => exits.push((cause, 1)),
        }
    }

    /// Notes how long a thread was held up.
    pub(crate) fn paused(&self, pause: Pause, time: Duration) {
        let longest = &mut self.0.lock().longest_pause;
        if longest.is_none_or(|(longest, _)| longest < time) {
            *longest = Some((time, pause));
        }
    }

    /// Returns what was counted.
    pub(crate) fn read(&self) -> Stats {
        let counts = &*self.0.lock();
        let mut refused: Vec<RefusalStats> = counts
            .refused
            .iter()
            .map(|(reason, (count, last))| RefusalStats {
                reason: reason.clone(),
                count: *count,
                last: last.clone(),
            })
            .collect();
        refused.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.reason.cmp(&b.reason)));
        let mut functions: Vec<FunctionStats> = counts
            .functions
            .iter()
            .map(|(name, function)| FunctionStats {
                name: name.clone(),
                made: function.made,
                exits: function.exits.iter().map(|(_, count)| count).sum(),
                causes: sorted(function.exits.iter().copied()),
            })
            .collect();
        functions.sort_by(|a, b| b.exits.cmp(&a.exits).then_with(|| a.name.cmp(&b.name)));
        Stats {
            library: counts.library.clone(),
            stages: counts.stages.clone(),
            waiting: counts.waiting,
            refused,
            dropped: counts.dropped,
            live: counts.live,
            code_bytes: counts.code_bytes,
            exits: sorted(counts.exits.iter().map(|(cause, count)| (*cause, *count))),
            functions,
            longest_pause: counts.longest_pause,
            cache: None,
        }
    }
}

impl Counts {
    fn function(&mut self, name: &str) -> &mut Function {
        let is_known = self.functions.len() < MOST_FUNCTIONS || self.functions.contains_key(name);
        let name = if is_known { name } else { OTHERS };
        match self.functions.entry(name.to_owned()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(Function::default()),
        }
    }
}

fn sorted(counts: impl Iterator<Item = (&'static str, u64)>) -> Vec<(String, u64)> {
    let mut all: Vec<(String, u64)> = counts.map(|(cause, count)| (cause.to_owned(), count)).collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    #[test]
    fn what_happens_is_counted() {
        let counters = Arc::new(Counters::default());
        counters.asked();
        counters.made("f", 1, 100, MILLISECOND, false);
        counters.made("g", 2, 1000, 3 * MILLISECOND, true);
        counters.made("f", 2, 500, 2 * MILLISECOND, false);
        counters.refused("h", "too large");
        counters.exited("f", "type");
        counters.exited("f", "signal");
        counters.exited("f", "signal");
        let code = counters.count((), 100);
        drop(counters.count((), 1000));
        let stats = counters.read();
        assert_eq!((stats.waiting, stats.live, stats.dropped, stats.code_bytes), (1, 1, 1, 100));
        let [first, second] = &stats.stages;
        assert_eq!((first.made, first.cached, first.bytes, first.time), (1, 0, 100, MILLISECOND));
        assert_eq!((second.made, second.cached, second.bytes, second.time), (2, 1, 1500, 5 * MILLISECOND));
        assert_eq!((second.longest, second.longest_of.as_str()), (3 * MILLISECOND, "g"));
        assert_eq!(stats.exits, [("signal".to_owned(), 2), ("type".to_owned(), 1)]);
        assert_eq!((stats.functions[0].name.as_str(), stats.functions[0].made), ("f", [1, 1]));
        assert_eq!((stats.refused[0].count, stats.refused[0].last.as_str()), (1, "h"));
        counters.answered();
        drop(code);
        assert_eq!((counters.read().waiting, counters.read().code_bytes), (0, 0));
    }

    #[test]
    fn the_longest_pause_is_kept() {
        let counters = Arc::new(Counters::default());
        assert_eq!(counters.read().longest_pause, None);
        counters.paused(Pause::Asked, MILLISECOND);
        counters.paused(Pause::Installed, 3 * MILLISECOND);
        counters.paused(Pause::Asked, 2 * MILLISECOND);
        assert_eq!(counters.read().longest_pause, Some((3 * MILLISECOND, Pause::Installed)));
        // That of code which takes its time to be freed is one, too.
        struct Slow;
        impl Drop for Slow {
            fn drop(&mut self) {
                let start = Instant::now();
                while start.elapsed() < 4 * MILLISECOND {}
            }
        }
        drop(counters.count(Slow, 1));
        let longest = counters.read().longest_pause;
        assert!(
            longest.is_some_and(|(time, pause)| time >= 4 * MILLISECOND && pause == Pause::Freed),
            "{longest:?}"
        );
    }

    #[test]
    fn the_memory_for_it_is_bounded() {
        let counters = Counters::default();
        for number in 0..2 * MOST_FUNCTIONS {
            counters.exited(&format!("f{number}"), "type");
            counters.refused("f", &format!("reason {number}"));
        }
        let stats = counters.read();
        assert_eq!(stats.functions.len(), MOST_FUNCTIONS + 1);
        assert_eq!(stats.functions[0].name, OTHERS);
        assert_eq!(stats.functions.iter().map(|own| own.exits).sum::<u64>(), 2 * MOST_FUNCTIONS as u64);
        assert_eq!(stats.refused.len(), MOST_REASONS + 1);
    }
}
