//! Keys, pasted text and the mouse: to whom each goes.
//!
//! Invariants: a key goes to the first active context that binds it, and is text only where none does; pasted text is never a command; a
//! click means what was drawn there, and nothing once something else has come up.

use super::App;
use crate::dashboard::{
    clicks::Target,
    command::Command,
    event::{Mouse, MouseAction},
    key::Key,
    modals::Modal,
    screens::Screen,
    widgets::text_field::TextField,
};

/// Lines the wheel moves by.
const WHEEL: usize = 3;

impl App {
    /// Does what a person means by a key, a paste or the mouse, and takes away the error they have seen by now.
    pub(super) fn act(&mut self, act: impl FnOnce(&mut Self)) {
        let said = self.toasts.count();
        self.toasts.move_on(self.now.instant);
        act(self);
        if self.toasts.count() > said {
            self.toasts.answers_action();
        }
    }

    pub(super) fn press(&mut self, key: Key) {
        let is_typing = self.contexts().iter().any(|context| context.is_typing());
        if let Some(pressed) = &mut self.pressed {
            pressed.press(key, is_typing, self.now.instant);
        }
        if let Some(command) = self.keymap.resolve(&self.contexts(), key) {
            return self.command(command);
        }
        if self.modals.top_mut().is_some_and(|modal| modal.secret_key(key)) {
            return;
        }
        if self.field().is_some_and(|field| field.key(key)) {
            self.field_changed();
        }
    }

    /// A pasted text goes to the field that is being typed in, and nowhere else: it can press no button.
    pub(super) fn paste(&mut self, text: &str) {
        if self.modals.top_mut().is_some_and(|modal| modal.secret_paste(text)) {
            return;
        }
        if let Some(field) = self.field() {
            field.paste(text);
            self.field_changed();
        }
    }

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
        let by = self.modals.top_id();
        let actions = match (self.modals.top_mut(), self.screen) {
            (Some(modal), _) => modal.click(part, at, view),
            (None, Screen::Tokens) => self.tokens.click(part, at, view),
            (None, Screen::Overview) => self.overview.click(part, at, view),
            (None, Screen::Activity) => {
                self.activity.click(part, at, &self.log, &self.toasts);
                Vec::new()
            }
            (None, Screen::Places) => self.places.click(at, view),
            (None, Screen::Plan | Screen::Welcome) => Vec::new(),
        };
        self.perform_all(actions, by);
    }

    /// The wheel turns over a part of the screen: the keys go there.
    fn point_at(&mut self, part: usize) {
        match self.screen {
            Screen::Tokens => self.tokens.point_at(part),
            Screen::Overview => self.overview.point_at(part),
            Screen::Activity => self.activity.point_at(part),
            Screen::Places | Screen::Plan | Screen::Welcome => {}
        }
    }

    pub(super) fn field(&mut self) -> Option<&mut TextField> {
        match self.modals.top_mut() {
            Some(modal) => modal.field(),
            None if self.screen == Screen::Tokens => self.tokens.field(),
            None if self.screen == Screen::Places => self.places.field(),
            None if self.screen == Screen::Plan => self.plan.field(),
            None => None,
        }
    }

    pub(super) fn field_changed(&mut self) {
        let by = self.modals.top_id();
        let actions = self.modals.top_mut().map(Modal::field_changed);
        self.perform_all(actions.unwrap_or_default(), by);
    }
}
