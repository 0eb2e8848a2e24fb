//! The accounts a dashboard can go to, and the threads that open them.
//!
//! Opening one may start a server, ask a keyring or wait for a command, so nothing of it happens on the loop. Invariants: each
//! knock is answered by exactly one event that carries its ticket, so that an answer nobody waits for any more is told from one that is
//! awaited; what an account needs to live (the demo's sandbox) is kept until the dashboard ends.

use std::{
    any::Any,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use super::{
    event::{Event, OpenError, Sender},
    store::Account,
};
use crate::{
    accounts::{book::Entry, cache::Memory},
    api::Endpoint,
    secret::Secret,
    token::Scope,
};

/// Every account that can be opened. The methods may take as long as a person at another window does.
pub trait AccountSource: Send + 'static {
    /// The accounts there are now, the one that was opened first before the others; why they cannot be read.
    fn entries(&mut self) -> Result<Vec<Entry>, String>;

    /// Opens one.
    fn open(&mut self, which: &AccountRef, passphrase: Option<&Secret>) -> Result<Connection, OpenError>;
}

/// One of the accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountRef {
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
    pub opened: OpenedAccount,
    /// Kept until the dashboard ends.
    pub guard: Option<Box<dyn Any + Send>>,
}

/// What the dashboard learns of an account that was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedAccount {
    /// What to show of it.
    pub account: Account,
    /// Where it is, and the authority.
    pub endpoint: Box<Endpoint>,
    /// How to come back to it.
    pub terms: SessionPolicy,
    /// What its authorizing token may do, where that is known beforehand. Otherwise the list tells, if the token is in it.
    pub held: Option<Vec<Scope>>,
}

/// On what terms an account is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionPolicy {
    /// Which it is.
    pub which: AccountRef,
    /// Whether a passphrase has to be typed to open it again.
    pub needs_passphrase: bool,
    /// After how much idleness its authorizing token is dropped.
    pub lock_after: Option<Duration>,
    /// Where its last list is kept, if it is.
    pub memory: Option<Memory>,
}

impl OpenedAccount {
    /// An account without a lock, that is not remembered.
    pub fn new(account: Account, endpoint: Endpoint, which: AccountRef) -> Self {
        let terms = SessionPolicy { which, needs_passphrase: false, lock_after: None, memory: None };
        Self { account, endpoint: Box::new(endpoint), terms, held: None }
    }
}

/// Something asked at a gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenRequest {
    /// Which accounts are there?
    List,
    /// Open this one.
    Enter {
        /// Comes back with the answer.
        ticket: u64,
        /// Which.
        which: AccountRef,
        /// Its passphrase, where it has one.
        passphrase: Option<Secret>,
    },
}

/// Where to knock. Each knock gets a thread of its own that ends with its answer, so that there is none while nobody knocks; one is
/// answered at a time.
pub struct AccountOpener<D> {
    state: Arc<Mutex<State<D>>>,
    events: Sender,
}

struct State<D> {
    source: D,
    guards: Vec<Box<dyn Any + Send>>,
}

impl<D> Clone for AccountOpener<D> {
    fn clone(&self) -> Self {
        Self { state: Arc::clone(&self.state), events: self.events.clone() }
    }
}

impl<D: AccountSource> AccountOpener<D> {
    /// A gate whose answers come as events.
    pub fn new(source: D, events: Sender) -> Self {
        Self { state: Arc::new(Mutex::new(State { source, guards: Vec::new() })), events }
    }

    /// Asks something.
    pub fn open_request(&self, open_request: OpenRequest) {
        let opener = self.clone();
        let answer = match &open_request {
            OpenRequest::List => None,
            OpenRequest::Enter { ticket, .. } => Some(*ticket),
        };
        if let Err(error) = thread::Builder::new().name("doors".into()).spawn(move || opener.answer(open_request)) {
            let why = format!("Couldn't start a thread: {error}.");
            // Fails when the dashboard is over already.
            let _over = self.events.send(match answer {
                None => Event::Accounts(Err(why)),
                Some(ticket) => Event::Connected(ticket, Err(OpenError::Failed(why))),
            });
        }
    }

    fn answer(&self, open_request: OpenRequest) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let event = match open_request {
            OpenRequest::List => Event::Accounts(state.source.entries()),
            OpenRequest::Enter { ticket, which, passphrase } => {
                let opened = state.source.open(&which, passphrase.as_ref());
                let result = opened.map(|Connection { opened, guard }| {
                    state.guards.extend(guard);
                    opened
                });
                Event::Connected(ticket, result)
            }
        };
        drop(state);
        let _over = self.events.send(event);
    }

    /// Lets go of what the accounts needed to live (the sandbox closes its database), unless somebody is still at a door: a command or a
    /// keyring that hangs must not keep the program.
    pub fn close(self) {
        if let Ok(mut state) = self.state.try_lock() {
            state.guards.clear();
        }
    }
}
