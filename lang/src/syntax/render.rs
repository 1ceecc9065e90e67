//! Diagnostics as plain text: for logs and golden tests. The command shows them in colour by other means.

use std::fmt::Write;

use super::lexer::changes_direction;
use super::source::display_width;
use super::{Diagnostic, Label, Severity, SourceText};

impl Diagnostic {
    /// Returns the diagnostic as text: code, message, place, the lines with carets below them, hint.
    #[must_use]
    pub fn render(&self, source: &SourceText) -> String {
        let mut out = String::new();
        // Writing into a String cannot fail.
        let _ = self.render_into(source, &mut out);
        out
    }

    fn render_into(&self, source: &SourceText, out: &mut String) -> std::fmt::Result {
        let severity = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        let place = source.position(self.primary.span.start);
        writeln!(out, "{severity}[{}]: {}", self.code, self.message)?;

        let mut labels: Vec<(u32, bool, &Label)> = Vec::new();
        labels.push((place.line, true, &self.primary));
        labels.extend(
            self.secondary.iter().map(|label| (source.position(label.span.start).line, false, label)),
        );
        // On each line the primary label comes first: it is what the message speaks of.
        labels.sort_by_key(|&(line, primary, label)| (line, !primary, label.span));

        let margin = labels.last().map_or(1, |(line, ..)| line.to_string().len());
        writeln!(out, "{:margin$}--> {}:{}:{}", "", source.name(), place.line, place.column)?;
        writeln!(out, "{:margin$} |", "")?;
        let mut shown = 0;
        for (line, primary, label) in labels {
            if line != shown {
                if shown != 0 && line > shown + 1 {
                    writeln!(out, "...")?;
                }
                let text = format!("{line:margin$} | {}", visible(source.line_text(line)));
                writeln!(out, "{}", text.trim_end())?;
                shown = line;
            }
            let (indent, width) = underline(source, line, label);
            let mark = if primary { "^" } else { "-" };
            let text = format!("{:indent$}{} {}", "", mark.repeat(width), label.text);
            writeln!(out, "{:margin$} | {}", "", text.trim_end())?;
        }
        if let Some(hint) = &self.hint {
            writeln!(out, "{:margin$} = help: {hint}", "")?;
        }
        Ok(())
    }
}

/// How far the label's underline is indented, and how long it is; never empty, and never beyond its line.
fn underline(source: &SourceText, line: u32, label: &Label) -> (usize, usize) {
    let line_end = source.line_span(line).start as usize + source.line_text(line).len();
    let start = source.display_column(label.span.start);
    let covered = source
        .text()
        .get(label.span.start as usize..(label.span.end as usize).min(line_end))
        .unwrap_or_default();
    let width: u32 = covered.chars().map(display_width).sum();
    (start as usize, width.max(1) as usize)
}

/// A line as it is shown: tabs as wide as they are counted, control characters as pictures, and without the
/// characters that have no width and could change how the rest is shown.
fn visible(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    for character in line.chars() {
        match character {
            '\t' => (0..display_width('\t')).for_each(|_| shown.push(' ')),
            // The "control pictures" of Unicode: one for each of the 32, and one for delete.
            '\0'..='\x1f' => shown.push(char::from_u32(0x2400 + character as u32).unwrap_or('?')),
            '\x7f' => shown.push('\u{2421}'),
            '\u{feff}' => {}
            _ if changes_direction(character) => {}
            _ => shown.push(character),
        }
    }
    shown
}
