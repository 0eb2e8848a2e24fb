//! [`SecretField`]: one line for a secret, masked.
//!
//! Unlike a [`super::text_field::TextField`] it keeps no history, and every block of memory it ever used is overwritten
//! when it is let go. Invariants: the value leaves it only as a [`Secret`]; what is drawn is its two ends, and only
//! of values long enough that these tell nothing.

use std::fmt;

use ratatui::{
    Frame,
    layout::{Position, Rect},
    style::Style,
    text::{Line, Span},
};
use zeroize::Zeroizing;

use super::paint;
use crate::{
    dashboard::key::{Key, KeyCode},
    secret::Secret,
    untrusted,
};

/// Longest value taken, in bytes; longer ones are cut. Real tokens have about a hundred characters.
const LIMIT: usize = 16 * 1024;

/// The field.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretField(Zeroizing<String>);

impl SecretField {
    /// What is in it.
    pub fn value(&self) -> Secret {
        Secret::new(self.0.as_str())
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Empties it and overwrites what was there.
    pub fn clear(&mut self) {
        self.0 = Zeroizing::default();
    }

    /// Takes a key that no binding wanted. Says whether it meant anything here.
    pub fn key(&mut self, key: Key) -> bool {
        if let Some(c) = key.text() {
            self.push(c.encode_utf8(&mut [0; 4]));
            return true;
        }
        match (key.code, key.ctrl) {
            (KeyCode::Backspace, false) => drop(self.0.pop()),
            (KeyCode::Char('u' | 'w') | KeyCode::Backspace, true) => self.clear(),
            _ => return false,
        }
        true
    }

    /// Takes a pasted text without its line breaks and other control characters: a terminal that is copied from breaks long lines.
    pub fn paste(&mut self, pasted: &str) {
        let mut clean = Zeroizing::new(String::with_capacity(pasted.len()));
        clean.extend(pasted.trim().chars().filter(|c| !c.is_control()));
        self.push(&clean);
    }

    /// Appends in a block of the right size, for one that grows in place may leave its old place behind.
    fn push(&mut self, text: &str) {
        let room = LIMIT.saturating_sub(self.0.len());
        let end = (0..=text.len().min(room)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        let mut longer = Zeroizing::new(String::with_capacity(self.0.len() + end));
        longer.push_str(&self.0);
        longer.push_str(text.get(..end).unwrap_or_default());
        self.0 = longer;
    }

    /// Draws it: the ends of what is in it, and how long it is; `empty` when there is nothing.
    pub fn render(&self, frame: &mut Frame, area: Rect, style: Style, dim: Style, empty: &'static str, ellipsis: &str) {
        if area.is_empty() {
            return;
        }
        let columns = usize::from(area.width);
        let (line, end) = if self.is_empty() {
            (Line::styled(paint::cell(empty, columns, ellipsis), dim), 0)
        } else {
            let ends = self.value().fingerprint().to_string();
            let count = self.0.chars().count();
            let shown = untrusted::shown(&ends).into_owned();
            let text = format!("{shown}  {count} character{}", if count == 1 { "" } else { "s" });
            let text = paint::fit(&text, columns.saturating_sub(1), ellipsis).into_owned();
            let end = paint::width(&text);
            (Line::from(Span::styled(paint::cell(&text, columns, ""), style)), end)
        };
        frame.render_widget(line, Rect { height: 1, ..area });
        let column = area.x + u16::try_from(end).unwrap_or(area.width).min(area.width - 1);
        frame.set_cursor_position(Position::new(column, area.y));
    }
}

/// What is in it may be a token.
impl fmt::Debug for SecretField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretField(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_loses_its_line_breaks_and_debug_shows_nothing() {
        let mut field = SecretField::default();
        field.paste("  sk.eyJ1IjoiZmFr\r\nZSJ9.not-a-real-signature\n");
        assert_eq!(field.value(), Secret::new("sk.eyJ1IjoiZmFrZSJ9.not-a-real-signature"));
        assert_eq!(format!("{field:?}"), "SecretField(…)");
    }

    #[test]
    fn keys_append_and_remove_and_the_length_is_bounded() {
        let mut field = SecretField::default();
        for c in "pk.é".chars() {
            assert!(field.key(Key::char(c)));
        }
        assert!(field.key(KeyCode::Backspace.into()));
        assert_eq!(field.value(), Secret::new("pk."));
        assert!(!field.key(KeyCode::F(1).into()));
        field.paste(&"é".repeat(LIMIT));
        assert!(field.value().expose().len() <= LIMIT);
        assert!(field.key(Key::ctrl('u')));
        assert!(field.is_empty());
    }
}
