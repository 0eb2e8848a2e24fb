//! `jeton sandbox`: runs the sandbox until it is stopped.

use std::{io, net::SocketAddr, path::PathBuf};

use jiff::Timestamp;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::cli::{
    exit::Exit,
    failure::{Code, Failure},
    output::Output,
};
use crate::{
    os::private_file,
    sandbox::{Account, Demo, Faults, Options, Sandbox, health},
    secret::Secret,
    untrusted::shown,
};

/// The variable a password is taken from: one on the command line would be everybody's to read.
const PASSWORD: &str = "JETON_SANDBOX_PASSWORD";

/// Run a Tokens API on this machine, for development and tests
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  # serve an empty account on http://127.0.0.1:8787, in memory
  jeton sandbox
  # create demo tokens, and keep everything in a file
  jeton sandbox --tokens 50 --db sandbox.db
  # print a line when ready: {\"url\":\"...\",\"username\":\"...\",\"token\":\"...\"}
  jeton sandbox --listen 127.0.0.1:0 --json
  # for tests and containers: use the same token at every start, and write it to a file
  jeton sandbox --token-seed ci --token-file sandbox.token
  # check whether that sandbox is running
  jeton sandbox --health
  # inject faults
  jeton sandbox --faults faults.json

If JETON_SANDBOX_PASSWORD is set, creating tokens requires that password first, as on the account page: POST /sandbox/v1/accounts/{username}/sign-in with {\"password\": \"...\"}.")]
pub struct Arguments {
    /// Address to listen on; port 0 picks a free port
    #[arg(long, default_value = "127.0.0.1:8787", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
    /// Let other machines connect; required for any address but loopback
    #[arg(long)]
    allow_remote: bool,
    /// Also accept this host name, such as that of the container or of a proxy; repeatable
    #[arg(long = "host", value_name = "NAME")]
    hosts: Vec<String>,
    /// Also write the main account's authorizing token to this file, readable only by you; replaced at every start
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Seed for the authorizing tokens; the same seed gives the same tokens at every start. Anyone who knows it can use this sandbox
    #[arg(long, value_name = "TEXT")]
    token_seed: Option<String>,
    /// Database file, created if missing [default: in memory]
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
    /// Account user name, created if missing; repeatable. The first is the main account [default: ada]
    #[arg(long = "user", value_name = "NAME")]
    users: Vec<String>,
    /// Faults to inject, as JSON (same format as `PUT /sandbox/v1/faults`)
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Requests per minute and account; 0 means no limit
    #[arg(long, default_value_t = 100, value_name = "N")]
    rate_limit: u32,
    /// Fill a new main account with at least N demo tokens
    #[arg(long, value_name = "N")]
    tokens: Option<usize>,
    /// Check whether a sandbox is running at this address, for the health check of a container. Exits with 5 if not
    #[arg(long)]
    health: bool,
    /// Seed for the random data of demo tokens
    #[arg(long, default_value_t = 1, value_name = "N", requires = "tokens")]
    seed: u64,
}

/// Runs the command.
pub fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Failure> {
    if arguments.health {
        return check_health(arguments.listen, output);
    }
    // Before anyone is told that we are ready: a signal then stops us in good order.
    let stop = Stop::new().map_err(|error| Failure::local("can't listen for signals", &error))?;
    let sandbox = Sandbox::start(options(arguments)?).map_err(failed)?;
    if let Some(path) = &arguments.token_file {
        let line = Zeroizing::new(format!("{}\n", sandbox.token().expose()));
        private_file::write(path, line.as_bytes()).map_err(|words| Failure::plain(Code::Local, words))?;
    }
    let text = if output.is_json() { as_json(&sandbox) } else { as_text(&sandbox) };
    output.text(&text)?;
    output.flush()?;
    stop.wait();
    sandbox.stop();
    Ok(Exit::Done)
}

fn check_health(listens: SocketAddr, output: &Output) -> Result<Exit, Failure> {
    let failed = |error: health::Unhealthy| {
        let next = "Start it with jeton sandbox, and pass the same --listen to both.";
        Failure::new(Code::Unreachable, shown(&error.to_string()).into_owned(), next)
    };
    health::check(listens).map_err(failed)?;
    output.say(format_args!("The sandbox on {listens} is running."));
    Ok(Exit::Done)
}

#[expect(clippy::needless_pass_by_value, reason = "made for `map_err`")]
fn failed(error: impl ToString) -> Failure {
    Failure::advised(Code::Local, &error.to_string(), "")
}

fn options(arguments: &Arguments) -> Result<Options, Failure> {
    let faults = match &arguments.faults {
        Some(path) => {
            let text = std::fs::read(path)
                .map_err(|error| Failure::local(format_args!("can't read {}", path.display()), &error))?;
            Faults::parse(&text)
                .map_err(|error| Failure::usage(format!("{}: {error}", path.display()), "Fix the file."))?
        }
        None => Faults::default(),
    };
    let demo = |tokens| Demo { seed: arguments.seed, tokens, now: Timestamp::now() };
    Ok(Options {
        listen: arguments.listen,
        allow_remote: arguments.allow_remote,
        hosts: arguments.hosts.clone(),
        token_seed: arguments.token_seed.as_deref().map(Secret::new),
        db: arguments.db.clone(),
        users: arguments.users.clone(),
        rate_limit: (arguments.rate_limit > 0).then_some(arguments.rate_limit),
        faults,
        password: std::env::var(PASSWORD).ok().filter(|password| !password.is_empty()).map(Secret::new),
        demo: arguments.tokens.map(demo),
    })
}

/// The ready line.
#[derive(Serialize)]
struct Ready<'a> {
    url: &'a str,
    username: &'a str,
    token: &'a str,
    /// Only where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    accounts: Vec<Key<'a>>,
}

/// An account and the way into it.
#[derive(Serialize)]
struct Key<'a> {
    username: &'a str,
    token: &'a str,
}

/// One line. The tokens stand in it because handing them out is what the line is for; they open nothing but this
/// sandbox.
fn as_json(sandbox: &Sandbox) -> String {
    let several = Some(sandbox.accounts()).filter(|accounts| accounts.len() > 1).unwrap_or_default();
    let ready = Ready {
        url: sandbox.url(),
        username: sandbox.username(),
        token: sandbox.token().expose(),
        accounts: several.iter().map(|Account { username, token }| Key { username, token: token.expose() }).collect(),
    };
    let line = serde_json::to_string(&ready).expect("strings are JSON");
    format!("{line}\n")
}

fn as_text(sandbox: &Sandbox) -> String {
    let account =
        |Account { username, token }: &Account| format!("  account  {username}\n  token    {}\n", token.expose());
    let accounts: Vec<_> = sandbox.accounts().iter().map(account).collect();
    format!(
        "The sandbox listens on {}\n\n{}\nEach token holds every scope of its account. Ctrl-C stops the sandbox.\n",
        sandbox.url(),
        accounts.join("\n")
    )
}

/// Waits for the wish to stop: Ctrl-C, SIGTERM, or the terminal's end.
#[cfg(unix)]
struct Stop(signal_hook::iterator::Signals);

#[cfg(unix)]
impl Stop {
    fn new() -> io::Result<Self> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        Ok(Self(signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM])?))
    }

    fn wait(mut self) {
        self.0.forever().next();
    }
}

/// Without signals the system ends the process, which costs nothing: whatever was answered is stored.
#[cfg(not(unix))]
struct Stop;

#[cfg(not(unix))]
impl Stop {
    #[expect(clippy::unnecessary_wraps, reason = "the same shape as where signals exist")]
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    fn wait(self) {
        loop {
            std::thread::park();
        }
    }
}
