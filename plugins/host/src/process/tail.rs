//! The last words of a process.

use std::collections::VecDeque;
use std::io::Read;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

const BYTES: usize = 8 << 10;
const LINES: usize = 20;

/// The end of what a process wrote to its standard error.
#[derive(Debug, Default)]
pub(super) struct Tail {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    bytes: VecDeque<u8>,
    closed: bool,
}

impl Tail {
    /// Reads `stream` to its end and keeps the end of it.
    pub(super) fn follow(&self, mut stream: impl Read) {
        let mut buffer = [0; 4096];
        // An error ends it like the end of the stream does.
        while let Ok(length @ 1..) = stream.read(&mut buffer) {
            let mut state = self.state.lock();
            state.bytes.extend(&buffer[..length]);
            let excess = state.bytes.len().saturating_sub(BYTES);
            state.bytes.drain(..excess);
        }
        self.state.lock().closed = true;
        self.changed.notify_all();
    }

    /// Returns the last lines, after the stream has ended or `patience` has: a child of the process may hold it open.
    pub(super) fn text(&self, patience: Duration) -> String {
        let until = Instant::now() + patience;
        let mut state = self.state.lock();
        while !state.closed && !self.changed.wait_until(&mut state, until).timed_out() {}
        let bytes: Vec<u8> = state.bytes.iter().copied().collect();
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.trim_end().lines().collect();
        lines[lines.len().saturating_sub(LINES)..].join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_is_kept() {
        let tail = Tail::default();
        let text: String = (0..5000).map(|n| format!("line {n}\n")).collect();
        tail.follow(text.as_bytes());
        let last: Vec<String> = (4980..5000).map(|n| format!("line {n}")).collect();
        assert_eq!(tail.text(Duration::ZERO), last.join("\n"));

        let tail = Tail::default();
        tail.follow([0xff; 9000].as_slice());
        assert_eq!(tail.text(Duration::ZERO).chars().count(), BYTES);
        assert_eq!(Tail::default().text(Duration::ZERO), "");
    }
}
