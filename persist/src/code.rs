//! The stable codes of everything that can be wrong with a store: one table.

use std::fmt;

/// Declares [`Code`] from one table of documentation, name, text and hint (empty: there is no general advice).
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $hint:literal;)*) => {
        /// A stable code such as `store::dangling-oid`: what a script matches and a manual explains.
        ///
        /// ```
        /// use rps_persist::Code;
        /// assert_eq!(Code::DanglingOid.as_str(), "store::dangling-oid");
        /// assert!(Code::ALL.contains(&Code::Locked));
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])* $name,)*
            /// A code of someone else: of a validator or a payload kind that a plugin brought.
            Foreign(&'static str),
        }

        impl Code {
            /// Every code of this crate.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Returns the text of the code.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Foreign(text) => text,
                }
            }

            /// Returns what one can do about it in general; a [`Problem`](crate::Problem) may know better.
            #[must_use]
            pub const fn hint(self) -> Option<&'static str> {
                let hint = match self {
                    $(Self::$name => $hint,)*
                    Self::Foreign(_) => "",
                };
                if hint.is_empty() { None } else { Some(hint) }
            }
        }
    };
}

codes! {
    /// Nothing exists at the path.
    NotFound = "store::not-found", "check the path";
    /// An object that is to be written could not be read when it was needed.
    Unreadable = "store::unreadable-object", "nothing was written: start again, and look at the store with `rps check` and `rps check --salvage`";
    /// A directory is needed, and something else is there.
    NotADirectory = "store::not-a-directory", "a store is a directory; name that, not a file in it";
    /// The operating system refuses access.
    Permission = "store::permission", "check the owner and the permissions of the store and of its files";
    /// No space left, or a quota is used up.
    DiskFull = "store::disk-full", "free some space and try again; nothing of the store was changed";
    /// Another process holds the store.
    Locked = "store::locked", "wait until the other process has closed the store, or open it for reading";
    /// Any other failure of an operation on files.
    Io = "store::io", "the disk or the connection to it may be at fault: copy the store before anything else is written there";
    /// A file without content.
    EmptyFile = "store::empty-file", "take the file from git or from a backup; `rps restore` goes back to a previous generation, `rps check --salvage` takes what is sound";
    /// A file that ends too early.
    Truncated = "store::truncated", "take the file from git or from a backup; `rps restore` goes back to a previous generation, `rps check --salvage` takes what is sound";
    /// A file above the limit for its kind.
    TooLarge = "store::too-large", "raise the limit if the file is meant to be that large";
    /// Bytes that are not UTF-8.
    NotUtf8 = "store::not-utf8", "store files are UTF-8 text; convert the file, or take it from git";
    /// A byte order mark.
    Bom = "store::bom", "save the file as UTF-8 without byte order mark";
    /// Lines that end in carriage return and line feed.
    Crlf = "store::crlf", "give the file LF line ends; in git: `*.json -text` in .gitattributes";
    /// A format that this version does not know.
    UnknownFormat = "store::unknown-format", "use the version that wrote the store, or a newer one";
    /// Conflict markers of git.
    ConflictMarkers = "store::conflict-markers", "resolve the merge in git first; `rps check --salvage` takes the side that was here, and keeps the other one";
    /// One oid for two objects.
    DuplicateOid = "store::duplicate-oid", "remove one of the two records; `rps check --salvage` takes the first one, and keeps the other one";
    /// A reference to an object that is not there.
    DanglingOid = "store::dangling-oid", "restore the object, or remove the reference";
    /// A number of objects that differs from the one that was announced.
    WrongCount = "store::wrong-count", "records were lost or added by hand; compare with git";
    /// The class of an object is not a class.
    NotAClass = "store::not-a-class", "give the object a class that is one";
    /// A class that is its own ancestor.
    SuperclassCycle = "store::superclass-cycle", "break the cycle by giving one of the classes another superclass";
    /// Values nested beyond the limit.
    TooDeep = "store::too-deep", "put the inner values into objects of their own";
    /// Text that is not JSON.
    BadJson = "store::bad-json", "correct it by hand, or take the file from git or from a backup";
    /// A file that is not the one that the manifest describes.
    BadHash = "store::bad-hash", "the file was changed after the dump: `rps check --accept` takes it as it is, or restore it";
    /// A file that somebody else wrote to while the store was open, and that a dump has replaced.
    EditedFile = "store::edited-file", "close a store before you edit its files; or edit them, and make the session load them again";
    /// A file that the manifest lists and that is not there.
    MissingFile = "store::missing-file", "take the file from git or from a backup; `rps restore` goes back to a previous generation, `rps check --salvage` takes what is sound";
    /// A file that the manifest does not list.
    UnlistedFile = "store::unlisted-file", "it is not part of the store: remove it, or list it in the manifest; `rps check --salvage` puts it aside";
    /// A record or a part of it that has another form than it must have.
    BadRecord = "store::bad-record", "correct it by hand, or take the file from git or from a backup";
    /// A text that must be an oid and is none.
    BadOid = "store::bad-oid", "an oid is `_` and 18 digits of 0-9, a-z, A-Z, in the range of oids";
    /// A path in a manifest that leaves the store or is not in normal form.
    BadPath = "store::bad-path", "paths in a manifest are relative, with `/`, and without `.` or `..`";
    /// A key that nobody here understands.
    UnknownKey = "store::unknown-key", "it is kept and written back unchanged";
    /// A key that is needed and missing.
    MissingKey = "store::missing-key", "correct it by hand, or take the file from git or from a backup";
    /// A value of another type than its key asks for.
    WrongType = "store::wrong-type", "correct it by hand, or take the file from git or from a backup";
    /// One name for two spaces, files or symbols.
    DuplicateName = "store::duplicate-name", "rename one of them";
    /// A space file that belongs to another space than it should.
    WrongSpace = "store::wrong-space", "the file was renamed or copied; restore it";
    /// Records that are not in the order of their oids.
    Unsorted = "store::unsorted", "the next dump sorts them";
    /// An older or hand-written form, which was understood.
    OldForm = "store::old-form", "the next dump writes the current form";
    /// A payload whose type no plugin here has.
    PayloadAbsent = "store::payload-absent", "install or enable the plugin; until then the payloads are kept and written back unchanged";
    /// A payload that was written with another schema of its type than the plugin here has.
    SchemaMismatch = "store::schema-mismatch", "install the version of the plugin that wrote it; until then the payloads are kept and written back unchanged";
    /// A payload that its plugin could not read, or that has members which are not known here.
    PayloadUnread = "store::payload-unread", "the payload is kept and written back unchanged";
    /// A payload that its plugin gave in a form that can not be stored.
    BadPayload = "store::bad-payload", "report this to the author of the plugin; nothing of the store was changed";
    /// A file in a frame of a codec that is not here.
    CodecMissing = "store::codec-missing", "install or enable the plugin that has the codec";
    /// A codec whose frames could not be read back.
    CodecUnsound = "store::codec-unsound", "dump with another codec or without one, and report this to the author of the codec; nothing of the store was changed";
    /// A frame of another version than this one knows.
    FrameVersion = "store::frame-version", "use the version that wrote the store, or a newer one";
    /// A frame whose content is not the one that it announces.
    BadFrame = "store::bad-frame", "take the file from git or from a backup; `rps restore` goes back to a previous generation, `rps check --salvage` takes what is sound";
    /// The saved state of a plugin that can not be read, or is not the one that the manifest describes.
    BadState = "store::bad-state", "the file is kept as it is; take it from git or from a backup, or let `rps check --salvage` put it aside";
    /// The state of a plugin that was not saved, restored or put aside.
    StateFailed = "store::state-failed", "what was saved before is kept";
    /// What a validator of a plugin found.
    Validator = "store::validator", "see what the plugin says, and change the object; `rps check --salvage` puts it aside";
    /// Segments of a journal of which one in between is missing.
    JournalGap = "journal::gap", "take the missing file from a backup; or `rps journal discard` gives up what was committed since the last dump";
    /// A journal that belongs to another generation than the one in the store.
    JournalOtherBase = "journal::other-base", "the store was replaced since, perhaps by git: put back the generation that the commits were made to, or `rps journal apply` puts them on top of this one, or `rps journal discard` gives them up";
    /// A journal with a damaged record that others follow.
    JournalDamaged = "journal::damaged", "take the file from a backup; or `rps journal discard` gives up what was committed since the last dump";
    /// A segment of a journal in a format that this version does not know.
    JournalFormat = "journal::unknown-format", "use the version that wrote the journal, or a newer one, and dump with it";
    /// Commits that no dump has taken over, where they would be lost or left out.
    UndumpedCommits = "store::undumped-commits", "`rps journal apply STORE` dumps them; `rps journal show STORE` lists them";
    /// A commit into a store that was opened for reading.
    CommitReadOnly = "commit::read-only", "open the store for writing";
    /// A commit into a store that has no generation, or that was neither loaded nor dumped to.
    CommitUnbased = "commit::no-generation", "dump first: commits are made to the generation that a dump has written";
    /// A commit of changes to another store than the one that they are accounted for.
    CommitOtherStore = "commit::other-store", "commit to the store that was loaded; or dump into this one, which makes a copy; or close the other one, and dump into this one";
    /// A commit while this thread is in a transaction.
    CommitInTransaction = "commit::in-transaction", "commit after the transaction: it is then committed as a whole; a dump commits what is there when it begins";
    /// A commit that was given up because the program failed, not the store.
    CommitAbandoned = "commit::abandoned", "report this as a defect; the changes are still there: commit again, or dump";
    /// A dump that contradicts itself: a defect of the program, not of the store.
    Misuse = "store::misuse", "report this as a defect; nothing of the store was changed";
    /// A dump within a transaction.
    InTransaction = "store::in-transaction", "dump after the transaction has ended";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_distinct_and_of_one_form() {
        let texts: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), Code::ALL.len());
        for text in texts {
            let (topic, name) = text.split_once("::").expect(text);
            assert!(["store", "journal", "commit"].contains(&topic), "{text}");
            assert!(
                name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-' || byte == b'8'),
                "{text}"
            );
        }
    }
}
