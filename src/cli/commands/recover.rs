//! `jeton recover`: shows unfinished work of earlier runs and resolves it: delivers a value, deletes a token, continues a bulk change, drops
//! a record.

mod batch;

use std::{
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use serde::Serialize;

use crate::cli::{
    account,
    arguments::Global,
    delivery::{Destinations, GROUP, New, Sinks},
    exit::Exit,
    failure::{Code, Failure},
    output::Output,
    session::Session,
};
use crate::{
    api::ApiError,
    delivery::{Destination, Terminal},
    token::{AccountKey, Token, TokenId, Usage, rfc3339},
    work::{
        Created, RecordsRequest, Reply, Request, WorkError,
        journal::{LeftOpen, OpenBatch, OpenCreate, Outcome, Records, Value},
    },
};

/// Show and resolve work that earlier runs did not finish
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  # list unfinished work: unsaved values, unanswered creates, interrupted bulk changes
  jeton recover
  # save a value to a file
  jeton recover 3f9a --to-file ci.token
  # retry the destinations that failed
  jeton recover 3f9a --retry
  # delete the token instead
  jeton recover 3f9a --delete
  # continue an interrupted bulk delete (jeton recover prints the command)
  jeton recover 5c02 --ids | jeton delete - --yes
  # drop the record; the account does not change
  jeton recover 3f9a --forget")]
pub struct Arguments {
    /// Record ID or a prefix of it [default: list all records]
    #[arg(value_name = "RECORD")]
    op: Option<String>,
    /// Print the IDs of the remaining tokens of a bulk change, one per line, for delete - and edit -
    #[arg(long, requires = "op", conflicts_with_all = ["delete", "forget", GROUP, "offline"])]
    ids: bool,
    /// Retry the destinations that did not get the value
    #[arg(long, requires = "op", conflicts_with_all = ["delete", "forget", "ids", GROUP])]
    retry: bool,
    /// Delete the created token
    #[arg(long, requires = "op", conflicts_with_all = ["forget", GROUP])]
    delete: bool,
    /// Delete the token with this ID, if several could be the created one
    #[arg(long, value_name = "TOKEN_ID", requires = "delete")]
    id: Option<String>,
    /// Drop the record and the backup of the value; the account does not change
    #[arg(long, requires = "op", conflicts_with = GROUP)]
    forget: bool,
    /// Let --forget drop the only copy of a value
    #[arg(long, requires = "forget")]
    yes: bool,
    /// Do not check the account
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    sinks: Sinks,
}

/// An open record with what the account says about it.
struct Entry {
    open: OpenCreate,
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
    /// `whole`, `mismatched`, `broken` or `none`.
    value: &'static str,
    /// `keyring`, `runtime-file`, `disk-file` or `none`.
    kept: &'static str,
    /// Until when, where that has an end.
    kept_until: Option<String>,
    /// Where the value was delivered, and was to be.
    destinations: Vec<Place>,
    /// The id the answer gave, where there was one.
    token: Option<&'a TokenId>,
    /// `made`, `too-early`, `safe-to-resend`, `several`, `gone` or `unknown`.
    outcome: &'static str,
    /// Of one that is too early to tell: when to look again.
    look_again: Option<String>,
    candidates: &'a [Arc<Token>],
    summary: String,
}

/// One destination of a value, as JSON.
#[derive(Serialize)]
struct Place {
    /// `file`, `env`, `command`.
    kind: &'static str,
    place: String,
    /// `there`, `changed`, `gone`, `unknown` or `undelivered`.
    state: &'static str,
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

/// One record.
enum Found<'a> {
    Create(&'a OpenCreate),
    Batch(&'a OpenBatch),
}

/// Runs the command.
pub fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Exit, Failure> {
    let records = Records::from_process();
    let left = records.left_open().map_err(|why| Failure::plain(Code::Local, why))?;
    match &arguments.op {
        None if arguments.sinks.is_named() => {
            return Err(Failure::usage("no record given to deliver", "List the records with jeton recover"));
        }
        None => list(arguments, global, &records, left, output)?,
        Some(name) => match find(&left, name)? {
            Found::Create(open) => one(arguments, global, &records, open, output)?,
            Found::Batch(open) => one_batch(arguments, global, &records, open, output)?,
        },
    }
    Ok(Exit::Done)
}

/// The record whose name begins like that.
fn find<'a>(left: &'a LeftOpen, name: &str) -> Result<Found<'a>, Failure> {
    let creates = left.creates.open.iter().filter(|open| open.intent.op.as_str().starts_with(name));
    let batches = left.batches.open.iter().filter(|open| open.record.op.as_str().starts_with(name));
    let mut found = creates.map(Found::Create).chain(batches.map(Found::Batch));
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(Failure::new(Code::NotFound, "no such record", "List the records with jeton recover")),
        _ => Err(Failure::new(Code::Ambiguous, "several records match", "Use a longer prefix.")),
    }
}

fn one(
    arguments: &Arguments,
    global: &Global,
    records: &Records,
    open: &OpenCreate,
    output: &mut Output,
) -> Result<(), Failure> {
    if arguments.ids {
        return Err(Failure::usage("this record is about a single token", "Use --ids with bulk changes only."));
    }
    let delivers = arguments.retry || arguments.sinks.is_named();
    let closes = arguments.delete || arguments.forget || delivers;
    if closes && open.is_active {
        return Err(busy());
    }
    let op = &open.intent.op;
    if arguments.forget {
        if matches!(open.value, Value::Whole { .. } | Value::Mismatched { .. }) && !open.is_stored() && !arguments.yes {
            return Err(Failure::new(
                Code::Declined,
                "the only copy of the value would be lost",
                "To drop it anyway, add --yes.",
            ));
        }
        records.perform(RecordsRequest::Forget(op.clone()))?;
        let closed = Closed { op: op.as_str(), closed: "forgotten", token: None };
        return closed.tell("Record dropped; the account did not change", output);
    }
    if delivers {
        return deliver(arguments, records, open, output);
    }
    if arguments.delete {
        return delete(arguments, global, open, output);
    }
    let mut left = LeftOpen::default();
    left.creates.open.push(open.clone());
    list(arguments, global, records, left, output)
}

fn one_batch(
    arguments: &Arguments,
    global: &Global,
    records: &Records,
    open: &OpenBatch,
    output: &mut Output,
) -> Result<(), Failure> {
    if arguments.delete || arguments.retry || arguments.sinks.is_named() {
        return Err(Failure::usage(
            "this record is about several tokens and holds no value",
            format!("To see how to continue, run jeton recover {}", open.record.op),
        ));
    }
    if (arguments.forget || arguments.ids) && open.is_active {
        return Err(busy());
    }
    if arguments.forget {
        return batch::forget(open, records, output);
    }
    if arguments.ids {
        let tokens = session_with(global, &open.record.plan.account)?.tokens()?;
        return batch::print_ids(&open.record, &tokens, records, output);
    }
    let mut left = LeftOpen::default();
    left.batches.open.push(open.clone());
    list(arguments, global, records, left, output)
}

fn busy() -> Failure {
    Failure::new(Code::Local, "another jeton is working on this", "Wait for it, or quit it first.")
}

/// A session with the account a record is about, which must be the one that is meant.
fn session_with(global: &Global, of: &AccountKey) -> Result<Session, Failure> {
    let session = account::open(global)?;
    if session.account() == of { Ok(session) } else { Err(Failure::plain(Code::NoAccount, other_account(of))) }
}

/// Delivers the value to the places that are named now, or to those it did not get to before. Then nothing is left to do.
fn deliver(arguments: &Arguments, records: &Records, open: &OpenCreate, output: &mut Output) -> Result<(), Failure> {
    let no_value = || Failure::new(Code::NotFound, "there is no backup of the value", open.summary());
    if !matches!(open.value, Value::Whole { .. } | Value::Mismatched { .. }) {
        return Err(no_value());
    }
    let destinations = if arguments.retry {
        let places = open.undelivered.clone();
        if places.is_empty() {
            return Err(Failure::usage(
                "no delivery of this value failed",
                format!("Choose a destination: jeton recover {} --to-file FILE", open.intent.op),
            ));
        }
        Destinations::Places(places)
    } else {
        arguments.sinks.destinations(Usage::Secret, output)?
    };
    let Reply::Recovered(Some(created)) = records.perform(RecordsRequest::Recover(Box::new(open.intent.clone())))?
    else {
        return Err(no_value());
    };
    if let Value::Mismatched { why, .. } = &open.value {
        output.warn(format_args!("the created token is not what was requested: {why}"));
    }
    let Created { op, token, value, backup } = *created;
    let journal = &records.creates;
    if let Destinations::Places(places) = &destinations {
        journal.destine(&op, &value, places);
    }
    let bare = Token { token: None, ..token.clone() };
    let whole = Token { token: Some(value.clone()), ..token };
    let done = format!("Recovered the {} token \"{}\" ({})", bare.usage.word(), bare.name(), bare.id.shown());
    let new = New { done, value: &value, whole: &whole, bare: &bare };
    destinations.deliver(&new, output, |to| journal.deliver(&op, to, &value, Terminal::Shared)).map_err(|why| {
        Failure {
            code: Code::Undelivered,
            next: format!("The value is {backup}. To retry, run jeton recover {op} --retry"),
            ..why
        }
    })?;
    records.perform(RecordsRequest::Forget(op))?;
    Ok(())
}

fn delete(arguments: &Arguments, global: &Global, open: &OpenCreate, output: &mut Output) -> Result<(), Failure> {
    let op = &open.intent.op;
    let mut session = session_with(global, &open.intent.account)?;
    let asked = Timestamp::now();
    let tokens = session.tokens()?;
    let outcome = open.judge(&tokens, asked);
    let mut close = |session: &mut Session, closed, token, words: std::fmt::Arguments<'_>| {
        session.call(RecordsRequest::Forget(op.clone()).into())?;
        Closed { op: op.as_str(), closed, token }.tell(words, output)
    };
    let chosen = match (&outcome, arguments.id.as_deref()) {
        (Outcome::Made(token), None) => token,
        (_, Some(id)) => outcome.candidates().iter().find(|token| token.id.as_str() == id).ok_or_else(|| {
            Failure::plain(Code::NotFound, format!("that is not one of the possible tokens: {outcome}"))
        })?,
        (Outcome::Several(_), None) => {
            return Err(Failure::new(Code::Ambiguous, outcome.to_string(), "Choose one with --id."));
        }
        (Outcome::TooEarly(_) | Outcome::Unknown(_), None) => {
            return Err(Failure::new(Code::Declined, outcome.to_string(), "Nothing was deleted."));
        }
        (Outcome::SafeToResend | Outcome::Gone(_), None) => {
            return close(&mut session, "nothing-to-delete", None, format_args!("Nothing to delete: {outcome}"));
        }
    };
    match session.call(Request::Delete(chosen.id.clone())) {
        Ok(_) | Err(WorkError::Api(ApiError::Gone)) => {}
        Err(error) => return Err(error.into()),
    }
    close(
        &mut session,
        "deleted",
        Some(chosen.id.as_str()),
        format_args!("Deleted \"{}\" ({})", chosen.name(), chosen.id.shown()),
    )
}

fn list(
    arguments: &Arguments,
    global: &Global,
    records: &Records,
    mut left: LeftOpen,
    output: &mut Output,
) -> Result<(), Failure> {
    for (path, why) in left.creates.unreadable.iter().chain(&left.batches.unreadable) {
        let path = path.to_string_lossy();
        output.warn(format_args!("skipped {}: can't read it: {why}", crate::untrusted::shown(&path)));
    }
    let look = Look::at(arguments, global, &left);
    if !arguments.offline {
        left.creates.open.retain(|open| {
            let is_over = !open.has_answer() && !open.is_active && is_gone(&open.intent.account);
            !(is_over && records.perform(RecordsRequest::Forget(open.intent.op.clone())).is_ok())
        });
        left.batches.open.retain(|open| {
            let is_over = !open.is_active && is_gone(&open.record.plan.account);
            !(is_over && records.perform(RecordsRequest::EndBatch(open.record.op.clone())).is_ok())
        });
    }
    let creates: Vec<Entry> = left.creates.open.into_iter().map(|open| Entry::new(open, &look)).collect();
    let batches: Vec<batch::Entry> = left.batches.open.into_iter().map(|open| batch::Entry::new(open, &look)).collect();
    let told = if output.is_json() {
        let open: Vec<Listed<'_>> = creates.iter().map(Entry::listed).collect();
        let batches: Vec<batch::Listed<'_>> = batches.iter().map(batch::Entry::listed).collect();
        output.json(&serde_json::json!({ "open": open, "batches": batches }))
    } else {
        output.line(as_text(&creates, &batches))
    };
    if told.is_ok() {
        // Once that was told, nobody needs their records. What cannot be removed is told again the next time.
        let creates = creates.iter().filter(|entry| entry.open.is_over(&entry.outcome));
        let creates = creates.map(|entry| RecordsRequest::Forget(entry.open.intent.op.clone()));
        let batches = batches.iter().filter(|entry| entry.is_done());
        let batches = batches.map(|entry| RecordsRequest::EndBatch(entry.open.record.op.clone()));
        creates.chain(batches).for_each(|over| drop(records.perform(over)));
    }
    told
}

/// The account as it is now, looked at once for all the records that are about it.
struct Look {
    /// When that was, at the latest.
    asked: Timestamp,
    account: Option<AccountKey>,
    tokens: Result<Vec<Arc<Token>>, String>,
}

impl Look {
    fn at(arguments: &Arguments, global: &Global, left: &LeftOpen) -> Self {
        let asked = Timestamp::now();
        let is_empty = left.creates.open.is_empty() && left.batches.open.is_empty();
        let mut session = if arguments.offline || is_empty {
            Err("not checked (--offline)".to_owned())
        } else {
            account::open(global).map_err(|failure| failure.message)
        };
        let account = session.as_ref().ok().map(|session| session.account().clone());
        let is_ours = |of: &AccountKey, is_active: bool| account.as_ref() == Some(of) && !is_active;
        let has_ours = left.creates.open.iter().any(|open| is_ours(&open.intent.account, open.is_active))
            || left.batches.open.iter().any(|open| is_ours(&open.record.plan.account, open.is_active));
        let tokens = match &mut session {
            Ok(session) if has_ours => session.tokens().map_err(|error| error.to_string()),
            Ok(_) => Err("it belongs to another account".to_owned()),
            Err(why) => Err(why.clone()),
        };
        Self { asked, account, tokens }
    }

    /// The tokens, if this is the account that was looked at.
    fn tokens(&self, of: &AccountKey) -> Result<&[Arc<Token>], String> {
        match &self.tokens {
            Ok(tokens) if self.account.as_ref() == Some(of) => Ok(tokens),
            Ok(_) => Err(other_account(of)),
            Err(why) => Err(why.clone()),
        }
    }
}

/// Whether an account was in a sandbox that has ended. A sandbox listens on a loopback address, where nobody answering is an answer.
fn is_gone(account: &AccountKey) -> bool {
    account.host.parse::<SocketAddr>().is_ok_and(|address| {
        address.ip().is_loopback() && TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_err()
    })
}

fn as_text(creates: &[Entry], batches: &[batch::Entry]) -> String {
    if creates.is_empty() && batches.is_empty() {
        return "Nothing to recover.".to_owned();
    }
    let creates = creates.iter().map(|Entry { open, outcome }| {
        let intent = &open.intent;
        let (user, host) =
            (crate::untrusted::shown(&intent.account.username), crate::untrusted::shown(&intent.account.host));
        let found = match outcome {
            Outcome::Unknown(_) => String::new(),
            known => format!(" Now: {known}."),
        };
        format!("{}  {user} on {host}, {}\n  {}{found}", intent.op, rfc3339(intent.sent), open.summary())
    });
    creates.chain(batches.iter().map(batch::Entry::text)).collect::<Vec<_>>().join("\n")
}

impl Entry {
    fn new(open: OpenCreate, look: &Look) -> Self {
        let outcome = match look.tokens(&open.intent.account) {
            _ if open.is_active => Outcome::Unknown("it is in progress".into()),
            Ok(tokens) => open.judge(tokens, look.asked),
            Err(why) => Outcome::Unknown(why),
        };
        Self { open, outcome }
    }

    fn listed(&self) -> Listed<'_> {
        let OpenCreate { intent, is_active, value, delivered, undelivered } = &self.open;
        let until = match value {
            Value::Whole { backup, .. } | Value::Mismatched { backup, .. } | Value::Broken(backup) => backup.until(),
            Value::None => None,
        };
        let place = |to: &Destination, state| Place { kind: to.kind().word, place: to.to_string(), state };
        let (token, backup) = match value {
            Value::Whole { token, backup } => (Some(token), backup.word()),
            Value::Mismatched { backup, .. } | Value::Broken(backup) => (intent.made.as_ref(), backup.word()),
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
            kept: backup,
            kept_until: until.map(rfc3339),
            destinations: delivered
                .iter()
                .map(|(to, presence)| place(to, presence.word()))
                .chain(undelivered.iter().map(|to| place(to, "undelivered")))
                .collect(),
            token,
            outcome: self.outcome.word(),
            look_again: match self.outcome {
                Outcome::TooEarly(until) => Some(rfc3339(until)),
                _ => None,
            },
            candidates: self.outcome.candidates(),
            summary: self.open.summary(),
        }
    }
}

fn other_account(of: &AccountKey) -> String {
    let (user, host) = (crate::untrusted::shown(&of.username), crate::untrusted::shown(&of.host));
    format!("this record belongs to {user} on {host}; select that account with --account")
}
