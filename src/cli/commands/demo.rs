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

/// Open the dashboard on a sandbox inside this process: no account and no network needed
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  jeton demo
  jeton demo --tokens 100000   see how a large account feels
  jeton demo --seed 7          other names, other numbers")]
pub struct Arguments {
    /// Decides everything that is left to chance; the same seed gives the same account
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// How many tokens the account has at least
    #[arg(long, default_value_t = 0, value_name = "N")]
    tokens: usize,
    /// Show the keys you press on screen, for talks; text typed into fields is not shown
    #[arg(long)]
    show_keys: bool,
    /// The moment the account is made for; with it and the seed, the account is the same down to its dates
    #[arg(long, hide = true, value_name = "TIME")]
    now: Option<Timestamp>,
}

/// Runs the command.
pub fn run(arguments: &Arguments, global: &Global) -> Result<ExitCode, Failure> {
    if let Some(now) = arguments.now {
        clock::fix(now);
    }
    let demo = Demo { seed: arguments.seed, tokens: arguments.tokens, now: clock::now() };
    crate::cli::open_dashboard(None, AccountSources::new(global, First::Demo(demo)), arguments.show_keys)
}

/// The demo account as it is without arguments.
pub fn usual() -> Demo {
    Demo { seed: 1, tokens: 0, now: clock::now() }
}

/// Starts the sandbox of a demo account.
pub fn connect(demo: Demo) -> Result<Connection, OpenError> {
    let options = Options { rate_limit: None, demo: Some(demo), ..Options::default() };
    let sandbox = Sandbox::start(options).map_err(|error| format!("The sandbox did not start: {error}"))?;
    let endpoint =
        Endpoint::new(sandbox.url(), sandbox.username(), sandbox.token().clone()).map_err(|error| error.to_string())?;
    // Its authorizing token is in no list.
    let account = Account { authorizing: None, ..describe(&endpoint) };
    // The sandbox's own token holds every scope.
    let held = Catalogue::bundled().scopes().iter().map(|scope| scope.id.clone()).collect();
    let opened = OpenedAccount { held: Some(held), ..OpenedAccount::new(account, endpoint, AccountRef::Demo) };
    Ok(Connection { opened, guard: Some(Box::new(sandbox)) })
}
