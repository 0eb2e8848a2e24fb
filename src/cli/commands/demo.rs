//! `jeton demo`: the dashboard on a sandbox inside this process, over real HTTP.

use std::process::ExitCode;

use jiff::Timestamp;

use crate::cli::{
    arguments::Global,
    failure::{Code, Failure},
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
    sandbox::{Demo, Faults, Options, Sandbox},
    token::Catalogue,
    tour::{self, Pace},
};

pub use crate::sandbox::Options as DemoAccount;

/// Open the dashboard on a demo account; needs no sign-in and no network
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  jeton demo
  jeton demo --tour            take a three-minute tour
  jeton demo --tour --auto     play the tour, for a talk or a recording
  jeton demo --slow            imitate a distant server
  jeton demo --tokens 100000   try a large account
  jeton demo --seed 7          use other names and numbers")]
pub struct Arguments {
    /// Seed for the random data; the same seed gives the same account
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// Create at least this many tokens
    #[arg(long, default_value_t = 0, value_name = "N")]
    tokens: usize,
    /// Show the keys you press on screen, for talks; text typed into fields is not shown
    #[arg(long)]
    show_keys: bool,
    /// Take a guided tour: captions over the real dashboard, with its own sandbox and files
    #[arg(long)]
    tour: bool,
    /// Play the tour without waiting for keys, and close it at the end
    #[arg(long, requires = "tour")]
    auto: bool,
    /// Speed of the tour: 2 is twice as fast, 0 does not wait
    #[arg(long, requires = "tour", default_value_t = 1.0, value_name = "SPEED", value_parser = speed)]
    pace: f64,
    /// Delay each response by about half a second, like a distant server
    #[arg(long)]
    slow: bool,
    /// Create the account as of this time; with the same seed, even its dates are the same
    #[arg(long, hide = true, value_name = "TIME")]
    now: Option<Timestamp>,
}

/// Speeds a person can follow, and 0.
fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if speed == 0.0 || (0.1..=100.0).contains(&speed) { Ok(speed) } else { Err("use 0, or 0.1 to 100".into()) }
}

/// Half a second for every answer, and twice that for some.
const SLOW: &[u8] =
    br#"{"faults": [{"fault": "delay", "ms": 500}, {"fault": "delay", "ms": 500, "probability": 0.3}]}"#;

impl Arguments {
    fn options(&self) -> Options {
        let demo = Demo { seed: self.seed, tokens: self.tokens, now: clock::now() };
        let faults = if self.slow { Faults::parse(SLOW).unwrap_or_default() } else { Faults::default() };
        Options { faults, ..options(demo) }
    }
}

/// Runs the command.
pub fn run(arguments: &Arguments, global: &Global) -> Result<ExitCode, Failure> {
    if let Some(now) = arguments.now {
        clock::fix(now);
    }
    if arguments.tour {
        let pace = Pace { is_auto: arguments.auto, speed: arguments.pace };
        let settings = crate::cli::open::dashboard_settings(arguments.show_keys);
        let end = tour::run(&settings, arguments.options(), pace)
            .map_err(|error| Failure::plain(Code::Local, error.to_string()))?;
        return Ok(crate::cli::open::dashboard_exit(end));
    }
    crate::cli::open::open_dashboard(
        None,
        AccountSources::new(global, First::Demo(arguments.options())),
        arguments.show_keys,
    )
}

/// The sandbox of the demo account as it is without arguments.
pub fn usual() -> Options {
    options(Demo { seed: 1, tokens: 0, now: clock::now() })
}

fn options(demo: Demo) -> Options {
    Options { rate_limit: None, demo: Some(demo), ..Options::default() }
}

/// Starts the sandbox of a demo account.
pub fn connect(options: Options) -> Result<Connection, OpenError> {
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
