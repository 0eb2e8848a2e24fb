//! [`Modal`]: what can lie on top of a screen, one file each; [`Stack`] holds those that are open.
//!
//! Invariants: the topmost modal gets every key but the ones of [`Context::Always`]; modals know of each other only whom they open; an
//! answer reaches the modal that asked, wherever it lies by then; text that is typed goes to the field a modal names in
//! [`Modal::field`].

pub mod accounts;
pub mod bulk;
pub mod create;
pub mod delete;
pub mod edit;
pub mod fix;
pub mod help;
pub mod inspect;
pub mod palette;
pub mod pending;
pub mod question;
pub mod recover;
pub mod reveal;
pub mod review;
pub mod rotate;
pub mod stack;
pub mod temporary;
pub mod token_form;
pub mod urls;

use std::{any::Any, fmt::Debug};

use ratatui::{Frame, layout::Rect};

pub use self::{
    accounts::Accounts,
    bulk::Bulk,
    create::Create,
    delete::Delete,
    edit::Edit,
    fix::FixFinding,
    help::Help,
    inspect::Inspect,
    palette::Palette,
    pending::Pending,
    question::Question,
    recover::Recover,
    reveal::Reveal,
    review::Review,
    rotate::Rotate,
    stack::{ModalId, Stack},
    temporary::Temporary,
    urls::Urls,
};
use super::{action::Action, command::Command, key::Key, keymap::Context, view::View, widgets::text_field::TextField};
use crate::{
    token::TokenId,
    work::{Reply, Request, WorkError},
};

/// Something that can lie on top of a screen. What most of them have no use for has a default.
pub trait Modal: Any + Debug {
    /// The contexts whose keys it takes, the innermost first.
    fn contexts(&self) -> Vec<Context>;

    /// Does what a command says.
    fn update(&mut self, command: Command, view: View) -> Vec<Action>;

    /// Draws it over `screen`, and says what can be clicked.
    fn render(&mut self, frame: &mut Frame, screen: Rect, view: View);

    /// A click on a part of it, by its own numbers.
    fn click(&mut self, _part: usize, _at: usize, _view: View) -> Vec<Action> {
        Vec::new()
    }

    /// The field that takes characters now. Undo and redo are done to it by the app.
    fn field(&mut self) -> Option<&mut TextField> {
        None
    }

    /// The text of [`Self::field`] has changed.
    fn field_changed(&mut self) -> Vec<Action> {
        Vec::new()
    }

    /// A key for a field whose text is a secret. Says whether there is one.
    fn secret_key(&mut self, _key: Key) -> bool {
        false
    }

    /// A pasted text for such a field. Says whether there is one.
    fn secret_paste(&mut self, _text: &str) -> bool {
        false
    }

    /// What it keeps of a request of its own, where it waits for one.
    fn pending(&mut self) -> Option<&mut Pending> {
        None
    }

    /// A request of its own has ended; what it asks for because of that: one that waits closes when it worked, and says what went wrong.
    fn answered(&mut self, _request: &Request, result: &Result<Reply, WorkError>) -> Vec<Action> {
        let Some(pending) = self.pending() else { return Vec::new() };
        if let Err(error) = result {
            pending.failed(error);
            return Vec::new();
        }
        vec![Action::Close]
    }

    /// Whether it edits this token, so that it is pointless once the change is made.
    fn edits(&self, _id: &TokenId) -> bool {
        false
    }

    /// Whether closing it loses something a person has entered.
    fn is_unsaved(&self) -> bool {
        false
    }

    /// Masks every value it shows.
    fn hide_values(&mut self) {}

    /// Whether a secret value can be read off it.
    fn shows_value(&self) -> bool {
        false
    }

    /// Whether it shows a countdown, so that it has to be drawn every second.
    fn counts_down(&self) -> bool {
        false
    }

    /// Whether nothing below it is drawn, and the mouse is left to the terminal, so that text can be selected.
    fn is_alone(&self) -> bool {
        false
    }
}
