//! Documents to text: which groups fit their line, and where comments and line endings come to stand.
//!
//! Comments behind the code of lines that follow each other, equally far to the right, begin in the same column, if no
//! line becomes too long by it. A line that opens a bracket at its end belongs to what follows, and to no such row.

use super::document::{Document, Group};
use super::pieces::Comment;
use super::{INDENTATION, LINE_WIDTH};
use crate::syntax::source::display_width;

/// Prints a document that has been settled.
pub(super) fn print(document: &Document<'_>) -> String {
    let mut printer = Printer {
        out: String::new(),
        column: 0,
        line: 0,
        line_endings: 2,
        indentation: 0,
        line_indentation: 0,
        comment: None,
        placed: Vec::new(),
        commands: vec![Command { indentation: 0, mode: Mode::Broken, document }],
    };
    while let Some(command) = printer.commands.pop() {
        printer.command(command);
    }
    printer.finish()
}

/// What happens at the lines that belong to a group.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// They are broken.
    Broken,
    /// None is, nor one of a group within.
    Flat,
    /// None is, but the last part of the group decides for itself.
    Hugging,
}

#[derive(Clone, Copy)]
struct Command<'document, 'text> {
    indentation: u32,
    mode: Mode,
    document: &'document Document<'text>,
}

struct Printer<'document, 'text> {
    out: String,
    /// How many columns of the line are taken, when it has been begun.
    column: u32,
    /// How many lines have been ended.
    line: usize,
    /// How many line endings stand at the end: none once a line has been begun.
    line_endings: u32,
    /// The indentation of the line that is to be begun.
    indentation: u32,
    /// The indentation of the line that has been begun.
    line_indentation: u32,
    /// A comment that stands at the end of the line.
    comment: Option<&'text str>,
    /// The comments behind code, so far with one space before them.
    placed: Vec<Placed>,
    commands: Vec<Command<'document, 'text>>,
}

/// A comment behind code.
struct Placed {
    /// Where it begins in the text.
    offset: usize,
    line: usize,
    line_indentation: u32,
    column: u32,
    width: u32,
    /// Whether it stands behind a bracket that opens something.
    heads: bool,
}

impl Placed {
    /// Whether it belongs to the same column as the comment of the line before.
    fn follows(&self, before: &Self) -> bool {
        let near = self.line == before.line + 1 && self.line_indentation == before.line_indentation;
        near && !self.heads && !before.heads
    }
}

impl<'document, 'text> Printer<'document, 'text> {
    fn command(&mut self, command: Command<'document, 'text>) {
        let Command { indentation, mode, document } = command;
        let with = |document| Command { document, ..command };
        match document {
            Document::Text(text) => {
                if self.comment.is_some() {
                    self.end_line(indentation + INDENTATION, false);
                }
                self.text(text);
            }
            Document::Comma => self.text(","),
            Document::CommaIfBroken if mode == Mode::Broken => self.text(","),
            Document::CommaIfBroken | Document::Break => {}
            Document::Space => self.space(),
            Document::Line { blank, .. } if mode == Mode::Broken => self.end_line(indentation, *blank),
            Document::Line { flat: " ", .. } => self.space(),
            Document::Line { flat, .. } => self.text(flat),
            Document::Hard { blank } => self.end_line(indentation, *blank),
            Document::Trailing(text) => self.comment = Some(text),
            Document::OwnLines(comments, blank) => {
                let begins = self.line_endings > 0 && self.comment.is_none();
                let indentation = if begins { self.indentation } else { indentation + INDENTATION };
                self.own_lines(indentation, comments, *blank);
            }
            Document::Sequence(parts) => self.commands.extend(parts.iter().rev().map(with)),
            Document::Indent(inner) => {
                let deeper = if mode == Mode::Hugging { 0 } else { INDENTATION };
                self.commands.push(Command { indentation: indentation + deeper, ..with(inner) });
            }
            Document::Last(inner) => {
                let mode = if mode == Mode::Hugging { Mode::Broken } else { mode };
                self.commands.push(Command { mode, ..with(inner) });
            }
            Document::Group(group) => {
                let mode = if mode == Mode::Flat { Mode::Flat } else { self.mode_of(group, indentation) };
                self.commands.push(Command { mode, ..with(&group.document) });
            }
        }
    }

    fn mode_of(&self, group: &Group<'text>, indentation: u32) -> Mode {
        if group.broken {
            return Mode::Broken;
        }
        let fits = |mode| self.fits(Command { indentation, mode, document: &group.document });
        if !group.several_lines && fits(Mode::Flat) {
            Mode::Flat
        } else if group.hugs && fits(Mode::Hugging) {
            Mode::Hugging
        } else {
            Mode::Broken
        }
    }

    /// Whether the rest of the line has room for what comes, up to the first place where a line ends or may end.
    fn fits(&self, first: Command<'_, 'text>) -> bool {
        let begun = if self.line_endings > 0 { self.indentation } else { self.column };
        let Some(mut room) = LINE_WIDTH.checked_sub(begun) else { return false };
        let mut stack = vec![(first.mode, std::slice::from_ref(first.document))];
        let mut rest = self.commands.iter().rev();
        loop {
            let Some((mode, documents)) = stack.pop() else {
                match rest.next() {
                    Some(command) => stack.push((command.mode, std::slice::from_ref(command.document))),
                    None => return true,
                }
                continue;
            };
            let [document, others @ ..] = documents else { continue };
            stack.push((mode, others));
            let taken = match document {
                Document::Text(text) => {
                    let (line, ends) =
                        text.split_once('\n').map_or((&**text, false), |(line, _)| (line, true));
                    if ends {
                        return width(line) <= room;
                    }
                    width(line)
                }
                Document::Comma | Document::Space => 1,
                Document::Hard { .. } | Document::OwnLines(..) => return true,
                Document::Line { .. } if mode == Mode::Broken => return true,
                Document::Line { flat, .. } => width(flat),
                Document::CommaIfBroken => u32::from(mode == Mode::Broken),
                Document::Break | Document::Trailing(_) => 0,
                Document::Sequence(parts) => {
                    stack.push((mode, parts));
                    0
                }
                Document::Indent(inner) => {
                    stack.push((mode, std::slice::from_ref(inner)));
                    0
                }
                Document::Last(inner) => {
                    let mode = if mode == Mode::Hugging { Mode::Broken } else { mode };
                    stack.push((mode, std::slice::from_ref(inner)));
                    0
                }
                Document::Group(group) => {
                    if mode == Mode::Hugging && group.several_lines {
                        return false;
                    }
                    let mode = if mode == Mode::Broken { Mode::Broken } else { Mode::Flat };
                    stack.push((mode, std::slice::from_ref(&group.document)));
                    0
                }
            };
            match room.checked_sub(taken) {
                Some(left) => room = left,
                None => return false,
            }
        }
    }

    fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if std::mem::take(&mut self.line_endings) > 0 {
            self.out.extend(std::iter::repeat_n(' ', self.indentation as usize));
            self.column = self.indentation;
            self.line_indentation = self.indentation;
        }
        self.out.push_str(text);
        self.line += text.matches('\n').count();
        match text.rsplit_once('\n') {
            Some((_, line)) => self.column = width(line),
            None => self.column += width(text),
        }
    }

    fn space(&mut self) {
        if self.line_endings == 0 && self.comment.is_none() {
            self.text(" ");
        }
    }

    /// Ends the line, unless nothing stands on it; the next one begins at `indentation`.
    fn end_line(&mut self, indentation: u32, blank: bool) {
        if self.line_endings == 0 {
            self.trim();
            if let Some(comment) = self.comment.take() {
                self.place(comment);
            }
        }
        let wanted = if blank { 2 } else { 1 };
        while self.line_endings < wanted {
            self.out.push('\n');
            self.line += 1;
            self.line_endings += 1;
        }
        self.indentation = indentation;
    }

    fn own_lines(&mut self, indentation: u32, comments: &[Comment<'_>], blank: bool) {
        for (index, comment) in comments.iter().enumerate() {
            self.end_line(indentation, comment.blank && index > 0);
            self.text(comment.text);
        }
        self.end_line(indentation, blank);
    }

    /// Takes away the spaces at the end of the line.
    fn trim(&mut self) {
        let length = self.out.trim_end_matches(' ').len();
        let spaces = u32::try_from(self.out.len() - length).unwrap_or_default();
        self.column = self.column.saturating_sub(spaces);
        self.out.truncate(length);
    }

    fn place(&mut self, comment: &str) {
        let heads = self.out.ends_with(['(', '[', '{']);
        self.out.push(' ');
        self.placed.push(Placed {
            offset: self.out.len(),
            line: self.line,
            line_indentation: self.line_indentation,
            column: self.column + 1,
            width: width(comment),
            heads,
        });
        self.out.push_str(comment);
    }

    fn finish(mut self) -> String {
        self.end_line(0, false);
        if self.out.ends_with("\n\n") {
            self.out.pop();
        }
        let mut aligned = String::with_capacity(self.out.len());
        let mut copied = 0;
        for row in self.placed.chunk_by(|before, comment| comment.follows(before)) {
            let column = row.iter().map(|comment| comment.column).max().unwrap_or_default();
            let fits = row.iter().all(|comment| column + comment.width <= LINE_WIDTH);
            for comment in row.iter().filter(|_| fits) {
                aligned.push_str(&self.out[copied..comment.offset]);
                aligned.extend(std::iter::repeat_n(' ', (column - comment.column) as usize));
                copied = comment.offset;
            }
        }
        aligned.push_str(&self.out[copied..]);
        aligned
    }
}

fn width(text: &str) -> u32 {
    text.chars().map(display_width).sum()
}
