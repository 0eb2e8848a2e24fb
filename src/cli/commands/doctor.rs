//! `jeton doctor`: checks this machine, the account and the connection, in the order in which things go wrong.
//!
//! Invariants: nothing is changed, no token is shown, and a problem in one place does not hide those in the others.

use std::{io::IsTerminal as _, path::Path};

use clap_complete::engine::ArgValueCompleter;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::cli::{
    account, arguments::Global, commands::support, exit::Exit, failure::Failure, output::Output, session::Session,
    token_names,
};
use crate::{
    accounts::{AccountError, Chosen, Profiles, Source, keyring, source::Means},
    api::{Endpoint, proxy, verdict::Code},
    os::private_file,
    secret::Secret,
    token::{decoded::DecodedToken, time},
    untrusted::shown,
};

/// A clock that is off by more gives wrong ages, and temporary tokens that are refused.
const SKEW: SignedDuration = SignedDuration::from_secs(30);

/// An authorizing token that is older should be rotated.
const OLD: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Check this machine, the account and the connection
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  # check everything
  jeton doctor
  # check everything but the server
  jeton doctor --offline
  jeton doctor --json | jq '.[] | select(.state == \"bad\")'
  # prepare a support request about a token, without its value
  jeton doctor --support 'Store locator' > request.txt

Exits with 1 if something is bad.")]
pub struct Arguments {
    /// Do not contact the server
    #[arg(long)]
    offline: bool,
    /// Print the details that Mapbox support needs about this token, without token values
    #[arg(long, value_name = "TOKEN", conflicts_with = "offline", add = ArgValueCompleter::new(token_names::complete))]
    support: Option<String>,
}

/// One finding.
#[derive(Clone, Debug, Serialize)]
struct Finding {
    /// What it is about.
    about: &'static str,
    /// How it is.
    state: State,
    /// In words, with what to do when it is not good.
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Good,
    Note,
    Bad,
}

/// The findings so far.
#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, about: &'static str, state: State, text: impl Into<String>) {
        self.0.push(Finding { about, state, text: text.into() });
    }

    fn judge(&mut self, about: &'static str, result: Result<String, String>) {
        match result {
            Ok(text) => self.add(about, State::Good, text),
            Err(text) => self.add(about, State::Bad, text),
        }
    }
}

/// Runs the command. The exit code is 1 when something is bad.
pub fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Exit, Failure> {
    if let Some(wanted) = &arguments.support {
        return support::run(wanted, global, output);
    }
    let mut findings = Findings::default();
    findings.add("version", State::Good, format!("jeton {} on {}", env!("CARGO_PKG_VERSION"), std::env::consts::OS));
    let profiles = configuration(&mut findings);
    for (name, profile) in &profiles.accounts {
        kept(&mut findings, name, &profile.source);
    }
    machine(&mut findings);
    match global.choose() {
        Ok(chosen) => authority(&mut findings, &chosen, arguments, global),
        Err(error @ AccountError::None) => findings.add("account", State::Note, error.to_string()),
        Err(error) => findings.add("account", State::Bad, error.to_string()),
    }
    tell(&findings, output)
}

fn configuration(findings: &mut Findings) -> Profiles {
    let dir = match account::config_dir() {
        Ok(dir) => dir,
        Err(error) => {
            findings.add("configuration", State::Note, error.to_string());
            return Profiles::default();
        }
    };
    let path = dir.path().to_string_lossy().into_owned();
    if let Some(fault) = std::fs::metadata(dir.path()).ok().as_ref().and_then(private_file::fault) {
        findings.add("configuration", State::Note, format!("{}: {fault}", shown(&path)));
    }
    #[cfg(feature = "dashboard")]
    settings(findings, dir.path());
    match Profiles::load(&dir) {
        Ok(profiles) => {
            let count = profiles.accounts.len();
            let accounts = if count == 1 { "account" } else { "accounts" };
            let lists = if profiles.remember_lists { "remembering token lists" } else { "not remembering token lists" };
            findings.add("configuration", State::Good, format!("{}: {count} {accounts}; {lists}", shown(&path)));
            profiles
        }
        Err(error) => {
            findings.add("configuration", State::Bad, error.to_string());
            Profiles::default()
        }
    }
}

/// What the dashboard reads of the configuration.
#[cfg(feature = "dashboard")]
fn settings(findings: &mut Findings, dir: &Path) {
    use crate::dashboard::settings::{FILE, Settings};
    let path = dir.join(FILE);
    if path.exists() {
        let read = Settings::read(&path, |name| std::env::var(name).ok());
        let good = || format!("the dashboard uses {}", shown(&path.to_string_lossy()));
        findings.judge("settings", read.problem.map_or_else(|| Ok(good()), Err));
    }
}

/// Where an account's token is, and whether it is safe there.
fn kept(findings: &mut Findings, name: &str, source: &Source) {
    let place = format!("\"{}\": {source}", shown(name));
    match source {
        Source::EncryptedFile(path) | Source::PlainFile(path) => match file_fault(path) {
            Some(fault) => findings.add("account", State::Bad, format!("{place}: {fault}")),
            None if matches!(source, Source::PlainFile(_)) => {
                findings.add("account", State::Note, format!("{place}, mode {}: in plain text", mode(path)));
            }
            None => findings.add("account", State::Good, format!("{place}, mode {}", mode(path))),
        },
        _ => findings.add("account", State::Good, place),
    }
}

fn file_fault(path: &Path) -> Option<String> {
    match std::fs::symlink_metadata(path) {
        Err(error) => Some(format!("can't check it: {error}")),
        Ok(metadata) if !metadata.is_file() => Some("it is not a file".into()),
        Ok(metadata) => private_file::fault(&metadata),
    }
}

#[cfg(unix)]
fn mode(path: &Path) -> String {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::symlink_metadata(path)
        .map_or_else(|_| "unknown".into(), |metadata| format!("{:04o}", metadata.mode() & 0o777))
}

#[cfg(not(unix))]
fn mode(_: &Path) -> String {
    "that of its directory".into()
}

fn machine(findings: &mut Findings) {
    match keyring::probe() {
        Ok(()) => findings.add("keyring", State::Good, format!("the {} is available", keyring::NAME)),
        Err(why) => findings.add("keyring", State::Note, why),
    }
    let set = |name: &str| account::environment(name).is_some_and(|value| !value.is_empty());
    let sources: Vec<&str> = [
        ("TMUX", "tmux"),
        ("SSH_CONNECTION", "the terminal at the other end of SSH (OSC 52)"),
        ("WAYLAND_DISPLAY", "Wayland"),
        ("DISPLAY", "X11"),
    ]
    .into_iter()
    .filter_map(|(variable, way)| set(variable).then_some(way))
    .collect();
    if cfg!(any(windows, target_os = "macos")) {
        findings.add("clipboard", State::Good, "the system's own");
    } else if sources.is_empty() {
        findings.add(
            "clipboard",
            State::Note,
            "no display and no tmux: jeton copies through the terminal (OSC 52), which can't confirm it",
        );
    } else {
        findings.add("clipboard", State::Good, format!("by {}", sources.join(", or ")));
    }
    let term = account::environment("TERM").unwrap_or_default();
    let term = term.to_string_lossy();
    let is_terminal = std::io::stdout().is_terminal();
    match (is_terminal, &*term) {
        (false, _) => findings.add("terminal", State::Note, "standard output is not a terminal"),
        (true, "" | "dumb") => {
            findings.add("terminal", State::Bad, "the dashboard needs a full terminal (see TERM)");
        }
        (true, term) => {
            let colours = if set("NO_COLOR") { "no colors (NO_COLOR)" } else { "colours" };
            findings.add("terminal", State::Good, format!("{}, {colours}", shown(term)));
        }
    }
}

/// The chosen account: its token, and what the server says.
fn authority(findings: &mut Findings, chosen: &Chosen, arguments: &Arguments, global: &Global) {
    let address = &chosen.api_url;
    findings.add("server", State::Good, shown(address).into_owned());
    match proxy::of(address) {
        Ok(None) => {}
        Ok(Some(proxy)) => findings.add("proxy", State::Note, format!("using {proxy}")),
        Err(error) => findings.add("proxy", State::Bad, error.to_string()),
    }
    let token = match token(chosen, global) {
        Ok(token) => token,
        Err(failure) => return findings.add("token", State::Bad, failure.to_string()),
    };
    match DecodedToken::of(token.expose()) {
        Ok(decoded) => {
            let now = Timestamp::now();
            let id = decoded.id.as_ref().map_or_else(|| "no ID".into(), |id| id.shown().into_owned());
            let kind = decoded.usage.word();
            let age = decoded.born.or(decoded.issued).map(|born| now.duration_since(born));
            let age_text = age.map_or_else(|| "of unknown age".into(), |age| format!("{} old", time::brief(age)));
            let text = format!("from {}: a {kind} token, {id}, {age_text}", chosen.source);
            match age {
                _ if decoded.is_expired(now) => findings.add("token", State::Bad, format!("{text}; it has expired")),
                Some(age) if age > OLD => findings.add("token", State::Note, format!("{text}; consider rotating it")),
                _ => findings.add("token", State::Good, text),
            }
        }
        Err(fault) => findings.add("token", State::Note, format!("from {}: {fault}", chosen.source)),
    }
    if arguments.offline {
        return;
    }
    let opened =
        chosen.username.clone().or_else(|| Some(DecodedToken::of(token.expose()).ok()?.owner.raw().to_owned()));
    let Some(username) = opened else {
        return findings.add("token", State::Bad, AccountError::NoUsername.to_string());
    };
    let endpoint =
        Endpoint::new(address, &username, token.clone()).map_err(|error| Failure::from(AccountError::from(error)));
    match endpoint.and_then(|endpoint| global.dress(endpoint)) {
        Ok(endpoint) => answers(findings, endpoint, &token, global),
        Err(failure) => findings.add("server", State::Bad, failure.to_string()),
    }
}

fn token(chosen: &Chosen, global: &Global) -> Result<Secret, Failure> {
    let passphrase = global.passphrase(chosen)?;
    let name = chosen.name.as_deref().unwrap_or_default();
    let means = Means { name, environment: &account::environment, passphrase: passphrase.as_ref() };
    Ok(chosen.source.read(means).map_err(AccountError::from)?)
}

fn answers(findings: &mut Findings, endpoint: Endpoint, token: &Secret, global: &Global) {
    let mut session = match Session::new(endpoint, global.output_options().accessible) {
        Ok(session) => session,
        Err(failure) => return findings.add("server", State::Bad, failure.to_string()),
    };
    let asked = session.clock().and_then(|clock| Ok((clock, session.grants(token)?)));
    let (clock, grants) = match asked {
        Ok(answers) => answers,
        Err(error) => return findings.add("server", State::Bad, format!("{error}. {}", error.next())),
    };
    match clock {
        Some(skew) if skew.abs() > SKEW => {
            let direction = if skew.is_positive() { "ahead of" } else { "behind" };
            let text =
                format!("this machine's clock is {} {direction} the server's; correct it", time::brief(skew.abs()));
            findings.add("clock", State::Bad, text);
        }
        Some(_) => findings.add("clock", State::Good, "matches the server's"),
        None => findings.add("clock", State::Note, "unknown: the server sent no date"),
    }
    let says = format!("the server says that it {}", grants.verdict.code.words());
    let is_valid = grants.verdict.code == Code::Valid;
    findings.judge("token", if is_valid { Ok(says) } else { Err(says) });
    if !is_valid {
        return;
    }
    let held: Vec<_> = grants.held.iter().map(|scope| scope.shown().into_owned()).collect();
    let how_much = if grants.is_complete { "holds" } else { "holds at least" };
    findings.add(
        "scopes",
        State::Good,
        format!("{how_much}: {}", if held.is_empty() { "none".into() } else { held.join(", ") }),
    );
    for (scope, loss) in grants.losses() {
        let state = if scope == "tokens:read" { State::Bad } else { State::Note };
        findings.add("scopes", state, format!("no {scope}: {loss}"));
    }
}

fn tell(findings: &Findings, output: &mut Output) -> Result<Exit, Failure> {
    if output.is_json() {
        output.json(&findings.0)?;
    } else {
        let styles = output.styles();
        for Finding { about, state, text } in &findings.0 {
            let mark = match state {
                State::Good => styles.good("ok  "),
                State::Note => styles.warning("note"),
                State::Bad => styles.error("BAD "),
            };
            output.line(format_args!("{mark}  {about:13}  {text}"))?;
        }
    }
    let is_bad = findings.0.iter().any(|finding| finding.state == State::Bad);
    Ok(if is_bad { Exit::Failed } else { Exit::Done })
}
