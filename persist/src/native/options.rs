//! How to load, and how to dump.

use std::fmt;
use std::sync::Arc;

use rps_runtime::extension::{Extensions, NoExtensions, StateSection};

use crate::Progress;
use crate::codec::CodecChoice;
use crate::text::Limits;

/// Whether a store is opened by its snapshot, where objects come one by one as they are needed, and whether a dump leaves
/// one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lazy {
    /// If the store is large: from [`Lazy::AUTO_FROM`] objects on.
    #[default]
    Auto,
    /// Never: every store is loaded as a whole.
    Never,
    /// However small the store is. Where there is no snapshot that can be used, the store is loaded as ever.
    Always,
}

impl Lazy {
    /// The environment variable that says `auto`, `never` or `always`.
    pub const VARIABLE: &str = "RPS_LAZY";

    /// Smaller stores are loaded before anybody could notice.
    pub const AUTO_FROM: u64 = 20_000;

    /// Returns what [`Lazy::VARIABLE`] says; what it does not say is [`Lazy::Auto`].
    #[must_use]
    pub fn from_environment() -> Lazy {
        match std::env::var(Lazy::VARIABLE).as_deref() {
            Ok("never") => Lazy::Never,
            Ok("always") => Lazy::Always,
            _ => Lazy::Auto,
        }
    }

    /// Tells whether a store of so many objects is opened by its snapshot.
    #[must_use]
    pub fn applies_to(self, objects: u64) -> bool {
        match self {
            Lazy::Auto => objects >= Lazy::AUTO_FROM,
            Lazy::Never => false,
            Lazy::Always => true,
        }
    }
}

/// Which commits are replayed when a store is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Replay {
    /// Those that were made to the generation in the store. If there are others, the store is not loaded.
    #[default]
    Own,
    /// All, whatever generation they were made to; what is loaded can not be committed to before it was dumped.
    All,
    /// None; what is loaded can not be committed to before it was dumped.
    Nothing,
}

/// How to load.
#[derive(Clone)]
#[non_exhaustive]
pub struct LoadOptions {
    /// Takes files that are not those of the manifest, after a merge or an edit by hand: what would be an error for this
    /// alone is a warning then.
    pub accept_changed_files: bool,
    /// Which commits are replayed, if the store is open for writing.
    pub replay: Replay,
    /// Limits on the size of files.
    pub limits: Limits,
    /// Whether the store is opened by its snapshot.
    pub lazy: Lazy,
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
            replay: Replay::default(),
            limits: Limits::default(),
            lazy: Lazy::default(),
            progress: Progress::default(),
            extensions: Arc::new(NoExtensions),
        }
    }
}

impl fmt::Debug for LoadOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LoadOptions { accept_changed_files, replay, limits, lazy, progress, extensions: _ } = self;
        f.debug_struct("LoadOptions")
            .field("accept_changed_files", accept_changed_files)
            .field("replay", replay)
            .field("limits", limits)
            .field("lazy", lazy)
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
    /// Whether all objects are encoded, also where the generation before could be gone on from. The result is the same.
    pub is_whole: bool,
    /// Whom to tell how far it is.
    pub progress: Progress,
    /// How the files of spaces are encoded.
    pub codec: CodecChoice,
    /// Whether the dump leaves a snapshot.
    pub lazy: Lazy,
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
            is_whole: false,
            progress: Progress::default(),
            codec: CodecChoice::default(),
            lazy: Lazy::default(),
            is_strict: false,
            states: Vec::new(),
            extensions: Arc::new(NoExtensions),
        }
    }
}

impl fmt::Debug for DumpOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DumpOptions { file_limit, is_whole, progress, codec, lazy, is_strict, states, extensions: _ } =
            self;
        f.debug_struct("DumpOptions")
            .field("file_limit", file_limit)
            .field("is_whole", is_whole)
            .field("progress", progress)
            .field("codec", codec)
            .field("lazy", lazy)
            .field("is_strict", is_strict)
            .field("states", states)
            .finish_non_exhaustive()
    }
}
