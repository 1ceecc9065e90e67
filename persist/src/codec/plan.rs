//! Which codec a dump takes for which file.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parking_lot::Mutex;
use rps_runtime::Oid;
use rps_runtime::extension::{Codec, Extensions};

use crate::error::CodecError;
use crate::manifest::Manifest;
use crate::{Code, Problem, Report};

/// How all files of spaces end that are not encoded.
const PLAIN: &str = ".json";

/// How a dump encodes the files of spaces.
///
/// ```
/// use rps_persist::CodecChoice;
/// assert_eq!(CodecChoice::from("zstd"), CodecChoice::Named("zstd".into()));
/// assert_eq!(CodecChoice::from("plain"), CodecChoice::Plain);
/// assert_eq!(CodecChoice::default(), CodecChoice::Keep);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CodecChoice {
    /// As they are: a file as it was, a new file of a space like the other files of the space, a new space like the rest of
    /// the store if that is of one kind, else plain. A new store is plain.
    #[default]
    Keep,
    /// Not at all: as JSON.
    Plain,
    /// By the codec with this name. With `auto` it is the one that scores best; where it fails the next one is taken, and
    /// at last none.
    Named(String),
}

impl From<&str> for CodecChoice {
    fn from(name: &str) -> CodecChoice {
        match name {
            "keep" => CodecChoice::Keep,
            "plain" => CodecChoice::Plain,
            name => CodecChoice::Named(name.to_owned()),
        }
    }
}

/// What a dump does with each file.
pub(crate) struct Plan<'d> {
    extensions: &'d dyn Extensions,
    choice: &'d CodecChoice,
    /// By which codec the files of the current generation are encoded, by the paths without its name.
    files: BTreeMap<String, Option<String>>,
    /// The same for the first file of each space.
    spaces: BTreeMap<Oid, Option<String>>,
    /// The codec of the whole generation, if there is one.
    store: Option<String>,
    /// The codecs that failed where another one may be taken: they are not tried again.
    failed: Mutex<BTreeSet<String>>,
    report: Mutex<Report>,
}

/// What is tried for a file.
pub(crate) struct Candidates {
    /// The codecs, the best first; none where the file is to be plain.
    pub(crate) codecs: Vec<Arc<dyn Codec>>,
    /// Whether the next one, and at last none, is taken where one fails.
    pub(crate) may_fail: bool,
}

impl<'d> Plan<'d> {
    /// Returns the plan of a dump; `previous` describes the current generation.
    pub(crate) fn new(
        choice: &'d CodecChoice,
        extensions: &'d dyn Extensions,
        previous: &Manifest,
    ) -> Plan<'d> {
        let (mut files, mut spaces, mut all) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        for space in &previous.spaces {
            for file in &space.files {
                let (path, codec) = split(&file.path);
                spaces.entry(space.oid).or_insert_with(|| codec.clone());
                all.insert(codec.clone());
                files.insert(path.to_owned(), codec);
            }
        }
        let store = if all.len() == 1 { all.pop_first().flatten() } else { None };
        Plan { extensions, choice, files, spaces, store, failed: Mutex::default(), report: Mutex::default() }
    }

    /// Returns what is tried for a file of a space; the path is that of the plain file.
    ///
    /// # Errors
    ///
    /// [`Code::CodecMissing`].
    pub(crate) fn of_file(&self, path: &str, space: Oid) -> Result<Candidates, CodecError> {
        let only = |codec| Candidates { codecs: Vec::from_iter(codec), may_fail: false };
        match self.choice {
            CodecChoice::Plain => Ok(only(None)),
            CodecChoice::Keep => {
                let known = self.files.get(path).or_else(|| self.spaces.get(&space)).unwrap_or(&self.store);
                let message = "the files of the store are encoded by it, and it is not here";
                known.as_ref().map(|name| self.named(name, path, message)).transpose().map(only)
            }
            CodecChoice::Named(name) if name == AUTO => {
                let mut codecs = Vec::from_iter(self.extensions.codec_by_name(AUTO));
                for info in self.extensions.codecs() {
                    if codecs.iter().all(|codec| codec.info().name != info.name) {
                        codecs.extend(self.extensions.codec_by_name(&info.name));
                    }
                }
                if codecs.is_empty() && self.failed.lock().insert(AUTO.to_owned()) {
                    self.warn(path, Code::CodecMissing, "no codec is here: the files are plain");
                }
                let failed = self.failed.lock();
                codecs.retain(|codec| !failed.contains(&codec.info().name));
                Ok(Candidates { codecs, may_fail: true })
            }
            CodecChoice::Named(name) => {
                self.named(name, path, "no codec has this name").map(|codec| only(Some(codec)))
            }
        }
    }

    /// Returns whether a file that is encoded by this codec, or plain, may stay as it is.
    pub(crate) fn keeps(&self, codec: Option<&str>) -> bool {
        match self.choice {
            CodecChoice::Keep => true,
            CodecChoice::Plain => codec.is_none(),
            // Which one scores best depends on the content.
            CodecChoice::Named(name) => name != AUTO && codec == Some(name),
        }
    }

    /// Notes that a codec failed, where another one is taken.
    pub(crate) fn failed(&self, error: &CodecError) {
        if self.failed.lock().insert(error.codec.clone()) {
            self.warn(&error.path, error.code, &format!("{error}: it is left out"));
        }
    }

    /// Returns what is to be said of the files.
    pub(crate) fn into_report(self) -> Report {
        let mut report = self.report.into_inner();
        report.sort();
        report
    }

    /// Returns the extensions.
    pub(crate) fn extensions(&self) -> &'d dyn Extensions {
        self.extensions
    }

    fn named(&self, name: &str, path: &str, message: &str) -> Result<Arc<dyn Codec>, CodecError> {
        let known = || {
            let mut names: Vec<String> = self.extensions.codecs().into_iter().map(|info| info.name).collect();
            names.extend(["plain".to_owned()]);
            format!("install or enable the plugin that has it, or take one of: {}", names.join(", "))
        };
        self.extensions.codec_by_name(name).ok_or_else(|| CodecError {
            codec: name.to_owned(),
            path: path.to_owned(),
            code: Code::CodecMissing,
            message: message.to_owned(),
            hint: Some(known()),
        })
    }

    fn warn(&self, path: &str, code: Code, message: &str) {
        self.report.lock().push(Problem::warning(code, format!("spaces/{path}"), message));
    }
}

/// The name of the codec that scores best, whichever that is.
const AUTO: &str = "auto";

/// Returns the path of a space file without the name of its codec, and that.
pub(crate) fn split(path: &str) -> (&str, Option<String>) {
    // In the name of a space, a dot is written otherwise.
    match path.rfind(PLAIN).map(|at| path.split_at(at + PLAIN.len())) {
        Some((plain, codec)) => (plain, codec.strip_prefix('.').map(str::to_owned)),
        None => (path, None),
    }
}
