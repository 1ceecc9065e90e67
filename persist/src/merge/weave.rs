//! Two versions of a text in one: what they share once, and what differs between conflict markers.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::file::Labels;
use super::object::MergedObject;
use crate::diff::Names;
use crate::native::SpaceHeader;
use crate::native::outline::{Line, LinePart, quoted};

/// A text that is put together line by line. Differences that follow one another become one.
pub(super) struct Weave<'l> {
    out: Vec<u8>,
    left: Vec<String>,
    right: Vec<String>,
    /// What the difference is about.
    about: String,
    labels: &'l Labels,
}

impl<'l> Weave<'l> {
    pub(super) fn new(labels: &'l Labels) -> Weave<'l> {
        Weave { out: Vec::new(), left: Vec::new(), right: Vec::new(), about: String::new(), labels }
    }

    /// Writes what both have: lines without the last newline.
    pub(super) fn both(&mut self, text: &str) {
        self.end_difference();
        self.out.extend_from_slice(text.as_bytes());
        self.out.push(b'\n');
    }

    /// Writes what differs; `about` says what it is, where that is not clear from what came before.
    pub(super) fn differ(&mut self, left: Vec<String>, right: Vec<String>, about: &str) {
        if self.about.is_empty() {
            about.clone_into(&mut self.about);
        }
        self.left.extend(left);
        self.right.extend(right);
    }

    /// Writes two versions of a text, line by line.
    pub(super) fn lines(&mut self, left: &[Line], right: &[Line], about: impl Fn(&LinePart) -> String) {
        let texts = |lines: &[Line]| lines.iter().map(|line| line.text.clone()).collect::<Vec<_>>();
        let (left_texts, right_texts) = (texts(left), texts(right));
        for op in capture_diff_slices(Algorithm::Myers, &left_texts, &right_texts) {
            let (old, new) = (op.old_range(), op.new_range());
            if matches!(op, DiffOp::Equal { .. }) {
                left_texts[old].iter().for_each(|line| self.both(line));
                continue;
            }
            let parts = left[old.clone()].iter().chain(&right[new.clone()]).map(|line| &line.part);
            let part = parts.clone().find(|part| **part != LinePart::Frame).or_else(|| parts.clone().next());
            let about = part.map_or_else(String::new, &about);
            self.differ(left_texts[old].to_vec(), right_texts[new].to_vec(), &about);
        }
    }

    fn end_difference(&mut self) {
        if self.left == self.right {
            for line in std::mem::take(&mut self.left) {
                self.out.extend_from_slice(format!("{line}\n").as_bytes());
            }
        } else {
            let about = if self.about.is_empty() { String::new() } else { format!(": {}", self.about) };
            let Labels { ours, theirs } = self.labels;
            let mut text = format!("<<<<<<< {ours}{about}\n");
            self.left.drain(..).for_each(|line| text.extend([line.as_str(), "\n"]));
            text.push_str("=======\n");
            self.right.drain(..).for_each(|line| text.extend([line.as_str(), "\n"]));
            text.push_str(&format!(">>>>>>> {theirs}{about}\n"));
            self.out.extend_from_slice(text.as_bytes());
        }
        self.right.clear();
        self.about.clear();
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.end_difference();
        self.out
    }
}

/// Returns a space file: clean where no object conflicts, otherwise with markers around the lines that differ.
pub(crate) fn space_file(
    left: &SpaceHeader,
    right: &SpaceHeader,
    objects: &[&MergedObject<'_>],
    names: &Names,
    labels: &Labels,
) -> Vec<u8> {
    let header = |header: &SpaceHeader| {
        format!(",\"space\":{{\"name\":{},\"oid\":\"{}\"}}", quoted(&header.name), header.oid)
    };
    let mut weave = Weave::new(labels);
    weave.both(&format!("{{\"format\":\"{}\"", crate::format::FORMAT));
    weave.differ(vec![header(left)], vec![header(right)], "the name of the space");
    weave.both(",\"objects\":[");
    let last_left = objects.iter().rposition(|object| object.left.is_some());
    let last_right = objects.iter().rposition(|object| object.right.is_some());
    let end = |is_last: bool| if is_last { "}" } else { "}," };
    for (number, object) in objects.iter().enumerate() {
        let (left_end, right_end) = (end(last_left == Some(number)), end(last_right == Some(number)));
        let about = || names.label(object.oid);
        match (&object.left, &object.right) {
            (None, None) => {}
            (Some(left), Some(right)) if !object.conflicts.is_empty() => {
                let (mut left, mut right) = (left.lines(), right.lines());
                left.pop();
                right.pop();
                weave.lines(&left, &right, |part| format!("{}{}", about(), label(part, names)));
                weave.differ(vec![left_end.to_owned()], vec![right_end.to_owned()], "");
            }
            (Some(text), Some(_)) => {
                let text = text.to_text();
                let body = text.strip_suffix("\n}");
                if let Some(body) = body {
                    weave.both(body);
                    weave.differ(vec![left_end.to_owned()], vec![right_end.to_owned()], "");
                } else {
                    // Of another layout: the end is not on a line of its own.
                    let tail = |end: &str| vec![format!("{text}{}", &end[1..])];
                    weave.differ(tail(left_end), tail(right_end), "");
                }
            }
            (Some(text), None) => {
                weave.differ(with_end(text.lines(), left_end), Vec::new(), &about());
            }
            (None, Some(text)) => {
                weave.differ(Vec::new(), with_end(text.lines(), right_end), &about());
            }
        }
    }
    weave.both("]}");
    weave.finish()
}

fn with_end(lines: Vec<Line>, end: &str) -> Vec<String> {
    let mut texts: Vec<String> = lines.into_iter().map(|line| line.text).collect();
    texts.pop();
    texts.push(end.to_owned());
    texts
}

/// Returns what a line of a record is about.
fn label(part: &LinePart, names: &Names) -> String {
    let key =
        |key: &str| rps_runtime::Oid::parse(key).map_or_else(|_| key.to_owned(), |oid| names.label(oid));
    match part {
        LinePart::Frame | LinePart::Whole => String::new(),
        LinePart::Class => ", class".to_owned(),
        LinePart::Mtime => ", time of the change".to_owned(),
        LinePart::Attribute(oid) => format!(", {}", key(oid)),
        LinePart::Component => ", components".to_owned(),
        LinePart::Kind => ", payload".to_owned(),
        LinePart::Field(name) => format!(", {name}"),
        LinePart::Entry(field, entry) => format!(", {field} {}", key(entry)),
        LinePart::Extra(name) => format!(", {name}"),
    }
}
