//! Fenced blocks in the project's documentation.

use crate::workspace;

/// A fenced block of code in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The document, relative to the root of the workspace.
    pub document: String,
    /// The number of the block's first line, after the opening fence.
    pub line: usize,
    /// The first word behind the opening fence, such as `rps`.
    pub language: String,
    /// The lines between the fences, each with its line end.
    pub text: String,
}

/// Returns the documents of the project: `README.md`, then everything in `docs/`.
pub fn documents() -> Vec<workspace::TextFile> {
    let mut documents = workspace::files(&["md"]);
    documents.retain(|file| file.path == "README.md" || file.path.starts_with("docs/"));
    documents
}

/// Returns the fenced blocks of a document, in their order.
///
/// A fence begins in the first column: a block within a list is text to read.
///
/// # Errors
///
/// Returns the number of the line of a fence that is never closed.
pub fn blocks(document: &str, text: &str) -> Result<Vec<Block>, usize> {
    let mut blocks = Vec::new();
    let mut lines = text.split_inclusive('\n').enumerate();
    while let Some((index, opening)) = lines.next() {
        let Some(info) = opening.strip_prefix("```") else { continue };
        // More than three backquotes quote a block within a block.
        let more = info.len() - info.trim_start_matches('`').len();
        let closing = "`".repeat(3 + more);
        let mut contents = String::new();
        loop {
            match lines.next() {
                None => return Err(index + 1),
                Some((_, line)) if line.trim_end() == closing => break,
                Some((_, line)) => contents.push_str(line),
            }
        }
        let language = info[more..].split([' ', ',', '\n']).next().unwrap_or_default();
        blocks.push(Block {
            document: document.to_owned(),
            line: index + 2,
            language: language.trim().to_owned(),
            text: contents,
        });
    }
    Ok(blocks)
}

/// Returns the document with the contents of one of its [`blocks`] replaced.
pub fn replace(text: &str, block: &Block, contents: &str) -> String {
    let before: String = text.split_inclusive('\n').take(block.line - 1).collect();
    let after = &text[before.len() + block.text.len()..];
    format!("{before}{contents}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# A title\n\n```rps\n1 + 2\n```\n\ntext\n\n```transcript slow\n$ rps\n```\n\n````md\n```rps\n```\n````\n";

    #[test]
    fn blocks_have_a_language_a_place_and_a_text() {
        let blocks = blocks("a.md", TEXT).unwrap();
        let seen: Vec<_> = blocks.iter().map(|b| (b.line, b.language.as_str(), b.text.as_str())).collect();
        assert_eq!(seen, [(4, "rps", "1 + 2\n"), (10, "transcript", "$ rps\n"), (14, "md", "```rps\n```\n")]);
    }

    #[test]
    fn an_open_fence_is_an_error() {
        assert_eq!(blocks("a.md", "a\n```rps\n1\n"), Err(2));
    }

    #[test]
    fn one_block_is_replaced_and_nothing_else() {
        let second = &blocks("a.md", TEXT).unwrap()[1];
        assert_eq!(replace(TEXT, second, "$ rps\nnew\n"), TEXT.replace("$ rps\n", "$ rps\nnew\n"));
        assert_eq!(replace(TEXT, second, &second.text), TEXT);
    }
}
