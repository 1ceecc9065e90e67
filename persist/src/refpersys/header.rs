//! The lines above the JSON of a file: licence, origin, and whatever someone wrote there.

/// What a file is, which decides how its header lines begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileRole {
    /// A space file; its lines begin with `///.`.
    Space,
    /// The manifest; its lines begin with `//!!`.
    Manifest,
}

/// The text of a file up to its first `{`, kept byte for byte.
///
/// RefPerSys computes its header from git, from the clock and from a line number of its own source. No other program can
/// do that, so a header is taken over from the file that was read; a store that never was RefPerSys's gets a plain one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    text: String,
}

const PROLOGUE_MARK: &str = "///!!! prologue of RefPerSys space file:";

impl Header {
    /// Returns the header with this text.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }

    /// Returns a header for a file that has none yet: it says what the file is, and nothing else.
    #[must_use]
    pub fn plain(role: FileRole, path: &str) -> Self {
        let text = match role {
            FileRole::Space => {
                format!("///.RefPerSys space file {path}, written by Repersys\n\n\n{PROLOGUE_MARK}\n")
            }
            FileRole::Manifest => format!("//!!RefPerSys manifest {path}, written by Repersys\n"),
        };
        Self { text }
    }

    /// Returns the text, to be written as it is.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the lines that begin with the prefix of the role, without it.
    pub fn lines(&self, role: FileRole) -> impl Iterator<Item = &str> {
        let prefix = match role {
            FileRole::Space => "///.",
            FileRole::Manifest => "//!!",
        };
        self.text.lines().filter_map(move |line| line.strip_prefix(prefix))
    }

    /// Tells whether the line is there that RefPerSys writes above the prologue of a space file.
    #[must_use]
    pub fn has_prologue_mark(&self) -> bool {
        self.text.lines().any(|line| line == PROLOGUE_MARK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_by_their_prefix() {
        let header = Header::from_text("///.a\n/// b\n\n///!!! prologue of RefPerSys space file:\n");
        assert_eq!(header.lines(FileRole::Space).collect::<Vec<_>>(), ["a"]);
        assert!(header.has_prologue_mark());
        assert!(Header::plain(FileRole::Space, "p").has_prologue_mark());
        assert_eq!(Header::plain(FileRole::Manifest, "m").lines(FileRole::Manifest).count(), 1);
    }
}
