//! [`Pressed`]: the keys pressed last, to be shown on screen in a talk (`--show-keys`).
//!
//! Invariants: nothing that is typed into a field is kept, whatever the field is for: what may be seen of it stands in the field.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::key::Key;

/// Keys that are kept.
const KEPT: usize = 6;

/// How long they stay on screen after the last one.
const STAY: Duration = Duration::from_secs(3);

/// The keys pressed last, the newest at the end.
#[derive(Debug, Default)]
pub struct Pressed {
    keys: VecDeque<String>,
    last: Option<Instant>,
}

impl Pressed {
    /// A key was pressed; whether its character went into a field.
    pub fn press(&mut self, key: Key, is_typed: bool, now: Instant) {
        if is_typed && key.text().is_some() {
            return;
        }
        if self.until(now).is_none() {
            self.keys.clear();
        }
        if self.keys.len() == KEPT {
            self.keys.pop_front();
        }
        self.keys.push_back(key.to_string());
        self.last = Some(now);
    }

    /// What is to be seen now.
    pub fn current(&mut self, now: Instant) -> &[String] {
        if self.until(now).is_none() { &[] } else { self.keys.make_contiguous() }
    }

    /// When they go away.
    pub fn until(&self, now: Instant) -> Option<Instant> {
        self.last.map(|last| last + STAY).filter(|until| *until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::key::KeyCode;

    #[test]
    fn the_last_keys_are_shown_for_a_moment_and_nothing_that_was_typed_into_a_field() {
        let start = Instant::now();
        let mut pressed = Pressed::default();
        for c in "ab1234567".chars() {
            pressed.press(Key::char(c), false, start);
        }
        pressed.press(Key::char('s'), true, start);
        pressed.press(KeyCode::Enter.into(), true, start);
        assert_eq!(pressed.current(start), ["3", "4", "5", "6", "7", "Enter"]);
        assert_eq!(pressed.until(start), Some(start + STAY));
        assert!(pressed.current(start + STAY).is_empty());
        pressed.press(Key::char('j'), false, start + STAY);
        assert_eq!(pressed.current(start + STAY), ["j"]);
    }
}
