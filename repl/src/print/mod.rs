//! Printing values for people, and as JSON for programs.
//!
//! A value is first a [`tree`] of pieces, cut where it is too deep or too long, then laid out in the width of the
//! terminal. What is printed can be typed in again wherever nothing was cut: an object is shown by its global name, or
//! by its oid where it has none. Read [`tree`] (layout), [`value`] (values), [`preview`] (objects in answers),
//! [`object`] (objects as a whole), [`table`], [`date`], [`code`] (programs), then [`json`] (the mirror types of `--json`).

pub(crate) mod code;
pub(crate) mod date;
mod foreign;
pub(crate) mod json;
pub(crate) mod object;
pub(crate) mod preview;
pub(crate) mod table;
mod tree;
pub(crate) mod value;

use anstyle::{AnsiColor, Style};

/// How much is printed, and in which colours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// Whether there are colours.
    pub(crate) colours: bool,
    /// How many columns a line has.
    pub(crate) width: usize,
    /// How deep values are shown.
    pub(crate) depth: usize,
    /// How many items of one collection are shown.
    pub(crate) items: usize,
}

impl Default for Look {
    fn default() -> Look {
        Look { colours: false, width: 100, depth: 8, items: 100 }
    }
}

/// What a piece of text is, as far as its colour is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    /// Brackets, commas, and what is of no kind.
    Plain,
    /// Nil and truth values.
    Constant,
    /// A number.
    Number,
    /// A string.
    Text,
    /// An object's name or oid.
    Object,
    /// What is beside the point: a class, a count of what was left out.
    Faint,
    /// A heading.
    Heading,
}

impl Look {
    /// Returns the text in the colour of its kind.
    pub(crate) fn paint(self, paint: Paint, text: &str) -> String {
        let style = match paint {
            _ if !self.colours => return text.to_owned(),
            Paint::Plain => return text.to_owned(),
            Paint::Constant => AnsiColor::Magenta.on_default(),
            Paint::Number => AnsiColor::Cyan.on_default(),
            Paint::Text => AnsiColor::Green.on_default(),
            Paint::Object => AnsiColor::Yellow.on_default(),
            Paint::Faint => Style::new().dimmed(),
            Paint::Heading => Style::new().bold(),
        };
        format!("{style}{text}{style:#}")
    }
}
