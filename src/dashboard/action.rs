//! [`Action`] and [`Effect`]: what a screen asks of the app, and what the app asks of the world.
//!
//! Two vocabularies, because only the app may hand out request ids, open modals and decide what a quit means; the runtime
//! that interprets effects decides nothing. Both are plain data, so tests compare them.

use std::sync::Arc;

use super::{
    account_opener::{AccountRef, OpenRequest},
    analysis::AnalysisInput,
    command::Command,
    finder::Search,
    modals::Modal,
    rotator::Turn,
};
use crate::{
    accounts::cache::Memory,
    delivery::{Typed, clipboard::Copy},
    secret::Secret,
    token::{Token, TokenId},
    work::{Order, Request, journal::OperationId},
};

/// What a screen or a modal asks of the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Put a modal on top.
    Open(Box<Modal>),
    /// Close the modal that asks this.
    Close,
    /// Ask something of the API. The modal that asks is told the request's id.
    Send(Request),
    /// Put a value in the clipboard.
    Copy(Copy, Copied),
    /// Put a value where the person wants it for good.
    Deliver {
        /// The record of its create.
        op: OperationId,
        /// Where to.
        to: Typed,
        /// What.
        value: Secret,
    },
    /// Do something about a rotation.
    Rotate(Turn),
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
    /// Open a page on the web.
    Browse(String),
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
    /// Look at all the tokens together, on another thread.
    Analysis(Box<AnalysisInput>),
    /// Put a value in the clipboard.
    Copy(Copy),
    /// Remove the last sensitive value from the clipboard, if it is still there.
    Wipe,
    /// Put a value where the person wants it for good.
    Deliver {
        /// The record of its create.
        op: OperationId,
        /// Where to.
        to: Typed,
        /// What.
        value: Secret,
    },
    /// Find out whether a value could go there.
    Check(Typed),
    /// Send a control sequence to the terminal, after the last frame: a copy by OSC 52, so it may hold a value.
    Sequence(Secret),
    /// Take the terminal again after a stop.
    Resume,
    /// Open a page on the web.
    Browse(String),
    /// Overwrite every cell of the screen and of its buffers.
    Repaint,
    /// Let go of the mouse (a secret is on screen and may be selected with it) or take it back.
    Mouse(bool),
    /// Stop the process until somebody continues it.
    Suspend,
    /// Do something about a rotation, on another thread.
    Rotate(Turn),
    /// Ask the thread that opens accounts.
    OpenRequest(OpenRequest),
    /// Look for what was last seen of an account.
    Recall(Memory),
    /// Keep a complete list of an account for the next start.
    Remember(Memory, Arc<Vec<Arc<Token>>>),
    /// End.
    Quit,
}
