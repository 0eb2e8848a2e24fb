//! [`Event`]: everything that can happen to the dashboard, on the one channel its loop reads.
//!
//! Events are facts in the past tense. Each source (input thread, signal thread, client task, clipboard and file workers)
//! holds a sender and knows nothing else of the dashboard.

use std::sync::Arc;

use jiff::tz::TimeZone;
use tokio::sync::mpsc;

use super::{
    account_opener::OpenedAccount, action::Tone, analysis::Analysis, applier::Applied, finder::Found, key::Key,
    rotator::RotatorReply, scanner::Scanned,
};
use crate::{
    accounts::{book::Entry, cache},
    delivery::{self, Typed, clipboard},
    scan::ScanResult,
    secret::Secret,
    token::AccountKey,
    work,
};

/// Where sources put what happened. Unbounded, because the input thread must never wait for the screen; the loop drains
/// the channel before it draws, so a burst costs one frame.
pub type Sender = mpsc::UnboundedSender<Event>;

/// Something that happened.
#[derive(Debug)]
pub enum Event {
    /// An account was opened, or why it was not; with the ticket of the knock, 0 for the first one.
    Connected(u64, Result<OpenedAccount, OpenError>),
    /// The accounts there are; why they cannot be read.
    Accounts(Result<Vec<Entry>, String>),
    /// What was last seen of the account has been found on disk.
    Remembered(cache::Remembered),
    /// What the last scan for an account found has been found on disk.
    PlacesRemembered(AccountKey, Arc<ScanResult>),
    /// A scan has come further, or to its end.
    Scanned(Scanned),
    /// What was asked about a file of tokens has come further, or to its end.
    Applied(Box<Applied>),
    /// The editor is closed, or could not be opened: why, in a sentence for people.
    Edited(Result<(), String>),
    /// A key was pressed (or repeats).
    Key(Key),
    /// A text was pasted, as the terminal framed it: untrimmed, possibly many lines.
    Paste(String),
    /// The mouse did something.
    Mouse(Mouse),
    /// The terminal has another size now; the frame asks for it when it is drawn.
    Resized,
    /// The terminal window got (`true`) or lost the focus.
    Focused(bool),
    /// The client has something to report: a page of a list, or the end of a request.
    Api(work::Report),
    /// A search of the token list has ended.
    Found(Found),
    /// The time zone of this machine is known.
    Located(TimeZone),
    /// All the tokens have been looked at.
    Surveyed(Arc<Analysis>),
    /// A control sequence is to go to the terminal: a copy by OSC 52, so it may hold a value.
    SequenceReady(Secret),
    /// A copy has been tried.
    Copied(Result<clipboard::Copied, clipboard::CopyError>),
    /// A clipboard that held our value was looked at again when its time was over.
    Wiped(clipboard::Wiped),
    /// A job has come to its end, and all there is to it is something to say.
    Said(Tone, String),
    /// This value was stored where the person wanted it, or not.
    Stored(Secret, Result<delivery::Stored, delivery::StoreError>),
    /// It was found out whether a value could go there.
    Checked(Typed, Result<(), delivery::StoreError>),
    /// What was asked about a rotation has come to its end, or something happened on the way.
    Rotation(Box<RotatorReply>),
    /// Somebody asked the process to end (SIGTERM, SIGINT, a closed console).
    Terminated,
    /// The terminal is gone: nothing can be drawn any more, and nobody is there.
    HungUp,
    /// Somebody asked the process to stop for a while (SIGTSTP from outside).
    SuspendAsked,
    /// The process goes on after a stop; the terminal's modes and screen must be set up again.
    Resumed,
}

/// Why there is no account to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// Nobody has signed in here yet.
    NoAccount,
    /// There are several, and which is meant was not said.
    Choice,
    /// There is one, and it could not be opened; why, in a sentence for people.
    Failed(String),
}

impl From<String> for OpenError {
    fn from(reason: String) -> Self {
        Self::Failed(reason)
    }
}

/// What the mouse did, in cells from the top left corner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    /// What happened.
    pub action: MouseAction,
    /// Column, from 0.
    pub column: u16,
    /// Row, from 0.
    pub row: u16,
}

/// The mouse actions the dashboard knows; all others are dropped at the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MouseAction {
    /// The left button went down.
    Click,
    /// The wheel turned away from the person.
    WheelUp,
    /// The wheel turned towards the person.
    WheelDown,
}
