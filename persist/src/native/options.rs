//! How to load, and how to dump.

use std::fmt;
use std::sync::Arc;

use rps_runtime::extension::{Extensions, NoExtensions, StateSection};

use crate::Progress;
use crate::codec::CodecChoice;
use crate::text::Limits;

/// How to load.
#[derive(Clone)]
#[non_exhaustive]
pub struct LoadOptions {
    /// Takes files that are not those of the manifest, after a merge or an edit by hand: what would be an error for this
    /// alone is a warning then.
    pub accept_changed_files: bool,
    /// Limits on the size of files.
    pub limits: Limits,
    /// Whom to tell how far it is.
    pub progress: Progress,
    /// Who is asked for the types of payloads and for codecs, and who looks at the result.
    pub extensions: Arc<dyn Extensions>,
}

impl Default for LoadOptions {
    /// Returns the usual limits, and no extensions.
    fn default() -> LoadOptions {
        LoadOptions {
            accept_changed_files: false,
            limits: Limits::default(),
            progress: Progress::default(),
            extensions: Arc::new(NoExtensions),
        }
    }
}

impl fmt::Debug for LoadOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LoadOptions { accept_changed_files, limits, progress, extensions: _ } = self;
        f.debug_struct("LoadOptions")
            .field("accept_changed_files", accept_changed_files)
            .field("limits", limits)
            .field("progress", progress)
            .finish_non_exhaustive()
    }
}

/// How to dump.
#[derive(Clone)]
#[non_exhaustive]
pub struct DumpOptions {
    /// A space with more bytes of records than this gets several files, none of which is larger.
    pub file_limit: usize,
    /// Whom to tell how far it is.
    pub progress: Progress,
    /// How the files of spaces are encoded.
    pub codec: CodecChoice,
    /// Whether a state that can not be saved refuses the dump.
    pub is_strict: bool,
    /// States that were loaded from another store: they are written unless a plugin here gives them anew.
    pub states: Vec<StateSection>,
    /// Who is asked for codecs and states, and told of the dump.
    pub extensions: Arc<dyn Extensions>,
}

impl Default for DumpOptions {
    /// Returns a limit of one megabyte for a file, the codecs that the store has, and no extensions.
    fn default() -> DumpOptions {
        DumpOptions {
            file_limit: 1_000_000,
            progress: Progress::default(),
            codec: CodecChoice::default(),
            is_strict: false,
            states: Vec::new(),
            extensions: Arc::new(NoExtensions),
        }
    }
}

impl fmt::Debug for DumpOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DumpOptions { file_limit, progress, codec, is_strict, states, extensions: _ } = self;
        f.debug_struct("DumpOptions")
            .field("file_limit", file_limit)
            .field("progress", progress)
            .field("codec", codec)
            .field("is_strict", is_strict)
            .field("states", states)
            .finish_non_exhaustive()
    }
}
