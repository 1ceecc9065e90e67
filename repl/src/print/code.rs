//! Programs in colours.

use anstyle::{AnsiColor, Style};
use rps_lang::syntax::{TokenClass, highlight};

use super::Look;

/// Returns a program in the colours of its tokens, if there are to be any.
pub(crate) fn coloured(text: &str, look: Look) -> String {
    if look.colours { painted(text) } else { text.to_owned() }
}

/// Returns a program in the colours of its tokens.
pub(crate) fn painted(text: &str) -> String {
    highlight(text).into_iter().map(|(span, class)| paint(style(class), span.text(text))).collect()
}

/// Returns a text in a style.
pub(crate) fn paint(style: Style, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{style}{text}{style:#}") }
}

fn style(class: TokenClass) -> Style {
    match class {
        TokenClass::Keyword => AnsiColor::Blue.on_default().bold(),
        TokenClass::Number => AnsiColor::Cyan.on_default(),
        TokenClass::String | TokenClass::CodeChunk => AnsiColor::Green.on_default(),
        TokenClass::Interpolation => AnsiColor::Magenta.on_default(),
        TokenClass::Oid => AnsiColor::Yellow.on_default(),
        TokenClass::Comment => Style::new().dimmed(),
        TokenClass::Error => AnsiColor::Red.on_default(),
        TokenClass::Name | TokenClass::Operator | TokenClass::Delimiter | TokenClass::Whitespace => {
            Style::new()
        }
    }
}
