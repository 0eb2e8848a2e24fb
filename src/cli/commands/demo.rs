//! `jeton demo`: the dashboard on a sandbox inside this process, over real HTTP.

use std::process::ExitCode;

use jiff::Timestamp;

use crate::cli::{
    arguments::Global,
    failure::Failure,
    open::{AccountSources, First, describe},
};
use crate::{
    api::Endpoint,
    dashboard::{
        account_opener::{AccountRef, Connection, OpenedAccount},
        clock,
        event::OpenError,
        store::Account,
    },
    sandbox::{Demo, Options, Sandbox},
    token::Catalogue,
};

/// Open the dashboard on a demo account; needs no sign-in and no network
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  jeton demo
  jeton demo --tokens 100000   try a large account
  jeton demo --seed 7          use other names and numbers")]
pub struct Arguments {
    /// Seed for the random data; the same seed gives the same account
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// Create at least this many tokens
    #[arg(long, default_value_t = 0, value_name = "N")]
    tokens: usize,
    /// Create the account as of this time; with the same seed, even its dates are the same
    #[arg(long, hide = true, value_name = "TIME")]
    now: Option<Timestamp>,
}

/// Runs the command.
pub fn run(arguments: &Arguments, global: &Global) -> Result<ExitCode, Failure> {
    if let Some(now) = arguments.now {
        clock::fix(now);
    }
    let demo = Demo { seed: arguments.seed, tokens: arguments.tokens, now: clock::now() };
    crate::cli::open_dashboard(None, AccountSources::new(global, First::Demo(demo)))
}

/// The demo account as it is without arguments.
pub fn usual() -> Demo {
    Demo { seed: 1, tokens: 0, now: clock::now() }
}

/// Starts the sandbox of a demo account.
pub fn connect(demo: Demo) -> Result<Connection, OpenError> {
    let options = Options { rate_limit: None, demo: Some(demo), ..Options::default() };
    let sandbox = Sandbox::start(options).map_err(|error| format!("Could not start the sandbox: {error}"))?;
    let endpoint =
        Endpoint::new(sandbox.url(), sandbox.username(), sandbox.token().clone()).map_err(|error| error.to_string())?;
    // Its authorizing token is in no list.
    let account = Account { authorizing: None, ..describe(&endpoint) };
    // The sandbox's own token holds every scope.
    let held = Catalogue::bundled().scopes().iter().map(|scope| scope.id.clone()).collect();
    let opened = OpenedAccount { held: Some(held), ..OpenedAccount::new(account, endpoint, AccountRef::Demo) };
    Ok(Connection { opened, guard: Some(Box::new(sandbox)) })
}
