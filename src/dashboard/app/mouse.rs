//! The mouse: what is under it was recorded when the last frame was drawn ([`Clicks`](crate::dashboard::clicks::Clicks)).
//!
//! Invariants: a click does what a key could do; what has come up since the last frame is not clicked.

use super::App;
use crate::dashboard::{
    clicks::Target,
    command::Command,
    event::{Mouse, MouseAction},
    screens::Screen,
};

/// Lines the wheel moves by.
const WHEEL: usize = 3;

impl App {
    /// The wheel moves in whatever is on top; a click does what the place it hits was drawn for.
    pub(super) fn mouse(&mut self, mouse: Mouse) {
        let target = self.target(mouse);
        let command = match (mouse.action, target) {
            (MouseAction::WheelUp, _) => Command::Up,
            (MouseAction::WheelDown, _) => Command::Down,
            (MouseAction::Click, Some(Target::Command(command))) => return self.command(command),
            (MouseAction::Click, Some(Target::Part(part, at))) => return self.click(part, at),
            (MouseAction::Click, None) => return,
        };
        if let (true, Some(Target::Part(part, _))) = (self.modals.is_empty(), target) {
            self.point_at(part);
        }
        for _ in 0..WHEEL {
            self.command(command);
        }
    }

    /// What the mouse is on. Nothing, when something else has come up since the person saw that.
    pub fn target(&self, mouse: Mouse) -> Option<Target> {
        let is_seen = self.drawn == (self.contexts(), self.modals.len());
        self.clicks.at(mouse.column, mouse.row).filter(|_| is_seen)
    }

    /// A click on a part of what is on top.
    fn click(&mut self, part: usize, at: usize) {
        let view = view!(self);
        let actions = match (self.modals.last_mut(), self.screen) {
            (Some(modal), _) => modal.click(part, at, view),
            (None, Screen::Tokens) => self.tokens.click(part, at, view),
            (None, Screen::Overview) => self.overview.click(part, at, view),
            (None, Screen::Activity) => {
                self.activity.click(part, at, &self.log, &self.toasts);
                Vec::new()
            }
            (None, Screen::Welcome) => Vec::new(),
        };
        for action in actions {
            self.perform(action);
        }
    }

    /// The wheel turns over a part of the screen: the keys go there.
    fn point_at(&mut self, part: usize) {
        match self.screen {
            Screen::Tokens => self.tokens.point_at(part),
            Screen::Overview => self.overview.point_at(part),
            Screen::Activity => self.activity.point_at(part),
            Screen::Welcome => {}
        }
    }
}
