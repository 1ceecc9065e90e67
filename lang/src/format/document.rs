//! Documents: text together with the places where a line may be broken.
//!
//! The idea is Wadler's ("A prettier printer", 2003): the lines of a group are either all broken or none of them is, and
//! none is when what is in the group fits the rest of the line. To that comes what a language with blocks needs: a
//! group of which only the last part is broken (`f(a, |x| {`), and comments, after which a line must end.

use std::borrow::Cow;

use super::pieces::Comment;

/// A layout of a part of the program.
pub(super) enum Document<'text> {
    /// A token, as it is written; it may go over several lines.
    Text(Cow<'text, str>),
    /// A comma: it stands directly after the token before it, and a comment behind both.
    Comma,
    /// A space; nothing where a line begins.
    Space,
    /// A place where the group may be broken.
    Line {
        /// What stands here when it is not.
        flat: &'static str,
        /// Whether an empty line stands here when it is.
        blank: bool,
    },
    /// The end of a line, in any case.
    Hard {
        /// Whether an empty line follows.
        blank: bool,
    },
    /// Breaks the groups around it.
    Break,
    /// A comma where the group is broken.
    CommaIfBroken,
    /// A comment behind a token: the line ends at the next place where it can.
    Trailing(&'text str),
    /// Comments that have lines of their own, and whether an empty line follows them.
    OwnLines(Vec<Comment<'text>>, bool),
    /// Several documents in a row.
    Sequence(Vec<Document<'text>>),
    /// Further to the right, unless only the last part of the group is broken.
    Indent(Box<Document<'text>>),
    /// What is broken as a whole, or not at all.
    Group(Box<Group<'text>>),
    /// The last part of a group, which may be broken without the rest of it.
    Last(Box<Document<'text>>),
}

/// What a [`Document::Group`] holds.
pub(super) struct Group<'text> {
    pub(super) document: Document<'text>,
    /// Whether it must be broken: [`settle`] finds out.
    pub(super) broken: bool,
    /// Whether a line ends somewhere within, be it only in its last part; `settle` finds out.
    pub(super) several_lines: bool,
    /// Whether it has a [`Document::Last`] that may be broken alone.
    pub(super) hugs: bool,
}

pub(super) fn sequence<'text, const N: usize>(parts: [Document<'text>; N]) -> Document<'text> {
    Document::Sequence(parts.into())
}

pub(super) fn indent(parts: Vec<Document<'_>>) -> Document<'_> {
    Document::Indent(Box::new(Document::Sequence(parts)))
}

pub(super) fn group(document: Document<'_>) -> Document<'_> {
    new_group(document, false)
}

/// A group that holds a [`Document::Last`].
pub(super) fn hugging_group(document: Document<'_>) -> Document<'_> {
    new_group(document, true)
}

fn new_group(document: Document<'_>, hugs: bool) -> Document<'_> {
    Document::Group(Box::new(Group { document, broken: false, several_lines: false, hugs }))
}

pub(super) fn last(document: Document<'_>) -> Document<'_> {
    Document::Last(Box::new(document))
}

pub(super) const fn line(flat: &'static str) -> Document<'static> {
    Document::Line { flat, blank: false }
}

/// Finds out which groups must be broken: those in which a line ends in any case.
pub(super) fn settle(document: &mut Document<'_>) {
    Settling { around: Vec::new(), comment: false, line: None }.visit(document);
}

/// What surrounds the place at which [`Settling`] is.
enum Around {
    Group { broken: bool, several_lines: bool },
    Last,
}

struct Settling {
    around: Vec<Around>,
    /// Whether a comment stands before this place on its line.
    comment: bool,
    /// The group of the line ending directly before this place, if one may be there.
    line: Option<usize>,
}

impl Settling {
    fn visit(&mut self, document: &mut Document<'_>) {
        match document {
            Document::Comma | Document::Space | Document::CommaIfBroken => {}
            Document::Text(_) => {
                if std::mem::take(&mut self.comment) {
                    self.line_ends(self.around.len());
                }
                self.line = None;
            }
            Document::Line { .. } => {
                let group = self.around.iter().rposition(|around| matches!(around, Around::Group { .. }));
                self.line = group;
                if std::mem::take(&mut self.comment) {
                    self.line_ends(group.map_or(0, |group| group + 1));
                }
            }
            Document::Hard { .. } | Document::Break => {
                self.line_ends(self.around.len());
                self.comment = false;
            }
            Document::Trailing(_) => self.comment = true,
            Document::OwnLines(..) => {
                if let Some(group) = self.line {
                    self.line_ends(group + 1);
                }
                self.line_ends(self.around.len());
                self.comment = false;
            }
            Document::Sequence(parts) => parts.iter_mut().for_each(|part| self.visit(part)),
            Document::Indent(inner) => self.visit(inner),
            Document::Last(inner) => {
                self.around.push(Around::Last);
                self.visit(inner);
                self.around.pop();
            }
            Document::Group(group) => {
                self.around.push(Around::Group { broken: false, several_lines: false });
                self.visit(&mut group.document);
                if let Some(Around::Group { broken, several_lines }) = self.around.pop() {
                    group.broken = broken;
                    group.several_lines = several_lines;
                }
            }
        }
    }

    /// Notes that a line ends within the innermost `depth` of what is around.
    fn line_ends(&mut self, depth: usize) {
        let mut in_last = false;
        for around in self.around[..depth].iter_mut().rev() {
            match around {
                Around::Last => in_last = true,
                // All around it has been noted before.
                Around::Group { broken: true, .. } => return,
                Around::Group { broken, several_lines } => {
                    *several_lines = true;
                    *broken |= !in_last;
                    in_last = false;
                }
            }
        }
    }
}
