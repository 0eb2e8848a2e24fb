//! [`Roll`]: a cursor in a list of any length, and the part of the list that is seen.
//!
//! What always holds: after [`Roll::show`] the cursor is in the list (if there is anything in it) and in what is shown.

use std::ops::Range;

use crate::dashboard::command::Command;

/// Where the cursor is and what is seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roll {
    cursor: usize,
    offset: usize,
    height: usize,
}

impl Roll {
    /// The row under the cursor.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Puts the cursor on a row.
    pub fn go(&mut self, row: usize) {
        self.cursor = row;
    }

    /// Moves in a list of `length` rows. Says whether the command was a move.
    pub fn update(&mut self, command: Command, length: usize) -> bool {
        let page = self.height.saturating_sub(1).max(1);
        let to = match command {
            Command::Down => self.cursor.saturating_add(1),
            Command::Up => self.cursor.saturating_sub(1),
            Command::First => 0,
            Command::Last => usize::MAX,
            Command::PageDown => self.cursor.saturating_add(page),
            Command::PageUp => self.cursor.saturating_sub(page),
            _ => return false,
        };
        self.cursor = to.min(length.saturating_sub(1));
        true
    }

    /// The rows that are seen of `length`, where `height` of them fit.
    pub fn show(&mut self, length: usize, height: usize) -> Range<usize> {
        self.height = height;
        self.cursor = self.cursor.min(length.saturating_sub(1));
        if self.cursor < self.offset {
            self.offset = self.cursor;
        } else if height > 0 && self.cursor >= self.offset + height {
            self.offset = self.cursor + 1 - height;
        }
        self.offset = self.offset.min(length.saturating_sub(height));
        self.offset..length.min(self.offset + height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stays_in_the_list_and_in_sight() {
        let mut roll = Roll::default();
        assert_eq!(roll.show(10, 4), 0..4);
        assert!(roll.update(Command::Last, 10));
        assert_eq!((roll.cursor(), roll.show(10, 4)), (9, 6..10));
        assert!(roll.update(Command::PageUp, 10));
        assert_eq!((roll.cursor(), roll.show(10, 4)), (6, 6..10));
        assert!(roll.update(Command::Up, 10));
        assert_eq!(roll.show(10, 4), 5..9);
        assert_eq!((roll.show(2, 4), roll.cursor()), (0..2, 1));
        assert_eq!((roll.show(0, 4), roll.cursor()), (0..0, 0));
        assert!(!roll.update(Command::Enter, 0));
    }

    #[test]
    fn no_height_is_survived() {
        let mut roll = Roll::default();
        roll.update(Command::Last, 5);
        assert!(roll.show(5, 0).is_empty());
        assert!(roll.update(Command::PageDown, 5));
    }
}
