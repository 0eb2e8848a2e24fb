//! [`Clicks`]: what a click means where, recorded while a frame is drawn. Whoever draws something that can be clicked says so:
//! `view.clicks.add(area, Target::Command(Command::Submit))` for what a key does too, [`Clicks::rows`] for the rows of a list,
//! [`Target::Part`] for anything else. The app hands a part back to the modal or screen that drew it.
//!
//! Invariants: only what the keys go to can be clicked: recording starts anew for each modal, so nothing below the topmost one is left;
//! of areas that overlap the one drawn last counts; a click after the frame has become wrong does nothing.

use std::cell::RefCell;

use ratatui::layout::{Position, Rect};

use super::command::Command;

/// What a click means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The same as this command's key.
    Command(Command),
    /// A part of the screen or modal that drew it, by that one's own numbers: which part, and which row or piece of it.
    Part(usize, usize),
}

/// The places of a frame that can be clicked.
#[derive(Debug, Default)]
pub struct Clicks {
    areas: RefCell<Vec<Area>>,
}

#[derive(Clone, Copy, Debug)]
struct Area {
    place: Rect,
    target: Target,
    /// Each row of it is a piece of its own, counted from the one the target names.
    is_list: bool,
}

impl Clicks {
    /// A click in this area means this.
    pub fn add(&self, place: Rect, target: Target) {
        self.areas.borrow_mut().push(Area { place, target, is_list: false });
    }

    /// A click in this area means the row of a list that is drawn there; `first` is the one at the top.
    pub fn rows(&self, place: Rect, part: usize, first: usize) {
        self.areas.borrow_mut().push(Area { place, target: Target::Part(part, first), is_list: true });
    }

    /// What a click there means.
    pub fn at(&self, column: u16, row: u16) -> Option<Target> {
        let areas = self.areas.borrow();
        let hit = areas.iter().rfind(|area| area.place.contains(Position::new(column, row)))?;
        Some(match hit.target {
            Target::Part(part, first) if hit.is_list => Target::Part(part, first + usize::from(row - hit.place.y)),
            target => target,
        })
    }

    /// Forgets every place.
    pub fn clear(&self) {
        self.areas.borrow_mut().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_last_is_hit_and_rows_are_counted_from_the_first_that_is_seen() {
        let clicks = Clicks::default();
        clicks.rows(Rect::new(2, 3, 10, 5), 1, 40);
        clicks.add(Rect::new(4, 4, 3, 1), Target::Command(Command::Submit));
        assert_eq!(clicks.at(2, 3), Some(Target::Part(1, 40)));
        assert_eq!(clicks.at(11, 7), Some(Target::Part(1, 44)));
        assert_eq!(clicks.at(5, 4), Some(Target::Command(Command::Submit)));
        assert_eq!(clicks.at(12, 7), None);
        clicks.clear();
        assert_eq!(clicks.at(5, 4), None);
    }
}
