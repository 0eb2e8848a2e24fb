//! [`Key`]: a key press as the dashboard means it, whatever terminal or library delivered it.
//!
//! Invariants: releases never get here; a shifted letter is the capital letter and carries no shift of its own
//! (terminals disagree about that); AltGr, which arrives as Ctrl+Alt on Windows, is plain text.

use std::{fmt, str::FromStr};

/// Which key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyCode {
    /// A character, as typed (capital letters are capitals).
    Char(char),
    /// Return.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift and Tab.
    BackTab,
    /// Backspace.
    Backspace,
    /// Forward delete.
    Delete,
    /// Arrow.
    Left,
    /// Arrow.
    Right,
    /// Arrow.
    Up,
    /// Arrow.
    Down,
    /// To the start.
    Home,
    /// To the end.
    End,
    /// One screen up.
    PageUp,
    /// One screen down.
    PageDown,
    /// A function key, from 1.
    F(u8),
}

/// A key with the modifiers that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Which key.
    pub code: KeyCode,
    /// Held with Control.
    pub ctrl: bool,
    /// Held with Alt. Nothing is bound to it (inside tmux an Esc followed by a letter looks the same); text fields move by words.
    pub alt: bool,
}

impl Key {
    /// A key without modifiers.
    pub const fn plain(code: KeyCode) -> Self {
        Self { code, ctrl: false, alt: false }
    }

    /// A character key.
    pub const fn char(c: char) -> Self {
        Self::plain(KeyCode::Char(c))
    }

    /// A character held with Control.
    pub const fn ctrl(c: char) -> Self {
        Self { code: KeyCode::Char(c), ctrl: true, alt: false }
    }

    /// The key whose byte terminals send for this one: Ctrl-7 and Ctrl-/ arrive as Ctrl-_ (0x1F), Ctrl-H as Backspace.
    #[must_use]
    pub const fn as_sent(self) -> Self {
        let KeyCode::Char(c) = self.code else { return self };
        let (code, ctrl) = match c {
            _ if !self.ctrl => return self,
            'h' => (KeyCode::Backspace, false),
            'j' | 'm' => (KeyCode::Enter, false),
            'i' => (KeyCode::Tab, false),
            // With Alt it may be a character that AltGr makes.
            _ if self.alt => return self,
            '[' => (KeyCode::Esc, false),
            '4' => (KeyCode::Char('\\'), true),
            '5' => (KeyCode::Char(']'), true),
            '6' => (KeyCode::Char('^'), true),
            '7' | '/' => (KeyCode::Char('_'), true),
            _ => return self,
        };
        Self { code, ctrl, alt: self.alt }
    }

    /// The character to insert where text is typed; `None` for keys that are not text.
    pub fn text(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if !self.ctrl && !self.alt && !c.is_control() => Some(c),
            _ => None,
        }
    }
}

impl From<KeyCode> for Key {
    fn from(code: KeyCode) -> Self {
        Self::plain(code)
    }
}

const NAMES: &[(&str, KeyCode)] = &[
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Shift-Tab", KeyCode::BackTab),
    ("Backspace", KeyCode::Backspace),
    ("Delete", KeyCode::Delete),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("Space", KeyCode::Char(' ')),
];

/// As help and footer write it: `n`, `Ctrl-S`, `Up`, `Space`.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl-")?;
        }
        if self.alt {
            f.write_str("Alt-")?;
        }
        if let Some((name, _)) = NAMES.iter().find(|(_, code)| *code == self.code) {
            return f.write_str(name);
        }
        match self.code {
            KeyCode::Char(c) if self.ctrl => write!(f, "{}", c.to_ascii_uppercase()),
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::F(n) => write!(f, "F{n}"),
            other => write!(f, "{other:?}"),
        }
    }
}

/// A text that names no key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown key; write keys like n, G, Ctrl-S, Enter, Space, PgDn, F5")]
pub struct UnknownKey;

/// The inverse of `Display`, forgiving about case of the names; for key remapping.
impl FromStr for Key {
    type Err = UnknownKey;

    fn from_str(text: &str) -> Result<Self, UnknownKey> {
        let is_named = |name: &str| {
            let arrows = [("Up", "↑"), ("Down", "↓"), ("Left", "←"), ("Right", "→")];
            name.eq_ignore_ascii_case(text) || arrows.contains(&(name, text))
        };
        if let Some((_, code)) = NAMES.iter().find(|(name, _)| is_named(name)) {
            return Ok(Self::plain(*code));
        }
        if let Some((modifier, rest)) = text.split_once('-').filter(|(_, rest)| !rest.is_empty()) {
            let ctrl = modifier.eq_ignore_ascii_case("ctrl");
            let alt = modifier.eq_ignore_ascii_case("alt");
            if ctrl || alt {
                let mut key: Self = rest.parse()?;
                if let (true, KeyCode::Char(c)) = (ctrl, key.code) {
                    key.code = KeyCode::Char(c.to_ascii_lowercase());
                }
                return Ok(Self { ctrl: ctrl || key.ctrl, alt: alt || key.alt, ..key }.as_sent());
            }
        }
        let mut chars = text.chars();
        match (chars.next(), chars.as_str()) {
            (Some(c), "") if !c.is_control() => Ok(Self::char(c)),
            (Some('F' | 'f'), number) => {
                let number = number.parse().ok().filter(|n| (1..=12).contains(n)).ok_or(UnknownKey)?;
                Ok(Self::plain(KeyCode::F(number)))
            }
            _ => Err(UnknownKey),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_written_key_is_read_back() {
        let mut keys = vec![Key::ctrl('s'), Key::char('G'), Key::char('-'), Key::plain(KeyCode::F(5)), Key::char('é')];
        keys.extend(NAMES.iter().map(|(_, code)| Key::plain(*code)));
        for key in keys {
            assert_eq!(key.to_string().parse(), Ok(key), "{key}");
        }
    }

    #[test]
    fn a_key_written_by_another_name_is_the_one_the_terminal_sends() {
        for (written, sent) in
            [("Ctrl-7", Key::ctrl('_')), ("Ctrl-/", Key::ctrl('_')), ("Ctrl-m", KeyCode::Enter.into())]
        {
            assert_eq!(written.parse(), Ok(sent), "{written}");
        }
    }

    #[test]
    fn arrows_have_words_and_nonsense_is_refused() {
        assert_eq!("up".parse(), Ok(Key::plain(KeyCode::Up)));
        assert_eq!("↑".parse(), Ok(Key::plain(KeyCode::Up)));
        assert_eq!("ctrl-S".parse(), Ok(Key::ctrl('s')));
        for nonsense in ["", "F99", "Hyper-x", "abc", "\u{1b}"] {
            assert_eq!(nonsense.parse::<Key>(), Err(UnknownKey), "{nonsense:?}");
        }
    }
}
