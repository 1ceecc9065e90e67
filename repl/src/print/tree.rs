//! A printed value before it is laid out: on one line where it fits, else one item a line.

use unicode_width::UnicodeWidthStr;

use super::{Look, Paint};

/// How far items stand to the right of their brackets.
const INDENT: usize = 2;

/// A piece of a printed value.
#[derive(Debug)]
pub(crate) enum Tree {
    /// Texts that stand beside each other, each with its colour.
    Leaf(Vec<(Paint, String)>),
    /// Items between brackets.
    Group {
        /// What stands before the items.
        open: Vec<(Paint, String)>,
        /// The items, each with a label that may be empty.
        items: Vec<(String, Tree)>,
        /// How many items were left out.
        hidden: usize,
        /// The closing bracket.
        close: &'static str,
    },
}

impl Tree {
    /// Returns a leaf of one colour.
    pub(crate) fn leaf(paint: Paint, text: impl Into<String>) -> Tree {
        Tree::Leaf(vec![(paint, text.into())])
    }

    /// Returns the text, which begins at `column` of a line that is indented by `indent`.
    pub(crate) fn layout(&self, look: Look, indent: usize, column: usize) -> String {
        let mut out = String::new();
        self.write(look, indent, column, &mut out);
        out
    }

    /// Writes the tree; it begins at `column`, and the line that it is on is indented by `indent`.
    fn write(&self, look: Look, indent: usize, column: usize, out: &mut String) {
        match self {
            Tree::Leaf(texts) => push(look, texts, out),
            Tree::Group { open, items, hidden, close } => {
                push(look, open, out);
                let flat = column + self.width() <= look.width;
                let inner = indent + INDENT;
                for (index, (label, item)) in items.iter().enumerate() {
                    match (flat, index) {
                        (true, 0) => {}
                        (true, _) => out.push_str(", "),
                        (false, _) => {
                            out.push_str(if index == 0 { "\n" } else { ",\n" });
                            out.extend(std::iter::repeat_n(' ', inner));
                        }
                    }
                    out.push_str(label);
                    item.write(look, inner, if flat { 0 } else { inner + label.width() }, out);
                }
                if *hidden > 0 {
                    out.push_str(if flat { "" } else { "\n" });
                    out.extend(std::iter::repeat_n(' ', if flat { 0 } else { inner }));
                    out.push_str(&look.paint(Paint::Faint, &more(*hidden, flat && !items.is_empty())));
                }
                if !flat {
                    out.push('\n');
                    out.extend(std::iter::repeat_n(' ', indent));
                }
                out.push_str(close);
            }
        }
    }

    /// Returns how wide the tree is on one line.
    fn width(&self) -> usize {
        let width = |texts: &[(Paint, String)]| texts.iter().map(|(_, text)| text.width()).sum::<usize>();
        match self {
            Tree::Leaf(texts) => width(texts),
            Tree::Group { open, items, hidden, close } => {
                let inside: usize = items.iter().map(|(label, item)| label.width() + item.width()).sum();
                let commas = 2 * items.len().saturating_sub(1);
                let rest = if *hidden > 0 { more(*hidden, !items.is_empty()).width() } else { 0 };
                width(open) + inside + commas + rest + close.len()
            }
        }
    }
}

/// Returns what stands for items that were left out.
fn more(hidden: usize, follows: bool) -> String {
    if follows { format!(", … {hidden} more") } else { format!("… {hidden} more") }
}

fn push(look: Look, texts: &[(Paint, String)], out: &mut String) {
    for (paint, text) in texts {
        out.push_str(&look.paint(*paint, text));
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn group(items: Vec<Tree>, hidden: usize) -> Tree {
        let items = items.into_iter().map(|item| (String::new(), item)).collect();
        Tree::Group { open: vec![(Paint::Plain, "[".into())], items, hidden, close: "]" }
    }

    #[test]
    fn what_fits_stays_on_one_line() {
        let leaves = || (10..13).map(|n| Tree::leaf(Paint::Number, n.to_string())).collect::<Vec<_>>();
        let nested = || group(vec![group(leaves(), 0), group(leaves(), 5)], 0);
        let look = |width| Look { width, ..Look::default() };
        assert_eq!(nested().layout(look(80), 0, 0), "[[10, 11, 12], [10, 11, 12, … 5 more]]");
        expect![[r"
            [
              [10, 11, 12],
              [
                10,
                11,
                12
                … 5 more
              ]
            ]"]]
        .assert_eq(&nested().layout(look(20), 0, 0));
    }

    #[test]
    fn colours_do_not_count_as_width() {
        let look = Look { width: 8, colours: true, ..Look::default() };
        let tree = group(vec![Tree::leaf(Paint::Number, "12"), Tree::leaf(Paint::Number, "34")], 0);
        assert_eq!(tree.layout(look, 0, 0).lines().count(), 1);
    }
}
