//! A terminal with the command in it, as a person sees it.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// How long to wait for what must come: long enough for a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);

/// A terminal with a program in it.
pub(crate) struct Terminal {
    keys: File,
    shown: Receiver<Vec<u8>>,
    child: Child,
    /// What was shown so far.
    screen: Vec<u8>,
    /// How much of the screen's text was looked at.
    seen: usize,
}

impl Terminal {
    /// Starts a command in a terminal of its own, or returns why this machine can not.
    pub(crate) fn start(command: &Command, columns: u16) -> Result<Terminal, String> {
        let (keys, inside) = pair().map_err(|error| format!("no pseudo terminal can be made: {error}"))?;
        let mut started = Command::new("setsid");
        started.arg("--ctty").arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => started.env(name, value),
                None => started.env_remove(name),
            };
        }
        started.env("TERM", "xterm").env_remove("COLUMNS");
        started.current_dir(command.get_current_dir().expect("the stage names a folder"));
        let input = |end: &OwnedFd| Stdio::from(end.try_clone().expect("a descriptor is left"));
        started.stdin(input(&inside)).stdout(input(&inside)).stderr(input(&inside));
        let keys = File::from(keys);
        let mut reader = keys.try_clone().expect("a descriptor is left");
        resize(&keys, columns);
        let child = started.spawn().map_err(|error| format!("`setsid` can not be started: {error}"))?;
        // The program and its terminal live as long as each other only if nobody else holds the inner end.
        drop((started, inside));
        let (sender, shown) = mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // Reading fails as soon as the program has gone.
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Ok(Terminal { keys, shown, child, screen: Vec::new(), seen: 0 })
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until a text is shown after all that was waited for before.
    pub(crate) fn wait_for(&mut self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.find(text) {
            assert!(self.more(deadline), "waited for {text:?}, which is not in:\n{}", self.text());
        }
    }

    /// Types a line at a prompt that is shown, and waits until it is being run: the editor gives the terminal back, and
    /// from then on Ctrl-C is a signal.
    pub(crate) fn run(&mut self, line: &str) {
        const GIVEN_BACK: &[u8] = b"\x1b[?2004l";
        let deadline = Instant::now() + PATIENCE;
        let start = self.screen.len();
        self.press(&format!("{line}\r"));
        while !self.screen[start..].windows(GIVEN_BACK.len()).any(|bytes| bytes == GIVEN_BACK) {
            assert!(self.more(deadline), "{line:?} is not run:\n{}", self.text());
        }
    }

    /// Types a line at a prompt that is shown, and waits for what it answers and for the next prompt.
    pub(crate) fn ask(&mut self, line: &str, answer: &str) {
        self.press(&format!("{line}\r"));
        self.wait_for(answer);
        self.wait_for("rps> ");
    }

    /// Gives the window another size.
    pub(crate) fn resize(&self, columns: u16) {
        resize(&self.keys, columns);
    }

    /// Waits for the end of the program; returns all that was shown after what was waited for.
    pub(crate) fn end(mut self) -> (ExitStatus, String) {
        let deadline = Instant::now() + PATIENCE;
        while self.more(deadline) {}
        assert!(Instant::now() < deadline, "the program does not end:\n{}", self.text());
        let status = self.child.wait().unwrap();
        (status, self.text().split_off(self.seen))
    }

    /// Looks for a text, and goes behind it.
    fn find(&mut self, text: &str) -> bool {
        let all = self.text();
        let found = all[self.seen..].find(text);
        self.seen = found.map_or(self.seen, |at| self.seen + at + text.len());
        found.is_some()
    }

    /// Waits for more; returns whether something came.
    fn more(&mut self, deadline: Instant) -> bool {
        let left = deadline.saturating_duration_since(Instant::now());
        let Ok(bytes) = self.shown.recv_timeout(left) else { return false };
        self.screen.extend(bytes);
        true
    }

    /// Returns the text that was shown, without the sequences that move the cursor, and without an unfinished one.
    fn text(&self) -> String {
        let mut out = Vec::new();
        let mut bytes = self.screen.iter().copied();
        while let Some(byte) = bytes.next() {
            if byte == 0x1b {
                let mut rest = bytes.by_ref().skip_while(|byte| *byte == b'[');
                rest.find(u8::is_ascii_alphabetic);
            } else {
                out.push(byte);
            }
        }
        let whole = out.utf8_chunks().next().map_or(0, |chunk| chunk.valid().len());
        out.truncate(whole);
        String::from_utf8(out).unwrap_or_default()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It has ended already, unless the test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the two ends of a new pseudo terminal.
fn pair() -> rustix::io::Result<(OwnedFd, OwnedFd)> {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let keys = openpt(flags)?;
    grantpt(&keys)?;
    unlockpt(&keys)?;
    let name = ptsname(&keys, Vec::new())?;
    let inside = rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
    Ok((keys, inside))
}

fn resize(keys: &File, columns: u16) {
    let size = Winsize { ws_row: 40, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(keys, size).unwrap();
}
