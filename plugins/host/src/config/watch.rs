//! Hot reload: a thread that looks at the file when its directory changes.
//!
//! The directory is watched, not the file: editors replace files by renaming, and a watch on the old file would see
//! nothing more. Events only say "look again"; whether something changed is decided by the bytes.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::error::ConfigError;
use super::file::{ConfigFile, Loaded};
use super::model::Config;
use super::save;

/// How long the directory must be quiet before the file is read: an editor writes in several steps.
const QUIET: Duration = Duration::from_millis(50);

/// How long a directory that is never quiet can put the reload off.
const PATIENCE: Duration = Duration::from_millis(500);

/// Watches a configuration file and holds the configuration that it gave last. Dropping it ends the watch.
pub struct ConfigWatcher {
    file: ConfigFile,
    current: Arc<Mutex<Arc<Config>>>,
    // Before the thread in order: dropping it closes the channel, which ends the thread.
    watcher: Option<RecommendedWatcher>,
    thread: Option<JoinHandle<()>>,
}

impl ConfigWatcher {
    /// Watches `file`, which gave `loaded`. After each change, those between that load and this call included,
    /// `on_change` is called on the watching thread: with the new configuration, or with what is wrong, and then the old
    /// one still holds. A file that is gone is an error of that kind. Changes of the environment are seen with the next
    /// change of the file.
    ///
    /// # Errors
    ///
    /// [`ConfigError::NotWatched`] when the directory is not there or the system refuses.
    pub fn start(
        file: ConfigFile,
        loaded: &Loaded,
        mut on_change: impl FnMut(Result<Arc<Config>, ConfigError>) + Send + 'static,
    ) -> Result<Self, ConfigError> {
        let (sender, receiver) = mpsc::channel();
        let target = save::target(file.path());
        let mut directories = vec![save::directory(file.path()).to_owned()];
        if save::directory(&target) != directories[0] {
            directories.push(save::directory(&target).to_owned());
        }
        let watcher = watch(&directories, sender)?;

        let current = Arc::new(Mutex::new(Arc::clone(&loaded.config)));
        let state = Arc::clone(&current);
        let watched = file.clone().required();
        let mut seen = loaded.bytes.clone();
        let thread = thread::Builder::new().name("rps-config".to_owned()).spawn(move || {
            loop {
                let now = watched.read();
                let bytes = now.as_ref().ok().cloned().flatten();
                if bytes != seen {
                    seen = bytes;
                    let loaded = watched.load_from(now);
                    let result = loaded.file_error.map_or(Ok(loaded.config), Err);
                    if let Ok(config) = &result {
                        *state.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(config);
                    }
                    on_change(result);
                }
                if !wait(&receiver) {
                    break;
                }
            }
        });
        let thread = thread.map_err(|error| ConfigError::NotWatched {
            path: file.path().to_owned(),
            source: notify::Error::io(error),
        })?;
        Ok(Self { file, current, watcher: Some(watcher), thread: Some(thread) })
    }

    /// Returns the configuration that holds.
    #[must_use]
    pub fn current(&self) -> Arc<Config> {
        Arc::clone(&self.current.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the file now, as `config reload` does, and returns what holds from here on. The callback is not called.
    ///
    /// # Errors
    ///
    /// What is wrong with the file; the old configuration still holds.
    pub fn reload(&self) -> Result<Arc<Config>, ConfigError> {
        let config = self.file.reload()?;
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&config);
        Ok(config)
    }
}

impl Drop for ConfigWatcher {
    fn drop(&mut self) {
        drop(self.watcher.take());
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != thread::current().id()
        {
            // A callback that panicked ended the watch; the panic was reported where it happened.
            _ = thread.join();
        }
    }
}

impl std::fmt::Debug for ConfigWatcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConfigWatcher").field("file", &self.file.path()).finish_non_exhaustive()
    }
}

fn watch(directories: &[PathBuf], sender: Sender<()>) -> Result<RecommendedWatcher, ConfigError> {
    let not_watched = |path: &Path| {
        let path = path.to_owned();
        move |source| ConfigError::NotWatched { path, source }
    };
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Reading the file is an event as well, and must not lead to reading it again.
        if !event.is_ok_and(|event| matches!(event.kind, EventKind::Access(_))) {
            _ = sender.send(());
        }
    })
    .map_err(not_watched(&directories[0]))?;
    for directory in directories {
        watcher.watch(directory, RecursiveMode::NonRecursive).map_err(not_watched(directory))?;
    }
    Ok(watcher)
}

/// Waits until something changed and the directory is quiet again; `false` when the watch has ended.
fn wait(receiver: &Receiver<()>) -> bool {
    if receiver.recv().is_err() {
        return false;
    }
    let until = Instant::now() + PATIENCE;
    loop {
        match receiver.recv_timeout(QUIET) {
            Ok(()) if Instant::now() < until => {}
            Ok(()) | Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}
