//! Which brackets belong together: settled before anything is parsed, so that one that is missing does not confuse
//! the rest.

use super::cursor::Lexeme;
use crate::syntax::MAX_DEPTH;
use crate::syntax::token::TokenKind;

/// Settles which brackets belong together. One that closes takes the innermost open one of its kind, and leaves
/// those within it unclosed; if there is none, it closes nothing. Returns whether every bracket has its other one.
///
/// With `by_indentation`, a brace at the beginning of a line closes the block whose line is indented equally, if
/// there is one, and leaves open what is indented further: its brace is the one that has been forgotten. That is for
/// texts in which brackets are missing, and only a guess: no language can rely on how people indent.
pub(super) fn pair_brackets(tokens: &mut [Lexeme], by_indentation: bool) -> bool {
    let mut open = Open { brackets: Vec::new(), waiting: [0; 5] };
    let mut whole = true;
    for at in 0..tokens.len() {
        let token = tokens[at];
        if let Some(closing) = closing_of(token.kind) {
            open.push(at, closing);
        } else if is_closing(token.kind) {
            if by_indentation && token.kind == TokenKind::RightBrace && token.line_start {
                open.leave_indented_further(tokens, token.indentation);
            }
            let opening = open.close(token.kind, &mut whole);
            whole &= opening.is_some();
            if let Some(opening) = opening {
                tokens[opening].pair = u32::try_from(at).ok();
                tokens[at].pair = u32::try_from(opening).ok();
            }
        }
    }
    whole && open.brackets.is_empty()
}

/// The brackets that are open at a place.
struct Open {
    /// Their indices, and what closes them.
    brackets: Vec<(usize, TokenKind)>,
    /// How many of each kind there are: a search for one that is not there would cost too much in a text full of
    /// brackets.
    waiting: [usize; 5],
}

impl Open {
    fn push(&mut self, at: usize, closing: TokenKind) {
        self.brackets.push((at, closing));
        self.waiting[slot(closing)] += 1;
    }

    fn pop(&mut self) -> Option<(usize, TokenKind)> {
        let popped = self.brackets.pop();
        if let Some((_, closing)) = popped {
            self.waiting[slot(closing)] -= 1;
        }
        popped
    }

    /// Takes the innermost one that `kind` closes, and those within it.
    fn close(&mut self, kind: TokenKind, whole: &mut bool) -> Option<usize> {
        if self.waiting[slot(kind)] == 0 {
            return None;
        }
        while let Some((opening, closing)) = self.pop() {
            if closing == kind {
                return Some(opening);
            }
            *whole = false;
        }
        None
    }

    /// Leaves unclosed what is indented further than `indentation`, if a block around it is indented just so.
    fn leave_indented_further(&mut self, tokens: &[Lexeme], indentation: u32) {
        // What is nested more deeply is refused anyway, and looking further would take too long.
        let near = self.brackets.iter().rev().take(MAX_DEPTH as usize);
        let inner = near.take_while(|(at, closing)| {
            let format = matches!(closing, TokenKind::InterpolationEnd | TokenKind::FormatEnd);
            tokens[*at].indentation > indentation && !format
        });
        let inner = inner.count();
        let around = self.brackets.len().checked_sub(inner + 1).map(|index| self.brackets[index]);
        let fits = around.is_some_and(|(at, closing)| {
            closing == TokenKind::RightBrace && tokens[at].indentation == indentation
        });
        if fits {
            (0..inner).for_each(|_| _ = self.pop());
        }
    }
}

fn slot(closing: TokenKind) -> usize {
    match closing {
        TokenKind::RightParen => 0,
        TokenKind::RightBracket => 1,
        TokenKind::RightBrace => 2,
        TokenKind::InterpolationEnd => 3,
        _ => 4,
    }
}

/// Whether a token closes a bracket.
pub(super) fn is_closing(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::RightParen
            | TokenKind::RightBracket
            | TokenKind::RightBrace
            | TokenKind::InterpolationEnd
            | TokenKind::FormatEnd
    )
}

/// The token that closes what `kind` opens.
pub(super) fn closing_of(kind: TokenKind) -> Option<TokenKind> {
    Some(match kind {
        TokenKind::LeftParen => TokenKind::RightParen,
        TokenKind::LeftBracket => TokenKind::RightBracket,
        TokenKind::LeftBrace => TokenKind::RightBrace,
        TokenKind::InterpolationStart => TokenKind::InterpolationEnd,
        TokenKind::FormatStart => TokenKind::FormatEnd,
        _ => return None,
    })
}
