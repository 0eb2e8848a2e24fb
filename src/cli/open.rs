//! `jeton` without a command: the dashboard on the account that is meant, and the ways to the others.

use std::{
    io::{self, IsTerminal as _},
    process::ExitCode,
};

use super::{account, arguments::Global, commands::demo, failure::Failure};
use crate::{
    accounts::{
        AccountError, Chosen,
        book::{Book, Entry},
        cache::{Cache, Memory},
    },
    api::Endpoint,
    dashboard::{
        doors::{Connection, Doors, Entered, Terms, Which},
        event::Unconnected,
        store::Account,
    },
    sandbox::Demo,
    secret::Secret,
    token::AccountKey,
};

/// Opens it. What has to be asked is asked before the screen is taken; what may take long is done while the first frame is up.
pub fn run(global: &Global) -> Result<ExitCode, Failure> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(Failure::usage(
            "the dashboard needs a terminal",
            "For scripts there is a command for everything it does: see jeton --help.",
        ));
    }
    let chosen = match global.choose() {
        Ok(chosen) => chosen,
        // The welcome leads to signing in, or to the demo.
        Err(AccountError::None) => return super::open_dashboard(None, Ways::new(global, First::None)),
        Err(AccountError::Several(_)) => return super::open_dashboard(None, Ways::new(global, First::Choice)),
        Err(error) => return Err(error.into()),
    };
    let passphrase = global.passphrase(&chosen)?;
    let memory = chosen
        .username
        .as_ref()
        .and_then(|username| memory(Endpoint::new(&chosen.api_url, username, Secret::new("")).ok()?.account()));
    super::open_dashboard(memory, Ways::new(global, First::Account(chosen, passphrase)))
}

/// The last list of an account, unless nothing is to be remembered.
fn memory(key: AccountKey) -> Option<Memory> {
    let remembers = account::profiles().is_ok_and(|profiles| profiles.remember_lists);
    let cache = Cache::usual(&account::environment).filter(|_| remembers)?;
    Some(Memory::new(cache, key))
}

/// What the dashboard was started for.
#[derive(Debug)]
pub enum First {
    /// Nobody has signed in yet.
    None,
    /// One of several; which was not said.
    Choice,
    /// An account, and the passphrase that was typed for it.
    Account(Chosen, Option<Secret>),
    /// The demo account.
    Demo(Demo),
}

/// The way to every account.
#[derive(Debug)]
pub struct Ways {
    book: Book,
    first: Start,
    demo: Demo,
    /// The demo account, once it runs.
    running: Option<Entered>,
}

#[derive(Debug)]
enum Start {
    None,
    Choice,
    Demo,
    /// With the passphrase that was typed before the dashboard was there, good for one time.
    Account(Option<Secret>),
}

impl Ways {
    /// From what was started, on to all the others.
    pub fn new(global: &Global, first: First) -> Self {
        let dressing = global.clone();
        let dress = move |endpoint| dressing.dress(endpoint).map_err(|failure| failure.to_string());
        let (chosen, first, demo) = match first {
            First::None => (None, Start::None, demo::usual()),
            First::Choice => (None, Start::Choice, demo::usual()),
            First::Demo(demo) => (None, Start::Demo, demo),
            First::Account(chosen, passphrase) => (Some(chosen), Start::Account(passphrase), demo::usual()),
        };
        Self { book: Book::new(chosen, account::environment, dress), first, demo, running: None }
    }

    fn enter(&self, name: Option<&str>, passphrase: Option<&Secret>) -> Result<Connection, Unconnected> {
        let (entry, endpoint) = self.book.open(name, passphrase)?;
        let terms = Terms {
            which: entry.name.map_or(Which::First, Which::Named),
            needs_passphrase: entry.needs_passphrase,
            lock_after: entry.lock_after,
            memory: memory(endpoint.account()),
        };
        let entered = Entered { account: describe(&endpoint), endpoint: Box::new(endpoint), terms, held: None };
        Ok(Connection { entered, guard: None })
    }
}

impl Doors for Ways {
    fn entries(&mut self) -> Result<Vec<Entry>, String> {
        self.book.entries().map_err(|error| error.to_string())
    }

    fn open(&mut self, which: &Which, passphrase: Option<&Secret>) -> Result<Connection, Unconnected> {
        match (which, &mut self.first) {
            (Which::Named(name), _) => self.enter(Some(name), passphrase),
            (Which::Demo, _) | (Which::First, Start::Demo) => self.enter_demo(),
            (Which::First, Start::Account(typed)) => {
                let typed = typed.take();
                self.enter(None, passphrase.or(typed.as_ref()))
            }
            (Which::First, Start::None) => Err(Unconnected::NoAccount),
            (Which::First, Start::Choice) => Err(Unconnected::Choice),
        }
    }
}

impl Ways {
    fn enter_demo(&mut self) -> Result<Connection, Unconnected> {
        if let Some(entered) = &self.running {
            return Ok(Connection { entered: entered.clone(), guard: None });
        }
        let connection = demo::connect(self.demo.clone())?;
        self.running = Some(connection.entered.clone());
        Ok(connection)
    }
}

/// What the header shows of an account.
pub fn describe(endpoint: &Endpoint) -> Account {
    Account {
        username: endpoint.username().to_owned(),
        host: endpoint.host(),
        is_sandbox: endpoint.is_sandbox(),
        authorizing: endpoint.token_id(),
    }
}
