//! `jeton recover`: what earlier runs left open, and closing it: deliver a value, delete a token, forget a record.

use std::{
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use serde::Serialize;

use super::{
    arguments::Global,
    delivery::{New, Sink},
    exit::Exit,
    failure::{Code, Failure},
    output::Output,
};
use crate::{
    api::{ApiError, Client, client::Interner},
    creation::{Intent, Open, Outcome, Safekeeping, Value},
    token::{Token, TokenId, Usage, rfc3339},
};

/// Say what earlier runs left open: values that were not stored, creates that were never answered; and close it
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  # what is open: values not stored, creates that were never answered
  jeton recover
  # deliver a value that waits
  jeton recover 3f9a --to-file ci.token
  # delete the token instead
  jeton recover 3f9a --delete
  # drop the record, leave the account as it is
  jeton recover 3f9a --forget")]
pub struct Arguments {
    /// The record, by its name or the beginning of it; without it all are listed
    #[arg(value_name = "RECORD")]
    op: Option<String>,
    /// Delete the token that was made
    #[arg(long, requires = "op", conflicts_with_all = ["forget", "sink"])]
    delete: bool,
    /// Which of several tokens to delete
    #[arg(long, value_name = "TOKEN_ID", requires = "delete")]
    id: Option<String>,
    /// Drop the record and whatever is kept of the value; the account is left as it is
    #[arg(long, requires = "op", conflicts_with = "sink")]
    forget: bool,
    /// With --forget: also when the only copy of a value goes with it
    #[arg(long, requires = "forget")]
    yes: bool,
    /// Do not look at the account
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    sink: Sink,
}

/// An open record with what the account says about it.
struct Entry {
    open: Open,
    outcome: Outcome,
}

/// An open record as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    op: &'a str,
    username: &'a str,
    host: &'a str,
    note: &'a str,
    scopes: &'a [crate::token::Scope],
    allowed_urls: &'a [String],
    sent: String,
    active: bool,
    /// `whole`, `broken` or `none`.
    value: &'static str,
    /// `keyring`, `runtime-file`, `disk-file` or `none`.
    kept: &'static str,
    /// The id the answer gave, where there was one.
    token: Option<&'a TokenId>,
    /// `made`, `safe-to-resend`, `several`, `gone` or `unknown`.
    outcome: &'static str,
    candidates: &'a [Arc<Token>],
    summary: String,
}

/// What was done about a record, as JSON. (A delivered value is told of as `jeton create` does.)
#[derive(Serialize)]
struct Closed<'a> {
    op: &'a str,
    /// `forgotten`, `deleted` or `nothing-to-delete`.
    closed: &'static str,
    /// The token that was deleted.
    token: Option<&'a str>,
}

impl Closed<'_> {
    /// Tells it: as JSON, else in words.
    fn tell(&self, words: impl std::fmt::Display, output: &mut Output) -> Result<(), Failure> {
        if output.is_json() {
            return output.json(self);
        }
        output.say(format_args!("{words}."));
        Ok(())
    }
}

/// Runs the command.
pub fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Exit, Failure> {
    let safekeeping = Safekeeping::new();
    safekeeping.tidy();
    match &arguments.op {
        None if arguments.sink.is_named() => {
            return Err(Failure::usage("which record is to be delivered was not said", "jeton recover lists them."));
        }
        None => list(arguments, global, &safekeeping, None, output)?,
        Some(op) => one(arguments, global, &safekeeping, op, output)?,
    }
    Ok(Exit::Done)
}

fn one(
    arguments: &Arguments,
    global: &Global,
    safekeeping: &Safekeeping,
    name: &str,
    output: &mut Output,
) -> Result<(), Failure> {
    let failed = |why: String| Failure::plain(Code::Local, why);
    let recovery = safekeeping.recovery().map_err(failed)?;
    let found: Vec<&Open> = recovery.open.iter().filter(|open| open.intent.op.as_str().starts_with(name)).collect();
    let open = match found.as_slice() {
        [open] => *open,
        [] => return Err(Failure::new(Code::NotFound, "there is no such record", "jeton recover lists them.")),
        _ => return Err(Failure::new(Code::Ambiguous, "several records begin like that", "Write more of the name.")),
    };
    let closes = arguments.delete || arguments.forget || arguments.sink.is_named();
    if closes && open.is_active {
        return Err(Failure::new(
            Code::Local,
            "another jeton is showing or creating this right now",
            "End that one first.",
        ));
    }
    let op = &open.intent.op;
    if arguments.forget {
        if matches!(open.value, Value::Whole { .. }) && !arguments.yes {
            return Err(Failure::new(
                Code::Declined,
                "the only copy of a value would be gone for good",
                "Add --yes if that is meant.",
            ));
        }
        safekeeping.settle(op).map_err(failed)?;
        let closed = Closed { op: op.as_str(), closed: "forgotten", token: None };
        return closed.tell("The record is dropped; the account is as it was", output);
    }
    if arguments.sink.is_named() {
        return deliver(arguments, safekeeping, open, output);
    }
    if arguments.delete {
        return delete(arguments, global, safekeeping, open, output);
    }
    list(arguments, global, safekeeping, Some(op.as_str()), output)
}

fn deliver(arguments: &Arguments, safekeeping: &Safekeeping, open: &Open, output: &mut Output) -> Result<(), Failure> {
    let Some((token, value)) = safekeeping.value(&open.intent) else {
        return Err(Failure::new(Code::NotFound, "no value is kept", open.summary()));
    };
    let destination = arguments.sink.destination(Usage::Secret, output)?;
    let bare = Token { token: None, ..token.clone() };
    let whole = Token { token: Some(value.clone()), ..token };
    let done = format!("Recovered the {} token \"{}\" ({})", bare.usage.word(), bare.name(), bare.id.shown());
    let new = New { done, value: &value, whole: &whole, bare: &bare };
    destination.deliver(&new, output).map_err(|why| Failure { code: Code::Undelivered, ..why })?;
    safekeeping.settle(&open.intent.op).map_err(|why| Failure::plain(Code::Local, why))
}

fn delete(
    arguments: &Arguments,
    global: &Global,
    safekeeping: &Safekeeping,
    open: &Open,
    output: &mut Output,
) -> Result<(), Failure> {
    let op = open.intent.op.as_str();
    let client = Client::new(global.endpoint()?)?;
    if client.account() != open.intent.account {
        return Err(Failure::plain(Code::NoAccount, other_account(&open.intent)));
    }
    super::on_a_runtime(async {
        let tokens = every_token(&client).await?;
        let outcome = safekeeping.judge(&open.intent, &tokens, Timestamp::now());
        let wanted = arguments.id.as_deref();
        let chosen = match (&outcome, wanted) {
            (Outcome::Made(token), None) => token,
            (_, Some(id)) => outcome.candidates().iter().find(|token| token.id.as_str() == id).ok_or_else(|| {
                Failure::plain(Code::NotFound, format!("that is none of the tokens that could be it: {outcome}"))
            })?,
            (Outcome::Several(_), None) => {
                return Err(Failure::new(Code::Ambiguous, outcome.to_string(), "Say which with --id."));
            }
            _ => {
                let closed = Closed { op, closed: "nothing-to-delete", token: None };
                return closed.tell(format_args!("There is nothing to delete: {outcome}"), output);
            }
        };
        match client.delete(&chosen.id).await {
            Ok(()) | Err(ApiError::Gone) => {}
            Err(error) => return Err(error.into()),
        }
        safekeeping.settle(&open.intent.op).map_err(|why| Failure::plain(Code::Local, why))?;
        let closed = Closed { op, closed: "deleted", token: Some(chosen.id.as_str()) };
        closed.tell(format_args!("\"{}\" is deleted (id {})", chosen.name(), chosen.id.shown()), output)
    })
}

fn list(
    arguments: &Arguments,
    global: &Global,
    safekeeping: &Safekeeping,
    only: Option<&str>,
    output: &mut Output,
) -> Result<(), Failure> {
    let recovery = safekeeping.recovery().map_err(|why| Failure::plain(Code::Local, why))?;
    let mut open = recovery.open;
    open.retain(|open| only.is_none_or(|only| open.intent.op.as_str() == only));
    let entries = judge(arguments, global, safekeeping, open);
    for (path, why) in &recovery.unreadable {
        let path = path.to_string_lossy();
        output.warn(format_args!("{} cannot be read and was left alone: {why}", crate::untrusted::shown(&path)));
    }
    if output.is_json() {
        let listed: Vec<Listed<'_>> = entries.iter().map(Entry::listed).collect();
        return output.json(&serde_json::json!({ "open": listed }));
    }
    output.line(as_text(&entries))
}

/// Asks the account about each record that belongs to it.
fn judge(arguments: &Arguments, global: &Global, safekeeping: &Safekeeping, open: Vec<Open>) -> Vec<Entry> {
    let now = Timestamp::now();
    let client = if arguments.offline || open.is_empty() {
        Err("it was not asked".to_owned())
    } else {
        let endpoint = global.endpoint().map_err(|failure| failure.message);
        endpoint.and_then(|endpoint| Client::new(endpoint).map_err(|error| error.to_string()))
    };
    let account = client.as_ref().ok().map(Client::account);
    let is_ours = |open: &Open| account.as_ref() == Some(&open.intent.account) && !open.is_active;
    let tokens = match &client {
        Ok(client) if open.iter().any(is_ours) => {
            super::on_a_runtime(every_token(client)).map_err(|error| error.to_string())
        }
        Ok(_) => Err("the environment names another account".to_owned()),
        Err(why) => Err(why.clone()),
    };
    open.into_iter()
        .filter(|open| arguments.offline || !is_over(safekeeping, open))
        .map(|open| {
            let outcome = match &tokens {
                _ if open.is_active => Outcome::Unknown("it is under way".into()),
                Ok(tokens) if is_ours(&open) => safekeeping.judge(&open.intent, tokens, now),
                Ok(_) => Outcome::Unknown(other_account(&open.intent)),
                Err(why) => Outcome::Unknown(why.clone()),
            };
            Entry { open, outcome }
        })
        .collect()
}

/// Whether a record is about a sandbox that has ended and took its tokens along: then it is closed. A sandbox listens on a loopback
/// address, where nobody answering is an answer.
fn is_over(safekeeping: &Safekeeping, open: &Open) -> bool {
    let Ok(address) = open.intent.account.host.parse::<SocketAddr>() else { return false };
    address.ip().is_loopback()
        && open.value == Value::None
        && !open.is_active
        && TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_err()
        && safekeeping.settle(&open.intent.op).is_ok()
}

async fn every_token(client: &Client) -> Result<Vec<Arc<Token>>, ApiError> {
    let mut interner = Interner::default();
    let mut page = client.first_page(&mut interner).await?;
    let mut tokens = Vec::new();
    loop {
        tokens.append(&mut page.tokens);
        let Some(next) = page.next else { return Ok(tokens) };
        page = client.page(next.clone(), &mut interner).await?;
        if page.next.as_ref() == Some(&next) {
            return Err(ApiError::Unreadable("its list has no end: a page names itself as the next one".into()));
        }
    }
}

fn as_text(entries: &[Entry]) -> String {
    if entries.is_empty() {
        return "Nothing is open: no value waits, no create is unanswered.".to_owned();
    }
    let lines = entries.iter().map(|Entry { open, outcome }| {
        let intent = &open.intent;
        let (user, host) =
            (crate::untrusted::shown(&intent.account.username), crate::untrusted::shown(&intent.account.host));
        let found = match outcome {
            Outcome::Unknown(_) => String::new(),
            known => format!(" Now {known}."),
        };
        format!("{}  {user} on {host}, {}\n  {}{found}", intent.op, rfc3339(intent.sent), open.summary())
    });
    lines.collect::<Vec<_>>().join("\n")
}

impl Entry {
    fn listed(&self) -> Listed<'_> {
        let Open { intent, is_active, value } = &self.open;
        let (token, kept) = match value {
            Value::Whole { token, kept } => (Some(token), kept.word()),
            Value::Broken(kept) => (intent.made.as_ref(), kept.word()),
            Value::None => (intent.made.as_ref(), "none"),
        };
        Listed {
            op: intent.op.as_str(),
            username: &intent.account.username,
            host: &intent.account.host,
            note: &intent.note,
            scopes: &intent.scopes,
            allowed_urls: &intent.allowed_urls,
            sent: rfc3339(intent.sent),
            active: *is_active,
            value: value.word(),
            kept,
            token,
            outcome: self.outcome.word(),
            candidates: self.outcome.candidates(),
            summary: self.open.summary(),
        }
    }
}

fn other_account(intent: &Intent) -> String {
    let (user, host) =
        (crate::untrusted::shown(&intent.account.username), crate::untrusted::shown(&intent.account.host));
    format!("this is about {user} on {host}, and the environment names another account")
}
