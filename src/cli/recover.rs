//! `jeton recover`: what earlier runs left open, and closing it: deliver a value, delete a token, forget a record.

use std::{
    net::{SocketAddr, TcpStream},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use serde::Serialize;

use super::{account::Global, delivery::Sink, exit::Exit, output};
use crate::{
    api::{ApiError, Client, client::Interner},
    creation::{Intent, Open, Outcome, Safekeeping, Value},
    token::{Token, TokenId, rfc3339},
};

/// What to close, and how.
#[derive(Clone, Debug, clap::Args)]
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
    /// Print JSON
    #[arg(long)]
    json: bool,
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

/// Runs the command.
pub fn run(arguments: &Arguments, global: &Global) -> ExitCode {
    let safekeeping = Safekeeping::new();
    safekeeping.tidy();
    let result = match &arguments.op {
        None if arguments.sink.is_named() => Err((Exit::Usage, "Say which record is to be delivered.".to_owned())),
        None => list(arguments, global, &safekeeping, None),
        Some(op) => one(arguments, global, &safekeeping, op),
    };
    match result {
        Ok(()) => Exit::Done.into(),
        Err((exit, why)) => {
            output::say(&format!("jeton: {why}"));
            exit.into()
        }
    }
}

type Done = Result<(), (Exit, String)>;

fn one(arguments: &Arguments, global: &Global, safekeeping: &Safekeeping, name: &str) -> Done {
    let failed = |why: String| (Exit::Failed, why);
    let recovery = safekeeping.recovery().map_err(failed)?;
    let found: Vec<&Open> = recovery.open.iter().filter(|open| open.intent.op.as_str().starts_with(name)).collect();
    let open = match found.as_slice() {
        [open] => *open,
        [] => return Err((Exit::NotFound, "There is no such record. `jeton recover` lists them.".into())),
        _ => return Err((Exit::Usage, "Several records begin like that. Write more of the name.".into())),
    };
    let closes = arguments.delete || arguments.forget || arguments.sink.is_named();
    if closes && open.is_active {
        return Err((Exit::Failed, "Another jeton is showing or creating this right now. End that one first.".into()));
    }
    let op = &open.intent.op;
    if arguments.forget {
        if matches!(open.value, Value::Whole { .. }) && !arguments.yes {
            return Err((
                Exit::Declined,
                "The only copy of a value would be gone for good. Add --yes if that is meant.".into(),
            ));
        }
        return safekeeping.settle(op).map_err(failed);
    }
    if arguments.sink.is_named() {
        let Some((token, value)) = safekeeping.value(&open.intent) else {
            let why = format!("No value is kept. {}", open.summary());
            return Err((Exit::NotFound, why));
        };
        arguments.sink.deliver(&token, &value, arguments.json).map_err(|why| (Exit::NotDelivered, why))?;
        return safekeeping.settle(op).map_err(failed);
    }
    if arguments.delete {
        return delete(arguments, global, safekeeping, open);
    }
    list(arguments, global, safekeeping, Some(open.intent.op.as_str()))
}

fn delete(arguments: &Arguments, global: &Global, safekeeping: &Safekeeping, open: &Open) -> Done {
    let endpoint = global.endpoint().map_err(|failure| (failure.exit, failure.words))?;
    let client = Client::new(endpoint).map_err(|error| api(&error))?;
    if client.account() != open.intent.account {
        return Err((Exit::NotAuthorized, other_account(&open.intent)));
    }
    super::on_a_runtime(async {
        let tokens = every_token(&client).await.map_err(|error| api(&error))?;
        let outcome = safekeeping.judge(&open.intent, &tokens, Timestamp::now());
        let wanted = arguments.id.as_deref();
        let chosen = match (&outcome, wanted) {
            (Outcome::Made(token), None) => token,
            (_, Some(id)) => {
                outcome.candidates().iter().find(|token| token.id.as_str() == id).ok_or_else(|| {
                    (Exit::NotFound, format!("That is none of the tokens that could be it: {outcome}."))
                })?
            }
            (Outcome::Several(_), None) => {
                return Err((Exit::Usage, format!("{outcome}. Say which with --id.")));
            }
            _ => {
                output::say(&format!("There is nothing to delete: {outcome}."));
                return Ok(());
            }
        };
        match client.delete(&chosen.id).await {
            Ok(()) | Err(ApiError::Gone) => {}
            Err(error) => return Err(api(&error)),
        }
        safekeeping.settle(&open.intent.op).map_err(|why| (Exit::Failed, why))?;
        output::say(&format!("\"{}\" is deleted (id {}).", chosen.name(), chosen.id.shown()));
        Ok(())
    })
}

fn list(arguments: &Arguments, global: &Global, safekeeping: &Safekeeping, only: Option<&str>) -> Done {
    let recovery = safekeeping.recovery().map_err(|why| (Exit::Failed, why))?;
    let mut open = recovery.open;
    open.retain(|open| only.is_none_or(|only| open.intent.op.as_str() == only));
    let entries = judge(arguments, global, safekeeping, open);
    for (path, why) in &recovery.unreadable {
        let path = path.to_string_lossy();
        output::say(&format!("jeton: {} cannot be read and was left alone: {why}", crate::untrusted::shown(&path)));
    }
    let text = if arguments.json { as_json(&entries) } else { as_text(&entries) };
    output::print(text.as_bytes()).map_err(|error| (Exit::Failed, format!("Standard output did not take it: {error}.")))
}

/// Asks the account about each record that belongs to it.
fn judge(arguments: &Arguments, global: &Global, safekeeping: &Safekeeping, open: Vec<Open>) -> Vec<Entry> {
    let now = Timestamp::now();
    let client = if arguments.offline || open.is_empty() {
        Err("it was not asked".to_owned())
    } else {
        global
            .endpoint()
            .map_err(|failure| failure.words)
            .and_then(|endpoint| Client::new(endpoint).map_err(|error| error.to_string()))
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

fn as_json(entries: &[Entry]) -> String {
    let listed: Vec<Listed<'_>> = entries.iter().map(Entry::listed).collect();
    serde_json::json!({ "open": listed }).to_string()
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

fn api(error: &ApiError) -> (Exit, String) {
    (error.into(), format!("{error}. {}", error.next()))
}

fn other_account(intent: &Intent) -> String {
    let (user, host) =
        (crate::untrusted::shown(&intent.account.username), crate::untrusted::shown(&intent.account.host));
    format!("this is about {user} on {host}, and the environment names another account")
}
