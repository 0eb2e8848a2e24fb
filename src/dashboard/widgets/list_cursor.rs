//! [`ListCursor`]: a cursor in a list of any length, and the part of the list that is seen; [`Scroll`]: the same of a text, which
//! has no cursor. Both obey the keys of [`Context::List`](crate::dashboard::keymap::Context::List).
//!
//! Invariants: after [`ListCursor::show`] the cursor is in the list (if there is anything in it) and in what is shown.

use std::ops::Range;

use ratatui::{Frame, layout::Rect, text::Span};

use crate::dashboard::{command::Command, theme::Theme};

/// Where the cursor is and what is seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListCursor {
    cursor: usize,
    offset: usize,
    height: usize,
}

impl ListCursor {
    /// The row under the cursor.
    pub fn row(&self) -> usize {
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

    /// Keeps the cursor in a list of `length` rows, and gives it.
    pub fn clamp(&mut self, length: usize) -> usize {
        self.cursor = self.cursor.min(length.saturating_sub(1));
        self.cursor
    }

    /// The rows that are seen of `length`, where `height` of them fit.
    pub fn show(&mut self, length: usize, height: usize) -> Range<usize> {
        let row = self.clamp(length);
        self.show_around(row..row + 1, length, height)
    }

    /// The same where what the cursor is on takes other rows than its number says, because headings stand between: these.
    pub fn show_around(&mut self, here: Range<usize>, length: usize, height: usize) -> Range<usize> {
        self.height = height;
        let top = here.start.max(here.end.saturating_sub(height));
        if top < self.offset {
            self.offset = top;
        } else if height > 0 && here.end > self.offset + height {
            self.offset = here.end - height;
        }
        self.offset = self.offset.min(length.saturating_sub(height));
        self.offset..length.min(self.offset + height)
    }

    /// Draws where in `length` rows the part that is seen stands, on a column beside it; nothing when all of them are seen.
    pub fn scrollbar(&self, frame: &mut Frame, column: Rect, length: usize, theme: &Theme) {
        scrollbar(frame, column, self.offset..self.offset + self.height, length, theme);
    }

    /// The rows that were seen when it was drawn last; the list may have fewer by now.
    pub fn seen(&self) -> Range<usize> {
        self.offset..self.offset + self.height
    }
}

/// The part of a text that is seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scroll {
    /// The first row that is seen, as a cursor among all that can be the first.
    first: ListCursor,
    length: usize,
}

impl Scroll {
    fn places(&self) -> usize {
        self.length.saturating_sub(self.first.height) + 1
    }

    /// Moves through the text. Says whether the command was a move.
    pub fn update(&mut self, command: Command) -> bool {
        self.first.update(command, self.places())
    }

    /// The first of `length` rows that is seen, where `height` of them fit.
    pub fn show(&mut self, length: usize, height: usize) -> usize {
        (self.length, self.first.height) = (length, height);
        self.first.cursor = self.first.cursor.min(self.places() - 1);
        self.first.cursor
    }

    /// The same mark for a text.
    pub fn scrollbar(&self, frame: &mut Frame, column: Rect, theme: &Theme) {
        scrollbar(frame, column, self.first.cursor..self.first.cursor + self.first.height, self.length, theme);
    }
}

/// The column of a frame's right edge that stands beside the rows of a list in it.
pub fn beside(frame: Rect, rows: Rect) -> Rect {
    Rect { x: frame.right().saturating_sub(1), width: frame.width.min(1), ..rows }
}

fn scrollbar(frame: &mut Frame, column: Rect, seen: Range<usize>, length: usize, theme: &Theme) {
    let track = usize::from(column.height);
    if seen.len() >= length || track < 2 {
        return;
    }
    // Its ends touch the track's only where the list ends.
    let size = (seen.len() * track / length).clamp(1, track - 1);
    let top = (seen.start * (track - size)).div_ceil(length - seen.len()).min(track - size);
    let top = if seen.end < length { top.min(track - size - usize::from(track > size + 1)) } else { top };
    for row in column.rows().skip(top).take(size) {
        frame.render_widget(Span::styled(theme.glyphs.thumb, theme.title), row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stays_in_the_list_and_in_sight() {
        let mut list = ListCursor::default();
        assert_eq!(list.show(10, 4), 0..4);
        assert!(list.update(Command::Last, 10));
        assert_eq!((list.row(), list.show(10, 4)), (9, 6..10));
        assert!(list.update(Command::PageUp, 10));
        assert_eq!((list.row(), list.show(10, 4)), (6, 6..10));
        assert!(list.update(Command::Up, 10));
        assert_eq!(list.show(10, 4), 5..9);
        assert_eq!((list.show(2, 4), list.row()), (0..2, 1));
        assert_eq!((list.show(0, 4), list.row()), (0..0, 0));
        assert!(!list.update(Command::Enter, 0));
    }

    #[test]
    fn a_text_scrolls_to_its_end_and_no_further() {
        let mut scroll = Scroll::default();
        assert_eq!(scroll.show(10, 4), 0);
        assert!(scroll.update(Command::PageDown));
        assert_eq!(scroll.show(10, 4), 3);
        assert!(scroll.update(Command::Last) && scroll.update(Command::Down));
        assert_eq!(scroll.show(10, 4), 6);
        assert_eq!(scroll.show(5, 4), 1, "it has become shorter");
        assert_eq!(scroll.show(2, 4), 0);
        assert!(!scroll.update(Command::Back));
    }

    #[test]
    fn no_height_is_survived() {
        let mut list = ListCursor::default();
        list.update(Command::Last, 5);
        assert!(list.show(5, 0).is_empty());
        assert!(list.update(Command::PageDown, 5));
    }
}
