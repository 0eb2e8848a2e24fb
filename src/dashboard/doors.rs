//! The accounts a dashboard can go to, and the thread that opens them.
//!
//! Opening one may start a server, ask a keyring or wait for a command, so nothing of it happens on the loop. What always holds: each
//! knock is answered by exactly one event that carries its ticket, so that an answer nobody waits for any more is told from one that is
//! awaited; what an account needs to live (the demo's sandbox) is kept until the dashboard ends.
//!
//! Callers: `dashboard::start`; the command line implements [`Doors`].

use std::{
    any::Any,
    io,
    sync::mpsc,
    thread::{self, JoinHandle},
    time::Duration,
};

use super::{
    event::{Event, Sender, Unconnected},
    store::Account,
};
use crate::{accounts::book::Entry, api::Endpoint, cache::Memory, secret::Secret, token::Scope};

/// Every account that can be opened. The methods may take as long as a person at another window does.
pub trait Doors: Send + 'static {
    /// The accounts there are now, the one that was opened first before the others; why they cannot be read.
    fn entries(&mut self) -> Result<Vec<Entry>, String>;

    /// Opens one.
    fn open(&mut self, which: &Which, passphrase: Option<&Secret>) -> Result<Connection, Unconnected>;
}

/// One of the accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one the program was started for; once it is open, only one without a profile is called so.
    First,
    /// Another one, by the name of its profile.
    Named(String),
    /// The demo account.
    Demo,
}

/// An account that can be talked to.
pub struct Connection {
    /// The account.
    pub entered: Entered,
    /// Kept until the dashboard ends.
    pub guard: Option<Box<dyn Any + Send>>,
}

/// What the dashboard learns of an account that was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    /// What to show of it.
    pub account: Account,
    /// Where it is, and the authority.
    pub endpoint: Box<Endpoint>,
    /// How to come back to it.
    pub terms: Terms,
    /// What its authorizing token may do, where that is known beforehand. Otherwise the list tells, if the token is in it.
    pub held: Option<Vec<Scope>>,
}

/// On what terms an account is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Which it is.
    pub which: Which,
    /// Whether a passphrase has to be typed to open it again.
    pub needs_passphrase: bool,
    /// After how much idleness its authorizing token is dropped.
    pub lock_after: Option<Duration>,
    /// Where its last list is kept, if it is.
    pub memory: Option<Memory>,
}

impl Entered {
    /// An account without a lock, that is not remembered.
    pub fn new(account: Account, endpoint: Endpoint, which: Which) -> Self {
        let terms = Terms { which, needs_passphrase: false, lock_after: None, memory: None };
        Self { account, endpoint: Box::new(endpoint), terms, held: None }
    }
}

/// Something asked of the thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Knock {
    /// Which accounts are there?
    List,
    /// Open this one.
    Enter {
        /// Comes back with the answer.
        ticket: u64,
        /// Which.
        which: Which,
        /// Its passphrase, where it has one.
        passphrase: Option<Secret>,
    },
}

/// Starts the thread; it ends when the sender is dropped.
pub fn spawn(mut doors: impl Doors, events: Sender) -> io::Result<(mpsc::Sender<Knock>, JoinHandle<()>)> {
    let (knocks, inbox) = mpsc::channel();
    let work = move || {
        let mut guards = Vec::new();
        for knock in inbox {
            let event = match knock {
                Knock::List => Event::Accounts(doors.entries()),
                Knock::Enter { ticket, which, passphrase } => {
                    let result = doors.open(&which, passphrase.as_ref()).map(|Connection { entered, guard }| {
                        guards.extend(guard);
                        entered
                    });
                    Event::Connected(ticket, result)
                }
            };
            // Fails when the dashboard is over already.
            let _over = events.send(event);
        }
        drop(guards);
    };
    Ok((knocks, thread::Builder::new().name("doors".into()).spawn(work)?))
}
