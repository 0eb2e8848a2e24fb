//! `jeton` without a command: opens the dashboard on the chosen account and lets it switch to others.

use std::{
    env,
    io::{self, IsTerminal as _},
    process::ExitCode,
};

use super::{
    account,
    arguments::Global,
    commands::demo::{self, DemoAccount},
    failure::Failure,
};
use crate::{
    accounts::{
        AccountError, Chosen,
        book::{Book, Entry},
        cache::{Cache, Memory},
    },
    api::Endpoint,
    dashboard::{
        self,
        account_opener::{AccountRef, AccountSource, Connection, OpenedAccount, SessionPolicy},
        event::OpenError,
        runtime::End,
        settings::{self, Settings},
        signals,
        store::Account,
    },
    secret::Secret,
    token::AccountKey,
};

/// Opens it. What has to be asked is asked before the screen is taken; what may take long is done while the first frame is up.
pub fn run(global: &Global, shows_keys: bool) -> Result<ExitCode, Failure> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(Failure::usage("the dashboard needs a terminal", "For scripts, use the commands: jeton --help"));
    }
    let chosen = match global.choose() {
        Ok(chosen) => chosen,
        // The welcome leads to signing in, or to the demo.
        Err(AccountError::None) => {
            return open_dashboard(None, AccountSources::new(global, First::None), shows_keys);
        }
        Err(AccountError::Several(_)) => {
            return open_dashboard(None, AccountSources::new(global, First::Choice), shows_keys);
        }
        Err(error) => return Err(error.into()),
    };
    let passphrase = global.passphrase(&chosen)?;
    let memory = chosen
        .username
        .as_ref()
        .and_then(|username| memory(Endpoint::new(&chosen.api_url, username, Secret::new("")).ok()?.account()));
    open_dashboard(memory, AccountSources::new(global, First::Account(chosen, passphrase)), shows_keys)
}

/// Opens the dashboard and turns its end into an exit code.
pub fn open_dashboard(memory: Option<Memory>, sources: AccountSources, shows_keys: bool) -> Result<ExitCode, Failure> {
    match dashboard::start(dashboard_settings(shows_keys), memory, sources) {
        Ok(end) => Ok(dashboard_exit(end)),
        // After a hang-up nothing can be drawn, and there is nobody to tell.
        Err(_) if signals::exit_code().is_some() => Ok(ExitCode::from(signals::exit_code().unwrap_or(1))),
        Err(error) => Err(Failure::local("can't draw the dashboard", &error)),
    }
}

/// What the person's configuration says of the dashboard.
pub fn dashboard_settings(shows_keys: bool) -> Settings {
    let variable = |name: &str| env::var(name).ok();
    let settings = match crate::os::places::config_dir(&account::environment) {
        Some(dir) => Settings::read(&dir.join(settings::FILE), variable),
        None => Settings::usual(variable),
    };
    Settings { shows_keys, ..settings }
}

/// The exit code for how it ended.
pub fn dashboard_exit(end: End) -> ExitCode {
    match end {
        End::Quit => ExitCode::SUCCESS,
        End::Told => ExitCode::from(signals::exit_code().unwrap_or(1)),
    }
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
    Demo(DemoAccount),
}

/// The way to every account.
#[derive(Debug)]
pub struct AccountSources {
    book: Book,
    first: Start,
    demo: DemoAccount,
    /// The demo account, once it runs.
    running: Option<OpenedAccount>,
}

#[derive(Debug)]
enum Start {
    None,
    Choice,
    Demo,
    /// With the passphrase that was typed before the dashboard was there, good for one time.
    Account(Option<Secret>),
}

impl AccountSources {
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

    fn enter(&self, name: Option<&str>, passphrase: Option<&Secret>) -> Result<Connection, OpenError> {
        let (entry, endpoint) = self.book.open(name, passphrase)?;
        let terms = SessionPolicy {
            which: entry.name.map_or(AccountRef::First, AccountRef::Named),
            needs_passphrase: entry.needs_passphrase,
            lock_after: entry.lock_after,
            memory: memory(endpoint.account()),
        };
        let opened = OpenedAccount { account: describe(&endpoint), endpoint: Box::new(endpoint), terms, held: None };
        Ok(Connection { opened, guard: None })
    }
}

impl AccountSource for AccountSources {
    fn entries(&mut self) -> Result<Vec<Entry>, String> {
        self.book.entries().map_err(|error| error.to_string())
    }

    fn open(&mut self, which: &AccountRef, passphrase: Option<&Secret>) -> Result<Connection, OpenError> {
        match (which, &mut self.first) {
            (AccountRef::Named(name), _) => self.enter(Some(name), passphrase),
            (AccountRef::Demo, _) | (AccountRef::First, Start::Demo) => self.enter_demo(),
            (AccountRef::First, Start::Account(typed)) => {
                let typed = typed.take();
                self.enter(None, passphrase.or(typed.as_ref()))
            }
            (AccountRef::First, Start::None) => Err(OpenError::NoAccount),
            (AccountRef::First, Start::Choice) => Err(OpenError::Choice),
        }
    }
}

impl AccountSources {
    fn enter_demo(&mut self) -> Result<Connection, OpenError> {
        if let Some(opened) = &self.running {
            return Ok(Connection { opened: opened.clone(), guard: None });
        }
        let connection = demo::connect(self.demo.clone())?;
        self.running = Some(connection.opened.clone());
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
