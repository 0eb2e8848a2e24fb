//! [`Modal`]: what can lie on top of a screen, one file each; this one only passes on.
//!
//! Invariants: the topmost modal gets every key but the ones of [`Context::Always`]; modals do not know each other
//! (one opens another by asking the app); text that is typed goes to the field a modal names in [`Modal::field`].

pub mod accounts;
pub mod bulk;
pub mod create;
pub mod delete;
pub mod edit;
pub mod fix;
pub mod help;
pub mod inspect;
pub mod palette;
pub mod question;
pub mod recover;
pub mod reveal;
pub mod review;
pub mod rotate;
pub mod temporary;
pub mod token_form;
pub mod urls;

use ratatui::{Frame, layout::Rect};

pub use self::{
    accounts::Accounts, bulk::Bulk, create::Create, delete::Delete, edit::Edit, fix::FixFinding, help::Help,
    inspect::Inspect, palette::Palette, question::Question, recover::Recover, reveal::Reveal, review::Review,
    rotate::Rotate, temporary::Temporary, urls::Urls,
};
use super::{action::Action, command::Command, key::Key, keymap::Context, view::View, widgets::text_field::TextField};
use crate::{
    token::TokenId,
    work::{Reply, RequestId, WorkError},
};

/// Everything that can be open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Modal {
    /// The accounts, and the passphrase of one.
    Accounts(Accounts),
    /// One thing done to many tokens.
    Bulk(Bulk),
    /// The form for a new token.
    Create(Create),
    /// Type the name to delete.
    Delete(Delete),
    /// The form for a token that exists.
    Edit(Edit),
    /// What the keys do.
    Help(Help),
    /// What is written in a token.
    Inspect(Inspect),
    /// What is wrong with a token, and how to fix it.
    FixFinding(FixFinding),
    /// The commands, to search.
    Palette(Palette),
    /// Yes or no.
    Question(Question),
    /// Creates and batches that never came to their end.
    Recover(Recover),
    /// A secret token's value, once.
    Reveal(Reveal),
    /// What a change does, before it is sent.
    Review(Review),
    /// The rotation of a token, stage by stage.
    Rotate(Rotate),
    /// Temporary tokens.
    Temporary(Temporary),
    /// The URLs of a token, and the tester.
    Urls(Urls),
}

/// Passes a call on to whichever modal is there.
macro_rules! each {
    ($modal:expr, $name:ident => $call:expr) => {
        match $modal {
            Modal::Accounts($name) => $call,
            Modal::Bulk($name) => $call,
            Modal::Create($name) => $call,
            Modal::Delete($name) => $call,
            Modal::Edit($name) => $call,
            Modal::Help($name) => $call,
            Modal::Inspect($name) => $call,
            Modal::FixFinding($name) => $call,
            Modal::Palette($name) => $call,
            Modal::Question($name) => $call,
            Modal::Recover($name) => $call,
            Modal::Reveal($name) => $call,
            Modal::Review($name) => $call,
            Modal::Rotate($name) => $call,
            Modal::Temporary($name) => $call,
            Modal::Urls($name) => $call,
        }
    };
}

/// The same, to those that have a text field; `$none` for the others.
macro_rules! each_typing {
    ($modal:expr, $name:ident => $call:expr, $none:expr) => {
        match $modal {
            Modal::Bulk($name) => $call,
            Modal::Create($name) => $call,
            Modal::Delete($name) => $call,
            Modal::Edit($name) => $call,
            Modal::Help($name) => $call,
            Modal::Palette($name) => $call,
            Modal::Reveal($name) => $call,
            Modal::Rotate($name) => $call,
            Modal::Temporary($name) => $call,
            Modal::Urls($name) => $call,
            Modal::Accounts(_)
            | Modal::Inspect(_)
            | Modal::FixFinding(_)
            | Modal::Question(_)
            | Modal::Recover(_)
            | Modal::Review(_) => $none,
        }
    };
}

/// The same, to those that send requests and wait for what comes of them; `$none` for the others.
macro_rules! each_asking {
    ($modal:expr, $name:ident => $call:expr, $none:expr) => {
        match $modal {
            Modal::Bulk($name) => $call,
            Modal::Create($name) => $call,
            Modal::Delete($name) => $call,
            Modal::Inspect($name) => $call,
            Modal::Recover($name) => $call,
            Modal::Reveal($name) => $call,
            Modal::Review($name) => $call,
            Modal::Temporary($name) => $call,
            Modal::Urls($name) => $call,
            Modal::Accounts(_)
            | Modal::Edit(_)
            | Modal::Help(_)
            | Modal::FixFinding(_)
            | Modal::Palette(_)
            | Modal::Question(_)
            | Modal::Rotate(_) => $none,
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

    /// A click on a part of it, by its own numbers.
    pub fn click(&mut self, part: usize, at: usize, view: View) -> Vec<Action> {
        match self {
            Self::Palette(modal) => modal.click(part, at, view),
            _ => Vec::new(),
        }
    }

    /// The field that takes characters now.
    pub fn field(&mut self) -> Option<&mut TextField> {
        each_typing!(self, modal => modal.field(), None)
    }

    /// A key for a field whose text is a secret. Says whether there is one.
    pub fn secret_key(&mut self, key: Key) -> bool {
        match self {
            Self::Accounts(modal) => modal.key(key),
            Self::Inspect(modal) => modal.key(key),
            _ => return false,
        }
        true
    }

    /// A pasted text for such a field. Says whether there is one.
    pub fn secret_paste(&mut self, text: &str) -> bool {
        match self {
            Self::Accounts(modal) => modal.paste(text),
            Self::Inspect(modal) => modal.paste(text),
            _ => return false,
        }
        true
    }

    /// The text of [`Self::field`] has changed.
    pub fn field_changed(&mut self) {
        each_typing!(self, modal => modal.field_changed(), ());
    }

    /// Its request is on its way.
    pub fn sent(&mut self, id: RequestId) {
        each_asking!(self, modal => modal.sent(id), ());
    }

    /// The request it waits for.
    pub fn awaits(&self) -> Option<RequestId> {
        each_asking!(self, modal => modal.awaits(), None)
    }

    /// The request it waited for has ended; what it asks for because of that. A [`Action::Close`] closes this modal,
    /// wherever in the stack it is.
    pub fn answered(&mut self, result: &Result<Reply, WorkError>) -> Vec<Action> {
        each_asking!(self, modal => modal.answered(result), Vec::new())
    }

    /// Whether it edits this token, so that it is pointless once the change is made.
    pub fn edits(&self, id: &TokenId) -> bool {
        match self {
            Self::Edit(modal) => modal.token() == id,
            Self::Urls(modal) => modal.token() == id,
            _ => false,
        }
    }

    /// Whether closing it loses something a person has entered.
    pub fn is_unsaved(&self) -> bool {
        match self {
            Self::Bulk(modal) => modal.is_unsaved(),
            Self::Create(modal) => modal.is_unsaved(),
            Self::Edit(modal) => modal.is_unsaved(),
            Self::Temporary(modal) => modal.is_unsaved(),
            Self::Urls(modal) => modal.is_unsaved(),
            _ => false,
        }
    }

    /// Masks every value it shows.
    pub fn hide_values(&mut self) {
        match self {
            Self::Reveal(modal) => modal.hide(),
            Self::Temporary(modal) => modal.hide(),
            _ => {}
        }
    }

    /// Whether a secret value can be read off it.
    pub fn shows_value(&self) -> bool {
        match self {
            Self::Reveal(modal) => modal.shows_value(),
            Self::Temporary(modal) => modal.shows_value(),
            _ => false,
        }
    }

    /// Whether it shows a countdown, so that it has to be drawn every second.
    pub fn counts_down(&self) -> bool {
        matches!(self, Self::Temporary(modal) if modal.counts_down())
    }

    /// Draws it over `screen`.
    pub fn render(&mut self, frame: &mut Frame, screen: Rect, view: View) {
        each!(self, modal => modal.render(frame, screen, view));
    }
}
