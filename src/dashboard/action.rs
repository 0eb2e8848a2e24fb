//! [`Action`] and [`Effect`]: what a screen asks of the app, and what the app asks of the world.
//!
//! Two vocabularies, because only the app may hand out request ids, open modals and decide what a quit means; the runtime
//! that interprets effects decides nothing. Both are plain data, and tests compare the effects.

use super::{
    account_opener::{AccountRef, OpenRequest},
    applier::ApplyOrder,
    command::Command,
    editor::Spot,
    finder::Search,
    job::Job,
    modals::Modal,
    rotator::RotatorRequest,
    scanner::ScanOrder,
};
use crate::{
    accounts::cache::Memory,
    delivery::clipboard::Copy,
    secret::Secret,
    token::TokenId,
    work::{Order, Request},
};

/// What a screen or a modal asks of the app.
#[derive(Debug)]
pub enum Action {
    /// Put a modal on top.
    Open(Box<dyn Modal>),
    /// Close the modal that asks this. What it asks after that, the modal that opened it asks.
    Close,
    /// Ask something of the API. The modal that asks is told the answer.
    Send(Request),
    /// Put a value in the clipboard.
    Copy(Copy, Copied),
    /// Do something that takes a moment, on another thread.
    Do(Job),
    /// Do something about a rotation.
    Rotate(RotatorRequest),
    /// Write, compare or apply a file of tokens.
    Apply(ApplyOrder),
    /// Scan folders, or stop.
    Scan(ScanOrder),
    /// Open a file in the person's editor.
    Edit(Spot),
    /// Say something in passing.
    Toast(Tone, String),
    /// Show the token list again.
    ShowTokens,
    /// Show a token in the list.
    Show(TokenId),
    /// Do what a command says, as if its key had been pressed.
    Run(Command),
    /// Open an account and go on with it; with its passphrase, where it has one.
    Enter(AccountRef, Option<Secret>),
    /// Stay with the account that is open, whatever is being opened.
    Stay,
    /// The value of this new token is stored: the copy that was kept of it may go.
    Stored(TokenId),
    /// Read the list again, quietly, to see whether somebody else has changed something.
    Refresh,
    /// Unmark every token.
    ClearMarks,
    /// Leave the program, unless something speaks against it.
    Quit,
    /// Leave the program as soon as no change is on its way to the server any more.
    QuitWhenDone,
    /// Leave the program whatever speaks against it.
    QuitAnyway,
}

impl Action {
    /// Puts a modal on top.
    pub fn open(modal: impl Modal) -> Self {
        Self::Open(Box::new(modal))
    }
}

/// What is being copied: who is told what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Copied {
    /// The value in the reveal of this token.
    Revealed(TokenId),
    /// Anything else, by a name that is safe to show.
    Named(String),
}

/// How a message is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something worked.
    Good,
    /// Something to know.
    Note,
    /// Something did not work.
    Bad,
}

/// What the app asks of the world outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Hand an order to the client task.
    Order(Order),
    /// Search a long list, on another thread.
    Search(Search),
    /// Do something that takes a moment, on another thread.
    Do(Job),
    /// Send a control sequence to the terminal, after the last frame: a copy by OSC 52, so it may hold a value.
    Sequence(Secret),
    /// Take the terminal again after a stop.
    Resume,
    /// Overwrite every cell of the screen and of its buffers.
    Repaint,
    /// Let go of the mouse (a secret is on screen and may be selected with it) or take it back.
    Mouse(bool),
    /// Stop the process until somebody continues it.
    Suspend,
    /// Do something about a rotation, on another thread.
    Rotate(RotatorRequest),
    /// Write, compare or apply a file of tokens, on another thread.
    Apply(ApplyOrder),
    /// Scan folders, on another thread, and keep what is found there.
    Scan(ScanOrder, Option<Memory>),
    /// Give the terminal to an editor, and open a file in it.
    Edit(Spot),
    /// Ask the thread that opens accounts.
    OpenRequest(OpenRequest),
    /// End.
    Quit,
}
