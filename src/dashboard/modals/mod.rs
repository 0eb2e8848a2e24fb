//! [`Modal`]: what can lie on top of a screen, one file each; this one only passes on.
//!
//! What always holds: the topmost modal gets every key but the ones of [`Context::Always`]; modals do not know each other
//! (one opens another by asking the app); text that is typed goes to the field a modal names in [`Modal::field`].

pub mod create;
pub mod delete;
pub mod help;
pub mod inspect;
pub mod palette;
pub mod question;
pub mod reveal;

use ratatui::{Frame, layout::Rect};

pub use self::{
    create::Create, delete::Delete, help::Help, inspect::Inspect, palette::Palette, question::Question, reveal::Reveal,
};
use super::{action::Action, command::Command, keymap::Context, view::View, widgets::text_field::TextField};
use crate::api::{ApiError, RequestId};

/// Everything that can be open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Modal {
    /// The form for a new token.
    Create(Create),
    /// A secret token's value, once.
    Reveal(Reveal),
    /// Type the name to delete.
    Delete(Delete),
    /// What the keys do.
    Help(Help),
    /// What is written in a token.
    Inspect(Inspect),
    /// The commands, to search.
    Palette(Palette),
    /// Yes or no.
    Question(Question),
}

/// Passes a call on to whichever modal is there.
macro_rules! each {
    ($modal:expr, $name:ident => $call:expr) => {
        match $modal {
            Modal::Create($name) => $call,
            Modal::Reveal($name) => $call,
            Modal::Delete($name) => $call,
            Modal::Help($name) => $call,
            Modal::Inspect($name) => $call,
            Modal::Palette($name) => $call,
            Modal::Question($name) => $call,
        }
    };
}

impl Modal {
    /// The contexts whose keys it takes, the innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        each!(self, modal => modal.contexts())
    }

    /// Does what a command says.
    pub fn update(&mut self, command: Command, view: View) -> Vec<Action> {
        each!(self, modal => modal.update(command, view))
    }

    /// The field that takes characters now.
    pub fn field(&mut self) -> Option<&mut TextField> {
        match self {
            Self::Create(modal) => modal.field(),
            Self::Reveal(modal) => modal.field(),
            Self::Delete(modal) => modal.field(),
            Self::Palette(modal) => modal.field(),
            Self::Help(_) | Self::Inspect(_) | Self::Question(_) => None,
        }
    }

    /// The text of [`Self::field`] has changed.
    pub fn field_changed(&mut self) {
        match self {
            Self::Create(modal) => modal.field_changed(),
            Self::Reveal(modal) => modal.field_changed(),
            Self::Delete(modal) => modal.field_changed(),
            Self::Palette(modal) => modal.field_changed(),
            Self::Help(_) | Self::Inspect(_) | Self::Question(_) => {}
        }
    }

    /// Its request is on its way.
    pub fn sent(&mut self, id: RequestId) {
        match self {
            Self::Create(modal) => modal.sent(id),
            Self::Delete(modal) => modal.sent(id),
            Self::Inspect(modal) => modal.sent(id),
            Self::Reveal(_) | Self::Help(_) | Self::Palette(_) | Self::Question(_) => {}
        }
    }

    /// The request it waits for.
    pub fn awaits(&self) -> Option<RequestId> {
        match self {
            Self::Create(modal) => modal.awaits(),
            Self::Delete(modal) => modal.awaits(),
            Self::Inspect(modal) => modal.awaits(),
            Self::Reveal(_) | Self::Help(_) | Self::Palette(_) | Self::Question(_) => None,
        }
    }

    /// The request it waited for did not work.
    pub fn failed(&mut self, error: ApiError) {
        match self {
            Self::Create(modal) => modal.failed(error),
            Self::Delete(modal) => modal.failed(error),
            Self::Inspect(modal) => modal.failed(&error),
            Self::Reveal(_) | Self::Help(_) | Self::Palette(_) | Self::Question(_) => {}
        }
    }

    /// Draws it over `screen`.
    pub fn render(&mut self, frame: &mut Frame, screen: Rect, view: View) {
        each!(self, modal => modal.render(frame, screen, view));
    }
}
