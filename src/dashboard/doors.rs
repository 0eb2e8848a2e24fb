//! The accounts a dashboard can go to, and the threads that open them.
//!
//! Opening one may start a server, ask a keyring or wait for a command, so nothing of it happens on the loop. What always holds: each
//! knock is answered by exactly one event that carries its ticket, so that an answer nobody waits for any more is told from one that is
//! awaited; what an account needs to live (the demo's sandbox) is kept until the dashboard ends.
//!
//! Callers: `dashboard::start`; the command line implements [`Doors`].

use std::{
    any::Any,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use super::{
    event::{Event, Sender, Unconnected},
    store::Account,
};
use crate::{
    accounts::{book::Entry, cache::Memory},
    api::Endpoint,
    secret::Secret,
    token::Scope,
};

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

/// Something asked at a gate.
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

/// Where to knock. Each knock gets a thread of its own that ends with its answer, so that there is none while nobody knocks; one is
/// answered at a time.
pub struct Gate<D> {
    kept: Arc<Mutex<Kept<D>>>,
    events: Sender,
}

struct Kept<D> {
    doors: D,
    guards: Vec<Box<dyn Any + Send>>,
}

impl<D> Clone for Gate<D> {
    fn clone(&self) -> Self {
        Self { kept: Arc::clone(&self.kept), events: self.events.clone() }
    }
}

impl<D: Doors> Gate<D> {
    /// A gate whose answers come as events.
    pub fn new(doors: D, events: Sender) -> Self {
        Self { kept: Arc::new(Mutex::new(Kept { doors, guards: Vec::new() })), events }
    }

    /// Asks something.
    pub fn knock(&self, knock: Knock) {
        let gate = self.clone();
        let answer = match &knock {
            Knock::List => None,
            Knock::Enter { ticket, .. } => Some(*ticket),
        };
        if let Err(error) = thread::Builder::new().name("doors".into()).spawn(move || gate.answer(knock)) {
            let why = format!("No thread could be started: {error}.");
            // Fails when the dashboard is over already.
            let _over = self.events.send(match answer {
                None => Event::Accounts(Err(why)),
                Some(ticket) => Event::Connected(ticket, Err(Unconnected::Failed(why))),
            });
        }
    }

    fn answer(&self, knock: Knock) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let event = match knock {
            Knock::List => Event::Accounts(kept.doors.entries()),
            Knock::Enter { ticket, which, passphrase } => {
                let opened = kept.doors.open(&which, passphrase.as_ref());
                let result = opened.map(|Connection { entered, guard }| {
                    kept.guards.extend(guard);
                    entered
                });
                Event::Connected(ticket, result)
            }
        };
        drop(kept);
        let _over = self.events.send(event);
    }

    /// Lets go of what the accounts needed to live (the sandbox closes its database), unless somebody is still at a door: a command or a
    /// keyring that hangs must not keep the program.
    pub fn close(self) {
        if let Ok(mut kept) = self.kept.try_lock() {
            kept.guards.clear();
        }
    }
}
